#include "server/thread_context.hpp"

#include <fmt/format.h>

namespace vitals::server {

void ThreadContext::log_failure(const std::exception& error) noexcept {
    if (kept().now() < log_failure_again) return;
    log_failure_again = kept().now() + std::chrono::minutes(1);
    try {
        shared.log(
            LogLevel::error,
            fmt::format("a connection was closed, it could not be served: {}", error.what()));
    } catch (const std::exception&) {
        // Not even memory to say so.
    }
}

}  // namespace vitals::server
