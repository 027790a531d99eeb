// Liquibase's change logs in XML, YAML, JSON and formatted SQL: their change sets and included
// logs, and whether a change set applies to given contexts. Pure.
// https://docs.liquibase.com/concepts/changelogs/home.html
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::checks::migrations::liquibase {

struct ChangeSet {
    std::string id;
    std::string author;
    std::string logical_file;  // empty: the file that contains it
    std::string context;       // an expression; empty: always
    std::string dbms;          // `postgresql, !oracle`; empty: all
    bool ignored = false;
};

struct Include {
    std::string path;
    bool all = false;       // every change log in a directory
    bool relative = false;  // to the log it stands in
    std::string context;
    std::string ends_with;  // includeAll: only files with this ending
    bool filtered = false;  // includeAll: by code that cannot run here
    bool may_be_missing = false;
    std::size_t least_depth = 0;
    std::size_t most_depth = 1'000;
};

struct ChangeLog {
    std::string logical_file;
    std::vector<ChangeSet> sets;
    std::vector<Include> includes;
};

// By the ending of the file's name: .xml, .yaml, .yml, .json or .sql. Or what is wrong. SQL that is
// not formatted is one change set, `raw` by `includeAll`, as in Liquibase.
std::expected<ChangeLog, std::string> parse(std::string_view file, std::string_view text);
bool is_change_log(std::string_view file);  // by that ending

// `prod and !(test or dev), qa`: whether Liquibase's contexts allow it. Without contexts everything
// is allowed. A malformed expression allows it.
bool context_allows(std::string_view expression, std::span<const std::string> contexts);
bool for_postgres(std::string_view dbms);

}  // namespace vitals::checks::migrations::liquibase
