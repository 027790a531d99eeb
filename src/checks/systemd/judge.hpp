// The verdict on systemd's report of a unit. Pure.
//
// `ActiveState` alone is not a verdict: a service that dies every second may be `active` at that
// moment, a oneshot that ended well is `inactive` like a stopped one, and a timer stays `active`
// whatever happens to its service.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/restarts.hpp"
#include "systemd.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"
#include "wire/dbus.hpp"

namespace vitals::checks::systemd {

// The relevant properties of a unit.
struct Unit {
    std::string name;
    std::string load;               // LoadState
    std::string active;             // ActiveState
    std::string sub;                // SubState
    std::string result;             // of a service or timer; empty if a unit has none
    std::string type;               // of a service: simple, notify, oneshot, ...
    std::string triggers;           // of a timer: the unit that it starts
    std::uint64_t exit_code = 0;    // why the main process ended: 1 exited, 2 killed, 3 dumped core
    std::uint64_t exit_status = 0;  // with which code, or by which signal
    std::uint64_t restarts = 0;     // by systemd itself, since the last manual start
    std::optional<System> changed;  // the state; no value: never
    std::optional<System> activated;     // became active
    std::optional<System> main_started;  // the main process
    std::optional<System> triggered;     // of a timer: the last time
};

Unit unit_of(const std::string& name, const wire::dbus::Value& properties);

// A service or any other unit but a timer.
Outcome judge(const Options& options, const Unit& unit, const Restarts& restarts, System now);
// A timer, with the unit that it starts.
Outcome judge_timer(const Options& options, const Unit& timer, const Unit& started, System now);
// `failed` are the names of all failed units, `state` is that of the manager.
Outcome judge_all(const Options& options, std::string_view state,
                  const std::vector<std::string>& failed);

}  // namespace vitals::checks::systemd
