#include "wire/lsyncd.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace vitals::wire::lsyncd {

namespace {

constexpr std::string_view first_words = "Lsyncd status report at ";
constexpr std::string_view last_words = "Inotify watching ";

// `There are N delays`; queued paths stand on lines that begin otherwise.
bool take_delays(std::string_view line, std::int64_t& count) {
    constexpr std::string_view before = "There are ";
    constexpr std::string_view behind = " delays";
    if (!line.starts_with(before)) return false;
    line.remove_prefix(before.size());
    const char* const last = line.data() + line.size();
    const auto [end, error] = std::from_chars(line.data(), last, count);
    return error == std::errc() && count >= 0 && std::string_view(end, last) == behind;
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
        // A line without its end may be half a number.
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

}  // namespace vitals::wire::lsyncd
