// From a program's registration to the engine's definition.
#include <fmt/format.h>

#include <stdexcept>

#include "library/core.hpp"
#include "model/name.hpp"
#include "model/per_status.hpp"
#include "text/escape.hpp"

namespace vitals::library {

namespace {

using namespace std::chrono_literals;

constexpr PerStatus<std::string_view> traffic_light{"OK", "YELLOW", "RED", "UNKNOWN"};

}  // namespace

std::string state_change_line(std::string_view name, Status from, Status to,
                              std::string_view detail) {
    return fmt::format("[{}] state change: {} -> {} \"{}\"", name, traffic_light(from),
                       traffic_light(to), detail);
}

void check_name(std::string_view name) {
    if (const std::string problem = name_problem(name); !problem.empty())
        throw std::invalid_argument(fmt::format("the name '{}' {}", text::one_line(name), problem));
}

void check_options(const Options& options) {
    const auto check = [](std::optional<std::chrono::milliseconds> duration,
                          std::string_view what) {
        if (duration && (*duration <= 0ms || *duration > longest))
            throw std::invalid_argument(
                fmt::format("{} is {} ms, expected more than zero and at most ten years", what,
                            duration->count()));
    };
    check(options.interval, "Options::interval");
    check(options.timeout, "Options::timeout");
    check(options.valid_for, "Options::valid_for");
    check(options.slow_above, "Options::slow_above");
    check(options.ttl, "Options::ttl");
    check(options.retry_interval, "Options::retry_interval");
    check(options.down_interval, "Options::down_interval");
    if (options.retry_interval && *options.retry_interval > options.interval)
        throw std::invalid_argument("Options::retry_interval is more than Options::interval");
    if (options.down_interval && *options.down_interval < options.interval)
        throw std::invalid_argument("Options::down_interval is less than Options::interval");
    if (options.failures == 0)
        throw std::invalid_argument("Options::failures is 0, expected 1 or more");
    if (options.successes == 0)
        throw std::invalid_argument("Options::successes is 0, expected 1 or more");
}

engine::Definition definition_of(std::string name, std::string kind, const Options& options) {
    engine::Definition definition;
    Component& component = definition.component.edit();
    component.name = std::move(name);
    component.kind = std::move(kind);
    component.critical = options.critical;
    component.tags = options.tags;
    component.depends_on = options.depends_on;
    component.probes = options.probes;
    component.interval = options.interval;
    component.timeout = options.timeout;
    definition.policy.interval = options.interval;
    definition.policy.timeout = options.timeout;
    definition.policy.failures = options.failures;
    definition.policy.successes = options.successes;
    definition.policy.valid_for = options.valid_for;
    definition.policy.slow_above = options.slow_above;
    definition.policy.retry_interval = options.retry_interval;
    definition.policy.down_interval = options.down_interval;
    return definition;
}

}  // namespace vitals::library
