// What was pushed, written down and read again.
#include "app/saved_states.hpp"

#include <gtest/gtest.h>

namespace vitals::app {
namespace {

TEST(SavedStates, what_was_pushed_is_read_as_it_was_written) {
    Outcome pushed = failed("disk \"full\"\xff", ErrorClass::timeout);
    pushed.with("files", std::int64_t{3}).with("host", std::string("a")).with("dry", true);
    const std::string text = saved_outcome(&pushed);
    EXPECT_EQ(text, R"({"status":"failed","detail":"disk \"full\")"
                    "\xEF\xBF\xBD"
                    R"(","error_class":"timeout","properties":{"files":3,"host":"a","dry":true}})");
    const auto again = outcome_of(text);
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->status, Status::failed);
    EXPECT_EQ(again->detail, "disk \"full\"\xEF\xBF\xBD");
    EXPECT_EQ(again->error_class, ErrorClass::timeout);
    EXPECT_EQ(again->properties, pushed.properties);
}

TEST(SavedStates, unreadable_states_are_ignored) {
    EXPECT_EQ(saved_outcome(nullptr), "");
    for (const char* text :
         {"", "{", "[]", "{}", R"({"status":"fine"})", R"({"status":"ok","properties":7})"})
        EXPECT_EQ(outcome_of(text), nullptr) << text;
}

}  // namespace
}  // namespace vitals::app
