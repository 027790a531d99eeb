// alert_trace FILE: replays traces of the model of alerts, one JSON object a line, and prints what
// each receiver gets as JSON lines; an empty line stands between two traces. What a trace expects
// is ignored. `-` reads standard input.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include "alert_world.hpp"
#include "text/json.hpp"

namespace {

using namespace vitals;
using namespace vitals::alerts;
using testing::AlertWorld;
namespace json = boost::json;

std::string text_of(const json::object& object, const char* name) {
    return std::string(object.at(name).as_string());
}
long number_of(const json::object& object, const char* name, long otherwise) {
    const json::value* value = object.if_contains(name);
    return value ? value->to_number<long>() : otherwise;
}
std::chrono::seconds seconds_of(const json::object& object, const char* name, long otherwise) {
    return std::chrono::seconds(number_of(object, name, otherwise));
}

Hours hours_of(const json::object& object) {
    const auto minutes = [&](const char* name) {
        const std::string text = text_of(object, name);
        return static_cast<unsigned>(std::stoul(text.substr(0, 2)) * 60 +
                                     std::stoul(text.substr(3)));
    };
    HoursSpec spec{.from = minutes("from"), .to = minutes("to")};
    if (object.contains("zone")) spec.zone = text_of(object, "zone");
    if (const json::value* days = object.if_contains("days")) {
        spec.days = {};
        for (const json::value& day : days->as_array())
            spec.days[day.to_number<std::size_t>()] = true;
    }
    auto hours = Hours::make(spec);
    if (!hours) throw std::runtime_error(hours.error());
    return *hours;
}

Mute mute_of(const json::object& object, Mute::Kind kind, const std::string& id) {
    Mute mute{.id = id, .kind = kind, .match = Selector({text_of(object, "match")})};
    if (object.contains("hours")) {
        mute.hours = hours_of(object.at("hours").as_object());
        return mute;
    }
    mute.from = AlertWorld::wall_second(number_of(object, "from", 0));
    mute.until = AlertWorld::wall_second(number_of(object, "until", 0));
    return mute;
}

Rule rule_of(const json::object& object) {
    Rule rule;
    if (const json::value* match = object.if_contains("match")) {
        std::vector<std::string> words;
        for (const json::value& word : match->as_array()) words.emplace_back(word.as_string());
        rule.match = Selector(std::move(words));
    }
    if (object.contains("from")) rule.from = parse_status(text_of(object, "from")).value();
    for (const json::value& each : object.at("steps").as_array()) {
        const json::object& step = each.as_object();
        Step& made = rule.steps.emplace_back(Step{seconds_of(step, "after", 0), {}});
        for (const json::value& to : step.at("to").as_array()) made.to.emplace_back(to.as_string());
    }
    if (const auto remind = seconds_of(object, "remind", 0); remind.count() > 0)
        rule.remind = remind;
    return rule;
}

Settings settings_of(const json::object& config) {
    Settings settings;
    IncidentRules& rules = settings.incidents;
    rules.wait = seconds_of(config, "wait", 10);
    rules.hold = seconds_of(config, "hold", 60);
    rules.flapping.changes = static_cast<unsigned>(number_of(config, "flap_changes", 6));
    rules.flapping.within = seconds_of(config, "flap_window", 3600);
    rules.flapping.quiet = seconds_of(config, "flap_quiet", 900);
    rules.storm.count = static_cast<unsigned>(number_of(config, "storm", 5));
    rules.storm.within = seconds_of(config, "storm_window", 300);
    for (const auto& [name, value] : config.at("receivers").as_object()) {
        const json::object& object = value.as_object();
        Receiver& receiver = settings.receivers.emplace_back();
        receiver.name = name;
        if (const json::value* keeps = object.if_contains("keeps_state"))
            receiver.keeps_state = keeps->as_bool();
        if (object.contains("hours")) receiver.hours = hours_of(object.at("hours").as_object());
        if (object.contains("fallback"))
            receiver.fallback = {text_of(object, "fallback"),
                                 seconds_of(object, "fallback_after", 0)};
    }
    for (const json::value& rule : config.at("rules").as_array())
        settings.rules.push_back(rule_of(rule.as_object()));
    if (const json::value* maintenance = config.if_contains("maintenance"))
        for (const json::value& each : maintenance->as_array())
            settings.mutes.push_back(
                mute_of(each.as_object(), Mute::Kind::maintenance,
                        fmt::format("maintenance {}", settings.mutes.size() + 1)));
    return settings;
}

std::vector<Component> components_of(const json::object& config) {
    std::vector<Component> components;
    for (const auto& [name, value] : config.at("components").as_object()) {
        Component& component = components.emplace_back();
        component.name = name;
        if (const json::value* depends_on = value.as_object().if_contains("depends_on"))
            for (const json::value& each : depends_on->as_array())
                component.depends_on.emplace_back(each.as_string());
    }
    return components;
}

void play(AlertWorld& world, const json::object& event) {
    const int t = static_cast<int>(number_of(event, "t", 0));
    const std::string type = text_of(event, "type");
    if (type == "status") {
        const bool local = event.contains("class") && text_of(event, "class") == "local";
        world.status(t, text_of(event, "component"), parse_status(text_of(event, "status")).value(),
                     local ? ErrorClass::local : ErrorClass::none);
    } else if (type == "silence" || type == "maintenance") {
        const auto kind = type == "silence" ? Mute::Kind::silence : Mute::Kind::maintenance;
        world.mute(t, mute_of(event, kind, text_of(event, "id")));
    } else if (type == "end") {
        world.end_mute(t, text_of(event, "id"));
    } else if (type == "ack") {
        world.acknowledge(t, text_of(event, "component"));
    } else if (type == "receiver") {
        const std::string mode = text_of(event, "mode");
        world.set_receiver(t, text_of(event, "name"),
                           mode == "up"     ? AlertWorld::Mode::up
                           : mode == "down" ? AlertWorld::Mode::down
                                            : AlertWorld::Mode::lossy);
    } else if (type == "clock") {
        world.set_clock(t, number_of(event, "offset", 0));
    } else if (type == "crash") {
        const std::string point = text_of(event, "point");
        world.crash(t, point == "decide"    ? AlertWorld::Crash::decide
                       : point == "persist" ? AlertWorld::Crash::persist
                                            : AlertWorld::Crash::send);
    } else if (type == "up") {
        world.start(t);
    } else if (type == "tick") {
        world.tick(t);
    } else {
        throw std::runtime_error(fmt::format("event '{}' is not known", type));
    }
}

void replay(const json::object& trace, std::ostream& out) {
    const json::object& config = trace.at("config").as_object();
    AlertWorld world(settings_of(config), components_of(config), number_of(config, "epoch", 0));
    for (const json::value& event : trace.at("events").as_array()) play(world, event.as_object());
    world.advance(static_cast<int>(number_of(trace, "until", 0)));
    for (const testing::SentMessage& sent : world.sent()) {
        std::string line;
        text::JsonWriter writer(line, text::python_json);
        writer.object().member("t", sent.t).member("receiver", sent.message.receiver);
        writer.member("incident", sent.message.incident);
        writer.member("kind", to_string(sent.message.kind)).key("cause").array();
        for (const std::string& cause : sent.message.cause) writer.value(cause);
        writer.end_array().member("key", sent.key).end_object();
        out << line << '\n';
    }
}

int replay_all(std::istream& in) {
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (number > 1) std::cout << '\n';
        try {
            replay(json::parse(line).as_object(), std::cout);
        } catch (const std::exception& error) {
            std::cerr << "line " << number << ": not a trace: " << error.what() << '\n';
            return 65;
        }
    }
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::cerr << "usage: alert_trace FILE\n";
        return 64;
    }
    if (std::string_view(words[1]) == "-") return replay_all(std::cin);
    std::ifstream file(words[1]);
    if (!file) {
        std::cerr << words[1] << ": cannot be read\n";
        return 66;
    }
    return replay_all(file);
}
