#include "fleet/profiles.hpp"

#include <algorithm>
#include <utility>

namespace vitals::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto ask_again_after = 2s;
constexpr std::size_t most = 64;

bool some_node_has(const Nodes& nodes, std::uint64_t digest) {
    return std::ranges::any_of(nodes.all(), [digest](const auto& each) {
        return each.second.last.configuration == digest;
    });
}

}  // namespace

void Profiles::configure(Profile own) {
    own_ = std::move(own);
    digest_ = digest_of(own_);
    ++version_;
}

void Profiles::take(const Profile& profile, const Nodes& nodes) {
    const std::uint64_t digest = digest_of(profile);
    if (digest == digest_) due_.reset();
    if (digest == digest_ || others_.contains(digest) || !some_node_has(nodes, digest)) return;
    if (others_.size() >= most)
        std::erase_if(others_, [&](const auto& each) { return !some_node_has(nodes, each.first); });
    if (others_.size() >= most) return;
    auto& definitions = others_[digest];
    for (const Profile::Check& check : profile.checks)
        definitions.emplace(check.name, check.definition);
    ++version_;
}

bool Profiles::has(const Node& node, std::string_view component, std::uint64_t definition) const {
    if (node.last.configuration == digest_) return true;
    const auto profile = others_.find(node.last.configuration);
    if (profile == others_.end()) return false;
    const auto at = profile->second.find(component);
    return at != profile->second.end() && at->second == definition;
}

std::vector<std::uint64_t> Profiles::missing(const Nodes& nodes, Steady now) {
    std::vector<std::uint64_t> digests;
    for (const Node* node : nodes.alive()) {
        if (!node->last.listens) continue;  // it checks nothing for others
        const std::uint64_t digest = node->last.configuration;
        if (digest == digest_ || others_.contains(digest)) continue;
        const auto asked = asked_for_.find(digest);
        if (asked != asked_for_.end() && now - asked->second < ask_again_after) continue;
        if (asked == asked_for_.end() && asked_for_.size() >= most) asked_for_.clear();
        asked_for_[digest] = now;
        digests.push_back(digest);
    }
    return digests;
}

void Profiles::asked(Steady due) {
    if (!due_) due_ = due;
}

bool Profiles::is_due(Steady now) {
    if (!due_ || now < *due_) return false;
    due_.reset();
    return true;
}

}  // namespace vitals::fleet
