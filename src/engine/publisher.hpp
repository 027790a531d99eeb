// When snapshots are made: at most a hundred a second, and publishing takes at most about half of
// the time, however many changes come. Code that waits for a change is told once a snapshot shows
// it. The content of a snapshot is not decided here. Used on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "model/clock.hpp"
#include "model/hub.hpp"
#include "net/loop.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::engine {

class Publisher {
  public:
    // `make` gives everything of a snapshot except its version and times.
    Publisher(net::Loop& loop, Clock& clock, Hub& hub,
              std::function<std::shared_ptr<Snapshot>()> make);

    void changed();  // there is something to be published, soon
    void publish();  // at once
    void publish_if_changed();
    // If memory was short, a change may have been left out since then.
    void publish_if_left_since(Steady lost);
    // Called back as soon as a snapshot shows all that was done before this call.
    void when_published(std::function<void()> done);
    // Called first when a snapshot is made: changes made then are in it.
    void before_publishing(std::function<void()> prepare);

  private:
    void arm(Steady::duration spacing);

    Clock& clock_;
    Hub& hub_;
    std::function<std::shared_ptr<Snapshot>()> make_;
    net::Timer timer_;
    std::vector<std::function<void()>> preparations_;
    std::vector<std::function<void()>> awaited_;
    Steady last_{};
    Steady::duration cost_{};
    bool changed_ = false;
};

}  // namespace vitals::engine
