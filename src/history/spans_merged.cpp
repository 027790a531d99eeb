// Merges many short spans into few; every sum stays the same.
#include <algorithm>
#include <array>

#include "history/spans.hpp"

namespace vitals::history {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::int64_t most_spans = 2'000;
constexpr std::int64_t spans_left = most_spans - Spans::merged_at_once;

std::int64_t count_of(System time) {
    return std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
}

System begin_of(System time, std::chrono::hours unit) {
    const auto since = std::chrono::floor<milliseconds>(time.time_since_epoch());
    return System(since - since % milliseconds(unit));
}

bool covers(const std::vector<Stretch>& stretches, System at) {
    return std::ranges::any_of(
        stretches, [at](const Stretch& each) { return each.from <= at && at < each.to; });
}

// Replaces the spans of [from, to) by few. The time that counts is divided among the states, each
// as long as before.
std::vector<StateSpan> put_together(const std::vector<StateSpan>& spans, System from, System to,
                                    const std::vector<Stretch>& hidden) {
    // All moments at which something changes.
    std::vector<System> edges{from, to};
    for (const StateSpan& span : spans)
        if (span.start > from && span.start < to) edges.push_back(span.start);
    for (const Stretch& each : hidden)
        for (const System edge : {each.from, each.to})
            if (edge > from && edge < to) edges.push_back(edge);
    std::ranges::sort(edges);
    std::array<System::duration, spent_kinds> left{};
    std::vector<Stretch> shown;
    auto next = spans.begin();
    Spent state = Spent::unwatched;
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
        while (next != spans.end() && next->start <= edges[i]) state = (next++)->state;
        if (edges[i] == edges[i + 1] || covers(hidden, edges[i])) continue;
        left[static_cast<std::size_t>(state)] += edges[i + 1] - edges[i];
        shown.push_back({edges[i], edges[i + 1]});
    }
    std::vector<StateSpan> made;
    const auto begin = [&made](System at, Spent what) {
        if (made.empty() || made.back().state != what) made.push_back({at, what});
    };
    std::size_t kind = 0;
    for (const Stretch& each : shown) {
        for (System at = each.from; at < each.to;) {
            while (kind < spent_kinds && left[kind] == System::duration::zero()) ++kind;
            if (kind == spent_kinds) break;
            const auto length = std::min<System::duration>(left[kind], each.to - at);
            begin(at, static_cast<Spent>(kind));
            left[kind] -= length;
            at += length;
        }
    }
    // The state after it begins there, if no span of its own does.
    if (made.empty()) begin(from, state);
    return made;
}

}  // namespace

void Spans::merge(const std::string& component, System now,
                  const std::function<std::vector<Stretch>(System, System)>& maintenance) {
    Statement counted(database_,
                      "SELECT id, count(*), min(start) FROM component JOIN span ON component = id"
                      " WHERE name = ?");
    if (!counted.bind(1, component).step() || counted.number(1) <= most_spans) return;
    const std::int64_t id = counted.number(0);
    std::int64_t count = counted.number(1);
    System at(milliseconds(counted.number(2)));
    counted.reset();
    Statement remove(database_,
                     "DELETE FROM span WHERE component = ? AND start >= ? AND start < ?");
    Statement insert(database_,
                     "REPLACE INTO span (component, start, decided, state, detail)"
                     " VALUES (?, ?, -1, ?, '')");
    while (count > spans_left) {
        const bool lately = begin_of(at, 24h) + 24h > now - 24h;
        const std::chrono::hours unit = lately ? 1h : 24h;
        const System from = begin_of(at, unit);
        const System to = from + unit;
        if (to > now) return;  // it is not over
        const Past past = pasts({component}, from, to).front();
        std::vector<StateSpan> within = past.spans;
        std::erase_if(within, [to](const StateSpan& each) { return each.start >= to; });
        std::vector<Stretch> hidden = maintenance(from, to);
        hidden.insert(hidden.end(), past.blind.begin(), past.blind.end());
        hidden.insert(hidden.end(), past.skipped.begin(), past.skipped.end());
        // Before its first span it was not watched.
        std::vector<StateSpan> made = put_together(within, std::max(from, within.front().start), to,
                                                   merged(std::move(hidden)));
        if (made.back().state != within.back().state && !starts_at(id, to))
            made.push_back({to, within.back().state});
        remove.bind(1, id).bind(2, count_of(from)).bind(3, count_of(to)).run();
        count -= database_.changed_rows();
        for (const StateSpan& each : made) {
            insert.bind(1, id)
                .bind(2, count_of(each.start))
                .bind(3, static_cast<std::int64_t>(each.state))
                .run();
            ++count;
        }
        Statement next(database_, "SELECT min(start) FROM span WHERE component = ? AND start >= ?");
        if (!next.bind(1, id).bind(2, count_of(to)).step() || next.is_null(0)) return;
        at = System(milliseconds(next.number(0)));
    }
}

bool Spans::starts_at(std::int64_t component, System at) {
    Statement select(database_, "SELECT 1 FROM span WHERE component = ? AND start = ?");
    return select.bind(1, component).bind(2, count_of(at)).step();
}

}  // namespace vitals::history
