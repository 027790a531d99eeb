#include "engine/judged.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/mask.hpp"
#include "text/amount.hpp"

namespace vitals::engine {

void judge_duration(Outcome& outcome, const Policy& policy) {
    if (!policy.slow_above || outcome.status != Status::ok ||
        outcome.duration <= *policy.slow_above)
        return;
    outcome.status = Status::degraded;
    outcome.detail =
        fmt::format("slow: {} ms, more than {} ms",
                    std::chrono::duration_cast<std::chrono::milliseconds>(outcome.duration).count(),
                    policy.slow_above->count());
}

std::string transition_line(const Transition& transition) {
    std::string line = fmt::format("{}: {} -> {}", transition.component, to_string(transition.from),
                                   to_string(transition.to));
    if (transition.to == Status::ok && transition.lasted > System::duration::zero())
        line += " after " +
                text::about_duration(
                    std::chrono::duration_cast<std::chrono::milliseconds>(transition.lasted));
    if (!transition.detail.empty()) line += " (" + transition.detail + ")";
    if (!transition.error.empty()) line += ": " + transition.error;
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
}

Judged::Judged(std::shared_ptr<const Component> component, System now) {
    auto state = std::make_shared<ComponentState>();
    state->component = std::move(component);
    state->since = now;
    state->valid_until = Steady::max();
    state_ = std::move(state);
}

Judged::Verdict Judged::take(Outcome outcome, const Policy& policy, Steady now, System wall,
                             std::optional<Steady::duration> valid_for) {
    judge_duration(outcome, policy);
    mask(outcome);
    const Status found = outcome.status;
    judgement_ = judge(judgement_, found, policy);
    Verdict verdict{.wanted = pace_after(judgement_, found),
                    .from = state_->judged,
                    .first = state_->last == nullptr};
    if (verdict.first || state_->last->status != found) streak_began_ = now;

    auto after = std::make_shared<ComponentState>(*state_);
    after->judged = judgement_.status;
    after->failing_runs = judgement_.failing_runs;
    after->passing_runs = judgement_.passing_runs;
    after->observed = now;
    after->observed_at = wall;
    after->valid_until = now + valid_for.value_or(policy.validity(verdict.wanted));
    ++after->runs[static_cast<std::size_t>(found)];
    after->last = std::make_shared<Outcome>(std::move(outcome));
    System was_since = state_->since;
    if (before_ && (after->judged != Status::unknown || found == Status::unknown)) {
        // The status is the same as before, since then; or it changed while nobody looked.
        verdict.from = before_->status;
        if (after->judged == verdict.from) after->since = before_->since;
        was_since = before_->since;
        before_.reset();
        verdict.resumed = true;
    }
    verdict.changed = after->judged != verdict.from;
    verdict.began = after->judged == found ? streak_began_ : now;
    if (verdict.changed) {
        const bool recovers = after->judged == Status::ok;
        const System began = recovers && not_ok_since_ != System() ? not_ok_since_ : was_since;
        if (!verdict.first || verdict.resumed)
            verdict.lasted = std::max(wall - began, System::duration::zero());
        after->since = wall;
        ++after->transitions[static_cast<std::size_t>(after->judged)];
    }
    if (after->judged == Status::ok)
        not_ok_since_ = {};
    else if (not_ok_since_ == System() && !before_)
        not_ok_since_ = after->since;
    state_ = std::move(after);
    return verdict;
}

bool Judged::amend(Outcome outcome, const Policy& policy, Steady valid_until) {
    judge_duration(outcome, policy);
    if (state_->last == nullptr || state_->last->status != outcome.status) return false;
    mask(outcome);
    auto after = std::make_shared<ComponentState>(*state_);
    after->last = std::make_shared<Outcome>(std::move(outcome));
    after->valid_until = valid_until;
    state_ = std::move(after);
    return true;
}

void Judged::resume(RememberedComponent before) {
    judgement_.down = before.status == Status::failed;
    before_ = std::make_unique<const RememberedComponent>(std::move(before));
}

void Judged::resume(TakenUp taken) {
    state_ = std::move(taken.state);
    judgement_ = taken.judgement;
}

void Judged::describe(std::shared_ptr<const Component> component) {
    auto after = std::make_shared<ComponentState>(*state_);
    after->component = std::move(component);
    state_ = std::move(after);
}

void Judged::set_since(System since) {
    auto after = std::make_shared<ComponentState>(*state_);
    after->since = since;
    state_ = std::move(after);
}

void Judged::set_valid_until(Steady until) {
    auto after = std::make_shared<ComponentState>(*state_);
    after->valid_until = until;
    state_ = std::move(after);
}

}  // namespace vitals::engine
