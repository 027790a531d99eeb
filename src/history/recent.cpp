// Spans of the last day and usual times, in shards, so that a long read never delays the engine.
#include "history/recent.hpp"

#include <algorithm>
#include <utility>

namespace vitals::history {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t most_spans = 2'000;       // of a component
constexpr std::size_t many_spans = 2'000'000;   // of all; from there on
constexpr std::size_t most_spans_of_many = 64;  // of a component
constexpr std::size_t most_components = 250'000;
constexpr auto slack = 1h;  // beyond the reach: a reader may come a little later
constexpr auto first_run_patience = 5s;

std::int64_t count_of(System time) {
    return std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
}

System time_of(std::int64_t count) {
    return System(milliseconds(count));
}

std::int64_t packed(std::int64_t start, Spent state) {
    return start * 8 + static_cast<std::int64_t>(state);
}

std::int64_t start_of(std::int64_t span) {
    return span >> 3;
}

Spent state_of(std::int64_t span) {
    return static_cast<Spent>(span & 7);
}

bool nobody_knew(Spent state) {
    return state == Spent::unknown || state == Spent::blind;
}

std::int64_t begin_of_kept(std::int64_t now) {
    return now - milliseconds(Recent::reach + slack).count();
}

}  // namespace

Spent spent_of(Status judged, ErrorClass error_class) noexcept {
    const bool blind = judged == Status::unknown && error_class == ErrorClass::local;
    return blind ? Spent::blind : vitals::spent_of(judged);
}

Recent::Recent(System wall, Steady now)
    : origin_((wall.time_since_epoch() - now.time_since_epoch()).count()) {}

void Recent::anchor(System line, Steady moment) {
    const std::int64_t origin = (line.time_since_epoch() - moment.time_since_epoch()).count();
    const std::int64_t before = origin_.exchange(origin);
    const std::int64_t moved = (origin - before) / nanoseconds(1ms).count() * 8;
    if (moved == 0) return;
    for (Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        for (auto& [name, entry] : shard.entries)
            for (std::int64_t& span : entry.spans) span += moved;
    }
}

void Recent::leapt(const Stretch& leap) {
    origin_ += nanoseconds(leap.to - leap.from).count();
    const std::lock_guard lock(mutex_);
    skipped_.push_back(leap);
    skipped_ = merged(std::move(skipped_));
}

System Recent::at(Steady moment) const noexcept {
    return System(moment.time_since_epoch() + nanoseconds(origin_));
}

Recent::Shard& Recent::shard_of(std::string_view component) const {
    return shards_[Hash()(component) % shard_count];
}

// In the form of the file. A record that repeats the former state is left out; one that starts
// before the former one starts with it.
void Recent::add(Entry& entry, std::int64_t start, Spent state) {
    if (!entry.spans.empty()) {
        if (state_of(entry.spans.back()) == state) return;
        start = std::max(start, start_of(entry.spans.back()) + 1);
    }
    entry.spans.reserve(entry.spans.size() < 8 ? entry.spans.size() + 1 : entry.spans.capacity());
    entry.spans.push_back(packed(start, state));
    ++spans_;
}

// Removes what ended before the reach, except for the state at that moment; and the oldest, if
// there are many.
void Recent::trim(Entry& entry, std::int64_t now) {
    const std::size_t before = entry.spans.size();
    const std::int64_t begin = packed(begin_of_kept(now), Spent::unwatched);
    auto first = std::ranges::upper_bound(entry.spans, begin);
    if (first != entry.spans.begin()) --first;
    const std::size_t most = spans_ > many_spans ? most_spans_of_many : most_spans;
    const auto left = static_cast<std::size_t>(entry.spans.end() - first);
    if (left > most) {
        first = entry.spans.end() - static_cast<std::ptrdiff_t>(most - most / 4);
        entry.cut = start_of(*first);
    }
    entry.spans.erase(entry.spans.begin(), first);
    spans_ -= before - entry.spans.size();
}

void Recent::transition(const Transition& transition) {
    const std::int64_t start = count_of(at(transition.began));
    Shard& shard = shard_of(transition.component);
    const std::lock_guard lock(shard.mutex);
    Entry& entry = shard.entries[transition.component];
    entry.not_run = false;
    add(entry, start, spent_of(transition.to, transition.error_class));
    trim(entry, count_of(at(transition.decided)));
}

std::optional<Transition> Recent::result(const ComponentState& state) {
    const Spent now_is = spent_of(state.judged, state.last->error_class);
    const System when = at(state.observed);
    Shard& shard = shard_of(state.name());
    const std::lock_guard lock(shard.mutex);
    auto found = shard.entries.find(state.name());
    if (found == shard.entries.end()) found = shard.entries.try_emplace(state.name()).first;
    Entry& entry = found->second;
    const bool answered =
        state.last->status == Status::ok || state.last->status == Status::degraded;
    if (answered && state.last->duration > nanoseconds::zero())
        entry.usual.take(
            when, std::chrono::duration_cast<std::chrono::microseconds>(state.last->duration),
            state.last->status == Status::ok, state.last->phases);
    if (entry.not_run && entry.first_result == 0) entry.first_result = count_of(when);
    if (entry.spans.empty()) {
        add(entry, count_of(when), now_is);
        if (!nobody_knew(now_is)) return std::nullopt;  // a transition reports it
    } else {
        const Spent was = state_of(entry.spans.back());
        if (was == now_is || !nobody_knew(was) || !nobody_knew(now_is)) return std::nullopt;
        add(entry, count_of(when), now_is);
    }
    Transition told;
    told.component = state.name();
    told.to = Status::unknown;
    told.error_class = state.last->error_class;
    told.detail = state.last->detail;
    told.decided = told.began = state.observed;
    return told;
}

std::optional<Transition> Recent::compare(const ComponentState& state, Entry& entry, Steady now,
                                          System wall) {
    Transition told;
    told.component = state.name();
    told.decided = now;
    if (state.last == nullptr) {
        const auto age = wall - state.since;
        const bool known = !entry.spans.empty() && state_of(entry.spans.back()) == Spent::unknown;
        if (age < first_run_patience || known) return std::nullopt;
        told.began = now - age;
        told.to = Status::unknown;
        told.detail = "not run yet";
        entry.not_run = true;
        entry.first_result = 0;
    } else {
        const Spent now_is = spent_of(state.judged, state.last->error_class);
        const bool same = !entry.spans.empty() && state_of(entry.spans.back()) == now_is;
        const std::int64_t first = std::exchange(entry.first_result, 0);
        const bool waited = std::exchange(entry.not_run, false);
        if (same) return std::nullopt;
        told.began = state.observed;
        if (waited && first != 0)
            told.began = std::min(told.began,
                                  Steady(time_of(first).time_since_epoch() - nanoseconds(origin_)));
        told.to = state.judged;
        told.error_class = state.last->error_class;
        told.detail = state.detail(now);
    }
    add(entry, count_of(at(told.began)), spent_of(told.to, told.error_class));
    return told;
}

std::vector<Transition> Recent::compare(const Snapshot& snapshot) {
    std::vector<Transition> told;
    if (!filled_) return told;
    for (const auto& state : snapshot.components) {
        Shard& shard = shard_of(state->name());
        const std::lock_guard lock(shard.mutex);
        if (shard.entries.size() >= most_components / shard_count &&
            !shard.entries.contains(state->name()))
            continue;
        auto one = compare(*state, shard.entries[state->name()], snapshot.taken, snapshot.taken_at);
        if (one) told.push_back(std::move(*one));
    }
    Shard& shard = shards_[next_sweep_++ % shard_count];
    const std::lock_guard lock(shard.mutex);
    sweep(shard, count_of(at(snapshot.taken)));
    return told;
}

// A component that is gone for longer than the reach is forgotten; if there are very many of them,
// sooner.
void Recent::sweep(Shard& shard, std::int64_t now) {
    const bool many = shard.entries.size() > most_components / shard_count;
    const std::int64_t begin = begin_of_kept(now);
    for (auto each = shard.entries.begin(); each != shard.entries.end();) {
        Entry& entry = each->second;
        trim(entry, now);
        const bool over = !entry.spans.empty() &&
                          state_of(entry.spans.back()) == Spent::unwatched &&
                          (many || start_of(entry.spans.back()) <= begin);
        if (over) spans_ -= entry.spans.size();
        each = over ? shard.entries.erase(each) : std::next(each);
    }
    const std::lock_guard lock(mutex_);
    const auto old = [begin](const Stretch& each) { return count_of(each.to) < begin; };
    std::erase_if(blind_, old);
    std::erase_if(skipped_, old);
}

void Recent::gone(const std::string& component, Steady now) {
    Shard& shard = shard_of(component);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(component);
    if (found == shard.entries.end()) return;
    add(found->second, count_of(at(now)), Spent::unwatched);
    found->second.usual = {};
}

void Recent::blind(Steady from, Steady to) {
    const std::lock_guard lock(mutex_);
    blind_.push_back({at(from), at(to)});
    blind_ = merged(std::move(blind_));
}

void Recent::fill(Kept kept) {
    for (Kept::Spans& each : kept.components) {
        Shard& shard = shard_of(each.component);
        const std::lock_guard lock(shard.mutex);
        if (shard.entries.size() > most_components / shard_count) continue;
        Entry& entry = shard.entries[each.component];
        const std::vector<std::int64_t> since = std::exchange(entry.spans, {});
        spans_ -= since.size();
        const std::int64_t began = since.empty() ? INT64_MAX : start_of(since.front());
        entry.spans.reserve(each.spans.size() + since.size());
        for (const StateSpan& span : each.spans)
            if (count_of(span.start) < began) add(entry, count_of(span.start), span.state);
        for (const std::int64_t span : since) add(entry, start_of(span), state_of(span));
        trim(entry, count_of(kept.from) + milliseconds(reach + slack).count());
    }
    const std::lock_guard lock(mutex_);
    blind_.insert(blind_.end(), kept.blind.begin(), kept.blind.end());
    blind_ = merged(std::move(blind_));
    skipped_.insert(skipped_.end(), kept.skipped.begin(), kept.skipped.end());
    skipped_ = merged(std::move(skipped_));
    filled_ = true;
}

void Recent::earlier_run(const std::string& component, System at, std::chrono::microseconds took,
                         bool ok) {
    Shard& shard = shard_of(component);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(component);
    if (found != shard.entries.end()) found->second.usual.take(at, took, ok, {});
}

Past Recent::past(const std::string& component, System from, System now) const {
    Past past;
    past.from = from;
    past.now = now;
    {
        const Shard& shard = shard_of(component);
        const std::lock_guard lock(shard.mutex);
        const auto found = shard.entries.find(component);
        if (found == shard.entries.end()) return past;
        const auto& spans = found->second.spans;
        auto first = std::ranges::upper_bound(spans, packed(count_of(from), Spent::unwatched) + 1);
        if (first != spans.begin()) --first;
        past.spans.reserve(static_cast<std::size_t>(spans.end() - first));
        for (; first != spans.end(); ++first)
            past.spans.push_back({time_of(start_of(*first)), state_of(*first)});
    }
    const std::lock_guard lock(mutex_);
    past.blind = blind_;
    past.skipped = skipped_;
    return past;
}

bool Recent::covers(const std::string& component, System from) const {
    const Shard& shard = shard_of(component);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(component);
    return found == shard.entries.end() || found->second.cut <= count_of(from);
}

UsualTimes Recent::usual(const std::string& component, System now) const {
    const Shard& shard = shard_of(component);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(component);
    if (found == shard.entries.end()) {
        UsualTimes none;
        none.spark.resize(Usual::spark_steps);
        return none;
    }
    return found->second.usual.times(now);
}

Recent::Figures Recent::figures() const {
    Figures figures;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        figures.components += shard.entries.size();
        for (const auto& [name, entry] : shard.entries) figures.spans += entry.spans.size();
    }
    return figures;
}

}  // namespace vitals::history
