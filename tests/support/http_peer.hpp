// For tests of what speaks HTTP: answers as bytes, a server that notes what it was asked, and what
// must come of a server that misbehaves.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "check_testing.hpp"

namespace vitals::testing {

// A whole answer; `headers` each with their line's end.
std::string http_answer(const std::string& status, const std::string& body = {},
                        const std::string& headers = {});

struct HttpRequest {
    std::string method;
    std::string target;  // path and query
    std::string head;    // all lines, with its end
    std::string body;
    std::string path() const { return target.substr(0, target.find('?')); }
};

// A server on 127.0.0.1 that gives each request the bytes that `answers` makes of it, one
// connection each.
class HttpPeer {
  public:
    // Called under a lock that requests() takes, too. `http_reset` resets the connection.
    using Answers = std::function<std::string(const HttpRequest&)>;
    explicit HttpPeer(Answers answers)
        : answers_(std::move(answers)), peer_([this](int descriptor) { serve(descriptor); }) {}
    std::string address() const { return peer_.address(); }
    std::string url() const { return "http://" + peer_.address(); }
    std::vector<std::string> requests();  // their heads
    // Runs `change` while no request is answered.
    void between_requests(const std::function<void()>& change);

  private:
    void serve(int descriptor);

    Answers answers_;
    std::vector<std::string> requests_;
    std::mutex mutex_;
    Peer peer_;  // last, because it serves from its construction on
};
inline constexpr std::string_view http_reset = "(reset)";

// A run of a check against that URL, which has no path.
using RunAgainst =
    std::function<Outcome(const std::string& url, std::chrono::milliseconds timeout)>;

// What a check that reads at most `limit` ("64KiB") of an answer must make of a server that refuses
// connections, hangs, resets, answers garbage, too much, or byte by byte, while it is in `phase`.
void expect_http_faults(const RunAgainst& run, std::string_view phase, std::string_view limit);
// And of one with a certificate that nobody vouches for.
void expect_tls_verified(const RunAgainst& run);

}  // namespace vitals::testing
