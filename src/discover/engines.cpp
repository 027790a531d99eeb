#include "discover/engines.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "backends/json_api/json_api.hpp"
#include "model/check_error.hpp"

namespace vitals::discover {

namespace {

namespace api = backends::json_api;

constexpr std::size_t most_containers = 100;

bool is_engine(const Socket& socket) {
    constexpr std::array<std::string_view, 3> ends = {"/run/docker.sock", "/podman/podman.sock",
                                                      "/var/run/docker.sock"};
    return socket.protocol == Socket::Protocol::unix_stream &&
           std::ranges::any_of(ends,
                               [&](std::string_view end) { return socket.address.ends_with(end); });
}

net::awaitable<void> ask_engine(net::Context& context, std::string socket, Machine& machine) {
    api::Access access{.base = "http://engine", .unix_socket = socket};
    api::Question question{.step = "containers", .path = "/containers/json"};
    const api::Answer answer = co_await api::ask(context, access, std::move(question));
    const boost::json::array* const listed = answer.document.if_array();
    if (answer.status != 200 || listed == nullptr) co_return;
    for (const boost::json::value& each : *listed) {
        std::string name = api::text_at(each, "/Names/0");
        if (name.starts_with('/')) name.erase(0, 1);
        if (!name.empty() && machine.containers.size() < most_containers)
            machine.containers.push_back({.engine = socket, .name = std::move(name)});
    }
}

}  // namespace

net::awaitable<void> ask_engines(net::Context& context, Machine& machine) {
    std::set<std::string> sockets;
    for (const Socket& socket : machine.sockets)
        if (is_engine(socket)) sockets.insert(socket.address);
    for (const std::string& socket : sockets) {
        try {
            co_await ask_engine(context, socket, machine);
        } catch (const CheckError&) {
        }
    }
}

}  // namespace vitals::discover
