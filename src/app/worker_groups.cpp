#include "app/worker_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/count_range.hpp"
#include "text/words.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

// How soon silence shows, and what is heard through a broker. What is pushed shows at once.
constexpr std::chrono::milliseconds turn_every = 500ms;
constexpr std::chrono::milliseconds validity = 3s;

bool same(const Outcome& a, const Outcome& b) {
    return a.status == b.status && a.detail == b.detail && a.error == b.error &&
           a.properties == b.properties;
}

}  // namespace

WorkerGroups::WorkerGroups(net::Environment& environment, engine::Engine& engine, Clock& clock,
                           Log log)
    : environment_(environment),
      engine_(engine),
      clock_(clock),
      log_(std::move(log)),
      table_(std::make_shared<workers::Table>(clock)),
      timer_(environment.loop()) {
    // Beats that come close together are judged once.
    engine_.before_publishing([this] {
        if (taken_) judge();
    });
}

void WorkerGroups::remember(std::vector<RememberedWorker> known, Keep keep) {
    kept_some_ = !known.empty();
    table_->restore(std::move(known));
    keep_ = std::move(keep);
}

void WorkerGroups::configure(const std::vector<config::WorkersConfig>& groups) {
    options_.clear();
    for (const config::WorkersConfig& group : groups) {
        workers::GroupOptions options;
        options.name = group.name;
        options.timeout = group.timeout;
        options.remember = group.remember;
        options.listened = group.source == workers::celery::description.name;
        for (const auto& [prefix, text] : group.expect)
            options.expect.push_back({prefix, parse_count_range(text).value_or(CountRange())});
        options_.push_back(std::move(options));
    }
    probes_.clear();
    for (const config::WorkersConfig& group : groups) probes_[group.name] = group.probes;
    table_->configure(options_);
    listen(groups);
    reported_.clear();
    taken_ = true;  // judged as soon as the components are there
    timer_.arm(clock_.steady() + turn_every, [this] { turn(); });
}

void WorkerGroups::listen(const std::vector<config::WorkersConfig>& groups) {
    std::map<std::string, Source> before = std::exchange(sources_, {});
    for (const config::WorkersConfig& group : groups) {
        if (group.source != workers::celery::description.name) continue;
        auto options =
            std::static_pointer_cast<const workers::celery::CeleryOptions>(group.options);
        // Its pace depends on the timeout.
        const std::string fingerprint =
            fmt::format("{} {}", group.fingerprint, group.timeout.count());
        Source& source = sources_[group.name];
        if (const auto at = before.find(group.name); at != before.end()) {
            if (at->second.fingerprint == fingerprint) {
                source = std::move(at->second);
                source.source->refresh(std::move(options));
                continue;
            }
            at->second.source.reset();
        }
        source.fingerprint = fingerprint;
        source.source = std::make_unique<workers::celery::CelerySource>(
            environment_, clock_, log_, table_, group.name, std::move(options),
            workers::celery::timing_for(group.timeout));
    }
}

std::vector<engine::Definition> WorkerGroups::definitions() const {
    std::vector<engine::Definition> definitions;
    for (const workers::GroupOptions& group : options_) {
        engine::Definition definition;
        definition.component.name = "workers/" + group.name;
        definition.component.kind = "workers";
        definition.component.probes = probes_.at(group.name);
        definition.policy.interval = turn_every;
        definition.policy.timeout = validity - 2 * turn_every;
        definition.component.interval = definition.policy.interval;
        definition.component.timeout = definition.policy.timeout;
        definition.fingerprint =
            fmt::format("workers {}", fmt::join(definition.component.probes, " "));
        definition.reported = true;
        definitions.push_back(std::move(definition));
    }
    return definitions;
}

std::string WorkerGroups::take(const Heartbeats& beats) {
    using Answer = workers::Table::Answer;
    const System now = clock_.system();
    taken_ = true;
    engine_.changed();
    std::vector<std::string_view> names;
    for (const workers::GroupOptions& group : options_) names.push_back(group.name);
    for (const Heartbeat& beat : beats.beats) {
        const Answer answer = beat.leaving
                                  ? table_->leave(beats.group, beat.worker)
                                  : table_->beat(beats.group, beat.worker, beat.sent.value_or(now));
        switch (answer) {
            case Answer::taken:
                break;
            case Answer::unknown_group:
                return fmt::format("there is no group of workers {} in the configuration{}",
                                   text::in_quotes(beats.group),
                                   text::did_you_mean(beats.group, names));
            case Answer::bad_name:
                return "a worker's name is 1 to 256 bytes without control characters; those before "
                       "it were taken";
            case Answer::full:
                return "the group holds as many workers as it can; those before were taken";
        }
    }
    return {};
}

void WorkerGroups::turn() {
    judge();
    if (options_.empty()) return;
    keep();
    timer_.arm(clock_.steady() + turn_every, [this] { turn(); });
}

// List and component are of one judgement, so that no snapshot holds one without the other.
void WorkerGroups::judge() {
    const Steady now = clock_.steady();
    taken_ = false;
    table_->expire();
    const bool again = now - reported_at_ >= turn_every;
    if (again) reported_at_ = now;
    engine_.set_workers(table_->groups(), reported_at_ + validity);
    for (const workers::GroupOptions& group : options_) {
        Outcome outcome = table_->judge(group.name);
        const auto latest = reported_.find(group.name);
        if (!again && latest != reported_.end() && same(latest->second, outcome)) continue;
        if (engine_.report("workers/" + group.name, outcome))
            reported_.insert_or_assign(group.name, std::move(outcome));
    }
}

// Who is known is kept soon after it changed, when they were heard last from time to time: the more
// there are, the more seldom, so that the disk has peace.
void WorkerGroups::keep() {
    const auto size = static_cast<std::int64_t>(table_->size());
    const auto soon = std::clamp(size * 1ms, 1'000ms, 10'000ms);
    const auto later = std::clamp(size * 10ms, 10'000ms, 60'000ms);
    const bool changed = kept_membership_ != table_->membership();
    if (!changed && kept_ == table_->version()) return;
    if (clock_.steady() - kept_at_ >= (changed ? soon : later)) keep_now();
}

void WorkerGroups::keep_now() {
    kept_at_ = clock_.steady();
    kept_ = table_->version();
    kept_membership_ = table_->membership();
    const bool some = table_->size() > 0;
    if (keep_ && (some || kept_some_)) keep_(table_->remembered());
    kept_some_ = some;
}

}  // namespace vitals::app
