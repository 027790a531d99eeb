#include "alerts/alert_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>

#include "text/percent.hpp"

namespace vitals::alerts {

namespace {

constexpr std::size_t most_affected = 10;
constexpr std::size_t most_before = 10;

const Component* component_in(const Snapshot* snapshot, std::string_view name) {
    const ComponentState* state = snapshot == nullptr ? nullptr : snapshot->find(name);
    return state == nullptr ? nullptr : state->component.get();
}

// An unknown component counts as critical.
Severity severity_of(const Message& message, const Snapshot* snapshot) {
    const bool critical = std::ranges::any_of(message.cause, [snapshot](const std::string& name) {
        const Component* component = component_in(snapshot, name);
        return component == nullptr || component->critical;
    });
    return critical ? Severity::critical : Severity::warning;
}

// For a closed incident, all that it had; else those that it has now.
void add_affected(const IncidentRecord& record, Alert& alert) {
    for (const IncidentRecord::Member& member : record.members) {
        if (!record.closed && member.ended) continue;
        ++alert.affected_count;
        if (alert.affected.size() < most_affected) alert.affected.push_back(member.component);
    }
}

// What vitals cannot look at is not a consequence of anything: it is counted as it is now.
void add_blind(const Snapshot& snapshot, Alert& alert) {
    alert.affected_count = 0;
    alert.affected.clear();
    for (const auto& state : snapshot.components) {
        if (state->last == nullptr || state->last->error_class != ErrorClass::local) continue;
        ++alert.affected_count;
        if (alert.affected.size() < most_affected) alert.affected.push_back(state->name());
    }
}

std::string text_of(const Happening& happening) {
    if (happening.what != Happening::What::transition) {
        const std::string by = happening.by.empty() ? "" : " by " + happening.by;
        const std::string what(to_string(happening.what));
        const std::string of = happening.component.empty() ? "" : happening.component + ": ";
        return of + what + by + (happening.text.empty() ? "" : ", " + happening.text);
    }
    return fmt::format("{}: {} -> {}{}", happening.component, to_string(happening.from),
                       to_string(happening.to),
                       happening.text.empty() ? "" : ", " + happening.text);
}

void add_before(const IncidentRecord& record, Alert& alert) {
    const std::size_t count = record.before.size();
    for (std::size_t i = count - std::min(count, most_before); i < count; ++i)
        alert.before.push_back({record.before[i].at, text_of(record.before[i])});
    for (const Happening& happening : record.before)
        if (happening.what == Happening::What::reloaded) alert.configured = happening.at;
}

void add_links(const Message& message, const Snapshot* snapshot, const Telling& telling,
               Alert& alert) {
    if (message.cause.empty()) return;
    const std::string& first = message.cause.front();
    const Component* component = component_in(snapshot, first);
    if (component != nullptr) alert.runbook = component->runbook;
    if (!telling.url.empty()) alert.link = telling.url + "/c/" + text::percent_encoded(first, "/");
}

// What is of one node alone is called by that node, too: the state directories of two may be copies
// of one.
std::string name_of(const IncidentRecord& record, const Telling& telling) {
    if (!record.key.empty()) return record.key;
    if (telling.node.empty()) return record.id;
    std::string node = telling.node;
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    std::ranges::replace_if(node, std::not_fn(is_plain), '_');
    return node + "-" + record.id;
}

// Why a receiver that is told of the end only now heard nothing before.
std::string why_not_told(const IncidentRecord& record, const std::string& receiver) {
    for (const Delivery& delivery : record.told)
        if (delivery.receiver == receiver && !delivery.problem.empty()) return delivery.problem;
    return {};
}

}  // namespace

Alert alert_of(const Message& message, const IncidentRecord& record, const Snapshot* snapshot,
               const Telling& telling) {
    Alert alert;
    alert.incident = name_of(record, telling);
    alert.key = fmt::format("{}-{}-{}", alert.incident, message.receiver, message.serial);
    alert.thread = fmt::format("{}-{}-1", alert.incident, message.receiver);
    alert.kind = message.kind;
    alert.state = message.state;
    const bool over = message.kind == Kind::resolved || message.kind == Kind::missed;
    alert.level_was = message.level_was;
    alert.level = over ? record.worst : message.level;
    alert.severity = severity_of(message, snapshot);
    alert.cause = message.cause;
    add_affected(record, alert);
    if (message.cause.size() == 1 && message.cause.front() == blind_component &&
        snapshot != nullptr)
        add_blind(*snapshot, alert);
    alert.at = telling.decided;
    alert.since = record.opened;
    if (over) alert.until = record.closed.value_or(telling.decided);
    if (message.kind == Kind::flapping) {
        alert.changes = telling.settings.incidents.flapping.changes;
        alert.span = std::min<Steady::duration>(telling.settings.incidents.flapping.within,
                                                telling.decided - record.opened);
    }
    if (message.kind == Kind::steady) alert.span = telling.settings.incidents.flapping.quiet;
    if (message.cause.size() > 1) alert.span = record.due - record.opened;
    if (message.kind == Kind::missed) alert.not_told = why_not_told(record, message.receiver);
    alert.detail = record.title;
    alert.error = record.error;
    alert.error_class = record.error_class;
    add_before(record, alert);
    add_links(message, snapshot, telling, alert);
    if (snapshot != nullptr) alert.service = snapshot->service.name;
    alert.host = telling.host;
    alert.version = telling.version;
    if (record.acknowledged) alert.acknowledged_by = record.acknowledged->by;
    alert.attempt = telling.attempt;
    alert.may_be_copy = telling.may_be_copy;
    alert.alone = telling.alone && !record.key.empty();
    return alert;
}

Alert test_alert(std::string incident, System at, std::string detail) {
    Alert test;
    test.test = true;
    test.level = Status::ok;
    test.severity = Severity::warning;
    test.cause = {"test"};
    test.at = test.since = at;
    test.detail = std::move(detail);
    test.incident = std::move(incident);
    return test;
}

}  // namespace vitals::alerts
