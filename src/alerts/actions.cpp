#include "alerts/actions.hpp"

#include <algorithm>
#include <utility>

namespace vitals::alerts {

std::vector<std::string> Actions::configure(std::map<std::string, OnFailed, std::less<>> rules) {
    rules_ = std::move(rules);
    std::vector<std::string> forgotten;
    std::erase_if(states_, [&](const auto& each) {
        if (rules_.contains(each.first)) return false;
        forgotten.push_back(each.first);
        return true;
    });
    std::erase_if(failed_, [this](const std::string& each) { return !rules_.contains(each); });
    return forgotten;
}

bool Actions::restore(ActionState state) {
    if (!rules_.contains(state.component)) return true;
    const bool lost = std::exchange(state.under_way, false);
    if (lost) state.end = "vitals ended before it did";
    const std::string component = state.component;
    states_[component] = std::move(state);
    return !lost;
}

bool Actions::judged(std::string_view component, Status status) {
    if (!rules_.contains(component)) return false;
    if (status == Status::failed) {
        failed_.emplace(component);
        return false;
    }
    if (const auto found = failed_.find(component); found != failed_.end()) failed_.erase(found);
    if (status == Status::unknown) return false;  // nobody knows whether it has recovered
    const auto known = states_.find(component);
    return known != states_.end() && std::exchange(known->second.acted, false);
}

void Actions::ended(std::string_view component, ActionEnd end) {
    const auto known = states_.find(component);
    if (known == states_.end()) return;
    known->second.under_way = false;
    known->second.end = std::move(end.said);
    known->second.output = std::move(end.output);
}

// Until then the brake holds; it may be in the past.
Steady Actions::brake_ends(const OnFailed& rule, const ActionState& state) {
    if (state.begun.size() < rule.at_most.count) return Steady::min();
    return state.begun[state.begun.size() - rule.at_most.count] + rule.at_most.window;
}

Actions::Decisions Actions::settle(Steady now,
                                   const std::function<bool(const std::string&)>& may_act) {
    Decisions decisions;
    for (const std::string& component : failed_) {
        const OnFailed& rule = rules_.find(component)->second;
        ActionState& state = states_[component];
        state.component = component;
        // The latest stays, because it also says when the next may come.
        while (state.begun.size() > 1 && state.begun.front() + rule.at_most.window <= now)
            state.begun.erase(state.begun.begin());
        if (state.under_way) continue;
        const bool braked = brake_ends(rule, state) > now;
        const bool waits =
            state.acted && !state.begun.empty() && now < state.begun.back() + rule.again_after;
        if (waits || (braked && state.held) || !may_act(component)) continue;
        if (braked) {
            state.held = true;
            decisions.held.push_back(component);
        } else {
            state.begun.push_back(now);
            state.acted = state.under_way = true;
            state.held = false;
            state.end.clear();
            state.output.clear();
            decisions.run.push_back(component);
        }
        decisions.changed.push_back(component);
    }
    return decisions;
}

Steady Actions::next_deadline(Steady now) const {
    Steady next = Steady::max();
    for (const std::string& component : failed_) {
        const OnFailed& rule = rules_.find(component)->second;
        const auto known = states_.find(component);
        if (known == states_.end()) return now;
        const ActionState& state = known->second;
        if (state.under_way || state.begun.empty()) continue;
        // A due action that was not done may not run; an event changes that.
        for (const Steady at : {state.begun.back() + rule.again_after, brake_ends(rule, state)})
            if (at > now) next = std::min(next, at);
    }
    return next;
}

const OnFailed* Actions::rule_of(std::string_view component) const {
    const auto found = rules_.find(component);
    return found == rules_.end() ? nullptr : &found->second;
}

const ActionState* Actions::find(std::string_view component) const {
    const auto found = states_.find(component);
    return found == states_.end() ? nullptr : &found->second;
}

std::optional<Steady> Actions::held_until(std::string_view component, Steady now) const {
    const OnFailed* rule = rule_of(component);
    const ActionState* state = find(component);
    if (rule == nullptr || state == nullptr) return {};
    const Steady until = brake_ends(*rule, *state);
    return until > now ? std::optional(until) : std::nullopt;
}

}  // namespace vitals::alerts
