// A configuration being made: what the readers of the sections share. Each reads its section,
// reports what is wrong with it and goes on; what spans sections is checked when all are read.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/apply.hpp"
#include "config/config.hpp"
#include "config/file.hpp"
#include "config/node.hpp"
#include "config/sections.hpp"

namespace vitals::config {

struct Draft {
    const Catalog& catalog;
    Reading reading{};
    Config config{};
    bool include = true;  // false: no further file is read
    // Sections that could not be read as a whole: what they hold is unknown, so that a reference
    // into them is no mistake.
    std::set<std::string, std::less<>> lost{};
    // What components inherit: the section's own keys, by kind, by group.
    Node defaults{};
    std::map<std::string, Node, std::less<>> kind_defaults{}, group_defaults{};
    // What each component depends on, in the order written.
    std::map<std::string, std::vector<std::pair<std::string, Position>>> dependencies{};
};

// The sections of one file, whose name becomes the last of the sources: the mapping that it is, or
// a node that is nothing where the file is empty. Nothing when that was reported.
std::optional<Node> read_sections_of(const std::string& name, const File& file, Draft& draft);
// Adds the sections of the files that `include` names, and takes it out. `bytes`: of the first
// file.
void add_includes(Node& root, std::size_t bytes, Draft& draft);
// Whether the section can be read entry by entry; else that was reported.
bool has_shape(const Node::Entry& entry, Shape shape, Reading& reading);

const Described* kind_named(const Catalog& catalog, std::string_view name);
std::vector<std::string_view> kind_names(const Catalog& catalog);
std::string_view group_of(std::string_view component);  // empty where it is in none

void read_defaults(const Node::Entry& entry, Draft& draft);
// What is wrong with the defaults of groups, which is known once the components are.
void try_out_group_defaults(const Node& components, Draft& draft);
// The component with what it inherits from its group and its kind; nothing: it is as written.
std::optional<Node> with_inherited(const Node::Entry& component, Draft& draft);

// Each gets the section's value, already known to be a list or mapping as it should be.
void read_listeners(const Node& node, Draft& draft);
void read_tokens(const Node& node, Draft& draft);
void read_components(const Node& node, Draft& draft);
void read_workers(const Node& node, Draft& draft);
void read_objectives(const Node& node, Draft& draft);
void read_endpoints(const Node& node, Draft& draft);
void read_alerts(const Node& node, Draft& draft);
void read_maintenance(const Node& node, Draft& draft);
void read_fleet(const Node::Entry& entry, Draft& draft);

// What refers to a fleet, and what does not go together with one.
void check_fleet(const Node& root, Draft& draft);

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
void check_own_listeners(Draft& draft);  // of endpoints: what else listens there

// Whether the files of a listener's TLS can be read. `node`: the mapping that names them.
void check_listener_files(const Node& node, const Listener::Tls& tls, Reading& reading);

// A pace in doubt or while down that does not fit the interval, in a component or in `defaults`.
void check_pace(const Node& node, const Policy& policy, Reading& reading);

// Where a message about a whole mapping belongs: the value of the key that it mentions first, else
// `position`.
Position mentioned(const Node& node, std::string_view message, Position position);

// Only those entries that a table knows: what can be read of a component of an unknown kind.
Node known_entries(const Node& node, std::span<const Field> fields);

// A stable text for the definition of a component that reveals no secret. Others may learn it
// without those that are written out: digests of short ones can be guessed.
enum class PlainSecrets : bool { left_out, told_apart };
std::string fingerprint(const Node& node, std::string_view kind, const Policy& policy,
                        std::span<const Field> common, std::span<const Field> own,
                        PlainSecrets plain = PlainSecrets::told_apart);

}  // namespace vitals::config
