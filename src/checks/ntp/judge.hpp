// The verdict on what time servers said. Pure.
//
// A server that is not synchronised itself answers with a time that may look perfect. It says
// nothing about this machine's clock.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ntp.hpp"
#include "vitals/outcome.hpp"
#include "wire/ntp.hpp"

namespace vitals::checks::ntp {

// What came of one address.
struct Heard {
    enum class What : std::uint8_t {
        time,
        not_synchronised,
        asks_for_less,  // RATE
        refuses,        // DENY, RSTR
        strange,        // something came, and no answer to the question
        unreachable,
        nothing,
    };
    std::string address;
    What what = What::nothing;
    std::chrono::nanoseconds offset{};  // how much their clock is ahead of ours
    std::chrono::nanoseconds error{};   // which it may be wrong by
    int stratum = 0;
    int leap = 0;
    std::string problem;  // where it told no time: why
};

// `asked` and `came`: by our clock, when the question went and the answer came.
Heard heard(std::string address, const wire::ntp::Answer& answer, System asked, System came);

Outcome judge(const Options& options, const std::vector<Heard>& all);

}  // namespace vitals::checks::ntp
