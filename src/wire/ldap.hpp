// The client's side of LDAP: messages, results and entries, and the few requests of a probe, in BER
// with definite lengths. RFC 4511. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire::ldap {

// The types of messages; a server sends all except the requests.
enum class Operation : std::uint8_t {
    bind = 0x60,
    bound = 0x61,
    unbind = 0x42,
    search = 0x63,
    entry = 0x64,
    searched = 0x65,
    reference = 0x73,
    extended = 0x77,
    extended_done = 0x78,
};

struct Message {
    std::int32_t id = 0;  // of the request that it answers; 0: unsolicited
    Operation operation = Operation::bind;
    std::string body;
};

// The greatest size of one message in bytes; a probe asks for entries without attributes.
inline constexpr std::size_t longest_message = 1024 * 1024;

// Takes the first message from `buffer`, which holds the received bytes. Nothing while the message
// is incomplete. An error as soon as it can no longer become a message, or is too long.
std::expected<std::optional<Message>, std::string> take_message(std::string& buffer);

// From `bound`, `searched` and `extended_done`. Nothing when the body is cut short.
struct Result {
    std::int32_t code = 0;
    std::string text;  // theirs
};
std::optional<Result> read_result(const Message& message);

// The values of an attribute in an `entry`; the case of its name does not matter. None if it has no
// such attribute. Nothing when the body is cut short.
std::optional<std::vector<std::string>> read_values(const Message& message,
                                                    std::string_view attribute);

// With a name and its password; two empty ones are anonymous.
std::string bind(std::int32_t id, std::string_view name, std::string_view password);
// For the entry itself, with one attribute, or with none.
inline constexpr std::string_view no_attribute = "1.1";
std::string look_up(std::int32_t id, std::string_view name, std::int32_t seconds,
                    std::string_view attribute = no_attribute);
std::string start_tls(std::int32_t id);
std::string unbind(std::int32_t id);

}  // namespace vitals::wire::ldap
