#include "alerts/addresses.hpp"

#include <gtest/gtest.h>

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;
using List = std::vector<std::string>;

TEST(Addresses, another_address_is_told_once) {
    Addresses addresses;
    Steady now{};
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.1"}, now));
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.1"}, now));
    EXPECT_EQ(addresses.look("db", "db.example", {"10.0.0.2"}, now),
              "db.example resolves to 10.0.0.2 (was 10.0.0.1)");
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.2"}, now));
}

TEST(Addresses, another_order_is_no_change) {
    Addresses addresses;
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.2", "10.0.0.1"}, {}));
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.1", "10.0.0.2", "10.0.0.1"}, {}));
}

TEST(Addresses, no_answer_is_no_change) {
    Addresses addresses;
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.1"}, {}));
    EXPECT_FALSE(addresses.look("db", "db.example", {}, {}));
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.1"}, {}));
}

TEST(Addresses, components_and_hosts_are_told_apart) {
    Addresses addresses;
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.1"}, {}));
    EXPECT_FALSE(addresses.look("api", "db.example", {"10.0.0.2"}, {}));
    EXPECT_FALSE(addresses.look("db", "other.example", {"10.0.0.3"}, {}));
    addresses.forget("db");
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.4"}, {})) << "nothing is known of it";
    EXPECT_TRUE(addresses.look("api", "db.example", {"10.0.0.4"}, {}));
}

TEST(Addresses, a_host_that_changes_all_the_time_falls_silent_until_it_is_quiet) {
    Addresses addresses;
    Steady now{};
    unsigned told = 0;
    std::string last;
    for (int i = 0; i < 1000; ++i) {
        now += 10s;
        if (const auto line =
                addresses.look("cdn", "cdn.example", {"192.0.2." + std::to_string(i % 250)}, now)) {
            ++told;
            last = *line;
        }
    }
    EXPECT_EQ(told, 3u);
    EXPECT_NE(last.find("changes often"), std::string::npos) << last;
    now += 1h;
    EXPECT_TRUE(addresses.look("cdn", "cdn.example", {"198.51.100.1"}, now));
}

TEST(Addresses, a_long_answer_and_many_hosts_are_cut) {
    Addresses addresses;
    List many;
    for (int i = 0; i < 200; ++i) many.push_back("2001:db8::" + std::to_string(i));
    EXPECT_FALSE(addresses.look("db", "db.example", {"10.0.0.1"}, {}));
    const auto line = addresses.look("db", "db.example", many, {});
    ASSERT_TRUE(line);
    EXPECT_LT(line->size(), 160u) << *line;
    EXPECT_NE(line->find("and 29 more"), std::string::npos) << *line;
    for (int i = 0; i < 100; ++i)
        EXPECT_FALSE(addresses.look("db", std::to_string(i) + ".example", {"10.0.0.1"}, {}));
    EXPECT_FALSE(addresses.look("db", "99.example", {"10.0.0.2"}, {})) << "too many hosts";
}

}  // namespace
}  // namespace vitals::alerts
