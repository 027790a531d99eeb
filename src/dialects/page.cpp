// `page`: shows a person what is wrong in five seconds. An overall line; what is wrong, with causes
// first and their consequences folded; then every group; then the workers. It is rendered here
// completely: no script, no other host. It never uses colour alone.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "dialects/dialect.hpp"
#include "dialects/document.hpp"
#include "dialects/mount.hpp"
#include "dialects/page.hpp"
#include "http/answer.hpp"
#include "model/clock.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::dialects {

namespace {

using Options = PageOptions;

constexpr Field fields[] = {
    field<&Options::title>("title", "The name of the service on the page; by default its name."),
    field<&Options::refresh>("refresh", "How often a browser reloads the page; 0s: never.",
                             {.least = 0, .most = 3.6e6}),
};

using States = std::vector<const ComponentState*>;

// How many problems are shown in full at the top, and how many healthy components a group shows
// before it folds them.
constexpr std::size_t most_problems = 30;
constexpr std::size_t most_healthy = 24;

struct View {
    const Snapshot& snapshot;
    const Request& request;
    const Options& options;
    States states;
    std::string out;

    Status status(const ComponentState& state) const { return state.status(request.now); }
    bool well(const ComponentState* state) const { return status(*state) == Status::ok; }
};

// ---- The overall line ----

std::string headline(const View& view, Status overall) {
    if (const auto why = out_of_service(view.snapshot)) return "Out of service: " + *why;
    if (!any_watched(view.states)) return "Nothing is watched";
    const auto count = [&](Status wanted) {
        return std::ranges::count_if(view.states, [&](const ComponentState* state) {
            return view.status(*state) == wanted;
        });
    };
    switch (overall) {
        case Status::ok:
            return "Everything works";
        case Status::degraded:
            return "Working, with limits";
        case Status::failed:
            return fmt::format("{} of {} failed", count(Status::failed),
                               text::counted(view.states.size(), "component"));
        case Status::unknown:
            break;
    }
    return fmt::format("{} of {} not known", count(Status::unknown),
                       text::counted(view.states.size(), "component"));
}

void write_overall(View& view, Status overall) {
    constexpr std::array order{Status::failed, Status::unknown, Status::degraded, Status::ok};
    std::string counts;
    for (const Status status : order) {
        const auto number = std::ranges::count_if(view.states, [&](const ComponentState* state) {
            return view.status(*state) == status;
        });
        if (number == 0) continue;
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", number, to_string(status));
    }
    const Service& service = view.snapshot.service;
    view.out += "<header>\n<p class=\"service\">";
    text::append_html(view.out, view.options.title.empty() ? service.name : view.options.title);
    if (!service.version.empty()) view.out += " <span>" + text::html(service.version) + "</span>";
    view.out += fmt::format(
        "</p>\n<div class=\"band {}\"><span class=\"symbol\" aria-hidden=\"true\">{}</span>"
        "<h1>{}</h1><p>{}</p></div>\n",
        to_string(overall), symbol(overall), text::html(headline(view, overall)), counts);
    view.out += "</header>\n";
}

// ---- What is wrong ----

int gravity(Status status) {
    return status == Status::failed ? 0 : status == Status::unknown ? 1 : 2;
}

void write_problem(View& view, const ComponentState& state, const States& consequences) {
    const Status status = view.status(state);
    view.out += fmt::format("<li class=\"{}\">{}<b>{}</b>", to_string(status), status_mark(status),
                            text::html(state.name()));
    if (state.last != nullptr && state.judged == status) {
        const auto lasting = view.request.now_system - state.since;
        view.out += fmt::format("<span class=\"detail\">for <time datetime=\"{}\">{}</time></span>",
                                rfc3339(state.since),
                                text::spoken_age(std::max(lasting, decltype(lasting){})));
    }
    if (!state.component->critical) view.out += " <span class=\"detail\">(not critical)</span>";
    const std::string detail = shown_detail(state, view.request);
    if (!detail.empty()) view.out += "<p class=\"detail\">" + text::html(detail) + "</p>";
    if (!consequences.empty()) {
        view.out += fmt::format("<details><summary>and {} that depend{} on it</summary><ul>",
                                text::counted(consequences.size(), "component"),
                                consequences.size() == 1 ? "s" : "");
        for (const ComponentState* one : consequences)
            view.out += fmt::format("<li>{} {}</li>", status_mark(view.status(*one)),
                                    text::html(one->name()));
        view.out += "</ul></details>";
    }
    view.out += "</li>\n";
}

void write_problems(View& view) {
    States causes;
    std::map<std::string_view, States> consequences;
    for (const ComponentState* state : view.states) {
        if (view.well(state)) continue;
        const auto cause = view.snapshot.causes.find(state->name());
        // A cause that this endpoint does not show is not named either.
        const bool shown = cause != view.snapshot.causes.end() &&
                           view.snapshot.find(cause->second) != nullptr &&
                           shows(view.snapshot, view.request, cause->second);
        if (shown)
            consequences[cause->second].push_back(state);
        else
            causes.push_back(state);
    }
    if (causes.empty()) return;
    std::ranges::sort(causes, {}, [&](const ComponentState* state) {
        return std::tuple(gravity(view.status(*state)), !state->component->critical,
                          std::string_view(state->name()));
    });
    view.out +=
        "<section aria-labelledby=\"wrong\">\n<h2 id=\"wrong\">What is wrong</h2>\n"
        "<ul class=\"wrong\">\n";
    for (std::size_t i = 0; i < std::min(causes.size(), most_problems); ++i)
        write_problem(view, *causes[i], consequences[causes[i]->name()]);
    view.out += "</ul>\n";
    if (causes.size() > most_problems)
        view.out += fmt::format("<p class=\"detail\">and {} more, listed below</p>\n",
                                causes.size() - most_problems);
    view.out += "</section>\n";
}

// ---- Groups ----

void write_rows(View& view, const States& states, std::string_view caption) {
    constexpr std::array columns{Column{"status", "Status"}, Column{"", "Component"},
                                 Column{"figure", "Response"}, Column{"figure", "Age"}};
    open_table(view.out, caption, columns);
    for (const ComponentState* state : states) {
        open_row(view.out, view.status(*state), state->component->short_name(),
                 shown_detail(*state, view.request));
        const bool ran = state->last != nullptr;
        const bool timed = ran && state->last->duration.count() > 0;
        cell(view.out, "took", timed ? text::spoken_duration(state->last->duration) : "");
        cell(view.out, "age", ran ? text::spoken_age(view.request.now - state->observed) : "");
        view.out += end_row;
    }
    view.out += end_table;
}

void write_group(View& view, std::string_view title, const States& states, std::size_t number) {
    const auto well = std::ranges::count_if(states, [&](auto* state) { return view.well(state); });
    const auto healthy = static_cast<std::size_t>(well);
    view.out += fmt::format(
        "<section{4} aria-labelledby=\"group-{0}\">\n<h2 id=\"group-{0}\">{1} <small>{2} of {3} ok"
        "</small></h2>\n",
        number, text::html(title), healthy, states.size(),
        number == 1 ? "" : " class=\"quiet\"");  // the columns' titles are shown once
    if (healthy <= most_healthy) {
        write_rows(view, states, title);
    } else {
        States ill, fine;
        for (const ComponentState* state : states) (view.well(state) ? fine : ill).push_back(state);
        if (!ill.empty()) write_rows(view, ill, title);
        view.out += fmt::format("<details><summary>{} ok</summary>\n", healthy);
        write_rows(view, fine, title);
        view.out += "</details>\n";
    }
    view.out += "</section>\n";
}

void write_groups(View& view) {
    States single, own;
    std::map<std::string_view, States> groups;
    for (const ComponentState* state : view.states) {
        if (state->component->own)
            own.push_back(state);
        else if (state->component->group().empty())
            single.push_back(state);
        else
            groups[state->component->group()].push_back(state);
    }
    std::size_t number = 0;
    if (!single.empty()) write_group(view, "Components", single, ++number);
    for (const auto& [name, states] : groups) write_group(view, name, states, ++number);
    if (!own.empty()) write_group(view, "vitals itself", own, ++number);
}

// ---- Workers ----

void write_workers(View& view) {
    constexpr std::array columns{Column{"status", "Status"}, Column{"", "Worker"},
                                 Column{"figure", "Heard"}};
    for (const auto& group : view.snapshot.workers) {
        if (!shows(view.snapshot, view.request, "workers/" + group->name)) continue;
        view.out += fmt::format("<section>\n<h2>Workers: {}<small>silent after {}</small></h2>\n",
                                text::html(group->name), text::spoken_age(group->timeout));
        open_table(view.out, "Workers", columns);
        for (const Worker& worker : group->workers) {
            const bool known = view.snapshot.knows(worker, view.request.now);
            open_row(view.out, known ? Status::ok : Status::unknown, worker.name,
                     "last heartbeat " + rfc3339(worker.last_heartbeat));
            cell(view.out, "heard", text::spoken_age(view.request.now - worker.received) + " ago");
            view.out += end_row;
        }
        view.out += end_table;
        view.out += "</section>\n";
    }
}

Response render(const Snapshot& snapshot, const Request& request, const Options& options) {
    // A server serves the rest of the page, which needs sessions and the history.
    if (!request.rest.empty()) return http::plain_answer(404, {});
    View view{snapshot, request, options, visible(snapshot, request, true), {}};
    Status overall = overall_status(snapshot, view.states, request);
    // Healthy, but out of service: nothing is green.
    if (overall == Status::ok && snapshot.decommission.active()) overall = Status::degraded;
    const std::string* asked = request.parameter("refresh");
    const auto period = std::chrono::ceil<std::chrono::seconds>(view.options.refresh).count();
    const bool refreshing = period > 0 && !(asked != nullptr && *asked == "0");

    const std::string title =
        view.options.title.empty() ? snapshot.service.name : view.options.title;
    view.out = document_head(headline(view, overall) + " - " + title, overall);
    write_overall(view, overall);
    view.out += "<main>\n";
    write_problems(view);
    write_groups(view);
    write_workers(view);
    view.out += fmt::format("</main>\n<footer><span>As of <time datetime=\"{0}\">{0}</time></span>",
                            rfc3339(request.now_system));
    if (refreshing)
        view.out += fmt::format(
            "<span>Reloads every {} s. <a href=\"?refresh=0\">Stop reloading</a></span>", period);
    else if (period > 0)
        view.out += "<span><a href=\"?\">Reload by itself</a></span>";
    view.out += "</footer>\n</body>\n</html>\n";

    Response response;
    as_document(response);
    if (refreshing) response.headers.emplace_back("Refresh", std::to_string(period));
    response.body = std::move(view.out);
    response.repeat_for = std::chrono::seconds(1);
    return response;
}

}  // namespace

extern constinit const Dialect page = make_dialect<Options, render>(
    "page", "The dashboard: what is wrong, at a glance.", fields, {"/", "vitals", "200 always"},
    {.reads_query = true, .match = below});

}  // namespace vitals::dialects
