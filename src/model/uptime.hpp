// The account of a component's time: its states, the time in which nobody looked, and the rest of a
// budget. It is exact to the millisecond and uses spans of state, not counts of runs. Pure.
//
// Times are those of the engine's own time line (the wall clock at the start, monotonic from
// there). So no instant has two states, and a step of the wall clock is not an outage.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals {

// What an instant counts as. If several hold, the first of these counts: unwatched, maintenance,
// blind, and then the state of the component.
enum class Spent : std::uint8_t {
    ok,
    degraded,
    failed,
    unknown,      // stale, or not run yet
    blind,        // nobody could look: vitals was down, or could not do its own part
    maintenance,  // planned
    unwatched     // not watched: before the first verdict, while not configured, in a clock's leap
};
inline constexpr std::size_t spent_kinds = 7;
std::string_view to_string(Spent spent) noexcept;
Spent spent_of(Status status) noexcept;

// Half-open: `to` no longer belongs to it.
struct Stretch {
    System from{};
    System to{};
    bool operator==(const Stretch&) const = default;
};
// Ascending, without overlaps or contacts.
std::vector<Stretch> merged(std::vector<Stretch> stretches);

// A state from `start` until the next one starts. It starts at the first run of a streak, not at
// the verdict: thresholds delay alarms, but they do not hide downtime.
struct StateSpan {
    System start{};
    Spent state = Spent::unknown;  // but maintenance
    bool operator==(const StateSpan&) const = default;
};

// What is known of one component; refers to data of others. Time before the first span is
// unwatched.
struct Watched {
    std::span<const StateSpan> spans;      // ascending
    std::span<const Stretch> skipped;      // as merged() gives them: leaps of the wall clock
    std::span<const Stretch> blind;        // likewise: vitals was down
    std::span<const Stretch> maintenance;  // likewise
};

struct Account {
    std::array<std::chrono::milliseconds, spent_kinds> spent{};

    std::chrono::milliseconds of(Spent kind) const noexcept {
        return spent[static_cast<std::size_t>(kind)];
    }
    std::chrono::milliseconds window() const noexcept;
    std::chrono::milliseconds up() const noexcept;           // ok and degraded
    std::chrono::milliseconds down() const noexcept;         // failed
    std::chrono::milliseconds due() const noexcept;          // all but maintenance and unwatched
    std::chrono::milliseconds unaccounted() const noexcept;  // unknown and blind

    // up / (up + down), from 0 to 1; nothing if nobody looked.
    std::optional<double> uptime() const noexcept;
    // The share of the due time in which somebody looked; nothing if no time was due.
    std::optional<double> coverage() const noexcept;
    // The worst state that a bar holds; `unwatched` only if there is no other.
    Spent worst() const noexcept;

    Account& operator+=(const Account& other) noexcept;
    bool operator==(const Account&) const = default;
};

// The accounts of `count` windows of `step` each, one after the other. `step` is positive. The cost
// is the number of spans, stretches and windows together.
std::vector<Account> accounts(const Watched& watched, System from, std::chrono::milliseconds step,
                              std::size_t count);
Account account(const Watched& watched, System from, System to);

// What the instants within that time count as, one span for each change; the first span begins with
// the time.
std::vector<StateSpan> counted(const Watched& watched, System from, System to);

// `99.67 %`, rounded down, so that 100 % means no downtime; `not known` for nothing.
std::string percent_text(const std::optional<double>& part);

// The budget of an objective. `target` is from 0 to below 1: 0.999.
struct Budget {
    std::chrono::milliseconds whole{};        // (1 - target) of what is due
    std::chrono::milliseconds spent{};        // failed
    std::chrono::milliseconds unaccounted{};  // may have been down, too

    // The share that is left: below 0 when it is overspent.
    double left() const noexcept;
    // The same if all unaccounted time was downtime.
    double left_at_worst() const noexcept;
};
Budget budget_of(const Account& account, double target) noexcept;

// How many times faster than allowed the budget burns in this window. No data burns nothing.
double burn_of(const Account& account, double target) noexcept;

}  // namespace vitals
