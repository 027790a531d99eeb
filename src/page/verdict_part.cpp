// The panel at the top: the verdict, its consequences, the possible actions, and the other causes.
#include <algorithm>

#include <fmt/format.h>

#include "page/overview.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

constexpr std::size_t most_consequences = 12;
constexpr std::size_t most_others = 5;

void write_others(Markup& out, const Look& look, const Verdict& verdict) {
    std::vector<const Seen*> others;
    for (const Seen* cause : look.causes)
        if (cause != verdict.cause) others.push_back(cause);
    if (verdict.kind == Verdict::Kind::blind || verdict.kind == Verdict::Kind::starting ||
        others.empty())
        return;
    out.raw("<ul class=also>");
    for (std::size_t i = 0; i < std::min(others.size(), most_others); ++i) {
        const Seen& one = *others[i];
        const char colour = colour_of(one.shape);
        out.raw("<li><span class=").raw({&colour, 1}).raw(">");
        write_icon(out, symbol_of(one.shape));
        out.raw("</span> ");
        write_link(out, look, one.name());
        out.raw(" <b class=").raw({&colour, 1}).raw(">").text(look.word(one)).raw("</b>");
        if (const std::string why = look.why(one); !why.empty()) {
            out.raw(": ");
            if (one.stale(look.now))
                out.figure(why);
            else
                out.text(why);
        }
        if (!one.consequences.empty())
            out.raw(fmt::format("; {} {} it", one.consequences.size(),
                                one.consequences.size() == 1 ? "needs" : "need"));
        out.raw(" <span class=q2>");
        if (one.state->last != nullptr) out.raw("since ").time(one.state->since, Moment::minute);
        if (const std::string more = remarks_on(look, one); !more.empty()) out.raw("; ").text(more);
        out.raw("</span>");
    }
    if (others.size() > most_others)
        out.raw(fmt::format("<li><a href=\"#components\">and {} more</a>",
                            others.size() - most_others));
    out.raw("</ul>");
}

void write_time(Markup& out, const Look& look, const Verdict& verdict) {
    if (verdict.since == System{}) {
        out.raw("<p class=for></p>");
        return;
    }
    const bool started = verdict.kind == Verdict::Kind::starting;
    out.raw("<p class=for><b>").since(verdict.since, look.at).raw("</b><small><span>");
    out.raw(started ? "started " : "since ")
        .time(verdict.since, look.at - verdict.since > std::chrono::hours(24) ? Moment::day_minute
                                                                              : Moment::second)
        .raw("</span>");
    if (const Seen* cause = verdict.cause) {
        if (cause->incident != nullptr) {
            out.raw("<br> <span>");
            if (!cause->incident->acknowledged) {
                out.raw("not acknowledged");
            } else {
                write_icon(out, 'a');
                out.raw(" acknowledged");
                if (look.may_read) out.raw(" by ").text(cause->incident->acknowledged->by);
            }
            out.raw("</span>");
        }
        if (cause->mute != nullptr) {
            out.raw("<br> <span>");
            write_icon(out, 's');
            out.raw(" silenced");
            if (cause->mute->until) out.raw(" until ").time(*cause->mute->until, Moment::minute);
            out.raw("</span>");
        }
        if (cause->flapping) out.raw("<br> <span>flapping</span>");
    }
    out.raw("</small></p>");
}

}  // namespace

void write_actions(Markup& out, const Look& look, const Seen& seen, bool with_incident) {
    const Component& component = *seen.state->component;
    const IncidentRecord* incident = seen.incident;
    const bool links = !component.runbook.empty() || (with_incident && incident != nullptr);
    if (!look.may_control && !links) return;
    out.raw("<div class=act>");
    if (look.may_control) {
        if (incident != nullptr && !incident->acknowledged)
            write_button(out, look, "i/" + incident->id + "/ack", "Acknowledge", {}, true);
        if (seen.mute == nullptr)
            write_button(out, look, "silence", "Silence 1 h",
                         {{"match", component.name}, {"duration", "1h"}});
        else if (!seen.mute->configured)
            write_button(out, look, "unsilence", "End the silence", {{"id", seen.mute->id}});
        if (component.kind != "push" && !component.own && !component.created_by_push &&
            !component.name.starts_with("workers/"))
            write_button(out, look, address_of({View::Kind::component, component.name}) + "/run",
                         "Run now");
    }
    if (!component.runbook.empty())
        out.raw("<a href=\"").text(component.runbook).raw("\" rel=noreferrer>Runbook</a>");
    if (with_incident && incident != nullptr)
        out.raw("<a href=\"").text(look.link(*incident)).raw("\">Incident</a>");
    out.raw("</div>");
}

Markup verdict_part(const Look& look, const Verdict& verdict) {
    Markup out;
    const char tone = verdict.shape == Shape::blind ? 'u' : symbol_of(verdict.shape);
    out.raw("<section class=\"v ").raw({&tone, 1}).raw("\" id=verdict aria-labelledby=h1>");
    write_icon(out, verdict.symbol);
    out.raw("\n<div class=what><h1 id=h1>");
    if (!verdict.name.empty()) write_link(out, look, verdict.name);
    const bool counts = verdict.cause != nullptr && verdict.cause->stale(look.now);
    if (counts)
        out.figure(verdict.headline);
    else
        out.text(verdict.headline);
    out.raw("</h1>\n<p>").text(verdict.sentence).raw("</p></div>\n");
    write_time(out, look, verdict);
    if (verdict.cause != nullptr) {
        const Seen& cause = *verdict.cause;
        Markup rest;
        if (!cause.consequences.empty()) {
            rest.raw("<ul class=chips>");
            const std::size_t shown = std::min(cause.consequences.size(), most_consequences);
            for (std::size_t i = 0; i < shown; ++i) write_chip(rest, look, *cause.consequences[i]);
            if (shown < cause.consequences.size())
                rest.raw(fmt::format("<li><a href=\"#components\">and {} more</a>",
                                     cause.consequences.size() - shown));
            rest.raw("</ul>");
        }
        write_actions(rest, look, cause, true);
        if (rest.size() > 0) out.raw("<div class=rest>").add(rest).raw("</div>");
    } else if (verdict.kind == Verdict::Kind::out_of_service && look.may_control &&
               !look.facts.snapshot.decommission.draining) {
        out.raw("<div class=rest><div class=act>");
        write_button(out, look, "recommission", "Back into service");
        out.raw("</div></div>");
    }
    write_others(out, look, verdict);
    out.raw("</section>");
    return out;
}

Markup chips_part(const Look& look) {
    const Query& query = look.facts.query;
    Markup out;
    out.raw("<div class=chips id=states><a href=\"?h=").raw(query_of(query.range)).raw("\"");
    out.raw(query.state.empty() ? " aria-current=true>" : ">");
    out.raw(fmt::format("All {}</a>", look.watched.size()));
    const auto chip = [&](std::string_view state, std::size_t count, Shape shape,
                          std::string_view words) {
        if (count == 0 && query.state != state) return;
        out.raw("<a href=\"?h=").raw(query_of(query.range)).raw("&amp;s=").raw(state);
        out.raw("\" data-s=").raw(state.substr(0, 1));
        out.raw(query.state == state ? " aria-current=true>" : ">");
        write_shape(out, shape, false);
        out.raw(fmt::format("{} {}</a>", count, words));
    };
    chip("failed", look.count(Shape::failed), Shape::failed, "failed");
    chip("degraded", look.count(Shape::degraded), Shape::degraded, "degraded");
    chip("unknown", look.count(Shape::unknown) + look.count(Shape::blind), Shape::unknown,
         "unknown");
    chip("maintenance", look.count(Shape::maintenance), Shape::maintenance, "in maintenance");
    out.raw("</div>");
    return out;
}

}  // namespace vitals::page
