// ntfy: a topic of ntfy.sh or of another server.
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/http_fate.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

struct Options {
    text::Url server = "https://ntfy.sh";
    std::string topic;
    Secret token;
    net::TlsOptions tls;
};

// The characters that ntfy accepts: the server refuses others.
Verified verify_topic(const std::string& topic) {
    constexpr std::size_t most = 64;
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    if (topic.empty() || topic.size() > most ||
        topic.find_first_not_of(allowed) != std::string::npos)
        return std::unexpected("is no topic; expected up to 64 letters, digits, '-' and '_'");
    return {};
}

constexpr Field fields[] = {
    field<&Options::topic, verify_topic>(
        "topic",
        "The topic; anyone who knows its name can read it, unless the server asks for a token.",
        {.required = true, .example = "shop-alerts-x7Qd"}),
    field<&Options::server, verify_server>("server", "The server.",
                                           {.example = "https://ntfy.example.org"}),
    field<&Options::token>("token",
                           "An access token. Without one the message holds names, states and times "
                           "only."),
    tls_field<Options>(),
};

constexpr std::size_t message_bytes = 4000;  // beyond 4,096 it becomes an attachment
constexpr std::size_t title_characters = 200;

int priority_of(const Alert& alert) {
    switch (urgency_of(alert)) {
        case Urgency::low:
            return 2;
        case Urgency::normal:
            return 3;
        case Urgency::high:
            return 4;
        case Urgency::highest:
            return 5;
    }
    return 3;
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const bool secret = options.token.configured();
    const Alert alert = disclosed(envelope.alert, secret ? Disclose::full : Disclose::status);
    const Words words = secret ? envelope.words : words_of(alert, envelope.zone);
    std::string body;
    text::JsonWriter json(body);
    json.object().member("topic", options.topic);
    json.member("title", cut_characters(words.subject, title_characters));
    json.member("message", cut_bytes(words.line + "\n\n" + rows_text(words), message_bytes));
    json.member("priority", priority_of(alert)).key("tags").array();
    json.value(is_over(alert) ? "white_check_mark" : "rotating_light").end_array();
    if (!alert.link.empty()) json.member("click", alert.link);
    json.end_object();
    HttpRequest request = post_json(server_of(options.server) + "/", std::move(body));
    if (secret) request.headers.emplace_back("Authorization", "Bearer " + options.token.reveal());
    return request;
}

// ntfy's own code for the quota of a day: a retry within seconds is useless.
Attempt judge(const HttpAnswer& answer, System now) {
    constexpr double quota_reached = 42908;
    Attempt attempt = fate_by_code(answer, now);
    if (answer.status == 429 && number_in(answer.body, "code") == quota_reached)
        attempt.retry_after = std::chrono::hours(1);
    return attempt;
}

constexpr std::string_view about = R"(
    A push message with the urgency of the status. ntfy.sh takes 60 messages at once, then one in 5
    s, and 250 a day. It shows a copy twice.)"_prose;

}  // namespace

extern constinit const Receiver ntfy = make_receiver<Options, fields, request>(
    "ntfy", "Pushes to phones through ntfy.", {.about = about}, {.judge = judge});

}  // namespace vitals::alerts::receivers
