#include "page/frame.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "model/clock.hpp"
#include "page/file.hpp"
#include "page/sprite.hpp"
#include "page/views.hpp"
#include "text/percent.hpp"

namespace vitals::page {

namespace {

constexpr std::string_view policy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

std::string_view range_word(Query::Range range) {
    constexpr std::array<std::string_view, 4> words = {"90m", "24h", "30d", "90d"};
    return words[static_cast<std::size_t>(range)];
}

void write_menu(Markup& out, const Look& look, std::string_view tab) {
    struct Entry {
        std::string_view tab, rest, words;
    };
    constexpr std::array entries = {
        Entry{"overview", "", "Overview"}, Entry{"incidents", "history", "Incidents"},
        Entry{"workers", "workers", "Workers"}, Entry{"fleet", "fleet", "Fleet"},
        Entry{"public", "public", "Public"}};
    out.raw("<nav aria-label=Pages>");
    for (const Entry& entry : entries) {
        if (entry.tab == "public" && look.facts.open == nullptr) continue;
        if (entry.tab == "fleet" && !shows_fleet(look)) continue;
        if (entry.tab == "workers" && look.facts.snapshot.workers.empty() && tab != "workers")
            continue;
        out.raw("<a href=\"").text(look.address(entry.rest)).raw("\"");
        if (entry.tab == tab) out.raw(" aria-current=page");
        out.raw(">").raw(entry.words).raw("</a>");
    }
    out.raw("</nav>");
}

void write_head(Markup& out, const Look& look, const Frame& frame) {
    out.raw("<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>")
        .text(frame.title)
        .raw(
            "</title>\n<meta name=viewport content=\"width=device-width\">\n"
            "<meta name=color-scheme content=\"light dark\">\n<meta name=robots content=noindex>\n"
            "<link rel=icon id=icon href=\"")
        .raw(icon_url(frame.symbol))
        .raw("\">\n<link rel=stylesheet href=\"")
        .text(look.address(address_of_css()))
        .raw("\">\n<script type=module src=\"")
        .text(look.address(address_of_js()))
        .raw("\"></script>\n");
    if (!frame.open)
        out.raw("<link rel=alternate type=\"application/atom+xml\" title=Incidents href=\"")
            .text(look.address("incidents.atom"))
            .raw("\">\n");
    out.raw("<body data-now=")
        .raw(rfc3339(std::chrono::floor<std::chrono::seconds>(look.at)))
        .raw(" data-service=\"")
        .text(look.title())
        .raw("\"");
    if (frame.live)
        out.raw(" data-events=\"")
            .text(fmt::format("{}events/page?view={}&h={}", look.facts.root,
                              text::percent_encoded(address_of(look.view)),
                              range_word(look.facts.query.range)))
            .raw("\" data-shown=\"")
            .raw(digests_text(frame.digests))
            .raw("\"");
    out.raw(">\n").raw(sprite).raw("\n");
}

// Parts of the service's own reports: `engine ✓`.
void write_own(Markup& out, const Look& look) {
    if (look.own.empty()) return;
    out.raw(" and itself (");
    bool first = true;
    for (const Seen* seen : look.own) {
        if (!first) out.raw(" ");
        first = false;
        out.raw("<a href=\"").text(look.link(seen->name())).raw("\">");
        out.text(seen->state->component->short_name()).raw(" ");
        switch (seen->shape) {
            case Shape::ok:
                out.raw("\u2713<span class=vh> ok</span>");
                break;
            case Shape::failed:
                out.raw("\u2715 failed");
                break;
            case Shape::degraded:
                out.raw("! degraded");
                break;
            default:
                out.raw("? ").raw(word_of(seen->shape));
        }
        out.raw("</a>");
    }
    out.raw(")");
}

// The zone of the times; the script replaces it.
void write_zone(Markup& out, const Look& look) {
    const std::string& zone = look.facts.time_zone;
    out.raw(" <span id=zone>").text(zone.empty() ? "UTC" : zone).raw("</span>");
}

Markup public_footer(const Look& look) {
    Markup out;
    out.raw("<footer>As of ").time(look.at, Moment::day_second);
    write_zone(out, look);
    out.raw(". Measured by vitals.</footer>");
    return out;
}

}  // namespace

void write_icon(Markup& out, char symbol, std::string_view label) {
    out.raw("<svg class=i aria-hidden=true><use href=#").raw({&symbol, 1}).raw(" /></svg>");
    if (!label.empty()) out.raw("<span class=vh>").text(label).raw(" </span>");
}

void write_shape(Markup& out, Shape shape, bool labelled) {
    const char colour = colour_of(shape);
    out.raw("<span class=").raw({&colour, 1}).raw(">");
    write_icon(out, symbol_of(shape), labelled ? word_of(shape) : std::string_view());
    out.raw("</span>");
}

void write_link(Markup& out, const Look& look, std::string_view component) {
    if (look.find(component) == nullptr) {
        out.text(component);  // gone since, or not shown here
        return;
    }
    out.raw("<a href=\"").text(look.link(component)).raw("\">").text(component).raw("</a>");
}

void write_chip(Markup& out, const Look& look, const Seen& seen) {
    out.raw("<li><a href=\"").text(look.link(seen.name())).raw("\">");
    write_shape(out, seen.shape);
    out.text(seen.name()).raw("</a>");
}

void open_section(Markup& out, std::string_view id, std::string_view heading,
                  std::string_view beside) {
    out.raw(fmt::format("<section class=sec id={0} aria-labelledby=h-{0}>", id));
    if (!beside.empty()) out.raw("<div class=sh>");
    out.raw(fmt::format("<h2 id=h-{}>", id)).text(heading).raw("</h2>");
    if (!beside.empty()) out.raw(beside).raw("</div>");
    out.raw("\n");
}

void write_hidden(Markup& out, const Look& look) {
    out.raw("<input type=hidden name=form_token value=\"")
        .text(look.facts.viewer.form_token)
        .raw("\"><input type=hidden name=next value=\"")
        .text(look.here())
        .raw("\">");
}

void write_button(Markup& out, const Look& look, std::string_view address, std::string_view words,
                  const http::Pairs& fields, bool prominent) {
    out.raw("<form method=post action=\"").text(look.address(address)).raw("\">");
    write_hidden(out, look);
    for (const auto& [name, value] : fields)
        out.raw("<input type=hidden name=").raw(name).raw(" value=\"").text(value).raw("\">");
    out.raw("<button class=\"btn").raw(prominent ? " p" : "").raw("\">").text(words);
    out.raw("</button></form>");
}

std::string icon_url(char symbol) {
    if (symbol == 'b') symbol = 'u';
    if (symbol == 'z') symbol = 'm';
    const auto* found = std::ranges::find(tab_icons, symbol, &TabIcon::symbol);
    if (found == std::end(tab_icons)) found = std::begin(tab_icons);
    return fmt::format(
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>{}</svg>",
        found->drawing);
}

Markup footer_of(const Look& look) {
    const Facts& facts = look.facts;
    Markup out;
    out.raw("<footer id=foot>Watched by vitals ").text(facts.version);
    if (look.may_read && !facts.host.empty()) out.raw(" on ").text(facts.host);
    const auto up =
        std::chrono::duration_cast<std::chrono::milliseconds>(look.now - facts.snapshot.started);
    out.raw(", up ").figure(long_span(up));
    out.raw(fmt::format("; {} {}", look.watched.size(),
                        look.watched.size() == 1 ? "component" : "components"));
    write_own(out, look);
    out.raw(". As of ");
    const std::size_t from = out.size();
    out.time(look.at, Moment::day_second);
    out.forget(from);
    write_zone(out, look);
    out.raw(".<br>\nThe same as data: ");
    for (const std::string& path : facts.data)
        out.raw("<a href=\"").text(path).raw("\">").text(path).raw("</a> · ");
    out.raw("<a href=\"").text(look.address("incidents.atom")).raw("\">Atom feed</a>");
    const auto every = std::chrono::ceil<std::chrono::seconds>(facts.refresh).count();
    if (every > 0)
        out.raw(fmt::format(
            "<noscript> · <a href=\"?reload={0}\">Reload every {0} s</a></noscript>", every));
    if (!facts.viewer.name.empty()) {
        out.raw("<form method=post action=\"").text(look.address("logout")).raw("\">");
        write_hidden(out, look);
        out.raw("Logged in as ").text(facts.viewer.name);
        const Viewer& viewer = facts.viewer;
        out.raw(viewer.read && viewer.control ? " (read, control)"
                : viewer.control              ? " (control)"
                : viewer.read                 ? " (read)"
                                              : "");
        out.raw(" · <button class=lk>Log out</button></form>");
    }
    out.raw("</footer>");
    return out;
}

std::string digests_text(const std::map<std::string, std::uint64_t>& digests) {
    constexpr std::size_t most = 256;  // of 12 digits: they become part of an address
    std::string text;
    if (digests.size() > most) return text;
    for (const auto& [key, digest] : digests) text += fmt::format("{:012x}", digest >> 16);
    return text;
}

void add_headers(http::Response& response) {
    response.headers.emplace_back("Content-Security-Policy", policy);
    // With `no-referrer`, a browser would send `Origin: null` with forms.
    response.headers.emplace_back("Referrer-Policy", "same-origin");
}

http::Response whole_page(const Look& look, Frame frame, int status) {
    const Markup footer = frame.open ? public_footer(look) : footer_of(look);
    if (!frame.open && !frame.digests.empty()) frame.digests["foot"] = footer.digest();
    Markup out;
    write_head(out, look, frame);
    out.raw(
        "<a class=skip href=\"#main\">Skip to the content</a>\n"
        "<section id=gone aria-label=\"Contact with the server\" hidden></section>\n<div "
        "class=\"w");
    out.raw(frame.open ? " pub" : "").raw("\">\n<header class=top><a class=name href=\"");
    out.text(look.address(frame.open ? "public" : "")).raw("\">");
    write_icon(out, 'w');
    const Public* open = look.facts.open;
    out.text(frame.open && open != nullptr && !open->name.empty() ? open->name : look.title());
    out.raw("</a>");
    if (!frame.open) write_menu(out, look, frame.tab);
    if (frame.live) out.raw("<span class=live id=live>as of ").time(look.at).raw("</span>");
    if (!frame.open && look.facts.can_log_in && look.facts.viewer.name.empty() &&
        look.view.kind != View::Kind::login)
        out.raw("<a class=log href=\"")
            .text(look.address("login?next=" + text::percent_encoded(look.here(), "/")))
            .raw("\">Log in</a>");
    out.raw("</header>\n").add(frame.crumbs).raw("<main id=main>\n").add(frame.body);
    out.raw("\n</main>\n").add(footer);
    out.raw("\n</div>\n<p class=vh role=status id=say></p>\n");
    http::Response response;
    response.status = status;
    response.content_type = "text/html; charset=utf-8";
    add_headers(response);
    const auto reload = look.facts.query.reload.count();
    if (reload > 0) response.headers.emplace_back("Refresh", std::to_string(reload));
    response.body = out.take();
    return response;
}

}  // namespace vitals::page
