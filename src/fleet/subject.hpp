// What stands in a subject of NATS: vt.FLEET.KIND.ABOUT.NODE, and of a component its name behind
// that. The node is always the one who wrote the message, so that the servers' permissions can hold
// each node to its own subjects (`vt.FLEET.*.*.NODE` and `vt.FLEET.*.*.NODE.>`). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitals::fleet {

// A name as part of a subject: `/` becomes `.`, any byte but letters, digits, `_` and `-` becomes
// =XX. Two names that differ, differ here; at most three times as long.
std::string token_of(std::string_view name);
// A name as one token, `/` included.
std::string one_token_of(std::string_view name);
// Back; nothing for what token_of() never writes.
std::optional<std::string> name_of(std::string_view token);

struct Subject {
    std::string kind;   // `hb`, `res`, ...
    std::string about;  // a shard, a service, a group of workers
    std::string node;   // who wrote it
    std::string name;   // of a component, or empty
    bool operator==(const Subject&) const = default;
};

// All subjects of a fleet.
class Subjects {
  public:
    explicit Subjects(std::string_view fleet);
    std::string of(const Subject& subject) const;
    // What one subscribes to; an empty `about` or `node` stands for all, `name` likewise where the
    // kind has one.
    std::string of_all(std::string_view kind, std::string_view about = {},
                       std::string_view node = {}) const;
    std::string of_all_named(std::string_view kind, std::string_view name = {}) const;
    // Nothing: it is none of this fleet's.
    std::optional<Subject> read(std::string_view text) const;

  private:
    std::string prefix_;  // `vt.shop.`
};

}  // namespace vitals::fleet
