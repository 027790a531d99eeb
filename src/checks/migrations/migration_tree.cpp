#include "migration_tree.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "net/file.hpp"

namespace vitals::checks::migrations {

namespace {

constexpr std::size_t most_entries = 200'000;
constexpr std::size_t deepest = 24;
constexpr std::size_t largest_file = 4 << 20;
constexpr std::size_t most_bytes = 128 << 20;

constexpr std::array<std::string_view, 4> tools_own = {"node_modules", "site-packages",
                                                       "dist-packages", "__pycache__"};

CheckError unreadable(const std::string& path, int error) {
    const std::string theirs = path + ": " + std::generic_category().message(error);
    if (error == EACCES || error == EPERM)
        return blind("not permitted to read the migrations: let vitals read `path`", theirs);
    if (error == ENOENT) return blind("`path` does not exist", theirs);
    if (error == ENOTDIR) return blind("`path` is no directory", theirs);
    if (error == EMFILE || error == ENFILE) return blind("no descriptors left", theirs);
    return blind("the migrations cannot be read", theirs);
}

CheckError too_much(const std::string& path) {
    return blind("too much to look through: let `path` name the migrations' own directory", path);
}

}  // namespace

CheckError blind(const std::string& detail, const std::string& theirs) {
    return CheckError(ErrorClass::local, detail, theirs);
}

CheckError nothing_found(std::string_view framework, std::string_view what,
                         const std::vector<std::string>& paths) {
    std::string theirs;
    for (const std::string& path : paths) theirs += (theirs.empty() ? "" : ", ") + path;
    return blind(fmt::format("no migrations of {} found: `path` must be {}", framework, what),
                 theirs);
}

bool Tree::Folder::has(std::string_view file) const {
    return std::binary_search(files.begin(), files.end(), file);
}

std::string Tree::absolute(const std::string& path) {
    std::string made = std::filesystem::absolute(path).lexically_normal().string();
    while (made.size() > 1 && made.ends_with('/')) made.pop_back();
    return made;
}

std::string Tree::parent(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
}

std::string Tree::last_part(const std::string& path) {
    return std::filesystem::path(path).filename().string();
}

bool Tree::is_directory(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool Tree::is_file(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

Tree::Folder Tree::look(const std::string& path) {
    Folder folder{.path = path, .name = last_part(path), .files = {}, .folders = {}};
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(path.c_str()), ::closedir);
    if (!stream) throw unreadable(path, errno);
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
        if (++entries_ > most_entries) throw too_much(path);
        std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        unsigned char type = entry->d_type;
        if (type == DT_LNK || type == DT_UNKNOWN) {
            const std::string whole = path + "/" + name;
            if (is_directory(whole)) type = DT_DIR;
            if (is_file(whole)) type = DT_REG;
        }
        if (type == DT_DIR)
            folder.folders.push_back(std::move(name));
        else if (type == DT_REG)
            folder.files.push_back(std::move(name));
        errno = 0;
    }
    if (errno != 0) throw unreadable(path, errno);
    std::sort(folder.files.begin(), folder.files.end());
    std::sort(folder.folders.begin(), folder.folders.end());
    return folder;
}

void Tree::walk(const std::string& path, const Visit& visit) {
    above_.clear();
    walk_below(path, 0, visit);
}

void Tree::walk_below(const std::string& path, std::size_t depth, const Visit& visit) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        if (depth > 0 && errno == ENOENT) return;  // gone meanwhile
        throw unreadable(path, errno);
    }
    const std::pair<unsigned long, unsigned long> self(status.st_dev, status.st_ino);
    // A link to a directory above.
    if (std::find(above_.begin(), above_.end(), self) != above_.end()) return;
    if (depth > deepest) throw too_much(path);
    const Folder folder = look(path);
    if (depth > 0 && folder.has("pyvenv.cfg")) return;
    if (!visit(folder)) return;
    above_.push_back(self);
    for (const std::string& name : folder.folders) {
        const bool passed = name.starts_with('.') ||
                            std::find(tools_own.begin(), tools_own.end(), name) != tools_own.end();
        if (!passed) walk_below((path == "/" ? "" : path) + "/" + name, depth + 1, visit);
    }
    above_.pop_back();
}

std::string Tree::read(const std::string& path) {
    auto content = net::read_file(path, largest_file + 1);
    if (!content) throw unreadable(path, content.error());
    bytes_ += content->size();
    if (content->size() > largest_file) throw blind("a migration is too large to be read", path);
    if (bytes_ > most_bytes) throw too_much(path);
    return *std::move(content);
}

}  // namespace vitals::checks::migrations
