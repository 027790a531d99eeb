#include "cli/child.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace vitals::cli {
namespace {

using namespace std::chrono_literals;

class Child : public ::testing::Test {
  protected:
    static void SetUpTestSuite() { hold_signals(); }
};

std::string ending(const std::vector<std::string>& command) {
    const auto found = run_child(command);
    if (!found) return std::to_string(found.error().code) + " " + found.error().text;
    return std::to_string(found->code) + " " + found->text;
}

TEST_F(Child, ends_as_its_command_does) {
    EXPECT_EQ(ending({"true"}), "0 ");
    EXPECT_EQ(ending({"sh", "-c", "exit 7"}), "7 exited with 7");
    EXPECT_EQ(ending({"sh", "-c", "kill -KILL $$"}), "137 killed by signal 9 (Killed)");
}

TEST_F(Child, reports_a_command_that_cannot_run) {
    EXPECT_EQ(ending({"/nonexistent/command"}),
              "127 '/nonexistent/command' cannot be run: No such file or directory");
    EXPECT_EQ(ending({"/etc/passwd"}), "126 '/etc/passwd' cannot be run: Permission denied");
}

TEST_F(Child, gets_the_signals_of_vitals) {
    std::jthread sender([] {
        std::this_thread::sleep_for(300ms);
        kill(getpid(), SIGTERM);
    });
    EXPECT_EQ(ending({"sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.05; done"}),
              "5 exited with 5");
}

TEST_F(Child, has_no_signals_blocked_or_ignored) {
    // SigBlk and SigIgn of the child itself; SIGPIPE is 0x1000.
    const auto found =
        run_child({"sh", "-c",
                   "grep -q '^SigBlk:.0000000000000000$' /proc/self/status && "
                   "! grep '^SigIgn:' /proc/self/status | grep -q '[13579bdf]...$'"});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->code, 0);
}

}  // namespace
}  // namespace vitals::cli
