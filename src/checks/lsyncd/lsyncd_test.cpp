#include "lsyncd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "check_testing.hpp"
#include "net/file.hpp"
#include "wire/lsyncd.hpp"

namespace vitals::checks::lsyncd {
namespace {

using namespace std::chrono_literals;

std::string report(const std::string& delays) {
    return "Lsyncd status report at Fri Nov 20 23:54:24 2026\n\nSync1 source=/a/\nThere are " +
           delays + " delays\nFiltering:\n  nothing.\n\n\nInotify watching 1 directories\n";
}

// A process that holds the pid file's lock as lsyncd does.
class Daemon {
  public:
    explicit Daemon(const std::string& pid_file) {
        int ready[2];
        EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const int descriptor = ::open(pid_file.c_str(), O_RDWR | O_CREAT, 0644);
            if (::lockf(descriptor, F_TLOCK, 0) != 0) ::_exit(1);
            const std::string text = std::to_string(::getpid()) + "\n";
            (void)!::write(descriptor, text.data(), text.size());
            (void)!::write(ready[1], "x", 1);
            for (;;) ::pause();
        }
        char byte = 0;
        EXPECT_EQ(::read(ready[0], &byte, 1), 1);
        ::close(ready[0]);
        ::close(ready[1]);
    }
    ~Daemon() { end(); }
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    void end() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    void stop() {
        ::kill(pid_, SIGSTOP);
        ::waitpid(pid_, nullptr, WUNTRACED);
    }

  private:
    pid_t pid_;
};

class Lsyncd : public ::testing::Test {
  protected:
    Lsyncd() {
        options_.pid_file = directory_.file("pid");
        options_.status_file = directory_.write("status", report("0"));
    }
    Outcome run() { return testing::run_once(kind, options_); }

    testing::TemporaryDirectory directory_;
    Options options_;
};

TEST_F(Lsyncd, counts_as_running_when_it_holds_the_lock) {
    const Daemon daemon(options_.pid_file);
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.error;
    EXPECT_EQ(outcome.detail, "runs, nothing is queued");
    EXPECT_TRUE(std::get<bool>(*outcome.property("running")));
    EXPECT_TRUE(std::get<bool>(*outcome.property("status_readable")));
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("queued_delays")), 0);
    options_.expected = "not_running";
    EXPECT_EQ(run().status, Status::failed);
    EXPECT_EQ(run().detail, "runs, though it should not");
}

TEST_F(Lsyncd, what_a_killed_one_leaves_does_not_count) {
    Daemon daemon(options_.pid_file);
    directory_.write("status", report("2"));
    daemon.end();
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "does not run");
    EXPECT_FALSE(std::get<bool>(*outcome.property("running")));
    EXPECT_EQ(outcome.property("queued_delays"), nullptr);
    options_.expected = "not_running";
    EXPECT_EQ(run().status, Status::ok);
    // Nor does one that never was.
    options_.pid_file = directory_.file("missing");
    options_.expected = "running";
    EXPECT_EQ(run().detail, "does not run");
}

TEST_F(Lsyncd, is_failed_when_it_is_stopped_although_it_holds_the_lock) {
    Daemon daemon(options_.pid_file);
    daemon.stop();
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "process is stopped");
}

TEST_F(Lsyncd, queued_delays_are_judged) {
    const Daemon daemon(options_.pid_file);
    directory_.write("status", report("7"));
    EXPECT_EQ(run().detail, "runs, 7 delays queued");
    options_.degraded_above = 7;
    EXPECT_EQ(run().status, Status::ok);
    options_.degraded_above = 6;
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "7 delays queued");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("queued_delays")), 7);
}

TEST_F(Lsyncd, an_old_file_is_suspicious_only_while_something_is_queued) {
    const Daemon daemon(options_.pid_file);
    options_.stuck_after = 60s;
    const auto grow_old = [this] {
        const timespec times[] = {{::time(nullptr) - 600, 0}, {::time(nullptr) - 600, 0}};
        ::utimensat(AT_FDCWD, options_.status_file.c_str(), times, 0);
    };
    grow_old();
    EXPECT_EQ(run().status, Status::ok);
    directory_.write("status", report("2"));
    EXPECT_EQ(run().status, Status::ok);
    grow_old();
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "2 delays queued, and no news for 10 min");
    const timespec ahead[] = {{::time(nullptr) + 600, 0}, {::time(nullptr) + 600, 0}};
    ::utimensat(AT_FDCWD, options_.status_file.c_str(), ahead, 0);
    EXPECT_EQ(run().detail,
              "2 delays queued, and the status file is 10 min in the future, by our clock");
}

TEST_F(Lsyncd, a_status_file_that_tells_nothing_degrades) {
    const Daemon daemon(options_.pid_file);
    for (const std::string& text : {std::string("something else"), report("3").substr(0, 70)}) {
        directory_.write("status", text);
        const Outcome outcome = run();
        EXPECT_EQ(outcome.status, Status::degraded) << text;
        EXPECT_EQ(outcome.detail, "runs, but its status file cannot be read");
        EXPECT_FALSE(std::get<bool>(*outcome.property("status_readable")));
        EXPECT_EQ(outcome.property("queued_delays"), nullptr);
    }
    options_.status_file = directory_.file("missing");
    EXPECT_EQ(run().status, Status::degraded);
}

TEST_F(Lsyncd, a_file_met_half_written_is_read_again) {
    const Daemon daemon(options_.pid_file);
    directory_.write("status", report("3").substr(0, 70));
    std::jthread writer([this] {
        std::this_thread::sleep_for(60ms);
        directory_.write("status", report("3"));
    });
    EXPECT_EQ(run().detail, "runs, 3 delays queued");
}

class LsyncdCanary : public Lsyncd {
  protected:
    using milliseconds = std::chrono::milliseconds;
    LsyncdCanary() : daemon_(options_.pid_file) {
        options_.canary = directory_.file("canary");
        options_.copy = directory_.file("copy");
        // It runs since long ago.
        const timespec times[] = {{::time(nullptr) - 600, 0}, {::time(nullptr) - 600, 0}};
        ::utimensat(AT_FDCWD, options_.pid_file.c_str(), times, 0);
    }
    void written(milliseconds ago) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto at = std::chrono::duration_cast<milliseconds>(now - ago).count();
        directory_.write("canary", wire::lsyncd::canary_text({.since = at, .written = at}));
    }
    void arrives() { directory_.write("copy", *net::read_file(options_.canary)); }

    Daemon daemon_;
};

TEST_F(LsyncdCanary, must_arrive_in_time) {
    EXPECT_EQ(run().status, Status::ok);  // the first
    EXPECT_EQ(run().status, Status::ok);  // not there yet
    written(30s);
    EXPECT_EQ(run().status, Status::ok);
    written(90s);
    Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, ErrorClass::assertion);
    EXPECT_EQ(outcome.detail.rfind("runs, but nothing has arrived for 9", 0), 0u) << outcome.detail;
    arrives();
    outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_EQ(std::get<double>(*outcome.property("under_way_seconds")), 0);
    // Written again meanwhile, and that is under way.
    EXPECT_EQ(run().status, Status::ok);
}

TEST_F(LsyncdCanary, is_not_missed_while_nobody_could_copy_it) {
    written(90s);
    const timespec times[] = {{::time(nullptr) - 5, 0}, {::time(nullptr) - 5, 0}};
    ::utimensat(AT_FDCWD, options_.pid_file.c_str(), times, 0);
    EXPECT_EQ(run().status, Status::ok);
    written(90s);
    daemon_.end();
    EXPECT_EQ(run().detail, "does not run");
}

TEST_F(LsyncdCanary, overwrites_nothing) {
    directory_.write("canary", "precious");
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
    EXPECT_EQ(outcome.detail,
              "the canary is a file of somebody else: name one that only vitals uses");
    EXPECT_EQ(*net::read_file(options_.canary), "precious");
    options_.canary = directory_.file("missing/canary");
    EXPECT_EQ(run().detail, "cannot write the canary");
}

TEST(LsyncdOptions, come_from_a_url) {
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), kind.urls.front()));
    EXPECT_EQ(options.pid_file, "/run/lsyncd.pid");
    EXPECT_EQ(options.status_file, "/var/log/lsyncd.status");
    for (const char* const bad :
         {"lsyncd:/run/lsyncd.pid", "lsyncd:?status_file=/a", "lsyncd://host/a?status_file=/b",
          "lsyncd:/a?status_file=/b&more=1", "lsyncd:a?status_file=/b"}) {
        Options other;
        EXPECT_FALSE(kind.from_url(ObjectRef(other), bad)) << bad;
    }
}

TEST(LsyncdOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.status_file = "/a", .pid_file = "/b"}), "");
    EXPECT_EQ(problem({.status_file = "/a",
                       .pid_file = "/b",
                       .expected = "not_running",
                       .degraded_above = 1}),
              "bounds for delays contradict expected: not_running");
    EXPECT_EQ(problem({.status_file = "/a", .pid_file = "/b", .canary = "/c"}),
              "canary and copy: each needs the other");
    EXPECT_EQ(problem({.status_file = "/a",
                       .pid_file = "/b",
                       .expected = "not_running",
                       .canary = "/c",
                       .copy = "/d"}),
              "canary contradicts expected: not_running");
}

}  // namespace
}  // namespace vitals::checks::lsyncd
