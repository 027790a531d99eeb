// The verdict on the answers of time servers. Pure.
//
// A server that is not synchronised itself gives a time that may look perfect. It says nothing
// about this machine's clock.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ntp.hpp"
#include "vitals/outcome.hpp"
#include "wire/ntp.hpp"

namespace vitals::checks::ntp {

// The result for one address.
struct Heard {
    enum class What : std::uint8_t {
        time,
        not_synchronised,
        asks_for_less,  // RATE
        refuses,        // DENY, RSTR
        strange,        // something came, but not an answer to the question
        unreachable,
        nothing,
    };
    std::string address;
    What what = What::nothing;
    std::chrono::nanoseconds offset{};  // how much their clock is ahead of this one
    std::chrono::nanoseconds error{};   // the possible error of it
    int stratum = 0;
    int leap = 0;
    std::string problem;  // why it told no time
};

// `asked` and `came`: by this machine's clock, when the question was sent and the answer came.
Heard heard(std::string address, const wire::ntp::Answer& answer, System asked, System came);

Outcome judge(const Options& options, const std::vector<Heard>& all);

}  // namespace vitals::checks::ntp
