// Of a component that changes all the time few spans are kept, and its uptime is what it was.
#include <gtest/gtest.h>

#include <random>

#include "history/journal.hpp"
#include "history/store_testing.hpp"

namespace vitals::history {
namespace {

using namespace testing;

constexpr System midnight(std::chrono::seconds(1'799'971'200));  // 2027-01-15
constexpr Spent states[] = {Spent::ok, Spent::degraded, Spent::failed, Spent::unknown,
                            Spent::blind};

struct Flapping : ::testing::Test {
    Flapping() : journal(folder / "vitals.db", [](auto) { return false; }) {}

    // So many changes from that moment on, within that time.
    void flap(int changes, System from, System to) {
        std::vector<SpanRecord> records;
        const auto step = (to - from) / changes;
        for (int i = 0; i < changes; ++i) {
            const auto jitter = std::chrono::milliseconds(random() % 1'000);
            const System at = from + step * i + jitter;
            records.push_back({"web", states[random() % std::size(states)], at, at, "flapping"});
        }
        journal.append(records);
    }
    Account account(System from, System to) {
        Past past = journal.spans().pasts({"web"}, from, to).front();
        past.planned = maintenance;
        return vitals::account(past.watched(), from, to);
    }
    void merge(System now) {
        Transaction transaction(journal.database());
        journal.spans().merge("web", now, [this](System, System) { return maintenance; });
        transaction.commit();
    }
    std::int64_t count() { return journal.database().number("SELECT count(*) FROM span"); }

    Folder folder;
    Journal journal;
    std::mt19937 random{31};
    std::vector<Stretch> maintenance;
};

TEST_F(Flapping, old_spans_are_put_together_by_day_and_no_sum_changes) {
    const System begin = midnight + 9h;
    journal.spans().begin_life(begin);
    journal.spans().alive(midnight + 30h);
    journal.spans().begin_life(midnight + 31h);  // an hour of darkness within
    journal.spans().alive(midnight + 10 * 24h);
    journal.spans().leap({midnight + 50h, midnight + 50h + 7min});
    maintenance = {{midnight + 60h, midnight + 61h + 1ms}};
    flap(4'000, begin, midnight + 6 * 24h);
    ASSERT_GT(count(), 2'000);
    std::vector<Account> before;
    for (int day = 0; day < 6; ++day)
        before.push_back(account(midnight + 24h * day, midnight + 24h * (day + 1)));

    merge(midnight + 6 * 24h + 1min);
    EXPECT_LE(count(), 1'800);
    EXPECT_GT(count(), 1'000) << "no more than is necessary";
    for (int day = 0; day < 6; ++day)
        EXPECT_EQ(account(midnight + 24h * day, midnight + 24h * (day + 1)),
                  before[static_cast<std::size_t>(day)])
            << "day " << day;
    EXPECT_EQ(account(midnight, begin).of(Spent::unwatched), 9h) << "it begins when it began";
}

TEST_F(Flapping, what_flaps_within_a_day_is_put_together_by_hour) {
    flap(8'640, midnight, midnight + 24h);
    const Account before = account(midnight, midnight + 24h);
    const Account hour = account(midnight + 3h, midnight + 4h);
    merge(midnight + 24h);
    EXPECT_LE(count(), 1'800);
    EXPECT_EQ(account(midnight, midnight + 24h), before);
    EXPECT_EQ(account(midnight + 3h, midnight + 4h), hour);
    // Again, when it is older.
    flap(4'000, midnight + 24h, midnight + 72h);
    const Account second = account(midnight + 24h, midnight + 48h);
    merge(midnight + 72h);
    EXPECT_LE(count(), 1'800);
    EXPECT_EQ(account(midnight, midnight + 24h), before);
    EXPECT_EQ(account(midnight + 24h, midnight + 48h), second);
}

TEST_F(Flapping, keeps_the_state_after_it) {
    flap(3'000, midnight, midnight + 5h);
    journal.append({{"web", Spent::failed, midnight + 5h, midnight + 5h, "down for good"}});
    const Account before = account(midnight, midnight + 48h);
    merge(midnight + 48h);
    EXPECT_EQ(account(midnight, midnight + 48h), before);
    EXPECT_GE(before.of(Spent::failed), 43h);
}

TEST_F(Flapping, put_together_spans_are_no_changes) {
    flap(4'000, midnight, midnight + 6 * 24h);
    merge(midnight + 6 * 24h);
    for (const PastChange& each : journal.spans().changes("web", System::max(), 10'000))
        EXPECT_EQ(each.why, "flapping");
}

TEST_F(Flapping, few_spans_stay_as_they_are) {
    flap(1'900, midnight, midnight + 6 * 24h);
    const std::int64_t before = count();
    merge(midnight + 6 * 24h);
    EXPECT_EQ(count(), before);
}

}  // namespace
}  // namespace vitals::history
