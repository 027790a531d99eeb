// The composition root.
//
// Threads: this one runs the engine; the server brings its own; the store has one; `secrets` and,
// while one is under way, `reload` and `drain` do what may block (reading files, waiting for
// clients) away from the engine.
#include "app/daemon.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "app/assemble.hpp"
#include "app/catalog.hpp"
#include "app/logging.hpp"
#include "app/notify.hpp"
#include "app/vault_secrets.hpp"
#include "app/worker_groups.hpp"
#include "config/config.hpp"
#include "engine/engine.hpp"
#include "history/store.hpp"
#include "model/clock.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "server/server.hpp"

namespace vitals::app {

const char* const version = "0.1.0";

namespace {

using namespace std::chrono_literals;

constexpr int exit_config = 78;    // EX_CONFIG
constexpr int exit_listener = 71;  // EX_OSERR
constexpr std::chrono::milliseconds default_ttl = 60s;
constexpr auto secrets_interval = 5s;  // rotated files take effect within 10 s

// As many descriptors as the system allows: 10,000 clients and the checks' own connections.
void raise_descriptor_limit(const Log& log) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log(LogLevel::warning, "the limit of open files cannot be raised");
}

std::vector<std::string> lines_of(const config::Problems& problems) {
    std::vector<std::string> lines;
    for (const config::Problem& problem : problems) lines.push_back(problem.text());
    return lines;
}

class Daemon {
  public:
    Daemon(config::Config config, ServeOptions options, Log log)
        : options_(std::move(options)),
          log_(std::move(log)),
          config_(std::make_shared<config::Config>(std::move(config))),
          environment_(loop_),
          engine_(environment_, clock_, hub_, log_, config_->service),
          workers_(environment_, engine_, clock_, log_),
          vault_(loop_, environment_, clock_, log_),
          watchdog_timer_(loop_),
          drain_timer_(loop_) {}

    int run() {
        open_store();
        engine_.on_transition([this](const engine::Transition& transition) {
            store_->append({transition.component, transition.from, transition.to, transition.detail,
                            transition.at});
        });
        // Before anybody can know that we are there: an early SIGHUP must not end us.
        loop_.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int number) { on_signal(number); });
        vault_.on_round([this] { vault_was_read(); });
        watch(*config_);
        if (const int code = listen(); code != 0) return code;
        watch_secrets();
        for (const std::string& warning : config_->warnings) log_(LogLevel::warning, warning);
        notify_.send("READY=1\nSTATUS=serving");
        keep_alive();
        loop_.run();
        workers_.keep_now();
        notify_.send("STOPPING=1");
        log_(LogLevel::info, "stopped");
        return 0;
    }

  private:
    void open_store() {
        history::Settings settings;
        settings.directory = config_->state_dir;
        settings.keep = config_->history.keep;
        settings.size = config_->history.size.bytes;
        auto health = [this](Outcome outcome) {
            loop_.post([this, outcome = std::move(outcome)]() mutable {
                engine_.report_own("store", std::move(outcome));
            });
        };
        store_ = std::make_unique<history::Store>(std::move(settings), log_, std::move(health));
        if (const auto text = store_->saved_decommission(); text && *text != "OK") {
            decommission_.text = *text;
            engine_.decommission(decommission_);
            log_(LogLevel::warning, "still decommissioned: " + *text);
        }
        std::vector<workers::Remembered> known;
        for (history::SavedWorker& worker : store_->saved_workers())
            known.push_back({std::move(worker.group), std::move(worker.name), worker.sent,
                             worker.heard, worker.left});
        workers_.remember(std::move(known), [this](std::vector<workers::Remembered> now) {
            std::vector<history::SavedWorker> saved;
            saved.reserve(now.size());
            for (workers::Remembered& worker : now)
                saved.push_back({std::move(worker.group), std::move(worker.name), worker.sent,
                                 worker.heard, worker.left});
            store_->save_workers(std::move(saved));
        });
    }

    void watch(const config::Config& config) {
        workers_.configure(config.workers);
        std::vector<engine::Definition> definitions = definitions_of(config);
        for (engine::Definition& group : workers_.definitions())
            definitions.push_back(std::move(group));
        engine_.configure(std::move(definitions));
        waiting_.clear();
        for (const config::ComponentConfig& component : config.components)
            if (waits_for_secret(component)) waiting_.insert(component.component.name);
        vault_.configure(config);
        if (!vault_.in_use()) report_secrets();
    }

    // Who waited for a secret is checked as soon as it is there.
    void vault_was_read() {
        report_secrets();
        if (waiting_.empty()) return;
        for (const config::ComponentConfig& component : config_->components) {
            const std::string& name = component.component.name;
            if (!waiting_.contains(name) || waits_for_secret(component)) continue;
            waiting_.erase(name);
            engine_.run_now(name, [](const auto&) {});
        }
    }

    void report_secrets() {
        if (!vault_.in_use()) {
            if (!secrets_health_.detail.empty()) engine_.remove("vitals/secrets");
            secrets_health_ = {};
            return;
        }
        Outcome health = vault_.health();
        if (health.detail == secrets_health_.detail && health.error == secrets_health_.error)
            return;
        secrets_health_ = health;
        engine_.report_own("secrets", std::move(health));
    }

    int listen() {
        try {
            server_ = std::make_unique<server::Server>(listeners_of(*config_), routes_of(*config_),
                                                       control(), hub_, clock_, log_);
        } catch (const std::exception& error) {
            log_(LogLevel::error, error.what());
            return exit_listener;
        }
        for (std::size_t i = 0; i < config_->listeners.size(); ++i) {
            const config::Listener& listener = config_->listeners[i];
            if (listener.unix_path.empty())
                log_(LogLevel::info,
                     fmt::format("listening on {}://{}:{}", listener.tls ? "https" : "http",
                                 listener.host, server_->port(i)));
            else
                log_(LogLevel::info, "listening on unix:" + listener.unix_path);
        }
        return 0;
    }

    // ---- what the server may ask for, each on the engine's thread ------------------------------

    server::Control control() {
        server::Control control;
        control.decommission = [this](std::string text, std::function<void(bool)> done) {
            loop_.post([this, text = std::move(text), done = std::move(done)] {
                decommission_.text = text;
                engine_.decommission(decommission_);
                log_(LogLevel::warning,
                     text == "OK" ? "recommissioned" : "decommissioned: " + text);
                store_->save_decommission(text, done);
            });
        };
        control.push = [this](server::Push push, auto done) {
            loop_.post([this, push = std::move(push), done = std::move(done)]() mutable {
                take_push(std::move(push), done);
            });
        };
        control.remove = [this](std::string name, auto done) {
            loop_.post([this, name = std::move(name), done = std::move(done)] {
                using Answer = server::Control::Answer;
                if (pushed_.erase(name) > 0 && engine_.remove(name)) return done(Answer::done, "");
                if (hub_.current()->find(name) == nullptr)
                    return done(Answer::unknown_component, "no component has that name");
                done(Answer::configured,
                     "the component stands in the configuration; remove it there and reload");
            });
        };
        control.run = [this](std::string name, auto done) {
            loop_.post([this, name = std::move(name), done = std::move(done)]() mutable {
                engine_.run_now(name, std::move(done));
            });
        };
        control.heartbeat = [this](server::Heartbeats beats, auto done) {
            loop_.post([this, beats = std::move(beats), done = std::move(done)] {
                done(workers_.take(beats));
            });
        };
        control.reload = [this](auto done) {
            loop_.post([this, done = std::move(done)]() mutable { reload(std::move(done)); });
        };
        return control;
    }

    void take_push(server::Push push,
                   const std::function<void(server::Control::Answer, std::string)>& done) {
        using Answer = server::Control::Answer;
        if (engine_.push(push.component, push.outcome, push.ttl)) return done(Answer::done, "");
        if (hub_.current()->find(push.component) != nullptr)
            return done(Answer::not_pushed,
                        "the component is checked by vitals; its state cannot be pushed");
        if (push.component.starts_with("vitals/"))
            return done(Answer::refused, "names that begin with 'vitals/' are vitals' own");
        if (pushed_.size() >= most_pushed)
            return done(Answer::refused,
                        fmt::format("there are {} pushed components already", most_pushed));
        engine::Definition definition;
        definition.component.name = push.component;
        definition.component.kind = "push";
        definition.dynamic = true;
        // Who pushes once and never again must not stay green for ever.
        definition.ttl = push.ttl.value_or(default_ttl);
        engine_.add(std::move(definition));
        pushed_.insert(push.component);
        engine_.push(push.component, std::move(push.outcome), push.ttl);
        done(Answer::created, "");
    }

    // ---- reload --------------------------------------------------------------------------------

    using Reloaded = std::function<void(std::vector<std::string>)>;

    void reload(Reloaded done) {
        if (reloading_) return done({"another reload is under way"});
        reloading_ = true;
        notify_.send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                                 std::chrono::duration_cast<std::chrono::microseconds>(
                                     std::chrono::steady_clock::now().time_since_epoch())
                                     .count()));
        reload_thread_ = std::jthread([this, done = std::move(done)]() mutable {
            auto loaded = std::make_shared<std::expected<config::Config, config::Problems>>(
                config::load(options_.file, catalog()));
            loop_.post([this, loaded, done = std::move(done)] {
                reloading_ = false;
                done(apply(*loaded));
                notify_.send("READY=1\nSTATUS=serving");
            });
        });
    }

    std::vector<std::string> apply(std::expected<config::Config, config::Problems>& loaded) {
        if (!loaded) {
            const auto problems = lines_of(loaded.error());
            log_(LogLevel::error,
                 fmt::format("the configuration was not reloaded, {} {} in it:", problems.size(),
                             problems.size() == 1 ? "problem" : "problems"));
            for (const std::string& problem : problems) log_(LogLevel::error, problem);
            return problems;
        }
        const auto before = config_;
        {
            const std::scoped_lock lock(config_mutex_);
            config_ = std::make_shared<config::Config>(std::move(*loaded));
        }
        const bool same_vault =
            before->vault && config_->vault && before->vault->place() == config_->vault->place();
        config_->secrets.continue_from(before->secrets, same_vault);
        engine_.set_service(config_->service);
        watch(*config_);
        server_->replace_routes(routes_of(*config_));
        for (const std::string& warning : config_->warnings) log_(LogLevel::warning, warning);
        tell_what_waits(*before);
        log_(LogLevel::info, fmt::format("configuration reloaded: {} components, {} endpoints",
                                         config_->components.size(), config_->endpoints.size()));
        return {};
    }

    // What only a restart changes is said, not silently left.
    void tell_what_waits(const config::Config& before) {
        const auto listener_texts = [](const config::Config& config) {
            std::string all;
            for (const config::Listener& listener : config.listeners) {
                all += listener.text + (listener.control ? " control" : "");
                if (listener.tls)
                    all += " " + listener.tls->certificate + " " + listener.tls->key + " " +
                           listener.tls->client_ca;
                all += "\n";
            }
            return all;
        };
        const auto waits = [this](std::string_view what) {
            log_(LogLevel::warning,
                 fmt::format("{} changed in the configuration; restart for it to take effect",
                             what));
        };
        if (listener_texts(before) != listener_texts(*config_)) waits("listeners");
        if (before.state_dir != config_->state_dir) waits("state_dir");
        if (before.log.level != config_->log.level || before.log.format != config_->log.format)
            waits("log");
    }

    void watch_secrets() {
        secrets_thread_ = std::jthread([this](std::stop_token stop) {
            std::mutex mutex;
            std::condition_variable_any wake;
            std::unique_lock lock(mutex);
            while (!wake.wait_for(lock, stop, secrets_interval, [] { return false; }) &&
                   !stop.stop_requested()) {
                std::shared_ptr<config::Config> config;
                {
                    const std::scoped_lock config_lock(config_mutex_);
                    config = config_;
                }
                for (const std::string& line : config->secrets.refresh())
                    log_(LogLevel::info, line);
            }
        });
    }

    // ---- the end -------------------------------------------------------------------------------

    void on_signal(int number) {
        if (number == SIGHUP) return reload([](const std::vector<std::string>&) {});
        if (draining_) {
            log_(LogLevel::warning, "second signal: stopping at once");
            return loop_.stop();
        }
        draining_ = true;
        log_(LogLevel::info, fmt::format("stopping: not ready from now on, serving for {} ms more",
                                         config_->drain.delay.count()));
        notify_.send("STOPPING=1\nSTATUS=draining");
        decommission_.draining = true;
        engine_.decommission(decommission_);
        const auto end = clock_.steady() + config_->drain.timeout;
        drain_timer_.arm(
            clock_.steady() + std::min(config_->drain.delay, config_->drain.timeout), [this, end] {
                drain_thread_ = std::jthread([this, end] {
                    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                        end - std::chrono::steady_clock::now());
                    server_->drain(std::max(left, 0ms));
                    loop_.stop();
                });
            });
    }

    // systemd's watchdog hangs on this loop: it is fed only while the engine turns.
    void keep_alive() {
        if (!notify_.watchdog()) return;
        notify_.send("WATCHDOG=1");
        watchdog_timer_.arm(clock_.steady() + *notify_.watchdog(), [this] { keep_alive(); });
    }

    static constexpr std::size_t most_pushed = 10'000;

    ServeOptions options_;
    Log log_;
    Notify notify_;
    Clock& clock_ = real_clock();
    std::shared_ptr<config::Config> config_;  // replaced on the engine's thread
    std::mutex config_mutex_;                 // for the secrets' thread
    engine::Hub hub_;
    net::Loop loop_;
    net::Environment environment_;
    engine::Engine engine_;
    WorkerGroups workers_;
    VaultSecrets vault_;
    std::set<std::string> waiting_;  // components that need a secret that was not read yet
    Outcome secrets_health_;         // as reported last
    net::Timer watchdog_timer_;
    net::Timer drain_timer_;
    Decommission decommission_;
    std::set<std::string> pushed_;
    bool reloading_ = false;
    bool draining_ = false;
    std::unique_ptr<history::Store> store_;
    std::unique_ptr<server::Server> server_;
    // Last, so that they are joined before what they use goes.
    std::jthread secrets_thread_;
    std::jthread reload_thread_;
    std::jthread drain_thread_;
};

}  // namespace

int serve(const ServeOptions& options) {
    auto loaded = config::load(options.file, catalog());
    if (!loaded) {
        for (const std::string& line : lines_of(loaded.error()))
            std::fprintf(stderr, "%s\n", line.c_str());
        return exit_config;
    }
#if !__has_feature(address_sanitizer)  // whose leak search attaches to the process
    // Secrets live in this process: no core file, no reading by others of the same user.
    prctl(PR_SET_DUMPABLE, 0);
#endif
    const Log log = make_log(options.log_level.value_or(loaded->log.level),
                             options.log_format.value_or(loaded->log.format));
    raise_descriptor_limit(log);
    signal(SIGPIPE, SIG_IGN);
    // A handful of threads, none of which allocates much at a time: one arena is enough and keeps
    // the process small. Without fast bins a larger allocation does not have to gather them first.
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MXFAST, 0);
    Daemon daemon(std::move(*loaded), options, log);
    return daemon.run();
}

}  // namespace vitals::app
