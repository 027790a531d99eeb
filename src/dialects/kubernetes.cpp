// `kubernetes`: /livez, /readyz, /startupz and /healthz in the form of the Kubernetes API server,
// with `?verbose`, `?exclude=NAME` (a check or a group, repeatable) and a path for each check.
// probes.hpp has the meaning of the words; healthz is everything.
//
// Mounted on a folder it serves all four; mounted on a path that ends in one of the words it serves
// only that one. `/healthz/`, with its slash, belongs to Caluma, not to the API server. Source of
// the texts: apiserver, healthz.go.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "dialects/probes.hpp"
#include "text/escape.hpp"

namespace vitals::dialects {

namespace {

struct Options {};

bool is_probe(std::string_view word) {
    return word == "livez" || word == "readyz" || word == "startupz" || word == "healthz";
}

// The rest begins with the word of the probe: "readyz", "readyz/databases/default".
std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    mount = without_slash(mount);
    const std::string_view last = mount.substr(mount.rfind('/') + 1);
    const bool one = is_probe(last);
    const std::string_view folder = one ? mount.substr(0, mount.size() - last.size() - 1) : mount;
    if (!path.starts_with(folder) || !path.substr(folder.size()).starts_with('/'))
        return std::nullopt;
    const std::string_view rest = path.substr(folder.size() + 1);
    const std::string_view word = rest.substr(0, rest.find('/'));
    if (one ? word != last : !is_probe(word)) return std::nullopt;
    if (!one && rest == "healthz/") return std::nullopt;
    return rest;
}

Probe probe_of(std::string_view word) {
    if (word == "livez") return Probe::live;
    if (word == "startupz") return Probe::startup;
    return word == "readyz" ? Probe::ready : Probe::all;
}

std::string quoted(const std::set<std::string>& names) {
    std::string out;
    for (const std::string& name : names) {
        if (!out.empty()) out += ',';
        out += text::go_quoted(name);
    }
    return out;
}

Response render_one(std::string_view name, const std::vector<ProbeLine>& lines,
                    const Request& request) {
    // A component may have the name of the line `decommission`: both must pass.
    const ProbeLine* found = nullptr;
    for (const ProbeLine& line : lines)
        if (line.name == name && (found == nullptr || found->passed())) found = &line;
    if (found == nullptr)
        return plain(404, "no such check; ?verbose on the path above lists them\n");
    if (found->passed()) return plain(code_for(found->status, request, 500), "ok");
    const std::string detail =
        found->state == nullptr ? std::string() : shown_detail(*found->state, request);
    return plain(code_for(found->status, request, 500),
                 "internal server error: " + (detail.empty() ? "reason withheld" : detail) + "\n");
}

// The end of a line that is not excluded.
std::string_view verdict(const ProbeLine& line) {
    if (line.passed()) return " ok\n";
    return line.critical ? " failed: reason withheld\n"
                         : " failed (not critical): reason withheld\n";
}

Response render_all(std::string_view probe, const std::vector<ProbeLine>& lines,
                    const Request& request) {
    const std::vector<std::string> exclude = request.parameters("exclude");
    const std::set<std::string, std::less<>> asked(exclude.begin(), exclude.end());
    std::set<std::string> unmatched(exclude.begin(), exclude.end());
    std::string output;
    std::vector<ProbeLine> counted;
    for (const ProbeLine& line : lines) {
        const std::string name = text::one_line(line.name);
        const std::string_view group =
            line.state == nullptr ? std::string_view() : line.state->component->group();
        if (asked.contains(line.name)) {
            unmatched.erase(std::string(line.name));
            output += "[+]" + name + " excluded: ok\n";
        } else if (!group.empty() && asked.contains(group)) {
            unmatched.erase(std::string(group));
            output += "[+]" + name + " excluded with " + text::one_line(group) + ": ok\n";
        } else {
            counted.push_back(line);
            output += (line.passed() ? "[+]" : "[-]") + name;
            output += verdict(line);
        }
    }
    if (!unmatched.empty())
        output += "warn: some health checks cannot be excluded: no matches for " +
                  quoted(unmatched) + "\n";
    const Status result = overall(counted);
    const bool passed = result != Status::failed;
    output += std::string(probe) + (passed ? " check passed\n" : " check failed\n");
    if (passed && !request.has("verbose")) output = "ok";
    return plain(code_for(result, request, 500), std::move(output));
}

Response render(const Snapshot& snapshot, const Request& request) {
    const std::string_view rest = request.rest;
    const std::string_view probe = rest.substr(0, rest.find('/'));
    const std::string_view name = rest.substr(std::min(rest.size(), probe.size() + 1));
    std::vector<ProbeLine> lines = probe_lines(probe_of(probe), snapshot, request, true);
    if (lines.empty()) lines.push_back({"ping"});
    return name.empty() ? render_all(probe, lines, request) : render_one(name, lines, request);
}

}  // namespace

extern constinit const Dialect kubernetes = make_dialect<Options, render>(
    "kubernetes", "Liveness, readiness and startup probes, with a path per check.", {},
    {"/", "Kubernetes API server", "200 / 500"}, {.reads_query = true, .match = match});

}  // namespace vitals::dialects
