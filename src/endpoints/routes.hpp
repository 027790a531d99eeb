// Which endpoint is served where, and to whom. Immutable once it is in use.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "dialects/dialect.hpp"
#include "model/endpoint_settings.hpp"
#include "model/token.hpp"

namespace vitals::endpoints {

// Turns a snapshot into a response. Pure; any thread.
using Renderer = std::function<dialects::Response(const Snapshot&, const dialects::Request&)>;

// A dialect on a path.
struct MountedEndpoint : EndpointSettings {
    const dialects::Dialect* dialect = nullptr;
    Renderer render;  // of the dialect, with its options
};

// A component that requests may report by a key in their path.
struct PingTarget {
    std::string component;
    bool job = false;  // else it is pushed
    Secret key;
};

MountedEndpoint mounted(const dialects::Dialect& dialect, EndpointSettings settings);

// A reload replaces it as a whole.
struct Routes {
    std::vector<MountedEndpoint> endpoints;  // the endpoint with the longest matching path answers
    std::vector<Token> tokens;
    std::vector<PingTarget> pings;
    bool embedded = false;      // for a service that serves itself: it is ready while it runs
    std::string version;        // of vitals, for the page
    std::string configuration;  // the file, likewise
    // What the page shows to customers, by the names that they know; empty: nothing.
    struct PublicService {
        std::string name;
        Selector components;
    };
    std::string public_name;
    std::vector<PublicService> public_services;
    std::string time_zone;  // of the page's times without scripts; empty: UTC
};

// The endpoints of one listener, in the order in which a path is matched. The longest path wins,
// whatever else is served around it; of several, the first.
class Mounts {
  public:
    Mounts() = default;
    // `routes` must outlive it. Without a listener's name: all endpoints.
    explicit Mounts(const Routes& routes, std::optional<std::string_view> listener = {});

    struct Found {
        const MountedEndpoint* endpoint = nullptr;
        std::string_view rest;  // what follows the endpoint's path
    };
    std::optional<Found> find(std::string_view path) const;  // decoded
    // The endpoint that has the listener for itself, because its dialect has another protocol than
    // HTTP.
    const MountedEndpoint* own() const noexcept;

  private:
    std::vector<const MountedEndpoint*> endpoints_;
};

}  // namespace vitals::endpoints
