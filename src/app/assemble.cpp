// Translations.
#include "app/assemble.hpp"

#include "app/catalog.hpp"

namespace vitals::app {

engine::Definition definition_of(const config::ComponentConfig& component) {
    engine::Definition definition;
    definition.component = component.component;
    definition.policy = component.policy;
    definition.ttl = component.ttl;
    definition.fingerprint = component.fingerprint;
    const checks::Kind* kind = find_kind(component.kind);
    if (kind != nullptr && kind->bind != nullptr) definition.run = kind->bind(component.options);
    return definition;
}

std::vector<engine::Definition> definitions_of(const config::Config& config) {
    std::vector<engine::Definition> definitions;
    definitions.reserve(config.components.size());
    for (const config::ComponentConfig& component : config.components)
        definitions.push_back(definition_of(component));
    return definitions;
}

std::vector<server::Listener> listeners_of(const config::Config& config) {
    std::vector<server::Listener> listeners;
    for (const config::Listener& from : config.listeners) {
        server::Listener listener;
        listener.host = from.host;
        listener.port = from.port;
        listener.unix_path = from.unix_path;
        if (from.tls)
            listener.tls =
                server::Listener::Tls{from.tls->certificate, from.tls->key, from.tls->client_ca};
        listener.control = from.control;
        listener.text = from.text;
        listeners.push_back(std::move(listener));
    }
    return listeners;
}

std::shared_ptr<const server::Routes> routes_of(const config::Config& config) {
    auto routes = std::make_shared<server::Routes>();
    for (const config::EndpointConfig& from : config.endpoints) {
        if (!from.enabled) continue;
        server::Endpoint endpoint;
        endpoint.dialect = dialects::find(from.dialect);
        if (endpoint.dialect == nullptr) continue;
        endpoint.path = from.path;
        endpoint.options = from.options;
        endpoint.components = from.components;
        endpoint.listeners = from.listeners;
        endpoint.tokens = from.tokens;
        if (from.disclose == "status") endpoint.disclose = dialects::Disclosure::status;
        if (from.disclose == "full") endpoint.disclose = dialects::Disclosure::full;
        endpoint.failed_code = from.failed_code;
        endpoint.degraded_code = from.degraded_code;
        routes->endpoints.push_back(std::move(endpoint));
    }
    for (const config::Token& from : config.tokens)
        routes->tokens.push_back({.name = from.name,
                                  .secret = from.secret,
                                  .read = from.allow.read,
                                  .push = from.allow.push,
                                  .control = from.allow.control});
    return routes;
}

}  // namespace vitals::app
