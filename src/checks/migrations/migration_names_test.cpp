#include "migration_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vitals::checks::migrations {
namespace {

using ::testing::ElementsAre;

std::string text(const std::optional<Version>& version) {
    return version ? version->text() : "-";
}

TEST(MigrationNames, compare_versions_part_by_part) {
    EXPECT_EQ(text(Version::parse("1.10")), "1.10");
    EXPECT_EQ(text(Version::parse("001_02")), "1.2");
    EXPECT_EQ(text(Version::parse("1.0.0")), "1");
    EXPECT_EQ(text(Version::parse("0")), "0");
    for (const char* bad : {"", ".", "1.", ".1", "1..2", "a", "1a", "-1", " 1"})
        EXPECT_FALSE(Version::parse(bad)) << bad;
    EXPECT_LT(*Version::parse("1.2"), *Version::parse("1.10"));
    EXPECT_LT(*Version::parse("1"), *Version::parse("1.0.1"));
    EXPECT_LT(*Version::parse("99999999999999999999999"),
              *Version::parse("100000000000000000000000"));
    EXPECT_EQ(*Version::parse("1.0"), *Version::parse("1"));
    EXPECT_GT(*Version::parse("20240102000000"), *Version::parse("20240101235959"));
}

TEST(MigrationNames, are_read_as_rails_does) {
    EXPECT_EQ(text(rails_version("20240101120000_create_users.rb")), "20240101120000");
    EXPECT_EQ(text(rails_version("001_create_users.rb")), "1");
    EXPECT_EQ(text(rails_version("20240101120000_create_blobs.active_storage.rb")),
              "20240101120000");
    for (const char* bad : {"create_users.rb", "2024_Create.rb", "2024_x.rb~", "2024.rb",
                            "2024_x.sql", "_x.rb", "2024_a.b.c.rb", ".rb"})
        EXPECT_FALSE(rails_version(bad)) << bad;
}

TEST(MigrationNames, are_read_as_golang_migrate_does) {
    EXPECT_EQ(text(golang_version("000003_add_users.up.sql")), "3");
    EXPECT_EQ(text(golang_version("1_a.b.up.sql")), "1");
    EXPECT_EQ(text(golang_version("1_.up.sql")), "1");
    EXPECT_EQ(text(golang_version("1_x.down.up.sql")), "1");
    for (const char* bad : {"3_add.down.sql", "3_add.sql", "x_add.up.sql", "3.up.sql", "3_add.up.",
                            "", "1_x.up.down.sql", ".up.", "3_up.sql"})
        EXPECT_FALSE(golang_version(bad)) << bad;
}

TEST(MigrationNames, are_read_as_diesel_does) {
    EXPECT_EQ(diesel_version("2024-01-01-000000_create_posts"), "20240101000000");
    EXPECT_EQ(diesel_version("00000000000000_diesel_initial_setup"), "00000000000000");
    for (const char* bad : {".2024_x", "posts", "_x", "-_x", "a1_x", ""})
        EXPECT_FALSE(diesel_version(bad)) << bad;
}

TEST(MigrationNames, are_read_as_flyway_does) {
    const auto versioned = flyway_name("V1_2__Add_new_users.sql");
    ASSERT_TRUE(versioned);
    EXPECT_EQ(versioned->kind, 'V');
    EXPECT_EQ(text(versioned->version), "1.2");
    EXPECT_EQ(versioned->description, "Add new users");
    EXPECT_TRUE(versioned->is_sql);
    const auto repeatable = flyway_name("R__views.sql");
    ASSERT_TRUE(repeatable);
    EXPECT_EQ(repeatable->kind, 'R');
    EXPECT_EQ(repeatable->description, "views");
    EXPECT_FALSE(flyway_name("V3__Code.java")->is_sql);
    EXPECT_EQ(flyway_name("U3__x.sql")->kind, 'U');
    EXPECT_EQ(flyway_name("B3__x.sql")->kind, 'B');
    for (const char* bad :
         {"V1.sql", "V__x.sql", "R1__x.sql", "R__.sql", "v1__x.sql", "V1__x.sql.bak", "V1__x",
          ".sql", "", "V1__X$Inner.class", "V1a__x.sql", "V1_x.sql"})
        EXPECT_FALSE(flyway_name(bad)) << bad;
}

TEST(MigrationNames, have_the_checksum_of_flyway) {
    EXPECT_EQ(flyway_checksum("123456789"), static_cast<std::int32_t>(0xcbf43926));
    // Ends of lines and a byte order mark do not count.
    EXPECT_EQ(flyway_checksum("\xef\xbb\xbf"
                              "1234\r\n5678\n9"),
              static_cast<std::int32_t>(0xcbf43926));
    EXPECT_EQ(flyway_checksum(""), 0);
    EXPECT_NE(flyway_checksum("select 1"), flyway_checksum("select 2"));
}

TEST(MigrationNames, are_read_from_a_plan_of_sqitch) {
    const auto plan = parse_sqitch_plan(R"(%syntax-version=1.0.0
%project = flipr
%uri=https://example.org/

appschema 2024-01-01T00:00:00Z A <a@example.org> # Add schema.
users [appschema] 2024-01-02T00:00:00Z A <a@example.org>
@v1.0 2024-01-03T00:00:00Z A <a@example.org>

# rework
+ users [users@v1.0] 2024-01-04T00:00:00Z A <a@example.org>
)");
    ASSERT_TRUE(plan) << plan.error();
    EXPECT_EQ(plan->project, "flipr");
    EXPECT_THAT(plan->changes, ElementsAre("appschema", "users", "users"));
    EXPECT_EQ(parse_sqitch_plan("a 2024").error(), "there is no %project");
    EXPECT_EQ(parse_sqitch_plan("%project=a\n\n<<<<<<< HEAD\n").error(), "line 3 is no change");
    EXPECT_EQ(parse_sqitch_plan("%project=a\n-b").error(), "line 2 takes a change back");
}

}  // namespace
}  // namespace vitals::checks::migrations
