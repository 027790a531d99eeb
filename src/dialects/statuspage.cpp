// `statuspage`: the documents that hosted status pages publish (Statuspage's public API, version
// 2), always 200. Ids are made from names, so they stay the same; if two names have the same id,
// the later one gets another. Incidents are those whose causes the endpoint shows, with their
// public notes; maintenances are those with a begin and an end.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "model/board.hpp"
#include "model/clock.hpp"
#include "model/per_status.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::string url;
    std::string allow_origin;
};

constexpr Field fields[] = {
    field<&Options::url>(
        "url",
        "The URL of the page for people, shown as `page.url`; by default the site of the request.",
        {.example = "https://status.example.com"}),
    field<&Options::allow_origin>(
        "allow_origin",
        "Sites whose scripts may read this, for `Access-Control-Allow-Origin`; hosted pages send "
        "`*`.",
        {.example = "*"}),
};

using States = std::vector<const ComponentState*>;

// FNV-1a: the same name gives the same id for ever.
std::string id_of(std::string_view kind, std::string_view name) {
    std::uint64_t hash = 14695981039346656037u;
    const auto mix = [&hash](std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    };
    mix(kind);
    mix(name);
    return fmt::format("{:012x}", hash & 0xFFFFFFFFFFFFu);
}

// The ids of one document's components and groups.
class Ids {
  public:
    std::string of(std::string_view kind, std::string_view name) {
        std::string id = id_of(kind, name);
        while (!taken_.insert(id).second) id = id_of(id, name);
        return id;
    }

  private:
    std::set<std::string> taken_;
};

struct Overall {
    std::string_view indicator, description;
};

Overall overall_of(const Snapshot& snapshot, const States& states, const Request& request) {
    if (snapshot.decommission.active()) return {"maintenance", "Service Under Maintenance"};
    switch (overall_status(snapshot, states, request)) {
        case Status::ok:
            return {"none", "All Systems Operational"};
        case Status::degraded:
            return {"minor", "Partially Degraded Service"};
        case Status::failed:
        case Status::unknown:
            break;
    }
    if (states.empty()) return {"major", "Nothing Is Watched"};
    const bool nothing_works =
        std::ranges::none_of(states, [&request](const ComponentState* state) {
            const Status status = state->status(request.now);
            return status == Status::ok || status == Status::degraded;
        });
    if (nothing_works) return {"critical", "Major Service Outage"};
    return {"major", "Partial System Outage"};
}

constexpr PerStatus<std::string_view> critical_word{"operational", "degraded_performance",
                                                    "major_outage", "major_outage"};
constexpr PerStatus<std::string_view> other_word{"operational", "degraded_performance",
                                                 "partial_outage", "partial_outage"};

std::string_view component_word(const ComponentState& state, Steady now) {
    return (state.component->critical ? critical_word : other_word)(state.status(now));
}

System started_at(const Snapshot& snapshot) {
    return snapshot.taken_at -
           std::chrono::duration_cast<System::duration>(snapshot.taken - snapshot.started);
}

System changed_at(const ComponentState& state, const Snapshot& snapshot) {
    return state.last == nullptr ? started_at(snapshot) : state.since;
}

void write_page(text::JsonWriter& writer, const Snapshot& snapshot, const States& states,
                const Request& request, const Options& options) {
    System updated = started_at(snapshot);
    for (const ComponentState* state : states)
        updated = std::max(updated, changed_at(*state, snapshot));
    writer.key("page").object();
    writer.member("id", id_of("page", snapshot.service.name));
    writer.member("name", snapshot.service.name);
    writer.member("url", options.url.empty() ? request.site : options.url);
    writer.member("time_zone", "Etc/UTC");
    writer.member("updated_at", rfc3339_millis(updated)).end_object();
}

// A component or a group, which are written in the same way.
struct Entry {
    std::string id, name, group_id;
    std::string_view status;
    System updated{};
    std::string description{};
    std::vector<std::string> members{};  // of a group: ids
    bool group = false;
};

void text_or_null(text::JsonWriter& writer, std::string_view key, const std::string& text) {
    writer.key(key);
    if (text.empty())
        writer.null();
    else
        writer.value(text);
}

void write_entry(text::JsonWriter& writer, const Snapshot& snapshot, const Entry& entry,
                 std::size_t position) {
    writer.object().member("id", entry.id).member("name", entry.name);
    writer.member("status", entry.status);
    writer.member("created_at", rfc3339_millis(started_at(snapshot)));
    writer.member("updated_at", rfc3339_millis(entry.updated));
    writer.member("position", position);
    text_or_null(writer, "description", entry.description);
    writer.member("showcase", false);
    writer.key("start_date").null();
    text_or_null(writer, "group_id", entry.group_id);
    writer.member("page_id", id_of("page", snapshot.service.name));
    writer.member("group", entry.group);
    writer.member("only_show_if_degraded", false);
    if (entry.group) {
        writer.key("components").array();
        for (const std::string& member : entry.members) writer.value(member);
        writer.end_array();
    }
    writer.end_object();
}

// A group is as bad as its worst component: the words in order of severity.
std::string_view worse(std::string_view a, std::string_view b) {
    constexpr std::array<std::string_view, 4> words{"operational", "degraded_performance",
                                                    "partial_outage", "major_outage"};
    return std::ranges::find(words, a) < std::ranges::find(words, b) ? b : a;
}

// Components in name order, each group before its first component.
std::vector<Entry> entries_of(const Snapshot& snapshot, const Request& request,
                              const States& states) {
    Ids ids;
    std::vector<Entry> entries;
    std::map<std::string_view, std::size_t> groups;
    for (const ComponentState* state : states) {
        const std::string_view group = state->component->group();
        if (!group.empty() && !groups.contains(group)) {
            groups[group] = entries.size();
            Entry& made = entries.emplace_back();
            made.id = ids.of("group", group);
            made.name = group;
            made.group = true;
        }
        Entry entry;
        entry.id = ids.of("component", state->name());
        entry.name = state->name();
        entry.status = component_word(*state, request.now);
        entry.updated = changed_at(*state, snapshot);
        entry.description = shown_detail(*state, request);
        if (!group.empty()) {
            Entry& whole = entries[groups[group]];
            whole.status = whole.members.empty() ? entry.status : worse(whole.status, entry.status);
            whole.updated = std::max(whole.updated, entry.updated);
            whole.members.push_back(entry.id);
            entry.group_id = whole.id;
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

void write_components(text::JsonWriter& writer, const Snapshot& snapshot, const Request& request,
                      const States& states) {
    writer.key("components").array();
    std::size_t position = 0;
    for (const Entry& entry : entries_of(snapshot, request, states))
        write_entry(writer, snapshot, entry, ++position);
    writer.end_array();
}

// ---- incidents and maintenances -----------------------------------------------------------------

constexpr std::size_t most_listed = 50;
constexpr std::chrono::seconds board_holds{1};  // how long an answer may be behind the board

// The content of one update of an incident.
struct Update {
    std::string id;
    std::string_view status;
    std::string body;
    System at{};
};

void time_or_null(text::JsonWriter& writer, std::string_view key, const std::optional<System>& at) {
    writer.key(key);
    if (at)
        writer.value(rfc3339_millis(*at));
    else
        writer.null();
}

void write_updates(text::JsonWriter& writer, const std::string& incident,
                   const std::vector<Update>& updates) {
    writer.key("incident_updates").array();
    for (const Update& update : updates) {
        writer.object().member("id", update.id).member("status", update.status);
        writer.member("body", update.body).member("incident_id", incident);
        writer.member("created_at", rfc3339_millis(update.at));
        writer.member("updated_at", rfc3339_millis(update.at));
        writer.member("display_at", rfc3339_millis(update.at)).end_object();
    }
    writer.end_array();
}

// The causes that this endpoint shows.
std::vector<std::string> shown_causes(const IncidentRecord& incident, const States& states) {
    std::vector<std::string> shown;
    for (const std::string& root : incident.roots)
        if (std::ranges::any_of(states, [&](const auto* each) { return each->name() == root; }))
            shown.push_back(root);
    return shown;
}

std::string_view impact_of(const IncidentRecord& incident, const States& states) {
    const bool critical = std::ranges::any_of(states, [&](const ComponentState* state) {
        return state->component->critical &&
               std::ranges::find(incident.roots, state->name()) != incident.roots.end();
    });
    if (incident.worst == Status::degraded) return "minor";
    return critical ? "critical" : "major";
}

// The newest first, as hosted pages have them.
std::vector<Update> updates_of(const IncidentRecord& incident, const std::string& id,
                               const std::string& name) {
    std::vector<Update> updates{
        {id_of("update", id + "/0"), "investigating", name, incident.opened}};
    for (const Note& note : incident.notes)
        if (note.is_public)
            updates.push_back({id_of("update", fmt::format("{}/{}", id, note.id)),
                               to_string(note.state), note.text, note.at});
    if (incident.closed)
        updates.push_back(
            {id_of("update", id + "/end"), "resolved", "It works again.", *incident.closed});
    std::ranges::reverse(updates);
    return updates;
}

void write_incident(text::JsonWriter& writer, const Snapshot& snapshot, const Request& request,
                    const States& states, const IncidentRecord& incident) {
    const std::vector<std::string> causes = shown_causes(incident, states);
    if (causes.empty()) return;
    std::string name = fmt::format("{}", fmt::join(causes, ", "));
    if (request.disclose != Disclosure::status && !incident.title.empty())
        name += ": " + incident.title;
    const std::vector<Update> updates = updates_of(incident, incident.id, name);
    const bool watched = updates.front().status == "monitoring";
    writer.object().member("id", incident.id).member("name", name);
    writer.member("status", updates.front().status);
    writer.member("created_at", rfc3339_millis(incident.opened));
    writer.member("updated_at", rfc3339_millis(updates.front().at));
    time_or_null(writer, "monitoring_at",
                 watched ? std::optional(updates.front().at) : std::nullopt);
    time_or_null(writer, "resolved_at", incident.closed);
    writer.member("impact", impact_of(incident, states));
    writer.key("shortlink").null();
    writer.member("started_at", rfc3339_millis(incident.opened));
    writer.member("page_id", id_of("page", snapshot.service.name));
    write_updates(writer, incident.id, updates);
    writer.end_object();
}

// An incident that was over before anybody had to be told is left out.
bool had_to_be_told(const IncidentRecord& incident) {
    return !incident.waiting && (!incident.closed || *incident.closed >= incident.due);
}

void write_incidents(text::JsonWriter& writer, const Snapshot& snapshot, const Request& request,
                     const States& states, bool resolved_too) {
    writer.key("incidents").array();
    std::size_t listed = 0;
    if (request.board != nullptr)
        for (const auto& incident : request.board->incidents)
            if ((resolved_too || !incident->closed) && had_to_be_told(*incident) &&
                ++listed <= most_listed)
                write_incident(writer, snapshot, request, states, *incident);
    writer.end_array();
}

enum class Planned { all, upcoming, active };

void write_maintenance(text::JsonWriter& writer, const Snapshot& snapshot, const Request& request,
                       const ShownMute& mute, const std::vector<std::string>& names) {
    const std::string id = id_of("maintenance", mute.id);
    std::string name = fmt::format("Maintenance of {}", fmt::join(names, ", "));
    if (request.disclose == Disclosure::full && !mute.reason.empty()) name += ": " + mute.reason;
    const System from = mute.from.value_or(snapshot.taken_at);
    const std::string_view status = mute.active ? "in_progress" : "scheduled";
    writer.object().member("id", id).member("name", name).member("status", status);
    writer.member("created_at", rfc3339_millis(from));
    writer.member("updated_at", rfc3339_millis(from));
    writer.key("monitoring_at").null();
    writer.key("resolved_at").null();
    writer.member("impact", "maintenance");
    writer.key("shortlink").null();
    writer.member("started_at", rfc3339_millis(from));
    writer.member("page_id", id_of("page", snapshot.service.name));
    write_updates(writer, id, {{id_of("update", id), status, name, from}});
    writer.member("scheduled_for", rfc3339_millis(from));
    time_or_null(writer, "scheduled_until", mute.until);
    writer.end_object();
}

void write_maintenances(text::JsonWriter& writer, const Snapshot& snapshot, const Request& request,
                        const States& states, Planned which) {
    constexpr std::size_t most_named = 5;
    writer.key("scheduled_maintenances").array();
    if (request.board != nullptr)
        for (const ShownMute& mute : request.board->mutes) {
            if (!mute.maintenance || (!mute.from && !mute.active) || !mute.until) continue;
            if (*mute.until <= request.now_system) continue;
            if (which == (mute.active ? Planned::upcoming : Planned::active)) continue;
            std::vector<std::string> names;
            const Selector selector(mute.match);
            for (const ComponentState* state : states)
                if (selector.takes(*state->component)) names.push_back(state->name());
            if (names.empty()) continue;
            if (names.size() > most_named) {
                const std::size_t more = names.size() - most_named;
                names.resize(most_named);
                names.push_back(fmt::format("{} more", more));
            }
            write_maintenance(writer, snapshot, request, mute, names);
        }
    writer.end_array();
}

// The members of each document beside `page`.
struct Document {
    std::string_view path;
    bool components, incidents, maintenances, status;
    bool unresolved = false;  // of the incidents only these
    Planned planned = Planned::all;
};

constexpr std::array<Document, 8> documents{{
    {"status.json", false, false, false, true},
    {"summary.json", true, true, true, true, true},
    {"components.json", true, false, false, false},
    {"incidents.json", false, true, false, false},
    {"incidents/unresolved.json", false, true, false, false, true},
    {"scheduled-maintenances.json", false, false, true, false},
    {"scheduled-maintenances/upcoming.json", false, false, true, false, false, Planned::upcoming},
    {"scheduled-maintenances/active.json", false, false, true, false, false, Planned::active},
}};

std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    const std::optional<std::string_view> rest = below(mount, path);
    const bool known =
        rest && std::ranges::find(documents, *rest, &Document::path) != documents.end();
    return known ? rest : std::nullopt;
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    const States states = visible(snapshot, request, false);
    const auto* found = std::ranges::find(documents, request.rest, &Document::path);
    const Document& document = found == documents.end() ? documents.front() : *found;
    Response response;
    response.content_type = "application/json; charset=utf-8";
    if (!own.allow_origin.empty())
        response.headers.emplace_back("Access-Control-Allow-Origin", own.allow_origin);
    text::JsonWriter writer(response.body);
    writer.object();
    write_page(writer, snapshot, states, request, own);
    if (document.components) write_components(writer, snapshot, request, states);
    if (document.incidents)
        write_incidents(writer, snapshot, request, states, !document.unresolved);
    if (document.maintenances)
        write_maintenances(writer, snapshot, request, states, document.planned);
    if (document.incidents || document.maintenances) response.repeat_for = board_holds;
    if (document.status) {
        const Overall overall = overall_of(snapshot, states, request);
        writer.key("status").object().member("indicator", overall.indicator);
        writer.member("description", overall.description).end_object();
    }
    writer.end_object();
    return response;
}

Verified verify(const Options& own) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (std::ranges::any_of(own.allow_origin, control))
        return std::unexpected("'allow_origin' must not hold control characters");
    return {};
}

}  // namespace

extern constinit const Dialect statuspage = make_dialect<Options, render, verify>(
    "statuspage", "What hosted status pages publish: one indicator, and every component.", fields,
    {"/api/v2/", "Statuspage", "200 always"},
    {.wants_site = true, .wants_board = true, .match = match});

}  // namespace vitals::dialects
