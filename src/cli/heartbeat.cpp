// vitals heartbeat: tells the daemon that a component or a worker is alive, once, every so often,
// or for as long as a command runs. The beats have a thread of their own, so that a daemon that
// hangs holds up neither the command nor its end.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/child.hpp"
#include "cli/commands.hpp"
#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "config/config.hpp"
#include "config/wording.hpp"

namespace vitals::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds usual_pause{5'000};
constexpr milliseconds patience{2'000};
constexpr int beats_missed = 3;  // until a silent component is failed

// One who is told to be alive: a worker of a group, where the daemon has a group of that name, else
// a component that is pushed. Used by one thread at a time.
class Sender {
  public:
    Sender(Daemon daemon, const Heartbeat& command, std::optional<milliseconds> ttl)
        : daemon_(std::move(daemon)), name_(command.name), detail_(command.detail), ttl_(ttl) {}

    std::expected<void, Failure> alive() {
        if (kind_ != Kind::component && name_.contains('/')) {
            auto answer = ask(worker_path(), "");
            if (!answer) return std::unexpected(answer.error());
            if (answer->status == 204) {
                kind_ = Kind::worker;
                return {};
            }
            // A group that was there and is gone is no reason to make a component of that name.
            const bool no_group = answer->status == 422 || answer->status == 404;
            if (kind_ == Kind::worker || !no_group) {
                return std::unexpected(daemon_.refusal(*answer));
            }
        }
        auto pushed = push(Status::ok, detail_);
        if (pushed) kind_ = Kind::component;
        return pushed;
    }

    // What is told last: how it ended, empty when it ended well. A worker takes its leave.
    std::expected<void, Failure> ended(const std::string& how) {
        if (kind_ != Kind::worker) {
            return how.empty() ? push(Status::ok, detail_) : push(Status::failed, how);
        }
        auto answer = ask(worker_path(), R"({"leaving":true})");
        if (!answer) return std::unexpected(answer.error());
        if (answer->status != 204) return std::unexpected(daemon_.refusal(*answer));
        return {};
    }

    // One of many beats: what goes wrong is said once, and once when it is over.
    void beat() {
        const auto sent = alive();
        const auto trouble = sent ? std::string() : sent.error().text;
        if (trouble == trouble_) return;
        print_error(trouble.empty()
                        ? fmt::format("vitals heartbeat: {} is heard again\n", clean(name_))
                        : fmt::format("vitals heartbeat: {}\n", clean(trouble)));
        trouble_ = trouble;
    }

  private:
    enum class Kind : std::uint8_t { undecided, worker, component };

    std::expected<Answer, Failure> ask(const std::string& path, const std::string& body) const {
        return daemon_.ask("PUT", path, body, patience);
    }

    std::string worker_path() const {
        const auto slash = name_.find('/');
        return "/v1/workers/" + percent_encoded(name_.substr(0, slash)) + '/' +
               percent_encoded(name_.substr(slash + 1)) + "/heartbeat";
    }

    std::expected<void, Failure> push(Status status, const std::string& detail) {
        boost::json::object body{{"status", to_string(status)}};
        if (!detail.empty()) body["detail"] = detail;
        if (ttl_) body["ttl"] = format_duration(*ttl_);
        const auto answer =
            ask("/v1/components/" + percent_encoded(name_), boost::json::serialize(body));
        if (!answer) return std::unexpected(answer.error());
        if (answer->status != 201 && answer->status != 204) {
            return std::unexpected(daemon_.refusal(*answer));
        }
        if (answer->status == 201) tell_created();
        return {};
    }

    void tell_created() const {
        print_error(fmt::format(
            "note: {} is not in the configuration; it was created{}\n", config::in_quotes(name_),
            ttl_ ? ""
                 : ", and fails when it is silent for 60 s: give --ttl, or configure it with "
                   "'check: push' and a ttl"));
    }

    Daemon daemon_;
    std::string name_, detail_;
    std::optional<milliseconds> ttl_;
    Kind kind_ = Kind::undecided;
    std::string trouble_;  // that was said last
};

// Beats at once, then every so often, until destroyed. Never two at a time.
class Beats {
  public:
    Beats(Sender& sender, milliseconds every)
        : thread_([this, &sender, every](const std::stop_token& stop) {
              std::unique_lock lock(mutex_);
              while (!stop.stop_requested()) {
                  const auto next = std::chrono::steady_clock::now() + every;
                  lock.unlock();
                  sender.beat();
                  lock.lock();
                  wake_.wait_until(lock, stop, next, [] { return false; });
              }
          }) {}

  private:
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: it ends before what it waits on goes
};

int while_running(Sender& sender, const Heartbeat& command, milliseconds every) {
    std::expected<Ending, Failure> ending = Ending{};
    {
        const Beats beats(sender, every);
        ending = run_child(command.command);
    }
    const auto last = ending ? ending->text : std::string("could not be started");
    const auto told = sender.ended(last);
    if (!told) print_error(fmt::format("vitals heartbeat: {}\n", clean(told.error().text)));
    if (!ending) return give_up("heartbeat", ending.error(), Format::table);
    return ending->code;
}

}  // namespace

int run(const Heartbeat& command, const Terminal&) {
    if (const auto problem = config::component_name_problem(command.name); !problem.empty()) {
        return give_up("heartbeat", {exit_code::usage, problem}, Format::table);
    }
    auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("heartbeat", daemon.error(), Format::table);
    const bool again = command.every || !command.command.empty();
    const auto every = command.every.value_or(usual_pause);
    auto ttl = command.ttl;
    // Whoever promises the next beat is missed when it does not come.
    if (again && !ttl) ttl = beats_missed * every;
    Sender sender(std::move(*daemon), command, ttl);
    if (!again) {
        const auto sent = sender.alive();
        return sent ? exit_code::ok : give_up("heartbeat", sent.error(), Format::table);
    }
    hold_signals();
    if (!command.command.empty()) return while_running(sender, command, every);
    const Beats beats(sender, every);
    wait_for_end();
    return exit_code::ok;
}

}  // namespace vitals::cli
