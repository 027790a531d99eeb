// One incident: the state of the work, everything that happened in it, and its consequences.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "page/budget.hpp"
#include "page/overview.hpp"
#include "page/timeline.hpp"
#include "page/views.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

// One line of the events, sorted by its moment.
struct Entry {
    System at{};
    int order = 0;  // of the same moment: causes before consequences
    Markup markup;
};

std::string lasted(System from, System to) {
    return long_span(std::chrono::duration_cast<std::chrono::milliseconds>(to - from));
}

std::string affected(const Look& look, const IncidentRecord& incident) {
    std::array<std::size_t, 4> counts{};
    std::size_t all = 0;
    const auto count = [&](Status status) {
        ++counts[static_cast<std::size_t>(status)];
        ++all;
    };
    for (const std::string& root : incident.roots)
        if (look.shows(root)) count(incident.worst);
    for (const auto& member : incident.members)
        if (look.shows(member.component)) count(member.worst);
    std::string text = text::counted(all, "component");
    char before = ':';
    for (const Status status : {Status::failed, Status::degraded, Status::unknown}) {
        const std::size_t number = counts[static_cast<std::size_t>(status)];
        if (number == 0) continue;
        text += fmt::format("{} {} {}", before, number, to_string(status));
        before = ',';
    }
    return text;
}

void write_steps(Markup& out, const IncidentRecord& incident) {
    constexpr std::array<std::string_view, 4> words = {"Investigating", "Identified", "Monitoring",
                                                       "Resolved"};
    const auto now = static_cast<std::size_t>(incident.state());
    out.raw("<ol class=steps>");
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::optional<System> when;
        if (i == 0) when = incident.opened;
        if (i == 3) when = incident.closed;
        for (const Note& note : incident.notes)
            if (i != 0 && i != 3 && !when && static_cast<std::size_t>(note.state) == i)
                when = note.at;
        out.raw(i == now ? "<li aria-current=step>" : "<li>");
        out.raw(std::to_string(i + 1)).raw(" ").raw(words[i]);
        if (when)
            out.raw(" ").time(*when, Moment::minute);
        else if (i == 3)
            out.raw(" by itself when all are ok");
    }
    out.raw("</ol>");
}

Markup panel_part(const Look& look, const IncidentRecord& incident) {
    Markup out;
    const Shape shape = incident.closed ? Shape::ok : shape_of(incident.level);
    const char tone = symbol_of(shape);
    out.raw("<section class=\"v ").raw({&tone, 1}).raw("\" id=verdict aria-labelledby=h1>");
    write_icon(out, tone, incident.closed ? "over" : word_of(shape));
    out.raw("\n<div class=what><h1 id=h1>").text(title_of(look, incident)).raw("</h1>\n<p>");
    out.text(affected(look, incident)).raw("</p>");
    if (look.may_read && !incident.error.empty() && incident.error != incident.title)
        out.raw("\n<code class=err>").text(text::one_line(incident.error)).raw("</code>");
    out.raw("</div>\n<p class=for><b>");
    if (incident.closed)
        out.text(lasted(incident.opened, *incident.closed));
    else
        out.since(incident.opened, look.at);
    out.raw("</b><small><span>since ").time(incident.opened, Moment::day_second).raw("</span>");
    if (incident.closed)
        out.raw("<br> <span>until ").time(*incident.closed, Moment::day_second).raw("</span>");
    out.raw("<br> <span>");
    if (incident.acknowledged) {
        write_icon(out, 'a');
        out.raw(" acknowledged");
        if (look.may_read) out.raw(" by ").text(incident.acknowledged->by);
    } else if (!incident.closed) {
        out.raw("not acknowledged");
    }
    out.raw("</span>");
    if (incident.muted) out.raw("<br> <span>silenced</span>");
    if (incident.flapping) out.raw("<br> <span>flapping</span>");
    out.raw("</small></p>\n<div class=rest>");
    write_steps(out, incident);
    const Seen* root = incident.roots.empty() ? nullptr : look.find(incident.roots.front());
    Markup actions;
    if (look.may_control && !incident.closed) {
        if (!incident.acknowledged)
            write_button(actions, look, "i/" + incident.id + "/ack", "Acknowledge", {}, true);
        if (root != nullptr && root->mute == nullptr)
            write_button(actions, look, "silence", "Silence 1 h",
                         {{"match", root->name()}, {"duration", "1h"}});
    }
    if (root != nullptr && !root->state->component->runbook.empty())
        actions.raw("<a href=\"")
            .text(root->state->component->runbook)
            .raw("\" rel=noreferrer>Runbook</a>");
    if (actions.size() > 0) out.raw("<div class=act>").add(actions).raw("</div>");
    out.raw("</div></section>");
    return out;
}

Entry entry_of_note(const Look& look, const Note& note) {
    Entry entry{.at = note.at, .order = 5, .markup = {}};
    Markup& out = entry.markup;
    out.raw("<li>");
    write_icon(out, 'n');
    out.raw("<b>").text(look.may_read ? note.by : "A note").raw("</b> <span class=q2>");
    out.raw(to_string(note.state)).raw(note.is_public ? ", shown to the public" : "");
    out.raw("</span><br>").time(note.at, Moment::day_second).raw("<div class=note>");
    out.text(text::plain_text(note.text)).raw("</div>\n");
    return entry;
}

Entry entry_of_delivery(const Delivery& delivery) {
    Entry entry{.at = delivery.at, .order = 4, .markup = {}};
    Markup& out = entry.markup;
    out.raw("<li>");
    write_icon(out, 'n');
    switch (delivery.state) {
        case Delivery::State::delivered:
            out.raw("told ");
            break;
        case Delivery::State::refused:
            out.raw("could not be told: ");
            break;
        case Delivery::State::in_doubt:
            out.raw("perhaps told: ");
            break;
        case Delivery::State::queued:
            out.raw("to be told: ");
            break;
    }
    out.text(delivery.receiver).raw(" <span class=q2>").text(delivery.kind);
    out.raw(delivery.attempts > 1 ? fmt::format(", {} tries", delivery.attempts) : "");
    if (!delivery.problem.empty()) out.raw(", ").text(text::one_line(delivery.problem));
    out.raw("</span><br>").time(delivery.at, Moment::day_second).raw("\n");
    return entry;
}

Entry entry_of_component(const Look& look, std::string_view component, Status status, System at,
                         bool ended, int order) {
    Entry entry{.at = at, .order = order, .markup = {}};
    Markup& out = entry.markup;
    out.raw("<li>");
    write_shape(out, ended ? Shape::ok : shape_of(status));
    write_link(out, look, component);
    out.raw(" ").raw(ended ? "ok again" : to_string(status));
    out.raw("<br>").time(at, Moment::day_second).raw("\n");
    return entry;
}

std::vector<Entry> entries_of(const Look& look, const IncidentRecord& incident) {
    std::vector<Entry> entries;
    for (const std::string& root : incident.roots)
        if (look.shows(root))
            entries.push_back(
                entry_of_component(look, root, incident.worst, incident.opened, false, 1));
    for (const auto& member : incident.members) {
        if (!look.shows(member.component)) continue;
        entries.push_back(
            entry_of_component(look, member.component, member.worst, member.since, false, 2));
        if (member.ended)
            entries.push_back(
                entry_of_component(look, member.component, member.worst, *member.ended, true, 3));
    }
    for (const Note& note : incident.notes)
        if (look.may_read || note.is_public) entries.push_back(entry_of_note(look, note));
    if (look.may_read)
        for (const Delivery& delivery : incident.told)
            entries.push_back(entry_of_delivery(delivery));
    const auto add = [&](const Happening& happening, int order) {
        if (!may_see(look, happening)) return;
        Entry& entry =
            entries.emplace_back(Entry{.at = happening.at, .order = order, .markup = {}});
        write_happening(entry.markup, look, happening, Moment::day_second);
    };
    for (const Happening& happening : incident.before) add(happening, 0);
    if (look.may_read)
        for (const Happening& happening : incident.actions) add(happening, 6);
    if (incident.acknowledged) {
        const Acknowledgement& by = *incident.acknowledged;
        Entry& entry = entries.emplace_back(Entry{.at = by.at, .order = 5, .markup = {}});
        entry.markup.raw("<li>");
        write_icon(entry.markup, 'a');
        entry.markup.raw("acknowledged");
        if (look.may_read) {
            entry.markup.raw(" by ").text(by.by);
            if (!by.reason.empty())
                entry.markup.raw(" <span class=q2>").text(text::one_line(by.reason)).raw("</span>");
        }
        entry.markup.raw("<br>").time(by.at, Moment::day_second).raw("\n");
    }
    if (incident.closed) {
        Entry& entry =
            entries.emplace_back(Entry{.at = *incident.closed, .order = 9, .markup = {}});
        entry.markup.raw("<li><span class=O>");
        write_icon(entry.markup, 'o');
        entry.markup.raw("</span>all ok again: closed<br>")
            .time(*incident.closed, Moment::day_second)
            .raw("\n");
    }
    std::ranges::sort(entries, std::ranges::greater{},
                      [](const Entry& entry) { return std::pair(entry.at, entry.order); });
    return entries;
}

Markup happened_part(const Look& look, const IncidentRecord& incident) {
    Markup out;
    open_section(out, "hap", "What happened",
                 "<span class=\"s q2\">newest first; notes by people are framed</span>");
    out.raw("<ol class=\"tl box pad\">\n");
    for (const Entry& entry : entries_of(look, incident)) out.add(entry.markup);
    out.raw("</ol></section>");
    return out;
}

void write_note_form(Markup& out, const Look& look, const IncidentRecord& incident) {
    if (!look.may_control || incident.closed) return;
    const NoteState now = incident.state();
    open_section(out, "add", "Add a note");
    out.raw("<form class=\"box pad\" id=noting method=post action=\"")
        .text(look.address("i/" + incident.id + "/note"));
    out.raw("\">");
    write_hidden(out, look);
    out.raw(
           "<label for=note>What is known, what is done, until when</label><input id=note "
           "name=text "
           "type=text required maxlength=2000 autocomplete=off>\n<div class=act><label><input "
           "type=radio name=state value=\"\" checked> leave it at ")
        .raw(to_string(now))
        .raw("</label>");
    for (const NoteState state :
         {NoteState::investigating, NoteState::identified, NoteState::monitoring})
        if (state != now)
            out.raw(fmt::format(" <label><input type=radio name=state value={0}> {0}</label>",
                                to_string(state)));
    out.raw(
        " <label><input type=checkbox name=public> show to the public</label> <button class=\"btn "
        "p\">Add note</button></div></form></section>");
}

void write_told(Markup& out, const Look& look, const IncidentRecord& incident) {
    if (!look.may_read || (incident.told.empty() && incident.next.empty())) return;
    open_section(out, "told", "Told");
    out.raw("<dl class=kv>");
    for (const Delivery& delivery : incident.told) {
        out.raw("<dt>").text(delivery.receiver).raw("</dt><dd>").time(delivery.at);
        out.raw(", ").text(delivery.kind);
        if (delivery.state != Delivery::State::delivered)
            out.raw(", ").raw(to_string(delivery.state));
        if (delivery.attempts > 0)
            out.raw(", ").text(text::counted(delivery.attempts, "try", "tries"));
        out.raw("</dd>");
    }
    for (const IncidentRecord::Next& next : incident.next)
        out.raw("<dt>")
            .text(next.receiver)
            .raw("</dt><dd>")
            .time(next.at)
            .raw(next.reminder ? ", reminder to come</dd>" : ", to come</dd>");
    out.raw("</dl></section>");
}

void write_seen_before(Markup& out, const Look& look, const IncidentRecord& incident,
                       const Gathered& gathered) {
    if (!gathered.incidents) return;
    Markup list;
    for (const auto& other : *gathered.incidents)
        if (other != nullptr && other->id != incident.id && may_see(look, *other))
            write_incident(list, look, *other);
    if (list.size() == 0) return;
    open_section(out, "bef", "Seen before");
    out.raw("<ol class=tl>").add(list).raw("</ol></section>");
}

void write_component_row(Markup& out, const Look& look, std::string_view name, Status worst,
                         System since, std::optional<System> ended) {
    if (!look.shows(name)) return;
    const Seen* seen = look.find(name);
    const Shape shape = seen == nullptr ? (ended ? Shape::ok : shape_of(worst)) : seen->shape;
    out.raw("\n<tr><th scope=row>");
    write_shape(out, shape);
    out.raw(" ");
    write_link(out, look, name);
    out.raw("<td class=opt>")
        .text(seen == nullptr ? std::string(word_of(shape)) : look.word(*seen));
    out.raw("<td>");
    const std::string why = seen == nullptr ? std::string() : look.why(*seen);
    out.text(why.empty() ? "\u2013" : why).raw("<td class=r>").time(since, Moment::day_second);
}

Markup components_part(const Look& look, const IncidentRecord& incident) {
    Markup out;
    open_section(out, "comp", "Components");
    out.raw(
        "<div class=box><table class=li><thead><tr><th>Component<th class=opt>State now<th>Why<th "
        "class=r>Since</thead><tbody>");
    for (const std::string& root : incident.roots)
        write_component_row(out, look, root, incident.worst, incident.opened, incident.closed);
    for (const auto& member : incident.members)
        write_component_row(out, look, member.component, member.worst, member.since, member.ended);
    out.raw("</table></div></section>");
    return out;
}

const IncidentRecord* subject_of(const Look& look, const Gathered& gathered) {
    const IncidentRecord* found = look.facts.board.find(look.view.subject);
    if (found == nullptr && gathered.incident) found = gathered.incident->get();
    return found != nullptr && may_see(look, *found) ? found : nullptr;
}

std::string document_title(const Look& look, const IncidentRecord& incident) {
    constexpr std::string_view marks[] = {"\u2713", "!", "\u2715", "?"};
    return fmt::format("{} {} \u2013 incident",
                       incident.closed ? "\u2713" : marks[static_cast<std::size_t>(incident.level)],
                       title_of(look, incident));
}

}  // namespace

http::Response incident_page(const Look& look, const Gathered& gathered) {
    const IncidentRecord* incident = subject_of(look, gathered);
    if (incident == nullptr) return not_found(look);
    const Shape shape = incident->closed ? Shape::ok : shape_of(incident->level);
    Frame frame{.title = document_title(look, *incident),
                .symbol = symbol_of(shape),
                .tab = "incidents",
                .crumbs = {},
                .body = {}};
    frame.crumbs.raw("<nav class=cr aria-label=\"Where you are\"><a href=\"")
        .text(look.facts.root)
        .raw("\">Overview</a> / <a href=\"")
        .text(look.address("history"))
        .raw("\">Incidents</a> / ")
        .text(incident->id)
        .raw("</nav>");
    Markup& out = frame.part("verdict", panel_part(look, *incident));
    out.raw("\n<div class=two><div>\n");
    frame.part("hap", happened_part(look, *incident)).raw("\n");
    write_note_form(out, look, *incident);
    out.raw("</div><div class=side>\n");
    write_told(out, look, *incident);
    frame.part("cost", cost_part(look, *incident, gathered)).raw("\n");
    write_seen_before(out, look, *incident, gathered);
    out.raw("</div></div>\n");
    frame.part("comp", components_part(look, *incident));
    return whole_page(look, std::move(frame));
}

Parts incident_parts(const Look& look, const Gathered& gathered) {
    Parts parts;
    const IncidentRecord* incident = subject_of(look, gathered);
    if (incident == nullptr) return parts;
    add_part(parts, "verdict", panel_part(look, *incident));
    add_part(parts, "hap", happened_part(look, *incident));
    add_part(parts, "cost", cost_part(look, *incident, gathered));
    add_part(parts, "comp", components_part(look, *incident));
    add_part(parts, "foot", footer_of(look));
    parts.title = document_title(look, *incident);
    parts.icon = incident->closed ? 'o' : symbol_of(shape_of(incident->level));
    parts.headline = title_of(look, *incident) + (incident->closed ? ": over" : "");
    return parts;
}

}  // namespace vitals::page
