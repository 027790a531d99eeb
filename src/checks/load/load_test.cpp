#include "load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "check_testing.hpp"

namespace vitals::checks::load {
namespace {

using namespace vitals::testing;

TEST(LoadJudge, is_per_processor_over_five_minutes) {
    const Outcome outcome = judge({}, {.load1 = 30, .load5 = 8, .load15 = 1, .cpus = 4});
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "load 2.00 per CPU");
    EXPECT_EQ(std::get<double>(*outcome.property("load1")), 30.0);
    EXPECT_EQ(std::get<double>(*outcome.property("load_per_cpu")), 2.0);
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("cpus")), 4);
    EXPECT_EQ(outcome.property("cpus_allowed"), nullptr);
}

TEST(LoadJudge, thresholds_are_exceeded_not_reached) {
    EXPECT_EQ(judge({}, {.load5 = 4}).status, Status::ok);
    EXPECT_EQ(judge({}, {.load5 = 4.1}).status, Status::degraded);
    EXPECT_EQ(judge({}, {.load5 = 16}).status, Status::degraded);
    EXPECT_EQ(judge({}, {.load5 = 16.1}).status, Status::failed);
}

TEST(LoadJudge, a_container_is_not_blamed_for_the_load_of_its_machine) {
    const Outcome outcome = judge({}, {.load5 = 32, .cpus = 64, .cpus_allowed = 0.5});
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(std::get<double>(*outcome.property("cpus_allowed")), 0.5);
}

TEST(LoadJudge, pressure_is_shown_and_judged_only_when_asked) {
    const Figures figures{.load5 = 1, .pressure = {{"cpu", 5}, {"io", 70}, {"memory", 30}}};
    const Outcome shown = judge({}, figures);
    EXPECT_EQ(shown.status, Status::ok);
    EXPECT_EQ(std::get<double>(*shown.property("io_pressure_percent")), 70.0);
    const Outcome failing =
        judge({.pressure_degraded_above = Percentage{20}, .pressure_failed_above = Percentage{60}},
              figures);
    EXPECT_EQ(failing.status, Status::failed);
    EXPECT_EQ(failing.detail, "memory pressure 30%, io pressure 70%");
    EXPECT_EQ(judge({.pressure_degraded_above = Percentage{20}}, figures).status, Status::degraded);
    EXPECT_EQ(
        judge({.pressure_degraded_above = Percentage{20}, .pressure = {"cpu"}}, figures).status,
        Status::ok);
}

TEST(LoadJudge, pressure_that_is_asked_for_and_not_measured_is_blindness) {
    EXPECT_EQ(judge({}, {.load5 = 1}).status, Status::ok);
    const Options asked{.pressure_failed_above = Percentage{60}};
    const Outcome outcome = judge(asked, {.load5 = 1, .pressure = {{"cpu", 0}}});
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
    EXPECT_EQ(outcome.error, "no pressure of: memory, io");
    EXPECT_EQ(judge(asked, {.load5 = 17}).status, Status::failed);
}

// A /proc and /sys of its own.
class LoadOf : public ::testing::Test {
  protected:
    void SetUp() override {
        write("proc/loadavg", "1.00 6.00 3.00 1/94 8410\n");
        write("sys/devices/system/cpu/online", "0-1\n");
        for (const char* resource : {"cpu", "memory", "io"}) {
            write(std::string("proc/pressure/") + resource,
                  "some avg10=0 avg60=40.00 avg300=0 total=1\n"
                  "full avg10=0 avg60=10.00 avg300=0 total=1\n");
        }
    }
    void write(const std::string& path, const std::string& text) {
        const std::filesystem::path file = root() + "/" + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    std::string root() const { return directory_.path(); }
    Outcome look(Options options = {}) {
        options.root = root();
        return run_once(kind, std::move(options));
    }

  private:
    testing::TemporaryDirectory directory_;
};

TEST_F(LoadOf, reads_that_of_a_machine) {
    const Outcome outcome = look();
    EXPECT_EQ(outcome.detail, "load 3.00 per CPU");
    EXPECT_EQ(std::get<double>(*outcome.property("cpu_pressure_percent")), 40.0);
    EXPECT_EQ(std::get<double>(*outcome.property("memory_pressure_percent")), 10.0);
    EXPECT_EQ(std::get<double>(*outcome.property("io_pressure_percent")), 10.0);
}

TEST_F(LoadOf, reads_that_of_a_container_with_its_own_quota_and_pressure) {
    write("proc/self/cgroup", "0::/\n");
    write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    write("sys/fs/cgroup/cpu.max", "50000 100000\n");
    write("sys/fs/cgroup/cpu.pressure", "some avg10=0 avg60=95.00 avg300=0 total=1\n");
    const Outcome outcome = look();
    EXPECT_EQ(outcome.detail, "load 3.00 per CPU");
    EXPECT_EQ(std::get<double>(*outcome.property("cpus_allowed")), 0.5);
    EXPECT_EQ(std::get<double>(*outcome.property("cpu_pressure_percent")), 95.0);
    EXPECT_EQ(std::get<double>(*outcome.property("io_pressure_percent")), 10.0);
}

TEST_F(LoadOf, reads_a_quota_of_version_1) {
    write("proc/self/cgroup", "3:cpu,cpuacct:/a/b\n");
    write("proc/self/mountinfo",
          "35 31 0:32 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n");
    write("sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "-1\n");
    write("sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us", "100000\n");
    write("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "75000\n");
    write("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(std::get<double>(*look().property("cpus_allowed")), 0.75);
}

TEST_F(LoadOf, is_ok_without_pressure_unless_it_is_asked_for) {
    std::filesystem::remove_all(root() + "/proc/pressure");
    EXPECT_EQ(look().status, Status::ok);
    EXPECT_EQ(look({.pressure_failed_above = Percentage{50}}).status, Status::unknown);
}

TEST_F(LoadOf, is_unknown_without_a_load) {
    write("proc/loadavg", "garbage\n");
    EXPECT_EQ(look().status, Status::unknown);
    std::filesystem::remove(root() + "/proc/loadavg");
    EXPECT_EQ(look().status, Status::unknown);
    EXPECT_EQ(look().error_class, ErrorClass::local);
}

TEST(Load, this_machine_has_one) {
    const Outcome outcome = run_once(kind, Options{.degraded_above = 1e9, .failed_above = 1e9});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_GE(std::get<std::int64_t>(*outcome.property("cpus")), 1);
}

TEST(Load, has_checked_options_and_a_url) {
    const Options never{.degraded_above = 17};
    EXPECT_EQ(problem_of(kind, &never),
              "degraded_above is greater than failed_above: it could never show");
    const Options typo{.pressure = {"disk"}};
    EXPECT_EQ(problem_of(kind, &typo),
              "pressure: unknown resource 'disk': expected cpu, memory or io");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "load:"));
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "load:1"));
}

}  // namespace
}  // namespace vitals::checks::load
