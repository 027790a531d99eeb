// Content negotiation.
#include "dialects/accept.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace vitals::dialects {

namespace {

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

// Takes the text up to the next separator outside quotes, and the separator.
std::string_view take_until(std::string_view& text, char separator) {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '"') quoted = !quoted;
        if (quoted && text[at] == '\\' && at + 1 < text.size()) ++at;
        if (!quoted && text[at] == separator) break;
    }
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(std::min(text.size(), at + 1));
    return trim(taken);
}

struct Parameter {
    std::string_view name, value;
};

struct MediaType {
    std::string_view type, subtype;
    std::vector<Parameter> parameters;  // without q
    double quality = 1;
};

double read_quality(std::string_view text) {
    double quality = 1;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), quality, std::chars_format::fixed);
    // Unreadable: ignored. NaN does not survive the comparison.
    if (error != std::errc() || !(quality >= 0)) return 1;
    return std::min(quality, 1.0);
}

std::optional<MediaType> read_media_type(std::string_view element) {
    MediaType read;
    std::string_view name = take_until(element, ';');
    if (name == "*") name = "*/*";
    const auto slash = name.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size()) return {};
    read.type = trim(name.substr(0, slash));
    read.subtype = trim(name.substr(slash + 1));
    if (read.type == "*" && read.subtype != "*") return {};
    while (!element.empty()) {
        std::string_view parameter = take_until(element, ';');
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view key = trim(parameter.substr(0, equals));
        std::string_view value = trim(parameter.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        if (same(key, "q")) {
            read.quality = read_quality(value);
            break;  // what follows q are extensions
        }
        read.parameters.push_back({key, value});
    }
    return read;
}

// How specifically a range covers an offer: 0 not at all, 1 */*, 2 type/*, 3 the type, more with
// each common parameter.
int specificity(const MediaType& range, const MediaType& offer) {
    if (range.type == "*") return 1;
    if (!same(range.type, offer.type)) return 0;
    if (range.subtype == "*") return 2;
    if (!same(range.subtype, offer.subtype)) return 0;
    int result = 3;
    for (const Parameter& wanted : range.parameters)
        for (const Parameter& had : offer.parameters) {
            if (!same(wanted.name, had.name)) continue;
            if (!same(wanted.value, had.value)) return 0;
            ++result;
        }
    return result;
}

// Calls `take` with each range that can be read; whether there was one.
template <class Take>
bool for_each_range(std::string_view accept, Take take) {
    bool readable = false;
    while (!accept.empty()) {
        const std::optional<MediaType> range = read_media_type(take_until(accept, ','));
        if (!range) continue;
        readable = true;
        take(*range);
    }
    return readable;
}

}  // namespace

Preference preference(std::string_view accept, std::string_view offer) {
    const std::optional<MediaType> offered = read_media_type(offer);
    if (!offered) return {};
    Preference best;
    int most = 0;
    const bool readable = for_each_range(accept, [&](const MediaType& range) {
        const int reached = specificity(range, *offered);
        const bool better = reached > most || (reached == most && range.quality > best.quality);
        if (reached == 0 || !better) return;
        most = reached;
        best = {range.quality, reached >= 3};
    });
    return readable ? best : Preference{1, false};
}

std::optional<std::size_t> negotiate(std::string_view accept,
                                     std::span<const std::string_view> offers) {
    std::optional<std::size_t> best;
    double quality = 0;
    for (std::size_t i = 0; i < offers.size(); ++i) {
        const double wanted = preference(accept, offers[i]).quality;
        if (wanted <= quality) continue;
        best = i;
        quality = wanted;
    }
    return best;
}

std::optional<std::size_t> negotiate_by_precedence(std::string_view accept,
                                                   std::span<const std::string_view> offers) {
    std::optional<std::size_t> best;
    int most = 0;
    const bool readable = for_each_range(accept, [&](const MediaType& range) {
        for (std::size_t i = 0; i < offers.size(); ++i) {
            int reached = specificity(range, *read_media_type(offers[i]));
            if (reached >= 3 && !range.parameters.empty()) reached = 4;
            if (reached == 0 || reached < most || (reached == most && i >= *best)) continue;
            most = reached;
            best = i;
        }
    });
    return readable ? best : std::optional<std::size_t>(0);
}

}  // namespace vitals::dialects
