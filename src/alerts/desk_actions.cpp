// What the desk does about a failed component: it decides, saves, and only then acts. So the brake
// also counts a run that a crash interrupted.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "alerts/desk.hpp"

namespace vitals::alerts {

namespace {

constexpr std::size_t most_actions = 50;  // shown of an incident

// Without its folder and its arguments: an argument may be a secret.
std::string program_of(const OnFailed& rule) {
    return rule.run.empty() ? std::string() : rule.run[0].substr(rule.run[0].rfind('/') + 1);
}

}  // namespace

void Desk::set_actions(std::map<std::string, OnFailed, std::less<>> rules) {
    for (const std::string& component : actions_.configure(std::move(rules)))
        unsaved(DeskRow::Kind::action, component);
    actions_changed_ = true;
}

void Desk::restore_action(ActionState state) {
    const std::string component = state.component;
    if (actions_.restore(std::move(state))) return;
    unsaved(DeskRow::Kind::action, component);
    tell_action(component, "vitals ended before {} did; nobody knows how that ended");
}

// No program runs for a component that has another cause, or may still turn out to have one, or
// that people work on, and none runs on a node that is out of service.
bool Desk::may_act(const std::string& component) const {
    const Incident* incident = incidents_.find(incidents_.incident_of_root(component));
    if (incident == nullptr || !incident->ripe() || incident->storm || incident->closed ||
        incident->acknowledged)
        return false;
    if (seams_.in_service && !seams_.in_service()) return false;
    const auto defined = std::ranges::find_if(
        components_, [&](const auto& each) { return each->name == component; });
    if (defined == components_.end()) return false;
    const System wall = seams_.moment().wall;
    return std::ranges::none_of(policy_->mutes().all(), [&](const Mute& mute) {
        return mute.active(wall) && mute.match.takes(**defined);
    });
}

void Desk::settle_actions() {
    if (!seams_.act) return;
    const Moment moment = seams_.moment();
    Actions::Decisions decisions =
        actions_.settle(moment.now, [this](const std::string& each) { return may_act(each); });
    for (const std::string& component : decisions.changed)
        unsaved(DeskRow::Kind::action, component);
    for (const std::string& component : decisions.held)
        tell_action(component, fmt::format("{{}} is not run again: its brake holds, {}",
                                           to_string(actions_.rule_of(component)->at_most)));
    for (std::string& component : decisions.run) waiting_.actions.push_back(std::move(component));
    if (!decisions.changed.empty()) urgent_ = actions_changed_ = true;
}

// Its decision is on disk, or cannot be saved there: then a crash would forget it, and the brake
// with it.
void Desk::act(const std::string& component, bool durable) {
    const OnFailed* rule = actions_.rule_of(component);
    if (rule == nullptr) return;
    if (!durable) {
        return action_ended(component,
                            {"not run: the disk did not save the decision to run it", {}});
    }
    tell_action(component, "{} is run");
    seams_.act(component, *rule, [this, component](ActionEnd end) {
        action_ended(component, std::move(end));
        if (seams_.look) seams_.look(component);
        turn();
    });
}

void Desk::action_ended(const std::string& component, ActionEnd end) {
    if (!end.output.empty())
        log_(LogLevel::info, fmt::format("on_failed of {}: {}", component, end.output));
    const std::string said = end.said;
    actions_.ended(component, std::move(end));
    unsaved(DeskRow::Kind::action, component);
    tell_action(component, "{}: " + said);
    settle_soon();
}

// `text` has a place for the program.
void Desk::tell_action(const std::string& component, std::string text) {
    const OnFailed* rule = actions_.rule_of(component);
    if (rule == nullptr) return;
    if (const std::size_t at = text.find("{}"); at != std::string::npos)
        text.replace(at, 2, program_of(*rule));
    log_(LogLevel::warning, fmt::format("on_failed of {}: {}", component, text));
    Happening happening{.at = seams_.moment().wall,
                        .what = Happening::What::acted,
                        .component = component,
                        .incident = incidents_.incident_of_root(component),
                        .text = std::move(text)};
    if (const auto known = records_.find(happening.incident);
        known != records_.end() && known->second->actions.size() < most_actions) {
        IncidentRecord record = *known->second;
        record.actions.push_back(happening);
        replace(std::move(record));
    }
    actions_changed_ = true;
    add_happening(std::move(happening));
}

// Of every component that has an `on_failed`.
void Desk::show_actions() {
    shown_actions_.clear();
    const Moment moment = seams_.moment();
    for (const auto& each : components_) {
        const OnFailed* rule = actions_.rule_of(each->name);
        if (rule == nullptr) continue;
        ShownAction shown{.program = program_of(*rule), .at_most = to_string(rule->at_most)};
        if (const ActionState* state = actions_.find(each->name); state != nullptr) {
            shown.runs = static_cast<std::size_t>(std::ranges::count_if(
                state->begun, [&](Steady at) { return at + rule->at_most.window > moment.now; }));
            shown.under_way = state->under_way;
            if (!state->begun.empty()) shown.last = moment.wall_at(state->begun.back());
            shown.end = state->end;
            shown.output = state->output;
            if (const auto until = actions_.held_until(each->name, moment.now))
                shown.held_until = moment.wall_at(*until);
        }
        shown_actions_.emplace(each->name, std::move(shown));
    }
}

}  // namespace vitals::alerts
