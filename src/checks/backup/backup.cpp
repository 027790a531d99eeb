#include "backup.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "backends/program/run.hpp"
#include "checks/path_from_url.hpp"
#include "files.hpp"
#include "judge.hpp"
#include "net/reading.hpp"
#include "text/glob.hpp"
#include "text/prose.hpp"
#include "text/words.hpp"
#include "tools.hpp"

namespace vitals::checks::backup {

namespace {

Verified verify_pattern(const std::string& pattern) {
    return verified(text::glob_problem(pattern));
}

Verified verify_environment(const SecretMap& environment) {
    for (const auto& [name, value] : environment)
        if (name.empty() || name.contains('=') || name.contains('\0'))
            return std::unexpected(text::in_quotes(name) + " cannot name an environment variable");
    return {};
}

Verified verify(const Options& options) {
    if (options.path.empty() == options.tool.empty())
        return std::unexpected("one of path and tool is needed: where the backups are");
    if (options.tool.empty() &&
        (!options.repository.empty() || options.password.configured() || !options.tags.empty() ||
         !options.host.empty() || !options.environment.empty()))
        return std::unexpected("repository, password, tags, host and environment go with tool");
    if (!options.tool.empty() && options.repository.empty())
        return std::unexpected("repository is missing");
    if (options.repository.starts_with('-'))
        return std::unexpected("repository would be taken for an option of the tool");
    if ((!options.tags.empty() || !options.host.empty()) && options.tool != "restic")
        return std::unexpected("tags and host go with tool: restic");
    if (options.degraded_after > options.failed_after)
        return std::unexpected("degraded_after is above failed_after: it would never be degraded");
    return {};
}

constexpr Field fields[] = {
    field<&Options::path>(
        "path",
        "A directory in which each file or directory is a backup, or a glob of such entries.",
        {.example = "/var/backups/db"}),
    field<&Options::pattern, verify_pattern>(
        "pattern", "The names of the entries that count; with borg, the names of the archives.",
        {.example = "*.dump"}),
    field<&Options::time>("time",
                          "What gives the time of a backup: its last change, or the date in its "
                          "name (local time). Use the name if copying changes the time.",
                          {.choices = "modified|name"}),
    field<&Options::degraded_after>("degraded_after", "Degraded when the newest is older.",
                                    {.least = 1}),
    field<&Options::failed_after>("failed_after", "Failed when the newest is older.", {.least = 1}),
    field<&Options::min_size>("min_size", "Failed when the newest is smaller."),
    field<&Options::smaller_than>(
        "smaller_than",
        "Degraded when the newest has less than this share of the median of the five before it, "
        "failed below a fifth of this share; judged once there are three. `0%`: never.",
        {.least = 0, .most = 100}),
    field<&Options::settle>("settle",
                            "A backup that changed less than this long ago is still being written: "
                            "the one before it is judged.",
                            {.least = 0}),
    field<&Options::longest>("longest", "Degraded when a backup is being written for longer.",
                             {.least = 1}),
    field<&Options::tool>("tool", "Instead of `path`: the program that is asked.",
                          {.choices = "restic|borg|pgbackrest"}),
    field<&Options::repository>("repository",
                                "With `tool`: the repository; with pgBackRest, the stanza.",
                                {.example = "/srv/restic"}),
    field<&Options::password>("password", "The password of the repository of restic or borg."),
    field<&Options::tags>("tags", "With restic: only snapshots with one of these tags.",
                          {.example = "[nightly]"}),
    field<&Options::host>("host", "With restic: only snapshots of this host.", {.example = "db1"}),
    field<&Options::environment, verify_environment>(
        "environment",
        "Environment variables of the tool; a value may be a secret. The tool gets nothing of "
        "vitals' own environment.",
        {.example = "{AWS_ACCESS_KEY_ID: backup}"}),
};

net::awaitable<Outcome> look_at_files(const Options& options, net::Context& context) {
    context.enter("list");
    std::function<Listing()> list = [path = options.path, pattern = options.pattern,
                                     by_name = options.time == "name"] {
        return backups_at(path, pattern, by_name);
    };
    const Listing listing = co_await net::reading(context, std::move(list));
    context.enter("judge");
    std::shared_ptr<Writing> writing;
    if (context.kept() != nullptr) writing = context.kept()->take<Writing>();
    if (writing == nullptr) writing = std::make_shared<Writing>();
    Outcome outcome = judge(options, listing, *writing, context.clock().system());
    if (context.kept() != nullptr) context.kept()->leave(writing);
    co_return outcome;
}

// A folder of this run, empty if none can be created.
std::string make_folder() {
    std::string name = "/tmp/vitals-backup-XXXXXX";
    return ::mkdtemp(name.data()) == nullptr ? std::string() : name;
}

struct Folder {
    explicit Folder(std::string made) : path(std::move(made)) {}
    ~Folder() {
        std::error_code ignored;
        if (!path.empty()) std::filesystem::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
};

net::awaitable<Outcome> ask_tool(const Options& options, net::Context& context) {
    const Folder folder(make_folder());
    if (folder.path.empty()) throw CheckError(ErrorClass::local, "no temporary folder can be made");
    backends::program::Launch launch = launch_of(options, folder.path);
    const backends::program::Ended ended =
        co_await backends::program::run(context, std::move(launch), "list");
    const backends::program::Program& program = *ended.program;
    context.enter("judge");
    if (program.floods()) co_return unknown(options.tool + " wrote more than 1 MiB");
    if (!ended.end.exit_code)
        co_return unknown(
            fmt::format("{} was killed by signal {}", options.tool, ended.end.signal));
    if (*ended.end.exit_code != 0)
        co_return judge_refusal(options, *ended.end.exit_code, program.errors());
    co_return judge_answer(options, program.output(), context.clock().system());
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    Outcome outcome;
    if (options.tool.empty())
        outcome = co_await look_at_files(options, context);
    else
        outcome = co_await ask_tool(options, context);
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    co_return outcome;
}

constexpr std::string_view proves = R"(
    There is a backup, the newest one is recent, and it is not much smaller than those
    before it; a writer that was stopped would leave a smaller one. While one is being
    written, the one before it is judged. A directory is as large as the files in it. With
    `tool`, restic, borg or pgBackRest says how old its newest backup is; its size is not
    judged. The check proves nothing about the contents of a backup: only restoring one
    does that. The time of the last change can mislead: copying may keep the time of the
    source, and restoring or touching an old file makes it new; `time: name` uses the date
    in the name. The check runs the tools so that they write nothing into the repository
    and do not wait for its lock; they need the right to read it.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, path_from_url<Options>>(
    "backup", "The newest backup is recent, and as large as those before it.",
    {.proves = proves,
     .schemes = {"backup"},
     .urls = {"backup:/var/backups/db", "backup:/var/backups/db/*.dump"},
     .category = Category::system});

}  // namespace vitals::checks::backup
