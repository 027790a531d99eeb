// A snapshot for a person, a program or Nagios. What `check` found and what a daemon reports look
// the same, because both are snapshots. Pure; control characters in foreign texts do not get out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cli/terminal.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::cli {

enum class Format : std::uint8_t { table, json, nagios };

// What a table shows beside status, name and detail.
struct TableColumns {
    bool reported = false;  // by a daemon: since when it is so, and how old the result is
    bool verbose = false;   // durations and phases of all, not only of those that are not ok
};

// What is wrong comes first, causes before others, each with its consequences below it. One line
// per component (more where the terminal is narrow) and one for the whole. Shows private error
// texts: whoever runs the command is the operator. A terminal with a height gets no more lines than
// it has; ok components are left out.
std::string as_table(const Snapshot& snapshot, Steady now, const Terminal& terminal,
                     TableColumns shown = {});

// `14:03:12` within a day of `now`, `Nov 18` within 300, else `2025-11`; local time.
std::string local_time(System time, System now);

// One object: `status`, `checked_at`, `components` with status, detail, error, phases, properties.
// What the snapshot does not hold, as one made of a daemon's public answer, is left out.
std::string as_json(const Snapshot& snapshot, Steady now);

// The output of a monitoring plugin: one line of at most 1 KiB, then a line for each component that
// is not ok, the worst first, then the notes. Performance data stand in the first line, or where
// they do not fit, in the last. Public details only, because Nagios shows and mails them. Format:
// Monitoring Plugins Development Guidelines, "Plugin Output for Nagios".
std::string as_nagios(const Snapshot& snapshot, Steady now,
                      std::span<const std::string> notes = {});
// The same for a command that could not look: `VITALS UNKNOWN - why`; further lines of `why`
// follow.
std::string nagios_unknown(std::string_view why);

// True when there are no components but vitals' own.
bool nothing_watched(const Snapshot& snapshot);

// The aggregate of all components; `unknown` when nothing is watched.
Status overall(const Snapshot& snapshot, Steady now);

}  // namespace vitals::cli
