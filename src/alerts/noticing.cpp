#include "alerts/noticing.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vitals::alerts {
namespace {

constexpr std::size_t longest = 64;  // bytes of a text from a backend

template <class T>
const T* property(const Outcome& outcome, std::string_view name) {
    const Value* value = outcome.property(name);
    return value == nullptr ? nullptr : std::get_if<T>(value);
}

// One short line, whatever a backend sent.
std::string shown(const std::string& text) {
    std::string line = text.substr(0, longest);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return line;
}

void add(std::string& to, const std::string& text) {
    to += (to.empty() ? "" : "; ") + text;
}

void compare(std::string& noticed, std::string_view what, std::string& before,
             const std::string* now) {
    if (now == nullptr || *now == before) return;
    if (!before.empty()) add(noticed, fmt::format("{} {} -> {}", what, shown(before), shown(*now)));
    before = *now;
}

}  // namespace

std::optional<std::string> Noticing::look(const ComponentState& state) {
    if (state.last == nullptr || state.component->created_by_push) return std::nullopt;
    const Outcome& outcome = *state.last;
    const auto* days = property<std::int64_t>(outcome, "certificate_days_left");
    if (days == nullptr) days = property<std::int64_t>(outcome, "days_left");
    const auto* version = property<std::string>(outcome, "version");
    const auto* role = property<std::string>(outcome, "role");
    if (days == nullptr && version == nullptr && role == nullptr) return std::nullopt;
    Known& known = known_[state.name()];
    std::string noticed;
    if (days != nullptr) {
        // Days only count down; a clock that is set back moves them by its step.
        if (known.days_left && *days > *known.days_left + 1)
            add(noticed, fmt::format("another certificate, {} days left", *days));
        known.days_left = *days;
    }
    compare(noticed, "version", known.version, version);
    compare(noticed, "role", known.role, role);
    if (noticed.empty()) return std::nullopt;
    return noticed;
}

void Noticing::forget(std::string_view component) {
    if (const auto found = known_.find(component); found != known_.end()) known_.erase(found);
}

}  // namespace vitals::alerts
