#include "engine/publisher.hpp"

#include <algorithm>
#include <utility>

namespace vitals::engine {

namespace {

constexpr std::chrono::milliseconds spacing{10};

}  // namespace

Publisher::Publisher(net::Loop& loop, Clock& clock, Hub& hub,
                     std::function<std::shared_ptr<Snapshot>()> make)
    : clock_(clock), hub_(hub), make_(std::move(make)), timer_(loop) {}

void Publisher::changed() {
    if (changed_) return;
    arm(std::max<Steady::duration>(spacing, 2 * cost_));
    changed_ = true;  // not earlier: if memory is short, the next change must try again
}

void Publisher::arm(Steady::duration after_the_last) {
    timer_.arm(std::max(clock_.steady(), last_ + after_the_last), [this] { publish(); });
}

void Publisher::publish() {
    const Steady begun = clock_.steady();
    changed_ = true;  // reports made now need no further publication
    for (const auto& prepare : preparations_) prepare();
    changed_ = false;
    timer_.cancel();
    last_ = begun;
    std::shared_ptr<Snapshot> snapshot = make_();
    snapshot->version = hub_.version() + 1;
    snapshot->taken = begun;
    snapshot->taken_at = clock_.system();
    hub_.publish(std::move(snapshot));
    cost_ = clock_.steady() - begun;
    for (const auto& done : std::exchange(awaited_, {})) done();
}

void Publisher::publish_if_changed() {
    if (changed_) publish();
}

void Publisher::publish_if_left_since(Steady lost) {
    if (changed_ && last_ < lost) publish();
}

void Publisher::when_published(std::function<void()> done) {
    if (!changed_) return done();
    awaited_.push_back(std::move(done));
    // One call hurries the publication for all changes until then.
    if (awaited_.size() == 1) arm(2 * cost_);
}

void Publisher::before_publishing(std::function<void()> prepare) {
    preparations_.push_back(std::move(prepare));
}

}  // namespace vitals::engine
