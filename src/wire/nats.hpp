// The client protocol of NATS: the messages of a server and of a client.
// https://docs.nats.io/reference/reference-protocols/nats-protocol. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::wire::nats {

struct Event {
    enum class What : std::uint8_t { info, message, ping, pong, ok, error };
    What what = What::ok;
    std::string text;      // info: its JSON; error: the text; message: the payload
    std::string subject;   // of a message
    std::uint64_t id = 0;  // of the subscription that a message is for
    int status = 0;        // of a message without a payload: 503 means that nobody listens there
};

// The greatest size of a line and of a message in bytes. A cluster's INFO names all of its servers.
inline constexpr std::size_t longest_line = 64 * 1024;
inline constexpr std::size_t longest_message = 1024 * 1024;

// Takes the first item from `buffer`, which holds the received bytes. Nothing while it is
// incomplete. An error as soon as it can no longer become valid, or is too long.
std::expected<std::optional<Event>, std::string> take_event(std::string& buffer);

struct Login {
    std::string user;  // empty: no log-in, or one with the token
    std::string password;
    std::string token;
    bool encrypted = false;
    // Instead of user and token: a key, which signs the server's nonce, with or without a JWT.
    std::string key{}, jwt{}, signature{};
};
std::string connect(const Login& login);
std::string subscribe(std::string_view subject, std::uint64_t id);
std::string unsubscribe(std::uint64_t id);
// With a subject for the answer, or an empty one.
std::string publish(std::string_view subject, std::string_view reply, std::string_view payload);
inline constexpr std::string_view ping = "PING\r\n";
inline constexpr std::string_view pong = "PONG\r\n";

}  // namespace vitals::wire::nats
