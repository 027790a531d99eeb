#include "server/streams.hpp"

#include <algorithm>
#include <utility>

namespace vitals::server {
namespace {
constexpr std::size_t asked_in_a_turn = 64;
}  // namespace

Streams::Streams(endpoints::Shared& shared, const Limits& limits, Poller& poller,
                 Connections& connections, const endpoints::KeptAnswers& kept)
    : shared_(shared),
      most_(limits.streams),
      poller_(poller),
      connections_(connections),
      kept_(kept) {
    poller_.on_alarm = [this] {
        alarm_ = Steady::max();
        ask_all();
    };
    // Not on the hub's thread: the serving thread reads what is published.
    subscription_ = shared_.hub.subscribe([this] { wake(); });
}

Streams::~Streams() {
    shared_.hub.unsubscribe(subscription_);
}

void Streams::wake() noexcept {
    if (here_.load() == 0 || woken_.exchange(true)) return;
    try {
        poller_.mailbox()->post([this] {
            woken_ = false;
            ask_all();
        });
    } catch (const std::exception&) {
        woken_ = false;  // no memory for it: the next one, or the beat, asks
    }
}

bool Streams::enter() noexcept {
    if (shared_.streams.fetch_add(1) >= most_) {
        shared_.streams.fetch_sub(1);
        return false;
    }
    // Before the first look at what is published: from then on no message is missed.
    ++here_;
    return true;
}

void Streams::leave() noexcept {
    --here_;
    shared_.streams.fetch_sub(1);
}

void Streams::ask_at(Steady when) noexcept {
    if (when >= alarm_) return;
    alarm_ = when;
    poller_.set_alarm(when - kept_.now());
}

void Streams::ask_all() {
    const bool under_way = left_ > 0;
    left_ = connections_.streaming();
    if (!under_way) take_turn();
}

void Streams::take_turn() {
    for (std::size_t i = 0; i < asked_in_a_turn && left_ > 0; ++i) {
        --left_;
        if (!connections_.pull_next()) left_ = 0;
    }
    if (left_ == 0) return;
    const std::size_t left = std::exchange(left_, 0);  // if there is no memory for it
    poller_.mailbox()->post([this] { take_turn(); });
    left_ = left;
}

}  // namespace vitals::server
