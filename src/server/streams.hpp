// When streams are asked for more: one per serving thread, used on that thread only, except wake().
// A thousand streams are asked in turns, so other connections are answered in between.
#pragma once

#include <atomic>

#include "endpoints/shared.hpp"
#include "server/connections.hpp"
#include "server/limits.hpp"
#include "server/poller.hpp"

namespace vitals::server {

class Streams {
  public:
    Streams(endpoints::Shared& shared, const Limits& limits, Poller& poller,
            Connections& connections, const endpoints::KeptAnswers& kept);
    ~Streams();
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    // Counts one more; false: the limit for all threads together is reached.
    bool enter() noexcept;
    void leave() noexcept;
    // One of them must be asked then.
    void ask_at(Steady when) noexcept;
    // All of them must be asked. Takes turns with the other events.
    void ask_all();

    void wake() noexcept;  // the same, soon; any thread

  private:
    void take_turn();

    endpoints::Shared& shared_;
    const std::size_t most_;
    Poller& poller_;
    Connections& connections_;
    const endpoints::KeptAnswers& kept_;
    std::atomic<std::size_t> here_{0};  // of this thread
    std::atomic<bool> woken_{false};    // a message is on its way
    std::size_t left_ = 0;              // to be asked in this round
    Steady alarm_ = Steady::max();
    Hub::Subscription subscription_;
};

}  // namespace vitals::server
