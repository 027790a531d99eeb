// `token_health`: the health API whose URL holds an access token. Each token belongs to a namespace
// and sees its components: groups nested, others flat, each `working` or an error, with the time
// its run took. A token reads the error texts of its namespace, as in the document.
//
// Errors come in the order of Django REST Framework: format (404), Accept (406), method, then token
// (both 405: a wrong token does not learn that there is an endpoint). The tokens of all namespaces
// are compared, in constant time. A replaced token opens its namespace for an overlap, so that a
// rotation refuses nobody. Source: the API's document; bodies and headers as Django REST Framework
// 3.14 sends them.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "dialects/accept.hpp"
#include "dialects/dialect.hpp"
#include "dialects/document.hpp"
#include "dialects/keys.hpp"
#include "dialects/mount.hpp"
#include "text/escape.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

struct Namespace {
    Secret token;
    std::vector<std::string> components;
};

struct Options {
    std::vector<std::pair<std::string, Namespace>> namespaces;
    std::chrono::milliseconds token_overlap{60'000};
    bool require_authorization = false;
    bool append_slash = false;
};

// A value that comes later from a vault is not known here: such a token opens nothing.
Verified token_problem(const Secret& value) {
    std::string token = value.reveal();
    const bool impossible = token.find('/') != std::string::npos || token == "." || token == "..";
    wipe(token);
    if (!impossible) return {};
    return std::unexpected(
        "must be able to stand in a path as one part of it: it must not hold '/' (base64 may, "
        "base64url does not), nor be '.' or '..'");
}

constexpr Field namespace_fields[] = {
    field<&Namespace::token, token_problem>(
        "token", "The access token that opens this namespace.",
        {.required = true, .example = "{vault: \"kv/health#production\"}"}),
    field<&Namespace::components>("components",
                                  "The components that it sees, by selectors; by default all.",
                                  {.refers = "components", .example = "[\"cache/*\", postgres]"}),
};

constexpr Field fields[] = {
    field<&Options::namespaces>(
        "namespaces",
        "The namespaces, by name: the token of each, and the components that it sees.",
        {.required = true, .members = namespace_fields}),
    field<&Options::token_overlap>(
        "token_overlap",
        "How long the former token still opens its namespace when a file or a vault changes it.",
        {.least = 0, .most = 86'400'000}),
    field<&Options::require_authorization>(
        "require_authorization",
        "The header `Authorization: JWT access_token` must carry the same token."),
    field<&Options::append_slash>(
        "append_slash", "Redirects (301) a URL without its last slash instead of answering 404."),
};

Verified verify(const Options& options) {
    if (options.namespaces.empty())
        return std::unexpected("'namespaces' is empty: nobody could ask");
    return {};
}

// ---- The request ----

// The rest is everything after the path: the token with or without its slash, or nothing.
std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    mount = without_slash(mount);
    if (!path.starts_with(mount)) return std::nullopt;
    path.remove_prefix(mount.size());
    if (!path.empty() && path.front() != '/') return std::nullopt;
    if (!path.empty()) path.remove_prefix(1);
    return path;
}

enum class Form { json, html, unknown, refused };

Form form_of(const Request& request) {
    static constexpr std::array<std::string_view, 2> offers{"application/json", "text/html"};
    const std::string* format = request.parameter("format");
    const bool chosen = format != nullptr && !format->empty();
    if (chosen && *format != "json") return Form::unknown;
    const auto wanted =
        negotiate_by_precedence(request.accept, std::span(offers).first(chosen ? 1 : 2));
    if (!wanted) return Form::refused;
    return *wanted == 0 ? Form::json : Form::html;
}

// The token in `Authorization: JWT token`; the scheme's case does not matter.
std::string_view authorization(const Request& request) {
    const std::string* header = request.header("authorization");
    if (header == nullptr) return {};
    const std::string_view text = *header;
    const auto space = text.find(' ');
    const auto is = [&](std::size_t at, char upper) { return (text[at] & ~0x20) == upper; };
    if (space != 3 || !is(0, 'J') || !is(1, 'W') || !is(2, 'T')) return {};
    const auto from = text.find_first_not_of(' ', space);
    return from == std::string_view::npos ? std::string_view() : text.substr(from);
}

const Namespace* admitted(const Request& request, const Options& options, std::string_view token) {
    const Namespace* found = nullptr;
    for (const auto& [name, space] : options.namespaces)
        if (space.token.accepts(token, options.token_overlap, request.now) && found == nullptr)
            found = &space;
    if (!options.require_authorization) return token.empty() ? nullptr : found;
    const bool confirmed = constant_time_equal(authorization(request), token);
    return confirmed && !token.empty() ? found : nullptr;
}

// ---- The answer ----

std::string seconds_text(const ComponentState& state) {
    const auto duration = state.last == nullptr ? std::chrono::nanoseconds() : state.last->duration;
    std::string text = fmt::format("{:.6f}", static_cast<double>(duration.count()) / 1e9);
    while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
    return text;
}

// "working", or the sort of failure and all that the namespace may read about it.
std::string status_text(const ComponentState& state, const Request& request) {
    const Status status = state.status(request.now);
    if (status == Status::ok) return "working";
    std::string_view type = "unavailable";
    if (status == Status::degraded) type = "warning";
    if (status == Status::unknown) type = "unknown error";
    std::string text(type);
    if (request.disclose == Disclosure::status) return text;
    Request reader = request;
    // The error of a stale result is old.
    reader.disclose = state.stale(request.now) ? Disclosure::detail : Disclosure::full;
    const std::string told = shown_detail(state, reader);
    if (!told.empty()) return text + ": " + told;
    if (state.last == nullptr || state.last->error_class == ErrorClass::none) return text;
    return text + ": " + std::string(to_string(state.last->error_class));
}

struct Entry {
    const ComponentState* flat = nullptr;
    std::vector<const ComponentState*> members;
};
using Entries = std::map<std::string_view, Entry>;

Entries entries_of(const std::vector<const ComponentState*>& states) {
    Entries entries;
    for (const ComponentState* state : states) {
        const std::string_view group = state->component->group();
        if (group.empty())
            entries[state->name()].flat = state;
        else
            entries[group].members.push_back(state);
    }
    return entries;
}

std::string json(const Entries& entries, const Request& request) {
    std::string body;
    text::JsonWriter writer(body);
    const auto leaf = [&](const ComponentState& state) {
        writer.member("status", status_text(state, request));
        writer.member("response_time", seconds_text(state));
    };
    writer.object();
    for (const auto& [name, entry] : entries) {
        writer.key(name).object();
        Keys keys;
        if (entry.flat != nullptr) {
            leaf(*entry.flat);
            keys = {"status", "response_time"};
        }
        for (const ComponentState* state : entry.members) {
            writer.key(keys.unique(state->component->short_name())).object();
            leaf(*state);
            writer.end_object();
        }
        writer.end_object();
    }
    writer.end_object();
    return body;
}

std::string html_form(const Snapshot& snapshot, const Request& request,
                      const std::vector<const ComponentState*>& states) {
    const Status overall = worst(states, request.now);
    std::string body = document_head("Health - " + snapshot.service.name, overall);
    body += "<header class=\"band " + std::string(to_string(overall)) +
            "\"><span class=\"symbol\" aria-hidden=\"true\">" + std::string(symbol(overall)) +
            "</span><h1>";
    text::append_html(body, snapshot.service.name);
    body += "</h1><p>" + std::string(to_string(overall)) + "</p></header>\n<main>\n<section>\n";
    constexpr std::array columns{Column{"status", "Status"}, Column{"", "Component"},
                                 Column{"figure", "Seconds"}};
    open_table(body, "Health", columns);
    for (const ComponentState* state : states) {
        open_row(body, state->status(request.now), state->name(), status_text(*state, request));
        cell(body, "took", seconds_text(*state));
        body += end_row;
    }
    body += end_table;
    return body + "</section>\n</main>\n</body>\n</html>\n";
}

Response problem(int status, std::string_view text) {
    Response response;
    response.status = status;
    response.content_type = "application/json";
    text::JsonWriter(response.body).object().member("detail", text).end_object();
    return response;
}

// Not a URL of this API: answered as by the router, not as by the API.
Response no_such_url(const Request& request, const Options& options) {
    const bool repairable = options.append_slash && !request.rest.empty() &&
                            request.rest.find('/') == std::string::npos;
    if (repairable) return redirect_to_slash(request);
    Response response;
    as_document(response);
    response.status = 404;
    response.body = document_head("Not found", Status::unknown) +
                    "<main><h1>Not found</h1><p>There is nothing at this URL.</p></main>\n"
                    "</body>\n</html>\n";
    return response;
}

Response answer(const Snapshot& snapshot, const Request& request, const Options& options) {
    const Form form = form_of(request);
    if (form == Form::unknown) return problem(404, "Not found.");
    if (form == Form::refused) return problem(406, "Could not satisfy the request Accept header.");
    const Namespace* space = admitted(request, options, without_slash(request.rest));
    if (space == nullptr || request.method != "GET")
        return problem(405, "Method \"" + request.method + "\" not allowed.");

    auto states = visible(snapshot, request, false);
    const Selector own(space->components);
    std::erase_if(states, [&](const auto* state) { return !own.takes(*state->component); });
    Response response;
    response.status = code_for(worst(states, request.now), request, 500);
    if (form == Form::html) {
        as_document(response);
        response.body = html_form(snapshot, request, states);
        return response;
    }
    response.content_type = "application/json";
    response.body = json(entries_of(states), request);
    return response;
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    const std::string_view rest = request.rest;
    const bool complete = rest.size() > 1 && rest.find('/') == rest.size() - 1;
    Response response = complete ? answer(snapshot, request, own) : no_such_url(request, own);
    if (complete) {
        response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
        response.headers.emplace_back("Vary", "Accept");
    }
    // Tokens may be replaced at any moment: no answer is kept.
    response.repeat_for = {};
    return response;
}

constexpr std::string_view headers_read[] = {"authorization"};

}  // namespace

extern constinit const Dialect token_health = make_dialect<Options, render, verify>(
    "token_health", "Components as working or not, for each holder of a namespace's token.", fields,
    {"/api/health/", "token health API", "200 / 500"},
    {.mounted_by_default = false,
     .reads_query = true,
     .refuses = "POST, PUT, PATCH, DELETE",
     .reads = headers_read,
     .match = match});

}  // namespace vitals::dialects
