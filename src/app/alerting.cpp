#include "app/alerting.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

namespace vitals::app {

namespace {

namespace receivers = alerts::receivers;

std::optional<alerts::Hours> hours_of(const std::optional<config::Alerts::Hours>& from) {
    if (!from) return std::nullopt;
    auto made = alerts::Hours::make({from->zone, from->days, from->from, from->to});
    if (!made) return std::nullopt;  // was refused when the file was read
    return *std::move(made);
}

// The names of a receiver in the policy, each with its address.
std::vector<std::pair<std::string, std::string>> names_of(
    const config::Alerts::Receiver& receiver) {
    const receivers::Receiver* kind = receivers::find(receiver.kind);
    std::vector<std::string> addresses;
    if (kind != nullptr && kind->addresses != nullptr)
        addresses = kind->addresses(receiver.options.ref());
    if (addresses.empty()) return {{receiver.name, {}}};
    if (addresses.size() == 1) return {{receiver.name, addresses.front()}};
    std::vector<std::pair<std::string, std::string>> names;
    for (const std::string& address : addresses)
        names.emplace_back(receiver.name + "/" + address, address);
    return names;
}

const config::Alerts::Receiver* find(const config::Alerts& alerts, std::string_view name) {
    const auto at = std::ranges::find(alerts.receivers, name, &config::Alerts::Receiver::name);
    return at == alerts.receivers.end() ? nullptr : &*at;
}

std::vector<std::string> expanded(const config::Alerts& alerts,
                                  const std::vector<std::string>& names) {
    std::vector<std::string> all;
    for (const std::string& name : names)
        if (const auto* receiver = find(alerts, name))
            for (auto& [each, address] : names_of(*receiver)) all.push_back(std::move(each));
    return all;
}

// A fallback is one receiver: of several addresses, the first.
std::optional<alerts::Fallback> fallback_of(const config::Alerts& alerts,
                                            const config::Alerts::Receiver& receiver) {
    if (!receiver.fallback) return std::nullopt;
    const std::vector<std::string> to = expanded(alerts, {receiver.fallback->to});
    if (to.empty()) return std::nullopt;
    return alerts::Fallback{to.front(), receiver.fallback->after};
}

alerts::Rule rule_of(const config::Alerts& alerts, const config::Alerts::Rule& from) {
    alerts::Rule rule{.match = from.match, .critical = from.critical, .from = from.from};
    for (const config::Alerts::Step& step : from.steps)
        rule.steps.push_back({step.after, expanded(alerts, step.to)});
    if (from.remind) rule.remind = *from.remind;
    return rule;
}

alerts::Mute mute_of(const config::Alerts::Mute& from, std::size_t number) {
    alerts::Mute mute;
    mute.kind = from.maintenance ? alerts::Mute::Kind::maintenance : alerts::Mute::Kind::silence;
    mute.id = fmt::format("configured-{}", number);
    mute.match = from.match;
    mute.from = from.from.value_or(System::min());
    mute.until = from.until.value_or(System::max());
    mute.hours = hours_of(from.hours);
    mute.by = "configuration";
    mute.reason = from.reason;
    mute.configured = true;
    return mute;
}

// Without `rules`: every critical component, and faults of the alerts themselves, which no other
// component shows.
std::vector<alerts::Rule> usual_rules(const std::vector<alerts::Receiver>& receivers) {
    std::vector<alerts::Rule> rules = alerts::rules_by_default(receivers);
    alerts::Rule own{.match = Selector({"vitals/alerts", "vitals/peer"}), .from = Status::degraded};
    own.steps = rules.front().steps;
    rules.insert(rules.begin(), std::move(own));
    return rules;
}

// What all nodes of a fleet see alike: the nodes, and what is checked or pushed for all.
std::function<bool(const std::string&)> shared_components(const config::Config& config) {
    std::set<std::string> names{"fleet"};
    for (const config::ComponentConfig& each : config.components)
        if (each.vantage || each.fleet) names.insert(each.component->name);
    for (const config::WorkersConfig& each : config.workers)
        if (each.fleet) names.insert("workers/" + each.name);
    return [names = std::move(names)](const std::string& component) {
        return component.starts_with("nodes/") || names.contains(component);
    };
}

alerts::Disclose disclose_of(Disclosure disclosure) {
    if (disclosure == Disclosure::status) return alerts::Disclose::status;
    return disclosure == Disclosure::detail ? alerts::Disclose::detail : alerts::Disclose::full;
}

}  // namespace

alerts::Settings alert_settings_of(const config::Config& config) {
    const config::Alerts& from = config.alerts;
    alerts::Settings settings;
    settings.incidents.wait = from.wait;
    settings.incidents.hold = from.hold;
    settings.incidents.flapping = {static_cast<unsigned>(from.flapping.changes),
                                   from.flapping.within, from.flapping.quiet};
    settings.incidents.storm = {static_cast<unsigned>(from.storm.count), from.storm.within};
    for (const config::Alerts::Receiver& each : from.receivers) {
        const receivers::Receiver* kind = receivers::find(each.kind);
        for (auto& [name, address] : names_of(each))
            settings.receivers.push_back({.name = name,
                                          .keeps_state = kind != nullptr && kind->keeps_state,
                                          .hours = hours_of(each.hours),
                                          .fallback = fallback_of(from, each),
                                          .at_most = each.at_most});
    }
    if (from.rules)
        for (const config::Alerts::Rule& rule : *from.rules)
            settings.rules.push_back(rule_of(from, rule));
    else
        settings.rules = usual_rules(settings.receivers);
    if (config.fleet && config.fleet->listen) settings.shares = shared_components(config);
    for (const config::Alerts::Mute& mute : from.mutes)
        settings.mutes.push_back(mute_of(mute, settings.mutes.size() + 1));
    return settings;
}

std::vector<receivers::Configured> receivers_of(const config::Config& config) {
    std::vector<receivers::Configured> all;
    for (const config::Alerts::Receiver& each : config.alerts.receivers) {
        const receivers::Receiver* kind = receivers::find(each.kind);
        if (kind == nullptr) continue;
        for (auto& [name, address] : names_of(each))
            all.push_back({.name = name,
                           .receiver = kind,
                           .options = each.options,
                           .address = address,
                           .zone = each.hours ? each.hours->zone : "UTC",
                           .disclose = disclose_of(each.disclose)});
    }
    return all;
}

std::map<std::string, alerts::OnFailed, std::less<>> actions_of(const config::Config& config) {
    std::map<std::string, alerts::OnFailed, std::less<>> all;
    for (const config::ComponentConfig& each : config.components)
        if (const auto& rule = each.on_failed)
            all.emplace(each.component->name, alerts::OnFailed{rule->run, rule->at_most,
                                                               rule->timeout, rule->again_after});
    return all;
}

std::string zone_problem(const std::string& zone) {
    const auto made = alerts::Hours::make({.zone = zone});
    return made ? std::string() : made.error();
}

std::optional<std::chrono::milliseconds> told_wait(const config::Config& config,
                                                   const Component& component) {
    if (config.alerts.receivers.empty()) return std::nullopt;
    if (!config.alerts.rules)
        return component.critical ? std::optional(config.alerts.wait) : std::nullopt;
    for (const config::Alerts::Rule& rule : *config.alerts.rules) {
        if (!rule.match.takes(component)) continue;
        if (rule.critical && *rule.critical != component.critical) continue;
        if (rule.steps.empty()) return std::nullopt;
        return config.alerts.wait + rule.steps.front().after;
    }
    return std::nullopt;
}

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

}  // namespace vitals::app
