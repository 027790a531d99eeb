#include "net/within.hpp"

#include <boost/asio/this_coro.hpp>
#include <exception>
#include <functional>
#include <utility>

#include "net/detail/failure.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "net/one_time_event.hpp"

namespace vitals::net {

awaitable<bool> within(Context& context, Steady until, awaitable<void> work) {
    Loop& loop = context.environment().loop();
    OneTimeEvent ended(loop);
    std::exception_ptr problem;
    bool late = false;
    std::function<void(std::exception_ptr)> done = [&](std::exception_ptr thrown) {
        problem = std::move(thrown);
        ended.happen();
    };
    Task task = loop.spawn(std::move(work), std::move(done));
    Timer timer(loop);
    std::function<void()> cut = [&] {
        late = true;
        task.cancel();
    };
    timer.arm(until, std::move(cut));
    co_await ended.wait();
    if (!ended.happened()) {
        // The run is cancelled. The work uses this frame until it has ended.
        timer.cancel();
        task.cancel();
        co_await boost::asio::this_coro::reset_cancellation_state();
        co_await ended.wait();
        throw run_cancelled();
    }
    if (problem && late) co_return false;
    if (problem) std::rethrow_exception(problem);
    co_return true;
}

}  // namespace vitals::net
