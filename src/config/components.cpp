// The section `components`: the common keys, then those of the kind.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/other_words.hpp"
#include "config/secret_forms.hpp"
#include "config/sections.hpp"
#include "model/name.hpp"
#include "text/masked.hpp"
#include "text/words.hpp"

namespace vitals::config {

const Described* kind_named(const Catalog& catalog, std::string_view name) {
    const auto at = std::find_if(catalog.kinds.begin(), catalog.kinds.end(),
                                 [&](const auto& kind) { return kind.description.name == name; });
    return at == catalog.kinds.end() ? nullptr : &*at;
}

std::vector<std::string_view> kind_names(const Catalog& catalog) {
    std::vector<std::string_view> names;
    for (const Described& kind : catalog.kinds) names.push_back(kind.description.name);
    return names;
}

std::string_view group_of(std::string_view component) {
    const auto slash = component.find('/');
    return slash == std::string_view::npos ? std::string_view() : component.substr(0, slash);
}

namespace {

Policy policy_of(const ComponentKeys& keys, const Policy& defaults) {
    Policy policy = defaults;
    policy.interval = keys.interval.value_or(defaults.interval);
    policy.timeout = keys.timeout.value_or(defaults.timeout);
    if (keys.failures) policy.failures = static_cast<unsigned>(*keys.failures);
    if (keys.successes) policy.successes = static_cast<unsigned>(*keys.successes);
    policy.valid_for = keys.valid_for;
    if (keys.retry_interval) policy.retry_interval = keys.retry_interval;
    if (keys.down_interval) policy.down_interval = keys.down_interval;
    policy.slow_above = keys.slow_above;
    return policy;
}

// Limits that would make every result stale, or that could never be reached.
void check_policy(const Node& node, const Policy& policy, Reading& reading) {
    if (policy.valid_for) {
        const Position position = node.find("valid_for")->position;
        if (*policy.valid_for < policy.timeout)
            reading.problem(
                position,
                fmt::format("valid_for {} is less than the timeout {}: a result could "
                            "turn stale while the next run is still under way",
                            format_duration(*policy.valid_for), format_duration(policy.timeout)));
        else if (*policy.valid_for < policy.interval)
            reading.problem(
                position,
                fmt::format("valid_for {} is less than the interval {}: every result "
                            "would turn stale before the next run",
                            format_duration(*policy.valid_for), format_duration(policy.interval)));
        else if (*policy.valid_for < policy.interval_at(Pace::down))
            reading.problem(
                position,
                fmt::format("valid_for {} is less than the down_interval {}: a failed component "
                            "would turn stale before the next run",
                            format_duration(*policy.valid_for),
                            format_duration(policy.interval_at(Pace::down))));
    }
    if (policy.slow_above && *policy.slow_above >= policy.timeout)
        reading.problem(
            node.find("slow_above")->position,
            fmt::format("slow_above {} is not less than the timeout {}: no run could "
                        "be slow, only late",
                        format_duration(*policy.slow_above), format_duration(policy.timeout)));
}

std::optional<std::chrono::milliseconds> ttl_of(const Described& kind, const AnyOptions& options) {
    if (!kind.pushed || !options) return std::nullopt;
    for (const Field& field : kind.description.fields) {
        if (field.name != "ttl" || field.type != Type::duration) continue;
        if (const auto value = field.peek(options.ref()))
            return *std::get<std::chrono::milliseconds*>(*value);
    }
    return std::nullopt;
}

// Whether what is pushed to it counts in the whole fleet.
bool is_shared(const Described& kind, const AnyOptions& options) {
    if (!kind.pushed || !options) return false;
    for (const Field& field : kind.description.fields) {
        if (field.name != "fleet" || field.type != Type::boolean) continue;
        if (const auto value = field.peek(options.ref())) return *std::get<bool*>(*value);
    }
    return false;
}

void take_common(const ComponentKeys& keys, const Policy& policy, ComponentConfig& made) {
    made.policy = policy;
    Component& component = made.component.edit();
    component.critical = keys.critical;
    component.depends_on = keys.depends_on;
    component.tags = keys.tags;
    component.probes = keys.probes;
    component.interval = policy.interval;
    component.timeout = policy.timeout;
    component.failures = policy.failures;
    component.successes = policy.successes;
    component.runbook = keys.runbook;
    made.on_failed = keys.on_failed;
    made.vantage = keys.vantage;
}

// The target of a component, for those who may read error texts: its URL without secrets.
std::string target_of(const Described& kind, const AnyOptions& options) {
    for (const std::string_view key : {"url", "path", "address", "host"})
        for (const Field& field : kind.description.fields)
            if (field.name == key)
                if (std::string text = format_value(field, field.peek(options.ref()));
                    !text.empty())
                    return text::masked_url(text);
    return {};
}

// `payments.yaml:31`: the name of the file is enough for the person who edits it.
std::string place_of(const Position& position, const std::vector<std::string>& files) {
    if (position.file >= files.size()) return {};
    const std::string& file = files[position.file];
    return fmt::format("{}:{}", file.substr(file.rfind('/') + 1), position.line);
}

// Whether there is a key that means `check` in other programs: `type: postgres`. A kind may have a
// key of that name itself, so its value must be the name of a kind.
const Node::Entry* other_check(const Node& node, const Catalog& catalog) {
    for (const Node::Entry& entry : node.entries) {
        const OtherWord* word = other_word(OtherWord::What::key, entry.key);
        if (word == nullptr || word->here != "check" || entry.value.broken) continue;
        const std::string& value = entry.value.scalar;
        if (kind_named(catalog, value) != nullptr || !other_kind(value).empty()) return &entry;
    }
    return nullptr;
}

void report_unknown_kind(const Node& check, Draft& draft) {
    if (std::string other = other_kind(check.scalar); !other.empty())
        return draft.reading.problem(check.position, std::move(other));
    draft.reading.problem(
        check.position,
        fmt::format("unknown kind of check {}{} 'vitals kinds' lists all",
                    text::in_quotes(check.scalar),
                    text::did_you_mean(check.scalar, kind_names(draft.catalog), ";")));
}

// The kind of the component; null when an error was reported.
const Described* kind_of(const Node& node, const std::string& name, Position position,
                         Draft& draft) {
    Reading& reading = draft.reading;
    const Node* check = node.find("check");
    if (check == nullptr) {
        if (const Node::Entry* other = other_check(node, draft.catalog)) {
            reading.problem(other->position,
                            fmt::format("{} is written 'check' here", text::in_quotes(other->key)));
            if (kind_named(draft.catalog, other->value.scalar) == nullptr)
                report_unknown_kind(other->value, draft);
            return nullptr;
        }
        // `chek: http` is one mistake, not a component without a kind.
        const std::string_view wanted = "check";
        for (const Node::Entry& entry : node.entries) {
            if (!text::nearest(entry.key, std::span(&wanted, 1))) continue;
            reading.problem(entry.position,
                            fmt::format("unknown key {} of a component, did you mean 'check'?",
                                        text::in_quotes(entry.key)));
            return nullptr;
        }
        reading.problem(position, fmt::format("component {} has no 'check', expected the kind of "
                                              "check; 'vitals kinds' lists them",
                                              text::in_quotes(name)));
        return nullptr;
    }
    if (check->broken) return nullptr;
    if (check->kind != Node::Kind::scalar || check->nothing()) {
        reading.problem(check->nothing() ? position : check->position,
                        fmt::format("'check' of component {} must be the name of a kind, found {}",
                                    text::in_quotes(name), found(*check)));
        return nullptr;
    }
    const Described* kind = kind_named(draft.catalog, check->scalar);
    if (kind == nullptr) report_unknown_kind(*check, draft);
    return kind;
}

// If one run may take longer than the interval, failures are seen late.
void doubt_timeout(const Node& node, const Policy& policy, Draft& draft) {
    if (policy.timeout <= policy.interval) return;
    const Node* where = nullptr;
    for (const Node* in : {&node, static_cast<const Node*>(&draft.defaults)})
        for (const char* key : {"timeout", "interval"})
            if (where == nullptr) where = in->find(key);
    if (where == nullptr) return;
    draft.reading.warning(
        where->position,
        fmt::format("the timeout {} is longer than the interval {}: a run that hangs delays the "
                    "next ones",
                    format_duration(policy.timeout), format_duration(policy.interval)));
}

// A component depends on the members that an option selects: their failure explains its own.
void depend_on_members(const Node& node, const Described& kind, const AnyOptions& options,
                       ComponentConfig& made, Draft& draft) {
    auto& edges = draft.dependencies[made.component->name];
    for (const Field& field : kind.description.fields) {
        const Node* words = node.find(field.name);
        if (words == nullptr || (field.refers != "components" && field.refers != "workers"))
            continue;
        const auto add = [&](const std::string& word) {
            made.component.edit().depends_on.push_back(word);
            edges.emplace_back(word, words->position);
        };
        const ValueRef value = field.reach(options.ref());
        if (field.type == Type::texts)
            for (const std::string& word : *std::get<std::vector<std::string>*>(value)) add(word);
        else if (const std::string& name = *std::get<std::string*>(value); !name.empty())
            add("workers/" + name);
    }
    if (edges.empty()) draft.dependencies.erase(made.component->name);
}

void read_component(const Node::Entry& entry, Draft& draft) {
    Reading& reading = draft.reading;
    const std::optional<Node> inherited = with_inherited(entry, draft);
    const Node& node = inherited ? *inherited : entry.value;
    if (std::string problem = component_name_problem(entry.key); !problem.empty())
        reading.problem(entry.position, std::move(problem));
    ComponentConfig& made = draft.config.components.emplace_back();
    made.component.edit().name = entry.key;
    made.position = entry.position;
    if (node.broken) return;
    if (node.kind != Node::Kind::mapping) {
        reading.problem(node.nothing() ? entry.position : node.position,
                        fmt::format("component {} must be a mapping with 'check' and what it "
                                    "needs, found {}",
                                    text::in_quotes(entry.key), found(node)));
        return;
    }
    const auto common = common_component_fields();
    ComponentKeys keys;
    const Described* kind = kind_of(node, entry.key, entry.position, draft);
    if (kind == nullptr) {
        Node rest = known_entries(node, common);
        std::erase_if(rest.entries, [](const Node::Entry& e) { return e.key == "check"; });
        rest.entries.push_back({"check", entry.position, Node{.scalar = "?"}});
        const Part part{common, ObjectRef(keys)};
        apply(rest, entry.position, std::span(&part, 1), {}, reading);
        return;
    }
    made.kind = made.component.edit().kind = kind->description.name;
    made.component.edit().category = kind->category;
    const auto options = kind->description.make();
    const std::array parts = {Part{common, ObjectRef(keys)},
                              Part{kind->description.fields, options.ref()}};
    const Subject subject{
        .noun = "a component of kind " + made.kind,
        .name = "component " + text::in_quotes(entry.key) + " of kind " + made.kind,
        .more = "; 'vitals kinds " + made.kind + "' lists its keys"};
    const std::size_t plain_before = reading.plain_secrets;
    const bool good = apply(node, entry.position, parts, subject, reading);
    if (const Node* on = node.find("depends_on"); on != nullptr && !on->broken) {
        auto& edges = draft.dependencies[entry.key];
        if (on->kind == Node::Kind::scalar) edges.emplace_back(on->scalar, on->position);
        for (const Node& item : on->items) edges.emplace_back(item.scalar, item.position);
    }
    if (!good) return;
    if (const Verified whole = kind->description.verify(options.ref()); !whole)
        reading.problem(mentioned(node, whole.error(), entry.position),
                        fmt::format("{}: {}", subject.name, whole.error()));
    Policy defaults = draft.config.defaults;
    if (kind->reported) defaults.failures = defaults.successes = 1;
    const Policy policy = policy_of(keys, defaults);
    if (!kind->pushed) {
        check_policy(node, policy, reading);
        check_pace(entry.value, policy, reading);
        doubt_timeout(node, policy, draft);
    }
    take_common(keys, policy, made);
    if (made.vantage && made.on_failed)
        reading.problem(node.find("on_failed")->position,
                        fmt::format("{} has both 'vantage' and 'on_failed': every node of the "
                                    "fleet would run that program",
                                    subject.name));
    if (made.vantage && (kind->pushed || kind->reported))
        reading.problem(
            node.find("vantage")->position,
            fmt::format(
                "{}: 'vantage' is for components that nodes check, but this kind has no check",
                subject.name));
    depend_on_members(node, *kind, options, made, draft);
    made.ttl = ttl_of(*kind, options);
    made.fleet = is_shared(*kind, options);
    made.options = options;
    made.component.edit().target = target_of(*kind, options);
    made.component.edit().defined_in = place_of(entry.position, draft.reading.sources.files);
    const auto own = kind->description.fields;
    made.fingerprint = fingerprint(node, made.kind, policy, common, own);
    made.public_digest =
        reading.plain_secrets == plain_before
            ? made.fingerprint
            : fingerprint(node, made.kind, policy, common, own, PlainSecrets::left_out);
}

}  // namespace

// An interval from 'defaults' that does not fit is ignored; one that is written here is a mistake.
void check_pace(const Node& node, const Policy& policy, Reading& reading) {
    const Node* retry = node.find("retry_interval");
    if (retry != nullptr && *policy.retry_interval > policy.interval)
        reading.problem(
            retry->position,
            fmt::format("retry_interval {} is more than the interval {}: in doubt a component is "
                        "checked more often, not less",
                        format_duration(*policy.retry_interval), format_duration(policy.interval)));
    const Node* down = node.find("down_interval");
    if (down != nullptr && *policy.down_interval < policy.interval)
        reading.problem(
            down->position,
            fmt::format("down_interval {} is less than the interval {}: a failed component is "
                        "checked less often, not more",
                        format_duration(*policy.down_interval), format_duration(policy.interval)));
}

std::string component_name_problem(std::string_view name) {
    const std::string problem = name_problem(name);
    return problem.empty() ? problem
                           : fmt::format("the name {} {}", text::in_quotes(name), problem);
}

void read_components(const Node& node, Draft& draft) {
    try_out_group_defaults(node, draft);
    draft.config.components.reserve(node.entries.size());
    for (const Node::Entry& entry : node.entries) read_component(entry, draft);
}

namespace {

// The fingerprint of a value that was set by code includes the password of a URL.
std::string told_apart(const Field& field, const std::optional<ValueRef>& value) {
    const auto* const parsed = value ? std::get_if<ParsedRef>(&*value) : nullptr;
    if (parsed != nullptr && field.type_name == OptionText<text::Url>::name)
        return parsed->value.as<text::Url>().text;
    return format_value(field, value);
}

}  // namespace

ComponentConfig component_of(std::string name, const Described& kind, AnyOptions options,
                             const Policy& defaults) {
    ComponentConfig made;
    Component& component = made.component.edit();
    component.name = std::move(name);
    made.kind = component.kind = kind.description.name;
    component.category = kind.category;
    made.policy = defaults;
    component.interval = defaults.interval;
    component.timeout = defaults.timeout;
    made.ttl = ttl_of(kind, options);
    std::string text = made.kind;
    for (const Field& field : kind.description.fields)
        text += fmt::format("\n{}={}", field.name, told_apart(field, field.peek(options.ref())));
    made.fingerprint = digest(text);
    made.options = std::move(options);
    return made;
}

}  // namespace vitals::config
