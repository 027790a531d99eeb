// The file's own sections, described with the same tables as kinds and dialects. A section whose
// struct is not part of Config is here; it holds what was written, before defaults are inherited.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "model/description.hpp"

namespace vitals::config {

struct FileKeys {
    std::vector<std::string> include;
    std::string state_dir;
};
struct ListenerKeys {
    std::string address;
    std::optional<Listener::Tls> tls;
    bool http2 = false;
    std::optional<Listener::ProxyProtocol> proxy_protocol;
    bool control = false;
};
struct DefaultsKeys {
    std::chrono::milliseconds interval{10'000};
    std::chrono::milliseconds timeout{5'000};
    std::int64_t failures = 1;
    std::int64_t successes = 1;
    std::optional<std::chrono::milliseconds> retry_interval, down_interval;
    struct Any {};  // any key that such a component takes: see defaults.cpp
    std::vector<std::pair<std::string, Any>> kinds, groups;
};
struct TokenKeys {
    Secret secret;
    std::chrono::milliseconds overlap{60'000};
    std::vector<std::string> allow;
};
struct ComponentKeys {
    std::string check;
    std::optional<std::chrono::milliseconds> interval, timeout, valid_for, slow_above;
    std::optional<std::chrono::milliseconds> retry_interval, down_interval;
    std::optional<std::int64_t> failures, successes;
    bool critical = true;
    std::vector<std::string> depends_on, tags, probes;
    std::string runbook;
    std::optional<OnFailed> on_failed;
    std::optional<Vantage> vantage;
};
struct EndpointKeys {
    std::string dialect;
    std::optional<std::string> path;
    std::optional<std::string> address;
    std::optional<Listener::Tls> tls;
    std::optional<bool> enabled;
    std::vector<std::string> components, listeners, tokens;
    std::optional<std::string> disclose;
    std::optional<std::int64_t> failed_code, degraded_code;
};

struct HoursKeys {
    std::string zone = "UTC";
    std::vector<std::string> days;
    std::string from, to;
};
struct FallbackKeys {
    std::string to;
    std::chrono::milliseconds after{std::chrono::minutes(5)};
};
struct ReceiverKeys {
    std::optional<HoursKeys> hours;
    std::optional<FallbackKeys> fallback;
    std::string disclose = "full";
    Rate at_most{60, std::chrono::minutes(1)};
};
struct StepKeys {
    std::chrono::milliseconds after{};
    std::vector<std::string> to;
};
struct RuleKeys {
    std::vector<std::string> match;
    std::optional<bool> critical;
    std::string from = "unknown";
    std::vector<std::string> to;
    struct Any {};  // a list: see alerts.cpp
    std::vector<std::pair<std::string, Any>> steps;
    std::optional<std::chrono::milliseconds> remind;
};
struct SilenceKeys {
    std::vector<std::string> match;
    std::string from, until, reason;
};
struct MaintenanceKeys {
    std::vector<std::string> match;
    std::string zone = "UTC";
    std::vector<std::string> days;
    std::string from, to, until, reason;
};
struct AlertsKeys {
    text::Url url;
    struct Any {};  // read by alerts.cpp: a mapping and two lists
    std::vector<std::pair<std::string, Any>> receivers, rules, silences;
    std::chrono::milliseconds wait{std::chrono::seconds(10)}, hold{std::chrono::seconds(60)};
    Alerts::Flapping flapping;
    Alerts::Storm storm;
    std::optional<Watchdog> watchdog;
};
// The items in the lists and mappings of `alerts`, for the reference page.
std::vector<Description> parts_of_alerts();
std::span<const Field> rule_fields();
std::span<const Field> step_fields();
std::span<const Field> silence_fields();

// The form of a section in the file.
enum class Shape : std::uint8_t {
    value,    // its one field is a key of the file itself
    mapping,  // service: {name: ...}
    list,     // listeners: [{address: ...}]
    entries,  // endpoints: such a list, or {only: [...]}
    named,    // tokens: {operator: {secret: ...}}
};
struct Section {
    Description description;
    Shape shape;
    bool may_be_included = false;  // allowed in a file that another one includes
};

// Whether an endpoint of that dialect may have the key: some keys are only for HTTP, some only for
// dialects with their own listener.
bool endpoint_key_applies(std::string_view key, const Described& dialect);

// In the order of the reference.
std::span<const Section> all_sections();
const Section& section(std::string_view name);

}  // namespace vitals::config
