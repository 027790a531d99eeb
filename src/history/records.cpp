// Records that are kept by name.
#include "history/records.hpp"

namespace vitals::history {

namespace {

std::int64_t milliseconds(System time) {
    return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

System time_of(std::int64_t milliseconds) {
    constexpr std::int64_t most = 9'000'000'000'000;  // in nanoseconds it still fits
    const bool sane = milliseconds > -most && milliseconds < most;
    return System(std::chrono::milliseconds(sane ? milliseconds : 0));
}

Record read(const Statement& row) {
    return {row.text(0), row.text(1), time_of(row.number(2)), row.text(3), row.text(4)};
}

}  // namespace

void Records::save(const std::vector<Record>& records) {
    Statement insert(database_,
                     "INSERT OR REPLACE INTO record (kind, key, at, component, text)"
                     " VALUES (?, ?, ?, ?, ?)");
    Statement remove(database_, "DELETE FROM record WHERE kind = ? AND key = ?");
    for (const Record& record : records) {
        if (!record.text) {
            remove.bind(1, record.kind).bind(2, record.key).run();
            continue;
        }
        insert.bind(1, record.kind)
            .bind(2, record.key)
            .bind(3, milliseconds(record.at))
            .bind(4, record.component)
            .bind(5, *record.text)
            .run();
    }
}

std::optional<Record> Records::find(std::string_view kind, std::string_view key) {
    Statement select(
        database_, "SELECT kind, key, at, component, text FROM record WHERE kind = ? AND key = ?");
    select.bind(1, kind).bind(2, key);
    if (!select.step()) return std::nullopt;
    return read(select);
}

std::vector<Record> Records::latest(std::string_view kind, std::optional<std::string_view> before,
                                    std::string_view component, std::size_t limit) {
    Statement select(database_,
                     "SELECT kind, key, at, component, text FROM record WHERE kind = ?1"
                     " AND (?2 = 0 OR key < ?3) AND (?4 = '' OR component = ?4)"
                     " ORDER BY key DESC LIMIT ?5");
    select.bind(1, kind)
        .bind(2, static_cast<std::int64_t>(before.has_value()))
        .bind(3, before.value_or(""))
        .bind(4, component)
        .bind(5, static_cast<std::int64_t>(limit));
    std::vector<Record> found;
    while (select.step()) found.push_back(read(select));
    return found;
}

std::vector<Record> Records::before(std::string_view kind, System moment, std::size_t limit) {
    Statement select(database_,
                     "SELECT kind, key, at, component, text FROM record WHERE kind = ? AND at < ?"
                     " ORDER BY at DESC, key DESC LIMIT ?");
    select.bind(1, kind).bind(2, milliseconds(moment)).bind(3, static_cast<std::int64_t>(limit));
    std::vector<Record> found;
    while (select.step()) found.push_back(read(select));
    return found;
}

std::int64_t Records::forget(std::string_view kind, System before, std::int64_t at_most) {
    Statement remove(database_,
                     "DELETE FROM record WHERE kind = ?1 AND key IN (SELECT key FROM record"
                     " WHERE kind = ?1 AND at < ?2 ORDER BY at LIMIT ?3)");
    remove.bind(1, kind).bind(2, milliseconds(before)).bind(3, at_most).run();
    return database_.changed_rows();
}

}  // namespace vitals::history
