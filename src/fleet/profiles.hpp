// What the nodes of a fleet have. A heartbeat carries a digest of its node's profile, and a node
// that does not know a digest asks for the profile. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/message.hpp"
#include "fleet/nodes.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::fleet {

class Profiles {
  public:
    // The profile of this node.
    void configure(Profile own);
    const Profile& own() const noexcept { return own_; }
    std::uint64_t digest() const noexcept { return digest_; }

    // A profile that was sent. It is kept only while some node has it.
    void take(const Profile& profile, const Nodes& nodes);
    // Whether the node has that component, by the same definition.
    bool has(const Node& node, std::string_view component, std::uint64_t definition) const;
    // The digests to ask for now. It does not return one again within two seconds.
    std::vector<std::uint64_t> missing(const Nodes& nodes, Steady now);

    // Somebody asked for the profile of this node: it is sent then, unless another node sends the
    // same one before.
    void asked(Steady due);
    // Whether it must be sent now. True once per question.
    bool is_due(Steady now);

    // Grows when has() may answer differently.
    std::uint64_t version() const noexcept { return version_; }

  private:
    Profile own_;
    std::uint64_t digest_ = 0;
    // The meanings of other digests: definitions by component.
    std::map<std::uint64_t, std::map<std::string, std::uint64_t, std::less<>>> others_;
    std::map<std::uint64_t, Steady> asked_for_;
    std::optional<Steady> due_;
    std::uint64_t version_ = 1;
};

}  // namespace vitals::fleet
