// Migrations on disk, in the forms of eight tools, and the comparison with their tables. Nothing of
// what is read is run. Reading blocks: on a lane only; comparing is pure. Nothing here speaks to a
// database.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "backends/postgres/answer.hpp"

namespace vitals::checks::migrations {

using backends::postgres::Row;

struct MigrationSearch {
    std::vector<std::string> paths;
    std::vector<std::string> apps;      // Django: only these; `!app`: all but these
    std::vector<std::string> contexts;  // Liquibase: those it is run with
};

// Names are the tool's own: never a path.
struct MigrationState {
    std::size_t applied = 0;           // of those on disk
    std::vector<std::string> pending;  // on disk, not applied; in the order of the tool
    std::vector<std::string> broken;   // begun, but not ended well
    std::vector<std::string> ahead;    // applied, newer than the files, or not to be placed
    std::size_t not_on_disk = 0;       // applied, but gone from disk, as old ones may be
    std::size_t unverified = 0;        // applied; it is unknown whether in their present form
};

// The migrations on disk: at least one.
struct MigrationFiles {
    std::size_t count = 0;
    // Compares with the rows of the framework's statement.
    std::function<MigrationState(const std::vector<Row>&)> compare;
};

// Each throws CheckError{local} when it cannot say what is on disk: nothing found, not permitted,
// not understood, too much.
MigrationFiles read_django(const MigrationSearch& search);
MigrationFiles read_alembic(const MigrationSearch& search);
MigrationFiles read_flyway(const MigrationSearch& search);
MigrationFiles read_liquibase(const MigrationSearch& search);
MigrationFiles read_rails(const MigrationSearch& search);
MigrationFiles read_golang(const MigrationSearch& search);
MigrationFiles read_diesel(const MigrationSearch& search);
MigrationFiles read_sqitch(const MigrationSearch& search);

// A column of a row; NULL and missing columns are empty.
std::string column(const Row& row, std::size_t index);

}  // namespace vitals::checks::migrations
