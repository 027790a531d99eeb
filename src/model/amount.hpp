// Quantities as a person says them, rounded: for details, never to be parsed. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vitals {

std::string about_bytes(std::uint64_t bytes);  // `512 B`, `1.5 KiB`, `12.3 GiB`
std::string about_duration(
    std::chrono::milliseconds span);      // `250 ms`, `12 s`, `5 min`, `3.5 h`, `4 d`
std::string about_percent(double value);  // `0.4%`, `85%`, `85.1%`, `>99.9%`

}  // namespace vitals
