// Who is told what: compares what each receiver should have been told with what it was told.
#include "alerts/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/severity.hpp"

namespace vitals::alerts {

using namespace std::chrono_literals;
using What = IncidentEvent::What;

std::vector<Rule> rules_by_default(const std::vector<Receiver>& receivers) {
    Rule rule{.critical = true, .steps = {Step{}}};
    for (const Receiver& receiver : receivers) rule.steps[0].to.push_back(receiver.name);
    return {std::move(rule)};
}

std::string_view to_string(Kind kind) noexcept {
    constexpr std::array<std::string_view, 7> names = {"problem",  "flapping", "steady", "worse",
                                                       "reminder", "resolved", "missed"};
    return names[static_cast<std::size_t>(kind)];
}

Kind change_to(State state) {
    if (state == State::resolved) return Kind::resolved;
    return state == State::flapping ? Kind::flapping : Kind::problem;
}

std::string message_key(std::string_view store, const Message& message) {
    return fmt::format("{}-{}-{}-{}", store, message.incident, message.receiver, message.serial);
}

Policy::Policy(Incidents& incidents, Settings settings, Components components, Steady now)
    : incidents_(incidents) {
    reload(std::move(settings), std::move(components), now);
}

void Policy::reload(Settings settings, Components components, Steady now) {
    settings_ = std::move(settings);
    components_ = std::move(components);
    const bool has_blind =
        std::any_of(components_.begin(), components_.end(),
                    [](const auto& each) { return each->name == blind_component; });
    if (!has_blind) {
        Component blind;
        blind.name = blind_component;
        blind.kind = "engine";
        blind.own = true;
        components_.push_back(std::make_shared<const Component>(std::move(blind)));
    }
    compile();
    std::vector<IncidentSubject> subjects;
    subjects.reserve(components_.size());
    for (const auto& component : components_) {
        const std::size_t rule = rule_of(*component);
        subjects.push_back(
            {.name = component->name,
             .depends_on = component->depends_on,
             .bad_from = rule == 0 ? Status::unknown : settings_.rules[rule - 1].from,
             .audience = static_cast<std::uint32_t>(rule)});
    }
    incidents_.set_rules(settings_.incidents);
    incidents_.define(std::move(subjects), now);
    mutes_.set_components(components_);
    mutes_.set_configured(settings_.mutes);
    reloaded_ = true;
    for (auto& [number, known] : cases_) {
        std::erase_if(known.told, [this](const Told& told) {
            return receiver_of(told.receiver) == receivers_.size();
        });
        for (const Told& told : known.told) set_queued(told, number);
        known.resolve_if_without_rule = true;
        dirty_.insert(number);
        changed_.insert(number);
    }
}

// Names become indices. What is known of a receiver stays with its name.
void Policy::compile() {
    receivers_.assign(settings_.receivers.size(), {});
    rules_.clear();
    for (const Rule& rule : settings_.rules) {
        CompiledRule& compiled = rules_.emplace_back();
        compiled.remind = rule.remind;
        for (const Step& step : rule.steps) {
            CompiledStep& to = compiled.steps.emplace_back(CompiledStep{step.after, {}});
            for (const std::string& name : step.to)
                if (receiver_of(name) < receivers_.size()) to.to.push_back(receiver_of(name));
        }
    }
}

std::size_t Policy::receiver_of(std::string_view name) const {
    std::size_t index = 0;
    while (index < settings_.receivers.size() && settings_.receivers[index].name != name) ++index;
    return index;
}

std::size_t Policy::rule_of(const Component& component) const {
    for (std::size_t index = 0; index < settings_.rules.size(); ++index) {
        const Rule& rule = settings_.rules[index];
        if (rule.critical && *rule.critical != component.critical) continue;
        if (rule.match.takes(component)) return index + 1;
    }
    return 0;
}

void Policy::restore(const std::vector<Case>& saved, Steady now) {
    cases_.clear();
    timers_.clear();
    for (ReceiverState& receiver : receivers_) receiver.queued.clear();
    for (const Case& each : saved) {
        if (!incidents_.find(each.incident)) continue;
        Case& known = cases_[each.incident] = each;
        known.next = Steady::max();
        known.resolve_if_without_rule = true;
        known.ladder_from = std::min(known.ladder_from, now);
        std::erase_if(known.told, [this](const Told& told) {
            return receiver_of(told.receiver) == receivers_.size();
        });
        for (Told& told : known.told) {
            told.last = std::min(told.last, now);
            for (Message& message : told.queue) message.decided = std::min(message.decided, now);
            set_queued(told, each.incident);
        }
        dirty_.insert(each.incident);
    }
}

// Brings silences, maintenance and hours up to this instant.
void Policy::refresh(System wall) {
    for (const auto& [component, muted] : mutes_.refresh(wall))
        incidents_.set_muted(components_[component]->name, muted);
    if (reloaded_)
        for (std::size_t component = 0; component < components_.size(); ++component)
            incidents_.set_muted(components_[component]->name, mutes_.muted(component));
    if (!std::exchange(reloaded_, false) && wall < next_hours_ && wall >= hours_checked_) return;
    hours_checked_ = wall;
    next_hours_ = System::max();
    bool changed = false;
    for (std::size_t index = 0; index < receivers_.size(); ++index) {
        const std::optional<Hours>& hours = settings_.receivers[index].hours;
        if (hours) next_hours_ = next_minute(wall);
        const bool quiet = hours && !hours->contains(wall);
        changed = changed || receivers_[index].quiet != quiet;
        receivers_[index].quiet = quiet;
    }
    if (changed)
        for (const auto& [number, known] : cases_) dirty_.insert(number);
}

Decisions Policy::settle(Steady now, System wall) {
    refresh(wall);
    Decisions decisions;
    decisions.incidents = incidents_.settle(now);
    for (const IncidentEvent& event : decisions.incidents.events) {
        if (event.what == What::dropped || event.what == What::merged) {
            forget(event.incident);
        } else if (event.what == What::began || event.what == What::returned) {
            Case& known = cases_[event.incident];
            known.incident = event.incident;
            if (event.what == What::returned)
                known.muted = false;
            else
                known.ladder_from = incidents_.find(event.incident)->due;
            changed_.insert(event.incident);
        }
    }
    dirty_.insert(decisions.incidents.incidents.begin(), decisions.incidents.incidents.end());
    while (!timers_.empty() && timers_.begin()->first <= now) {
        const std::uint64_t number = timers_.begin()->second;
        timers_.erase(timers_.begin());
        cases_.find(number)->second.next = Steady::max();
        dirty_.insert(number);
    }
    const Numbers dirty = std::exchange(dirty_, {});
    for (const std::uint64_t number : dirty) tell(number, now);
    for (const std::uint64_t number : dirty) forget_if_heard(number);
    decisions.cases.assign(changed_.begin(), changed_.end());
    decisions.forgotten = std::exchange(forgotten_, {});
    decisions.queued = std::exchange(queued_, {});
    changed_.clear();
    return decisions;
}

void Policy::tell(std::uint64_t number, Steady now) {
    const Incident* incident = incidents_.find(number);
    if (!incident || !incident->ripe()) return;
    Case& known = cases_[number];
    known.incident = number;
    const bool muted = incident->muted();
    if (known.muted != muted) changed_.insert(number);
    if (known.muted && !muted && !incident->closed) {  // a silence is over, and it is not
        known.ladder_from = now;
        for (Told& told : known.told) told.nudge = told.is_told();
    }
    known.muted = muted;
    if (incident->closed) {
        for (Told& told : known.told)
            if (told.is_told() && may_hear_of_the_end(*incident, told))
                emit(*incident, known, told, Kind::resolved, State::resolved, Status::ok, now);
    } else if (known.resolve_if_without_rule && !has_steps(*incident)) {
        for (Told& told : known.told)
            if (told.is_told() && may_hear_of_the_end(*incident, told))
                emit(*incident, known, told, Kind::resolved, State::resolved, Status::ok, now);
    } else if (!muted && !incident->acknowledged && incident->wrong()) {
        tell_problem(*incident, known, now);
    }
    schedule(*incident, known, now);
}

bool Policy::has_steps(const Incident& incident) const {
    return std::any_of(incident.audiences.begin(), incident.audiences.end(), [&](const auto& each) {
        return each.first != 0 && !rules_[each.first - 1].steps.empty();
    });
}

// A receiver that keeps state is told of it even while it is muted.
bool Policy::may_hear_of_the_end(const Incident& incident, const Told& told) const {
    const std::size_t receiver = receiver_of(told.receiver);
    return settings_.receivers[receiver].keeps_state ||
           !(incident.muted() || receivers_[receiver].quiet);
}

void Policy::tell_problem(const Incident& incident, Case& known, Steady now) {
    const State state = incident.flapping > 0 ? State::flapping : State::problem;
    const Status level = incident.level();
    const std::optional<Steady::duration> remind = remind_after(incident);
    for (const std::size_t receiver : due_receivers(incident, known, now)) {
        Told& told = told_of(known, receiver);
        if (receivers_[receiver].quiet) continue;
        if (told.state != state)
            emit(incident, known, told, change_to(state), state, level, now);
        else if (severity(level) > severity(told.level))
            emit(incident, known, told, Kind::worse, state, level, now);
        else if (told.nudge || (remind && now >= told.last + *remind))
            emit(incident, known, told, Kind::reminder, state, level, now);
    }
}

// A receiver that is told of a cause or of its consequences is told of the incident once.
std::vector<std::size_t> Policy::due_receivers(const Incident& incident, const Case& known,
                                               Steady now) const {
    std::vector<std::size_t> due;
    const auto add = [&due](std::size_t receiver) {
        if (receiver != std::string::npos &&
            std::find(due.begin(), due.end(), receiver) == due.end())
            due.push_back(receiver);
    };
    for (const auto& [audience, count] : incident.audiences) {
        if (audience == 0) continue;
        for (const CompiledStep& step : rules_[audience - 1].steps)
            if (now >= known.ladder_from + step.after)
                for (const std::size_t receiver : step.to) add(receiver);
    }
    for (const Told& told : known.told)
        if (told.is_told()) add(receiver_of(told.receiver));
    // If one receiver does not answer, its fallback is also told.
    const std::size_t own = due.size();
    for (std::size_t at = 0; at < own; ++at) {
        const Receiver& receiver = settings_.receivers[due[at]];
        if (!receiver.fallback || receiver_of(receiver.fallback->to) == receivers_.size()) continue;
        for (const Told& told : known.told)
            if (told.receiver == receiver.name && !told.queue.empty() &&
                (told.queue.front().rejected ||
                 now >= told.queue.front().decided + receiver.fallback->after))
                add(receiver_of(receiver.fallback->to));
    }
    return due;
}

std::optional<Steady::duration> Policy::remind_after(const Incident& incident) const {
    std::optional<Steady::duration> least;
    for (const auto& [audience, count] : incident.audiences)
        if (audience != 0)
            if (const auto& remind = rules_[audience - 1].remind)
                least = least ? std::min(*least, *remind) : *remind;
    return least;
}

Told& Policy::told_of(Case& known, std::size_t receiver) {
    const std::string& name = settings_.receivers[receiver].name;
    for (Told& told : known.told)
        if (told.receiver == name) return told;
    changed_.insert(known.incident);
    Told& told = known.told.emplace_back();
    told.receiver = name;
    return told;
}

// Decides a message. It replaces a message that surely was not sent. The kind of the new one
// depends on what the receiver knows, or may know.
void Policy::emit(const Incident& incident, Case& known, Told& told, Kind kind, State state,
                  Status level, Steady now) {
    changed_.insert(known.incident);
    const auto replaced =
        std::erase_if(told.queue, [](const Message& message) { return !message.tried; });
    const bool replaces = replaced > 0;
    if (is_shared(incident)) told.serial -= static_cast<unsigned>(replaced);
    const State believed = told.queue.empty() ? told.sure : told.queue.back().state;
    const bool knows_nothing = believed == State::nothing || believed == State::resolved;
    const Status level_was = told.level;
    told.state = state;
    told.last = now;
    told.nudge = false;
    told.level = state == State::resolved ? Status::ok
                 : kind == Kind::worse    ? level
                                          : worst(level, told.level);
    const bool is_change = kind == change_to(state);
    const bool keeps_state = settings_.receivers[receiver_of(told.receiver)].keeps_state;
    bool says_something = true;
    if (state == State::resolved) {
        if (knows_nothing) {
            kind = Kind::missed;  // needs no predecessor
            says_something = replaces && !keeps_state;
        }
    } else if (knows_nothing) {
        kind = change_to(state);
    } else if (believed != state) {
        kind = state == State::flapping ? Kind::flapping : Kind::steady;
    } else if (is_change) {
        says_something = false;  // what said otherwise is withdrawn
    }
    if (says_something) {
        told.queue.push_back({.incident = known.incident,
                              .receiver = told.receiver,
                              .serial = ++told.serial,
                              .kind = kind,
                              .state = state,
                              .level = level,
                              .decided = now,
                              .cause = incident.roots});
        if (kind == Kind::worse) told.queue.back().level_was = level_was;
        queued_.push_back(told.queue.back());
    }
    set_queued(told, known.incident);
}

bool Policy::is_shared(const Incident& incident) const {
    return settings_.shares && !incident.roots.empty() && settings_.shares(incident.roots.front());
}

// When this case may have something to say without any event.
void Policy::schedule(const Incident& incident, Case& known, Steady now) {
    if (known.next != Steady::max()) timers_.erase({known.next, known.incident});
    known.next = Steady::max();
    if (incident.closed || known.muted || incident.acknowledged || !incident.wrong()) return;
    const auto consider = [&](Steady at) {
        if (at > now) known.next = std::min(known.next, at);
    };
    for (const auto& [audience, count] : incident.audiences)
        if (audience != 0)
            for (const CompiledStep& step : rules_[audience - 1].steps)
                consider(known.ladder_from + step.after);
    const std::optional<Steady::duration> remind = remind_after(incident);
    for (const Told& told : known.told) {
        if (remind && told.is_told()) consider(told.last + *remind);
        const auto& fallback = settings_.receivers[receiver_of(told.receiver)].fallback;
        if (fallback && !told.queue.empty()) consider(told.queue.front().decided + fallback->after);
    }
    if (known.next != Steady::max()) timers_.emplace(known.next, known.incident);
}

std::vector<Policy::Next> Policy::next_of(std::uint64_t number, Steady now) const {
    const Incident* incident = incidents_.find(number);
    const auto found = cases_.find(number);
    std::vector<Next> all;
    if (incident == nullptr || incident->closed || incident->acknowledged || incident->muted() ||
        !incident->wrong())
        return all;
    const Case* known = found == cases_.end() ? nullptr : &found->second;
    const auto told = [known](const std::string& name) -> const Told* {
        if (known != nullptr)
            for (const Told& each : known->told)
                if (each.receiver == name && each.is_told()) return &each;
        return nullptr;
    };
    std::map<std::string, Next> next;
    const auto consider = [&](const std::string& receiver, Steady at, bool reminder) {
        if (at <= now) return;
        const auto [place, fresh] = next.try_emplace(receiver, Next{at, receiver, reminder});
        if (!fresh && at < place->second.at) place->second = {at, receiver, reminder};
    };
    const Steady from = incident->waiting || known == nullptr ? incident->due : known->ladder_from;
    for (const auto& [audience, count] : incident->audiences)
        if (audience != 0)
            for (const CompiledStep& step : rules_[audience - 1].steps)
                for (const std::size_t to : step.to)
                    if (const std::string& name = settings_.receivers[to].name;
                        told(name) == nullptr)
                        consider(name, from + step.after, false);
    if (const auto remind = remind_after(*incident); remind && known != nullptr)
        for (const Told& each : known->told)
            if (each.is_told()) consider(each.receiver, each.last + *remind, true);
    for (auto& [name, each] : next) all.push_back(std::move(each));
    std::ranges::sort(all);
    return all;
}

Steady Policy::next_deadline(Steady now, System wall) const {
    if (reloaded_ || !dirty_.empty()) return Steady::min();
    Steady next = incidents_.next_deadline();
    if (!timers_.empty()) next = std::min(next, timers_.begin()->first);
    for (const ReceiverState& receiver : receivers_)
        if (!receiver.queued.empty() && receiver.retry_at > now)
            next = std::min(next, receiver.retry_at);
    for (std::size_t index = 0; index < receivers_.size(); ++index)
        if (const Steady by_rate = next_by_rate(index);
            !receivers_[index].queued.empty() && by_rate > now)
            next = std::min(next, by_rate);
    const System boundary = std::min(mutes_.next_boundary(), next_hours_);
    if (boundary != System::max())
        next = std::min(next, now + std::max<System::duration>(boundary - wall, 0s));
    return next;
}

}  // namespace vitals::alerts
