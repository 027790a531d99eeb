// Who has logged in with a browser. A session is a cookie of 32 random bytes, of which only the
// digest is kept, beside the secret that was shown: whoever holds a session may what that secret
// may now. It ends when that is replaced or leaves the configuration, after 12 hours, and with the
// process. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoints/tokens.hpp"

namespace vitals::endpoints {

class Sessions {
  public:
    struct Bounds {
        std::size_t all = 1'000;  // beyond it the oldest ends
        std::size_t of_one_token = 100;
        std::chrono::seconds life = std::chrono::hours(12);
    };
    Sessions() : Sessions(Bounds{}) {}
    explicit Sessions(Bounds bounds);

    // The cookie of a new one, or nothing where the system has no random bytes. `identity` is what
    // `shown` was found to be.
    std::optional<std::string> begin(const Identity& identity, std::string_view shown, Steady now);
    // What whoever shows this cookie may now; shown and not known (`token` < 0): it has ended, or
    // never was.
    Identity identify(const Routes& routes, std::string_view cookie, Steady now);
    void end(std::string_view cookie);
    std::size_t size() const;
    std::chrono::seconds life() const noexcept { return bounds_.life; }

    // What a form must carry that acts in the name of this cookie; of who needs none, `cookie` is
    // empty. Nobody else can know it.
    std::string form_token(std::string_view cookie) const;
    bool is_form_token(std::string_view shown, std::string_view cookie) const;

  private:
    struct Session {
        Secret shown;
        int token = -1;  // when it began: for the bound
        Steady began{};
    };

    const Bounds bounds_;
    std::string key_;  // of the forms' tokens; random
    mutable std::mutex mutex_;
    std::map<std::string, Session> sessions_;  // by the cookie's digest
};

// Failed log-ins of one listener. Beyond ten within a minute whoever shows a wrong token is told to
// wait, longer each time; a right one is never refused. Thread-safe.
class FailedLogins {
  public:
    // How long to wait; zero: not yet.
    std::chrono::seconds note(Steady now);

  private:
    std::mutex mutex_;
    Steady begin_{};  // of the minute
    std::size_t count_ = 0;
};

// The name of the cookie on a listener: those of two programs on one machine do not meet, since
// browsers tell no ports apart.
std::string cookie_name(bool tls, std::uint16_t port);
// The field that sets it; without a value: that removes it.
std::string cookie_field(std::string_view name, std::string_view value, bool tls,
                         std::chrono::seconds life);

}  // namespace vitals::endpoints
