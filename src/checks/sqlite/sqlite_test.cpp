#include "sqlite.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "check_testing.hpp"

namespace vitals::checks::sqlite {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

// Another program's connection.
class Other {
  public:
    explicit Other(const std::string& path) { sqlite3_open(path.c_str(), &database_); }
    ~Other() { sqlite3_close_v2(database_); }
    Other(const Other&) = delete;
    Other& operator=(const Other&) = delete;
    int execute(const char* sql) { return sqlite3_exec(database_, sql, nullptr, nullptr, nullptr); }
    int number(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr);
        const int value =
            sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : -1;
        sqlite3_finalize(statement);
        return value;
    }

  private:
    sqlite3* database_ = nullptr;
};

class SqliteCheck : public ::testing::Test {
  protected:
    void SetUp() override {
        Other other(path());
        ASSERT_EQ(other.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT);"
                                "CREATE INDEX by_text ON orders (text);"
                                "INSERT INTO orders (text) VALUES ('a'), ('b'), ('c')"),
                  SQLITE_OK);
    }
    std::string path() const { return directory_.file("shop.db"); }
    const TemporaryDirectory& directory() const { return directory_; }

  private:
    TemporaryDirectory directory_;
};

TEST_F(SqliteCheck, writes_reads_back_and_leaves_nothing) {
    const Outcome outcome = run_once(kind, Options{.path = path()});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "written and read back");
    EXPECT_GT(std::get<std::int64_t>(*outcome.property("size_bytes")), 0);
    EXPECT_EQ(testing::phases(outcome),
              (std::vector<std::string>{"open", "write", "read", "delete", "close"}));
    Other other(path());
    EXPECT_EQ(other.number("SELECT count(*) FROM vitals_probe"), 0);
    EXPECT_EQ(other.number("SELECT count(*) FROM orders"), 3);
}

TEST_F(SqliteCheck, removes_what_killed_runs_left_but_not_what_runs_now) {
    ASSERT_EQ(run_once(kind, Options{.path = path()}).status, Status::ok);
    Other other(path());
    ASSERT_EQ(other.execute("INSERT INTO vitals_probe VALUES ('old', 'x', 1),"
                            "('new', 'x', strftime('%s', 'now'))"),
              SQLITE_OK);
    ASSERT_EQ(run_once(kind, Options{.path = path()}).status, Status::ok);
    EXPECT_EQ(other.number("SELECT count(*) FROM vitals_probe WHERE id = 'old'"), 0);
    EXPECT_EQ(other.number("SELECT count(*) FROM vitals_probe WHERE id = 'new'"), 1);
}

TEST_F(SqliteCheck, works_beside_readers_and_in_wal_mode) {
    Other other(path());
    ASSERT_EQ(other.execute("PRAGMA journal_mode = WAL; BEGIN; SELECT * FROM orders"), SQLITE_OK);
    const Outcome outcome = run_once(kind, Options{.path = path(), .integrity = "quick"});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "written and read back, no damage found");
}

TEST_F(SqliteCheck, is_failed_while_another_program_holds_the_lock) {
    Other other(path());
    ASSERT_EQ(other.execute("BEGIN EXCLUSIVE"), SQLITE_OK);
    Runner runner;
    const Outcome outcome = runner.run(kind, Options{.path = path()}, 500ms);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, ErrorClass::assertion);
    EXPECT_EQ(outcome.detail, "database is locked");
    EXPECT_EQ(outcome.failed_phase, "open");
    EXPECT_LT(runner.elapsed(), 500ms);
    ASSERT_EQ(other.execute("COMMIT; BEGIN IMMEDIATE"), SQLITE_OK);
    EXPECT_EQ(runner.run(kind, Options{.path = path()}, 500ms).failed_phase, "write");
    // A reader is not blocked by a writer that has not committed.
    EXPECT_EQ(runner.run(kind, Options{.path = path(), .write = false}, 500ms).status, Status::ok);
    ASSERT_EQ(other.execute("COMMIT"), SQLITE_OK);
    EXPECT_EQ(runner.run(kind, Options{.path = path()}, 500ms).status, Status::ok);
}

TEST_F(SqliteCheck, waits_for_a_lock_that_is_soon_released) {
    Other other(path());
    ASSERT_EQ(other.execute("BEGIN EXCLUSIVE"), SQLITE_OK);
    std::jthread release([&other] {
        std::this_thread::sleep_for(200ms);
        other.execute("COMMIT");
    });
    EXPECT_EQ(run_once(kind, Options{.path = path()}, 2s).status, Status::ok);
}

TEST_F(SqliteCheck, reading_only_writes_nothing) {
    const Outcome outcome =
        run_once(kind, Options{.path = path(), .write = false, .integrity = "full"});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "readable, no damage found");
    Other other(path());
    EXPECT_EQ(other.number("SELECT count(*) FROM sqlite_master WHERE name = 'vitals_probe'"), 0);
}

TEST_F(SqliteCheck, a_database_that_went_missing_is_not_made_anew) {
    std::filesystem::remove(path());
    const Outcome missing = run_once(kind, Options{.path = path()});
    EXPECT_EQ(missing.status, Status::failed);
    EXPECT_EQ(missing.detail, "database does not exist");
    EXPECT_FALSE(std::filesystem::exists(path()));
    std::ofstream(path()).close();
    const Outcome emptied = run_once(kind, Options{.path = path()});
    EXPECT_EQ(emptied.status, Status::failed);
    EXPECT_EQ(emptied.detail, "database is empty");
    EXPECT_EQ(run_once(kind, Options{.path = path(), .write = false}).detail, "database is empty");
    EXPECT_EQ(std::filesystem::file_size(path()), 0u);
    EXPECT_EQ(run_once(kind, Options{.path = path(), .create = true}).status, Status::ok);
}

TEST_F(SqliteCheck, a_file_that_is_none_is_failed) {
    std::ofstream(path()) << std::string(8192, 'x');
    const Outcome outcome = run_once(kind, Options{.path = path()});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "file is no database");
    EXPECT_EQ(run_once(kind, Options{.path = directory().path()}).status, Status::failed);
}

TEST_F(SqliteCheck, finds_damage) {
    {
        Other other(path());
        // Enough rows for pages of their own, which are then overwritten.
        ASSERT_EQ(other.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                "WHERE i < 2000) INSERT INTO orders (text) SELECT hex(i) FROM n"),
                  SQLITE_OK);
    }
    {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(5 * 4096);
        file << std::string(3 * 4096, '\xff');
    }
    // A run that writes only its own table cannot notice it; looking through the pages does.
    const Outcome outcome =
        run_once(kind, Options{.path = path(), .write = false, .integrity = "quick"});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "database is damaged");
    EXPECT_EQ(outcome.failed_phase, "integrity");
}

TEST_F(SqliteCheck, a_database_for_reading_only_cannot_be_written) {
    std::filesystem::permissions(path(), std::filesystem::perms::owner_read);
    const uid_t before = ::geteuid();
    if (before == 0) {
        ASSERT_EQ(::chown(path().c_str(), 65534, 65534), 0);
        ASSERT_EQ(::chown(directory().path().c_str(), 65534, 65534), 0);
        ASSERT_EQ(::seteuid(65534), 0);
    }
    const Outcome outcome = run_once(kind, Options{.path = path()});
    const Outcome reading = run_once(kind, Options{.path = path(), .write = false});
    if (before == 0) ASSERT_EQ(::seteuid(0), 0);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "database is read-only");
    EXPECT_EQ(reading.status, Status::ok) << reading.detail << reading.error;
}

// While nobody has it open, the files of WAL mode are missing, and a user who may only read cannot
// create them.
TEST_F(SqliteCheck, a_user_who_may_only_read_gets_the_same_result_with_and_without_wal) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs another user";
    ASSERT_EQ(::chmod(directory().path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(path().c_str(), 0644), 0);
    const auto reading = [this] {
        EXPECT_EQ(::seteuid(65534), 0);
        const Outcome outcome =
            run_once(kind, Options{.path = path(), .write = false, .integrity = "quick"});
        EXPECT_EQ(::seteuid(0), 0);
        return outcome;
    };
    {
        Other other(path());
        ASSERT_EQ(other.execute("PRAGMA journal_mode = WAL; INSERT INTO orders (text) VALUES "
                                "('d')"),
                  SQLITE_OK);
        const Outcome active = reading();
        EXPECT_EQ(active.status, Status::ok) << active.detail << active.error;
        EXPECT_EQ(active.detail, "readable, no damage found");
    }
    ASSERT_FALSE(std::filesystem::exists(path() + "-wal"));
    const Outcome idle = reading();
    EXPECT_EQ(idle.status, Status::ok) << idle.detail << idle.error;
    EXPECT_EQ(idle.detail, "readable, no damage found");
    EXPECT_FALSE(std::filesystem::exists(path() + "-wal"));
}

TEST_F(SqliteCheck, a_database_that_vitals_may_not_open_is_blindness) {
    std::filesystem::permissions(path(), std::filesystem::perms::none);
    const uid_t before = ::geteuid();
    if (before == 0) {
        ASSERT_EQ(::chmod(directory().path().c_str(), 0755), 0);
        ASSERT_EQ(::seteuid(65534), 0);
    }
    const Outcome outcome = run_once(kind, Options{.path = path()});
    if (before == 0) ASSERT_EQ(::seteuid(0), 0);
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
    EXPECT_EQ(outcome.detail, "not permitted to open the database");
}

TEST_F(SqliteCheck, a_full_disk_is_failed_and_the_database_survives) {
    TemporaryDirectory mount;
    if (::mount("vitals-test", mount.path().c_str(), "tmpfs", 0, "size=64k") != 0)
        GTEST_SKIP() << "needs the right to mount";
    std::filesystem::copy_file(path(), mount.file("shop.db"));
    mount.write("filler", std::string(64 * 1024, 'x'));
    const Outcome outcome = run_once(kind, Options{.path = mount.file("shop.db")});
    std::filesystem::remove(mount.file("filler"));
    const Outcome later =
        run_once(kind, Options{.path = mount.file("shop.db"), .integrity = "full"});
    ::umount2(mount.path().c_str(), MNT_DETACH);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "no space left") << outcome.error;
    EXPECT_EQ(later.status, Status::ok) << later.detail << later.error;
}

TEST_F(SqliteCheck, work_without_end_stops_at_the_deadline) {
    Runner runner;
    {
        Other other(path());
        ASSERT_EQ(other.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                "WHERE i < 400000) INSERT INTO orders (text) SELECT hex(i) FROM n"),
                  SQLITE_OK);
    }
    const Outcome outcome =
        runner.run(kind, Options{.path = path(), .write = false, .integrity = "full"}, 30ms);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_EQ(outcome.failed_phase, "integrity");
    EXPECT_TRUE(runner.finished());
}

TEST_F(SqliteCheck, keeps_no_descriptors) {
    Runner runner;
    const Options options{.path = path(), .integrity = "quick"};
    runner.run(kind, options, 2s);
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 20; ++i) runner.run(kind, options, 2s);
    runner.run(kind, Options{.path = directory().file("missing")}, 2s);
    EXPECT_EQ(open_descriptors(), before);
}

TEST(Sqlite, has_checked_options_and_a_url) {
    const Options memory{.path = ":memory:", .create = true};
    EXPECT_EQ(problem_of(kind, &memory), "path: expected the path of a database file");
    const Options both{.path = "/a", .create = true, .write = false};
    EXPECT_EQ(problem_of(kind, &both),
              "create: true contradicts write: false: nothing would be created");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "sqlite:/var/lib/shop.db"));
    EXPECT_EQ(options.path, "/var/lib/shop.db");
}

}  // namespace
}  // namespace vitals::checks::sqlite
