// The classes of a Python module and the literals that it assigns to names, without running any of
// it. This is enough for the headers of Django's and Alembic's migrations; computed values are
// reported as such. Pure. Grammar: https://docs.python.org/3/reference/lexical_analysis.html
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::checks::migrations::python {

struct Literal {
    enum class Kind : std::uint8_t { none, text, list, computed };
    Kind kind = Kind::computed;
    std::string text;            // of a text; escapes decoded
    std::vector<Literal> items;  // of a list: tuples and sets are also lists
};

struct Assignment {
    std::string scope;  // the class that contains it; empty: the module
    std::string name;
    Literal value;
};

struct Module {
    std::vector<std::string> classes;  // of the module itself, not nested in anything
    std::vector<Assignment> assignments;

    bool defines(std::string_view name) const noexcept;
    // The last assigned value, or null.
    const Literal* value_of(std::string_view scope, std::string_view name) const noexcept;
};

// The assignments to the given names. Never fails: a text that is not Python has no assignments.
// Assignments within `if`, functions and nested classes are not seen.
Module parse(std::string_view text, std::initializer_list<std::string_view> names);

}  // namespace vitals::checks::migrations::python
