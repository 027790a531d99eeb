// The parts of a NATS subject: vt.FLEET.KIND.ABOUT.NODE, followed by the name of a component if it
// is about one. The node is always the author of the message, so the servers' permissions can limit
// each node to its own subjects (`vt.FLEET.*.*.NODE` and `vt.FLEET.*.*.NODE.>`). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitals::fleet {

// A name as part of a subject: `/` becomes `.`, any byte but letters, digits, `_` and `-` becomes
// =XX. Different names stay different; at most three times as long.
std::string token_of(std::string_view name);
// A name as one token, `/` included.
std::string one_token_of(std::string_view name);
// The name again; nothing for a text that token_of() never writes.
std::optional<std::string> name_of(std::string_view token);

struct Subject {
    std::string kind;   // `hb`, `res`, ...
    std::string about;  // a shard, a service, a group of workers
    std::string node;   // the author
    std::string name;   // of a component, or empty
    bool operator==(const Subject&) const = default;
};

// All subjects of a fleet.
class Subjects {
  public:
    explicit Subjects(std::string_view fleet);
    std::string of(const Subject& subject) const;
    // A subscription; an empty `about` or `node` stands for all, and so does `name` if the kind has
    // one.
    std::string of_all(std::string_view kind, std::string_view about = {},
                       std::string_view node = {}) const;
    std::string of_all_named(std::string_view kind, std::string_view name = {}) const;
    // Nothing: it is not one of this fleet.
    std::optional<Subject> read(std::string_view text) const;

  private:
    std::string prefix_;  // `vt.shop.`
};

}  // namespace vitals::fleet
