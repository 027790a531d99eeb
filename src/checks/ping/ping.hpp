// ping: a host answers echo requests.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checks/kind.hpp"
#include "text/url.hpp"

namespace vitals::checks::ping {

struct Options {
    text::Url url;
    std::int64_t count = 4;
    std::chrono::milliseconds every{200};
    Percentage loss_above{25};
    Percentage failed_loss{100};
    std::int64_t size = 56;
    std::string family = "any";
};

// The result for one address.
struct Echoes {
    std::string address;
    std::size_t sent = 0;
    std::vector<std::chrono::nanoseconds> times;  // of those that came back
    bool to_itself = false;
    std::string problem;  // why nothing can arrive, if somebody said so
};

// Pure.
Outcome judge(const Options& options, const Echoes& echoes);

extern const Kind kind;

}  // namespace vitals::checks::ping
