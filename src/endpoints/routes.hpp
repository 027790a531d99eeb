// What is served where, and to whom. Immutable once it is in use.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dialects/dialect.hpp"
#include "model/selector.hpp"
#include "model/token.hpp"

namespace vitals::endpoints {

// A dialect on a path.
struct MountedEndpoint {
    const dialects::Dialect* dialect = nullptr;
    std::string path;
    std::shared_ptr<const void> options;
    Selector components;
    std::vector<std::string> listeners;  // Listener::text; empty: all
    std::vector<std::string> tokens;     // names of which one must be shown; empty: open
    dialects::Disclosure disclose = dialects::Disclosure::detail;
    std::optional<int> failed_code, degraded_code;
};

// Replaced as a whole by a reload.
struct Routes {
    std::vector<MountedEndpoint> endpoints;  // that with the longest path that matches answers
    std::vector<Token> tokens;
    bool embedded = false;  // of a service that serves itself: being there is being ready
};

}  // namespace vitals::endpoints
