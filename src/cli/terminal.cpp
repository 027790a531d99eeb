#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "text/masked.hpp"

namespace vitals::cli {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::size_t number(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

// The first of these that is set counts, as in setlocale(3).
bool locale_is_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string value(environment(name));
        if (value.empty()) continue;
        std::ranges::transform(value, value.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        return value.contains("utf-8") || value.contains("utf8");
    }
    return false;
}

}  // namespace

Terminal look_at_terminal(Colour wish) {
    Terminal terminal;
    terminal.interactive = isatty(STDOUT_FILENO) == 1;
    terminal.unicode = locale_is_utf8();
    if (terminal.interactive) {
        winsize size{};
        const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
        terminal.width = known ? size.ws_col : 80;
        terminal.height = known ? size.ws_row : 24;
    }
    // As in other programs, so that a script can fix the width of the output.
    if (const auto columns = number(environment("COLUMNS")); columns > 0) terminal.width = columns;
    terminal.colours = wish == Colour::always ||
                       (wish == Colour::automatic && terminal.interactive &&
                        environment("NO_COLOR").empty() && environment("TERM") != "dumb");
    return terminal;
}

std::string paint(const Terminal& terminal, Paint paint, std::string_view text) {
    if (!terminal.colours || paint == Paint::plain || text.empty()) return std::string(text);
    constexpr std::string_view codes[] = {"0", "1", "2", "32", "33", "31", "35"};
    std::string result = "\x1b[";
    result += codes[static_cast<std::size_t>(paint)];
    result += 'm';
    result += text;
    result += "\x1b[0m";
    return result;
}

Paint paint_of(Status status) noexcept {
    switch (status) {
        case Status::ok:
            return Paint::green;
        case Status::degraded:
            return Paint::yellow;
        case Status::failed:
            return Paint::red;
        case Status::unknown:
            return Paint::magenta;
    }
    return Paint::plain;
}

std::string_view symbol(const Terminal& terminal, Status status) noexcept {
    switch (status) {
        case Status::ok:
            return terminal.unicode ? "✓" : "+";
        case Status::degraded:
            return "!";
        case Status::failed:
            return terminal.unicode ? "✗" : "x";
        case Status::unknown:
            return "?";
    }
    return "?";
}

bool print(std::string_view text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return true;
    // A reader that has seen enough (`vitals status | head`) needs no telling.
    const int error = errno;
    static bool told = false;
    if (error != EPIPE && !std::exchange(told, true))
        print_error(fmt::format("vitals: standard output cannot be written: {}\n",
                                std::generic_category().message(error)));
    return false;
}

void print_error(std::string_view text) {
    const std::string shown = text::masked(text);
    std::fwrite(shown.data(), 1, shown.size(), stderr);
}

}  // namespace vitals::cli
