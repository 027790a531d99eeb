#include "wire/lsyncd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace vitals::wire::lsyncd {

namespace {

constexpr std::string_view first_words = "Lsyncd status report at ";
constexpr std::string_view last_words = "Inotify watching ";
constexpr std::string_view canary_words = "vitals canary ";
constexpr std::size_t digits = 15;

// `There are N delays`; lines with queued paths begin otherwise.
bool take_delays(std::string_view line, std::int64_t& count) {
    constexpr std::string_view before = "There are ";
    constexpr std::string_view behind = " delays";
    if (!line.starts_with(before)) return false;
    line.remove_prefix(before.size());
    const char* const last = line.data() + line.size();
    const auto [end, error] = std::from_chars(line.data(), last, count);
    return error == std::errc() && count >= 0 && std::string_view(end, last) == behind;
}

bool take_number(std::string_view text, std::int64_t& number) {
    std::uint64_t value = 0;  // unsigned: takes no sign
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    number = static_cast<std::int64_t>(value);
    return error == std::errc() && end == last;
}

}  // namespace

std::expected<Report, Fault> parse_status(std::string_view text) {
    const std::string_view head = text.substr(0, first_words.size());
    if (!first_words.starts_with(head)) return std::unexpected(Fault::foreign);
    if (head.size() < first_words.size()) return std::unexpected(Fault::incomplete);
    Report report;
    bool complete = false;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        std::int64_t count = 0;
        // A line without its end may hold half a number.
        if (end != std::string_view::npos && take_delays(line, count)) {
            if (count > std::numeric_limits<std::int64_t>::max() - report.delays)
                return std::unexpected(Fault::foreign);
            report.delays += count;
            ++report.syncs;
        }
        if (end != std::string_view::npos && line.starts_with(last_words)) complete = true;
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    if (!complete) return std::unexpected(Fault::incomplete);
    return report;
}

std::string canary_text(const Canary& canary) {
    return fmt::format("{}{:0{}} {:0{}}\n", canary_words, canary.since, digits, canary.written,
                       digits);
}

std::optional<Canary> parse_canary(std::string_view text) {
    Canary canary;
    if (text.size() != canary_words.size() + 2 * digits + 2 || !text.starts_with(canary_words))
        return std::nullopt;
    text.remove_prefix(canary_words.size());
    const bool good = take_number(text.substr(0, digits), canary.since) && text[digits] == ' ' &&
                      take_number(text.substr(digits + 1, digits), canary.written) &&
                      text.back() == '\n';
    return good ? std::optional(canary) : std::nullopt;
}

Canary next_canary(const std::optional<Canary>& mine, const std::optional<Canary>& copy,
                   std::int64_t started, std::int64_t now) {
    // After a clock was set back, the last content is from the future.
    const bool usable = mine && mine->written <= now && mine->since <= mine->written;
    const bool arrived = usable && copy && copy->written >= mine->since;
    const std::int64_t since = !usable || arrived ? now : std::max(mine->since, started);
    return {.since = std::min(since, now), .written = now};
}

}  // namespace vitals::wire::lsyncd
