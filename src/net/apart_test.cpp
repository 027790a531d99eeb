// What code finds in a process apart, and that its caller can end without it.
#include "net/apart.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <thread>

namespace vitals::net {
namespace {

TEST(Apart, works_on_the_callers_memory) {
    std::string text = "before";
    apart([&] { text += " and after"; });
    EXPECT_EQ(text, "before and after");
}

TEST(Apart, throws_what_the_code_threw) {
    try {
        apart([] { throw std::out_of_range("too far"); });
        FAIL();
    } catch (const std::out_of_range& error) {
        EXPECT_STREQ(error.what(), "too far");
    }
}

TEST(Apart, runs_in_a_process_without_the_descriptors_of_vitals) {
    int pipe[2];
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    pid_t process = 0;
    int found = 0;
    apart([&] {
        process = ::getpid();
        found = ::fcntl(pipe[1], F_GETFD);
    });
    if (process == ::getpid()) GTEST_SKIP() << "no process is to be had here";
    EXPECT_EQ(found, -1);
    EXPECT_GE(::fcntl(pipe[1], F_GETFD), 0) << "ours stays open";
    ::close(pipe[0]);
    ::close(pipe[1]);
    EXPECT_EQ(::waitpid(-1, nullptr, __WALL | WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD) << "nothing is left to wait for";
}

TEST(Apart, works_on_several_threads_at_the_same_time) {
    std::atomic<int> count = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int times = 0; times < 50; ++times)
                apart([&] { count += static_cast<int>(std::string(100, 'x').size()); });
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(count, 8 * 50 * 100);
}

TEST(Apart, reports_a_killed_process_as_an_error) {
    pid_t own = ::getpid();
    EXPECT_THROW(apart([&] {
                     if (::getpid() == own) throw std::runtime_error("no process is to be had");
                     ::kill(::getpid(), SIGKILL);
                 }),
                 std::runtime_error);
}

TEST(Apart, runs_on_the_calling_thread_when_no_process_is_left) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{1, 1};
        ::setrlimit(RLIMIT_NPROC, &none);
        if (::getuid() == 0 && ::setuid(65'533) != 0) ::_exit(2);
        pid_t process = 0;
        apart([&] { process = ::getpid(); });
        ::_exit(process == ::getpid() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace vitals::net
