// The section `fleet`, and references to it.
#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/sections.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

bool is_this_host(std::string_view host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

}  // namespace

void read_fleet(const Node::Entry& entry, Draft& draft) {
    Fleet fleet;
    const Part part{section("fleet").description.fields, ObjectRef(fleet)};
    const Subject subject{.noun = "'fleet'", .name = "'fleet'"};
    if (!apply(entry.value, entry.position, std::span(&part, 1), subject, draft.reading)) {
        draft.lost.emplace("fleet");
        return;
    }
    const auto at = [&entry](std::string_view key) {
        const Node* node = entry.value.find(key);
        return node == nullptr ? entry.position : node->position;
    };
    if (fleet.servers.empty())
        draft.reading.problem(at("servers"),
                              "'servers' names no server, expected one or more such "
                              "as nats://10.0.0.1:4222");
    if (!fleet.nkey.empty() && !fleet.creds.empty())
        draft.reading.problem(at("creds"),
                              "'fleet' has both 'nkey' and 'creds'; a node is one user");
    if (fleet.tls && fleet.tls->certificate.empty() != fleet.tls->key.empty())
        draft.reading.problem(at("tls"),
                              "'tls' of 'fleet' needs both 'certificate' and 'key', or "
                              "neither");
    if (fleet.node.empty()) {
        fleet.node = host_name();
        if (fleet.node.empty() || fleet.node.size() > 64 ||
            !component_name_problem("nodes/" + fleet.node).empty())
            draft.reading.problem(entry.position,
                                  "the host's name cannot be the name of a node; say 'node' in "
                                  "'fleet'");
    }
    if (fleet.nkey.empty() && fleet.creds.empty() && !fleet.tls)
        for (const std::string& server : fleet.servers)
            if (!is_this_host(text::Url(server).host)) {
                draft.reading.warning(
                    at("servers"),
                    fmt::format("anybody who reaches {} may speak for every node: give the servers "
                                "'tls' and each node an 'nkey'",
                                server));
                break;
            }
    draft.config.fleet = std::move(fleet);
}

// References to a fleet, and settings that contradict one.
void check_fleet(const Node& root, Draft& draft) {
    Reading& reading = draft.reading;
    if (draft.lost.contains("fleet")) return;
    if (!draft.config.fleet) {
        for (const ComponentConfig& each : draft.config.components)
            if (each.vantage)
                reading.problem(each.position,
                                fmt::format("component {} has a 'vantage', but there is no section "
                                            "'fleet' that says which nodes there are",
                                            text::in_quotes(each.component->name)));
        for (const ComponentConfig& each : draft.config.components)
            if (each.fleet)
                reading.problem(each.position,
                                fmt::format("component {} says 'fleet: true', but there is no "
                                            "section 'fleet' that says which nodes there are",
                                            text::in_quotes(each.component->name)));
        for (const WorkersConfig& each : draft.config.workers)
            if (each.fleet)
                reading.problem(each.position,
                                fmt::format("group of workers {} says 'fleet: true', but there is "
                                            "no section 'fleet' that says which nodes there are",
                                            text::in_quotes(each.name)));
        return;
    }
    const auto at = std::find_if(root.entries.begin(), root.entries.end(),
                                 [](const Node::Entry& e) { return e.key == "fleet"; });
    if (draft.config.peer)
        reading.problem(at->position,
                        "there are both 'fleet' and 'peer': 'peer' is for two vitals "
                        "without a fleet; keep one of them");
    constexpr std::size_t most_shared = 5'000;
    std::size_t shared = 0;
    for (const ComponentConfig& each : draft.config.components) {
        const std::string& name = each.component->name;
        if (name == "fleet" || name.starts_with("nodes/"))
            reading.problem(each.position,
                            fmt::format("the name {} belongs to the fleet, which shows itself as "
                                        "'fleet' and its nodes as nodes/NAME",
                                        text::in_quotes(name)));
        if (each.vantage && !draft.config.fleet->listen)
            reading.problem(each.position,
                            fmt::format("component {} has a 'vantage', but this node does not hear "
                                        "what others find ('listen: false' in 'fleet'): leave it "
                                        "to the nodes that listen",
                                        text::in_quotes(name)));
        if ((each.vantage || each.fleet) && ++shared == most_shared + 1)
            reading.problem(each.position, fmt::format("a fleet shares at most {} components with "
                                                       "a 'vantage' or 'fleet: true'",
                                                       most_shared));
    }
    for (const WorkersConfig& each : draft.config.workers)
        if (each.fleet && each.source != "push")
            reading.problem(each.position,
                            fmt::format("group of workers {} says 'fleet: true' and 'source: {}': "
                                        "only heartbeats that are pushed are shared; every node "
                                        "can hear the broker itself",
                                        text::in_quotes(each.name), each.source));
}

}  // namespace vitals::config
