// A socket for datagrams, of UDP or of ICMP's echoes, connected to one address: what it sends goes
// there, what it receives comes from there (the kernel drops the rest), and the source port is one
// that the kernel chose for it alone. Used on the loop's thread only; destruction closes.
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
    // Of `echo` are echo requests and their replies, without the header of IP: id and checksum are
    // set for who sends, and nothing but replies to this socket is delivered. Where the system
    // closes the sockets that do so (ping(7) of Linux), one for all of ICMP serves, which needs
    // CAP_NET_RAW.
    enum class Protocol : std::uint8_t { udp, echo };

    // The endpoint's host is an address, not a name; its port is not 0, but with `echo`, which has
    // none. Throws CheckError: connect ("no route", ...) or local ("no descriptors left", "not
    // permitted to send echo requests"). The context outlives this.
    Datagrams(Context& context, const Endpoint& endpoint, Protocol protocol = Protocol::udp);
    ~Datagrams();
    Datagrams(const Datagrams&) = delete;
    Datagrams& operator=(const Datagrams&) = delete;

    // Sends one datagram; like any, it may get lost. Throws CheckError{connect} when the peer's
    // host, or a router, has said meanwhile that nothing can arrive.
    void send(std::string_view bytes);
    // The next datagram, at most `limit` bytes of it, or nothing when the time came first. Throws
    // as send().
    awaitable<std::optional<std::string>> receive(Steady until, std::size_t limit = 4096);
    // Whether the address is this machine's own.
    bool to_itself() const;

  private:
    CheckError failure(int error);
    // Of a socket for all of ICMP: as the other kind would send and deliver it.
    std::string with_id(std::string_view bytes) const;
    bool is_ours(std::string& bytes) const;

    Context& context_;
    std::string address_;
    int descriptor_;
    Protocol protocol_;
    bool raw_ = false;
    bool six_ = false;
    std::uint16_t id_ = 0;  // of the echoes of a raw socket
    std::string peer_;      // the bytes of its address
};

}  // namespace vitals::net
