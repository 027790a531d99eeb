// What several receivers make of an alert: the JSON object for programs, and the severity. Pure.
#pragma once

#include <string>
#include <string_view>

#include "alerts/receivers/receiver.hpp"
#include "text/json.hpp"

namespace vitals::alerts::receivers {

// `{"type":"incident.problem","timestamp":...,"data":{...}}`, below 20 kB whatever the alert holds:
// the content for the receivers webhook and exec. docs/alerts.md names the members.
std::string message_json(const Envelope& envelope);

// It ends the incident for its receiver: resolved or missed.
bool is_over(const Alert& alert) noexcept;
// The first cause, fit for one line.
std::string component_of(const Alert& alert);
// The rows below the line, `label: text` on a line each.
std::string rows_text(const Words& words);

// `#c62828` and similar: failed, degraded, unknown, flapping, over.
std::string_view colour_of(const Alert& alert) noexcept;

enum class Urgency : std::uint8_t { low, normal, high, highest };
// Resolved and missed: low. Degraded, or no critical component: normal. Reminders and unknown:
// high. Failed: highest.
Urgency urgency_of(const Alert& alert) noexcept;

// JSON in one line, for the body of a request.
inline HttpRequest post_json(std::string url, std::string body) {
    return {.url = std::move(url),
            .headers = {{"Content-Type", "application/json"}},
            .body = std::move(body)};
}

}  // namespace vitals::alerts::receivers
