#include "alerts/links.hpp"

#include <gtest/gtest.h>

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;

constexpr LinkKey key{1, 2, 3};
const Link link{"0badcafe-12", "mail/ops@example.org", System(1'800'000'000s)};

TEST(Link, says_what_was_signed) {
    const std::string token = link_token(link, key);
    EXPECT_EQ(read_link(token, key), link);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_."),
              std::string::npos)
        << "it stands in a URL as it is";
}

TEST(Link, any_other_byte_is_refused) {
    const std::string token = link_token(link, key);
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        if (const auto read = read_link(changed, key))
            EXPECT_EQ(*read, link) << i << ": only unused bits of the last digit may differ";
    }
    EXPECT_FALSE(read_link(token, LinkKey{1, 2, 4}));
    EXPECT_FALSE(read_link(token.substr(0, token.size() - 1), key));
    EXPECT_FALSE(read_link("", key));
    EXPECT_FALSE(read_link(".", key));
    EXPECT_FALSE(read_link(std::string(10'000, 'A') + ".AAAA", key));
}

TEST(LinkKey, is_kept_as_text) {
    const LinkKey made = new_link_key();
    EXPECT_NE(made, new_link_key());
    EXPECT_EQ(link_key_of(to_text(made)), made);
    EXPECT_FALSE(link_key_of(""));
    EXPECT_FALSE(link_key_of(std::string(64, 'g')));
    EXPECT_FALSE(link_key_of(std::string(63, 'a')));
}

}  // namespace
}  // namespace vitals::alerts
