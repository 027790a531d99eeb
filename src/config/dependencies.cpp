// Dependencies: selectors become names, and circles are refused.
#include <algorithm>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/secret_forms.hpp"
#include "model/selector.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

bool is_name(std::string_view word) {
    const SelectorWord read = read_selector_word(word);
    return !read.excludes && read.by == SelectorWord::By::name && !read.is_glob();
}

// Every component that a selector may match, by name.
std::vector<Component> selectable(const Config& config) {
    std::vector<Component> all;
    for (const std::string_view name : own_components) {
        Component& one = all.emplace_back();
        one.name = name;
        one.own = true;
    }
    for (const WorkersConfig& group : config.workers) {
        Component& one = all.emplace_back();
        one.name = "workers/" + group.name;
        one.kind = "workers";
    }
    for (const ObjectiveConfig& objective : config.objectives) {
        Component& one = all.emplace_back();
        one.name = "objectives/" + objective.name;
        one.kind = "objective";
        one.own = true;
    }
    for (const ComponentConfig& each : config.components) {
        Component& one = all.emplace_back();
        one.name = each.component->name;
        one.kind = each.component->kind;
        one.tags = each.component->tags;
    }
    std::sort(all.begin(), all.end(),
              [](const Component& a, const Component& b) { return a.name < b.name; });
    return all;
}

// The names that a list of selectors means: those that are written, in that order, then the others
// that it matches, by name. vitals' own components only count if they are named.
std::vector<std::string> chosen(const std::vector<std::string>& words,
                                const std::vector<Component>& components) {
    const Selector selector(words);
    std::vector<std::string> written, others;
    for (const std::string& word : words)
        if (is_name(word)) written.push_back(word);
    std::erase_if(written, [&](const std::string& name) {
        const auto at = std::lower_bound(
            components.begin(), components.end(), name,
            [](const Component& one, const std::string& wanted) { return one.name < wanted; });
        return at != components.end() && at->name == name && !selector.takes(*at);
    });
    for (const Component& one : components)
        if (!one.own && selector.takes(one) &&
            std::find(written.begin(), written.end(), one.name) == written.end())
            others.push_back(one.name);
    written.insert(written.end(), others.begin(), others.end());
    return written;
}

// Depth first over the dependencies; meeting a component again on the way closes a circle.
class CycleFinder {
  public:
    explicit CycleFinder(Draft& draft) : draft_(draft) {}

    void search() {
        for (const ComponentConfig& each : draft_.config.components)
            if (draft_.dependencies.contains(each.component->name)) visit(each.component->name);
    }

  private:
    enum class Mark { fresh, under_way, done };
    struct Step {
        std::string name;
        std::size_t next = 0;
    };

    // With its own stack: a chain may be as long as the file has components.
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
            draft_.reading.problem(
                position, fmt::format("component {} depends on itself", text::in_quotes(to)));
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

void choose_dependencies(Draft& draft) {
    std::vector<Component> components;
    std::map<std::vector<std::string>, std::vector<std::string>> known;
    for (ComponentConfig& each : draft.config.components) {
        std::vector<std::string>& words = each.component.edit().depends_on;
        if (std::all_of(words.begin(), words.end(), is_name)) continue;
        if (components.empty()) components = selectable(draft.config);
        auto at = known.find(words);
        if (at == known.end()) at = known.emplace(words, chosen(words, components)).first;
        auto& edges = draft.dependencies[each.component->name];
        const Position position = edges.front().second;
        const bool names_itself =
            std::find(words.begin(), words.end(), each.component->name) != words.end();
        words = at->second;
        if (!names_itself) std::erase(words, each.component->name);
        edges.clear();
        std::string names;
        for (const std::string& name : words) {
            edges.emplace_back(name, position);
            names += "\n" + name;
        }
        each.fingerprint = digest(each.fingerprint + names);
        each.public_digest = digest(each.public_digest + names);
    }
}

void check_cycles(Draft& draft) {
    CycleFinder(draft).search();
}

}  // namespace vitals::config
