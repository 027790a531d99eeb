#include "app/shares.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "checks/group/group.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

// Results get a longer validity before they become too old.
constexpr auto ahead = 1s;

bool same(const Outcome& one, const Outcome& other) {
    return one.status == other.status && one.detail == other.detail &&
           one.properties == other.properties;
}

void add(MemberCounts& counts, Status status) {
    switch (status) {
        case Status::ok:
            ++counts.ok;
            break;
        case Status::degraded:
            ++counts.degraded;
            break;
        case Status::failed:
            ++counts.failed;
            break;
        case Status::unknown:
            ++counts.unknown;
            break;
    }
}

}  // namespace

Shares::Shares(net::Loop& loop, engine::Engine& engine, Clock& clock)
    : engine_(engine), clock_(clock), began_(clock.steady()), timer_(loop) {}

void Shares::configure(const config::Config& config) {
    shares_.clear();
    for (const config::ComponentConfig& component : config.components) {
        if (component.kind != checks::group::kind.description.name) continue;
        const auto& options = component.options.ref().as<checks::group::Options>();
        shares_.push_back({.name = component.component->name,
                           .of = Selector(options.of),
                           .workers = options.workers,
                           .need = options.need});
    }
    chosen_ = 0;
    engine_.changed();
}

void Shares::choose_members() {
    if (std::exchange(chosen_, engine_.generation()) == engine_.generation()) return;
    for (Share& share : shares_) share.members.clear();
    for (const auto& component : engine_.components())
        for (Share& share : shares_)
            if (share.workers.empty() && !component->own && component->name != share.name &&
                share.of.takes(*component))
                share.members.push_back(component->name);
    // The configuration has no circles.
    std::vector<Share> ordered;
    std::set<std::string, std::less<>> later;
    for (const Share& share : shares_) later.insert(share.name);
    for (bool progress = true; progress;) {
        progress = false;
        for (Share& share : shares_) {
            const bool waits = std::ranges::any_of(
                share.members, [&](const std::string& member) { return later.contains(member); });
            if (!later.contains(share.name) || waits) continue;
            later.erase(share.name);
            ordered.push_back(std::move(share));
            progress = true;
        }
    }
    shares_ = std::move(ordered);
}

Shares::Counted Shares::count(const Share& share, Steady now) const {
    Counted counted;
    for (const std::string& name : share.members) {
        const ComponentState* state = engine_.state(name);
        if (state == nullptr) continue;
        add(counted.counts, state->status(now));
        if (state->last == nullptr) ++counted.counts.not_judged;
        if (state->last != nullptr && !state->stale(now))
            counted.valid_until = std::min(counted.valid_until, state->valid_until);
    }
    return counted;
}

Shares::Counted Shares::count_workers(const Share& share, Steady now) const {
    Counted counted;
    const ComponentState* judged = engine_.state("workers/" + share.workers);
    bool blind = judged == nullptr || judged->status(now) == Status::unknown;
    for (const auto& group : engine_.workers()) {
        if (group->name != share.workers) continue;
        for (const Worker& worker : group->workers)
            add(counted.counts, blind           ? Status::unknown
                                : worker.silent ? Status::failed
                                                : Status::ok);
        blind = blind || now < began_ + group->timeout;
    }
    const std::size_t wanted = std::max(share.need.expected(), share.need.of(0));
    for (std::size_t missing = counted.counts.all(); missing < wanted; ++missing)
        add(counted.counts, blind ? Status::unknown : Status::failed);
    if (judged != nullptr && !judged->stale(now) && judged->last != nullptr)
        counted.valid_until = judged->valid_until;
    return counted;
}

void Shares::tell(Share& share, Outcome outcome, Steady valid_until) {
    const bool known = same(share.told, outcome);
    if (known && share.valid_until == valid_until) return;
    share.told = outcome;
    share.valid_until = valid_until;
    if (known && engine_.amend(share.name, outcome, valid_until)) return;
    engine_.report(share.name, std::move(outcome), valid_until);
}

void Shares::judge() {
    if (shares_.empty()) return timer_.cancel();
    choose_members();
    const Steady now = clock_.steady();
    Steady again = Steady::max();
    for (Share& share : shares_) {
        const Counted counted =
            share.workers.empty() ? count(share, now) : count_workers(share, now);
        tell(share, judge_share(share.need, counted.counts), counted.valid_until);
        if (counted.valid_until == Steady::max()) continue;
        const Steady early = counted.valid_until - ahead;
        again = std::min(again, early > now ? early : counted.valid_until + 1ms);
    }
    if (again == Steady::max()) return timer_.cancel();
    timer_.arm(again, [this] { engine_.changed(); });
}

}  // namespace vitals::app
