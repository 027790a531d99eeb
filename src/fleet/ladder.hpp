// Which node of a fleet tells. Several nodes see the same incident; one of them is to tell each
// receiver, another one where that one cannot, and none of them waits for an agreement. Each node
// has a rank for each incident: its place among the nodes that know the receiver. It waits that
// many steps, says that it wants to tell (a claim), listens, tells, and says that it did. Who
// cannot be heard is not waited for, so that a message may come twice, and never not at all.
//
// Pure: it is told the time and what others say; it does no I/O. Used on one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/message.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::fleet {

class Ladder {
  public:
    static constexpr std::chrono::milliseconds step{3'000};   // for each rank
    static constexpr std::chrono::milliseconds hold{4'000};   // after the claim of another one
    static constexpr std::chrono::milliseconds listens{300};  // after its own claim
    static constexpr std::chrono::milliseconds again{1'500};  // a message on its way is told again
    static constexpr std::chrono::milliseconds pace{250};
    static constexpr std::chrono::milliseconds gap{1'000};  // so long this process stood still
    static constexpr std::chrono::milliseconds after_gap{1'500};  // it listens before it speaks
    static constexpr std::chrono::milliseconds first{8'000};      // at most, after the start
    static constexpr std::chrono::hours known{1};                 // a node, and what it told
    static constexpr std::chrono::seconds wrong_lasts{95};        // what it said of an incident
    static constexpr std::size_t most_nodes = 1'000, most_told = 10'000, most_claims = 10'000;

    Ladder(std::string node, std::uint64_t incarnation, Steady now);

    // ---- what is known of others ----------------------------------------------------------------
    // Whether this node hears the fleet, and who of it is alive as far as it hears. Who is not is
    // not waited for; while it hears nobody, it waits for all that were known within the last hour.
    void set_contact(bool contact, std::vector<std::string> alive, Steady now);
    // False: it is older than what was heard.
    bool hear(const std::string& node, const Told& told, Steady now);
    void hear(const std::string& node, const Claim& claim, Steady now);

    // ---- messages of this node ------------------------------------------------------------------
    struct Wish {
        std::string incident, receiver;
        std::uint64_t serial = 0;  // of the message
        bool end = false;          // it says that the incident is over
        Steady since{};            // it was decided
    };
    enum class Turn : std::uint8_t {
        wait,
        go,
        told,  // another node did: told_elsewhere() says what
    };
    // To be asked again while it has to wait; a wish that nobody asks for any more is forgotten.
    Turn ask(const Wish& wish, Steady now);
    std::optional<Told::Entry> told_elsewhere(const std::string& incident,
                                              const std::string& receiver) const;
    // It has left; and what became of it.
    void left(const std::string& incident, const std::string& receiver, Steady now);
    void ended(const std::string& incident, const std::string& receiver, bool may_have_arrived);

    // Does what is due at that moment; at next(), and after ask() said `wait` for the first time.
    // True: ask() may have another answer now.
    bool turn(Steady now);
    std::vector<Claim> take_claims();
    // When turn() has something to do; `pace` from now at the latest.
    Steady next(Steady now) const;

    bool contact() const noexcept { return contact_; }
    // Others can tell, too, and none of them is heard.
    bool alone() const;
    // How many nodes can tell that receiver, this one among them.
    std::size_t candidates(std::string_view receiver) const;
    // Its place among them for that incident; 0 tells first.
    std::size_t rank(std::string_view incident, std::string_view receiver) const;

    struct Figures {
        std::uint64_t told = 0, left_to_others = 0, held = 0;
    };
    const Figures& figures() const noexcept { return figures_; }

  private:
    using Key = std::pair<std::string, std::string>;  // incident, receiver
    struct Node {
        std::uint64_t hash = 0;
        std::uint64_t incarnation = 0, seq = 0;
        std::vector<std::string> receivers;  // sorted
        std::vector<std::uint64_t> wrong;    // incidents, by hash; sorted
        Steady heard{};
        bool alive = false;
    };
    struct Other {
        std::string node;
        Claim::Stage stage = Claim::Stage::wants;
        Steady heard{};
    };
    struct Own {
        Wish wish;
        Steady asked{};
        std::optional<Steady> claimed;
        bool echoed = false;  // its own claim was heard
        bool leaves = false;  // it is on its way
        bool seen = false;    // by turn()
        Steady said{};        // that it is
        std::size_t rank = 0;
        std::uint64_t ranked = 0;  // the version of what is known, as of `rank`
    };
    struct Heard {
        Told::Entry entry;
        Steady at{};
    };

    bool listening(Steady now) const;
    bool counts(const Node& node) const { return !contact_ || node.alive; }
    bool is_before(std::string_view a, std::uint64_t a_hash, std::string_view b,
                   std::uint64_t b_hash, std::uint64_t incident) const;
    bool is_wrong_elsewhere(const std::string& incident, Steady now) const;
    std::optional<Steady> held_until(const Own& own, Steady now) const;
    Steady turn_of(Own& own) const;
    Steady speaks_at(const Own& own) const;
    void look_for_gap(Steady now);
    void forget_old(Steady now);
    void take(const std::string& node, Node& from, const Told& told, Steady now);
    void say(const Own& own, Claim::Stage stage);

    std::string self_;
    std::uint64_t self_hash_ = 0, incarnation_ = 0;
    bool contact_ = false;
    Steady quiet_until_{};
    std::optional<Steady> turned_;
    std::map<std::string, Node, std::less<>> nodes_;
    std::uint64_t version_ = 1;  // of nodes_ and contact_
    std::map<Key, Own> own_;
    std::map<Key, std::vector<Other>> others_;
    std::map<Key, Heard> told_;
    std::vector<Claim> claims_;
    Steady forgot_{};
    Figures figures_;
};

}  // namespace vitals::fleet
