// The client's side of D-Bus on a unix socket, without I/O: the log-in as the present user, method
// calls with texts, and their answers. Pure. Source: the D-Bus specification 0.41,
// https://dbus.freedesktop.org/doc/dbus-specification.html
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/check_error.hpp"

namespace vitals::wire::dbus {

inline constexpr std::size_t longest_message = std::size_t{1} << 20;  // bytes, header included
inline constexpr std::size_t most_values = 200'000;                   // of one message
inline constexpr int deepest = 32;                // containers within one another
inline constexpr std::size_t longest_line = 512;  // of the log-in

// A value of any type. Variants are unwrapped; arrays, structs and dictionary entries are lists (an
// entry one of two); an array of bytes is a text.
struct Value : std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string,
                            std::vector<Value>> {
    using variant::variant;

    const std::string* text() const { return std::get_if<std::string>(this); }
    const std::vector<Value>* list() const { return std::get_if<std::vector<Value>>(this); }
    // Any whole number that is not negative.
    std::optional<std::uint64_t> number() const;
    // Of a dictionary from texts (a{sv}): the value of that name, or null.
    const Value* at(std::string_view name) const;
};

struct Message {
    enum class Type : std::uint8_t { call = 1, answer = 2, error = 3, signal = 4 };
    Type type = Type::signal;
    std::uint32_t serial = 0;
    std::uint32_t reply_to = 0;  // the call's serial; 0: none
    std::string error;           // the name of an error: `org.freedesktop.DBus.Error.NoReply`
    std::vector<Value> body;
};

// Takes the first message from `buffer`, which holds the received bytes. Nothing while the message
// is incomplete. An error as soon as it can no longer become a message, or is too long.
std::expected<std::optional<Message>, std::string> take_message(std::string& buffer);

// A method call. The arguments are texts, followed by a list of texts if there is one.
struct Call {
    std::string destination;  // empty without a bus: systemd's private socket
    std::string path;
    std::string interface;
    std::string member;
    std::vector<std::string> texts;
    std::optional<std::vector<std::string>> list;
};
// It does not start a service (NO_AUTO_START). The serial is not 0.
std::string call_message(const Call& call, std::uint32_t serial);

// A conversation (net/conversation.hpp): logs in, then returns messages.
class Client {
  public:
    struct Event {
        bool logged_in = false;  // the first one; then each is a message
        Message message;
    };

    explicit Client(std::uint32_t user);

    // Call it once logged in; the serial that the answer names.
    std::uint32_t call(const Call& call);
    std::string take_output() { return std::exchange(output_, {}); }
    void receive(std::string_view bytes) { input_ += bytes; }
    std::expected<std::optional<Event>, CheckError> next();
    CheckError ended() const;

  private:
    std::expected<std::optional<Event>, CheckError> log_in();

    std::string input_;
    std::string output_;
    std::uint32_t serial_ = 0;
    bool logged_in_ = false;
};

// The form of a unit's name in the path of an object: every byte that is not a letter or digit, and
// a digit that comes first, becomes `_` and two hexadecimal digits.
std::string path_element(std::string_view name);

}  // namespace vitals::wire::dbus
