// Writes the registry's messages to a spdlog logger, for services that have one. This is the only
// header of vitals that needs spdlog; `vitals/vitals.hpp` does not include it.
//
//     vitals::RegistryOptions options;
//     options.log = vitals::spdlog_log(spdlog::default_logger());
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "vitals/log.hpp"

namespace vitals {

// The logger is shared and must be a thread-safe one (`_mt`). Throws std::invalid_argument for
// null.
inline Log spdlog_log(std::shared_ptr<spdlog::logger> logger) {
    if (logger == nullptr) throw std::invalid_argument("spdlog_log: the logger must not be null");
    return [logger = std::move(logger)](LogLevel level, std::string_view message) {
        const auto theirs = [level] {
            switch (level) {
                case LogLevel::debug:
                    return spdlog::level::debug;
                case LogLevel::info:
                    return spdlog::level::info;
                case LogLevel::warning:
                    return spdlog::level::warn;
                case LogLevel::error:
                    break;
            }
            return spdlog::level::err;
        }();
        logger->log(theirs, spdlog::string_view_t(message.data(), message.size()));
    };
}

}  // namespace vitals
