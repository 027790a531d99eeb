// Replaces variables.
#include "config/environment.hpp"

#include <cstdlib>

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/yaml_syntax.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

// The value of `NAME` or `NAME:-default`; errors go to `complaint`.
std::string value_of(std::string_view reference, const Environment& environment,
                     std::string& complaint) {
    const auto operation = reference.find_first_not_of(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    const std::string name(reference.substr(0, operation));
    const std::string_view rest =
        operation == std::string_view::npos ? std::string_view() : reference.substr(operation);
    const bool has_default = rest.starts_with(":-");
    if (!is_variable_name(name) || (!rest.empty() && !has_default) ||
        rest.find("${") != std::string_view::npos) {
        complaint = fmt::format("{} is not understood, expected ${{NAME}} or ${{NAME:-default}}",
                                text::in_quotes(fmt::format("${{{}}}", reference)));
        return {};
    }
    const auto value = environment(name);
    if (has_default && (!value || value->empty())) return std::string(rest.substr(2));
    if (!value)
        complaint = fmt::format(
            "the environment variable {} is not set, and ${{{}}} has no "
            "default; set it or write ${{{}:-default}}",
            name, name, name);
    else if (encoding_complaint(*value))
        complaint = fmt::format("the environment variable {} is not printable UTF-8 text", name);
    return value.value_or("");
}

// The NAME of a `$NAME` that is probably meant as a variable: the whole text, or a part of a URL.
// Other texts (a command, a pattern) have a `$` of their own.
std::string_view bare_variable(std::string_view text) {
    const bool url = text.find("://") != std::string_view::npos &&
                     text.find_first_of(" \t\n") == std::string_view::npos;
    for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
        const std::string_view rest = text.substr(at + 1);
        const auto end = rest.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
        const std::string_view name = rest.substr(0, end);
        if (!is_variable_name(name)) continue;
        const bool whole = at == 0 && end == std::string_view::npos;
        if (whole || url) return name;
    }
    return {};
}

constexpr std::string_view own_name = ".name", own_group = ".group";

void replace_in(Node& node, const Environment& environment, bool inherited,
                std::vector<Complaint>& complaints) {
    std::string replaced;
    std::string_view rest = node.scalar;
    while (true) {
        const auto dollar = rest.find("${");
        if (dollar == std::string_view::npos) break;
        if (dollar > 0 && rest[dollar - 1] == '$') {
            replaced += rest.substr(0, dollar - 1);
            replaced += "${";
            rest.remove_prefix(dollar + 2);
            continue;
        }
        replaced += rest.substr(0, dollar);
        rest.remove_prefix(dollar + 2);
        const auto end = rest.find('}');
        std::string complaint;
        if (end == std::string_view::npos) {
            complaint = "'${' is never closed by '}'; write $${ for a plain ${";
        } else {
            const std::string_view reference = rest.substr(0, end);
            const bool of_heir = reference == own_name || reference == own_group;
            if (of_heir && inherited)
                node.names_heir = true;
            else if (of_heir)
                complaint = fmt::format(
                    "'${{{}}}' stands only in the defaults of a kind or a group", reference);
            replaced += of_heir ? fmt::format("${{{}}}", reference)
                                : value_of(reference, environment, complaint);
            rest.remove_prefix(end + 1);
        }
        if (!complaint.empty()) {
            node.broken = true;
            complaints.push_back({node.position, std::move(complaint)});
            return;
        }
    }
    if (rest.size() == node.scalar.size()) return;
    replaced += rest;
    node.replaced = true;
    node.quoted = true;  // an empty or `null` variable is a text, not a missing one
    node.scalar = std::move(replaced);
}

}  // namespace

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

bool is_variable_name(std::string_view name) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (name.empty() || !letter(name[0])) return false;
    return std::all_of(name.begin(), name.end(),
                       [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

void replace_variables(Node& node, const Environment& environment, bool inherited,
                       std::vector<Complaint>& complaints, std::vector<Complaint>& doubts) {
    if (node.kind == Node::Kind::scalar && !node.broken) {
        if (const std::string_view name = bare_variable(node.scalar); !name.empty())
            doubts.push_back({node.position, fmt::format("${} is only a text here; a variable is "
                                                         "written ${{{}}}",
                                                         name, name)});
        replace_in(node, environment, inherited, complaints);
    }
    for (Node& item : node.items)
        replace_variables(item, environment, inherited, complaints, doubts);
    for (Node::Entry& entry : node.entries)
        replace_variables(entry.value, environment, inherited, complaints, doubts);
}

void replace_heir(Node& node, std::string_view component) {
    const auto slash = component.find('/');
    const bool grouped = slash != std::string_view::npos;
    const std::array<std::pair<std::string, std::string_view>, 2> names = {
        {{fmt::format("${{{}}}", own_name), grouped ? component.substr(slash + 1) : component},
         {fmt::format("${{{}}}", own_group), grouped ? component.substr(0, slash) : ""}}};
    if (node.names_heir)
        for (const auto& [written, name] : names)
            for (auto at = node.scalar.find(written); at != std::string::npos;
                 at = node.scalar.find(written, at + name.size()))
                node.scalar.replace(at, written.size(), name);
    for (Node& item : node.items) replace_heir(item, component);
    for (Node::Entry& entry : node.entries) replace_heir(entry.value, component);
}

}  // namespace vitals::config
