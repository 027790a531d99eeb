#include "discover/written.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vitals::discover {

namespace {

constexpr std::string_view key = "components:";

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

bool is_blank_or_comment(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first == std::string_view::npos || line[first] == '#';
}

std::size_t indent_of(std::string_view line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

// One line, whatever a foreign text contains.
std::string comment(std::string text) {
    std::ranges::replace_if(
        text, [](char byte) { return static_cast<unsigned char>(byte) < 0x20; }, ' ');
    return "  # " + text + '\n';
}

std::string lines_of(const Tried& tried) {
    const Proposal& proposal = tried.proposal;
    const std::size_t all = proposal.candidates.size();
    const std::size_t passed = tried.passed();
    const std::size_t not_passed = tried.worth_a_comment();
    std::string text;
    if (!proposal.found.empty()) text += comment(proposal.found);
    if (not_passed < all) {
        const Candidate& best = proposal.candidates[not_passed];
        text += comment("Did not pass: " + tried.trials[not_passed].reason);
        for (const std::string& need : best.needs) text += comment(need);
        text += comment(yaml_text(proposal.name) + ": " + yaml_of(best, proposal.critical));
    }
    if (passed == all) return text;
    return text + "  " + yaml_text(proposal.name) + ": " +
           yaml_of(proposal.candidates[passed], proposal.critical) + '\n';
}

}  // namespace

std::size_t Tried::passed() const {
    const auto first =
        std::ranges::find_if(trials, [](const Trial& trial) { return trial.reason.empty(); });
    return static_cast<std::size_t>(first - trials.begin());
}

std::size_t Tried::worth_a_comment() const {
    const std::size_t end = passed();
    if (end == trials.size()) return 0;
    for (std::size_t i = 0; i < end; ++i) {
        const IfNot said = proposal.candidates[i].if_not;
        if (said == IfNot::why) return i;
        if (said == IfNot::why_unless_another_protocol && !trials[i].another_protocol) return i;
    }
    return trials.size();
}

std::string lines_of(const std::vector<Section>& sections) {
    std::string text;
    for (const Section& section : sections) {
        if (section.proposals.empty()) continue;
        text += fmt::format("\n  # ---- {} ----\n", section.heading);
        for (const Tried& tried : section.proposals) text += lines_of(tried);
    }
    return text;
}

std::string new_file(const std::string& host, const std::string& as_user, bool whole,
                     const std::string& lines) {
    std::string text = fmt::format(
        "# What runs on {}, found by `vitals init`. Each check passed once{}; those that did\n"
        "# not are comments, with the reason. The file is yours: `vitals init` only adds what is "
        "new,\n"
        "# and `vitals init --diff` tells what is new and what is gone.\n\n",
        host, as_user.empty() ? "" : " as " + as_user);
    if (whole)
        text += fmt::format("service: {{name: {}}}\ndefaults: {{interval: 10s, timeout: 5s}}\n\n",
                            yaml_text(host));
    return text + "components:" + lines;
}

std::expected<std::string, std::string> with_added(std::string_view text, std::string_view added) {
    std::vector<std::string> lines = split(text);
    const auto begin =
        std::ranges::find_if(lines, [](const std::string& line) { return line.starts_with(key); });
    if (begin == lines.end())
        return std::string(text) + (text.empty() || text.ends_with('\n') ? "" : "\n") + "\n" +
               std::string(key) + std::string(added);
    if (!is_blank_or_comment(std::string_view(*begin).substr(key.size())))
        return std::unexpected(
            "its components stand on the line of their key; write each on a line of its own");
    std::size_t indent = 2;
    bool first = true;
    auto last = begin;
    for (auto line = begin + 1; line != lines.end(); ++line) {
        const std::size_t spaces = indent_of(*line);
        const bool says_something = !is_blank_or_comment(*line);
        if (says_something && spaces == 0) break;
        if (says_something && first) {
            indent = spaces;
            first = false;
        }
        // A comment at the margin may belong to the following lines.
        if (says_something || (spaces > 0 && spaces < line->size())) last = line;
    }
    std::string made;
    for (auto line = lines.begin(); line != lines.end(); ++line) {
        made += *line + '\n';
        if (line != last) continue;
        for (const std::string& each : split(added))
            made += each.empty() ? "\n"
                                 : std::string(indent - std::min<std::size_t>(indent, 2), ' ') +
                                       each.substr(indent < 2 ? 2 - indent : 0) + '\n';
    }
    return made;
}

}  // namespace vitals::discover
