// What of components outlives the process: since when each is what it is, and what was pushed. Kept
// in the store soon after it changed, and taken up at the start. Used on the engine's thread.
#pragma once

#include "engine/engine.hpp"
#include "history/store.hpp"
#include "net/loop.hpp"

namespace vitals::app {

class SavedStates {
  public:
    SavedStates(net::Loop& loop, engine::Engine& engine, Clock& clock);

    // Hands what an earlier process left in the store to the engine, and keeps changes from now on.
    // To be called before the engine is configured. The store must outlive this.
    void take_up(history::Store& store);
    void keep_now();
    // A component became something else: that is kept at once, with all that follows at once.
    void keep_soon();

  private:
    void turn();

    engine::Engine& engine_;
    Clock& clock_;
    history::Store* store_ = nullptr;
    net::Timer timer_;
    Steady kept_{};  // last
    bool soon_ = false;
    unsigned losses_ = 0;  // of the store, as far as dealt with
};

// What was pushed, as the store keeps it: JSON. Empty for null; null where it cannot be read.
std::string saved_outcome(const Outcome* outcome);
std::shared_ptr<const Outcome> outcome_of(const std::string& saved);

}  // namespace vitals::app
