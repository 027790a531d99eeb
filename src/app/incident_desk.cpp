#include "app/incident_desk.hpp"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "app/daemon.hpp"
#include "app/in_time.hpp"
#include "history/records.hpp"
#include "history/state_files.hpp"

namespace vitals::app {

using namespace std::chrono_literals;
using alerts::DeskRow;

namespace {

constexpr auto save_patience = 2s;
constexpr auto read_patience = 2s;
constexpr auto tick_every = 1s;
constexpr auto forget_every = 10min;
constexpr std::int64_t forgotten_at_once = 2'000;
constexpr std::size_t rows_taken_up = 200;  // of what stays: records and events
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
    take(DeskRow::Kind::pair, all);
    take(DeskRow::Kind::record, rows_taken_up);
    // Also the records of an incident that began earlier: its end must still be told.
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

// Data that another thread reads while this one waits, for a while.
struct Reading {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<DeskRow> rows;
    std::string link_key, key_problem;
    bool ended = false, read = false;
};

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
      peer_(environment, clock, log, peer_seams()),
      fleet_(loop, clock, fleet_seams()),
      desk_(seams(), happenings_, std::move(log)) {
    // No id of an earlier process is used again, even if nothing of it is known.
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
    seams.acknowledge = [this](const alerts::Message& message, const IncidentRecord& incident) {
        acknowledge(message, incident);
    };
    seams.act = [this](const std::string& component, const alerts::OnFailed& rule, auto done) {
        actions_.run(component, rule, std::move(done));
    };
    seams.in_service = [this] { return !hub_.current()->decommission.active(); };
    seams.may_leave = [this](const alerts::Message& message, const IncidentRecord& incident) {
        return !fleet_.in_use() || incident.key.empty() || fleet_.may_leave(message, incident);
    };
    // Who copies the state hears of it from all who know it.
    seams.told_elsewhere = [this](const alerts::Message& message, const IncidentRecord& incident) {
        if (fleet_.in_use()) sender_.remember(message.receiver, alert(message, incident));
    };
    seams.wake = [this](Steady when) { turn_timer_.arm(when, [this] { desk_.turn(); }); };
    return seams;
}

void IncidentDesk::save(std::vector<DeskRow> rows, std::function<void(bool)> done) {
    if (std::ranges::find(rows, DeskRow::Kind::maintenance, &DeskRow::kind) != rows.end())
        maintenance_->renew(desk_.maintenance_spans());
    if (store_ == nullptr) return loop_.post([done = std::move(done)] { done(false); });
    std::vector<history::Record> records;
    for (DeskRow& row : rows) records.push_back(record_of(std::move(row)));
    store_->commit([records = std::move(records)](
                       history::Database& database) { history::Records(database).save(records); },
                   in_time<bool>(loop_, clock_, save_patience, false, std::move(done)));
}

void IncidentDesk::take_up(history::Store& store, const std::string& directory) {
    store_ = &store;
    losses_ = store.losses();
    const auto reading = std::make_shared<Reading>();
    store.read(
        [reading, directory](history::Database& database) {
            std::vector<DeskRow> rows = read_rows(database);
            const auto key = history::LinkKeyFile(directory).read();
            const std::scoped_lock lock(reading->mutex);
            reading->rows = std::move(rows);
            if (key) reading->link_key = *key;
            reading->key_problem = key ? std::string() : key.error();
        },
        [reading](bool read) {
            const std::scoped_lock lock(reading->mutex);
            reading->read = read;
            reading->ended = true;
            reading->changed.notify_all();
        });
    alerts::DeskMemory memory;
    bool keep_key = false;
    {
        std::unique_lock lock(reading->mutex);
        memory.whole = reading->changed.wait_for(lock, read_patience, [&] {
            return reading->ended;
        }) && reading->read;
        memory.rows = std::exchange(reading->rows, {});
        memory.link_key = reading->link_key;
        if (!reading->key_problem.empty())
            log_(LogLevel::warning, "links in messages are signed by a key of this process only: " +
                                        reading->key_problem);
        else if (memory.whole)
            keep_key = memory.link_key.empty();
    }
    if (!memory.whole)
        log_(LogLevel::warning,
             "incidents: the disk did not say in time which messages were sent before; receivers "
             "may be told of a problem again, and are not told of an end that came meanwhile");
    desk_.restore(memory, random_digits());
    maintenance_->renew(desk_.maintenance_spans());
    if (keep_key) keep_link_key(directory);
    engine_.on_result([this](const ComponentState& state) { desk_.judged(state); });
    engine_.on_transition([this](const Transition& transition) { desk_.changed(transition); });
    happened(Happening::What::started, fmt::format("version {}", version));
    tick();
}

// The key is in a file that only vitals may read. An older vitals kept it among the records.
void IncidentDesk::keep_link_key(const std::string& directory) {
    const auto problem = std::make_shared<std::optional<std::string>>();
    store_->read(
        [directory, key = alerts::to_text(desk_.link_key()), problem](history::Database&) {
            *problem = history::LinkKeyFile(directory).write(key);
        },
        [this, problem](bool read) {
            loop_.post([this, problem, read] {
                if (read && !*problem) return desk_.link_key_is_kept();
                log_(LogLevel::warning, "links in messages work only until this process ends: " +
                                            problem->value_or("the disk does not answer"));
            });
        });
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
    maintenance_->renew(hub_.current());
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

}  // namespace vitals::app
