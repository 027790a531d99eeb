// Paragraphs in the source: R"(...)"_prose is its words with single blanks between them, however
// its lines are broken and indented. The compiler does this.
#pragma once

#include <cstddef>
#include <string_view>

namespace vitals {

namespace text {

template <std::size_t N>
struct Prose {
    char bytes[N]{};
    std::size_t size = 0;

    consteval Prose(const char (&source)[N]) {
        bool between = false;
        for (const char c : std::string_view(source, N - 1)) {
            if (c == ' ' || c == '\n') {
                between = size > 0;
                continue;
            }
            if (between) bytes[size++] = ' ';
            between = false;
            bytes[size++] = c;
        }
    }
};

}  // namespace text

template <text::Prose prose>
consteval std::string_view operator""_prose() {
    return {prose.bytes, prose.size};
}

}  // namespace vitals
