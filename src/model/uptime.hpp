// How the time of a component is accounted: what it was, when nobody looked, what is left of an
// objective. Exact to the millisecond, from spans of state; no counts of runs. Pure.
//
// Times are those of the engine's own time line (wall clock at the start, monotonic from there), so
// no instant has two states and a step of the wall clock is no outage.
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

// What an instant counts as. Where several hold, the first of: unwatched, maintenance, blind, and
// then what the component was.
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
// Ascending, and none touches another.
std::vector<Stretch> merged(std::vector<Stretch> stretches);

// From `start` until the next one starts. It starts at the first run of a streak, not at the
// verdict: thresholds delay alarms, they do not hide downtime.
struct StateSpan {
    System start{};
    Spent state = Spent::unknown;  // but maintenance
    bool operator==(const StateSpan&) const = default;
};

// What is known of one component; refers to what others own. What precedes the first span is
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

    // up / (up + down), from 0 to 1; nothing where nobody looked.
    std::optional<double> uptime() const noexcept;
    // The part of what was due that somebody looked at; nothing where nothing was due.
    std::optional<double> coverage() const noexcept;
    // What a bar of it shows: the worst that it holds. `unwatched` only if there is nothing else.
    Spent worst() const noexcept;

    Account& operator+=(const Account& other) noexcept;
    bool operator==(const Account&) const = default;
};

// Of `count` windows of `step` each, one after the other. `step` is positive. Costs as much as
// there are spans, stretches and windows together.
std::vector<Account> accounts(const Watched& watched, System from, std::chrono::milliseconds step,
                              std::size_t count);
Account account(const Watched& watched, System from, System to);

// What its instants count as within that time, one span for each change; the first one begins with
// it.
std::vector<StateSpan> counted(const Watched& watched, System from, System to);

// `99.67 %`, rounded down, so that 100 % means no downtime; `not known` for nothing.
std::string percent_text(const std::optional<double>& part);

// What an objective leaves. `target` is from 0 to below 1: 0.999.
struct Budget {
    std::chrono::milliseconds whole{};        // (1 - target) of what is due
    std::chrono::milliseconds spent{};        // failed
    std::chrono::milliseconds unaccounted{};  // may have been down, too

    // The part that is left: below 0 when it is overspent.
    double left() const noexcept;
    // The same if all that is unaccounted was down.
    double left_at_worst() const noexcept;
};
Budget budget_of(const Account& account, double target) noexcept;

// How many times faster than the objective allows the budget is spent in this window. No data burns
// nothing.
double burn_of(const Account& account, double target) noexcept;

}  // namespace vitals
