// alertmanager: alerts of Prometheus' Alertmanager (API version 2).
//
// Alertmanager keeps no messages but states, and forgets them: an alert whose end has passed is
// resolved there, even if nobody reported that, and after a crash it knows nothing. So each open
// incident is posted repeatedly with an end in an hour, a resolved one for some minutes, and the
// alert that says that vitals runs ends five minutes after the last post. Alertmanager identifies
// an alert by its labels: those of the first post stay.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/payload.hpp"
#include "model/clock.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

using namespace std::chrono_literals;

struct Options {
    std::vector<std::string> url;
    TextMap labels;
    SecretMap headers;
    net::TlsOptions tls;
};

Verified verify_urls(const std::vector<std::string>& urls) {
    for (const std::string& url : urls)
        if (Verified good = verify_server(url); !good) return good;
    return {};
}

// Alertmanager refuses other names; of ours none may be replaced, for incidents are told apart by
// them.
Verified verify_labels(const TextMap& labels) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    constexpr std::string_view ours[] = {"alertname", "service", "component", "severity",
                                         "incident"};
    for (const auto& [name, value] : labels) {
        const bool good =
            !name.empty() && letters.contains(name.front()) &&
            name.find_first_not_of(std::string(letters) + "0123456789") == std::string::npos;
        if (!good)
            return std::unexpected("is not the name of a label; expected letters, digits and _");
        if (std::ranges::find(ours, name) != std::end(ours))
            return std::unexpected(fmt::format("must not replace vitals' own label {}", name));
    }
    return {};
}

constexpr Field fields[] = {
    field<&Options::url, verify_urls>(
        "url", "The URL of Alertmanager. With several URLs, each one is told.",
        {.required = true, .example = "[http://am1:9093, http://am2:9093]"}),
    field<&Options::labels, verify_labels>("labels", "Labels of every alert, for routing.",
                                           {.example = "{team: shop}"}),
    field<&Options::headers>("headers", "Headers of each request; a value may be a secret.",
                             {.example = "{Authorization: {file: /run/secrets/am}}"}),
    tls_field<Options>(),
};

constexpr auto lives_for = 1h;     // of an open alert, after the last post
constexpr auto silent_for = 5min;  // of vitals' own alert
constexpr std::size_t text_bytes = 4000;

void write_text(text::JsonWriter& json, std::string_view name, std::string_view text) {
    // Alertmanager drops empty ones.
    if (!text.empty()) json.member(name, text);
}

void write_labels(text::JsonWriter& json, const Alert& alert, const Options& options) {
    json.key("labels").object().member("alertname", "vitals");
    write_text(json, "service", fitting(alert.service, 128));
    write_text(json, "component", component_of(alert));
    json.member("severity", to_string(alert.severity)).member("incident", alert.incident);
    for (const auto& [name, value] : options.labels) write_text(json, name, value);
    json.end_object();
}

void write_annotations(text::JsonWriter& json, const Envelope& envelope) {
    const Alert& alert = envelope.alert;
    json.key("annotations").object();
    json.member("summary", envelope.words.subject);
    json.member("description", cut_bytes(rows_text(envelope.words), text_bytes));
    json.member("kind", to_string(alert.kind)).member("level", to_string(alert.level));
    write_text(json, "runbook_url", alert.runbook);
    write_text(json, "act_url", alert.act_link);
    json.end_object();
}

HttpRequest post(const Envelope& envelope, const Options& options, std::string body) {
    HttpRequest request = post_json(server_of(envelope.to) + "/api/v2/alerts", std::move(body));
    for (const auto& [name, value] : options.headers)
        request.headers.emplace_back(name, value.reveal());
    return request;
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const Alert& alert = envelope.alert;
    std::string body;
    text::JsonWriter json(body);
    json.array().object();
    write_labels(json, envelope.first != nullptr ? *envelope.first : alert, options);
    write_annotations(json, envelope);
    json.member("startsAt", rfc3339_millis(alert.since));
    const System end =
        is_over(alert) ? std::max(envelope.now, alert.since + 1ms) : envelope.now + lives_for;
    json.member("endsAt", rfc3339_millis(end));
    if (!alert.link.empty()) json.member("generatorURL", alert.link);
    json.end_object().end_array();
    return post(envelope, options, std::move(body));
}

HttpRequest alive(const Envelope& envelope, const AnyOptions& any) {
    const auto& options = any.as<Options>();
    std::string body;
    text::JsonWriter json(body);
    json.array().object().key("labels").object().member("alertname", "VitalsWatchdog");
    write_text(json, "service", fitting(envelope.alert.service, 128));
    write_text(json, "host", fitting(envelope.alert.host, 128));
    json.member("severity", "none");
    for (const auto& [name, value] : options.labels) write_text(json, name, value);
    json.end_object().key("annotations").object();
    json.member("summary", "vitals is running; when this alert ends, it has stopped");
    json.end_object();
    json.member("startsAt", rfc3339_millis(envelope.now));
    json.member("endsAt", rfc3339_millis(envelope.now + silent_for));
    json.end_object().end_array();
    return post(envelope, options, std::move(body));
}

std::vector<std::string> addresses(const ObjectRef& options) {
    return options.as<Options>().url;
}

constexpr std::string_view about = R"(
    One alert for each incident, with the labels alertname="vitals", service, component,
    severity and incident. It is posted again every minute while the incident is open, and
    for five minutes after its end. The alert VitalsWatchdog is always there: its end says
    that vitals has stopped. Set `group_wait: 0s` there, because vitals has already
    waited. Alertmanager's own routing decides who is told, and when.)"_prose;

constexpr Receiver rest{.addresses = addresses, .alive = alive};

}  // namespace

extern constinit const Receiver alertmanager = make_receiver<Options, fields, request>(
    "alertmanager", "Hands incidents to Prometheus' Alertmanager.",
    {.about = about, .keeps_state = true, .copies_state = true}, rest);

}  // namespace vitals::alerts::receivers
