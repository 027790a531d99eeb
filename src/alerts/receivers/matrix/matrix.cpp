// matrix: a room of Matrix (client-server interface, version 3).
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/http_fate.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/escape.hpp"
#include "text/percent.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

struct Options {
    text::Url server;
    std::string room;
    Secret token;
    net::TlsOptions tls;
};

Verified verify_room(const std::string& room) {
    if (!room.starts_with('!'))
        return std::unexpected(
            "is no room's id, which begins with '!'; clients show it in the room's settings");
    return {};
}

constexpr Field fields[] = {
    field<&Options::server, verify_server>(
        "server", "The home server.", {.required = true, .example = "https://matrix.example.org"}),
    field<&Options::room, verify_room>("room", "The room's id.",
                                       {.required = true, .example = "\"!abc:example.org\""}),
    field<&Options::token>("token", "The access token of the account that posts.",
                           {.required = true}),
    tls_field<Options>(),
};

constexpr std::size_t body_bytes = 12'000;  // of each of the two: an event holds 64 KiB

std::string html_of(const Words& words) {
    std::string out = "<strong>" + text::html(words.line) + "</strong>";
    for (const Words::Row& row : words.rows) {
        const std::string shown = text::html(row.text);
        out += "<br>" + (row.label.empty() ? "" : text::html(row.label) + ": ");
        out += row.href.empty() ? shown : "<a href=\"" + shown + "\">" + shown + "</a>";
        if (out.size() > body_bytes) break;
    }
    return out;
}

// The key is the id of the transaction: the server drops a second one.
HttpRequest request(const Envelope& envelope, const Options& options) {
    const Words& words = envelope.words;
    std::string body;
    text::JsonWriter json(body);
    json.object().member("msgtype", "m.text");
    json.member("body", cut_bytes(words.line + "\n\n" + rows_text(words), body_bytes));
    json.member("format", "org.matrix.custom.html").member("formatted_body", html_of(words));
    json.end_object();
    HttpRequest request =
        post_json(server_of(options.server) + "/_matrix/client/v3/rooms/" +
                      text::percent_encoded(options.room) + "/send/m.room.message/" +
                      text::percent_encoded(envelope.alert.key),
                  std::move(body));
    request.method = "PUT";
    request.headers.emplace_back("Authorization", "Bearer " + options.token.reveal());
    return request;
}

Attempt judge(const HttpAnswer& answer, System now) {
    Attempt attempt = fate_by_code(answer, now);
    if (const auto wait = number_in(answer.body, "retry_after_ms");
        answer.status == 429 && wait && *wait >= 0 && *wait < 1e9)
        attempt.retry_after = std::chrono::milliseconds(static_cast<std::int64_t>(*wait));
    return attempt;
}

constexpr std::string_view about = R"(
    Text and HTML. The key of the message is the id of the transaction, so the server
    drops a copy. The room must not be encrypted.)"_prose;

}  // namespace

extern constinit const Receiver matrix = make_receiver<Options, fields, request>(
    "matrix", "Writes into a room of Matrix.", {.about = about}, {.judge = judge});

}  // namespace vitals::alerts::receivers
