// Figures as a person says them. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace vitals::dialects {

std::string spoken_age(std::chrono::nanoseconds age);            // "4 s", "3 min", "2 h", "5 d"
std::string spoken_duration(std::chrono::nanoseconds duration);  // "0.4 ms", "12 ms", "1.2 s"
std::string counted(std::size_t number, std::string_view noun);  // "1 component", "2 components"

}  // namespace vitals::dialects
