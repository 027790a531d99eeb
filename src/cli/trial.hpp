// Tries components once each, possibly as another user.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "vitals/outcome.hpp"

namespace vitals::cli {

struct Person {
    std::string shown;  // `vitals`, `uid 65534`
    uid_t uid = 0;
    gid_t gid = 0;
    bool has_entry = false;  // in the system's table of users, with its groups
};

// By name or number; a number needs no entry. The error says what is wrong with it.
std::expected<Person, std::string> find_person(const std::string& name);

// The outcome of each component, in the same order, all tried at the same time. As another user,
// this happens in a separate process, which only root can start; it has only the rights of that
// user. Ends at the latest two seconds after the longest timeout; unfinished ones are `unknown`.
// Call it before any thread starts.
std::vector<Outcome> try_once(const std::vector<config::ComponentConfig>& components,
                              const std::optional<Person>& as_user);

}  // namespace vitals::cli
