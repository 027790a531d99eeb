// One conversation with a Redis server: log-in, commands and answers, and the meaning of its
// errors. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access.hpp"
#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/conversation.hpp"
#include "wire/replies.hpp"
#include "wire/resp.hpp"

namespace vitals::backends::redis {

using wire::resp::Value;

// The meaning of an error: its class, and its public detail. The server's text goes into the
// private error.
CheckError meaning_of(const Value& error);

class Session {
  public:
    using Words = std::vector<std::string>;

    // Connects (phases "resolve", "connect", "tls"); no user is logged in yet. `longest`: the
    // greatest size of one answer in bytes.
    static net::awaitable<std::unique_ptr<Session>> connect(
        net::Context& context, Access access, std::size_t longest = wire::resp::longest_value);

    // Logs in as the access says; without a password it does nothing. Phase "auth". Throws
    // meaning_of() a refusal.
    net::awaitable<void> log_in(net::Context& context);
    // The server asked for no password although one was given.
    bool password_unused() const { return password_unused_; }
    // Throws in that case: redis-py, which Celery uses, also stops there.
    void refuse_unused_password() const;

    // Any answer; an error is also a value. Throws CheckError{protocol} for an invalid answer.
    net::awaitable<Value> ask(Words words);
    // An answer that is not an error. Otherwise throws meaning_of().
    net::awaitable<Value> demand(Words words);
    net::awaitable<void> select(std::int64_t database);

    // For several commands at once, and for subscriptions: sends it with the next wait.
    void send(const Words& words) { conversation_.machine().send(wire::resp::command(words)); }
    net::awaitable<Value> next() { return conversation_.next(); }
    // Nothing when that time comes first.
    net::awaitable<std::optional<Value>> next(Steady until) { return conversation_.next(until); }
    // Called whenever bytes have arrived.
    void on_arrival(std::function<void()> listener) {
        conversation_.on_arrival(std::move(listener));
    }

    // See checks/reuse.hpp.
    bool quiet() const { return conversation_.quiet(); }
    void resume(net::Context&, Steady answer_by) { conversation_.answer_by(answer_by); }

  private:
    struct Take {
        std::size_t longest;
        std::expected<std::optional<Value>, std::string> operator()(std::string& buffer) const {
            return wire::resp::take_value(buffer, longest);
        }
    };
    using Machine = wire::Replies<Take>;

    Session(std::unique_ptr<net::Connection> connection, Access access, std::size_t longest)
        : conversation_(std::move(connection), Machine(Take{longest})),
          access_(std::move(access)) {}

    net::Conversation<Machine> conversation_;
    Access access_;
    bool password_unused_ = false;
};

}  // namespace vitals::backends::redis
