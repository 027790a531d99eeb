// A snapshot for a person, a program or Nagios. The results of `check` and the report of a daemon
// look the same, because both are snapshots. Pure; control characters of foreign texts are not
// printed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cli/terminal.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::cli {

enum class Format : std::uint8_t { table, json, nagios };

// What a table shows in addition to status, name and detail.
struct TableColumns {
    bool reported = false;  // durations and phases of all components
    bool verbose =
        false;  // durations and phases of all components, not only of those that are not ok
};

// Components that are not ok come first, causes before others, each with its consequences below it.
// One line for each component (more on a narrow terminal) and one for the whole. Shows private
// error texts, because the operator runs the command. On a terminal with a height, ok components
// are left out so that the lines fit.
std::string as_table(const Snapshot& snapshot, Steady now, const Terminal& terminal,
                     TableColumns shown = {});

// `14:03:12` within a day of `now`, `Nov 18` within 300, else `2025-11`; local time.
std::string local_time(System time, System now);

// One object: `status`, `checked_at`, `components` with status, detail, error, phases, properties.
// Members that the snapshot does not have are left out, as in one made from a daemon's public
// answer.
std::string as_json(const Snapshot& snapshot, Steady now);

// The output of a monitoring plugin: one line of at most 1 KiB, then a line for each component that
// is not ok, the worst first, then the notes. Performance data stand in the first line, or, if they
// do not fit, in the last. Only public details, because Nagios shows and mails them. Format:
// Monitoring Plugins Development Guidelines, "Plugin Output for Nagios".
std::string as_nagios(const Snapshot& snapshot, Steady now,
                      std::span<const std::string> notes = {});
// The same for a command that could not look: `VITALS UNKNOWN - why`; further lines of `why`
// follow.
std::string nagios_unknown(std::string_view why);

// True when there are no components except vitals' own.
bool nothing_watched(const Snapshot& snapshot);

// The aggregate of all components; `unknown` when there are none.
Status overall(const Snapshot& snapshot, Steady now);

}  // namespace vitals::cli
