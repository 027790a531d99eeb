// Response times on disk, from single runs to days; and on their way there.
#include "history/tiers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "history/journal.hpp"
#include "history/response_times.hpp"
#include "history/store_testing.hpp"

namespace vitals::history {
namespace {

using namespace testing;
using std::chrono::microseconds;

constexpr System midnight(std::chrono::seconds(1'799'971'200));

struct TiersTest : ::testing::Test {
    TiersTest() : journal(folder / "vitals.db", [](auto) { return false; }) {}

    std::shared_ptr<const Component> component(const std::string& name) {
        auto made = std::make_shared<Component>();
        made->name = name;
        return made;
    }
    void run(System at, Status status, microseconds took, const std::string& name = "web") {
        gathered.take(
            {{component(name), Steady(at.time_since_epoch()), status, ErrorClass::none, took}},
            [](Steady moment) { return System(moment.time_since_epoch()); });
    }
    void write(System now) {
        gathered.close(now);
        gathered.write(journal.database(), journal.tiers());
    }
    std::vector<ResponseStep> steps(System from, std::chrono::milliseconds step, std::size_t count,
                                    const std::string& name = "web") {
        auto parts = journal.tiers().parts(name, from, from + step * count, step);
        for (auto& each : gathered.parts(name)) parts.push_back(each);
        return steps_of(parts, from, step, count);
    }
    // As the days pass.
    void roll(System now) {
        while (journal.tiers().roll(now, 400 * 24h)) {
        }
    }

    Folder folder;
    Journal journal;
    ResponseTimes gathered;
};

TEST_F(TiersTest, only_answered_runs_count) {
    run(midnight + 1s, Status::ok, 10ms);
    run(midnight + 11s, Status::degraded, 30ms);
    run(midnight + 21s, Status::failed, 1ms);
    run(midnight + 31s, Status::unknown, 1ms);
    write(midnight + 1min);
    const auto found = steps(midnight, 1min, 2);
    EXPECT_EQ(found[0].runs, 2u);
    EXPECT_EQ(found[0].least, 10ms);
    EXPECT_EQ(found[0].most, 30ms);
    EXPECT_EQ(found[0].total, 40ms);
    EXPECT_NEAR(static_cast<double>(found[0].p95.count()), 30'000, 1'300);
    EXPECT_EQ(found[1], (ResponseStep{.at = midnight + 1min}));
}

TEST_F(TiersTest, a_minute_that_is_not_over_is_told_from_memory) {
    run(midnight + 1s, Status::ok, 10ms);
    EXPECT_EQ(steps(midnight, 1min, 1)[0].runs, 1u);
    write(midnight + 59s);
    EXPECT_EQ(journal.database().number("SELECT count(*) FROM minute"), 0);
    write(midnight + 60s);
    EXPECT_EQ(journal.database().number("SELECT count(*) FROM minute"), 1);
    EXPECT_EQ(steps(midnight, 1min, 1)[0].runs, 1u);
}

TEST_F(TiersTest, two_processes_within_a_minute_add_up) {
    run(midnight + 1s, Status::ok, 10ms);
    gathered.close_all();
    gathered.write(journal.database(), journal.tiers());
    ResponseTimes anew;
    std::swap(gathered, anew);
    run(midnight + 11s, Status::ok, 50ms);
    gathered.close_all();
    gathered.write(journal.database(), journal.tiers());
    const auto found = steps(midnight, 1min, 1);
    EXPECT_EQ(found[0].runs, 2u);
    EXPECT_EQ(found[0].least, 10ms);
    EXPECT_EQ(found[0].most, 50ms);
    const auto runs = journal.tiers().runs("web", midnight, midnight + 1min);
    ASSERT_EQ(runs.size(), 2u);
    EXPECT_EQ(runs[1].took, 50ms);
}

TEST_F(TiersTest, single_runs_are_kept_with_their_class) {
    for (int second = 0; second < 1'800; second += 10)
        run(midnight + std::chrono::seconds(second),
            second % 100 == 0 ? Status::failed : Status::ok, microseconds(1'000 + second));
    gathered.close_all();
    gathered.write(journal.database(), journal.tiers());
    EXPECT_GE(journal.database().number("SELECT count(*) FROM chunk"), 3);
    EXPECT_LE(journal.database().number("SELECT count(*) FROM chunk"), 4);
    const auto runs = journal.tiers().runs("web", midnight + 600s, midnight + 700s);
    ASSERT_EQ(runs.size(), 10u);
    EXPECT_EQ(runs[0].status, Status::failed);
    EXPECT_EQ(runs[1].took, 1'610us);
    EXPECT_TRUE(journal.tiers().runs("nobody", midnight, midnight + 1h).empty());
}

TEST_F(TiersTest, not_all_chunks_begin_at_once) {
    std::set<System> starts;
    for (int i = 0; i < 100; ++i) {
        const System start = chunk_start("component-" + std::to_string(i), midnight);
        EXPECT_LE(start, midnight);
        EXPECT_GT(start + chunk_length, midnight);
        EXPECT_EQ(chunk_start("component-" + std::to_string(i), start), start);
        starts.insert(start);
    }
    EXPECT_GT(starts.size(), 80u);
}

TEST_F(TiersTest, minutes_are_rolled_into_hours_and_days) {
    std::mt19937 random(41);
    std::lognormal_distribution<double> draw(std::log(20'000.0), 0.4);
    roll(midnight);
    RunTimes exact;
    std::vector<microseconds> all;
    for (int minute = 0; minute < 26 * 60; ++minute) {
        const System at = midnight + std::chrono::minutes(minute);
        for (int i = 0; i < 6; ++i) {
            const microseconds took(std::llround(draw(random)));
            run(at + std::chrono::seconds(10 * i), Status::ok, took);
            if (minute >= 24 * 60) continue;
            exact.add(took);
            all.push_back(took);
        }
        write(at + 1min);
        roll(at + 1min);
    }
    EXPECT_EQ(journal.database().number("SELECT count(*) FROM hour"), 25);
    EXPECT_EQ(journal.database().number("SELECT count(*) FROM day"), 1);
    std::ranges::sort(all);
    const auto check = [&](const ResponseStep& day) {
        EXPECT_EQ(day.runs, 24u * 360);
        EXPECT_EQ(day.least, exact.least);
        EXPECT_EQ(day.most, exact.most);
        EXPECT_EQ(day.total, exact.total);
        EXPECT_NEAR(static_cast<double>(day.p50.count()),
                    static_cast<double>(all[all.size() / 2].count()), 0.045 * 20'000);
    };
    check(steps(midnight, 24h, 2)[0]);  // of hours
    const auto hours = steps(midnight, 1h, 26);
    EXPECT_EQ(hours[25].runs, 360u) << "of minutes: it is not rolled yet";
    for (const ResponseStep& hour : hours) EXPECT_EQ(hour.runs, 360u);
    const auto minutes = steps(midnight + 2h, 1min, 60);
    for (const ResponseStep& minute : minutes) EXPECT_EQ(minute.runs, 6u);

    // Once the finer ones are gone, the day is left.
    journal.tiers().forget(Tiers::Tier::minute, midnight + 26h, 100'000);
    for (const ResponseStep& hour : steps(midnight, 1h, 24)) EXPECT_EQ(hour.runs, 360u);
    journal.tiers().forget(Tiers::Tier::hour, midnight + 26h, 100'000);
    check(steps(midnight, 24h, 1)[0]);
}

TEST_F(TiersTest, many_components_are_rolled_little_by_little) {
    roll(midnight);
    for (int i = 0; i < 250; ++i) run(midnight + 1s, Status::ok, 5ms, "c" + std::to_string(i));
    write(midnight + 1h);
    int turns = 1;
    while (journal.tiers().roll(midnight + 1h + 5min, 400 * 24h)) ++turns;
    EXPECT_EQ(turns, 4);
    EXPECT_EQ(journal.database().number("SELECT count(*) FROM hour"), 250);
    EXPECT_FALSE(journal.tiers().roll(midnight + 1h + 6min, 400 * 24h));
}

TEST_F(TiersTest, old_hours_and_days_are_removed_unless_the_clock_is_doubted) {
    auto& database = journal.database();
    const auto id = journal.tiers().number_of("web");
    const auto put = [&](const char* sql, System start) {
        Statement(database, sql)
            .bind(1, id)
            .bind(2,
                  std::chrono::floor<std::chrono::milliseconds>(start.time_since_epoch()).count())
            .run();
    };
    for (int day = 1; day < 500; ++day) {
        put("INSERT INTO hour VALUES (?, ?, 1, 1, 1, 1, x'')", midnight - 24h * day);
        put("INSERT INTO day VALUES (?, ?, 1, 1, 1, 1, x'')", midnight - 24h * day);
    }
    roll(midnight + 23h);
    run(midnight + 23h + 1s, Status::ok, 5ms);
    write(midnight + 24h);
    EXPECT_TRUE(journal.tiers().roll(midnight + 24h + 5min, std::nullopt));
    EXPECT_EQ(database.number("SELECT count(*) FROM hour"), 500);
    run(midnight + 47h + 1s, Status::ok, 5ms);
    write(midnight + 48h);
    roll(midnight + 48h + 5min);
    EXPECT_LE(database.number("SELECT count(*) FROM hour"), 38);
    EXPECT_LE(database.number("SELECT count(*) FROM day"), 402);
    EXPECT_GE(database.number("SELECT count(*) FROM day"), 399);
}

TEST_F(TiersTest, a_damaged_row_is_as_if_it_had_no_times) {
    run(midnight + 1s, Status::ok, 10ms);
    gathered.close_all();
    gathered.write(journal.database(), journal.tiers());
    journal.database().execute("UPDATE minute SET sketch = x'ff', most = -5, runs = -1");
    journal.database().execute("UPDATE chunk SET runs = x'ff'");
    EXPECT_EQ(steps(midnight, 1min, 1)[0].runs, 0u);
    EXPECT_TRUE(journal.tiers().runs("web", midnight, midnight + 1h).empty());
}

TEST_F(TiersTest, what_the_disk_does_not_take_waits_and_is_bounded) {
    for (int i = 0; i < 1'000; ++i) run(midnight + 1s, Status::ok, 5ms, "c" + std::to_string(i));
    gathered.close_all();
    {
        Other other(folder / "vitals.db");
        other("BEGIN IMMEDIATE");
        EXPECT_THROW(gathered.write(journal.database(), journal.tiers()), SqliteError);
        EXPECT_TRUE(gathered.waiting());
        EXPECT_EQ(steps(midnight, 1min, 1, "c7")[0].runs, 1u);
    }
    gathered.write(journal.database(), journal.tiers());
    EXPECT_FALSE(gathered.waiting());
    EXPECT_EQ(journal.database().number("SELECT count(*) FROM minute"), 1'000);
    for (int minute = 0; minute < 210'000; ++minute)
        run(midnight + std::chrono::minutes(minute), Status::ok, 5ms);
    EXPECT_GE(gathered.lost(), 10'000u);
}

TEST_F(TiersTest, above_its_size_the_finest_and_oldest_data_is_removed_first) {
    auto& database = journal.database();
    for (int second = 0; second < 3 * 3'600; second += 10)
        for (const char* name : {"a", "b"})
            run(midnight + std::chrono::seconds(second), Status::ok, 5ms, name);
    gathered.close_all();
    gathered.write(database, journal.tiers());
    roll(midnight + 1h);
    roll(midnight + 4h);
    journal.append({{"a", Spent::ok, midnight, midnight, ""}});
    const auto rows = [&](const char* tier) {
        return database.number(("SELECT count(*) FROM " + std::string(tier)).c_str());
    };
    ASSERT_GT(rows("hour"), 0);
    const Journal::Bounds tight{.spans = {}, .runs = {}, .minutes = {}, .size = 1};
    ASSERT_TRUE(journal.prune(tight));
    EXPECT_GT(rows("minute"), 300);
    while (rows("chunk") > 0) ASSERT_TRUE(journal.prune(tight));
    EXPECT_GT(rows("minute"), 300);
    while (rows("minute") > 0) ASSERT_TRUE(journal.prune(tight));
    EXPECT_GT(rows("hour"), 0);
    while (rows("hour") > 0) ASSERT_TRUE(journal.prune(tight));
    while (journal.prune(tight)) {
    }
    EXPECT_EQ(rows("span"), 1) << "what it is stays";
}

}  // namespace
}  // namespace vitals::history
