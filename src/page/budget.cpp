#include "page/budget.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "model/objective.hpp"
#include "page/frame.hpp"
#include "text/amount.hpp"

namespace vitals::page {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_budgets = 6;
constexpr std::size_t most_costly = 500;

bool counts(const ObjectiveReport& report, std::string_view component) {
    return report.names != nullptr && std::ranges::binary_search(*report.names, component);
}

// A page of some components says nothing about the share of others.
bool may_see(const Look& look, const ObjectiveReport& report) {
    return report.names != nullptr &&
           (look.facts.request.components == nullptr ||
            std::ranges::all_of(*report.names,
                                [&](const std::string& name) { return look.shows(name); }));
}

// `9 %`; a positive share is never 0.
std::string part_text(double part) {
    if (part > 0 && part < 0.01) return "under 1 %";
    return fmt::format("{:.0f} %", part * 100);
}

std::string left_text(const Budget& budget) {
    const double left = budget.left();
    return left < 0 ? "overspent" : fmt::format("{} left", part_text(left));
}

std::string target_text(const Objective& objective) {
    return fmt::format("{:.6g} % in {}", objective.target * 100,
                       text::about_duration(objective.window));
}

std::string spent_text(const ObjectiveReport& report, const Budget& budget) {
    const milliseconds left = budget.whole - budget.spent;
    std::string text =
        left.count() < 0
            ? fmt::format("{} over the budget of {}", long_span(-left), long_span(budget.whole))
            : fmt::format("of the budget: {} of {}", long_span(left), long_span(budget.whole));
    text += fmt::format(" ({})", target_text(report.objective));
    if (budget.unaccounted > budget.whole / 100)
        text += fmt::format(
            "; {} if it was down whenever nobody knows",
            budget.left_at_worst() < 0 ? "overspent" : part_text(budget.left_at_worst()));
    const double burn = report.burn(BurnWindow::hour);
    if (burn > 1) text += fmt::format(". Burns {:.3g} times too fast", burn);
    return text;
}

void write_budget(Markup& out, const Look& look, const ObjectiveReport& report) {
    const auto budget = report.budget();
    out.raw("<div><b>");
    if (!budget || budget->whole.count() == 0) {
        out.raw("not known</b><small>of the budget of ").text(report.objective.name);
        out.raw(" (").text(target_text(report.objective)).raw(")</small></div>");
        return;
    }
    const double left = std::clamp(budget->left(), 0.0, 1.0);
    if (budget->left() < 0) out.raw("<span class=F>");
    out.text(left_text(*budget)).raw(budget->left() < 0 ? "</span>" : "").raw("</b>");
    out.raw(
        fmt::format("<svg class=sb viewBox=\"0 0 100 6\" preserveAspectRatio=none "
                    "aria-hidden=true><rect class=z width=100 height=6 /><rect class=b "
                    "width={:.0f} height=6 /></svg><small>",
                    left * 100));
    if (const Seen* own = look.find("objectives/" + report.objective.name))
        out.raw("<a href=\"")
            .text(look.link(own->name()))
            .raw("\">")
            .text(report.objective.name)
            .raw("</a>");
    else
        out.text(report.objective.name);
    out.raw(", ").text(spent_text(report, *budget)).raw("</small></div>");
}

// The time of a component within an incident; outside of it, it does not count.
std::vector<StateSpan> within(const Past& past, System since, System until) {
    // The verdict came after the first run that failed.
    const auto later = std::ranges::upper_bound(past.spans, since, {}, &StateSpan::start);
    if (later != past.spans.begin()) {
        const StateSpan& then = *std::prev(later);
        if (then.state != Spent::ok && then.state != Spent::unwatched)
            since = std::max(then.start, past.from);
    }
    std::vector<StateSpan> spans;
    if (until <= since) return spans;
    spans = counted(past.watched(), since, until);
    spans.push_back({until, Spent::unwatched});
    return spans;
}

struct Pieces {
    std::string name;
    std::vector<StateSpan> spans;
};

std::vector<Pieces> pieces_of(const IncidentRecord& incident, const std::vector<std::string>& names,
                              const std::vector<Past>& pasts) {
    std::vector<Pieces> pieces;
    for (std::size_t i = 0; i < std::min(names.size(), pasts.size()); ++i) {
        const Past& past = pasts[i];
        const System end = std::min(past.now, incident.closed.value_or(past.now));
        System since = incident.opened, until = end;
        for (const auto& member : incident.members)
            if (member.component == names[i]) {
                since = member.since;
                until = std::min(end, member.ended.value_or(end));
            }
        pieces.push_back({names[i], within(past, since, until)});
    }
    return pieces;
}

milliseconds cost_of(const ObjectiveReport& report, const std::vector<Pieces>& pieces, System now) {
    std::vector<Watched> watched;
    System from = now;
    for (const Pieces& each : pieces) {
        if (each.spans.empty() || !counts(report, each.name)) continue;
        from = std::min(from, each.spans.front().start);
        watched.push_back({.spans = each.spans, .skipped = {}, .blind = {}, .maintenance = {}});
    }
    // Time before the window no longer counts.
    from = std::max(from, now - report.objective.window);
    if (watched.empty() || from >= now) return {};
    const std::vector<StateSpan> together = worst_of(watched, from, now);
    const Watched all{.spans = together, .skipped = {}, .blind = {}, .maintenance = {}};
    return as_counted(account(all, from, now), report.objective).down();
}

}  // namespace

void write_budgets(Markup& out, const Look& look, std::string_view component) {
    std::size_t shown = 0;
    for (const ObjectiveReport& report : look.facts.objectives) {
        const bool itself = component == "objectives/" + report.objective.name;
        if ((!itself && !counts(report, component)) || !may_see(look, report)) continue;
        if (++shown > most_budgets) break;
        write_budget(out, look, report);
    }
}

std::vector<std::string> costly(const Facts& facts, const IncidentRecord& incident) {
    std::vector<std::string> names;
    const auto take = [&](const std::string& name) {
        if (names.size() < most_costly &&
            std::ranges::any_of(facts.objectives, [&](const ObjectiveReport& report) {
                return counts(report, name);
            }))
            names.push_back(name);
    };
    for (const std::string& root : incident.roots) take(root);
    for (const auto& member : incident.members) take(member.component);
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

Markup cost_part(const Look& look, const IncidentRecord& incident, const Gathered& gathered) {
    Markup rows;
    const std::vector<std::string> names = costly(look.facts, incident);
    if (gathered.pasts && !names.empty()) {
        const auto pieces = pieces_of(incident, gathered.names, *gathered.pasts);
        const System now = gathered.pasts->empty() ? look.at : gathered.pasts->front().now;
        for (const ObjectiveReport& report : look.facts.objectives) {
            const auto budget = report.budget();
            const bool concerned = std::ranges::any_of(
                names, [&](const std::string& name) { return counts(report, name); });
            if (!concerned || !may_see(look, report) || !budget || budget->whole.count() == 0)
                continue;
            const milliseconds cost = cost_of(report, pieces, now);
            rows.raw("<dt>").text(report.objective.name).raw("</dt><dd>");
            rows.text(cost.count() == 0
                          ? "nothing"
                          : fmt::format("{} of the budget ({} of {})",
                                        part_text(static_cast<double>(cost.count()) /
                                                  static_cast<double>(budget->whole.count())),
                                        long_span(cost), long_span(budget->whole)));
            rows.raw("; ").text(left_text(*budget));
            const double hour = report.burn(BurnWindow::hour);
            if (!incident.closed && hour > 1)
                rows.raw("<br>").text(
                    fmt::format("burns {:.3g} times too fast over 1 h, {:.3g} "
                                "over 6 h",
                                hour, report.burn(BurnWindow::hours6)));
            rows.raw("</dd>");
        }
    }
    Markup out;
    out.raw("<div id=cost>");
    if (rows.size() > 0) {
        open_section(out, "cost-of", incident.closed ? "What it cost" : "Cost so far");
        out.raw("<dl class=kv>").add(rows).raw("</dl></section>");
    }
    out.raw("</div>");
    return out;
}

}  // namespace vitals::page
