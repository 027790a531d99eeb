// RESP2, the protocol of Redis: https://redis.io/docs/reference/protocol-spec/. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire::resp {

struct Value {
    enum class Type : std::uint8_t { simple, error, integer, bulk, nil, array };
    Type type = Type::nil;
    std::string text;          // of simple, error, bulk
    std::int64_t integer = 0;  // of integer
    std::vector<Value> items;  // of array

    bool is(Type other) const noexcept { return type == other; }
    // The first word of an error, by which Redis names it (`NOAUTH`, `READONLY`, `ERR`).
    std::string_view error_code() const noexcept;
};

// The limits of one value; a health check asks for nothing larger.
inline constexpr std::size_t longest_value = 64 * 1024;  // bytes on the wire, all in all
inline constexpr std::size_t longest_line = 8 * 1024;
inline constexpr std::size_t most_items = 1024;  // all in all
inline constexpr std::size_t deepest = 8;

// Takes the first value from `buffer`, which holds the received bytes. Nothing while the value is
// incomplete. An error as soon as it can no longer become a value, or is too long.
std::expected<std::optional<Value>, std::string> take_value(std::string& buffer,
                                                            std::size_t longest = longest_value);

// A command in the form of the wire: an array of bulk strings, so no argument needs quoting.
std::string command(std::span<const std::string> words);

// The value of `name:value` in an answer to INFO or CLUSTER INFO; null when there is none.
std::optional<std::string_view> info_field(std::string_view info, std::string_view name);
// The value in `a=1,b=2`, as INFO lists replicas and masters.
std::optional<std::string_view> info_part(std::string_view list, std::string_view name);

}  // namespace vitals::wire::resp
