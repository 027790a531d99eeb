#include "process.hpp"

#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <expected>
#include <system_error>

#include <fmt/format.h>

#include "checks/examining.hpp"
#include "model/count_range.hpp"
#include "model/moment.hpp"
#include "net/file.hpp"
#include "table.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"

namespace vitals::checks::process {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A file system may store only whole seconds, and a program may write its file a little after its
// start; a number is not used again that soon.
constexpr milliseconds tolerance = seconds(5);

std::int64_t whole_seconds(milliseconds span) {
    return std::chrono::duration_cast<seconds>(span).count();
}

std::string system_text(const std::string& path, int error) {
    return path + ": " + std::generic_category().message(error);
}

std::expected<uid_t, Outcome> user_called(const std::string& name) {
    std::string buffer(16 * 1024, '\0');
    passwd entry{};
    passwd* found = nullptr;
    const int error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) return found->pw_uid;
    uid_t number = 0;
    const char* const last = name.data() + name.size();
    if (std::from_chars(name.data(), last, number).ptr == last) return number;
    return std::unexpected(unknown(
        "the user does not exist",
        name + ": " + (error == 0 ? "no such user" : std::generic_category().message(error))));
}

// The number on the first line. The rest may be left over from a longer file (lsyncd does not
// truncate), or be further facts (PostgreSQL).
std::expected<pid_t, Outcome> pid_in(const std::string& path) {
    const auto content = net::read_file(path, 4096);
    if (!content) {
        const std::string text = system_text(path, content.error());
        if (content.error() == ENOENT || content.error() == ENOTDIR)
            return std::unexpected(failed("pid file does not exist", ErrorClass::assertion, text));
        return std::unexpected(unknown("cannot read the pid file", text));
    }
    std::string_view line = std::string_view(*content).substr(0, content->find('\n'));
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    if (line.empty())
        return std::unexpected(failed("pid file is empty", ErrorClass::assertion, path));
    pid_t pid = 0;
    const char* const last = line.data() + line.size();
    const auto [end, error] = std::from_chars(line.data(), last, pid);
    if (error != std::errc() || end != last || pid <= 0)
        return std::unexpected(failed("pid file holds no process number", ErrorClass::assertion,
                                      path + " begins with " + text::quoted(line)));
    return pid;
}

Outcome missing(pid_t pid, const std::string& path) {
    const std::string text = fmt::format("{} names process {}", path, pid);
    // Signal 0 only tests for existence. The process exists, but /proc does not show it.
    if (::kill(pid, 0) == 0 || errno == EPERM)
        return unknown("the process is hidden from vitals", text + ", which /proc does not show");
    return failed("process is not running", ErrorClass::assertion, text);
}

// Whether the process that has the number now is not the one that wrote the file.
std::optional<Outcome> somebody_else(const Options& options, const Process& process, System now) {
    const std::string text =
        fmt::format("{} names process {}, which is called {}", options.pid_file, process.pid,
                    text::quoted(process.command));
    if (!options.name.empty()) {
        if (process.is_called(options.name)) return std::nullopt;
        return failed("the pid file's number belongs to another program", ErrorClass::assertion,
                      text);
    }
    // Without a name, the only hint is that a program writes its number after its start.
    struct stat status{};
    if (::stat(options.pid_file.c_str(), &status) != 0) return std::nullopt;
    const System written = moment_of(status.st_mtim);
    const auto file_age = std::chrono::duration_cast<milliseconds>(now - written);
    if (file_age <= process.age + tolerance) return std::nullopt;
    return failed(
        "pid file is older than the process with its number", ErrorClass::assertion,
        fmt::format("{}, started {} ago, while the file was written {} ago; if that is the "
                    "right one (the clock was set meanwhile), set `name`",
                    text, text::about_duration(process.age), text::about_duration(file_age)));
}

Outcome of_pid_file(const Options& options, const Table& table, std::optional<uid_t> user,
                    System now) {
    const auto pid = pid_in(options.pid_file);
    if (!pid) return pid.error();
    const auto process = table.find(*pid);
    if (!process) return missing(*pid, options.pid_file);
    const std::string text = fmt::format("process {}", *pid);
    if (auto other = somebody_else(options, *process, now)) return *std::move(other);
    if (process->state == 'T') return failed("process is stopped", ErrorClass::assertion, text);
    if (!process->runs()) return failed("process is a zombie", ErrorClass::assertion, text);
    if (user && table.user_of(*pid) != user)
        return failed("process runs as another user", ErrorClass::assertion, text);
    return ok("running for " + text::about_duration(process->age))
        .with("pid", static_cast<std::int64_t>(*pid))
        .with("age_seconds", whole_seconds(process->age));
}

Outcome of_name(const Options& options, const Table& table, std::optional<uid_t> user) {
    std::vector<Process> running;
    std::int64_t stopped = 0;
    std::int64_t zombies = 0;
    for (Process& process : table.all_called(options.name)) {
        if (user && table.user_of(process.pid) != user) continue;
        if (process.runs())
            running.push_back(std::move(process));
        else
            ++(process.state == 'T' ? stopped : zombies);
    }
    const CountRange range = parse_count_range(options.count).value_or(CountRange{.least = 1});
    const std::string found = fmt::format("{} running", running.size());
    const std::string expected = fmt::format("{}, expected {}", found, options.count);
    Outcome outcome =
        range.contains(running.size())
            ? ok(found)
            : failed(expected, ErrorClass::assertion,
                     fmt::format("{}: {} stopped, {} zombies", options.name, stopped, zombies));
    // Hidden processes can only increase the count.
    const bool bounded = range.most != CountRange{}.most;
    if (running.size() <= range.most && (outcome.status != Status::ok || bounded) &&
        table.hides_others())
        outcome = unknown(
            "processes of other users are hidden from vitals",
            "/proc is mounted with hidepid, or the service runs with ProtectProc=; " + expected);
    outcome.with("running", static_cast<std::int64_t>(running.size()));
    if (stopped > 0) outcome.with("stopped", stopped);
    if (zombies > 0) outcome.with("zombies", zombies);
    if (running.size() == 1) outcome.with("pid", static_cast<std::int64_t>(running[0].pid));
    if (!running.empty()) {
        const auto youngest = std::ranges::min(running, {}, &Process::age);
        outcome.with("age_seconds", whole_seconds(youngest.age));
    }
    return outcome;
}

Outcome examine(const Options& options, System now) {
    const Table table(options.root);
    std::optional<uid_t> user;
    if (!options.user.empty()) {
        const auto found = user_called(options.user);
        if (!found) return found.error();
        user = *found;
    }
    return options.pid_file.empty() ? of_name(options, table, user)
                                    : of_pid_file(options, table, user, now);
}

Verified verify_count(const std::string& count) {
    if (parse_count_range(count)) return {};
    return std::unexpected("'" + count +
                           "' is no count: expected a form such as 1, >=1, <=3 or 0..3");
}

Verified verify(const Options& options) {
    if (options.pid_file.empty() && options.name.empty())
        return std::unexpected(
            "neither pid_file nor name is given: one says which process is meant");
    if (!options.pid_file.empty() && options.count != Options{}.count)
        return std::unexpected("count goes with name alone: a pid file names one process");
    return {};
}

Verified from_url(Options& options, std::string_view url) {
    const std::string_view name = url.substr(url.find(':') + 1);
    if (name.empty() || name.find('/') != std::string_view::npos)
        return std::unexpected("expected process:NAME, the name of a program");
    options.name = name;
    return {};
}

constexpr Field fields[] = {
    field<&Options::pid_file>("pid_file", "A file whose first line is the number of the process.",
                              {.example = "/run/nginx.pid"}),
    field<&Options::name>("name",
                          "The name of the program: of its file, or the name that it gives itself. "
                          "With pid_file, the process must have this name.",
                          {.example = "nginx"}),
    field<&Options::count, verify_count>("count", "How many processes must have that name.",
                                         {.example = "1..4"}),
    field<&Options::user>("user", "The user, by name or number, that the process must run as.",
                          {.example = "www-data"}),
};

constexpr std::string_view proves = R"(
    The process that a pid file names exists, is neither a zombie nor stopped, and is the
    one that wrote the file. It has the given `name`; without a name, it started before
    the file was written (a number that is left over from a crash may belong to another
    process). Without a pid file, the right number of processes of that name run. The
    check cannot tell whether a process does its work; use a kind that asks it. Where
    processes of other users are hidden from vitals, the result is unknown.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run_examining_now<examine, Options>, verify, from_url>(
    "process", "A program runs.",
    {.proves = proves, .schemes = {"process"}, .category = Category::system});

}  // namespace vitals::checks::process
