// slack: an incoming webhook of Slack, Mattermost or Rocket.Chat.
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/http_fate.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

using Options = Hook;

constexpr auto fields = hook_fields("The incoming webhook.");

constexpr std::size_t text_characters = 900;  // Rocket.Chat takes 1,000
constexpr std::size_t rows_characters = 2500;

// `& < >` in the form that Slack wants, so that `<!channel>` is text. Mattermost and Rocket.Chat
// accept `@all` from a webhook: a zero-width space after the `@` makes it text.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '@')
            out += "@\u200B";
        else
            out += c;
    }
    return out;
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const Alert& alert = envelope.alert;
    const std::string line = cut_characters(escaped(envelope.words.line), text_characters);
    std::string body;
    text::JsonWriter json(body);
    json.object().member("text", line).key("attachments").array().object();
    json.member("color", colour_of(alert)).member("fallback", line);
    json.member("title", escaped(component_of(alert)));
    if (!alert.link.empty()) json.member("title_link", alert.link);
    json.member("text", cut_characters(escaped(rows_text(envelope.words)), rows_characters));
    json.end_object().end_array().end_object();
    return post_json(options.url.reveal(), std::move(body));
}

// Slack says `ok`, Rocket.Chat a JSON object; any other text is an error with a code of success.
Attempt judge(const HttpAnswer& answer, System now) {
    Attempt attempt = fate_by_code(answer, now);
    if (attempt.fate != Fate::delivered) return attempt;
    const std::string& body = answer.body;
    if (body.empty() || body.starts_with("ok")) return attempt;
    if (body.starts_with('{') && !says(body, "success", "false") && !says(body, "ok", "false"))
        return attempt;
    return rejected_by(answer, "not what a webhook answers to a message that it took");
}

constexpr std::string_view about = R"(
    The line as text, and the rest as an attachment in the colour of the status. Slack takes about
    one message a second. It shows a copy twice.)"_prose;

}  // namespace

extern constinit const Receiver slack = make_receiver<Options, fields, request>(
    "slack", "Posts to a channel of Slack, Mattermost or Rocket.Chat.", {.about = about},
    {.judge = judge});

}  // namespace vitals::alerts::receivers
