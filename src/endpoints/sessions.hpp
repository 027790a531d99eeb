// Who has logged in with a browser. A session is a cookie of 32 random bytes. vitals keeps only its
// digest, beside the secret that was shown: the holder of a session has the present rights of that
// secret. A session ends when the secret is replaced or removed from the configuration, after 12
// hours, and with the process. Thread-safe.
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
        std::size_t all = 1'000;  // above it the oldest ends
        std::size_t of_one_token = 100;
        std::chrono::seconds life = std::chrono::hours(12);
    };
    Sessions() : Sessions(Bounds{}) {}
    explicit Sessions(Bounds bounds);

    // The cookie of a new session, or nothing if the system has no random bytes. `identity` is the
    // token that `shown` belongs to.
    std::optional<std::string> begin(const Identity& identity, std::string_view shown, Steady now);
    // The present rights of a client that shows this cookie. Shown and not known (`token` < 0): the
    // session has ended, or never existed.
    Identity identify(const Routes& routes, std::string_view cookie, Steady now);
    void end(std::string_view cookie);
    std::size_t size() const;
    std::chrono::seconds life() const noexcept { return bounds_.life; }

    // The text that a form must carry to act in the name of this cookie; without a cookie, `cookie`
    // is empty. Nobody else can know it.
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

// Failed log-ins of one listener. After ten within a minute, a client with a wrong token must wait,
// longer each time; a right token is never refused. Thread-safe.
class FailedLogins {
  public:
    // How long to wait; zero: not yet.
    std::chrono::seconds note(Steady now);

  private:
    std::mutex mutex_;
    Steady begin_{};  // of the minute
    std::size_t count_ = 0;
};

// The name of the cookie on a listener. The cookies of two programs on one machine differ, because
// browsers do not distinguish ports.
std::string cookie_name(bool tls, std::uint16_t port);
// The field that sets the cookie; without a value, the field that removes it.
std::string cookie_field(std::string_view name, std::string_view value, bool tls,
                         std::chrono::seconds life);

}  // namespace vitals::endpoints
