// The status file of lsyncd 2.1 to 2.3: https://lsyncd.github.io/lsyncd/manual/config/layer4/; and
// the canary that it copies. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire::lsyncd {

struct Report {
    std::int64_t syncs = 0;
    std::int64_t delays = 0;  // queued events of all syncs, with those in progress; not files
};

// The file is rewritten in place, so a reader may see a part of it: `incomplete` means read again;
// another text is not a report.
enum class Fault : std::uint8_t { incomplete, foreign };
std::expected<Report, Fault> parse_status(std::string_view text);

// A canary: rewritten repeatedly, always with the same size. Milliseconds since the epoch.
struct Canary {
    std::int64_t since = 0;    // it was first written after the last one that arrived
    std::int64_t written = 0;  // this one
};
std::string canary_text(const Canary& canary);
std::optional<Canary> parse_canary(std::string_view text);

// What to write now, if `mine` was written last, `copy` is what has arrived, and lsyncd runs since
// `started`. When `since` equals that of `mine`, it has not arrived.
Canary next_canary(const std::optional<Canary>& mine, const std::optional<Canary>& copy,
                   std::int64_t started, std::int64_t now);

}  // namespace vitals::wire::lsyncd
