#include "jobs/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/description.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"
#include "text/utf8.hpp"

namespace vitals::jobs {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t most_runs = 100;  // runs at once
constexpr std::size_t most_given_up = 100;
constexpr std::size_t longest_output = 4096;  // bytes
constexpr std::size_t longest_id = 128;       // bytes

// The clock of another host may be ahead by this much.
constexpr Steady::duration most_early = 60s;
// Distinguishes a clock that was set from one that drifts.
constexpr Steady::duration least_step = 60s;
// As in cron: a time that was due once is not due again after the clock was put back, unless by
// more.
constexpr Steady::duration most_repeated = 3h;
// How many times may become due at once; more mean that somebody set a clock.
constexpr int most_at_once = 1'000;

milliseconds in_milliseconds(Steady::duration duration) {
    return std::chrono::duration_cast<milliseconds>(duration);
}

std::string schedule_of(const JobSettings& settings) {
    return settings.schedule ? settings.schedule->text() + ' ' + settings.zone.name()
                             : std::string();
}

}  // namespace

std::string last_lines(std::string_view output) {
    if (output.size() > longest_output) {
        output.remove_prefix(output.size() - longest_output);
        const auto line = output.find('\n');
        if (line != std::string_view::npos && line + 1 < output.size())
            output.remove_prefix(line + 1);
    }
    while (output.ends_with('\n') || output.ends_with('\r')) output.remove_suffix(1);
    std::string lines(output);
    std::erase(lines, '\r');
    return text::plain_text(lines);
}

Job::Job(JobSettings settings, Moment now) : settings_(std::move(settings)), now_(now) {
    memory_.schedule = schedule_of(settings_);
    set_judged_until(now.wall);
}

void Job::resume(JobMemory memory, Steady::duration away, Moment now) {
    now_ = now;
    memory_ = std::move(memory);
    for (Run& run : memory_.runs)
        run.since = now.steady - std::max<System::duration>(now.wall - run.started, 0s);
    memory_.heard = std::min(memory_.heard, now.wall);
    const std::string schedule = schedule_of(settings_);
    if (std::exchange(memory_.schedule, schedule) != schedule) {
        memory_.waiting.reset();
        memory_.missed.reset();
        memory_.due_unobserved.reset();
        memory_.judged_until = now.wall;
    }
    set_judged_until(std::min(memory_.judged_until, now.wall));
    waiting_until_ = waited_until();
    if (away > 0s) missed_since(now.wall - away, now);
    judged_ = outcome().status;
    pass(now);
}

// ---- reports --------------------------------------------------------------------------------

void Job::take(const JobEvent& event, Moment now) {
    pass(now);
    switch (event.what) {
        case JobEvent::What::start:
            start(event);
            break;
        case JobEvent::What::end:
            end(event);
            break;
        case JobEvent::What::log:
            memory_.log =
                last_lines(memory_.log.empty() ? event.output : memory_.log + '\n' + event.output);
            break;
    }
    judge();
}

void Job::start(const JobEvent& event) {
    const std::string id(text::cut_utf8(event.run, longest_id));
    std::erase(memory_.given_up, id);
    const auto told_again = [&](const Run& run) { return !id.empty() && run.id == id; };
    if (std::ranges::any_of(memory_.runs, told_again)) return;
    memory_.starts_are_told = true;
    memory_.log.clear();
    hear();
    if (memory_.runs.size() == most_runs) {
        give_up(memory_.runs.front());
        memory_.runs.erase(memory_.runs.begin());
    }
    memory_.runs.push_back({.id = id, .started = now_.wall, .since = now_.steady});
}

void Job::end(const JobEvent& event) {
    const std::string id(text::cut_utf8(event.run, longest_id));
    bool sure = false;
    const std::optional<Run> run = taken_out(id, sure);
    if (!run) {
        if (!id.empty() && std::erase(memory_.given_up, id) > 0) return;
        memory_.starts_are_told = event.took || !id.empty();
        hear();
    }
    std::optional<milliseconds> took = event.took;
    if (!took && sure) took = in_milliseconds(now_.steady - run->since);
    std::string how;
    if (event.exit_code != 0)
        how = event.how.empty() ? fmt::format("exited with {}", event.exit_code) : event.how;
    else if (settings_.run_min && took && *took < *settings_.run_min)
        how = fmt::format("took {}, less than {}", text::about_duration(*took),
                          format_duration(*settings_.run_min));
    if (run && run->superseded && how.empty()) return;
    memory_.last =
        JobMemory::End{.at = now_.wall,
                       .took = took,
                       .exit_code = event.exit_code,
                       .how = how,
                       .output = last_lines(event.output.empty() ? memory_.log : event.output)};
    memory_.missed.reset();
    memory_.due_unobserved.reset();
    if (how.empty()) supersede(run ? run->since : now_.steady - took.value_or(0ms));
    judged_ = outcome().status;
    ++verdicts_;
}

// The run that ends. Without an id: the latest that was reported without one, or the only one.
// `sure`: it cannot be another.
std::optional<Job::Run> Job::taken_out(const std::string& id, bool& sure) {
    auto& runs = memory_.runs;
    const auto is_it = [&](const Run& run) { return run.id == id; };
    auto at = runs.end();
    for (auto each = runs.begin(); each != runs.end(); ++each)
        if (is_it(*each)) at = each;
    sure = !id.empty() || std::ranges::count_if(runs, is_it) == 1;
    if (at == runs.end() && id.empty() && runs.size() == 1) at = runs.begin(), sure = true;
    if (at == runs.end()) {
        sure = false;
        return std::nullopt;
    }
    Run run = std::move(*at);
    runs.erase(at);
    return run;
}

// A run that began then has ended well. Earlier runs no longer count: one that hangs is given up,
// and of one that continues only a bad end matters.
void Job::supersede(Steady started) {
    const bool each_counts = settings_.overlap == JobSettings::Overlap::allowed;
    for (Run& run : memory_.runs) {
        if (run.since >= started) continue;
        if (overdue(run))
            give_up(run);
        else if (!each_counts)
            run.superseded = true;
    }
    std::erase_if(memory_.runs,
                  [&](const Run& run) { return run.since < started && overdue(run); });
}

void Job::give_up(const Run& run) {
    if (run.id.empty()) return;
    if (memory_.given_up.size() == most_given_up) memory_.given_up.pop_front();
    memory_.given_up.push_back(run.id);
}

void Job::hear() {
    memory_.heard = now_.wall;
    memory_.waiting.reset();
}

// ---- missing reports ------------------------------------------------------------------------

void Job::pass(Moment now) {
    const Moment before = std::exchange(now_, now);
    clock_stepped((now.wall - before.wall) - (now.steady - before.steady), before);
    for (int i = 0; upcoming_ && upcoming_->at <= now.wall; ++i) {
        if (i == most_at_once) return set_judged_until(now.wall);
        const calendar::Cron::Due due = *upcoming_;
        set_judged_until(due.at);
        reach(due);
    }
    if (memory_.waiting && now.steady >= waiting_until_) {
        if (!memory_.missed) memory_.missed = JobMemory::Missed{.due = memory_.waiting->at};
        ++memory_.missed->times;
        memory_.waiting.reset();
        judged_ = outcome().status;
        ++verdicts_;
    }
    judge();
}

void Job::clock_stepped(Steady::duration by, Moment before) {
    if (by > least_step) return missed_since(before.wall, now_);
    if (by > -most_repeated) return;
    set_judged_until(now_.wall);
    memory_.waiting.reset();
    memory_.heard = std::min(memory_.heard, now_.wall);
}

void Job::missed_since(System from, Moment now) {
    now_ = now;
    for (Run& run : memory_.runs) run.in_doubt = true;
    if (memory_.waiting) memory_.due_unobserved = std::exchange(memory_.waiting, {})->at;
    if (settings_.schedule) {
        const System first = std::max(
            memory_.judged_until, from - std::chrono::duration_cast<System::duration>(patience()));
        const auto due = settings_.schedule->next(settings_.zone, first);
        if (due && due->at <= now.wall) memory_.due_unobserved = due->at;
    }
    set_judged_until(std::max(memory_.judged_until, now.wall));
    judge();
}

void Job::reach(const calendar::Cron::Due& due) {
    const auto goes_on = [&](const Run& run) { return !run.superseded && !overdue(run); };
    if (began_at(due.at) || std::ranges::any_of(memory_.runs, goes_on) || memory_.waiting) return;
    memory_.waiting = due;
    waiting_until_ = waited_until();
}

bool Job::began_at(System due) const {
    Steady::duration early = std::min<Steady::duration>(most_early, settings_.start_grace);
    if (upcoming_) early = std::min<Steady::duration>(early, (upcoming_->at - due) / 2);
    return memory_.heard >= due - std::chrono::duration_cast<System::duration>(early);
}

void Job::set_judged_until(System until) {
    memory_.judged_until = until;
    upcoming_.reset();
    if (settings_.schedule) upcoming_ = settings_.schedule->next(settings_.zone, until);
}

Steady::duration Job::patience() const {
    Steady::duration patience = settings_.start_grace;
    if (!memory_.starts_are_told) patience += settings_.run_max;
    return patience;
}

Steady Job::waited_until() const {
    return memory_.waiting ? now_.steady + (memory_.waiting->latest - now_.wall) + patience()
                           : Steady::max();
}

bool Job::overdue(const Run& run) const {
    return now_.steady - run.since >= settings_.run_max;
}

// ---- the result -----------------------------------------------------------------------------

std::size_t Job::at_once() const {
    if (settings_.overlap == JobSettings::Overlap::allowed) return 0;
    return static_cast<std::size_t>(std::ranges::count_if(
        memory_.runs, [&](const Run& run) { return !run.superseded && !overdue(run); }));
}

void Job::judge() {
    const Status status = outcome().status;
    if (status != std::exchange(judged_, status)) ++verdicts_;
}

Outcome Job::outcome() const {
    const Run* in_doubt = nullptr;
    for (const Run& run : memory_.runs) {
        if (run.superseded || !overdue(run)) continue;
        if (!run.in_doubt)
            return failed(
                fmt::format("has not ended within {}", format_duration(settings_.run_max)),
                ErrorClass::timeout, memory_.log);
        in_doubt = &run;
    }
    if (memory_.missed) {
        const auto& [due, times] = *memory_.missed;
        return failed(
            fmt::format(
                "{}; it was due {}{}",
                memory_.starts_are_told ? "did not start" : "was not heard of",
                settings_.zone.text(due),
                times > 1 ? fmt::format(", and {} more", text::counted(times - 1, "time")) : ""),
            ErrorClass::timeout);
    }
    if (memory_.last && !memory_.last->how.empty()) {
        Outcome outcome = failed(memory_.last->how, ErrorClass::assertion, memory_.last->output);
        outcome.duration = memory_.last->took.value_or(0ms);
        return outcome;
    }
    const std::size_t runs = at_once();
    const std::string overlap = fmt::format("{} runs at once", runs);
    if (runs > 1 && settings_.overlap == JobSettings::Overlap::failed)
        return failed(overlap, ErrorClass::assertion);
    if (in_doubt != nullptr)
        return unknown(
            fmt::format("began {}; vitals was away meanwhile, so it is not known "
                        "whether it has ended",
                        settings_.zone.text(in_doubt->started)));
    if (memory_.due_unobserved)
        return unknown(fmt::format("was due {}, while vitals was away",
                                   settings_.zone.text(*memory_.due_unobserved)));
    if (!memory_.last) return unknown("no run has ended yet");
    Outcome outcome = runs > 1 ? degraded(overlap) : ok();
    if (memory_.last->took) {
        outcome.duration = *memory_.last->took;
        if (runs <= 1) outcome.detail = "took " + text::about_duration(*memory_.last->took);
    }
    return outcome;
}

std::vector<Property> Job::properties() const {
    std::vector<Property> properties;
    if (!memory_.runs.empty()) {
        properties.push_back({"running", static_cast<std::int64_t>(memory_.runs.size())});
        properties.push_back({"started", rfc3339(memory_.runs.back().started)});
    }
    if (const auto& last = memory_.last) {
        properties.push_back({"ended", rfc3339(last->at)});
        properties.push_back({"exit_code", std::int64_t{last->exit_code}});
        if (last->took)
            properties.push_back({"took", std::chrono::duration<double>(*last->took).count()});
        if (!last->output.empty()) properties.push_back({"output", last->output});
    }
    if (upcoming_) properties.push_back({"due", rfc3339(upcoming_->at)});
    return properties;
}

std::optional<Steady> Job::next() const {
    std::optional<Steady> next;
    const auto no_later_than = [&](Steady when) { next = std::min(next.value_or(when), when); };
    for (const Run& run : memory_.runs)
        if (!run.superseded && !overdue(run)) no_later_than(run.since + settings_.run_max);
    if (memory_.waiting) no_later_than(waiting_until_);
    if (upcoming_) no_later_than(now_.steady + (upcoming_->at - now_.wall));
    return next;
}

}  // namespace vitals::jobs
