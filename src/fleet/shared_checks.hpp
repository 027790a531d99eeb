// The components that nodes check for all: which node checks which one, what each node found, and
// what follows from that. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/message.hpp"
#include "fleet/nodes.hpp"
#include "fleet/profiles.hpp"
#include "fleet/quorum.hpp"
#include "fleet/subject.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::fleet {

// A component that nodes check for all.
struct SharedCheck {
    std::string name;
    std::uint64_t definition = 0;  // equal: the same component
    std::vector<std::string> labels;
    std::size_t count = 1;
    bool operator==(const SharedCheck&) const = default;
};

class SharedChecks {
  public:
    // Of this node.
    SharedChecks(std::string node, std::uint64_t incarnation);

    // Results of unchanged components stay.
    void configure(const std::vector<SharedCheck>& checks);
    bool empty() const noexcept { return checks_.empty(); }

    // The result of another node. False: it is late.
    bool take(const Subject& subject, const Result& result, const Nodes& nodes, Steady now);
    // The result of this node, and the message for the others. Nothing: it is not shared.
    std::optional<Result> found(const std::string& name, const Outcome& outcome, Status judged,
                                Steady::duration valid_for, Steady now);
    // Calls `send` with the results that this node must tell again now: now and then while they
    // hold. `all`: somebody asked for them.
    void turn(bool all, Steady now,
              const std::function<void(const std::string& name, Result result)>& send);

    // Which nodes check a component now, best first.
    std::vector<std::string> vantages(const std::string& name, const Nodes& nodes,
                                      const Profiles& profiles) const;
    // The components that this node must check.
    std::vector<std::string> own(const Nodes& nodes, const Profiles& profiles) const;
    // What is known of a component, and until when that holds.
    struct Judged {
        Outcome outcome;
        Steady valid_until{};
        std::vector<Vote> votes;
    };
    Judged verdict(const std::string& name, const Nodes& nodes, const Profiles& profiles,
                   Steady now) const;

  private:
    struct Found {
        std::uint64_t incarnation = 0, seq = 0;
        Result result;
        Steady observed{}, valid_until{};
    };
    struct Check {
        SharedCheck shared;
        std::map<std::string, Found, std::less<>> told;  // by node
        std::optional<Result> own;                       // the latest, to be told again
        Steady own_observed{}, own_valid_until{}, own_sent{};
    };
    using Vantages = std::map<std::string, std::vector<std::string>, std::less<>>;

    // By component.
    const Vantages& choose(const Nodes& nodes, const Profiles& profiles) const;

    std::string node_;
    std::uint64_t incarnation_;
    std::map<std::string, Check, std::less<>> checks_;
    mutable Vantages vantages_;
    // The versions of nodes and profiles that they were chosen from.
    mutable std::pair<std::uint64_t, std::uint64_t> chosen_from_{};
};

}  // namespace vitals::fleet
