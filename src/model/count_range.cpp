#include "model/count_range.hpp"

#include <charconv>

namespace vitals {

namespace {

std::optional<std::uint32_t> whole(std::string_view text) noexcept {
    std::uint32_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (error != std::errc() || end != last) return std::nullopt;
    return value;
}

}  // namespace

std::optional<CountRange> parse_count_range(std::string_view text) noexcept {
    CountRange range;
    std::optional<std::uint32_t> least = range.least;
    std::optional<std::uint32_t> most = range.most;
    if (text.starts_with(">=")) {
        least = whole(text.substr(2));
    } else if (text.starts_with("<=")) {
        most = whole(text.substr(2));
    } else if (const std::size_t dots = text.find(".."); dots != std::string_view::npos) {
        least = whole(text.substr(0, dots));
        most = whole(text.substr(dots + 2));
    } else {
        least = most = whole(text);
    }
    if (!least || !most || *least > *most) return std::nullopt;
    range.least = *least;
    range.most = *most;
    return range;
}

}  // namespace vitals
