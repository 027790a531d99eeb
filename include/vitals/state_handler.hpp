// A state handler is a component that knows its own state and reports its changes: a worker, a
// connection pool, an importer. Derive from it, or keep one as a member; register it once.
//
//     class Importer : public vitals::StateHandler {
//      public:
//         Importer() : StateHandler("Importer") { set_state(vitals::degraded("starting")); }
//     };
//
// Setting the same state again and reading the state are wait-free. Thread-safe. It may outlive its
// registry. It may be destroyed first: then its component is removed.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "vitals/outcome.hpp"
#include "vitals/status.hpp"

namespace vitals {

namespace library {
struct Cell;
}

class StateHandler {
  public:
    // `name` as for every component: at most one `/`, printable UTF-8, at most 128 bytes. Otherwise
    // it throws std::invalid_argument. The state is `unknown` until it is set.
    explicit StateHandler(std::string name);
    virtual ~StateHandler();
    StateHandler(const StateHandler&) = delete;
    StateHandler& operator=(const StateHandler&) = delete;

    const std::string& name() const noexcept;

    // Logs `state change: OK -> RED "stopped"` through the registry's logger and tells subscribers,
    // once, if status, detail or a property differ from the present ones. Registry::status() shows
    // the change at once, snapshots within 10 ms. With a ttl the registry judges, and tells only of
    // changes of the status. The outcome's detail and properties are public.
    void set_state(Outcome state);
    void set_state(Status status, std::string_view detail = {});

    // Proves that the owner is alive. It has an effect only with Options::ttl: after longer silence
    // the component is failed until the next beat. set_state() is also a beat. Wait-free.
    void beat() noexcept;

    Status status() const noexcept;  // wait-free
    bool is_in_state(Status status) const noexcept { return this->status() == status; }
    Outcome state() const;  // with detail and properties; takes a lock

  private:
    friend class Registry;
    std::shared_ptr<library::Cell> cell_;
};

}  // namespace vitals
