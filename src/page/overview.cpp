#include "page/overview.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "model/clock.hpp"
#include "page/timeline.hpp"
#include "page/views.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

constexpr std::size_t shown_changes = 8;
constexpr std::size_t shown_mutes = 8;
constexpr std::size_t shown_worker_groups = 6;
constexpr std::size_t shown_worker_names = 4;

void write_mute(Markup& out, const Look& look, const ShownMute& mute) {
    out.raw("<li>");
    if (mute.maintenance) out.raw("<span class=M>");
    write_icon(out, mute.maintenance ? 'm' : 's');
    if (mute.maintenance) out.raw("</span>");
    for (std::size_t i = 0; i < mute.match.size() && i < 4; ++i) {
        if (i > 0) out.raw(", ");
        write_link(out, look, mute.match[i]);
    }
    if (mute.match.empty()) out.raw("all components");
    if (mute.match.size() > 4) out.raw(", \u2026");
    out.raw(mute.active ? (mute.maintenance ? " in maintenance" : " silenced") : " next");
    if (look.may_read) {
        std::string why = mute.reason;
        if (!mute.by.empty()) why += (why.empty() ? "" : ", ") + mute.by;
        if (!why.empty()) out.raw(" <span class=q2>").text(text::one_line(why)).raw("</span>");
    }
    out.raw("<br><span class=q2>");
    if (!mute.hours.empty()) {
        out.text(mute.hours);
    } else if (mute.active) {
        if (mute.until)
            out.raw("until ").time(*mute.until, Moment::day_minute);
        else
            out.raw("until somebody ends it");
    } else {
        if (mute.from) out.time(*mute.from, Moment::day_minute).raw("\u2013");
        if (mute.until) out.time(*mute.until, Moment::minute);
    }
    out.raw(mute.active && !mute.maintenance ? "; still measured</span>" : "</span>");
    if (look.may_control && mute.active && !mute.configured) {
        out.raw("<div class=act>");
        write_button(out, look, "unsilence",
                     mute.maintenance ? "End the maintenance" : "End the silence",
                     {{"id", mute.id}});
        out.raw("</div>");
    }
    out.raw("\n");
}

// A mute is shown if it can match something of this page.
bool may_see(const Look& look, const ShownMute& mute) {
    if (look.facts.request.components == nullptr) return true;
    const Selector selector(mute.match);
    return std::ranges::any_of(
        look.all, [&](const Seen& seen) { return selector.takes(*seen.state->component); });
}

struct Alive {
    std::size_t alive = 0, all = 0;
    Steady last{};
    std::string names, silent;
};

Alive alive_of(const Look& look, const WorkerGroup& group) {
    Alive found{.all = group.workers.size()};
    std::size_t silent = 0;
    for (const Worker& worker : group.workers) {
        found.last = std::max(found.last, worker.received);
        if (look.facts.snapshot.knows(worker, look.now)) {
            if (found.alive++ < shown_worker_names)
                found.names += (found.names.empty() ? "" : ", ") + worker.name;
        } else if (silent++ < shown_worker_names) {
            found.silent += (found.silent.empty() ? "" : ", ") + worker.name;
        }
    }
    if (found.alive > shown_worker_names)
        found.names += fmt::format(" and {} more", found.alive - shown_worker_names);
    if (silent > shown_worker_names)
        found.silent += fmt::format(" and {} more", silent - shown_worker_names);
    return found;
}

void write_worker_group(Markup& out, const Look& look, const WorkerGroup& group) {
    const std::string component = "workers/" + group.name;
    const Seen* seen = look.find(component);
    const Shape shape = seen == nullptr ? Shape::unknown : seen->shape;
    const char colour = colour_of(shape);
    const Alive alive = alive_of(look, group);
    out.raw("<tr><th scope=row><span class=").raw({&colour, 1}).raw(">");
    write_icon(out, symbol_of(shape), word_of(shape));
    out.raw("</span> ");
    if (seen == nullptr)
        out.text(group.name);
    else
        out.raw("<a href=\"").text(look.link(component)).raw("\">").text(group.name).raw("</a>");
    out.raw(fmt::format("<td>{} of {}<td class=opt>", alive.alive, alive.all));
    out.text(alive.names.empty() ? "\u2013" : alive.names).raw("<td>");
    out.text(alive.silent.empty() ? "\u2013" : alive.silent).raw("<td class=r>");
    if (alive.all > 0) out.figure(text::spoken_age(look.now - alive.last)).raw(" ago");
    out.raw("\n");
}

std::vector<const WorkerGroup*> shown_groups(const Look& look) {
    std::vector<const WorkerGroup*> groups;
    for (const auto& group : look.facts.snapshot.workers)
        if (look.shows("workers/" + group->name)) groups.push_back(group.get());
    std::ranges::sort(groups, {}, [&](const WorkerGroup* group) {
        const Seen* seen = look.find("workers/" + group->name);
        return std::pair(seen == nullptr ? rank_of(Shape::unknown) : rank_of(seen->shape),
                         std::string_view(group->name));
    });
    return groups;
}

std::string range_links(const Look& look) {
    std::string out = "<span class=s><span class=\"q2 opt\">Bars and uptime: </span>";
    for (const Query::Range range : {Query::Range::minutes90, Query::Range::hours24,
                                     Query::Range::days30, Query::Range::days90}) {
        if (range == look.facts.query.range)
            out += fmt::format("<b>{}</b> · ", words_of(range));
        else
            out += fmt::format("<a href=\"?h={}\">{}</a> · ", query_of(range), words_of(range));
    }
    const bool all = look.facts.query.unfold_all;
    out +=
        fmt::format("<a href=\"?h={}{}\" id=fold>{}</a></span>", query_of(look.facts.query.range),
                    all ? "" : "&amp;open=all", all ? "Fold all" : "Unfold all");
    return out;
}

// Uptime and sparklines of components that are not ok are drawn again from time to time.
std::uint64_t digest_of(const Look& look, const Group& group, const Markup& part) {
    const auto tick =
        static_cast<std::uint64_t>(look.at.time_since_epoch() / std::chrono::minutes(2));
    return part.digest() ^ (group.wrong.empty() ? 0 : tick * 0x9e3779b97f4a7c15ull);
}

// The form that takes this node out of service; while it is out, the form that puts it back is at
// the top. It is folded, so that nobody does it by mistake. It exists even if it is empty, so that
// the stream can fill it.
Markup node_part(const Look& look) {
    Markup out;
    out.raw("<div id=node>");
    if (look.may_control && !look.facts.snapshot.decommission.active()) {
        open_section(out, "nd", "This node");
        out.raw(
               "<details id=m-drain><summary class=lk>Take it out of service\u2026</summary><form "
               "class=\"box "
               "pad\" id=draining method=post action=\"")
            .text(look.address("drain"))
            .raw("\">");
        write_hidden(out, look);
        out.raw(
            "<label for=why>Why, for who sees it. Readiness fails and load balancers turn away; "
            "checks go on</label><input id=why name=text type=text maxlength=200 autocomplete=off>"
            "\n<div class=act><button class=btn>Take out of service</button></div></form>"
            "</details></section>");
    }
    out.raw("</div>");
    return out;
}

void write_bar(Markup& out, const Look& look, const Markup& chips) {
    out.raw("<div class=bar><form role=search action=\"")
        .text(look.here())
        .raw(
            "\"><label class=vh for=q>Filter components</label><input id=q name=q type=search "
            "placeholder=\"Filter ")
        .raw(std::to_string(look.watched.size()))
        .raw(" components\" autocomplete=off value=\"")
        .text(look.facts.query.search)
        .raw("\"></form>\n")
        .add(chips)
        .raw("</div>");
}

}  // namespace

Pasts::Pasts(const Look& look, const Gathered& gathered)
    : histories_(look.all.size()), usual_(look.all.size()), away_(!gathered.pasts.has_value()) {
    const Window window = window_of(look.facts.query.range, look.at);
    for (std::size_t i = 0; i < gathered.names.size(); ++i) {
        const Seen* seen = look.find(gathered.names[i]);
        if (seen == nullptr) continue;
        if (gathered.pasts && i < gathered.pasts->size())
            histories_[seen->index] = History((*gathered.pasts)[i], window);
        if (i < gathered.usual.size()) usual_[seen->index] = &gathered.usual[i];
    }
}

const UsualTimes* Pasts::usual(const Seen& seen) const {
    const UsualTimes* found = usual_[seen.index];
    return found == nullptr || found->runs == 0 ? nullptr : found;
}

Markup changes_part(const Look& look) {
    Markup out;
    out.raw("<ol class=tl id=tl>\n");
    std::size_t shown = 0;
    for (const auto& happening : look.facts.board.happenings) {
        if (!may_see(look, *happening)) continue;
        const bool today = look.at - happening->at < std::chrono::hours(20);
        write_happening(out, look, *happening, today ? Moment::second : Moment::day_minute);
        if (++shown == shown_changes) break;
    }
    if (shown == 0) out.raw("<li>Nothing yet, since vitals started");
    out.raw("</ol>");
    return out;
}

Markup planned_part(const Look& look) {
    Markup out;
    out.raw("<div id=planned>");
    std::vector<const ShownMute*> mutes;
    for (const ShownMute& mute : look.facts.board.mutes)
        if (may_see(look, mute)) mutes.push_back(&mute);
    std::vector<const Seen*> taken;
    for (const Seen* cause : look.causes)
        if (cause->incident != nullptr && cause->incident->acknowledged) taken.push_back(cause);
    if (!mutes.empty() || !taken.empty()) {
        std::ranges::sort(mutes, {}, [](const ShownMute* mute) {
            return std::tuple(!mute->active, mute->from.value_or(System{}),
                              std::string_view(mute->id));
        });
        open_section(out, "pl", "Planned and muted");
        out.raw("<ol class=tl>\n");
        for (std::size_t i = 0; i < std::min(mutes.size(), shown_mutes); ++i)
            write_mute(out, look, *mutes[i]);
        for (const Seen* cause : taken) {
            const Acknowledgement& by = *cause->incident->acknowledged;
            out.raw("<li>");
            write_icon(out, 'a');
            write_link(out, look, cause->name());
            out.raw(" acknowledged");
            if (look.may_read) {
                out.raw(" <span class=q2>").text(by.by);
                if (!by.reason.empty())
                    out.raw(": \u201c").text(text::one_line(by.reason)).raw("\u201d");
                out.raw("</span>");
            }
            out.raw("<br>").time(by.at, Moment::day_minute).raw("\n");
        }
        if (mutes.size() > shown_mutes)
            out.raw(fmt::format("<li>and {} more", mutes.size() - shown_mutes));
        out.raw("</ol></section>");
    }
    out.raw("</div>");
    return out;
}

Markup workers_part(const Look& look, bool all) {
    Markup out;
    const auto groups = shown_groups(look);
    if (groups.empty()) {
        out.raw("<div id=workers></div>");
        return out;
    }
    std::size_t alive = 0, silent = 0;
    for (const WorkerGroup* group : groups) {
        const Alive found = alive_of(look, *group);
        alive += found.alive;
        silent += found.all - found.alive;
    }
    std::string beside = fmt::format("<span class=\"q2 s\">{} alive in {}", alive,
                                     text::counted(groups.size(), "group"));
    if (silent > 0) beside += fmt::format(", {} silent", silent);
    open_section(out, "workers", "Workers", beside + "</span>");
    out.raw(
        "<div class=box><table class=li><thead><tr><th>Group<th>Alive<th class=opt>Who<th>Silent"
        "<th class=r>Last heartbeat</thead><tbody>");
    const std::size_t shown =
        all || groups.size() <= shown_worker_groups + 1 ? groups.size() : shown_worker_groups;
    for (std::size_t i = 0; i < shown; ++i) write_worker_group(out, look, *groups[i]);
    if (shown < groups.size()) {
        std::size_t known = 0, there = 0;
        for (std::size_t i = shown; i < groups.size(); ++i) {
            const Alive found = alive_of(look, *groups[i]);
            known += found.alive;
            there += found.all;
        }
        out.raw("<tr><th scope=row><a href=\"").text(look.address("workers"));
        out.raw(fmt::format(
            "\">{} more groups</a><td>{} of {}<td class=opt>\u2013<td>\u2013<td class=r>",
            groups.size() - shown, known, there));
    }
    out.raw("</table></div></section>");
    return out;
}

http::Response overview(const Look& look, const Gathered& gathered) {
    const Verdict verdict = verdict_of(look);
    const Pasts pasts(look, gathered);
    const std::vector<Group> groups = groups_of(look);
    const Listed listed(look, groups);
    Frame frame{.title = verdict.title,
                .symbol = verdict.symbol,
                .tab = "overview",
                .live = listed.all() || !has_filter(look.facts.query),
                .crumbs = {},
                .body = {}};
    Markup& out = frame.part("verdict", verdict_part(look, verdict));
    out.raw("\n<div class=two><div>\n");
    const Markup chips = chips_part(look);
    frame.digests["states"] = chips.digest();
    if (!look.watched.empty()) {
        open_section(out, "components", "Components", range_links(look));
        write_bar(out, look, chips);
        if (!listed.all()) frame.part("listed", listed.note()).raw("\n");
        out.raw(
               "<div class=box id=groups><div class=hd "
               "aria-hidden=true><span>Component</span><span>"
               "State</span><span>")
            .raw(title_of(look.facts.query.range))
            .raw("</span><span>Response</span><span>Uptime</span><span>Age</span></div>\n");
        Figures figures;
        for (const Group* group : listed.groups()) {
            const Markup part = group_part(look, *group, listed, pasts, figures);
            out.add(part).raw("\n");
            frame.digests[group->id()] = digest_of(look, *group, part);
        }
        out.raw("</div>");
        if (pasts.away())
            out.raw(
                "<p class=\"s q2 sh2\">The history cannot be read now; bars and uptime are "
                "missing.</p>");
        write_legend(out);
        out.raw("<p class=\"q2 s\" id=none hidden>No component fits.</p></section>\n");
    }
    frame.part("workers", workers_part(look, false)).raw("\n</div><div class=side>\n");
    open_section(out, "ch", "What changed",
                 "<a class=s href=\"" + text::html(look.address("events")) + "\">All</a>");
    frame.part("tl", changes_part(look)).raw("</section>\n");
    frame.part("planned", planned_part(look)).raw("\n");
    frame.part("node", node_part(look)).raw("\n</div></div>");
    return whole_page(look, std::move(frame));
}

Parts overview_parts(const Look& look, const Gathered& gathered) {
    const Verdict verdict = verdict_of(look);
    const Pasts pasts(look, gathered);
    const std::vector<Group> groups = groups_of(look);
    const Listed listed(look, groups);
    Parts parts;
    add_part(parts, "verdict", verdict_part(look, verdict));
    add_part(parts, "states", chips_part(look));
    Figures figures;
    if (!listed.all()) add_part(parts, "listed", listed.note());
    for (const Group* group : listed.groups()) {
        parts.order.push_back(group->id());
        Markup part = group_part(look, *group, listed, pasts, figures);
        const std::uint64_t digest = digest_of(look, *group, part);
        parts.parts.push_back({group->id(), part.take(), digest});
    }
    add_part(parts, "workers", workers_part(look, false));
    add_part(parts, "tl", changes_part(look));
    add_part(parts, "planned", planned_part(look));
    add_part(parts, "node", node_part(look));
    add_part(parts, "foot", footer_of(look));
    parts.rows = figures.take();
    parts.title = verdict.title;
    parts.icon = verdict.symbol;
    parts.headline = verdict.whole_headline();
    return parts;
}

}  // namespace vitals::page
