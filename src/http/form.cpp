#include "http/form.hpp"

#include <algorithm>
#include <ranges>

namespace vitals::http {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

// Takes the part before the separator from the front, and the separator.
std::string_view take(std::string_view& rest, char separator) noexcept {
    const std::string_view part = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return part;
}

}  // namespace

std::optional<std::string_view> cookie_of(std::string_view field, std::string_view name) noexcept {
    while (!field.empty()) {
        std::string_view value = trimmed(take(field, ';'));
        const std::string_view key = trimmed(take(value, '='));
        if (key != name) continue;
        value = trimmed(value);
        if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
            value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

std::optional<std::string_view> cookie_of(const Head& head, std::string_view name) noexcept {
    for (const auto& [key, value] : head.fields)
        if (equal_ignoring_case(key, "cookie"))
            if (const auto found = cookie_of(value, name)) return found;
    return {};
}

std::optional<Pairs> form_of(std::string_view body, std::size_t most) {
    if (body.find('\0') != std::string_view::npos) return {};
    Pairs pairs;
    while (!body.empty()) {
        std::string_view value = take(body, '&');
        if (value.empty()) continue;
        if (pairs.size() == most) return {};
        auto name = query_decode(take(value, '='));
        auto content = query_decode(value);
        if (!name || !content) return {};
        pairs.emplace_back(std::move(*name), std::move(*content));
    }
    return pairs;
}

const std::string* value_of(const Pairs& pairs, std::string_view name) noexcept {
    for (const auto& [key, value] : pairs | std::views::reverse)
        if (key == name) return &value;
    return nullptr;
}

}  // namespace vitals::http
