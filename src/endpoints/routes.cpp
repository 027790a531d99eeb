#include "endpoints/routes.hpp"

#include <algorithm>

namespace vitals::endpoints {

MountedEndpoint mounted(const dialects::Dialect& dialect, EndpointSettings settings) {
    Renderer render = [&dialect, options = settings.options](const Snapshot& snapshot,
                                                             const dialects::Request& request) {
        return dialect.render(snapshot, request, options);
    };
    return {std::move(settings), &dialect, std::move(render)};
}

Mounts::Mounts(const Routes& routes, std::optional<std::string_view> listener) {
    for (const MountedEndpoint& endpoint : routes.endpoints) {
        const auto& names = endpoint.listeners;
        const bool here =
            !listener || names.empty() || std::ranges::find(names, *listener) != names.end();
        if (here && endpoint.dialect != nullptr) endpoints_.push_back(&endpoint);
    }
    // Of paths with the same length, the first: they stand in one row.
    std::ranges::sort(endpoints_, {}, [](const MountedEndpoint* endpoint) {
        return std::pair(-std::ssize(endpoint->path), endpoint);
    });
}

const MountedEndpoint* Mounts::own() const noexcept {
    const auto found = std::ranges::find_if(endpoints_, [](const MountedEndpoint* endpoint) {
        return endpoint->dialect->protocol != Protocol::http;
    });
    return found == endpoints_.end() ? nullptr : *found;
}

std::optional<Mounts::Found> Mounts::find(std::string_view path) const {
    for (const MountedEndpoint* endpoint : endpoints_)
        if (const auto rest = endpoint->dialect->match(endpoint->path, path))
            return Found{endpoint, *rest};
    return {};
}

}  // namespace vitals::endpoints
