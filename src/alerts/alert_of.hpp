// From a decision of the policy and the record of its incident to the alert. Pure.
#pragma once

#include <string>

#include "alerts/alert.hpp"
#include "model/board.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::alerts {

// What an alert says in addition to the decision and the incident.
struct Telling {
    std::string store;  // of message_key()
    System decided{};   // Message::decided by the wall clock
    std::string url;    // `alerts.url`; empty: there are no links
    std::string host;   // where vitals runs
    std::string version;
    Settings settings;  // the rules of flapping; who is told does not matter
    unsigned attempt = 1;
    bool may_be_copy = false;
    std::string node;    // of a fleet; empty: there is none
    bool alone = false;  // it hears nobody of its fleet
};

// `snapshot` says which components are critical, their names and their runbooks; null: none of that
// is known.
Alert alert_of(const Message& message, const IncidentRecord& record, const Snapshot* snapshot,
               const Telling& telling);

// A test message to a receiver: nothing is wrong, and `detail` says so.
Alert test_alert(std::string incident, System at, std::string detail);

}  // namespace vitals::alerts
