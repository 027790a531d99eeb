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

// Largest first: formatting takes the first unit that divides without a remainder.
constexpr std::array<Unit, 5> duration_units = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
// Written values use binary units; decimal ones are understood too.
constexpr std::array<Unit, 9> size_units = {{{"TiB", 1ull << 40},
                                             {"GiB", 1ull << 30},
                                             {"MiB", 1ull << 20},
                                             {"KiB", 1ull << 10},
                                             {"TB", 1'000'000'000'000},
                                             {"GB", 1'000'000'000},
                                             {"MB", 1'000'000},
                                             {"kB", 1'000},
                                             {"B", 1}}};

// The number at the front: digits, with or without a point and digits. No sign, exponent, inf or
// nan.
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

// number x factor, rounded to a whole number. Nothing when it is above `most`, or when a nonzero
// value would become zero.
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

// How each type is written.
struct Writer {
    const Field& field;

    std::string operator()(const std::string* value) const { return *value; }
    std::string operator()(const std::vector<std::string>* value) const {
        return fmt::format("[{}]", fmt::join(*value, ", "));
    }
    std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
    std::string operator()(const std::int64_t* value) const { return std::to_string(*value); }
    std::string operator()(const double* value) const { return fmt::format("{}", *value); }
    std::string operator()(const std::chrono::milliseconds* value) const {
        return format_duration(*value);
    }
    std::string operator()(const Size* value) const { return format_size(*value); }
    std::string operator()(const Percentage* value) const {
        return fmt::format("{}%", value->value);
    }
    std::string operator()(const Secret* value) const { return value->configured() ? "***" : ""; }
    std::string operator()(const SecretMap* map) const {
        std::string text;
        for (const auto& [name, value] : *map)
            text += fmt::format("{}{}: ***", text.empty() ? "" : ", ", name);
        return "{" + text + "}";
    }
    std::string operator()(const TextMap* map) const {
        std::string text;
        for (const auto& [name, value] : *map)
            text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
        return "{" + text + "}";
    }
    std::string operator()(const ParsedRef& parsed) const { return parsed.shown(parsed.value); }
    std::string operator()(const ObjectRef& object) const {
        std::string text;
        for (const Field& member : field.members) {
            const std::string written = format_value(member, member.peek(object));
            if (written.empty()) continue;
            text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", member.name, written);
        }
        return "{" + text + "}";
    }
    std::string operator()(const NamedObjectsRef&) const { return {}; }  // entries are not listed
};

}  // namespace

std::string format_value(const Field& field, const std::optional<ValueRef>& value) {
    return value ? std::visit(Writer{field}, *value) : std::string();
}

NamedSecrets secrets_of(std::span<const Field> fields, const ObjectRef& options) {
    NamedSecrets secrets;
    for (const Field& field : fields) {
        const auto value = field.peek(options);
        if (!value) continue;
        if (const auto* const secret = std::get_if<Secret*>(&*value)) {
            secrets.emplace_back(field.name, **secret);
        } else if (const auto* const map = std::get_if<SecretMap*>(&*value)) {
            secrets.insert(secrets.end(), (*map)->begin(), (*map)->end());
        } else if (const auto* const object = std::get_if<ObjectRef>(&*value)) {
            NamedSecrets inner = secrets_of(field.members, *object);
            secrets.insert(secrets.end(), inner.begin(), inner.end());
        }
    }
    std::erase_if(secrets, [](const auto& each) { return !each.second.configured(); });
    return secrets;
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
