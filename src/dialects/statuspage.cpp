// `statuspage`: the documents that hosted status pages publish (Statuspage's public API, version
// 2), always 200. Ids are made from names, so they stay the same; of two names with the same id the
// later one gets another. Nothing is known here of incidents and maintenances: their lists are
// empty.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
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
    field<&Options::url>("url",
                         "Where people find the page, shown as `page.url`; the site that was asked "
                         "if not set.",
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

// Ids of one document's components and groups.
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

// A component or a group, as both are written.
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

// A group is as ill as its worst component: the words in the order of gravity.
std::string_view worse(std::string_view a, std::string_view b) {
    constexpr std::array<std::string_view, 4> words{"operational", "degraded_performance",
                                                    "partial_outage", "major_outage"};
    return std::ranges::find(words, a) < std::ranges::find(words, b) ? b : a;
}

// Components in name order, each group before the first of its own.
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

// What each document has beside `page`.
struct Document {
    std::string_view path;
    bool components, incidents, maintenances, status;
};

constexpr std::array<Document, 8> documents{{
    {"status.json", false, false, false, true},
    {"summary.json", true, true, true, true},
    {"components.json", true, false, false, false},
    {"incidents.json", false, true, false, false},
    {"incidents/unresolved.json", false, true, false, false},
    {"scheduled-maintenances.json", false, false, true, false},
    {"scheduled-maintenances/upcoming.json", false, false, true, false},
    {"scheduled-maintenances/active.json", false, false, true, false},
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
    if (document.incidents) writer.key("incidents").array().end_array();
    if (document.maintenances) writer.key("scheduled_maintenances").array().end_array();
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
    {"/api/v2/", "Statuspage", "200 always"}, {.wants_site = true, .match = match});

}  // namespace vitals::dialects
