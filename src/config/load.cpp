// From the bytes of the file to the configuration: parses, replaces variables, reads each section,
// checks the rules across sections.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <tuple>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/file.hpp"
#include "config/foreign_files.hpp"
#include "config/other_words.hpp"
#include "config/sections.hpp"
#include "config/yaml.hpp"
#include "model/selector.hpp"
#include "text/amount.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

// A message about a value that is used in many places appears once.
void fold(Problems& problems, const Sources& sources) {
    const auto place = [](const Problem& one) {
        return std::tie(one.position.file, one.position.line, one.position.column, one.message);
    };
    std::sort(problems.begin(), problems.end(), [&place](const Problem& a, const Problem& b) {
        return std::tuple(place(a), a.position.use) < std::tuple(place(b), b.position.use);
    });
    Problems folded;
    for (auto one = problems.begin(); one != problems.end();) {
        auto next = std::find_if(one, problems.end(),
                                 [&](const Problem& other) { return place(other) != place(*one); });
        const auto uses = static_cast<std::size_t>(next - one);
        const Position used = sources.uses.at(one->position.use);
        if (one->position.use != 0)
            one->message += fmt::format(
                " (used {}{})", sources.place(used, one->position),
                uses > 1 ? fmt::format(" and in {}", text::counted(uses - 1, "other place"))
                         : std::string());
        folded.push_back(std::move(*one));
        one = next;
    }
    problems = std::move(folded);
}

// A section that fills one struct.
template <class Options>
bool read_struct(std::string_view name, const Node::Entry& entry, Options& options,
                 Reading& reading) {
    const Part part{section(name).description.fields, ObjectRef(options)};
    const Subject subject{.noun = fmt::format("'{}'", name), .name = fmt::format("'{}'", name)};
    return apply(entry.value, entry.position, std::span(&part, 1), subject, reading);
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

// Sent in the clear to another machine.
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

void read_peer(const Node::Entry& entry, Draft& draft) {
    Peer peer;
    if (!read_struct("peer", entry, peer, draft.reading)) return;
    if (exposes_token(peer.url.text))
        draft.reading.warning(entry.value.find("url")->position,
                              "the token travels to the peer unencrypted; use https");
    draft.config.peer = std::move(peer);
}

// Secrets in a vault without the section `vault`, and the section without such secrets.
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

// systemd may name several directories, separated by colons; the first one counts.
std::string usual_state_dir(const Environment& environment) {
    const std::string named = environment("STATE_DIRECTORY").value_or("");
    const std::string first = named.substr(0, named.find(':'));
    return first.empty() ? "./vitals-state" : first;
}

using ReadSection = void (*)(const Node& node, Draft& draft);

void read_otlp(const Node::Entry& entry, Draft& draft) {
    Otlp otlp;
    if (!read_struct("otlp", entry, otlp, draft.reading)) return;
    if (exposes_token(otlp.url) && !otlp.headers.empty())
        draft.reading.warning(entry.value.find("url")->position,
                              "the headers travel to the collector unencrypted; use https");
    while (otlp.url.ends_with('/')) otlp.url.pop_back();
    draft.config.otlp = std::move(otlp);
}

void read_public(const Node::Entry& entry, Draft& draft) {
    Config::Public& open = draft.config.open;
    if (!read_struct("public", entry, open, draft.reading)) return;
    const Node* const components = entry.value.find("components");
    for (const auto& [service, words] : open.components)
        for (const std::string& word : public_patterns(words))
            if (const std::string problem = selector_problem(word); !problem.empty())
                draft.reading.problem(
                    mentioned(*components, text::in_quotes(service), entry.position),
                    fmt::format("{} of 'public': {}", text::in_quotes(service), problem));
}

void read_page(const Node::Entry& entry, Draft& draft) {
    std::string& zone = draft.config.page.time_zone;
    if (!read_struct("page", entry, draft.config.page, draft.reading)) return;
    if (!draft.catalog.zone_problem) return;
    if (std::string wrong = draft.catalog.zone_problem(zone); !wrong.empty())
        draft.reading.problem(mentioned(entry.value, "time_zone", entry.position),
                              std::move(wrong));
}

void read_plain_section(const Node::Entry& entry, Draft& draft) {
    Reading& reading = draft.reading;
    Config& config = draft.config;
    if (entry.key == "service") read_struct("service", entry, config.service, reading);
    if (entry.key == "state_dir") read_state_dir(entry, draft);
    if (entry.key == "defaults") read_defaults(entry, draft);
    if (entry.key == "vault") read_vault(entry, draft);
    if (entry.key == "peer") read_peer(entry, draft);
    if (entry.key == "fleet") read_fleet(entry, draft);
    if (entry.key == "otlp") read_otlp(entry, draft);
    if (entry.key == "history") read_struct("history", entry, config.history, reading);
    if (entry.key == "drain") read_drain(entry, draft);
    if (entry.key == "limits") read_struct("limits", entry, config.limits, reading);
    if (entry.key == "server") read_struct("server", entry, config.server, reading);
    if (entry.key == "engine") read_struct("engine", entry, config.engine, reading);
    if (entry.key == "page") read_page(entry, draft);
    if (entry.key == "public") read_public(entry, draft);
    if (entry.key == "log") read_struct("log", entry, config.log, reading);
}

// The others, in an order in which each finds what it needs: components inherit defaults; a group
// of workers or an objective must not have the name of a component.
constexpr std::array<std::pair<std::string_view, ReadSection>, 8> compound_sections = {
    {{"listeners", read_listeners},
     {"tokens", read_tokens},
     {"components", read_components},
     {"workers", read_workers},
     {"objectives", read_objectives},
     {"endpoints", read_endpoints},
     {"alerts", read_alerts},
     {"maintenance", read_maintenance}}};

void report_unknown_sections(const Node& root, Draft& draft) {
    std::vector<std::string_view> names;
    for (const Section& each : all_sections()) names.push_back(each.description.name);
    for (const Node::Entry& entry : root.entries) {
        if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
        if (const auto* other = other_word(OtherWord::What::section, entry.key)) {
            draft.lost.emplace(other->here);
            draft.reading.problem(entry.position,
                                  fmt::format("the section {} is written '{}' here",
                                              text::in_quotes(entry.key), other->here));
            continue;
        }
        const auto near = text::nearest(entry.key, names);
        if (near) draft.lost.emplace(*near);
        draft.reading.problem(
            entry.position,
            fmt::format("unknown section {}{}", text::in_quotes(entry.key),
                        text::did_you_mean(entry.key, names, ", expected " + text::one_of(names))));
    }
}

// One warning for each file: they are repaired together.
void warn_of_open_files(Reading& reading) {
    std::map<std::uint32_t, std::set<std::pair<Position, std::string>>> by_file;
    for (auto& [position, key] : reading.exposed) {
        Position written = position;
        written.use = 0;
        by_file[position.file].emplace(written, key);
    }
    for (const auto& [file, passwords] : by_file) {
        const auto& [position, key] = *passwords.begin();
        const auto more = passwords.size() - 1;
        reading.warning(
            position,
            fmt::format("a secret is written here as it is ({}{}), and others may read this file; "
                        "chmod o-r it, or write {{file: PATH}} or {{env: NAME}}",
                        text::in_quotes(key),
                        more == 0 ? std::string()
                                  : fmt::format(" and {}", text::counted(more, "other place"))));
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
    check_fleet(root, draft);
    check_references(draft);
    choose_dependencies(draft);
    check_cycles(draft);
    check_duplicate_paths(draft);
    check_own_listeners(draft);
    warn_of_nothing_watched(root, draft);
    warn_of_open_files(draft.reading);
}

// They are large, so each is moved once to its place.
void sort_by_name(std::vector<ComponentConfig>& components) {
    const auto name = [](const ComponentConfig& one) -> const std::string& {
        return one.component->name;
    };
    if (std::ranges::is_sorted(components, {}, name)) return;
    std::vector<ComponentConfig*> order;
    for (ComponentConfig& one : components) order.push_back(&one);
    std::ranges::sort(order, {}, [&name](const ComponentConfig* one) -> const std::string& {
        return name(*one);
    });
    std::vector<ComponentConfig> sorted;
    sorted.reserve(components.size());
    for (ComponentConfig* one : order) sorted.push_back(std::move(*one));
    components = std::move(sorted);
}

std::expected<Config, Problems> finish(Draft& draft) {
    Reading& reading = draft.reading;
    if (!reading.problems.empty()) {
        fold(reading.problems, reading.sources);
        return std::unexpected(std::move(reading.problems));
    }
    fold(reading.warnings, reading.sources);
    for (const Problem& warning : reading.warnings) draft.config.warnings.push_back(warning.text());
    sort_by_name(draft.config.components);
    draft.config.has_plain_secrets = reading.plain_secrets > 0;
    draft.config.files = std::move(reading.sources.files);
    draft.config.secrets = reading.store;
    return std::move(draft.config);
}

Draft draft_of(const Catalog& catalog, const Options& options) {
    Draft draft{.catalog = catalog};
    draft.reading.environment = options.environment ? options.environment : process_environment();
    draft.reading.read_secrets = options.secrets;
    draft.include = options.include;
    return draft;
}

std::unexpected<Problems> refused(const std::string& file, std::string message) {
    return std::unexpected(Problems{{file, {}, std::move(message)}});
}

std::expected<Config, Problems> read(const File& file, const std::string& name,
                                     const Catalog& catalog, const Options& options) {
    Draft draft = draft_of(catalog, options);
    draft.config.file = name;
    auto root = read_sections_of(name, file, draft);
    if (root && root->nothing() && draft.reading.problems.empty())
        return refused(name, "the file is empty, expected at least a section 'components'");
    if (!root || root->kind != Node::Kind::mapping) return finish(draft);
    add_includes(*root, file.content.size(), draft);
    if (!report_foreign_file(*root, draft.reading)) read_sections(*root, draft);
    return finish(draft);
}

}  // namespace

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

std::optional<Node> read_sections_of(const std::string& name, const File& file, Draft& draft) {
    Reading& reading = draft.reading;
    reading.sources.files.push_back(name);
    const auto number = static_cast<std::uint32_t>(reading.sources.files.size() - 1);
    if (file.others_may_read) reading.open_files.insert(number);
    std::vector<Complaint> complaints, doubts;
    std::optional<Node> root = read_yaml(file.content, reading.sources, complaints);
    if (root) {
        // A section that only gives names to values is not a section of vitals.
        std::erase_if(root->entries, [](const Node::Entry& e) { return e.key.starts_with("x-"); });
        for (Node::Entry& entry : root->entries)
            replace_variables(entry.value, reading.environment, entry.key == "defaults", complaints,
                              doubts);
    }
    const bool good = complaints.empty();
    for (Complaint& complaint : complaints)
        reading.problem(complaint.position, std::move(complaint.message));
    for (Complaint& doubt : doubts) reading.warning(doubt.position, std::move(doubt.message));
    if (!root || root->nothing()) return good ? Node{} : std::optional<Node>();
    if (root->broken) return std::nullopt;
    if (root->kind == Node::Kind::mapping) return root;
    reading.problem(root->position, fmt::format("the file must be a mapping of sections such as "
                                                "'components:', found {}",
                                                found(*root)));
    return std::nullopt;
}

std::expected<Config, Problems> parse(std::string_view text, const std::string& file,
                                      const Catalog& catalog, const Options& options) {
    if (text.size() > max_file_bytes)
        return refused(file, fmt::format("is larger than {} MiB", max_file_bytes >> 20));
    return read({.content = std::string(text)}, file, catalog, options);
}

std::expected<Config, Problems> load(const std::string& file, const Catalog& catalog,
                                     const Options& options) {
    const std::string name = file == standard_input ? "<stdin>" : file;
    const auto content = read_file(file, false);
    if (!content) return refused(name, content.error());
    return read(*content, name, catalog, options);
}

std::optional<std::string> find_file() {
    const char* named = std::getenv("VITALS_CONFIG");
    if (named != nullptr && *named != '\0') return named;
    for (const char* candidate : usual_files)
        if (::access(candidate, F_OK) == 0) return candidate;
    return std::nullopt;
}

std::vector<std::string> public_patterns(std::string_view written) {
    std::vector<std::string> words;
    while (!written.empty()) {
        const auto end = written.find(", ");
        words.emplace_back(written.substr(0, end));
        written.remove_prefix(end == std::string_view::npos ? written.size() : end + 2);
    }
    return words;
}

}  // namespace vitals::config
