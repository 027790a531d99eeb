// pagerduty: events of PagerDuty (Events API, version 2).
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/payload.hpp"
#include "model/clock.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

struct Options {
    Secret routing_key;
    text::Url server = "https://events.pagerduty.com";
    net::TlsOptions tls;
};

constexpr Field fields[] = {
    field<&Options::routing_key>("routing_key", "The integration key of the service.",
                                 {.required = true, .example = "{env: PD_KEY}"}),
    field<&Options::server, verify_server>("server", "The URL of PagerDuty's API.",
                                           {.example = "https://events.eu.pagerduty.com"}),
    tls_field<Options>(),
};

constexpr std::size_t summary_characters = 1024;
constexpr std::size_t details_bytes = 16'000;

std::string_view severity_of(const Alert& alert) {
    if (is_over(alert) || alert.test) return "info";
    if (alert.level == Status::degraded || alert.severity == Severity::warning) return "warning";
    return alert.level == Status::failed ? "critical" : "error";
}

void write_link(text::JsonWriter& json, std::string_view text, const std::string& url) {
    if (!url.empty()) json.object().member("href", url).member("text", text).end_object();
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const Alert& alert = envelope.alert;
    std::string body;
    text::JsonWriter json(body);
    json.object().member("routing_key", options.routing_key.reveal());
    json.member("event_action", is_over(alert) ? "resolve" : "trigger");
    json.member("dedup_key", alert.incident).key("payload").object();
    json.member("summary", cut_characters(envelope.words.subject, summary_characters));
    json.member("source", fitting(alert.host.empty() ? "vitals" : alert.host, 128));
    json.member("severity", severity_of(alert)).member("timestamp", rfc3339(alert.since));
    json.member("component", component_of(alert));
    if (!alert.service.empty()) json.member("group", fitting(alert.service, 128));
    if (alert.error_class != ErrorClass::none) json.member("class", to_string(alert.error_class));
    json.key("custom_details").object();
    json.member("details", cut_bytes(rows_text(envelope.words), details_bytes));
    json.member("key", alert.key).end_object().end_object();
    json.key("links").array();
    write_link(json, "component", alert.link);
    write_link(json, "acknowledge or silence", alert.act_link);
    write_link(json, "runbook", alert.runbook);
    json.end_array().member("client", "vitals");
    if (!alert.link.empty()) json.member("client_url", alert.link);
    json.end_object();
    return post_json(server_of(options.server) + "/v2/enqueue", std::move(body));
}

HttpRequest acknowledge(const Envelope& envelope, const AnyOptions& any) {
    const auto& options = any.as<Options>();
    std::string body;
    text::JsonWriter json(body);
    json.object().member("routing_key", options.routing_key.reveal());
    json.member("event_action", "acknowledge");
    json.member("dedup_key", envelope.alert.incident).end_object();
    return post_json(server_of(options.server) + "/v2/enqueue", std::move(body));
}

constexpr Receiver rest{.acknowledge = acknowledge};

constexpr std::string_view about = R"(
    One alert for each incident: a problem triggers it, the recovery resolves it.
    PagerDuty keeps it open in between, so its end is told also during a silence. An
    acknowledgement in vitals acknowledges it there, too. A copy changes nothing there.)"_prose;

}  // namespace

extern constinit const Receiver pagerduty = make_receiver<Options, fields, request>(
    "pagerduty", "Triggers and resolves alerts of PagerDuty.",
    {.about = about, .keeps_state = true}, rest);

}  // namespace vitals::alerts::receivers
