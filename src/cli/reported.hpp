// What a daemon reports of itself, converted back into a snapshot. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "vitals/snapshot.hpp"

namespace vitals::cli {

// The body of GET /v1/components. The error says what is missing.
std::expected<Snapshot, std::string> read_components(std::string_view body, Steady now);

// The body of GET /health (dialect health_json): what a daemon shows to clients without a token.
std::expected<Snapshot, std::string> read_health_json(std::string_view body, Steady now);

// The body of GET /v1/components with only these components, and their own aggregate.
std::string only_components(std::string_view body, const Snapshot& selected, Steady now);

}  // namespace vitals::cli
