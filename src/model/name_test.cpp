// Names of components.
#include "model/name.hpp"

#include <gtest/gtest.h>

namespace vitals {
namespace {

TEST(Names, are_group_and_name_in_printable_utf8) {
    for (const char* name :
         {"redis", "databases/default", "media storage service", "caf\u00e9",
          "history/event_bridge.rule", "vitals", "a?b*", "\u5065\u5eb7", "Is it up?", "a\uFFFD"})
        EXPECT_EQ(name_problem(name), "") << name;
    EXPECT_EQ(name_problem(std::string(128, 'x')), "");
}

TEST(Names, hold_nothing_that_an_answer_would_replace) {
    struct Row {
        std::string name, problem;
    };
    const std::string unprintable = "holds a character that cannot be printed";
    const Row rows[] = {
        {"", "is empty"},
        {std::string(129, 'x'), "has 129 bytes, at most 128 are allowed"},
        {std::string("a\0b", 3), unprintable},
        {"a\tb", unprintable},
        {"two\nlines", unprintable},
        {"a\x7f", unprintable},
        {"a\u0080", unprintable},
        {"a\u2028b", unprintable},
        {"a\u202eb", unprintable},
        {"a\u200b", unprintable},
        {"a\xff", "is not UTF-8"},
        {"a\xed\xa0\x80", "is not UTF-8"},
        {" disk", "begins or ends with a space"},
        {"a/b/c", "has more than one '/', expected group/name"},
        {"/disk", "needs something on both sides of the '/'"},
        {"disk/", "needs something on both sides of the '/'"},
        {"vitals/x", "belongs to vitals itself, which speaks of its own parts as vitals/..."},
    };
    for (const Row& row : rows) EXPECT_EQ(name_problem(row.name), row.problem) << row.name;
}

}  // namespace
}  // namespace vitals
