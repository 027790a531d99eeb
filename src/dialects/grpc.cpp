// `grpc`: grpc.health.v1.Health, on its own listener. The path of a request is the name of the
// method, the rest is the service: empty for the whole, a component, a group, a word of a selector,
// or one of Kubernetes' words for a probe (`livez`, `readyz`, `startupz`). The body is the message
// of the answer; 404 is an unknown service, 413 a list that would be too long.
//
// Only ok and degraded are SERVING; unknown is UNKNOWN. Out of service, only liveness and startup
// are SERVING. Source: grpc/health/v1/health.proto.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dialects/dialect.hpp"
#include "dialects/probes.hpp"
#include "model/selector.hpp"
#include "wire/grpc_frame.hpp"

namespace vitals::dialects {

namespace {

using wire::grpc::Health;
using States = std::vector<const ComponentState*>;

constexpr std::size_t longest_list = 100;  // health.proto

struct Options {
    TextMap services;
};

Verified verify_services(const TextMap& services) {
    for (const auto& [name, word] : services) {
        if (name.empty()) return verified("names no service; the whole needs no entry");
        if (std::string problem = selector_problem(word); !problem.empty())
            return verified(name + ": " + problem);
    }
    return {};
}

constexpr Field fields[] = {
    field<&Options::services, verify_services>(
        "services", "Further names that clients may ask for, each with what it means.",
        {.example = "{shop.v1.Orders: \"databases/*\"}"}),
};

Health health_of(Status status) {
    switch (status) {
        case Status::ok:
        case Status::degraded:
            return Health::serving;
        case Status::failed:
            return Health::not_serving;
        case Status::unknown:
            break;
    }
    return Health::unknown;
}

std::optional<Probe> probe_named(std::string_view word) {
    if (word == "livez") return Probe::live;
    if (word == "startupz") return Probe::startup;
    if (word == "readyz") return Probe::ready;
    return std::nullopt;
}

Health probed(Probe probe, const Snapshot& snapshot, const Request& request) {
    const auto lines = probe_lines(probe, snapshot, request, false);
    return overall(lines) == Status::failed ? Health::not_serving : Health::serving;
}

// A service's name cannot hold several words: a name may contain a space.
States chosen(const States& seen, std::string_view word) {
    States taken;
    const SelectorWord read = read_selector_word(word);
    for (const ComponentState* state : seen)
        if (state->component->group() == word || read.matches(*state->component) != read.excludes)
            taken.push_back(state);
    return taken;
}

std::optional<Health> health_named(const std::string& service, const Snapshot& snapshot,
                                   const Request& request, const Options& options) {
    const States seen = visible(snapshot, request, false);
    const bool out = snapshot.decommission.active();
    const auto judged = [&](Status status) {
        return out ? Health::not_serving : health_of(status);
    };
    if (service.empty()) return judged(overall_status(snapshot, seen, request));
    const auto same = std::ranges::find(seen, service, &ComponentState::name);
    if (same != seen.end()) return judged((*same)->status(request.now));
    const auto mapped = std::ranges::find(options.services, service, &TextMap::value_type::first);
    const States taken =
        chosen(seen, mapped == options.services.end() ? std::string_view(service) : mapped->second);
    if (!taken.empty()) return judged(aggregate(taken, request.now));
    // It is known, although nothing of it is there.
    if (mapped != options.services.end()) return judged(Status::unknown);
    if (const auto probe = probe_named(service)) return probed(*probe, snapshot, request);
    return std::nullopt;
}

Response render_list(const Snapshot& snapshot, const Request& request, const Options& options) {
    std::vector<std::pair<std::string, Health>> services;
    const auto add = [&](const std::string& name) {
        const auto is_same = [&name](const auto& each) { return each.first == name; };
        if (std::ranges::any_of(services, is_same)) return true;
        services.emplace_back(
            name, health_named(name, snapshot, request, options).value_or(Health::service_unknown));
        return services.size() <= longest_list;
    };
    bool fits = add("");
    for (const auto& [name, word] : options.services) fits = fits && add(name);
    for (const ComponentState* state : visible(snapshot, request, false)) {
        const std::string group(state->component->group());
        fits = fits && (group.empty() || add(group)) && add(state->name());
        if (!fits) return {http::Response{.status = 413}};
    }
    return {http::Response{.body = wire::grpc::write_health_list(services)}};
}

Response render(const Snapshot& snapshot, const Request& request, const Options& options) {
    if (request.path == "List") return render_list(snapshot, request, options);
    const auto health = health_named(request.rest, snapshot, request, options);
    if (!health) return {http::Response{.status = 404}};
    return {http::Response{.body = wire::grpc::write_health_response(*health)}};
}

}  // namespace

extern constinit const Dialect grpc = make_dialect<Options, render>(
    "grpc", "Check, Watch and List of gRPC's health service, on a listener of its own.", fields,
    {"", "gRPC health checking protocol", "SERVING / NOT_SERVING / UNKNOWN"},
    {.mounted_by_default = false, .protocol = Protocol::grpc});

}  // namespace vitals::dialects
