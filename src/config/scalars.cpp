// From texts to typed values.
#include "config/scalars.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "text/words.hpp"

namespace vitals::config {

namespace {

// Ten years. Longer ones are mistakes, and their sums would overflow the clock.
constexpr double longest_duration = 3650.0 * 86'400'000;

std::string limit_text(const Field& field, double limit) {
    if (field.type == Type::duration)
        return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(limit)));
    if (field.type == Type::size) return format_size(Size{static_cast<std::uint64_t>(limit)});
    if (field.type == Type::percentage) return fmt::format("{}%", limit);
    return fmt::format("{}", limit);
}

// `'0s' is too short, expected at least 1ms`.
std::string range_problem(const Field& field, std::string_view text, double value) {
    const double most =
        field.type == Type::duration ? std::min(field.most, longest_duration) : field.most;
    const bool low = value < field.least;
    if (!low && !(value > most)) return {};
    const bool duration = field.type == Type::duration;
    const std::string_view what =
        low ? (duration ? "short" : "small") : (duration ? "long" : "large");
    if (std::isfinite(field.least) && std::isfinite(field.most))
        return fmt::format("{} is too {}, expected {} to {}", text::in_quotes(text), what,
                           limit_text(field, field.least), limit_text(field, field.most));
    return fmt::format("{} is too {}, expected at {} {}", text::in_quotes(text), what,
                       low ? "least" : "most", limit_text(field, low ? field.least : most));
}

std::string no_such_value(const Field& field, std::string_view text) {
    if (field.type == Type::boolean)
        return fmt::format("{} is neither true nor false", text::in_quotes(text));
    // `a duration, a number with ...`: the type, then its form.
    const std::string expected = expectation(field);
    const auto comma = expected.find(", ");
    if (comma == std::string::npos)
        return fmt::format("{} is not {}", text::in_quotes(text), expected);
    return fmt::format("{} is not {}, expected {}", text::in_quotes(text),
                       expected.substr(0, comma), expected.substr(comma + 2));
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
    // No `inf`, `nan` or hexadecimal.
    if (text.find_first_not_of("0123456789.-eE") != std::string_view::npos) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

std::optional<bool> parse_boolean(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, bool>, 6> words = {{{"true", true},
                                                                         {"yes", true},
                                                                         {"on", true},
                                                                         {"false", false},
                                                                         {"no", false},
                                                                         {"off", false}}};
    const auto equal = [text](std::string_view word) {
        if (word.size() != text.size()) return false;
        for (std::size_t i = 0; i < word.size(); ++i)
            if ((text[i] | 0x20) != word[i]) return false;
        return true;
    };
    for (const auto& [word, value] : words)
        if (equal(word)) return value;
    return std::nullopt;
}

Verified verify_text(const Field& field, std::string_view text) {
    if (field.required && text.empty())
        return std::unexpected(fmt::format("'{}' must not be empty", field.name));
    if (field.choices.empty()) return {};
    const auto choices = text::split_choices(field.choices);
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return {};
    return std::unexpected(fmt::format("{} is not a value of '{}', expected {}{}",
                                       text::in_quotes(text), field.name, text::one_of(choices),
                                       text::did_you_mean(text, choices)));
}

// Stores the value if it is within the range of the field; the range counts `number`.
template <class Value>
Verified keep(const Field& field, std::string_view text, const std::optional<Value>& read,
              double number, Value& value) {
    if (!read) return std::unexpected(no_such_value(field, text));
    if (std::string problem = range_problem(field, text, number); !problem.empty())
        return std::unexpected(std::move(problem));
    value = *read;
    return {};
}

// How each type is read from one text.
struct SetScalar {
    const Field& field;
    std::string_view text;

    Verified operator()(std::string* value) const {
        if (Verified good = verify_text(field, text); !good) return good;
        *value = text;
        return {};
    }
    Verified operator()(const ParsedRef& parsed) const {
        if (Verified good = verify_text(field, text); !good) return good;
        Verified read = parsed.read(parsed.value, text);
        if (!read) return std::unexpected(said_of(field.name, read.error()));
        return read;
    }
    Verified operator()(bool* value) const {
        return keep(field, text, parse_boolean(text), 0, *value);
    }
    Verified operator()(std::int64_t* value) const {
        std::int64_t number = 0;
        std::optional<std::int64_t> read;
        if (parse_number(text, number)) read = number;
        return keep(field, text, read, static_cast<double>(number), *value);
    }
    Verified operator()(double* value) const {
        double number = 0;
        std::optional<double> read;
        if (parse_number(text, number) && std::isfinite(number)) read = number;
        return keep(field, text, read, number, *value);
    }
    Verified operator()(std::chrono::milliseconds* value) const {
        const auto read = parse_duration(text);
        return keep(field, text, read, read ? static_cast<double>(read->count()) : 0, *value);
    }
    Verified operator()(Size* value) const {
        const auto read = parse_size(text);
        return keep(field, text, read, read ? static_cast<double>(read->bytes) : 0, *value);
    }
    Verified operator()(Percentage* value) const {
        const auto read = parse_percentage(text);
        return keep(field, text, read, read ? read->value : 0, *value);
    }
    Verified operator()(const auto&) const {
        return std::unexpected(fmt::format("expected {}", expectation(field)));
    }
};

}  // namespace

std::string expectation(const Field& field) {
    const auto range = [&field](std::string_view noun) {
        const bool from = std::isfinite(field.least);
        const bool to = std::isfinite(field.most);
        if (from && to) return fmt::format("{} from {} to {}", noun, field.least, field.most);
        if (from) return fmt::format("{} of at least {}", noun, field.least);
        if (to) return fmt::format("{} of at most {}", noun, field.most);
        return std::string(noun);
    };
    switch (field.type) {
        case Type::text:
        case Type::parsed:
            return field.choices.empty() ? "a text"
                                         : text::one_of(text::split_choices(field.choices));
        case Type::texts:
            return "a text or a list of texts";
        case Type::boolean:
            return "true or false";
        case Type::integer:
            return range("a whole number");
        case Type::number:
            return range("a number");
        case Type::duration:
            return "a duration, a number with a unit such as 250ms, 10s, 5m, 1h or 30d";
        case Type::size:
            return "a size, a number with a unit such as 512KiB, 100MiB or 10GiB, or plain bytes";
        case Type::percentage:
            return "a percentage, a number from 0 to 100 with a % such as 90%";
        case Type::secret:
            return "a secret: a text, {env: NAME}, {file: PATH} or {vault: PLACE}";
        case Type::secret_map:
            return "a mapping from names to secrets";
        case Type::text_map:
            return "a mapping from names to texts";
        case Type::object:
            return "a mapping";
        case Type::named_objects:
            return "a mapping from names to mappings";
    }
    return "a text";
}

std::string said_of(std::string_view key, std::string_view problem) {
    constexpr std::array<std::string_view, 5> verbs = {"is ", "has ", "holds ", "names ", "must "};
    const bool goes_on = std::any_of(verbs.begin(), verbs.end(), [problem](std::string_view verb) {
        return problem.starts_with(verb);
    });
    return fmt::format("'{}'{} {}", key, goes_on ? "" : ":", problem);
}

Verified set_scalar(const Field& field, std::string_view text, const ValueRef& value) {
    return std::visit(SetScalar{field, text}, value);
}

}  // namespace vitals::config
