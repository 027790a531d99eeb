// What the connections of one serving thread stand on. Used on that thread only.
#pragma once

#include <exception>
#include <span>

#include "endpoints/responder.hpp"
#include "server/connections.hpp"
#include "server/limits.hpp"
#include "server/poller.hpp"

namespace vitals::server {

struct ThreadContext {
    const endpoints::Shared& shared;
    const Limits& limits;
    Poller& poller;
    endpoints::Responder& responder;
    Connections& connections;
    std::span<char> scratch;  // to read into
    bool draining = false;    // nobody new is accepted; answers under way are the last

    endpoints::KeptAnswers& kept() noexcept { return responder.kept(); }
    // That a connection could not be served; at most once a minute.
    void log_failure(const std::exception& error) noexcept;
    Steady log_failure_again{};
};

}  // namespace vitals::server
