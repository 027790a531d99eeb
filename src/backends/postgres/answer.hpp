// The answer of a PostgreSQL server to a statement. Values, no I/O.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vitals::backends::postgres {

using Row = std::vector<std::optional<std::string>>;

// The answer to one statement.
struct Answer {
    std::string sqlstate;  // of an error; empty: it succeeded
    std::string message;   // the server's text, of an error
    std::vector<Row> rows;
    std::string tag;  // `INSERT 0 1`, `COMMIT`

    bool succeeded() const { return sqlstate.empty(); }
    // The first column of the first row, if there is one that is not null.
    std::optional<std::string> value() const;
};

}  // namespace vitals::backends::postgres
