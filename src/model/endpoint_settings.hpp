// The path of a dialect's endpoint, its components, its tokens and its listeners. The dialect is
// named beside it: by its name in a configuration, by a pointer where it is mounted. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/erased.hpp"
#include "model/selector.hpp"

namespace vitals {

// How much an answer may show: statuses, public details, everything.
enum class Disclosure : std::uint8_t { status, detail, full };

struct EndpointSettings {
    std::string path;
    AnyOptions options;  // the dialect's own struct
    Selector components;
    std::vector<std::string> listeners;  // Listener::text; empty: all
    std::vector<std::string> tokens;     // names of which one must be shown; empty: open to all
    Disclosure disclose = Disclosure::detail;
    std::optional<int> failed_code, degraded_code;
};

}  // namespace vitals
