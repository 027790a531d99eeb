// The section `endpoints`, the usual endpoints, and the switch of healthz.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/address.hpp"
#include "config/draft.hpp"
#include "config/sections.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

constexpr std::string_view switched_dialect = "healthz";
constexpr const char* switch_variable = "ENABLE_HEALTHZ_ENDPOINT";

// As the original reads it: true, 1, yes or on, in any case. Nothing: the variable is not set.
std::optional<bool> switch_state(const Reading& reading) {
    const auto value = reading.environment(switch_variable);
    if (!value) return std::nullopt;
    std::string lower = *value;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return lower == "true" || lower == "1" || lower == "yes" || lower == "on";
}

const Described* dialect_named(const Catalog& catalog, std::string_view name) {
    const auto at =
        std::find_if(catalog.dialects.begin(), catalog.dialects.end(),
                     [&](const auto& dialect) { return dialect.description.name == name; });
    return at == catalog.dialects.end() ? nullptr : &*at;
}

std::string path_problem(std::string_view path) {
    if (!path.starts_with('/'))
        return fmt::format("the path {} must begin with '/'", text::in_quotes(path));
    if (path.find_first_of("?# %\\") != std::string_view::npos)
        return fmt::format("the path {} must not hold '?', '#', '%', '\\' or a space",
                           text::in_quotes(path));
    if (path.find("//") != std::string_view::npos)
        return fmt::format("the path {} has an empty part", text::in_quotes(path));
    if (path == "/v1" || path.starts_with("/v1/"))
        return fmt::format("the path {} belongs to the control API, which has all of /v1",
                           text::in_quotes(path));
    std::string_view rest = path;
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view part = rest.substr(0, rest.find('/'));
        if (part == "." || part == "..")
            return fmt::format("the path {} must not hold '.' or '..'", text::in_quotes(path));
        rest.remove_prefix(part.size());
    }
    return {};
}

// The dialect of the endpoint; null when an error was reported.
const Described* dialect_of(const Node& node, Draft& draft) {
    Reading& reading = draft.reading;
    const Node* dialect = node.find("dialect");
    if (dialect == nullptr) {
        const std::string_view wanted = "dialect";
        for (const Node::Entry& entry : node.entries) {
            if (!text::nearest(entry.key, std::span(&wanted, 1))) continue;
            reading.problem(entry.position,
                            fmt::format("unknown key {} of an endpoint, did you mean 'dialect'?",
                                        text::in_quotes(entry.key)));
            return nullptr;
        }
        reading.problem(node.position, "an endpoint has no 'dialect', which is required");
        return nullptr;
    }
    if (dialect->broken) return nullptr;
    if (dialect->kind != Node::Kind::scalar || dialect->nothing()) {
        reading.problem(
            dialect->position,
            fmt::format("'dialect' must be the name of a dialect, found {}", found(*dialect)));
        return nullptr;
    }
    const Described* described = dialect_named(draft.catalog, dialect->scalar);
    if (described != nullptr) return described;
    std::vector<std::string_view> names;
    for (const Described& each : draft.catalog.dialects) names.push_back(each.description.name);
    reading.problem(dialect->position,
                    fmt::format("unknown dialect {}{}", text::in_quotes(dialect->scalar),
                                text::did_you_mean(dialect->scalar, names,
                                                   ", expected " + text::one_of(names))));
    return nullptr;
}

// healthz, although listed, is off while the switch of its original has another value than true.
bool switched_off(const Node& node, const EndpointKeys& keys, Reading& reading) {
    if (keys.dialect != switched_dialect || switch_state(reading) != false) return false;
    if (keys.enabled.value_or(true))
        reading.warning(
            node.position,
            fmt::format("the endpoint healthz is off, because {} is set to {}", switch_variable,
                        text::in_quotes(*reading.environment(switch_variable))));
    return true;
}

EndpointConfig made_of(EndpointKeys keys, const Described& dialect) {
    EndpointConfig made;
    made.dialect = dialect.description.name;
    if (dialect.protocol == Protocol::http)
        made.path = keys.path.value_or(std::string(dialect.usual_path));
    made.enabled = keys.enabled.value_or(true);
    made.components = Selector(std::move(keys.components));
    made.listeners = std::move(keys.listeners);
    made.tokens = std::move(keys.tokens);
    if (keys.disclose == "status") made.disclose = Disclosure::status;
    if (keys.disclose == "full") made.disclose = Disclosure::full;
    if (keys.failed_code) made.failed_code = static_cast<int>(*keys.failed_code);
    if (keys.degraded_code) made.degraded_code = static_cast<int>(*keys.degraded_code);
    return made;
}

// For a dialect with another protocol: `agent 127.0.0.1:9998`. Nothing when an error was reported.
std::optional<ListenerConfig> own_listener(const Node& node, const EndpointKeys& keys,
                                           const Described& dialect, Draft& draft) {
    Reading& reading = draft.reading;
    const std::string_view name = dialect.description.name;
    const Node* address = node.find("address");
    if (address == nullptr) {
        reading.problem(node.position,
                        fmt::format("endpoint {} has no 'address', which is required: its protocol "
                                    "is not HTTP, so that it listens by itself, such as on "
                                    "127.0.0.1:9998",
                                    name));
        return {};
    }
    if (!keys.address) return {};
    ListenerConfig listener;
    if (std::string problem = parse_address(*keys.address, listener); !problem.empty()) {
        reading.problem(address->position, std::move(problem));
        return {};
    }
    listener.position = address->position;
    listener.protocol = dialect.protocol;
    listener.text = fmt::format("{} {}", name, *keys.address);
    const Node* tls = node.find("tls");
    if (tls != nullptr && keys.tls && may_speak_tls(dialect.protocol)) {
        listener.tls = keys.tls;
        check_listener_files(*tls, *listener.tls, reading);
    }
    return listener;
}

void check_keys(const Node& node, const Described& dialect, Reading& reading) {
    for (const Node::Entry& entry : node.entries) {
        if (endpoint_key_applies(entry.key, dialect)) continue;
        reading.problem(
            entry.position,
            dialect.protocol == Protocol::http
                ? fmt::format("{} is served on the listeners of HTTP: it has no {} of its own, and "
                              "'listeners' says on which of them it is",
                              dialect.description.name, text::in_quotes(entry.key))
                : fmt::format("the protocol of {} is not HTTP, so that it has no {}",
                              dialect.description.name, text::in_quotes(entry.key)));
    }
}

void read_endpoint(const Node& node, Draft& draft) {
    Reading& reading = draft.reading;
    if (node.broken) return;
    if (node.kind != Node::Kind::mapping) {
        reading.problem(node.position,
                        fmt::format("an endpoint must be a mapping such as {{dialect: healthz}}, "
                                    "found {}",
                                    found(node)));
        return;
    }
    const auto common = common_endpoint_fields();
    EndpointKeys keys;
    const Described* dialect = dialect_of(node, draft);
    if (dialect == nullptr) {
        Node rest = known_entries(node, common);
        std::erase_if(rest.entries, [](const Node::Entry& e) { return e.key == "dialect"; });
        rest.entries.push_back({"dialect", node.position, Node{.scalar = "?"}});
        const Part part{common, ObjectRef(keys)};
        apply(rest, node.position, std::span(&part, 1), {}, reading);
        return;
    }
    const auto options = dialect->description.make();
    const std::array parts = {Part{common, ObjectRef(keys)},
                              Part{dialect->description.fields, options.ref()}};
    const Subject subject{
        .noun = fmt::format("an endpoint of dialect {}",
                            keys.dialect.empty() ? dialect->description.name : keys.dialect),
        .name = fmt::format("endpoint {}", dialect->description.name)};
    const bool good = apply(node, node.position, parts, subject, reading);
    check_keys(node, *dialect, reading);
    const bool http = dialect->protocol == Protocol::http;
    if (!http) {
        // Its listener is read below.
    } else if (keys.path) {
        const std::string problem = path_problem(*keys.path);
        if (!problem.empty()) reading.problem(node.find("path")->position, problem);
    } else if (dialect->usual_path.empty() && node.find("path") == nullptr) {
        reading.problem(node.position, fmt::format("{} has no 'path', and the dialect no usual one",
                                                   subject.name));
    }
    if (!good) return;
    std::optional<ListenerConfig> listener;
    if (!http && !(listener = own_listener(node, keys, *dialect, draft))) return;
    if (const Verified whole = dialect->description.verify(options.ref()); !whole)
        reading.problem(mentioned(node, whole.error(), node.position),
                        fmt::format("{}: {}", subject.name, whole.error()));
    const bool off = switched_off(node, keys, reading);
    EndpointConfig made = made_of(std::move(keys), *dialect);
    if (off) made.enabled = false;
    made.options = options;
    const Node* path = node.find("path");
    made.position = path == nullptr ? node.position : path->position;
    if (listener) {
        made.listeners = {listener->text};
        made.position = listener->position;
        made.own_listener = std::move(listener);
    }
    draft.config.endpoints.push_back(std::move(made));
}

EndpointConfig usual_endpoint(const Described& dialect) {
    EndpointConfig made = made_of({}, dialect);
    made.listed = false;
    made.options = dialect.description.make();
    return made;
}

std::string_view without_slash(std::string_view path) {
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

// Some dialects share one path by design (the page at `/`, the probes at `/livez`): those with the
// same usual path.
bool side_by_side(const EndpointConfig& a, const EndpointConfig& b, const Catalog& catalog) {
    return a.dialect != b.dialect && dialect_named(catalog, a.dialect)->usual_path ==
                                         dialect_named(catalog, b.dialect)->usual_path;
}

bool share_a_listener(const EndpointConfig& a, const EndpointConfig& b) {
    if (a.listeners.empty() || b.listeners.empty()) return true;
    return std::any_of(a.listeners.begin(), a.listeners.end(), [&b](const std::string& name) {
        return std::find(b.listeners.begin(), b.listeners.end(), name) != b.listeners.end();
    });
}

}  // namespace

void read_endpoints(const Node& node, Draft& draft) {
    if (node.kind == Node::Kind::sequence) {
        for (const Node& item : node.items) read_endpoint(item, draft);
        return;
    }
    Reading& reading = draft.reading;
    for (const Node::Entry& entry : node.entries) {
        if (entry.key != "only")
            reading.problem(entry.position,
                            fmt::format("unknown key {} of 'endpoints', expected 'only' with the "
                                        "exact list, or a list of what is added to the usual ones",
                                        text::in_quotes(entry.key)));
        else if (entry.value.kind == Node::Kind::sequence)
            for (const Node& item : entry.value.items) read_endpoint(item, draft);
        else if (!entry.value.broken)
            reading.problem(
                entry.value.position,
                fmt::format("'only' must be a list, each item begun with '- ', found {}",
                            found(entry.value)));
    }
}

void mount_usual_endpoints(Draft& draft) {
    auto& endpoints = draft.config.endpoints;
    const std::vector<EndpointConfig> listed = endpoints;
    for (const Described& dialect : draft.catalog.dialects) {
        if (!dialect.mounted_by_default) continue;
        EndpointConfig made = usual_endpoint(dialect);
        const bool switched = made.dialect == switched_dialect;
        // An entry replaces the usual endpoint of its dialect and path, and has its path for
        // itself.
        const auto replaces = [&](const EndpointConfig& entry) {
            const bool same_dialect = entry.dialect == made.dialect;
            if (switched && same_dialect) return true;
            if (without_slash(entry.path) != without_slash(made.path)) return false;
            return same_dialect || (entry.enabled && entry.listeners.empty() &&
                                    !side_by_side(entry, made, draft.catalog));
        };
        if (std::any_of(listed.begin(), listed.end(), replaces)) continue;
        if (switched) made.enabled = switch_state(draft.reading).value_or(false);
        endpoints.push_back(std::move(made));
    }
}

void check_duplicate_paths(Draft& draft) {
    const auto& endpoints = draft.config.endpoints;
    for (auto later = endpoints.begin(); later != endpoints.end(); ++later) {
        if (!later->listed || !later->enabled || later->own_listener) continue;
        for (auto first = endpoints.begin(); first != later; ++first) {
            if (!first->enabled || without_slash(first->path) != without_slash(later->path) ||
                !share_a_listener(*first, *later) || side_by_side(*first, *later, draft.catalog))
                continue;
            draft.reading.problem(
                later->position,
                fmt::format("the path {} is already that of the endpoint {} {}",
                            text::in_quotes(later->path), first->dialect,
                            draft.reading.sources.place(first->position, later->position)));
            break;
        }
    }
}

bool endpoint_key_applies(std::string_view key, const Described& dialect) {
    constexpr std::array of_http = {"path", "listeners", "tokens", "failed_code", "degraded_code"};
    const auto is_key = [key](std::string_view one) { return one == key; };
    if (dialect.protocol == Protocol::http) return key != "address" && key != "tls";
    if (key == "tls") return may_speak_tls(dialect.protocol);
    return std::none_of(of_http.begin(), of_http.end(), is_key);
}

void check_own_listeners(Draft& draft) {
    const Config& config = draft.config;
    for (auto later = config.endpoints.begin(); later != config.endpoints.end(); ++later) {
        if (!later->own_listener || !later->enabled) continue;
        const ListenerConfig& own = *later->own_listener;
        const auto collides = [&](const ListenerConfig& other, std::string_view what) {
            if (!same_address(own, other)) return false;
            draft.reading.problem(own.position, fmt::format("the address of {} collides with {} {}",
                                                            text::in_quotes(own.text), what,
                                                            text::in_quotes(other.text)));
            return true;
        };
        bool told = std::any_of(
            config.listeners.begin(), config.listeners.end(),
            [&](const ListenerConfig& other) { return collides(other, "the listener"); });
        for (auto first = config.endpoints.begin(); first != later && !told; ++first)
            told = first->own_listener && first->enabled &&
                   collides(*first->own_listener, "the endpoint");
    }
}

}  // namespace vitals::config
