#include "cli/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "cli/exit_code.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

constexpr std::array passed_on = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

sigset_t held_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : passed_on) sigaddset(&set, number);
    sigaddset(&set, SIGCHLD);
    return set;
}

sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) sigaddset(&set, number);
    return set;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char** arguments, int report, const OutputTail* output) {
    if (output != nullptr) output->take_over();
    const sigset_t set = held_signals();
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
    signal(SIGPIPE, SIG_DFL);  // vitals ignores it, the command need not
    execvp(arguments[0], arguments);
    const int error = errno;
    [[maybe_unused]] const auto written = write(report, &error, sizeof error);
    _exit(127);
}

Ending ending_of(int status) {
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        return {128 + number, fmt::format("killed by signal {} ({})", number, strsignal(number))};
    }
    const int code = WEXITSTATUS(status);
    return {code, code == 0 ? std::string() : fmt::format("exited with {}", code)};
}

Ending wait_for_child(pid_t child) {
    const sigset_t set = held_signals();
    for (;;) {
        int status = 0;
        const auto ended = waitpid(child, &status, WNOHANG);
        if (ended == child) return ending_of(status);
        siginfo_t info{};
        const int number = sigwaitinfo(&set, &info);
        if (number <= 0 || number == SIGCHLD) continue;
        // Signals from the terminal reach the child directly.
        if (info.si_code != SI_KERNEL) kill(child, number);
    }
}

}  // namespace

void hold_signals() {
    const sigset_t set = held_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::expected<Ending, Failure> run_child(const std::vector<std::string>& command,
                                         OutputTail* output) {
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    std::array<int, 2> report{};
    if (pipe2(report.data(), O_CLOEXEC) != 0) {
        return std::unexpected(Failure{exit_code::internal, "no pipe can be made"});
    }
    const pid_t child = fork();
    if (child == 0) become(arguments.data(), report[1], output);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return std::unexpected(
            Failure{exit_code::internal,
                    std::string("no process can be started: ") + std::strerror(errno)});
    }
    int error = 0;
    const auto count = read(report[0], &error, sizeof error);  // ends when the command runs
    close(report[0]);
    if (count != static_cast<ssize_t>(sizeof error)) {
        if (output != nullptr) output->begin();
        const Ending ending = wait_for_child(child);
        if (output != nullptr) output->end();
        return ending;
    }
    waitpid(child, nullptr, 0);
    return std::unexpected(
        Failure{error == ENOENT ? 127 : 126,
                text::in_quotes(command.front()) + " cannot be run: " + std::strerror(error)});
}

int wait_for_end() {
    const sigset_t set = ending_signals();
    for (;;) {
        const int number = sigwaitinfo(&set, nullptr);
        if (number > 0) return number;
    }
}

bool end_comes_within(std::chrono::milliseconds time) {
    const sigset_t set = ending_signals();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec at_most{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
    return sigtimedwait(&set, nullptr, &at_most) > 0;
}

}  // namespace vitals::cli
