// One conversation with an MQTT broker: log-in, one subscription and one message, and the meaning
// of its refusals. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"
#include "net/conversation.hpp"
#include "net/tls.hpp"
#include "wire/mqtt.hpp"
#include "wire/replies.hpp"

namespace vitals::backends::mqtt {

struct Access {
    net::Endpoint endpoint;
    std::optional<net::TlsOptions> tls;  // nothing: in the clear
    wire::mqtt::Login login;
};

// From a refusal at that level; `doing` is what was refused: "log-in", "subscription", "message".
CheckError meaning_of(std::uint8_t code, wire::mqtt::Level level, std::string_view doing);

class Session {
  public:
    // Connects and logs in: phases "resolve", "connect", "tls", "auth".
    static net::awaitable<std::unique_ptr<Session>> open(net::Context& context, Access access);

    // A ping, answered. Phase "ping".
    net::awaitable<void> ping(net::Context& context);
    // Subscribes to the topic: phase "subscribe".
    net::awaitable<void> subscribe(net::Context& context, std::string topic);
    // Sends a message to it that must be acknowledged and come back, with this payload, at most
    // until that time: false when only the acknowledgement came. Phase "message".
    net::awaitable<bool> send_and_receive(net::Context& context, std::string topic,
                                          std::string payload, Steady until);
    // Without it, a broker logs an error, and would send a will.
    net::awaitable<void> close(net::Context& context);

    // See checks/reuse.hpp.
    bool quiet() const { return conversation_.quiet(); }
    void resume(net::Context&, Steady answer_by) { conversation_.answer_by(answer_by); }

  private:
    using Machine = wire::Replies<decltype(&wire::mqtt::take_packet)>;

    Session(std::unique_ptr<net::Connection> connection, Access access)
        : conversation_(std::move(connection), Machine(wire::mqtt::take_packet)),
          access_(std::move(access)) {}

    net::awaitable<void> log_in(net::Context& context);
    net::awaitable<std::optional<wire::mqtt::Packet>> next(Steady until);
    net::awaitable<wire::mqtt::Packet> expect(wire::mqtt::Type type);
    wire::mqtt::Level level() const { return access_.login.level; }

    net::Conversation<Machine> conversation_;
    Access access_;
};

}  // namespace vitals::backends::mqtt
