// The client's side of a websocket, without I/O: the opening handshake and frames. Pure.
// Source: RFC 6455.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/check_error.hpp"

namespace vitals::wire::websocket {

inline constexpr std::size_t longest_head = 16 * 1024;     // of the answer to the handshake
inline constexpr std::uint64_t largest_message = 1 << 20;  // bytes, its fragments together

struct Handshake {
    std::string target;  // path and query
    std::string host;    // as it stands in Host
    std::array<std::uint8_t, 16> nonce{};
    std::string subprotocol;  // empty: none
    std::vector<std::pair<std::string, std::string>> headers;
};

// base64(SHA-1(key + the RFC's GUID)): proves that the server speaks websocket.
std::string accept_of(std::string_view key);

struct Event {
    enum class What : std::uint8_t { opened, pong, message, closed };
    What what = What::opened;
    std::string data;        // of pong and message; the reason of closed
    std::uint16_t code = 0;  // of closed; 0: none was given
};

class Client {
  public:
    using Event = websocket::Event;
    // `mask` gives four random bytes for each frame (section 5.3).
    Client(const Handshake& handshake, std::function<std::uint32_t()> mask);

    std::string take_output() { return std::exchange(output_, {}); }
    void receive(std::string_view bytes) { input_ += bytes; }
    // The next event, or nothing before more bytes are received. It also answers pings. A failure
    // ends the conversation.
    std::expected<std::optional<Event>, CheckError> next();
    CheckError ended() const;

    void ping(std::string_view payload) { send(0x9, payload); }
    void say(std::string_view text) { send(0x1, text); }
    void close();

  private:
    using Step = std::expected<std::optional<Event>, CheckError>;
    Step head();
    Step frame();
    Step take(std::uint8_t opcode, bool last, std::string payload);
    void send(std::uint8_t opcode, std::string_view payload);

    std::string accept_;
    std::string subprotocol_;
    std::function<std::uint32_t()> mask_;
    bool open_ = false;
    std::optional<std::string> message_;  // fragments so far
    std::string input_;
    std::string output_;
};

}  // namespace vitals::wire::websocket
