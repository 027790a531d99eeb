// The alerts that another configuration would have sent: the runs in the history go through the
// thresholds, the incidents and the rules of that configuration. The judgement is deterministic, so
// the result is exact for the runs that are kept.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alerts/policy.hpp"
#include "config/config.hpp"
#include "history/runs.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::app {

struct KeptRuns {
    System from{}, to{};  // of the first run and of the last
    std::size_t count = 0;
    std::vector<std::pair<std::string, std::vector<history::Run>>> runs;  // by component
};

struct ToldMessage {
    System at{};
    std::string receiver;
    std::string kind;  // problem, worse, resolved, ...
    std::vector<std::string> cause;
    bool operator==(const ToldMessage&) const = default;
};

// The runs of a state directory in that period; a daemon may be using it. The error completes "the
// history cannot be read: ...". Runs of the last ten minutes may still be in the memory of a
// daemon.
std::expected<KeptRuns, std::string> kept_runs(const std::string& state_dir, System since,
                                               System until);
// The alerts that were sent in that period, from the same directory, oldest first.
std::expected<std::vector<ToldMessage>, std::string> told_messages(const std::string& state_dir,
                                                                   System from, System to);

// The alerts that the configuration would have sent for these runs, oldest first. Receivers take
// every message at once. Nothing is known of the time before the first run.
std::vector<ToldMessage> replay(const config::Config& config, const KeptRuns& kept);

// Components of the configuration without a run, and names of runs that the configuration does not
// have.
struct Unmatched {
    std::vector<std::string> without_runs, unknown;
};
Unmatched unmatched(const config::Config& config, const KeptRuns& kept);

// One message, and which side sends it: both, or one of them. The same message a little earlier or
// later counts as the same.
struct Compared {
    enum class In : std::uint8_t { both, then, replayed };
    In in = In::both;
    ToldMessage message;  // as it was sent then, if it was
};
std::vector<Compared> compared(const std::vector<ToldMessage>& then,
                               const std::vector<ToldMessage>& replayed);

}  // namespace vitals::app
