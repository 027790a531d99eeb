// What spans sections: names that must exist, globs that must match, dependencies without a circle.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/wording.hpp"

namespace vitals::config {

namespace {

// vitals' own components, which may be named like any other.
constexpr std::array<std::string_view, 3> own_components = {"vitals/engine", "vitals/secrets",
                                                            "vitals/store"};

// Everything that may be named, by what a Field refers to.
class Names {
  public:
    explicit Names(const Draft& draft) {
        components_.assign(own_components.begin(), own_components.end());
        for (const WorkersConfig& group : draft.config.workers) {
            groups_.push_back(group.name);
            group_components_.push_back("workers/" + group.name);
        }
        for (const ComponentConfig& each : draft.config.components)
            components_.push_back(each.component.name);
        components_.insert(components_.end(), group_components_.begin(), group_components_.end());
        for (const Token& token : draft.config.tokens) tokens_.push_back(token.name);
        for (const Listener& listener : draft.config.listeners) listeners_.push_back(listener.text);
        for (std::vector<std::string_view>* names : {&components_, &groups_, &tokens_, &listeners_})
            std::sort(names->begin(), names->end());
    }

    const std::vector<std::string_view>& of(std::string_view to) const {
        if (to == "workers") return groups_;
        if (to == "token") return tokens_;
        if (to == "listener") return listeners_;
        return components_;
    }

  private:
    std::vector<std::string> group_components_;  // what views of components_ point into
    std::vector<std::string_view> components_, groups_, tokens_, listeners_;
};

std::string_view noun(std::string_view to) {
    if (to == "workers") return "group of workers";
    if (to == "token") return "token";
    if (to == "listener") return "listener";
    return "component";
}

// A section that could not be read may hold the name.
bool may_be_lost(std::string_view to, const Draft& draft) {
    const auto lost = [&draft](std::string_view section) { return draft.lost.contains(section); };
    if (to == "workers") return lost("workers");
    if (to == "token") return lost("tokens");
    if (to == "listener") return lost("listeners");
    return lost("components") || lost("workers");
}

bool exists(const std::vector<std::string_view>& names, std::string_view name) {
    return std::binary_search(names.begin(), names.end(), name);
}

void check_name(const Reference& reference, std::string_view name, const Names& names,
                Draft& draft) {
    const auto& known = names.of(reference.to);
    if (exists(known, name) || may_be_lost(reference.to, draft)) return;
    // Looking for near misses takes time, and nobody reads that many.
    const bool few = draft.reading.problems.size() < 100;
    draft.reading.problem(
        reference.position,
        fmt::format("'{}' names {}, but there is no such {}{}", reference.key, in_quotes(name),
                    noun(reference.to), few ? did_you_mean(name, known) : std::string()));
}

// A glob without wildcards is a name and must exist. One with wildcards may match only later, when
// a component is pushed, so that it is merely warned of.
void check_glob(const Reference& reference, const Names& names, Draft& draft) {
    std::string_view pattern = reference.name;
    if (pattern.starts_with('!')) pattern.remove_prefix(1);
    const auto& known = names.of("component");
    if (exists(known, pattern)) return;
    if (std::string problem = glob_problem(reference.name); !problem.empty()) {
        draft.reading.problem(reference.position,
                              fmt::format("{} is not a glob over components: {}",
                                          in_quotes(reference.name), problem));
        return;
    }
    if (pattern.find_first_of("*?") == std::string_view::npos) {
        check_name(reference, pattern, names, draft);
        return;
    }
    const bool matches = std::any_of(known.begin(), known.end(), [pattern](std::string_view name) {
        return glob_match(pattern, name);
    });
    if (!matches && !may_be_lost("component", draft))
        draft.reading.warning(reference.position,
                              fmt::format("{} matches no component", in_quotes(reference.name)));
}

// Depth first over the dependencies; a component met again on the way back closes a circle.
class CycleFinder {
  public:
    explicit CycleFinder(Draft& draft) : draft_(draft) {}

    void search() {
        for (const ComponentConfig& each : draft_.config.components) visit(each.component.name);
    }

  private:
    enum class Mark { fresh, under_way, done };
    struct Step {
        std::string name;
        std::size_t next = 0;
    };

    // With a stack of its own: a chain may be as long as the file has components.
    void visit(const std::string& start) {
        if (marks_[start] != Mark::fresh) return;
        enter(start);
        while (!way_.empty()) {
            Step& step = way_.back();
            const auto edges = draft_.dependencies.find(step.name);
            if (edges == draft_.dependencies.end() || step.next == edges->second.size()) {
                marks_[step.name] = Mark::done;
                way_.pop_back();
                continue;
            }
            const auto& [to, position] = edges->second[step.next++];
            const Mark mark = marks_[to];
            if (mark == Mark::under_way) report(to, position);
            if (mark == Mark::fresh) enter(to);
        }
    }

    void enter(const std::string& name) {
        marks_[name] = Mark::under_way;
        way_.push_back({name});
    }

    void report(const std::string& to, Position position) {
        std::string circle;
        const auto first = std::find_if(way_.begin(), way_.end(),
                                        [&to](const Step& step) { return step.name == to; });
        for (auto step = first; step != way_.end(); ++step) circle += step->name + " -> ";
        if (std::next(first) == way_.end()) {
            draft_.reading.problem(position,
                                   fmt::format("component {} depends on itself", in_quotes(to)));
            return;
        }
        draft_.reading.problem(position,
                               fmt::format("dependencies go in a circle: {}{}", circle, to));
    }

    Draft& draft_;
    std::map<std::string, Mark> marks_;
    std::vector<Step> way_;
};

}  // namespace

void check_references(Draft& draft) {
    const Names names(draft);
    for (const Reference& reference : draft.reading.references) {
        if (reference.to == "components")
            check_glob(reference, names, draft);
        else
            check_name(reference, reference.name, names, draft);
    }
}

void check_cycles(Draft& draft) {
    CycleFinder(draft).search();
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
