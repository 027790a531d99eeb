#include "process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "check_testing.hpp"

namespace vitals::checks::process {
namespace {

using namespace vitals::testing;

// A program with its own name: a link to `sleep` with that name.
class Program {
  public:
    explicit Program(const TemporaryDirectory& directory, const std::string& name) {
        const std::string file = directory.file(name);
        std::error_code exists;
        std::filesystem::copy_file("/bin/sleep", file, exists);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::execl(file.c_str(), file.c_str(), "60", nullptr);
            ::_exit(127);
        }
        // Until it is no longer this test's copy.
        while (std::filesystem::read_symlink("/proc/" + std::to_string(pid_) + "/exe") != file)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ~Program() {
        ::kill(pid_, SIGKILL);
        reap();
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    pid_t pid() const { return pid_; }
    void signal_and_wait(int number, int what) {
        ::kill(pid_, number);
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(pid_), &info, what | WNOWAIT);
    }
    void reap() { ::waitpid(pid_, nullptr, 0); }

  private:
    pid_t pid_ = -1;
};

void age_by(const std::string& file, std::chrono::seconds age) {
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
}

TEST(Process, a_pid_file_names_a_running_process) {
    TemporaryDirectory directory;
    Program program(directory, "vitals-sleeper");
    const std::string file = directory.write("pid", std::to_string(program.pid()) + "\n");
    const Outcome outcome = run_once(kind, Options{.pid_file = file});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail.rfind("running for ", 0), 0u);
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("pid")), program.pid());
    EXPECT_GE(std::get<std::int64_t>(*outcome.property("age_seconds")), 0);
    EXPECT_EQ(run_once(kind, Options{.pid_file = file, .name = "vitals-sleeper"}).status,
              Status::ok);
}

TEST(Process, only_the_first_line_of_a_pid_file_counts) {
    TemporaryDirectory directory;
    const std::string own = std::to_string(::getpid());
    EXPECT_EQ(run_once(kind, Options{.pid_file = directory.write("a", own + "\n71\n")}).status,
              Status::ok);
    EXPECT_EQ(run_once(kind, Options{.pid_file = directory.write("b", "  " + own)}).status,
              Status::ok);
}

TEST(Process, a_pid_file_that_is_none_says_so) {
    TemporaryDirectory directory;
    const Outcome missing = run_once(kind, Options{.pid_file = directory.file("missing")});
    EXPECT_EQ(missing.status, Status::failed);
    EXPECT_EQ(missing.detail, "pid file does not exist");
    const Outcome empty = run_once(kind, Options{.pid_file = directory.write("empty", "\n12\n")});
    EXPECT_EQ(empty.status, Status::failed);
    EXPECT_EQ(empty.detail, "pid file is empty");
    for (const char* content : {"abc", "-5", "0", "12x", "99999999999999", "1 2"}) {
        const Outcome outcome =
            run_once(kind, Options{.pid_file = directory.write("pid", content)});
        EXPECT_EQ(outcome.status, Status::failed) << content;
        EXPECT_EQ(outcome.detail, "pid file holds no process number") << content;
    }
    const Outcome folder = run_once(kind, Options{.pid_file = directory.path()});
    EXPECT_EQ(folder.status, Status::unknown);
    EXPECT_EQ(folder.detail, "cannot read the pid file");
}

TEST(Process, a_process_that_ended_is_failed) {
    TemporaryDirectory directory;
    Program program(directory, "vitals-sleeper");
    const std::string file = directory.write("pid", std::to_string(program.pid()));
    program.signal_and_wait(SIGKILL, WEXITED);
    const Outcome zombie = run_once(kind, Options{.pid_file = file});
    EXPECT_EQ(zombie.status, Status::failed);
    EXPECT_EQ(zombie.detail, "process is a zombie");
    program.reap();
    const Outcome gone = run_once(kind, Options{.pid_file = file});
    EXPECT_EQ(gone.status, Status::failed);
    EXPECT_EQ(gone.detail, "process is not running");
    EXPECT_EQ(gone.error_class, ErrorClass::assertion);
}

TEST(Process, a_stopped_process_does_no_work) {
    TemporaryDirectory directory;
    Program program(directory, "vitals-stopped");
    const std::string file = directory.write("pid", std::to_string(program.pid()));
    program.signal_and_wait(SIGSTOP, WSTOPPED);
    EXPECT_EQ(run_once(kind, Options{.pid_file = file}).detail, "process is stopped");
    const Outcome counted = run_once(kind, Options{.name = "vitals-stopped"});
    EXPECT_EQ(counted.status, Status::failed);
    EXPECT_EQ(counted.detail, "0 running, expected >=1");
    EXPECT_EQ(std::get<std::int64_t>(*counted.property("stopped")), 1);
}

TEST(Process, a_number_that_was_handed_out_anew_is_not_the_process_meant) {
    TemporaryDirectory directory;
    Program program(directory, "vitals-other");
    const std::string file = directory.write("pid", std::to_string(program.pid()));
    const Outcome named = run_once(kind, Options{.pid_file = file, .name = "nginx"});
    EXPECT_EQ(named.status, Status::failed);
    EXPECT_EQ(named.detail, "the pid file's number belongs to another program");
    EXPECT_NE(named.error.find("\"vitals-other\""), std::string::npos);

    age_by(file, std::chrono::hours(1));
    const Outcome old = run_once(kind, Options{.pid_file = file});
    EXPECT_EQ(old.status, Status::failed);
    EXPECT_EQ(old.detail, "pid file is older than the process with its number");
    EXPECT_NE(old.error.find("the file was written 60 min ago"), std::string::npos) << old.error;
    // Its name says who it is, whatever the clock did.
    EXPECT_EQ(run_once(kind, Options{.pid_file = file, .name = "vitals-other"}).status, Status::ok);
}

TEST(Process, counts_processes_of_a_name) {
    TemporaryDirectory directory;
    EXPECT_EQ(run_once(kind, Options{.name = "vitals-counted"}).status, Status::failed);
    EXPECT_EQ(run_once(kind, Options{.name = "vitals-counted", .count = "0"}).status, Status::ok);
    Program first(directory, "vitals-counted");
    const Outcome one = run_once(kind, Options{.name = "vitals-counted"});
    EXPECT_EQ(one.status, Status::ok);
    EXPECT_EQ(one.detail, "1 running");
    EXPECT_EQ(std::get<std::int64_t>(*one.property("pid")), first.pid());
    Program second(directory, "vitals-counted");
    EXPECT_EQ(run_once(kind, Options{.name = "vitals-counted", .count = "2..3"}).status,
              Status::ok);
    const Outcome two = run_once(kind, Options{.name = "vitals-counted", .count = "1"});
    EXPECT_EQ(two.status, Status::failed);
    EXPECT_EQ(two.detail, "2 running, expected 1");
    second.signal_and_wait(SIGKILL, WEXITED);
    const Outcome zombie = run_once(kind, Options{.name = "vitals-counted", .count = "2"});
    EXPECT_EQ(zombie.status, Status::failed);
    EXPECT_EQ(zombie.error, "vitals-counted: 0 stopped, 1 zombies");
}

TEST(Process, knows_names_that_the_kernel_cuts) {
    TemporaryDirectory directory;
    Program program(directory, "vitals-with-a-long-name");
    EXPECT_EQ(run_once(kind, Options{.name = "vitals-with-a-long-name"}).detail, "1 running");
    EXPECT_EQ(run_once(kind, Options{.name = "vitals-with-a-long-other"}).status, Status::failed);
}

TEST(Process, asks_for_the_user) {
    TemporaryDirectory directory;
    Program program(directory, "vitals-owned");
    const std::string own = std::to_string(::geteuid());
    const std::string file = directory.write("pid", std::to_string(program.pid()));
    EXPECT_EQ(run_once(kind, Options{.name = "vitals-owned", .user = own}).status, Status::ok);
    EXPECT_EQ(run_once(kind, Options{.pid_file = file, .user = own}).status, Status::ok);
    EXPECT_EQ(run_once(kind, Options{.name = "vitals-owned", .user = "nobody"}).status,
              Status::failed);
    EXPECT_EQ(run_once(kind, Options{.pid_file = file, .user = "nobody"}).detail,
              "process runs as another user");
    const Outcome nobody = run_once(kind, Options{.name = "vitals-owned", .user = "no-such-user"});
    EXPECT_EQ(nobody.status, Status::unknown);
    EXPECT_EQ(nobody.detail, "the user does not exist");
}

// A /proc in which only some processes can be seen.
class HiddenProcesses : public ::testing::Test {
  protected:
    void SetUp() override { add("77", "worker", "/usr/bin/worker"); }
    void add(const std::string& pid, const std::string& name, const std::string& argument) {
        const std::string folder = directory_.path() + "/proc/" + pid;
        std::filesystem::create_directories(folder);
        std::ofstream(folder + "/stat")
            << pid << " (" << name << ") S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0\n";
        std::ofstream(folder + "/cmdline") << argument << '\0' << "-x" << '\0';
    }
    Outcome look(const std::string& name, const std::string& count) {
        return run_once(kind, Options{.name = name, .count = count, .root = directory_.path()});
    }

  private:
    TemporaryDirectory directory_;
};

TEST_F(HiddenProcesses, make_a_count_too_small_blindness_not_failure) {
    const Outcome none = look("server", ">=1");
    EXPECT_EQ(none.status, Status::unknown);
    EXPECT_EQ(none.error_class, ErrorClass::local);
    EXPECT_EQ(none.detail, "processes of other users are hidden from vitals");
    EXPECT_EQ(look("worker", ">=1").status, Status::ok);
    // There may be more of them than vitals sees.
    EXPECT_EQ(look("worker", "1").status, Status::unknown);
    EXPECT_EQ(look("worker", "0").status, Status::failed);
    add("1", "init", "/sbin/init");
    EXPECT_EQ(look("server", ">=1").status, Status::failed);
    EXPECT_EQ(look("worker", "1").status, Status::ok);
}

TEST(Process, has_checked_options_and_a_url) {
    const Options nothing;
    EXPECT_EQ(problem_of(kind, &nothing),
              "neither pid_file nor name is given: one says which process is meant");
    const Options both{.pid_file = "/run/a.pid", .count = "2"};
    EXPECT_EQ(problem_of(kind, &both), "count goes with name alone: a pid file names one process");
    const Options typo{.name = "a", .count = "two"};
    EXPECT_EQ(problem_of(kind, &typo),
              "count: 'two' is no count: expected a form such as 1, >=1, <=3 or 0..3");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "process:nginx"));
    EXPECT_EQ(options.name, "nginx");
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "process:"));
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "process:/run/x.pid"));
}

}  // namespace
}  // namespace vitals::checks::process
