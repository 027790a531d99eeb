// Proves that checks can fail: faults stand between each check and its backend, and each must turn
// the component failed. The checks are those of the configuration with their own options, deadlines
// and secrets. Only the way that their connections take is another one, so that URL, host, server
// name and signature stay as they are. The backend hears nothing but what the check says.
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

// What one fault did to one component.
struct DrilledFault {
    enum class Verdict : std::uint8_t {
        seen,           // failed, with a class that this fault may have
        cannot_fail,    // stayed ok or degraded
        other_class,    // failed, but said something else to be the reason
        blind,          // `unknown`: vitals, not the backend, was to blame
        not_recovered,  // seen, and still failed when the fault was over
    };
    drill::Behaviour behaviour;
    std::vector<ErrorClass> expected;
    Verdict verdict = Verdict::seen;
    Outcome outcome;                        // of the run that met the fault
    std::string after;                      // not_recovered: what the run after it said
    std::chrono::milliseconds counts_in{};  // until the component is failed, at most
};

struct DrilledComponent {
    std::string name;
    std::string kind;
    std::string cannot;  // not empty: why no fault could be tried
    std::vector<DrilledFault> faults;
    bool is_proved() const;  // every fault was seen, and there was one
};

// `seen`, `cannot fail`, ...
std::string_view to_string(DrilledFault::Verdict verdict) noexcept;

// What the drill says of a kind that it cannot stand before; empty: nothing is known before a run.
std::string why_no_drill(const config::ComponentConfig& component);
// The faults that are tried on connections, or on datagrams, in their order; without the numbers
// that only a run shows.
std::vector<drill::Fault> drilled_faults(bool datagrams);

// Drills all of them, at most `at_once` at a time, and hands each over as it is done. The result
// has the order of the components.
std::vector<DrilledComponent> drill_components(
    const std::vector<config::ComponentConfig>& components, std::size_t at_once,
    const std::function<void(const DrilledComponent&)>& done);

// Sends a test message that says what was drilled through a receiver of the configuration, or all
// of its addresses. What went wrong, or empty. Waits for the receiver's answer.
std::string tell_of_drill(const config::Config& config, const std::string& receiver,
                          const std::string& component, const std::string& detail);

}  // namespace vitals::app
