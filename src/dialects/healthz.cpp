// `healthz`: Caluma's endpoint and the django-watchman under it. 200 while everything works, 503
// otherwise; it never says why. A group becomes a list of one-key objects in name order, a
// component without a group an object. A component whose outcome has the property `configured` =
// false gets ` (not configured)` after its name (kinds set it when nothing is set up for them).
//
// Below the path: `ping/` (200 `pong`), `bare/` (the code only), `dashboard/` (HTML, always 200);
// without their slash they are redirected to it, as Django does. Any method reads. `?check=` and
// `?skip=`, both repeatable, name sections, components or the originals' Python functions: all that
// `check` names, without those that `skip` names.
//
// Source of the shapes: django-watchman 1.5.0, Caluma's documentation of its endpoint.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dialects/dialect.hpp"
#include "dialects/document.hpp"
#include "dialects/keys.hpp"
#include "dialects/mount.hpp"
#include "model/property.hpp"
#include "text/escape.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    Secret watchman_tokens;
    std::string token_name = "watchman-token";
    bool expose_version = false;
};

constexpr Field fields[] = {
    field<&Options::watchman_tokens>(
        "watchman_tokens",
        "Tokens, separated by commas. For the status and the dashboard a client must show one of "
        "them, as the header `Authorization: WATCHMAN-TOKEN Token=\"...\"` or as a query "
        "parameter.",
        {.example = "{env: WATCHMAN_TOKENS}"}),
    field<&Options::token_name>("token_name", "The query parameter that may hold the token."),
    field<&Options::expose_version>(
        "expose_version",
        "Sends `X-Watchman-Version`, the version of django-watchman that this dialect reproduces."),
};

constexpr std::string_view reproduced_version = "1.5.0";

// ---- Sections ----

struct Section {
    std::string_view name;                       // the group, or the whole name
    std::vector<const ComponentState*> members;  // in name order
    bool grouped = false;
};

// The original's functions and their sections.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> functions{{
    {"watchman.checks.databases", "databases"},
    {"watchman.checks.caches", "caches"},
    {"watchman.checks.storage", "storage"},
    {"watchman.checks.email", "email"},
    {"caluma.caluma_core.health_checks.check_models", "database models"},
    {"caluma.caluma_core.health_checks.check_migrations", "database migrations"},
    {"caluma.caluma_core.health_checks.check_media_storage_service", "media storage service"},
}};

std::string_view section_name(const ComponentState& state) {
    const std::string_view group = state.component->group();
    return group.empty() ? std::string_view(state.name()) : group;
}

// What parameters of that name select: sections and components; functions become sections.
std::set<std::string> named_by(const Request& request, std::string_view parameter) {
    std::set<std::string> named;
    for (std::string& value : request.parameters(parameter)) {
        const auto* const known = std::ranges::find(
            functions, value, [](const auto& function) { return function.first; });
        if (known != functions.end())
            named.emplace(known->second);
        else
            named.insert(std::move(value));
    }
    return named;
}

std::vector<const ComponentState*> selected(const Snapshot& snapshot, const Request& request) {
    std::vector<const ComponentState*> states = visible(snapshot, request, false);
    if (request.query.empty()) return states;
    const std::set<std::string> skip = named_by(request, "skip");
    const std::set<std::string> check = named_by(request, "check");
    const bool every = !request.has("check");
    std::erase_if(states, [&](const ComponentState* state) {
        const std::string section(section_name(*state));
        const auto in = [&](const std::set<std::string>& named) {
            return named.contains(section) || named.contains(state->name());
        };
        return (!every && !in(check)) || in(skip);
    });
    return states;
}

// The documented five first, in the document's order.
std::size_t rank(std::string_view section) {
    constexpr std::array<std::string_view, 5> documented{
        "databases", "caches", "database models", "database migrations", "media storage service"};
    return static_cast<std::size_t>(std::ranges::find(documented, section) - documented.begin());
}

std::vector<Section> sections(const std::vector<const ComponentState*>& states) {
    std::map<std::pair<std::size_t, std::string_view>, Section> ordered;
    for (const ComponentState* state : states) {
        const std::string_view name = section_name(*state);
        Section& section = ordered[{rank(name), name}];
        section.name = name;
        section.members.push_back(state);
        section.grouped = section.grouped || !state->component->group().empty();
    }
    std::vector<Section> made;
    for (auto& [key, section] : ordered) made.push_back(std::move(section));
    return made;
}

bool works(const ComponentState& state, Steady now) {
    const Status status = state.status(now);
    return status == Status::ok || status == Status::degraded;
}

std::string key_of(const ComponentState& state) {
    std::string key(state.component->short_name());
    const Value* configured =
        state.last == nullptr ? nullptr : state.last->property(property::configured);
    const bool* set_up = configured == nullptr ? nullptr : std::get_if<bool>(configured);
    if (set_up != nullptr && !*set_up) key += " (not configured)";
    return key;
}

std::string json(const std::vector<const ComponentState*>& states, Steady now) {
    std::string body;
    text::JsonWriter writer(body, text::python_json);
    const auto leaf = [&](std::string_view key, const ComponentState& state) {
        writer.key(key).object().member("ok", works(state, now)).end_object();
    };
    Keys keys;
    writer.object();
    for (const Section& section : sections(states)) {
        if (!section.grouped) {
            leaf(keys.unique(key_of(*section.members.front())), *section.members.front());
            continue;
        }
        writer.key(keys.unique(section.name)).array();
        for (const ComponentState* state : section.members) {
            writer.object();
            leaf(key_of(*state), *state);
            writer.end_object();
        }
        writer.end_array();
    }
    writer.end_object();
    return body;
}

// ---- Tokens ----

// The value of the last word `Token=` between white space in an Authorization header of any scheme,
// without its quotation marks.
std::optional<std::string_view> header_token(std::string_view header) {
    constexpr std::string_view space = " \t", name = "Token=";
    std::optional<std::string_view> token;
    while (!header.empty()) {
        std::string_view word = header.substr(0, header.find_first_of(space));
        header.remove_prefix(std::min(header.size(), word.size() + 1));
        if (!word.starts_with(name)) continue;
        word.remove_prefix(name.size());
        while (word.starts_with('"')) word.remove_prefix(1);
        while (word.ends_with('"')) word.remove_suffix(1);
        token = word;
    }
    return token;
}

bool admitted(const Request& request, const Options& options) {
    if (!options.watchman_tokens.configured()) return true;
    std::string_view shown;
    const std::string* header = request.header("authorization");
    const auto by_header = header == nullptr ? std::nullopt : header_token(*header);
    if (by_header) {
        shown = *by_header;
    } else if (const std::string* parameter = request.parameter(options.token_name)) {
        shown = *parameter;
    }
    // Every token is compared, so that the time does not reveal which one was similar.
    std::string tokens = options.watchman_tokens.reveal();
    bool matched = false;
    std::string_view rest = tokens;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const std::string_view token = rest.substr(0, comma);
        rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
        if (!token.empty()) matched = constant_time_equal(token, shown) || matched;
    }
    wipe(tokens);
    return matched;
}

// ---- Answers ----

std::string dashboard(const Snapshot& snapshot, const Request& request,
                      const std::vector<const ComponentState*>& states) {
    const Status found = worst(states, request.now);
    const bool all_work = found == Status::ok || found == Status::degraded;
    const Status overall = all_work ? Status::ok : Status::failed;
    std::string body = document_head("System Status - " + snapshot.service.name, overall);
    body += all_work ? "<header class=\"band ok\">" : "<header class=\"band failed\">";
    body += "<span class=\"symbol\" aria-hidden=\"true\">";
    body += symbol(overall);
    body += all_work ? "</span><h1>System Status: OK</h1><p>All systems go!"
                     : "</span><h1>System Status: WARNING</h1><p>Some systems down!";
    body += "</p></header>\n<main>\n";
    constexpr std::array columns{Column{"status", "Status"}, Column{"", "Name"}};
    for (const Section& section : sections(states)) {
        body += "<section><h2>";
        text::append_html(body, section.name);
        body += "</h2>\n";
        open_table(body, section.name, columns);
        for (const ComponentState* state : section.members) {
            open_row(body, works(*state, request.now) ? Status::ok : Status::failed,
                     key_of(*state));
            body += end_row;
        }
        body += end_table;
        body += "</section>\n";
    }
    return body + "</main>\n</body>\n</html>\n";
}

std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    const std::optional<std::string_view> rest = below(mount, path);
    if (!rest) return std::nullopt;
    for (const std::string_view page : {"", "ping", "bare", "dashboard"})
        if (*rest == page) return rest;
    return std::nullopt;
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    if (!request.rest.empty() && !request.path.ends_with('/')) return redirect_to_slash(request);
    Response response;
    if (request.rest == "ping") {
        response.content_type = "text/plain";
        response.body = "pong";
        return response;
    }
    // A token may be withdrawn at any moment: answers that needed one are not kept.
    if (own.watchman_tokens.configured()) response.repeat_for = {};
    const bool bare = request.rest == "bare";
    if (!bare && !admitted(request, own)) {
        response.status = 403;
        response.content_type = "text/html; charset=utf-8";
        return response;
    }
    const auto states = selected(snapshot, request);
    // A question that selects nothing is answered as by the original; if there is nothing to select
    // from, nothing is known.
    const bool chose_none = states.empty() && !visible(snapshot, request, false).empty();
    if (bare) {
        response.content_type = "text/plain";
        response.status = chose_none ? 200 : code_for(worst(states, request.now), request, 503);
        return response;
    }
    if (own.expose_version) response.headers.emplace_back("X-Watchman-Version", reproduced_version);
    if (request.rest == "dashboard") {
        as_document(response);
        response.body = dashboard(snapshot, request, states);
        return response;
    }
    response.content_type = "application/json";
    if (states.empty()) {
        response.status = chose_none ? 404 : code_for(Status::unknown, request, 503);
        response.body = R"({"error": )" + std::to_string(response.status) +
                        R"(, "message": "No checks found"})";
        return response;
    }
    response.status = code_for(worst(states, request.now), request, 503);
    response.body = json(states, request.now);
    return response;
}

constexpr std::string_view headers_read[] = {"authorization"};

}  // namespace

extern constinit const Dialect healthz = make_dialect<Options, render>(
    "healthz", "Whether each database, cache and service works, and nothing about why not.", fields,
    {"/healthz/", "Caluma, django-watchman", "200 / 503"},
    {.reads_query = true,
     .methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
     .reads = headers_read,
     .match = match});

}  // namespace vitals::dialects
