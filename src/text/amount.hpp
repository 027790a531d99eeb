// Rounded quantities for people: for details, never to be parsed. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vitals::text {

std::string about_bytes(std::uint64_t bytes);  // `512 B`, `1.5 KiB`, `12.3 GiB`
std::string about_duration(
    std::chrono::milliseconds span);      // `250 ms`, `12 s`, `5 min`, `3.5 h`, `4 d`
std::string about_percent(double value);  // `0.4%`, `85%`, `85.1%`, `>99.9%`

std::string spoken_age(std::chrono::nanoseconds age);            // `4 s`, `3 min`, `2 h`, `5 d`
std::string spoken_duration(std::chrono::nanoseconds duration);  // `0.4 ms`, `12 ms`, `1.2 s`

// `1 component`, `2 components`; `plural` if the plural is not formed with `s`.
std::string counted(std::size_t number, std::string_view noun, std::string_view plural = {});

}  // namespace vitals::text
