// The options that most kinds use to reach their backend, described once.
#pragma once

#include <string_view>

#include "model/description.hpp"
#include "net/tls.hpp"

namespace vitals::checks {

// For a kind that requires it.
template <class Options, auto verify = nullptr>
constexpr Field url_field(std::string_view sentence, std::string_view example) {
    return field<&Options::url, verify>("url", sentence, {.required = true, .example = example});
}

template <class Options>
constexpr Field user_field(
    std::string_view sentence = "The user to log in as; it may stand in the URL instead.") {
    return field<&Options::user>("user", sentence);
}

template <class Options>
constexpr Field password_field() {
    return field<&Options::password>("password",
                                     "The password of the user; it may stand in the URL instead.");
}

template <class Options>
constexpr Field tls_field(std::string_view sentence = "CA, client certificate and server name.") {
    return field<&Options::tls>("tls", sentence, {.members = net::tls_fields});
}

}  // namespace vitals::checks
