// Django: https://docs.djangoproject.com/en/5.1/topics/migrations/. It draws the same conclusions
// as Django's loader, without importing anything.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "migration_files.hpp"
#include "migration_tree.hpp"
#include "python_source.hpp"

namespace vitals::checks::migrations {

namespace {

using Key = std::pair<std::string, std::string>;     // app, name
using Migrations = std::map<Key, std::vector<Key>>;  // and the migrations that each replaces

std::string shown(const Key& key) {
    return key.first + "." + key.second;
}

// The app's label: from its configuration, else the name of its directory.
std::string label_of(Tree& tree, const std::string& app) {
    std::set<std::string> labels;
    const std::string configuration = app + "/apps.py";
    if (Tree::is_file(configuration)) {
        const python::Module module = python::parse(tree.read(configuration), {"label"});
        for (const python::Assignment& each : module.assignments)
            if (!each.scope.empty() && each.value.kind == python::Literal::Kind::text)
                labels.insert(each.value.text);
    }
    return labels.size() == 1 ? *labels.begin() : Tree::last_part(app);
}

std::vector<Key> replaced_by(const python::Module& module, const Key& key) {
    std::vector<Key> made;
    const python::Literal* value = module.value_of("Migration", "replaces");
    if (value == nullptr || value->kind == python::Literal::Kind::none) return made;
    using Kind = python::Literal::Kind;
    for (const python::Literal& item : value->items) {
        const bool pair = item.kind == Kind::list && item.items.size() == 2 &&
                          item.items[0].kind == Kind::text && item.items[1].kind == Kind::text;
        if (pair) made.emplace_back(item.items[0].text, item.items[1].text);
    }
    if (value->kind != Kind::list || made.size() != value->items.size())
        throw blind("`replaces` of " + shown(key) +
                    " is computed: write it as a list of (app, name)");
    return made;
}

void take_folder(Tree& tree, const Tree::Folder& folder, const std::string& app,
                 Migrations& found) {
    for (const std::string& file : folder.files) {
        if (!file.ends_with(".py") || file.starts_with('_') || file.starts_with('~')) continue;
        const Key key(app, file.substr(0, file.size() - 3));
        if (key.second.empty() || key.second.contains('.')) continue;
        const python::Module module =
            python::parse(tree.read(folder.path + "/" + file), {"replaces"});
        const bool numbered = key.second.front() >= '0' && key.second.front() <= '9';
        if (numbered || module.defines("Migration")) found[key] = replaced_by(module, key);
    }
}

bool wanted(const std::vector<std::string>& apps, const std::string& label) {
    bool only = false;
    for (const std::string& each : apps) {
        if (each == label) return true;
        if (each == "!" + label) return false;
        only = only || !each.starts_with('!');
    }
    return !only;
}

// Which migrations count: either a squashed one, or those that it replaces.
class Graph {
  public:
    Graph(Migrations nodes, std::set<Key> applied)
        : all_(nodes), nodes_(std::move(nodes)), applied_(std::move(applied)) {
        for (const auto& [key, replaced] : all_) settle(key);
    }
    const Migrations& nodes() const { return nodes_; }
    bool is_applied(const Key& key) const { return applied_.contains(key); }

  private:
    void settle(const Key& key) {
        const auto found = all_.find(key);
        if (found == all_.end() || found->second.empty()) return;
        if (!settled_.insert(key).second) return;
        const std::vector<Key>& replaced = found->second;
        for (const Key& each : replaced) settle(each);
        const auto done = static_cast<std::size_t>(
            std::count_if(replaced.begin(), replaced.end(),
                          [this](const Key& each) { return applied_.contains(each); }));
        // Its own row does not count: those of the replaced migrations do.
        if (done == replaced.size())
            applied_.insert(key);
        else
            applied_.erase(key);
        if (done == replaced.size() || done == 0) {
            for (const Key& each : replaced)
                if (each != key) nodes_.erase(each);
        } else {
            nodes_.erase(key);
        }
    }

    const Migrations all_;
    Migrations nodes_;
    std::set<Key> applied_;
    std::set<Key> settled_;
};

MigrationState compare(const Migrations& found, const std::vector<Row>& rows) {
    MigrationState state;
    std::set<Key> applied;
    std::set<std::string> apps;
    std::set<Key> known;
    for (const auto& [key, replaced] : found) {
        apps.insert(key.first);
        known.insert(key);
        known.insert(replaced.begin(), replaced.end());
    }
    for (const Row& row : rows) {
        Key key(column(row, 0), column(row, 1));
        if (apps.contains(key.first) && !known.contains(key)) ++state.not_on_disk;
        applied.insert(std::move(key));
    }
    const Graph graph(found, std::move(applied));
    for (const auto& [key, replaced] : graph.nodes()) {
        if (graph.is_applied(key))
            ++state.applied;
        else
            state.pending.push_back(shown(key));
    }
    return state;
}

}  // namespace

MigrationFiles read_django(const MigrationSearch& search) {
    Tree tree;
    Migrations found;
    for (const std::string& path : search.paths) {
        tree.walk(Tree::absolute(path), [&](const Tree::Folder& folder) {
            // Without the file it is not a package, and Django ignores it, too.
            if (folder.name != "migrations" || !folder.has("__init__.py")) return true;
            const std::string label = label_of(tree, Tree::parent(folder.path));
            if (wanted(search.apps, label)) take_folder(tree, folder, label, found);
            return false;
        });
    }
    for (const std::string& app : search.apps) {
        const bool there = std::any_of(found.begin(), found.end(), [&app](const auto& each) {
            return each.first.first == app;
        });
        if (!app.starts_with('!') && !there)
            throw blind("no migrations of the app " + app +
                        " found: `path` must be a directory that holds its own");
    }
    if (found.empty())
        throw nothing_found("Django", "the project's directory, or those of its apps",
                            search.paths);
    const std::size_t count = found.size();
    return {.count = count, .compare = [found = std::move(found)](const std::vector<Row>& rows) {
                return compare(found, rows);
            }};
}

}  // namespace vitals::checks::migrations
