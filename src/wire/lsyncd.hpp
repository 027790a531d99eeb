// The status file of lsyncd 2.1 to 2.3: https://lsyncd.github.io/lsyncd/manual/config/layer4/; and
// our own file that it is given to copy. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire::lsyncd {

struct Report {
    std::int64_t syncs = 0;
    std::int64_t delays = 0;  // queued events of all syncs, those under way included; not files
};

// The file is rewritten in place, so a reader may meet a piece of it: `incomplete`, to be read
// again, is told from what is no report at all.
enum class Fault : std::uint8_t { incomplete, foreign };
std::expected<Report, Fault> parse_status(std::string_view text);

// A canary: rewritten again and again, and of the same size each time. Milliseconds since the
// epoch.
struct Canary {
    std::int64_t since = 0;    // it was first written after the last one that arrived
    std::int64_t written = 0;  // this one
};
std::string canary_text(const Canary& canary);
std::optional<Canary> parse_canary(std::string_view text);

// What is to be written now, when `mine` was written last, `copy` is what has arrived, and lsyncd
// runs since `started`. When `since` is that of `mine`, it has not arrived.
Canary next_canary(const std::optional<Canary>& mine, const std::optional<Canary>& copy,
                   std::int64_t started, std::int64_t now);

}  // namespace vitals::wire::lsyncd
