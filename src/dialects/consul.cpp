// `consul`: for Consul's HTTP check, which reads the code: 200 passing, 429 warning, anything else
// critical. Consul's UI shows the body, of which it keeps at most 4 KB. It is a readiness view: out
// of service is critical. Below the path: one component, or one group.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "model/severity.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::dialects {

namespace {

struct Options {};

constexpr std::size_t most_bytes = 4000;

using States = std::vector<const ComponentState*>;

std::string summary(const States& states, Status overall, const Request& request) {
    if (states.empty()) return fmt::format("{}: nothing is watched\n", to_string(overall));
    std::string body =
        fmt::format("{}: {}\n", to_string(overall), text::counted(states.size(), "component"));
    States ill;
    for (const ComponentState* state : states)
        if (state->status(request.now) != Status::ok) ill.push_back(state);
    // The worst must not be cut off.
    std::ranges::sort(ill, {}, [&](const ComponentState* state) {
        return std::pair(-severity(state->status(request.now)), std::string_view(state->name()));
    });
    for (std::size_t i = 0; i < ill.size(); ++i) {
        std::string line = fmt::format("{} {}", to_string(ill[i]->status(request.now)),
                                       text::one_line(ill[i]->name()));
        const std::string detail = shown_detail(*ill[i], request);
        if (!detail.empty()) line += ": " + detail;
        if (body.size() + line.size() > most_bytes - 100) {
            body += fmt::format("and {} more\n", ill.size() - i);
            break;
        }
        body += line + "\n";
    }
    return body;
}

Response render(const Snapshot& snapshot, const Request& request) {
    States states = visible(snapshot, request, false);
    const std::string& name = request.rest;
    if (!name.empty()) {
        std::erase_if(states, [&](const ComponentState* state) {
            return state->name() != name && state->component->group() != name;
        });
        if (states.empty()) return plain(404, "no such component\n");
    }
    const bool alone = states.size() == 1 && states[0]->name() == name;
    // For one component, it does not matter whether it is critical.
    const Status overall =
        alone ? states[0]->status(request.now) : overall_status(snapshot, states, request);
    if (const auto why = out_of_service(snapshot); why && name.empty())
        return plain(code_for(Status::failed, request, 503), "out of service: " + *why + "\n");
    return plain(code_for(overall, request, 503, 429), summary(states, overall, request));
}

}  // namespace

extern constinit const Dialect consul = make_dialect<Options, render>(
    "consul", "Passing, warning or critical by the code, for Consul's HTTP check.", {},
    {"/consul", "Consul HTTP check", "200 / 429 / 503"}, {.match = below});

}  // namespace vitals::dialects
