// The nodes of a fleet as one of them hears them: which are alive, which are silent, and which
// names two processes have. Silence is judged by the steady clock of the hearer, and only while it
// hears itself: a blind node judges no other. Many that fall silent at once are reported as one
// event. Pure: time is an argument.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/message.hpp"
#include "fleet/rendezvous.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::fleet {

// How late heartbeats came at most, in the last ten minutes.
class Jitter {
  public:
    void take(Steady::duration late, Steady now);
    Steady::duration largest(Steady now) const;

  private:
    struct Minute {
        std::int64_t number = -1;
        Steady::duration largest{};
    };
    std::array<Minute, 10> minutes_;
};

struct Node {
    std::string name;
    std::uint64_t hash = 0;
    Heartbeat last;
    Steady heard_at{};
    bool restored = false;  // known from an earlier process, not heard since

    bool silent = false;
    Steady silent_at{};
    // A while after it fell silent: alone, or with many others.
    enum class Verdict : std::uint8_t { none, alone, with_others };
    Verdict verdict = Verdict::none;

    // A process of the same name that was there before, or is there, too.
    struct Other {
        std::uint64_t incarnation = 0, seq = 0;
        std::string host;
        Steady first_return{}, heard_at{};
        unsigned returns = 0;  // heartbeats since the present one took its place
    };
    std::vector<Other> others;
    bool collides = false;
    std::string other_host;  // of the one it collides with

    bool alive() const noexcept { return !silent && !collides && !last.leaving; }
    Steady::duration interval() const { return std::chrono::milliseconds(last.interval_ms); }
};

class Nodes {
  public:
    static constexpr std::size_t most = 10'000, most_listening = 1'000;
    static constexpr std::chrono::hours remembered{24};

    enum class Taken : std::uint8_t { taken, late, full };
    Taken hear(std::string_view name, const Heartbeat& beat, Steady now);
    // A node that an earlier process knew: it is missed unless it is heard in time.
    void restore(std::string name, std::vector<std::string> labels, std::string version,
                 Steady now);
    void forget(std::string_view name);

    // Finds nodes that fell silent. Call it several times a second. While vitals is blind, none
    // does; afterwards each has its whole time again.
    void judge(bool blind, Steady now);

    const std::map<std::string, Node, std::less<>>& all() const noexcept { return nodes_; }
    const Node* find(std::string_view name) const;
    // Another process has the node's name.
    bool collides(std::string_view name) const;
    // That process is the present one of the node, and the only one.
    bool is_present(std::string_view name, std::uint64_t incarnation) const;
    // The result of that process holds. It does even if the process has ended meanwhile.
    bool counts(std::string_view name, std::uint64_t incarnation) const;
    // Those that are alive, by name.
    const std::vector<const Node*>& alive() const;
    // How many listen, whether they are alive or not.
    std::size_t listening() const;
    // Grows when a node comes, goes, falls silent, or what is shown of it changes.
    std::uint64_t version() const noexcept { return version_; }
    // Those that fell silent with many others.
    std::size_t unheard_together() const noexcept { return together_; }
    std::size_t refused() const noexcept { return refused_; }

    // After this long without a heartbeat, a node with that interval is silent.
    Steady::duration patience(Steady::duration interval, Steady now) const;

  private:
    void hear_other(Node& node, const Heartbeat& beat, Steady now);
    void decide(Steady now);
    void changed();

    std::map<std::string, Node, std::less<>> nodes_;
    Jitter jitter_;
    Steady hears_since_{};
    bool blind_ = true;
    std::size_t together_ = 0;
    std::size_t refused_ = 0;
    std::uint64_t version_ = 1;
    mutable std::vector<const Node*> alive_;
    mutable std::uint64_t alive_version_ = 0;
    mutable std::size_t listening_ = 0;
    mutable std::uint64_t listening_version_ = 0;
};

}  // namespace vitals::fleet
