// The names of migration files of several tools, Flyway's checksums and Sqitch's plans. Pure.
// Sources: Flyway's "Migrations" and "Checksum" (documentation.red-gate.com/flyway),
// ActiveRecord::Migration::MigrationFilenameRegexp, golang-migrate's source/parse.go, Diesel's
// diesel_migrations, sqitch.org/docs/manual/sqitchchanges.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::checks::migrations {

// A number of any length, or several between dots (`1.10`): compared part by part, and 1.0 equals
// 1. `_` counts as a dot.
class Version {
  public:
    // Nothing when it is not a version.
    static std::optional<Version> parse(std::string_view text);
    std::string text() const;  // without leading zeros: `1.10`
    std::strong_ordering operator<=>(const Version& other) const;
    bool operator==(const Version& other) const = default;

  private:
    std::vector<std::string> parts_;
};

// `20240101120000_create_users.rb`, `..._x.engine.rb`: the digits.
std::optional<Version> rails_version(std::string_view file);

// `000003_add_users.up.sql`: the number, of an `up` only.
std::optional<Version> golang_version(std::string_view file);

// The directory `2024-01-01-000000_create_posts`: the text before the first `_`, without dashes.
std::optional<std::string> diesel_version(std::string_view directory);

struct FlywayName {
    char kind = 'V';  // V: versioned, R: repeatable, B: baseline, U: undo
    std::optional<Version> version;
    std::string description;  // `add users`
    bool is_sql = false;      // else code: .java, .kt, .class
};
std::optional<FlywayName> flyway_name(std::string_view file);

// As in Flyway: CRC-32 of the lines without their ends, as a signed number.
std::int32_t flyway_checksum(std::string_view content);

struct SqitchPlan {
    std::string project;
    std::vector<std::string> changes;  // in order; a reworked change stands there again
};
// The plan, or what is wrong, and in which line.
std::expected<SqitchPlan, std::string> parse_sqitch_plan(std::string_view text);

}  // namespace vitals::checks::migrations
