// Texts to typed values.
#include "config/scalars.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "text/words.hpp"

namespace vitals::config {

namespace {

// Ten years. Longer ones are mistakes, and sums of them would overflow the clock.
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
    // `a duration, a number with ...`: what it is, then what it looks like.
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

std::string set_text(const Field& field, std::string_view text, std::string& value) {
    if (field.required && text.empty()) return fmt::format("'{}' must not be empty", field.name);
    if (!field.choices.empty()) {
        const auto choices = text::split_choices(field.choices);
        if (std::find(choices.begin(), choices.end(), text) == choices.end())
            return fmt::format("{} is not a value of '{}', expected {}{}", text::in_quotes(text),
                               field.name, text::one_of(choices),
                               text::did_you_mean(text, choices));
    }
    value = text;
    return {};
}

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

std::string set_scalar(const Field& field, std::string_view text, void* value) {
    const auto keep = [&](const auto& parsed, double number) {
        using Parsed = std::remove_cvref_t<decltype(*parsed)>;
        if (!parsed) return no_such_value(field, text);
        if (std::string problem = range_problem(field, text, number); !problem.empty())
            return problem;
        *static_cast<Parsed*>(value) = *parsed;
        return std::string();
    };
    switch (field.type) {
        case Type::text:
            return set_text(field, text, *static_cast<std::string*>(value));
        case Type::boolean:
            return keep(parse_boolean(text), 0);
        case Type::integer: {
            std::int64_t number = 0;
            std::optional<std::int64_t> parsed;
            if (parse_number(text, number)) parsed = number;
            return keep(parsed, static_cast<double>(number));
        }
        case Type::number: {
            double number = 0;
            std::optional<double> parsed;
            if (parse_number(text, number) && std::isfinite(number)) parsed = number;
            return keep(parsed, number);
        }
        case Type::duration: {
            const auto parsed = parse_duration(text);
            return keep(parsed, parsed ? static_cast<double>(parsed->count()) : 0);
        }
        case Type::size: {
            const auto parsed = parse_size(text);
            return keep(parsed, parsed ? static_cast<double>(parsed->bytes) : 0);
        }
        case Type::percentage: {
            const auto parsed = parse_percentage(text);
            return keep(parsed, parsed ? parsed->value : 0);
        }
        default:
            return fmt::format("expected {}", expectation(field));
    }
}

}  // namespace vitals::config
