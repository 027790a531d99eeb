#include "history/spans.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "history/stored_time.hpp"

namespace vitals::history {

namespace {

using Ms = std::chrono::milliseconds;

Spent state_of(std::int64_t number) {
    const bool known = number >= 0 && number < static_cast<std::int64_t>(spent_kinds);
    return known ? static_cast<Spent>(number) : Spent::unknown;
}

std::int64_t number_of(Spent state) {
    return static_cast<std::int64_t>(state);
}

}  // namespace

void Spans::record(const SpanRecord& record) {
    Statement(database_, "INSERT OR IGNORE INTO component (name) VALUES (?)")
        .bind(1, record.component)
        .run();
    Statement last(database_,
                   "SELECT id, start, state FROM component LEFT JOIN span ON component = id"
                   " WHERE name = ? ORDER BY start DESC LIMIT 1");
    if (!last.bind(1, record.component).step()) return;
    std::int64_t start = stored<Ms>(record.start);
    if (!last.is_null(1)) {
        if (state_of(last.number(2)) == record.state) return;
        start = std::max(start, last.number(1) + 1);
    }
    Statement(database_,
              "INSERT INTO span (component, start, decided, state, detail) VALUES (?, ?, ?, ?, ?)")
        .bind(1, last.number(0))
        .bind(2, start)
        .bind(3, std::max(start, stored<Ms>(record.decided)))
        .bind(4, number_of(record.state))
        .bind(5, record.detail)
        .run();
}

void Spans::begin_if_unknown(const SpanRecord& record) {
    Statement any(database_,
                  "SELECT 1 FROM component JOIN span ON component = id WHERE name = ? LIMIT 1");
    if (!any.bind(1, record.component).step()) this->record(record);
}

void Spans::begin_life(System start) {
    Statement(database_, "INSERT INTO life (start, alive) VALUES (?, ?)")
        .bind(1, stored<Ms>(start))
        .bind(2, stored<Ms>(start))
        .run();
}

void Spans::alive(System now) {
    Statement(database_, "UPDATE life SET alive = ? WHERE id = (SELECT max(id) FROM life)")
        .bind(1, stored<Ms>(now))
        .run();
}

void Spans::leap(const Stretch& leap) {
    Statement(database_, "INSERT INTO leap (start, until) VALUES (?, ?)")
        .bind(1, stored<Ms>(leap.from))
        .bind(2, stored<Ms>(leap.to))
        .run();
}

System Spans::ended() {
    Statement select(database_, "SELECT max(alive) FROM life");
    return select.step() && !select.is_null(0) ? time_of<Ms>(select.number(0)) : System::min();
}

std::vector<Past> Spans::pasts(const std::vector<std::string>& components, System from,
                               System now) {
    Past shared;
    shared.from = from;
    shared.now = now;
    shared.blind = blind(from);
    shared.skipped = skipped(from);
    std::vector<Past> pasts(components.size(), shared);
    Statement spans(database_,
                    "SELECT start, state FROM component JOIN span ON component = id"
                    " WHERE name = ?1 AND start >= coalesce((SELECT max(start) FROM span"
                    " WHERE component = id AND start <= ?2), ?2) ORDER BY start");
    for (std::size_t i = 0; i < components.size(); ++i) {
        spans.bind(1, components[i]).bind(2, stored<Ms>(from));
        while (spans.step())
            pasts[i].spans.push_back({time_of<Ms>(spans.number(0)), state_of(spans.number(1))});
        spans.reset();
    }
    return pasts;
}

Recent::Kept Spans::kept(System from, System now) {
    Recent::Kept kept;
    kept.from = from;
    kept.blind = blind(from);
    kept.skipped = skipped(from);
    Statement spans(database_,
                    "SELECT id, name, start, state FROM component JOIN span ON component = id"
                    " WHERE start >= coalesce((SELECT max(start) FROM span"
                    " WHERE component = id AND start <= ?1), ?1) AND start <= ?2"
                    " ORDER BY id, start");
    spans.bind(1, stored<Ms>(from)).bind(2, stored<Ms>(now));
    std::int64_t last = -1;
    while (spans.step()) {
        if (spans.number(0) != std::exchange(last, spans.number(0)))
            kept.components.push_back({spans.text(1), {}});
        kept.components.back().spans.push_back(
            {time_of<Ms>(spans.number(2)), state_of(spans.number(3))});
    }
    return kept;
}

std::vector<Stretch> Spans::blind(System from) {
    std::vector<Stretch> blind;
    Statement lives(database_, "SELECT start, alive FROM life WHERE alive >= ? ORDER BY id");
    lives.bind(1, stored<Ms>(from));
    // Before the first life in the history, nobody can say what was watched: the spans say it.
    std::optional<System> down_since;
    Statement before(database_, "SELECT max(alive) FROM life WHERE alive < ?");
    if (before.bind(1, stored<Ms>(from)).step() && !before.is_null(0)) down_since = from;
    while (lives.step()) {
        const System start = time_of<Ms>(lives.number(0));
        if (down_since && start > *down_since) blind.push_back({*down_since, start});
        down_since = std::max(down_since.value_or(System::min()), time_of<Ms>(lives.number(1)));
    }
    return merged(std::move(blind));
}

std::vector<Stretch> Spans::skipped(System from) {
    std::vector<Stretch> skipped;
    Statement leaps(database_, "SELECT start, until FROM leap WHERE until > ?");
    leaps.bind(1, stored<Ms>(from));
    while (leaps.step())
        skipped.push_back({time_of<Ms>(leaps.number(0)), time_of<Ms>(leaps.number(1))});
    return merged(std::move(skipped));
}

std::vector<PastChange> Spans::changes(const std::string& component, System before,
                                       std::size_t limit) {
    Statement select(
        database_, component.empty()
                       ? "SELECT name, span.start, decided, state, detail, component FROM span"
                         " JOIN component ON component = id WHERE span.start < ?1 AND decided >= 0"
                         " ORDER BY span.start DESC LIMIT ?2"
                       : "SELECT name, span.start, decided, state, detail, component FROM component"
                         " JOIN span ON component = id WHERE name = ?3 AND span.start < ?1"
                         " AND decided >= 0"
                         " ORDER BY span.start DESC LIMIT ?2");
    select.bind(1, stored<Ms>(before)).bind(2, static_cast<std::int64_t>(limit));
    if (!component.empty()) select.bind(3, component);
    Statement earlier(database_,
                      "SELECT start, state FROM span WHERE component = ? AND start < ?"
                      " ORDER BY start DESC LIMIT 1");
    std::vector<PastChange> found;
    while (select.step()) {
        PastChange change;
        change.component = select.text(0);
        change.first = time_of<Ms>(select.number(1));
        change.decided = time_of<Ms>(select.number(2));
        change.to = state_of(select.number(3));
        change.why = select.text(4);
        earlier.reset();
        if (earlier.bind(1, select.number(5)).bind(2, select.number(1)).step()) {
            change.from = state_of(earlier.number(1));
            change.lasted = std::chrono::milliseconds(select.number(1) - earlier.number(0));
        }
        found.push_back(std::move(change));
    }
    return found;
}

std::int64_t Spans::forget(System before, std::int64_t at_most) {
    // The present state of a component stays, and so its state at that moment.
    Statement remove(database_,
                     "DELETE FROM span WHERE (component, start) IN"
                     " (SELECT component, start FROM span AS old WHERE start < ?1 AND EXISTS"
                     " (SELECT 1 FROM span WHERE component = old.component AND start > old.start"
                     " AND start <= ?1) ORDER BY start LIMIT ?2)");
    remove.bind(1, stored<Ms>(before)).bind(2, at_most).run();
    std::int64_t removed = database_.changed_rows();
    for (const char* sql : {"DELETE FROM life WHERE alive < ? AND id < (SELECT max(id) FROM life)",
                            "DELETE FROM leap WHERE until < ?"}) {
        Statement(database_, sql).bind(1, stored<Ms>(before)).run();
        removed += database_.changed_rows();
    }
    return removed;
}

}  // namespace vitals::history
