// How requests use the fleet. Each call is made on a serving thread and must not block.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model/fleet_view.hpp"

namespace vitals::endpoints {

struct FleetControl {
    // At once; null: this vitals belongs to no fleet.
    std::function<std::shared_ptr<const FleetView>()> view;
    // Takes a service out of service on every node, or puts it back (text "OK"). The callback may
    // come from any thread. It gets what is wrong, or an empty text, and whether the change is on
    // this node's disk.
    std::function<void(std::string service, std::string text, std::string by,
                       std::function<void(std::string problem, bool durable)>)>
        drain;
};

}  // namespace vitals::endpoints
