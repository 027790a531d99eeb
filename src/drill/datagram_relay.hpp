// Forwards datagrams to a backend, and returns its answers as the fault changes them. Inside drill
// only.
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "drill/fault.hpp"
#include "net/awaitable.hpp"

namespace vitals::drill {

// What arrives instead of one datagram of the answer. `passed`: bytes of answers that the same
// client got before. Pure.
struct Delivery {
    std::optional<std::string> datagram;
    std::uint64_t flood = 0;  // bytes that come behind it
    std::chrono::milliseconds later{0};
};
Delivery deliver(const Behaviour& behaviour, std::string_view datagram, std::uint64_t passed);

struct Figures;

// Its own coroutines keep it alive until it is closed. Each client, which is each address and port,
// has its own socket to the backend, which is closed after a few seconds of silence.
class DatagramRelay : public std::enable_shared_from_this<DatagramRelay> {
  public:
    using Address = boost::asio::ip::udp::endpoint;

    // Throws boost::system::system_error when it cannot listen there. Behaviour and figures are
    // used until close().
    DatagramRelay(boost::asio::io_context& context, const Address& listen, Address to,
                  const Behaviour& behaviour, Figures& figures);
    void start();
    void close();
    std::uint16_t port() const;
    std::size_t clients() const { return clients_.size(); }

  private:
    struct Client;

    std::shared_ptr<Client> client_at(const Address& address);
    net::awaitable<void> listen();
    net::awaitable<void> answer(std::shared_ptr<Client> client);
    net::awaitable<void> watch(std::shared_ptr<Client> client);
    net::awaitable<void> send(Address to, Delivery delivery);
    void send_one(const Address& to, std::string_view datagram);

    boost::asio::ip::udp::socket socket_;
    const Address to_;
    const Behaviour* behaviour_;
    Figures* figures_;
    std::map<Address, std::shared_ptr<Client>> clients_;
    std::size_t delayed_ = 0;
};

}  // namespace vitals::drill
