#include <gtest/gtest.h>

#include <algorithm>

#include "cli/formats.hpp"
#include "cli/testing.hpp"

namespace vitals::cli {
namespace {

using namespace std::chrono_literals;
using namespace testing;

TEST(Nagios, says_ok_with_performance_data) {
    const auto given =
        snapshot({state({"disk", took(ok(), 412us)}), state({"redis", took(ok(), 12ms)})});
    EXPECT_EQ(as_nagios(given, now),
              "VITALS OK - 2/2 ok | disk_time=0.000412s;;;0 redis_time=0.012s;;;0 "
              "failed=0;;;0;2\n");
}

TEST(Nagios, names_what_fails) {
    const auto given = snapshot(
        {state({"disk", took(ok(), 1ms)}),
         state({"redis",
                took(failed("connection refused", ErrorClass::connect, "10.0.0.7:6379"), 12ms)})});
    EXPECT_EQ(below(as_nagios(given, now)), R"(
VITALS CRITICAL - 1/2 failing: redis (connection refused) | disk_time=0.001s;;;0 redis_time=0.012s;;;0 failed=1;;;0;2
failed: redis (connection refused)
)");
}

TEST(Nagios, keeps_private_error_texts_to_itself) {
    const auto given = snapshot(
        {state({"redis", failed("not authorized", ErrorClass::auth, "user app@10.1.2.3")})});
    EXPECT_FALSE(as_nagios(given, now).contains("10.1.2.3"));
}

TEST(Nagios, warns_of_degraded_and_uncritical_ones) {
    EXPECT_TRUE(as_nagios(snapshot({state({"disk", degraded("86 % used")})}), now)
                    .starts_with("VITALS WARNING - 1/1 degraded: disk (86 % used) | "));
    EXPECT_TRUE(as_nagios(snapshot({state({"disk", failed("full"), false})}), now)
                    .starts_with("VITALS WARNING - 1/1 failing: disk (full) | "));
}

TEST(Nagios, does_not_call_unknown_well) {
    const auto given = snapshot({never_run("a"), state({"b", took(ok(), 1ms), true, 9000s})});
    EXPECT_EQ(below(as_nagios(given, now)), R"(
VITALS UNKNOWN - 2/2 unknown: a (not run yet), b (stale) | failed=0;;;0;2
unknown: a (not run yet)
unknown: b (stale)
)");
    EXPECT_EQ(as_nagios(snapshot({}), now),
              "VITALS UNKNOWN - no components: nothing was checked\n");
}

TEST(Nagios, quotes_labels_that_need_it) {
    const auto given = snapshot({state({"a=b", took(ok(), 1ms)}), state({"it's", took(ok(), 1ms)}),
                                 state({"media storage", took(ok(), 1ms)})});
    EXPECT_EQ(as_nagios(given, now),
              "VITALS OK - 3/3 ok | 'a=b_time'=0.001s;;;0 'it''s_time'=0.001s;;;0 "
              "'media storage_time'=0.001s;;;0 failed=0;;;0;3\n");
}

TEST(Nagios, lets_no_text_begin_performance_data) {
    const auto given = snapshot({state({"a|b", failed("said | and\nmore")})});
    const auto text = as_nagios(given, now);
    EXPECT_TRUE(text.starts_with("VITALS CRITICAL - 1/1 failing: a/b (said / and more) | "))
        << text;
    EXPECT_EQ(std::ranges::count(text, '|'), 1);
}

TEST(Nagios, names_ten_and_counts_the_rest) {
    std::vector<std::shared_ptr<const ComponentState>> states;
    for (int i = 10; i < 25; ++i) states.push_back(state({"c" + std::to_string(i), failed("no")}));
    const auto text = as_nagios(snapshot(states), now);
    const auto first = text.substr(0, text.find('|'));
    EXPECT_TRUE(first.contains("c19 (no) and 5 more ")) << first;
    EXPECT_FALSE(first.contains("c20"));
    EXPECT_TRUE(text.contains("\nfailed: c24 (no)\n"));
}

TEST(Nagios, names_the_worst_first_below_as_well) {
    const auto given = snapshot(
        {state({"a", degraded("slow")}), never_run("b"), state({"c", failed("no"), false})});
    const std::string notes[] = {"note: 1 pushed component | is not checked"};
    EXPECT_EQ(below(as_nagios(given, now, notes)), R"(
VITALS UNKNOWN - 1/3 failing: c (no); 1/3 unknown: b (not run yet); 1/3 degraded: a (slow) | failed=1;;;0;3
failed: c (no)
unknown: b (not run yet)
degraded: a (slow)
note: 1 pushed component / is not checked
)");
}

TEST(Nagios, keeps_the_first_line_within_a_kibibyte) {
    std::string detail;
    for (int i = 0; i < 600; ++i) detail += "ü";
    for (const std::string_view name : {"a", "ab"}) {  // wherever a character is cut
        const auto text = as_nagios(snapshot({state({std::string(name), failed(detail)})}), now);
        const auto first = text.substr(0, text.find('\n') + 1);
        EXPECT_LE(first.size(), 1024u);
        EXPECT_GE(first.size(), 1022u);
        EXPECT_TRUE(first.ends_with("üü…\n")) << first;
        EXPECT_TRUE(text.ends_with(")\nperformance data | failed=1;;;0;1\n")) << text;
    }
    std::vector<std::shared_ptr<const ComponentState>> many;
    for (int i = 100; i < 200; ++i) many.push_back(state({std::to_string(i), took(ok(), 1ms)}));
    EXPECT_TRUE(
        as_nagios(snapshot(many), now)
            .starts_with("VITALS OK - 100/100 ok\nperformance data | 100_time=0.001s;;;0 "));
}

TEST(Nagios, says_all_that_keeps_it_from_looking) {
    EXPECT_EQ(nagios_unknown("a | b\nc\n\nd\n"), "VITALS UNKNOWN - a / b\nc\nd\n");
    EXPECT_EQ(nagios_unknown(""), "VITALS UNKNOWN - \n");
    EXPECT_EQ(nagios_unknown(std::string(5000, 'x')).size(), 1024u);
}

TEST(Nagios, puts_different_statuses_apart) {
    const auto given = snapshot({state({"a", failed("no")}), state({"b", degraded("slow")})});
    EXPECT_TRUE(
        as_nagios(given, now)
            .starts_with("VITALS CRITICAL - 1/2 failing: a (no); 1/2 degraded: b (slow) | "));
}

}  // namespace
}  // namespace vitals::cli
