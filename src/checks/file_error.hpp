// A system call on a path that failed.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "vitals/outcome.hpp"

namespace vitals::checks {

// For `error`: private.
inline std::string system_text(const std::string& path, int error) {
    return path + ": " + std::generic_category().message(error);
}

// The outcome if vitals itself could not look; nothing: the error says something about the path.
inline std::optional<Outcome> could_not_look(const std::string& text, int error,
                                             const char* not_permitted) {
    switch (error) {
        case EACCES:
        case EPERM:
            return unknown(not_permitted, text);
        case EMFILE:
        case ENFILE:
            return unknown("no descriptors left", text);
        case ENOMEM:
            return unknown("no memory left", text);
        default:
            return std::nullopt;
    }
}

}  // namespace vitals::checks
