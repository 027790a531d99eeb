// Tokens, shown as a bearer token or by Basic authentication. Every token is compared with the
// shown one in constant time and without an early end, before any other work.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "endpoints/routes.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

// The Authorization field if it is `Bearer TOKEN` or `Basic ...`; else empty.
std::string_view credentials_of(const http::Head& head) noexcept;

struct Identity {
    bool shown = false;  // a token was shown
    bool basic = false;  // by Basic authentication: a browser adds it by itself to any request
    int token = -1;      // its index in the routes; -1: none or not known
    Rights may;

    bool operator==(const Identity&) const = default;
};

// A token without a value (a vault that cannot be reached) matches nothing. A replaced secret is
// accepted for the token's overlap.
Identity identify(const Routes& routes, std::string_view token, Steady now);
// From the result of credentials_of(). With Basic, the token is the password or the user.
Identity identify_by(const Routes& routes, std::string_view credentials, Steady now);

// Counts refused tokens, and says when to log them. Thread-safe.
class RefusedTokens {
  public:
    // True when it is time to log; `count` is then the number since the last time.
    bool note(Steady now, std::chrono::milliseconds pause, std::uint64_t& count) noexcept;

  private:
    std::atomic<std::uint64_t> pending_{0};
    std::atomic<std::int64_t> next_{INT64_MIN};
};

}  // namespace vitals::endpoints
