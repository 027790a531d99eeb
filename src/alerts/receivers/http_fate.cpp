#include "alerts/receivers/http_fate.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "wire/http_answer.hpp"
#include "wire/nagios.hpp"
#include "wire/retry_after.hpp"

namespace vitals::alerts::receivers {

namespace {

constexpr std::size_t shown_bytes = 200;

std::string shown(const HttpAnswer& answer) {
    const std::string body = wire::printable(answer.body, shown_bytes);
    return fmt::format("HTTP {}{}{}", answer.status, body.empty() ? "" : ": ", body);
}

// The text after `"name":`, without blanks in front; empty if there is none.
std::string_view value_of(std::string_view json, std::string_view name) {
    const std::string key = fmt::format("\"{}\"", name);
    const std::size_t at = json.find(key);
    if (at == std::string_view::npos) return {};
    json.remove_prefix(at + key.size());
    const std::size_t colon = json.find_first_not_of(" \t\r\n");
    if (colon == std::string_view::npos || json[colon] != ':') return {};
    json.remove_prefix(colon + 1);
    const std::size_t begin = json.find_first_not_of(" \t\r\n");
    return begin == std::string_view::npos ? std::string_view() : json.substr(begin);
}

Fate fate_of(int status) {
    if (status >= 200 && status < 300) return Fate::delivered;
    if (status == 502 || status == 504) return Fate::doubtful;
    const bool again = status == 408 || status == 425 || status == 429 || status >= 500;
    return again ? Fate::refused : Fate::rejected;
}

}  // namespace

const std::string* HttpAnswer::header(std::string_view name) const {
    for (const auto& each : headers)
        if (wire::same_name(each.first, name)) return &each.second;
    return nullptr;
}

Attempt fate_by_code(const HttpAnswer& answer, System now) {
    Attempt attempt{.fate = fate_of(answer.status)};
    if (attempt.fate == Fate::delivered) return attempt;
    attempt.why = shown(answer);
    if (attempt.fate == Fate::rejected) return attempt;
    if (const std::string* header = answer.header("retry-after"))
        attempt.retry_after = retry_after(*header, now);
    return attempt;
}

Attempt rejected_by(const HttpAnswer& answer, std::string why) {
    return {.fate = Fate::rejected, .why = shown(answer) + " (" + std::move(why) + ')'};
}

std::optional<Steady::duration> retry_after(std::string_view header, System now) {
    return wire::retry_after(header, now);
}

std::optional<double> number_in(std::string_view json, std::string_view name) {
    const std::string_view text = value_of(json, name);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
    return value;
}

bool says(std::string_view json, std::string_view name, std::string_view literal) {
    return value_of(json, name).starts_with(literal);
}

}  // namespace vitals::alerts::receivers
