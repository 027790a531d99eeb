#include "slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "text/amount.hpp"
#include "text/glob.hpp"

namespace vitals::checks::replication {

namespace {

constexpr int first_with_slots = 90400;
constexpr int first_with_users = 90500;
constexpr int first_with_wal = 100000;  // xlog before
constexpr int first_with_limit = 130000;
constexpr int first_that_synchronises = 170000;

std::string text_of(const backends::postgres::Row& row, std::size_t column) {
    return column < row.size() && row[column] ? *row[column] : std::string();
}

std::optional<std::int64_t> number_of(const backends::postgres::Row& row, std::size_t column) {
    const std::string digits = text_of(row, column);
    std::int64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

// A row each: 0 name, 1 whether physical, 2 whether in use, 3 the state of its log, 4 bytes kept, 5
// the process that uses it. A standby's copies of its primary's slots are in use only after a
// fail-over, and its own position does not say how much the slots of a standby keep.
std::string slots_statement(int version, bool standby) {
    if (version < first_with_slots) return "SELECT NULL WHERE false";
    const bool wal = version >= first_with_wal;
    const std::string kept =
        standby ? "NULL"
                : fmt::format("greatest({}({}, restart_lsn), 0)::bigint",
                              wal ? "pg_wal_lsn_diff" : "pg_xlog_location_diff",
                              wal ? "pg_current_wal_lsn()" : "pg_current_xlog_location()");
    return fmt::format(
        "SELECT slot_name, slot_type = 'physical', active, {}, {}, {} FROM pg_replication_slots{} "
        "ORDER BY slot_name",
        version >= first_with_limit ? "wal_status" : "NULL", kept,
        version >= first_with_users ? "active_pid" : "NULL",
        version >= first_that_synchronises ? " WHERE NOT synced" : "");
}

Slots read_slots(const backends::postgres::Answer& answer,
                 const std::vector<std::string>& ignored) {
    Slots slots;
    for (const backends::postgres::Row& row : answer.rows) {
        Slot slot;
        slot.name = text_of(row, 0);
        slot.physical = text_of(row, 1) == "t";
        slot.active = text_of(row, 2) == "t";
        slot.lost = text_of(row, 3) == "lost";
        slot.unreserved = text_of(row, 3) == "unreserved";
        slot.kept = number_of(row, 4);
        slot.user = text_of(row, 5);
        const auto takes = [&slot](const std::string& glob) {
            return text::glob_match(glob, slot.name);
        };
        if (std::ranges::none_of(ignored, takes))
            slots.judged.push_back(std::move(slot));
        else if (!slot.user.empty())
            slots.ignored_users.push_back(std::move(slot.user));
    }
    return slots;
}

bool Slots::any_physical() const {
    return std::ranges::any_of(judged, &Slot::physical);
}

std::size_t Slots::logical() const {
    return judged.size() - static_cast<std::size_t>(std::ranges::count_if(judged, &Slot::physical));
}

std::optional<std::string> Slots::lost() const {
    const auto found = std::ranges::find_if(judged, &Slot::lost);
    if (found == judged.end()) return std::nullopt;
    return fmt::format("replication slot {} is lost, its log is gone: drop it, and set up anew {}",
                       found->name,
                       found->physical ? "the standby that used it" : "what was fed from it");
}

std::optional<std::string> Slots::idle() const {
    const auto soon = std::ranges::find_if(judged, &Slot::unreserved);
    if (soon != judged.end()) {
        return fmt::format(
            "replication slot {} is about to be lost: it keeps more log than allowed", soon->name);
    }
    const auto found = std::ranges::find_if(judged, [](const Slot& slot) {
        return !slot.active && slot.kept;  // without a position it keeps nothing
    });
    if (found == judged.end()) return std::nullopt;
    return fmt::format("replication slot {} is not in use: {} of log is kept for {}", found->name,
                       text::about_bytes(static_cast<std::uint64_t>(*found->kept)),
                       found->physical ? "a standby that is gone" : "nobody");
}

}  // namespace vitals::checks::replication
