// State that a proxy, its acceptor and its connections share. Inside drill only.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>
#include <vector>

#include "drill/certificates.hpp"
#include "drill/datagram_relay.hpp"
#include "drill/proxy.hpp"

namespace vitals::drill {

class Tunnel;

using Protocol = boost::asio::generic::stream_protocol;

struct Proxy::State {
    State(boost::asio::io_context& context, Authority& authority, Route route)
        : context(context), authority(authority), route(std::move(route)), acceptor(context) {}

    boost::asio::io_context& context;
    Authority& authority;
    Route route;
    Protocol::endpoint listen;           // with the port that it got
    std::vector<Protocol::endpoint> to;  // tried in turn
    boost::asio::basic_socket_acceptor<Protocol> acceptor;
    std::shared_ptr<DatagramRelay> relay;  // instead of it, for datagrams
    std::uint64_t generation = 0;          // of the fault
    std::uint64_t listening = 0;           // how often the acceptor was opened
    bool ended = false;
    std::set<Tunnel*> tunnels;
    Figures figures;
};

}  // namespace vitals::drill
