// The pages that are lists: incidents, workers, what changed; and pages with one message: log-in,
// not found, what could not be done.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "page/overview.hpp"
#include "page/timeline.hpp"
#include "page/views.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

Frame frame_of(const Look& look, std::string_view words, std::string_view tab) {
    const Verdict verdict = verdict_of(look);
    Frame frame{.title = fmt::format("{} \u2013 {}", words, look.title()),
                .symbol = verdict.symbol,
                .tab = tab,
                .live = false,
                .crumbs = {},
                .body = {}};
    frame.crumbs.raw("<nav class=cr aria-label=\"Where you are\"><a href=\"")
        .text(look.facts.root)
        .raw("\">Overview</a> / ")
        .text(words)
        .raw("</nav>");
    frame.body.raw("<h1>").text(words).raw("</h1>\n");
    return frame;
}

void write_addresses(Markup& out, const Look& look) {
    struct Address {
        std::string_view rest, words;
    };
    constexpr std::array addresses = {
        Address{"", "the overview"},
        Address{"history", "all incidents"},
        Address{"workers", "all workers"},
        Address{"fleet", "the nodes of the fleet"},
        Address{"events", "what changed"},
        Address{"public", "what the public sees"},
        Address{"incidents.atom", "incidents as a feed"},
    };
    out.raw("<ul class=\"box pad sec\">");
    for (const Address& address : addresses) {
        if (address.rest == "public" && look.facts.open == nullptr) continue;
        if (address.rest == "fleet" && !shows_fleet(look)) continue;
        out.raw("<li><a href=\"").text(look.address(address.rest)).raw("\">");
        out.text(look.address(address.rest)).raw("</a> ").raw(address.words);
    }
    out.raw("<li><code>")
        .text(look.address("c/"))
        .raw(
            "</code> and the name of a component: all about "
            "it\n<li><code>");
    out.text(look.address("i/")).raw("</code> and the id of an incident</ul>");
}

}  // namespace

void add_part(Parts& parts, std::string_view id, Markup&& markup) {
    const std::uint64_t digest = markup.digest();
    parts.parts.push_back({std::string(id), markup.take(), digest});
}

http::Response incidents_page(const Look& look, const Gathered& gathered) {
    Frame frame = frame_of(look, "Incidents", "incidents");
    Markup open, closed;
    std::vector<std::string_view> shown;
    const auto take = [&](const IncidentRecord& incident) {
        if (!may_see(look, incident) || std::ranges::find(shown, incident.id) != shown.end())
            return;
        shown.push_back(incident.id);
        write_incident(incident.closed ? closed : open, look, incident);
    };
    for (const auto& incident : look.facts.board.incidents) take(*incident);
    if (gathered.incidents)
        for (const auto& incident : *gathered.incidents)
            if (incident != nullptr) take(*incident);
    Markup& out = frame.body;
    out.raw("<p class=q2>One incident is one cause with all that it takes along.</p>");
    open_section(out, "open", "Open");
    if (open.size() == 0)
        out.raw("<p class=\"box pad\">None. Nothing is wrong that lasts.</p></section>");
    else
        out.raw("<ol class=\"tl box pad\">").add(open).raw("</ol></section>");
    open_section(out, "past", "Past");
    if (closed.size() > 0)
        out.raw("<ol class=\"tl box pad\">").add(closed).raw("</ol>");
    else
        out.raw("<p class=\"box pad\">None is kept.</p>");
    if (!gathered.incidents)
        out.raw(
            "<p class=\"s q2 sh2\">The history cannot be read now; older ones are missing.</p>");
    if (gathered.incidents && gathered.incidents->size() >= 50 && !look.facts.query.all)
        out.raw("<p class=sh2><a href=\"?all=\">Older ones, too</a></p>");
    out.raw("</section>");
    return whole_page(look, std::move(frame));
}

http::Response workers_page(const Look& look) {
    Frame frame = frame_of(look, "Workers", "workers");
    frame.live = true;
    if (look.facts.snapshot.workers.empty())
        frame.body.raw(
            "<p class=\"box pad sec\">No group of workers is configured, and none has sent a "
            "heartbeat.</p>");
    frame.part("workers", workers_part(look, true));
    return whole_page(look, std::move(frame));
}

http::Response events_page(const Look& look, const Gathered& gathered) {
    Frame frame = frame_of(look, "What changed", "events");
    Markup list;
    std::size_t count = 0;
    const auto take = [&](const Happening& happening) {
        if (!may_see(look, happening)) return;
        write_happening(list, look, happening, Moment::day_second);
        ++count;
    };
    if (gathered.happenings)
        for (const Happening& happening : *gathered.happenings) take(happening);
    else
        for (const auto& happening : look.facts.board.happenings) take(*happening);
    Markup& out = frame.body;
    out.raw("<p class=q2>The newest first.</p>");
    if (count == 0)
        out.raw("<p class=\"box pad sec\">Nothing yet.</p>");
    else
        out.raw("<ol class=\"tl box pad sec\">").add(list).raw("</ol>");
    if (!gathered.happenings)
        out.raw(
            "<p class=\"s q2 sh2\">The history cannot be read now; only the latest are shown.</p>");
    else if (!look.facts.query.all && gathered.happenings->size() >= 100)
        out.raw("<p class=sh2><a href=\"?all=\">Older ones, too</a></p>");
    return whole_page(look, std::move(frame));
}

http::Response login_page(const Look& look, std::string_view problem) {
    Frame frame{.title = "Log in \u2013 " + look.title(),
                .symbol = 'o',
                .tab = {},
                .live = false,
                .crumbs = {},
                .body = {}};
    const std::string& root = look.facts.root;
    std::string next = look.facts.query.next;
    // Only a path of this page: no other host, and nothing that a browser reads as one.
    if (!next.starts_with(root) || next.starts_with("//") || next.find('\\') != std::string::npos)
        next = root;
    Markup& out = frame.body;
    out.raw(
           "<div class=in><h1>Log in</h1><p class=q2>With a token of the configuration. Without "
           "one you "
           "see states; with <code>read</code> also the reasons, with <code>control</code> also "
           "the "
           "buttons.</p>\n<form class=\"box pad sec\" id=entry method=post action=\"")
        .text(look.address("login"))
        .raw("\"><input type=hidden name=next value=\"")
        .text(next)
        .raw(
            "\">\n<label for=tok>Token</label><input id=tok name=token type=password "
            "autocomplete=current-password required");
    if (!problem.empty()) {
        out.raw(" aria-invalid=true aria-describedby=err>\n<p class=\"F s\" id=err>");
        write_icon(out, 'f');
        out.raw(" ").text(problem).raw("</p>");
    } else {
        out.raw(">");
    }
    out.raw("\n<div class=act><button class=\"btn p\">Log in</button><a href=\"")
        .text(next)
        .raw(
            "\">Go on without</a></div>\n<p class=\"s q2 sec\">A cookie keeps you logged in here "
            "for 12 "
            "hours (only this site, not readable by scripts). Log out ends it at "
            "once.</p></form></div>");
    return whole_page(look, std::move(frame), problem.empty() ? 200 : 403);
}

http::Response not_found(const Look& look) {
    Frame frame = frame_of(look, "Not found", "");
    Markup& out = frame.body;
    out.raw("<p>");
    switch (look.view.kind) {
        case View::Kind::component:
            out.raw("No component <b>").text(look.view.subject).raw("</b> is watched here.");
            break;
        case View::Kind::incident:
            out.raw("No incident <b>").text(look.view.subject).raw("</b> is known here.");
            break;
        case View::Kind::open:
            out.raw("No public page is configured.");
            break;
        case View::Kind::fleet:
            out.raw("No fleet is shown here.");
            break;
        default:
            out.raw("Nothing stands at <b>").text(look.here()).raw("</b>.");
    }
    out.raw(" These addresses exist:</p>\n");
    write_addresses(out, look);
    return whole_page(look, std::move(frame), 404);
}

}  // namespace vitals::page
