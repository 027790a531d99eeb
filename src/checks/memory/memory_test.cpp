#include "memory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "check_testing.hpp"

namespace vitals::checks::memory {
namespace {

using namespace vitals::testing;

constexpr std::uint64_t gib = 1ull << 30;

TEST(MemoryJudge, counts_what_is_available_not_what_is_free) {
    const Outcome outcome = judge({}, {.total = 100 * gib, .available = 15 * gib});
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "85% used, 15 GiB left");
    EXPECT_EQ(std::get<double>(*outcome.property("used_percent")), 85.0);
    EXPECT_EQ(outcome.property("cgroup_limit_bytes"), nullptr);
}

TEST(MemoryJudge, thresholds_are_exceeded_not_reached) {
    EXPECT_EQ(judge({}, {.total = 100 * gib, .available = 14 * gib}).status, Status::degraded);
    EXPECT_EQ(judge({}, {.total = 100 * gib, .available = 5 * gib}).status, Status::degraded);
    const Outcome outcome = judge({}, {.total = 100 * gib, .available = 4 * gib});
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, ErrorClass::assertion);
    EXPECT_EQ(outcome.detail, "96% used, 4 GiB left");
}

TEST(MemoryJudge, the_tighter_of_machine_and_group_counts) {
    Figures figures{.total = 100 * gib, .available = 90 * gib};
    figures.group = Figures::Group{.used = 97 * gib / 100, .limit = gib};
    const Outcome outcome = judge({}, figures);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "97% used of the control group's limit, 30.7 MiB left");
    EXPECT_EQ(std::get<double>(*outcome.property("cgroup_used_percent")), 97.0);
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("cgroup_limit_bytes")), 1ll << 30);
    figures.available = gib;
    EXPECT_EQ(judge({}, figures).detail, "99% used, 1 GiB left");
}

constexpr std::uint64_t mib = 1ull << 20;

// memory.stat of version 2, in MiB.
std::string stat_of(std::uint64_t anon, std::uint64_t active, std::uint64_t inactive,
                    std::uint64_t dirty, std::uint64_t writeback, std::uint64_t slab) {
    return fmt::format(
        "anon {}\nfile {}\nshmem {}\nfile_dirty {}\nfile_writeback {}\ninactive_file {}\n"
        "active_file {}\nunevictable 0\nslab_reclaimable {}\nslab_unreclaimable {}\n",
        anon * mib, (active + inactive) * mib, 10 * mib, dirty * mib, writeback * mib,
        inactive * mib, active * mib, slab * mib, 5 * mib);
}

GroupFiles group(std::uint64_t limit, std::uint64_t usage, std::string stat) {
    return {.limit = fmt::format("{}\n", limit * mib),
            .throttle = "max\n",
            .usage = fmt::format("{}\n", usage * mib),
            .stat = std::move(stat)};
}

TEST(MemoryGroup, what_the_kernel_can_drop_is_not_used) {
    // 175 MiB of a file that was read again and again; names of files that do not exist.
    EXPECT_EQ(group_of(group(200, 195, stat_of(15, 170, 5, 0, 0, 2)), 0)->used, 18 * mib);
    EXPECT_EQ(group_of(group(150, 149, stat_of(9, 0, 0, 0, 0, 130)), 0)->used, 19 * mib);
    // Memory that is not on disk yet cannot be dropped at once; shared memory cannot be dropped at
    // all.
    EXPECT_EQ(group_of(group(200, 195, stat_of(15, 100, 70, 30, 20, 0)), 0)->used, 75 * mib);
    EXPECT_EQ(group_of(group(200, 195, stat_of(15, 10, 10, 30, 20, 0)), 0)->used, 195 * mib);
    // The counters are read one after another and need not fit each other.
    EXPECT_EQ(group_of(group(200, 100, stat_of(0, 170, 5, 0, 0, 0)), 0)->used, 0u);
}

TEST(MemoryGroup, the_lower_of_limit_and_throttle_counts) {
    GroupFiles files = group(200, 90, "anon 1\n");
    files.throttle = fmt::format("{}\n", 100 * mib);
    EXPECT_EQ(group_of(files, 0)->limit, 100 * mib);
    files.limit = "max\n";
    EXPECT_EQ(group_of(files, 0)->limit, 100 * mib);
    files.throttle = "max\n";
    EXPECT_FALSE(group_of(files, 0));
}

TEST(MemoryGroup, version_1_knows_the_cache_and_not_what_the_kernel_can_drop) {
    GroupFiles files{.version = 1,
                     .limit = fmt::format("{}\n", 150 * mib),
                     .usage = fmt::format("{}\n", 149 * mib),
                     .kernel = fmt::format("{}\n", 100 * mib)};
    files.stat = fmt::format(
        "cache 1\ninactive_file 1\nactive_file 1\ndirty 1\ntotal_dirty {}\ntotal_writeback {}\n"
        "total_inactive_file {}\ntotal_active_file {}\n",
        2 * mib, mib, 10 * mib, 20 * mib);
    EXPECT_EQ(group_of(files, 0)->used, (149 - 27) * mib);
    EXPECT_EQ(group_of(files, 0.8)->used, (149 - 27 - 80) * mib);
}

TEST(MemoryJudge, work_that_stands_still_is_degraded_whatever_the_share) {
    const Figures figures{.total = 100 * gib, .available = 90 * gib, .pressure = 30.5};
    const Outcome outcome = judge({}, figures);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail,
              "10% used, 90 GiB left, work stood still for it 30.5% of the last minute");
    EXPECT_EQ(std::get<double>(*outcome.property("pressure_percent")), 30.5);
    EXPECT_EQ(judge({.pressure_degraded_above = {100}}, figures).detail, "10% used, 90 GiB left");
}

// A /proc and /sys of its own.
class MemoryOf : public ::testing::Test {
  protected:
    void SetUp() override {
        write("proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n");
    }
    void write(const std::string& path, const std::string& text) {
        const std::filesystem::path file = root() + "/" + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    std::string root() const { return directory_.path(); }
    Outcome look() { return run_once(kind, Options{.root = root()}); }

  private:
    testing::TemporaryDirectory directory_;
};

TEST_F(MemoryOf, reads_that_of_a_machine_without_groups) {
    const Outcome outcome = look();
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "50% used, 512 MiB left");
    EXPECT_EQ(outcome.phases.at(0).name, "read");
}

TEST_F(MemoryOf, reads_a_group_of_version_2_with_a_limit) {
    write("proc/self/cgroup", "0::/shop.slice/shop.service\n");
    write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    write("sys/fs/cgroup/shop.slice/shop.service/memory.max", "max\n");
    write("sys/fs/cgroup/shop.slice/shop.service/memory.current", "1000\n");
    write("sys/fs/cgroup/shop.slice/memory.max", "104857600\n");
    write("sys/fs/cgroup/shop.slice/memory.current", "104857600\n");
    write("sys/fs/cgroup/shop.slice/memory.stat", "anon 1\ninactive_file 10485760\n");
    const Outcome outcome = look();
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "90% used of the control group's limit, 10 MiB left");
}

TEST_F(MemoryOf, a_group_full_of_page_cache_is_not_full) {
    write("proc/self/cgroup", "0::/\n");
    write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    write("sys/fs/cgroup/memory.max", "104857600\n");
    write("sys/fs/cgroup/memory.current", "104857600\n");
    write("sys/fs/cgroup/memory.stat", "inactive_file 94371840\n");
    EXPECT_EQ(look().status, Status::ok);
}

TEST_F(MemoryOf, reads_a_group_of_version_1) {
    write("proc/self/cgroup", "4:memory:/docker/abc\n");
    write("proc/self/mountinfo",
          "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "104857600\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", "104857600\n");
    write("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 1048576\n");
    const Outcome outcome = look();
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(std::get<double>(*outcome.property("cgroup_used_percent")), 99.0);
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    EXPECT_EQ(look().detail, "50% used, 512 MiB left");
}

TEST_F(MemoryOf, a_group_of_version_1_full_of_names_is_not_full) {
    write("proc/meminfo",
          "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\nSReclaimable: 60000 kB\n"
          "SUnreclaim: 10000 kB\nKernelStack: 3000 kB\nPageTables: 2000 kB\n");
    write("proc/self/cgroup", "4:memory:/job\n0::/\n");
    write("proc/self/mountinfo",
          "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
          "36 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "100000000\n");
    write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "99000000\n");
    write("sys/fs/cgroup/memory/job/memory.kmem.usage_in_bytes", "90000000\n");
    write("sys/fs/cgroup/memory/job/memory.stat", "total_active_file 0\n");
    const Outcome outcome = look();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_EQ(std::get<double>(*outcome.property("cgroup_used_percent")), 27.0);
    // If groups are measured, the pressure is that of vitals' group.
    write("proc/pressure/memory",
          "some avg10=0 avg60=1.00 avg300=0 total=1\n"
          "full avg10=0 avg60=0.50 avg300=0 total=1\n");
    write("sys/fs/cgroup/unified/memory.pressure",
          "some avg10=0 avg60=50.00 avg300=0 total=1\n"
          "full avg10=0 avg60=40.00 avg300=0 total=1\n");
    EXPECT_EQ(look().status, Status::degraded);
    EXPECT_EQ(std::get<double>(*look().property("pressure_percent")), 40.0);
}

TEST_F(MemoryOf, is_unknown_when_the_kernel_does_not_report_it) {
    write("proc/meminfo", "MemTotal: 1048576 kB\nMemFree: 5 kB\n");
    const Outcome outcome = look();
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
    std::filesystem::remove(root() + "/proc/meminfo");
    EXPECT_EQ(look().status, Status::unknown);
}

TEST(Memory, this_machine_has_some) {
    const Outcome outcome = run_once(
        kind,
        Options{.degraded_above = {100}, .failed_above = {100}, .pressure_degraded_above = {100}});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_GT(std::get<std::int64_t>(*outcome.property("available_bytes")), 0);
}

TEST(Memory, has_checked_options_and_a_url) {
    const Options never{.degraded_above = {96}};
    EXPECT_EQ(problem_of(kind, &never),
              "degraded_above is greater than failed_above: it could never show");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "memory:"));
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "memory:/x"));
}

}  // namespace
}  // namespace vitals::checks::memory
