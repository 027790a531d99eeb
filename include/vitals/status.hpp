// The words that every other header uses: the status of a component, and why a run of its check
// failed. Values only; thread-safe because they have no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vitals {

// `unknown` means: not run yet, stale, or blind. It never counts as healthy.
enum class Status : std::uint8_t { ok, degraded, failed, unknown };

// Why a run failed. `local` means that vitals itself could not look: it has no file descriptors,
// the resolver does not work, or a lane is full. The status is then `unknown`, not `failed`.
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

// The lower-case names above, as in configuration, JSON and metrics.
std::string_view to_string(Status status) noexcept;
std::string_view to_string(ErrorClass error_class) noexcept;

// The status of that name, or nothing.
std::optional<Status> parse_status(std::string_view name) noexcept;

}  // namespace vitals
