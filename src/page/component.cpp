// One component: what is wrong, the last run explained, and what surrounds it.
#include <algorithm>

#include <fmt/format.h>

#include "model/explain.hpp"
#include "model/json.hpp"
#include "page/component_past.hpp"
#include "page/overview.hpp"
#include "page/timeline.hpp"
#include "page/views.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

constexpr std::size_t most_properties = 20;
constexpr std::size_t most_neighbours = 24;

const UsualTimes& usual_of(const Gathered& gathered) {
    static const UsualTimes nothing;
    return gathered.usual.empty() ? nothing : gathered.usual.front();
}

char tone_of(const Seen& seen) {
    return seen.shape == Shape::blind ? 'u' : symbol_of(seen.shape);
}

std::string title_of(const Look& look, const Seen& seen) {
    constexpr std::string_view marks[] = {"\u2715", "?", "!", "?", "\u2713", "\u2713"};
    std::string title =
        fmt::format("{} {}", marks[static_cast<std::size_t>(seen.shape)], seen.name());
    if (seen.wrong())
        if (const std::string why = look.why(seen); !why.empty()) title += ": " + why;
    if (!seen.consequences.empty()) title += fmt::format(" (+{})", seen.consequences.size());
    return title + " \u2013 " + look.title();
}

void write_time(Markup& out, const Look& look, const Seen& seen) {
    const ComponentState& state = *seen.state;
    out.raw("<p class=for>");
    if (state.last == nullptr) {
        out.raw("</p>");
        return;
    }
    const System since =
        seen.stale(look.now)
            ? look.at - std::chrono::duration_cast<System::duration>(look.now - state.valid_until)
            : state.since;
    out.raw("<b>").since(since, look.at).raw("</b><small><span>since ");
    out.time(since, look.at - since > std::chrono::hours(24) ? Moment::day_minute : Moment::second);
    out.raw("</span><br> <span>last ").raw(state.component->kind == "push" ? "report " : "run ");
    const std::size_t from = out.size();
    out.since(look.at - std::chrono::duration_cast<System::duration>(look.now - state.observed),
              look.at);
    out.forget(from);
    out.raw(" ago</span>");
    if (seen.incident != nullptr) {
        out.raw("<br> <span>");
        if (seen.incident->acknowledged) {
            write_icon(out, 'a');
            out.raw(" acknowledged");
            if (look.may_read) out.raw(" by ").text(seen.incident->acknowledged->by);
        } else {
            out.raw("not acknowledged");
        }
        out.raw("</span>");
    }
    if (seen.flapping) out.raw("<br> <span>flapping</span>");
    out.raw("</small></p>");
}

void write_mute(Markup& out, const Look& look, const ShownMute& mute) {
    out.raw("<p class=sh2>");
    write_icon(out, mute.maintenance ? 'm' : 's');
    out.raw(mute.maintenance ? " In maintenance" : " Silenced");
    if (mute.until) out.raw(" until ").time(*mute.until, Moment::day_minute);
    if (look.may_read) {
        if (!mute.by.empty()) out.raw(" by ").text(mute.by);
        if (!mute.reason.empty()) out.raw(": ").text(text::one_line(mute.reason));
    }
    out.raw("</p>");
}

Markup panel_part(const Look& look, const Seen& seen) {
    Markup out;
    const char tone = tone_of(seen), colour = colour_of(seen.shape);
    out.raw("<section class=\"v ").raw({&tone, 1}).raw("\" id=verdict aria-labelledby=h1>");
    write_icon(out, symbol_of(seen.shape));
    out.raw("\n<div class=what><h1 id=h1>").text(seen.name()).raw("</h1>\n<p><b class=");
    out.raw({&colour, 1}).raw(">").text(look.word(seen)).raw("</b>");
    const std::string why = look.why(seen);
    if (seen.shape == Shape::maintenance)
        out.raw(". Measured meanwhile: ").raw(to_string(seen.state->status(look.now)));
    if (!why.empty() && why != look.word(seen)) {
        out.raw(seen.shape == Shape::maintenance ? ", " : ": ");
        if (seen.stale(look.now))
            out.figure(why);
        else
            out.text(why);
    }
    out.raw("</p>");
    if (seen.cause != nullptr) {
        out.raw("<p>It needs ");
        write_link(out, look, seen.cause->name());
        out.raw(", which is not ok either</p>");
    }
    if (!seen.state->component->critical && seen.wrong())
        out.raw("<p>It is not critical: the whole works</p>");
    if (seen.mute != nullptr) write_mute(out, look, *seen.mute);
    if (const std::string error = look.error(seen); !error.empty())
        out.raw("\n<code class=err>").text(error).raw("</code>");
    out.raw("</div>\n");
    write_time(out, look, seen);
    Markup actions;
    write_actions(actions, look, seen, true);
    if (actions.size() > 0) out.raw("<div class=rest>").add(actions).raw("</div>");
    out.raw("</section>");
    return out;
}

// Both runs on one scale: this one above, the usual one below.
void write_waterfall(Markup& out, const Explanation& told) {
    double whole = 0, usual_whole = 0;
    for (const Explanation::Step& step : told.phases) {
        whole += step.took ? static_cast<double>(step.took->count()) / 1e6 : 0;
        usual_whole += static_cast<double>(step.usual.count()) / 1e3;
    }
    const double scale = 100 / std::max({whole, usual_whole, 1e-6});
    out.raw(
        "<table class=wf><thead><tr><th>Phase<th>Came to<th class=\"bars opt\">Above: this run. "
        "Below: as usual<th class=r>This run<th class=r>Usual</thead><tbody>");
    double here = 0, usual = 0;
    for (const Explanation::Step& step : told.phases) {
        const double took = step.took ? static_cast<double>(step.took->count()) / 1e6 : 0;
        const double its_usual = static_cast<double>(step.usual.count()) / 1e3;
        out.raw("\n<tr><th scope=row>").text(step.name);
        out.raw(step.failed ? "<td class=F>" : "<td class=q2>");
        if (step.failed) write_icon(out, 'f');
        out.raw(step.failed ? " " : "").text(step.came_to);
        out.raw(
            "<td class=\"bars opt\"><svg viewBox=\"0 0 100 18\" preserveAspectRatio=none "
            "aria-hidden=true>");
        if (its_usual > 0)
            out.raw(fmt::format("<rect class=z x={:.1f} y=11 width={:.1f} height=5 />",
                                usual * scale, std::max(its_usual * scale, .6)));
        if (step.took)
            out.raw(fmt::format("<rect class={} x={:.1f} y=2 width={:.1f} height=7 />",
                                step.failed ? 'e' : 'b', here * scale, std::max(took * scale, .6)));
        out.raw("</svg><td class=r>")
            .text(response_text(step.took.value_or(std::chrono::nanoseconds{})));
        out.raw("<td class=\"r q2\">").text(response_text(step.usual));
        here += took;
        usual += its_usual;
    }
    out.raw("</table>");
}

void write_term(Markup& out, std::string_view term, std::string_view text) {
    if (!text.empty()) out.raw("<dt>").raw(term).raw("</dt><dd>").text(text).raw("</dd>");
}

void write_before(Markup& out, const Look& look, const Explanation& told, const Seen& seen) {
    if (!seen.wrong() || !look.may_read) return;
    out.raw("<dt>Just before</dt><dd>");
    for (const Explanation::Before& before : told.before) {
        out.time(before.at).raw(" ");
        if (!before.component.empty() && before.component != seen.name() &&
            look.shows(before.component)) {
            write_link(out, look, before.component);
            out.raw(" ");
        }
        out.text(before.what).raw("<br>");
    }
    if (told.before.empty())
        out.raw(
            "No change of configuration, certificate, address or of what it needs is known in the "
            "ten minutes before.");
    out.raw("</dd>");
}

// A past failure shows that the check can fail at all.
void write_last_failure(Markup& out, const LastFailure& last) {
    if (last.lasts || last.watched_since == System{}) return;
    out.raw("<dt>Last seen failing</dt><dd>");
    if (last.seen)
        out.time(last.seen->from, Moment::day_second)
            .raw(", for ")
            .text(long_span(std::chrono::duration_cast<std::chrono::milliseconds>(
                last.seen->to - last.seen->from)));
    else
        out.raw("never seen failing since vitals watches it (")
            .time(last.watched_since, Moment::day)
            .raw(")");
    out.raw("</dd>");
}

Markup run_part(const Look& look, const Seen& seen, const Gathered& gathered) {
    Markup out;
    const ComponentState& state = *seen.state;
    const Explanation told =
        explain(state, look.facts.snapshot, look.facts.board, usual_of(gathered), look.now);
    Markup beside;
    if (state.last != nullptr) {
        beside.raw("<span class=\"s q2\">").time(state.observed_at);
        if (state.last->duration.count() > 0)
            beside.raw(", ")
                .text(response_text(state.last->duration))
                .raw(" of at most ")
                .text(text::about_duration(state.component->timeout));
        beside.raw("</span>");
    }
    open_section(
        out, "run",
        state.component->kind == "push" ? "The last report, explained" : "The last run, explained",
        beside.bytes());
    out.raw("<div class=box>");
    if (!told.phases.empty() && look.tells_detail) write_waterfall(out, told);
    out.raw("<div class=pad><dl class=kv>");
    if (look.tells_detail) write_term(out, "Saw", told.saw);
    if (look.may_read) write_term(out, "Said", told.error);
    // What it needs may not belong to this page.
    if (told.cause.empty() || look.shows(told.cause)) write_term(out, "Means", told.means);
    write_term(out, "Rule", told.rule);
    if (look.may_read) write_term(out, "Action", told.action);
    if (told.last_ok && seen.shape != Shape::ok) {
        out.raw("<dt>Last ok</dt><dd>").time(*told.last_ok, Moment::day_second);
        if (told.usual.count() > 0) out.raw("; usually in ").text(response_text(told.usual));
        out.raw("</dd>");
    }
    if (gathered.pasts && !gathered.pasts->empty())
        write_last_failure(out, last_failure(gathered.pasts->front()));
    write_before(out, look, told, seen);
    out.raw("</dl>\n<p class=\"s q2 sh2\">The same in a shell: <code>vitals explain ");
    // In the form of a shell: a name has no quotation mark that would end these.
    const bool plain = seen.name().find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                           "XYZ0123456789-_./") == std::string::npos;
    if (plain)
        out.text(seen.name());
    else
        out.raw("'").text(seen.name()).raw("'");
    out.raw("</code></p></div></div></section>");
    return out;
}

void write_neighbours(Markup& out, const Look& look, std::string_view id, std::string_view heading,
                      std::vector<const Seen*> neighbours) {
    if (neighbours.empty()) return;
    std::ranges::sort(neighbours, {}, [](const Seen* seen) {
        return std::pair(rank_of(seen->shape), seen->index);
    });
    open_section(out, id, heading);
    out.raw("<ul class=chips>");
    for (std::size_t i = 0; i < std::min(neighbours.size(), most_neighbours); ++i)
        write_chip(out, look, *neighbours[i]);
    if (neighbours.size() > most_neighbours)
        out.raw(fmt::format("<li>and {} more", neighbours.size() - most_neighbours));
    out.raw("</ul></section>\n");
}

Markup neighbours_part(const Look& look, const Seen& seen) {
    Markup out;
    out.raw("<div id=around>");
    std::vector<const Seen*> needed_by, needs;
    for (const Seen& other : look.all)
        if (std::ranges::find(other.state->component->depends_on, seen.name()) !=
            other.state->component->depends_on.end())
            needed_by.push_back(&other);
    for (const std::string& name : seen.state->component->depends_on)
        if (const Seen* other = look.find(name)) needs.push_back(other);
    write_neighbours(out, look, "nb", "Needed by", std::move(needed_by));
    write_neighbours(out, look, "nd", "Needs", std::move(needs));
    out.raw("</div>");
    return out;
}

void write_incidents(Markup& out, const Look& look, const Seen& seen, const Gathered& gathered) {
    std::vector<const IncidentRecord*> shown;
    if (seen.incident != nullptr) shown.push_back(seen.incident);
    if (gathered.incidents)
        for (const auto& incident : *gathered.incidents)
            if (incident != nullptr &&
                (seen.incident == nullptr || incident->id != seen.incident->id))
                shown.push_back(incident.get());
    if (shown.empty()) return;
    open_section(out, "inc", "Incidents");
    out.raw("<ol class=tl>");
    for (const IncidentRecord* incident : shown) write_incident(out, look, *incident);
    out.raw("</ol></section>\n");
}

std::string span_text(std::chrono::milliseconds span) {
    return text::about_duration(span);
}

void write_settings(Markup& out, const Look& look, const Seen& seen) {
    const Component& component = *seen.state->component;
    open_section(out, "cfg", "How it is checked");
    out.raw("<dl class=kv>");
    write_term(out, "kind",
               component.kind + (component.critical ? ", critical" : ", not critical"));
    if (look.may_read) write_term(out, "target", component.target);
    const bool runs = is_asked(component);
    if (runs) {
        write_term(out, "every",
                   fmt::format("{}, at most {}", span_text(component.interval),
                               span_text(component.timeout)));
        write_term(out, "failed after", text::counted(component.failures, "failing run"));
        write_term(out, "ok after", text::counted(component.successes, "ok run"));
    }
    if (seen.state->last != nullptr &&
        seen.state->valid_until < Steady::max() - std::chrono::hours(24))
        write_term(out, "valid for",
                   text::spoken_age(seen.state->valid_until - seen.state->observed));
    if (!component.tags.empty())
        write_term(out, "tags", fmt::format("{}", fmt::join(component.tags, ", ")));
    std::uint64_t runs_in_all = 0;
    for (const std::uint64_t count : seen.state->runs) runs_in_all += count;
    if (runs_in_all > 0)
        write_term(out, "runs",
                   fmt::format("{}, of which {} failed", runs_in_all,
                               seen.state->runs[static_cast<std::size_t>(Status::failed)]));
    if (look.may_read) write_term(out, "defined in", component.defined_in);
    if (component.created_by_push)
        write_term(out, "defined in", "no configuration: a push created it");
    out.raw("</dl></section>\n");
}

// Properties of checks of backends are for viewers with the right to read; for simplicity, all
// properties are.
void write_properties(Markup& out, const Look& look, const Seen& seen) {
    if (!look.may_read || seen.state->last == nullptr || seen.state->last->properties.empty())
        return;
    open_section(out, "prop", "What it told");
    out.raw("<dl class=kv>");
    std::size_t shown = 0;
    for (const Property& property : seen.state->last->properties) {
        if (++shown > most_properties) break;
        std::string value;
        if (const auto* text = std::get_if<std::string>(&property.value)) {
            value = *text;
        } else {
            text::JsonWriter json(value);
            json.value(property.value);
        }
        out.raw("<dt>")
            .text(text::one_line(property.name))
            .raw("</dt><dd>")
            .text(text::one_line(value.substr(0, 512)));
        out.raw("</dd>");
    }
    out.raw("</dl></section>\n");
}

void write_workers(Markup& out, const Look& look, const Seen& seen) {
    if (!seen.name().starts_with("workers/")) return;
    for (const auto& group : look.facts.snapshot.workers) {
        if ("workers/" + group->name != seen.name()) continue;
        open_section(
            out, "ws", "Workers",
            "<span class=\"s q2\">silent after " + text::spoken_age(group->timeout) + "</span>");
        out.raw(
            "<div class=box><table class=li><thead><tr><th>Worker<th>State<th class=r>Last "
            "heartbeat</thead><tbody>");
        for (const Worker& worker : group->workers) {
            const bool known = look.facts.snapshot.knows(worker, look.now);
            out.raw("<tr><th scope=row>");
            write_shape(out, known ? Shape::ok : Shape::unknown, false);
            out.raw(" ")
                .text(worker.name)
                .raw(known ? "<td>alive" : "<td>silent")
                .raw("<td class=r>");
            out.figure(text::spoken_age(look.now - worker.received)).raw(" ago\n");
        }
        out.raw("</table></div></section>");
        return;
    }
}

const Seen* subject_of(const Look& look) {
    return look.find(look.view.subject);
}

}  // namespace

http::Response component_page(const Look& look, const Gathered& gathered) {
    const Seen* seen = subject_of(look);
    if (seen == nullptr) return not_found(look);
    Frame frame{.title = title_of(look, *seen),
                .symbol = symbol_of(seen->shape),
                .tab = {},
                .crumbs = {},
                .body = {}};
    const Component& component = *seen->state->component;
    frame.crumbs.raw("<nav class=cr aria-label=\"Where you are\"><a href=\"")
        .text(look.facts.root)
        .raw("\">Overview</a> / ");
    if (!component.group().empty() && !component.own) {
        Group group;
        group.name = component.group();
        frame.crumbs.raw("<a href=\"").text(look.facts.root + "#" + group.id()).raw("\">");
        frame.crumbs.text(component.group()).raw("</a> / ");
    }
    frame.crumbs.text(component.own ? std::string_view(component.name) : component.short_name())
        .raw("</nav>");
    Markup& out = frame.part("verdict", panel_part(look, *seen));
    out.raw("\n<div class=two><div>\n");
    if (const Markup votes = votes_part(look, seen->name()); votes.size() > 0)
        frame.part("votes", votes);
    frame.part("run", run_part(look, *seen, gathered)).raw("\n");
    write_workers(out, look, *seen);
    write_past(out, look, *seen, gathered);
    out.raw("</div><div class=side>\n");
    frame.part("around", neighbours_part(look, *seen));
    write_incidents(out, look, *seen, gathered);
    write_settings(out, look, *seen);
    write_properties(out, look, *seen);
    out.raw("</div></div>");
    return whole_page(look, std::move(frame));
}

Parts component_parts(const Look& look, const Gathered& gathered) {
    Parts parts;
    const Seen* seen = subject_of(look);
    if (seen == nullptr) return parts;
    add_part(parts, "verdict", panel_part(look, *seen));
    if (Markup votes = votes_part(look, seen->name()); votes.size() > 0)
        add_part(parts, "votes", std::move(votes));
    add_part(parts, "run", run_part(look, *seen, gathered));
    add_part(parts, "around", neighbours_part(look, *seen));
    add_part(parts, "foot", footer_of(look));
    parts.title = title_of(look, *seen);
    parts.icon = symbol_of(seen->shape);
    parts.headline = fmt::format("{}: {}", seen->name(), look.word(*seen));
    return parts;
}

}  // namespace vitals::page
