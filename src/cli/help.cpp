// Help for a person, from the grammar.
#include <algorithm>
#include <string>

#include "cli/command_line.hpp"
#include "cli/screen_text.hpp"

namespace vitals::cli {
namespace {

constexpr std::size_t widest_left = 30;

std::string left_of(const Argument& argument) {
    std::string text;
    for (const auto& name : argument.names) {
        if (!text.empty()) text += ", ";
        // Long names are aligned.
        if (text.empty() && name.starts_with("--")) text += "    ";
        text += name;
    }
    if (!argument.value.empty()) text += (text.empty() ? "" : " ") + argument.value;
    return text;
}

struct Entry {
    std::string left, right;
};

std::string section(std::string_view title, const std::vector<Entry>& entries, std::size_t width) {
    if (entries.empty()) return {};
    std::size_t left = 0;
    for (const auto& entry : entries) {
        if (columns(entry.left) <= widest_left) left = std::max(left, columns(entry.left));
    }
    const auto indent = left + 4;
    std::string text = '\n' + std::string(title) + ":\n";
    for (const auto& entry : entries) {
        text += "  " + pad_right(entry.left, left);
        bool same_line = columns(entry.left) <= left;
        for (const auto& line : wrap(entry.right, width > indent + 20 ? width - indent : 0)) {
            text += same_line ? std::string("  ") : '\n' + std::string(indent, ' ');
            text += line;
            same_line = false;
        }
        text += '\n';
    }
    return text;
}

std::string usage(const Grammar& grammar) {
    std::string text = "Usage: " + grammar.name;
    if (!grammar.subcommands.empty()) text += " COMMAND";
    if (!grammar.options.empty()) text += " [OPTIONS]";
    for (const auto& positional : grammar.positionals) {
        const auto shown = positional.value + (positional.repeated ? " ..." : "");
        text += ' ' + (positional.required ? shown : '[' + shown + ']');
    }
    return text + '\n';
}

std::vector<Entry> entries_of(const std::vector<Argument>& arguments) {
    std::vector<Entry> entries;
    for (const auto& argument : arguments)
        entries.push_back({left_of(argument), argument.sentence});
    return entries;
}

}  // namespace

std::string help_text(const Grammar& grammar, std::size_t width) {
    if (width == 0) width = 80;
    std::string text = usage(grammar) + '\n';
    for (const auto& line : wrap(grammar.sentence, width)) text += line + '\n';
    std::vector<Entry> commands;
    for (const auto& subcommand : grammar.subcommands) {
        commands.push_back({subcommand.name.substr(grammar.name.size() + 1),
                            subcommand.sentence.substr(0, subcommand.sentence.find(". ") + 1)});
        if (commands.back().right.empty()) commands.back().right = subcommand.sentence;
    }
    text += section("Commands", commands, width);
    text += section("Arguments", entries_of(grammar.positionals), width);
    text += section("Options", entries_of(grammar.options), width);
    if (!grammar.example.empty()) text += "\nExamples:\n" + grammar.example;
    return text;
}

}  // namespace vitals::cli
