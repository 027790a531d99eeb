#include "app/incident_desk.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "alerts/receivers/watchdog.hpp"
#include "app/alerting.hpp"
#include "app/daemon.hpp"
#include "app/in_time.hpp"
#include "history/records.hpp"
#include "text/amount.hpp"

namespace vitals::app {

using namespace std::chrono_literals;
using alerts::DeskRow;
using endpoints::People;

namespace {

constexpr auto save_patience = 2s;
constexpr auto read_patience = 2s;
constexpr auto tick_every = 1s;
constexpr auto forget_every = 10min;
constexpr auto longest_wait_of_a_message = 5min;
constexpr std::int64_t forgotten_at_once = 2'000;
constexpr std::size_t rows_taken_up = 200;  // of what stays: records, and what happened
constexpr std::size_t spans_taken_up = 10'000;

history::Record record_of(DeskRow row) {
    return {std::string(to_string(row.kind)), std::move(row.key), row.at, std::move(row.component),
            std::move(row.text)};
}

DeskRow row_of(DeskRow::Kind kind, history::Record record) {
    return {kind, std::move(record.key), record.at, std::move(record.component),
            std::move(record.text)};
}

std::string random_digits() {
    std::random_device device;
    return fmt::format("{:08x}", static_cast<std::uint32_t>(device()));
}

// Ascending, as they were saved.
std::vector<DeskRow> read_rows(history::Database& database) {
    history::Records records(database);
    std::vector<DeskRow> rows;
    const auto take = [&](DeskRow::Kind kind, std::size_t limit) {
        std::vector<history::Record> found = records.latest(to_string(kind), {}, {}, limit);
        for (auto at = found.rbegin(); at != found.rend(); ++at)
            rows.push_back(row_of(kind, std::move(*at)));
    };
    constexpr std::size_t all = 1'000'000;
    take(DeskRow::Kind::counters, all);
    take(DeskRow::Kind::verdict, all);
    take(DeskRow::Kind::incident, all);
    take(DeskRow::Kind::told, all);
    take(DeskRow::Kind::mute, all);
    take(DeskRow::Kind::action, all);
    take(DeskRow::Kind::record, rows_taken_up);
    // Also of an incident that began before those: somebody is still to hear that it ended.
    std::vector<DeskRow> older;
    for (const DeskRow& row : rows) {
        if (row.kind != DeskRow::Kind::incident) continue;
        const auto is_it = [&row](const DeskRow& other) {
            return other.kind == DeskRow::Kind::record && other.key == row.key;
        };
        if (std::ranges::any_of(rows, is_it)) continue;
        if (auto found = records.find(to_string(DeskRow::Kind::record), row.key))
            older.push_back(row_of(DeskRow::Kind::record, std::move(*found)));
    }
    std::ranges::move(older, std::back_inserter(rows));
    take(DeskRow::Kind::happening, rows_taken_up);
    take(DeskRow::Kind::maintenance, spans_taken_up);
    return rows;
}

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

// What another thread reads while this one waits, for a while.
struct Reading {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<DeskRow> rows;
    bool ended = false, read = false;
};

std::optional<IncidentRecord> incident_in(const history::Record& record,
                                          const alerts::Moment& moment) {
    if (!record.text) return std::nullopt;
    return alerts::restored<IncidentRecord>(*record.text, moment);
}

}  // namespace

IncidentDesk::IncidentDesk(net::Loop& loop, net::Environment& environment, Clock& clock,
                           engine::Engine& engine, Hub& hub, Log log)
    : loop_(loop),
      clock_(clock),
      engine_(engine),
      hub_(hub),
      turn_timer_(loop),
      tick_timer_(loop),
      log_(log),
      sender_(environment, clock, log),
      actions_(environment, clock),
      desk_(seams(), happenings_, std::move(log)) {
    // No id of an earlier process comes again, even if nothing of it is known.
    happenings_.continue_at(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(clock.system().time_since_epoch())
            .count()));
}

alerts::Desk::Seams IncidentDesk::seams() {
    alerts::Desk::Seams seams;
    seams.moment = [this] { return alerts::Moment{clock_.system(), clock_.steady()}; };
    seams.save = [this](std::vector<DeskRow> rows, auto done) {
        save(std::move(rows), std::move(done));
    };
    seams.show = [this](std::shared_ptr<const Board> board) { hub_.publish(std::move(board)); };
    seams.look = [this](const std::string& name) { engine_.run_now(name, [](const auto&) {}); };
    seams.send = [this](const alerts::Message& message, const IncidentRecord& incident,
                        unsigned attempt, bool may_be_copy, auto done) {
        send(message, incident, attempt, may_be_copy, std::move(done));
    };
    seams.act = [this](const std::string& component, const alerts::OnFailed& rule, auto done) {
        actions_.run(component, rule, std::move(done));
    };
    seams.in_service = [this] { return !hub_.current()->decommission.active(); };
    seams.wake = [this](Steady when) { turn_timer_.arm(when, [this] { desk_.turn(); }); };
    return seams;
}

void IncidentDesk::save(std::vector<DeskRow> rows, std::function<void(bool)> done) {
    if (store_ == nullptr) return loop_.post([done = std::move(done)] { done(false); });
    std::vector<history::Record> records;
    for (DeskRow& row : rows) records.push_back(record_of(std::move(row)));
    store_->commit([records = std::move(records)](
                       history::Database& database) { history::Records(database).save(records); },
                   in_time<bool>(loop_, clock_, save_patience, false, std::move(done)));
}

void IncidentDesk::take_up(history::Store& store) {
    store_ = &store;
    losses_ = store.losses();
    const auto reading = std::make_shared<Reading>();
    store.read(
        [reading](history::Database& database) {
            std::vector<DeskRow> rows = read_rows(database);
            const std::scoped_lock lock(reading->mutex);
            reading->rows = std::move(rows);
        },
        [reading](bool read) {
            const std::scoped_lock lock(reading->mutex);
            reading->read = read;
            reading->ended = true;
            reading->changed.notify_all();
        });
    alerts::DeskMemory memory;
    {
        std::unique_lock lock(reading->mutex);
        memory.whole = reading->changed.wait_for(lock, read_patience, [&] {
            return reading->ended;
        }) && reading->read;
        memory.rows = std::exchange(reading->rows, {});
    }
    if (!memory.whole)
        log_(LogLevel::warning,
             "incidents: the disk did not say in time what was told before; receivers may be told "
             "of a problem again, and of no end that came meanwhile");
    desk_.restore(memory, random_digits());
    engine_.on_result([this](const ComponentState& state) { desk_.judged(state); });
    engine_.on_transition([this](const Transition& transition) { desk_.changed(transition); });
    happened(Happening::What::started, fmt::format("version {}", version));
    tick();
}

void IncidentDesk::components_changed() {
    engine_.when_published([this] {
        const bool first = !std::exchange(watching_, true);
        desk_.see(*hub_.current());
        if (first) remember_what_was_told();
    });
}

void IncidentDesk::tick() {
    tick_timer_.arm(clock_.steady() + tick_every, [this] { tick(); });
    if (watching_) desk_.see(*hub_.current());
    const unsigned losses = store_ == nullptr ? losses_ : store_->losses();
    if (std::exchange(losses_, losses) != losses) desk_.save_all();
    if (clock_.steady() >= forget_at_) forget_old();
    report_queues();
    feed_watchdog();
}

void IncidentDesk::forget_old() {
    forget_at_ = clock_.steady() + forget_every;
    if (store_ == nullptr) return;
    store_->commit(
        [before = clock_.system() - keep_](history::Database& database) {
            history::Records records(database);
            for (const char* kind : {"record", "happening", "maintenance"})
                records.forget(kind, before, forgotten_at_once);
        },
        [](bool) {});
}

void IncidentDesk::add_maintenance(const std::string& component, Past& past) const {
    const auto snapshot = hub_.current();
    if (const ComponentState* state = snapshot->find(component))
        past.planned = desk_.maintenance(*state->component, past.from, past.now);
}

void IncidentDesk::happened(Happening::What what, std::string text, std::string by) {
    desk_.happened({.what = what, .text = std::move(text), .by = std::move(by)});
}

// ---- alerts -------------------------------------------------------------------------------------

void IncidentDesk::configure(const config::Config& config) {
    keep_ = config.history.keep;
    service_ = config.service.name;
    telling_.url = config.alerts.url;
    telling_.host = host_name();
    telling_.version = version;
    telling_.settings = alert_settings_of(config);
    std::vector<alerts::receivers::Configured> receivers = receivers_of(config);
    receivers_.clear();
    for (const auto& each : receivers) receivers_.push_back(each.name);
    watchdog_every_.reset();
    if (const auto& watchdog = config.alerts.watchdog) {
        receivers.push_back(alerts::receivers::watchdog(watchdog->url));
        watchdog_every_ = watchdog->every;
        watchdog_at_ = {};
    }
    sender_.configure(std::move(receivers), {service_, telling_.host, telling_.version});
    desk_.set_actions(actions_of(config));
    desk_.configure(telling_.settings);
}

alerts::Alert IncidentDesk::alert(const alerts::Message& message,
                                  const IncidentRecord& incident) const {
    const auto snapshot = hub_.current();
    alerts::Telling telling = telling_;
    telling.store = desk_.store();
    telling.decided = clock_.system() - (clock_.steady() - message.decided);
    alerts::Alert alert = alerts::alert_of(message, incident, snapshot.get(), telling);
    if (!telling.url.empty() && !incident.closed)
        alert.act_link = fmt::format("{}/a/{}", telling.url,
                                     alerts::link_token({incident.id, message.receiver,
                                                         clock_.system() + alerts::link_lasts},
                                                        desk_.link_key()));
    return alert;
}

void IncidentDesk::send(const alerts::Message& message, const IncidentRecord& incident,
                        unsigned attempt, bool may_be_copy,
                        std::function<void(alerts::Attempt)> done) {
    alerts::Alert told = alert(message, incident);
    told.attempt = attempt;
    told.may_be_copy = may_be_copy;
    sender_.send(message.receiver, std::move(told), std::move(done));
}

void IncidentDesk::remember_what_was_told() {
    for (const alerts::Message& message : desk_.told())
        if (const auto incident = desk_.record(desk_.id_of(message.incident)))
            sender_.remember(message.receiver, alert(message, *incident));
}

// A receiver that takes nothing is a fault of its own: the others are told of it.
void IncidentDesk::report_queues() {
    if (receivers_.empty()) {
        if (queues_reported_) engine_.remove("vitals/alerts");
        queues_reported_.reset();
        return;
    }
    std::string detail, error;
    for (const alerts::QueueFigures& queue : desk_.queues()) {
        const bool old =
            queue.oldest && clock_.steady() - *queue.oldest > longest_wait_of_a_message;
        if (!queue.rejecting && !old) continue;
        detail = queue.rejecting ? "a receiver refuses messages" : "a receiver cannot be reached";
        error += fmt::format("{}{}: {}", error.empty() ? "" : "; ", queue.receiver,
                             queue.rejecting ? "refuses messages; its configuration is wrong"
                                             : text::counted(queue.messages, "message") +
                                                   " waiting for more than 5 min");
    }
    if (queues_reported_ == error) return;
    queues_reported_ = error;
    Outcome health = detail.empty() ? ok() : degraded(detail);
    health.error = std::move(error);
    engine_.report_own("alerts", std::move(health));
}

// Whoever watches us hears of us only while the engine, the store and the queues are well.
void IncidentDesk::feed_watchdog() {
    const Steady now = clock_.steady();
    if (!watchdog_every_ || now < watchdog_at_ || !watching_) return;
    const auto snapshot = hub_.current();
    for (const char* name : {"vitals/engine", "vitals/store", "vitals/alerts"}) {
        const ComponentState* state = snapshot->find(name);
        if (state != nullptr && state->status(now) != Status::ok) return;
    }
    watchdog_at_ = now + *watchdog_every_;
    alerts::Alert alive;
    alive.at = alive.since = clock_.system();
    alive.cause = {"vitals"};
    sender_.send(
        std::string(alerts::receivers::watchdog_name), std::move(alive),
        [this](const alerts::Attempt& attempt) {
            const bool well = attempt.fate == alerts::Fate::delivered;
            if (std::exchange(watchdog_well_, well) == well) return;
            log_(well ? LogLevel::info : LogLevel::warning,
                 well ? "watchdog: told again that all is well" : "watchdog: " + attempt.why);
        });
}

void IncidentDesk::test_receiver(const std::string& name, People::Done done) {
    std::vector<std::string> names;
    for (const std::string& each : receivers_)
        if (each == name || each.starts_with(name + "/")) names.push_back(each);
    endpoints::Changed changed;
    if (names.empty()) {
        changed.unknown = true;
        changed.problem = receivers_.empty()
                              ? "there is no receiver; 'alerts: {receivers: ...}' names them"
                              : fmt::format("there is no receiver of this name; there are: {}",
                                            fmt::join(receivers_, ", "));
        return done(std::move(changed));
    }
    alerts::Alert test;
    test.test = true;
    test.level = Status::ok;
    test.severity = alerts::Severity::warning;
    test.cause = {"test"};
    test.at = test.since = clock_.system();
    test.detail = "this is a test; nothing is wrong";
    test.service = service_;
    test.host = telling_.host;
    test.version = telling_.version;
    test.incident = fmt::format("{}-test", desk_.store());
    struct Testing {
        std::size_t left = 0;
        endpoints::Changed changed;
        People::Done done;
    };
    const auto testing =
        std::make_shared<Testing>(Testing{names.size(), std::move(changed), std::move(done)});
    for (const std::string& each : names) {
        test.key = test.thread = fmt::format("{}-{}-{}", test.incident, each,
                                             test.at.time_since_epoch() / std::chrono::seconds(1));
        sender_.send(each, test, [testing, each](const alerts::Attempt& attempt) {
            if (attempt.fate != alerts::Fate::delivered)
                testing->changed.problem += fmt::format(
                    "{}{}: {}", testing->changed.problem.empty() ? "" : "; ", each, attempt.why);
            if (--testing->left == 0) testing->done(std::move(testing->changed));
        });
    }
}

// ---- people -------------------------------------------------------------------------------------

void IncidentDesk::change(std::function<alerts::Desk::Answer(alerts::Desk::Durable)> act,
                          People::Done done) {
    loop_.post([act = std::move(act), done = std::move(done)] {
        const auto id = std::make_shared<std::string>();
        const alerts::Desk::Answer answer = act([done, id](bool durable) {
            endpoints::Changed changed;
            changed.durable = durable;
            changed.id = *id;
            done(std::move(changed));
        });
        *id = answer.id;
        if (answer.problem.empty()) return;
        endpoints::Changed changed;
        changed.problem = answer.problem;
        changed.unknown = answer.unknown;
        changed.over = answer.over;
        done(std::move(changed));
    });
}

People IncidentDesk::people() {
    People people;
    people.acknowledge = [this](std::string id, std::string by, std::string reason, auto done) {
        change(
            [this, id = std::move(id), by = std::move(by),
             reason = std::move(reason)](alerts::Desk::Durable durable) {
                return desk_.acknowledge(id, by, reason, std::move(durable));
            },
            std::move(done));
    };
    people.note = [this](std::string id, std::string by, NoteState state, bool is_public,
                         std::string text, auto done) {
        change(
            [this, id = std::move(id), by = std::move(by), state, is_public,
             text = std::move(text)](alerts::Desk::Durable durable) {
                return desk_.note(id, by, state, is_public, text, std::move(durable));
            },
            std::move(done));
    };
    people.mute = [this](People::NewMute wanted, auto done) {
        alerts::Mute mute{.kind = wanted.maintenance ? alerts::Mute::Kind::maintenance
                                                     : alerts::Mute::Kind::silence,
                          .match = Selector(std::move(wanted.match)),
                          .until = wanted.until,
                          .by = std::move(wanted.by),
                          .reason = std::move(wanted.reason)};
        if (wanted.from) mute.from = *wanted.from;
        change([this, mute = std::move(mute)](
                   alerts::Desk::Durable durable) { return desk_.mute(mute, std::move(durable)); },
               std::move(done));
    };
    people.end_mute = [this](std::string id, std::string by, auto done) {
        change(
            [this, id = std::move(id), by = std::move(by)](alerts::Desk::Durable durable) {
                return desk_.end_mute(id, by, std::move(durable));
            },
            std::move(done));
    };
    people.announce = [this](std::string component, std::string text, std::string by, auto done) {
        change(
            [this, component = std::move(component), text = std::move(text),
             by = std::move(by)](alerts::Desk::Durable durable) {
                return desk_.announce(component, text, by, std::move(durable));
            },
            std::move(done));
    };
    // Never changes after the start: any thread may use a copy.
    people.act_link = [this, key = desk_.link_key()](
                          std::string_view token) -> std::optional<endpoints::ActLink> {
        auto link = alerts::read_link(token, key);
        if (!link) return std::nullopt;
        return endpoints::ActLink{std::move(link->incident), std::move(link->receiver),
                                  link->expires <= clock_.system()};
    };
    people.test_receiver = [this](std::string name, auto done) {
        loop_.post([this, name = std::move(name), done = std::move(done)]() mutable {
            test_receiver(name, std::move(done));
        });
    };
    people.incident = [this](std::string id, auto done) {
        loop_.post([this, id = std::move(id), done = std::move(done)]() mutable {
            find_incident(id, std::move(done));
        });
    };
    people.incidents = [this](std::string component, std::uint64_t before, std::size_t limit,
                              auto done) {
        loop_.post([this, component = std::move(component), before, limit,
                    done = std::move(done)]() mutable {
            list_incidents(std::move(component), before, limit, std::move(done));
        });
    };
    people.happenings = [this](System before, std::size_t limit, auto done) {
        loop_.post([this, before, limit, done = std::move(done)]() mutable {
            list_happenings(before, limit, std::move(done));
        });
    };
    return people;
}

// What is in memory is newer than what is on disk.
void IncidentDesk::find_incident(const std::string& id,
                                 std::function<void(std::optional<People::Incident>)> done) {
    if (auto known = desk_.record(id)) return done(std::move(known));
    std::uint64_t number = 0;
    const std::size_t dash = id.rfind('-');
    for (std::size_t i = dash == std::string::npos ? id.size() : dash + 1; i < id.size(); ++i) {
        if (id[i] < '0' || id[i] > '9' || id.size() - dash > 18) return done(People::Incident());
        number = number * 10 + static_cast<std::uint64_t>(id[i] - '0');
    }
    if (number == 0 || store_ == nullptr) return done(People::Incident());
    const auto found = std::make_shared<std::optional<history::Record>>();
    auto answer = [this, id, found, done = std::move(done)](bool read) {
        if (!read) return done(std::nullopt);
        const alerts::Moment moment{clock_.system(), clock_.steady()};
        std::optional<IncidentRecord> incident;
        if (*found) incident = incident_in(**found, moment);
        if (!incident || incident->id != id) return done(People::Incident());
        done(std::make_shared<const IncidentRecord>(std::move(*incident)));
    };
    store_->read(
        [found, key = fmt::format("{:020}", number)](history::Database& database) {
            *found = history::Records(database).find("record", key);
        },
        in_time<bool>(loop_, clock_, read_patience, false, std::move(answer)));
}

// From memory as far as that goes, also when the disk does not answer.
void IncidentDesk::list_incidents(std::string component, std::uint64_t before, std::size_t limit,
                                  std::function<void(std::optional<Incidents>)> done) {
    Incidents known;
    for (People::Incident& each : desk_.records())
        if (each->number < before &&
            (component.empty() || (!each->roots.empty() && each->roots[0] == component)))
            known.push_back(std::move(each));
    const auto older = std::make_shared<std::vector<history::Record>>();
    auto answer = [this, known = std::move(known), older, limit, done = std::move(done)](bool) {
        Incidents all = known;
        const alerts::Moment moment{clock_.system(), clock_.steady()};
        for (const history::Record& each : *older) {
            auto incident = incident_in(each, moment);
            const auto is_it = [&](const auto& one) { return one->number == incident->number; };
            if (incident && std::ranges::none_of(all, is_it))
                all.push_back(std::make_shared<const IncidentRecord>(std::move(*incident)));
        }
        std::ranges::sort(all, std::greater(), [](const auto& each) { return each->number; });
        if (all.size() > limit) all.resize(limit);
        done(std::move(all));
    };
    if (store_ == nullptr) return answer(false);
    store_->read(
        [older, component, before, limit](history::Database& database) {
            *older = history::Records(database).latest("record", fmt::format("{:020}", before),
                                                       component, limit);
        },
        in_time<bool>(loop_, clock_, read_patience, false, std::move(answer)));
}

// Changes of components stand in the history as spans, all else as records.
void IncidentDesk::list_happenings(
    System before, std::size_t limit,
    std::function<void(std::optional<std::vector<Happening>>)> done) {
    if (store_ == nullptr) return done(std::nullopt);
    const auto rows = std::make_shared<std::vector<history::Record>>();
    auto with_rows = [this, rows, before, limit, done = std::move(done)](bool read) mutable {
        if (!read) return done(std::nullopt);
        auto with_changes = [this, rows, limit, done = std::move(done)](
                                std::optional<std::vector<PastChange>> changes) {
            if (!changes) return done(std::nullopt);
            const alerts::Moment moment{clock_.system(), clock_.steady()};
            std::vector<Happening> all;
            for (const history::Record& row : *rows)
                if (auto one = alerts::restored<Happening>(row.text.value_or(""), moment))
                    all.push_back(std::move(*one));
            for (PastChange& change : *changes) {
                if (change.to == Spent::unwatched) continue;
                const auto status = [](Spent spent) {
                    return spent <= Spent::failed ? static_cast<Status>(spent) : Status::unknown;
                };
                all.push_back({.at = change.decided,
                               .component = std::move(change.component),
                               .from = status(change.from),
                               .to = status(change.to),
                               .text = std::move(change.why)});
            }
            std::ranges::sort(all, std::greater(),
                              [](const Happening& each) { return std::pair(each.at, each.id); });
            if (all.size() > limit) all.resize(limit);
            done(std::move(all));
        };
        store_->changes({}, before, limit,
                        in_time<std::optional<std::vector<PastChange>>>(
                            loop_, clock_, read_patience, std::nullopt, std::move(with_changes)));
    };
    store_->read(
        [rows, before, limit](history::Database& database) {
            *rows = history::Records(database).before("happening", before, limit);
        },
        in_time<bool>(loop_, clock_, read_patience, false, std::move(with_rows)));
}

}  // namespace vitals::app
