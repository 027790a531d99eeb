#include "session.hpp"

#include <fmt/format.h>

#include "model/meaning.hpp"
#include "text/quote.hpp"

namespace vitals::backends::mqtt {

using wire::mqtt::Type;

namespace {

using namespace wire::mqtt;

constexpr std::uint16_t subscription = 1;
constexpr std::uint16_t message_sent = 2;

// MQTT 3.1.1, section 3.2.2.3.
constexpr Meaning<std::uint8_t> of_connack[] = {
    {1, ErrorClass::assertion, "does not speak this version of MQTT: see `version`"},
    {2, ErrorClass::assertion, "refuses the name that this client gave itself"},
    {3, ErrorClass::assertion, "not available"},
    {4, ErrorClass::auth, "wrong user or password"},
    {5, ErrorClass::auth, "log-in refused"},
};

// MQTT 5.0, section 2.4.
constexpr Meaning<std::uint8_t> of_reason[] = {
    {0x84, ErrorClass::assertion, "does not speak this version of MQTT: see `version`"},
    {0x85, ErrorClass::assertion, "refuses the name that this client gave itself"},
    {0x86, ErrorClass::auth, "wrong user or password"},
    {0x88, ErrorClass::assertion, "not available"},
    {0x89, ErrorClass::assertion, "busy"},
    {0x8a, ErrorClass::auth, "this client is banned"},
    {0x8b, ErrorClass::assertion, "shuts down"},
    {0x8e, ErrorClass::assertion, "another client took this one's name"},
    {0x95, ErrorClass::assertion, "packet too large for it"},
    {0x97, ErrorClass::assertion, "quota used up"},
    {0x9c, ErrorClass::assertion, "sends clients to another server"},
    {0x9d, ErrorClass::assertion, "sends clients to another server"},
    {0x9f, ErrorClass::assertion, "takes connections more slowly than they come"},
};

constexpr std::uint8_t not_authorized = 0x87;

bool is_refusal(std::uint8_t code) {
    return code >= 0x80;
}

}  // namespace

CheckError meaning_of(std::uint8_t code, Level level, std::string_view doing) {
    const std::string theirs = fmt::format("got code 0x{:02x}", code);
    if (code == not_authorized) return {ErrorClass::auth, fmt::format("{} refused", doing), theirs};
    const auto* const meaning =
        level == Level::v5 ? meaning_with(of_reason, code) : meaning_with(of_connack, code);
    if (meaning != nullptr) return {meaning->error_class, std::string(meaning->detail), theirs};
    // At level 4 a subscription is refused with 0x80 for any reason; mostly it is an ACL.
    const bool in_doubt = level == Level::v3_1_1 && code == 0x80;
    return {in_doubt ? ErrorClass::auth : ErrorClass::assertion,
            in_doubt ? fmt::format("{} refused", doing)
                     : fmt::format("{} refused (0x{:02x})", doing, code),
            theirs};
}

net::awaitable<std::unique_ptr<Session>> Session::open(net::Context& context, Access access) {
    auto connection = co_await net::dial(context, access.endpoint, access.tls);
    std::unique_ptr<Session> session(new Session(std::move(connection), std::move(access)));
    co_await session->log_in(context);
    co_return session;
}

net::awaitable<std::optional<Packet>> Session::next(Steady until) {
    auto packet = co_await conversation_.next(until);
    if (packet && packet->type == Type::disconnect) {
        const auto why = read_disconnect(*packet);
        throw meaning_of(why ? why->code : std::uint8_t{0x80}, level(), "connection");
    }
    co_return packet;
}

net::awaitable<Packet> Session::expect(Type type) {
    auto packet = co_await next(Steady::max());
    if (packet->type != type)
        throw CheckError(ErrorClass::protocol, "unexpected answer",
                         fmt::format("got packet {}, {}", static_cast<int>(packet->type),
                                     text::quoted(packet->body)));
    co_return std::move(*packet);
}

net::awaitable<void> Session::log_in(net::Context& context) {
    context.enter("auth");
    conversation_.machine().send(connect(access_.login));
    Packet packet;
    try {
        packet = co_await expect(Type::connack);
    } catch (const CheckError& error) {
        // A broker without room for another client sends nothing, and just closes or resets.
        const bool reset =
            error.detail == "connection reset" && conversation_.machine().unread().empty();
        if (error.detail != "closed without an answer" && !reset) throw;
        throw CheckError(ErrorClass::assertion,
                         "closed at the log-in: perhaps no connections left, or it wants TLS",
                         error.error);
    }
    const auto answer = read_connack(packet);
    if (!answer)
        throw CheckError(ErrorClass::protocol, "not an answer to a log-in",
                         "got " + text::quoted(packet.body));
    if (answer->code != 0) throw meaning_of(answer->code, level(), "log-in");
}

net::awaitable<void> Session::ping(net::Context& context) {
    context.enter("ping");
    conversation_.machine().send(wire::mqtt::ping);
    co_await expect(Type::pingresp);
}

net::awaitable<void> Session::subscribe(net::Context& context, std::string topic) {
    context.enter("subscribe");
    conversation_.machine().send(wire::mqtt::subscribe(subscription, topic, level()));
    const Packet packet = co_await expect(Type::suback);
    const auto answer = read_suback(packet, level());
    if (!answer || answer->id != subscription)
        throw CheckError(ErrorClass::protocol, "not an answer to a subscription",
                         "got " + text::quoted(packet.body));
    if (is_refusal(answer->code)) throw meaning_of(answer->code, level(), "subscription");
}

// The message may come before or after its acknowledgement.
net::awaitable<bool> Session::send_and_receive(net::Context& context, std::string topic,
                                               std::string payload, Steady until) {
    context.enter("message");
    conversation_.machine().send(publish(message_sent, topic, payload, level()));
    bool acknowledged = false;
    bool received = false;
    while (!acknowledged || !received) {
        const Steady patience = acknowledged ? until : Steady::max();
        const auto packet = co_await next(patience);
        if (!packet) co_return false;
        if (packet->type == Type::puback) {
            const auto answer = read_puback(*packet);
            if (!answer || answer->id != message_sent)
                throw CheckError(ErrorClass::protocol, "not an acknowledgement",
                                 "got " + text::quoted(packet->body));
            if (is_refusal(answer->code)) throw meaning_of(answer->code, level(), "message");
            acknowledged = true;
        } else if (packet->type == Type::publish) {
            const auto message = read_publish(*packet, level());
            if (!message)
                throw CheckError(ErrorClass::protocol, "not a message",
                                 "got " + text::quoted(packet->body));
            if (message->quality == 1) {
                conversation_.machine().send(acknowledge(message->id));
                co_await conversation_.flush();
            }
            if (message->topic != topic || message->payload != payload)
                throw CheckError(ErrorClass::assertion, "another message came than was sent",
                                 "got " + text::quoted(message->payload));
            received = true;
        } else {
            throw CheckError(ErrorClass::protocol, "unexpected answer",
                             fmt::format("got packet {}", static_cast<int>(packet->type)));
        }
    }
    co_return true;
}

net::awaitable<void> Session::close(net::Context&) {
    conversation_.machine().send(disconnect);
    co_await conversation_.flush();
}

}  // namespace vitals::backends::mqtt
