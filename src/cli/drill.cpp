// vitals drill: proves that the checks of a configuration can fail.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/drilling.hpp"
#include "cli/chosen_components.hpp"
#include "cli/drill_proxy.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "cli/subcommand.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"
#include "text/json.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

struct Drill {
    std::vector<std::string> targets;  // selectors; none: all components. Or "proxy" alone
    std::string file;
    std::string format = "table";
    std::string receiver;  // the receiver that is told of it
    bool dry = false;
    DrillProxy proxy;
};

using app::DrilledComponent;
using app::DrilledFault;

constexpr std::size_t at_once = 16;

std::string expected_of(const DrilledFault& fault) {
    std::string text;
    for (const ErrorClass each : fault.expected)
        text += (text.empty() ? "" : "|") + std::string(to_string(each));
    return text;
}

std::string seen_of(const DrilledFault& fault) {
    const Outcome& outcome = fault.outcome;
    return outcome.error_class == ErrorClass::none ? std::string(to_string(outcome.status))
                                                   : std::string(to_string(outcome.error_class));
}

// What a person needs to know of a fault that was not seen as it should be; else what the run said.
std::string remark_of(const DrilledFault& fault) {
    using Verdict = DrilledFault::Verdict;
    const std::string detail = clean(fault.outcome.detail);
    switch (fault.verdict) {
        case Verdict::seen:
            return detail;
        case Verdict::cannot_fail:
            return fmt::format("cannot fail: it stays {}", to_string(fault.outcome.status));
        case Verdict::other_class:
            return "another class than expected: " + detail;
        case Verdict::blind:
            return "blind: " + detail;
        case Verdict::not_recovered:
            return "failed also when the fault was over: " + clean(fault.after);
    }
    return detail;
}

std::string lines_of(const DrilledComponent& component, const Terminal& terminal) {
    std::string text =
        paint(terminal, Paint::strong, clean(component.name)) + " (" + component.kind + ")\n";
    const auto add = [&](Status status, std::string line) {
        if (terminal.width > 4) line = cut(line, terminal.width - 4, terminal.unicode);
        text += fmt::format("  {} {}\n",
                            paint(terminal, paint_of(status), symbol(terminal, status)), line);
    };
    if (!component.faults.empty())
        text += paint(
            terminal, Paint::faint,
            fmt::format("    {} {} {} {}\n", pad_right("fault", 20), pad_right("expected", 25),
                        pad_right("seen", 9), pad_left("after", 7)));
    if (!component.cannot.empty())
        add(Status::unknown, "cannot be drilled: " + clean(component.cannot));
    for (const DrilledFault& fault : component.faults) {
        const bool seen = fault.verdict == DrilledFault::Verdict::seen;
        add(seen ? Status::ok : Status::failed,
            fmt::format("{} {} {} {}  {}", pad_right(drill::to_text(fault.behaviour), 20),
                        pad_right(expected_of(fault), 25), pad_right(seen_of(fault), 9),
                        pad_left(text::spoken_duration(fault.outcome.duration), 7),
                        remark_of(fault)));
    }
    return text;
}

struct Sum {
    std::size_t faults = 0, seen = 0, cannot = 0;
    bool is_good() const { return faults > 0 && seen == faults && cannot == 0; }
};

Sum sum_of(const std::vector<DrilledComponent>& all) {
    Sum sum;
    for (const DrilledComponent& component : all) {
        if (!component.cannot.empty()) ++sum.cannot;
        sum.faults += component.faults.size();
        sum.seen += static_cast<std::size_t>(std::ranges::count(
            component.faults, DrilledFault::Verdict::seen, &DrilledFault::verdict));
    }
    return sum;
}

std::string last_line(const std::vector<DrilledComponent>& all) {
    const Sum sum = sum_of(all);
    std::string text = fmt::format("{} of {} faults on {} were seen", sum.seen, sum.faults,
                                   text::counted(all.size() - sum.cannot, "component"));
    if (sum.cannot > 0)
        text += fmt::format("; {} cannot be drilled, '!NAME' leaves one out",
                            text::counted(sum.cannot, "component"));
    return text + '\n';
}

std::string as_json(const std::vector<DrilledComponent>& all, const std::string& told) {
    std::string out;
    text::JsonWriter json(out, text::indented_json);
    const Sum sum = sum_of(all);
    json.object().member("faults", sum.faults).member("seen", sum.seen);
    json.member("cannot_be_drilled", sum.cannot);
    if (!told.empty()) json.member("alert", told);
    json.key("components").array();
    for (const DrilledComponent& component : all) {
        json.object().member("name", component.name).member("kind", component.kind);
        if (!component.cannot.empty()) json.member("cannot_be_drilled", component.cannot);
        json.key("faults").array();
        for (const DrilledFault& fault : component.faults) {
            json.object().member("fault", drill::to_text(fault.behaviour));
            json.key("expected").array();
            for (const ErrorClass each : fault.expected) json.value(to_string(each));
            json.end_array();
            json.member("verdict", to_string(fault.verdict));
            json.member("status", to_string(fault.outcome.status));
            json.member("error_class", to_string(fault.outcome.error_class));
            json.member("detail", fault.outcome.detail);
            json.key("after_seconds").value(fault.outcome.duration);
            json.key("counts_within_seconds").value(std::chrono::nanoseconds(fault.counts_in));
            if (!fault.after.empty()) json.member("after_the_fault", fault.after);
            json.end_object();
        }
        json.end_array().end_object();
    }
    json.end_array().end_object();
    return out + '\n';
}

// The format of Jenkins, GitLab and others: a suite, with a case for each fault.
std::string as_junit(const std::vector<DrilledComponent>& all) {
    std::string cases;
    std::size_t tests = 0, failures = 0;
    const auto add = [&](const DrilledComponent& component, const std::string& name, double seconds,
                         const std::string& problem) {
        ++tests;
        cases += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                             text::html(component.name), text::html(name), seconds);
        if (problem.empty()) {
            cases += "/>\n";
            return;
        }
        ++failures;
        cases +=
            fmt::format(">\n    <failure message=\"{}\"/>\n  </testcase>\n", text::html(problem));
    };
    for (const DrilledComponent& component : all) {
        if (!component.cannot.empty())
            add(component, "drill", 0, "cannot be drilled: " + clean(component.cannot));
        for (const DrilledFault& fault : component.faults)
            add(component, drill::to_text(fault.behaviour),
                std::chrono::duration<double>(fault.outcome.duration).count(),
                fault.verdict == DrilledFault::Verdict::seen ? "" : remark_of(fault));
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"vitals drill\" tests=\"{}\" failures=\"{}\">\n{}"
        "</testsuite>\n",
        tests, failures, cases);
}

int show_plan(const Components& components) {
    std::string text;
    for (const auto& component : components) {
        const std::string why = app::why_no_drill(component);
        text += fmt::format("{} ({}): {}\n", clean(component.component->name), component.kind,
                            why.empty()
                                ? "drilled where it opens a connection, each run takes " +
                                      text::spoken_duration(component.policy.timeout) + " at most"
                                : "cannot be drilled: " + why);
    }
    text += "faults of connections:";
    for (const drill::Fault each : app::drilled_faults(false))
        text += fmt::format(" {}", drill::name_of(each));
    text += "\nfaults of datagrams:";
    for (const drill::Fault each : app::drilled_faults(true))
        text += fmt::format(" {}", drill::name_of(each));
    return print(text + "\nnothing was run\n") ? exit_code::ok : exit_code::output;
}

// Sends the first fault that was seen; if none was seen, there is nothing to send.
std::string tell(const Drill& command, const std::vector<DrilledComponent>& all) {
    const auto config = load_configuration(command.file, true);
    if (!config) return config.error().text;
    for (const DrilledComponent& component : all)
        for (const DrilledFault& fault : component.faults)
            if (fault.verdict == DrilledFault::Verdict::seen)
                return app::tell_of_drill(*config, command.receiver, component.name,
                                          fmt::format("{} failed by the fault {}", component.name,
                                                      drill::to_text(fault.behaviour)));
    return "no fault was seen, so that there was nothing to tell";
}

int run(const Drill& command, const Terminal& terminal) {
    if (!command.targets.empty() && command.targets.front() == "proxy") {
        if (command.targets.size() == 1) return run_drill_proxy(command.proxy);
        return give_up("drill", {exit_code::usage, "behind 'proxy' come options alone"},
                       Format::table);
    }
    if (!command.proxy.listen.empty() || !command.proxy.routes.empty())
        return give_up("drill",
                       {exit_code::usage, "--listen and --routes belong to 'vitals drill proxy'"},
                       Format::table);
    Notes notes;
    const auto components = chosen_components(command.targets, command.file, notes);
    if (!components) return give_up("drill", components.error(), Format::table);
    for (const auto& note : notes) print_error(note + '\n');
    if (components->empty())
        return give_up("drill", {exit_code::usage, "there is no check to drill"}, Format::table);
    if (command.dry) return show_plan(*components);
    const bool table = command.format == "table";
    bool printed = true;
    const auto all = app::drill_components(*components, at_once, [&](const DrilledComponent& one) {
        if (table) printed = print(lines_of(one, terminal)) && printed;
    });
    int code = sum_of(all).is_good() ? exit_code::ok : 1;
    std::string told;
    if (!command.receiver.empty()) {
        told = tell(command, all);
        if (!told.empty()) code = 1;
        told = told.empty() ? "a test message was delivered" : "not delivered: " + clean(told);
    }
    if (table) {
        if (!told.empty())
            printed = print(fmt::format("{}: {}\n", clean(command.receiver), told)) && printed;
        printed = print(last_line(all)) && printed;
    } else {
        printed = print(command.format == "json" ? as_json(all, told) : as_junit(all));
        if (!told.empty() && command.format == "junit")
            print_error(fmt::format("{}: {}\n", clean(command.receiver), told));
    }
    return printed ? code : exit_code::output;
}

void declare(Arguments& to, Drill& command) {
    to.positionals("SELECTOR", command.targets,
                   "Components of the configuration: names, globs, tag:NAME, kind:NAME, '!' "
                   "before one excludes. None: all of them. Or the word 'proxy'.");
    to.configuration(command.file);
    to.choice("--format", command.format, "table|json|junit",
              "For a person, a program or a build server.");
    to.flag("--dry-run", command.dry, "Says what a drill would do, and runs nothing.");
    to.option("--alerts", command.receiver, "RECEIVER",
              "Also sends this receiver a test message about the first fault that was seen.");
    to.colour();
    declare_drill_proxy(to, command.proxy);
}

}  // namespace

namespace subcommand {

extern const Subcommand drill = make_subcommand<Drill, declare, run>(
    "drill",
    "Proves that checks can fail. The drill puts one fault after the other between each check of "
    "the configuration and its backend. With each fault the component must fail within its "
    "timeout, with the right class, and it must recover afterwards. The backend receives only what "
    "the check sends. The exit code is 0 when every fault was seen, else 1; nobody is alerted. "
    "'drill proxy' stands between any client and a backend and misbehaves as told, by lines on "
    "standard input or over --control: 'fault hang', 'status', 'help'. It ends on SIGTERM, Ctrl-C, "
    "'quit' or the end of standard input.",
    "  vitals drill                          every check of the configuration\n"
    "  vitals drill 'databases/*' '!disk'    some of them, and not the disk\n"
    "  vitals drill --format junit > drill.xml\n"
    "  vitals drill --alerts pager tag:checkout\n"
    "  vitals drill proxy --listen 127.0.0.1:26379 --to 127.0.0.1:6379 --fault hang\n"
    "  vitals drill proxy --listen 127.0.0.1:25432 --to 127.0.0.1:5432 \\\n"
    "                     --fault 'hang-after 100' --control unix:/tmp/drill.sock\n"
    "  echo fault none | socat - UNIX-CONNECT:/tmp/drill.sock\n"
    "  vitals drill proxy --routes FILE\n"
    "      lines: NAME LISTEN TO [udp|tls|tls:PROTOCOL] [FAULT]; see --tls\n" +
        faults_in_words());

}  // namespace subcommand

}  // namespace vitals::cli
