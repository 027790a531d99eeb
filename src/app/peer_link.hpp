// Talks to the other one of two vitals that watch each other (`peer`): reports every second what
// was told here, learns what was told there, and asks before a message is sent.
//
// Rank 1 alerts. Rank 2 leaves a message to it for `wait`, and then asks whether it may send. Both
// ask, so that only one of them sends. The asked one says no while it tells the receiver itself,
// knows that it was told, or still sees a failure whose end must be told. A side that cannot be
// asked is not waited for: rank 1 sends at once, rank 2 once it has heard nothing for `wait`. So a
// receiver is told at least once, and, while the two cannot hear each other, by both, under the
// same key.
//
// Used on the loop's thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "config/alerts.hpp"
#include "endpoints/peer_exchange.hpp"
#include "model/clock.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "vitals/log.hpp"
#include "vitals/outcome.hpp"

namespace vitals::app {

class PeerLink {
  public:
    using Exchange = endpoints::PeerExchange;
    using Claim = endpoints::PeerExchange::Claim;
    struct Seams {
        std::function<std::vector<Exchange::Told>()> told;              // by us
        std::function<void(const std::vector<Exchange::Told>&)> heard;  // what they told
        std::function<bool(const std::string& key)> is_wrong;           // here
        // By the name of the incident: what a person has acknowledged, here and there.
        std::function<std::map<std::string, Acknowledgement>()> acknowledged;
        std::function<void(const std::string& key, Acknowledgement)> heard_acknowledged;
        std::function<void(std::optional<Outcome>)> report;  // nothing: there is no peer
    };

    PeerLink(net::Environment& environment, Clock& clock, Log log, Seams seams);
    ~PeerLink();
    PeerLink(const PeerLink&) = delete;
    PeerLink& operator=(const PeerLink&) = delete;

    void configure(std::optional<config::Peer> peer);
    bool in_use() const noexcept { return peer_.has_value(); }

    // Whether that message, decided then, may be sent now; `then` may be called at once.
    void ask(const Claim& claim, Steady decided, std::function<void(bool may)> then);
    // A message that might be sent was sent; or it did not arrive, and the other one may try.
    void ended(const Claim& claim, bool may_have_arrived);
    // What the other side says, and the answer; nothing: there is no peer.
    std::optional<Exchange> answer(const Exchange& from);

  private:
    struct Flight;
    struct Leaving {
        bool granted = false;  // else it was asked
        Steady until{};
    };
    using Answered = std::function<void(std::optional<Exchange>)>;

    bool is_heard(Steady now) const { return heard_at_ && now - *heard_at_ <= peer_->wait; }
    Exchange ours() const;
    bool may_they(const Exchange& from, Steady now);
    void take(const Exchange& from);
    void exchange(std::optional<Claim> claim, Answered answered);
    bool listens_first(Steady now);
    void tick();
    void report();

    net::Environment& environment_;
    Clock& clock_;
    Log log_;
    Seams seams_;
    std::optional<config::Peer> peer_;
    std::optional<Steady> heard_at_;
    Steady since_{};  // configured
    bool same_rank_ = false;
    std::string problem_;  // of the last exchange
    std::optional<std::string> reported_;
    std::map<std::string, Leaving> ours_;    // by Claim::what()
    std::set<std::string> theirs_;           // as they said last
    std::map<std::string, Steady> granted_;  // to them, and not in `theirs_` yet
    std::set<std::shared_ptr<Flight>> flights_;
    Steady ticked_{};         // last
    Steady listens_until_{};  // after this process stood still: it may have missed much
    bool ticking_ = false;    // an exchange of tick() is under way
    net::Timer timer_;
};

}  // namespace vitals::app
