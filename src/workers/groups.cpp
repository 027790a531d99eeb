#include "workers/groups.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/words.hpp"

namespace vitals::workers {

namespace {

using namespace std::chrono_literals;

// How soon silence is visible, and what a broker delivers. Pushes are visible at once.
constexpr std::chrono::milliseconds turn_every = 500ms;
constexpr std::chrono::milliseconds validity = 3s;

bool same(const Outcome& a, const Outcome& b) {
    return a.status == b.status && a.detail == b.detail && a.error == b.error &&
           a.properties == b.properties;
}

}  // namespace

Groups::Groups(net::Environment& environment, Clock& clock, Log log,
               std::function<void(Shown)> judged)
    : environment_(environment),
      clock_(clock),
      log_(std::move(log)),
      judged_(std::move(judged)),
      table_(std::make_shared<Table>(clock)),
      timer_(environment.loop()) {}

void Groups::restore(std::vector<RememberedWorker> known, Save save) {
    saved_some_ = !known.empty();
    table_->restore(std::move(known));
    save_ = std::move(save);
}

void Groups::configure(std::vector<GroupSettings> groups) {
    groups_ = std::move(groups);
    std::vector<GroupOptions> options;
    for (GroupSettings& group : groups_) {
        group.options.listened =
            group.shared || (group.source != nullptr && group.source->listen != nullptr);
        options.push_back(group.options);
    }
    table_->configure(options);
    listen();
    reported_.clear();
    pushed_ = true;  // judged as soon as the components exist
    timer_.arm(clock_.steady() + turn_every, [this] { turn(); });
}

void Groups::listen() {
    std::map<std::string, Connected> before = std::exchange(connected_, {});
    for (const GroupSettings& group : groups_) {
        if (group.source == nullptr || group.source->listen == nullptr) continue;
        const std::string& name = group.options.name;
        // Its pace depends on the timeout.
        const std::string fingerprint =
            fmt::format("{} {}", group.fingerprint, group.options.timeout.count());
        Connected& connected = connected_[name];
        if (const auto at = before.find(name); at != before.end()) {
            if (at->second.fingerprint == fingerprint) {
                connected = std::move(at->second);
                connected.connection->refresh(group.source_options);
                continue;
            }
            at->second.connection.reset();
        }
        connected.fingerprint = fingerprint;
        connected.connection =
            group.source->listen({environment_, clock_, log_, table_, name, group.options.timeout},
                                 group.source_options);
    }
}

std::vector<Component> Groups::components() const {
    std::vector<Component> components;
    for (const GroupSettings& group : groups_) {
        Component component;
        component.name = "workers/" + group.options.name;
        component.kind = "workers";
        component.probes = group.probes;
        component.interval = turn_every;
        component.timeout = validity - 2 * turn_every;
        components.push_back(std::move(component));
    }
    return components;
}

std::string Groups::take(const Heartbeats& beats) {
    using Answer = Table::Answer;
    const System now = clock_.system();
    pushed_ = true;
    for (const Heartbeat& beat : beats.beats) {
        const Answer answer = beat.leaving
                                  ? table_->leave(beats.group, beat.worker)
                                  : table_->beat(beats.group, beat.worker, beat.sent.value_or(now));
        switch (answer) {
            case Answer::taken:
                break;
            case Answer::unknown_group: {
                std::vector<std::string_view> names;
                for (const GroupSettings& group : groups_) names.push_back(group.options.name);
                return fmt::format("there is no group of workers {} in the configuration{}",
                                   text::in_quotes(beats.group),
                                   text::did_you_mean(beats.group, names));
            }
            case Answer::bad_name:
                return "a worker's name is 1 to 256 bytes without control characters; those before "
                       "it were taken";
            case Answer::full:
                return "the group holds as many workers as it can; those before were taken";
        }
    }
    return {};
}

void Groups::beat_elsewhere(std::string_view group, std::string_view worker) {
    table_->beat(group, worker, clock_.system());
}

void Groups::left_elsewhere(std::string_view group, std::string_view worker) {
    table_->leave(group, worker);
}

void Groups::turn() {
    judge();
    if (groups_.empty()) return;
    save_if_due();
    timer_.arm(clock_.steady() + turn_every, [this] { turn(); });
}

void Groups::judge_pushed() {
    if (pushed_) judge();
}

void Groups::judge() {
    const Steady now = clock_.steady();
    pushed_ = false;
    table_->expire();
    const bool again = now - reported_at_ >= turn_every;
    if (again) reported_at_ = now;
    Shown shown{.lists = table_->groups(), .valid_until = reported_at_ + validity};
    for (const GroupSettings& group : groups_) {
        const std::string& name = group.options.name;
        Outcome outcome = table_->judge(name);
        const auto latest = reported_.find(name);
        if (!again && latest != reported_.end() && same(latest->second, outcome)) continue;
        reported_.insert_or_assign(name, outcome);
        shown.outcomes.emplace_back("workers/" + name, std::move(outcome));
    }
    judged_(std::move(shown));
}

// Known workers are saved soon after a change. The times of their heartbeats are saved now and
// then: the more workers, the less often, to spare the disk.
void Groups::save_if_due() {
    const auto size = static_cast<std::int64_t>(table_->size());
    const auto soon = std::clamp(size * 1ms, 1'000ms, 10'000ms);
    const auto later = std::clamp(size * 10ms, 10'000ms, 60'000ms);
    const bool changed = saved_membership_ != table_->membership();
    if (!changed && saved_ == table_->version()) return;
    if (clock_.steady() - saved_at_ >= (changed ? soon : later)) save_now();
}

void Groups::save_now() {
    saved_at_ = clock_.steady();
    saved_ = table_->version();
    saved_membership_ = table_->membership();
    const bool some = table_->size() > 0;
    if (save_ && (some || saved_some_)) save_(table_->remembered());
    saved_some_ = some;
}

}  // namespace vitals::workers
