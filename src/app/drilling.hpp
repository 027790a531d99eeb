// Proves that checks can fail: the drill puts faults between each check and its backend, and each
// must make the component fail. The checks are those of the configuration with their own options,
// deadlines and secrets. Only their connections take another way, so that URL, host, server name
// and signature stay the same. The backend receives only what the check sends.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "drill/fault.hpp"
#include "vitals/outcome.hpp"

namespace vitals::app {

// The effect of one fault on one component.
struct DrilledFault {
    enum class Verdict : std::uint8_t {
        seen,           // failed, with a class that this fault may have
        cannot_fail,    // stayed ok or degraded
        other_class,    // failed, but with another reason
        blind,          // `unknown`: the cause was vitals, not the backend
        not_recovered,  // seen, but still failed after the fault
    };
    drill::Behaviour behaviour;
    std::vector<ErrorClass> expected;
    Verdict verdict = Verdict::seen;
    Outcome outcome;                        // of the run with the fault
    std::string after;                      // not_recovered: the result of the run after it
    std::chrono::milliseconds counts_in{};  // the longest time until the component is failed
};

struct DrilledComponent {
    std::string name;
    std::string kind;
    std::string cannot;  // not empty: why no fault could be tried
    std::vector<DrilledFault> faults;
};

// `seen`, `cannot fail`, ...
std::string_view to_string(DrilledFault::Verdict verdict) noexcept;

// What the drill says of a kind that it cannot test; empty: nothing is known before a run.
std::string why_no_drill(const config::ComponentConfig& component);
// The faults for connections, or for datagrams, in their order; without the numbers that only a run
// shows.
std::vector<drill::Fault> drilled_faults(bool datagrams);

// Drills all of them, at most `at_once` at a time, and reports each when it is done. The result has
// the order of the components.
std::vector<DrilledComponent> drill_components(
    const std::vector<config::ComponentConfig>& components, std::size_t at_once,
    const std::function<void(const DrilledComponent&)>& done);

// Sends a test message about the drill through a receiver of the configuration, to all of its
// addresses. Returns what went wrong, or empty. Waits for the receiver's answer.
std::string tell_of_drill(const config::Config& config, const std::string& receiver,
                          const std::string& component, const std::string& detail);

}  // namespace vitals::app
