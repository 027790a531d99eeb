// One run under a deadline.
//
// The deadline is a separate timer beside the coroutine, not a race of the two in one operation:
// when it fires, the outcome is delivered at once, even if the coroutine ignores its cancellation.
// A run that continues only delays its own successor.
#include "engine/ongoing_run.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <utility>

#include "engine/hang.hpp"
#include "model/check_error.hpp"
#include "model/pause.hpp"
#include "net/context.hpp"

namespace vitals::engine {

namespace {

Outcome outcome_of(const CheckError& error, const std::string& phase) {
    Outcome outcome = error.error_class == ErrorClass::local
                          ? unknown(error.detail, error.error)
                          : failed(error.detail, error.error_class, error.error);
    outcome.failed_phase = error.phase.empty() ? phase : error.phase;
    return outcome;
}

Outcome outcome_of(const std::exception_ptr& problem, const std::string& phase) {
    try {
        std::rethrow_exception(problem);
    } catch (const CheckError& error) {
        return outcome_of(error, phase);
    } catch (const std::bad_alloc&) {
        Outcome outcome = unknown("out of memory");
        outcome.failed_phase = phase;
        return outcome;
    } catch (const std::exception& error) {
        // This is not an answer of the other side but a fault in the check (or in a user's
        // handler).
        Outcome outcome = failed("the check threw an exception", ErrorClass::local, error.what());
        outcome.failed_phase = phase;
        return outcome;
    } catch (...) {
        Outcome outcome = failed("the check threw an exception", ErrorClass::local);
        outcome.failed_phase = phase;
        return outcome;
    }
}

}  // namespace

struct OngoingRun::State {
    State(net::Environment& environment, Clock& clock, const std::string& component,
          const std::string& kind, Steady deadline, std::shared_ptr<net::Kept> kept)
        : context(environment, clock, component, kind, deadline, std::move(kept)),
          clock(clock),
          began(clock.steady()),
          timer(environment.loop()) {}

    void deliver(Outcome outcome) {
        if (delivered) return;
        delivered = true;
        timer.cancel();
        outcome.duration = clock.steady() - began;
        std::vector<Phase> phases = context.finish();
        outcome.phases.insert(outcome.phases.end(), std::make_move_iterator(phases.begin()),
                              std::make_move_iterator(phases.end()));
        auto call = std::exchange(done, nullptr);
        if (call) call(std::move(outcome));
    }

    void expire(std::chrono::milliseconds timeout) {
        hung_in = context.phase();
        // If vitals notices the deadline late, vitals itself was late: the answer may have come in
        // time.
        const bool paused = clock.steady() - context.deadline() > excusing_pause({});
        Outcome outcome = paused ? unknown("vitals itself did not run meanwhile")
                                 : failed("timeout", ErrorClass::timeout,
                                          fmt::format("no end within {} ms", timeout.count()));
        outcome.failed_phase = hung_in;
        outcome.phases = context.finish();
        if (!paused) outcome.detail = describe_hang(outcome.phases, hung_in);
        task.cancel();
        deliver(std::move(outcome));
    }

    // A separate coroutine, so that the check's frame (and all that it owns) is gone before the run
    // counts as finished. Its frame owns the state, because the context must outlive the check even
    // if this object does not.
    static net::awaitable<Outcome> carry_out(Run run, std::shared_ptr<State> state) {
        co_return co_await run(state->context);
    }

    net::Context context;
    Clock& clock;
    Steady began;
    net::Timer timer;
    net::Task task;
    std::function<void(Outcome)> done;
    std::function<void()> on_ended;
    std::string hung_in;
    bool delivered = false;
    bool ended = false;
};

OngoingRun::OngoingRun(net::Environment& environment, Clock& clock, const std::string& component,
                       const std::string& kind, const Run& run, std::chrono::milliseconds timeout,
                       std::function<void(Outcome)> done, std::function<void()> ended,
                       std::shared_ptr<net::Kept> kept)
    : state_(std::make_shared<State>(environment, clock, component, kind, clock.steady() + timeout,
                                     std::move(kept))) {
    state_->done = std::move(done);
    state_->on_ended = std::move(ended);
    std::weak_ptr<State> weak = state_;
    state_->timer.arm(state_->context.deadline(), [weak, timeout] {
        if (const auto state = weak.lock()) state->expire(timeout);
    });
    auto completion = [weak](std::exception_ptr problem, Outcome outcome) {
        const auto state = weak.lock();
        if (state == nullptr) return;
        state->ended = true;
        if (!state->delivered) {
            if (problem) outcome = outcome_of(problem, state->context.phase());
            if (outcome.status == Status::unknown && outcome.error_class == ErrorClass::none)
                outcome = failed("the check came to no result", ErrorClass::local);
            // A check that returns a failure has failed in the last phase that it entered.
            if (outcome.error_class != ErrorClass::none && outcome.failed_phase.empty())
                outcome.failed_phase = state->context.phase();
            state->deliver(std::move(outcome));
        }
        const auto call = std::exchange(state->on_ended, nullptr);
        if (call) call();
    };
    state_->task = environment.loop().spawn(State::carry_out(run, state_), std::move(completion));
}

OngoingRun::~OngoingRun() {
    state_->done = nullptr;
    state_->on_ended = nullptr;
    state_->delivered = true;
    state_->timer.cancel();
    const net::Task dropped = std::move(state_->task);  // cancelled, and calls nobody
}

bool OngoingRun::delivered() const {
    return state_->delivered;
}

bool OngoingRun::finished() const {
    return state_->ended && !net::still_running(state_->context.blocking_call());
}

bool OngoingRun::ended() const {
    return state_->ended;
}

std::shared_ptr<net::BlockingCall> OngoingRun::blocking_call() const {
    return state_->context.blocking_call();
}

const std::string& OngoingRun::phase() const {
    return state_->hung_in.empty() ? state_->context.phase() : state_->hung_in;
}

}  // namespace vitals::engine
