// googlechat: the webhook of a space.
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/payload.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace {

using Options = Hook;

constexpr auto fields = hook_fields("The space's webhook.");

constexpr std::size_t text_characters = 4000;

// `<users/all>` would mention everybody.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c;
        if (c == '<') out += "\u200B";
    }
    return out;
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    const Words& words = envelope.words;
    std::string body;
    text::JsonWriter json(body);
    json.object().member(
        "text", cut_characters(escaped(words.line + "\n\n" + rows_text(words)), text_characters));
    json.key("thread").object().member("threadKey", envelope.alert.incident).end_object();
    json.end_object();
    std::string url = options.url.reveal();
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD";
    return post_json(std::move(url), std::move(body));
}

constexpr std::string_view about = R"(
    Text, in one thread for each incident. A space takes about one message a second. It shows a
    copy twice.)"_prose;

}  // namespace

extern constinit const Receiver googlechat = make_receiver<Options, fields, request>(
    "googlechat", "Posts to a space of Google Chat.", {.about = about});

}  // namespace vitals::alerts::receivers
