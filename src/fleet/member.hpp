// One node of a fleet, without I/O: what it hears and when, what it sends, which subjects it needs,
// and its conclusions. Each fact is written by one node, with a sequence number; its receivers
// count its age from arrival, by a steady clock. No two nodes decide anything together; they reach
// the same conclusions because they heard the same.
//
// Used on one thread. Time is always an argument: the time of one steady clock. The time of the
// wall clock is only for display, and for a drain.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fleet/batches.hpp"
#include "fleet/drains.hpp"
#include "fleet/message.hpp"
#include "fleet/nodes.hpp"
#include "fleet/profiles.hpp"
#include "fleet/pushes.hpp"
#include "fleet/shared_checks.hpp"
#include "fleet/subject.hpp"
#include "vitals/outcome.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::fleet {

struct SharedGroup {
    std::string name;
    std::chrono::milliseconds timeout{24'000};
    bool operator==(const SharedGroup&) const = default;
};

// A component that is pushed to any node.
struct SharedPush {
    std::string name;
    std::uint64_t definition = 0;
    bool operator==(const SharedPush&) const = default;
};

struct Outgoing {
    std::string subject, bytes;
    bool may_be_dropped = false;  // the next one of its kind replaces it
};

class Member {
  public:
    struct Settings {
        std::string fleet, node, host, version;
        std::vector<std::string> labels;
        std::chrono::milliseconds interval{2'000};
        std::uint64_t incarnation = 0;  // random
        // Otherwise it receives only its own messages, drains and questions.
        bool listens = true;
    };
    // The immediate effects of others' messages. Called from receive().
    struct Heard {
        std::function<void(const std::string& group, std::string_view worker)> beat, left;
        std::function<void(const std::string& service, const Drain& drain)> drain;
        std::function<void(const std::string& component, const Pushed& pushed,
                           std::chrono::milliseconds valid_for)>
            push;
        // The messages of alerts. `claim` is also called for a claim of this node, which shows that
        // it is heard.
        std::function<void(const std::string& node, const Claim& claim)> claim;
        std::function<void(const std::string& node, const Told& told)> told;
        std::function<void()> asked;  // another node missed what was told
    };
    Member(Settings settings, Heard heard);

    // Everything that is shared. Results of unchanged components stay.
    void configure(const std::vector<SharedCheck>& checks, const std::vector<SharedGroup>& groups,
                   std::vector<std::string> labels, Steady now,
                   const std::vector<SharedPush>& pushes = {});

    // A message that arrived. Any bytes are safe.
    void receive(std::string_view subject, std::string_view bytes, Steady now);
    // Call it several times a second: heartbeats, judgements, due answers.
    void tick(Steady now, std::chrono::milliseconds lag, bool out_of_service);
    // The last message of a process that ends.
    void leave(Steady now);

    // The result of this node for a component that it checks.
    void found(const std::string& check, const Outcome& outcome, Status judged,
               Steady::duration valid_for, Steady now);
    // A push to this node for a shared component; `wall` in milliseconds.
    void pushed(std::string_view component, const Outcome& outcome,
                std::chrono::milliseconds valid_for, std::uint64_t wall, Steady now);
    void beat(const std::string& group, std::string_view worker, Steady now);
    void left(const std::string& group, std::string_view worker, Steady now);
    // False: too many services.
    bool drain(const std::string& service, std::string text, std::string by, std::uint64_t wall,
               Steady now);
    // What an earlier process knew.
    void restore(const std::string& service, const Drain& drain);
    void restore_node(std::string name, std::vector<std::string> labels, std::string version,
                      Steady now);

    // Something was lost on the way here: asks again for what others know.
    void missed(Steady now);

    // Sends a message of alerts: a claim, or what was told.
    void say(const Message& message) { send("alerts", message); }

    std::vector<Outgoing> take_outgoing();
    const std::set<std::string>& subscriptions() const noexcept { return subscriptions_; }

    // It was in contact for long enough to have heard all others.
    bool settled() const noexcept { return settled_; }
    // It hears its own heartbeats. A node that does not hear them judges no other node, and knows
    // nothing about others.
    bool in_contact(Steady now) const;
    // When the last of its own heartbeats that it heard was sent; nothing: never.
    std::optional<Steady> contact() const noexcept { return echo_; }
    // After this long without its own heartbeat there is no contact.
    Steady::duration patience(Steady now) const;
    // Another process has this node's name. The host that it gives.
    std::optional<std::string> namesake() const;

    const Nodes& nodes() const noexcept { return nodes_; }
    const Drains& drains() const noexcept { return drains_; }
    const Settings& settings() const noexcept { return settings_; }
    std::uint64_t configuration() const noexcept { return profiles_.digest(); }
    const std::map<std::string, OtherWorkers, std::less<>>& other_workers() const noexcept {
        return others_;
    }
    // Which nodes check a component now, best first.
    std::vector<std::string> vantages(const std::string& check) const {
        return checks_.vantages(check, nodes_, profiles_);
    }
    // The components that this node must check.
    std::vector<std::string> own_checks() const;
    // How many workers each node shares, in all groups.
    std::unordered_map<std::string, std::size_t> workers() const;
    // The result of all nodes for a component, and until when it holds. While there is no contact,
    // the caller must say so.
    using Judged = SharedChecks::Judged;
    Judged verdict(const std::string& check, Steady now) const {
        return checks_.verdict(check, nodes_, profiles_, now);
    }

    struct Figures {
        std::uint64_t received = 0, unreadable = 0, late = 0, refused = 0;
    };
    const Figures& figures() const noexcept { return figures_; }

  private:
    struct Group {
        SharedGroup shared;
        OwnWorkers own;
        bool sends = false;  // has something to tell
        std::optional<Steady> names_due{};
        std::size_t names_from = 0;
    };

    void take(const Subject& subject, const Heartbeat& beat, Steady now);
    void take(const Subject& subject, const Result& result, Steady now);
    void take(const Subject& subject, const Drain& drain, Steady now);
    void take(const Subject& subject, const Profile& profile, Steady now);
    void take(const Subject& subject, const Names& names, Steady now);
    void take(const Subject& subject, const Batch& batch, Steady now);
    void take(const Subject& subject, const Ask& ask, Steady now);
    void take(const Subject& subject, const Pushed& pushed, Steady now);
    void take(const Subject& subject, const Claim& claim, Steady now);
    void take(const Subject& subject, const Told& told, Steady now);

    void send(std::string_view about, const Message& message, std::string_view name = {},
              bool may_be_dropped = false);
    Heartbeat heartbeat(Steady now);
    void send_heartbeat(Steady now);
    void send_batches(Steady now);
    void send_pushes(bool all, Steady now);
    void answer(Steady now);
    void send_result(const std::string& name, Result result);
    void send_drain(const std::string& service, const Drain& drain, Steady now);
    void ask_for_state();
    void subscribe();
    Steady soon(Steady now, std::chrono::milliseconds within);

    Settings settings_;
    Heard heard_;
    Subjects subjects_;
    std::mt19937_64 chance_;
    Nodes nodes_;
    Drains drains_;
    Pushes pushes_;
    Profiles profiles_;
    SharedChecks checks_;
    std::map<std::string, Group, std::less<>> groups_;
    std::map<std::string, OtherWorkers, std::less<>> others_;  // by group
    std::map<std::pair<std::string, std::string>, Steady> asked_names_;
    std::map<std::string, Steady, std::less<>> drain_due_;  // when it is told again
    std::optional<Steady> state_due_;
    std::set<std::string> subscriptions_;
    std::vector<Outgoing> outgoing_;
    std::optional<Steady> echo_;  // when the last heartbeat was sent that came back
    bool had_contact_ = false;
    Steady contact_since_{};
    bool settled_ = false;  // it was in contact for long enough to have heard all others
    std::size_t alive_before_ = 0;
    // The version of the nodes when the workers of lost nodes were forgotten.
    std::uint64_t workers_version_ = 0;
    std::uint64_t seq_ = 0;
    std::vector<std::pair<std::uint64_t, Steady>> on_their_way_;  // own heartbeats
    Steady next_beat_{};
    std::chrono::milliseconds lag_{};
    bool out_of_service_ = false;
    Figures figures_;
};

}  // namespace vitals::fleet
