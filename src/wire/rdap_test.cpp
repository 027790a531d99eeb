#include "wire/rdap.hpp"

#include <gtest/gtest.h>

#include "model/clock.hpp"

namespace vitals::wire::rdap {
namespace {

constexpr auto whole = R"({
  "objectClassName": "domain", "ldhName": "EXAMPLE.ORG.",
  "status": ["client transfer prohibited", "clientHold", 7],
  "events": [
    {"eventAction": "registration", "eventDate": "1995-08-31T04:00:00Z"},
    {"eventAction": "registrar expiration", "eventDate": "2026-01-01T00:00:00Z"},
    {"eventAction": "expiration", "eventDate": "2027-08-30T04:00:00Z"}]
})";

TEST(Rdap, a_registration_is_read) {
    const auto read = read_domain(whole, "example.org");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->ends, parse_rfc3339("2027-08-30T04:00:00Z"));
    EXPECT_EQ(read->statuses,
              (std::vector<std::string>{"client transfer prohibited", "client hold"}));
    const auto silent = read_domain(R"({"objectClassName": "domain"})", "example.de");
    ASSERT_TRUE(silent);
    EXPECT_FALSE(silent->ends);
}

TEST(Rdap, what_is_none_is_refused) {
    const auto fault = [](std::string_view body, std::string_view domain = "example.org") {
        const auto read = read_domain(body, domain);
        return read ? "none" : read.error();
    };
    const std::string none = "not an answer of RDAP about a domain";
    EXPECT_EQ(fault(""), none);
    EXPECT_EQ(fault("<html>"), none);
    EXPECT_EQ(fault("[]"), none);
    EXPECT_EQ(fault(R"({"errorCode": 404})"), none);
    EXPECT_EQ(fault(R"({"objectClassName": "nameserver"})"), none);
    EXPECT_EQ(fault(std::string(100, '[')), none);
    EXPECT_EQ(fault(whole, "example.com"), "answers about another domain");
    EXPECT_EQ(fault(R"({"objectClassName": "domain", "events":
                        [{"eventAction": "expiration", "eventDate": "soon"}]})"),
              "the date of the end is no date");
}

TEST(Rdap, the_server_of_the_longest_zone_is_asked) {
    constexpr auto list = R"({"version": "1.0", "services": [
      [["org", "com"], ["http://old.example/", "https://rdap.example/v1"]],
      [["co.uk"], ["https://uk.example/"]],
      [["uk"], ["https://all.uk.example/"]],
      [["odd"], ["ftp://odd.example/"]],
      [["short"]], 7
    ]})";
    const auto of = [&](std::string_view domain) {
        return server_of(list, domain).value().value_or("none");
    };
    EXPECT_EQ(of("example.org"), "https://rdap.example/v1/");
    EXPECT_EQ(of("EXAMPLE.COM"), "https://rdap.example/v1/");
    EXPECT_EQ(of("shop.co.uk"), "https://uk.example/");
    EXPECT_EQ(of("shop.uk"), "https://all.uk.example/");
    EXPECT_EQ(of("shopco.uk"), "https://all.uk.example/");
    EXPECT_EQ(of("example.io"), "none");
    EXPECT_EQ(of("exampleorg"), "none");
    EXPECT_EQ(of("a.odd"), "none");
    EXPECT_EQ(of("a.short"), "none");
    EXPECT_EQ(server_of("{}", "a.org").error(), "not a list of RDAP servers");
    EXPECT_EQ(server_of("<html>", "a.org").error(), "not a list of RDAP servers");
}

}  // namespace
}  // namespace vitals::wire::rdap
