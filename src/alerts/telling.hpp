// From a decision to what a receiver is told: a message, the incident that it is about, and what is
// so now. Pure.
#pragma once

#include <string>
#include <string_view>

#include "alerts/alert.hpp"
#include "model/board.hpp"

namespace vitals::alerts {

// What does not change from message to message.
struct Sender {
    std::string store;    // of the state directory: begins the keys
    std::string url;      // of the page, without a slash at its end; empty: no link is written
    std::string service;  // what the configuration calls it
    std::string host;
    std::string version;
    IncidentRules rules;  // of the configuration: what flapping is
};

struct TellingAttempt {
    unsigned number = 1;
    bool may_be_copy = false;
};

// `act_link` is left empty: whoever may sign one adds it.
Alert alert_of(const Message& message, const IncidentRecord& incident, const Snapshot& snapshot,
               const Board& board, const Sender& sender, TellingAttempt attempt, System now);

// For `vitals alerts test`: it says that nothing is wrong.
Alert test_alert(std::string_view receiver, const Sender& sender, System now);

}  // namespace vitals::alerts
