#include "page/timeline.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

using What = Happening::What;

void open_entry(Markup& out, char symbol, char colour = 0) {
    out.raw("<li>");
    if (colour != 0) out.raw("<span class=").raw({&colour, 1}).raw(">");
    write_icon(out, symbol);
    if (colour != 0) out.raw("</span>");
}

void write_grey(Markup& out, std::string_view text) {
    if (text.empty()) return;
    out.raw(" <span class=q2>").text(text::one_line(text)).raw("</span>");
}

const IncidentRecord* numbered(const Board& board, std::uint64_t number) {
    const auto found = std::ranges::find_if(
        board.incidents, [number](const auto& each) { return each->number == number; });
    return number == 0 || found == board.incidents.end() ? nullptr : found->get();
}

void write_named(Markup& out, const Look& look, const Happening& happening,
                 std::string_view nobody) {
    if (happening.component.empty())
        out.text(nobody);
    else
        write_link(out, look, happening.component);
}

void write_transition(Markup& out, const Look& look, const Happening& happening) {
    const Shape shape = shape_of(happening.to);
    open_entry(out, symbol_of(shape), colour_of(shape));
    write_link(out, look, happening.component);
    out.raw(happening.to == Status::ok && happening.from != Status::unknown ? " ok again" : " ");
    if (!(happening.to == Status::ok && happening.from != Status::unknown))
        out.raw(to_string(happening.to));
    if (look.tells_detail) write_grey(out, happening.text);
}

// The text after the subject, and whether it is public.
struct Wording {
    char symbol;
    std::string_view nobody, words;
};

Wording wording_of(What what) {
    switch (what) {
        case What::incident_opened:
            return {'f', "An incident", " opened"};
        case What::incident_closed:
            return {'o', "An incident", " closed"};
        case What::acknowledged:
            return {'a', "An incident", " acknowledged"};
        case What::note:
            return {'n', "A note", ""};
        case What::silenced:
            return {'s', "Some components", " silenced"};
        case What::unsilenced:
            return {'s', "Some components", " heard again"};
        case What::decommissioned:
            return {'z', "Out of service", ""};
        case What::recommissioned:
            return {'o', "Back in service", ""};
        case What::reloaded:
            return {'w', "Configuration loaded", ""};
        case What::announced:
            return {'w', "", ""};
        case What::acted:
            return {'w', "", ""};
        case What::alerted:
            return {'n', "An alert was sent", ""};
        case What::started:
            return {'w', "vitals started", ""};
        default:
            return {'w', "", ""};
    }
}

}  // namespace

Shape shape_of(Status status) noexcept {
    switch (status) {
        case Status::ok:
            return Shape::ok;
        case Status::degraded:
            return Shape::degraded;
        case Status::failed:
            return Shape::failed;
        case Status::unknown:
            break;
    }
    return Shape::unknown;
}

bool may_see(const Look& look, const Happening& happening) {
    if (!happening.component.empty() && !look.shows(happening.component)) return false;
    const bool of_the_whole = happening.what == What::started ||
                              happening.what == What::decommissioned ||
                              happening.what == What::recommissioned;
    if (look.facts.request.components != nullptr && happening.component.empty() && !of_the_whole) {
        // Without a name, only its incident shows whether it concerns this page.
        const IncidentRecord* incident = numbered(look.facts.board, happening.incident);
        if (incident == nullptr || !may_see(look, *incident)) return false;
    }
    if (look.may_read) return true;
    switch (happening.what) {
        case What::transition:
        case What::incident_opened:
        case What::incident_closed:
        case What::acknowledged:
        case What::started:
        case What::decommissioned:
        case What::recommissioned:
            return true;
        default:
            return false;  // what people and pipelines wrote, and who was told
    }
}

void write_happening(Markup& out, const Look& look, const Happening& happening, Moment moment) {
    if (happening.what == What::transition) {
        write_transition(out, look, happening);
    } else {
        const Wording wording = wording_of(happening.what);
        const char colour = happening.what == What::incident_opened   ? 'F'
                            : happening.what == What::incident_closed ? 'O'
                            : happening.what == What::decommissioned  ? 'M'
                                                                      : '\0';
        open_entry(out, wording.symbol, colour);
        const IncidentRecord* incident = numbered(look.facts.board, happening.incident);
        const bool titled =
            incident != nullptr &&
            (happening.what == What::incident_opened || happening.what == What::incident_closed ||
             happening.what == What::acknowledged || happening.what == What::note);
        if (titled && may_see(look, *incident))
            out.raw("<a href=\"")
                .text(look.link(*incident))
                .raw("\">")
                .text(title_of(look, *incident))
                .raw("</a>");
        else
            write_named(out, look, happening, wording.nobody);
        out.raw(happening.what == What::note && titled ? ": note" : wording.words);
        if (look.may_read) {
            if (happening.what == What::announced || happening.what == What::noticed ||
                happening.what == What::acted)
                out.raw(happening.component.empty() ? "" : ": ")
                    .text(text::one_line(happening.text));
            else
                write_grey(out, happening.text);
            write_grey(out, happening.by.empty() ? "" : "(" + happening.by + ")");
        }
    }
    out.raw("<br>").time(happening.at, moment).raw("\n");
}

bool may_see(const Look& look, const IncidentRecord& incident) {
    if (look.facts.request.components == nullptr) return true;
    return std::ranges::any_of(incident.roots,
                               [&](const auto& root) { return look.shows(root); }) ||
           std::ranges::any_of(incident.members,
                               [&](const auto& each) { return look.shows(each.component); });
}

std::string title_of(const Look& look, const IncidentRecord& incident) {
    std::string roots;
    for (const std::string& root : incident.roots) {
        if (!look.shows(root)) continue;
        roots += (roots.empty() ? "" : ", ") + root;
        if (roots.size() > 160) {
            roots += ", \u2026";
            break;
        }
    }
    if (!look.tells_detail || incident.title.empty())
        return roots.empty() ? "An incident" : roots + " was not ok";
    // The title may already name its root.
    if (roots.empty() || incident.title.find(roots) != std::string::npos)
        return text::one_line(incident.title);
    return text::one_line(fmt::format("{}: {}", roots, incident.title));
}

void write_incident(Markup& out, const Look& look, const IncidentRecord& incident) {
    if (incident.closed)
        open_entry(out, 'o', 'O');
    else
        open_entry(out, symbol_of(shape_of(incident.level)), colour_of(shape_of(incident.level)));
    out.raw("<a href=\"")
        .text(look.link(incident))
        .raw("\">")
        .text(title_of(look, incident))
        .raw("</a>");
    if (!incident.members.empty())
        out.raw(fmt::format(" <span class=q2>and {}</span>",
                            text::counted(incident.members.size(), "component")));
    out.raw("<br>").time(incident.opened, Moment::day_minute).raw(" <span class=q2>");
    if (incident.closed)
        out.text(long_span(std::chrono::duration_cast<std::chrono::milliseconds>(*incident.closed -
                                                                                 incident.opened)));
    else
        out.raw("open, ").raw(to_string(incident.state()));
    if (incident.acknowledged) out.raw(", acknowledged");
    if (incident.muted) out.raw(", silenced");
    if (incident.flapping) out.raw(", flapping");
    if (incident.closed && look.may_read && !incident.notes.empty())
        out.raw(": \u201c").text(text::one_line(incident.notes.back().text)).raw("\u201d");
    out.raw("</span>\n");
}

}  // namespace vitals::page
