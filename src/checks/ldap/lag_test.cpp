#include "lag.hpp"

#include <gtest/gtest.h>

namespace vitals::checks::ldap {
namespace {

using namespace std::chrono_literals;

std::string change(int minute, const std::string& server = "001") {
    const std::string text = std::to_string(100 + minute).substr(1);
    return "202611301900" + text + ".000000Z#000000#" + server + "#000000";
}

const System wall = parse_rfc3339("2026-11-30T19:00:00Z").value();

TEST(LdapChanges, are_by_server_and_the_last_counts) {
    const auto read = changes_of({change(1), change(3), change(2), change(5, "00a")});
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (Changes{{"001", change(3)}, {"00a", change(5, "00a")}}));
    EXPECT_EQ(changes_of({}), Changes());
    for (const char* wrong :
         {"", "20261130190001Z", "x0261130190001.000000Z#000000#001#000000",
          "20261130190001.000000Z#000000#001#00000", "20261130190001.000000Z#000000#001-000000"})
        EXPECT_FALSE(changes_of({wrong})) << wrong;
    EXPECT_EQ(time_of(change(7)), wall + 7s);
    EXPECT_FALSE(time_of("x"));
}

TEST(LdapLag, is_for_how_long_the_replica_lacks_what_the_source_had) {
    Lag lag;
    const Steady begin{};
    const Changes first{{"001", change(1)}};
    const Changes second{{"001", change(2)}};
    const Changes third{{"001", change(3)}};
    EXPECT_EQ(lag.look(first, first, begin, wall + 10s), 0ms);
    // The source changes all the time, and the replica follows: each change is young.
    EXPECT_EQ(lag.look(second, first, begin + 60s, wall + 2s), 1ms);
    EXPECT_EQ(lag.look(third, second, begin + 120s, wall + 3s), 1ms);
    // It does not follow any more.
    EXPECT_EQ(lag.look(third, second, begin + 180s, wall), 60s);
    EXPECT_EQ(lag.look(third, second, begin + 240s, wall), 120s);
    EXPECT_EQ(lag.look(third, third, begin + 300s, wall), 0ms);
}

TEST(LdapLag, is_known_at_the_first_look_by_the_time_of_the_change) {
    const Steady begin{};
    EXPECT_EQ(Lag().look({{"001", change(2)}}, {{"001", change(1)}}, begin, wall + 62s), 60s);
    // A clock that is behind gives no negative lag, and an old change that is there is no lag.
    EXPECT_EQ(Lag().look({{"001", change(2)}}, {{"001", change(1)}}, begin, wall - 1h), 1ms);
    EXPECT_EQ(Lag().look({{"001", change(2)}}, {{"001", change(2)}}, begin, wall + 1000h), 0ms);
    // A server of which the replica has no change; a server that only the replica knows does not
    // matter.
    EXPECT_EQ(Lag().look({{"002", change(2, "002")}}, {{"001", change(9)}}, begin, wall + 32s),
              30s);
    EXPECT_EQ(Lag().look({}, {{"001", change(9)}}, begin, wall), 0ms);
}

}  // namespace
}  // namespace vitals::checks::ldap
