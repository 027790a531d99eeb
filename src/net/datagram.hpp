// A socket for datagrams, of UDP or of ICMP echoes, connected to one address. It sends to that
// address and receives only from it (the kernel drops the rest). The kernel chooses a source port
// for this socket alone. Used on the loop's thread only; destruction closes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"

namespace vitals::net {

class Datagrams {
  public:
    // With `echo`, datagrams are echo requests and their replies, without the IP header. Id and
    // checksum are set for the sender, and only replies to this socket are delivered. If the system
    // forbids such sockets (ping(7) of Linux), a raw ICMP socket is used, which needs CAP_NET_RAW.
    enum class Protocol : std::uint8_t { udp, echo };

    // The endpoint's host is an address, not a name. Its port is not 0, except with `echo`, which
    // has no port. Throws CheckError: connect ("no route", ...) or local ("no descriptors left",
    // "not permitted to send echo requests"). The context outlives this.
    Datagrams(Context& context, const Endpoint& endpoint, Protocol protocol = Protocol::udp);
    ~Datagrams();
    Datagrams(const Datagrams&) = delete;
    Datagrams& operator=(const Datagrams&) = delete;

    // Sends one datagram, which may get lost. Throws CheckError{connect} when the peer's host or a
    // router has reported meanwhile that nothing can arrive.
    void send(std::string_view bytes);
    // The next datagram, at most `limit` bytes of it, or nothing when the time comes first. Throws
    // as send().
    awaitable<std::optional<std::string>> receive(Steady until, std::size_t limit = 4096);
    // Whether this address belongs to this machine.
    bool to_itself() const;

  private:
    CheckError failure(int error);
    // For a raw ICMP socket: sends and delivers as the other kind does.
    std::string with_id(std::string_view bytes) const;
    bool is_ours(std::string& bytes) const;

    Context& context_;
    std::string address_;
    int descriptor_;
    Protocol protocol_;
    bool raw_ = false;
    bool six_ = false;
    std::uint16_t id_ = 0;  // the id of the echoes of a raw socket
    std::string peer_;      // the bytes of its address
};

}  // namespace vitals::net
