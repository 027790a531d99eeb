// The section `defaults`: what all components inherit, those of a kind, and those of a group. The
// component's own keys come first, then those of its group, then of its kind, then the section's
// own keys.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/sections.hpp"
#include "text/url.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

bool has(std::span<const Field> fields, std::string_view key) {
    return std::ranges::find(fields, key, &Field::name) != fields.end();
}

// Reads one key into a struct that is thrown away, so that an error is reported here, once.
void try_out(Node::Entry& entry, std::span<const Field> common, const Described* kind,
             const Subject& subject, Reading& reading) {
    ComponentKeys keys;
    AnyOptions options;
    std::vector<Part> parts{Part{common, ObjectRef(keys)}};
    if (kind != nullptr) {
        options = kind->description.make();
        parts.push_back({kind->description.fields, options.ref()});
    }
    Node alone{.kind = Node::Kind::mapping, .position = entry.position, .entries = {entry}};
    replace_heir(alone, "group/name");
    if (!apply(alone, entry.position, parts, subject, reading)) entry.value.broken = true;
}

void read_kind(const Node::Entry& entry, Draft& draft) {
    Reading& reading = draft.reading;
    const Described* kind = kind_named(draft.catalog, entry.key);
    if (kind == nullptr) {
        reading.problem(entry.position,
                        fmt::format("unknown kind of check {}{} 'vitals kinds' lists all",
                                    text::in_quotes(entry.key),
                                    text::did_you_mean(entry.key, kind_names(draft.catalog), ";")));
        return;
    }
    const Subject subject{.noun = fmt::format("a component of kind {}", entry.key),
                          .name = fmt::format("the defaults of kind {}", entry.key),
                          .more = fmt::format("; 'vitals kinds {}' lists its keys", entry.key),
                          .partial = true};
    Node& kept = draft.kind_defaults[entry.key] = entry.value;
    for (Node::Entry& key : kept.entries) {
        if (key.key != "check") {
            try_out(key, common_component_fields(), kind, subject, reading);
            continue;
        }
        reading.problem(key.position, fmt::format("'check' is not a default of a kind: these are "
                                                  "the defaults of components whose check is {}",
                                                  entry.key));
        key.value.broken = true;
    }
}

// Calls it for each entry of a mapping from names to mappings.
template <class Read>
void read_each(const Node* node, std::string_view what, Draft& draft, Read read) {
    if (node == nullptr || node->broken) return;
    const auto must_be = [&](const Node& found_node, Position position, std::string_view name) {
        if (found_node.kind == Node::Kind::mapping) return true;
        if (!found_node.broken)
            draft.reading.problem(found_node.nothing() ? position : found_node.position,
                                  fmt::format("{} must be a mapping, found {}",
                                              text::in_quotes(name), found(found_node)));
        return false;
    };
    if (!must_be(*node, node->position, what)) return;
    for (const Node::Entry& entry : node->entries)
        if (must_be(entry.value, entry.position, entry.key) && !entry.value.broken) read(entry);
}

// The kinds of the components of one group; null for an unknown one.
std::vector<const Described*> kinds_of(std::string_view group, const Node& components,
                                       const Node* usual_check, const Catalog& catalog) {
    std::vector<const Described*> kinds;
    for (const Node::Entry& entry : components.entries) {
        if (group_of(entry.key) != group) continue;
        const Node* check = entry.value.find("check");
        if (check == nullptr) check = usual_check;
        const Described* kind = check == nullptr ? nullptr : kind_named(catalog, check->scalar);
        if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
    }
    return kinds;
}

void try_out_group(const std::string& group, Node& defaults,
                   const std::vector<const Described*>& kinds, Reading& reading) {
    const auto common = common_component_fields();
    const Subject subject{.noun = fmt::format("the components of group {}", text::in_quotes(group)),
                          .name = fmt::format("the defaults of group {}", text::in_quotes(group)),
                          .partial = true};
    const bool all_known = std::ranges::find(kinds, nullptr) == kinds.end();
    std::vector<std::string_view> names;
    for (const Field& field : common) names.push_back(field.name);
    for (const Described* kind : kinds)
        if (kind != nullptr)
            for (const Field& field : kind->description.fields) names.push_back(field.name);
    for (Node::Entry& entry : defaults.entries) {
        if (has(common, entry.key)) {
            try_out(entry, common, nullptr, subject, reading);
            continue;
        }
        bool taken = false;
        for (const Described* kind : kinds) {
            if (kind == nullptr || !has(kind->description.fields, entry.key)) continue;
            taken = true;
            if (!entry.value.broken) try_out(entry, common, kind, subject, reading);
        }
        if (taken || !all_known || kinds.empty()) continue;
        reading.problem(
            entry.position,
            fmt::format("no component of group {} takes the key {}{}", text::in_quotes(group),
                        text::in_quotes(entry.key), text::did_you_mean(entry.key, names)));
        entry.value.broken = true;
    }
}

// The component's own URL has a user: then none is inherited.
bool stands_in_url(std::string_view key, const Node& component) {
    if (key != "user" && key != "password") return false;
    const Node* url = component.find("url");
    if (url == nullptr || url->kind != Node::Kind::scalar) return false;
    const text::Url parts(url->scalar);
    return !(key == "user" ? parts.user : parts.password).empty();
}

// A component does not depend on itself because its whole group depends on it.
bool only_itself(Node::Entry& entry, std::string_view name) {
    if (entry.key != "depends_on") return false;
    if (entry.value.kind == Node::Kind::scalar) return entry.value.scalar == name;
    const auto left_out =
        std::erase_if(entry.value.items, [name](const Node& item) { return item.scalar == name; });
    return left_out > 0 && entry.value.items.empty();
}

}  // namespace

void read_defaults(const Node::Entry& entry, Draft& draft) {
    DefaultsKeys keys;
    Node plain = entry.value;
    std::erase_if(plain.entries,
                  [](const Node::Entry& e) { return e.key == "kinds" || e.key == "groups"; });
    const Subject subject{.noun = "'defaults'", .name = "'defaults'"};
    const Part part{section("defaults").description.fields, ObjectRef(keys)};
    apply(plain, entry.position, std::span(&part, 1), subject, draft.reading);
    Policy& defaults = draft.config.defaults;
    defaults.interval = keys.interval;
    defaults.timeout = keys.timeout;
    defaults.failures = static_cast<unsigned>(keys.failures);
    defaults.successes = static_cast<unsigned>(keys.successes);
    defaults.retry_interval = keys.retry_interval;
    defaults.down_interval = keys.down_interval;
    check_pace(plain, defaults, draft.reading);
    draft.defaults = std::move(plain);
    read_each(entry.value.find("kinds"), "kinds", draft,
              [&draft](const Node::Entry& kind) { read_kind(kind, draft); });
    read_each(entry.value.find("groups"), "groups", draft, [&draft](const Node::Entry& group) {
        draft.group_defaults[group.key] = group.value;
    });
}

void try_out_group_defaults(const Node& components, Draft& draft) {
    for (auto& [group, defaults] : draft.group_defaults) {
        const auto kinds = kinds_of(group, components, defaults.find("check"), draft.catalog);
        if (kinds.empty() && !draft.lost.contains("components")) {
            std::vector<std::string_view> groups;
            for (const Node::Entry& each : components.entries)
                if (groups.size() < 1000 && !group_of(each.key).empty())
                    groups.push_back(group_of(each.key));
            draft.reading.warning(
                defaults.position,
                fmt::format("no component is in the group {}{}", text::in_quotes(group),
                            text::did_you_mean(group, groups)));
        }
        try_out_group(group, defaults, kinds, draft.reading);
    }
}

std::optional<Node> with_inherited(const Node::Entry& component, Draft& draft) {
    const auto group = draft.group_defaults.find(group_of(component.key));
    const Node* const of_group = group == draft.group_defaults.end() ? nullptr : &group->second;
    if (of_group == nullptr && draft.kind_defaults.empty()) return std::nullopt;
    if (component.value.kind != Node::Kind::mapping) return std::nullopt;
    const Node& own = component.value;
    const Node* check = own.find("check");
    if (check == nullptr && of_group != nullptr) check = of_group->find("check");
    const Described* kind = check == nullptr ? nullptr : kind_named(draft.catalog, check->scalar);
    const auto by_kind =
        check == nullptr ? draft.kind_defaults.end() : draft.kind_defaults.find(check->scalar);
    std::optional<Node> merged;
    std::uint32_t use = 0;
    const auto inherit = [&](const Node& from) {
        if (!merged) {
            merged = own;
            use = draft.reading.sources.use_at(component.position);
        }
        for (const Node::Entry& entry : from.entries) {
            const bool takes = has(common_component_fields(), entry.key) ||
                               (kind != nullptr && has(kind->description.fields, entry.key));
            if (!takes || merged->find(entry.key) != nullptr || stands_in_url(entry.key, own))
                continue;
            Node::Entry copy = entry;
            if (only_itself(copy, component.key)) continue;
            copy.position.use = use;
            copy.value.set_use(use);
            replace_heir(copy.value, component.key);
            merged->entries.push_back(std::move(copy));
        }
    };
    if (of_group != nullptr) inherit(*of_group);
    if (by_kind != draft.kind_defaults.end()) inherit(by_kind->second);
    return merged;
}

}  // namespace vitals::config
