// `badge`: a component, a group or (as `/badge.json`, `/badge.svg`) everything, for shields.io's
// endpoint badge and as a picture that vitals draws. 200 for any status; 404 for an unknown name.
// Out of service, the badge of everything says so; those of components show their states.
//
// `?show=uptime` and `?show=response` show the past, `&range=30d` selects how much of it. A badge
// is never green if nobody looked.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "model/per_status.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"
#include "text/json.hpp"
#include "text/utf8.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::string label;
};

constexpr Field fields[] = {
    field<&Options::label>(
        "label",
        "The text of the left half; by default the name in the request, or that of the service."),
};

using States = std::vector<const ComponentState*>;

struct Badge {
    std::string label, message;
    Status status = Status::unknown;
    int code = 200;
};

// The parameters of the request besides the name.
struct Wanted {
    enum class What : std::uint8_t { status, uptime, response };
    What what = What::status;
    std::chrono::milliseconds range{std::chrono::hours(24)};
    std::string_view range_text = "24h";
    std::string_view problem;  // what is wrong with the question
};

constexpr std::pair<std::string_view, std::chrono::hours> ranges[] = {
    {"1h", std::chrono::hours(1)},
    {"24h", std::chrono::hours(24)},
    {"7d", std::chrono::days(7)},
    {"30d", std::chrono::days(30)},
    {"90d", std::chrono::days(90)}};

Wanted wanted_of(const Request& request) {
    Wanted wanted;
    const std::string* const show = request.parameter("show");
    const std::string* const range = request.parameter("range");
    if (show != nullptr && *show == "uptime")
        wanted.what = Wanted::What::uptime;
    else if (show != nullptr && *show == "response")
        wanted.what = Wanted::What::response;
    else if (show != nullptr && *show != "status")
        wanted.problem = "show=status, uptime or response";
    if (range == nullptr) return wanted;
    const auto* const found =
        std::ranges::find(ranges, *range, [](const auto& each) { return each.first; });
    if (found == std::end(ranges)) {
        wanted.problem = "range=1h, 24h, 7d, 30d or 90d";
        return wanted;
    }
    wanted.range = found->second;
    wanted.range_text = found->first;
    return wanted;
}

// The colour names of shields.io, and their colours.
struct Colour {
    std::string_view name, code;
};

constexpr PerStatus<Colour> colour_of{{"brightgreen", "#2b7a0b"},
                                      {"orange", "#a85b00"},
                                      {"red", "#b3261e"},
                                      {"lightgrey", "#5f6368"}};

bool is_one(const States& states, const std::string& name) {
    return states.size() == 1 && states.front()->name() == name;
}

// The badge of everything, of a group or of one component.
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
    if (is_one(states, name)) {
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

// Green if it was up almost always and somebody looked almost always; grey if it is not known.
constexpr double good = 0.999, bearable = 0.99, looked_at_enough = 0.99;

Badge uptime_badge(const Wanted& wanted, const Request& request) {
    Badge badge;
    badge.message = "not known";
    if (request.past == nullptr || !request.past->pasts) return badge;
    Account all;
    std::chrono::milliseconds longest{};  // that one of them was watched
    for (const Past& past : *request.past->pasts) {
        const Account one = account(past.watched(), past.now - wanted.range, past.now);
        longest = std::max(longest, one.window() - one.of(Spent::unwatched));
        all += one;
    }
    const auto uptime = all.uptime();
    if (!uptime) return badge;
    const double coverage = all.coverage().value_or(0);
    badge.message = percent_text(uptime);
    if (coverage < looked_at_enough) badge.message += " of " + percent_text(coverage);
    if (longest < wanted.range * 9 / 10) badge.message += " in " + text::about_duration(longest);
    badge.status = *uptime < bearable             ? Status::failed
                   : *uptime < good               ? Status::degraded
                   : coverage >= looked_at_enough ? Status::ok
                                                  : Status::unknown;
    return badge;
}

// The median response time. It says nothing about the state, so it is never red.
Badge response_badge(const Request& request) {
    Badge badge;
    badge.message = "not known";
    if (request.past == nullptr || !request.past->responses) return badge;
    for (const ResponseStep& step : *request.past->responses) {
        if (step.runs == 0) continue;
        badge.message = text::spoken_duration(step.p50);
        badge.status = Status::ok;
    }
    return badge;
}

// The schema of a badge refuses unknown keys.
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

// The texts are fitted to their computed width, in any font.
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

// The rest is the name and the format: "databases/default.svg", ".json" for everything.
std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    mount = without_slash(mount);
    if (!path.starts_with(mount)) return std::nullopt;
    path.remove_prefix(mount.size());
    if (!path.ends_with(".json") && !path.ends_with(".svg")) return std::nullopt;
    if (path == ".json" || path == ".svg") return path;
    if (!path.starts_with('/')) return std::nullopt;
    return path.substr(1);
}

std::string name_of(const Request& request) {
    return request.rest.substr(0, request.rest.rfind('.'));
}

States asked_for(const Snapshot& snapshot, const Request& request, const std::string& name) {
    States states = visible(snapshot, request, false);
    if (!name.empty())
        std::erase_if(states, [&](const ComponentState* state) {
            return state->name() != name && state->component->group() != name;
        });
    return states;
}

std::optional<PastQuestion> asks(const Snapshot& snapshot, const Request& request) {
    const Wanted wanted = wanted_of(request);
    if (wanted.what == Wanted::What::status || !wanted.problem.empty()) return std::nullopt;
    const std::string name = name_of(request);
    const States states = asked_for(snapshot, request, name);
    const bool responses = wanted.what == Wanted::What::response;
    if (states.empty() ||
        (responses && (!is_one(states, name) || request.disclose == Disclosure::status)))
        return std::nullopt;
    PastQuestion question{.back = wanted.range, .responses = responses};
    for (const ComponentState* state : states) question.names.push_back(state->name());
    return question;
}

Badge made_badge(const Snapshot& snapshot, const Request& request, const Wanted& wanted) {
    const std::string name = name_of(request);
    const States states = asked_for(snapshot, request, name);
    const auto refused = [](std::string_view why, int code) {
        return Badge{{}, std::string(why), Status::unknown, code};
    };
    if (!wanted.problem.empty()) return refused(wanted.problem, 400);
    if (!name.empty() && states.empty()) return refused("not found", 404);
    if (wanted.what == Wanted::What::status) return badge_of(snapshot, states, name, request);
    if (states.empty()) return refused("nothing is watched", 200);
    if (wanted.what == Wanted::What::uptime) return uptime_badge(wanted, request);
    if (!is_one(states, name)) return refused("name one component", 400);
    if (request.disclose == Disclosure::status) return refused("not public", 403);
    return response_badge(request);
}

std::string label_of(const Snapshot& snapshot, const Request& request, const Wanted& wanted,
                     const Options& own) {
    std::string label = own.label;
    if (label.empty()) label = name_of(request);
    if (label.empty()) label = snapshot.service.name;
    if (wanted.what == Wanted::What::status || !wanted.problem.empty()) return label;
    return fmt::format("{} {} {}", label,
                       wanted.what == Wanted::What::uptime ? "uptime" : "response",
                       wanted.range_text);
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    const Wanted wanted = wanted_of(request);
    Badge badge = made_badge(snapshot, request, wanted);
    badge.label = label_of(snapshot, request, wanted, own);
    const bool picture = request.rest.ends_with(".svg");
    Response response;
    response.status = badge.code;
    response.content_type = picture ? "image/svg+xml; charset=utf-8" : "application/json";
    if (picture)
        response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
    response.body = picture ? svg(badge) : json(badge);
    return response;
}

}  // namespace

extern constinit const Dialect badge = make_dialect<Options, render>(
    "badge", "The status of a component as a badge: for shields.io, or as a picture.", fields,
    {"/badge/", "shields.io", "200 always"}, {.reads_query = true, .match = match, .asks = asks});

}  // namespace vitals::dialects
