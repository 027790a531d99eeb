#include "systemd.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "backends/systemd/session.hpp"
#include "judge.hpp"
#include "text/glob.hpp"
#include "text/percent.hpp"
#include "text/prose.hpp"
#include "text/words.hpp"

namespace vitals::checks::systemd {

namespace {

using backends::systemd::Session;
using backends::systemd::unit_name;

Verified verify_patterns(const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns)
        if (auto problem = text::glob_problem(pattern); !problem.empty())
            return std::unexpected(text::in_quotes(pattern) + ' ' + problem);
    return {};
}

Verified verify_unit(const std::string& unit) {
    if (unit.find_first_of("/* ") != std::string::npos)
        return std::unexpected(
            "is no name of a unit: expected one such as nginx.service (of a path, what "
            "systemd-escape --path prints; a pattern belongs into units)");
    return {};
}

Verified verify(const Options& options) {
    if (options.unit.empty() == options.units.empty())
        return std::unexpected("one of unit and units is needed: which unit is meant");
    const bool timer = options.unit.ends_with(".timer");
    if (options.ran_within && !timer)
        return std::unexpected("ran_within goes with a timer: unit: NAME.timer");
    if (timer && options.expect != "active")
        return std::unexpected("expect goes with units that are no timers");
    if (!options.ignore.empty() && options.units.empty())
        return std::unexpected("ignore goes with units");
    return {};
}

// systemd:nginx.service, systemd:backup.timer?ran_within=26h, systemd:shop-*.service
Verified from_url(Options& options, std::string_view url) {
    std::string_view rest = url.substr(url.find(':') + 1);
    const std::size_t question = rest.find('?');
    std::string_view query = question == std::string_view::npos ? "" : rest.substr(question + 1);
    const auto name = text::percent_decoded(rest.substr(0, question));
    if (!name || name->empty()) return std::unexpected("expected systemd:NAME, the name of a unit");
    if (name->contains('*')) {
        options.units = {*name};
    } else {
        options.unit = *name;
        if (Verified good = verify_unit(*name); !good) return good;
    }
    while (!query.empty()) {
        const std::string_view parameter = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), parameter.size() + 1));
        const std::string_view key = parameter.substr(0, parameter.find('='));
        const std::string_view value = parameter.substr(std::min(parameter.size(), key.size() + 1));
        if (key == "ran_within")
            options.ran_within = parse_duration(value);
        else if (key == "user")
            options.user = value != "false";
        else
            return std::unexpected("takes ran_within and user, not " + text::in_quotes(key));
        if (key == "ran_within" && !options.ran_within)
            return std::unexpected("ran_within: expected a duration such as 26h");
    }
    return {};
}

constexpr Field fields[] = {
    field<&Options::unit, verify_unit>("unit",
                                       "The unit; without a suffix a service. For a timer, the "
                                       "unit that it starts is also judged.",
                                       {.example = "nginx.service"}),
    field<&Options::units, verify_patterns>(
        "units", "Instead of `unit`: patterns. No unit that matches one of them may have failed.",
        {.example = "[\"shop-*\"]"}),
    field<&Options::ignore, verify_patterns>(
        "ignore", "With `units`: patterns of units that may have failed.",
        {.example = "[\"fwupd*\"]"}),
    field<&Options::user>("user",
                          "Whether to ask the manager of the user who runs vitals instead of the "
                          "system's."),
    field<&Options::socket>("socket",
                            "The bus to ask instead of the usual one; in a container, the path at "
                            "which the host's bus is mounted.",
                            {.example = "/host/run/dbus/system_bus_socket"}),
    field<&Options::expect>("expect", "The state that it must have.",
                            {.choices = "active|inactive"}),
    field<&Options::restarts_above>(
        "restarts_above",
        "Degraded when systemd has restarted the service more often than this within an hour; "
        "failed when that goes on.",
        {.unit = "restarts", .least = 0, .most = 1000}),
    field<&Options::starting_above>(
        "starting_above",
        "Degraded when it has been starting for longer; by default 60s, and never for a oneshot, "
        "which starts for as long as it works.",
        {.example = "2m"}),
    field<&Options::ran_within>(
        "ran_within",
        "For a timer: failed when its last run is longer ago, or when it has not run in that time.",
        {.example = "26h"}),
};

net::awaitable<Outcome> look_at_all(const Options& options, net::Context& context,
                                    Session& session) {
    context.enter("list");
    std::vector<std::string> states{"failed"};
    const auto listed = co_await session.units(std::move(states));
    const wire::dbus::Value manager = co_await session.manager();
    const wire::dbus::Value* const state = manager.at("SystemState");
    const std::string* const text = state == nullptr ? nullptr : state->text();
    std::vector<std::string> failed;
    for (const auto& unit : listed) failed.push_back(unit.name);
    co_return judge_all(options, text == nullptr ? "" : *text, failed);
}

net::awaitable<Outcome> look_at_unit(const Options& options, net::Context& context,
                                     Session& session) {
    context.enter("unit");
    const std::string name = unit_name(options.unit);
    const wire::dbus::Value properties = co_await session.unit(name);
    const Unit unit = unit_of(name, properties);
    if (!unit.triggers.empty()) {
        context.enter("service");
        const wire::dbus::Value others = co_await session.unit(unit.triggers);
        const Unit started = unit_of(unit.triggers, others);
        co_return judge_timer(options, unit, started, context.clock().system());
    }
    std::shared_ptr<Restarts> restarts;
    if (context.kept() != nullptr) restarts = context.kept()->take<Restarts>();
    if (restarts == nullptr) restarts = std::make_shared<Restarts>();
    const System now = context.clock().system();
    restarts->note(unit.restarts, unit.main_started, now);
    if (context.kept() != nullptr) context.kept()->leave(restarts);
    co_return judge(options, unit, *restarts, now);
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const backends::systemd::Manager manager{.of_user = options.user, .socket = options.socket};
    const auto session = co_await Session::open(context, manager);
    Outcome outcome;
    if (options.unit.empty())
        outcome = co_await look_at_all(options, context, *session);
    else
        outcome = co_await look_at_unit(options, context, *session);
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    co_return outcome;
}

constexpr std::string_view proves = R"(
    systemd has loaded the unit, and the unit is active. The check finds a service that
    systemd restarts repeatedly by the count of its restarts, even when it is active at
    that moment; manual restarts do not count. A service that starts for too long is
    degraded. A oneshot is ok while it works and when its last run ended well. A timer is
    ok when it waits and the last run of its unit ended well; with `ran_within` that run
    must also be recent. `units`: none of them is in the state `failed`. The check cannot
    tell whether an active service does its work; use the kind that speaks its protocol.
    systemd forgets a oneshot that has ended and that nothing refers to; the result is
    then unknown: name its timer. Without systemd, or without the right to ask it, the
    result is also unknown. The check reads over D-Bus, which every user may do; only a
    user's own processes can ask that user's manager.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, from_url>(
    "systemd", "A unit of systemd is active, a timer runs, or no unit has failed.",
    {.proves = proves,
     .schemes = {"systemd"},
     .urls = {"systemd:nginx.service", "systemd:backup.timer?ran_within=26h"},
     .category = Category::system});

}  // namespace vitals::checks::systemd
