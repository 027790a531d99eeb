// LDAP as a client speaks it: messages, results and entries, and the few requests of a probe, in
// BER with definite lengths. RFC 4511. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire::ldap {

// Of what a message holds; a server sends all but the requests.
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
    std::int32_t id = 0;  // of the request that it answers; 0: said unasked
    Operation operation = Operation::bind;
    std::string body;
};

// Bytes of one message at most; a probe asks for entries without attributes.
inline constexpr std::size_t longest_message = 1024 * 1024;

// Takes the first message out of `buffer`, which holds what was received so far. Nothing while it
// is not complete. What is wrong as soon as it can no longer become one, or is too long.
std::expected<std::optional<Message>, std::string> take_message(std::string& buffer);

// Of `bound`, `searched` and `extended_done`. Nothing when the body is cut short.
struct Result {
    std::int32_t code = 0;
    std::string text;  // theirs
};
std::optional<Result> read_result(const Message& message);

// The values of an attribute in an `entry`, whatever the case of its name; none where it has no
// such one. Nothing when the body is cut short.
std::optional<std::vector<std::string>> read_values(const Message& message,
                                                    std::string_view attribute);

// With a name and its password; two empty ones are nobody.
std::string bind(std::int32_t id, std::string_view name, std::string_view password);
// For the entry itself, with one attribute, or with none.
inline constexpr std::string_view no_attribute = "1.1";
std::string look_up(std::int32_t id, std::string_view name, std::int32_t seconds,
                    std::string_view attribute = no_attribute);
std::string start_tls(std::int32_t id);
std::string unbind(std::int32_t id);

}  // namespace vitals::wire::ldap
