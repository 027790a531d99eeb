// When snapshots are made: at most a hundred a second, and no more than about half of the time goes
// into it, however many changes come. Who waits for a change is told once a snapshot shows it. What
// a snapshot holds is not decided here. Used on the loop's thread.
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
    // `make` gives all of a snapshot but its version and times.
    Publisher(net::Loop& loop, Clock& clock, Hub& hub,
              std::function<std::shared_ptr<Snapshot>()> make);

    void changed();  // there is something to be published, soon
    void publish();  // at once
    void publish_if_changed();
    // Where memory was refused, a change may have been left behind since then.
    void publish_if_left_since(Steady lost);
    // Called back as soon as a snapshot shows all that was done before this call.
    void when_published(std::function<void()> done);
    // Called first of all when a snapshot is made: what changes then is in it.
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
