// Translations.
#include "app/assemble.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/catalog.hpp"
#include "app/daemon.hpp"
#include "checks/group/group.hpp"
#include "checks/job/job.hpp"
#include "checks/push/push.hpp"
#include "model/count_range.hpp"

namespace vitals::app {

std::size_t served_endpoints(const config::Config& config) {
    return static_cast<std::size_t>(
        std::count_if(config.endpoints.begin(), config.endpoints.end(),
                      [](const config::EndpointConfig& each) { return each.enabled; }));
}

bool waits_for_secret(const config::ComponentConfig& component) {
    const checks::Kind* kind = find_kind(component.kind);
    if (kind == nullptr || !component.options) return false;
    const NamedSecrets secrets = secrets_of(kind->description.fields, component.options.ref());
    return std::any_of(secrets.begin(), secrets.end(),
                       [](const auto& each) { return !each.second.available(); });
}

engine::Definition definition_of(const config::ComponentConfig& component) {
    engine::Definition definition = checked_definition_of(component);
    if (!component.vantage) return definition;
    // The nodes that check it have its thresholds; here vitals shows their results.
    definition.run = nullptr;
    definition.reported = true;
    definition.policy.failures = definition.policy.successes = 1;
    return definition;
}

engine::Definition checked_definition_of(const config::ComponentConfig& component) {
    engine::Definition definition;
    definition.component = component.component;
    definition.policy = component.policy;
    definition.ttl = component.ttl;
    definition.fingerprint = component.fingerprint;
    const checks::Kind* kind = find_kind(component.kind);
    if (kind == nullptr) return definition;
    if (kind->bind != nullptr)
        definition.run = kind->bind(component.options);
    else
        definition.reported = kind != &checks::push::kind;
    // It follows from its members, which have their own thresholds.
    if (kind == &checks::group::kind) definition.policy.failures = definition.policy.successes = 1;
    return definition;
}

std::vector<engine::Definition> definitions_of(const config::Config& config) {
    std::vector<engine::Definition> definitions;
    definitions.reserve(config.components.size());
    for (const config::ComponentConfig& component : config.components)
        definitions.push_back(definition_of(component));
    return definitions;
}

engine::Definition reported(Component component) {
    engine::Definition definition;
    definition.policy.interval = component.interval;
    definition.policy.timeout = component.timeout;
    definition.fingerprint = fmt::format("{} {}", component.kind, fmt::join(component.probes, " "));
    definition.reported = true;
    definition.component = std::move(component);
    return definition;
}

std::vector<workers::GroupSettings> groups_of(const config::Config& config) {
    std::vector<workers::GroupSettings> groups;
    for (const config::WorkersConfig& from : config.workers) {
        workers::GroupSettings group;
        group.options.name = from.name;
        group.options.timeout = from.timeout;
        group.options.remember = from.remember;
        for (const auto& [prefix, count] : from.expect)
            group.options.expect.push_back(
                {prefix, parse_count_range(count).value_or(CountRange())});
        group.probes = from.probes;
        group.source = workers::find_source(from.source);
        group.source_options = from.options;
        group.fingerprint = from.fingerprint;
        group.shared = from.fleet;
        groups.push_back(std::move(group));
    }
    return groups;
}

std::vector<jobs::JobSettings> jobs_of(const config::Config& config) {
    using Overlap = jobs::JobSettings::Overlap;
    std::vector<jobs::JobSettings> jobs;
    for (const config::ComponentConfig& component : config.components) {
        if (component.kind != checks::job::kind.description.name) continue;
        const auto& options = component.options.ref().as<checks::job::Options>();
        jobs::JobSettings& job = jobs.emplace_back();
        job.name = component.component->name;
        job.schedule = options.schedule;
        if (!options.zone.empty())
            job.zone = calendar::Zone::find(options.zone).value_or(calendar::Zone::here());
        job.start_grace = options.start_grace;
        job.run_max = options.run_max;
        job.run_min = options.run_min;
        job.overlap = options.overlap == "allowed"  ? Overlap::allowed
                      : options.overlap == "failed" ? Overlap::failed
                                                    : Overlap::degraded;
    }
    return jobs;
}

std::vector<Listener> listeners_of(const config::Config& config) {
    std::vector<Listener> listeners(config.listeners.begin(), config.listeners.end());
    for (const config::EndpointConfig& endpoint : config.endpoints)
        if (endpoint.enabled && endpoint.own_listener) listeners.push_back(*endpoint.own_listener);
    return listeners;
}

server::Limits limits_of(const config::Config& config) {
    server::Limits limits;
    limits.head = config.limits.headers.bytes;
    limits.body = config.limits.body.bytes;
    limits.connections = static_cast<std::size_t>(config.limits.connections);
    limits.streams =
        std::min(static_cast<std::size_t>(config.limits.streams), limits.connections / 2);
    limits.connection_memory =
        std::max(limits.connections * 4096, 64 * (limits.head + limits.body));
    return limits;
}

unsigned serving_threads(const config::Config& config) {
    return static_cast<unsigned>(std::min(config.server.threads, config.limits.connections));
}

namespace {

std::optional<endpoints::PingTarget> ping_target_of(const config::ComponentConfig& component) {
    const bool job = component.kind == checks::job::kind.description.name;
    if (!job && component.kind != checks::push::kind.description.name) return std::nullopt;
    const ObjectRef options = component.options.ref();
    Secret key = job ? options.as<checks::job::Options>().ping_key
                     : options.as<checks::push::Options>().ping_key;
    if (!key.configured()) return std::nullopt;
    return endpoints::PingTarget{component.component->name, job, std::move(key)};
}

}  // namespace

std::shared_ptr<const endpoints::Routes> routes_of(const config::Config& config) {
    auto routes = std::make_shared<endpoints::Routes>();
    for (const config::EndpointConfig& from : config.endpoints) {
        if (!from.enabled) continue;
        if (const dialects::Dialect* dialect = dialects::find(from.dialect))
            routes->endpoints.push_back(endpoints::mounted(*dialect, from));
    }
    routes->tokens = config.tokens;
    for (const config::ComponentConfig& component : config.components)
        if (auto ping = ping_target_of(component)) routes->pings.push_back(*std::move(ping));
    routes->version = version;
    routes->configuration = config.file;
    routes->public_name = config.open.name;
    if (config.page.time_zone != "UTC") routes->time_zone = config.page.time_zone;
    for (const auto& [service, written] : config.open.components)
        routes->public_services.push_back({service, Selector(config::public_patterns(written))});
    return routes;
}

endpoints::Definitions compared_definitions(const config::Config& config) {
    endpoints::Definitions definitions;
    for (const config::ComponentConfig& one : config.components)
        definitions.push_back({one.component->name, one.kind, one.public_digest});
    for (const config::WorkersConfig& one : config.workers)
        definitions.push_back({"workers/" + one.name, "workers", one.public_digest});
    for (const config::ObjectiveConfig& one : config.objectives)
        definitions.push_back({"objectives/" + one.name, "objective", one.public_digest});
    std::ranges::sort(definitions, {}, &endpoints::Definition::component);
    return definitions;
}

}  // namespace vitals::app
