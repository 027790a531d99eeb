#include "lsyncd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#include "canary.hpp"
#include "model/moment.hpp"
#include "model/property.hpp"
#include "net/file.hpp"
#include "net/reading.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "text/url.hpp"
#include "wire/lsyncd.hpp"
#include "wire/procfs.hpp"

namespace vitals::checks::lsyncd {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t longest_status = 16 << 20;  // a line for each queued event and watched folder
constexpr int tries_to_read = 5;
constexpr milliseconds pause_between(40);

Verified verify(const Options& options) {
    if (options.expected == "not_running" &&
        (options.degraded_above || options.stuck_after > milliseconds(0)))
        return std::unexpected("bounds for delays contradict expected: not_running");
    if (options.canary.empty() != options.copy.empty())
        return std::unexpected("canary and copy: each needs the other");
    if (options.expected == "not_running" && !options.canary.empty())
        return std::unexpected("canary contradicts expected: not_running");
    if (options.pid_file.empty()) return std::unexpected("pid_file: is empty");
    if (options.status_file.empty()) return std::unexpected("status_file: is empty");
    return {};
}

Verified from_url(Options& options, std::string_view text) {
    const auto url = text::parse_url(text);
    if (!url) return std::unexpected(url.error());
    options.pid_file = url->path;
    for (const auto& [name, given] : url->query)
        if (name == "status_file") options.status_file = given;
    const bool whole = url->host.empty() && options.pid_file.starts_with('/') &&
                       !options.status_file.empty() && url->query.size() == 1;
    return verified(whole ? std::string() : "expected lsyncd:/PID_FILE?status_file=/STATUS_FILE");
}

constexpr Field fields[] = {
    field<&Options::status_file>("status_file", "lsyncd's statusFile.",
                                 {.required = true, .example = "/var/log/lsyncd.status"}),
    field<&Options::pid_file>("pid_file",
                              "lsyncd's pidfile, which it keeps locked as long as it lives.",
                              {.required = true, .example = "/run/lsyncd.pid"}),
    field<&Options::expected>(
        "expected", "Whether lsyncd should run here. With `not_running`, a running one is failed.",
        {.choices = "running|not_running"}),
    field<&Options::degraded_above>("degraded_above",
                                    "Degraded when more delays (events, not files) are queued.",
                                    {.unit = "delays", .least = 0}),
    field<&Options::stuck_after>(
        "stuck_after",
        "Degraded when delays are queued and the status file was not rewritten for longer. Use "
        "more than lsyncd's delay, its statusInterval and the longest transfer together. 0s: not "
        "judged.",
        {.least = 0}),
    field<&Options::canary>("canary",
                            "A file in lsyncd's source that only vitals uses. Each run writes it "
                            "again and sees whether it arrives.",
                            {.example = "/srv/files/.vitals-canary"}),
    field<&Options::copy>("copy",
                          "The path to which lsyncd copies the canary, as seen from this machine.",
                          {.example = "/mnt/backup/files/.vitals-canary"}),
    field<&Options::arrives_within>(
        "arrives_within",
        "Failed when a canary has not arrived for longer. Use more than lsyncd's delay, the "
        "interval of this check and the longest transfer together.",
        {.least = 1}),
};

struct Holder {
    bool locked = false;
    pid_t pid = 0;  // 0: not visible from here (another container's)
    bool stopped = false;
    milliseconds since{0};  // the pid file is written, since the epoch
};

std::string system_text(const std::string& path, int error) {
    return path + ": " + std::generic_category().message(error);
}

// Asks which process holds the lock, without taking it: lockf(3) uses fcntl(2).
Holder holder_of(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return {};
        throw CheckError(ErrorClass::local, "cannot open the pid file", system_text(path, errno));
    }
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const int error = ::fcntl(descriptor, F_GETLK, &lock) == 0 ? 0 : errno;
    struct stat facts{};
    if (::fstat(descriptor, &facts) != 0) facts = {};
    ::close(descriptor);
    if (error != 0) {
        throw CheckError(ErrorClass::local, "cannot ask for the pid file's lock",
                         system_text(path, error));
    }
    Holder holder;
    holder.locked = lock.l_type != F_UNLCK;
    holder.since =
        std::chrono::duration_cast<milliseconds>(moment_of(facts.st_mtim).time_since_epoch());
    if (!holder.locked || lock.l_pid <= 0) return holder;
    holder.pid = lock.l_pid;
    const auto text = net::read_file(fmt::format("/proc/{}/stat", holder.pid), 4096);
    const auto process = text ? wire::parse_process_stat(*text) : std::nullopt;
    holder.stopped = process && (process->state == 'T' || process->state == 't');
    return holder;
}

struct Status {
    bool readable = false;
    std::string error;
    wire::lsyncd::Report report;
    milliseconds age{0};
};

Status read_status(const std::string& path) {
    Status status;
    for (int tried = 0; tried < tries_to_read; ++tried) {
        // Truncated and written again in place: a file that is read in between is not a failure.
        if (tried > 0) ::usleep(static_cast<useconds_t>(pause_between.count()) * 1000);
        const auto text = net::read_file(path, longest_status);
        if (!text) {
            status.error = system_text(path, text.error());
            return status;
        }
        const auto report = wire::lsyncd::parse_status(*text);
        if (report) {
            status.readable = true;
            status.report = *report;
            struct stat facts{};
            if (::stat(path.c_str(), &facts) == 0) {
                const System written = moment_of(facts.st_mtim);
                status.age = std::chrono::duration_cast<milliseconds>(
                    std::chrono::system_clock::now() - written);
            }
            return status;
        }
        status.error =
            path + (report.error() == wire::lsyncd::Fault::foreign ? " is no status file of lsyncd"
                                                                   : " is incomplete");
    }
    return status;
}

Outcome judge(const Options& options, const Holder& holder, const Status& status) {
    const bool expected = options.expected == "running";
    Outcome outcome;
    if (!expected) {
        outcome = holder.locked ? failed("runs, though it should not") : ok("does not run");
    } else if (!holder.locked) {
        outcome = failed("does not run", ErrorClass::assertion,
                         "nobody holds the lock of " + options.pid_file);
    } else if (holder.stopped) {
        outcome = failed("process is stopped", ErrorClass::assertion,
                         fmt::format("process {}", holder.pid));
    } else if (!status.readable) {
        outcome = degraded("runs, but its status file cannot be read");
        outcome.error = status.error;
    } else {
        outcome = ok(fmt::format("runs, {} delays queued", status.report.delays));
        if (status.report.delays == 0) outcome.detail = "runs, nothing is queued";
        const bool watched = options.stuck_after > milliseconds(0) && status.report.delays > 0;
        if (watched && status.age > options.stuck_after) {
            outcome = degraded(fmt::format("{} delays queued, and no news for {}",
                                           status.report.delays, text::about_duration(status.age)));
        } else if (watched && status.age < -options.stuck_after) {
            // It would stay new for ever: that proves nothing.
            outcome = degraded(
                fmt::format("{} delays queued, and the status file is {} in the future, by our "
                            "clock",
                            status.report.delays, text::about_duration(-status.age)));
        } else if (options.degraded_above && status.report.delays > *options.degraded_above) {
            outcome = degraded(fmt::format("{} delays queued", status.report.delays));
        }
    }
    outcome.with(property::running, holder.locked).with(property::status_readable, status.readable);
    // What a dead lsyncd has left in its file says nothing about now.
    if (status.readable && holder.locked)
        outcome.with(property::queued_delays, status.report.delays);
    return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    context.enter("pid file");
    std::function<Holder()> ask = [path = options.pid_file] { return holder_of(path); };
    const Holder holder = co_await net::reading(context, std::move(ask));
    context.enter("status file");
    std::function<Status()> read = [path = options.status_file] { return read_status(path); };
    const Status status = co_await net::reading(context, std::move(read));
    Outcome outcome = judge(options, holder, status);
    if (options.canary.empty() || outcome.status == vitals::Status::failed) co_return outcome;
    context.enter("canary");
    std::function<milliseconds()> look = [file = options.canary, copy = options.copy,
                                          started = holder.since] {
        return release_canary(file, copy, started);
    };
    const milliseconds under_way = co_await net::reading(context, std::move(look));
    if (under_way > options.arrives_within) {
        outcome.status = vitals::Status::failed;
        outcome.error_class = ErrorClass::assertion;
        outcome.detail = "runs, but nothing has arrived for " + text::about_duration(under_way);
    }
    outcome.with("under_way_seconds", std::chrono::duration<double>(under_way).count());
    co_return outcome;
}

constexpr std::string_view proves = R"(
    A process holds the lock of lsyncd's pid file, is not stopped, and not too many events
    wait to be copied. lsyncd keeps the lock as long as it lives; the file alone may be
    left from a process that was killed. lsyncd rewrites its status file only when
    something happens: while nothing is queued, an old status file is no sign of a
    failure. lsyncd must run as a daemon: with `nodaemon` it writes no pid file. A target
    that refuses single files (default.direct onto a read-only disk) leaves no trace in
    the status file. To see that, set `canary` and `copy`: each run then writes a file in
    the source, and fails when the file does not arrive.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, from_url>(
    "lsyncd", "Looks whether lsyncd runs, by the lock of its pid file, and what it has queued.",
    {.proves = proves,
     .schemes = {"lsyncd"},
     .urls = {"lsyncd:/run/lsyncd.pid?status_file=/var/log/lsyncd.status"}});

}  // namespace vitals::checks::lsyncd
