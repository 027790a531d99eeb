#include "lag.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "text/amount.hpp"

namespace vitals::checks::replication {

bool Lag::above(const std::vector<std::string>& bounds) const {
    return std::any_of(bounds.begin(), bounds.end(), [this](const std::string& bound) {
        // A plain number is a size.
        if (const auto size = parse_size(bound))
            return bytes && *bytes > static_cast<std::int64_t>(size->bytes);
        const auto span = parse_duration(bound);
        return span && seconds && *seconds > std::chrono::duration<double>(*span).count();
    });
}

std::string Lag::text() const {
    std::string made;
    if (bytes)
        made = text::about_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, *bytes)));
    if (!seconds || *seconds < 1) return made;
    constexpr double most = 1e12;  // whatever a server says, it can be counted
    const auto span =
        std::chrono::milliseconds(static_cast<std::int64_t>(std::min(*seconds, most) * 1000));
    return made + (made.empty() ? "" : ", ") + text::about_duration(span);
}

void judge_lag(const Options& options, const Lag& lag, std::string_view who, Outcome& outcome) {
    if (lag.bytes) outcome.with("lag_bytes", *lag.bytes);
    if (lag.seconds) outcome.with("lag_seconds", *lag.seconds);
    if (outcome.status == Status::failed) return;
    const bool failing = lag.above(options.failed_above);
    if (!failing && !lag.above(options.degraded_above)) return;
    outcome.status = failing ? Status::failed : Status::degraded;
    outcome.error_class = failing ? ErrorClass::assertion : ErrorClass::none;
    outcome.detail = fmt::format("{} lags by {}", who, lag.text());
}

}  // namespace vitals::checks::replication
