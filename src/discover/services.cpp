// Programs that listen, asked in their own protocol. The owner of a socket says what it is; if that
// is not visible, its usual port does.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "discover/discovery.hpp"
#include "discover/known_services.hpp"

namespace vitals::discover {

namespace {

using enum Socket::Protocol;

constexpr std::uint16_t first_ephemeral = 32768;  // ports that change with every start

// What serves only this machine.
constexpr std::array<std::string_view, 14> of_no_interest = {
    "vitals",     "rpcbind",      "rpc.statd",    "rpc.mountd",  "epmd",
    "cupsd",      "cups-browsed", "avahi-daemon", "dhclient",    "systemd-network",
    "containerd", "dockerd",      "snapd",        "sshd-session"};

bool is_any(const std::string& address) {
    return address == "0.0.0.0" || address == "::";
}

std::string host_of(const std::string& address) {
    if (address == "0.0.0.0") return "127.0.0.1";
    if (address == "::") return "[::1]";
    return address.contains(':') ? "[" + address + "]" : address;
}

// The nearest address first: this machine's loopback, with IPv4.
int distance(const Socket& socket) {
    const bool six = socket.address.contains(':');
    const bool loopback = socket.address.starts_with("127.") || socket.address == "::1";
    return (loopback ? 0 : is_any(socket.address) ? 1 : 2) * 2 + (six ? 1 : 0);
}

std::vector<Listener> listeners_of(const Machine& machine) {
    std::map<std::uint16_t, const Socket*> nearest;
    for (const Socket& socket : machine.sockets) {
        if (socket.protocol != tcp) continue;
        const Socket*& known = nearest[socket.port];
        if (known == nullptr || distance(socket) < distance(*known)) known = &socket;
    }
    std::vector<Listener> found;
    for (const auto& [port, socket] : nearest)
        found.push_back({port, host_of(socket->address), socket->command, socket->unit});
    return found;
}

template <class T, class Value>
bool has(const std::vector<T>& values, const Value& value) {
    return std::ranges::find(values, value) != values.end();
}

const Service* service_of(const Listener& listener) {
    // systemd holds sockets for others: then only the port says what it is.
    const bool owned = !listener.command.empty() && listener.command != "systemd";
    for (const Service& service : services_known()) {
        const bool meant = owned && !service.commands.empty()
                               ? has(service.commands, listener.command)
                               : has(service.ports, listener.port);
        if (meant) return &service;
    }
    return nullptr;
}

bool is_usual(const Service* service, std::uint16_t port) {
    return service != nullptr && (has(service->ports, port) || port == 80);
}

Proposal proposal_of(const Listener& listener, const Service* service, const Machine& machine) {
    Proposal made;
    made.found =
        fmt::format("{} listens on {}", listener.command.empty() ? "something" : listener.command,
                    listener.place());
    if (!listener.unit.empty()) made.found += " (" + listener.unit + ")";
    if (service != nullptr) {
        made.name = service->name;
        service->watch(listener, machine, made);
    } else {
        made.name = listener.command.empty() ? "port" : listener.command;
        std::ranges::replace_if(
            made.name, [](char byte) { return byte == '/' || byte == ':' || byte == ' '; }, '-');
        made.candidates = {connects(listener)};
    }
    return made;
}

std::vector<Proposal> find(const Machine& machine) {
    std::vector<Listener> listeners = listeners_of(machine);
    // The program at the usual port has the plain name.
    std::ranges::sort(listeners, {}, [](const Listener& listener) {
        return std::pair(!is_usual(service_of(listener), listener.port), listener.port);
    });
    std::vector<Proposal> found;
    std::set<std::string> names;
    for (const Listener& listener : listeners) {
        if (std::ranges::find(of_no_interest, listener.command) != of_no_interest.end()) continue;
        const Service* const service = service_of(listener);
        if (service == nullptr && listener.port >= first_ephemeral) continue;
        Proposal proposal = proposal_of(listener, service, machine);
        if (proposal.candidates.empty()) continue;
        // A guess takes no name away.
        proposal.short_name = proposal.name;
        if (proposal.guess || !names.insert(proposal.name).second)
            proposal.name += fmt::format("-{}", listener.port);
        found.push_back(std::move(proposal));
    }
    return found;
}

}  // namespace

extern const Discovery services;
const Discovery services{"What listens", find};

}  // namespace vitals::discover
