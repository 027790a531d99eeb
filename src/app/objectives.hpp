// The state of the objectives, judged every ten seconds. The last day comes from the store's
// memory; the longer windows come later from its file. If the file cannot be read, the former
// figures stay. Used on the engine's thread, except reports().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "engine/engine.hpp"
#include "history/store.hpp"
#include "model/objective.hpp"
#include "model/selector.hpp"
#include "net/loop.hpp"

namespace vitals::app {

class Objectives {
  public:
    // Adds to a component's past when it was in maintenance.
    using Planned = std::function<void(const std::string& component, Past&)>;

    Objectives(net::Loop& loop, engine::Engine& engine, Clock& clock, const Hub& hub,
               Planned planned);

    // The objectives from now on; the store must outlive this.
    void read_from(history::Store& store) { store_ = &store; }
    void configure(const config::Config& config);
    // Each is a component whose results are reported.
    std::vector<Component> components() const;
    // Components that the latest configure() removed.
    std::vector<std::string> gone() const { return gone_; }
    // Judges all of them, and again every ten seconds.
    void turn();
    // The latest, by name; from any thread.
    std::vector<ObjectiveReport> reports() const;

  private:
    struct One {
        Objective objective;
        Selector selector;
        ObjectiveReport report;
        bool known = false;  // a verdict was reported
        Steady read_at{};    // the long windows, last
        bool reading = false;
    };
    struct Chosen {
        std::vector<std::string> names;
    };
    Chosen chosen(const One& one) const;
    void judge(One& one);
    Past together(const Chosen& chosen, std::vector<Past> pasts, System from, System now) const;
    void read_long(const std::string& name, One& one, const Chosen& chosen);

    net::Loop& loop_;
    engine::Engine& engine_;
    Clock& clock_;
    const Hub& hub_;
    const Planned planned_;
    history::Store* store_ = nullptr;
    std::map<std::string, One> all_;
    std::vector<std::string> gone_;
    net::Timer timer_;
    const std::shared_ptr<int> alive_ = std::make_shared<int>();
    mutable std::mutex mutex_;
    std::vector<ObjectiveReport> reports_;
};

}  // namespace vitals::app
