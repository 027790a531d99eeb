// What requests may change, and the seam through which they ask for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/response.hpp"
#include "model/past.hpp"
#include "model/pushed.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::endpoints {

// A component of the configuration. The digest changes when its definition does, but for secrets:
// these are left out, since whoever reads it could try out guesses.
struct Definition {
    std::string component, kind, digest;
};
using Definitions = std::vector<Definition>;

// What a reload has done, names in their order; or what is wrong with the new configuration, one
// line each, and nothing was done.
struct ReloadResult {
    std::vector<std::string> problems;
    std::vector<std::string> added, changed, removed;  // components
    std::vector<std::string> waiting;                  // sections that take effect with a restart
};

// How requests ask the rest of the program to change something, or what was. Each call is made on a
// serving thread and must not block; each callback may come from any thread.
struct Control {
    // What is acknowledged is in every answer to a request that is made afterwards: the callbacks
    // come when the snapshot that shows it is published.
    using Answer = PushAnswer;
    // `who`: for the log.
    std::function<void(std::string text, std::string who, std::function<void(bool durable)>)>
        decommission;
    std::function<void(Push, std::function<void(Answer, std::string why)>)> push;
    std::function<void(std::string name, std::string who,
                       std::function<void(Answer, std::string why)>)>
        remove;
    std::function<void(std::string name,
                       std::function<void(std::shared_ptr<const ComponentState>)>)>
        run;
    // What is wrong with them, or empty.
    std::function<void(Heartbeats, std::function<void(std::string problem)>)> heartbeat;
    // What a component was during the last while; nothing: the history cannot be read.
    std::function<void(std::string name, std::chrono::milliseconds back,
                       std::function<void(std::optional<Past>)>)>
        past;
    // The latest changes before that moment, newest first; of all components where none is named.
    std::function<void(std::string name, System before, std::size_t limit,
                       std::function<void(std::optional<std::vector<PastChange>>)>)>
        changes;
    // The application's own metrics in Prometheus' text format; may be empty.
    std::function<std::string()> metrics;
    std::function<void(std::string who, std::function<void(ReloadResult)>)> reload;
    // Of the configuration in force, by name.
    std::function<void(std::function<void(const Definitions&)>)> definitions;
};

// The field of an answer that says that a change will not survive.
inline std::pair<std::string, std::string> not_saved() {
    return {"Warning", "199 vitals \"not saved, will not survive a restart\""};
}

// Called once with the answer of an action that could not be given at once; from any thread.
using Reply = std::function<void(http::Response)>;

}  // namespace vitals::endpoints
