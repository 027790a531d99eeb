// The jobs of a configuration: their reports, when they are looked at, their part in snapshots, and
// what outlives the process. Used on the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/job.hpp"
#include "model/clock.hpp"
#include "net/loop.hpp"

namespace vitals::jobs {

class Jobs {
  public:
    // The state of a job. `anew`: it was judged again, which counts as a run.
    struct Shown {
        std::string component;
        Outcome outcome;
        bool anew = false;
        Steady valid_until{};
    };
    Jobs(net::Loop& loop, Clock& clock, std::function<void(Shown)> show);

    // What an earlier process left, `away` ago, by name, and the function that saves what is known;
    // nothing for a job that is gone. Call it before the first configure().
    using Saved = std::vector<std::pair<std::string, std::string>>;
    using Save =
        std::function<void(std::vector<std::pair<std::string, std::optional<std::string>>>)>;
    void restore(Saved saved, Steady::duration away, Save save);
    void save_now();
    void save_all();  // what was saved is lost

    // Takes over the jobs of a configuration, whose components exist; known ones keep what is known
    // of them. Shows all.
    void configure(std::vector<JobSettings> jobs);

    // False: there is no such job.
    bool take(const JobEvent& event);

  private:
    struct Known {
        Job job;
        std::uint64_t shown = 0;  // as of this many verdicts
    };
    Moment moment() const;
    void show(const std::string& name, Known& known);
    void changed(const std::string& name);
    void turn_at(Steady when);
    void arm();
    void turn();

    Clock& clock_;
    std::function<void(Shown)> show_;
    std::map<std::string, Known, std::less<>> jobs_;
    std::map<std::string, JobMemory, std::less<>> restored_;  // until configured
    Steady::duration away_{};                                 // likewise
    Save save_;
    std::set<std::string> unsaved_;
    net::Timer turn_timer_;
    net::Timer save_timer_;
    Steady turn_at_ = Steady::max();
};

}  // namespace vitals::jobs
