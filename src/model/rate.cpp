#include "model/rate.hpp"

#include <charconv>

#include <fmt/format.h>

namespace vitals {

std::expected<Rate, std::string> parse_rate(std::string_view text) {
    constexpr std::string_view between = " per ";
    constexpr std::uint32_t most = 100'000;
    const auto wrong = [](std::string_view what) {
        return std::unexpected(fmt::format("{}, expected a rate such as `3 per 1h`", what));
    };
    const std::size_t at = text.find(between);
    if (at == std::string_view::npos) return wrong("does not say within which time");
    Rate rate;
    const auto read = std::from_chars(text.data(), text.data() + at, rate.count);
    if (read.ec != std::errc() || read.ptr != text.data() + at || rate.count > most)
        return wrong(fmt::format("does not begin with a number up to {}", most));
    if (rate.count == 0) return wrong("allows nothing");
    const auto window = parse_duration(text.substr(at + between.size()));
    if (!window || *window < std::chrono::seconds(1)) return wrong("has no time of at least 1s");
    rate.window = *window;
    return rate;
}

std::string to_string(const Rate& rate) {
    return fmt::format("{} per {}", rate.count, format_duration(rate.window));
}

}  // namespace vitals
