// A configuration being made: what the readers of the sections share. Each reads its section,
// reports what is wrong with it and goes on; what spans sections is checked when all are read.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/apply.hpp"
#include "config/config.hpp"
#include "config/node.hpp"

namespace vitals::config {

struct Draft {
    const Catalog& catalog;
    Reading reading;
    Config config;
    // Sections that could not be read as a whole: what they hold is unknown, so that a reference
    // into them is no mistake.
    std::set<std::string, std::less<>> lost;
    // What each component depends on, in the order written.
    std::map<std::string, std::vector<std::pair<std::string, Position>>> dependencies;
};

// Each gets the section's value, already known to be a list or mapping as it should be.
void read_listeners(const Node& node, Draft& draft);
void read_tokens(const Node& node, Draft& draft);
void read_components(const Node& node, Draft& draft);
void read_workers(const Node& node, Draft& draft);
void read_endpoints(const Node& node, Draft& draft);

// Every dialect that needs no mapping on its usual path, but for what an entry replaces.
void mount_usual_endpoints(Draft& draft);
// What a reader will wonder about: nothing to watch, an endpoint that shows nothing.
void warn_of_nothing_watched(const Node& root, Draft& draft);

// vitals' own components, which may be named like any other.
inline constexpr std::array<std::string_view, 3> own_components = {
    "vitals/engine", "vitals/secrets", "vitals/store"};

// Names that must exist, selectors that must match, dependencies without a circle.
void check_references(Draft& draft);
void choose_dependencies(Draft& draft);  // what selectors of `depends_on` mean, by name
void check_cycles(Draft& draft);
void check_duplicate_paths(Draft& draft);

// A pace in doubt or while down that does not fit the interval, in a component or in `defaults`.
void check_pace(const Node& node, const Policy& policy, Reading& reading);

// Where a message about a whole mapping belongs: the value of the key that it mentions first, else
// `position`.
Position mentioned(const Node& node, std::string_view message, Position position);

// Only those entries that a table knows: what can be read of a component of an unknown kind.
Node known_entries(const Node& node, std::span<const Field> fields);

// A stable text for the definition of a component that reveals no secret.
std::string fingerprint(const Node& node, std::string_view kind, const Policy& policy,
                        std::span<const Field> common, std::span<const Field> own);

}  // namespace vitals::config
