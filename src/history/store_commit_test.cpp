// What is acknowledged is on disk: through a full disk, a damaged file, and a process that is
// killed.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include <array>
#include <atomic>
#include <random>

#include "history/sqlite.hpp"
#include "history/store_testing.hpp"

namespace vitals::history {
namespace {

using namespace testing;

constexpr const char* make_table = "CREATE TABLE IF NOT EXISTS told (number INTEGER PRIMARY KEY)";

std::function<void(Database&)> insert(std::int64_t number) {
    return [number](Database& database) {
        database.execute(make_table);
        Statement(database, "INSERT INTO told VALUES (?)").bind(1, number).run();
    };
}

// Whether it was durable at the first attempt.
std::future<bool> commit(Store& store, std::function<void(Database&)> work) {
    const auto answer = std::make_shared<std::promise<bool>>();
    store.commit(std::move(work), [answer](bool durable) { answer->set_value(durable); });
    return answer->get_future();
}

std::vector<std::int64_t> numbers(Store& store) {
    auto found = answer_of<std::vector<std::int64_t>>([&](auto done) {
        const auto rows = std::make_shared<std::vector<std::int64_t>>();
        store.read(
            [rows](Database& database) {
                rows->clear();
                database.execute(make_table);
                Statement select(database, "SELECT number FROM told ORDER BY rowid");
                while (select.step()) rows->push_back(select.number(0));
            },
            [rows, done](bool read) { done(read ? std::optional(*rows) : std::nullopt); });
    });
    return found.value_or(std::vector<std::int64_t>{-1});
}

TEST(StoreCommit, is_on_disk_when_it_is_acknowledged) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    for (int number = 1; number <= 20; ++number)
        ASSERT_TRUE(commit(store, insert(number)).get()) << number;
    EXPECT_EQ(Other(folder / "vitals.db")("SELECT count(*), max(number) FROM told"), "20|20\n");
}

TEST(StoreCommit, syncs_the_disk_and_leaves_the_rest_as_it_was) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    const auto during = std::make_shared<std::int64_t>(0);
    ASSERT_TRUE(commit(store, [during](Database& database) {
                    *during = database.number("PRAGMA synchronous");
                }).get());
    EXPECT_EQ(*during, 2) << "FULL";
    const auto after = std::make_shared<std::int64_t>(0);
    const auto read = answer_of<bool>([&](auto done) {
        store.read([after](Database& database) { *after = database.number("PRAGMA synchronous"); },
                   [done](bool could) { done(could); });
    });
    EXPECT_EQ(read, true);
    EXPECT_EQ(*after, 1) << "NORMAL";
}

TEST(StoreCommit, a_change_of_state_is_on_disk_at_once_and_what_is_saved_of_it) {
    const Folder folder;
    Witness witness;
    Settings settings = in(folder.path());
    settings.batch = 10min;  // nothing that may wait comes within this test
    Store store(std::move(settings), witness.log(), witness.health());
    ASSERT_EQ(store.used_by(), "");
    const Other other(folder / "vitals.db");
    SavedState redis;
    redis.component = "redis";
    redis.status = Status::failed;
    store.append(record("redis", 1));
    store.save_states({}, {redis});
    EXPECT_EQ(rows_within(5s, other, "SELECT name FROM state"), "redis\n");
    EXPECT_EQ(other("SELECT state, detail FROM span"), "2|down\n") << "before its state";
    std::this_thread::sleep_for(1100ms);
    redis.component = "postgres";
    store.save_states({}, {redis});
    EXPECT_EQ(rows_within(300ms, other, "SELECT name FROM state WHERE name = 'postgres'"), "")
        << "no change of state";
}

TEST(StoreCommit, a_read_sees_what_was_committed_before_it) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    for (int number = 1; number <= 3; ++number) store.commit(insert(number), nullptr);
    EXPECT_EQ(numbers(store), (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(StoreCommit, work_that_can_never_be_written_does_not_delay_others) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(commit(store, insert(1)).get());
    auto twice = commit(store, [](Database& database) {
        Statement(database, "INSERT INTO told VALUES (2)").run();
        Statement(database, "INSERT INTO told VALUES (1)").run();
    });
    auto wrong = commit(store, [](Database& database) { database.execute("INSERT INTO nothing"); });
    auto thrown =
        commit(store, [](Database&) -> void { throw std::runtime_error("of its own making"); });
    auto after = commit(store, insert(3));
    EXPECT_FALSE(twice.get());
    EXPECT_FALSE(wrong.get());
    EXPECT_FALSE(thrown.get());
    EXPECT_TRUE(after.get());
    EXPECT_EQ(numbers(store), (std::vector<std::int64_t>{1, 3})) << "no half of a transaction";
    EXPECT_NE(witness.logged().find("UNIQUE constraint failed"), std::string::npos);
    EXPECT_NE(witness.logged().find("of its own making"), std::string::npos);
    EXPECT_TRUE(witness.sees_ok()) << "nothing is wrong with the disk";
}

TEST(StoreCommit, a_read_that_throws_is_answered) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    const auto thrown = answer_of<bool>([&](auto done) {
        store.read([](Database&) -> void { throw std::runtime_error("of its own making"); },
                   [done](bool could) { done(could); });
    });
    EXPECT_EQ(thrown, false);
    const auto wrong = answer_of<bool>([&](auto done) {
        store.read([](Database& database) { database.number("SELECT x FROM nowhere"); },
                   [done](bool could) { done(could); });
    });
    EXPECT_EQ(wrong, false);
    EXPECT_TRUE(commit(store, insert(1)).get());
}

TEST(StoreCommit, when_too_many_wait_a_further_one_is_given_up_and_answered) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    std::promise<void> go;
    const std::shared_future<void> gate = go.get_future().share();
    store.commit([gate](Database&) { gate.wait(); }, nullptr);
    const auto kept = std::make_shared<std::atomic<int>>(0);
    const auto given_up = std::make_shared<std::atomic<int>>(0);
    for (int number = 1; number <= 10'050; ++number)
        store.commit([](Database&) {},
                     [kept, given_up](bool durable) { ++(durable ? *kept : *given_up); });
    EXPECT_GE(*given_up, 50);
    EXPECT_EQ(store.losses(), static_cast<unsigned>(*given_up));
    go.set_value();
    numbers(store);
    EXPECT_EQ(*kept + *given_up, 10'050);
    EXPECT_TRUE(commit(store, insert(1)).get()) << "there is room again";
}

TEST(StoreCommit, a_damaged_file_is_set_aside_and_the_loss_is_told) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        ASSERT_TRUE(commit(store, insert(1)).get());
    }
    write(folder / "vitals.db", std::string(8'192, 'x'));
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(commit(store, insert(2)).get());
    EXPECT_EQ(numbers(store), (std::vector<std::int64_t>{2}));
    EXPECT_EQ(store.losses(), 1u);
    EXPECT_TRUE(witness.sees([](const Outcome& outcome) {
        return outcome.detail.starts_with("database is damaged; set aside as");
    }));
}

TEST_F(DiskTest, a_commit_that_finds_no_room_is_told_and_made_up_for_in_order) {
    VITALS_NEEDS_DISK();
    const Disk disk(1'024);
    Witness witness;
    Store store(in(disk.path()), witness.log(), witness.health());
    ASSERT_TRUE(commit(store, insert(1)).get());
    disk.fill();
    const auto large = [](std::int64_t number) {
        return [number](Database& database) {
            database.execute("CREATE TABLE IF NOT EXISTS filling (bytes BLOB)");
            database.execute("INSERT INTO filling VALUES (zeroblob(200000))");
            insert(number)(database);
        };
    };
    EXPECT_FALSE(commit(store, large(2)).get());
    EXPECT_FALSE(commit(store, insert(3)).get()) << "never before the one that waits";
    EXPECT_EQ(numbers(store), (std::vector<std::int64_t>{1}));
    EXPECT_TRUE(witness.sees("disk full"));
    std::filesystem::remove(disk.filler());
    ASSERT_EQ(::mount("tmpfs", disk.path().c_str(), "tmpfs", MS_REMOUNT, "size=16m"), 0);
    EXPECT_TRUE(witness.sees_ok());
    for (int tries = 0; tries < 200 && numbers(store).size() < 3; ++tries)
        std::this_thread::sleep_for(20ms);
    EXPECT_EQ(numbers(store), (std::vector<std::int64_t>{1, 2, 3}));
}

// Not a test: what the next one kills. Writes each number that was acknowledged to a file.
TEST(CommitWriter, DISABLED_commits_until_it_is_killed) {
    const char* directory = std::getenv("VITALS_TEST_DIRECTORY");
    ASSERT_NE(directory, nullptr);
    Witness witness;
    Store store(in(directory), witness.log(), witness.health());
    const auto before = numbers(store);
    const int acknowledged = ::open((std::string(directory) + "/acknowledged").c_str(),
                                    O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (std::int64_t number = before.empty() ? 1 : before.back() + 1;; ++number) {
        ASSERT_TRUE(commit(store, insert(number)).get());
        ASSERT_EQ(::pwrite(acknowledged, &number, sizeof(number), 0), sizeof(number));
    }
}

pid_t start_writer(const std::string& directory) {
    const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, 1);
    ::setenv("VITALS_TEST_DIRECTORY", directory.c_str(), 1);
    ::execl(self.c_str(), self.c_str(), "--gtest_also_run_disabled_tests",
            "--gtest_filter=CommitWriter.*", static_cast<char*>(nullptr));
    ::_exit(127);
}

TEST(StoreCommit, nothing_acknowledged_is_lost_when_the_process_is_killed) {
    const Folder folder;
    std::mt19937 random(7);
    std::int64_t last = 0;
    for (int round = 0; round < 8; ++round) {
        const pid_t child = start_writer(folder.path());
        ASSERT_GT(child, 0);
        const std::string file = folder / "acknowledged";
        for (int tries = 0; tries < 500 && read(file).size() != sizeof(last); ++tries)
            std::this_thread::sleep_for(10ms);
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 100));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
        const std::string bytes = read(file);
        ASSERT_EQ(bytes.size(), sizeof(last));
        std::memcpy(&last, bytes.data(), sizeof(last));
        std::filesystem::remove(file);

        Witness witness;
        Store store(in(folder.path()), witness.log(), witness.health());
        const auto found = numbers(store);
        ASSERT_GE(static_cast<std::int64_t>(found.size()), last) << "round " << round;
        EXPECT_EQ(found.back(), static_cast<std::int64_t>(found.size())) << "no hole";
        EXPECT_EQ(store.losses(), 0u);
    }
}

}  // namespace
}  // namespace vitals::history
