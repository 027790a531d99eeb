#include "model/severity.hpp"

#include <gtest/gtest.h>

#include "model/findings.hpp"

namespace vitals {
namespace {

TEST(Severity, orders_what_is_unknown_between_degraded_and_failed) {
    EXPECT_EQ(worst(Status::ok, Status::degraded), Status::degraded);
    EXPECT_EQ(worst(Status::unknown, Status::degraded), Status::unknown);
    EXPECT_EQ(worst(Status::unknown, Status::failed), Status::failed);
    EXPECT_EQ(worst(Status::ok, Status::ok), Status::ok);
}

TEST(Findings, tell_everything_and_judge_by_the_worst) {
    Findings findings;
    EXPECT_EQ(findings.outcome("fine").status, Status::ok);
    EXPECT_EQ(findings.outcome("fine").detail, "fine");
    findings.add(Status::failed, "full");
    findings.add(Status::ok, "empty");
    findings.add(Status::degraded, "old");
    EXPECT_EQ(findings.outcome("fine").status, Status::failed);
    EXPECT_EQ(findings.outcome("fine").detail, "full, old");
}

TEST(Findings, judge_by_two_bounds) {
    EXPECT_EQ(judged_above(85, 85, 95), Status::ok);
    EXPECT_EQ(judged_above(86, 85, 95), Status::degraded);
    EXPECT_EQ(judged_above(96, 85, 95), Status::failed);
}

}  // namespace
}  // namespace vitals
