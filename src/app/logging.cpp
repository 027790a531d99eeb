// spdlog behind the Log seam.
#include "app/logging.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <chrono>
#include <memory>

#include "model/clock.hpp"

namespace vitals::app {

namespace {

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "info";
}

// Details and errors may hold what a peer said: no line of it may forge another.
std::string one_line(std::string_view message) {
    std::string text(message);
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return text;
}

}  // namespace

Log make_log(const std::string& level, const std::string& format) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>("vitals", sink);
    logger->set_pattern("%v");
    logger->set_level(level == "debug"     ? spdlog::level::debug
                      : level == "warning" ? spdlog::level::warn
                      : level == "error"   ? spdlog::level::err
                                           : spdlog::level::info);
    logger->flush_on(spdlog::level::debug);
    const bool json = format == "json";
    return [logger, json](LogLevel at, std::string_view message) {
        const auto to = level_of(at);
        if (!logger->should_log(to)) return;
        const std::string time = rfc3339_millis(std::chrono::system_clock::now());
        const std::string text = one_line(message);
        if (json)
            logger->log(to, "{{\"time\":\"{}\",\"level\":\"{}\",\"message\":{}}}", time,
                        name_of(at), boost::json::serialize(boost::json::string(text)));
        else
            logger->log(to, "{} {:<7} {}", time, name_of(at), text);
    };
}

}  // namespace vitals::app
