// vitals fleet: the nodes of a fleet as one node knows them, and services that are out of service
// on all nodes.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <string>

#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "cli/subcommand.hpp"
#include "text/amount.hpp"
#include "text/json.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

struct ShowFleet {
    DaemonOptions daemon;
    std::string what;  // `drain`, `undrain`, or empty
    std::string text;
    std::string service;
    std::string format = "table";
};

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? clean(value->get_string()) : "";
}

bool flag_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

double number_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

// The objects of a list.
std::vector<const json::object*> objects_of(const json::object& object, std::string_view name) {
    std::vector<const json::object*> objects;
    const json::value* list = object.if_contains(name);
    if (list == nullptr || !list->is_array()) return objects;
    for (const json::value& each : list->get_array())
        if (each.is_object()) objects.push_back(&each.get_object());
    return objects;
}

std::string names_of(const json::object& object, std::string_view name) {
    std::string names;
    const json::value* list = object.if_contains(name);
    if (list == nullptr || !list->is_array()) return names;
    for (const json::value& each : list->get_array())
        if (each.is_string()) names += (names.empty() ? "" : ", ") + clean(each.get_string());
    return names;
}

// `heard`, or why not.
std::string state_of(const json::object& node) {
    const std::string state = text_of(node, "state");
    if (state == "collides") return "two nodes have this name";
    if (state == "unheard") return "unheard since " + text_of(node, "heard_at");
    return flag_of(node, "out_of_service") ? "heard, out of service" : "heard";
}

std::string line_of(const json::object& node, std::size_t width) {
    std::string line = fmt::format("  {:<{}}  {}", text_of(node, "name"), width, state_of(node));
    if (const std::string version = text_of(node, "version"); !version.empty())
        line += ", vitals " + version;
    line += fmt::format(", lag {:.0f} ms", number_of(node, "lag_seconds") * 1000);
    if (const std::string labels = names_of(node, "labels"); !labels.empty())
        line += " [" + labels + "]";
    if (!flag_of(node, "same_configuration"))
        line += ", another configuration (" + text_of(node, "configuration") + ")";
    if (node.contains("listens") && !flag_of(node, "listens")) line += ", does not listen";
    if (flag_of(node, "itself")) line += ", this node";
    return line + "\n";
}

// The text for an answer of GET /v1/fleet; empty: it is not one.
std::string fleet_text(std::string_view body) {
    json::error_code error;
    const json::value value = json::parse(body, error);
    if (error || !value.is_object()) return {};
    const json::object& fleet = value.get_object();
    if (text_of(fleet, "name").empty()) return {};
    std::string text = fmt::format("fleet {}, as node {} knows it: ", text_of(fleet, "name"),
                                   text_of(fleet, "node"));
    if (flag_of(fleet, "in_contact"))
        text += "in contact\n";
    else if (const std::string since = text_of(fleet, "no_contact_since"); !since.empty())
        text += "no contact since " + since + "\n";
    else
        text += "no contact yet\n";
    if (const std::string problem = text_of(fleet, "problem"); !problem.empty())
        text += "servers: " + problem + "\n";
    const auto nodes = objects_of(fleet, "nodes");
    std::size_t width = 4;
    for (const json::object* node : nodes) width = std::max(width, text_of(*node, "name").size());
    text += text::counted(nodes.size(), "node") + "\n";
    for (const json::object* node : nodes) text += line_of(*node, width);
    if (const auto checks = objects_of(fleet, "checks"); !checks.empty()) {
        text += "checked together\n";
        for (const json::object* check : checks) {
            const std::string vantages = names_of(*check, "vantages");
            text += fmt::format("  {}  {}, by {}\n", text_of(*check, "component"),
                                text_of(*check, "status"),
                                vantages.empty() ? std::string("nobody") : vantages);
        }
    }
    for (const json::object* drain : objects_of(fleet, "drained"))
        text += fmt::format("service {} is out of service on all nodes, by {} on {}: {}\n",
                            text_of(*drain, "service"), text_of(*drain, "by"),
                            text_of(*drain, "node"), text_of(*drain, "text"));
    if (const json::value* alerts = fleet.if_contains("alerts"); alerts && alerts->is_object()) {
        const json::object& figures = alerts->get_object();
        text += fmt::format(
            "alerts that several nodes could tell: {:.0f} told by this node, {:.0f} by others\n",
            number_of(figures, "told"), number_of(figures, "left_to_others"));
    }
    return text;
}

int drain(const ShowFleet& command, const Daemon& daemon) {
    const bool back = command.what == "undrain";
    if (!back && (command.text.empty() || command.text == "OK"))
        return give_up("fleet", {exit_code::usage, "say why: vitals fleet drain 'kernel update'"},
                       Format::table);
    std::string body;
    text::JsonWriter writer(body);
    writer.object().member("text", back ? std::string("OK") : command.text);
    if (!command.service.empty()) writer.member("service", command.service);
    writer.end_object();
    const auto answer = daemon.ask("PUT", "/v1/fleet/drain", body);
    if (!answer) return give_up("fleet", answer.error(), Format::table);
    if (answer->status != 200) return give_up("fleet", daemon.refusal(*answer), Format::table);
    if (answer->not_saved)
        print_error("note: not saved here (see vitals/store); other nodes know it\n");
    const std::string service =
        command.service.empty() ? std::string("the service") : clean(command.service);
    const std::string text =
        back ? fmt::format("{} is back in service on all nodes\n", service)
             : fmt::format("{} is out of service on all nodes: {}\n", service, clean(command.text));
    return print(text) ? exit_code::ok : exit_code::output;
}

int run(const ShowFleet& command, const Terminal&) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("fleet", daemon.error(), Format::table);
    if (!command.what.empty()) return drain(command, *daemon);
    const auto answer = daemon->ask("GET", "/v1/fleet");
    if (!answer) return give_up("fleet", answer.error(), Format::table);
    if (answer->status != 200) return give_up("fleet", daemon->refusal(*answer), Format::table);
    const std::string text =
        command.format == "json" ? answer->body + '\n' : fleet_text(answer->body);
    if (text.empty())
        return give_up("fleet",
                       {exit_code::unreachable,
                        daemon->address().shown() + ": the answer does not describe a fleet"},
                       Format::table);
    return print(text) ? exit_code::ok : exit_code::output;
}

void declare(Arguments& to, ShowFleet& command) {
    to.positional("WHAT", command.what,
                  "'drain' takes a service out of service on all nodes, 'undrain' puts it back.",
                  [](const std::string& given) {
                      return given == "drain" || given == "undrain"
                                 ? ""
                                 : "'drain' and 'undrain' are the words that may stand here";
                  });
    to.positional("TEXT", command.text, "For 'drain': the text that clients get.");
    to.option("--service", command.service, "NAME",
              "For 'drain' and 'undrain': the service; by default that of this node.");
    to.choice("--format", command.format, "table|json", "For a person or a program.");
    to.daemon(command.daemon);
}

}  // namespace

namespace subcommand {

extern const Subcommand fleet = make_subcommand<ShowFleet, declare, run>(
    "fleet",
    "Shows what a running daemon knows of the nodes of its fleet: which are heard, and which check "
    "what. 'fleet drain TEXT' takes a service out of service on all nodes, also on those that come "
    "back later.",
    "  vitals fleet\n  vitals fleet drain 'database moves'\n  vitals fleet undrain\n");

}  // namespace subcommand

}  // namespace vitals::cli
