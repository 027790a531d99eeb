// Workers of other nodes, and what other nodes are told of this node's workers. Names are sent
// once; after that one byte for each worker says how long ago it was heard. So a lost batch costs
// nothing, and a million workers fit into a few dozen megabytes. Pure: time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fleet/message.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::fleet {

// The workers of one group that this node heard itself.
class OwnWorkers {
  public:
    explicit OwnWorkers(std::chrono::milliseconds timeout) : timeout_(timeout) {}

    void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
    // False: the group has Bounds::workers names, so a new one is not shared.
    bool beat(std::string_view name, Steady now);
    void leave(std::string_view name, Steady now);
    std::size_t size() const noexcept { return places_.size(); }

    Batch batch(Steady now);  // without incarnation and seq
    // The names from that place on, as many as fit into a message.
    Names names(std::size_t from) const;
    // The names that were not sent yet; nothing: all were sent.
    std::optional<Names> untold();
    std::size_t places() const noexcept { return workers_.size(); }

  private:
    struct Worker {
        std::string name;
        Steady heard_at{};
        bool left = false;
    };
    void forget_silent(Steady now);

    std::chrono::milliseconds timeout_;
    std::uint64_t epoch_ = 1;
    std::vector<Worker> workers_;
    std::unordered_map<std::string, std::uint32_t> places_;
    std::size_t told_ = 0;
};

// The workers of all other nodes, of one group.
class OtherWorkers {
  public:
    static constexpr std::size_t most = 1'200'000;

    struct Heard {
        // A worker was heard since the last batch; or it deregistered.
        std::function<void(std::string_view name, Steady heard_at)> beat;
        std::function<void(std::string_view name)> left;
    };
    // True: names are missing, and the node must be asked for them.
    bool take(const std::string& node, const Batch& batch, Steady now, const Heard& heard);
    // Names that do not continue what is known are ignored.
    void take(const std::string& node, const Names& names);
    // Keeps only the nodes that are still known.
    void forget_others(const std::function<bool(const std::string& node)>& is_known);

    std::size_t size() const noexcept { return size_; }
    std::size_t known_on(const std::string& node) const;
    // Adds to each node how many it has.
    void count(std::unordered_map<std::string, std::size_t>& by_node) const;
    // How many were heard within that time.
    std::size_t heard_within(std::chrono::milliseconds time, Steady now) const;
    std::size_t bytes() const;  // of memory, about

  private:
    struct OfNode {
        std::uint64_t incarnation = 0, epoch = 0, seq = 0;
        bool begun = false;
        std::string names;                 // one after the other
        std::vector<std::uint32_t> ends;   // of each name
        std::vector<std::uint32_t> heard;  // ticks of 100 ms since `began_`; 0: never
    };
    std::uint32_t tick(Steady at) const;
    void clear(OfNode& of);

    std::optional<Steady> began_;
    std::unordered_map<std::string, OfNode> nodes_;
    std::size_t size_ = 0;
};

}  // namespace vitals::fleet
