#include "file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "check_testing.hpp"

namespace vitals::checks::file {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

void age_by(const std::string& file, std::chrono::seconds age) {
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
}

TEST(File, is_ok_when_it_exists) {
    TemporaryDirectory directory;
    const Outcome outcome = run_once(kind, Options{.path = directory.write("a", "1234")});
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "exists, 4 B");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("size_bytes")), 4);
    EXPECT_LE(std::get<std::int64_t>(*outcome.property("age_seconds")), 5);
    EXPECT_EQ(run_once(kind, Options{.path = directory.path()}).detail, "exists");
}

TEST(File, is_failed_when_it_does_not_exist) {
    TemporaryDirectory directory;
    const Outcome outcome = run_once(kind, Options{.path = directory.file("a")});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "does not exist");
    EXPECT_EQ(outcome.error, directory.file("a") + ": No such file or directory");
    std::filesystem::create_symlink("nowhere", directory.file("b"));
    EXPECT_EQ(run_once(kind, Options{.path = directory.file("b")}).detail, "is a link to nothing");
}

TEST(File, is_failed_when_it_exists_but_must_not) {
    TemporaryDirectory directory;
    EXPECT_EQ(run_once(kind, Options{.path = directory.file("a"), .absent = true}).status,
              Status::ok);
    const Outcome outcome =
        run_once(kind, Options{.path = directory.write("a", ""), .absent = true});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "exists, though it should not");
}

TEST(File, is_unknown_when_it_may_not_be_seen) {
    if (::geteuid() == 0) {
        // Root sees everything, so these two runs use another user.
        ASSERT_EQ(::seteuid(65534), 0);
    }
    TemporaryDirectory directory;
    std::filesystem::create_directory(directory.file("closed"));
    ASSERT_EQ(::chmod(directory.file("closed").c_str(), 0), 0);
    const std::string path = directory.file("closed/a");
    const Outcome there = run_once(kind, Options{.path = path});
    const Outcome absent = run_once(kind, Options{.path = path, .absent = true});
    ::chmod(directory.file("closed").c_str(), 0700);
    if (::getuid() == 0) ASSERT_EQ(::seteuid(0), 0);
    EXPECT_EQ(there.status, Status::unknown);
    EXPECT_EQ(there.error_class, ErrorClass::local);
    EXPECT_EQ(there.detail, "not permitted to look");
    EXPECT_EQ(absent.status, Status::unknown);
}

TEST(File, is_failed_when_it_has_another_type) {
    TemporaryDirectory directory;
    const std::string path = directory.write("a", "");
    EXPECT_EQ(run_once(kind, Options{.path = path, .type = "file"}).status, Status::ok);
    EXPECT_EQ(run_once(kind, Options{.path = path, .type = "directory"}).detail, "is no directory");
    EXPECT_EQ(run_once(kind, Options{.path = directory.path(), .type = "file"}).detail,
              "is no regular file");
}

TEST(File, is_degraded_and_then_failed_when_it_is_old) {
    TemporaryDirectory directory;
    const std::string path = directory.write("a", "");
    const Options options{.path = path, .degraded_age = 25h, .failed_age = 49h};
    EXPECT_EQ(run_once(kind, options).status, Status::ok);
    age_by(path, 26h);
    const Outcome late = run_once(kind, options);
    EXPECT_EQ(late.status, Status::degraded);
    EXPECT_EQ(late.detail, "changed 26 h ago");
    age_by(path, 50h);
    EXPECT_EQ(run_once(kind, options).status, Status::failed);
}

TEST(File, is_not_fresh_when_it_is_from_the_future) {
    TemporaryDirectory directory;
    const std::string path = directory.write("a", "");
    age_by(path, -2h);
    const Outcome outcome = run_once(kind, Options{.path = path, .failed_age = 1h});
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail.rfind("changed 120 min in the future", 0), 0u) << outcome.detail;
    EXPECT_EQ(run_once(kind, Options{.path = path}).status, Status::ok);
    age_by(path, -5s);  // clocks differ
    EXPECT_EQ(run_once(kind, Options{.path = path, .failed_age = 1h}).status, Status::ok);
}

// 64 bits of nanoseconds from now they would be at now again.
TEST(File, is_not_fresh_when_it_is_from_the_next_centuries) {
    TemporaryDirectory directory;
    const std::string path = directory.write("a", "");
    const timespec times[2] = {{std::time(nullptr) + 18'446'744'073, 0},
                               {std::time(nullptr) + 18'446'744'073, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    const Outcome outcome = run_once(kind, Options{.path = path, .failed_age = 1h});
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_NE(outcome.detail.find("in the future"), std::string::npos) << outcome.detail;
}

TEST(File, is_failed_when_its_size_is_out_of_bounds) {
    TemporaryDirectory directory;
    const std::string path = directory.write("a", "1234");
    const Outcome small = run_once(kind, Options{.path = path, .min_size = Size{5}});
    EXPECT_EQ(small.status, Status::failed);
    EXPECT_EQ(small.detail, "4 B, expected at least 5 B");
    const Outcome large = run_once(kind, Options{.path = path, .max_size = Size{3}});
    EXPECT_EQ(large.detail, "4 B, expected at most 3 B");
    EXPECT_EQ(
        run_once(kind, Options{.path = path, .min_size = Size{4}, .max_size = Size{4}}).status,
        Status::ok);
}

TEST(File, is_failed_without_the_expected_text) {
    TemporaryDirectory directory;
    const std::string path = directory.write("a", "started\ndone: 42 rows\n");
    EXPECT_EQ(run_once(kind, Options{.path = path, .contains = "done:"}).status, Status::ok);
    EXPECT_EQ(run_once(kind, Options{.path = path, .contains = "/(?m)^done: [0-9]+ rows$/"}).status,
              Status::ok);
    const Outcome outcome = run_once(kind, Options{.path = path, .contains = "/done: 0/"});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "does not contain what it should");
    EXPECT_EQ(run_once(kind, Options{.path = path, .contains = "done:", .within = Size{5}}).detail,
              "does not contain what it should in its first 5 B");
    EXPECT_EQ(run_once(kind, Options{.path = directory.path(), .contains = "x"}).status,
              Status::failed);
}

TEST(File, does_not_wait_for_a_pipe) {
    TemporaryDirectory directory;
    ASSERT_EQ(::mkfifo(directory.file("pipe").c_str(), 0600), 0);
    const Outcome outcome =
        run_once(kind, Options{.path = directory.file("pipe"), .contains = "x"});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "has no content: it is no regular file");
}

TEST(File, names_all_that_is_wrong) {
    TemporaryDirectory directory;
    const std::string path = directory.write("a", "1234");
    age_by(path, 2h);
    const Outcome outcome = run_once(
        kind, Options{.path = path, .failed_age = 1h, .min_size = Size{5}, .contains = "x"});
    EXPECT_EQ(outcome.detail,
              "changed 2 h ago, 4 B, expected at least 5 B, does not contain what it should");
    EXPECT_EQ(outcome.error, path);
}

TEST(File, has_checked_options_and_a_url) {
    const Options both{.path = "/a", .absent = true, .failed_age = 1h};
    EXPECT_EQ(problem_of(kind, &both),
              "absent: true leaves nothing to ask: remove the expectations or absent");
    const Options folder{.path = "/a", .type = "directory", .contains = "x"};
    EXPECT_EQ(problem_of(kind, &folder), "contains is for files: a directory has no content");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "file:///etc/hosts"));
    EXPECT_EQ(options.path, "/etc/hosts");
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "file://host/etc/hosts"));
}

}  // namespace
}  // namespace vitals::checks::file
