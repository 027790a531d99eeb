// What components were, over restarts and damage.
#include <gtest/gtest.h>

#include <algorithm>

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
            R"({"status":"failed"})"};
}

SavedState database() {
    return {{.component = "databases/default", .status = Status::ok, .since = at(7)}, {}};
}

TEST(States, are_taken_up_replaced_and_removed) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_TRUE(store.saved_states().empty());
        EXPECT_EQ(store.last_alive(), std::nullopt);
        store.save_states({}, {database(), job()});
        ASSERT_TRUE(witness.sees_ok());
    }
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_EQ(store.saved_states(), (std::vector<SavedState>{database(), job()}));
        EXPECT_NE(store.last_alive(), std::nullopt);
        store.save_states({}, {database()});
        store.save_states({"job", "databases/default"}, {database()});
    }
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_states(), std::vector<SavedState>{database()}) << "gone, then there";
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
