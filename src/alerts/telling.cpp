#include "alerts/telling.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "text/percent.hpp"

namespace vitals::alerts {
namespace {

constexpr std::size_t most_affected = 10;

const ComponentState* state_of(const Snapshot& snapshot, const std::vector<std::string>& names) {
    for (const std::string& name : names)
        if (const ComponentState* state = snapshot.find(name)) return state;
    return nullptr;
}

// Of a component that is not critical nobody should be got out of bed.
Severity severity_of(const Snapshot& snapshot, const std::vector<std::string>& cause) {
    bool known = false;
    for (const std::string& name : cause) {
        const ComponentState* state = snapshot.find(name);
        if (state == nullptr || state->component->critical) return Severity::critical;
        known = true;
    }
    return known ? Severity::warning : Severity::critical;
}

std::string page_of(const Sender& sender, const std::string& component) {
    if (sender.url.empty()) return {};
    return sender.url + "/c/" + text::percent_encoded(component, "/");
}

std::string key_of_first(const std::string& store, Message message) {
    message.serial = 1;
    return message_key(store, message);
}

void add_what_is_wrong(Alert& alert, const Message& message, const IncidentRecord& incident,
                       const Snapshot& snapshot) {
    const ComponentState* state = state_of(snapshot, message.cause);
    const bool over = message.state == State::resolved || incident.closed;
    if (!over && state != nullptr && state->last != nullptr && state->judged != Status::ok) {
        alert.detail = state->last->detail;
        alert.error = state->last->error;
        alert.error_class = state->last->error_class;
        alert.phase = state->last->failed_phase;
    }
    if (alert.detail.empty()) {
        alert.detail = incident.title;
        alert.error = incident.error;
        alert.error_class = incident.error_class;
    }
}

}  // namespace

Alert alert_of(const Message& message, const IncidentRecord& incident, const Snapshot& snapshot,
               const Board& board, const Sender& sender, TellingAttempt attempt, System now) {
    Alert alert;
    alert.key = message_key(sender.store, message);
    alert.incident = incident.id;
    alert.thread = key_of_first(sender.store, message);
    alert.kind = message.kind;
    alert.state = message.state;
    alert.level = message.state == State::resolved ? incident.worst : message.level;
    alert.severity = severity_of(snapshot, message.cause);
    alert.cause = message.cause.empty() ? incident.roots : message.cause;
    for (const IncidentRecord::Member& member : incident.members) {
        if (member.ended && message.state != State::resolved) continue;
        ++alert.affected_count;
        if (alert.affected.size() < most_affected) alert.affected.push_back(member.component);
    }
    alert.at = now;
    alert.since = incident.opened;
    if (message.state == State::resolved) alert.until = incident.closed.value_or(now);
    for (const auto& happening : board.happenings)
        if (happening->what == Happening::What::reloaded) {
            alert.configured = happening->at;
            break;
        }
    alert.changes = sender.rules.flapping.changes;
    alert.span = message.kind == Kind::steady ? sender.rules.flapping.quiet
                 : incident.storm             ? sender.rules.storm.within
                                              : sender.rules.flapping.within;
    if (message.kind == Kind::missed) alert.not_told = "the receiver could not be reached";
    add_what_is_wrong(alert, message, incident, snapshot);
    for (const Happening& happening : incident.before)
        alert.before.push_back(
            {happening.at, happening.by.empty()
                               ? happening.text
                               : fmt::format("{} ({})", happening.text, happening.by)});
    if (!sender.url.empty()) {
        alert.link = alert.cause.empty() || alert.cause[0] == blind_component
                         ? fmt::format("{}/i/{}", sender.url, incident.id)
                         : page_of(sender, alert.cause[0]);
    }
    if (const ComponentState* state = state_of(snapshot, alert.cause))
        alert.runbook = state->component->runbook;
    alert.service = sender.service;
    alert.host = sender.host;
    alert.version = sender.version;
    alert.attempt = attempt.number;
    alert.may_be_copy = attempt.may_be_copy;
    return alert;
}

Alert test_alert(std::string_view receiver, const Sender& sender, System now) {
    Alert alert;
    alert.incident = fmt::format("{}-test", sender.store);
    alert.key = fmt::format(
        "{}-{}-{}", alert.incident, receiver,
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    alert.thread = alert.key;
    alert.test = true;
    alert.cause = {"test"};
    alert.at = alert.since = now;
    alert.level = Status::ok;
    alert.severity = Severity::warning;
    alert.detail = "this is a test; nothing is wrong";
    if (!sender.url.empty()) alert.link = sender.url + "/";
    alert.service = sender.service;
    alert.host = sender.host;
    alert.version = sender.version;
    return alert;
}

}  // namespace vitals::alerts
