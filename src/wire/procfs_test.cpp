#include "wire/procfs.hpp"

#include <gtest/gtest.h>

namespace vitals::wire {
namespace {

using Paths = std::vector<std::string>;

TEST(Procfs, meminfo_is_in_kibibytes) {
    const char* text = "MemTotal:       24684084 kB\nMemAvailable:   24366980 kB\nHugePages: 0\n";
    EXPECT_EQ(meminfo_bytes(text, "MemTotal"), 24684084ull * 1024);
    EXPECT_EQ(meminfo_bytes(text, "MemAvailable"), 24366980ull * 1024);
    EXPECT_FALSE(meminfo_bytes(text, "Mem").has_value());
    EXPECT_FALSE(meminfo_bytes(text, "HugePages").has_value());
    EXPECT_FALSE(meminfo_bytes("", "MemTotal").has_value());
    EXPECT_FALSE(meminfo_bytes("MemTotal: 18446744073709551615 kB", "MemTotal").has_value());
}

TEST(Procfs, reads_keyed_and_single_numbers) {
    EXPECT_EQ(keyed_number("anon 5\ninactive_file 4096\n", "inactive_file"), 4096u);
    EXPECT_FALSE(keyed_number("total_inactive_file 4096\n", "inactive_file").has_value());
    EXPECT_EQ(single_number("536870912\n"), 536870912u);
    EXPECT_FALSE(single_number("max\n").has_value());
    EXPECT_FALSE(single_number("1 2\n").has_value());
    EXPECT_FALSE(single_number("").has_value());
}

TEST(Procfs, reads_load_averages) {
    EXPECT_EQ(parse_loadavg("0.52 1.25 10.00 1/94 8410\n"), (LoadAverages{0.52, 1.25, 10.0}));
    EXPECT_FALSE(parse_loadavg("0.52 nan 1").has_value());
    EXPECT_FALSE(parse_loadavg("0.52").has_value());
}

TEST(Procfs, counts_lists_of_processors) {
    EXPECT_EQ(count_cpus("0\n"), 1u);
    EXPECT_EQ(count_cpus("0-3,8,10-11\n"), 7u);
    EXPECT_EQ(count_cpus(""), 0u);
    EXPECT_EQ(count_cpus("3-1"), 0u);
    EXPECT_EQ(count_cpus("0-4294967295"), 0u);
    EXPECT_EQ(count_cpus("a"), 0u);
}

TEST(Procfs, quotas_are_processors) {
    EXPECT_EQ(parse_cpu_max("150000 100000\n"), 1.5);
    EXPECT_FALSE(parse_cpu_max("max 100000\n").has_value());
    EXPECT_FALSE(parse_cpu_max("-1\n 100000\n").has_value());
    EXPECT_FALSE(parse_cpu_max("1 0").has_value());
    EXPECT_FALSE(parse_cpu_max("").has_value());
}

TEST(Procfs, pressure_is_that_of_the_last_minute) {
    const auto pressure = parse_pressure(
        "some avg10=0.13 avg60=12.38 avg300=0.17 total=4340966\n"
        "full avg10=0.00 avg60=3.50 avg300=0.00 total=0\n");
    EXPECT_EQ(pressure, (Pressure{12.38, 3.5}));
    EXPECT_EQ(parse_pressure("some avg10=0.13 avg60=1.00 avg300=0 total=1\n"),
              (Pressure{1.0, std::nullopt}));
    EXPECT_FALSE(parse_pressure("").has_value());
    EXPECT_FALSE(parse_pressure("some avg10=1.0\n").has_value());
}

TEST(Procfs, a_process_may_call_itself_anything) {
    const auto stat = parse_process_stat(
        "42 (a) Z (b c) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3\n");
    EXPECT_EQ(stat, (ProcessStat{"a) Z (b c", 'S', 987654}));
    EXPECT_FALSE(parse_process_stat("42 (a").has_value());
    EXPECT_FALSE(parse_process_stat("42 (a) S 1 2").has_value());
    EXPECT_FALSE(parse_process_stat(") (").has_value());
}

TEST(Cgroup, is_found_for_version_2_on_a_host) {
    const CgroupPlace place = cgroup_place(
        "0::/system.slice/shop.service\n",
        "24 1 0:22 / /proc rw - proc proc rw\n"
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
        "memory");
    EXPECT_EQ(place.version, 2);
    EXPECT_EQ(place.directories, (Paths{"/sys/fs/cgroup/system.slice/shop.service",
                                        "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup"}));
}

TEST(Cgroup, in_a_container_the_mount_is_the_group) {
    const std::string mount = "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
    EXPECT_EQ(cgroup_place("0::/\n", mount, "memory").directories, (Paths{"/sys/fs/cgroup"}));
    EXPECT_EQ(cgroup_place("0::/../other\n", mount, "memory").directories,
              (Paths{"/sys/fs/cgroup"}));
}

TEST(Cgroup, version_1_with_a_bind_mounted_group) {
    const CgroupPlace place =
        cgroup_place("9:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc/inner\n0::/docker/abc\n",
                     "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
                     "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
                     "memory");
    EXPECT_EQ(place.version, 1);
    EXPECT_EQ(place.directories, (Paths{"/sys/fs/cgroup/memory/inner", "/sys/fs/cgroup/memory"}));
}

TEST(Cgroup, mount_points_may_hold_blanks) {
    EXPECT_EQ(
        cgroup_place("0::/a\n", "1 2 0:1 / /my\\040groups rw - cgroup2 c rw\n", "cpu").directories,
        (Paths{"/my groups/a", "/my groups"}));
}

TEST(Cgroup, nothing_mounted_is_no_place) {
    EXPECT_TRUE(cgroup_place("0::/\n", "1 2 0:1 / / rw - ext4 x rw\n", "cpu").directories.empty());
    EXPECT_TRUE(cgroup_place("", "", "cpu").directories.empty());
    EXPECT_TRUE(cgroup_place("0", "1 2 3 - cgroup2", "cpu").directories.empty());
    EXPECT_EQ(cgroup_place("0::no/path\n", "1 2 0:1 / /m rw - cgroup2 c rw\n", "cpu").directories,
              (Paths{"/m"}));
}

TEST(Procfs, a_mount_may_be_read_only_while_its_file_system_is_not) {
    constexpr std::string_view mountinfo =
        "22 28 0:21 / /proc rw,relatime shared:12 - proc proc rw\n"
        "28 1 254:1 / / ro,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro\n"
        "31 28 254:2 / /data\\040- rw,relatime - ext4 /dev/vdb ro\n"
        "32 28 254:2 / /broken rw,relatime\n";
    EXPECT_EQ(file_system_read_only(mountinfo, 28), false);
    EXPECT_EQ(file_system_read_only(mountinfo, 31), true);
    EXPECT_EQ(file_system_read_only(mountinfo, 32), std::nullopt);
    EXPECT_EQ(file_system_read_only(mountinfo, 2), std::nullopt);
    EXPECT_EQ(file_system_read_only("", 28), std::nullopt);
}

}  // namespace
}  // namespace vitals::wire
