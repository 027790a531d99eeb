// pushover: push messages of Pushover.
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/http_fate.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/percent.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

struct Options {
    Secret token;
    Secret user;
    bool emergency = false;
    text::Url server = "https://api.pushover.net";
    net::TlsOptions tls;
};

constexpr Field fields[] = {
    field<&Options::token>("token", "The application's token.", {.required = true}),
    field<&Options::user>("user", "The key of the user or the group.", {.required = true}),
    field<&Options::emergency>(
        "emergency",
        "Whether a failure of a critical component is repeated until somebody confirms it; for the "
        "last step of a ladder."),
    field<&Options::server, verify_server>("server", "The URL of Pushover's API."),
    tls_field<Options>(),
};

constexpr std::size_t title_characters = 250;
constexpr std::size_t message_characters = 1024;
constexpr std::size_t url_characters = 512;

void add(std::string& form, std::string_view name, std::string_view value) {
    form += (form.empty() ? "" : "&") + std::string(name) + '=' + text::percent_encoded(value);
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const Alert& alert = envelope.alert;
    const Urgency urgency = urgency_of(alert);
    const bool emergency = options.emergency && urgency == Urgency::highest;
    std::string form;
    add(form, "token", options.token.reveal());
    add(form, "user", options.user.reveal());
    add(form, "title", cut_characters(envelope.words.subject, title_characters));
    add(form, "message",
        cut_characters(envelope.words.line + "\n" + rows_text(envelope.words), message_characters));
    if (!alert.link.empty() && alert.link.size() <= url_characters) {
        add(form, "url", alert.link);
        add(form, "url_title", "component");
    }
    if (emergency) {
        add(form, "priority", "2");
        add(form, "retry", "60");
        add(form, "expire", "3600");
    } else {
        add(form, "priority",
            urgency == Urgency::low      ? "-1"
            : urgency == Urgency::normal ? "0"
                                         : "1");
    }
    return {.url = server_of(options.server) + "/1/messages.json",
            .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
            .body = std::move(form)};
}

Attempt judge(const HttpAnswer& answer, System now) {
    Attempt attempt = fate_by_code(answer, now);
    if (attempt.fate == Fate::delivered && number_in(answer.body, "status") != 1)
        return rejected_by(answer, "without \"status\":1");
    return attempt;
}

constexpr std::string_view about = R"(
    A push message with the urgency of the status, up to 1,024 characters. An application may send
    10,000 a month. Pushover shows a copy twice.)"_prose;

}  // namespace

extern constinit const Receiver pushover = make_receiver<Options, fields, request>(
    "pushover", "Pushes to phones through Pushover.", {.about = about}, {.judge = judge});

}  // namespace vitals::alerts::receivers
