// The section `objectives`.
#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/sections.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

// The name of its component must be free.
void check_name(const Node::Entry& entry, Draft& draft) {
    Reading& reading = draft.reading;
    const std::string as_component = "objectives/" + entry.key;
    if (entry.key.find('/') != std::string::npos)
        reading.problem(entry.position,
                        fmt::format("the name {} of an objective must not hold a '/'",
                                    text::in_quotes(entry.key)));
    else if (std::string problem = component_name_problem(as_component); !problem.empty())
        reading.problem(entry.position, std::move(problem));
    for (const ComponentConfig& other : draft.config.components)
        if (other.component->name == as_component)
            reading.problem(entry.position,
                            fmt::format("the objective {} is itself the component {}, which stands "
                                        "{} already",
                                        text::in_quotes(entry.key), text::in_quotes(as_component),
                                        reading.sources.place(other.position, entry.position)));
}

}  // namespace

void read_objectives(const Node& node, Draft& draft) {
    for (const Node::Entry& entry : node.entries) {
        check_name(entry, draft);
        ObjectiveConfig& objective = draft.config.objectives.emplace_back();
        objective.name = entry.key;
        objective.position = entry.position;
        const Subject subject{.noun = "an objective",
                              .name = fmt::format("objective {}", text::in_quotes(entry.key))};
        const Part part{section("objectives").description.fields, ObjectRef(objective)};
        apply(entry.value, entry.position, std::span(&part, 1), subject, draft.reading);
        objective.public_digest = fingerprint(entry.value, "objective", Policy(), part.fields, {},
                                              PlainSecrets::left_out);
    }
}

}  // namespace vitals::config
