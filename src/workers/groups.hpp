// The groups of workers of a configuration: their table, the sources of their heartbeats, their
// part in snapshots, and what outlives the process. Used on the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/clock.hpp"
#include "model/pushed.hpp"
#include "model/remembered.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "vitals/log.hpp"
#include "vitals/snapshot.hpp"
#include "workers/source.hpp"
#include "workers/table.hpp"

namespace vitals::workers {

// A configured group.
struct GroupSettings {
    GroupOptions options;             // the source decides `listened`
    std::vector<std::string> probes;  // as of a component
    const Source* source = nullptr;
    AnyOptions source_options;  // the source's own struct
    std::string fingerprint;    // of these; holds no secret's value
    bool shared = false;        // other nodes also hear its heartbeats, and share them
};

class Groups {
  public:
    // What is shown of all groups, judged at one time: the list of a group and its component always
    // agree, and become stale together.
    struct Shown {
        std::vector<std::shared_ptr<const WorkerGroup>> lists;
        // By component; a group with the same report as a moment ago is left out.
        std::vector<std::pair<std::string, Outcome>> outcomes;
        Steady valid_until{};
    };
    // `judged` is called with each judgement.
    Groups(net::Environment& environment, Clock& clock, Log log, std::function<void(Shown)> judged);

    // The function that saves what is known, and what an earlier process saved. Call it before the
    // first configure().
    using Save = std::function<void(std::vector<RememberedWorker>)>;
    void restore(std::vector<RememberedWorker> known, Save save);
    // Saves what is known now, whether or not it changed.
    void save_now();

    // Takes over the groups of a configuration. Known workers of groups that stay are kept, and so
    // is the connection of a source that did not change.
    void configure(std::vector<GroupSettings> groups);
    // The components `workers/GROUP` that judge them.
    std::vector<Component> components() const;

    // Takes a push; judge_pushed() shows it. Returns what is wrong with it, or empty.
    std::string take(const Heartbeats& beats);
    // For a shared group: what other nodes heard, and that their heartbeats are known from now on,
    // are still known, or are not.
    void beat_elsewhere(std::string_view group, std::string_view worker);
    void left_elsewhere(std::string_view group, std::string_view worker);
    void hear_elsewhere(std::string_view group) { table_->listening(group); }
    void still_heard_elsewhere(std::string_view group) { table_->heard(group); }
    void blind_elsewhere(std::string_view group, Blindness why) {
        table_->blind(group, std::move(why));
    }
    // Judges if something was pushed since the last judgement. Call it when a snapshot is made, so
    // that several heartbeats are judged once.
    void judge_pushed();
    void judge();

  private:
    struct Connected {
        std::string fingerprint;
        std::unique_ptr<SourceConnection> connection;
    };

    void listen();
    void turn();
    void save_if_due();

    net::Environment& environment_;
    Clock& clock_;
    Log log_;
    std::function<void(Shown)> judged_;
    std::shared_ptr<Table> table_;  // sources hold it, too
    std::vector<GroupSettings> groups_;
    std::map<std::string, Connected> connected_;  // by group
    net::Timer timer_;
    bool pushed_ = false;  // and not yet judged
    Steady reported_at_{};
    std::map<std::string, Outcome> reported_;  // by group, the latest
    Save save_;
    std::uint64_t saved_ = 0;  // version of the table that was saved last
    std::uint64_t saved_membership_ = 0;
    bool saved_some_ = false;  // there may be something to be removed
    Steady saved_at_{};
};

}  // namespace vitals::workers
