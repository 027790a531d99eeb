// Runs the programs of `on_failed`: each in its own session, without vitals' environment, and
// killed at its deadline with all that it started. Used on the loop's thread only.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "alerts/actions.hpp"
#include "model/clock.hpp"
#include "net/environment.hpp"

namespace vitals::app {

class ActionRunner {
  public:
    ActionRunner(net::Environment& environment, Clock& clock);
    ~ActionRunner();
    ActionRunner(const ActionRunner&) = delete;
    ActionRunner& operator=(const ActionRunner&) = delete;

    // `ended` is called once, later, when no process of the program is left; not after destruction.
    void run(const std::string& component, const alerts::OnFailed& rule,
             std::function<void(alerts::ActionEnd)> ended);

  private:
    struct Flight;

    net::Environment& environment_;
    Clock& clock_;
    std::set<std::shared_ptr<Flight>> flights_;
};

}  // namespace vitals::app
