// From a view to its answer: what it needs, the page, and its parts for the stream.
#include <algorithm>

#include <fmt/format.h>

#include "model/clock.hpp"
#include "page/budget.hpp"
#include "page/overview.hpp"
#include "page/timeline.hpp"
#include "page/views.hpp"
#include "page/zone.hpp"
#include "text/json.hpp"

namespace vitals::page {

namespace {

constexpr std::size_t usual_changes = 12, all_changes = 500;
constexpr std::size_t usual_incidents = 50, all_incidents = 500;
constexpr std::chrono::days longest_kept{400};  // as long as the history usually is kept
constexpr std::chrono::days longest_cost{90};
constexpr std::size_t usual_happenings = 100, all_happenings = 1000;

// How far 90 bars reach back, with the present one.
std::chrono::milliseconds reach_of(Query::Range range) {
    return length_of(range) + length_of(range) / static_cast<long>(bars_count);
}

void need_component(const View& view, const Facts& facts, Needs& needs) {
    const ComponentState* state = facts.snapshot.find(view.subject);
    if (state == nullptr || !dialects::shows(facts.snapshot, facts.request, view.subject)) return;
    needs.names.push_back(view.subject);
    needs.back = longest_kept;
    const Window window = window_of(facts.query.range, facts.request.now_system);
    needs.responses = {view.subject, window.from, window.step, bars_count};
    needs.changes = {view.subject, facts.query.all ? all_changes : usual_changes};
    needs.incidents = {view.subject, 6};
}

void need_incident(const View& view, const Facts& facts, Needs& needs) {
    const IncidentRecord* incident = facts.board.find(view.subject);
    if (incident == nullptr) {
        needs.incident = view.subject;
        return;
    }
    if (!incident->roots.empty()) needs.incidents = {incident->roots.front(), 6};
    // It may have begun before it was reported.
    const auto age = facts.request.now_system - incident->opened + std::chrono::hours(1);
    if (age > longest_cost) return;
    needs.names = costly(facts, *incident);
    if (!needs.names.empty())
        needs.back = std::chrono::ceil<std::chrono::hours>(
            std::max(age, System::duration(std::chrono::hours(1))));
}

void need_public(const Facts& facts, Needs& needs) {
    if (facts.open == nullptr) return;
    for (const ComponentState* state : dialects::visible(facts.snapshot, facts.request, false))
        if (std::ranges::any_of(facts.open->services, [&](const Public::Service& service) {
                return service.components.takes(*state->component);
            }))
            needs.names.push_back(state->name());
    needs.back = reach_of(Query::Range::days90);
    needs.incidents = {"", usual_incidents};
}

// The public page has its own range, and no filter.
Facts settled(const View& view, const Facts& facts) {
    Facts made = facts;
    if (view.kind == View::Kind::open)
        made.query = {.range = Query::Range::days90, .reload = facts.query.reload};
    return made;
}

std::uint64_t set_of(const Look& look) {
    std::uint64_t sum = digest_of(look.facts.version);
    for (const Seen& seen : look.all) {
        sum = digest_of(seen.name(), sum);
        sum = digest_of("\n", sum);
    }
    return sum;
}

http::Response rendered(const View& view, const Look& look, const Gathered& gathered) {
    switch (view.kind) {
        case View::Kind::overview:
            return overview(look, gathered);
        case View::Kind::component:
            return component_page(look, gathered);
        case View::Kind::incident:
            return incident_page(look, gathered);
        case View::Kind::incidents:
            return incidents_page(look, gathered);
        case View::Kind::workers:
            return workers_page(look);
        case View::Kind::fleet:
            return fleet_page(look);
        case View::Kind::events:
            return events_page(look, gathered);
        case View::Kind::open:
            return public_page(look, gathered);
        case View::Kind::login:
            return login_page(look, {});
        case View::Kind::feed:
            return feed(look, gathered);
        case View::Kind::none:
            break;
    }
    return not_found(look);
}

}  // namespace

Needs needs_of(const View& view, const Facts& facts) {
    Needs needs;
    const std::size_t incidents = facts.query.all ? all_incidents : usual_incidents;
    switch (view.kind) {
        case View::Kind::overview:
            needs.names = listed_names(view, facts);
            needs.back = reach_of(facts.query.range);
            break;
        case View::Kind::component:
            need_component(view, facts, needs);
            break;
        case View::Kind::incident:
            need_incident(view, facts, needs);
            break;
        case View::Kind::incidents:
        case View::Kind::feed:
            needs.incidents = {"", incidents};
            break;
        case View::Kind::events:
            needs.happenings = facts.query.all ? all_happenings : usual_happenings;
            break;
        case View::Kind::open:
            need_public(facts, needs);
            break;
        case View::Kind::workers:
        case View::Kind::fleet:
        case View::Kind::login:
        case View::Kind::none:
            break;
    }
    return needs;
}

http::Response render(const View& view, const Facts& given, const Gathered& gathered) {
    const Facts facts = settled(view, given);
    const Look look(facts, view);
    http::Response response = rendered(view, look, gathered);
    if (!facts.time_zone.empty() && view.kind != View::Kind::feed)
        response.body = in_zone(std::move(response.body), facts.time_zone);
    return response;
}

http::Response login(const Facts& facts, std::string_view problem) {
    const View view{View::Kind::login, {}};
    return login_page(Look(facts, view), problem);
}

http::Response message(const Facts& facts, int status, std::string_view headline,
                       std::string_view text) {
    const View view;
    const Look look(facts, view);
    Frame frame{.title = fmt::format("{} \u2013 {}", headline, look.title()),
                .symbol = 'd',
                .tab = {},
                .live = false,
                .crumbs = {},
                .body = {}};
    frame.body.raw("<h1>").text(headline).raw("</h1>\n<p class=\"box pad sec\">").text(text);
    frame.body.raw("</p>\n<p class=sh2><a href=\"")
        .text(facts.root)
        .raw("\">To the overview</a></p>");
    return whole_page(look, std::move(frame), status);
}

Parts parts_of(const View& view, const Facts& given, const Gathered& gathered) {
    const Facts facts = settled(view, given);
    const Look look(facts, view);
    Parts parts;
    switch (view.kind) {
        case View::Kind::overview:
            parts = overview_parts(look, gathered);
            break;
        case View::Kind::component:
            parts = component_parts(look, gathered);
            break;
        case View::Kind::incident:
            parts = incident_parts(look, gathered);
            break;
        case View::Kind::open:
            parts = public_parts(look, gathered);
            break;
        case View::Kind::workers:
            add_part(parts, "workers", workers_part(look, true));
            add_part(parts, "foot", footer_of(look));
            break;
        case View::Kind::fleet:
            parts = fleet_parts(look);
            break;
        default:
            break;
    }
    parts.set = set_of(look);
    parts.at = beat_of(facts);
    return parts;
}

namespace {

// Groups may be in another order.
std::vector<const Part*> by_key(const Parts& parts) {
    std::vector<const Part*> sorted;
    for (const Part& part : parts.parts) sorted.push_back(&part);
    std::ranges::sort(sorted, {}, [](const Part* part) { return std::string_view(part->key); });
    return sorted;
}

}  // namespace

// If a digest is the same, the part is the same: the rest comes from the present state. Title and
// order are always sent, because no digest covers them.
std::optional<Parts> parts_shown(const Parts& now, std::string_view digests) {
    std::map<std::string, std::uint64_t> known;
    for (const Part& part : now.parts) known[part.key] = part.digest;
    const std::string all = digests_text(known);
    if (all.empty() || all.size() != digests.size()) return std::nullopt;
    const std::size_t each = all.size() / known.size();
    Parts shown = now;
    shown.order.clear();
    shown.title.clear();
    std::size_t at = 0;
    for (const auto& [key, digest] : known) {
        const bool same = digests.substr(at, each) == std::string_view(all).substr(at, each);
        const auto part = std::ranges::find(shown.parts, key, &Part::key);
        if (!same) part->digest = ~digest;
        at += each;
    }
    return shown;
}

Update update_of(const Parts& before, const Parts& now, bool figures) {
    Update update;
    const auto same_key = [](const Part& a, const Part& b) { return a.key == b.key; };
    const auto old = by_key(before), fresh = by_key(now);
    if (before.set != now.set || old.size() != fresh.size() ||
        !std::equal(old.begin(), old.end(), fresh.begin(),
                    [&](const Part* a, const Part* b) { return same_key(*a, *b); })) {
        update.reload = true;
        return update;
    }
    std::string data;
    text::JsonWriter json(data);
    json.object();
    bool something = figures && !now.rows.empty() && before.rows != now.rows;
    json.key("parts").object();
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        if (old[i]->digest == fresh[i]->digest) continue;
        json.key(fresh[i]->key).value(fresh[i]->html);
        something = true;
    }
    json.end_object();
    if (before.order != now.order) {
        json.key("order").array();
        for (const std::string& id : now.order) json.value(id);
        json.end_array();
        something = true;
    }
    if (before.title != now.title || before.icon != now.icon) {
        json.key("title").value(now.title);
        json.key("icon").value(icon_url(now.icon));
        something = true;
    }
    if (before.headline != now.headline) json.key("say").value(now.headline);
    json.key("at").value(now.at);
    json.end_object();
    if (!something) return update;
    // The rows are already JSON.
    if (!now.rows.empty() && before.rows != now.rows) {
        data.pop_back();
        data += ",\"rows\":" + now.rows + "}";
    }
    update.data = std::move(data);
    return update;
}

std::string beat_of(const Facts& facts) {
    return rfc3339(std::chrono::floor<std::chrono::seconds>(facts.request.now_system));
}

}  // namespace vitals::page
