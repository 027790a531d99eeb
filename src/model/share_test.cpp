// What is needed, and what follows from how the members are.
#include "model/share.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

std::string problem(std::string_view text) {
    const auto need = Need::parse(text);
    return need ? "" : need.error();
}

std::size_t needed(std::string_view text, std::size_t members) {
    return Need::parse(text).value().of(members);
}

std::string judged(std::string_view need, MemberCounts counts) {
    const Outcome outcome = judge_share(Need::parse(need).value(), counts);
    return std::string(to_string(outcome.status)) + ": " + outcome.detail;
}

TEST(Need, is_a_number_a_share_or_all) {
    EXPECT_EQ(needed("2", 5), 2u);
    EXPECT_EQ(needed("2 of 3", 3), 2u);
    EXPECT_EQ(needed("50%", 3), 2u);
    EXPECT_EQ(needed("50%", 4), 2u);
    EXPECT_EQ(needed("70%", 10), 7u) << "not 8, by a rounding of the machine's";
    EXPECT_EQ(needed("0.1%", 3), 1u);
    EXPECT_EQ(needed("100%", 3), 3u);
    EXPECT_EQ(needed("all", 3), 3u);
    for (const char* wrong : {"", "0", "-1", "two", "2 of", "2 of x", "0 of 3", "2of3", "1000001"})
        EXPECT_EQ(problem(wrong), "expected a number such as 2, '2 of 3', '50%' or 'all'") << wrong;
    EXPECT_EQ(problem("4 of 3"), "4 of 3 can never be");
    for (const char* wrong : {"0%", "101%", "x%", "%"})
        EXPECT_EQ(problem(wrong), "expected more than 0% and at most 100%") << wrong;
}

TEST(Share, enough_are_well_or_not) {
    EXPECT_EQ(judged("2 of 3", {.ok = 3}), "ok: 3 of 3 well; 2 needed");
    EXPECT_EQ(judged("2 of 3", {.ok = 2, .failed = 1}), "degraded: 2 of 3 well; 2 needed");
    EXPECT_EQ(judged("2 of 3", {.ok = 1, .failed = 2}), "failed: 1 of 3 well; 2 needed");
    EXPECT_EQ(judged("all", {.ok = 2}), "ok: 2 of 2 well");
    EXPECT_EQ(judged("all", {.ok = 2, .failed = 1}), "failed: 2 of 3 well");
    EXPECT_EQ(judged("50%", {.ok = 1, .degraded = 1, .failed = 2}),
              "degraded: 2 of 4 well, 1 of them degraded; 2 needed");
}

TEST(Share, unknown_members_never_count_as_well_and_are_no_failure) {
    EXPECT_EQ(judged("2 of 3", {.ok = 2, .unknown = 1}),
              "degraded: 2 of 3 well, 1 unknown; 2 needed");
    EXPECT_EQ(judged("2 of 3", {.ok = 1, .unknown = 2}),
              "unknown: 1 of 3 well, 2 unknown; 2 needed");
    EXPECT_EQ(judged("2 of 3", {.ok = 1, .failed = 1, .unknown = 1}),
              "unknown: 1 of 3 well, 1 unknown; 2 needed");
    EXPECT_EQ(judged("2 of 3", {.failed = 2, .unknown = 1}),
              "failed: 0 of 3 well, 1 unknown; 2 needed");
    EXPECT_EQ(judged("all", {.unknown = 3}), "unknown: 0 of 3 well, 3 unknown");
}

TEST(Share, waits_for_members_without_a_result) {
    EXPECT_EQ(judged("2 of 3", {.ok = 2, .unknown = 1, .not_judged = 1}),
              "unknown: 2 of 3 well, 1 unknown; 2 needed");
    EXPECT_EQ(judged("2 of 3", {.failed = 2, .unknown = 1, .not_judged = 1}),
              "failed: 0 of 3 well, 1 unknown; 2 needed");
}

TEST(Share, a_member_that_is_missing_is_unknown) {
    EXPECT_EQ(judged("2 of 3", {.ok = 2}), "degraded: 2 of 3 well, 1 unknown; 2 needed");
    EXPECT_EQ(judged("2 of 3", {.ok = 1}), "unknown: 1 of 3 well, 2 unknown; 2 needed");
    EXPECT_EQ(judged("2 of 3", {}), "unknown: there is no such component");
}

}  // namespace
}  // namespace vitals
