// `statuspage`: `status.json` and `summary.json` as hosted status pages publish them (Statuspage's
// public API, version 2), always 200. Ids are made from names, so they stay the same.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "dialects/catalog.hpp"
#include "dialects/json_writer.hpp"
#include "dialects/mount.hpp"
#include "model/clock.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::string url;
    std::string allow_origin;
};

constexpr Field fields[] = {
    field<&Options::url>("url", "Where people find the page; shown as `page.url`.",
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

struct Overall {
    std::string_view indicator, description;
};

Overall overall_of(const States& states, Steady now) {
    switch (aggregate(states, now)) {
        case Status::ok:
            return {"none", "All Systems Operational"};
        case Status::degraded:
            return {"minor", "Partially Degraded Service"};
        case Status::failed:
        case Status::unknown:
            break;
    }
    const bool nothing_works = std::ranges::none_of(states, [now](const ComponentState* state) {
        const Status status = state->status(now);
        return status == Status::ok || status == Status::degraded;
    });
    if (nothing_works) return {"critical", "Major Service Outage"};
    return {"major", "Partial System Outage"};
}

std::string_view component_word(const ComponentState& state, Steady now) {
    switch (state.status(now)) {
        case Status::ok:
            return "operational";
        case Status::degraded:
            return "degraded_performance";
        case Status::failed:
        case Status::unknown:
            break;
    }
    return state.component->critical ? "major_outage" : "partial_outage";
}

System started_at(const Snapshot& snapshot) {
    return snapshot.taken_at -
           std::chrono::duration_cast<System::duration>(snapshot.taken - snapshot.started);
}

System changed_at(const ComponentState& state, const Snapshot& snapshot) {
    return state.last == nullptr ? started_at(snapshot) : state.since;
}

void write_page(JsonWriter& writer, const Snapshot& snapshot, const States& states,
                const Options& options) {
    System updated = started_at(snapshot);
    for (const ComponentState* state : states)
        updated = std::max(updated, changed_at(*state, snapshot));
    writer.key("page").object();
    writer.member("id", id_of("page", snapshot.service.name));
    writer.member("name", snapshot.service.name);
    writer.member("url", options.url);
    writer.member("time_zone", "Etc/UTC");
    writer.member("updated_at", rfc3339_millis(updated)).end_object();
}

void write_component(JsonWriter& writer, const Snapshot& snapshot, const Request& request,
                     const ComponentState& state, std::size_t position) {
    writer.object();
    writer.member("id", id_of("component", state.name()));
    writer.member("name", state.name());
    writer.member("status", component_word(state, request.now));
    writer.member("created_at", rfc3339_millis(started_at(snapshot)));
    writer.member("updated_at", rfc3339_millis(changed_at(state, snapshot)));
    writer.member("position", position);
    const std::string detail = shown_detail(state, request);
    writer.key("description");
    if (detail.empty())
        writer.null();
    else
        writer.value(detail);
    writer.member("showcase", false);
    writer.key("start_date").null();
    writer.key("group_id").null();
    writer.member("page_id", id_of("page", snapshot.service.name));
    writer.member("group", false);
    writer.member("only_show_if_degraded", false).end_object();
}

std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    const std::optional<std::string_view> rest = below(mount, path);
    if (rest == "status.json" || rest == "summary.json") return rest;
    return std::nullopt;
}

Response render(const Snapshot& snapshot, const Request& request, const void* options) {
    const auto& own = *static_cast<const Options*>(options);
    const States states = visible(snapshot, request, false);
    Response response;
    response.content_type = "application/json; charset=utf-8";
    if (!own.allow_origin.empty())
        response.headers.emplace_back("Access-Control-Allow-Origin", own.allow_origin);
    JsonWriter writer(response.body);
    writer.object();
    write_page(writer, snapshot, states, own);
    if (request.rest == "summary.json") {
        writer.key("components").array();
        std::size_t position = 0;
        for (const ComponentState* state : states)
            write_component(writer, snapshot, request, *state, ++position);
        writer.end_array();
        writer.key("incidents").array().end_array();
        writer.key("scheduled_maintenances").array().end_array();
    }
    const Overall overall = overall_of(states, request.now);
    writer.key("status").object().member("indicator", overall.indicator);
    writer.member("description", overall.description).end_object().end_object();
    return response;
}

std::string verify(const void* options) {
    const auto& own = *static_cast<const Options*>(options);
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (std::ranges::any_of(own.allow_origin, control))
        return "'allow_origin' must not hold control characters";
    return {};
}

}  // namespace

constinit const Dialect statuspage{
    .description = describe<Options>(
        "statuspage", "What hosted status pages publish: one indicator, and every component.",
        fields, verify),
    .usual_path = "/api/v2/",
    .origin = "Statuspage",
    .codes = "200 always",
    .own_components = false,
    .match = match,
    .render = render,
};

}  // namespace vitals::dialects
