// The fleet as this node knows it: its contact, the nodes by their state with those in trouble
// first, what nodes check for all, and what is drained. However many nodes there are, a page has
// few rows: the rest is folded, and found by the filter.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "page/overview.hpp"
#include "page/timeline.hpp"
#include "page/views.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

using Node = FleetView::Node;

constexpr std::size_t shown_at_once = 25, shown_folded = 200, shown_checks = 50;
constexpr std::size_t shown_names = 3;

enum class Kind : std::uint8_t { collides, unheard, blind, other, out_of_service, heard };
struct Words {
    std::string_view id, heading, state;
};
constexpr std::array words = {
    Words{"twins", "Two nodes of one name", "two of this name"},
    Words{"unheard", "Unheard", "unheard"},
    Words{"blind", "Without contact themselves", "heard, blind"},
    Words{"other", "Another configuration", "heard"},
    Words{"out", "Out of service", "heard"},
    Words{"heard", "Heard", "heard"},
};

Kind kind_of(const Node& node) {
    if (node.state == FleetView::NodeState::collides) return Kind::collides;
    if (node.state == FleetView::NodeState::unheard) return Kind::unheard;
    if (node.blind) return Kind::blind;
    if (!node.same_configuration) return Kind::other;
    return node.out_of_service ? Kind::out_of_service : Kind::heard;
}

Shape shape_of_node(const Look& look, const Node& node) {
    if (!look.facts.fleet->in_contact) return Shape::unknown;
    if (const Seen* seen = look.find("nodes/" + node.name)) return seen->shape;
    // In a large fleet those alone in trouble are components.
    return node.state == FleetView::NodeState::heard ? Shape::ok : Shape::unknown;
}

bool fits(const Look& look, const Node& node) {
    const auto has = [&](std::string_view text) {
        return std::ranges::search(text, look.facts.query.search, [](char a, char b) {
                   const auto lower = [](char c) {
                       return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
                   };
                   return lower(a) == lower(b);
               }).begin() != text.end();
    };
    if (look.facts.query.search.empty() || has(node.name)) return true;
    if (!look.may_read) return false;
    return has(node.host) || has(node.version) || std::ranges::any_of(node.labels, has);
}

using Checked = std::map<std::string_view, std::vector<std::string_view>>;  // by node

Checked checked_by(const Look& look) {
    Checked checked;
    for (const FleetView::Check& check : look.facts.fleet->checks)
        if (look.shows(check.component))
            for (const std::string& node : check.vantages) checked[node].push_back(check.component);
    return checked;
}

void write_some(Markup& out, const Look& look, const std::vector<std::string_view>& names) {
    for (std::size_t i = 0; i < std::min(names.size(), shown_names); ++i) {
        if (i > 0) out.raw(", ");
        write_link(out, look, names[i]);
    }
    if (names.size() > shown_names)
        out.raw(fmt::format(" and {} more", names.size() - shown_names));
    if (names.empty()) out.raw("\u2013");
}

void write_remarks(Markup& out, const Look& look, const Node& node) {
    std::string remarks;
    const auto add = [&remarks](std::string_view text) {
        remarks += (remarks.empty() ? "" : ", ") + std::string(text);
    };
    if (node.itself) add("this node");
    if (node.out_of_service) add("out of service");
    if (!node.same_configuration) add("another configuration");
    if (!node.listens) add("does not listen");
    if (look.may_read && !node.other_host.empty()) add("also on " + node.other_host);
    if (look.may_read && !node.labels.empty())
        add(fmt::format("[{}]", fmt::join(node.labels, ", ")));
    if (!remarks.empty()) out.raw(" <small>").text(text::one_line(remarks)).raw("</small>");
}

void write_node(Markup& out, const Look& look, const Node& node, const Checked& checked) {
    const Shape shape = shape_of_node(look, node);
    const Seen* seen = look.find("nodes/" + node.name);
    out.raw("<tr><td>");
    write_shape(out, shape, false);
    out.raw(" ").raw(look.facts.fleet->in_contact
                         ? words[static_cast<std::size_t>(kind_of(node))].state
                         : "not known");
    out.raw("<th scope=row>");
    if (seen == nullptr)
        out.text(node.name);
    else
        out.raw("<a href=\"").text(look.link(seen->name())).raw("\">").text(node.name).raw("</a>");
    write_remarks(out, look, node);
    out.raw("<td class=r>");
    if (node.state == FleetView::NodeState::unheard)
        out.since(node.heard_at, look.at);
    else if (seen != nullptr && shape == Shape::ok)
        out.time(seen->state->since, Moment::day_minute);
    else
        out.raw("\u2013");
    if (!look.may_read) {
        out.raw("\n");
        return;
    }
    out.raw("<td class=\"r opt\">").figure(fmt::format("{} ms", node.lag.count()));
    out.raw("<td class=opt>").text(node.version.empty() ? "\u2013" : node.version);
    out.raw("<td class=opt>").text(node.host.empty() ? "\u2013" : node.host);
    out.raw("<td class=opt>");
    const auto at = checked.find(node.name);
    write_some(out, look, at == checked.end() ? std::vector<std::string_view>() : at->second);
    out.raw("<td class=\"r opt\">").figure(std::to_string(node.workers)).raw("\n");
}

void open_nodes(Markup& out, const Look& look, Kind kind) {
    out.raw("<table class=li><thead><tr><th>State<th>Node<th class=r>")
        .raw(kind == Kind::unheard ? "Unheard for" : "Heard since");
    if (look.may_read)
        out.raw(
            "<th class=\"r opt\">Lag<th class=opt>Version<th class=opt>Host<th class=opt>Checks"
            "<th class=\"r opt\">Workers");
    out.raw("</thead><tbody>");
}

// Many that are well are one line.
void write_nodes(Markup& out, const Look& look, Kind kind, const std::vector<const Node*>& nodes,
                 const Checked& checked) {
    const Words& said = words[static_cast<std::size_t>(kind)];
    open_section(
        out, said.id, said.heading,
        fmt::format("<span class=\"s q2\">{}</span>", text::counted(nodes.size(), "node")));
    out.raw("<div class=box>");
    const bool all = look.facts.query.all;
    std::size_t at_once = kind == Kind::heard && nodes.size() > shown_at_once ? 0 : shown_at_once;
    if (all || nodes.size() <= at_once + 1) at_once = nodes.size();
    const std::size_t listed = all ? nodes.size() : std::min(nodes.size(), at_once + shown_folded);
    for (std::size_t i = 0; i < listed; ++i) {
        if (i == 0 && at_once > 0) open_nodes(out, look, kind);
        if (i == at_once) {
            if (i > 0) out.raw("</table>");
            out.raw("<details class=more id=m-").raw(said.id);
            out.raw(look.facts.query.unfold_all || !look.facts.query.search.empty() ? " open>"
                                                                                    : ">");
            out.raw(fmt::format("<summary>{}{}</summary>", text::counted(nodes.size() - i, "node"),
                                at_once > 0 ? " more" : ", all well"));
            open_nodes(out, look, kind);
        }
        write_node(out, look, *nodes[i], checked);
    }
    out.raw("</table>");
    if (listed < nodes.size())
        out.raw(
            fmt::format("<p class=pad>and {} more: filter them by name, or <a "
                        "href=\"?all=\">show all</a></p>",
                        nodes.size() - listed));
    if (listed > at_once) out.raw("</details>");
    out.raw("</div></section>\n");
}

// A contact that is lost is said before all that it leaves unknown.
Markup contact_part(const Look& look) {
    const FleetView& fleet = *look.facts.fleet;
    Markup out;
    out.raw("<div id=contact><p class=\"box pad sec\">");
    if (fleet.in_contact) {
        write_shape(out, Shape::ok, false);
        out.raw(" This node, <b>").text(fleet.node).raw("</b>, hears the fleet");
        if (!fleet.listens)
            out.raw(". It does not listen to the others (<code>listen: false</code>)");
    } else {
        write_shape(out, Shape::unknown, false);
        out.raw(" <b class=U>No contact</b> of this node, <b>").text(fleet.node).raw("</b>, ");
        if (fleet.silent_since)
            out.raw("for ")
                .since(*fleet.silent_since, look.at)
                .raw(", since ")
                .time(*fleet.silent_since, Moment::day_second);
        else
            out.raw("yet");
        out.raw(fleet.connected ? ": it is connected, and does not hear itself"
                                : ": no server answers");
        out.raw(". What is below is what it knew; nobody counts as failed for it");
    }
    out.raw(".</p>");
    if (look.may_read && !fleet.problem.empty())
        out.raw("<code class=err>").text(text::one_line(fleet.problem)).raw("</code>");
    out.raw("</div>");
    return out;
}

void write_number(Markup& out, std::size_t number, std::string_view what, bool passing = false) {
    out.raw("<div><b>");
    const std::string text = std::to_string(number);
    passing ? out.figure(text) : out.raw(text);
    out.raw("</b>").raw(what).raw("</div>");
}

Markup nodes_part(const Look& look) {
    const FleetView& fleet = *look.facts.fleet;
    Markup out;
    out.raw("<div id=nodes>");
    std::array<std::vector<const Node*>, words.size()> by_kind;
    std::size_t out_of_service = 0, fitting = 0;
    std::array<std::size_t, words.size()> counts{};
    for (const Node& node : fleet.nodes) {
        if (!look.shows("nodes/" + node.name)) continue;
        const auto kind = static_cast<std::size_t>(kind_of(node));
        ++counts[kind];
        out_of_service += node.out_of_service ? 1 : 0;
        if (!fits(look, node)) continue;
        by_kind[kind].push_back(&node);
        ++fitting;
    }
    const std::size_t unheard = counts[static_cast<std::size_t>(Kind::unheard)];
    out.raw("<div class=\"box num sec\">");
    write_number(out, fleet.nodes.size() - unheard,
                 fmt::format("heard of {}", text::counted(fleet.nodes.size(), "node")));
    write_number(out, unheard, "unheard");
    write_number(out, out_of_service, "out of service");
    write_number(out, counts[static_cast<std::size_t>(Kind::other)], "another configuration");
    if (look.may_read && fleet.workers_elsewhere > 0)
        write_number(out, fleet.workers_elsewhere, "workers of others", true);
    out.raw("</div>\n");
    const Checked checked = checked_by(look);
    for (std::size_t i = 0; i < by_kind.size(); ++i)
        if (!by_kind[i].empty()) write_nodes(out, look, static_cast<Kind>(i), by_kind[i], checked);
    if (fitting == 0 && !look.facts.query.search.empty())
        out.raw("<p class=\"box pad sec\">No node fits.</p>");
    out.raw("</div>");
    return out;
}

Shape shape_of_status(std::string_view status) {
    for (const Status each : {Status::ok, Status::degraded, Status::failed})
        if (to_string(each) == status) return shape_of(each);
    return Shape::unknown;
}

void write_votes(Markup& out, const FleetView::Check& check) {
    for (const FleetView::Vote& vote : check.votes) {
        out.raw("<li>");
        write_shape(out, shape_of_status(vote.status));
        out.raw(" ").text(vote.node).raw(" ").text(vote.status);
    }
    for (const std::string& node : check.vantages)
        if (std::ranges::find(check.votes, node, &FleetView::Vote::node) == check.votes.end())
            out.raw("<li>").text(node).raw(" <span class=q2>has not told yet</span>");
}

Markup shared_part(const Look& look) {
    Markup out;
    out.raw("<div id=shared>");
    std::vector<const FleetView::Check*> checks;
    for (const FleetView::Check& check : look.facts.fleet->checks)
        if (look.shows(check.component)) checks.push_back(&check);
    std::ranges::sort(checks, {}, [](const FleetView::Check* check) {
        return std::pair(rank_of(shape_of_status(check->status)),
                         std::string_view(check->component));
    });
    if (!checks.empty()) {
        open_section(out, "together", "Checked for all");
        out.raw(
            "<div class=box><table "
            "class=li><thead><tr><th>State<th>Component<th>By</thead><tbody>");
        for (std::size_t i = 0; i < std::min(checks.size(), shown_checks); ++i) {
            out.raw("<tr><td>");
            write_shape(out, shape_of_status(checks[i]->status), false);
            out.raw(" ").text(checks[i]->status).raw("<th scope=row>");
            write_link(out, look, checks[i]->component);
            out.raw("<td>");
            if (checks[i]->vantages.empty() && checks[i]->votes.empty()) out.raw("nobody");
            out.raw("<ul>");
            write_votes(out, *checks[i]);
            out.raw("</ul>\n");
        }
        out.raw("</table>");
        if (checks.size() > shown_checks)
            out.raw(fmt::format("<p class=pad>and {} more</p>", checks.size() - shown_checks));
        out.raw("</div></section>");
    }
    out.raw("</div>");
    return out;
}

Markup drains_part(const Look& look) {
    Markup out;
    out.raw("<div id=drains>");
    if (!look.facts.fleet->drains.empty()) {
        open_section(out, "dr", "Out of service on all nodes");
        out.raw("<ol class=\"tl box pad\">\n");
        for (const FleetView::Drain& drain : look.facts.fleet->drains) {
            out.raw("<li><span class=M>");
            write_icon(out, 'z');
            out.raw("</span>").text(drain.service);
            if (look.tells_detail)
                out.raw(" <span class=q2>").text(text::one_line(drain.text)).raw("</span>");
            if (look.may_read)
                out.raw(" <span class=q2>(")
                    .text(text::one_line(drain.by + " on " + drain.node))
                    .raw(")</span>");
            out.raw("<br>").time(drain.at, Moment::day_minute).raw("\n");
        }
        out.raw("</ol></section>");
    }
    out.raw("</div>");
    return out;
}

// It works without a script; the address can be shared.
void write_filter(Markup& out, const Look& look) {
    if (look.facts.fleet->nodes.size() <= shown_at_once) return;
    out.raw("<form class=\"bar sec\" role=search action=\"")
        .text(look.here())
        .raw(
            "\"><label for=fq>Filter</label><input id=fq name=q type=search autocomplete=off "
            "value=\"")
        .text(look.facts.query.search)
        .raw("\"><button class=btn>Filter</button></form>\n");
}

}  // namespace

bool shows_fleet(const Look& look) {
    return look.facts.fleet != nullptr && look.shows("fleet");
}

http::Response fleet_page(const Look& look) {
    if (!shows_fleet(look)) return not_found(look);
    const Verdict verdict = verdict_of(look);
    Frame frame{.title = fmt::format("Fleet \u2013 {}", look.title()),
                .symbol = verdict.symbol,
                .tab = "fleet",
                .crumbs = {},
                .body = {}};
    frame.crumbs.raw("<nav class=cr aria-label=\"Where you are\"><a href=\"")
        .text(look.facts.root)
        .raw("\">Overview</a> / Fleet</nav>");
    frame.body.raw("<h1>Fleet ").text(look.facts.fleet->name).raw("</h1>\n");
    frame.part("contact", contact_part(look)).raw("\n");
    write_filter(frame.body, look);
    frame.part("drains", drains_part(look)).raw("\n");
    frame.part("nodes", nodes_part(look)).raw("\n");
    frame.part("shared", shared_part(look));
    return whole_page(look, std::move(frame));
}

Parts fleet_parts(const Look& look) {
    Parts parts;
    if (!shows_fleet(look)) return parts;
    add_part(parts, "contact", contact_part(look));
    add_part(parts, "drains", drains_part(look));
    add_part(parts, "nodes", nodes_part(look));
    add_part(parts, "shared", shared_part(look));
    add_part(parts, "foot", footer_of(look));
    return parts;
}

Markup votes_part(const Look& look, std::string_view component) {
    Markup out;
    if (!shows_fleet(look)) return out;
    const auto& checks = look.facts.fleet->checks;
    const auto check = std::ranges::find(checks, component, &FleetView::Check::component);
    if (check == checks.end()) return out;
    open_section(out, "votes", "Who checks it for all nodes",
                 fmt::format("<span class=\"s q2\">{}</span>",
                             text::counted(check->vantages.size(), "node")));
    out.raw("<ul class=\"chips box pad\">");
    write_votes(out, *check);
    if (check->vantages.empty() && check->votes.empty())
        out.raw("<li>No node that is heard checks it");
    out.raw("</ul></section>\n");
    return out;
}

}  // namespace vitals::page
