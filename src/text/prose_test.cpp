#include "text/prose.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

TEST(Prose, has_single_blanks_between_its_words) {
    constexpr std::string_view text = R"(
        That "x" is `y`,
        and  nothing \n else.
    )"_prose;
    EXPECT_EQ(text, "That \"x\" is `y`, and nothing \\n else.");
    EXPECT_EQ(R"(one line)"_prose, "one line");
    EXPECT_EQ(R"()"_prose, "");
}

}  // namespace
}  // namespace vitals
