#include "fleet/rendezvous.hpp"

#include <algorithm>
#include <utility>

namespace vitals::fleet {

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325ull ^ seed;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ull;
    }
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdull;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53ull;
    return hash ^ (hash >> 33);
}

unsigned shard_of(std::string_view name) noexcept {
    return static_cast<unsigned>(hash_of(name) % shards);
}

std::vector<std::string> first_of(std::string_view thing, const std::vector<Candidate>& nodes,
                                  std::size_t count) {
    const std::uint64_t hash = hash_of(thing);
    std::vector<std::pair<std::uint64_t, const Candidate*>> best;
    for (const Candidate& node : nodes) {
        const std::pair<std::uint64_t, const Candidate*> next{weight_of(hash, node.hash), &node};
        const auto better = [](const auto& a, const auto& b) {
            return a.first != b.first ? a.first > b.first : a.second->name < b.second->name;
        };
        const auto at = std::upper_bound(best.begin(), best.end(), next, better);
        if (at == best.end() && best.size() >= count) continue;
        best.insert(at, next);
        if (best.size() > count) best.pop_back();
    }
    std::vector<std::string> names;
    for (const auto& [weight, node] : best) names.emplace_back(node->name);
    return names;
}

}  // namespace vitals::fleet
