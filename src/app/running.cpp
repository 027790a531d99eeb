// From a configuration to a daemon that serves.
#include "app/running.hpp"

#include <fmt/format.h>
#include <signal.h>

#include "app/assemble.hpp"

namespace vitals::app {

namespace {

constexpr int exit_listener = 71;  // EX_OSERR

}  // namespace

Daemon::Daemon(config::Config config, ServeOptions options, Log log)
    : options_(std::move(options)),
      log_(std::move(log)),
      config_(std::make_shared<config::Config>(std::move(config))),
      fixed_(fixed_at_start(*config_)),
      environment_(loop_),
      engine_(environment_, clock_, hub_, log_, config_->service),
      workers_(environment_, engine_, clock_, log_),
      vault_(loop_, environment_, clock_, log_),
      watchdog_timer_(loop_),
      drain_timer_(loop_) {}

int Daemon::run() {
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

void Daemon::open_store() {
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
        known.push_back({std::move(worker.group), std::move(worker.name), worker.sent, worker.heard,
                         worker.left});
    workers_.remember(std::move(known), [this](std::vector<workers::Remembered> now) {
        std::vector<history::SavedWorker> saved;
        saved.reserve(now.size());
        for (workers::Remembered& worker : now)
            saved.push_back({std::move(worker.group), std::move(worker.name), worker.sent,
                             worker.heard, worker.left});
        store_->save_workers(std::move(saved));
    });
}

void Daemon::watch(const config::Config& config) {
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
void Daemon::vault_was_read() {
    report_secrets();
    if (waiting_.empty()) return;
    for (const config::ComponentConfig& component : config_->components) {
        const std::string& name = component.component.name;
        if (!waiting_.contains(name) || waits_for_secret(component)) continue;
        waiting_.erase(name);
        engine_.run_now(name, [](const auto&) {});
    }
}

void Daemon::report_secrets() {
    if (!vault_.in_use()) {
        if (!secrets_health_.detail.empty()) engine_.remove("vitals/secrets");
        secrets_health_ = {};
        return;
    }
    Outcome health = vault_.health();
    if (health.detail == secrets_health_.detail && health.error == secrets_health_.error) return;
    secrets_health_ = health;
    engine_.report_own("secrets", std::move(health));
}

int Daemon::listen() {
    try {
        server_ =
            std::make_unique<server::Server>(listeners_of(*config_), routes_of(*config_), control(),
                                             hub_, clock_, log_, limits_of(*config_));
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

}  // namespace vitals::app
