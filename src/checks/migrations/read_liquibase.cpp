// Liquibase: https://docs.liquibase.com/concepts/changelogs/home.html. The id, the author and the
// file, in the form that Liquibase was given, identify a change set.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "liquibase.hpp"
#include "migration_files.hpp"
#include "migration_tree.hpp"

namespace vitals::checks::migrations {

namespace {

using liquibase::ChangeLog;
using liquibase::ChangeSet;
using liquibase::Include;

constexpr std::size_t deepest = 32;
constexpr std::size_t most_files = 20'000;

struct Known {
    std::string id;
    std::string author;
    std::string file;      // as given, or absolute
    bool logical = false;  // it was given
};

// `classpath:/db/x.xml`, `.\db\x.xml`: db/x.xml.
std::string normal(std::string path) {
    std::replace(path.begin(), path.end(), '\\', '/');
    for (const std::string_view prefix : {"classpath*:", "classpath:"})
        if (path.starts_with(prefix)) path.erase(0, prefix.size());
    while (path.starts_with('/') || path.starts_with("./")) path.erase(0, path.find('/') + 1);
    return path;
}

class Reader {
  public:
    explicit Reader(const MigrationSearch& search) : search_(search) {}

    void read_root(const std::string& path) {
        if (Tree::is_file(path)) {
            root_ = Tree::parent(path);
            return read_log(path, 0);
        }
        // Where Liquibase's examples and Spring Boot have it.
        for (const std::string_view below :
             {"", "/db/changelog", "/src/main/resources/db/changelog"}) {
            const std::string folder = path + std::string(below);
            if (!below.empty() && !Tree::is_directory(folder)) continue;
            const std::string root = root_log_in(tree_.look(folder));
            if (root.empty()) continue;
            root_ = folder;
            return read_log(root, 0);
        }
        throw nothing_found("Liquibase", "the root change log, such as db.changelog-master.xml",
                            search_.paths);
    }
    std::vector<Known> found() { return std::move(found_); }

  private:
    static std::string root_log_in(const Tree::Folder& folder) {
        static constexpr std::array names = {
            "db.changelog-master", "changelog-master", "db.changelog",
            "changelog",           "master",           "root"};
        for (const std::string_view name : names)
            for (const std::string& file : folder.files)
                if (file.starts_with(std::string(name) + ".") && liquibase::is_change_log(file))
                    return folder.path + "/" + file;
        return {};
    }
    void read_log(const std::string& path, std::size_t depth) {
        if (depth > deepest || read_.size() > most_files)
            throw blind("change logs include one another too deeply, or too many", path);
        if (!read_.insert(path).second) return;
        const auto log = liquibase::parse(path, tree_.read(path));
        if (!log)
            throw blind(
                "the change log " + Tree::last_part(path) + " is not understood: " + log.error(),
                path);
        for (const ChangeSet& set : log->sets) take(set, *log, path);
        for (const Include& include : log->includes) {
            if (!liquibase::context_allows(include.context, search_.contexts)) continue;
            if (include.all)
                read_all(include, path, depth);
            else
                read_one(include, path, depth);
        }
    }
    void take(const ChangeSet& set, const ChangeLog& log, const std::string& path) {
        const bool meant = !set.ignored && liquibase::for_postgres(set.dbms) &&
                           liquibase::context_allows(set.context, search_.contexts);
        if (!meant) return;
        const std::string& said = set.logical_file.empty() ? log.logical_file : set.logical_file;
        found_.push_back({.id = set.id,
                          .author = set.author,
                          .file = said.empty() ? path : normal(said),
                          .logical = !said.empty()});
    }
    // The target of an include: beside the log, or from one of the directories above the root,
    // because the search path of Liquibase is not stored anywhere.
    std::string place_of(const Include& include, const std::string& log, bool directory) const {
        const auto there = [directory](const std::string& path) {
            return directory ? Tree::is_directory(path) : Tree::is_file(path);
        };
        if (include.path.contains("${"))
            throw blind("a change log includes what is named by a property, which is not known",
                        include.path);
        const std::string name = normal(include.path);
        if (include.relative) {
            std::string path = Tree::absolute(Tree::parent(log) + "/" + name);
            return there(path) ? path : std::string();
        }
        for (std::string above = root_; !above.empty(); above = Tree::parent(above)) {
            std::string path = Tree::absolute(above + "/" + name);
            if (there(path)) return path;
            if (above == "/") break;
        }
        return {};
    }
    void read_one(const Include& include, const std::string& log, std::size_t depth) {
        const std::string path = place_of(include, log, false);
        if (!path.empty()) return read_log(path, depth + 1);
        if (!include.may_be_missing)
            throw blind(
                "a change log that is included is not there: " + Tree::last_part(include.path),
                include.path);
    }
    void read_all(const Include& include, const std::string& log, std::size_t depth) {
        if (include.filtered)
            throw blind("includeAll has a filter, which is code: it cannot be followed",
                        include.path);
        const std::string top = place_of(include, log, true);
        if (top.empty() && !include.may_be_missing)
            throw blind(
                "a directory that is included is not there: " + Tree::last_part(include.path),
                include.path);
        if (top.empty()) return;
        std::vector<std::string> files;
        tree_.walk(top, [&](const Tree::Folder& folder) {
            const std::string below = folder.path.substr(top.size());
            // Files in the directory itself are at depth 1.
            const auto level =
                static_cast<std::size_t>(std::count(below.begin(), below.end(), '/')) + 1;
            for (const std::string& file : folder.files) {
                if (level >= include.least_depth && level <= include.most_depth &&
                    liquibase::is_change_log(file) && file.ends_with(include.ends_with))
                    files.push_back(folder.path + "/" + file);
            }
            return true;
        });
        for (const std::string& file : files) read_log(file, depth + 1);
    }

    const MigrationSearch& search_;
    Tree tree_;
    std::string root_;
    std::set<std::string> read_;
    std::vector<Known> found_;
};

bool is_file_of(const Known& known, const std::string& file) {
    if (known.logical) return known.file == file;
    return known.file == "/" + file || known.file.ends_with("/" + file);
}

MigrationState compare(const std::vector<Known>& found, const std::vector<Row>& rows) {
    struct Done {
        std::string file;
        bool well = false;
        bool known = false;
    };
    MigrationState state;
    std::multimap<std::pair<std::string, std::string>, Done> done;
    for (const Row& row : rows) {
        done.emplace(std::pair(column(row, 0), column(row, 1)),
                     Done{normal(column(row, 2)), column(row, 3) != "FAILED", false});
        if (column(row, 3) == "FAILED")
            state.broken.push_back(column(row, 1) + ":" + column(row, 0));
    }
    for (const Known& known : found) {
        // Of the possible rows, the one with the longest part of the file's name; each row belongs
        // to one file.
        Done* best = nullptr;
        auto [begin, end] = done.equal_range({known.id, known.author});
        for (; begin != end; ++begin) {
            Done& each = begin->second;
            if (each.known || !is_file_of(known, each.file)) continue;
            if (best == nullptr || best->file.size() < each.file.size()) best = &each;
        }
        if (best != nullptr) best->known = true;
        if (best != nullptr && best->well)
            ++state.applied;
        else
            state.pending.push_back(known.author + ":" + known.id);
    }
    for (const auto& [key, each] : done)
        if (!each.known) ++state.not_on_disk;
    return state;
}

}  // namespace

MigrationFiles read_liquibase(const MigrationSearch& search) {
    Reader reader(search);
    for (const std::string& path : search.paths) reader.read_root(Tree::absolute(path));
    std::vector<Known> found = reader.found();
    if (found.empty())
        throw blind("the change log holds no change set for PostgreSQL and these contexts",
                    search.paths.front());
    const std::size_t count = found.size();
    return {.count = count, .compare = [found = std::move(found)](const std::vector<Row>& rows) {
                return compare(found, rows);
            }};
}

}  // namespace vitals::checks::migrations
