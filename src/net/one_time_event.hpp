// An event that happens once and that a run waits for, for rooms that do not see Asio. Both calls
// are made on the loop's thread; code on another thread posts to the loop.
#pragma once

#include <memory>

#include "net/awaitable.hpp"
#include "net/loop.hpp"

namespace vitals::net {

class OneTimeEvent {
  public:
    explicit OneTimeEvent(Loop& loop);
    ~OneTimeEvent();
    void happen();
    bool happened() const;
    awaitable<void> wait();  // returns when it has happened, or the run is cancelled

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vitals::net
