// What several receivers make of an alert: the JSON object for programs, and how bad it looks.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "alerts/receivers/receiver.hpp"
#include "text/json.hpp"

namespace vitals::alerts::receivers {

// `{"type":"incident.problem","timestamp":...,"data":{...}}`, below 20 kB whatever the alert holds:
// what the receivers webhook and exec hand over. docs/alerts.md names the members.
std::string message_json(const Envelope& envelope);

// It ends the incident for whoever is told: resolved or missed.
bool is_over(const Alert& alert) noexcept;
// The first cause, fit for one line.
std::string component_of(const Alert& alert);
// The rows beneath the line, `label: text` on a line each.
std::string rows_text(const Words& words);

// `#c62828` and its like: failed, degraded, unknown, flapping, over.
std::string_view colour_of(const Alert& alert) noexcept;

enum class Urgency : std::uint8_t { low, normal, high, highest };
// Over and missed: low; degraded or of no critical component: normal; reminders and unknown: high;
// failed: highest.
Urgency urgency_of(const Alert& alert) noexcept;

// JSON in one line, as a request's body.
inline HttpRequest post_json(std::string url, std::string body) {
    return {.url = std::move(url),
            .headers = {{"Content-Type", "application/json"}},
            .body = std::move(body)};
}

}  // namespace vitals::alerts::receivers
