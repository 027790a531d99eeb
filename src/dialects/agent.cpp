// `agent`: the line that HAProxy's agent-check reads: `ready up 100%`. It has its own listener; the
// server writes the body and closes. Source: HAProxy's configuration manual, `agent-check`; every
// line here was tested with HAProxy 2.6.
//
// A line says two things that HAProxy keeps separately until it is told otherwise: whether the
// operator wants the server to be used (`ready`, `drain`, `maint`), and its state (`up`, `down`).
// So each line says both. An empty line changes neither.
//
// HAProxy rounds a percentage of the server's weight down to a whole number, and 0 takes the server
// out. With its default weight of 1 that happens for any share below 100%.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "dialects/dialect.hpp"
#include "dialects/probes.hpp"
#include "model/severity.hpp"
#include "text/escape.hpp"
#include "text/utf8.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::int64_t weight = 1;
    std::string decommissioned = "drain";
};

constexpr Field fields[] = {
    field<&Options::weight>("weight",
                            "The `weight` that the server has in HAProxy's configuration. The "
                            "share of healthy components is reported in percent of it, but never "
                            "so low that HAProxy rounds it to 0; with 1 it is always 100%.",
                            {.example = "100", .least = 1, .most = 256}),
    field<&Options::decommissioned>(
        "decommissioned",
        "What HAProxy is told while this node is out of service: `drain` keeps sessions that are "
        "bound to the server, `maint` ends them, too.",
        {.choices = "drain|maint"}),
};

using States = std::vector<const ComponentState*>;

constexpr auto patience = std::chrono::seconds(30);  // for the first results
constexpr std::size_t most_reason = 100;             // bytes; HAProxy keeps few more

// A check without a result is no reason to take a server out, or to put it back.
bool is_starting(const Snapshot& snapshot, const Request& request) {
    if (request.now - snapshot.started >= patience) return false;
    return std::ranges::any_of(
        probe_lines(Probe::startup, snapshot, request, false),
        [](const ProbeLine& line) { return line.status == Status::unknown; });
}

// The share of the weight: degraded components count half.
int share(const States& states, const Request& request, std::int64_t weight) {
    double well = 0;
    for (const ComponentState* state : states) {
        const Status status = state->status(request.now);
        well += status == Status::ok ? 1 : status == Status::degraded ? 0.5 : 0;
    }
    const auto count = static_cast<double>(std::max<std::size_t>(1, states.size()));
    const auto least = static_cast<int>((100 + weight - 1) / weight);
    return std::clamp(static_cast<int>(std::lround(100 * well / count)), least, 100);
}

// What is wrong, the worst first.
std::string reason(const States& states, const Request& request) {
    if (states.empty()) return "nothing is watched";
    States ill;
    for (const ComponentState* state : states)
        if (state->status(request.now) != Status::ok) ill.push_back(state);
    if (ill.empty()) return {};
    const auto order = [&request](const ComponentState* state) {
        return std::pair(!state->component->critical, -severity(state->status(request.now)));
    };
    const ComponentState& first = **std::ranges::min_element(ill, {}, order);
    std::string text = text::one_line(first.name());
    if (const std::string detail = shown_detail(first, request); !detail.empty())
        text += ": " + detail;
    const std::string more = ill.size() > 1 ? fmt::format(" and {} more", ill.size() - 1) : "";
    return std::string(text::cut_utf8(text, most_reason - more.size())) + more;
}

Response line(std::string text, const std::string& why) {
    if (!why.empty()) text += " # " + why;
    return plain(200, std::move(text) + "\n");
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    const States states = visible(snapshot, request, false);
    const Status overall = overall_status(snapshot, states, request);
    const bool starting = overall == Status::unknown && is_starting(snapshot, request);
    const bool up = overall == Status::ok || overall == Status::degraded;
    Response response;
    if (const auto out = out_of_service(snapshot)) {
        // With a weight, HAProxy would log at each line that the server remains drained.
        const std::string why(text::cut_utf8(*out, most_reason));
        response = line(own.decommissioned + (starting ? "" : up ? " up" : " down"), why);
    } else if (starting) {
        response = plain(200, "\n");
    } else if (up) {
        response = line(fmt::format("ready up {}%", share(states, request, own.weight)),
                        reason(states, request));
    } else {
        response = line("ready down", reason(states, request));
    }
    if (starting)
        response.repeat_for =
            std::chrono::ceil<std::chrono::milliseconds>(snapshot.started + patience - request.now);
    return response;
}

}  // namespace

extern constinit const Dialect agent = make_dialect<Options, render>(
    "agent", "Tells HAProxy whether a server is up or drained, and how much load it can take.",
    fields, {"", "HAProxy agent-check", "`ready up 100%`, `ready down # why`, `drain up # why`"},
    {.mounted_by_default = false, .protocol = Protocol::agent});

}  // namespace vitals::dialects
