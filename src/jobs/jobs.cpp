#include "jobs/jobs.hpp"

#include <algorithm>

#include "jobs/saved.hpp"
#include "model/pause.hpp"

namespace vitals::jobs {

namespace {

using namespace std::chrono_literals;

constexpr Steady::duration turn_every = 30s;
constexpr Steady::duration validity = turn_every + 15s;
constexpr Steady::duration save_after = 250ms;

}  // namespace

Jobs::Jobs(net::Loop& loop, Clock& clock, std::function<void(Shown)> show)
    : clock_(clock), show_(std::move(show)), turn_timer_(loop), save_timer_(loop) {}

Moment Jobs::moment() const {
    return {clock_.system(), clock_.steady()};
}

void Jobs::restore(Saved saved, Steady::duration away, Save save) {
    for (const auto& [name, text] : saved)
        if (std::optional<JobMemory> memory = memory_of(text))
            restored_.insert_or_assign(name, *std::move(memory));
    away_ = away > excusing_pause({}) ? away : Steady::duration{};
    save_ = std::move(save);
}

void Jobs::configure(std::vector<JobSettings> jobs) {
    std::map<std::string, Known, std::less<>> before = std::exchange(jobs_, {});
    const Steady::duration away = std::exchange(away_, {});
    const Moment now = moment();
    for (JobSettings& settings : jobs) {
        const std::string name = settings.name;
        const auto known = before.find(name);
        if (known != before.end() && known->second.job.settings() == settings) {
            jobs_.insert(before.extract(known));
            continue;
        }
        Known& made = jobs_.emplace(name, Known{Job(std::move(settings), now)}).first->second;
        if (known != before.end()) {
            made.job.resume(known->second.job.memory(), {}, now);
            before.erase(known);
        } else if (auto left = restored_.extract(name)) {
            made.job.resume(std::move(left.mapped()), away, now);
        }
        made.shown = made.job.verdicts();
        unsaved_.insert(name);
    }
    for (const auto& [name, gone] : before) unsaved_.insert(name);
    for (const auto& [name, gone] : std::exchange(restored_, {})) unsaved_.insert(name);
    for (auto& [name, known] : jobs_) show(name, known);
    save_timer_.arm(now.steady + save_after, [this] { save_now(); });
    arm();
}

bool Jobs::take(const JobEvent& event) {
    const auto at = jobs_.find(event.job);
    if (at == jobs_.end()) return false;
    at->second.job.take(event, moment());
    show(at->first, at->second);
    changed(at->first);
    if (const auto next = at->second.job.next(); next && *next < turn_at_) turn_at(*next);
    return true;
}

void Jobs::show(const std::string& name, Known& known) {
    Shown shown{.component = name, .outcome = known.job.outcome()};
    shown.outcome.properties = known.job.properties();
    shown.anew = std::exchange(known.shown, known.job.verdicts()) != known.job.verdicts();
    shown.valid_until = clock_.steady() + validity;
    show_(std::move(shown));
}

void Jobs::changed(const std::string& name) {
    if (unsaved_.empty()) save_timer_.arm(clock_.steady() + save_after, [this] { save_now(); });
    unsaved_.insert(name);
}

void Jobs::arm() {
    if (jobs_.empty()) return turn_timer_.cancel();
    Steady next = clock_.steady() + turn_every;
    for (const auto& [name, known] : jobs_) next = std::min(next, known.job.next().value_or(next));
    turn_at(next);
}

void Jobs::turn_at(Steady when) {
    turn_at_ = when;
    turn_timer_.arm(when, [this] { turn(); });
}

void Jobs::turn() {
    const Moment now = moment();
    // No report could arrive while this process was stopped.
    const Steady::duration late = now.steady - turn_at_;
    for (auto& [name, known] : jobs_) {
        const std::uint64_t before = known.job.verdicts();
        if (late > excusing_pause({}))
            known.job.missed_since(now.wall - std::chrono::duration_cast<System::duration>(late),
                                   now);
        known.job.pass(now);
        show(name, known);
        if (known.job.verdicts() != before || known.job.memory().waiting) changed(name);
    }
    arm();
}

void Jobs::save_now() {
    std::vector<std::pair<std::string, std::optional<std::string>>> rows;
    for (const std::string& name : std::exchange(unsaved_, {})) {
        const auto at = jobs_.find(name);
        rows.emplace_back(
            name, at == jobs_.end() ? std::nullopt : std::optional(saved(at->second.job.memory())));
    }
    if (save_ && !rows.empty()) save_(std::move(rows));
}

void Jobs::save_all() {
    for (const auto& [name, known] : jobs_) changed(name);
}

}  // namespace vitals::jobs
