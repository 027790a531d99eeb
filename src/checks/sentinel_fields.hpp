// The options for the sentinels of a Redis, of the kinds that find a master by them.
#pragma once

#include <string_view>

#include "model/description.hpp"

namespace vitals::checks {

template <class Options>
constexpr Field sentinel_user_field() {
    return field<&Options::sentinel_user>(
        "sentinel_user", "The user to log in as on the sentinels, with `sentinel_password`.");
}

template <class Options>
constexpr Field sentinel_password_field() {
    return field<&Options::sentinel_password>(
        "sentinel_password", "The password of the sentinels, if it is not that of the master.");
}

template <class Options>
constexpr Field sentinel_tls_field(std::string_view sentence) {
    return field<&Options::sentinel_tls>("sentinel_tls", sentence, {.choices = "as_url|on|off"});
}

}  // namespace vitals::checks
