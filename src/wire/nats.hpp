// The client protocol of NATS: what a server says, and what a client sends.
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
    std::string text;      // of info its JSON, of an error what is wrong, of a message its payload
    std::string subject;   // of a message
    std::uint64_t id = 0;  // of the subscription that a message is for
    int status = 0;        // of a message without a payload: 503 is that nobody listens there
};

// Bytes of a line and of a message at most. A cluster's INFO names all of its servers.
inline constexpr std::size_t longest_line = 64 * 1024;
inline constexpr std::size_t longest_message = 1024 * 1024;

// Takes what stands first in `buffer`, which holds what was received so far. Nothing while it is
// not complete. What is wrong as soon as it can no longer become anything, or is too long.
std::expected<std::optional<Event>, std::string> take_event(std::string& buffer);

struct Login {
    std::string user;  // empty: nobody logs in, or the token does
    std::string password;
    std::string token;
    bool encrypted = false;
    // In place of user and token: a key, which signs the server's nonce, and maybe a JWT.
    std::string key{}, jwt{}, signature{};
};
std::string connect(const Login& login);
std::string subscribe(std::string_view subject, std::uint64_t id);
std::string unsubscribe(std::uint64_t id);
// With a subject to answer to, or an empty one.
std::string publish(std::string_view subject, std::string_view reply, std::string_view payload);
inline constexpr std::string_view ping = "PING\r\n";
inline constexpr std::string_view pong = "PONG\r\n";

}  // namespace vitals::wire::nats
