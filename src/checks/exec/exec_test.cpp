#include "exec.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <thread>

#include "check_testing.hpp"
#include "engine/ongoing_run.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"

namespace vitals::checks::exec {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

Options shell(const std::string& script) {
    return {.command = {"/bin/sh", "-c", script}};
}

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// Whether a process still runs; one that nobody has waited for yet does not.
bool runs(const std::string& pid) {
    const std::string stat = text_of("/proc/" + pid + "/stat");
    const std::size_t name_end = stat.rfind(')');
    return name_end != std::string::npos && stat.substr(name_end + 2, 1) != "Z";
}

bool ends_soon(const std::string& pid) {
    for (int i = 0; i < 200 && runs(pid); ++i) std::this_thread::sleep_for(5ms);
    return !runs(pid);
}

// What the script wrote to a file, once it did.
std::string word_in(const std::string& path) {
    for (int i = 0; i < 200; ++i) {
        const std::string text = text_of(path);
        if (text.ends_with('\n')) return text.substr(0, text.size() - 1);
        std::this_thread::sleep_for(5ms);
    }
    ADD_FAILURE() << "the plugin wrote nothing to " << path;
    return {};
}

// No child of this test is left, not even a zombie.
void expect_no_children() {
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
}

double number_of(const Outcome& outcome, std::string_view name) {
    const Value* value = outcome.property(name);
    EXPECT_NE(value, nullptr) << name;
    return value != nullptr ? std::get<double>(*value) : -1;
}

TEST(Exec, the_exit_code_is_the_verdict) {
    const Outcome fine = run_once(kind, shell("echo OK - all well"));
    EXPECT_EQ(fine.status, Status::ok);
    EXPECT_EQ(fine.detail, "OK - all well");
    EXPECT_EQ(std::get<std::int64_t>(*fine.property("exit_code")), 0);
    const Outcome warning = run_once(kind, shell("echo WARNING - slow; exit 1"));
    EXPECT_EQ(warning.status, Status::degraded);
    EXPECT_EQ(warning.detail, "WARNING - slow");
    const Outcome critical = run_once(kind, shell("echo CRITICAL - gone; exit 2"));
    EXPECT_EQ(critical.status, Status::failed);
    EXPECT_EQ(critical.error_class, ErrorClass::assertion);
    EXPECT_EQ(critical.detail, "CRITICAL - gone");
    const Outcome blind = run_once(kind, shell("echo UNKNOWN - cannot look; exit 3"));
    EXPECT_EQ(blind.status, Status::unknown);
    EXPECT_EQ(blind.error_class, ErrorClass::local);
    EXPECT_EQ(blind.detail, "UNKNOWN - cannot look");
}

TEST(Exec, any_other_exit_code_is_unknown) {
    const Outcome outcome = run_once(kind, shell("echo text; no-such-command-anywhere"));
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.detail, "exit code 127");
    EXPECT_NE(outcome.error.find("text"), std::string::npos);
    EXPECT_NE(outcome.error.find("no-such-command-anywhere"), std::string::npos);
}

TEST(Exec, a_crash_is_unknown) {
    const Outcome outcome = run_once(kind, shell("echo OK - for now; kill -SEGV $$"));
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.detail, "plugin was killed by SIGSEGV");
    EXPECT_EQ(outcome.error, "OK - for now");
}

TEST(Exec, a_plugin_that_says_nothing_still_has_an_exit_code) {
    EXPECT_EQ(run_once(kind, Options{.command = {"/bin/true"}}).detail, "exit code 0");
    EXPECT_EQ(run_once(kind, shell("exit 2")).detail, "exit code 2");
}

TEST(Exec, performance_data_become_properties) {
    const Outcome outcome = run_once(
        kind, shell("echo \"WARNING - load|load1=9.5;5;10;0; time=0.25s 'disk /'=42%;80;90 "
                    "traffic=7c size=3MB exit_code=9 time=1s\"; exit 1"));
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "WARNING - load");
    EXPECT_EQ(number_of(outcome, "load1"), 9.5);
    EXPECT_EQ(number_of(outcome, "time_seconds"), 0.25);
    EXPECT_EQ(number_of(outcome, "disk /_percent"), 42);
    EXPECT_EQ(number_of(outcome, "traffic_total"), 7);
    EXPECT_EQ(number_of(outcome, "size_mb"), 3);
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("exit_code")), 1);
    EXPECT_EQ(std::get<std::string>(*outcome.property("out_of_range")), "load1");
}

TEST(Exec, only_the_first_line_is_public) {
    const Outcome outcome =
        run_once(kind, shell("printf 'CRITICAL\\tit \\033[31mbroke\\nat 10.0.0.7\\n'; "
                             "echo stack trace >&2; exit 2"));
    EXPECT_EQ(outcome.detail, "CRITICAL it broke");
    EXPECT_EQ(outcome.error, "at 10.0.0.7 stack trace");
}

TEST(Exec, no_shell_looks_at_the_arguments) {
    const Outcome outcome =
        run_once(kind, Options{.command = {"echo", "$HOME", "`id`;", "a  b", "*"}});
    EXPECT_EQ(outcome.detail, "$HOME `id`; a  b *");
}

TEST(Exec, the_environment_is_clean) {
    ::setenv("VITALS_TEST_INHERITED", "1", 1);
    Options options{.command = {"/usr/bin/env"}};
    options.environment = {{"PGHOST", "db 1"}};
    options.secrets = {{"PGPASSWORD", Secret("correct horse")}};
    const Outcome outcome = run_once(kind, options);
    EXPECT_EQ(outcome.detail, "PGHOST=db 1");
    options.command = {"/bin/sh", "-c", "/usr/bin/env | sort | tr '\\n' ' '"};
    const std::string all = run_once(kind, options).detail;
    EXPECT_EQ(all.find("VITALS_TEST_INHERITED"), std::string::npos) << all;
    EXPECT_NE(all.find("LC_ALL=C.UTF-8"), std::string::npos) << all;
    EXPECT_NE(all.find("PATH=/usr/local/sbin"), std::string::npos) << all;
    options.environment = {{"LC_ALL", "C"}, {"PATH", "/bin"}};
    const std::string own = run_once(kind, options).detail;
    EXPECT_NE(own.find("LC_ALL=C "), std::string::npos) << own;
    EXPECT_NE(own.find("PATH=/bin "), std::string::npos) << own;
}

TEST(Exec, secrets_reach_the_program_and_go_no_further) {
    Options options = shell(
        "test \"$TOKEN\" = 's3cret token' || exit 3; "
        "echo \"with $TOKEN and $TOKEN|$TOKEN=1 a=1\"; echo \"again $TOKEN\" >&2; exit 2");
    options.secrets = {{"TOKEN", Secret("s3cret token")}};
    const Outcome outcome = run_once(kind, options);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "with *** and ***");
    EXPECT_EQ(outcome.error, "again ***");
    EXPECT_NE(outcome.property("a"), nullptr);
    options.secrets = {{"TOKEN", Secret::pending()}};
    const Outcome without = run_once(kind, options);
    EXPECT_EQ(without.status, Status::unknown);
    EXPECT_EQ(without.detail, "a secret is not available");
}

TEST(Exec, standard_input_is_empty_and_no_descriptor_is_inherited) {
    const int leaked = ::dup(STDOUT_FILENO);  // as another thread might, without O_CLOEXEC
    EXPECT_EQ(run_once(kind, Options{.command = {"/bin/cat"}}).status, Status::ok);
    // The fourth is the one with which ls reads the directory.
    const Outcome outcome = run_once(kind, shell("ls /proc/self/fd | tr '\\n' ' '"));
    ::close(leaked);
    EXPECT_EQ(outcome.detail, "0 1 2 3");
}

TEST(Exec, signals_are_as_at_the_start_of_a_program) {
    ::signal(SIGPIPE, SIG_IGN);
    const Outcome outcome =
        run_once(kind, shell("grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -c8- | tr -d '\\n'"));
    ::signal(SIGPIPE, SIG_DFL);
    std::istringstream masks(outcome.detail);
    std::uint64_t blocked = 1;
    std::uint64_t ignored = 1;
    masks >> std::hex >> blocked >> ignored;
    EXPECT_EQ(blocked, 0u);
    // Except the two that the C library keeps to itself, 32 and 33.
    EXPECT_EQ(ignored & ~0x180000000u, 0u) << outcome.detail;
}

TEST(Exec, the_plugin_has_its_own_session_and_starts_at_the_root) {
    const Outcome outcome = run_once(
        kind, shell("set -- $(cat /proc/$$/stat); echo \"$(($1 - $5)) $(($1 - $6)) $PWD\""));
    EXPECT_EQ(outcome.detail, "0 0 /");
}

TEST(Exec, a_command_that_cannot_be_started_is_blindness_and_says_why) {
    TemporaryDirectory directory;
    const auto outcome_of = [](const std::string& command) {
        const Outcome outcome = run_once(kind, Options{.command = {command}});
        EXPECT_EQ(outcome.status, Status::unknown) << command;
        EXPECT_EQ(outcome.error_class, ErrorClass::local) << command;
        EXPECT_EQ(outcome.failed_phase, "start") << command;
        EXPECT_NE(outcome.error, "") << command;
        return outcome.detail;
    };
    EXPECT_EQ(outcome_of(directory.file("missing")), "command not found");
    EXPECT_EQ(outcome_of("vitals-no-such-plugin"), "command not found");
    EXPECT_EQ(outcome_of(directory.path()), "command is no program");
    const std::string script = directory.write("script", "#!/no/such/interpreter\n");
    EXPECT_EQ(outcome_of(script), "command is not executable");
    ASSERT_EQ(::chmod(script.c_str(), 0755), 0);
    EXPECT_EQ(outcome_of(script), "command's interpreter not found");
    const std::string headless = directory.write("headless", "echo hello\n");
    ASSERT_EQ(::chmod(headless.c_str(), 0755), 0);
    EXPECT_EQ(outcome_of(headless), "command is no program");
}

TEST(Exec, a_plugin_that_hangs_is_killed_at_the_deadline) {
    TemporaryDirectory directory;
    const std::size_t descriptors = open_descriptors();
    {
        Runner runner;
        const Outcome outcome = runner.run(
            kind, shell("echo $$ > " + directory.file("pid") + "; echo so far; exec sleep 1000"),
            500ms);
        EXPECT_EQ(outcome.status, Status::failed);
        EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
        EXPECT_EQ(outcome.failed_phase, "run");
        EXPECT_LT(runner.elapsed(), 1s);
        EXPECT_TRUE(runner.finished());
    }
    EXPECT_FALSE(runs(word_in(directory.file("pid"))));
    expect_no_children();
    EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(Exec, ignoring_signals_forking_and_holding_the_pipe_do_not_save_it) {
    TemporaryDirectory directory;
    Runner runner;
    const Outcome outcome = runner.run(
        kind,
        shell("trap '' TERM HUP INT; sh -c 'trap \"\" TERM HUP; echo $$ > " +
              directory.file("grandchild") + "; while :; do sleep 1; done' & echo $$ > " +
              directory.file("child") + "; while :; do wait; done"),
        500ms);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_TRUE(runner.finished());
    EXPECT_FALSE(runs(word_in(directory.file("child"))));
    EXPECT_TRUE(ends_soon(word_in(directory.file("grandchild"))));
    expect_no_children();
}

TEST(Exec, another_session_does_not_save_a_descendant) {
    TemporaryDirectory directory;
    Runner runner;
    const Outcome outcome =
        runner.run(kind,
                   shell("setsid sh -c 'echo $$ > " + directory.file("inner") +
                         "; setsid sleep 1000 & echo $! > " + directory.file("innermost") +
                         "; wait' & wait; sleep 1000"),
                   500ms);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_TRUE(ends_soon(word_in(directory.file("inner"))));
    EXPECT_TRUE(ends_soon(word_in(directory.file("innermost"))));
}

TEST(Exec, a_loop_that_ends_takes_its_plugins_along) {
    TemporaryDirectory directory;
    const std::size_t descriptors = open_descriptors();
    {
        net::Loop loop;
        net::Environment environment(loop);
        auto options = std::make_shared<Options>(
            shell("echo $$ > " + directory.file("pid") + "; sleep 1000 & wait"));
        const auto ignore = [](const Outcome&) {};
        const engine::OngoingRun flight(environment, real_clock(), "plugin", "exec",
                                        kind.bind(AnyOptions(options)), 60s, ignore);
        net::Timer enough(loop);
        enough.arm(std::chrono::steady_clock::now() + 500ms, [&loop] { loop.stop(); });
        loop.run();
        EXPECT_FALSE(flight.delivered());
        EXPECT_TRUE(runs(word_in(directory.file("pid"))));
    }
    EXPECT_FALSE(runs(word_in(directory.file("pid"))));
    expect_no_children();
    EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(Exec, a_plugin_that_stops_itself_is_killed_too) {
    Runner runner;
    const Outcome outcome = runner.run(kind, shell("kill -STOP $$"), 500ms);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_TRUE(runner.finished());
    expect_no_children();
}

TEST(Exec, what_stays_behind_and_holds_the_pipe_does_not_delay_the_answer) {
    TemporaryDirectory directory;
    Runner runner;
    const Outcome outcome = runner.run(
        kind, shell("sleep 1000 & echo $! > " + directory.file("pid") + "; echo OK - done"), 5s);
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "OK - done");
    EXPECT_LT(runner.elapsed(), 2s);
    EXPECT_TRUE(ends_soon(word_in(directory.file("pid"))));
}

TEST(Exec, a_plugin_may_close_its_output_and_work_on) {
    const Outcome outcome = run_once(kind, shell("echo OK; exec >&- 2>&-; sleep 0.2; exit 1"));
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "OK");
}

TEST(Exec, long_output_is_taken_and_cut) {
    const Outcome outcome =
        run_once(kind, shell("echo CRITICAL; head -c 300000 /dev/zero | tr '\\0' x; exit 2"), 5s);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail, "CRITICAL");
    EXPECT_LE(outcome.error.size(), 2048u + 3u);
    const Outcome line = run_once(kind, shell("head -c 300000 /dev/zero | tr '\\0' y"), 5s);
    EXPECT_EQ(line.status, Status::ok);
    EXPECT_EQ(line.detail, std::string(256, 'y') + "…");
}

TEST(Exec, output_without_end_is_ended) {
    Runner runner;
    const Outcome outcome = runner.run(kind, Options{.command = {"yes", "OK"}}, 10s);
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.detail, "plugin wrote more than 1 MiB");
    EXPECT_LT(runner.elapsed(), 5s);
    expect_no_children();
}

TEST(Exec, bytes_that_are_no_text_do_no_harm) {
    const Outcome outcome = run_once(kind, shell("head -c 65536 /dev/urandom; exit 2"), 5s);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.detail.find('\n'), std::string::npos);
}

TEST(Exec, a_process_that_waits_for_no_children_gets_the_exit_code_all_the_same) {
    ::signal(SIGCHLD, SIG_IGN);
    const Outcome outcome = run_once(kind, shell("echo WARNING; exit 1"));
    ::signal(SIGCHLD, SIG_DFL);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "WARNING");
}

TEST(Exec, a_killed_keeper_is_blindness) {
    // The program's parent is the keeper, and the program goes with it.
    const Outcome outcome =
        run_once(kind, shell("sleep 0.2; kill -KILL $PPID; sleep 0.1; echo OK"));
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.detail, "the plugin's exit code was lost");
}

// Whether the keeper could still tell that the program runs is chance.
TEST(Exec, a_keeper_killed_at_once_is_blindness) {
    for (int run = 0; run < 20; ++run) {
        const Outcome outcome = run_once(kind, shell("kill -KILL $PPID; echo OK"));
        EXPECT_EQ(outcome.status, Status::unknown);
        EXPECT_TRUE(outcome.detail == "the plugin's exit code was lost" ||
                    outcome.detail == "the program was lost at its start")
            << outcome.detail;
    }
}

// Starts a process whose parent is no longer the plugin, as daemons do.
std::string detach(const std::string& pid_file) {
    return "( setsid sh -c 'echo $$ > " + pid_file + "; exec sleep 1000' </dev/null >/dev/null " +
           "2>&1 & ); while [ ! -s " + pid_file + " ]; do sleep 0.01; done; ";
}

TEST(Exec, an_orphan_in_a_session_of_its_own_is_killed_at_the_deadline) {
    TemporaryDirectory directory;
    Runner runner;
    const Outcome outcome =
        runner.run(kind, shell(detach(directory.file("orphan")) + "sleep 1000"), 500ms);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_TRUE(runner.finished());
    EXPECT_TRUE(ends_soon(word_in(directory.file("orphan"))));
    expect_no_children();
}

TEST(Exec, a_process_that_detached_before_the_end_is_left_alone) {
    TemporaryDirectory directory;
    const Outcome outcome = run_once(kind, shell(detach(directory.file("daemon")) + "echo OK"));
    EXPECT_EQ(outcome.detail, "OK");
    const std::string pid = word_in(directory.file("daemon"));
    EXPECT_TRUE(runs(pid));
    ::kill(std::stoi(pid), SIGKILL);
    expect_no_children();
}

TEST(Exec, many_runs_leave_nothing_behind) {
    Runner runner;
    runner.run(kind, shell("echo OK"), 5s);
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(runner.run(kind, shell("echo OK; sleep 1000 &"), 5s).status, Status::ok);
        const Outcome late = runner.run(kind, shell("sleep 1000 & sleep 1000"), 80ms);
        EXPECT_EQ(late.error_class, ErrorClass::timeout) << late.detail << ": " << late.error;
        EXPECT_TRUE(runner.finished());
    }
    EXPECT_EQ(runner.run(kind, Options{.command = {"/no/such"}}, 5s).status, Status::unknown);
    EXPECT_EQ(open_descriptors(), before);
    expect_no_children();
}

TEST(Exec, options_that_cannot_work_are_refused) {
    const auto problem = [](Options options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({}), "command: the program is missing");
    EXPECT_EQ(problem({.command = {"check_load -w 5"}}),
              "command: expected a list of words, since no shell takes a line apart: "
              "[check_load, ...]");
    EXPECT_EQ(problem({.command = {"plugins/check_load"}}),
              "command: expected an absolute path, or a bare name that is looked for in PATH");
    EXPECT_EQ(problem({.command = {"a"}, .environment = {{"A=B", "1"}}}),
              "'A=B' cannot name an environment variable");
    EXPECT_EQ(
        problem(
            {.command = {"a"}, .environment = {{"A", "1"}}, .secrets = {{"A", Secret("secret")}}}),
        "the variable 'A' is set twice");
    EXPECT_EQ(problem({.command = {"/opt/my plugins/check"}}), "");
}

}  // namespace
}  // namespace vitals::checks::exec
