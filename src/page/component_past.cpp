#include "page/component_past.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "page/bars.hpp"
#include "page/budget.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

using std::chrono::milliseconds;

Shape shape_of(Spent spent) {
    switch (spent) {
        case Spent::ok:
            return Shape::ok;
        case Spent::degraded:
            return Shape::degraded;
        case Spent::failed:
            return Shape::failed;
        case Spent::maintenance:
            return Shape::maintenance;
        case Spent::unknown:
            return Shape::unknown;
        case Spent::blind:
        case Spent::unwatched:
            break;
    }
    return Shape::blind;
}

std::string_view word_of(Spent spent) {
    return spent == Spent::blind       ? "nobody looked"
           : spent == Spent::unwatched ? "not watched"
                                       : to_string(spent);
}

// Since when anything is known.
System known_from(const Past& past) {
    return past.spans.empty() ? past.now : std::max(past.from, past.spans.front().start);
}

void write_uptime(Markup& out, const Look& look, const Seen& seen, const Past& past) {
    const Watched watched = past.watched();
    const auto of_last = [&](milliseconds back) {
        return account(watched, look.at - back, look.at);
    };
    const auto coverage = of_last(std::chrono::hours(24)).coverage();
    std::string beside = "<span class=\"s q2\">ok or degraded, of the time looked at";
    if (coverage) beside += fmt::format(" ({} of 24 h)", percent_text(coverage));
    open_section(out, "up", "Uptime", beside + "; without maintenance</span>");
    out.raw("<div class=\"box num\">");
    constexpr std::pair<milliseconds, std::string_view> windows[] = {
        {std::chrono::hours(24), "24 h"},
        {std::chrono::days(7), "7 d"},
        {std::chrono::days(30), "30 d"},
        {std::chrono::days(90), "90 d"}};
    const System from = known_from(past);
    for (const auto& [back, words] : windows) {
        const Account spent = of_last(back);
        out.raw("<div><b>").raw(percent_text(spent.uptime())).raw("</b><small>");
        if (look.at - back < from && back > std::chrono::hours(24)) {
            out.raw("since ").time(from, Moment::day);
        } else {
            out.raw(words);
        }
        out.raw(spent.down().count() > 0 ? ", " + long_span(spent.down()) + " lost"
                                         : ", nothing lost");
        out.raw("</small></div>");
    }
    write_budgets(out, look, seen.name());
    out.raw("</div></section>\n");
}

// Five moments below the bars.
void write_axis(Markup& out, const Window& window, Moment moment) {
    out.raw("<div class=ax aria-hidden=true>");
    for (long i = 0; i < 4; ++i) {
        const auto share = window.step * static_cast<long>(bars_count) * i / 4;
        out.raw("<span>").time(window.from + share, moment).raw("</span>");
    }
    out.raw("<span>now</span></div>");
}

Moment axis_moment(Query::Range range) {
    return range == Query::Range::minutes90 || range == Query::Range::hours24 ? Moment::minute
                                                                              : Moment::day;
}

std::string range_links(const Look& look) {
    std::string out = "<span class=s>";
    bool first = true;
    for (const Query::Range range : {Query::Range::minutes90, Query::Range::hours24,
                                     Query::Range::days30, Query::Range::days90}) {
        if (!first) out += " · ";
        first = false;
        out += range == look.facts.query.range
                   ? fmt::format("<b>{}</b>", words_of(range))
                   : fmt::format("<a href=\"?h={}\">{}</a>", query_of(range), words_of(range));
    }
    return out + "</span>";
}

void write_bars(Markup& out, const Look& look, const Past& past) {
    open_section(out, "hist", "History", range_links(look));
    const Query::Range range = look.facts.query.range;
    const Window window = window_of(range, look.at);
    out.raw("<div class=\"box pad\">");
    History(past, window).write(out, true, std::string(title_of(range)) + ". ");
    write_axis(out, window, axis_moment(range));
    if (range != Query::Range::days90) {
        const Window days = window_of(Query::Range::days90, look.at);
        out.raw("<h3 class=\"q2 s sec\">90 days</h3>");
        History(past, days).write(out, true, "Last 90 days, a day a bar. ");
        write_axis(out, days, Moment::day);
    }
    write_legend(out);
    out.raw("</div></section>\n");
}

void write_responses(Markup& out, const Look& look, const Gathered& gathered) {
    if (!gathered.responses || !look.tells_detail) return;
    const auto& steps = *gathered.responses;
    std::uint64_t runs = 0;
    std::chrono::microseconds least = std::chrono::microseconds::max(), most{}, most95{};
    for (const ResponseStep& step : steps) {
        if (step.runs == 0) continue;
        runs += step.runs;
        least = std::min(least, step.p50);
        most = std::max(most, step.p50);
        most95 = std::max(most95, step.p95);
    }
    if (runs == 0) return;
    std::string usual;
    if (!gathered.usual.empty() && gathered.usual.front().runs > 0)
        usual = ", usually " + response_text(gathered.usual.front().p50);
    open_section(out, "rt", "Response time",
                 "<span class=\"s q2\">p50 line, p95 area" + usual + "</span>");
    const auto top = scale_of(steps);
    out.raw("<div class=\"box pad\"><div class=ax aria-hidden=true><span>")
        .text(response_text(top));
    out.raw("</span></div>");
    write_chart(out, steps,
                fmt::format("Response time, {}: p50 between {} and {}, p95 at most {}",
                            words_of(look.facts.query.range), response_text(least),
                            response_text(most), response_text(most95)));
    write_axis(out, window_of(look.facts.query.range, look.at),
               axis_moment(look.facts.query.range));
    out.raw("</div></section>\n");
}

void write_changes(Markup& out, const Look& look, const std::vector<PastChange>& changes,
                   std::size_t asked) {
    if (changes.empty()) return;
    const bool more = changes.size() >= asked && !look.facts.query.all;
    open_section(out, "tr", "Changes of state", more ? "<a class=s href=\"?all=\">All</a>" : "");
    out.raw(
        "<div class=box><table class=li><thead><tr><th>When<th>State<th>Lasted<th class=opt>Why"
        "</thead><tbody>");
    System until{};  // when the one that is newer began
    for (const PastChange& change : changes) {
        const Shape shape = shape_of(change.to);
        const char colour = colour_of(shape);
        out.raw("\n<tr><td>").time(change.first, Moment::day_second).raw("<td><span class=");
        out.raw({&colour, 1}).raw(">");
        write_icon(out, symbol_of(shape));
        out.raw(" ").raw(word_of(change.to)).raw("</span><td>");
        if (until == System{})
            out.since(change.first, look.at);
        else
            out.text(long_span(std::chrono::duration_cast<milliseconds>(until - change.first)));
        out.raw("<td class=opt>");
        out.text(look.tells_detail && !change.why.empty() ? text::one_line(change.why) : "\u2013");
        until = change.first;
    }
    out.raw("</table></div></section>\n");
}

}  // namespace

void write_past(Markup& out, const Look& look, const Seen& seen, const Gathered& gathered) {
    if (gathered.pasts && !gathered.pasts->empty()) {
        const Past& past = gathered.pasts->front();
        write_uptime(out, look, seen, past);
        write_bars(out, look, past);
    } else {
        open_section(out, "up", "Uptime");
        out.raw("<p class=\"box pad\">The history cannot be read now.</p></section>\n");
    }
    write_responses(out, look, gathered);
    if (gathered.changes)
        write_changes(out, look, *gathered.changes, look.facts.query.all ? 500 : 12);
}

}  // namespace vitals::page
