// discord: the webhook of a channel.
#include <charconv>

#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/http_fate.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

using Options = Hook;

constexpr auto fields = hook_fields("The channel's webhook.");

constexpr std::size_t content_characters = 2000;
constexpr std::size_t title_characters = 256;
constexpr std::size_t description_characters = 4096;

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("\\`*_~|<>[]").contains(c)) out += '\\';
        out += c;
    }
    return out;
}

int colour_number(const Alert& alert) {
    const std::string_view hex = colour_of(alert).substr(1);
    int number = 0;
    std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
    return number;
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const Alert& alert = envelope.alert;
    std::string body;
    text::JsonWriter json(body);
    json.object();
    json.member("content", cut_characters(escaped(envelope.words.line), content_characters));
    json.key("embeds").array().object();
    json.member("title", cut_characters(escaped(component_of(alert)), title_characters));
    if (!alert.link.empty()) json.member("url", alert.link);
    json.member("description",
                cut_characters(escaped(rows_text(envelope.words)), description_characters));
    json.member("color", colour_number(alert)).end_object().end_array();
    json.key("allowed_mentions").object().key("parse").array().end_array().end_object();
    json.end_object();
    // Without it, a message that was not saved is not an error.
    std::string url = options.url.reveal();
    url += url.find('?') == std::string::npos ? "?wait=true" : "&wait=true";
    return post_json(std::move(url), std::move(body));
}

// At a limit, the body says when to come back, to the millisecond.
Attempt judge(const HttpAnswer& answer, System now) {
    Attempt attempt = fate_by_code(answer, now);
    if (answer.status != 429) return attempt;
    if (const auto seconds = number_in(answer.body, "retry_after");
        seconds && *seconds >= 0 && *seconds < 1e6)
        attempt.retry_after = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
    return attempt;
}

constexpr std::string_view about = R"(
    The line as text, and the rest as an embed in the colour of the status. Nobody is mentioned,
    whatever the text holds. Discord shows a copy twice.)"_prose;

}  // namespace

extern constinit const Receiver discord = make_receiver<Options, fields, request>(
    "discord", "Posts to a channel of Discord.", {.about = about}, {.judge = judge});

}  // namespace vitals::alerts::receivers
