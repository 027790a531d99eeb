// The public page: the services that are named for customers, in their words. It shows no host, no
// error, no name of a component, no response time, and no number of components.
#include <algorithm>

#include <fmt/format.h>

#include "page/overview.hpp"
#include "page/views.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

struct Shown {
    const Public::Service* service = nullptr;
    std::vector<const Seen*> components;
    Shape shape = Shape::ok;
    bool partly = false;
    System since{};
};

Shown shown_of(const Look& look, const Public::Service& service) {
    Shown shown{.service = &service};
    std::size_t failed = 0, wrong = 0, planned = 0;
    for (const Seen& seen : look.all) {
        if (seen.state->component->own || !service.components.takes(*seen.state->component))
            continue;
        shown.components.push_back(&seen);
        failed += seen.shape == Shape::failed;
        planned += seen.shape == Shape::maintenance;
        if (!seen.wrong()) continue;
        ++wrong;
        if (shown.since == System{} || seen.state->since < shown.since)
            shown.since = seen.state->since;
        // A blind or stale component is not known to have failed.
        const Shape its = seen.shape == Shape::blind ? Shape::unknown : seen.shape;
        if (shown.shape == Shape::ok || rank_of(its) < rank_of(shown.shape)) shown.shape = its;
    }
    if (shown.components.empty()) shown.shape = Shape::unknown;
    if (wrong == 0 && planned > 0) shown.shape = Shape::maintenance;
    shown.partly = failed > 0 && failed < shown.components.size();
    return shown;
}

std::string_view word_of_service(const Shown& shown) {
    switch (shown.shape) {
        case Shape::failed:
            return shown.partly ? "Partial outage" : "Outage";
        case Shape::degraded:
            return "Works, with limits";
        case Shape::maintenance:
            return "Maintenance";
        case Shape::ok:
            return "Working";
        default:
            return "Not known";
    }
}

struct Told {
    const IncidentRecord* incident = nullptr;
    std::vector<const Note*> notes;  // public, newest first
};

// Incidents of a shown component, with their public notes.
std::vector<Told> told_of(const Look& look, const std::vector<Shown>& services,
                          const Gathered& gathered) {
    const auto concerns = [&](const std::string& name) {
        return std::ranges::any_of(services, [&](const Shown& shown) {
            return std::ranges::any_of(shown.components,
                                       [&](const Seen* seen) { return seen->name() == name; });
        });
    };
    std::vector<Told> told;
    const auto take = [&](const IncidentRecord& incident) {
        if (std::ranges::any_of(told,
                                [&](const Told& one) { return one.incident->id == incident.id; }))
            return;
        const bool shown = std::ranges::any_of(incident.roots, concerns) ||
                           std::ranges::any_of(incident.members, [&](const auto& member) {
                               return concerns(member.component);
                           });
        Told one{.incident = &incident, .notes = {}};
        for (auto note = incident.notes.rbegin(); note != incident.notes.rend(); ++note)
            if (note->is_public) one.notes.push_back(&*note);
        if (shown && !one.notes.empty()) told.push_back(std::move(one));
    };
    for (const auto& incident : look.facts.board.incidents) take(*incident);
    if (gathered.incidents)
        for (const auto& incident : *gathered.incidents)
            if (incident != nullptr) take(*incident);
    return told;
}

std::string capitalised(std::string_view word) {
    std::string made(word);
    if (!made.empty() && made[0] >= 'a' && made[0] <= 'z')
        made[0] = static_cast<char>(made[0] - 'a' + 'A');
    return made;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return text;
}

struct Headline {
    Shape shape = Shape::ok;
    std::string words, sentence;
    System since{};
};

Headline headline_of(const std::vector<Shown>& services) {
    Headline line;
    for (const Shown& shown : services)
        if (is_wrong(shown.shape) &&
            (line.shape == Shape::ok || rank_of(shown.shape) < rank_of(line.shape)))
            line.shape = shown.shape;
    std::vector<std::string> names;
    bool all_partly = true, others = false;
    for (const Shown& shown : services) {
        if (shown.shape == line.shape && line.shape != Shape::ok) {
            names.push_back(shown.service->name);
            all_partly = all_partly && shown.partly;
            if (line.since == System{} || (shown.since != System{} && shown.since < line.since))
                line.since = shown.since;
        } else {
            others = others || !is_wrong(shown.shape);
        }
    }
    const std::string who = listed(names);
    const bool many = names.size() > 1;
    switch (line.shape) {
        case Shape::failed:
            line.words = who + (all_partly ? (many ? " are partly out" : " is partly out")
                                           : (many ? " are out" : " is out"));
            break;
        case Shape::degraded:
            line.words = who + (many ? " work, with limits" : " works, with limits");
            break;
        case Shape::unknown:
            line.words = who + (many ? " are not known" : " is not known");
            break;
        default:
            line.words = "Everything works";
    }
    if (services.empty()) line.words = "Nothing is shown here yet";
    line.sentence = line.shape == Shape::ok ? "" : others ? "Other services work." : "";
    return line;
}

void write_service(Markup& out, const Shown& shown, const Pasts& pasts) {
    const char colour = colour_of(shown.shape);
    out.raw("<div class=row><div><h3>").text(shown.service->name).raw("</h3><span class=");
    out.raw({&colour, 1}).raw(">");
    write_icon(out, symbol_of(shown.shape));
    out.raw(" ").raw(word_of_service(shown)).raw("</span></div>");
    History whole;
    for (const Seen* seen : shown.components) whole.add(pasts.history(*seen));
    if (whole.known()) {
        whole.write(out, true, "Last 90 days. ");
        out.raw("<div class=ax><span>90 days ago</span><span>");
        whole.write_uptime(out);
        out.raw("</span><span>today</span></div>");
    }
    out.raw("</div>");
}

// It exists even if it is empty, so that the stream can fill it.
void write_list(Markup& out, std::string_view id, std::string_view heading, const Markup& list) {
    if (list.size() == 0) {
        out.raw(fmt::format("<div id={}></div>\n", id));
        return;
    }
    open_section(out, id, heading);
    out.raw("<ol class=\"tl box pad\">").add(list).raw("</ol></section>\n");
}

void write_planned(Markup& out, const Look& look, const std::vector<Shown>& services) {
    Markup list;
    for (const ShownMute& mute : look.facts.board.mutes) {
        if (!mute.maintenance || (!mute.until && mute.hours.empty())) continue;
        const Selector selector(mute.match);
        std::vector<std::string> names;
        for (const Shown& shown : services)
            if (std::ranges::any_of(shown.components, [&](const Seen* seen) {
                    return selector.takes(*seen->state->component);
                }))
                names.push_back(shown.service->name);
        if (names.empty()) continue;
        list.raw("<li><span class=M>");
        write_icon(list, 'm');
        list.raw("</span><b>").text(listed(names)).raw("</b><br>");
        if (!mute.hours.empty()) {
            list.text(mute.hours);
        } else {
            if (mute.active)
                list.raw("until ");
            else if (mute.from)
                list.time(*mute.from, Moment::day_minute).raw("\u2013");
            if (mute.until)
                list.time(*mute.until, mute.active ? Moment::day_minute : Moment::minute);
        }
    }
    write_list(out, "plan", "Planned maintenance", list);
}

void write_known(Markup& out, const std::vector<Told>& told) {
    Markup list;
    for (const Told& one : told) {
        if (one.incident->closed) continue;
        for (const Note* note : one.notes) {
            list.raw("<li>");
            write_icon(list, 'n');
            list.raw("<b>").text(capitalised(to_string(note->state))).raw("</b> ");
            list.time(note->at, Moment::day_minute).raw("<br>").text(text::plain_text(note->text));
        }
    }
    write_list(out, "known", "What we know", list);
}

void write_past_incidents(Markup& out, const std::vector<Told>& told) {
    Markup list;
    for (const Told& one : told) {
        if (!one.incident->closed) continue;
        list.raw("<li><span class=O>");
        write_icon(list, 'o');
        list.raw("</span><b>").time(one.incident->opened, Moment::day_minute).raw("</b>, for ");
        list.text(long_span(std::chrono::duration_cast<std::chrono::milliseconds>(
            *one.incident->closed - one.incident->opened)));
        list.raw("<br><span class=q2>")
            .text(text::plain_text(one.notes.front()->text))
            .raw("</span>");
    }
    write_list(out, "past", "Past incidents", list);
}

Markup panel_part(const Look& look, const Headline& line) {
    Markup out;
    const char tone = symbol_of(line.shape);
    out.raw("<section class=\"v ").raw({&tone, 1}).raw("\" id=verdict aria-labelledby=h1>");
    write_icon(out, tone);
    out.raw("\n<div class=what><h1 id=h1>").text(line.words).raw("</h1>");
    if (!line.sentence.empty()) out.raw("<p>").text(line.sentence).raw("</p>");
    out.raw("</div>\n<p class=for>");
    if (line.since != System{})
        out.raw("<b>")
            .since(line.since, look.at)
            .raw("</b><small>since ")
            .time(line.since, Moment::day_minute)
            .raw("</small>");
    out.raw("</p></section>\n");
    return out;
}

Markup services_part(const std::vector<Shown>& services, const Pasts& pasts) {
    Markup out;
    open_section(out, "services", "Services, 90 days",
                 "<span class=\"s q2\">a bar is a day; uptime below</span>");
    out.raw("<div class=box>");
    for (const Shown& shown : services) write_service(out, shown, pasts);
    out.raw("</div>");
    write_public_legend(out);
    out.raw("</section>\n");
    return out;
}

}  // namespace

Parts public_parts(const Look& look, const Gathered& gathered) {
    Parts parts;
    if (look.facts.open == nullptr) return parts;
    std::vector<Shown> services;
    for (const Public::Service& service : look.facts.open->services)
        services.push_back(shown_of(look, service));
    const Pasts pasts(look, gathered);
    const Headline line = headline_of(services);
    const std::vector<Told> told = told_of(look, services, gathered);
    const std::string& name = look.facts.open->name.empty() ? look.title() : look.facts.open->name;
    constexpr std::string_view marks[] = {"\u2715", "?", "!", "?", "\u2713", "\u2713"};
    parts.title = fmt::format("{} {} \u2013 {}", marks[static_cast<std::size_t>(line.shape)],
                              line.words, name);
    parts.icon = symbol_of(line.shape);
    parts.headline = line.words;
    Markup known, planned, past;
    write_known(known, told);
    write_planned(planned, look, services);
    write_past_incidents(past, told);
    add_part(parts, "verdict", panel_part(look, line));
    add_part(parts, "known", std::move(known));
    add_part(parts, "services", services_part(services, pasts));
    add_part(parts, "plan", std::move(planned));
    add_part(parts, "past", std::move(past));
    return parts;
}

http::Response public_page(const Look& look, const Gathered& gathered) {
    if (look.facts.open == nullptr) return not_found(look);
    const Parts parts = public_parts(look, gathered);
    Frame frame{.title = parts.title,
                .symbol = parts.icon,
                .tab = {},
                .open = true,
                .crumbs = {},
                .body = {}};
    for (const Part& part : parts.parts) {
        frame.digests[part.key] = part.digest;
        frame.body.raw(part.html);
    }
    return whole_page(look, std::move(frame));
}

}  // namespace vitals::page
