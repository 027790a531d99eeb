// From the bytes of the file to the configuration: parse, replace variables, read each section,
// check what spans them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/sections.hpp"
#include "config/yaml.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

void keep(std::vector<Complaint> complaints, Reading& reading) {
    for (Complaint& complaint : complaints)
        reading.problem(complaint.position, std::move(complaint.message));
}

void sort(Problems& problems) {
    std::sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
        return std::tie(a.position, a.message) < std::tie(b.position, b.message);
    });
}

// A section that fills one struct.
template <class Options>
bool read_struct(std::string_view name, const Node::Entry& entry, Options& options,
                 Reading& reading) {
    const Part part{section(name).description.fields, ObjectRef(options)};
    const Subject subject{.noun = fmt::format("'{}'", name), .name = fmt::format("'{}'", name)};
    return apply(entry.value, entry.position, std::span(&part, 1), subject, reading);
}

void read_defaults(const Node::Entry& entry, Draft& draft) {
    DefaultsKeys keys;
    read_struct("defaults", entry, keys, draft.reading);
    Policy& defaults = draft.config.defaults;
    defaults.interval = keys.interval;
    defaults.timeout = keys.timeout;
    defaults.failures = static_cast<unsigned>(keys.failures);
    defaults.successes = static_cast<unsigned>(keys.successes);
    defaults.retry_interval = keys.retry_interval;
    defaults.down_interval = keys.down_interval;
    check_pace(entry.value, defaults, draft.reading);
}

void read_drain(const Node::Entry& entry, Draft& draft) {
    Config::Drain& drain = draft.config.drain;
    if (!read_struct("drain", entry, drain, draft.reading) || drain.delay <= drain.timeout) return;
    const Node* delay = entry.value.find("delay");
    const Node* timeout = entry.value.find("timeout");
    draft.reading.problem(
        delay != nullptr ? delay->position : timeout->position,
        fmt::format("the drain's delay {} is longer than its timeout {}, by "
                    "which the process has ended",
                    format_duration(drain.delay), format_duration(drain.timeout)));
}

// In the clear to another machine.
bool exposes_token(std::string_view url) {
    if (!url.starts_with("http://")) return false;
    url.remove_prefix(std::string_view("http://").size());
    if (url.starts_with("[::1]")) return false;
    const std::string_view host = url.substr(0, url.find_first_of(":/"));
    const bool number = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host != "localhost" && !(number && host.starts_with("127."));
}

void read_vault(const Node::Entry& entry, Draft& draft) {
    const Node* token = entry.value.find("token");
    if (token != nullptr && !token->broken && token->find("vault") != nullptr) {
        draft.lost.emplace("vault");
        draft.reading.problem(token->position,
                              "the token that opens the vault cannot be in it; use {file: PATH} or "
                              "{env: NAME}");
        return;
    }
    Config::Vault vault;
    if (!read_struct("vault", entry, vault, draft.reading)) {
        draft.lost.emplace("vault");
        return;
    }
    if (exposes_token(vault.url))
        draft.reading.warning(entry.value.find("url")->position,
                              "the vault's token and secrets travel unencrypted; use https");
    if (vault.url.ends_with('/')) vault.url.pop_back();
    draft.config.vault = std::move(vault);
}

// Secrets in a vault without the section that says where it is, and the section without them.
void check_vault(const Node& root, Draft& draft) {
    if (draft.lost.contains("vault")) return;
    const auto secrets = draft.reading.store.vault_secrets();
    if (draft.config.vault) {
        const auto at = std::find_if(root.entries.begin(), root.entries.end(),
                                     [](const Node::Entry& e) { return e.key == "vault"; });
        if (secrets.empty() && draft.reading.problems.empty())
            draft.reading.warning(at->position,
                                  "nothing is read from the vault: there is no {vault: ...}");
        return;
    }
    for (const VaultSecret& secret : secrets)
        draft.reading.problem(secret.position,
                              fmt::format("{} is in a vault, but there is no section 'vault' that "
                                          "says where that is",
                                          text::in_quotes(secret.option)));
}

void read_state_dir(const Node::Entry& entry, Draft& draft) {
    FileKeys keys;
    const Field& field = section("state_dir").description.fields.front();
    if (!apply_value(entry.value, entry.position, field, &keys.state_dir, {}, draft.reading))
        return;
    if (keys.state_dir.empty())
        draft.reading.problem(entry.value.position, "'state_dir' must not be empty");
    draft.config.state_dir = std::move(keys.state_dir);
}

// systemd may name several directories, separated by colons; the first is ours.
std::string usual_state_dir(const Environment& environment) {
    const std::string named = environment("STATE_DIRECTORY").value_or("");
    const std::string first = named.substr(0, named.find(':'));
    return first.empty() ? "./vitals-state" : first;
}

// True when the section can be read entry by entry.
bool has_shape(const Node::Entry& entry, Shape shape, Reading& reading) {
    const Node& node = entry.value;
    if (node.broken) return false;
    const bool list = shape == Shape::list || shape == Shape::entries;
    if (node.kind == (list ? Node::Kind::sequence : Node::Kind::mapping)) return true;
    if (shape == Shape::entries && node.find("only") != nullptr) return true;
    const std::string_view expected =
        list ? "a list, each item begun with '- '" : "a mapping from names to mappings";
    if (node.nothing())
        reading.problem(entry.position, fmt::format("'{}' has no value, expected {}; remove the "
                                                    "line if it is not needed",
                                                    entry.key, expected));
    else
        reading.problem(node.position,
                        fmt::format("'{}' must be {}, found {}", entry.key, expected, found(node)));
    return false;
}

using ReadSection = void (*)(const Node& node, Draft& draft);

void read_plain_section(const Node::Entry& entry, Draft& draft) {
    Reading& reading = draft.reading;
    Config& config = draft.config;
    if (entry.key == "service") read_struct("service", entry, config.service, reading);
    if (entry.key == "state_dir") read_state_dir(entry, draft);
    if (entry.key == "defaults") read_defaults(entry, draft);
    if (entry.key == "vault") read_vault(entry, draft);
    if (entry.key == "history") read_struct("history", entry, config.history, reading);
    if (entry.key == "drain") read_drain(entry, draft);
    if (entry.key == "limits") read_struct("limits", entry, config.limits, reading);
    if (entry.key == "log") read_struct("log", entry, config.log, reading);
}

// The others, in an order in which each finds what it needs: components inherit defaults, the name
// of a group of workers must not be a component's.
constexpr std::array<std::pair<std::string_view, ReadSection>, 5> compound_sections = {
    {{"listeners", read_listeners},
     {"tokens", read_tokens},
     {"components", read_components},
     {"workers", read_workers},
     {"endpoints", read_endpoints}}};

void report_unknown_sections(const Node& root, Draft& draft) {
    std::vector<std::string_view> names;
    for (const Section& each : all_sections()) names.push_back(each.description.name);
    for (const Node::Entry& entry : root.entries) {
        if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
        const auto near = text::nearest(entry.key, names);
        if (near) draft.lost.emplace(*near);
        draft.reading.problem(
            entry.position,
            fmt::format("unknown section {}{}", text::in_quotes(entry.key),
                        text::did_you_mean(entry.key, names, ", expected " + text::one_of(names))));
    }
}

void read_sections(const Node& root, Draft& draft) {
    report_unknown_sections(root, draft);
    for (const Node::Entry& entry : root.entries) read_plain_section(entry, draft);
    for (const auto& [name, read] : compound_sections)
        for (const Node::Entry& entry : root.entries) {
            if (entry.key != name) continue;
            if (has_shape(entry, section(name).shape, draft.reading))
                read(entry.value, draft);
            else
                draft.lost.emplace(name);
        }
    if (draft.config.listeners.empty() && !draft.lost.contains("listeners")) {
        draft.config.listeners.emplace_back();
        draft.config.listeners.back().text = "127.0.0.1:8080";
    }
    const Node* endpoints = root.find("endpoints");
    if (endpoints == nullptr || endpoints->kind == Node::Kind::sequence)
        mount_usual_endpoints(draft);
    if (draft.config.state_dir.empty())
        draft.config.state_dir = usual_state_dir(draft.reading.environment);
    check_vault(root, draft);
    check_references(draft);
    choose_dependencies(draft);
    check_cycles(draft);
    check_duplicate_paths(draft);
    warn_of_nothing_watched(root, draft);
}

std::expected<Config, Problems> finish(Draft& draft) {
    Reading& reading = draft.reading;
    if (!reading.problems.empty()) {
        sort(reading.problems);
        return std::unexpected(std::move(reading.problems));
    }
    sort(reading.warnings);
    for (const Problem& warning : reading.warnings) draft.config.warnings.push_back(warning.text());
    auto& components = draft.config.components;
    std::sort(components.begin(), components.end(),
              [](const auto& a, const auto& b) { return a.component.name < b.component.name; });

    draft.config.secrets = reading.store;
    return std::move(draft.config);
}

Draft draft_of(const std::string& file, const Catalog& catalog, const Options& options) {
    Draft draft{.catalog = catalog, .reading = {}, .config = {}, .lost = {}, .dependencies = {}};
    draft.reading.file = file;
    draft.reading.environment = options.environment ? options.environment : process_environment();
    draft.reading.read_secrets = options.secrets;

    draft.config.file = file;
    return draft;
}

std::unexpected<Problems> refused(const std::string& file, std::string message) {
    return std::unexpected(Problems{{file, {}, std::move(message)}});
}

// The content, or why it cannot be had.
std::expected<std::string, std::string> read_whole(const std::string& file) {
    const auto cannot = [] {
        return std::unexpected(fmt::format(
            "cannot be read: {}", std::error_code(errno, std::generic_category()).message()));
    };
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return cannot();
    struct stat facts{};
    std::string content;
    std::expected<std::string, std::string> result;
    if (::fstat(descriptor, &facts) == 0 && S_ISDIR(facts.st_mode)) {
        result = std::unexpected("is a directory, expected a file");
    } else {
        content.resize(max_file_bytes + 1);
        std::size_t length = 0;
        ssize_t got = 1;
        while (length < content.size() && got != 0) {
            got = ::read(descriptor, content.data() + length, content.size() - length);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) break;
            length += static_cast<std::size_t>(got);
        }
        if (got < 0) {
            result = cannot();
        } else {
            content.resize(length);
            result = std::move(content);
        }
    }
    ::close(descriptor);
    return result;
}

}  // namespace

std::expected<Config, Problems> parse(std::string_view text, const std::string& file,
                                      const Catalog& catalog, const Options& options) {
    if (text.size() > max_file_bytes) return refused(file, "the file is larger than 1 MiB");
    Draft draft = draft_of(file, catalog, options);
    std::vector<Complaint> complaints;
    std::optional<Node> root = read_yaml(text, complaints);
    if (root) replace_variables(*root, draft.reading.environment, complaints);
    const bool bad_yaml = !complaints.empty();
    keep(std::move(complaints), draft.reading);
    if (!root || root->nothing()) {
        if (bad_yaml) return finish(draft);
        return refused(file, "the file is empty, expected at least a section 'components'");
    }
    if (root->broken) return finish(draft);
    if (root->kind != Node::Kind::mapping) {
        draft.reading.problem(root->position,
                              fmt::format("the file must be a mapping of sections such as "
                                          "'components:', found {}",
                                          found(*root)));
        return finish(draft);
    }
    read_sections(*root, draft);
    return finish(draft);
}

std::expected<Config, Problems> load(const std::string& file, const Catalog& catalog,
                                     const Options& options) {
    auto content = read_whole(file);
    if (!content) return refused(file, std::move(content.error()));
    return parse(*content, file, catalog, options);
}

std::optional<std::string> find_file() {
    for (const char* candidate : {"./vitals.yaml", "/etc/vitals/vitals.yaml"})
        if (::access(candidate, F_OK) == 0) return candidate;
    return std::nullopt;
}

}  // namespace vitals::config
