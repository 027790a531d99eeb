// What a test of a failure says in one line: class, phase and words.
#pragma once

#include <gtest/gtest.h>

#include <source_location>
#include <string_view>

#include "vitals/outcome.hpp"

namespace vitals::testing {

inline void expect_failed(const Outcome& outcome, ErrorClass error_class, std::string_view phase,
                          std::string_view detail,
                          std::source_location at = std::source_location::current()) {
    const ::testing::ScopedTrace trace(at.file_name(), static_cast<int>(at.line()), "here");
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, error_class) << to_string(outcome.error_class);
    EXPECT_EQ(outcome.failed_phase, phase);
    EXPECT_EQ(outcome.detail, detail) << outcome.error;
}

}  // namespace vitals::testing
