// The words every other header uses: what state a component is in, and why a run of its check
// did not succeed. Values only; thread-safe by having no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vitals {

// `unknown` means: not run yet, stale, or blind. It never counts as healthy.
enum class Status : std::uint8_t { ok, degraded, failed, unknown };

// Why a run failed. `local` means that vitals itself could not look ("I am blind"): no file
// descriptors, a resolver that does not work, a full lane. It gives `unknown`, not `failed`.
enum class ErrorClass : std::uint8_t {
    none,
    resolve,
    connect,
    tls,
    auth,
    protocol,
    assertion,
    timeout,
    local
};

// The lower-case names above, as they appear in configuration, JSON and metrics.
std::string_view to_string(Status status) noexcept;
std::string_view to_string(ErrorClass error_class) noexcept;

// The status of that name, or nothing.
std::optional<Status> parse_status(std::string_view name) noexcept;

}  // namespace vitals
