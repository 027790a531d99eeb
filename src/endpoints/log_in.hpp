// How a person logs in and out: by POST /v1/sessions or by the page's form. Thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "endpoints/access.hpp"
#include "endpoints/shared.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

// The text when no token is configured.
extern const std::string_view no_tokens;

struct LoggedIn {
    Identity identity;
    std::string set_cookie;       // the field's value; empty: refused
    int status = 200;             // of a refusal
    std::string problem;          // one sentence
    std::chrono::seconds wait{};  // before the next attempt; zero: none
};
// A right token is never limited. Failures are counted for each listener, and logged at most once a
// second.
LoggedIn log_in(Shared& shared, const Routes& routes, const Peer& peer, std::string_view shown,
                Steady now);

// The value of this listener's cookie in a request, or empty. Points into the head.
std::string_view session_cookie(const Shared& shared, const Peer& peer, const http::Head& head);
// Ends the session; `answer` gets the field that removes the cookie.
http::Response log_out(Shared& shared, const Peer& peer, std::string_view cookie,
                       http::Response answer);

// The answer to POST /v1/sessions.
http::Response log_in_by_json(Shared& shared, const Routes& routes, const Peer& peer,
                              const std::string& body, std::string_view path, Steady now);

}  // namespace vitals::endpoints
