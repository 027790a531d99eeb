// Drives a conversation that a state machine without I/O holds (amqp::Client, websocket::Client)
// over a connection. A machine has an Event, take_output(), receive(bytes), next() and ended().
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/awaitable.hpp"
#include "net/connection.hpp"

namespace vitals::net {

// Sends what the machine wants to say.
template <class Machine>
awaitable<void> flush(Connection& connection, Machine& machine) {
    const std::string output = machine.take_output();
    if (!output.empty()) co_await connection.write(output);
}

// The next thing that happens. Throws the machine's failure, what it makes of the stream's end, and
// what the connection throws.
template <class Machine>
awaitable<typename Machine::Event> next_event(Connection& connection, Machine& machine) {
    std::array<char, 16384> bytes;
    for (;;) {
        co_await flush(connection, machine);
        auto event = machine.next();
        if (!event) throw event.error();
        if (*event) co_return std::move(**event);
        // Looking may have made it answer (a ping, a channel closed).
        co_await flush(connection, machine);
        const std::size_t count = co_await connection.read_some(bytes);
        if (count == 0) throw machine.ended();
        machine.receive(std::string_view(bytes.data(), count));
    }
}

// Likewise until that time at most: nothing when it came first.
template <class Machine>
awaitable<std::optional<typename Machine::Event>> next_event(Connection& connection,
                                                             Machine& machine, Steady until) {
    std::array<char, 16384> bytes;
    for (;;) {
        co_await flush(connection, machine);
        auto event = machine.next();
        if (!event) throw event.error();
        if (*event) co_return std::move(*event);
        co_await flush(connection, machine);
        const bool more = co_await connection.readable(until);
        if (!more) co_return std::nullopt;
        const std::size_t count = co_await connection.read_some(bytes);
        if (count == 0) throw machine.ended();
        machine.receive(std::string_view(bytes.data(), count));
    }
}

}  // namespace vitals::net
