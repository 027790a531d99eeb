// Tokens of links in messages, on arbitrary bytes: only a signed one is accepted, and its content
// is what was signed.

#include "alerts/links.hpp"
#include "target.hpp"

namespace vitals::fuzz {

void run(std::string_view given) {
    static const alerts::LinkKey key{1, 2, 3};
    // Without the key nobody can make one.
    require(!alerts::read_link(given, key));
    // The content of a signed token comes out again, or nothing does.
    const std::size_t half = given.size() / 2;
    const alerts::Link link{std::string(given.substr(0, half)), std::string(given.substr(half)),
                            System(std::chrono::seconds(1'800'000'000))};
    const std::string token = alerts::link_token(link, key);
    const auto read = alerts::read_link(token, key);
    if (read && link.incident.find('\n') == std::string::npos) require(*read == link);
    if (!token.empty() && !given.empty()) {
        std::string bad = token;
        bad[static_cast<unsigned char>(given[0]) % bad.size()] ^= 1;
        if (const auto wrong = alerts::read_link(bad, key)) require(read && *wrong == *read);
    }
    (void)alerts::link_key_of(given);
}

}  // namespace vitals::fuzz
