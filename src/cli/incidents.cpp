// Reading and showing incidents.
#include "cli/incidents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>

#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "model/clock.hpp"
#include "text/amount.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

bool flag_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

System time_of(const json::object& object, std::string_view name) {
    return parse_rfc3339(text_of(object, name)).value_or(System{});
}

const json::array& list_of(const json::object& object, std::string_view name) {
    static const json::array none;
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_array() ? value->get_array() : none;
}

KnownIncident incident_of(const json::object& from) {
    KnownIncident incident{.id = text_of(from, "id"),
                           .title = text_of(from, "title"),
                           .level = text_of(from, "level"),
                           .opened = time_of(from, "opened"),
                           .closed_at = parse_rfc3339(text_of(from, "closed")),
                           .closed = !text_of(from, "closed").empty(),
                           .waiting = flag_of(from, "waiting"),
                           .flapping = flag_of(from, "flapping"),
                           .muted = flag_of(from, "muted")};
    for (const json::value& each : list_of(from, "causes"))
        if (each.is_string()) incident.causes.emplace_back(each.get_string());
    for (const json::value& each : list_of(from, "members"))
        if (each.is_object() && text_of(each.get_object(), "ended").empty())
            incident.members.push_back(text_of(each.get_object(), "component"));
    if (const json::value* ack = from.if_contains("acknowledged"); ack && ack->is_object()) {
        incident.acknowledged_by = text_of(ack->get_object(), "by");
        incident.acknowledged_reason = text_of(ack->get_object(), "reason");
    }
    for (const json::value& each : list_of(from, "deliveries")) {
        if (!each.is_object()) continue;
        const json::object& delivery = each.get_object();
        const json::value* tries = delivery.if_contains("tries");
        incident.told.push_back({text_of(delivery, "receiver"), text_of(delivery, "kind"),
                                 text_of(delivery, "state"), text_of(delivery, "problem"),
                                 time_of(delivery, "at"),
                                 tries != nullptr && tries->is_int64() && tries->get_int64() > 0
                                     ? static_cast<std::uint64_t>(tries->get_int64())
                                     : 0});
    }
    for (const json::value& each : list_of(from, "next"))
        if (each.is_object())
            incident.next.push_back({.receiver = text_of(each.get_object(), "receiver"),
                                     .kind = text_of(each.get_object(), "kind"),
                                     .state = {},
                                     .problem = {},
                                     .at = time_of(each.get_object(), "at")});
    return incident;
}

std::string delivery_line(const ToldReceiver& told) {
    const std::string when = rfc3339(told.at);
    if (told.state == "delivered")
        return fmt::format("told {} ({}) {}", clean(told.receiver), clean(told.kind), when);
    if (told.state == "refused")
        return fmt::format("{} refuses it ({}): {}", clean(told.receiver), clean(told.kind),
                           clean(told.problem));
    return fmt::format("{} {} ({}), {}{}",
                       told.tries == 0 ? "will be told:" : "is being told:", clean(told.receiver),
                       clean(told.kind), text::counted(told.tries, "attempt"),
                       told.problem.empty() ? "" : ": " + clean(told.problem));
}

}  // namespace

std::expected<std::vector<KnownIncident>, std::string> read_incidents(std::string_view body) {
    json::error_code error;
    const json::value value = json::parse(body, error);
    const std::unexpected<std::string> wrong("the answer is not a list of incidents");
    if (error || !value.is_object()) return wrong;
    const json::value* list = value.get_object().if_contains("incidents");
    if (list == nullptr || !list->is_array()) return wrong;
    std::vector<KnownIncident> all;
    for (const json::value& each : list->get_array()) {
        if (!each.is_object()) return wrong;
        all.push_back(incident_of(each.get_object()));
        if (all.back().id.empty()) return wrong;
    }
    return all;
}

const KnownIncident* find_incident(const std::vector<KnownIncident>& all, std::string_view wanted) {
    const auto by = [&](auto matches) -> const KnownIncident* {
        const auto found = std::ranges::find_if(all, matches);
        return found == all.end() ? nullptr : &*found;
    };
    if (const auto* found = by([&](const KnownIncident& each) { return each.id == wanted; }))
        return found;
    if (const auto* found = by([&](const KnownIncident& each) {
            return !each.closed && std::ranges::find(each.causes, wanted) != each.causes.end();
        }))
        return found;
    return by([&](const KnownIncident& each) {
        return !each.closed && std::ranges::find(each.members, wanted) != each.members.end();
    });
}

std::string incidents_text(const std::vector<KnownIncident>& all, System now,
                           const Terminal& terminal) {
    std::string made;
    for (const KnownIncident& incident : all) {
        if (incident.closed) continue;
        if (!made.empty()) made += '\n';
        const std::string cause = incident.causes.empty() ? "?" : clean(incident.causes.front());
        made += fmt::format(
            "{}  {} {}: {}\n", clean(incident.id), paint(terminal, Paint::strong, cause),
            clean(incident.flapping ? "flapping" : incident.level), clean(incident.title));
        made += fmt::format("    for {}", text::spoken_age(std::max(now - incident.opened,
                                                                    System::duration::zero())));
        if (!incident.members.empty())
            made += fmt::format(", {} not ok because of it",
                                text::counted(incident.members.size(), "component"));
        if (incident.muted) made += ", silenced";
        if (incident.waiting) made += ", nobody is told yet";
        made += '\n';
        if (incident.acknowledged_by.empty())
            made += "    not acknowledged\n";
        else
            made += fmt::format("    acknowledged by {}{}\n", clean(incident.acknowledged_by),
                                incident.acknowledged_reason.empty()
                                    ? ""
                                    : ": " + clean(incident.acknowledged_reason));
        for (const ToldReceiver& told : incident.told) made += "    " + delivery_line(told) + '\n';
        for (const ToldReceiver& next : incident.next)
            made += fmt::format("    {} is told next ({}) {}\n", clean(next.receiver),
                                clean(next.kind), rfc3339(next.at));
    }
    return made.empty() ? "no open incident\n" : made;
}

std::expected<KnownIncident, Failure> ask_for_incident(const Daemon& daemon,
                                                       const std::string& wanted) {
    const auto answer = daemon.ask("GET", "/v1/incidents?open=1&limit=500");
    if (!answer) return std::unexpected(answer.error());
    if (answer->status != 200) return std::unexpected(daemon.refusal(*answer));
    const auto all = read_incidents(answer->body);
    if (!all)
        return std::unexpected(
            Failure{exit_code::unreachable, daemon.address().shown() + ": " + all.error()});
    if (const KnownIncident* found = find_incident(*all, wanted)) return *found;
    return std::unexpected(
        Failure{exit_code::usage, fmt::format("no open incident has the id '{}' or the component "
                                              "'{}'; 'vitals alerts' lists them",
                                              clean(wanted), clean(wanted))});
}

std::string person_here() {
    for (const char* name : {"SUDO_USER", "USER"})
        if (const char* value = std::getenv(name); value != nullptr && *value != 0) return value;
    return {};
}

}  // namespace vitals::cli
