// An event that coroutines on the loop wait for and that code on the loop sets. It is the only way
// in which threads of lanes and shared lookups wake a run. Inside net only.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/awaitable.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::net {

// Used on the loop's thread only. Stays set. It is built on a timer, so the loop owns the waiting
// coroutine: destroying the loop destroys it, and cancelling a run ends the wait.
class Event {
  public:
    explicit Event(boost::asio::io_context& context) : timer_(context, Steady::max()) {}

    void set() {
        set_ = true;
        timer_.cancel();
    }
    bool is_set() const { return set_; }

    // Wakes the waiting coroutines, although the event is not set.
    void nudge() { timer_.cancel(); }

    // Returns true once it is set or nudged, false when the run is cancelled.
    awaitable<bool> wait() {
        if (!set_) co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        const auto state = co_await boost::asio::this_coro::cancellation_state;
        co_return set_ || state.cancelled() == boost::asio::cancellation_type::none;
    }

  private:
    boost::asio::steady_timer timer_;
    bool set_ = false;
};

}  // namespace vitals::net
