// Replication slots keep write-ahead log for a client that will come back. This judges slots whose
// client does not come back, or whose log is gone. Pure.
// https://www.postgresql.org/docs/17/view-pg-replication-slots.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/postgres/answer.hpp"

namespace vitals::checks::replication {

struct Slot {
    std::string name;
    bool physical = false;  // a standby's, or a log archiver's
    bool active = false;
    bool lost = false;                 // its log is gone: nothing can continue from there
    bool unreserved = false;           // and soon will be
    std::optional<std::int64_t> kept;  // bytes of log
    std::string user;                  // process id of its user
};

// The statement for a server of that version; `standby`: one in recovery.
std::string slots_statement(int version, bool standby);
// From its answer, without slots whose names match one of the globs.
struct Slots {
    std::vector<Slot> judged;
    std::vector<std::string> ignored_users;  // process ids
    bool any_physical() const;
    std::size_t logical() const;
    // What is wrong with the worst one, in words.
    std::optional<std::string> lost() const;
    std::optional<std::string> idle() const;
};
Slots read_slots(const backends::postgres::Answer& answer, const std::vector<std::string>& ignored);

}  // namespace vitals::checks::replication
