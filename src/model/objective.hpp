// How much of the time components must be up, how much they were, and how fast the rest of the
// budget burns. Pure.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/uptime.hpp"
#include "vitals/outcome.hpp"

namespace vitals {

struct Objective {
    std::string name;
    double target = 0.999;  // from 0 to below 1
    std::chrono::milliseconds window{std::chrono::hours(24 * 30)};
    bool degraded_is_down = false;
    bool unknown_is_down = false;  // and blind
    bool operator==(const Objective&) const = default;
};

// The common state of several components: at each instant the worst of them: failed, unknown,
// blind, degraded, ok. A component that is in maintenance or not watched then does not count,
// unless all are.
std::vector<StateSpan> worst_of(const std::vector<Watched>& components, System from, System to);

// The account as the objective counts it.
Account as_counted(Account account, const Objective& objective);

// A window over which a burn rate is measured; named as `5m`.
enum class BurnWindow : std::uint8_t { minutes5, minutes30, hour, hours6, days3 };
inline constexpr std::size_t burn_windows = 5;
std::chrono::milliseconds length_of(BurnWindow window) noexcept;
std::string_view to_string(BurnWindow window) noexcept;

struct ObjectiveReport {
    Objective objective;
    std::size_t components = 0;                             // that count
    std::shared_ptr<const std::vector<std::string>> names;  // theirs, ascending; or null
    std::optional<Account> account;  // over the window, as counted; nothing: not read yet
    // As counted; nothing: not read yet.
    std::array<std::optional<Account>, burn_windows> burnt{};

    double burn(BurnWindow window) const noexcept;  // 0: nothing burns, or it is not known
    std::optional<Budget> budget() const noexcept;
    // The status of its component. Missing data never makes it failed, and then it is not ok
    // either.
    Outcome outcome() const;
};

}  // namespace vitals
