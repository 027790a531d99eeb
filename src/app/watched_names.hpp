// The environment of a daemon's checks: it reports the addresses of names, so that a change of them
// is shown before an incident.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "net/environment.hpp"

namespace vitals::app {

class WatchedNames final : public net::Environment {
  public:
    // On the loop, after the run that has resolved.
    using Resolved = std::function<void(const std::string& component, const std::string& host,
                                        std::vector<std::string> addresses)>;

    // It is told on the loop `told`.
    WatchedNames(net::Loop& loop, net::Loop& told, Resolved resolved)
        : Environment(loop), told_(told), resolved_(std::move(resolved)) {}

    net::awaitable<std::vector<std::string>> resolve(net::Context& context,
                                                     std::string name) override;

  private:
    net::Loop& told_;
    const Resolved resolved_;
};

}  // namespace vitals::app
