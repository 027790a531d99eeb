#include "engine/runner.hpp"

#include <utility>

namespace vitals::engine {

Runner::Runner(net::Environment& environment, Clock& clock,
               std::shared_ptr<const Component> component, const Policy& policy, Run run,
               Owner owner, Shard* shard)
    : clock_(clock),
      owner_(std::move(owner)),
      schedule_(policy, place_of(component->name)),
      timer_(environment.loop()) {
    RunSettings settings{std::move(component), policy.interval, policy.timeout, std::move(run)};
    Runs::Owner told{[this](Outcome outcome) { take(std::move(outcome)); }, [this] { ended(); }};
    runs_ = shard == nullptr ? runs_here(environment, clock, std::move(settings), std::move(told))
                             : runs_on(*shard, clock, std::move(settings), std::move(told));
}

Runner::~Runner() = default;

void Runner::start(Steady::duration spread) {
    schedule_.start(clock_.steady(), spread);
    arm();
}

void Runner::run_now(Done done) {
    waiting_.push_back(std::move(done));
    begin();
}

void Runner::replace(std::shared_ptr<const Component> component, Run run) {
    runs_->replace(std::move(component), std::move(run));
}

void Runner::dismiss() {
    for (const Done& done : std::exchange(waiting_, {})) done(nullptr);
}

void Runner::rearm_if_due_before(Steady lost) {
    if (schedule_.next() < lost) arm();
}

bool Runner::running() const {
    return runs_->running();
}

bool Runner::hung() const {
    return runs_->hung();
}

void Runner::arm() {
    timer_.arm(schedule_.next(), [this] { wake(); });
}

void Runner::wake() {
    const Steady now = clock_.steady();
    const Schedule::Wake woken = schedule_.wake(now);
    owner_.woke(woken);
    arm();
    if (hung())
        meet_hung(woken, now);
    else if (running())
        due_again_ = woken.tick;
    else
        begin();
}

// Quarantine: no second call is started, and each turn counts as a failing run.
void Runner::meet_hung(const Schedule::Wake& woken, Steady now) {
    // A call that is a little late is not a second failing run: the first retry during it only
    // looks again.
    if (!woken.tick && !std::exchange(quarantined_, true)) {
        schedule_.ran(Pace::retry, now, now);
        return arm();
    }
    quarantined_ = true;
    began_ = now;
    const std::string phase = runs_->phase();
    Outcome outcome = failed(phase.empty() ? "hung" : "hung in " + phase, ErrorClass::timeout,
                             "the run before has not ended");
    outcome.failed_phase = phase;
    take(std::move(outcome));
}

void Runner::begin() {
    if (running()) return;
    quarantined_ = false;
    due_again_ = false;
    began_ = clock_.steady();
    if (owner_.may_begin && !owner_.may_begin()) return take(unknown("no descriptors left"));
    runs_->begin();
}

// A tick came in the last moments of the run: its turn is now, unless the next one is near.
void Runner::ended() {
    if (!due_again_ || running()) return;
    due_again_ = false;
    if (schedule_.has_room(clock_.steady())) begin();
}

void Runner::take(Outcome outcome) {
    const Owner::Taken taken = owner_.take(std::move(outcome));
    follow(taken.wanted);
    const std::vector<Done> waiting = std::exchange(waiting_, {});
    for (const Done& done : waiting) done(taken.state);  // the last: one may destroy this
}

// The next run may now be due sooner or later than before. If there is doubt, it does not use the
// kept connection, which the doubt may be about.
void Runner::follow(Pace wanted) {
    const Steady before = schedule_.next();
    schedule_.ran(wanted, began_, clock_.steady());
    if (schedule_.next() != before) arm();
    if (wanted == Pace::retry) runs_->forget();
}

}  // namespace vitals::engine
