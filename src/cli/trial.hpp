// Components tried once each, perhaps as another user.
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

// By name or number; a number needs no entry. What is wrong with it.
std::expected<Person, std::string> find_person(const std::string& name);

// What each component comes to, in the same order, all tried at the same time. As somebody else it
// happens in a process of its own, which only root can start: whoever that is has no rights but its
// own. Ends at the latest two seconds after the longest timeout; what is not known by then is
// `unknown`. Call it before any thread is started.
std::vector<Outcome> try_once(const std::vector<config::ComponentConfig>& components,
                              const std::optional<Person>& as_user);

}  // namespace vitals::cli
