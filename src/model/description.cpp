// How described values are written and read: durations, sizes, percentages. Pure.
#include "model/description.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace vitals {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Largest first: formatting takes the first that divides without a rest.
constexpr std::array<Unit, 5> duration_units = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
// Binary units are written; decimal ones are understood too.
constexpr std::array<Unit, 9> size_units = {{{"TiB", 1ull << 40},
                                             {"GiB", 1ull << 30},
                                             {"MiB", 1ull << 20},
                                             {"KiB", 1ull << 10},
                                             {"TB", 1'000'000'000'000},
                                             {"GB", 1'000'000'000},
                                             {"MB", 1'000'000},
                                             {"kB", 1'000},
                                             {"B", 1}}};

// The number at the front: digits, perhaps a point and digits. No sign, exponent, inf or nan.
std::string_view leading_number(std::string_view text) {
    const auto digits = [&text](std::size_t from) {
        while (from < text.size() && text[from] >= '0' && text[from] <= '9') ++from;
        return from;
    };
    std::size_t end = digits(0);
    if (end == 0) return {};
    if (end + 1 < text.size() && text[end] == '.') {
        const std::size_t fraction = digits(end + 1);
        if (fraction == end + 1) return {};
        end = fraction;
    }
    return text.substr(0, end);
}

template <std::size_t N>
std::optional<std::uint64_t> factor_of(const std::array<Unit, N>& units, std::string_view name) {
    for (const Unit& unit : units)
        if (unit.name == name) return unit.factor;
    return std::nullopt;
}

// number x factor, rounded to a whole one; nothing when it is past `most` or when something that
// was not zero would become zero.
std::optional<std::uint64_t> scaled(std::string_view number, std::uint64_t factor,
                                    std::uint64_t most) {
    if (number.find('.') == std::string_view::npos) {
        std::uint64_t whole = 0;
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), whole);
        if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
        if (whole > most / factor) return std::nullopt;
        return whole * factor;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
    const double product = std::round(value * static_cast<double>(factor));
    if (!(product < static_cast<double>(most))) return std::nullopt;
    if (value > 0 && product < 1) return std::nullopt;
    return static_cast<std::uint64_t>(product);
}

std::string format_texts(const std::vector<std::string>& texts) {
    return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string format_text_map(const TextMap& map) {
    std::string text;
    for (const auto& [name, value] : map)
        text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
    return "{" + text + "}";
}

std::string format_secret_map(const SecretMap& map) {
    std::string text;
    for (const auto& [name, value] : map)
        text += fmt::format("{}{}: ***", text.empty() ? "" : ", ", name);
    return "{" + text + "}";
}

std::string format_object(const Field& field, const void* value) {
    std::string text;
    for (const Field& member : field.members) {
        const std::string written = format_value(member, member.peek(value));
        if (written.empty()) continue;
        text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", member.name, written);
    }
    return "{" + text + "}";
}

}  // namespace

std::string_view to_string(Type type) noexcept {
    switch (type) {
        case Type::text:
            return "text";
        case Type::texts:
            return "list of texts";
        case Type::boolean:
            return "true or false";
        case Type::integer:
            return "whole number";
        case Type::number:
            return "number";
        case Type::duration:
            return "duration";
        case Type::size:
            return "size";
        case Type::percentage:
            return "percentage";
        case Type::secret:
            return "secret";
        case Type::secret_map:
            return "mapping of secrets";
        case Type::text_map:
            return "mapping of texts";
        case Type::object:
            return "mapping";
        case Type::named_objects:
            return "mapping of mappings";
    }
    return "text";
}

std::string format_value(const Field& field, const void* value) {
    if (value == nullptr) return {};
    switch (field.type) {
        case Type::text:
            return *static_cast<const std::string*>(value);
        case Type::texts:
            return format_texts(*static_cast<const std::vector<std::string>*>(value));
        case Type::boolean:
            return *static_cast<const bool*>(value) ? "true" : "false";
        case Type::integer:
            return std::to_string(*static_cast<const std::int64_t*>(value));
        case Type::number:
            return fmt::format("{}", *static_cast<const double*>(value));
        case Type::duration:
            return format_duration(*static_cast<const std::chrono::milliseconds*>(value));
        case Type::size:
            return format_size(*static_cast<const Size*>(value));
        case Type::percentage:
            return fmt::format("{}%", static_cast<const Percentage*>(value)->value);
        case Type::secret:
            return static_cast<const Secret*>(value)->configured() ? "***" : "";
        case Type::secret_map:
            return format_secret_map(*static_cast<const SecretMap*>(value));
        case Type::text_map:
            return format_text_map(*static_cast<const TextMap*>(value));
        case Type::object:
            return format_object(field, value);
        case Type::named_objects:
            return {};  // its entries' type is erased
    }
    return {};
}

std::string format_duration(std::chrono::milliseconds duration) {
    const auto count = duration.count();
    if (count == 0) return "0s";
    for (const Unit& unit : duration_units) {
        const auto factor = static_cast<std::int64_t>(unit.factor);
        if (count % factor == 0) return fmt::format("{}{}", count / factor, unit.name);
    }
    return fmt::format("{}ms", count);
}

std::string format_size(Size size) {
    for (const Unit& unit : std::span(size_units).first(4))
        if (size.bytes != 0 && size.bytes % unit.factor == 0)
            return fmt::format("{}{}", size.bytes / unit.factor, unit.name);
    return fmt::format("{}B", size.bytes);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const std::string_view number = leading_number(text);
    if (number.empty()) return std::nullopt;
    const auto factor = factor_of(duration_units, text.substr(number.size()));
    if (!factor) return std::nullopt;
    const auto count = scaled(number, *factor,
                              static_cast<std::uint64_t>(std::chrono::milliseconds::max().count()));
    if (!count) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*count));
}

std::optional<Size> parse_size(std::string_view text) {
    const std::string_view number = leading_number(text);
    if (number.empty()) return std::nullopt;
    const std::string_view unit = text.substr(number.size());
    if (unit.empty() && number.find('.') != std::string_view::npos) return std::nullopt;
    const auto factor =
        unit.empty() ? std::optional<std::uint64_t>(1) : factor_of(size_units, unit);
    if (!factor) return std::nullopt;
    const auto bytes = scaled(number, *factor, std::numeric_limits<std::uint64_t>::max());
    if (!bytes) return std::nullopt;
    return Size{*bytes};
}

std::optional<Percentage> parse_percentage(std::string_view text) {
    const std::string_view number = leading_number(text);
    if (number.empty() || text.substr(number.size()) != "%") return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
    if (value > 100) return std::nullopt;
    return Percentage{value};
}

}  // namespace vitals
