#include "server/thread_context.hpp"

#include <fmt/format.h>

#include <utility>

#include "text/amount.hpp"

namespace vitals::server {

void ThreadContext::log_failure(const std::exception& error) noexcept {
    if (kept().now() < log_failure_again) return;
    log_failure_again = kept().now() + std::chrono::minutes(1);
    try {
        shared.log(
            LogLevel::error,
            fmt::format("a connection was closed, it could not be served: {}", error.what()));
    } catch (const std::exception&) {
        // There is not even memory to say so.
    }
}

void ThreadContext::log_no_proxy_header(const std::string& listener, const std::string& who,
                                        const std::string& why) {
    if (kept().now() < log_no_header_again) return;
    log_no_header_again = kept().now() + std::chrono::minutes(1);
    shared.log(LogLevel::warning,
               fmt::format("listener {}: a connection from {} is refused: {}; is the PROXY "
                           "protocol switched on in the proxy (HAProxy: send-proxy)?",
                           listener, who, why));
}

void ThreadContext::log_slow_reader(const std::string& who) {
    ++slow_readers;
    if (kept().now() < log_slow_again) return;
    log_slow_again = kept().now() + std::chrono::minutes(1);
    shared.log(
        LogLevel::warning,
        fmt::format("{} did not take what it was sent, the last of them {}: closed; they may "
                    "connect again and go on from where they were",
                    text::counted(std::exchange(slow_readers, 0), "stream's reader"), who));
}

}  // namespace vitals::server
