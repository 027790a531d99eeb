// A file or directory: whether it exists, how old and how large it is, and what it contains. It
// looks from a lane, because a mount whose server is gone never answers.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "checks/kind.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks::file {

struct Options {
    std::string path;
    bool absent = false;
    std::string type = "any";
    std::optional<std::chrono::milliseconds> degraded_age;
    std::optional<std::chrono::milliseconds> failed_age;
    std::optional<Size> min_size;
    std::optional<Size> max_size;
    wire::Pattern contains;
    Size within{1 << 20};
};

extern const Kind kind;

}  // namespace vitals::checks::file
