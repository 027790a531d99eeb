#include "lag.hpp"

#include <algorithm>
#include <string_view>

namespace vitals::checks::ldap {

namespace {

constexpr std::size_t most_seen = 1000;

// 20261130190000.123456Z#000000#001#000000: time, count, server, modification.
constexpr std::size_t time_size = 22, count_at = 23, server_at = 30, last_at = 34, whole = 40;

bool is_change(std::string_view text) {
    if (text.size() != whole) return false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool mark = at + 1 == count_at || at + 1 == server_at || at + 1 == last_at;
        const bool digit = c >= '0' && c <= '9';
        const bool hexadecimal = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        const bool good = mark                  ? c == '#'
                          : at == 14            ? c == '.'
                          : at + 1 == time_size ? c == 'Z'
                          : at < time_size      ? digit
                                                : hexadecimal;
        if (!good) return false;
    }
    return true;
}

bool lacks(const Changes& replica, const Changes& source) {
    return std::ranges::any_of(source, [&](const auto& change) {
        const auto ours = replica.find(change.first);
        return ours == replica.end() || ours->second < change.second;
    });
}

}  // namespace

std::optional<Changes> changes_of(const std::vector<std::string>& values) {
    Changes changes;
    for (const std::string& value : values) {
        if (!is_change(value)) return std::nullopt;
        std::string& last = changes[value.substr(server_at, 3)];
        last = std::max(last, value);
    }
    return changes;
}

std::optional<System> time_of(const std::string& change) {
    if (!is_change(change)) return std::nullopt;
    const std::string_view text(change);
    std::string made;
    made += text.substr(0, 4);
    for (const std::size_t at : {4u, 6u}) made.append("-").append(text.substr(at, 2));
    made.append("T").append(text.substr(8, 2));
    for (const std::size_t at : {10u, 12u}) made.append(":").append(text.substr(at, 2));
    return parse_rfc3339(made + "Z");
}

std::chrono::milliseconds Lag::look(const Changes& source, const Changes& replica, Steady now,
                                    System wall) {
    while (!lacking_.empty() && !lacks(replica, lacking_.front().changes)) lacking_.pop_front();
    if (!lacks(replica, source)) {
        lacking_.clear();
        return {};
    }
    if (lacking_.size() < most_seen) lacking_.push_back({now, source});
    auto lag = std::chrono::duration_cast<std::chrono::milliseconds>(now - lacking_.front().when);
    // At the first look, the change itself says since when it is missing: since it was made.
    for (const auto& [server, change] : source) {
        const auto ours = replica.find(server);
        const auto made = time_of(change);
        if (made && (ours == replica.end() || ours->second < change))
            lag =
                std::max(lag, std::chrono::duration_cast<std::chrono::milliseconds>(wall - *made));
    }
    return std::max(lag, std::chrono::milliseconds(1));
}

}  // namespace vitals::checks::ldap
