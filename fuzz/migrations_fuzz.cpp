// Files that migrations are read from, on arbitrary bytes; the first byte says which kind. What is
// found is never larger than what was given.

#include "checks/migrations/liquibase.hpp"
#include "checks/migrations/migration_names.hpp"
#include "checks/migrations/python_source.hpp"
#include "target.hpp"

namespace vitals::fuzz {
namespace {

namespace migrations = vitals::checks::migrations;
using namespace vitals::checks::migrations;

std::size_t size_of(const python::Literal& literal) {
    std::size_t size = literal.text.size();
    for (const python::Literal& item : literal.items) size += size_of(item);
    return size;
}

void python_source(std::string_view text) {
    const python::Module module =
        python::parse(text, {"a", "replaces", "revision", "down_revision"});
    for (const python::Assignment& each : module.assignments)
        require(size_of(each.value) <= text.size());
    (void)module.value_of("Migration", "replaces");
}

void change_log(std::string_view file, std::string_view text) {
    const auto log = liquibase::parse(file, text);
    if (!log) return;
    require(log->sets.size() <= text.size() + 1 && log->includes.size() <= text.size());
    const std::vector<std::string> contexts{"prod"};
    for (const liquibase::ChangeSet& set : log->sets) {
        (void)liquibase::context_allows(set.context, contexts);
        (void)liquibase::for_postgres(set.dbms);
    }
}

void names(std::string_view text) {
    (void)migrations::rails_version(text);
    (void)migrations::golang_version(text);
    (void)migrations::diesel_version(text);
    (void)migrations::flyway_name(text);
    (void)migrations::flyway_checksum(text);
    const std::vector<std::string> contexts{"prod"};
    (void)liquibase::context_allows(text, contexts);
    if (const auto version = migrations::Version::parse(text))
        require(migrations::Version::parse(version->text()) == version);
}

}  // namespace

void run(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::string_view text = bytes.substr(1);
    switch (bytes[0]) {
        case 'p':
            python_source(text);
            break;
        case 'x':
            change_log("a.xml", text);
            break;
        case 'y':
            change_log("a.yaml", text);
            break;
        case 's':
            change_log("a.sql", text);
            break;
        case 'q':
            (void)migrations::parse_sqitch_plan(text);
            break;
        default:
            names(text);
    }
}

}  // namespace vitals::fuzz
