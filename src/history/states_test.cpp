// What components were, over restarts and damage.
#include <gtest/gtest.h>

#include <algorithm>

#include "history/sqlite.hpp"
#include "history/store_testing.hpp"

namespace vitals::history {
namespace {

using namespace std::chrono_literals;
using namespace testing;

System at(int seconds) {
    return System(std::chrono::seconds(seconds));
}

SavedState job() {
    return {{.component = "job",
             .status = Status::failed,
             .since = at(5),
             .created_by_push = true,
             .critical = false,
             .ttl = 25h,
             .failing_runs = 2,
             .observed_at = at(9)},
            R"({"status":"failed"})",
            {}};
}

SavedState database() {
    return {{.component = "databases/default", .status = Status::ok, .since = at(7)}, {}, {}};
}

// Without when they were saved.
std::vector<SavedState> saved_in(Store& store) {
    std::vector<SavedState> states = store.saved_states();
    for (SavedState& state : states) {
        state.age = {};
        state.observed = {};
    }
    return states;
}

TEST(States, are_taken_up_replaced_and_removed) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_TRUE(store.saved_states().empty());
        EXPECT_EQ(store.away(), 0s);
        store.save_states({}, {database(), job()});
        ASSERT_TRUE(witness.sees_ok());
    }
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_EQ(saved_in(store), (std::vector<SavedState>{database(), job()}));
        EXPECT_GT(store.away(), 0s);
        store.save_states({}, {database()});
        store.save_states({"job", "databases/default"}, {database()});
    }
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(saved_in(store), std::vector<SavedState>{database()}) << "gone, then there";
}

class AgeOfWhatWasSaved : public ::testing::Test {
  protected:
    // What a later process reads; `changes` are made to the file before.
    Steady::duration age_after(const std::string& changes) {
        {
            Store store(in(folder_.path()), witness_.log(), witness_.health());
            SavedState saved = job();
            saved.age = 1h;
            saved.observed_at = std::chrono::system_clock::now() - 1h;
            store.save_states({}, {saved});
            EXPECT_TRUE(witness_.sees_ok());
        }
        {
            Database database(folder_ / "vitals.db", Database::Mode::write);
            database.execute(changes.c_str());
        }
        Store store(in(folder_.path()), witness_.log(), witness_.health());
        const std::vector<SavedState> states = store.saved_states();
        away_ = store.away();
        return states.size() == 1 ? states[0].age : Steady::duration{-1};
    }

    Folder folder_;
    Witness witness_;
    Steady::duration away_{};
};

TEST_F(AgeOfWhatWasSaved, is_counted_by_a_clock_that_nobody_sets) {
    // As if the wall clock had been set back by a day, or far ahead.
    for (const char* set : {"observed + 86400000000", "observed - 86400000000000"}) {
        const auto age = age_after(std::string("UPDATE state SET observed = ") + set);
        EXPECT_GE(age, 1h);
        EXPECT_LT(age, 1h + 30s);
    }
    age_after("UPDATE sign_of_life SET at = at + 86400000000");
    EXPECT_LT(away_, 30s);
}

TEST_F(AgeOfWhatWasSaved, is_counted_by_the_wall_clock_after_a_restart_of_the_machine) {
    const auto age = age_after(
        "UPDATE state SET boot = 7; UPDATE sign_of_life SET boot = 7, at = at - 7200000000");
    EXPECT_GE(age, 1h);
    EXPECT_LT(age, 1h + 30s);
    EXPECT_GE(away_, 2h);
    EXPECT_LT(away_, 2h + 30s);
}

TEST_F(AgeOfWhatWasSaved, is_endless_where_the_wall_clock_went_back_meanwhile) {
    const auto age = age_after(
        "UPDATE state SET boot = 7, observed = observed + 86400000000;"
        "UPDATE sign_of_life SET boot = 7, at = at + 86400000000");
    EXPECT_GT(age, 24h * 365);
    EXPECT_GT(away_, 24h * 365);
}

TEST(States, lost_with_a_damaged_file_are_asked_for_again) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        ASSERT_TRUE(witness.sees_ok());
    }
    {
        std::ofstream(folder / "vitals.db", std::ios::trunc) << std::string(8192, 'x');
    }
    Store store(in(folder.path()), witness.log(), witness.health());
    for (int tries = 0; tries < 500 && store.losses() == 0; ++tries)
        std::this_thread::sleep_for(10ms);
    EXPECT_EQ(store.losses(), 1u);
}

}  // namespace
}  // namespace vitals::history
