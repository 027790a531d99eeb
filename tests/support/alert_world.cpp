// The world around the policy of alerts.
#include "alert_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace vitals::testing {

using namespace alerts;

alerts::Components shared(const std::vector<Component>& components) {
    alerts::Components shared;
    for (const Component& each : components)
        shared.push_back(std::make_shared<const Component>(each));
    return shared;
}

AlertWorld::AlertWorld(Settings settings, std::vector<Component> components, long epoch)
    : settings_(std::move(settings)), components_(std::move(components)), offset_(epoch) {
    make_process();
}

void AlertWorld::make_process() {
    policy_.reset();
    incidents_ = std::make_unique<Incidents>();
    policy_ = std::make_unique<Policy>(*incidents_, settings_, shared(components_), now());
    incidents_->restore(disk_.incidents, now());
    policy_->restore(disk_.cases, now());
    for (const Mute& mute : disk_.mutes)
        if (!mute.configured) policy_->mutes().add(mute);
}

System AlertWorld::wall() const {
    return wall_second(t_ + offset_);
}

AlertWorld::Disk AlertWorld::save() const {
    Disk disk;
    disk.incidents = incidents_->save();
    for (const auto& [number, known] : policy_->cases()) disk.cases.push_back(known);
    disk.mutes = policy_->mutes().all();
    return disk;
}

// Whether a transaction would have nothing to write about incidents and what was told.
bool AlertWorld::same_decisions(const Disk& a, const Disk& b) {
    const auto incidents = [](const Disk& disk) {
        std::map<std::uint64_t, std::tuple<std::vector<std::string>, Steady, Steady, bool,
                                           std::optional<Steady>, std::optional<Steady>, bool>>
            all;
        for (const Incident& each : disk.incidents.incidents)
            all[each.number] = {each.roots,
                                each.opened,
                                each.due,
                                each.waiting,
                                each.closed,
                                each.storm,
                                each.acknowledged.has_value()};
        return all;
    };
    const auto cases = [](const Disk& disk) {
        std::map<std::uint64_t, std::tuple<Steady, bool, std::vector<Told>>> all;
        for (const Case& each : disk.cases)
            all[each.incident] = {each.ladder_from, each.muted, each.told};
        return all;
    };
    return incidents(a) == incidents(b) && cases(a) == cases(b);
}

void AlertWorld::advance(int t) {
    while (alive_) {
        const Steady next = policy_->next_deadline(now(), wall());
        if (next > Steady{} + std::chrono::seconds(t)) break;
        t_ = std::max(t_, static_cast<int>(std::chrono::ceil<std::chrono::seconds>(
                                               std::max(next, now()).time_since_epoch())
                                               .count()));
        settle();
    }
    t_ = std::max(t, t_);
}

void AlertWorld::settle() {
    const Crash crash = crash_;
    std::optional<Disk> before;
    if (crash == Crash::decide) before = save();
    const Decisions decisions = policy_->settle(now(), wall());
    if (before && !same_decisions(*before, save())) return die(std::move(*before));
    if (crash == Crash::persist && !decisions.queued.empty()) return die(save());
    while (const std::optional<Message> message = policy_->take(now(), wall())) {
        const Mode mode = modes_[message->receiver];
        if (mode != Mode::down)
            sent_.push_back({.t = t_,
                             .message = *message,
                             .key = fmt::format("{}/{}/{}", message->incident, message->receiver,
                                                message->serial),
                             .lost = mode == Mode::lossy || crash == Crash::send,
                             .muted = all_muted(message->cause)});
        if (crash == Crash::send) return die(save());
        policy_->ended(*message,
                       mode == Mode::up     ? Fate::delivered
                       : mode == Mode::down ? Fate::refused
                                            : Fate::doubtful,
                       now());
    }
}

bool AlertWorld::all_muted(const std::vector<std::string>& names) const {
    if (accepted_.empty()) return false;
    return std::all_of(names.begin(), names.end(), [this](const std::string& name) {
        Component component;
        for (const Component& each : components_)
            if (each.name == name) component = each;
        component.name = name;  // vitals/blind is none of them
        return std::any_of(accepted_.begin(), accepted_.end(), [&](const auto& each) {
            return each.second.active(wall()) && each.second.match.takes(component);
        });
    });
}

void AlertWorld::die(Disk disk) {
    disk_ = std::move(disk);
    alive_ = false;
    crash_ = Crash::none;
}

void AlertWorld::status(int t, const std::string& component, Status status,
                        ErrorClass error_class) {
    advance(t);
    if (!alive_) return;
    incidents_->report(component, status, error_class, now());
    settle();
}

void AlertWorld::mute(int t, Mute mute) {
    advance(t);
    if (!alive_) return;
    accepted_[mute.id] = mute;
    policy_->mutes().add(std::move(mute));
    settle();
}

void AlertWorld::end_mute(int t, const std::string& id) {
    advance(t);
    if (!alive_) return;
    accepted_.erase(id);
    policy_->mutes().end(id);
    settle();
}

void AlertWorld::acknowledge(int t, const std::string& component) {
    advance(t);
    if (!alive_) return;
    incidents_->acknowledge(incidents_->incident_of_root(component), {.by = "somebody"});
    settle();
}

void AlertWorld::set_receiver(int t, const std::string& name, Mode mode) {
    advance(t);
    modes_[name] = mode;
    if (alive_) settle();
}

void AlertWorld::set_clock(int t, long offset) {
    advance(t);
    offset_ = offset;
    if (alive_) settle();
}

void AlertWorld::crash(int t, Crash at) {
    advance(t);
    if (!alive_) return;
    crash_ = at;
    settle();
}

void AlertWorld::start(int t) {
    advance(t);
    if (alive_) disk_ = save();
    alive_ = true;
    crash_ = Crash::none;
    make_process();
    settle();
}

void AlertWorld::tick(int t) {
    advance(t);
    if (alive_) settle();
}

}  // namespace vitals::testing
