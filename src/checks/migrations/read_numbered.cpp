// Tools that number their migrations: Rails (https://guides.rubyonrails.org/), golang-migrate
// (https://github.com/golang-migrate/migrate) and Diesel (https://diesel.rs/).
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "migration_files.hpp"
#include "migration_names.hpp"
#include "migration_tree.hpp"

namespace vitals::checks::migrations {

namespace {

// The only folder below the paths that holds migrations: two folders would belong to two databases,
// or one would be a copy.
class OneFolder {
  public:
    void take(const std::string& folder, const Version& version, const std::string& name) {
        if (folder_.empty()) folder_ = folder;
        if (folder_ != folder)
            throw blind("migrations stand in several directories: let `path` name one of them",
                        folder_ + ", " + folder);
        found_.emplace(version, name);
    }
    std::map<Version, std::string> found() { return std::move(found_); }

  private:
    std::string folder_;
    std::map<Version, std::string> found_;
};

using Numbered = std::map<Version, std::string>;  // and the form in which each is shown

// One row for each applied migration. Old files may be gone; a row that is newer than all files is
// ahead.
MigrationState compare_rows(const Numbered& found, const std::vector<Row>& rows) {
    MigrationState state;
    std::set<Version> applied;
    for (const Row& row : rows) {
        const auto version = Version::parse(column(row, 0));
        if (!version || !applied.insert(*version).second) continue;
        if (found.contains(*version)) continue;
        if (found.rbegin()->first < *version)
            state.ahead.push_back(version->text());
        else
            ++state.not_on_disk;
    }
    for (const auto& [version, name] : found) {
        if (applied.contains(version))
            ++state.applied;
        else
            state.pending.push_back(name);
    }
    return state;
}

// One row with the reached version, or none.
MigrationState compare_reached(const Numbered& found, const std::vector<Row>& rows) {
    MigrationState state;
    std::optional<Version> reached;
    if (!rows.empty()) reached = Version::parse(column(rows.front(), 0));  // -1: none
    const bool dirty = !rows.empty() && column(rows.front(), 1) == "t";
    if (dirty) state.broken.push_back(column(rows.front(), 0) + " (dirty)");
    for (const auto& [version, name] : found) {
        if (reached && version <= *reached)
            ++state.applied;
        else
            state.pending.push_back(name);
    }
    if (reached && !found.contains(*reached)) state.ahead.push_back(reached->text());
    return state;
}

MigrationFiles files_of(Numbered found,
                        MigrationState (*compare)(const Numbered&, const std::vector<Row>&)) {
    const std::size_t count = found.size();
    return {.count = count,
            .compare = [found = std::move(found), compare](const std::vector<Row>& rows) {
                return compare(found, rows);
            }};
}

std::string without(const std::string& name, std::size_t last) {
    return name.substr(0, name.size() - last);
}

}  // namespace

MigrationFiles read_rails(const MigrationSearch& search) {
    Tree tree;
    Numbered found;
    for (const std::string& path : search.paths) {
        std::string root = Tree::absolute(path);
        if (Tree::is_directory(root + "/db/migrate")) root += "/db/migrate";
        tree.walk(root, [&](const Tree::Folder& folder) {
            for (const std::string& file : folder.files)
                if (const auto version = rails_version(file))
                    found.emplace(*version, without(file, 3));
            return true;
        });
    }
    if (found.empty())
        throw nothing_found("Rails", "the application's directory, or its db/migrate",
                            search.paths);
    return files_of(std::move(found), compare_rows);
}

MigrationFiles read_golang(const MigrationSearch& search) {
    Tree tree;
    OneFolder only;
    for (const std::string& path : search.paths) {
        tree.walk(Tree::absolute(path), [&](const Tree::Folder& folder) {
            for (const std::string& file : folder.files)
                if (const auto version = golang_version(file))
                    only.take(folder.path, *version, file.substr(0, file.rfind(".up.")));
            return true;
        });
    }
    Numbered found = only.found();
    if (found.empty())
        throw nothing_found("golang-migrate", "the directory of 1_name.up.sql", search.paths);
    return files_of(std::move(found), compare_reached);
}

MigrationFiles read_diesel(const MigrationSearch& search) {
    Tree tree;
    OneFolder only;
    for (const std::string& path : search.paths) {
        tree.walk(Tree::absolute(path), [&](const Tree::Folder& folder) {
            const auto digits = diesel_version(folder.name);
            if (!digits || !folder.has("up.sql")) return true;
            only.take(Tree::parent(folder.path), *Version::parse(*digits), folder.name);
            return false;
        });
    }
    Numbered found = only.found();
    if (found.empty())
        throw nothing_found("Diesel", "the directory that holds `migrations`, or that one",
                            search.paths);
    return files_of(std::move(found), compare_rows);
}

}  // namespace vitals::checks::migrations
