// From verdicts to decisions.
#include "alerts/desk.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vitals::alerts {

using namespace std::chrono_literals;

namespace {

Components defined_in(const Snapshot& snapshot) {
    Components components;
    components.reserve(snapshot.components.size());
    for (const auto& state : snapshot.components) components.push_back(state->component);
    return components;
}

}  // namespace

Desk::Desk(Seams seams, Happenings& happenings, Log log)
    : seams_(std::move(seams)), happenings_(happenings), log_(std::move(log)) {}

Desk::~Desk() = default;

std::string Desk::id_of(std::uint64_t number) const {
    return fmt::format("{}-{}", counters_.store, number);
}

void Desk::configure(Settings settings) {
    settings_ = std::move(settings);
    mutes_changed_ = true;
    if (!policy_) return;
    policy_->reload(settings_, components_, seams_.moment().now);
    settle_soon();
}

// ---- what there is ------------------------------------------------------------------------------

void Desk::see(const Snapshot& snapshot) {
    const bool same = std::ranges::equal(
        snapshot.components, components_,
        [](const auto& state, const auto& one) { return state->component == one; });
    if (!policy_)
        begin(snapshot);
    else if (!same)
        define(snapshot);
    judge_stale(snapshot);
    forget_old_records();
    settle_soon();
}

// The machine learns the former state before the present one.
void Desk::begin(const Snapshot& snapshot) {
    components_ = defined_in(snapshot);
    const Moment moment = seams_.moment();
    policy_ = std::make_unique<Policy>(incidents_, settings_, components_, moment.now);
    if (memory_) {
        SavedIncidents saved;
        std::vector<Case> cases;
        std::vector<ActionState> actions;
        saved.next_number = counters_.next_incident;
        for (const DeskRow& row : std::exchange(memory_, std::nullopt)->rows) {
            if (!row.text) continue;
            switch (row.kind) {
                case DeskRow::Kind::verdict:
                    if (auto one = restored<SavedComponentVerdict>(*row.text, moment))
                        saved.components.push_back(std::move(*one));
                    break;
                case DeskRow::Kind::incident:
                    if (auto one = restored<Incident>(*row.text, moment))
                        saved.incidents.push_back(std::move(*one));
                    break;
                case DeskRow::Kind::told:
                    if (auto one = restored<Case>(*row.text, moment))
                        cases.push_back(std::move(*one));
                    break;
                case DeskRow::Kind::mute:
                    if (auto one = restored<Mute>(*row.text, moment))
                        policy_->mutes().add(std::move(*one));
                    break;
                case DeskRow::Kind::action:
                    if (auto one = restored<ActionState>(*row.text, moment))
                        actions.push_back(std::move(*one));
                    break;
                default:
                    break;
            }
        }
        for (const Incident& each : saved.incidents)
            saved.next_number = std::max(saved.next_number, each.number + 1);
        incidents_.restore(saved, moment.now);
        policy_->restore(cases, moment.now);
        for (const auto& [number, known] : policy_->cases())
            for (const Told& told : known.told)
                for (const Message& message : told.queue)
                    if (message.tried)
                        attempts_[message_key(counters_.store, message)].state =
                            Delivery::State::in_doubt;
        for (const auto& [number, incident] : incidents_.all()) {
            make_up_record(number);
            refresh_.insert(number);
        }
        for (ActionState& each : actions) restore_action(std::move(each));
    }
    for (const auto& state : snapshot.components)
        if (state->last != nullptr) judged(*state);
}

void Desk::define(const Snapshot& snapshot) {
    const auto is_gone = [&](std::string_view name) { return snapshot.find(name) == nullptr; };
    for (const auto& each : components_)
        if (is_gone(each->name)) {
            unsaved(DeskRow::Kind::verdict, each->name);
            noticing_.forget(each->name);
            addresses_.forget(each->name);
        }
    std::erase_if(texts_, [&](const auto& each) { return is_gone(each.first); });
    std::erase_if(stale_, [&](const auto& each) { return is_gone(each); });
    actions_changed_ = true;
    components_ = defined_in(snapshot);
    policy_->reload(settings_, components_, seams_.moment().now);
    mutes_changed_ = true;
    for (const auto& state : snapshot.components)
        if (state->last != nullptr) judged(*state);
}

// Nobody has a result any more: that is also a verdict.
void Desk::judge_stale(const Snapshot& snapshot) {
    const Moment moment = seams_.moment();
    for (const auto& state : snapshot.components) {
        if (!state->stale(moment.now) || stale_.contains(state->name())) continue;
        stale_.insert(state->name());
        // What others find out, too, is stale only where this one stood still.
        const bool shared = settings_.shares && settings_.shares(state->name());
        texts_[state->name()] = {"stale", {}, shared};
        incidents_.report(state->name(), Status::unknown,
                          shared ? ErrorClass::local : ErrorClass::none, moment.now);
        actions_.judged(state->name(), Status::unknown);
    }
}

// ---- verdicts -----------------------------------------------------------------------------------

void Desk::judged(const ComponentState& state) {
    if (!policy_) return;
    const Moment moment = seams_.moment();
    if (deadline_ <= moment.now) settle();
    const bool about = state.last->status == state.judged;
    const ErrorClass error_class = about ? state.last->error_class : ErrorClass::none;
    if (state.judged == Status::ok)
        texts_.erase(state.name());
    else
        texts_[state.name()] = {
            state.detail(moment.now), state.last->error,
            state.judged == Status::unknown && error_class == ErrorClass::local};
    incidents_.report(state.name(), state.judged, error_class, moment.now);
    if (actions_.judged(state.name(), state.judged)) unsaved(DeskRow::Kind::action, state.name());
    if (auto noticed = noticing_.look(state))
        happened({.what = Happening::What::noticed,
                  .component = state.name(),
                  .text = std::move(*noticed)});
    std::uint64_t runs = 0;
    for (const std::uint64_t each : state.runs) runs += each;
    const bool was_stale = stale_.erase(state.name()) > 0;
    if (was_stale || runs <= 1 || state.judged == Status::unknown) settle_soon();
}

void Desk::resolved(const std::string& component, const std::string& host,
                    std::vector<std::string> addresses) {
    const bool known = std::ranges::binary_search(
        components_, component, {},
        [](const auto& each) -> const std::string& { return each->name; });
    if (!known) return;
    if (auto noticed = addresses_.look(component, host, std::move(addresses), seams_.moment().now))
        happened({.what = Happening::What::noticed,
                  .component = component,
                  .text = std::move(*noticed)});
}

void Desk::changed(const Transition& transition) {
    const bool begins = transition.first && transition.to == Status::ok;
    Happening happening{.at = seams_.moment().wall,
                        .what = Happening::What::transition,
                        .component = transition.component,
                        .from = transition.from,
                        .to = transition.to,
                        .text = transition.detail};
    if (begins)
        happenings_.add(std::move(happening));
    else
        add_happening(std::move(happening));
    if (transition.to == Status::failed || transition.to == Status::unknown)
        look_above(transition.component);
    settle_soon();
}

// The cause should be known before a receiver is told.
void Desk::look_above(const std::string& component) {
    const auto found =
        std::ranges::lower_bound(components_, component, {},
                                 [](const auto& each) -> const std::string& { return each->name; });
    if (found == components_.end() || (*found)->name != component || !seams_.look) return;
    for (const std::string& above : (*found)->depends_on) seams_.look(above);
}

void Desk::happened(Happening happening) {
    happening.at = seams_.moment().wall;
    add_happening(std::move(happening));
    settle_soon();
}

void Desk::settle_soon() {
    if (!policy_) return;
    deadline_ = Steady::min();
    seams_.wake(seams_.moment().now);
}

void Desk::turn() {
    if (!policy_) return;
    settle();
    take_messages();
    publish();
    flush();
    wake();
}

void Desk::settle() {
    const Moment moment = seams_.moment();
    deadline_ = Steady::max();
    follow_mutes();
    take_decisions(policy_->settle(moment.now, moment.wall));
    settle_actions();
}

void Desk::take_decisions(const Decisions& decisions) {
    for (const IncidentEvent& event : decisions.incidents.events) take_event(event);
    for (const std::string& component : decisions.incidents.components)
        unsaved(DeskRow::Kind::verdict, component);
    for (const std::uint64_t number : decisions.incidents.incidents) {
        unsaved_incident(DeskRow::Kind::incident, number);
        refresh_.insert(number);
    }
    for (const std::uint64_t number : decisions.cases) {
        unsaved_incident(DeskRow::Kind::told, number);
        refresh_.insert(number);
    }
    for (const std::uint64_t number : decisions.forgotten) {
        unsaved_incident(DeskRow::Kind::incident, number);
        unsaved_incident(DeskRow::Kind::told, number);
        refresh_.insert(number);
        const std::string prefix = id_of(number) + "-";
        std::erase_if(attempts_, [&](const auto& each) { return each.first.starts_with(prefix); });
    }
    if (!decisions.queued.empty()) urgent_ = waiting_.queued = true;
}

void Desk::take_event(const IncidentEvent& event) {
    using What = IncidentEvent::What;
    unsaved_incident(DeskRow::Kind::incident, event.incident);
    refresh_.insert(event.incident);
    switch (event.what) {
        case What::opened:
            open_record(event.incident, event.component);
            urgent_ = true;
            break;
        case What::dropped:
            close_record(event.incident, "before anybody had to be told");
            break;
        case What::merged:
            close_record(event.incident, fmt::format("part of {}", id_of(event.into)));
            name_storm(event.into);
            break;
        case What::returned:
            open_record(event.incident, {});
            urgent_ = true;
            break;
        case What::closed:
            close_record(event.incident, {});
            urgent_ = true;
            break;
        case What::began:
        case What::root_joined:
        case What::member_joined:
        case What::member_left:
            break;
    }
}

}  // namespace vitals::alerts
