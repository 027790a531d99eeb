// telegram: a bot that writes into a chat.
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/http_fate.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

struct Options {
    Secret token;
    std::string chat_id;
    std::int64_t thread_id = 0;
    text::Url server = "https://api.telegram.org";
    net::TlsOptions tls;
};

// It becomes a part of the path.
Verified verify_token(const Secret& token) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:";
    if (token.available() && token.reveal().find_first_not_of(allowed) != std::string::npos)
        return std::unexpected("is no bot's token; expected digits, a colon and letters");
    return {};
}

constexpr Field fields[] = {
    field<&Options::token, verify_token>("token", "The bot's token.", {.required = true}),
    field<&Options::chat_id>("chat_id", "The chat: its number, or the @name of a channel.",
                             {.required = true, .example = "\"-1001234567890\""}),
    field<&Options::thread_id>("thread_id", "The topic within the chat; 0: none.", {.least = 0}),
    field<&Options::server, verify_server>("server", "The URL of Telegram's API."),
    tls_field<Options>(),
};

constexpr std::size_t text_characters = 4096;

// Without a parse_mode nothing in the text has a meaning, except `@name`, which mentions a member.
HttpRequest request(const Envelope& envelope, const Options& options) {
    const Words& words = envelope.words;
    std::string body;
    text::JsonWriter json(body);
    json.object().member("chat_id", options.chat_id);
    if (options.thread_id > 0) json.member("message_thread_id", options.thread_id);
    json.member("text", cut_characters(words.line + "\n\n" + rows_text(words), text_characters));
    json.member("disable_web_page_preview", true).end_object();
    return post_json(server_of(options.server) + "/bot" + options.token.reveal() + "/sendMessage",
                     std::move(body));
}

Attempt judge(const HttpAnswer& answer, System now) {
    Attempt attempt = fate_by_code(answer, now);
    if (attempt.fate == Fate::delivered && !says(answer.body, "ok", "true"))
        return rejected_by(answer, "without \"ok\":true");
    if (const auto seconds = number_in(answer.body, "retry_after");
        answer.status == 429 && seconds && *seconds >= 0 && *seconds < 1e6)
        attempt.retry_after = std::chrono::seconds(static_cast<std::int64_t>(*seconds));
    return attempt;
}

constexpr std::string_view about = R"(
    Plain text, up to 4,096 characters, without a preview of links. A chat takes about one message a
    second, a group 20 a minute. Telegram shows a copy twice.)"_prose;

}  // namespace

extern constinit const Receiver telegram = make_receiver<Options, fields, request>(
    "telegram", "Writes into a chat of Telegram as a bot.", {.about = about}, {.judge = judge});

}  // namespace vitals::alerts::receivers
