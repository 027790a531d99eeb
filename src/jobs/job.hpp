// One job: what is known of its runs, and the verdict. Pure: the time of both clocks is an
// argument.
//
// A job is well when it ended well. A start changes no status, unless it overlaps another run. This
// is judged:
// - how a run ended: its exit code, and whether it took less than `run_min`;
// - whether a run that began has ended within `run_max`;
// - with a schedule: whether a run began within `start_grace` of its due time. If only ends are
//   reported, an end is waited for, for `run_max` longer.
// Silence counts only while reports could arrive. What was due, or ended, while nobody listened is
// unknown: until the next run ends, or until the next due time.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "calendar/cron.hpp"
#include "model/clock.hpp"
#include "model/pushed.hpp"
#include "vitals/outcome.hpp"

namespace vitals::jobs {

struct JobSettings {
    std::string name;
    std::optional<calendar::Cron> schedule;
    calendar::Zone zone = calendar::Zone::here();
    std::chrono::milliseconds start_grace{300'000};
    std::chrono::milliseconds run_max{24 * 3'600'000};
    std::optional<std::chrono::milliseconds> run_min;
    enum class Overlap : std::uint8_t { allowed, degraded, failed } overlap = Overlap::degraded;
    bool operator==(const JobSettings&) const = default;
};

struct Moment {
    System wall;
    Steady steady;
};

// What outlives the process.
struct JobMemory {
    std::string schedule;  // what the times below belong to
    struct Run {
        std::string id;  // empty: it was reported without one
        System started{};
        bool in_doubt = false;    // its end may have been reported while nobody listened
        bool superseded = false;  // a later one has ended well
        Steady since{};           // the start by the clock that decides; not saved
    };
    struct End {
        System at{};
        std::optional<std::chrono::milliseconds> took;
        int exit_code = 0;
        std::string how;     // in words; empty: it ended well
        std::string output;  // the last lines
    };
    struct Missed {
        System due{};  // the first of them
        unsigned times = 0;
    };
    std::vector<Run> runs;  // under way, in the order of their starts
    std::optional<End> last;
    std::string log;                   // that was reported since the last start
    std::deque<std::string> given_up;  // ids of runs whose end does not matter any more
    System judged_until{};             // due times up to here have been handled
    System heard{};                    // when a run was last told to begin, or to have ended
    bool starts_are_told = false;
    std::optional<calendar::Cron::Due> waiting;  // for the run that was due then
    std::optional<Missed> missed;
    std::optional<System> due_unobserved;  // nobody listened then
};

class Job {
  public:
    Job(JobSettings settings, Moment now);
    // The knowledge of an earlier process, or definition. Nobody listened for the last `away`.
    void resume(JobMemory memory, Steady::duration away, Moment now);
    const JobMemory& memory() const noexcept { return memory_; }
    const JobSettings& settings() const noexcept { return settings_; }

    void take(const JobEvent& event, Moment now);
    // Time has passed; call it at next() at the latest, and twice a minute.
    void pass(Moment now);
    // No report could arrive since then.
    void missed_since(System from, Moment now);

    Outcome outcome() const;
    std::vector<Property> properties() const;
    // Grows with everything that must be judged again: an end, and any change of the status.
    std::uint64_t verdicts() const noexcept { return verdicts_; }
    // When the status may change without a report.
    std::optional<Steady> next() const;

  private:
    using Run = JobMemory::Run;

    void start(const JobEvent& event);
    void end(const JobEvent& event);
    std::optional<Run> taken_out(const std::string& id, bool& sure);
    void supersede(Steady started);
    void give_up(const Run& run);
    void hear();
    void reach(const calendar::Cron::Due& due);
    void clock_stepped(Steady::duration by, Moment before);
    void set_judged_until(System until);
    bool began_at(System due) const;
    Steady::duration patience() const;
    Steady waited_until() const;
    bool overdue(const Run& run) const;
    std::size_t at_once() const;
    void judge();

    JobSettings settings_;
    JobMemory memory_;
    Moment now_;
    std::optional<calendar::Cron::Due> upcoming_;
    Steady waiting_until_{};
    Status judged_ = Status::unknown;
    std::uint64_t verdicts_ = 0;
};

// The last lines of an output, bounded, without control characters.
std::string last_lines(std::string_view output);

}  // namespace vitals::jobs
