#include "fleet/subject.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace vitals::fleet {
namespace {

TEST(Subject, writes_names_that_can_be_read_again) {
    EXPECT_EQ(token_of("databases/default"), "databases.default");
    EXPECT_EQ(token_of("web-1.example"), "web-1=2Eexample");
    EXPECT_EQ(one_token_of("databases/default"), "databases=2Fdefault");
    EXPECT_EQ(token_of("größe *>"), "gr=C3=B6=C3=9Fe=20=2A=3E");
    EXPECT_EQ(name_of("gr=C3=B6=C3=9Fe"), "größe");
    EXPECT_EQ(name_of("databases.default"), "databases/default");
}

TEST(Subject, refuses_what_it_never_writes) {
    for (const char* bad : {"", "=", "=2", "=2g", "a*", "a>b", "a b", "=61", "=2f", "a=2Fb.c"})
        EXPECT_FALSE(name_of(bad)) << bad;
}

TEST(Subject, differs_for_different_names) {
    std::mt19937 chance(7);
    std::set<std::string> names, tokens;
    for (int i = 0; i < 20'000; ++i) {
        std::string name;
        for (unsigned size = 1 + chance() % 6; size > 0; --size)
            name += "a./=2E*F\xc3"[chance() % 9];
        if (!names.insert(name).second) continue;
        const std::string token = token_of(name);
        EXPECT_TRUE(tokens.insert(token).second) << name;
        EXPECT_LE(token.size(), 3 * name.size());
        EXPECT_EQ(token.find_first_of("*> "), std::string::npos);
    }
}

TEST(Subject, is_read_as_it_was_written) {
    const Subjects subjects("my shop");
    const Subject heartbeat{"hb", "17", "web-1.example", ""};
    EXPECT_EQ(subjects.of(heartbeat), "vt.my=20shop.hb.17.web-1=2Eexample");
    EXPECT_EQ(subjects.read(subjects.of(heartbeat)), heartbeat);
    const Subject result{"res", "3", "web-1", "databases/default"};
    EXPECT_EQ(subjects.of(result), "vt.my=20shop.res.3.web-1.databases.default");
    EXPECT_EQ(subjects.read(subjects.of(result)), result);
    EXPECT_EQ(subjects.of_all("hb"), "vt.my=20shop.hb.*.*");
    EXPECT_EQ(subjects.of_all_named("res"), "vt.my=20shop.res.*.*.>");
}

TEST(Subject, is_refused_for_another_fleet) {
    const Subjects subjects("shop");
    for (const char* bad :
         {"", "vt", "vt.shop", "vt.shop.", "vt.shop.hb", "vt.shop.hb.1", "vt.shop.hb.1.",
          "vt.other.hb.1.web", "vt.shop.hb..web", "vt.shop.hb.1.web.", "vt.shop.hb.1.we*b"})
        EXPECT_FALSE(subjects.read(bad)) << bad;
    EXPECT_FALSE(subjects.read("vt.shop.hb.1." + std::string(2'000, 'x')));
}

}  // namespace
}  // namespace vitals::fleet
