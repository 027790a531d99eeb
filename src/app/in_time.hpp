// An answer from another thread that may never come, because a disk hangs.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "model/clock.hpp"
#include "net/loop.hpp"

namespace vitals::app {

// A function that may be called once, from any thread: `done` is called on the loop's thread, with
// its argument, or with `otherwise` when it is not called in time.
template <class T>
std::function<void(T)> in_time(net::Loop& loop, Clock& clock, Steady::duration patience,
                               T otherwise, std::function<void(T)> done) {
    struct Waiting {
        std::function<void(T)> done;
        net::Timer timer;
    };
    const auto waiting = std::make_shared<Waiting>(std::move(done), net::Timer(loop));
    const auto answer = [waiting](T given) {
        waiting->timer.cancel();
        if (const auto call = std::exchange(waiting->done, nullptr)) call(std::move(given));
    };
    waiting->timer.arm(clock.steady() + patience,
                       [answer, otherwise = std::move(otherwise)] { answer(otherwise); });
    return [&loop, answer](T given) {
        loop.post([answer, given = std::move(given)]() mutable { answer(std::move(given)); });
    };
}

}  // namespace vitals::app
