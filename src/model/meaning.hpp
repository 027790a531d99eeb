// What a refusal of a backend means, as a row of the backend's table.
#pragma once

#include <cstddef>
#include <string_view>

#include "vitals/outcome.hpp"

namespace vitals {

// Code: a number, or a text that the refusal is or begins with.
template <class Code>
struct Meaning {
    Code code;
    ErrorClass error_class;
    std::string_view detail;
};

// The row with that code; null: none.
template <class Code, std::size_t count>
constexpr const Meaning<Code>* meaning_with(const Meaning<Code> (&rows)[count], Code code) {
    for (const Meaning<Code>& row : rows)
        if (row.code == code) return &row;
    return nullptr;
}

}  // namespace vitals
