// For the tests of this room: one coroutine on its own loop, under a deadline or cancelled at a
// chosen moment.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/check_error.hpp"
#include "model/clock.hpp"
#include "net/context.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"

namespace vitals::net {

using std::chrono::milliseconds;

template <class T>
struct Ran {
    std::optional<T> value;
    std::optional<CheckError> error;
    std::string other;  // what() of any other exception
    std::string phase;  // where it was when it ended
    std::vector<Phase> phases;
    milliseconds took{};
    bool cancelled = false;

    std::string detail() const { return error ? error->detail : other; }
    ErrorClass error_class() const { return error ? error->error_class : ErrorClass::none; }
};

template <class T>
using Work = std::function<awaitable<T>(Context&)>;

template <class T>
awaitable<void> store(Work<T> work, Context& context, Ran<T>& ran) {
    T value = co_await work(context);
    ran.value.emplace(std::move(value));
}

// Runs to its end, or cancels after `limit`, which is also the run's deadline.
template <class T>
Ran<T> drive(Loop& loop, Environment& environment, Work<T> work,
             milliseconds limit = std::chrono::seconds(5), std::string kind = "test") {
    Ran<T> ran;
    const Steady began = std::chrono::steady_clock::now();
    Context context(environment, real_clock(), "component", std::move(kind), began + limit);
    Task task;
    Timer deadline(loop);
    deadline.arm(began + limit, [&] {
        ran.cancelled = true;
        task.cancel();
    });
    task = loop.spawn(store<T>(std::move(work), context, ran), [&](std::exception_ptr error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const CheckError& known) {
            ran.error = known;
        } catch (const std::exception& unknown) {
            ran.other = unknown.what();
        } catch (...) {
            ran.other = "not an exception";
        }
        loop.stop();
    });
    loop.run();
    ran.took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    ran.phase = context.phase();
    ran.phases = context.finish();
    return ran;
}

template <class T>
Ran<T> drive(Work<T> work, milliseconds limit = std::chrono::seconds(5)) {
    Loop loop;
    Environment environment(loop);
    return drive<T>(loop, environment, std::move(work), limit);
}

}  // namespace vitals::net
