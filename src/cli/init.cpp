// vitals init: finds what runs on this machine, tries a check of each thing once, and writes those
// that passed. It does not change existing lines.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include "app/catalog.hpp"
#include "cli/exit_code.hpp"
#include "cli/failure.hpp"
#include "cli/screen_text.hpp"
#include "cli/subcommand.hpp"
#include "cli/trial.hpp"
#include "discover/discovery.hpp"
#include "discover/known.hpp"
#include "discover/look.hpp"
#include "discover/written.hpp"
#include "net/file.hpp"
#include "text/amount.hpp"

namespace vitals::cli {
namespace {

struct Init {
    std::string output;
    std::string user;
    bool diff = false;
};

using config::ComponentConfig;
using discover::Machine;
using discover::Proposal;
using discover::Section;
using discover::Tried;

constexpr std::chrono::milliseconds looking(1'500);
constexpr std::chrono::milliseconds trying(2'000);  // one check
constexpr std::size_t largest_file = std::size_t{16} << 20;
constexpr const char* own_file = "vitals.yaml";
constexpr const char* system_file = "/etc/vitals/vitals.yaml";
constexpr const char* system_folder = "/etc/vitals/conf.d";
constexpr const char* system_output = "/etc/vitals/conf.d/10-this-machine.yaml";

bool exists(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0;
}

std::string output_of(const Init& command) {
    if (!command.output.empty()) return command.output;
    // If vitals is set up for the system, new components belong there.
    if (!exists(own_file) && exists(system_file))
        return exists(system_folder) ? system_output : system_file;
    return own_file;
}

bool is_in_conf_d(const std::string& path) {
    const std::size_t file = path.rfind('/');
    return file != std::string::npos && path.substr(0, file).ends_with("conf.d");
}

// What is already configured: in the file itself, also as a comment, and in the configuration of
// this machine.
struct Configured {
    std::string text;                         // of the file
    std::vector<ComponentConfig> components;  // of components that are checked
    std::set<std::string> targets;            // of all
    std::set<std::string> names;
};

std::expected<std::vector<ComponentConfig>, Failure> components_of(const std::string& file) {
    auto loaded = load_configuration(file, false);
    if (!loaded) return std::unexpected(loaded.error());
    return std::move(loaded->components);
}

// `belongs`: the file is a part of the configuration of this machine.
std::expected<Configured, Failure> configured(const std::string& output, bool belongs) {
    Configured found;
    std::vector<std::string> files;
    if (exists(output)) {
        auto text = net::read_file(output, largest_file);
        if (!text)
            return std::unexpected(
                Failure{exit_code::configuration,
                        output + ": " + std::generic_category().message(text.error())});
        found.text = *std::move(text);
        files.push_back(output);
    }
    const auto used = belongs ? config::find_file() : std::nullopt;
    if (used && exists(*used) && *used != output && *used != std::string("./") + output)
        files.push_back(*used);
    std::set<std::string> seen;
    for (const std::string& file : files) {
        auto components = components_of(file);
        // A part of a configuration may not be valid alone.
        const bool part = file == output && files.size() > 1;
        if (!components && part) continue;
        if (!components) return std::unexpected(components.error());
        for (ComponentConfig& each : *components)
            if (seen.insert(each.component->name).second)
                found.components.push_back(std::move(each));
    }
    const auto& catalog = app::catalog();
    for (const ComponentConfig& each : found.components) {
        found.targets.insert(discover::target_of(each, catalog));
        found.names.insert(each.component->name);
    }
    for (const ComponentConfig& each : discover::commented_out(found.text, catalog))
        found.targets.insert(discover::target_of(each, catalog));
    return found;
}

// Not configured yet, under any name.
bool is_new(const Proposal& proposal, const Configured& known) {
    return std::ranges::none_of(proposal.candidates, [&](const discover::Candidate& candidate) {
        const auto component =
            discover::component_of(proposal.name, candidate, true, app::catalog());
        return component && known.targets.contains(discover::target_of(*component, app::catalog()));
    });
}

std::vector<Section> new_proposals(const Machine& machine, const Configured& known) {
    std::vector<Section> sections;
    std::set<std::string> names = known.names;
    for (const discover::Discovery* discovery : discover::discoveries()) {
        Section section{std::string(discovery->heading), {}};
        for (Proposal& proposal : discovery->find(machine)) {
            if (!is_new(proposal, known)) continue;
            const std::string wished = proposal.name;
            for (int number = 2; !names.insert(proposal.name).second; ++number)
                proposal.name = fmt::format("{}-{}", wished, number);
            section.proposals.push_back({std::move(proposal), {}});
        }
        sections.push_back(std::move(section));
    }
    return sections;
}

std::string reason_of(const Outcome& outcome) {
    if (outcome.status == Status::ok) return {};
    std::string text =
        outcome.detail.empty() ? std::string(to_string(outcome.status)) : outcome.detail;
    if (!outcome.error.empty()) text += " (" + outcome.error.substr(0, 160) + ")";
    return clean(text);
}

// Tries all candidates at the same time; then wrong guesses are removed.
void try_all(std::vector<Section>& sections, const std::optional<Person>& as_user) {
    std::vector<ComponentConfig> components;
    struct Attempt {
        discover::Candidate* candidate;
        discover::Trial* trial;
    };
    std::vector<Attempt> attempts;
    for (Section& section : sections) {
        for (Tried& tried : section.proposals) {
            Proposal& proposal = tried.proposal;
            tried.trials.resize(proposal.candidates.size());
            for (std::size_t i = 0; i < proposal.candidates.size(); ++i) {
                auto component = discover::component_of(proposal.name, proposal.candidates[i], true,
                                                        app::catalog());
                if (!component) {
                    tried.trials[i].reason = component.error();
                    continue;
                }
                component->policy.timeout = trying;
                component->component.edit().timeout = trying;
                components.push_back(*std::move(component));
                attempts.push_back({&proposal.candidates[i], &tried.trials[i]});
            }
        }
    }
    const std::vector<Outcome> outcomes = try_once(components, as_user);
    std::set<std::string> let_nobody_in;  // a backend that does this speaks the protocol
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const ErrorClass error_class = outcomes[i].error_class;
        attempts[i].trial->reason = reason_of(outcomes[i]);
        attempts[i].trial->another_protocol =
            error_class == ErrorClass::protocol || error_class == ErrorClass::tls;
        if (error_class == ErrorClass::auth) let_nobody_in.insert(components[i].component->name);
        // A hint about a missing right is useless if something else is wrong.
        if (error_class != ErrorClass::auth && error_class != ErrorClass::local)
            attempts[i].candidate->needs.clear();
    }
    for (Section& section : sections)
        std::erase_if(section.proposals, [&](const Tried& tried) {
            return tried.proposal.guess && tried.passed() == tried.trials.size() &&
                   !let_nobody_in.contains(tried.proposal.name);
        });
}

// A guess that was right gets the plain name, unless another one has it.
void shorten_names(std::vector<Section>& sections, std::set<std::string> names) {
    for (const Section& section : sections)
        for (const Tried& tried : section.proposals) names.insert(tried.proposal.name);
    for (Section& section : sections)
        for (Tried& tried : section.proposals)
            if (Proposal& each = tried.proposal; each.guess && names.insert(each.short_name).second)
                each.name = each.short_name;
}

// Replaces or creates the file in one step; it is never half written.
std::expected<void, Failure> write_file(const std::string& path, const std::string& text) {
    const std::string draft = path + ".new";
    struct stat before{};
    const bool was_there = ::stat(path.c_str(), &before) == 0;
    const mode_t mode = was_there ? before.st_mode & 07777 : 0644;
    const auto trouble = [&](const char* what) {
        const int error = errno;
        ::unlink(draft.c_str());
        std::string said =
            fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(error));
        if (error == EACCES) said += "; run it as root, or name another file with --output";
        return std::unexpected(Failure{exit_code::output, std::move(said)});
    };
    ::unlink(draft.c_str());
    const int descriptor =
        ::open(draft.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode);
    if (descriptor < 0) return trouble("write");
    std::string_view left = text;
    bool good = ::fchmod(descriptor, mode) == 0;
    if (was_there && ::geteuid() == 0)
        good = good && ::fchown(descriptor, before.st_uid, before.st_gid) == 0;
    while (good && !left.empty()) {
        const ssize_t sent = ::write(descriptor, left.data(), left.size());
        good = sent > 0;
        if (good) left.remove_prefix(static_cast<std::size_t>(sent));
    }
    good = good && ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!good) return trouble("write");
    if (::rename(draft.c_str(), path.c_str()) != 0) return trouble("replace");
    return {};
}

struct Counts {
    std::size_t passed = 0;
    std::size_t waiting = 0;  // comments: the operator must do something
};

Counts count(const std::vector<Section>& sections) {
    Counts counts;
    for (const Section& section : sections) {
        for (const Tried& tried : section.proposals) {
            const std::size_t passed = tried.passed();
            if (passed < tried.trials.size()) ++counts.passed;
            if (tried.worth_a_comment() < tried.trials.size()) ++counts.waiting;
        }
    }
    return counts;
}

// One line for each new thing, and for each that is gone.
int tell_differences(const std::vector<Section>& sections, const Configured& known,
                     const Machine& machine, const std::string& output) {
    std::string text;
    for (const Section& section : sections) {
        for (const Tried& tried : section.proposals) {
            const std::size_t passed = tried.passed();
            const Proposal& proposal = tried.proposal;
            text += fmt::format("new   {}: {}", clean(proposal.name),
                                proposal.candidates[passed % proposal.candidates.size()].kind);
            if (!proposal.found.empty()) text += ", " + clean(proposal.found);
            if (passed == tried.trials.size())
                text += "; does not pass: " + tried.trials.front().reason;
            text += '\n';
        }
    }
    for (const ComponentConfig& each : known.components) {
        const std::string why = discover::why_gone(each, machine, app::catalog());
        if (!why.empty())
            text += fmt::format("gone  {}: {}, {}\n", clean(each.component->name), each.kind,
                                clean(why));
    }
    const bool none = text.empty();
    if (none) text = output + ": nothing is new or gone\n";
    if (!print(text)) return exit_code::output;
    return none ? exit_code::ok : 1;
}

std::string host_name() {
    char name[256] = "";
    ::gethostname(name, sizeof name - 1);
    return *name == '\0' ? "localhost" : name;
}

int run(const Init& command, const Terminal&) {
    const auto fail = [](const Failure& failure) {
        return give_up("init", failure, Format::table);
    };
    std::optional<Person> as_user;
    if (!command.user.empty()) {
        const auto person = find_person(command.user);
        if (!person) return fail({exit_code::usage, "--user: " + person.error()});
        if (person->uid != ::geteuid() && ::geteuid() != 0)
            return fail({exit_code::usage, "--user: only root can try checks as another user"});
        as_user = *person;
    }
    const std::string output = output_of(command);
    const auto known = configured(output, command.output.empty() || is_in_conf_d(output));
    if (!known) return fail(known.error());
    const Machine machine = discover::look_around(looking);
    std::vector<Section> sections = new_proposals(machine, *known);
    try_all(sections, as_user);
    shorten_names(sections, known->names);
    if (command.diff) return tell_differences(sections, *known, machine, output);

    const Counts counts = count(sections);
    if (counts.passed + counts.waiting == 0)
        return print(output + ": nothing is new\n") ? exit_code::ok : exit_code::output;
    const std::string lines = discover::lines_of(sections);
    const std::string shown = as_user ? as_user->shown : "";
    const auto text = exists(output)
                          ? discover::with_added(known->text, lines)
                          : discover::new_file(host_name(), shown, !is_in_conf_d(output), lines);
    if (!text) return fail({exit_code::configuration, output + ": " + text.error()});
    if (const auto written = write_file(output, *text); !written) return fail(written.error());
    std::string said =
        fmt::format("{}: {} added", output, text::counted(counts.passed, "component"));
    if (counts.waiting > 0)
        said += counts.waiting == 1
                    ? "; 1 did not pass and stands there as a comment, with the reason"
                    : fmt::format("; {} did not pass and stand there as comments, with the reason",
                                  counts.waiting);
    return print(said + '\n') ? exit_code::ok : exit_code::output;
}

void declare(Arguments& to, Init& command) {
    to.option("-o,--output", command.output, "FILE",
              "The file to write or to add to. In a folder conf.d it holds only components. "
              "Default: ./vitals.yaml; if vitals is set up for the system, "
              "/etc/vitals/conf.d/10-this-machine.yaml.");
    to.option("--user", command.user, "USER",
              "The user that tries the checks, by name or number: the user of the daemon. Only "
              "root can name another user.");
    to.flag("--diff", command.diff,
            "Only shows what is new on this machine and what is gone. The exit code is 1 if "
            "anything is.");
}

}  // namespace

namespace subcommand {

extern const Subcommand init = make_subcommand<Init, declare, run>(
    "init",
    "Finds what runs on this machine: programs that listen, units and timers, file systems, "
    "certificates, backups. Tries each check once and writes those that passed; the others become "
    "comments with the reason. It never changes an existing line.",
    "  vitals init                  writes ./vitals.yaml, or adds what is new to it\n"
    "  vitals init --diff           tells what is new and what is gone\n"
    "  sudo vitals init --user vitals -o /etc/vitals/conf.d/10-this-machine.yaml\n");

}  // namespace subcommand

}  // namespace vitals::cli
