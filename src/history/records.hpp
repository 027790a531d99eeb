// Records that are kept by name, each as a text that only its owner understands: incidents, the
// messages about them, silences, events. Used on the store's thread only; every failure is a
// SqliteError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/sqlite.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::history {

struct Record {
    std::string kind;
    std::string key;  // unique within its kind; ordered bytewise
    System at{};
    std::string component;            // or empty
    std::optional<std::string> text;  // nothing: it is removed
    bool operator==(const Record&) const = default;
};

class Records {
  public:
    // Its table: a migration of the journal.
    static constexpr const char* schema =
        "CREATE TABLE record (kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL,"
        " component TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;"
        "CREATE INDEX record_by_time ON record (kind, at);";

    explicit Records(Database& database) : database_(database) {}

    // Within a transaction of the caller.
    void save(const std::vector<Record>& records);
    std::optional<Record> find(std::string_view kind, std::string_view key);
    // The last `limit` records of a kind with keys below `before`, in descending order of their
    // keys; only those of the component, if one is given. Without `before`: from the end.
    std::vector<Record> latest(std::string_view kind, std::optional<std::string_view> before,
                               std::string_view component, std::size_t limit);
    // The last `limit` records of a kind from before that moment, newest first.
    std::vector<Record> before(std::string_view kind, System moment, std::size_t limit);
    // Removes older records of a kind, at most this many; returns how many.
    std::int64_t forget(std::string_view kind, System before, std::int64_t at_most);

  private:
    Database& database_;
};

}  // namespace vitals::history
