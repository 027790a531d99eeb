// The one loop that reads. It drives a state machine without I/O (amqp::Client, websocket::Client,
// wire::Replies) over a connection. A machine has an Event, take_output(), receive(bytes), next()
// and ended().
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

    // Nothing has come since the last event; for machines with unread(). See Connection.
    bool quiet() const { return machine_.unread().empty() && connection_->quiet(); }
    void answer_by(Steady until) { connection_->answer_by(until); }

    // Called whenever bytes have arrived.
    void on_arrival(std::function<void()> listener) { on_arrival_ = std::move(listener); }

    // Sends the output of the machine.
    awaitable<void> flush() {
        const std::string output = machine_.take_output();
        if (!output.empty()) co_await connection_->write(output);
    }

    // The next event, at most until that time: nothing when the time comes first. Throws the
    // failure of the machine, its judgement of the end of the stream, and what the connection
    // throws.
    awaitable<std::optional<Event>> next(Steady until) {
        // The buffer does not belong to the conversation, because thousands may wait at once: the
        // bytes in it are used before another conversation reads.
        thread_local std::array<char, 16384> bytes;
        for (;;) {
            co_await flush();
            auto event = machine_.next();
            if (!event) throw event.error();
            if (*event) co_return std::move(*event);
            // next() may have made the machine answer (a ping, a closed channel).
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
