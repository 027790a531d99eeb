// Names of statuses and error classes.
#include "vitals/status.hpp"

#include <array>

namespace vitals {

namespace {
constexpr std::array<std::string_view, 4> status_names = {"ok", "degraded", "failed", "unknown"};
constexpr std::array<std::string_view, 9> class_names = {
    "none", "resolve", "connect", "tls", "auth", "protocol", "assertion", "timeout", "local"};
}  // namespace

std::string_view to_string(Status status) noexcept {
    return status_names[static_cast<std::size_t>(status)];
}

std::string_view to_string(ErrorClass error_class) noexcept {
    return class_names[static_cast<std::size_t>(error_class)];
}

std::optional<Status> parse_status(std::string_view name) noexcept {
    for (std::size_t i = 0; i < status_names.size(); ++i)
        if (status_names[i] == name) return static_cast<Status>(i);
    return std::nullopt;
}

}  // namespace vitals
