// The expected first value of a query's result: the option `expect` of the kinds that ask a
// database.
#pragma once

#include <optional>
#include <string>

#include "model/check_error.hpp"
#include "model/description.hpp"
#include "text/quote.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks {

inline bool is_expression(const std::string& expect) {
    return expect.size() > 1 && expect.starts_with('/') && expect.ends_with('/');
}

inline Verified verify_expected_value(const std::string& expect) {
    return verified(is_expression(expect) ? wire::pattern_problem(expect) : std::string());
}

template <class Options>
constexpr Field expected_value_field(std::string_view example) {
    return field<&Options::expect, verify_expected_value>(
        "expect",
        "The first column of the first row must be exactly this text, or must match a regular "
        "expression between slashes.",
        {.example = example});
}

// The result of SELECT 1, which is asked if no query is configured.
inline void require_one(const std::optional<std::string>& got) {
    if (got == "1") return;
    throw CheckError(ErrorClass::protocol, "SELECT 1 gave something else",
                     "got " + text::quoted(got.value_or("nothing")));
}

// An empty `expect` accepts any value.
inline void require_expected(const std::string& expect, const std::optional<std::string>& got) {
    if (expect.empty()) return;
    if (!got) throw CheckError(ErrorClass::assertion, "the query gave no value");
    const bool as_expected =
        is_expression(expect) ? wire::Pattern::parse(expect)->found_in(*got) : *got == expect;
    if (as_expected) return;
    throw CheckError(ErrorClass::assertion, "the query gave something else than expected",
                     "got " + text::quoted(*got));
}

}  // namespace vitals::checks
