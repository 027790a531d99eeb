// URLs, patterns and quoted texts on arbitrary bytes: the shown form of a URL is itself a URL
// without credentials, a message about one does not grow with it, and a quoted text is one line of
// printable characters.

#include "target.hpp"
#include "text/masked.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/pattern.hpp"

namespace vitals::fuzz {
namespace {

namespace text = vitals::text;
using namespace vitals::wire;

}  // namespace

void run(std::string_view given) {
    if (const auto url = text::parse_url(given)) {
        const auto shown = text::parse_url(url->bare);
        require(shown.has_value());
        require(shown->user.empty() && shown->password.empty());
        require(shown->host == url->host && shown->port == url->port && shown->path == url->path);
        require(!url->port || *url->port != 0);
        require(url->host.find('\0') == std::string::npos);
    } else {
        require(!url.error().empty());
        // One of a few fixed sentences, whatever the text was.
        require(url.error().size() < 160);
    }
    const std::string shown = text::masked(given);
    require(text::masked(shown) == shown);
    const std::string whole = text::masked_url(given);
    require(text::masked_url(whole) == whole);
    if (const auto url = text::parse_url(given); url && !url->password.empty())
        require(whole.find(":***@") != std::string::npos);
    const std::string quoted_text = text::quoted(given, 64);
    require(quoted_text.size() <= 64 * 4 + 5);
    for (const char letter : quoted_text) {
        require(static_cast<unsigned char>(letter) >= 0x20 && letter != 0x7f);
    }
    if (const auto pattern = Pattern::parse(given); pattern && given.size() < 64) {
        (void)pattern->found_in("some text\nto look at");
    }
}

}  // namespace vitals::fuzz
