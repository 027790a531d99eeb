// The parser. CLI11 takes seconds to compile, so only this file includes it.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/subcommand.hpp"
#include "cli/version.hpp"
#include "model/description.hpp"
#include "text/words.hpp"

namespace vitals::cli {

namespace {

using std::chrono::milliseconds;

constexpr const char* command_behind_dashes = "COMMAND";

std::string not_a_duration(const std::string& given) {
    const auto duration = parse_duration(given);
    if (duration && *duration > milliseconds::zero()) return {};
    return text::in_quotes(given) + " is no duration; write for example 250ms, 10s or 5m";
}

template <class Target>
void add_duration(CLI::App& app, const std::string& names, Target& target,
                  const std::string& sentence) {
    app.add_option_function<std::string>(
           names, [&target](const std::string& given) { target = *parse_duration(given); },
           sentence)
        ->type_name("DURATION")
        ->check(not_a_duration);
}

// Help and completion also show the choices.
CLI::Option* of_choices(CLI::Option* option, const std::string& choices) {
    return option->type_name(choices)->check(
        [choices](const std::string& given) { return not_among(choices, given); });
}

Format format_of(std::string_view name) {
    if (name == "json") return Format::json;
    return name == "nagios" ? Format::nagios : Format::table;
}

void verified_by(CLI::Option* option, const Arguments::Verify& verify) {
    if (verify) option->check(verify);
}

}  // namespace

std::string not_among(std::string_view choices, const std::string& given) {
    const auto known = text::split_choices(choices);
    if (std::ranges::find(known, given) != known.end()) return {};
    return text::in_quotes(given) + " is not " + text::one_of(known) +
           text::did_you_mean(given, known);
}

void Arguments::flag(const std::string& names, bool& value, const std::string& sentence) {
    app_.add_flag(names, value, sentence);
}

void Arguments::flag(const std::string& names, std::function<void()> chosen,
                     const std::string& sentence) {
    app_.add_flag_callback(names, std::move(chosen), sentence);
}

void Arguments::option(const std::string& names, std::string& value, const std::string& value_name,
                       const std::string& sentence, Verify verify) {
    verified_by(app_.add_option(names, value, sentence)->type_name(value_name), verify);
}

void Arguments::choice(const std::string& names, std::string& value, const std::string& choices,
                       const std::string& sentence) {
    of_choices(app_.add_option(names, value, sentence), choices);
}

void Arguments::choice(const std::string& names, std::optional<std::string>& value,
                       const std::string& choices, const std::string& sentence) {
    of_choices(app_.add_option(names, value, sentence), choices);
}

void Arguments::format(const std::string& names, Format& value, const std::string& sentence) {
    const auto take = [&value](const std::string& given) { value = format_of(given); };
    of_choices(app_.add_option_function<std::string>(names, take, sentence), "table|json|nagios");
}

void Arguments::duration(const std::string& names, milliseconds& value,
                         const std::string& sentence) {
    add_duration(app_, names, value, sentence);
}

void Arguments::duration(const std::string& names, std::optional<milliseconds>& value,
                         const std::string& sentence) {
    add_duration(app_, names, value, sentence);
}

void Arguments::required(const std::string& name, std::string& value, const std::string& sentence,
                         Verify verify) {
    verified_by(app_.add_option(name, value, sentence)->required(), verify);
}

void Arguments::positional(const std::string& name, std::string& value, const std::string& sentence,
                           Verify verify) {
    verified_by(app_.add_option(name, value, sentence), verify);
}

void Arguments::positionals(const std::string& name, std::vector<std::string>& values,
                            const std::string& sentence) {
    app_.add_option(name, values, sentence);
}

void Arguments::command(std::vector<std::string>& words, const std::string& sentence) {
    // The words after `--` are removed before CLI11 sees them; this is declared for help.
    app_.add_option(command_behind_dashes, words, sentence);
    behind_ = &words;
}

void Arguments::together(const std::string& one, const std::string& other) {
    app_.get_option(one)->needs(app_.get_option(other));
    app_.get_option(other)->needs(app_.get_option(one));
}

void Arguments::either(const std::string& one, const std::string& other) {
    app_.get_option(one)->excludes(app_.get_option(other));
}

void Arguments::configuration(std::string& file) {
    option("-c,--config", file, "FILE",
           "The configuration, - for standard input; by default $VITALS_CONFIG, else "
           "./vitals.yaml, else /etc/vitals/vitals.yaml.");
}

void Arguments::daemon(DaemonOptions& options) {
    option("--url", options.url, "URL",
           "The address of the daemon: http://HOST:PORT, https://HOST:PORT or unix:PATH. By "
           "default $VITALS_URL, then the configuration's control listener or first listener, then "
           "http://127.0.0.1:8080.");
    configuration(options.file);
    option("--token-file", options.token_file, "FILE",
           "A file that holds the token to show; by default $VITALS_TOKEN.");
    option("--ca", options.ca, "FILE",
           "PEM file of the certificate authorities for https; it replaces the system's.");
}

void Arguments::colour() {
    choice("--color", colour_, "auto|always|never",
           "Whether to use colours; auto uses them on a terminal without NO_COLOR.");
}

namespace {

// The state of one parsing: a parser, and for each subcommand what it reads.
struct Parsing {
    struct Declared {
        const Subcommand* subcommand = nullptr;
        AnyOptions command;
        std::vector<std::string>* behind = nullptr;  // where the words after `--` go
    };
    Parsing();

    // The subcommand on the command line; null: none.
    const Declared* chosen() const;
    const Declared* named(std::string_view name) const;

    CLI::App app{
        "Is this service, with everything it depends on, able to do its work, and how fresh is "
        "that answer?",
        "vitals"};
    std::string colour = "auto";
    std::vector<Declared> declared;
};

Parsing::Parsing() {
    app.footer(
        "  vitals serve                        check what vitals.yaml says, serve the result\n"
        "  vitals check https://example.org    check something once\n"
        "  vitals COMMAND --help               everything about one command\n");
    app.set_help_flag("-h,--help", "Prints this.");
    app.set_version_flag("-V,--version", version_text(),
                         "Prints the version, as 'vitals version' does.");
    app.require_subcommand(0, 1);
    app.allow_extras();  // reported below, with a suggestion
    std::vector<std::string>* nothing = nullptr;
    Arguments(app, nothing, colour).colour();
    declared.reserve(subcommands().size());
    for (const Subcommand* each : subcommands()) {
        CLI::App* sub = app.add_subcommand(std::string(each->name), std::string(each->sentence));
        sub->footer(each->example);
        sub->allow_extras();
        Declared& made = declared.emplace_back(each);
        Arguments arguments(*sub, made.behind, colour);
        made.command = each->declare(arguments);
    }
}

const Parsing::Declared* Parsing::named(std::string_view name) const {
    const auto found = std::ranges::find_if(
        declared, [name](const Declared& each) { return each.subcommand->name == name; });
    return found == declared.end() ? nullptr : &*found;
}

const Parsing::Declared* Parsing::chosen() const {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? nullptr : named(parsed.front()->get_name());
}

Grammar describe(const CLI::App& app, const std::string& parent) {
    Grammar made;
    made.name = (parent.empty() ? "" : parent + ' ') + app.get_name();
    made.sentence = app.get_description();
    made.example = app.get_footer();
    for (const auto* option : app.get_options()) {
        Argument argument;
        argument.sentence = option->get_description();
        argument.required = option->get_required();
        argument.repeated = option->get_expected_max() >= CLI::detail::expected_max_vector_size;
        if (option->get_positional()) {
            argument.value = option->get_name(true, false);
            if (argument.value == command_behind_dashes) argument.value = "-- COMMAND";
            made.positionals.push_back(std::move(argument));
            continue;
        }
        for (const auto& name : option->get_snames()) argument.names.push_back("-" + name);
        for (const auto& name : option->get_lnames()) argument.names.push_back("--" + name);
        if (option->get_type_size() != 0) argument.value = option->get_type_name();
        made.options.push_back(std::move(argument));
    }
    for (const auto* sub : app.get_subcommands({})) {
        made.subcommands.push_back(describe(*sub, made.name));
    }
    return made;
}

const Grammar& grammar_of(const CLI::App& app) {
    const auto& all = grammar();
    const auto parsed = app.get_subcommands();
    if (parsed.empty()) return all;
    const auto found =
        std::ranges::find(all.subcommands, "vitals " + parsed.front()->get_name(), &Grammar::name);
    return found == all.subcommands.end() ? all : *found;
}

Misused misused(const Grammar& at, const std::string& what) {
    return {at.name + ": " + what + "\nTry '" + at.name + " --help'.\n"};
}

// What is wrong with words that have no place.
std::string complaint(const Grammar& at, const std::string& word) {
    std::vector<std::string_view> known;
    if (word.starts_with('-') && word != "-") {
        for (const auto& option : at.options) {
            known.insert(known.end(), option.names.begin(), option.names.end());
        }
        const auto name = word.substr(0, word.find('='));
        return "no option " + text::in_quotes(name) + text::did_you_mean(name, known);
    }
    if (at.subcommands.empty()) return "unexpected " + text::in_quotes(word);
    for (const auto& sub : at.subcommands) {
        known.push_back(std::string_view(sub.name).substr(at.name.size() + 1));
    }
    return "no command " + text::in_quotes(word) + text::did_you_mean(word, known);
}

// `one of bash, zsh or fish` if the name is a list of choices.
std::string spoken(const std::string& name) {
    if (!name.contains('|')) return name;
    return "one of " + text::one_of(text::split_choices(name));
}

// What the parser found wrong, in vitals' words. Those begin with the name of the argument, except
// for two that name two arguments.
std::string our_words(const Grammar& at, const CLI::ParseError& error) {
    const std::string what = error.what();
    const auto before = [&what](std::string_view mark) { return what.substr(0, what.find(mark)); };
    const auto behind = [&what](std::string_view mark) {
        return what.substr(what.find(mark) + mark.size());
    };
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
        return spoken(before(" is required")) + " is missing";
    if (dynamic_cast<const CLI::RequiresError*>(&error) != nullptr)
        return before(" requires ") + " needs " + behind(" requires ") + " beside it";
    if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr)
        return before(" excludes ") + " and " + behind(" excludes ") + " exclude each other";
    const std::string name = before(": ");
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
        for (const auto& option : at.options)
            if (std::ranges::find(option.names, name) != option.names.end())
                return name + " needs a value: " + spoken(option.value);
        return name + " needs a value";
    }
    // What a verify function said of a value; messages about choices already have the name.
    if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr)
        return name.starts_with('-') || !name.contains('|') ? what : behind(": ");
    return what;
}

Colour colour_of(std::string_view name) {
    if (name == "always") return Colour::always;
    return name == "never" ? Colour::never : Colour::automatic;
}

}  // namespace

const Grammar& grammar() {
    static const Grammar made = describe(Parsing().app, "");
    return made;
}

Format format_asked_for(const std::vector<std::string>& words) {
    const auto end = std::ranges::find(words, "--");
    const bool has_formats = std::any_of(words.begin(), end, [](const std::string& word) {
        return word == "check" || word == "status";
    });
    Format format = Format::table;
    for (auto word = words.begin(); has_formats && word != end; ++word) {
        if (*word == "--nagios") return Format::nagios;
        if (word->starts_with("--format=")) format = format_of(word->substr(9));
        const auto next = std::next(word);
        if ((*word == "--format" || *word == "-f") && next != end) format = format_of(*next);
        if (word->starts_with("-f") && word->size() > 2)
            format = format_of(word->substr((*word)[2] == '=' ? 3 : 2));
    }
    return format;
}

CommandLine parse(const std::vector<std::string>& words, std::size_t help_width) {
    auto own = words;
    // `vitals help check` means `vitals check --help`.
    if (!own.empty() && own.front() == "help") {
        own.erase(own.begin());
        own.emplace_back("--help");
    }
    Parsing parsing;
    std::vector<std::string> behind;
    const auto dashes = std::ranges::find(own, "--");
    const bool has_command =
        dashes != own.end() && std::any_of(own.begin(), dashes, [&parsing](const auto& word) {
            const auto* const named = parsing.named(word);
            return named != nullptr && named->behind != nullptr;
        });
    if (has_command) {
        behind.assign(dashes + 1, own.end());
        own.erase(dashes, own.end());
    }
    CommandLine result;
    try {
        std::ranges::reverse(own);  // in the order of CLI11
        parsing.app.parse(own);
    } catch (const CLI::CallForHelp&) {
        result.meaning = Shown{help_text(grammar_of(parsing.app), help_width)};
        return result;
    } catch (const CLI::CallForVersion& version) {
        result.meaning = Shown{version.what()};
        return result;
    } catch (const CLI::ParseError& error) {
        const auto& at = grammar_of(parsing.app);
        result.meaning = misused(at, our_words(at, error));
        return result;
    }
    const auto& at = grammar_of(parsing.app);
    if (const auto extras = parsing.app.remaining(true); !extras.empty()) {
        result.meaning = misused(at, complaint(at, extras.front()));
        return result;
    }
    const auto* const chosen = parsing.chosen();
    if (chosen == nullptr) {
        result.meaning = Misused{help_text(at, help_width)};
        return result;
    }
    if (chosen->behind != nullptr && !chosen->behind->empty()) {
        result.meaning = misused(at, "put '--' before the command to run");
        return result;
    }
    if (has_command && behind.empty()) {
        result.meaning = misused(at, "no command behind '--'");
        return result;
    }
    if (chosen->behind != nullptr) *chosen->behind = std::move(behind);
    result.colour = colour_of(parsing.colour);
    result.meaning = Command{chosen->subcommand, chosen->command};
    return result;
}

}  // namespace vitals::cli
