#include "cli/roff.hpp"

#include <fmt/format.h>

#include "text/utf8.hpp"

namespace vitals::cli {
namespace {

constexpr std::size_t line_width = 76;

std::string upper(std::string_view text) {
    std::string made(text);
    for (char& c : made)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return made;
}

// A line must not begin with a character that makes it a request.
std::string begun(std::string line) {
    if (line.starts_with('.') || line.starts_with('\'')) line.insert(0, "\\&");
    return line;
}

}  // namespace

std::string roff_escaped(std::string_view text) {
    std::string made;
    while (!text.empty()) {
        const auto [code, bytes, valid] = text::first_character(text);
        text.remove_prefix(bytes.size());
        if (!valid || (code < 0x20 && code != '\n'))
            made += '?';
        else if (code == '\\')
            made += "\\e";
        else if (code == '-')
            made += "\\-";
        else if (code == '~')
            made += "\\(ti";
        else if (code == '^')
            made += "\\(ha";
        else if (code == '`')
            made += "\\(ga";
        else if (code == '\'')
            made += "\\(aq";
        else if (code > 0x7e)
            made += fmt::format("\\[u{:04X}]", static_cast<unsigned>(code));
        else
            made += bytes;
    }
    return made;
}

std::string bold(std::string_view text) {
    return "\\fB" + roff_escaped(text) + "\\fR";
}

std::string italic(std::string_view text) {
    return "\\fI" + roff_escaped(text) + "\\fR";
}

Roff::Roff(std::string_view name, int section, std::string_view date, std::string_view version) {
    text_ = fmt::format(
        ".\\\" Made by 'vitals man' from the program's own descriptions.\n"
        ".TH {} {} \"{}\" \"{}\"\n",
        upper(name), section, date, version);
}

void Roff::line(std::string_view roff) {
    text_ += begun(std::string(roff)) + '\n';
}

void Roff::heading(std::string_view text) {
    text_ += ".SH " + upper(roff_escaped(text)) + '\n';
}

void Roff::subheading(std::string_view text) {
    text_ += ".SS \"" + roff_escaped(text) + "\"\n";
}

// Fills lines with words; a sentence begins on its own line.
void Roff::flow(std::string_view text) {
    std::string line;
    std::size_t width = 0;
    const auto end_line = [&] {
        if (!line.empty()) text_ += begun(std::move(line)) + '\n';
        line.clear();
        width = 0;
    };
    while (!text.empty()) {
        const auto word = text.substr(0, text.find_first_of(" \n"));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (word.empty()) continue;
        const auto escaped = roff_escaped(word);
        if (width > 0 && width + 1 + escaped.size() > line_width) end_line();
        if (!line.empty()) line += ' ';
        line += escaped;
        width += 1 + escaped.size();
        if (word.ends_with('.') || word.ends_with(".)")) end_line();
    }
    end_line();
}

void Roff::new_paragraph() {
    const auto last = text_.rfind('\n', text_.size() - 2) + 1;
    if (!text_.substr(last).starts_with(".S")) text_ += ".PP\n";
}

void Roff::paragraph(std::string_view text) {
    new_paragraph();
    flow(text);
}

void Roff::tagged(std::string_view tag, std::string_view rest, std::string_view text) {
    text_ += ".TP\n" + begun(bold(tag) + (rest.empty() ? "" : ' ' + std::string(rest))) + '\n';
    flow(text);
}

void Roff::more(std::string_view text) {
    text_ += ".IP\n";
    flow(text);
}

void Roff::verbatim(std::string_view text) {
    new_paragraph();
    text_ += ".nf\n";
    while (!text.empty()) {
        const auto each = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), each.size() + 1));
        // Some readers drop empty lines between two requests.
        text_ += each.empty() ? std::string("\\&") : begun(roff_escaped(each));
        text_ += '\n';
    }
    text_ += ".fi\n";
}

}  // namespace vitals::cli
