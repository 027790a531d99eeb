#include "files.hpp"

#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "net/file.hpp"

namespace vitals::checks::certificate {

namespace {

constexpr int deepest = 4;  // folders below the named one

bool is_of_no_interest(std::string_view name) {
    if (name.starts_with('.') || name == "archive") return true;
    return std::ranges::any_of(std::array<std::string_view, 5>{".key", ".csr", ".req", ".srl", "~"},
                               [&](std::string_view end) { return name.ends_with(end); });
}

thread_local bool not_permitted = false;  // glob(3) passes no argument to its error function

class Search {
  public:
    void look_at(const std::string& path, bool named, int depth = 0) {
        struct stat status{};
        if (::stat(path.c_str(), &status) != 0) return missing(path, named, errno);
        // Links lead to the same file several times: hashed names, certbot's live/.
        if (!seen_.emplace(status.st_dev, status.st_ino).second) return;
        if (S_ISDIR(status.st_mode)) return search(path, depth);
        if (!S_ISREG(status.st_mode)) return missing(path, named, named ? EINVAL : ENOENT);
        if (found_.files.size() == most_files) {
            found_.too_many = true;
            return;
        }
        File file{.path = path, .named = named};
        auto bytes = net::read_file(path, most_bytes + 1);
        if (!bytes)
            file.error = bytes.error();
        else if (bytes->size() > most_bytes)
            file.too_large = true;
        else
            file.bytes = *std::move(bytes);
        found_.files.push_back(std::move(file));
    }

    void look_at_all(const std::string& pattern) {
        glob_t matches{};
        not_permitted = false;
        const auto on_error = [](const char*, int error) {
            not_permitted |= error == EACCES || error == EPERM;
            return 0;  // the others count
        };
        if (::glob(pattern.c_str(), 0, on_error, &matches) == 0)
            for (std::size_t i = 0; i < matches.gl_pathc; ++i) look_at(matches.gl_pathv[i], false);
        if (matches.gl_pathc == 0 && not_permitted) found_.error = EACCES;
        ::globfree(&matches);
    }

    Files take() {
        std::ranges::sort(found_.files, {}, &File::path);
        return std::move(found_);
    }

  private:
    // A file that a search no longer finds was removed meanwhile, or is a link to nothing.
    void missing(const std::string& path, bool named, int error) {
        if (named)
            found_.error = error;
        else if (error != ENOENT)
            found_.files.push_back({.path = path, .error = error});
    }

    void search(const std::string& path, int depth) {
        const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
        if (!directory) {
            if (depth == 0)
                found_.error = errno;
            else
                found_.files.push_back({.path = path, .error = errno});
            return;
        }
        while (const dirent* entry = ::readdir(directory.get())) {
            if (is_of_no_interest(entry->d_name)) continue;
            if (depth < deepest && !found_.too_many)
                look_at(path + "/" + entry->d_name, false, depth + 1);
        }
    }

    Files found_;
    std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

Files files_at(const std::string& path) {
    Search search;
    struct stat status{};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    if (!exists && path.find_first_of("*?[") != std::string::npos)
        search.look_at_all(path);
    else
        search.look_at(path, true);
    return search.take();
}

}  // namespace vitals::checks::certificate
