// The client's side of NTP, version 4 (RFC 5905, section 7.3): questions and answers. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "vitals/snapshot.hpp"

namespace vitals::wire::ntp {

inline constexpr std::size_t cookie_bytes = 8;

struct Answer {
    int leap = 0;  // 3: the server's clock is not synchronised
    int version = 4;
    int stratum = 0;        // 0: see kiss; 16 and above: not synchronised
    std::string reference;  // four bytes, of stratum 0 a word such as RATE
    std::chrono::nanoseconds root_delay{};
    std::chrono::nanoseconds root_dispersion{};
    System received{};  // when the server got the question
    System sent{};      // when it answered
};

// A question that reveals nothing of this machine's clock (data minimisation): its transmit time is
// a random cookie, which the answer repeats.
std::string question(std::string_view cookie);
// `near` is about now: the 64 bits of a time do not name the era. The error says what is wrong.
std::expected<Answer, std::string> read_answer(std::string_view bytes, std::string_view cookie,
                                               System near);

}  // namespace vitals::wire::ntp
