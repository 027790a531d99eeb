// A UDP socket connected to one address: what it sends goes there, what it receives comes from
// there (the kernel drops the rest), and the source port is one that the kernel chose for it alone.
// Used on the loop's thread only; destruction closes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"

namespace vitals::net {

class Datagrams {
  public:
    // The endpoint's host is an address, not a name; its port is not 0. Throws CheckError: connect
    // ("no route", ...) or local ("no descriptors left"). The context outlives this.
    Datagrams(Context& context, const Endpoint& endpoint);
    ~Datagrams();
    Datagrams(const Datagrams&) = delete;
    Datagrams& operator=(const Datagrams&) = delete;

    // Sends one datagram; like any, it may get lost. Throws CheckError{connect} when the peer's
    // host has said meanwhile that nobody listens.
    void send(std::string_view bytes);
    // The next datagram, at most `limit` bytes of it, or nothing when the time came first. Throws
    // as send().
    awaitable<std::optional<std::string>> receive(Steady until, std::size_t limit = 4096);

  private:
    Context& context_;
    std::string address_;
    int descriptor_;
};

}  // namespace vitals::net
