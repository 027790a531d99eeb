#include "net/context.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/detail/environment_state.hpp"
#include "net/detail/event.hpp"
#include "net/detail/failure.hpp"
#include "net/environment.hpp"

namespace vitals::net {

Context::Context(Environment& environment, Clock& clock, std::string component, std::string kind,
                 Steady deadline, std::shared_ptr<Kept> kept)
    : environment_(environment),
      clock_(clock),
      component_(std::move(component)),
      kind_(std::move(kind)),
      deadline_(deadline),
      kept_(std::move(kept)) {
    phases_.reserve(4);
}

std::chrono::milliseconds Context::left() const {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - clock_.steady());
    return std::max(left, std::chrono::milliseconds(0));
}

void Context::enter(std::string_view phase) {
    const Steady now = clock_.steady();
    if (!phase_.empty()) record(phase_, now - phase_began_);
    phase_ = phase;
    phase_began_ = now;
    record(phase, {});  // its place is at its begin
}

void Context::record(std::string_view phase, std::chrono::nanoseconds duration) {
    const auto same = [phase](const Phase& known) { return known.name == phase; };
    const auto known = std::find_if(phases_.begin(), phases_.end(), same);
    if (known != phases_.end())
        known->duration += duration;
    else
        phases_.push_back(Phase{std::string(phase), duration});
}

std::vector<Phase> Context::finish() {
    if (!phase_.empty()) record(phase_, clock_.steady() - phase_began_);
    phase_.clear();
    return std::move(phases_);
}

awaitable<void> Context::sleep(std::chrono::milliseconds duration) {
    boost::asio::steady_timer timer(environment_.loop().context(), duration);
    auto [error] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) throw run_cancelled();
}

namespace {

// Abandons the call when the run ends before it: cancelled, or destroyed with the loop.
class Hold {
  public:
    Hold(std::shared_ptr<Lane> lane, std::shared_ptr<BlockingCall> call)
        : lane_(std::move(lane)), call_(std::move(call)) {}
    ~Hold() { lane_->abandon(call_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

  private:
    std::shared_ptr<Lane> lane_;
    std::shared_ptr<BlockingCall> call_;
};

}  // namespace

awaitable<void> Context::run_blocking(std::function<void()> code) {
    const auto lane = environment_.state().lane(kind_);
    const auto ended = std::make_shared<Event>(environment_.loop().context());
    std::function<void()> on_end = [waiting = std::weak_ptr(ended)] {
        if (const auto event = waiting.lock()) event->set();
    };
    const auto call = lane->start(std::move(code), std::move(on_end));
    call_ = call;
    const Hold hold(lane, call);
    // If a call gets no thread in half of the run's time, the run would end as a hung backend,
    // although vitals never asked it. So the run ends as blind while there is time to say so.
    bool too_late = false;
    Timer patience(environment_.loop());
    patience.arm(std::chrono::steady_clock::now() + left() / 2, [&] {
        too_late = lane->drop_if_queued(call);
        if (too_late) ended->set();
    });
    while (!ended->is_set()) {
        const bool going_on = co_await ended->wait();
        if (!going_on) throw run_cancelled();
    }
    if (too_late) {
        throw CheckError(ErrorClass::local, "lane busy",
                         "all threads for '" + kind_ + "' were busy with other calls");
    }
    if (call->error) std::rethrow_exception(call->error);
}

}  // namespace vitals::net
