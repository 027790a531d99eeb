#include "disk.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

#include "check_testing.hpp"

namespace vitals::checks::disk {
namespace {

using namespace vitals::testing;

Figures percent(unsigned used) {
    Figures figures;
    figures.used_bytes = used * (1ull << 30);
    figures.available_bytes = (100 - used) * (1ull << 30);
    return figures;
}

TEST(DiskJudge, shows_space_when_there_is_enough) {
    const Outcome outcome = judge({}, percent(40));
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "40% used, 60 GiB free");
    EXPECT_EQ(std::get<double>(*outcome.property("used_percent")), 40.0);
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("free_bytes")), 60ll << 30);
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("total_bytes")), 100ll << 30);
    EXPECT_EQ(std::get<bool>(*outcome.property("read_only")), false);
    EXPECT_EQ(outcome.property("inodes_used_percent"), nullptr);
}

TEST(DiskJudge, thresholds_are_exceeded_not_reached) {
    EXPECT_EQ(judge({}, percent(85)).status, Status::ok);
    EXPECT_EQ(judge({}, percent(86)).status, Status::degraded);
    EXPECT_EQ(judge({}, percent(95)).status, Status::degraded);
    const Outcome full = judge({}, percent(96));
    EXPECT_EQ(full.status, Status::failed);
    EXPECT_EQ(full.error_class, ErrorClass::assertion);
    EXPECT_EQ(full.detail, "96% used, 4 GiB free");
}

TEST(DiskJudge, much_free_space_is_enough_whatever_the_share) {
    EXPECT_EQ(judge({.enough_free = Size{4ull << 30}}, percent(96)).status, Status::ok);
    EXPECT_EQ(judge({.enough_free = Size{5ull << 30}}, percent(96)).status, Status::failed);
}

TEST(DiskJudge, inodes_run_out_while_space_is_left) {
    Figures figures = percent(10);
    figures.inodes_used = 97;
    figures.inodes_available = 3;
    const Outcome outcome = judge({}, figures);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "97% of the inodes used");
    EXPECT_EQ(std::get<double>(*outcome.property("inodes_used_percent")), 97.0);
    EXPECT_EQ(judge({.inodes_degraded_above = {100}, .inodes_failed_above = {100}}, figures).status,
              Status::ok);
}

TEST(DiskJudge, names_all_that_is_wrong) {
    Figures figures = percent(90);
    figures.inodes_used = 97;
    figures.inodes_available = 3;
    figures.read_only = true;
    const Outcome outcome = judge({}, figures);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail,
              "file system is read-only, 90% used, 10 GiB free, 97% of the inodes used");
}

TEST(DiskJudge, a_mount_meant_for_reading_is_always_full) {
    Figures image = percent(100);
    image.read_only = true;
    EXPECT_EQ(judge({}, image).status, Status::failed);
    EXPECT_EQ(judge({.writable = false}, image).status, Status::ok);
    image.read_only = false;
    EXPECT_EQ(judge({.writable = false}, image).status, Status::failed);
}

TEST(DiskJudge, a_file_system_that_counts_nothing_is_not_full) {
    const Outcome outcome = judge({}, {});
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "the file system counts no space");
    EXPECT_EQ(outcome.property("used_percent"), nullptr);
}

// A disk of 1000 blocks of 4 KiB, and as many inodes.
struct statfs counted(std::uint64_t free, std::uint64_t available, std::uint64_t inodes_free) {
    struct statfs counts{};
    counts.f_bsize = counts.f_frsize = 4096;
    counts.f_blocks = counts.f_files = 1000;
    counts.f_bfree = free;
    counts.f_bavail = available;
    counts.f_ffree = inodes_free;
    return counts;
}

TEST(DiskFigures, are_what_the_file_system_counts) {
    const Figures figures = figures_of(counted(500, 450, 900));
    EXPECT_EQ(figures.used_bytes, 500u * 4096);
    EXPECT_EQ(figures.available_bytes, 450u * 4096);
    EXPECT_EQ(figures.inodes_used, 100u);
    EXPECT_EQ(figures.inodes_available, 900u);
}

TEST(DiskFigures, less_than_nothing_left_is_a_full_disk) {
    // 40 blocks are left to root, and users are 10 below: as an NFS server of BSD says it.
    const Outcome outcome = judge({}, figures_of(counted(40, -10ull, 900)));
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "100% used, 0 B free");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("free_bytes")), 0);
    EXPECT_EQ(judge({}, figures_of(counted(-10ull, -50ull, 900))).detail, "100% used, 0 B free");
    EXPECT_EQ(judge({}, figures_of(counted(500, 450, -1ull))).detail, "100% of the inodes used");
}

TEST(DiskFigures, odd_counts_that_mean_no_harm_raise_no_alarm) {
    // btrfs: more available than free; FAT and others: more free inodes than there are, or none.
    EXPECT_EQ(judge({}, figures_of(counted(500, 600, 900))).status, Status::ok);
    EXPECT_EQ(judge({}, figures_of(counted(500, 450, 5000))).status, Status::ok);
    struct statfs endless = counted(~0ull, ~0ull, 0);
    endless.f_blocks = ~0ull;
    endless.f_files = 0;
    const Outcome outcome = judge({}, figures_of(endless));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_EQ(outcome.detail, "0% used, 8 EiB free");
}

TEST(Disk, agrees_with_statvfs_about_this_machine) {
    TemporaryDirectory directory;
    const Outcome outcome = run_once(
        kind, Options{.path = directory.path(), .degraded_above = {100}, .failed_above = {100}});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    struct statvfs status{};
    ASSERT_EQ(::statvfs(directory.path().c_str(), &status), 0);
    const auto free = static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize);
    const auto shown = static_cast<double>(std::get<std::int64_t>(*outcome.property("free_bytes")));
    EXPECT_NEAR(shown, free, free / 20);
    ASSERT_EQ(outcome.phases.size(), 1u);
    EXPECT_EQ(outcome.phases[0].name, "stat");
}

TEST(Disk, a_path_that_does_not_exist_is_failed) {
    TemporaryDirectory directory;
    const Outcome outcome = run_once(kind, Options{.path = directory.file("missing")});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, ErrorClass::assertion);
    EXPECT_EQ(outcome.detail, "path does not exist");
    EXPECT_NE(outcome.error.find("missing: No such file or directory"), std::string::npos);
}

TEST(Disk, a_missing_mount_does_not_pass_for_the_disk_below_it) {
    TemporaryDirectory directory;
    const Outcome missing = run_once(kind, Options{.path = directory.path(), .mount = true});
    EXPECT_EQ(missing.status, Status::failed);
    EXPECT_EQ(missing.detail, "nothing is mounted there");
    const Outcome mounted = run_once(kind, Options{.path = "/proc", .mount = true});
    EXPECT_EQ(mounted.status, Status::ok) << mounted.detail;
    EXPECT_EQ(mounted.detail, "the file system counts no space");
}

TEST(Disk, writes_and_leaves_nothing_behind) {
    TemporaryDirectory directory;
    const Outcome outcome = run_once(kind, Options{.path = directory.path(),
                                                   .write = true,
                                                   .degraded_above = {100},
                                                   .failed_above = {100}});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    ASSERT_EQ(outcome.phases.size(), 2u);
    EXPECT_EQ(outcome.phases[1].name, "write");
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(Disk, writes_beside_a_file) {
    TemporaryDirectory directory;
    const std::string file = directory.write("data.db", "kept");
    const Outcome outcome = run_once(
        kind, Options{.path = file, .write = true, .degraded_above = {100}, .failed_above = {100}});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(std::filesystem::file_size(file), 4u);
}

TEST(Disk, where_nobody_can_write_is_not_ok) {
    // Nobody can create a file in /proc, not even root.
    const Outcome outcome = run_once(kind, Options{.path = "/proc", .write = true});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "path does not exist");
    EXPECT_EQ(outcome.failed_phase, "write");
    EXPECT_NE(outcome.property("read_only"), nullptr);
}

// A small file system of its own; only root may mount one.
class SmallDisk : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::mount("vitals-test", path().c_str(), "tmpfs", 0, "size=256k,nr_inodes=100") != 0)
            GTEST_SKIP() << "needs the right to mount";
        mounted_ = true;
    }
    void TearDown() override {
        if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
    }
    const std::string& path() const { return directory_.path(); }
    TemporaryDirectory directory_;

  private:
    bool mounted_ = false;
};

TEST_F(SmallDisk, is_a_mount_point_and_ok_while_empty) {
    const Outcome outcome = run_once(kind, Options{.path = path(), .mount = true, .write = true});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "0% used, 256 KiB free");
    EXPECT_TRUE(std::filesystem::is_empty(path()));
}

TEST_F(SmallDisk, is_failed_when_full) {
    directory_.write("filler", std::string(256 * 1024, 'x'));
    const Outcome looked = run_once(kind, Options{.path = path()});
    EXPECT_EQ(looked.status, Status::failed);
    EXPECT_EQ(looked.detail, "100% used, 0 B free");
    // Thresholds that never fail do not hide that nothing can be written.
    const Outcome written = run_once(
        kind,
        Options{.path = path(), .write = true, .degraded_above = {100}, .failed_above = {100}});
    EXPECT_EQ(written.status, Status::failed);
    EXPECT_EQ(written.detail, "no space left");
    EXPECT_EQ(written.failed_phase, "write");
    EXPECT_EQ(std::get<double>(*written.property("used_percent")), 100.0);
}

TEST_F(SmallDisk, is_failed_when_it_has_no_inodes_left) {
    for (int i = 0; i < 98; ++i) directory_.write(std::to_string(i), "");
    const Outcome outcome = run_once(kind, Options{.path = path()});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "99% of the inodes used");
}

TEST_F(SmallDisk, is_failed_when_it_turned_read_only_unless_that_is_meant) {
    ASSERT_EQ(::mount(nullptr, path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    const Outcome outcome = run_once(kind, Options{.path = path()});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "file system is read-only");
    EXPECT_EQ(run_once(kind, Options{.path = path(), .writable = false}).status, Status::ok);
}

// ProtectSystem=strict, a container's read-only root: the disk is as good as before.
TEST_F(SmallDisk, is_ok_when_only_the_mount_of_vitals_is_read_only) {
    ASSERT_EQ(::mount(nullptr, path().c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr),
              0);
    const Outcome outcome = run_once(kind, Options{.path = path()});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_EQ(std::get<bool>(*outcome.property("read_only")), false);
}

TEST(Disk, a_disk_that_vitals_may_not_write_to_is_blindness) {
    if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
    const Outcome outcome = run_once(
        kind, Options{.path = "/", .write = true, .degraded_above = {100}, .failed_above = {100}});
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
    EXPECT_EQ(outcome.detail, "not permitted to write there");
}

TEST(Disk, options_that_contradict_each_other_are_refused) {
    const Options never{.degraded_above = {96}};
    EXPECT_EQ(problem_of(kind, &never),
              "degraded_above is greater than failed_above: it could never show");
    const Options both{.writable = false, .write = true};
    EXPECT_EQ(problem_of(kind, &both), "write: true contradicts writable: false");
}

TEST(Disk, a_url_names_the_path) {
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "disk:/var/lib"));
    EXPECT_EQ(options.path, "/var/lib");
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "disk:"));
}

}  // namespace
}  // namespace vitals::checks::disk
