// What the serving threads of one server share. Immutable, or thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

#include "endpoints/control.hpp"
#include "endpoints/sessions.hpp"
#include "endpoints/tokens.hpp"
#include "endpoints/traffic.hpp"
#include "model/clock.hpp"
#include "model/hub.hpp"
#include "model/listener.hpp"
#include "vitals/log.hpp"

namespace vitals::endpoints {

struct Shared {
    Shared(std::vector<Listener> listening, Control control_, const Hub& hub_, Clock& clock_,
           Log log_, std::size_t kept_answers_, unsigned threads_)
        : listeners(std::move(listening)),
          control(std::move(control_)),
          hub(hub_),
          clock(clock_),
          log(std::move(log_)),
          kept_answers(kept_answers_),
          threads(threads_),
          traffic(threads_),
          refused_tokens(listeners.size()),
          ignored_tokens(listeners.size()),
          refused_pings(listeners.size()),
          failed_logins(listeners.size()) {}

    const std::vector<Listener> listeners;
    const Control control;
    const Hub& hub;
    Clock& clock;
    const Log log;
    const std::size_t kept_answers;  // bytes, all threads together
    const unsigned threads;
    TrafficBook traffic;
    std::atomic<std::size_t> streams{0};        // streams at present
    std::vector<RefusedTokens> refused_tokens;  // per listener: answered with 401
    std::vector<RefusedTokens> ignored_tokens;  // per listener: shown where none is needed
    std::vector<RefusedTokens> refused_pings;   // per listener: with a key that is not known
    std::vector<FailedLogins> failed_logins;    // per listener
    Sessions sessions;
};

}  // namespace vitals::endpoints
