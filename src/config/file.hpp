// The files of a configuration: their content, the matches of a pattern, and who may read them.
// Nothing here knows YAML.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace vitals::config {

inline constexpr std::size_t max_file_bytes = 16u << 20;
inline constexpr std::size_t max_bytes = 64u << 20;  // of all files together

struct File {
    std::string content;
    bool others_may_read = false;  // any user who can log in to this machine
};

// The whole file. The error continues after its name: `cannot be read: ...`. `only_regular`: also
// refuses a pipe, which might never end. `standard_input` is that name, which nobody else reads.
inline constexpr const char* standard_input = "-";
std::expected<File, std::string> read_file(const std::string& path, bool only_regular);

// Whether a name is a pattern.
bool is_pattern(const std::string& path);
// The files that the pattern matches, sorted bytewise; no match is no error. Only a pattern with a
// dot matches hidden files.
std::expected<std::vector<std::string>, std::string> matches(const std::string& pattern);

// `vitals.yml` if `vitals.yaml` was named, and vice versa; empty: neither.
std::string other_ending(const std::string& path);
// `; X is there`, if it is; else empty.
std::string hint_of_other_ending(const std::string& path);

// Whether two names are the same file.
std::string identity(const std::string& path);

}  // namespace vitals::config
