#include "discover/known.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "text/url.hpp"

namespace vitals::discover {

namespace {

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 26> usual_ports{{
    {"postgresql", 5432},
    {"postgres", 5432},
    {"redis", 6379},
    {"rediss", 6379},
    {"memcached", 11211},
    {"memcacheds", 11211},
    {"amqp", 5672},
    {"amqps", 5671},
    {"http", 80},
    {"https", 443},
    {"ws", 80},
    {"wss", 443},
    {"smtp", 25},
    {"smtps", 465},
    {"tls", 443},
    {"grpc", 443},
    {"etcd", 2379},
    {"etcds", 2379},
    {"elasticsearch", 9200},
    {"elasticsearchs", 9200},
    {"prometheus", 9090},
    {"ssh", 22},
    {"imap", 143},
    {"imaps", 993},
    {"pop3", 110},
    {"pop3s", 995},
}};

const Description* description_of(const std::string& kind, const config::Catalog& catalog) {
    for (const config::Described& each : catalog.kinds)
        if (each.description.name == kind) return &each.description;
    return nullptr;
}

// The value of an option as a text, without secrets; empty if there is none.
std::string option_of(const config::ComponentConfig& component, std::string_view name,
                      const config::Catalog& catalog) {
    const Description* const description = description_of(component.kind, catalog);
    if (description == nullptr) return {};
    for (const Field& field : description->fields) {
        if (field.name != name) continue;
        const auto value = field.peek(component.options.ref());
        if (!value) return {};
        if (const auto* text = std::get_if<std::string*>(&*value)) return **text;
        if (const auto* texts = std::get_if<std::vector<std::string>*>(&*value)) {
            std::string all;
            for (const std::string& each : **texts) all += (all.empty() ? "" : ",") + each;
            return all;
        }
        if (const auto* parsed = std::get_if<ParsedRef>(&*value))
            return parsed->shown(parsed->value);
    }
    return {};
}

bool is_here(const std::string& host) {
    return host.empty() || host == "localhost" || host.starts_with("127.") || host == "::1" ||
           host.starts_with('/');
}

struct Place {
    std::string host;  // empty: this machine
    std::uint16_t port = 0;
};

std::optional<Place> place_of(const text::Url& url) {
    std::uint16_t port = url.port.value_or(0);
    for (const auto& [scheme, usual] : usual_ports)
        if (port == 0 && url.scheme == scheme) port = usual;
    if (port == 0) return std::nullopt;
    return Place{is_here(url.host) ? "" : url.host, port};
}

std::optional<Place> place_of(const config::ComponentConfig& component,
                              const config::Catalog& catalog) {
    const std::string url = option_of(component, "url", catalog);
    if (!url.empty()) return place_of(text::Url(url));
    const std::string server = option_of(component, "server", catalog);  // of dns
    if (!server.empty()) {
        std::optional<Place> place = place_of(text::Url("dns://" + server));
        if (!place) place = Place{is_here(server) ? "" : server, 53};
        return place;
    }
    return std::nullopt;
}

bool exists(const std::string& path) {
    glob_t matches{};
    const bool found = ::glob(path.c_str(), 0, nullptr, &matches) == 0;
    ::globfree(&matches);
    return found;
}

}  // namespace

std::string target_of(const config::ComponentConfig& component, const config::Catalog& catalog) {
    if (const auto place = place_of(component, catalog))
        return place->host.empty() ? fmt::format("port {}", place->port)
                                   : fmt::format("port {} of {}", place->port, place->host);
    if (component.kind == "dns") return "names";
    if (component.kind == "systemd") {
        std::string unit = option_of(component, "unit", catalog);
        if (unit.empty()) return "units " + option_of(component, "units", catalog);
        if (!unit.contains('.')) unit += ".service";
        return "unit " + unit;
    }
    if (component.kind == "container")
        return "container " + option_of(component, "name", catalog) +
               option_of(component, "label", catalog);
    for (const char* name : {"url", "path", "pid_file", "name", "status_file"})
        if (const std::string value = option_of(component, name, catalog); !value.empty())
            return component.kind + ' ' + value;
    return component.kind;
}

std::expected<config::ComponentConfig, std::string> component_of(const std::string& name,
                                                                 const Candidate& candidate,
                                                                 bool critical,
                                                                 const config::Catalog& catalog) {
    const std::string text =
        "components:\n  " + yaml_text(name) + ": " + yaml_of(candidate, critical) + '\n';
    auto config = config::parse(text, "init", catalog, {.secrets = false});
    if (!config) return std::unexpected(config.error().front().message);
    return std::move(config->components.front());
}

std::vector<config::ComponentConfig> commented_out(std::string_view text,
                                                   const config::Catalog& catalog) {
    std::vector<config::ComponentConfig> found;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const std::size_t begin = line.find_first_not_of(" #\t");
        if (!line.contains('#') || begin == std::string_view::npos) continue;
        line = line.substr(begin);
        if (!line.contains(": {check: ")) continue;
        auto config = config::parse("components:\n  " + std::string(line) + '\n', "comment",
                                    catalog, {.secrets = false});
        if (config && config->components.size() == 1)
            found.push_back(std::move(config->components.front()));
    }
    return found;
}

std::string why_gone(const config::ComponentConfig& component, const Machine& machine,
                     const config::Catalog& catalog) {
    if (const auto place = place_of(component, catalog)) {
        if (!place->host.empty()) return {};
        const bool listens = std::ranges::any_of(
            machine.sockets, [&](const Socket& socket) { return socket.port == place->port; });
        return listens ? "" : fmt::format("nothing listens on port {}", place->port);
    }
    if (component.kind == "systemd" && machine.has_systemd) {
        const std::string target = target_of(component, catalog);
        if (!target.starts_with("unit ")) return {};
        const std::string name = target.substr(5);
        const bool loaded =
            std::ranges::find(machine.units, name, &Unit::name) != machine.units.end();
        return loaded ? "" : "systemd has no unit " + name + " loaded";
    }
    if (component.kind == "disk" || component.kind == "certificate" || component.kind == "file" ||
        component.kind == "backup") {
        const std::string path = option_of(component, "path", catalog);
        // Does not ask where something is mounted: it might not answer.
        const bool mounted =
            std::ranges::find(machine.mounts, path, &Mount::point) != machine.mounts.end();
        return path.empty() || mounted || exists(path) ? "" : path + " does not exist";
    }
    return {};
}

}  // namespace vitals::discover
