// The status file of lsyncd 2.1 to 2.3: https://lsyncd.github.io/lsyncd/manual/config/layer4/.
// Pure.
#pragma once

#include <cstdint>
#include <expected>
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

}  // namespace vitals::wire::lsyncd
