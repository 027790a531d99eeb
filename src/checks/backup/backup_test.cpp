#include "backup.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "files.hpp"
#include "judge.hpp"
#include "model/clock.hpp"
#include "tools.hpp"

namespace vitals::checks::backup {
namespace {

using namespace std::chrono_literals;

const System now = *parse_rfc3339("2026-11-30T12:00:00Z");
const Options of_path{.path = "/var/backups"};

// This many backups, one a day, the newest this old; each as large as the one before.
Listing daily(std::size_t count, std::chrono::minutes age, std::uint64_t bytes = 1000) {
    Listing listing;
    for (std::size_t i = 0; i < count; ++i)
        listing.entries.push_back({.name = "b" + std::to_string(i),
                                   .time = now - age - i * std::chrono::hours(24),
                                   .bytes = bytes});
    return listing;
}

Outcome verdict(const Listing& listing, const Options& options = of_path) {
    Writing writing;
    return judge(options, listing, writing, now);
}

void expect(const Outcome& outcome, Status status, std::string_view detail) {
    EXPECT_EQ(outcome.status, status) << outcome.detail;
    EXPECT_EQ(outcome.detail, detail);
}

TEST(BackupVerdict, goes_by_the_age_of_the_newest) {
    expect(verdict(daily(4, 2h)), Status::ok, "the newest is 2 h old");
    expect(verdict(daily(4, 27h)), Status::degraded, "the newest is 27 h old");
    expect(verdict(daily(4, 51h)), Status::failed, "the newest is 2.1 d old");
    expect(verdict({}), Status::failed, "no backup");
    expect(verdict({.error = ENOENT}), Status::failed, "path does not exist");
    expect(verdict({.error = EACCES}), Status::unknown, "not permitted to look there");
    expect(verdict({.too_many = true}), Status::unknown, "too many files");
    expect(verdict({.unnamed = true}), Status::failed, "no backup has a date in its name");
}

TEST(BackupVerdict, goes_by_the_size_of_those_before) {
    Listing listing = daily(6, 2h);
    listing.entries[0].bytes = 400;
    expect(verdict(listing), Status::degraded, "the newest has only 400 B, 40% of the usual");
    listing.entries[0].bytes = 90;
    expect(verdict(listing), Status::failed, "the newest has only 90 B, 9% of the usual");
    listing.entries[0].bytes = 0;
    expect(verdict(listing), Status::failed, "the newest is empty");
    // One full backup among small ones does not make them suspicious.
    listing = daily(6, 2h);
    listing.entries[3].bytes = 1'000'000;
    EXPECT_EQ(verdict(listing).status, Status::ok);
    // Two are not enough to know what is usual.
    listing = daily(3, 2h);
    listing.entries[0].bytes = 1;
    EXPECT_EQ(verdict(listing).status, Status::ok);
    expect(verdict(listing, {.path = "/b", .min_size = {500}}), Status::failed,
           "the newest has only 1 B");
    listing = daily(6, 2h);
    listing.entries[0].bytes = 1;
    EXPECT_EQ(verdict(listing, {.path = "/b", .smaller_than = {0}}).status, Status::ok);
}

TEST(BackupVerdict, one_that_is_being_written_is_not_judged) {
    Listing listing = daily(6, 1min);
    listing.entries[0].bytes = 1;
    expect(verdict(listing), Status::ok, "the newest is 24 h old, one is being written");
    for (std::size_t i = 1; i < listing.entries.size(); ++i) listing.entries[i].time -= 48h;
    expect(verdict(listing), Status::failed, "the newest is 3 d old, one is being written");
    // The first of all: there is no other.
    expect(verdict(daily(1, 1min)), Status::ok, "the newest is 60 s old, one is being written");
}

TEST(BackupVerdict, one_that_is_written_for_too_long_is_degraded) {
    Writing writing;
    const auto look = [&](System at) {
        Listing listing = daily(4, 1min);
        for (Entry& entry : listing.entries) entry.time += at - now;
        return judge(of_path, listing, writing, at);
    };
    EXPECT_EQ(look(now).status, Status::ok);
    EXPECT_EQ(look(now + 11h).status, Status::ok);
    expect(look(now + 13h), Status::degraded,
           "the newest is 24 h old, one has been written for 13 h");
}

TEST(BackupVerdict, one_from_the_future_is_not_new_for_ever) {
    Listing listing = daily(4, 2h);
    listing.entries.insert(listing.entries.begin(), {.name = "odd", .time = now + 48h, .bytes = 1});
    expect(verdict(listing), Status::degraded,
           "the newest is 2 h old, and one is from the future: a clock is wrong");
    listing.entries.resize(1);
    expect(verdict(listing), Status::failed, "every backup is from the future: a clock is wrong");
}

TEST(BackupNames, have_a_date) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    const auto at = [](const char* text) { return parse_rfc3339(text); };
    EXPECT_EQ(time_in("db-2026-11-30.dump"), at("2026-11-30T00:00:00Z"));
    EXPECT_EQ(time_in("db_20261130T021500.tar"), at("2026-11-30T02:15:00Z"));
    EXPECT_EQ(time_in("db-20261130-0215.tar"), at("2026-11-30T02:15:00Z"));
    EXPECT_EQ(time_in("2026-11-30T02:15:07+x"), at("2026-11-30T02:15:07Z"));
    EXPECT_EQ(time_in("shop_12_2026_11_30"), at("2026-11-30T00:00:00Z"));
    for (const char* none : {"db.dump", "2026-13-01", "2026-02-31", "1234567890", "20261"})
        EXPECT_EQ(time_in(none), std::nullopt) << none;
}

class BackupFiles : public ::testing::Test {
  protected:
    void write(const std::string& name, std::size_t bytes, std::chrono::hours age) {
        const std::string path = directory.write(name, std::string(bytes, 'x'));
        touch(path, age);
    }
    static void touch(const std::string& path, std::chrono::hours age) {
        const auto time = std::chrono::system_clock::to_time_t(real_clock().system() - age);
        const timespec times[2] = {{time, 0}, {time, 0}};
        EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    }
    testing::TemporaryDirectory directory;
};

TEST_F(BackupFiles, are_listed_newest_first) {
    write("a.dump", 10, 48h);
    write("b.dump", 20, 24h);
    write("c.dump.tmp", 1, 1h);
    write("d.dump.part", 1, 1h);
    write(".hidden.dump", 1, 1h);
    write("log.txt", 1, 1h);
    const Listing listing = backups_at(directory.path(), "*.dump", false);
    ASSERT_EQ(listing.entries.size(), 2U);
    EXPECT_EQ(listing.entries[0].name, "b.dump");
    EXPECT_EQ(listing.entries[0].bytes, 20U);
    EXPECT_EQ(backups_at(directory.file("*.dump"), "*", false).entries.size(), 2U);
    EXPECT_EQ(backups_at(directory.file("none"), "*", false).error, ENOENT);
    EXPECT_EQ(backups_at(directory.file("none/*.dump"), "*", false).error, ENOENT);
    EXPECT_TRUE(backups_at(directory.file("*.none"), "*", false).entries.empty());
}

TEST_F(BackupFiles, a_directory_is_as_large_as_what_lies_in_it) {
    const std::string folder = directory.file("full");
    ASSERT_EQ(::mkdir(folder.c_str(), 0755), 0);
    directory.write("full/a", std::string(700, 'x'));
    directory.write("full/b", std::string(300, 'x'));
    const Listing listing = backups_at(directory.path(), "*", false);
    ASSERT_EQ(listing.entries.size(), 1U);
    EXPECT_EQ(listing.entries[0].bytes, 1000U);
}

TEST_F(BackupFiles, are_judged_by_a_run) {
    for (int i = 0; i < 5; ++i)
        write("db" + std::to_string(i), 1000, std::chrono::hours(2 + 24 * i));
    const Outcome outcome = testing::run_in_time(kind, Options{.path = directory.path()});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(testing::phases(outcome), (std::vector<std::string>{"list", "judge"}));
    vitals::testing::expect_failed(
        testing::run_in_time(kind, Options{.path = directory.path(), .pattern = "*.none"}),
        ErrorClass::assertion, "judge", "no backup");
}

Options tool(std::string name) {
    return {.tool = std::move(name), .repository = "/srv/repository", .password = Secret("geheim")};
}

TEST(BackupTools, are_asked_without_writing) {
    const auto restic = launch_of(tool("restic"), "/tmp/x");
    EXPECT_NE(std::ranges::find(restic.arguments, "--no-lock"), restic.arguments.end());
    EXPECT_NE(std::ranges::find(restic.environment, "RESTIC_PASSWORD=geheim"),
              restic.environment.end());
    const auto borg = launch_of(tool("borg"), "/tmp/x");
    EXPECT_EQ(borg.arguments[1], "--bypass-lock");
    EXPECT_NE(std::ranges::find(borg.environment, "TZ=UTC"), borg.environment.end());
    for (const std::string& word : restic.arguments) EXPECT_FALSE(word.contains("geheim"));
}

TEST(BackupTools, answers_are_judged) {
    const auto restic = [](std::string_view output) {
        return judge_answer(tool("restic"), output, now);
    };
    EXPECT_EQ(restic(R"([{"time":"2026-11-30T11:00:00.123456789+01:00","id":"a"}])").detail,
              "the newest is 120 min old");
    expect(restic("[]"), Status::failed, "no backup in the repository");
    expect(restic("null"), Status::failed, "no backup in the repository");
    EXPECT_EQ(restic("{}").error_class, ErrorClass::protocol);
    EXPECT_EQ(restic("oops").error_class, ErrorClass::protocol);
    EXPECT_EQ(restic(R"([{"time":"x"}])").error_class, ErrorClass::protocol);
    const auto borg = [](std::string_view output) {
        return judge_answer(tool("borg"), output, now);
    };
    EXPECT_EQ(borg(R"({"archives":[{"time":"2026-11-30T09:00:00.000000"}]})").detail,
              "the newest is 3 h old");
    expect(borg(R"({"archives":[]})"), Status::failed, "no backup in the repository");
    const auto pgbackrest = [](std::string_view output) {
        return judge_answer(tool("pgbackrest"), output, now);
    };
    const std::string stop = std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>((now - 2h).time_since_epoch()).count());
    const std::string backup = R"("backup":[{"timestamp":{"stop":)" + stop + "}";
    EXPECT_EQ(pgbackrest(R"([{"status":{"code":0},)" + backup + "}]}]").status, Status::ok);
    expect(pgbackrest(R"([{"status":{"code":0},)" + backup + R"(,"error":true}]}])"),
           Status::failed, "the newest holds pages with wrong checksums");
    EXPECT_EQ(pgbackrest(R"([{"status":{"code":1},"backup":[]}])").status, Status::failed);
    expect(pgbackrest("[]"), Status::failed, "no such stanza");
}

TEST(BackupTools, refusals_have_their_class) {
    const auto of = [](const char* name, int code, const char* text) {
        return judge_refusal(tool(name), code, text);
    };
    EXPECT_EQ(of("restic", 1, "Fatal: wrong password or no key found").error_class,
              ErrorClass::auth);
    EXPECT_EQ(of("restic", 12, "x").error_class, ErrorClass::auth);
    EXPECT_EQ(of("restic", 10, "x").detail, "no repository");
    EXPECT_EQ(of("restic", 1, "Fatal: unable to open config file").detail, "no repository");
    EXPECT_EQ(of("borg", 2, "passphrase supplied in BORG_PASSPHRASE is incorrect.").error_class,
              ErrorClass::auth);
    EXPECT_EQ(of("borg", 2, "Repository /x does not exist.").detail, "no repository");
    EXPECT_EQ(of("borg", 2, "whatever").detail, "borg ended with exit code 2");
}

TEST(BackupOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.path = "/b"}), "");
    EXPECT_EQ(problem(tool("restic")), "");
    EXPECT_NE(problem({}), "");
    EXPECT_NE(problem({.path = "/b", .tool = "borg", .repository = "/r"}), "");
    EXPECT_NE(problem({.tool = "borg"}), "");
    EXPECT_NE(problem({.tool = "borg", .repository = "--x"}), "");
    EXPECT_NE(problem({.tool = "borg", .repository = "/r", .tags = {"a"}}), "");
    EXPECT_NE(problem({.path = "/b", .repository = "/r"}), "");
    EXPECT_NE(problem({.path = "/b", .degraded_after = 3h, .failed_after = 2h}), "");
}

}  // namespace
}  // namespace vitals::checks::backup
