// What is served where, and to whom. Immutable once it is in use.
#pragma once

#include <vector>

#include "dialects/dialect.hpp"
#include "model/endpoint_settings.hpp"
#include "model/token.hpp"

namespace vitals::endpoints {

// A dialect on a path.
struct MountedEndpoint : EndpointSettings {
    const dialects::Dialect* dialect = nullptr;
};

// Replaced as a whole by a reload.
struct Routes {
    std::vector<MountedEndpoint> endpoints;  // that with the longest path that matches answers
    std::vector<Token> tokens;
    bool embedded = false;  // of a service that serves itself: being there is being ready
};

}  // namespace vitals::endpoints
