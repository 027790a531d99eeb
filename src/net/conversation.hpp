// The one loop that reads: it drives a conversation that a state machine without I/O holds
// (amqp::Client, websocket::Client, wire::Replies) over a connection. A machine has an Event,
// take_output(), receive(bytes), next() and ended().
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/awaitable.hpp"
#include "net/connection.hpp"

namespace vitals::net {

template <class Machine>
class Conversation {
  public:
    using Event = typename Machine::Event;

    Conversation(std::unique_ptr<Connection> connection, Machine machine)
        : connection_(std::move(connection)), machine_(std::move(machine)) {}

    Machine& machine() { return machine_; }
    const Machine& machine() const { return machine_; }
    Connection& connection() { return *connection_; }
    const Connection& connection() const { return *connection_; }

    // Called whenever bytes have come, whatever they are.
    void on_arrival(std::function<void()> listener) { on_arrival_ = std::move(listener); }

    // Sends what the machine wants to say.
    awaitable<void> flush() {
        const std::string output = machine_.take_output();
        if (!output.empty()) co_await connection_->write(output);
    }

    // The next thing that happens, until that time at most: nothing when it came first. Throws the
    // machine's failure, what it makes of the stream's end, and what the connection throws.
    awaitable<std::optional<Event>> next(Steady until) {
        // Not the conversation's own, for thousands may be waiting at once: what has been read into
        // it is taken before anybody else reads.
        thread_local std::array<char, 16384> bytes;
        for (;;) {
            co_await flush();
            auto event = machine_.next();
            if (!event) throw event.error();
            if (*event) co_return std::move(*event);
            // Looking may have made it answer (a ping, a channel closed).
            co_await flush();
            if (until != Steady::max()) {
                const bool more = co_await connection_->readable(until);
                if (!more) co_return std::nullopt;
            }
            const std::size_t count = co_await connection_->read_some(bytes);
            if (count == 0) throw machine_.ended();
            if (on_arrival_) on_arrival_();
            machine_.receive(std::string_view(bytes.data(), count));
        }
    }
    awaitable<Event> next() {
        auto event = co_await next(Steady::max());
        co_return std::move(*event);
    }

  private:
    std::unique_ptr<Connection> connection_;
    Machine machine_;
    std::function<void()> on_arrival_;
};

}  // namespace vitals::net
