// RESP2, what Redis speaks: https://redis.io/docs/reference/protocol-spec/. Pure.
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
    // An error's first word: what Redis names its errors by (`NOAUTH`, `READONLY`, `ERR`).
    std::string_view error_code() const noexcept;
};

// What one value may hold; a health check asks for nothing larger.
inline constexpr std::size_t longest_value = 64 * 1024;  // bytes on the wire, all in all
inline constexpr std::size_t longest_line = 8 * 1024;
inline constexpr std::size_t most_items = 1024;  // all in all
inline constexpr std::size_t deepest = 8;

// Takes the first value out of `buffer`, which holds what was received so far. Nothing while the
// value is not complete. What is wrong as soon as it can no longer become one, or is too long.
std::expected<std::optional<Value>, std::string> take_value(std::string& buffer,
                                                            std::size_t longest = longest_value);

// A command as the bytes that are sent: an array of bulk strings, so no argument needs quoting.
std::string command(std::span<const std::string> words);

// The value of `name:value` in what INFO and CLUSTER INFO answer with; null when there is none.
std::optional<std::string_view> info_field(std::string_view info, std::string_view name);
// Of `a=1,b=2`, as INFO lists replicas and masters.
std::optional<std::string_view> info_part(std::string_view list, std::string_view name);

}  // namespace vitals::wire::resp
