// gotify: an application of a Gotify server.
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

struct Options {
    text::Url server;
    Secret token;
    net::TlsOptions tls;
};

constexpr Field fields[] = {
    field<&Options::server, verify_server>(
        "server", "The server.", {.required = true, .example = "https://gotify.example.org"}),
    field<&Options::token>("token", "The application's token.", {.required = true}),
    tls_field<Options>(),
};

constexpr std::size_t message_bytes = 8000;

int priority_of(const Alert& alert) {
    if (is_over(alert) || alert.test) return 3;
    return alert.level == Status::degraded ? 5 : 8;
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const Words& words = envelope.words;
    std::string body;
    text::JsonWriter json(body);
    json.object().member("title", words.subject);
    json.member("message", cut_bytes(words.line + "\n\n" + rows_text(words), message_bytes));
    json.member("priority", priority_of(envelope.alert));
    if (const std::string& link = envelope.alert.link; !link.empty()) {
        json.key("extras").object().key("client::notification").object().key("click").object();
        json.member("url", link).end_object().end_object().end_object();
    }
    json.end_object();
    HttpRequest request = post_json(server_of(options.server) + "/message", std::move(body));
    request.headers.emplace_back("X-Gotify-Key", options.token.reveal());
    return request;
}

constexpr std::string_view about = R"(
    A push message: priority 8 for failed, 5 for degraded, 3 for the end. Gotify shows a copy
    twice.)"_prose;

}  // namespace

extern constinit const Receiver gotify = make_receiver<Options, fields, request>(
    "gotify", "Pushes through a Gotify server.", {.about = about});

}  // namespace vitals::alerts::receivers
