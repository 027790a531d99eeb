// teams: a workflow of Microsoft Teams that posts an adaptive card.
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

using Options = Hook;

constexpr auto fields = hook_fields("The workflow's URL.");

// A card above 28,672 bytes is accepted and never shown; the sent bytes count as a fifth more.
constexpr std::size_t rows_bytes = 6'000;

// Cards read a little Markdown: characters with a meaning there are escaped.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("\\`*_[]()#<>").contains(c)) out += '\\';
        out += c;
        if (c == '\n') out += '\n';  // one line break alone is a blank
    }
    return out;
}

std::string_view card_colour(const Alert& alert) {
    if (is_over(alert) || alert.test) return "Good";
    return alert.level == Status::failed ? "Attention" : "Warning";
}

void write_action(text::JsonWriter& json, std::string_view title, const std::string& url) {
    if (url.empty()) return;
    json.object().member("type", "Action.OpenUrl").member("title", title).member("url", url);
    json.end_object();
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const Alert& alert = envelope.alert;
    std::string body;
    text::JsonWriter json(body);
    json.object().member("type", "message").key("attachments").array().object();
    json.member("contentType", "application/vnd.microsoft.card.adaptive").key("content").object();
    json.member("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
    json.member("type", "AdaptiveCard").member("version", "1.4").key("body").array();
    json.object().member("type", "TextBlock").member("text", escaped(envelope.words.line));
    json.member("weight", "Bolder").member("size", "Medium").member("color", card_colour(alert));
    json.member("wrap", true).end_object();
    json.object().member("type", "TextBlock").member("wrap", true);
    json.member("text", cut_bytes(escaped(rows_text(envelope.words)), rows_bytes)).end_object();
    json.end_array().key("actions").array();
    write_action(json, "Component", alert.link);
    write_action(json, "Acknowledge or silence", alert.act_link);
    write_action(json, "Runbook", alert.runbook);
    json.end_array().end_object().end_object().end_array().end_object();
    return post_json(options.url.reveal(), std::move(body));
}

constexpr std::string_view about = R"(
    An adaptive card. The answer 202 says that the workflow took it, not that it was shown. A
    workflow ends with its owner's account. Teams shows a copy twice.)"_prose;

}  // namespace

extern constinit const Receiver teams = make_receiver<Options, fields, request>(
    "teams", "Posts to a channel of Microsoft Teams through a workflow.", {.about = about});

}  // namespace vitals::alerts::receivers
