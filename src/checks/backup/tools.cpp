#include "tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <utility>

#include "backends/json_api/json_api.hpp"
#include "judge.hpp"
#include "model/clock.hpp"
#include "model/moment.hpp"
#include "text/quote.hpp"

namespace vitals::checks::backup {

namespace {

namespace api = backends::json_api;
namespace json = boost::json;
using backends::program::Launch;

constexpr std::string_view search_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t deepest = 32;

bool sets(const Options& options, std::string_view name) {
    return std::ranges::any_of(options.environment,
                               [&](const auto& each) { return each.first == name; });
}

std::vector<std::string> arguments_of(const Options& options) {
    std::vector<std::string> arguments{options.tool};
    const auto add = [&](std::initializer_list<std::string> words) {
        arguments.insert(arguments.end(), words);
    };
    if (options.tool == "restic") {
        // Without --no-lock, it writes into the repository.
        add({"--repo", options.repository, "--no-cache", "snapshots", "--json", "--no-lock",
             "--latest", "1"});
        if (!options.host.empty()) add({"--host", options.host});
        for (const std::string& tag : options.tags) add({"--tag", tag});
    } else if (options.tool == "borg") {
        // A backup in progress holds the lock; that is not a failure.
        add({"--bypass-lock", "list", "--json", "--last", "1"});
        if (options.pattern != "*") add({"--glob-archives", options.pattern});
        add({"--", options.repository});
    } else {
        add({"info", "--output=json", "--stanza=" + options.repository});
    }
    return arguments;
}

std::optional<json::value> parsed(std::string_view text) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = deepest;
    json::value document = json::parse(text, error, {}, options);
    if (error) return std::nullopt;
    return document;
}

Outcome not_understood(const Options& options, std::string_view output) {
    return failed(options.tool + " answers something else than its list", ErrorClass::protocol,
                  "got " + text::quoted(output));
}

// The latest of the times at `pointer` in each element. borg's times are in its own zone, which is
// UTC here.
std::optional<System> newest_of(const json::array& list, std::string_view pointer) {
    std::optional<System> newest;
    for (const json::value& each : list) {
        const std::string text = api::text_at(each, pointer);
        auto time = parse_rfc3339(text);
        if (!time) time = parse_rfc3339(text + "Z");
        if (time && (!newest || *time > *newest)) newest = time;
    }
    return newest;
}

Outcome of_list(const Options& options, const json::array* list, std::string_view output,
                System now) {
    if (list == nullptr) return not_understood(options, output);
    if (list->empty()) return failed("no backup in the repository");
    const auto newest = newest_of(*list, "/time");
    if (!newest) return not_understood(options, output);
    return judge_age(options, *newest, now);
}

Outcome of_pgbackrest(const Options& options, const json::value& document, std::string_view output,
                      System now) {
    const json::array* const stanzas = document.if_array();
    if (stanzas == nullptr) return not_understood(options, output);
    if (stanzas->empty()) return failed("no such stanza");
    const json::value& stanza = stanzas->front();
    const auto code = api::number_at(stanza, "/status/code");
    const json::value* const backups = api::find(stanza, "/backup");
    const json::array* const list = backups == nullptr ? nullptr : backups->if_array();
    if (!code || list == nullptr) return not_understood(options, output);
    if (*code != 0)
        return failed(fmt::format("pgBackRest says that its stanza is not well (code {})", *code),
                      ErrorClass::assertion, api::text_at(stanza, "/status/message"));
    if (list->empty()) return failed("no backup in the repository");
    const json::value& last = list->back();
    const auto stopped = api::number_at(last, "/timestamp/stop");
    if (!stopped || !(std::abs(*stopped) < 1e11)) return not_understood(options, output);
    Outcome outcome = judge_age(options, moment_of(*stopped), now);
    if (api::flag_at(last, "/error") == true && outcome.status != Status::failed) {
        outcome.status = Status::failed;
        outcome.error_class = ErrorClass::assertion;
        outcome.detail = "the newest holds pages with wrong checksums";
    }
    return outcome;
}

}  // namespace

Launch launch_of(const Options& options, const std::string& folder) {
    Launch launch{.arguments = arguments_of(options)};
    launch.kept_bytes = backends::program::Program::flood_bytes;
    const auto set = [&](std::string_view name, const std::string& value) {
        if (!sets(options, name)) launch.environment.push_back(fmt::format("{}={}", name, value));
    };
    for (const auto& [name, value] : options.environment)
        launch.environment.push_back(name + "=" + value.reveal());
    set("PATH", std::string(search_path));
    set("LC_ALL", "C.UTF-8");
    set("HOME", folder);
    if (options.tool == "restic" && options.password.configured())
        set("RESTIC_PASSWORD", options.password.reveal());
    if (options.tool == "borg") {
        set("TZ", "UTC");
        set("BORG_BASE_DIR", folder);
        // Otherwise it asks, and nobody can answer.
        set("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes");
        set("BORG_RELOCATED_REPO_ACCESS_IS_OK", "yes");
        if (options.password.configured()) set("BORG_PASSPHRASE", options.password.reveal());
    }
    return launch;
}

Outcome judge_answer(const Options& options, std::string_view output, System now) {
    const auto document = parsed(output);
    if (!document) return not_understood(options, output);
    if (options.tool == "pgbackrest") return of_pgbackrest(options, *document, output, now);
    if (options.tool == "restic") {
        const json::array none;
        return of_list(options, document->is_null() ? &none : document->if_array(), output, now);
    }
    const json::value* const archives = api::find(*document, "/archives");
    return of_list(options, archives == nullptr ? nullptr : archives->if_array(), output, now);
}

Outcome judge_refusal(const Options& options, int exit_code, std::string_view errors) {
    const std::string said = "got " + text::quoted(errors);
    const auto says = [&](std::initializer_list<std::string_view> texts) {
        return std::ranges::any_of(texts,
                                   [&](std::string_view text) { return errors.contains(text); });
    };
    const bool restic = options.tool == "restic";
    if ((restic && exit_code == 12) ||
        says({"wrong password", "passphrase supplied", "Passphrase", "passphrase is incorrect",
              "an empty password", "no password", "cannot determine password"}))
        return failed("wrong password", ErrorClass::auth, said);
    if ((restic && exit_code == 10) ||
        says({"Is there a repository", "does not exist", "not a valid repository",
              "unable to open config file", "repository does not exist"}))
        return failed("no repository", ErrorClass::assertion, said);
    return failed(fmt::format("{} ended with exit code {}", options.tool, exit_code),
                  ErrorClass::assertion, said);
}

}  // namespace vitals::checks::backup
