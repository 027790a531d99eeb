// Thresholds for burn rates: the multiwindow, multi-burn-rate alerts of Google's SRE workbook,
// chapter 5.
#include "model/objective.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace vitals {

namespace {

using namespace std::chrono_literals;

struct Rule {
    Status status;
    double burn;
    BurnWindow lasting, present;
    std::string_view over;
};
constexpr std::array rules{
    Rule{Status::failed, 14.4, BurnWindow::hour, BurnWindow::minutes5, "1 h and 5 min"},
    Rule{Status::failed, 6, BurnWindow::hours6, BurnWindow::minutes30, "6 h and 30 min"},
    Rule{Status::degraded, 1, BurnWindow::days3, BurnWindow::hours6, "3 d and 6 h"}};

constexpr auto least_downtime = 60s;  // in the long window: one blip of one probe burns nothing

// The worst first. A component in one of the last two states does not count beside others.
constexpr std::array by_weight{Spent::failed, Spent::unknown,     Spent::blind,    Spent::degraded,
                               Spent::ok,     Spent::maintenance, Spent::unwatched};

}  // namespace

std::vector<StateSpan> worst_of(const std::vector<Watched>& components, System from, System to) {
    struct Change {
        System at;
        Spent before, after;
    };
    std::array<std::size_t, spent_kinds> counts{};
    const auto of = [&counts](Spent kind) -> std::size_t& {
        return counts[static_cast<std::size_t>(kind)];
    };
    std::vector<Change> changes;
    for (const Watched& each : components) {
        const auto spans = counted(each, from, to);
        if (spans.empty()) continue;
        ++of(spans.front().state);
        for (std::size_t i = 1; i < spans.size(); ++i)
            changes.push_back({spans[i].start, spans[i - 1].state, spans[i].state});
    }
    std::ranges::sort(changes, {}, &Change::at);
    const auto worst = [&of] {
        const auto* found =
            std::ranges::find_if(by_weight, [&of](Spent kind) { return of(kind) > 0; });
        return found == by_weight.end() ? Spent::unwatched : *found;
    };
    std::vector<StateSpan> made{{from, worst()}};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        --of(changes[i].before);
        ++of(changes[i].after);
        if (i + 1 < changes.size() && changes[i + 1].at == changes[i].at) continue;
        if (const Spent now = worst(); now != made.back().state)
            made.push_back({changes[i].at, now});
    }
    return made;
}

Account as_counted(Account account, const Objective& objective) {
    const auto move = [&account](Spent kind) {
        auto& from = account.spent[static_cast<std::size_t>(kind)];
        account.spent[static_cast<std::size_t>(Spent::failed)] += from;
        from = {};
    };
    if (objective.degraded_is_down) move(Spent::degraded);
    if (objective.unknown_is_down) {
        move(Spent::unknown);
        move(Spent::blind);
    }
    return account;
}

std::chrono::milliseconds length_of(BurnWindow window) noexcept {
    constexpr std::array<std::chrono::milliseconds, burn_windows> lengths{5min, 30min, 1h, 6h, 72h};
    return lengths[static_cast<std::size_t>(window)];
}

std::string_view to_string(BurnWindow window) noexcept {
    constexpr std::array<std::string_view, burn_windows> names{"5m", "30m", "1h", "6h", "3d"};
    return names[static_cast<std::size_t>(window)];
}

double ObjectiveReport::burn(BurnWindow window) const noexcept {
    const auto& then = burnt[static_cast<std::size_t>(window)];
    return then ? burn_of(*then, objective.target) : 0;
}

std::optional<Budget> ObjectiveReport::budget() const noexcept {
    if (!account) return std::nullopt;
    return budget_of(*account, objective.target);
}

Outcome ObjectiveReport::outcome() const {
    const auto figures = [this](Outcome outcome) {
        if (account) {
            if (const auto uptime = account->uptime()) outcome.with("uptime", *uptime);
            if (const Budget left = *budget(); left.whole.count() > 0)
                outcome.with("budget_left", left.left());
        }
        return outcome;
    };
    const auto left = [this]() -> std::string {
        if (!account || budget()->whole.count() == 0) return "";
        const double part = budget()->left();
        if (part < 0) return fmt::format("; the budget is overspent by {:.0f} %", -part * 100);
        return fmt::format("; {:.0f} % of the budget is left", std::floor(part * 100));
    };
    for (const Rule& rule : rules) {
        const auto& lasting = burnt[static_cast<std::size_t>(rule.lasting)];
        const double slower = std::min(burn(rule.lasting), burn(rule.present));
        if (!lasting || lasting->down() < least_downtime || slower <= rule.burn) continue;
        std::string text = fmt::format("the budget burns {:.1f} times too fast over {}{}", slower,
                                       rule.over, left());
        return figures(rule.status == Status::failed ? failed(std::move(text))
                                                     : degraded(std::move(text)));
    }
    if (components == 0) return {.detail = "it takes no component"};
    const auto& hour = burnt[static_cast<std::size_t>(BurnWindow::hour)];
    const auto looked_at = [](const std::optional<Account>& of) {
        return of && of->up() + of->down() > 0ms;
    };
    if (!looked_at(hour)) return {.detail = "nobody has looked for an hour"};
    if (!account) return ok();
    return figures(ok(fmt::format("{} of {:.6g} %{}", percent_text(account->uptime()),
                                  objective.target * 100, left())));
}

}  // namespace vitals
