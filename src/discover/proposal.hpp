// A proposed component, in the form of a configuration. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vitals::discover {

// What the file says of a candidate that did not pass when a later one did: the reason; the reason,
// unless another protocol is spoken there; nothing.
enum class IfNot : std::uint8_t { why, why_unless_another_protocol, nothing };

// One way to check it. The values of the options are written as YAML.
struct Candidate {
    std::string kind;
    std::vector<std::pair<std::string, std::string>> options;
    // What an operator must do before it passes: a statement, a line of an ACL.
    std::vector<std::string> needs{};
    IfNot if_not = IfNot::why;
};

struct Proposal {
    std::string name;
    std::string found;  // for the comment above it: `redis-server listens on 127.0.0.1:6379`
    // The best way first; the first that passes is used. If none passes, the first is written as a
    // comment, with the reason.
    std::vector<Candidate> candidates;
    bool critical = true;
    // Left out if no candidate passes, and then it takes no name; as others may have the name, it
    // is `short_name` with its port.
    bool guess = false;
    std::string short_name{};
};

// A text as YAML: plain if that is safe, else in double quotes.
std::string yaml_text(const std::string& text);

// `{check: redis, url: "redis://127.0.0.1:6379"}`, with `critical: false` if it is not critical.
std::string yaml_of(const Candidate& candidate, bool critical);

}  // namespace vitals::discover
