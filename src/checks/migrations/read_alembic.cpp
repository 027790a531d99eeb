// Alembic: https://alembic.sqlalchemy.org/en/latest/branches.html. Its table holds only the heads;
// all revisions that they descend from or depend on are applied.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "migration_files.hpp"
#include "migration_tree.hpp"
#include "python_source.hpp"

namespace vitals::checks::migrations {

namespace {

using Kind = python::Literal::Kind;

struct Revision {
    std::vector<std::string> below;    // down_revision
    std::vector<std::string> depends;  // ids, begins of ids, or labels of branches
    std::vector<std::string> labels;
};
using Revisions = std::map<std::string, Revision>;

std::vector<std::string> texts(const python::Literal* value, const std::string& revision) {
    std::vector<std::string> made;
    if (value == nullptr || value->kind == Kind::none) return made;
    bool good = value->kind == Kind::text || value->kind == Kind::list;
    if (value->kind == Kind::text) made.push_back(value->text);
    for (const python::Literal& item : value->items) {
        good = good && item.kind == Kind::text;
        made.push_back(item.text);
    }
    if (!good)
        throw blind("what revision " + revision + " stands on is computed: write it as literals");
    return made;
}

void take_file(Tree& tree, const std::string& path, Revisions& found) {
    const python::Module module = python::parse(
        tree.read(path), {"revision", "down_revision", "depends_on", "branch_labels"});
    const python::Literal* revision = module.value_of("", "revision");
    if (revision == nullptr) return;
    const bool computed = revision->kind == Kind::computed;
    if (computed && module.value_of("", "down_revision") == nullptr)
        return;  // in none of its files
    if (revision->kind != Kind::text || revision->text.empty())
        throw blind("the revision of a file is computed: write it as a text", path);
    const std::string& id = revision->text;
    found[id] = {.below = texts(module.value_of("", "down_revision"), id),
                 .depends = texts(module.value_of("", "depends_on"), id),
                 .labels = texts(module.value_of("", "branch_labels"), id)};
}

// The target of `depends_on`: an id, a label, `label@id`, or the begin of an id.
std::string resolved(const Revisions& all, std::string name) {
    if (all.contains(name)) return name;
    const auto at = name.find('@');
    const std::string label = name.substr(0, at);
    if (at != std::string::npos) name.erase(0, at + 1);
    if (all.contains(name)) return name;
    const auto begins = all.lower_bound(name);
    if (!name.empty() && begins != all.end() && begins->first.starts_with(name))
        return begins->first;
    for (const auto& [id, revision] : all)
        if (std::find(revision.labels.begin(), revision.labels.end(), label) !=
            revision.labels.end())
            return id;
    return {};
}

MigrationState compare(const Revisions& all, const std::vector<Row>& rows) {
    MigrationState state;
    std::set<std::string> applied;
    std::vector<std::string> open;
    for (const Row& row : rows) {
        const std::string id = column(row, 0);
        if (all.contains(id))
            open.push_back(id);
        else
            state.ahead.push_back(id);
    }
    while (!open.empty()) {
        const std::string id = std::move(open.back());
        open.pop_back();
        const auto found = all.find(id);
        if (found == all.end() || !applied.insert(id).second) continue;
        open.insert(open.end(), found->second.below.begin(), found->second.below.end());
        for (const std::string& each : found->second.depends) open.push_back(resolved(all, each));
    }
    state.applied = applied.size();
    // The ancestors of an unknown revision are also unknown.
    if (!state.ahead.empty()) return state;
    for (const auto& [id, revision] : all)
        if (!applied.contains(id)) state.pending.push_back(id);
    return state;
}

}  // namespace

MigrationFiles read_alembic(const MigrationSearch& search) {
    Tree tree;
    Revisions found;
    for (const std::string& path : search.paths) {
        const std::string root = Tree::absolute(path);
        tree.walk(root, [&](const Tree::Folder& folder) {
            const std::string below =
                "/" + Tree::last_part(root) + folder.path.substr(root.size()) + "/";
            const bool versions = folder.path == root || below.contains("/versions/");
            for (const std::string& file : folder.files) {
                const bool source = file.ends_with(".py") && !file.starts_with(".#") &&
                                    !file.starts_with("__init__");
                if (versions && source) take_file(tree, folder.path + "/" + file, found);
            }
            return true;
        });
    }
    if (found.empty())
        throw nothing_found("Alembic", "the directory that holds `versions`, or that one",
                            search.paths);
    for (const auto& [id, revision] : found)
        for (const std::string& each : revision.below)
            if (!found.contains(each))
                throw blind("revision " + id + " stands on " + each +
                            ", which no file has: let `path` name all directories of versions");
    const std::size_t count = found.size();
    return {.count = count, .compare = [found = std::move(found)](const std::vector<Row>& rows) {
                return compare(found, rows);
            }};
}

}  // namespace vitals::checks::migrations
