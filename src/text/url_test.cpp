#include "text/url.hpp"

#include <gtest/gtest.h>

namespace vitals::text {
namespace {

TEST(Url, is_split_into_its_parts) {
    const auto url = parse_url("Redis://app:s%40cret%2F@Cache.Example.org:6379/0?db=1&x=a%20b#top");
    ASSERT_TRUE(url.has_value());
    EXPECT_EQ(url->scheme, "redis");
    EXPECT_EQ(url->user, "app");
    EXPECT_EQ(url->password, "s@cret/");
    EXPECT_EQ(url->host, "cache.example.org");
    EXPECT_EQ(url->port, 6379);
    EXPECT_EQ(url->path, "/0");
    ASSERT_NE(url->parameter("x"), nullptr);
    EXPECT_EQ(*url->parameter("x"), "a b");
    EXPECT_EQ(url->parameter("y"), nullptr);
    EXPECT_EQ(url->bare, "Redis://Cache.Example.org:6379/0?db=1&x=a%20b#top");
}

TEST(Url, takes_every_form_of_authority) {
    EXPECT_EQ(parse_url("tcp://[::1]:80")->host, "::1");
    EXPECT_EQ(parse_url("tcp://[FE80::1]:80")->host, "fe80::1");
    EXPECT_EQ(parse_url("tcp://[FE80::1%25Eth0]:80")->host, "fe80::1%Eth0");
    EXPECT_EQ(url_problem("tcp://[fe80::1%25eth0]:80", {"tcp"}), "");
    EXPECT_EQ(parse_url("tcp://127.0.0.1:80")->host, "127.0.0.1");
    EXPECT_EQ(parse_url("https://example.org")->port, std::nullopt);
    EXPECT_EQ(parse_url("https://example.org:")->port, std::nullopt);
    EXPECT_EQ(parse_url("unix:/run/app.sock")->path, "/run/app.sock");
    EXPECT_EQ(parse_url("unix:///run/app.sock")->path, "/run/app.sock");
    EXPECT_EQ(parse_url("dns:example.org?type=MX")->path, "example.org");
    EXPECT_EQ(parse_url("redis://:pw@h/")->password, "pw");
    EXPECT_EQ(parse_url("redis://:pw@h/")->bare, "redis://h/");
    EXPECT_EQ(parse_url("http://h/?q=a@b")->bare, "http://h/?q=a@b");
    EXPECT_EQ(parse_url("http://u:p@h/?q=a@b")->bare, "http://h/?q=a@b");
    EXPECT_EQ(parse_url("http://u:p@h/x@y")->bare, "http://h/x@y");
    EXPECT_EQ(parse_url("http://@h/")->bare, "http://h/");
    EXPECT_EQ(parse_url("postgresql:///db?host=/run")->host, "");
    EXPECT_EQ(*parse_url("postgresql:///db?host=/run")->parameter("host"), "/run");
    EXPECT_EQ(parse_url("http://h?x")->path, "");
    EXPECT_EQ(*parse_url("http://h?x")->parameter("x"), "");
    EXPECT_EQ(*parse_url("http://h?filter[a]=b&&c")->parameter("filter[a]"), "b");
    EXPECT_EQ(parse_url("http://h?a&&b")->query.size(), 2u);
    EXPECT_TRUE(parse_url("x:?#:")->query.empty());
    EXPECT_EQ(parse_url("http://caf%C3%A9/")->host, "caf\xc3\xa9");
}

TEST(Url, says_what_is_wrong_and_repeats_no_secret) {
    for (const char* text : {"",
                             "localhost",
                             "http://user:pass/word@host/",
                             "http://user:sec#ret@host:99999/",
                             "http://user:secret@host:port/",
                             "http://user:se cret@host/",
                             "tcp://h:65536",
                             "tcp://h:0",
                             "http://h\n/",
                             "http://user:pa%zz@h/",
                             "http://[::1/",
                             "unix:/run/%00",
                             "http://%0a/",
                             "http://user:p@ss@host/",
                             "http://[::1]x/",
                             "http://[x]/",
                             "http://[::1%eth0]/",
                             "http://[::1%25]/",
                             "http://[::1%25a%2Fb]/",
                             "http://h/%2",
                             "http://h/\\",
                             "http://h/?\"",
                             "http://h/#\xc3\xa9",
                             "1x://h",
                             ":x"}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url.has_value()) << text;
        EXPECT_FALSE(url.error().empty());
        EXPECT_EQ(url.error().find("sec"), std::string::npos);
        EXPECT_EQ(url.error().find("pass/"), std::string::npos);
    }
    EXPECT_EQ(parse_url("tcp://h:65536").error(), "has a port that is not between 1 and 65535");
    EXPECT_EQ(parse_url("localhost").error(),
              "has no scheme; expected a URL such as scheme://host:port/path");
    EXPECT_EQ(parse_url("http://user:secret@host:port/").error(),
              "is not a URL; characters with a meaning of their own (as / ? # @ : in a password) "
              "must be percent-encoded");
    EXPECT_EQ(parse_url("http://h/a b").error(),
              "holds a space or a control character; percent-encode it");
}

TEST(Url, is_checked_for_a_kind) {
    EXPECT_EQ(url_problem("http://h/", {"http", "https"}), "");
    EXPECT_EQ(url_problem("ftp://h/", {"http", "https"}),
              "has the scheme ftp; expected http or https");
    EXPECT_EQ(url_problem("http:///x", {"http", "https"}), "names no host");
    EXPECT_EQ(url_problem("unix:/x", {"unix"}, HostIs::optional), "");
    EXPECT_EQ(url_problem("p://u@%2Frun%2Fp/db", {"p"}, HostIs::or_directory), "");
    EXPECT_EQ(url_problem("p://u@%2Frun%2Fp/db", {"p"}),
              "names a host with a character that none has");
    EXPECT_EQ(url_problem("http://caf%C3%A9_1.de/", {"http"}), "");
}

TEST(Url, says_what_was_meant_when_the_scheme_is_missing_or_misspelt) {
    EXPECT_EQ(url_problem("127.0.0.1:5432", {"tcp", "unix"}, HostIs::optional),
              "has no scheme; did you mean tcp://127.0.0.1:5432?");
    EXPECT_EQ(url_problem("localhost:5432/app", {"postgresql", "postgres"}),
              "has no scheme; did you mean postgresql://localhost:5432/app?");
    EXPECT_EQ(url_problem("example.org", {"http", "https"}),
              "has no scheme; did you mean https://example.org?");
    EXPECT_EQ(url_problem("example.org:8080/x", {"http", "https"}),
              "has no scheme; did you mean http://example.org:8080/x?");
    EXPECT_EQ(url_problem("htp://x", {"http", "https"}),
              "has the scheme htp; did you mean http://x?");
    EXPECT_EQ(url_problem("reddis://:secret@h/0", {"redis", "rediss"}),
              "has the scheme reddis; did you mean redis://...?");
    EXPECT_EQ(url_problem("example", {"http"}),
              "has no scheme; expected a URL such as scheme://host:port/path");
}

TEST(Url, is_refused_when_it_is_a_list) {
    for (const char* list : {"amqp://h1,h2", "amqp://u:p@h1:1,h2:2/v", "amqp://h1;amqp://h2",
                             "amqp://u:p@h1//;amqp://u:p@h2//", "amqp://u:p@h1:1;amqp://u:p@h2",
                             "amqp://h1/v,amqps://h2/v", "http://h1,http://h2/"})
        EXPECT_EQ(url_problem(list, {"amqp", "http"}),
                  "names several servers: give each of them a component of its own")
            << list;
    EXPECT_EQ(url_problem("http://h/a;http://b/", {"http"}), "");
    EXPECT_EQ(url_problem("amqp://u:a,b;c@h/v;w,x", {"amqp"}), "");
    EXPECT_NE(url_problem("amqp://u:p@h1:1,u:p@h2/v", {"amqp"}), "");
}

TEST(Url, gives_a_url_for_each_server_of_a_list) {
    using Texts = std::vector<std::string>;
    EXPECT_EQ(servers_of("a://u:p,q@h1,[::1]:2/db?x=1,2"),
              (Texts{"a://u:p,q@h1/db?x=1,2", "a://u:p,q@[::1]:2/db?x=1,2"}));
    EXPECT_EQ(servers_of("redis://h1:1/0;rediss://u@h2/1"),
              (Texts{"redis://h1:1/0", "rediss://u@h2/1"}));
    EXPECT_EQ(servers_of("amqp://u:p@h1//;amqp://h2,h3"),
              (Texts{"amqp://u:p@h1//", "amqp://h2", "amqp://h3"}));
    EXPECT_EQ(servers_of("a://h/b,c;d"), (Texts{"a://h/b,c;d"}));
    EXPECT_EQ(servers_of(""), (Texts{""}));
    const Url url("a://u:p@h1:1,h2:2/db");
    EXPECT_EQ(url.host, "h1");
    EXPECT_EQ(url.port, 1);
    EXPECT_EQ(url.user, "u");
    EXPECT_EQ(url.text, "a://u:p@h1:1,h2:2/db");
}

TEST(Url, is_accepted_as_a_list_by_a_kind_that_takes_several) {
    constexpr auto several = Servers::several;
    EXPECT_EQ(url_problem("a://u@h1,h2:2/db", {"a"}, HostIs::required, several), "");
    EXPECT_EQ(url_problem("a://h1,h2:99999/db", {"a"}, HostIs::required, several),
              "has a port that is not between 1 and 65535");
    EXPECT_EQ(url_problem("a://h1,,h2", {"a"}, HostIs::required, several), "names no host");
    EXPECT_EQ(url_problem("a://h1;b://h2", {"a"}, HostIs::required, several),
              "has the scheme b; expected a");
}

TEST(Url, says_what_to_write_instead_of_a_client_with_its_driver) {
    EXPECT_EQ(url_problem("postgresql+psycopg2://u@h/db", {"postgresql", "postgres"}),
              "has the scheme postgresql+psycopg2; write postgresql://");
    EXPECT_EQ(url_problem("pyamqp://u@h//", {"amqp", "redis"}),
              "has the scheme pyamqp; write amqp://");
}

}  // namespace
}  // namespace vitals::text
