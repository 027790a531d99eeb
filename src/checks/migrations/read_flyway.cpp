// Flyway: https://documentation.red-gate.com/flyway/flyway-concepts/migrations.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "migration_files.hpp"
#include "migration_names.hpp"
#include "migration_tree.hpp"

namespace vitals::checks::migrations {

namespace {

struct Repeatable {
    std::optional<std::int32_t> checksum;  // nothing if it cannot be calculated
};

struct Found {
    std::set<Version> versioned;
    std::set<Version> baselines;
    std::map<std::string, Repeatable> repeatables;  // by description
};

void take_file(Tree& tree, const std::string& folder, const std::string& file, Found& found) {
    const auto name = flyway_name(file);
    if (!name) return;
    if (name->kind == 'V') found.versioned.insert(*name->version);
    if (name->kind == 'B') found.baselines.insert(*name->version);
    if (name->kind != 'R') return;
    Repeatable made;
    if (name->is_sql) {
        const std::string content = tree.read(folder + "/" + file);
        // The checksum covers the text after placeholders were replaced.
        if (!content.contains("${")) made.checksum = flyway_checksum(content);
    }
    const auto [at, added] = found.repeatables.emplace(name->description, made);
    // Copies that a build has left behind: it is unknown which of them Flyway reads.
    if (!added && at->second.checksum != made.checksum)
        throw blind("R " + name->description +
                    " is there twice and differs: let `path` name Flyway's own locations");
}

// The actions in the table, replayed in their order.
struct History {
    std::set<Version> applied;
    std::optional<Version> baseline;
    std::map<std::string, std::string> repeatables;  // description, checksum
    std::vector<std::string> broken;

    void take(const Row& row) {
        const std::string text = column(row, 0);
        const std::string description = column(row, 1);
        const std::string type = column(row, 2);
        if (column(row, 4) != "t") {
            broken.push_back(text.empty() ? "R " + description : text);
            return;
        }
        if (text.empty()) {
            if (type == "DELETE")
                repeatables.erase(description);
            else if (type != "SCHEMA")
                repeatables[description] = column(row, 3);
            return;
        }
        const auto version = Version::parse(text);
        if (!version) return;
        const bool undone = type.starts_with("UNDO") || type == "DELETE";
        if (undone)
            applied.erase(*version);
        else
            applied.insert(*version);
        if (type.ends_with("BASELINE") && (!baseline || *baseline < *version)) baseline = version;
    }
};

void compare_versioned(const Found& found, const History& history, MigrationState& state) {
    std::set<Version> expected = found.versioned;
    std::optional<Version> from = history.baseline;
    // An empty database begins with the last baseline.
    if (history.applied.empty() && !found.baselines.empty()) {
        from = *found.baselines.rbegin();
        state.pending.push_back("B" + from->text());
    }
    for (const Version& version : expected) {
        if (history.applied.contains(version) || (history.baseline && version <= *history.baseline))
            ++state.applied;
        else if (!from || *from < version)
            state.pending.push_back("V" + version.text());
    }
    for (const Version& version : history.applied) {
        const bool known = expected.contains(version) || found.baselines.contains(version) ||
                           (history.baseline && version <= *history.baseline);
        // Flyway also refuses to continue when one is missing: unlike in other tools, it is not an
        // old one.
        if (!known) state.ahead.push_back("V" + version.text());
    }
}

MigrationState compare(const Found& found, const std::vector<Row>& rows) {
    MigrationState state;
    History history;
    for (const Row& row : rows) history.take(row);
    state.broken = history.broken;
    compare_versioned(found, history, state);
    for (const auto& [description, repeatable] : found.repeatables) {
        const auto there = history.repeatables.find(description);
        const bool applied = there != history.repeatables.end();
        const bool same = applied && (!repeatable.checksum || there->second.empty() ||
                                      there->second == std::to_string(*repeatable.checksum));
        if (!applied || !same) {
            state.pending.push_back("R " + description);
            continue;
        }
        ++state.applied;
        if (!repeatable.checksum || there->second.empty()) ++state.unverified;
    }
    for (const auto& [description, checksum] : history.repeatables)
        if (!found.repeatables.contains(description)) ++state.not_on_disk;
    return state;
}

}  // namespace

MigrationFiles read_flyway(const MigrationSearch& search) {
    Tree tree;
    Found found;
    for (const std::string& path : search.paths) {
        tree.walk(Tree::absolute(path), [&](const Tree::Folder& folder) {
            for (const std::string& file : folder.files) take_file(tree, folder.path, file, found);
            return true;
        });
    }
    const std::size_t count =
        found.versioned.size() + found.baselines.size() + found.repeatables.size();
    if (count == 0)
        throw nothing_found("Flyway", "a location of V1__name.sql and R__name.sql", search.paths);
    return {.count = count, .compare = [found = std::move(found)](const std::vector<Row>& rows) {
                return compare(found, rows);
            }};
}

}  // namespace vitals::checks::migrations
