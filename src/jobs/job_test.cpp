// What follows from what is told of a job, and from silence; over clock changes, steps of the clock
// and absences of our own.
#include "jobs/job.hpp"

#include <gtest/gtest.h>

#include "jobs/saved.hpp"

namespace vitals::jobs {
namespace {

using namespace std::chrono_literals;
using Overlap = JobSettings::Overlap;
using What = JobEvent::What;

System utc(int year, unsigned month, unsigned day, int hour, int minute) {
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

// A job and both clocks. Time passes as the engine lets it pass: it looks twice a minute.
class Tried {
  public:
    explicit Tried(JobSettings settings, System begin = utc(2026, 11, 30, 12, 0))
        : now_{begin, Steady(1000h)}, settings_(std::move(settings)), job_(settings_, now_) {}

    void wait(Steady::duration time) { until(now_.wall + time); }
    void until(System wall) {
        while (now_.wall < wall) {
            const auto step = std::min<System::duration>(30s, wall - now_.wall);
            now_ = {now_.wall + step, now_.steady + step};
            job_.pass(now_);
        }
    }
    void set_clock(System wall) {
        now_.wall = wall;
        job_.pass(now_);
    }
    // The daemon is away; what an earlier one saved is taken up.
    void restart(Steady::duration away) {
        const std::string text = saved(job_.memory());
        now_ = {now_.wall + away, now_.steady + away};
        job_ = Job(settings_, now_);
        std::optional<JobMemory> memory = memory_of(text);
        ASSERT_TRUE(memory);
        EXPECT_EQ(saved(*memory), text);
        job_.resume(*std::move(memory), away, now_);
    }
    void configure(JobSettings settings) {
        JobMemory memory = job_.memory();
        settings_ = std::move(settings);
        job_ = Job(settings_, now_);
        job_.resume(std::move(memory), {}, now_);
    }

    void start(std::string run = {}) { tell({.what = What::start, .run = std::move(run)}); }
    void end(int code = 0, std::string run = {}) {
        tell({.what = What::end, .run = std::move(run), .exit_code = code});
    }
    void tell(const JobEvent& event) { job_.take(event, now_); }

    std::string shown() const {
        const Outcome outcome = job_.outcome();
        return std::string(to_string(outcome.status)) +
               (outcome.detail.empty() ? "" : ": " + outcome.detail);
    }
    std::string status() const { return std::string(to_string(job_.outcome().status)); }
    const Job& job() const { return job_; }

  private:
    Moment now_;
    JobSettings settings_;
    Job job_;
};

JobSettings nightly(std::string_view schedule = "0 3 * * *", const char* zone = "UTC") {
    JobSettings settings;
    settings.schedule = calendar::Cron::parse(schedule).value();
    settings.zone = calendar::Zone::find(zone).value();
    settings.start_grace = 5min;
    settings.run_max = 1h;
    return settings;
}

JobSettings unscheduled() {
    JobSettings settings;
    settings.run_max = 1h;
    return settings;
}

// ---- how it ends --------------------------------------------------------------------------------

TEST(Job, a_job_is_well_when_it_ended_well) {
    Tried job(unscheduled());
    EXPECT_EQ(job.shown(), "unknown: no run has ended yet");
    job.start("1");
    EXPECT_EQ(job.shown(), "unknown: no run has ended yet") << "a start changes no status";
    job.wait(12min);
    job.end(0, "1");
    EXPECT_EQ(job.shown(), "ok: took 12 min");
    job.wait(1000h);
    EXPECT_EQ(job.status(), "ok") << "without a schedule nothing is late";
}

TEST(Job, an_exit_code_other_than_0_is_failed_until_a_run_ends_well) {
    Tried job(unscheduled());
    job.start("1");
    job.tell({.what = What::log, .output = "connecting\n"});
    job.tell({.what = What::log, .output = "refused\r\n"});
    job.end(3, "1");
    EXPECT_EQ(job.shown(), "failed: exited with 3");
    EXPECT_EQ(job.job().outcome().error, "connecting\nrefused");
    EXPECT_EQ(job.job().outcome().error_class, ErrorClass::assertion);
    job.start("2");
    EXPECT_EQ(job.shown(), "failed: exited with 3") << "a start changes no status";
    job.tell({.what = What::end,
              .run = "2",
              .exit_code = 137,
              .how = "killed by signal 9 (Killed)",
              .output = "x"});
    EXPECT_EQ(job.shown(), "failed: killed by signal 9 (Killed)");
    EXPECT_EQ(job.job().outcome().error, "x");
    job.start("3");
    job.end(0, "3");
    EXPECT_EQ(job.status(), "ok");
}

TEST(Job, each_end_is_judged_and_no_start) {
    Tried job(unscheduled());
    job.start();
    EXPECT_EQ(job.job().verdicts(), 0u);
    job.end(1);
    EXPECT_EQ(job.job().verdicts(), 1u);
    job.start();
    job.wait(30min);
    EXPECT_EQ(job.job().verdicts(), 1u);
    job.end(1);
    EXPECT_EQ(job.job().verdicts(), 2u) << "for the thresholds it is one more failing run";
}

TEST(Job, a_run_that_does_not_end_is_failed) {
    Tried job(unscheduled());
    job.start("1");
    job.end(0, "1");
    job.start("2");
    job.wait(59min);
    EXPECT_EQ(job.status(), "ok");
    job.wait(1min);
    EXPECT_EQ(job.shown(), "failed: has not ended within 1h");
    EXPECT_EQ(job.job().outcome().error_class, ErrorClass::timeout);
    job.wait(48h);
    EXPECT_EQ(job.status(), "failed");
    job.end(0, "2");
    EXPECT_EQ(job.status(), "ok") << "it ended well after all";
}

TEST(Job, a_run_that_hangs_is_given_up_when_a_later_one_ends_well) {
    Tried job(unscheduled());
    job.start("1");
    job.wait(2h);
    job.start("2");
    EXPECT_EQ(job.status(), "failed");
    job.wait(1min);
    job.end(0, "2");
    EXPECT_EQ(job.status(), "ok");
    job.wait(2h);
    job.end(143, "1");
    EXPECT_EQ(job.status(), "ok") << "somebody killed what hung";
}

TEST(Job, a_run_that_takes_too_little_is_failed) {
    JobSettings settings = unscheduled();
    settings.run_min = 1min;
    Tried job(settings);
    job.start("1");
    job.wait(2s);
    job.end(0, "1");
    EXPECT_EQ(job.shown(), "failed: took 2 s, less than 1m");
    job.tell({.what = What::end, .took = 2min});
    EXPECT_EQ(job.shown(), "ok: took 2 min") << "its start was lost; the sender knows";
    job.tell({.what = What::end});
    EXPECT_EQ(job.shown(), "ok") << "nobody knows how long it took";
}

TEST(Job, output_is_bounded_and_its_last_lines_stay) {
    std::string much;
    for (int i = 0; i < 2000; ++i) much += "line " + std::to_string(i) + "\n";
    const std::string kept = last_lines(much);
    EXPECT_LE(kept.size(), 4096u);
    EXPECT_TRUE(kept.starts_with("line ")) << kept.substr(0, 20);
    EXPECT_TRUE(kept.ends_with("line 1999"));
    EXPECT_LE(last_lines(std::string(100'000, 'x')).size(), 4096u);
    EXPECT_EQ(last_lines("a\r\nb\x1b[31m\n\n"), "a\nb\xEF\xBF\xBD[31m");
}

// ---- several runs at once -----------------------------------------------------------------------

TEST(Job, a_second_start_while_one_runs_is_told) {
    Tried job(unscheduled());
    job.start("1");
    job.end(0, "1");
    job.start("2");
    job.wait(10min);
    job.start("3");
    EXPECT_EQ(job.shown(), "degraded: 2 runs at once");
    job.start("3");
    EXPECT_EQ(job.shown(), "degraded: 2 runs at once") << "it was told twice";
    job.wait(1min);
    job.end(0, "3");
    EXPECT_EQ(job.shown(), "ok: took 60 s");
    job.wait(2h);
    EXPECT_EQ(job.status(), "ok") << "the later one counts: the first may have died unheard";
}

TEST(Job, the_first_of_two_runs_counts_if_it_ends_badly) {
    Tried job(unscheduled());
    job.start("1");
    job.start("2");
    job.wait(1min);
    job.end(0, "2");
    EXPECT_EQ(job.status(), "ok");
    job.end(1, "1");
    EXPECT_EQ(job.shown(), "failed: exited with 1");
}

TEST(Job, ends_are_matched_by_run) {
    Tried job(unscheduled());
    job.start("1");
    job.wait(10min);
    job.start("2");
    job.wait(10min);
    job.end(0, "1");
    EXPECT_EQ(job.shown(), "ok: took 20 min");
    job.wait(50min);
    EXPECT_EQ(job.status(), "failed") << "the second has not ended";
    job.end(0, "2");
    EXPECT_EQ(job.shown(), "ok: took 60 min");
}

TEST(Job, overlap_may_be_failed_or_allowed) {
    JobSettings settings = unscheduled();
    settings.overlap = Overlap::failed;
    Tried strict(settings);
    strict.start("1");
    strict.start("2");
    EXPECT_EQ(strict.shown(), "failed: 2 runs at once");
    settings.overlap = Overlap::allowed;
    Tried lax(settings);
    lax.start("1");
    lax.wait(10min);
    lax.start("2");
    lax.end(0, "2");
    EXPECT_EQ(lax.status(), "ok");
    lax.wait(50min);
    EXPECT_EQ(lax.status(), "failed") << "each run counts by itself";
    lax.start("3");
    lax.end(0, "3");
    EXPECT_EQ(lax.status(), "ok");
}

TEST(Job, runs_without_an_id_are_matched_in_order) {
    Tried job(unscheduled());
    job.start();
    job.wait(5min);
    job.end();
    EXPECT_EQ(job.shown(), "ok: took 5 min");
    job.start();
    job.wait(30min);
    job.start();
    EXPECT_EQ(job.status(), "degraded");
    job.wait(1min);
    job.end();
    EXPECT_EQ(job.shown(), "ok") << "which of the two ended is not known, so neither how long";
    job.wait(2h);
    EXPECT_EQ(job.status(), "ok");
}

TEST(Job, known_runs_are_bounded) {
    JobSettings settings = unscheduled();
    settings.overlap = Overlap::allowed;
    Tried job(settings);
    for (int i = 0; i < 1000; ++i) job.start("run " + std::to_string(i));
    EXPECT_EQ(job.job().memory().runs.size(), 100u);
    EXPECT_LE(job.job().memory().given_up.size(), 100u);
}

// ---- when it begins -----------------------------------------------------------------------------

// One good run, so that starts are known to be told.
Tried ran_once(JobSettings settings, System begin = utc(2026, 11, 30, 12, 0)) {
    Tried job(std::move(settings), begin);
    job.start("first");
    job.wait(1min);
    job.end(0, "first");
    EXPECT_EQ(job.status(), "ok");
    return job;
}

TEST(Job, a_run_that_does_not_begin_is_failed_after_the_grace) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 3, 4));
    EXPECT_EQ(job.status(), "ok");
    job.until(utc(2026, 12, 1, 3, 5));
    EXPECT_EQ(job.shown(), "failed: did not start; it was due 2026-12-01 03:00 UTC");
    EXPECT_EQ(job.job().outcome().error_class, ErrorClass::timeout);
    job.until(utc(2026, 12, 2, 3, 5));
    EXPECT_EQ(job.shown(),
              "failed: did not start; it was due 2026-12-01 03:00 UTC, and 1 time more");
    job.start("2");
    EXPECT_EQ(job.status(), "failed") << "a start changes no status";
    job.end(0, "2");
    EXPECT_EQ(job.status(), "ok");
}

TEST(Job, a_run_that_begins_in_time_may_take_its_time) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 3, 3));
    job.start("2");
    job.until(utc(2026, 12, 1, 4, 2));
    EXPECT_EQ(job.status(), "ok");
    job.end(0, "2");
    EXPECT_EQ(job.shown(), "ok: took 59 min");
    job.until(utc(2026, 12, 2, 3, 4));
    EXPECT_EQ(job.status(), "ok");
}

TEST(Job, another_hosts_clock_may_be_ahead) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 2, 59) + 30s);
    job.start("2");
    job.end(0, "2");
    job.until(utc(2026, 12, 1, 12, 0));
    EXPECT_EQ(job.status(), "ok");
}

TEST(Job, a_run_by_hand_is_not_the_one_that_is_due) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 2, 30));
    job.start("by hand");
    job.end(0, "by hand");
    job.until(utc(2026, 12, 1, 3, 10));
    EXPECT_EQ(job.status(), "failed");
}

TEST(Job, a_run_that_goes_on_stands_in_for_one_that_is_due) {
    Tried job = ran_once(nightly("0 * * * *"));
    job.until(utc(2026, 11, 30, 13, 30));
    job.start("late");
    job.until(utc(2026, 11, 30, 14, 20));
    job.end(0, "late");
    EXPECT_EQ(job.status(), "ok");
    job.until(utc(2026, 11, 30, 14, 59));
    EXPECT_EQ(job.status(), "ok");
    job.restart(0s);
    EXPECT_EQ(job.status(), "ok");
    job.until(utc(2026, 11, 30, 15, 5));
    EXPECT_EQ(job.status(), "failed");
}

TEST(Job, a_new_job_is_unknown_until_its_first_time) {
    Tried job(nightly());
    job.until(utc(2026, 12, 1, 3, 30));
    EXPECT_EQ(job.shown(), "unknown: no run has ended yet") << "it may be one that tells ends only";
    job.until(utc(2026, 12, 1, 4, 5));
    EXPECT_EQ(job.shown(), "failed: was not heard of; it was due 2026-12-01 03:00 UTC");
}

TEST(Job, one_that_tells_only_its_ends_has_the_time_for_a_run) {
    Tried job(nightly());
    job.until(utc(2026, 12, 1, 3, 40));
    job.end();
    EXPECT_EQ(job.status(), "ok");
    job.until(utc(2026, 12, 2, 3, 50));
    EXPECT_EQ(job.status(), "ok");
    job.end();
    job.until(utc(2026, 12, 3, 4, 4));
    EXPECT_EQ(job.status(), "ok");
    job.until(utc(2026, 12, 3, 4, 5));
    EXPECT_EQ(job.status(), "failed");
}

// ---- the clock changes --------------------------------------------------------------------------

// Berlin: 2026-03-29 01:00 UTC from 2 to 3; 2026-10-25 01:00 UTC from 3 to 2.
struct Change {
    const char* scheduler;
    std::vector<System> starts;
};

TEST(Job, is_due_at_half_past_two_on_the_day_without_one) {
    for (const Change& change :
         {Change{"cron makes up for it at once", {utc(2026, 3, 29, 1, 0)}},
          Change{"another keeps the old clock", {utc(2026, 3, 29, 1, 30)}}}) {
        Tried job = ran_once(nightly("30 2 * * *", "Europe/Berlin"), utc(2026, 3, 28, 12, 0));
        for (const System start : change.starts) {
            job.until(start);
            EXPECT_EQ(job.status(), "ok") << change.scheduler;
            job.start("x");
            job.wait(1min);
            job.end(0, "x");
        }
        job.until(utc(2026, 3, 30, 0, 34));
        EXPECT_EQ(job.status(), "ok") << change.scheduler;
        job.until(utc(2026, 3, 30, 0, 35));
        EXPECT_EQ(job.status(), "failed") << "the next day counts as ever";
    }
    Tried missed = ran_once(nightly("30 2 * * *", "Europe/Berlin"), utc(2026, 3, 28, 12, 0));
    missed.until(utc(2026, 3, 29, 1, 34));
    EXPECT_EQ(missed.status(), "ok");
    missed.until(utc(2026, 3, 29, 1, 35));
    EXPECT_EQ(missed.shown(), "failed: did not start; it was due 2026-03-29 03:00 CEST");
}

TEST(Job, is_due_once_at_half_past_two_on_the_day_with_two) {
    for (const Change& change :
         {Change{"the first", {utc(2026, 10, 25, 0, 30)}},
          Change{"the second", {utc(2026, 10, 25, 1, 30)}},
          Change{"both", {utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)}}}) {
        Tried job = ran_once(nightly("30 2 * * *", "Europe/Berlin"), utc(2026, 10, 24, 12, 0));
        for (const System start : change.starts) {
            job.until(start);
            EXPECT_EQ(job.status(), "ok") << change.scheduler;
            job.start("x");
            job.wait(1min);
            job.end(0, "x");
        }
        job.until(utc(2026, 10, 26, 1, 34));
        EXPECT_EQ(job.status(), "ok") << change.scheduler;
        job.until(utc(2026, 10, 26, 1, 35));
        EXPECT_EQ(job.status(), "failed") << "the next day counts as ever";
    }
    Tried missed = ran_once(nightly("30 2 * * *", "Europe/Berlin"), utc(2026, 10, 24, 12, 0));
    missed.until(utc(2026, 10, 25, 1, 35));
    EXPECT_EQ(missed.shown(), "failed: did not start; it was due 2026-10-25 02:30 CEST");
}

TEST(Job, is_due_every_ten_minutes_across_both_changes) {
    for (const System begin : {utc(2026, 3, 28, 20, 0), utc(2026, 10, 24, 20, 0)}) {
        Tried job = ran_once(nightly("*/10 * * * *", "Europe/Berlin"), begin);
        for (int i = 1; i < 72; ++i) {
            job.until(begin + i * 10min);
            EXPECT_EQ(job.status(), "ok");
            job.start("x");
            job.end(0, "x");
        }
        job.wait(16min);
        EXPECT_EQ(job.status(), "failed");
    }
}

// ---- the wall clock is set ----------------------------------------------------------------------

TEST(Job, what_a_clock_that_is_put_forward_jumps_over_is_not_judged) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 2, 0));
    job.set_clock(utc(2026, 12, 1, 6, 0));
    job.wait(1h);
    EXPECT_EQ(job.shown(), "unknown: was due 2026-12-01 03:00 UTC, while vitals was away");
    job.until(utc(2026, 12, 2, 3, 5));
    EXPECT_EQ(job.status(), "failed") << "the next time counts";
}

TEST(Job, what_was_due_is_not_due_again_when_the_clock_is_put_back) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 3, 0));
    job.start("2");
    job.end(0, "2");
    job.until(utc(2026, 12, 1, 3, 30));
    job.set_clock(utc(2026, 12, 1, 2, 30));
    job.until(utc(2026, 12, 1, 12, 0));
    EXPECT_EQ(job.status(), "ok");
}

TEST(Job, a_clock_that_was_a_year_ahead_does_not_stop_the_judgement) {
    Tried job = ran_once(nightly(), utc(2027, 11, 30, 12, 0));
    job.set_clock(utc(2026, 11, 30, 12, 0));
    job.until(utc(2026, 12, 1, 3, 4));
    EXPECT_EQ(job.status(), "ok");
    job.until(utc(2026, 12, 1, 3, 5));
    EXPECT_EQ(job.status(), "failed");
}

TEST(Job, the_wall_clock_does_not_decide_how_long_a_run_takes) {
    Tried job(unscheduled());
    job.start("1");
    job.set_clock(utc(2026, 12, 24, 0, 0));
    EXPECT_EQ(job.status(), "unknown");
    job.end(0, "1");
    EXPECT_EQ(job.shown(), "ok: took 0 ms");
}

// ---- absences of our own ------------------------------------------------------------------------

TEST(Job, a_restart_forgets_nothing) {
    Tried job = ran_once(nightly());
    job.start("2");
    job.wait(30min);
    job.restart(0s);
    EXPECT_EQ(job.status(), "ok");
    job.wait(10min);
    job.end(0, "2");
    EXPECT_EQ(job.shown(), "ok: took 40 min");
    job.start("3");
    job.end(4, "3");
    job.restart(10min);
    EXPECT_EQ(job.shown(), "failed: exited with 4");
}

TEST(Job, what_was_due_while_nobody_listened_is_unknown_until_the_next_time) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 2, 50));
    job.restart(30min);
    EXPECT_EQ(job.shown(), "unknown: was due 2026-12-01 03:00 UTC, while vitals was away");
    job.until(utc(2026, 12, 2, 3, 4));
    EXPECT_EQ(job.status(), "unknown");
    job.start("2");
    job.end(0, "2");
    EXPECT_EQ(job.status(), "ok");
}

TEST(Job, the_next_due_time_is_judged_again) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 3, 2));
    job.restart(10min);
    EXPECT_EQ(job.status(), "unknown") << "it may have begun at four minutes past three";
    job.until(utc(2026, 12, 2, 3, 5));
    EXPECT_EQ(job.status(), "failed");
}

TEST(Job, an_absence_between_two_times_changes_nothing) {
    Tried job = ran_once(nightly());
    job.restart(6h);
    EXPECT_EQ(job.status(), "ok");
    job.until(utc(2026, 12, 1, 3, 5));
    EXPECT_EQ(job.status(), "failed");
    job.restart(10min);
    EXPECT_EQ(job.status(), "failed") << "it was late before";
}

TEST(Job, whether_a_run_ended_while_nobody_listened_is_not_known) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 3, 0));
    job.start("2");
    job.wait(10min);
    job.restart(20min);
    EXPECT_EQ(job.status(), "ok");
    job.until(utc(2026, 12, 1, 4, 0));
    EXPECT_EQ(job.shown(),
              "unknown: began 2026-12-01 03:00 UTC; vitals was away meanwhile, so it "
              "is not known whether it has ended");
    job.until(utc(2026, 12, 2, 3, 0));
    job.start("3");
    job.wait(1min);
    job.end(0, "3");
    EXPECT_EQ(job.status(), "ok");
}

TEST(Job, another_schedule_begins_anew) {
    Tried job = ran_once(nightly());
    job.until(utc(2026, 12, 1, 3, 10));
    EXPECT_EQ(job.status(), "failed");
    job.configure(nightly("0 4 * * *"));
    EXPECT_EQ(job.status(), "ok");
    job.until(utc(2026, 12, 1, 4, 5));
    EXPECT_EQ(job.status(), "failed");
}

TEST(Job, unreadable_saved_state_is_ignored) {
    for (const char* text :
         {"", "{", "[]", "{}", R"({"schedule":1})", R"({"schedule":"","runs":[{}]})"})
        EXPECT_FALSE(memory_of(text)) << text;
    const auto heard = [](const std::string& at) {
        return memory_of(R"({"schedule":"","runs":[],"log":"","given_up":[],"judged_until":0,)"
                         R"("starts_are_told":false,"heard":)" +
                         at + '}');
    };
    EXPECT_TRUE(heard("1796040000000000"));
    EXPECT_FALSE(heard("9223372036854775807")) << "no time that can be counted";
    EXPECT_FALSE(heard("-9223372036854775807"));
}

TEST(Job, is_looked_at_when_its_status_may_change) {
    Tried job = ran_once(nightly());
    const auto until_due = *job.job().next();
    job.until(utc(2026, 12, 1, 3, 0));
    EXPECT_EQ(*job.job().next() - until_due, 5min) << "the end of the grace";
    Tried plain(unscheduled());
    EXPECT_FALSE(plain.job().next());
}

}  // namespace
}  // namespace vitals::jobs
