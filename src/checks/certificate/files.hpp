// The files at a path, and their bytes: a file, a glob, or a directory with all below it. It reads
// files, so it runs on a lane (net/reading.hpp).
#pragma once

#include <string>
#include <vector>

namespace vitals::checks::certificate {

inline constexpr std::size_t most_bytes = std::size_t{1} << 20;  // of one file
inline constexpr std::size_t most_files = 1000;

struct File {
    std::string path;
    std::string bytes;
    int error = 0;           // errno of a failed reading
    bool too_large = false;  // more than most_bytes: not read
    bool named = false;      // the path names this file
};

struct Files {
    std::vector<File> files;  // each once, by path
    bool too_many = false;    // more than most_files
    int error = 0;            // errno: the path itself could not be looked at
};

// A directory is searched with all below it. Links are followed. Hidden names, keys, requests, and
// certbot's archive/, whose certificates have ended by design, are left out.
Files files_at(const std::string& path);

}  // namespace vitals::checks::certificate
