// The tables that sections.cpp puts together, and the units of their bounds. Inside config only.
#pragma once

#include <span>

#include "config/sections.hpp"

namespace vitals::config {

inline constexpr double ms = 1;
inline constexpr double second = 1'000 * ms;
inline constexpr double minute = 60 * second;
inline constexpr double kibibyte = 1'024;
inline constexpr double mebibyte = 1'024 * kibibyte;

std::span<const Field> defaults_table();
std::span<const Field> workers_table();
std::span<const Field> objective_table();
std::span<const Field> alerts_table();
std::span<const Field> maintenance_table();
std::span<const Field> peer_table();
std::span<const Field> fleet_table();

}  // namespace vitals::config
