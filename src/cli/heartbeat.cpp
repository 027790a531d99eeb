// vitals heartbeat: tells the daemon that a component or a worker is alive, once or every so often,
// or runs a command: a component is judged by how its command ended, a worker beats while it runs.
// The beats have a thread of their own, so that a daemon that hangs holds up neither the command
// nor its end.
#include "cli/heartbeat.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
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
constexpr milliseconds usual_retry{10'000}, first_retry{250}, longest_retry{2'000};
constexpr int beats_missed = 3;  // until a component that is created is failed
constexpr int beats_needed = 2;  // within a time to live: one may come late

// One who is told to be alive: a worker of a group, where the daemon has a group of that name, else
// a component that is pushed. Used by one thread at a time.
class Sender {
  public:
    Sender(Daemon daemon, const Heartbeat& command)
        : daemon_(std::move(daemon)),
          name_(command.name),
          detail_(command.detail),
          ttl_(command.ttl),
          create_(command.create),
          runs_command_(!command.command.empty()) {
        if (command.every && !runs_command_) promised_ = beats_missed * *command.every;
    }

    std::expected<void, Failure> alive() {
        auto worker = as_worker("");
        if (!worker) return std::unexpected(worker.error());
        if (*worker) return {};
        // How a command ends is not known while it runs.
        return runs_command_ ? std::expected<void, Failure>() : push(Status::ok, detail_);
    }

    // What is told last: how it ended, empty when it ended well. A worker leaves.
    std::expected<void, Failure> ended(const std::string& how) {
        auto worker = as_worker(R"({"leaving":true})");
        if (!worker) return std::unexpected(worker.error());
        if (*worker) return {};
        return how.empty() ? push(Status::ok, detail_) : push(Status::failed, how);
    }

    // Whether beats say anything: a component is judged by its command's end.
    bool beats() const { return !runs_command_ || (kind_ != Kind::component && may_be_worker()); }

    // What goes wrong is said once, and once when it is over.
    void tell(const std::expected<void, Failure>& sent) {
        const auto trouble = sent ? std::string() : sent.error().text;
        if (trouble == trouble_) return;
        print_error(trouble.empty()
                        ? fmt::format("vitals heartbeat: {} is heard again\n", clean(name_))
                        : fmt::format("vitals heartbeat: {}\n", clean(trouble)));
        trouble_ = trouble;
    }

  private:
    enum class Kind : std::uint8_t { undecided, worker, component };

    bool may_be_worker() const { return name_.contains('/'); }

    std::expected<Answer, Failure> ask(const std::string& path, const std::string& body) const {
        return daemon_.ask("PUT", path, body, patience);
    }

    // True: it is a worker, and that was taken. False: it is a component.
    std::expected<bool, Failure> as_worker(const std::string& body) {
        if (kind_ == Kind::component || !may_be_worker()) return false;
        const auto slash = name_.find('/');
        const auto answer =
            ask("/v1/workers/" + text::percent_encoded(name_.substr(0, slash)) + '/' +
                    text::percent_encoded(name_.substr(slash + 1)) + "/heartbeat",
                body);
        if (!answer) return std::unexpected(answer.error());
        if (answer->status == 204) {
            kind_ = Kind::worker;
            return true;
        }
        // A group that was there and is gone is no reason to make a component of that name.
        const bool no_group = answer->status == 422 || answer->status == 404;
        if (kind_ == Kind::worker || !no_group) return std::unexpected(daemon_.refusal(*answer));
        kind_ = Kind::component;
        return false;
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
    std::string name_, detail_;
    std::optional<milliseconds> ttl_;
    std::optional<milliseconds> promised_;  // by --every
    bool create_;
    bool runs_command_;
    Kind kind_ = Kind::undecided;
    std::string trouble_;  // that was said last
};

// Beats at once, then every so often, until destroyed or of no use. Never two at a time.
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
    std::jthread thread_;  // last: it ends before what it waits on goes
};

// The end counts: a daemon that is away or refuses is asked again for a while, unless a signal asks
// us to end.
std::expected<void, Failure> tell_end(Sender& sender, const std::string& how,
                                      milliseconds at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    for (auto pause = first_retry;; pause = std::min(2 * pause, longest_retry)) {
        auto told = sender.ended(how);
        const bool again = !told && std::chrono::steady_clock::now() + pause < end;
        if (!again || end_comes_within(pause)) return told;
    }
}

int while_running(Sender& sender, const Heartbeat& command) {
    std::expected<Ending, Failure> ending = Ending{};
    {
        const Beats beats(sender, command.every.value_or(usual_pause));
        ending = run_child(command.command);
    }
    const auto last = ending ? ending->text : std::string("could not be started");
    sender.tell(tell_end(sender, last, command.retry.value_or(usual_retry)));
    if (!ending) return give_up("heartbeat", ending.error(), Format::table);
    return ending->code;
}

// What does not fit together, or empty.
std::string misfit(const Heartbeat& command) {
    if (auto problem = config::component_name_problem(command.name); !problem.empty())
        return problem;
    if (command.every && command.ttl && *command.ttl < beats_needed * *command.every)
        return fmt::format(
            "--ttl {} does not fit --every {}: it would be silent for too long between two beats; "
            "--ttl must be at least {}",
            format_duration(*command.ttl), format_duration(*command.every),
            format_duration(beats_needed * *command.every));
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
        const auto sent = sender.alive();
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
                "Again after this long; default for a worker with a command: 5s.");
    to.duration("--ttl", command.ttl,
                "Silent for longer is failed, until the next heartbeat. Default: what the "
                "configuration says. At least twice --every.");
    to.duration("--retry", command.retry,
                "For how long a command's end is told again while the daemon is away or refuses; "
                "default 10s.");
    to.flag("--create", command.create,
            "Creates the component where there is none of that name; it is not critical. "
            "'vitals remove' takes it away.");
    to.option("--detail", command.detail, "TEXT", "A public word on how it is doing.");
    to.daemon(command.daemon);
    to.command(command.command, "The command to run, with its arguments.");
}

}  // namespace

const Subcommand subcommand::heartbeat = make_subcommand<Heartbeat, declare, run>(
    "heartbeat",
    "Tells the daemon that a component or a worker is alive, once or every so often. With a "
    "command, a component is judged by how it ends: nothing is told while it runs, an exit "
    "code other than 0 is failed, and one that does not end is failed when the time to live "
    "is over. A worker is alive while its command runs, and leaves its group when the command "
    "ends. The exit code is that of the command.",
    "  vitals heartbeat import                          once, as from a script\n"
    "  vitals heartbeat import --every 5s               until stopped\n"
    "  vitals heartbeat mail/sender-1 -- ./sender       a worker of the group mail\n"
    "  vitals heartbeat backup -- ./backup              a job, judged by how it ends\n"
    "  vitals heartbeat once --create --ttl 2h -- ./x   not in the configuration\n");

}  // namespace vitals::cli
