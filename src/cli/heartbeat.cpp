// vitals heartbeat: tells the daemon that a component or a worker is alive, once or repeatedly, or
// runs a command. A job or a component is judged by how its command ended; a worker beats while its
// command runs. The beats have their own thread, so a daemon that hangs delays neither the command
// nor its end.
#include "cli/heartbeat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <initializer_list>
#include <mutex>
#include <random>
#include <thread>

#include "cli/child.hpp"
#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "config/config.hpp"
#include "text/json.hpp"
#include "text/percent.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds usual_pause{5'000};
constexpr milliseconds patience{2'000};
constexpr milliseconds patience_to_begin{1'000};  // a daemon that hangs delays a command no longer
constexpr milliseconds usual_retry{10'000}, first_retry{250}, longest_retry{2'000};
constexpr int beats_missed = 3;  // until a created component is failed
constexpr int beats_needed = 2;  // within a time to live: one beat may come late

// How a command ended, for a job.
struct JobEnd {
    int code = 0;
    std::string how;     // in words; empty: it ended well, or the code says it
    std::string output;  // the last lines
    std::optional<milliseconds> took;
};

std::optional<int> code_of(std::string_view text) {
    int code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && code >= 0 && code <= 255 ? std::optional(code) : std::nullopt;
}

std::string random_run() {
    std::random_device device;
    return fmt::format("{:08x}{:08x}", device(), device());
}

// The target of the reports: a worker of a group, if the daemon has a group of that name; a job, if
// the component is one; else a pushed component. Used by one thread at a time.
class Sender {
  public:
    Sender(Daemon daemon, const Heartbeat& command)
        : daemon_(std::move(daemon)),
          name_(command.name),
          detail_(command.detail),
          run_(command.run),
          ttl_(command.ttl),
          create_(command.create),
          runs_command_(!command.command.empty()) {
        if (command.every && !runs_command_) promised_ = beats_missed * *command.every;
        if (run_.empty() && runs_command_) run_ = random_run();
    }

    std::expected<void, Failure> alive() {
        auto worker = as_worker("");
        if (!worker) return std::unexpected(worker.error());
        if (*worker) return {};
        // While a command runs, its end is not known.
        if (!runs_command_) return push(Status::ok, detail_);
        auto job = begin_job();
        // A daemon that is away gets the report with the end, unless a worker or a job needs it
        // now.
        const bool silent = job || (kind_ == Kind::undecided && !may_be_worker());
        return silent ? std::expected<void, Failure>() : std::unexpected(job.error());
    }

    // Before the command runs: finds out what the target is, and reports the begin.
    void begin() {
        patience_ = patience_to_begin;
        tell(alive());
        patience_ = patience;
    }

    // Reports the begin of a job; another call reports its end.
    std::expected<void, Failure> begin_only() {
        auto job = begin_job();
        if (!job) return std::unexpected(job.error());
        if (*job) return {};
        return std::unexpected(no_job());
    }

    // The last report. A worker leaves.
    std::expected<void, Failure> ended(const JobEnd& end) {
        auto worker = as_worker(R"({"leaving":true})");
        if (!worker) return std::unexpected(worker.error());
        if (*worker) return {};
        auto job = end_job(end);
        if (!job) return std::unexpected(job.error());
        if (*job) return {};
        return end.code == 0 ? push(Status::ok, detail_) : push(Status::failed, end.how);
    }

    // Without a command: a worker or a component is alive, or a job has ended. `of_job`: only a job
    // is possible.
    std::expected<void, Failure> told_once(const JobEnd& end, bool of_job) {
        if (!of_job) {
            auto worker = as_worker("");
            if (!worker) return std::unexpected(worker.error());
            if (*worker) return {};
        }
        auto job = end_job(end);
        if (!job) return std::unexpected(job.error());
        if (*job) return {};
        return of_job ? std::unexpected(no_job()) : push(Status::ok, detail_);
    }

    // Whether repeated beats have a meaning: a component is judged by the end of its command, and a
    // job begins once.
    bool beats() const {
        if (!runs_command_ || kind_ == Kind::undecided) return true;
        return kind_ == Kind::worker || (kind_ == Kind::job && !begun_);
    }
    bool is_job() const { return kind_ == Kind::job; }

    // A problem is reported once, and once more when it is over.
    void tell(const std::expected<void, Failure>& sent) {
        const auto trouble = sent ? std::string() : sent.error().text;
        if (trouble == trouble_) return;
        print_error(trouble.empty()
                        ? fmt::format("vitals heartbeat: {} is heard again\n", clean(name_))
                        : fmt::format("vitals heartbeat: {}\n", clean(trouble)));
        trouble_ = trouble;
    }

  private:
    enum class Kind : std::uint8_t { undecided, worker, job, component };

    Failure no_job() const {
        return {exit_code::usage,
                fmt::format("{} is no job: the daemon's configuration has no 'check: job' of that "
                            "name",
                            text::in_quotes(name_))};
    }

    bool may_be_worker() const { return name_.contains('/'); }

    std::expected<Answer, Failure> ask(const std::string& path, const std::string& body,
                                       const std::string& method = "PUT") const {
        return daemon_.ask(method, path, body, patience_);
    }

    // What the answer says of this kind: it is one and was accepted, or, by those codes, it is
    // none.
    template <class Answered>
    std::expected<bool, Failure> taken_as(Kind kind, const Answered& answer,
                                          std::initializer_list<int> none) {
        if (!answer) return std::unexpected(answer.error());
        if (answer->status == 204) {
            kind_ = kind;
            return true;
        }
        const bool is_none = std::ranges::find(none, answer->status) != none.end();
        if (kind_ == kind || !is_none) return std::unexpected(daemon_.refusal(*answer));
        return false;
    }

    // True: it is a worker, and the heartbeat was accepted. False: it is not a worker.
    std::expected<bool, Failure> as_worker(const std::string& body) {
        const bool decided = kind_ != Kind::undecided && kind_ != Kind::worker;
        if (decided || !may_be_worker()) return false;
        const auto slash = name_.find('/');
        const auto answer =
            ask("/v1/workers/" + text::percent_encoded(name_.substr(0, slash)) + '/' +
                    text::percent_encoded(name_.substr(slash + 1)) + "/heartbeat",
                body);
        // If a group is gone, no component of that name is created for it.
        return taken_as(Kind::worker, answer, {422, 404});
    }

    // True: it is a job, and the report was accepted. False: it is not a job.
    std::expected<bool, Failure> as_job(std::string_view what, const std::string& body) {
        if (kind_ == Kind::component) return false;
        const auto answer =
            ask(fmt::format("/v1/jobs/{}/{}", text::percent_encoded(name_), what), body, "POST");
        const auto taken = taken_as(Kind::job, answer, {404, 409});
        if (taken && !*taken && runs_command_) kind_ = Kind::component;
        return taken;
    }

    std::expected<bool, Failure> begin_job() {
        std::string body;
        text::JsonWriter json(body);
        json.object();
        if (!run_.empty()) json.member("run", run_);
        json.end_object();
        auto begun = as_job("start", body);
        begun_ = begun_ || (begun && *begun);
        return begun;
    }

    std::expected<bool, Failure> end_job(const JobEnd& end) {
        std::string body;
        text::JsonWriter json(body);
        json.object().member("exit_code", end.code);
        if (!run_.empty()) json.member("run", run_);
        if (!end.how.empty()) json.member("how", end.how);
        if (!end.output.empty()) json.member("output", end.output);
        if (end.took) json.member("took", std::chrono::duration<double>(*end.took).count());
        json.end_object();
        return as_job("end", body);
    }

    std::expected<Answer, Failure> put(Status status, const std::string& detail,
                                       bool create) const {
        std::string body;
        text::JsonWriter json(body);
        json.object().member("status", to_string(status)).member("create", create);
        if (!detail.empty()) json.member("detail", detail);
        const auto ttl = create && !ttl_ ? promised_ : ttl_;
        if (ttl) json.member("ttl", format_duration(*ttl));
        json.end_object();
        return ask("/v1/components/" + text::percent_encoded(name_), body);
    }

    std::expected<void, Failure> push(Status status, const std::string& detail) {
        auto answer = put(status, detail, false);
        if (answer && answer->status == 404 && create_) answer = put(status, detail, true);
        if (!answer) return std::unexpected(answer.error());
        if (answer->status == 404) {
            Failure failure = daemon_.refusal(*answer);
            if (may_be_worker())
                failure.text += fmt::format(", and no group of workers {}",
                                            text::in_quotes(name_.substr(0, name_.find('/'))));
            failure.text += "; --create makes a new component";
            return std::unexpected(failure);
        }
        if (answer->status != 201 && answer->status != 204) {
            return std::unexpected(daemon_.refusal(*answer));
        }
        if (answer->status == 201 && !ttl_ && !promised_) tell_short_life();
        return {};
    }

    void tell_short_life() const {
        print_error(fmt::format(
            "note: {} was created, and fails when it is silent for 60 s: give --ttl, or configure "
            "it with 'check: push' and a ttl\n",
            text::in_quotes(name_)));
    }

    Daemon daemon_;
    std::string name_, detail_, run_;
    std::optional<milliseconds> ttl_;
    std::optional<milliseconds> promised_;  // by --every
    bool create_;
    bool runs_command_;
    bool begun_ = false;  // a job, and it was told
    Kind kind_ = Kind::undecided;
    milliseconds patience_ = patience;
    std::string trouble_;  // the last reported problem
};

// Beats at once, then at each interval, until it is destroyed or useless. Never two at a time.
class Beats {
  public:
    Beats(Sender& sender, milliseconds every)
        : thread_([this, &sender, every](const std::stop_token& stop) {
              std::unique_lock lock(mutex_);
              while (!stop.stop_requested() && sender.beats()) {
                  const auto next = std::chrono::steady_clock::now() + every;
                  lock.unlock();
                  sender.tell(sender.alive());
                  lock.lock();
                  wake_.wait_until(lock, stop, next, [] { return false; });
              }
          }) {}

  private:
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: it ends before what it waits on is destroyed
};

// The end counts: a daemon that is away or refuses is asked again for a while, unless a signal ends
// this program.
std::expected<void, Failure> tell_end(Sender& sender, const JobEnd& job_end, milliseconds at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    for (auto pause = first_retry;; pause = std::min(2 * pause, longest_retry)) {
        auto told = sender.ended(job_end);
        const bool again = !told && std::chrono::steady_clock::now() + pause < end;
        if (!again || end_comes_within(pause)) return told;
    }
}

int while_running(Sender& sender, const Heartbeat& command) {
    sender.begin();
    std::optional<OutputTail> output;
    if (sender.is_job() && !command.no_output) output.emplace();
    const auto began = std::chrono::steady_clock::now();
    std::expected<Ending, Failure> ending = Ending{};
    {
        const Beats beats(sender, command.every.value_or(usual_pause));
        ending = run_child(command.command, output ? &*output : nullptr);
    }
    JobEnd end{
        .took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began)};
    end.code = ending ? ending->code : ending.error().code;
    end.how = ending ? ending->text : "could not be started";
    if (output) end.output = output->last_lines();
    sender.tell(tell_end(sender, end, command.retry.value_or(usual_retry)));
    if (!ending) return give_up("heartbeat", ending.error(), Format::table);
    return ending->code;
}

// Reports once, as from a script.
std::expected<void, Failure> tell_once(Sender& sender, const Heartbeat& command) {
    if (command.start) return sender.begin_only();
    JobEnd end{.code = code_of(command.exit_code).value_or(0)};
    if (end.code != 0) end.how = fmt::format("exited with {}", end.code);
    return sender.told_once(end, !command.exit_code.empty() || !command.run.empty());
}

// Which arguments contradict each other, or empty.
std::string misfit(const Heartbeat& command) {
    if (auto problem = config::component_name_problem(command.name); !problem.empty())
        return problem;
    if (command.every && command.ttl && *command.ttl < beats_needed * *command.every)
        return fmt::format(
            "--ttl {} does not fit --every {}: it would be silent for too long between two beats; "
            "--ttl must be at least {}",
            format_duration(*command.ttl), format_duration(*command.every),
            format_duration(beats_needed * *command.every));
    const bool ends = !command.exit_code.empty();
    if ((command.start || ends) && (command.every || !command.command.empty()))
        return "--start and --exit-code tell of one moment; they go neither with a command nor "
               "with --every";
    if (command.start && ends)
        return "--start and --exit-code exclude each other: a run begins or has ended";
    if (ends && !code_of(command.exit_code)) return "--exit-code is a number from 0 to 255";
    if (command.create && !command.command.empty() && !command.ttl)
        return "--create with a command needs --ttl: how long after one end the next must have "
               "come";
    return {};
}

}  // namespace

static int run(const Heartbeat& command, const Terminal&) {
    if (const auto problem = misfit(command); !problem.empty()) {
        return give_up("heartbeat", {exit_code::usage, problem}, Format::table);
    }
    auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("heartbeat", daemon.error(), Format::table);
    Sender sender(std::move(*daemon), command);
    if (!command.every && command.command.empty()) {
        const auto sent = tell_once(sender, command);
        return sent ? exit_code::ok : give_up("heartbeat", sent.error(), Format::table);
    }
    hold_signals();
    if (!command.command.empty()) return while_running(sender, command);
    const Beats beats(sender, *command.every);
    wait_for_end();
    return exit_code::ok;
}

namespace {

void declare(Arguments& to, Heartbeat& command) {
    to.required("NAME", command.name,
                "A component, or GROUP/NAME: a worker, where the configuration has a group of "
                "that name under 'workers'.");
    to.duration("--every", command.every,
                "Repeats the heartbeat after this time; default for a worker with a command: 5s.");
    to.duration("--ttl", command.ttl,
                "After longer silence it is failed, until the next heartbeat. At least twice "
                "--every; by default what the configuration says.");
    to.duration("--retry", command.retry,
                "How long the end of a command is sent again while the daemon is away or refuses; "
                "default 10s.");
    to.flag("--start", command.start,
            "Reports that a run of the job begins; another call reports how it ends.");
    to.option("--exit-code", command.exit_code, "N",
              "Reports that a run of the job has ended with this exit code. Default: 0.");
    to.option("--run", command.run, "ID",
              "Names the run of the job, so that an end belongs to its start. With a command, "
              "vitals makes one.");
    to.flag("--no-output", command.no_output,
            "Does not read the output of the command. By default the last lines of a job are sent "
            "with its end.");
    to.flag("--create", command.create,
            "Creates the component if there is none of that name; it is not critical. 'vitals "
            "remove' removes it.");
    to.option("--detail", command.detail, "TEXT", "A public text about its state.");
    to.daemon(command.daemon);
    to.command(command.command, "The command to run, with its arguments.");
}

}  // namespace

const Subcommand subcommand::heartbeat = make_subcommand<Heartbeat, declare, run>(
    "heartbeat",
    "Tells the daemon that a component or a worker is alive, once or repeatedly. With a command "
    "and a job, it reports the begin and the end of the run, with the last lines. A component is "
    "judged by how the command ends: nothing is sent while it runs, an exit code other than 0 is "
    "failed, and a command that does not end is failed when the time to live is over. A worker is "
    "alive while its command runs, and leaves its group when the command ends. The exit code is "
    "that of the command.",
    "  vitals heartbeat import                          once, as from a script\n"
    "  vitals heartbeat import --every 5s               until stopped\n"
    "  vitals heartbeat mail/sender-1 -- ./sender       a worker of the group mail\n"
    "  vitals heartbeat backup -- ./backup              a job, judged by how it ends\n"
    "  vitals heartbeat backup --start                  as from a script; later\n"
    "  vitals heartbeat backup --exit-code $?\n"
    "  vitals heartbeat once --create --ttl 2h -- ./x   not in the configuration\n");

}  // namespace vitals::cli
