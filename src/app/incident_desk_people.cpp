// The desk's interface for people: their changes, and incidents in memory or on disk.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "app/in_time.hpp"
#include "app/incident_desk.hpp"
#include "history/records.hpp"

namespace vitals::app {

using namespace std::chrono_literals;
using endpoints::People;

namespace {

constexpr auto read_patience = 2s;

std::optional<IncidentRecord> incident_in(const history::Record& record,
                                          const alerts::Moment& moment) {
    if (!record.text) return std::nullopt;
    return alerts::restored<IncidentRecord>(*record.text, moment);
}

}  // namespace

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
    people.peer = [this](endpoints::PeerExchange said, auto done) {
        loop_.post(
            [this, said = std::move(said), done = std::move(done)] { done(peer_.answer(said)); });
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

// Incidents in memory are newer than those on disk.
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

// From memory as far as that goes back, even if the disk does not answer.
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

// The history has changes of components as spans, all else as records.
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
