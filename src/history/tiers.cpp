#include "history/tiers.hpp"

#include <algorithm>
#include <optional>

namespace vitals::history {

namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr auto settle = 2min;  // until the last minute of an hour is surely written
constexpr auto hours_kept = days(35);
constexpr std::int64_t rolled_at_once = 100;  // components
constexpr std::int64_t turns_an_hour = 360;   // or fewer, if there are many of them

std::int64_t count_of(System time) {
    return std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
}

System time_of(std::int64_t count) {
    return System(milliseconds(count));
}

template <class Unit>
System begin_of(System time) {
    return System(std::chrono::floor<Unit>(time.time_since_epoch()));
}

template <class Unit>
System first_whole(System time) {
    return System(std::chrono::ceil<Unit>(time.time_since_epoch()));
}

// Columns from that one on: runs, least, most, total, sketch.
RunTimes times_of(const Statement& row, int column) {
    RunTimes times;
    times.runs = static_cast<std::uint64_t>(std::max<std::int64_t>(row.number(column), 0));
    times.least = microseconds(row.number(column + 1));
    times.most = std::max(times.least, microseconds(row.number(column + 2)));
    times.total = microseconds(row.number(column + 3));
    times.sketch = Sketch::decoded(row.bytes(column + 4)).value_or(Sketch());
    return times;
}

void bind(Statement& statement, int index, const RunTimes& times) {
    statement.bind(index, static_cast<std::int64_t>(times.runs))
        .bind(index + 1, times.least.count())
        .bind(index + 2, times.most.count())
        .bind(index + 3, times.total.count())
        .bind_bytes(index + 4, times.sketch.encoded());
}

std::optional<System> first_of(Statement& select) {
    if (!select.step() || select.is_null(0)) return std::nullopt;
    return time_of(select.number(0));
}

constexpr const char* hours_between =
    "SELECT start, runs, least, most, total, sketch FROM hour"
    " WHERE component = ? AND start >= ? AND start < ? ORDER BY start";
constexpr const char* days_between =
    "SELECT start, runs, least, most, total, sketch FROM day"
    " WHERE component = ? AND start >= ? AND start < ? ORDER BY start";
constexpr const char* one_minute =
    "SELECT start, runs, least, most, total, sketch FROM minute WHERE start = ? AND component = ?";

}  // namespace

System chunk_start(const std::string& component, System at) noexcept {
    std::uint32_t hash = 2'166'136'261u;  // FNV-1a: the same in every process
    for (const char c : component) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619u;
    const auto phase = std::chrono::seconds(hash % 600);
    const auto since = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()) + phase;
    return System(std::chrono::floor<std::chrono::duration<std::int64_t, std::ratio<600>>>(since) -
                  phase);
}

std::int64_t Tiers::number_of(const std::string& component) {
    Statement select(database_, "SELECT id FROM component WHERE name = ?");
    if (select.bind(1, component).step()) return select.number(0);
    Statement(database_, "INSERT INTO component (name) VALUES (?)").bind(1, component).run();
    return database_.number("SELECT last_insert_rowid()");
}

void Tiers::put_chunk(std::int64_t component, const Chunk& chunk) {
    const std::int64_t start = count_of(chunk.start());
    Statement insert(database_,
                     "INSERT OR IGNORE INTO chunk (start, component, runs) VALUES (?, ?, ?)");
    insert.bind(1, start).bind(2, component).bind_bytes(3, chunk.bytes()).run();
    if (database_.changed_rows() > 0) return;
    // Of the process before this one.
    Statement select(database_, "SELECT runs FROM chunk WHERE start = ? AND component = ?");
    if (!select.bind(1, start).bind(2, component).step()) return;
    Chunk whole(chunk.start());
    for (const auto& bytes : {select.bytes(0), chunk.bytes()})
        for (const Run& run : runs_of(chunk.start(), bytes).value_or(std::vector<Run>()))
            whole.add(run);
    select.reset();
    Statement update(database_, "UPDATE chunk SET runs = ? WHERE start = ? AND component = ?");
    update.bind_bytes(1, whole.bytes()).bind(2, start).bind(3, component).run();
}

void Tiers::put_minute(std::int64_t component, System start, const RunTimes& times) {
    const auto put = [&](const char* sql, const RunTimes& what) {
        Statement statement(database_, sql);
        statement.bind(1, count_of(start)).bind(2, component);
        bind(statement, 3, what);
        statement.run();
    };
    put("INSERT OR IGNORE INTO minute (start, component, runs, least, most, total, sketch)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        times);
    if (database_.changed_rows() > 0) return;
    RunTimes whole = times;
    Statement select(database_, one_minute);
    if (select.bind(1, count_of(start)).bind(2, component).step()) whole.merge(times_of(select, 1));
    select.reset();
    put("REPLACE INTO minute (start, component, runs, least, most, total, sketch)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        whole);
}

Tiers::Rolled Tiers::rolled(System now) {
    Statement select(database_, "SELECT hour, component FROM roll");
    if (select.step()) return {time_of(select.number(0)), select.number(1)};
    return {begin_of<hours>(now), 0};
}

bool Tiers::roll(System now, std::optional<milliseconds> days_kept) {
    Rolled at = rolled(now);
    const System oldest = begin_of<hours>(now - minutes_kept);
    if (at.hour < oldest) at = {oldest, 0};
    if (now < at.hour + 1h + settle) {
        Statement(database_, "INSERT OR IGNORE INTO roll (one, hour, component) VALUES (1, ?, 0)")
            .bind(1, count_of(at.hour))
            .run();
        return false;
    }
    Transaction transaction(database_);
    Statement any(database_, "SELECT 1 FROM minute WHERE start >= ? AND start < ? LIMIT 1");
    std::vector<std::int64_t> some;
    if (any.bind(1, count_of(at.hour)).bind(2, count_of(at.hour + 1h)).step()) {
        const std::int64_t all = database_.number("SELECT max(id) FROM component");
        Statement next(database_, "SELECT id FROM component WHERE id > ? ORDER BY id LIMIT ?");
        next.bind(1, at.component).bind(2, std::max(rolled_at_once, all / turns_an_hour));
        while (next.step()) some.push_back(next.number(0));
    }
    for (const std::int64_t component : some) roll_component(component, at.hour, days_kept);
    at = some.empty() ? Rolled{at.hour + 1h, 0} : Rolled{at.hour, some.back()};
    Statement(database_, "REPLACE INTO roll (one, hour, component) VALUES (1, ?, ?)")
        .bind(1, count_of(at.hour))
        .bind(2, at.component)
        .run();
    transaction.commit();
    return now >= at.hour + 1h + settle;
}

void Tiers::roll_component(std::int64_t component, System hour,
                           std::optional<milliseconds> days_kept) {
    std::vector<Part> parts;
    add_minutes(parts, component, hour, hour + 1h);
    const auto put = [&](const char* sql, System start) {
        RunTimes whole;
        for (const Part& part : parts) whole.merge(part.times);
        if (whole.runs == 0) return;
        Statement insert(database_, sql);
        insert.bind(1, component).bind(2, count_of(start));
        bind(insert, 3, whole);
        insert.run();
    };
    put("REPLACE INTO hour (component, start, runs, least, most, total, sketch)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        hour);
    if (days_kept)
        forget_before("DELETE FROM hour WHERE component = ? AND start < ?", component,
                      hour - hours_kept);
    const System day = begin_of<days>(hour);
    if (hour + 1h < day + 24h) return;
    parts.clear();
    add_rows(parts, hours_between, component, day, day + 24h);
    put("REPLACE INTO day (component, start, runs, least, most, total, sketch)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        day);
    if (days_kept)
        forget_before("DELETE FROM day WHERE component = ? AND start < ?", component,
                      day - *days_kept);
}

void Tiers::forget_before(const char* sql, std::int64_t component, System before) {
    Statement(database_, sql).bind(1, component).bind(2, count_of(before)).run();
}

void Tiers::add_minutes(std::vector<Part>& parts, std::int64_t component, System from, System to) {
    Statement select(database_, one_minute);
    for (System minute = begin_of<std::chrono::minutes>(from); minute < to; minute += 1min) {
        if (select.bind(1, count_of(minute)).bind(2, component).step())
            parts.push_back({minute, times_of(select, 1)});
        select.reset();
    }
}

void Tiers::add_rows(std::vector<Part>& parts, const char* sql, std::int64_t component, System from,
                     System to) {
    Statement select(database_, sql);
    select.bind(1, component).bind(2, count_of(from)).bind(3, count_of(to));
    while (select.step()) parts.push_back({time_of(select.number(0)), times_of(select, 1)});
}

std::vector<Tiers::Part> Tiers::parts(const std::string& name, System from, System to,
                                      milliseconds step) {
    std::vector<Part> parts;
    Statement known(database_, "SELECT id FROM component WHERE name = ?");
    if (!known.bind(1, name).step()) return parts;
    const std::int64_t component = known.number(0);
    known.reset();
    const Rolled at = rolled(to);
    // Hours are complete up to here; minutes are kept from here on.
    System by_minute = component <= at.component ? at.hour + 1h : at.hour;
    Statement first_minute(database_, "SELECT min(start) FROM minute");
    const auto first = first_of(first_minute);
    if (step < 1h && first) by_minute = std::min(by_minute, begin_of<hours>(*first));
    Statement first_hour(database_, "SELECT min(start) FROM hour WHERE component = ?");
    first_hour.bind(1, component);
    const auto hour = first_of(first_hour);
    const System by_hour =
        std::min(by_minute, hour ? first_whole<days>(*hour) : begin_of<days>(by_minute));
    add_rows(parts, days_between, component, from, std::min(by_hour, to));
    add_rows(parts, hours_between, component, std::max(from, by_hour), std::min(by_minute, to));
    if (by_minute < to) add_minutes(parts, component, std::max(from, by_minute), to);
    return parts;
}

std::vector<Run> Tiers::runs(const std::string& name, System from, System to) {
    std::vector<Run> found;
    Statement known(database_, "SELECT id FROM component WHERE name = ?");
    if (!known.bind(1, name).step()) return found;
    const std::int64_t component = known.number(0);
    Statement select(database_, "SELECT runs FROM chunk WHERE start = ? AND component = ?");
    for (System start = chunk_start(name, from); start < to; start += chunk_length) {
        if (select.bind(1, count_of(start)).bind(2, component).step())
            for (const Run& run : runs_of(start, select.bytes(0)).value_or(std::vector<Run>()))
                if (run.at >= from && run.at < to) found.push_back(run);
        select.reset();
    }
    return found;
}

std::vector<Tiers::Minute> Tiers::minutes(System from, std::size_t most) {
    Statement select(database_,
                     "SELECT minute.start, name, runs, least, most, total, sketch FROM minute"
                     " JOIN component ON id = component WHERE minute.start >= ?"
                     " ORDER BY minute.start DESC LIMIT ?");
    select.bind(1, count_of(from)).bind(2, static_cast<std::int64_t>(most));
    std::vector<Minute> found;
    while (select.step())
        found.push_back({select.text(1), time_of(select.number(0)), times_of(select, 2)});
    return found;
}

std::int64_t Tiers::forget(Tier tier, System before, std::int64_t most) {
    // Rows with a component in their key are found component by component: no table is scanned.
    constexpr const char* statements[] = {
        "DELETE FROM chunk WHERE (start, component) IN (SELECT start, component FROM chunk"
        " WHERE start < ?1 ORDER BY start LIMIT ?2)",
        "DELETE FROM minute WHERE (start, component) IN (SELECT start, component FROM minute"
        " WHERE start < ?1 ORDER BY start LIMIT ?2)",
        "DELETE FROM hour WHERE component IN (SELECT id FROM component) AND start < ?1 AND ?2 > 0",
        "DELETE FROM day WHERE component IN (SELECT id FROM component) AND start < ?1 AND ?2 > 0"};
    Statement remove(database_, statements[static_cast<std::size_t>(tier)]);
    remove.bind(1, count_of(before)).bind(2, most).run();
    return database_.changed_rows();
}

std::optional<System> Tiers::oldest(Tier tier) {
    constexpr const char* statements[] = {
        "SELECT min(start) FROM chunk", "SELECT min(start) FROM minute",
        "SELECT min(first) FROM"
        " (SELECT (SELECT min(start) FROM hour WHERE component = id) AS first FROM component)",
        "SELECT min(first) FROM"
        " (SELECT (SELECT min(start) FROM day WHERE component = id) AS first FROM component)"};
    Statement select(database_, statements[static_cast<std::size_t>(tier)]);
    return first_of(select);
}

std::vector<ResponseStep> steps_of(const std::vector<Tiers::Part>& parts, System from,
                                   milliseconds step, std::size_t count) {
    std::vector<RunTimes> sums(count);
    for (const Tiers::Part& part : parts) {
        // A minute that began before the window belongs to its first step; a day belongs to none.
        const auto offset = std::chrono::duration_cast<milliseconds>(part.start - from);
        if (offset <= -1min) continue;
        const auto index = static_cast<std::size_t>(std::max(offset, 0ms) / step);
        if (index < count) sums[index].merge(part.times);
    }
    std::vector<ResponseStep> steps;
    steps.reserve(count);
    for (std::size_t i = 0; i < count; ++i) steps.push_back(sums[i].step(from + step * i));
    return steps;
}

}  // namespace vitals::history
