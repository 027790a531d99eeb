#include "alerts/receivers/payload.hpp"

#include <algorithm>

#include "model/clock.hpp"
#include "text/escape.hpp"

namespace vitals::alerts::receivers {

namespace {

constexpr std::size_t name_bytes = 128;
constexpr std::size_t text_bytes = 600;
constexpr std::size_t most_names = 20;
constexpr std::size_t most_before = 10;

std::string fit(std::string_view text, std::size_t bytes) {
    return cut_bytes(fitting(text, bytes), bytes);
}

void write_names(text::JsonWriter& json, std::string_view key,
                 const std::vector<std::string>& names) {
    json.key(key).array();
    for (std::size_t i = 0; i < std::min(most_names, names.size()); ++i)
        json.value(fit(names[i], name_bytes));
    json.end_array();
}

void write_time(text::JsonWriter& json, std::string_view key, const std::optional<System>& time) {
    json.key(key);
    if (time)
        json.value(rfc3339(*time));
    else
        json.null();
}

void write_link(text::JsonWriter& json, std::string_view key, const std::string& url) {
    if (!url.empty()) json.member(key, cut_bytes(url, 2 * text_bytes));
}

void write_failure(text::JsonWriter& json, const Alert& alert) {
    json.member("detail", fit(alert.detail, text_bytes));
    json.member("error_class", to_string(alert.error_class));
    json.member("phase", fit(alert.phase, name_bytes));
    json.member("error", fit(alert.error, text_bytes));
}

void write_data(text::JsonWriter& json, const Envelope& envelope) {
    const Alert& alert = envelope.alert;
    json.object();
    json.member("key", alert.key).member("incident", alert.incident);
    json.member("kind", to_string(alert.kind)).member("state", to_string(alert.state));
    json.member("level", to_string(alert.level));
    if (alert.level_was) json.member("level_was", to_string(*alert.level_was));
    json.member("severity", to_string(alert.severity)).member("test", alert.test);
    json.member("line", envelope.words.line).member("subject", envelope.words.subject);
    write_names(json, "cause", alert.cause);
    json.member("cause_count", alert.cause.size());
    write_names(json, "affected", alert.affected);
    json.member("affected_count", alert.affected_count);
    write_time(json, "at", alert.at);
    write_time(json, "since", alert.since);
    write_time(json, "until", alert.until);
    write_time(json, "last_ok", alert.last_ok);
    write_time(json, "configured", alert.configured);
    if (alert.changes > 0) json.member("changes", alert.changes);
    if (!alert.not_told.empty()) json.member("not_told", fit(alert.not_told, text_bytes));
    write_failure(json, alert);
    json.key("before").array();
    for (std::size_t i = 0; i < std::min(most_before, alert.before.size()); ++i)
        json.object()
            .member("at", rfc3339(alert.before[i].at))
            .member("text", fit(alert.before[i].text, text_bytes / 2))
            .end_object();
    json.end_array();
    json.key("links").object();
    write_link(json, "component", alert.link);
    write_link(json, "act", alert.act_link);
    write_link(json, "runbook", alert.runbook);
    json.end_object();
    json.member("service", fit(alert.service, name_bytes))
        .member("host", fit(alert.host, name_bytes));
    json.member("version", alert.version).member("attempt", alert.attempt);
    json.member("may_be_copy", alert.may_be_copy);
    if (alert.alone) json.member("alone", true);
    json.end_object();
}

}  // namespace

std::string message_json(const Envelope& envelope) {
    std::string out;
    text::JsonWriter json(out);
    json.object().member("type", "incident." + std::string(to_string(envelope.alert.kind)));
    json.member("timestamp", rfc3339(envelope.alert.at)).key("data");
    write_data(json, envelope);
    json.end_object();
    return out;
}

bool is_over(const Alert& alert) noexcept {
    return alert.kind == Kind::resolved || alert.kind == Kind::missed;
}

std::string component_of(const Alert& alert) {
    return alert.cause.empty() ? std::string() : fit(alert.cause.front(), name_bytes);
}

std::string rows_text(const Words& words) {
    std::string out;
    for (const Words::Row& row : words.rows) {
        if (!out.empty()) out += '\n';
        out += (row.label.empty() ? "" : row.label + ": ") + row.text;
    }
    return out;
}

std::string_view colour_of(const Alert& alert) noexcept {
    if (is_over(alert) || alert.test) return "#2e7d32";
    if (alert.kind == Kind::flapping) return "#f9a825";
    if (alert.level == Status::failed) return "#c62828";
    return alert.level == Status::degraded ? "#ef6c00" : "#6a1b9a";
}

Urgency urgency_of(const Alert& alert) noexcept {
    if (is_over(alert) || alert.test) return Urgency::low;
    if (alert.severity == Severity::warning || alert.level == Status::degraded)
        return Urgency::normal;
    const bool at_once = alert.kind == Kind::problem || alert.kind == Kind::worse;
    return at_once && alert.level == Status::failed ? Urgency::highest : Urgency::high;
}

}  // namespace vitals::alerts::receivers
