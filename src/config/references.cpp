// Rules across sections: names that must exist, selectors that must match.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "model/selector.hpp"
#include "text/glob.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

// All names that may be referred to, by what a Field refers to.
class Names {
  public:
    explicit Names(const Draft& draft) {
        components_.assign(own_components.begin(), own_components.end());
        for (const WorkersConfig& group : draft.config.workers) {
            groups_.push_back(group.name);
            group_components_.push_back("workers/" + group.name);
        }
        for (const ObjectiveConfig& each : draft.config.objectives)
            group_components_.push_back("objectives/" + each.name);
        for (const ComponentConfig& each : draft.config.components) {
            components_.push_back(each.component->name);
            tags_.insert(tags_.end(), each.component->tags.begin(), each.component->tags.end());
        }
        if (draft.config.fleet) {
            group_components_.emplace_back("fleet");
            group_components_.push_back("nodes/" + draft.config.fleet->node);
        }
        components_.insert(components_.end(), group_components_.begin(), group_components_.end());
        kinds_ = {"engine",  "fleet", "node",   "objective",
                  "secrets", "store", "workers"};  // of components that are not checked
        for (const Described& kind : draft.catalog.kinds) kinds_.push_back(kind.description.name);
        for (const Token& token : draft.config.tokens) tokens_.push_back(token.name);
        for (const Listener& listener : draft.config.listeners) listeners_.push_back(listener.text);
        for (const Alerts::Receiver& one : draft.config.alerts.receivers)
            receivers_.push_back(one.name);
        for (std::vector<std::string_view>* names :
             {&components_, &groups_, &tokens_, &listeners_, &tags_, &kinds_, &receivers_})
            std::sort(names->begin(), names->end());
    }

    const std::vector<std::string_view>& of(std::string_view to) const {
        if (to == "workers") return groups_;
        if (to == "token") return tokens_;
        if (to == "listener") return listeners_;
        if (to == "tag") return tags_;
        if (to == "kind") return kinds_;
        if (to == "receiver") return receivers_;
        return components_;
    }

  private:
    std::vector<std::string> group_components_;  // the texts behind the views in components_
    std::vector<std::string_view> components_, groups_, tokens_, listeners_, tags_, kinds_,
        receivers_;
};

std::string_view noun(std::string_view to) {
    if (to == "workers") return "group of workers";
    if (to == "token") return "token";
    if (to == "listener") return "listener";
    if (to == "kind") return "kind of check";
    if (to == "receiver") return "receiver";
    return "component";
}

// A section that could not be read may hold the name.
bool may_be_lost(std::string_view to, const Draft& draft) {
    const auto lost = [&draft](std::string_view section) { return draft.lost.contains(section); };
    if (to == "workers") return lost("workers");
    if (to == "token") return lost("tokens");
    if (to == "listener") return lost("listeners");
    if (to == "receiver") return lost("alerts");
    return lost("components") || lost("workers") || lost("objectives");
}

bool exists(const std::vector<std::string_view>& names, std::string_view name) {
    return std::binary_search(names.begin(), names.end(), name);
}

// A group that is named like a component.
std::string of_group(std::string_view name, const std::vector<std::string_view>& known) {
    const std::string group = std::string(name) + '/';
    const auto count = std::count_if(known.begin(), known.end(), [&group](std::string_view each) {
        return each.starts_with(group);
    });
    if (count == 0) return {};
    return fmt::format("; '{}*' takes the {} of that group", group,
                       count == 1 ? "one" : std::to_string(count));
}

void check_name(const Reference& reference, std::string_view name, const Names& names,
                Draft& draft) {
    const auto& known = names.of(reference.to);
    if (exists(known, name) || may_be_lost(reference.to, draft)) return;
    // Searching for similar names takes time, and nobody reads that many.
    const bool few = draft.reading.problems.size() < 100;
    std::string meant = few && reference.to == "component" ? of_group(name, known) : std::string();
    if (few && meant.empty()) meant = text::did_you_mean(name, known);
    draft.reading.problem(reference.position,
                          fmt::format("'{}' names {}, but there is no such {}{}", reference.key,
                                      text::in_quotes(name), noun(reference.to), meant));
}

// A word without wildcards names a component or a kind, which must exist. Any other word may match
// later, when a component is pushed or a tag is added, so it only gets a warning.
void check_selector(const Reference& reference, const Names& names, Draft& draft) {
    const SelectorWord word = read_selector_word(reference.name);
    const std::string_view of = word.by == SelectorWord::By::name   ? "component"
                                : word.by == SelectorWord::By::kind ? "kind"
                                                                    : "tag";
    const auto& known = names.of(of);
    if (exists(known, word.pattern)) return;
    if (std::string problem = selector_problem(reference.name); !problem.empty()) {
        draft.reading.problem(
            reference.position,
            fmt::format("{} selects no component: {}", text::in_quotes(reference.name), problem));
        return;
    }
    if (of != "tag" && !word.is_glob()) {
        check_name({of, reference.name, reference.position, reference.key}, word.pattern, names,
                   draft);
        return;
    }
    const bool matches = std::any_of(known.begin(), known.end(), [&word](std::string_view name) {
        return text::glob_match(word.pattern, name);
    });
    if (!matches && !may_be_lost("component", draft))
        draft.reading.warning(
            reference.position,
            fmt::format("{} matches no component{}", text::in_quotes(reference.name),
                        word.is_glob() ? std::string() : text::did_you_mean(word.pattern, known)));
}

}  // namespace

void check_references(Draft& draft) {
    const Names names(draft);
    for (const Reference& reference : draft.reading.references) {
        if (reference.to == "components")
            check_selector(reference, names, draft);
        else
            check_name(reference, reference.name, names, draft);
    }
}

void warn_of_nothing_watched(const Node& root, Draft& draft) {
    if (draft.lost.contains("components") || draft.lost.contains("workers")) return;
    std::vector<Component> groups;
    for (const WorkersConfig& group : draft.config.workers) {
        Component& component = groups.emplace_back();
        component.name = "workers/" + group.name;
        component.kind = "workers";
    }
    const auto& components = draft.config.components;
    if (components.empty() && groups.empty()) {
        draft.reading.warning(root.position,
                              "nothing is checked: there are no components and no workers, so that "
                              "nothing is known and no answer is healthy");
        return;
    }
    const auto any = [&](const auto& matches) {
        return std::ranges::any_of(components, matches,
                                   [](const ComponentConfig& each) -> const Component& {
                                       return *each.component;
                                   }) ||
               std::ranges::any_of(groups, matches);
    };
    for (const EndpointConfig& endpoint : draft.config.endpoints) {
        const Selector& selector = endpoint.components;
        if (!endpoint.enabled || any([&](const Component& one) { return selector.takes(one); }))
            continue;
        // A word without a match got a warning at its place.
        const auto matches_none = [&any](const std::string& text) {
            const SelectorWord word = read_selector_word(text);
            return !word.excludes && !any([&](const Component& one) { return word.matches(one); });
        };
        if (std::any_of(selector.words().begin(), selector.words().end(), matches_none)) continue;
        draft.reading.warning(
            endpoint.position,
            fmt::format("the endpoint {} shows no component: its 'components' match none",
                        endpoint.own_listener
                            ? endpoint.own_listener->text
                            : fmt::format("{} on {}", endpoint.dialect, endpoint.path)));
    }
}

Position mentioned(const Node& node, std::string_view message, Position position) {
    const auto word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    std::size_t earliest = std::string_view::npos;
    for (const Node::Entry& entry : node.entries) {
        for (auto at = message.find(entry.key); at < earliest;
             at = message.find(entry.key, at + 1)) {
            const auto end = at + entry.key.size();
            if ((at > 0 && word(message[at - 1])) || (end < message.size() && word(message[end])))
                continue;
            earliest = at;
            position = entry.value.position;
        }
    }
    return position;
}

Node known_entries(const Node& node, std::span<const Field> fields) {
    Node known = node;
    std::erase_if(known.entries, [fields](const Node::Entry& entry) {
        return std::none_of(fields.begin(), fields.end(),
                            [&entry](const Field& field) { return field.name == entry.key; });
    });
    return known;
}

}  // namespace vitals::config
