// The option `ping_key` of a component that is reported from outside.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/description.hpp"
#include "model/secret.hpp"

namespace vitals::checks {

// It stands in a path, and anyone who guesses it can report anything. The shortest are those of
// Uptime Kuma.
inline Verified ping_key_problem(const Secret& key) {
    constexpr std::size_t shortest = 10, longest = 128;
    constexpr std::string_view characters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    if (!key.available()) return {};
    std::string value = key.reveal();
    const bool good = value.size() >= shortest && value.size() <= longest &&
                      value.find_first_not_of(characters) == std::string::npos;
    wipe(value);
    if (good) return {};
    return std::unexpected(
        "must be 10 to 128 letters, digits, '-' and '_', such as uuidgen prints");
}

template <auto member>
constexpr Field ping_key_field() {
    return field<member, ping_key_problem>(
        "ping_key",
        "A secret that lets a program report the component as it would to Healthchecks or Uptime "
        "Kuma: /ping/KEY, /api/push/KEY.",
        {.example = "{file: /run/secrets/backup.key}"});
}

}  // namespace vitals::checks
