// The loop itself: an io_context for one thread, coroutines that can be cancelled, timers that
// never fire after they were cancelled. It does not know what runs on it.
#include "net/loop.hpp"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace vitals::net {

namespace asio = boost::asio;

namespace {

// Writing to a socket whose peer is gone raises SIGPIPE if the library below (OpenSSL's write) does
// not pass MSG_NOSIGNAL. vitals must not change the disposition of the host process; it changes the
// signal mask of the thread that drives the loop.
class BrokenPipesBlocked {
  public:
    BrokenPipesBlocked() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~BrokenPipesBlocked() {
        if (sigismember(&before_, SIGPIPE) == 1) return;
        // A SIGPIPE that arrived meanwhile is pending and would kill the process as soon as the
        // mask is restored.
        const timespec at_once{};
        while (sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    BrokenPipesBlocked(const BrokenPipesBlocked&) = delete;
    BrokenPipesBlocked& operator=(const BrokenPipesBlocked&) = delete;

  private:
    sigset_t pipe_{};
    sigset_t before_{};
};

struct SignalWatch {
    SignalWatch(asio::io_context& context, std::function<void(int)> on_signal)
        : set(context), on_signal(std::move(on_signal)) {}
    asio::signal_set set;
    std::function<void(int)> on_signal;

    void wait() {
        set.async_wait([this](const boost::system::error_code& error, int number) {
            if (error) return;
            wait();
            on_signal(number);
        });
    }
};

}  // namespace

struct Loop::State {
    // The hint says that one thread runs it. Posting from others stays safe.
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::vector<std::unique_ptr<SignalWatch>> signals;
};

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

asio::io_context& Loop::context() {
    return state_->context;
}

void Loop::run() {
    const BrokenPipesBlocked blocked;
    state_->context.run();
    // Not at the start: a stop() before run() must not be lost.
    state_->context.restart();
}

void Loop::stop() {
    state_->context.stop();
}

void Loop::post(std::function<void()> function) {
    asio::post(state_->context, std::move(function));
}

void Loop::on_signals(std::vector<int> numbers, std::function<void(int)> on_signal) {
    auto watch = std::make_unique<SignalWatch>(state_->context, std::move(on_signal));
    for (const int number : numbers) watch->set.add(number);
    watch->wait();
    state_->signals.push_back(std::move(watch));
}

// Task. The handle and the completion of the coroutine share the state; it owns neither.

struct Task::State {
    explicit State(asio::io_context& context) : context(context) {}
    asio::io_context& context;
    asio::cancellation_signal signal;
    std::function<void(std::exception_ptr, Outcome)> with_outcome;
    std::function<void(std::exception_ptr)> without;
    bool ended = false;
};

Task::Task(std::shared_ptr<State> state) : state_(std::move(state)) {}
Task::Task(Task&&) noexcept = default;

Task& Task::operator=(Task&& other) noexcept {
    if (this != &other) {
        Task replaced(std::move(state_));
        state_ = std::move(other.state_);
    }
    return *this;
}

Task::~Task() {
    if (!state_) return;
    state_->with_outcome = nullptr;
    state_->without = nullptr;
    cancel();
}

void Task::cancel() {
    if (!state_ || state_->ended) return;
    // Inside the loop this happens now. Outside (before it runs, between two runs) it happens once
    // the loop runs.
    asio::dispatch(state_->context, [state = state_] {
        if (!state->ended) state->signal.emit(asio::cancellation_type::terminal);
    });
}

// A coroutine that ends without having waited is completed through a post, and no operation below
// resumes its coroutine from inside a cancellation. Therefore no completion comes from inside
// spawn() or cancel().
Task Loop::spawn(awaitable<Outcome> run, std::function<void(std::exception_ptr, Outcome)> done) {
    auto state = std::make_shared<Task::State>(state_->context);
    state->with_outcome = std::move(done);
    asio::co_spawn(state_->context, std::move(run),
                   asio::bind_cancellation_slot(
                       state->signal.slot(), [state](std::exception_ptr error, Outcome outcome) {
                           state->ended = true;
                           auto call = std::exchange(state->with_outcome, nullptr);
                           if (call) call(std::move(error), std::move(outcome));
                       }));
    return Task(std::move(state));
}

Task Loop::spawn(awaitable<void> run, std::function<void(std::exception_ptr)> done) {
    auto state = std::make_shared<Task::State>(state_->context);
    state->without = std::move(done);
    asio::co_spawn(
        state_->context, std::move(run),
        asio::bind_cancellation_slot(state->signal.slot(), [state](std::exception_ptr error) {
            state->ended = true;
            auto call = std::exchange(state->without, nullptr);
            if (call) call(std::move(error));
        }));
    return Task(std::move(state));
}

// Timer.

struct Timer::State {
    explicit State(asio::io_context& context) : timer(context) {}
    asio::steady_timer timer;
    std::function<void()> fire;
    std::uint64_t armed = 0;  // which arming counts; an expiry already queued may be older
};

Timer::Timer(Loop& loop) : state_(std::make_shared<State>(loop.context())) {}
Timer::Timer(Timer&&) noexcept = default;

Timer& Timer::operator=(Timer&& other) noexcept {
    if (this != &other) {
        cancel();
        state_ = std::move(other.state_);
    }
    return *this;
}

Timer::~Timer() {
    cancel();
}

void Timer::arm(Steady when, std::function<void()> fire) {
    state_->fire = std::move(fire);
    const std::uint64_t mine = ++state_->armed;
    state_->timer.expires_at(when);
    state_->timer.async_wait([state = state_, mine](const boost::system::error_code&) {
        if (state->armed != mine || !state->fire) return;
        // Moved out of the state first: the function may arm the timer again, or destroy it.
        auto call = std::exchange(state->fire, nullptr);
        call();
    });
}

void Timer::cancel() {
    if (!state_ || !state_->fire) return;
    state_->fire = nullptr;
    ++state_->armed;
    state_->timer.cancel();
}

}  // namespace vitals::net
