// Decides which of many nodes does a thing, without a question: each node computes the same order
// from hashes of the thing with every node's name, and when one node goes, only its own things
// move. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::fleet {

// The same on every machine and in every version: FNV-1a with a final mix.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed = 0) noexcept;

inline constexpr unsigned shards = 64;
unsigned shard_of(std::string_view name) noexcept;

// The weight of a node for a thing: more is better.
inline std::uint64_t weight_of(std::uint64_t thing, std::uint64_t node) noexcept {
    std::uint64_t mixed = thing ^ (node + 0x9e3779b97f4a7c15ull + (thing << 6) + (thing >> 2));
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
    return mixed ^ (mixed >> 31);
}

struct Candidate {
    std::string_view name;
    std::uint64_t hash = 0;  // of the name
};

// The first `count` of them for that thing, best first; of equal weight the smaller name.
std::vector<std::string> first_of(std::string_view thing, const std::vector<Candidate>& nodes,
                                  std::size_t count);

}  // namespace vitals::fleet
