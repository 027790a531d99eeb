// A configuration in progress: what the readers of the sections share. Each reads its section,
// reports what is wrong and continues. Rules across sections are checked when all are read.
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
    // Sections that could not be read as a whole: their content is unknown, so a reference into
    // them is not a mistake.
    std::set<std::string, std::less<>> lost{};
    // What components inherit: the section's own keys, by kind, by group.
    Node defaults{};
    std::map<std::string, Node, std::less<>> kind_defaults{}, group_defaults{};
    // The dependencies of each component, in the order written.
    std::map<std::string, std::vector<std::pair<std::string, Position>>> dependencies{};
};

// The sections of one file, whose name becomes the last of the sources: its mapping, or an empty
// node if the file is empty. Nothing when an error was reported.
std::optional<Node> read_sections_of(const std::string& name, const File& file, Draft& draft);
// Adds the sections of the files in `include`, and removes that section. `bytes`: of the first
// file.
void add_includes(Node& root, std::size_t bytes, Draft& draft);
// Whether the section can be read entry by entry; otherwise that was reported.
bool has_shape(const Node::Entry& entry, Shape shape, Reading& reading);

const Described* kind_named(const Catalog& catalog, std::string_view name);
std::vector<std::string_view> kind_names(const Catalog& catalog);
std::string_view group_of(std::string_view component);  // empty if it is in none

void read_defaults(const Node::Entry& entry, Draft& draft);
// What is wrong with the defaults of groups, which is known only after the components are read.
void try_out_group_defaults(const Node& components, Draft& draft);
// The component with what it inherits from its group and its kind; nothing: it is as written.
std::optional<Node> with_inherited(const Node::Entry& component, Draft& draft);

// Each gets the value of the section, which is already known to be a list or mapping as required.
void read_listeners(const Node& node, Draft& draft);
void read_tokens(const Node& node, Draft& draft);
void read_components(const Node& node, Draft& draft);
void read_workers(const Node& node, Draft& draft);
void read_objectives(const Node& node, Draft& draft);
void read_endpoints(const Node& node, Draft& draft);
void read_alerts(const Node& node, Draft& draft);
void read_maintenance(const Node& node, Draft& draft);
void read_fleet(const Node::Entry& entry, Draft& draft);

// References to a fleet, and settings that contradict one.
void check_fleet(const Node& root, Draft& draft);

// Every dialect that needs no mapping at its usual path, except those that an entry replaces.
void mount_usual_endpoints(Draft& draft);
// Warnings: no components, an endpoint that shows nothing.
void warn_of_nothing_watched(const Node& root, Draft& draft);

// vitals' own components, which may be named like any other.
inline constexpr std::array<std::string_view, 3> own_components = {
    "vitals/engine", "vitals/secrets", "vitals/store"};

// Names that must exist, selectors that must match, dependencies without a circle.
void check_references(Draft& draft);
void choose_dependencies(Draft& draft);  // the names that selectors of `depends_on` match
void check_cycles(Draft& draft);
void check_duplicate_paths(Draft& draft);
void check_own_listeners(Draft& draft);  // of endpoints: what else listens there

// Whether the TLS files of a listener can be read. `node`: the mapping that names them.
void check_listener_files(const Node& node, const Listener::Tls& tls, Reading& reading);

// A `retry_interval` or `down_interval` that does not fit the interval, in a component or in
// `defaults`.
void check_pace(const Node& node, const Policy& policy, Reading& reading);

// The place of a message about a whole mapping: the value of the key that it mentions first, else
// `position`.
Position mentioned(const Node& node, std::string_view message, Position position);

// Only the entries that a table knows: the readable part of a component of an unknown kind.
Node known_entries(const Node& node, std::span<const Field> fields);

// A stable text for the definition of a component that reveals no secret. The text for others
// leaves out secrets that are written out: digests of short ones can be guessed.
enum class PlainSecrets : bool { left_out, told_apart };
std::string fingerprint(const Node& node, std::string_view kind, const Policy& policy,
                        std::span<const Field> common, std::span<const Field> own,
                        PlainSecrets plain = PlainSecrets::told_apart);

}  // namespace vitals::config
