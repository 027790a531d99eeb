// `badge`: a component, a group or (as `/badge.json`, `/badge.svg`) everything, for shields.io's
// endpoint badge and as a picture made here. 200 whatever the status; 404 for an unknown name. Out
// of service, the badge of everything says so; those of components say how these are.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "model/per_status.hpp"
#include "text/escape.hpp"
#include "text/json.hpp"
#include "text/utf8.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::string label;
};

constexpr Field fields[] = {
    field<&Options::label>("label",
                           "What the left half says; the name asked for, or the service's, if not "
                           "set."),
};

using States = std::vector<const ComponentState*>;

struct Badge {
    std::string label, message;
    Status status = Status::unknown;
};

// The names that shields.io knows, and the colours they stand for.
struct Colour {
    std::string_view name, code;
};

constexpr PerStatus<Colour> colour_of{{"brightgreen", "#2b7a0b"},
                                      {"orange", "#a85b00"},
                                      {"red", "#b3261e"},
                                      {"lightgrey", "#5f6368"}};

// Of everything, of a group or of one component.
Badge badge_of(const Snapshot& snapshot, const States& states, const std::string& name,
               const Request& request) {
    Badge badge;
    if (name.empty() && snapshot.decommission.active()) {
        badge.message = "out of service";
        return badge;
    }
    badge.status = overall_status(snapshot, states, request);
    if (states.empty()) {
        badge.message = "nothing is watched";
        return badge;
    }
    if (states.size() == 1 && states[0]->name() == name) {
        badge.status = states[0]->status(request.now);
        badge.message = to_string(badge.status);
        return badge;
    }
    const auto well = std::ranges::count_if(states, [&](const ComponentState* state) {
        return state->status(request.now) == Status::ok;
    });
    badge.message = fmt::format("{}/{} ok", well, states.size());
    return badge;
}

// A badge's schema refuses keys that it does not know.
std::string json(const Badge& badge) {
    std::string body;
    text::JsonWriter writer(body);
    writer.object().member("schemaVersion", 1);
    writer.member("label", text::one_line(badge.label)).member("message", badge.message);
    writer.member("color", colour_of(badge.status).name);
    if (badge.status == Status::failed) writer.member("isError", true);
    writer.end_object();
    return body;
}

std::size_t width_of(std::string_view text) {
    std::size_t characters = 0;
    while (!text.empty()) {
        text.remove_prefix(text::first_character(text).bytes.size());
        ++characters;
    }
    return characters * 13 / 2 + 12;
}

// The texts are fitted to the width that is reckoned for them, whatever font there is.
std::string svg(const Badge& badge) {
    const std::string label = text::one_line(badge.label);
    const std::size_t left = width_of(label), right = width_of(badge.message);
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"20\" role=\"img\" "
        "aria-label=\"{3}: {4}\"><title>{3}: {4}</title>"
        "<rect width=\"{0}\" height=\"20\" rx=\"4\" fill=\"{2}\"/>"
        "<path d=\"M4 0H{1}V20H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z\" fill=\"#3b4148\"/>"
        "<g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">"
        "<text x=\"6\" y=\"14\" textLength=\"{5}\">{3}</text>"
        "<text x=\"{6}\" y=\"14\" textLength=\"{7}\">{4}</text></g></svg>\n",
        left + right, left, colour_of(badge.status).code, text::html(label),
        text::html(badge.message), left - 12, left + 6, right - 12);
}

// The rest is the name and the form: "databases/default.svg", ".json" for everything.
std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    mount = without_slash(mount);
    if (!path.starts_with(mount)) return std::nullopt;
    path.remove_prefix(mount.size());
    if (!path.ends_with(".json") && !path.ends_with(".svg")) return std::nullopt;
    if (path == ".json" || path == ".svg") return path;
    if (!path.starts_with('/')) return std::nullopt;
    return path.substr(1);
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    const bool picture = request.rest.ends_with(".svg");
    const std::string name = request.rest.substr(0, request.rest.rfind('.'));
    States states = visible(snapshot, request, false);
    const bool named = !name.empty();
    if (named)
        std::erase_if(states, [&](const ComponentState* state) {
            return state->name() != name && state->component->group() != name;
        });
    std::string label = named ? name : snapshot.service.name;
    if (!own.label.empty()) label = own.label;

    Response response;
    Badge badge{{}, "not found", Status::unknown};
    if (named && states.empty())
        response.status = 404;
    else
        badge = badge_of(snapshot, states, name, request);
    badge.label = std::move(label);
    response.content_type = picture ? "image/svg+xml; charset=utf-8" : "application/json";
    if (picture)
        response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
    response.body = picture ? svg(badge) : json(badge);
    return response;
}

}  // namespace

extern constinit const Dialect badge = make_dialect<Options, render>(
    "badge", "A component's status as a badge: for shields.io, or as a picture.", fields,
    {"/badge/", "shields.io", "200 always"}, {.match = match});

}  // namespace vitals::dialects
