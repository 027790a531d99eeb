// lsyncd: whether it runs, by the lock of its pid file; what waits to be copied, by its status
// file; and whether files arrive, by a canary.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "checks/kind.hpp"

namespace vitals::checks::lsyncd {

struct Options {
    std::string status_file;
    std::string pid_file;
    std::string expected = "running";  // running | not_running
    std::optional<std::int64_t> degraded_above;
    std::chrono::milliseconds stuck_after{0};
    std::string canary;
    std::string copy;
    std::chrono::milliseconds arrives_within = std::chrono::minutes(1);
};

extern const Kind kind;

}  // namespace vitals::checks::lsyncd
