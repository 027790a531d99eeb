// The target of the output, and how the output may look there. Determined once, at the start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vitals/status.hpp"

namespace vitals::cli {

enum class Colour : std::uint8_t { automatic, always, never };

struct Terminal {
    bool interactive = false;  // standard output is a terminal
    std::size_t width = 0;     // columns; 0: no limit, as when the output is a file
    std::size_t height = 0;    // lines; 0: no limit
    bool colours = false;
    bool unicode = false;
};

// The present standard output. Colours only on a terminal that is not `dumb` and without NO_COLOR,
// unless requested otherwise; Unicode if the locale in the environment is UTF-8.
Terminal look_at_terminal(Colour wish);

enum class Paint : std::uint8_t { plain, strong, faint, green, yellow, red, magenta };
std::string paint(const Terminal& terminal, Paint paint, std::string_view text);
Paint paint_of(Status status) noexcept;

// Never by colour alone: `✓`, `!`, `✗`, `?`, or `+`, `!`, `x`, `?` without Unicode.
std::string_view symbol(const Terminal& terminal, Status status) noexcept;

// Writes all of it to standard output or standard error. False when standard output cannot be
// written; standard error then says why, unless the reader just closed it.
bool print(std::string_view text);
void print_error(std::string_view text);

}  // namespace vitals::cli
