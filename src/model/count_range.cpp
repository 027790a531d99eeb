#include "model/count_range.hpp"

#include "text/whole_number.hpp"

namespace vitals {

std::optional<CountRange> parse_count_range(std::string_view text) noexcept {
    CountRange range;
    std::optional<std::uint32_t> least = range.least;
    std::optional<std::uint32_t> most = range.most;
    if (text.starts_with(">=")) {
        least = text::whole_number<std::uint32_t>(text.substr(2));
    } else if (text.starts_with("<=")) {
        most = text::whole_number<std::uint32_t>(text.substr(2));
    } else if (const std::size_t dots = text.find(".."); dots != std::string_view::npos) {
        least = text::whole_number<std::uint32_t>(text.substr(0, dots));
        most = text::whole_number<std::uint32_t>(text.substr(dots + 2));
    } else {
        least = most = text::whole_number<std::uint32_t>(text);
    }
    if (!least || !most || *least > *most) return std::nullopt;
    range.least = *least;
    range.most = *most;
    return range;
}

}  // namespace vitals
