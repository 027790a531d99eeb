// What is kept, for how long, and that nobody waits for it.
#include <sys/stat.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "history/store_testing.hpp"

namespace vitals::history {
namespace {

using namespace testing;

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 start);
}

std::int64_t number(const Outcome& outcome, std::string_view property) {
    const Value* value = outcome.property(property);
    return value == nullptr ? -1 : std::get<std::int64_t>(*value);
}

TEST(Store, returns_what_changed) {
    const Folder folder;
    Witness witness;
    Store store(in(folder / "state"), witness.log(), witness.health());
    store.append(record("redis", 1));
    store.append(record("disk", 2, Status::degraded, "86 % used"));
    store.append(record("redis", 3, Status::ok, ""));

    const std::vector<PastChange> redis = all(store, "redis");
    ASSERT_EQ(redis.size(), 2u);
    EXPECT_EQ(redis[0].component, "redis");
    EXPECT_EQ(redis[0].from, Spent::unwatched);
    EXPECT_EQ(redis[0].to, Spent::failed);
    EXPECT_EQ(redis[0].why, "down");
    EXPECT_EQ(redis[0].lasted, std::nullopt);
    EXPECT_EQ(redis[1].from, Spent::failed);
    EXPECT_EQ(redis[1].to, Spent::ok);
    EXPECT_EQ(redis[1].lasted, 2'000ms);
    EXPECT_EQ(redis[1].first - redis[0].first, 2s);
    EXPECT_EQ(all(store, "disk").at(0).why, "86 % used");
    EXPECT_EQ(all(store, "").size(), 3u) << "of all components";
    EXPECT_TRUE(all(store, "nobody").empty());
}

TEST(Store, limit_takes_the_latest) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    for (int second = 0; second < 10; ++second) store.append(flap("redis", second));
    const std::vector<PastChange> latest = all(store, "redis", 3);
    ASSERT_EQ(latest.size(), 3u);
    EXPECT_EQ(latest[2].first - latest[0].first, 2s);
    EXPECT_EQ(latest[2].to, Spent::ok);
    const auto earlier = answer_of<std::vector<PastChange>>(
        [&](auto done) { store.changes("redis", latest[0].first, 2, std::move(done)); });
    ASSERT_EQ(earlier.value().size(), 2u);
    EXPECT_EQ(latest[0].first - earlier->at(0).first, 1s) << "newest first";
}

TEST(Store, keeps_no_row_for_what_did_not_change) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    for (int second = 0; second < 10; ++second) store.append(record("redis", second));
    EXPECT_EQ(all(store, "redis").size(), 1u);
}

TEST(Store, a_span_begins_with_the_first_run_that_found_it) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    store.append(record("redis", 1, Status::ok));
    Transition late = record("redis", 30, Status::failed);
    late.began = moment(10);
    store.append(late);
    const std::vector<PastChange> changes = all(store, "redis");
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_EQ(changes[1].decided - changes[1].first, 20s);
    EXPECT_EQ(changes[1].lasted, 9'000ms);
}

TEST(Store, returns_the_past_of_a_component_and_when_nobody_looked) {
    const Folder folder;
    const auto past_of = [](Store& store, const std::string& name) {
        return answer_of<Past>([&](auto done) { store.past(name, 1h, std::move(done)); }).value();
    };
    System ended;
    {
        Witness witness;
        Store store(in(folder.path()), witness.log(), witness.health());
        ASSERT_TRUE(witness.sees_ok());
        const Steady now = std::chrono::steady_clock::now();
        Transition first = record("redis", 0, Status::ok);
        first.began = first.decided = now - 100min;
        store.append(first);
        Transition fell = record("redis", 0, Status::failed);
        fell.began = fell.decided = now - 30min;
        store.append(fell);
        const Past past = past_of(store, "redis");
        ASSERT_EQ(past.spans.size(), 2u) << "the one that holds at its begin, too";
        const Account hour = account(past.watched(), past.from, past.now);
        EXPECT_NEAR(static_cast<double>(hour.down() / 1s), 1'800, 1);
        EXPECT_NEAR(static_cast<double>(hour.up() / 1s), 1'800, 1);
        EXPECT_TRUE(past.blind.empty());
        EXPECT_TRUE(past_of(store, "nobody").spans.empty());
        ended = past.now;
    }
    std::this_thread::sleep_for(50ms);
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    const Past past = past_of(store, "redis");
    ASSERT_EQ(past.blind.size(), 1u);
    EXPECT_GE(past.blind[0].to - past.blind[0].from, 50ms);
    EXPECT_LT(past.blind[0].from - ended, 1s);
    EXPECT_EQ(past.spans.size(), 2u);
}

TEST(Store, begins_to_know_a_component_when_its_file_was_lost) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    SavedState redis;
    redis.component = "redis";
    redis.status = Status::failed;
    store.save_states({}, {redis});
    EXPECT_EQ(all_within(store, "redis", 1).at(0).to, Spent::failed);
    store.save_states({"redis"}, {});
    const std::vector<PastChange> changes = all_within(store, "redis", 2);
    EXPECT_EQ(changes.at(1).to, Spent::unwatched) << "it is gone";
    redis.status = Status::ok;
    store.save_states({}, {redis});
    store.append(record("redis", 1'000'000, Status::ok));
    EXPECT_EQ(all_within(store, "redis", 3).at(2).to, Spent::ok);
}

TEST(Store, survives_a_restart) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        store.append(record("media storage service", 1, Status::failed, "größe ≠ 0"));
    }
    Store store(in(folder.path()), witness.log(), witness.health());
    const auto kept = all(store, "media storage service");
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(kept[0].why, "größe ≠ 0");
}

TEST(Store, writes_behind_within_a_second_without_being_asked) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    store.append(record("redis", 1));
    const Other other(folder / "vitals.db");
    EXPECT_EQ(
        rows_within(1s, other, "SELECT name, detail FROM span JOIN component ON id = component"),
        "redis|down\n");
}

TEST(Store, makes_the_directory_for_its_group_only) {
    const Folder folder;
    Witness witness;
    const std::string directory = folder / "deep/er/state";
    const Store store(in(directory), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    struct stat facts{};
    ASSERT_EQ(::stat(directory.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0750u);
}

TEST(Store, reports_repeatedly_that_it_is_well) {
    const Folder folder;
    Witness witness;
    const Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    const int first = witness.reports();
    std::this_thread::sleep_for(800ms);
    EXPECT_GT(witness.reports(), first) << "silence is how a hanging disk is noticed";
    EXPECT_EQ(witness.logged(), "");
    EXPECT_GT(number(witness.last(), "bytes"), 4096);
}

TEST(Store, decommission_is_remembered_by_the_next_process) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_EQ(store.saved_decommission(), std::nullopt);
        EXPECT_TRUE(save(store, "first"));
        EXPECT_TRUE(save(store, "moving to rack 7\nsecond line"));
    }
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_EQ(store.saved_decommission(), "moving to rack 7\nsecond line");
        EXPECT_TRUE(save(store, ""));
    }
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), "") << "an empty text decommissions, too";
}

TEST(Store, workers_are_remembered_by_the_next_process) {
    const Folder folder;
    Witness witness;
    const std::vector<RememberedWorker> first = {{"celery", "größe@b", at(1), at(10), false},
                                                 {"pulp", "a", at(2), at(20), true},
                                                 {"pulp", "b", at(3), at(30), false}};
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_EQ(store.saved_workers(), std::vector<RememberedWorker>());
        store.save_workers({{"other", "w", at(9), at(90), false}});
        store.save_workers(first);
    }
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_EQ(store.saved_workers(), first);
        EXPECT_EQ(store.saved_workers(), std::vector<RememberedWorker>()) << "given once";
        store.save_workers({});
    }
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_workers(), std::vector<RememberedWorker>());
}

TEST(Store, workers_are_written_once_the_lock_is_gone) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        ASSERT_TRUE(witness.sees_ok());
        {
            Other other(folder / "vitals.db");
            other("BEGIN IMMEDIATE");
            store.save_workers({{"pulp", "early", at(1), at(10), false}});
            ASSERT_TRUE(witness.sees("database is locked"));
            store.save_workers({{"pulp", "late", at(2), at(20), false}});
        }
        const Other other(folder / "vitals.db");
        EXPECT_EQ(rows_within(10s, other, "SELECT name FROM worker"), "late\n");
    }
}

// The first release's files have no workers.
TEST(Store, a_file_of_an_older_vitals_is_taken_over) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        ASSERT_TRUE(witness.sees_ok());
    }
    std::filesystem::remove(folder / "decommission");
    Other(folder / "vitals.db")(
        "INSERT INTO decommission VALUES (1, 'moving', 0);"
        "DROP TABLE worker; DROP TABLE state; DROP TABLE component; DROP TABLE span;"
        "DROP TABLE life; DROP TABLE leap; DROP TABLE record; DROP TABLE sign_of_life;"
        "CREATE TABLE sign_of_life (one INTEGER PRIMARY KEY, at INTEGER NOT NULL);"
        "DROP TABLE chunk; DROP TABLE minute; DROP TABLE hour; DROP TABLE day; DROP TABLE roll;"
        "CREATE TABLE transition (id INTEGER PRIMARY KEY, component TEXT NOT NULL,"
        " at INTEGER NOT NULL, from_status INTEGER NOT NULL, to_status INTEGER NOT NULL,"
        " detail TEXT NOT NULL);"
        "INSERT INTO transition VALUES (1, 'redis', 1800000000000000, 3, 0, 'fine'),"
        " (2, 'redis', 1800000005000000, 0, 2, 'down');"
        "PRAGMA user_version = 1");
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_EQ(store.saved_decommission(), "moving");
        store.save_workers({{"pulp", "a", at(1), at(10), false}});
    }
    EXPECT_EQ(Other(folder / "vitals.db")("SELECT * FROM decommission"), "") << "once";
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_workers().size(), 1u);
    EXPECT_EQ(store.saved_decommission(), "moving");
    const std::vector<PastChange> changes = all(store, "redis");
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_EQ(changes[0].first, at(0));
    EXPECT_EQ(changes[1].to, Spent::failed);
    EXPECT_EQ(changes[1].why, "down");
    EXPECT_EQ(changes[1].lasted, 5'000ms);
}

// A copy of the files of an open database has the state after a power cut.
TEST(Store, decommission_is_on_disk_when_it_is_acknowledged) {
    const Folder folder;
    const Folder copy;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(save(store, "gone"));
    for (const auto& file : std::filesystem::directory_iterator(folder.path()))
        std::filesystem::copy(file.path(), copy / file.path().filename().string());
    Store next(in(copy.path()), witness.log(), witness.health());
    EXPECT_EQ(next.saved_decommission(), "gone");
}

TEST(Store, saves_in_order_and_answers_each) {
    const Folder folder;
    Witness witness;
    std::atomic<int> durable = 0;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        for (int number = 0; number < 50; ++number)
            store.save_decommission("text " + std::to_string(number),
                                    [&](bool yes) { durable += yes ? 1 : 0; });
    }
    EXPECT_EQ(durable, 50);
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), "text 49");
}

TEST(Store, long_details_are_cut_between_characters) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    std::string text(1'023, 'x');
    store.append(record("redis", 1, Status::failed, text + "ü and more"));
    EXPECT_EQ(all(store, "redis").at(0).why, text);
}

TEST(Store, forgets_what_is_older_than_keep) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        const Steady now = std::chrono::steady_clock::now();
        for (const auto age : {72h, 48h, 1h}) {
            Transition made = record("redis", 0, age == 48h ? Status::failed : Status::ok);
            made.began = made.decided = now - age;
            store.append(made);
        }
    }
    Settings settings = in(folder.path());
    settings.keep = 24h;
    Store store(settings, witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    const auto kept = all(store, "redis");
    ASSERT_EQ(kept.size(), 2u) << "what it was 24 hours ago is kept";
    EXPECT_EQ(kept[0].to, Spent::failed);
}

TEST(Store, oldest_goes_first_when_the_file_is_too_large) {
    const Folder folder;
    Witness witness;
    Settings settings = in(folder.path());
    settings.size = 1 << 20;
    Store store(settings, witness.log(), witness.health());
    // Fewer of each than are merged.
    for (int second = 0; second < 9'000; ++second)
        store.append(
            flap("redis-" + std::to_string(second / 1'500), second, std::string(300, 'x')));
    ASSERT_FALSE(all(store, "").empty()) << "all are written by then";
    EXPECT_TRUE(witness.sees(
        [&](const Outcome& outcome) {
            const std::int64_t bytes = number(outcome, "bytes");
            return bytes > 200'000 && bytes <= 1 << 20 &&
                   std::filesystem::file_size(folder / "vitals.db") <= 1u << 20;
        },
        60s));
    const auto kept = all(store, "");
    ASSERT_GT(kept.size(), 500u);
    EXPECT_LT(kept.size(), 9'000u);
    EXPECT_EQ(kept.back().first, kept[kept.size() - 2].first + 1s) << "the newest are there";
}

TEST(Store, while_locked_it_is_degraded_and_then_catches_up) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    const Other other(folder / "vitals.db");
    ASSERT_EQ(other("BEGIN IMMEDIATE"), "");

    const auto start = std::chrono::steady_clock::now();
    store.append(record("redis", 1));
    EXPECT_LT(since(start), 100ms);
    EXPECT_TRUE(witness.sees("database is locked"));
    EXPECT_NE(witness.last().error.find("vitals.db"), std::string::npos);
    EXPECT_TRUE(save(store, "gone")) << "its file is another";
    EXPECT_LT(since(start), 5s);

    ASSERT_EQ(other("COMMIT"), "");
    EXPECT_TRUE(witness.sees_ok());
    EXPECT_EQ(all(store, "redis").size(), 1u) << "nothing was lost";
}

TEST(Store, locked_from_the_start_it_still_knows_the_decommission) {
    const Folder folder;
    Witness before;
    {
        Store store(in(folder.path()), before.log(), before.health());
        ASSERT_TRUE(save(store, "gone"));
    }
    auto other = std::make_unique<Other>(folder / "vitals.db");
    ASSERT_EQ((*other)("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"), "exclusive\n");
    Witness witness;
    const auto start = std::chrono::steady_clock::now();
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), "gone");
    EXPECT_LT(since(start), 2s);
    EXPECT_TRUE(witness.sees("database is locked"));
    other.reset();
    EXPECT_TRUE(witness.sees_ok());
}

TEST(Store, a_full_queue_drops_the_oldest_and_reports_it) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    const Other other(folder / "vitals.db");
    ASSERT_EQ(other("BEGIN IMMEDIATE"), "");
    for (int second = 0; second < 12'000; ++second) store.append(flap("redis", second));
    EXPECT_TRUE(witness.sees(
        [](const Outcome& outcome) { return number(outcome, "dropped") == 2'000; }, 12s));
    EXPECT_EQ(number(witness.last(), "waiting"), 10'000);
    ASSERT_EQ(other("COMMIT"), "");
    EXPECT_TRUE(witness.sees("more is recorded than the disk takes; the oldest is dropped"));
    const auto kept = all(store, "redis");
    ASSERT_EQ(kept.size(), 10'000u);
    EXPECT_EQ(kept.back().first - kept.front().first, 9'999s);
    EXPECT_EQ(kept.back().to, Spent::ok) << "the latest";
}

TEST(Store, a_damaged_file_is_set_aside_and_reported) {
    const Folder folder;
    const std::string garbage(20'000, 'g');
    {
        Witness before;
        const Store store(in(folder.path()), before.log(), before.health());
        ASSERT_TRUE(before.sees_ok());
    }
    write(folder / "vitals.db", garbage);
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), "OK");
    store.append(record("redis", 1));
    EXPECT_EQ(all(store, "redis").size(), 1u);
    ASSERT_TRUE(witness.sees([](const Outcome& outcome) {
        return outcome.status == Status::degraded &&
               outcome.detail.starts_with("database is damaged; set aside as vitals.db.damaged-2");
    }));
    const std::string aside = witness.last().detail.substr(witness.last().detail.rfind(' ') + 1);
    EXPECT_EQ(read(folder / aside), garbage) << "kept as it was";
    EXPECT_NE(witness.logged().find(folder / aside), std::string::npos);

    std::filesystem::remove(folder / aside);  // someone has looked at it
    EXPECT_TRUE(witness.sees_ok());
}

TEST(Store, an_older_decommission_is_taken_over_from_a_damaged_file) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        for (int second = 0; second < 2'000; ++second) store.append(record("redis", second));
    }
    std::filesystem::remove(folder / "decommission");
    Other(folder / "vitals.db")("INSERT INTO decommission VALUES (1, 'gone', 0)");
    // Overwrites every page of transitions: those that contain the name of their component.
    std::string bytes = read(folder / "vitals.db");
    for (std::size_t page = 4096; page < bytes.size(); page += 4096)
        if (bytes.substr(page, 4096).find("redis") != std::string::npos)
            bytes.replace(page, 100, std::string(100, '\x77'));
    write(folder / "vitals.db", bytes);
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_EQ(store.saved_decommission(), "gone");
        store.append(record("redis", 1));
        ASSERT_TRUE(witness.sees([](const Outcome& outcome) {
            return outcome.detail.starts_with("database is damaged; set aside as");
        }));
        EXPECT_EQ(all(store, "redis").size(), 1u);
    }
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), "gone") << "it is in the new file";
}

TEST(Store, an_older_decommission_that_cannot_be_read_means_out_of_service) {
    const Folder folder;
    write(folder / "vitals.db", std::string(20'000, 'g'));
    for (int start = 0; start < 2; ++start) {
        Witness witness;
        const Store store(in(folder.path()), witness.log(), witness.health());
        const auto saved = store.saved_decommission();
        ASSERT_TRUE(saved && *saved);
        EXPECT_TRUE((*saved)->starts_with("it is not known whether this node is in service"))
            << "also at start " << start;
        ASSERT_TRUE(witness.sees([](const Outcome&) { return true; }));
    }
}

TEST(Store, a_damaged_decommission_is_in_doubt_until_it_is_saved_again) {
    const Folder folder;
    {
        Witness witness;
        Store store(in(folder.path()), witness.log(), witness.health());
        ASSERT_TRUE(save(store, "gone"));
    }
    const std::string good = read(folder / "decommission");
    for (const std::string& bad :
         {std::string(), good.substr(0, good.size() - 1), good + "x", std::string(50, '\0')}) {
        write(folder / "decommission", bad);
        Witness witness;
        Store store(in(folder.path()), witness.log(), witness.health());
        const auto saved = store.saved_decommission();
        ASSERT_FALSE(saved);
        EXPECT_EQ(saved.error(), folder / "decommission" + " is damaged");
        EXPECT_TRUE(save(store, "OK"));
    }
    Witness witness;
    const Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), "OK");
}

TEST(Store, a_decommission_that_is_lost_while_running_is_written_again) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(save(store, "gone"));
    const std::string good = read(folder / "decommission");
    write(folder / "decommission", "zap");
    write(folder / "vitals.db", "zap");
    for (int tries = 0; tries < 100 && read(folder / "decommission") != good; ++tries)
        std::this_thread::sleep_for(50ms);
    EXPECT_EQ(read(folder / "decommission"), good);
}

TEST(Store, the_second_of_a_directory_names_the_first) {
    const Folder folder;
    Witness witness;
    auto first = std::make_unique<Store>(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    EXPECT_EQ(first->used_by(), "");
    {
        Witness other;
        Store second(in(folder.path()), other.log(), other.health());
        EXPECT_EQ(second.used_by(), std::to_string(::getpid()));
        EXPECT_EQ(other.reports(), 0);
    }
    first.reset();
    Store third(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(third.used_by(), "");
}

TEST(Store, a_fifo_in_place_of_the_database_does_not_block) {
    for (const char* name : {"vitals.db", "vitals.db-wal"}) {
        const Folder folder;
        ASSERT_EQ(::mkfifo((folder / name).c_str(), 0600), 0);
        Witness witness;
        Store store(in(folder.path()), witness.log(), witness.health());
        EXPECT_TRUE(witness.sees("cannot be written")) << name;
        EXPECT_TRUE(witness.last().error.ends_with(std::string(name) + " is not a regular file"));
        EXPECT_TRUE(save(store, "gone"));
    }
}

TEST(Store, a_clock_that_leapt_forgets_nothing) {
    const Folder folder;
    const System now = std::chrono::system_clock::now();
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    Settings settings = in(folder.path());
    settings.keep = 24h;
    {
        Witness witness;
        Store store(settings, witness.log(), witness.health());
        ASSERT_TRUE(witness.sees_ok());
    }
    // As if the former process had seen the time of three days ago.
    const std::int64_t before = microseconds.count() - 72 * 3'600'000'000;
    Other(folder / "vitals.db")(
        fmt::format("UPDATE sign_of_life SET at = {}; INSERT INTO component VALUES (1, 'redis');"
                    "INSERT INTO span VALUES (1, {}, {}, 2, 'down'), (1, {}, {}, 0, '')",
                    before, before / 1000, before / 1000, before / 1000 + 1, before / 1000 + 1));
    for (int start = 0; start < 2; ++start) {
        Witness witness;
        Store store(settings, witness.log(), witness.health());
        ASSERT_TRUE(witness.sees_ok());
        EXPECT_EQ(all(store, "redis").size(), 2u) << start;
    }
}

TEST(Store, a_file_of_a_newer_vitals_is_left_alone) {
    const Folder folder;
    Witness witness;
    {
        Store store(in(folder.path()), witness.log(), witness.health());
        ASSERT_TRUE(save(store, "gone"));
    }
    Other(folder / "vitals.db")("PRAGMA user_version = 99");
    Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), "gone");
    EXPECT_TRUE(witness.sees("the file was written by a newer vitals"));
    EXPECT_EQ(Other(folder / "vitals.db")("PRAGMA user_version"), "99\n");
}

TEST(Store, another_programs_file_is_left_alone) {
    const Folder folder;
    Other(folder / "vitals.db")("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
    Witness witness;
    const Store store(in(folder.path()), witness.log(), witness.health());
    EXPECT_TRUE(witness.sees("the file belongs to another program"));
    EXPECT_EQ(Other(folder / "vitals.db")("SELECT * FROM theirs"), "1\n");
}

TEST(Store, a_folder_removed_from_under_it_is_made_again) {
    const Folder folder;
    Witness witness;
    Store store(in(folder / "state"), witness.log(), witness.health());
    ASSERT_TRUE(save(store, "gone"));
    std::error_code busy;  // the store may write while the folder goes
    do std::filesystem::remove_all(folder / "state", busy);
    while (busy);
    const auto saved = [&] { return read(folder / "state/decommission"); };
    for (int tries = 0; tries < 100 && !saved().ends_with("\ngone"); ++tries)
        std::this_thread::sleep_for(100ms);
    EXPECT_TRUE(saved().ends_with("\ngone")) << "it must survive the next restart all the same";
}

TEST(Store, a_directory_that_is_a_file_is_named) {
    const Folder folder;
    write(folder / "state", "not a directory");
    Witness witness;
    Store store(in(folder / "state"), witness.log(), witness.health());
    EXPECT_TRUE(witness.sees("cannot be written"));
    EXPECT_EQ(store.saved_decommission(), std::nullopt);
    std::filesystem::remove(folder / "state");
    EXPECT_TRUE(witness.sees_ok());
}

// The disk hangs: here, because the callback blocks the thread that would write.
TEST(Store, nobody_waits_for_a_hanging_disk) {
    struct Hang {
        std::latch held{1};
        std::latch release{1};
        std::atomic<bool> first = true;
        std::atomic<int> late = 0;
    };
    const auto hang = std::make_shared<Hang>();  // the thread that hangs outlives the test
    const Folder folder;
    const auto start = std::chrono::steady_clock::now();
    {
        const auto wait = [hang](const Outcome&) {
            if (!hang->first.exchange(false)) return;
            hang->held.count_down();
            hang->release.wait();
        };
        Store store(in(folder.path()), [](LogLevel, std::string_view) {}, wait);
        hang->held.wait();
        const auto appended = std::chrono::steady_clock::now();
        for (int second = 0; second < 1'000; ++second) store.append(record("redis", second));
        EXPECT_LT(since(appended), 500ms);
        store.save_decommission("gone", [hang](bool) { ++hang->late; });
        store.changes("redis", System::max(), 10, [hang](const auto&) { ++hang->late; });
        store.past("redis", 1h, [hang](const auto&) { ++hang->late; });
    }
    EXPECT_LT(since(start), 3s) << "one for the end";
    hang->release.count_down();
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(hang->late, 0) << "no callback after the end";
}

TEST(Store, ends_in_time_while_locked) {
    const Folder folder;
    Witness witness;
    auto store = std::make_unique<Store>(in(folder.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    const Other other(folder / "vitals.db");
    ASSERT_EQ(other("BEGIN IMMEDIATE"), "");
    store->append(record("redis", 1));
    store->save_decommission("gone", {});
    const auto start = std::chrono::steady_clock::now();
    store.reset();
    EXPECT_LT(since(start), 1'500ms);
}

TEST(Store, many_threads_may_append_and_read) {
    const Folder folder;
    Witness witness;
    Store store(in(folder.path()), witness.log(), witness.health());
    {
        std::vector<std::jthread> threads;
        for (int each = 0; each < 4; ++each)
            threads.emplace_back([&, each] {
                for (int second = 0; second < 500; ++second) {
                    store.append(flap("redis/" + std::to_string(each), second));
                    if (second % 100 == 0) all(store, "redis/0");
                }
            });
    }
    for (int each = 0; each < 4; ++each)
        EXPECT_EQ(all(store, "redis/" + std::to_string(each)).size(), 500u);
}

}  // namespace
}  // namespace vitals::history
