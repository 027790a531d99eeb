// From a configuration to a serving daemon.
#include "app/running.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <system_error>
#include <utility>

#include "app/assemble.hpp"
#include "app/footprint.hpp"
#include "app/in_time.hpp"
#include "app/read_now.hpp"
#include "history/records.hpp"

namespace vitals::app {

using namespace std::chrono_literals;

namespace {

constexpr int exit_listener = 71;  // EX_OSERR
constexpr int exit_threads = 71;   // likewise
constexpr int exit_state = 75;     // EX_TEMPFAIL: another daemon uses the state directory

// Three times the period of the store's reports.
constexpr auto store_patience = 15s;
constexpr auto save_patience = 1s;
constexpr auto read_patience = 2s;
constexpr std::string_view job_record = "job";
constexpr std::size_t most_jobs = 1'000'000;
constexpr auto recall_every = 500ms;
constexpr auto history_every = 10s;
constexpr auto engine_patience = 20s;  // later than that, it did not run
constexpr auto settled_after = 15s;    // a start or a reload: every check has run by then

}  // namespace

Daemon::Daemon(config::Config config, ServeOptions options, const Logger& logger)
    : options_(std::move(options)),
      log_(logger.log()),
      field_log_(logger.field_log()),
      config_(std::make_shared<config::Config>(std::move(config))),
      fixed_(fixed_at_start(*config_)),
      environment_(loop_, loop_, tell_desk()),
      engine_(environment_, clock_, hub_, {}, config_->service),
      workers_(environment_, clock_, log_,
               [this](workers::Groups::Shown shown) { show(std::move(shown)); }),
      fleet_(environment_, clock_, engine_, workers_, log_,
             {.drained = [this] { tell_decommission(); },
              .out_of_service =
                  [this] { return decommission_.active() || !fleet_.drain_text().empty(); },
              .happened =
                  [this](Happening::What what, std::string text, std::string by) {
                      desk_.happened(what, std::move(text), std::move(by));
                  },
              .claim = [this](const std::string& node,
                              const fleet::Claim& claim) { desk_.fleet().hear(node, claim); },
              .told = [this](const std::string& node,
                             const fleet::Told& told) { desk_.fleet().hear(node, told); },
              .asked = [this] { desk_.fleet().asked(); },
              .alerts = [this] { return desk_.fleet().figures(); }}),
      states_(loop_, engine_, clock_),
      jobs_(loop_, clock_, [this](jobs::Jobs::Shown shown) { show(std::move(shown)); }),
      shares_(loop_, engine_, clock_),
      desk_(loop_, environment_, clock_, engine_, hub_, log_),
      objectives_(loop_, engine_, clock_, hub_,
                  [this](const std::string& component, Past& past) {
                      desk_.add_maintenance(component, past);
                  }),
      secret_files_(loop_, environment_, clock_, log_),
      vault_(loop_, environment_, clock_, log_),
      exporter_(loop_, environment_, clock_, hub_, version,
                [this](std::optional<Outcome> health) { report_exporter(std::move(health)); }),
      store_timer_(loop_),
      recall_timer_(loop_),
      history_timer_(loop_),
      watchdog_timer_(loop_),
      settled_timer_(loop_),
      drain_timer_(loop_) {}

int Daemon::run() {
    if (!begin_shards()) return exit_threads;
    if (!open_store()) return exit_state;
    engine_.on_transition([this](const Transition& transition) {
        log_transition(transition);
        store_->append(transition);
        exporter_.take(transition);
        states_.keep_soon();
    });
    engine_.on_silence([this](const std::string& component) { return fleet_.silence(component); });
    engine_.on_result([this](const ComponentState& state) { store_->take(state); });
    objectives_.read_from(*store_);
    compare_history();
    engine_.before_publishing([this] {
        workers_.judge_pushed();
        shares_.judge();
    });
    // Before other processes can know this one: an early SIGHUP must not end it.
    loop_.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int number) { on_signal(number); });
    vault_.on_round([this] { vault_was_read(); });
    watch(*config_);
    if (const int code = listen(); code != 0) return code;
    log_summary();
    secret_files_.configure(config_->secrets);
    for (const std::string& warning : config_->warnings) log_(LogLevel::warning, warning);
    notify_.send("READY=1\nSTATUS=serving");
    keep_alive();
    settle();
    loop_.run();
    fleet_.end();
    workers_.save_now();
    states_.keep_now();
    jobs_.save_now();
    memory_.save_now();
    desk_.end();
    notify_.send("STOPPING=1");
    log_(LogLevel::info, "stopped");
    return 0;
}

WatchedNames::Resolved Daemon::tell_desk() {
    return [this](const std::string& component, const std::string& host,
                  std::vector<std::string> addresses) {
        desk_.resolved(component, host, std::move(addresses));
    };
}

// False: there is no thread for them.
bool Daemon::begin_shards() {
    if (config_->engine.threads == 1) return true;
    const auto make = [this](net::Loop& loop) -> std::unique_ptr<net::Environment> {
        auto made = std::make_unique<WatchedNames>(loop, loop_, tell_desk());
        made->remember_in(&memory_);
        return made;
    };
    try {
        engine_.use_shards(static_cast<std::size_t>(config_->engine.threads), make);
    } catch (const std::system_error& error) {
        log_(LogLevel::error,
             fmt::format("no thread for checks can be started: {}; lower 'threads' of 'engine', or "
                         "raise the limit of threads",
                         error.what()));
        return false;
    }
    return true;
}

// False: another daemon is there, and this one must not begin.
bool Daemon::open_store() {
    history::Settings settings;
    settings.directory = config_->state_dir;
    settings.keep = config_->history.keep;
    settings.size = config_->history.size.bytes;
    settings.raw = config_->history.raw;
    settings.maintenance = [view = desk_.maintenance()](std::string_view component, System from,
                                                        System to) {
        return view->of(component, from, to);
    };
    auto health = [this](Outcome outcome) {
        loop_.post(
            [this, outcome = std::move(outcome)]() mutable { store_reported(std::move(outcome)); });
    };
    store_ = std::make_unique<history::Store>(std::move(settings), log_, std::move(health));
    if (const std::string other = store_->used_by(); !other.empty()) {
        log_(LogLevel::error,
             fmt::format("the state directory {} is used by another vitals, process {}; stop that "
                         "one, or give this one a state_dir of its own",
                         config_->state_dir, other));
        return false;
    }
    await_store();
    recall_decommission();
    workers_.restore(store_->saved_workers(), [this](std::vector<RememberedWorker> workers) {
        store_->save_workers(std::move(workers));
    });
    take_up_jobs();
    memory_.take_up(*store_);
    environment_.remember_in(&memory_);
    states_.take_up(*store_);
    desk_.take_up(*store_, config_->state_dir);
    fleet_.begin(*config_, *store_);
    if (fleet_.in_use() && fleet_.member().settings().listens)
        desk_.fleet().begin(fleet_.member(),
                            [this](const fleet::Message& message) { fleet_.say(message); });
    tell_decommission();
    return true;
}

// Whether the node was decommissioned. Unknown counts as yes: missing traffic is the smaller harm.
// A disk that answers late is asked again.
void Daemon::recall_decommission() {
    const auto saved = store_->saved_decommission(0s);
    const bool began = !in_doubt_;
    in_doubt_ = !saved;
    decommission_.text = saved ? saved->value_or("OK")
                               : "it is not known whether this node is in service (the log says "
                                 "why); 'vitals recommission' puts it back";
    tell_decommission();
    if (!saved && began)
        log_(LogLevel::error,
             fmt::format("out of service, as it is not known whether this node was decommissioned: "
                         "{}; 'vitals recommission' puts it back",
                         saved.error()));
    else if (saved && decommission_.text != "OK")
        log_(LogLevel::warning, "still decommissioned: " + decommission_.text);
    else if (!began)
        log_(LogLevel::info, "in service: the disk has answered, the node was not decommissioned");
    await_answer();
}

// The text of the node, or that of its service on all nodes.
void Daemon::tell_decommission() {
    Decommission shown = decommission_;
    if (const std::string drained = fleet_.drain_text(); shown.text == "OK" && !drained.empty())
        shown.text = drained;
    engine_.decommission(std::move(shown));
}

// Until the disk has answered, it is also unknown whether another daemon has the directory.
void Daemon::await_answer() {
    if (store_->answered()) return;
    recall_timer_.arm(clock_.steady() + recall_every, [this] {
        if (const std::string other = store_->used_by(0s); !other.empty()) {
            log_(LogLevel::error,
                 fmt::format("the state directory {} is used by another vitals, process {}: "
                             "stopping",
                             config_->state_dir, other));
            return loop_.stop();
        }
        if (in_doubt_) return recall_decommission();
        await_answer();
    });
}

void Daemon::store_reported(Outcome outcome) {
    engine_.report_own("store", std::move(outcome));
    const unsigned losses = store_->losses();
    if (std::exchange(jobs_lost_, losses) != losses) jobs_.save_all();
    memory_.look_for_losses();
    await_store();
}

// It reports every few seconds. Silence means that a disk hangs.
void Daemon::await_store() {
    store_timer_.arm(clock_.steady() + store_patience, [this] {
        Outcome silent = degraded("the disk does not answer");
        silent.error = fmt::format("{}: nothing could be read or written for {} s",
                                   config_->state_dir, store_patience / 1s);
        log_(LogLevel::warning,
             fmt::format("history: {}: {}; no check is affected", silent.detail, silent.error));
        engine_.report_own("store", std::move(silent));
    });
}

// What no transition reports: a component that has not run or cannot be looked at, and that the
// engine itself did not run, because it was stopped or starved.
void Daemon::compare_history() {
    const Steady now = clock_.steady();
    if (compared_ != Steady() && now - compared_ > history_every + engine_patience)
        store_->blind(compared_, now);
    compared_ = now;
    engine_.publish_now();  // one that shows every reported result
    if (const auto snapshot = hub_.current()) store_->compare(*snapshot);
    history_timer_.arm(clock_.steady() + history_every, [this] { compare_history(); });
}

// An operator gets an answer in time, and the truth: what is not on disk yet is not durable.
void Daemon::save_decommission(const std::string& text, std::function<void(bool)> done) {
    in_doubt_ = false;
    store_->save_decommission(text,
                              in_time<bool>(loop_, clock_, save_patience, false, std::move(done)));
}

void Daemon::show(workers::Groups::Shown shown) {
    engine_.set_workers(std::move(shown.lists), shown.valid_until);
    for (auto& [component, outcome] : shown.outcomes)
        engine_.report(component, std::move(outcome), shown.valid_until);
}

void Daemon::show(jobs::Jobs::Shown shown) {
    if (!shown.anew && engine_.amend(shown.component, shown.outcome, shown.valid_until)) return;
    engine_.report(shown.component, std::move(shown.outcome), shown.valid_until);
}

void Daemon::take_up_jobs() {
    using Records = std::vector<history::Record>;
    const auto records = read_now<Records>(
        *store_,
        [](history::Database& database) {
            return history::Records(database).latest(job_record, {}, {}, most_jobs);
        },
        read_patience);
    jobs::Jobs::Saved saved;
    for (const history::Record& record : records)
        if (record.text) saved.emplace_back(record.key, *record.text);
    jobs_lost_ = store_->losses();
    jobs_.restore(std::move(saved), store_->away(),
                  [this](auto rows) { save_jobs(std::move(rows)); });
}

void Daemon::save_jobs(std::vector<std::pair<std::string, std::optional<std::string>>> rows) {
    std::vector<history::Record> records;
    for (auto& [name, text] : rows)
        records.push_back({std::string(job_record), name, clock_.system(), name, std::move(text)});
    store_->commit([records = std::move(records)](
                       history::Database& database) { history::Records(database).save(records); },
                   [](bool) {});
}

void Daemon::watch(const config::Config& config) {
    workers_.configure(groups_of(config));
    fleet_.configure(config);
    std::vector<engine::Definition> definitions = definitions_of(config);
    for (Component& group : workers_.components())
        definitions.push_back(reported(std::move(group)));
    objectives_.configure(config);
    for (Component& objective : objectives_.components())
        definitions.push_back(reported(std::move(objective)));
    for (Component& shown : fleet_.components()) definitions.push_back(reported(std::move(shown)));
    engine_.configure(std::move(definitions));
    memory_.configure([this](const std::string& name) { return engine_.find(name) != nullptr; });
    fleet_.show();
    for (const std::string& name : objectives_.gone()) engine_.remove(name);
    jobs_.configure(jobs_of(config));
    shares_.configure(config);
    desk_.configure(config);
    desk_.components_changed();
    engine_.publish_now();  // what objectives will select from
    objectives_.turn();
    waiting_.clear();
    for (const config::ComponentConfig& component : config.components)
        if (waits_for_secret(component)) waiting_.insert(component.component->name);
    vault_.configure(config);
    if (!vault_.in_use()) report_secrets();
    exporter_.configure(config.otlp);
}

// A component that waited for a secret is checked as soon as the secret has a value.
void Daemon::vault_was_read() {
    report_secrets();
    if (waiting_.empty()) return;
    for (const config::ComponentConfig& component : config_->components) {
        const std::string& name = component.component->name;
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

void Daemon::report_exporter(std::optional<Outcome> health) {
    if (health)
        engine_.report_own("otlp", *std::move(health));
    else
        engine_.remove("vitals/otlp");
}

// Once all configured components have run.
void Daemon::settle() {
    settled_timer_.arm(clock_.steady() + settled_after, [] { give_memory_back(); });
}

int Daemon::listen() {
    try {
        server_ = std::make_unique<server::Server>(listeners_of(*config_), routes_of(*config_),
                                                   control(), hub_, clock_, log_,
                                                   limits_of(*config_), serving_threads(*config_));
    } catch (const std::exception& error) {
        log_(LogLevel::error, error.what());
        return exit_listener;
    }
    return 0;
}

}  // namespace vitals::app
