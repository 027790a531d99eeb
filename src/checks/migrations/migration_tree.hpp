// Searches directories for migrations. It is bounded, and reports what it could not see. Blocks.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/check_error.hpp"

namespace vitals::checks::migrations {

class Tree {
  public:
    struct Folder {
        std::string path;                  // absolute
        std::string name;                  // its last part
        std::vector<std::string> files;    // names, sorted
        std::vector<std::string> folders;  // the same; links to directories are included
        bool has(std::string_view file) const;
    };
    // Whether to continue below the folder.
    using Visit = std::function<bool(const Folder&)>;

    // Visits a directory and those below it, except folders of tools: hidden ones, node_modules,
    // site-packages and virtual environments, unless the path names such a folder.
    void walk(const std::string& path, const Visit& visit);
    Folder look(const std::string& path);
    std::string read(const std::string& path);

    static std::string absolute(const std::string& path);
    static std::string parent(const std::string& path);
    static std::string last_part(const std::string& path);
    static bool is_directory(const std::string& path);
    static bool is_file(const std::string& path);

  private:
    void walk_below(const std::string& path, std::size_t depth, const Visit& visit);

    std::size_t entries_ = 0;
    std::size_t bytes_ = 0;
    std::vector<std::pair<unsigned long, unsigned long>> above_;  // devices and inodes
};

// `theirs` is private, `detail` is not: it names no path.
CheckError blind(const std::string& detail, const std::string& theirs = {});
// Nothing can be compared: `what` is what path should have been.
CheckError nothing_found(std::string_view framework, std::string_view what,
                         const std::vector<std::string>& paths);

}  // namespace vitals::checks::migrations
