// Which files a path means, and their bytes: a file, a glob, or a directory with what lies below.
// It reads files, so it belongs on a lane (net/reading.hpp).
#pragma once

#include <string>
#include <vector>

namespace vitals::checks::certificate {

inline constexpr std::size_t most_bytes = std::size_t{1} << 20;  // of one file
inline constexpr std::size_t most_files = 1000;

struct File {
    std::string path;
    std::string bytes;
    int error = 0;           // errno with which it could not be read
    bool too_large = false;  // more than most_bytes: not read
    bool named = false;      // the path names it itself
};

struct Files {
    std::vector<File> files;  // each once, by path
    bool too_many = false;    // more than most_files
    int error = 0;            // errno: the path itself could not be looked at
};

// A directory is searched with what lies below it. Links are followed; hidden names, keys, requests
// and certbot's archive/, whose certificates have ended by design, are not looked at.
Files files_at(const std::string& path);

}  // namespace vitals::checks::certificate
