// jsm: alerts of Jira Service Management, which continues Opsgenie.
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/percent.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

struct Options {
    Secret key;
    std::vector<std::string> tags;
    text::Url server = "https://api.atlassian.com/jsm/ops/integration";
    net::TlsOptions tls;
};

constexpr Field fields[] = {
    field<&Options::key>("key", "The key of the integration.", {.required = true}),
    field<&Options::tags>("tags", "Tags of the alerts.", {.example = "[shop]"}),
    field<&Options::server, verify_server>("server", "The URL of the API.",
                                           {.example = "https://api.eu.opsgenie.com"}),
    tls_field<Options>(),
};

constexpr std::size_t message_characters = 130;
constexpr std::size_t description_characters = 15'000;

std::string_view priority_of(const Alert& alert) {
    switch (urgency_of(alert)) {
        case Urgency::low:
            return "P5";
        case Urgency::normal:
            return "P3";
        case Urgency::high:
            return "P2";
        case Urgency::highest:
            return "P1";
    }
    return "P3";
}

std::string of_alias(const Alert& alert, std::string_view what) {
    return "/" + text::percent_encoded(alert.incident) + "/" + std::string(what) +
           "?identifierType=alias";
}

HttpRequest post(const Options& options, const std::string& path, std::string body) {
    HttpRequest request =
        post_json(server_of(options.server) + "/v2/alerts" + path, std::move(body));
    request.headers.emplace_back("Authorization", "GenieKey " + options.key.reveal());
    return request;
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const Alert& alert = envelope.alert;
    const Words& words = envelope.words;
    std::string body;
    text::JsonWriter json(body);
    json.object();
    if (is_over(alert)) {
        json.member("source", "vitals").member("note", words.line);
    } else {
        json.member("message", cut_characters(words.subject, message_characters));
        json.member("alias", alert.incident);
        json.member("description",
                    cut_characters(words.line + "\n\n" + rows_text(words), description_characters));
        json.member("priority", priority_of(alert)).member("source", "vitals");
        json.member("entity", component_of(alert)).key("tags").array();
        for (const std::string& tag : options.tags) json.value(tag);
        json.end_array().key("details").object().member("key", alert.key);
        if (!alert.link.empty()) json.member("component", alert.link);
        if (!alert.runbook.empty()) json.member("runbook", alert.runbook);
        json.end_object();
    }
    json.end_object();
    return post(options, is_over(alert) ? of_alias(alert, "close") : "", std::move(body));
}

HttpRequest acknowledge(const Envelope& envelope, const AnyOptions& any) {
    std::string body;
    text::JsonWriter json(body);
    json.object().member("source", "vitals");
    json.member("user", cut_characters(fitting(envelope.alert.acknowledged_by, 128), 100));
    json.end_object();
    return post(any.as<Options>(), of_alias(envelope.alert, "acknowledge"), std::move(body));
}

constexpr Receiver rest{.acknowledge = acknowledge};

constexpr std::string_view about = R"(
    One alert for each incident, closed by the recovery. It stays open there in between,
    so its end is told also during a silence. An acknowledgement in vitals acknowledges it
    there, too. The answer 202 comes before the work is done. A copy changes nothing
    there.)"_prose;

}  // namespace

extern constinit const Receiver jsm = make_receiver<Options, fields, request>(
    "jsm", "Opens and closes alerts of Jira Service Management.",
    {.about = about, .keeps_state = true}, rest);

}  // namespace vitals::alerts::receivers
