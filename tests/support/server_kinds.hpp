// What the tests of every kind that speaks to a server expect.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "tls_peer.hpp"

namespace vitals::testing {

inline void expect_degraded(const Outcome& outcome, const std::string& detail) {
    EXPECT_EQ(outcome.status, Status::degraded) << outcome.error;
    EXPECT_EQ(outcome.detail, detail);
}

// For handlers: appends what has come; false: the client has left.
inline bool receive_more(int descriptor, std::string& buffer) {
    std::string piece(4096, '\0');
    const auto count = ::recv(descriptor, piece.data(), piece.size(), 0);
    if (count <= 0) return false;
    buffer.append(piece, 0, static_cast<std::size_t>(count));
    return true;
}

// Nothing listens at 127.0.0.1. `scheme` may have a user: `mysql://probe@`.
template <class Options>
void expect_refused(const checks::Kind& kind, const std::string& scheme, Options options = {}) {
    options.url = scheme + "127.0.0.1:" + std::to_string(closed_port());
    expect_failed(run_in_time(kind, options), ErrorClass::connect, "connect", "connection refused");
}

// The certificate of the server at `options.url` is refused until its authority is configured.
template <class Options>
void expect_certificate_judged(const checks::Kind& kind, Options options,
                               const Authority& authority) {
    expect_failed(run_in_time(kind, options), ErrorClass::tls, "tls", "certificate not trusted");
    options.tls.ca = authority.file();
    const Outcome outcome = run_in_time(kind, options);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
}

// Runs against a server that hangs and one that works leave nothing open.
template <class Options>
void expect_nothing_left_open(const checks::Kind& kind, const Options& hanging,
                              const Options& working, Status status = Status::ok) {
    Runner runner;
    const auto round = [&] {
        EXPECT_EQ(runner.run(kind, hanging, std::chrono::milliseconds(5)).error_class,
                  ErrorClass::timeout);
        EXPECT_EQ(runner.run(kind, working, std::chrono::seconds(2)).status, status);
    };
    expect_no_descriptor_kept(round, 100);
}

}  // namespace vitals::testing
