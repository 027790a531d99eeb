// The files of a configuration: their content, those that a pattern names, and who may read them.
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
    bool others_may_read = false;  // whoever has a login on this machine
};

// The whole file. The error goes on from its name: `cannot be read: ...`. `only_regular`: a pipe is
// refused, too, which might never end. `standard_input` is that name, of which nobody else reads.
inline constexpr const char* standard_input = "-";
std::expected<File, std::string> read_file(const std::string& path, bool only_regular);

// Whether a name is a pattern.
bool is_pattern(const std::string& path);
// The files that the pattern matches, sorted bytewise; none is no error. Hidden files are matched
// only by a dot.
std::expected<std::vector<std::string>, std::string> matches(const std::string& pattern);

// `vitals.yml` where `vitals.yaml` was asked for, and the other way round; empty: neither is meant.
std::string other_ending(const std::string& path);
// `; X is there`, where it is; else empty.
std::string hint_of_other_ending(const std::string& path);

// The same for two names of one file.
std::string identity(const std::string& path);

}  // namespace vitals::config
