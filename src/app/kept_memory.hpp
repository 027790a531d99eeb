// What runs of checks remember beyond the process (net/memory.hpp): saved in the store soon after a
// change, and restored at the start. Used on the engine's thread; runs on any thread remember.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "history/store.hpp"
#include "model/clock.hpp"
#include "net/loop.hpp"
#include "net/memory.hpp"

namespace vitals::app {

class KeptMemory final : public net::Memory {
  public:
    KeptMemory(net::Loop& loop, Clock& clock);

    // Reads what an earlier process left, and saves changes from now on. Call it before the first
    // run. The store must outlive save_now().
    void take_up(history::Store& store);
    // What is remembered of components that are not present is forgotten.
    void configure(const std::function<bool(const std::string& component)>& present);
    void save_now();
    // Saved data was lost, if the store has lost anything since the last call.
    void look_for_losses();

    std::optional<std::string> recall(std::string_view component) const override;
    void remember(std::string_view component, std::string text) override;

  private:
    void changed(const std::string& component);

    net::Loop& loop_;
    Clock& clock_;
    history::Store* store_ = nullptr;
    net::Timer timer_;
    mutable std::mutex mutex_;                               // of the texts
    std::map<std::string, std::string, std::less<>> texts_;  // by component
    std::set<std::string> unsaved_;                          // also those that are gone
    unsigned losses_ = 0;                                    // of the store, as far as handled
};

}  // namespace vitals::app
