// What outlives the process of components: since when each has its status, and what was pushed.
// Saved in the store soon after a change, and restored at the start. Used on the engine's thread.
#pragma once

#include "engine/engine.hpp"
#include "history/store.hpp"
#include "net/loop.hpp"

namespace vitals::app {

class SavedStates {
  public:
    SavedStates(net::Loop& loop, engine::Engine& engine, Clock& clock);

    // Gives the engine what an earlier process left in the store, and saves changes from now on.
    // Call it before the engine is configured. The store must outlive this.
    void take_up(history::Store& store);
    void keep_now();
    // The status of a component changed: this is saved at once, with all that follows from it at
    // once.
    void keep_soon();

  private:
    void turn();

    engine::Engine& engine_;
    Clock& clock_;
    history::Store* store_ = nullptr;
    net::Timer timer_;
    Steady kept_{};  // last
    bool soon_ = false;
    unsigned losses_ = 0;  // of the store, as far as handled
};

// What was pushed, in the form of the store: JSON. Empty for null; null if it cannot be read.
std::string saved_outcome(const Outcome* outcome);
std::shared_ptr<const Outcome> outcome_of(const std::string& saved);

}  // namespace vitals::app
