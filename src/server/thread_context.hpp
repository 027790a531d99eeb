// What the connections of one serving thread share. Used on that thread only.
#pragma once

#include <exception>
#include <span>

#include "endpoints/responder.hpp"
#include "server/connections.hpp"
#include "server/limits.hpp"
#include "server/poller.hpp"
#include "server/streams.hpp"

namespace vitals::server {

struct ThreadContext {
    const endpoints::Shared& shared;
    const Limits& limits;
    Poller& poller;
    endpoints::Responder& responder;
    Connections& connections;
    Streams& streams;
    std::span<char> scratch;  // to read into
    bool draining = false;    // no new connections are accepted; answers in progress are the last

    endpoints::KeptAnswers& kept() noexcept { return responder.kept(); }
    // Logs that a connection could not be served; at most once a minute.
    void log_failure(const std::exception& error) noexcept;
    Steady log_failure_again{};
    // Logs that a stream was ended because its reader did not take it; at most once a minute.
    void log_slow_reader(const std::string& who);
    Steady log_slow_again{};
    // Logs that a connection did not begin with a PROXY header; at most once a minute.
    void log_no_proxy_header(const std::string& listener, const std::string& who,
                             const std::string& why);
    Steady log_no_header_again{};
    std::size_t slow_readers = 0;  // since the last line
};

}  // namespace vitals::server
