#include "text/masked.hpp"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

namespace vitals::text {
namespace {

TEST(Masked, a_url_is_shown_without_its_password) {
    constexpr std::pair<const char*, const char*> cases[] = {
        {"redis://user:s3cret@host:6379/0", "redis://user:***@host:6379/0"},
        {"redis://:s3cret@host", "redis://:***@host"},
        {"http://a:b@c@host/x@y", "http://a:***@y"},
        {"s3://KEY:ab/c+d@media", "s3://KEY:***@media"},
        {"redis://:a#b?c@d@host/0", "redis://:***@host/0"},
        {"redis://:my pass@host/0", "redis://:***@host/0"},
        {"redis://:80/x@host/0", "redis://:***@host/0"},
        {"amqp://u://x@host", "amqp://u:***@host"},
    };
    for (const auto& [url, shown] : cases) EXPECT_EQ(masked_url(url), shown);
}

TEST(Masked, what_holds_no_password_stays) {
    for (const char* text :
         {"tcp://127.0.0.1:80", "https://user@host:1", "file:/x", "http://[::1]/x@y",
          "http://host:80/@somebody", "http://[::1]:80/@somebody", "http://host/x@y", "a:b@c",
          "https://host/p?page=2&sort=key", "mail somebody@example.org: see http://host:80/x",
          "expected a URL such as scheme://host:port/path", "", "://", "@://", "x://@"})
        EXPECT_EQ(masked(text), text);
}

TEST(Masked, no_password_of_a_list_is_shown) {
    EXPECT_EQ(masked_url("celery+amqp://app:first@h1:1//;amqp://app:second@h2:2//"),
              "celery+amqp://app:***@h2:2//");
    EXPECT_EQ(masked_url("redis://:first@h1:1,redis://:second@h2:2"), "redis://:***@h2:2");
    EXPECT_EQ(masked_url("postgresql://app:first@h1:1,app:second@h2:2/db"),
              "postgresql://app:***@h2:2/db");
    EXPECT_EQ(masked_url("amqp://h1:5672//;amqp://u:second@h2//"),
              "amqp://h1:5672//;amqp://u:***@h2//");
    EXPECT_EQ(masked_url("amqp://h1,amqp://u:second@h2//"), "amqp://h1,amqp://u:***@h2//");
}

TEST(Masked, secret_parameters_are_not_shown) {
    EXPECT_EQ(masked_url("postgresql://h/db?user=a&password=b&sslmode=require"),
              "postgresql://h/db?user=a&password=***&sslmode=require");
    EXPECT_EQ(masked_url("https://h/x?Access_Token=abc#top"), "https://h/x?Access_Token=***#top");
    EXPECT_EQ(masked_url("https://h/x?key=abc&X-Amz-Signature=ff"),
              "https://h/x?key=***&X-Amz-Signature=***");
}

TEST(Masked, urls_within_a_text_are_found) {
    EXPECT_EQ(masked("got \"-ERR no link to redis://:s3cret@h:1\", then amqp://a:b@c failed @ 3"),
              "got \"-ERR no link to redis://:***@h:1\", then amqp://a:***@c failed @ 3");
    EXPECT_EQ(masked("(http://u:p@h/)\nx://a:q@b"), "(http://u:***@h/)\nx://a:***@b");
    EXPECT_EQ(masked("got \"x://a:p\\\"q@b\""), "got \"x://a:***@b\"");
}

// With any text in passwords, and any number of URLs in a list.
TEST(Masked, no_list_of_urls_shows_any_of_its_passwords) {
    std::mt19937 random(18);
    const std::string_view signs = "abcXYZ0189/:@#?,;&=%+-._~!$*()[]{}|^<>\\'";
    const std::vector<std::string> separators = {";", ",", ";amqp://", ",redis://", ";a+b://"};
    const auto below = [&](std::size_t bound) { return random() % bound; };
    for (int round = 0; round < 20'000; ++round) {
        std::string url = below(2) == 0 ? "amqp://" : "celery+redis://";
        std::vector<std::string> passwords;
        for (std::size_t left = 1 + below(3); left > 0; --left) {
            std::string& password = passwords.emplace_back("Q");  // no port begins like that
            for (std::size_t size = 3 + below(8); size > 0; --size)
                password += signs[below(signs.size())];
            url += (below(2) == 0 ? "user:" : ":") + password + "@host";
            if (below(2) == 0) url += ":5672";
            if (below(2) == 0) url += "/db";
            if (left > 1) url += separators[below(separators.size())];
        }
        const std::string shown = masked_url(url);
        for (const std::string& password : passwords)
            ASSERT_FALSE(shown.contains(password)) << url << " -> " << shown;
        ASSERT_EQ(masked_url(shown), shown);
        ASSERT_EQ(masked("a " + url + " b"), "a " + shown + " b") << url;
    }
}

}  // namespace
}  // namespace vitals::text
