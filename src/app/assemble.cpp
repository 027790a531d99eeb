// Translations.
#include "app/assemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "app/catalog.hpp"
#include "model/check_error.hpp"
#include "model/count_range.hpp"

namespace vitals::app {

namespace {

using Secrets = std::vector<std::pair<std::string, Secret>>;

void collect(std::span<const Field> fields, const void* options, Secrets& secrets) {
    for (const Field& field : fields) {
        const void* value = field.peek(options);
        if (value == nullptr) continue;
        if (field.type == Type::object) collect(field.members, value, secrets);
        if (field.type == Type::secret)
            secrets.emplace_back(field.name, *static_cast<const Secret*>(value));
        if (field.type == Type::secret_map)
            for (const auto& [name, secret] : *static_cast<const SecretMap*>(value))
                secrets.emplace_back(name, secret);
    }
    std::erase_if(secrets, [](const auto& each) { return !each.second.configured(); });
}

net::awaitable<Outcome> lack(std::string why) {
    throw CheckError(ErrorClass::local, "a secret is not available", std::move(why));
    co_return Outcome();
}

// Checks refuse to run without their secrets by themselves; here is known why they have none.
engine::Run guarded(engine::Run run, Secrets secrets) {
    if (secrets.empty()) return run;
    return [run = std::move(run), secrets = std::move(secrets)](net::Context& context) {
        for (const auto& [name, secret] : secrets)
            if (const std::string why = secret.why_unavailable(); !why.empty())
                return lack(name + ": " + why);
        return run(context);
    };
}

}  // namespace

Secrets secrets_of(const config::ComponentConfig& component) {
    Secrets secrets;
    const checks::Kind* kind = find_kind(component.kind);
    if (kind != nullptr && component.options != nullptr)
        collect(kind->description.fields, component.options.get(), secrets);
    return secrets;
}

bool waits_for_secret(const config::ComponentConfig& component) {
    const Secrets secrets = secrets_of(component);
    return std::any_of(secrets.begin(), secrets.end(),
                       [](const auto& each) { return !each.second.available(); });
}

engine::Definition definition_of(const config::ComponentConfig& component) {
    engine::Definition definition;
    definition.component = component.component;
    definition.policy = component.policy;
    definition.ttl = component.ttl;
    definition.fingerprint = component.fingerprint;
    const checks::Kind* kind = find_kind(component.kind);
    if (kind != nullptr && kind->bind != nullptr)
        definition.run = guarded(kind->bind(component.options), secrets_of(component));
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
        groups.push_back(std::move(group));
    }
    return groups;
}

std::vector<Listener> listeners_of(const config::Config& config) {
    return {config.listeners.begin(), config.listeners.end()};
}

server::Limits limits_of(const config::Config& config) {
    server::Limits limits;
    limits.head = config.limits.headers.bytes;
    limits.body = config.limits.body.bytes;
    limits.connections = static_cast<std::size_t>(config.limits.connections);
    limits.connection_memory =
        std::max(limits.connections * 4096, 64 * (limits.head + limits.body));
    return limits;
}

std::shared_ptr<const endpoints::Routes> routes_of(const config::Config& config) {
    auto routes = std::make_shared<endpoints::Routes>();
    for (const config::EndpointConfig& from : config.endpoints) {
        if (!from.enabled) continue;
        if (const dialects::Dialect* dialect = dialects::find(from.dialect))
            routes->endpoints.push_back(endpoints::mounted(*dialect, from));
    }
    routes->tokens = config.tokens;
    return routes;
}

}  // namespace vitals::app
