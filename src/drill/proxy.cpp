#include "drill/proxy.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstring>
#include <stdexcept>

#include "drill/route_state.hpp"
#include "drill/tunnel.hpp"

namespace vitals::drill {
namespace {

namespace asio = boost::asio;
using Address = Protocol::endpoint;
using boost::system::error_code;

constexpr std::size_t most_connections = 10'000;
constexpr int backlog = 4096;
// Without descriptors, or with too many connections, the next one is accepted a little later.
constexpr std::chrono::milliseconds breath{50};

std::vector<Address> addresses_of(const net::Endpoint& endpoint, bool passive) {
    if (!endpoint.unix_path.empty()) {
        return {Address(asio::local::stream_protocol::endpoint(endpoint.unix_path))};
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
    auto host = endpoint.host;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo* found = nullptr;
    const int error =
        ::getaddrinfo(host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (error != 0) {
        throw std::runtime_error(
            fmt::format("{}: the host has no address: {}", endpoint.text(), ::gai_strerror(error)));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
    std::vector<Address> made;
    for (const auto* each = found; each != nullptr; each = each->ai_next) {
        made.emplace_back(each->ai_addr, each->ai_addrlen);
    }
    return made;
}

std::uint16_t port_of(const Address& address) {
    const auto* data = address.data();
    if (data->sa_family == AF_INET) {
        return ntohs(reinterpret_cast<const sockaddr_in*>(data)->sin_port);
    }
    if (data->sa_family == AF_INET6) {
        return ntohs(reinterpret_cast<const sockaddr_in6*>(data)->sin6_port);
    }
    return 0;
}

DatagramRelay::Address datagram_address(const Address& address) {
    DatagramRelay::Address made;
    std::memcpy(made.data(), address.data(), address.size());
    made.resize(address.size());
    return made;
}

void shut(Proxy::State& state) {
    error_code ignored;
    if (state.relay) std::exchange(state.relay, nullptr)->close();
    if (!state.acceptor.is_open()) return;
    state.acceptor.close(ignored);
    if (!state.route.listen.unix_path.empty()) ::unlink(state.route.listen.unix_path.c_str());
}

void drop_all(Proxy::State& state) {
    const auto tunnels = state.tunnels;
    for (auto* tunnel : tunnels) tunnel->drop();
}

net::awaitable<void> accept_all(std::shared_ptr<Proxy::State> state) {
    const auto listening = state->listening;
    const auto current = [&state, listening] {
        return state->listening == listening && state->acceptor.is_open();
    };
    asio::steady_timer wait(state->context);
    while (current()) {
        if (state->tunnels.size() >= most_connections) {
            wait.expires_after(breath);
            co_await wait.async_wait(tuple);
            continue;
        }
        Socket client(state->context);
        const auto [error] = co_await state->acceptor.async_accept(client, tuple);
        if (!current()) co_return;
        if (error) {
            wait.expires_after(breath);
            co_await wait.async_wait(tuple);
            continue;
        }
        ++state->figures.accepted;
        const int at_once = 1;
        if (state->route.listen.unix_path.empty()) {
            ::setsockopt(client.native_handle(), IPPROTO_TCP, TCP_NODELAY, &at_once,
                         sizeof at_once);
        }
        std::make_shared<Tunnel>(state, std::move(client))->start();
    }
}

std::string cannot_listen(const Proxy::State& state, const error_code& error) {
    return fmt::format("cannot listen on {}: {}", state.route.listen.text(), error.message());
}

std::expected<void, std::string> open_relay(Proxy::State& state) {
    if (state.relay) return {};
    try {
        state.relay = std::make_shared<DatagramRelay>(state.context, datagram_address(state.listen),
                                                      datagram_address(state.to.front()),
                                                      state.route.behaviour, state.figures);
    } catch (const boost::system::system_error& error) {
        return std::unexpected(cannot_listen(state, error.code()));
    }
    state.route.listen.port = state.relay->port();
    auto listens = datagram_address(state.listen);
    listens.port(state.route.listen.port);
    state.listen = Address(listens);
    state.relay->start();
    return {};
}

std::expected<void, std::string> open(const std::shared_ptr<Proxy::State>& state) {
    if (state->route.datagrams) return open_relay(*state);
    auto& acceptor = state->acceptor;
    if (acceptor.is_open()) return {};
    error_code error;
    error_code ignored;
    acceptor.open(state->listen.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), ignored);
    if (!error) acceptor.bind(state->listen, error);
    if (!error) acceptor.listen(backlog, error);
    if (error) {
        acceptor.close(ignored);
        return std::unexpected(cannot_listen(*state, error));
    }
    state->listen = acceptor.local_endpoint();
    if (state->route.listen.unix_path.empty()) state->route.listen.port = port_of(state->listen);
    ++state->listening;
    asio::co_spawn(state->context, accept_all(state), asio::detached);
    return {};
}

}  // namespace

std::string problem_of(const Route& route) {
    if (!route.datagrams) return {};
    if (!route.listen.unix_path.empty() || !route.to.unix_path.empty()) {
        return "datagrams go from HOST:PORT to HOST:PORT";
    }
    if (is_for_datagrams(route.behaviour.fault)) return {};
    return fmt::format("{} is nothing that happens to datagrams", name_of(route.behaviour.fault));
}

Proxy::Proxy(net::Loop& loop, Authority& authority, Route route)
    : state_(std::make_shared<State>(loop.context(), authority, std::move(route))) {
    state_->listen = addresses_of(state_->route.listen, true).front();
    state_->to = addresses_of(state_->route.to, false);
    // Also with `refuse`: the port must be reserved, and known.
    if (const auto opened = open(state_); !opened) throw std::runtime_error(opened.error());
    if (state_->route.behaviour.fault == Fault::refuse) shut(*state_);
}

Proxy::~Proxy() {
    state_->ended = true;
    shut(*state_);
    drop_all(*state_);
}

std::expected<void, std::string> Proxy::set(const Behaviour& behaviour) {
    auto changed = state_->route;
    changed.behaviour = behaviour;
    if (auto problem = problem_of(changed); !problem.empty()) return std::unexpected(problem);
    state_->route.behaviour = behaviour;
    ++state_->generation;
    if (behaviour.fault == Fault::refuse) {
        shut(*state_);
        drop_all(*state_);
        return {};
    }
    const auto tunnels = state_->tunnels;
    for (auto* tunnel : tunnels) tunnel->changed();
    auto opened = open(state_);
    if (!opened) state_->route.behaviour = Behaviour{.fault = Fault::refuse};
    return opened;
}

const Behaviour& Proxy::behaviour() const {
    return state_->route.behaviour;
}

const net::Endpoint& Proxy::listen() const {
    return state_->route.listen;
}

const net::Endpoint& Proxy::to() const {
    return state_->route.to;
}

Figures Proxy::figures() const {
    auto figures = state_->figures;
    figures.open = state_->tunnels.size() + (state_->relay ? state_->relay->clients() : 0);
    return figures;
}

}  // namespace vitals::drill
