#include "model/share.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/amount.hpp"
#include "text/whole_number.hpp"

namespace vitals {

namespace {

constexpr std::size_t most_members = 1'000'000;

std::optional<std::size_t> number_of(std::string_view text) {
    const auto number = text::whole_number<std::size_t>(text);
    return number && *number > 0 && *number <= most_members ? number : std::nullopt;
}

}  // namespace

std::expected<Need, std::string> Need::parse(std::string_view text) {
    constexpr std::string_view expected = "expected a number such as 2, '2 of 3', '50%' or 'all'";
    Need need;
    need.text_ = text;
    if (text == "all") return need;
    if (text.ends_with('%')) {
        const auto share = parse_percentage(text);
        if (!share || share->value <= 0 || share->value > 100)
            return std::unexpected(std::string("expected more than 0% and at most 100%"));
        need.share_ = share->value / 100;
        return need;
    }
    constexpr std::string_view between = " of ";
    const auto of = text.find(between);
    need.count_ = number_of(text.substr(0, of));
    if (!need.count_) return std::unexpected(std::string(expected));
    if (of == std::string_view::npos) return need;
    const auto all = number_of(text.substr(of + between.size()));
    if (!all) return std::unexpected(std::string(expected));
    if (*need.count_ > *all)
        return std::unexpected(fmt::format("{} of {} can never be", *need.count_, *all));
    need.expected_ = *all;
    return need;
}

std::size_t Need::of(std::size_t members) const {
    if (count_) return *count_;
    if (!share_) return members;
    // A number that is whole except for a rounding error counts as that whole number.
    constexpr double rounding = 1e-9;
    return static_cast<std::size_t>(std::ceil(*share_ * static_cast<double>(members) - rounding));
}

Outcome judge_share(const Need& need, MemberCounts counts) {
    if (counts.all() == 0) return unknown("there is no such component");
    if (counts.all() < need.expected()) counts.unknown += need.expected() - counts.all();
    const std::size_t well = counts.ok + counts.degraded;
    const std::size_t needed = need.of(counts.all());
    std::string detail = fmt::format("{} of {} well", well, counts.all());
    if (counts.degraded > 0) detail += fmt::format(", {} of them degraded", counts.degraded);
    if (counts.unknown > 0) detail += fmt::format(", {} unknown", counts.unknown);
    if (needed < counts.all()) detail += fmt::format("; {} needed", needed);
    Outcome outcome;
    if (well + counts.unknown < needed)
        outcome = failed(detail);
    else if (well < needed || counts.not_judged > 0)
        outcome = unknown(detail);
    else if (counts.ok < counts.all())
        outcome = degraded(detail);
    else
        outcome = ok(detail);
    const auto number = [](std::size_t count) { return static_cast<std::int64_t>(count); };
    return std::move(outcome)
        .with("ok", number(counts.ok))
        .with("degraded", number(counts.degraded))
        .with("failed", number(counts.failed))
        .with("unknown", number(counts.unknown))
        .with("needed", number(needed));
}

}  // namespace vitals
