// One conversation with an AMQP 0-9-1 broker over wire::amqp::Client: log-in, events, and the
// meaning of its refusals. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "access.hpp"
#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/conversation.hpp"
#include "wire/amqp_client.hpp"

namespace vitals::backends::amqp {

using wire::amqp::Client;
using wire::amqp::Event;

inline constexpr std::uint16_t access_refused = 403;
inline constexpr std::uint16_t not_found = 404;
inline constexpr std::uint16_t resource_locked = 405;

// From `channel_closed`: a request was refused, if nothing better can be said.
CheckError meaning_of(const Event& channel_closed);

class Session {
  public:
    // Connects (phases "resolve", "connect", "tls"); sends nothing yet.
    static net::awaitable<std::unique_ptr<Session>> connect(net::Context& context, Access access);

    // Phases "greeting", "auth", "vhost".
    net::awaitable<void> log_in(net::Context& context);

    // The requests to the broker; they are sent with the next wait.
    Client& client() { return conversation_.machine(); }

    // The next event; nothing when that time comes first.
    net::awaitable<std::optional<Event>> next(Steady until);
    // The result of the last request. When the broker begins to refuse messages (`blocked`), that
    // is returned at any time; when it accepts them again, that is not.
    net::awaitable<Event> answer();
    // Waits for that event; skips only what a broker may send at any time. Throws meaning_of() a
    // refusal, CheckError{protocol} otherwise.
    net::awaitable<Event> expect(Event::What what);

    // RabbitMQ logs a client that closes before its goodbye was answered. A blocked broker does not
    // read: then nothing is waited for. Phase "close".
    net::awaitable<void> close(net::Context& context);

    // Called whenever bytes have arrived.
    void on_arrival(std::function<void()> listener) {
        conversation_.on_arrival(std::move(listener));
    }
    bool has_channel() const { return has_channel_; }
    bool blocked() const { return blocked_; }  // the broker takes no messages

    // See checks/reuse.hpp.
    bool quiet() const {
        return conversation_.machine().idle() && conversation_.connection().quiet();
    }
    void resume(net::Context&, Steady answer_by) { conversation_.answer_by(answer_by); }

  private:
    Session(std::unique_ptr<net::Connection> connection, Access access)
        : conversation_(std::move(connection), Client(std::move(access.login))) {}

    net::Conversation<Client> conversation_;
    bool has_channel_ = false;
    bool blocked_ = false;
};

}  // namespace vitals::backends::amqp
