// ntp: this machine's clock compared with those of time servers, or the kernel's own report of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "checks/kind.hpp"
#include "text/url.hpp"

namespace vitals::checks::ntp {

struct Options {
    text::Url url;
    std::string part = "server";
    std::int64_t servers = 4;
    std::chrono::milliseconds degraded_above{100};
    std::chrono::milliseconds failed_above{1000};
};

extern const Kind kind;

}  // namespace vitals::checks::ntp
