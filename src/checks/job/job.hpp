// A job that reports when it begins and how it ends: a cron job, a backup.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "calendar/cron.hpp"
#include "checks/kind.hpp"

namespace vitals {
template <>
struct OptionText<calendar::Cron> {
    static constexpr std::string_view name = "cron expression";
    static std::expected<calendar::Cron, std::string> parse(std::string_view text) {
        return calendar::Cron::parse(text);
    }
    static std::string shown(const calendar::Cron& cron) { return cron.text(); }
};
}  // namespace vitals

namespace vitals::checks::job {

struct Options {
    std::optional<calendar::Cron> schedule;
    std::string zone;
    std::chrono::milliseconds start_grace = std::chrono::minutes(5);
    std::chrono::milliseconds run_max = std::chrono::hours(24);
    std::optional<std::chrono::milliseconds> run_min;
    std::string overlap = "degraded";
    Secret ping_key;
};

extern const Kind kind;

}  // namespace vitals::checks::job
