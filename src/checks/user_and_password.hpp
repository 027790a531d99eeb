// For kinds that log in with a user and a password, or not at all.
#pragma once

#include "model/description.hpp"

namespace vitals::checks {

// For make_kind: options with url, user and password name both or neither.
template <class Options>
Verified verify_user_and_password(const Options& options) {
    const bool has_user = !options.user.empty() || !options.url.user.empty();
    const bool has_password = options.password.configured() || !options.url.password.empty();
    if (has_user != has_password)
        return std::unexpected(has_user ? "a user without a password"
                                        : "a password without a user");
    return {};
}

}  // namespace vitals::checks
