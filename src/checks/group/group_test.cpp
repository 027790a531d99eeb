// The options of a group, and which are refused. src/model (share) and the system tests test the
// judgement.
#include "group.hpp"

#include <gtest/gtest.h>

namespace vitals::checks::group {
namespace {

std::string problem(const Options& options) {
    Options copy = options;
    const Verified verified = kind.description.verify(ObjectRef(copy));
    return verified ? std::string() : verified.error();
}

Need need(std::string_view text) {
    const auto parsed = OptionText<Need>::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Need());
}

TEST(Group, follows_from_its_members_and_is_never_run) {
    EXPECT_EQ(kind.bind, nullptr);
    EXPECT_EQ(kind.from_url, nullptr);
    EXPECT_TRUE(kind.schemes.empty());
    EXPECT_EQ(kind.description.name, "group");
}

TEST(Group, has_components_or_workers_and_not_both) {
    const std::string either =
        "a group has either 'of', its components, or 'workers', a group of workers";
    EXPECT_EQ(problem({}), either);
    EXPECT_EQ(problem({.of = {"caches/*"}, .workers = "pulp", .need = need("2 of 3")}), either);
    EXPECT_EQ(problem({.of = {"caches/*", "!caches/test"}}), "");
    EXPECT_EQ(problem({.workers = "pulp", .need = need("2 of 3")}), "");
}

// The right number of workers is not known, so a share of them says nothing.
TEST(Group, needs_a_number_of_workers) {
    for (const char* share : {"50%", "all"}) {
        const auto parsed = OptionText<Need>::parse(share);
        if (!parsed || !parsed->is_relative()) continue;
        EXPECT_TRUE(problem({.workers = "pulp", .need = *parsed})
                        .starts_with("need must be a number, such as '2 of 3'"))
            << share;
        EXPECT_EQ(problem({.of = {"caches/*"}, .need = *parsed}), "") << share;
    }
    EXPECT_TRUE(need("50%").is_relative());
    EXPECT_FALSE(need("2 of 3").is_relative());
}

TEST(Group, names_what_must_exist) {
    for (const Field& field : kind.description.fields) {
        if (field.name == "of") EXPECT_EQ(field.refers, "components");
        if (field.name == "workers") EXPECT_EQ(field.refers, "workers");
    }
}

}  // namespace
}  // namespace vitals::checks::group
