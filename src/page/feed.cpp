// Incidents as an Atom feed (RFC 4287). The id of an entry is that of the incident, so a reader
// shows it again only when it changed, even if the page moves.
#include <algorithm>

#include <fmt/format.h>

#include "model/clock.hpp"
#include "page/timeline.hpp"
#include "page/views.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

constexpr std::size_t most_entries = 50;

std::string stamp(System at) {
    return rfc3339(std::chrono::floor<std::chrono::seconds>(at));
}

System updated(const Look& look, const IncidentRecord& incident) {
    System at = incident.closed.value_or(incident.opened);
    for (const Note& note : incident.notes)
        if (look.may_read || note.is_public) at = std::max(at, note.at);
    if (incident.acknowledged) at = std::max(at, incident.acknowledged->at);
    return at;
}

void write_entry(Markup& out, const Look& look, const IncidentRecord& incident) {
    std::string text = incident.closed
                           ? "Over, after " +
                                 long_span(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     *incident.closed - incident.opened)) +
                                 "."
                           : fmt::format("Open: {}.", to_string(incident.state()));
    for (const auto& member : incident.members)
        if (look.shows(member.component))
            text += fmt::format(" {} was {}.", member.component, to_string(member.worst));
    for (const Note& note : incident.notes)
        if (look.may_read || note.is_public) text += "\n" + note.text;
    // An absolute address, if the name of this server is known.
    const std::string link = look.facts.request.site + look.link(incident);
    out.raw("<entry>\n<id>urn:vitals:incident:").text(incident.id).raw("</id>\n<title>");
    out.text(title_of(look, incident)).raw("</title>\n<published>").raw(stamp(incident.opened));
    out.raw("</published>\n<updated>")
        .raw(stamp(updated(look, incident)))
        .raw("</updated>\n<link href=\"");
    out.text(link)
        .raw("\"/>\n<content type=\"text\">")
        .text(text::plain_text(text))
        .raw("</content>\n</entry>\n");
}

}  // namespace

http::Response feed(const Look& look, const Gathered& gathered) {
    std::vector<const IncidentRecord*> shown;
    const auto take = [&](const IncidentRecord& incident) {
        const bool known =
            std::ranges::any_of(shown, [&](const auto* one) { return one->id == incident.id; });
        if (!known && may_see(look, incident)) shown.push_back(&incident);
    };
    for (const auto& incident : look.facts.board.incidents) take(*incident);
    if (gathered.incidents)
        for (const auto& incident : *gathered.incidents)
            if (incident != nullptr) take(*incident);
    std::ranges::sort(shown, std::ranges::greater{},
                      [&](const auto* one) { return updated(look, *one); });
    if (shown.size() > most_entries) shown.resize(most_entries);
    System newest = look.at - std::chrono::duration_cast<System::duration>(
                                  look.now - look.facts.snapshot.started);
    if (!shown.empty()) newest = updated(look, *shown.front());
    Markup out;
    const std::string self = look.facts.request.site + look.address("incidents.atom");
    out.raw(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed "
        "xmlns=\"http://www.w3.org/2005/Atom\">\n<id>"
        "urn:vitals:incidents:");
    // From the service, not from an address that a proxy may change.
    out.text(look.facts.snapshot.service.name)
        .raw("</id>\n<title>Incidents of ")
        .text(look.title());
    out.raw("</title>\n<author><name>").text(look.title()).raw("</name></author>\n<updated>");
    out.raw(stamp(newest)).raw("</updated>\n<link rel=\"self\" href=\"").text(self).raw("\"/>\n");
    for (const IncidentRecord* incident : shown) write_entry(out, look, *incident);
    out.raw("</feed>\n");
    http::Response response;
    response.content_type = "application/atom+xml; charset=utf-8";
    response.body = out.take();
    return response;
}

}  // namespace vitals::page
