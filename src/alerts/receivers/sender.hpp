// Carries alerts to their receivers: one attempt each, and what came of it. When to try again, and
// what to say then, is the policy's.
//
// All attempts run as coroutines on one loop instead of a thread for each receiver: the network
// never blocks, each attempt has a deadline of its own by which it has ended, and programs and name
// lookups run on lanes. So a receiver that hangs costs a descriptor and holds up no other
// (sender_test.cpp shows it).
//
// Each attempt connects anew and verifies TLS anew; redirects are not followed; proxies of the
// environment are not used. What goes into a log or an Attempt::why names the host alone and holds
// no secret.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/receivers/receiver.hpp"
#include "model/clock.hpp"
#include "net/environment.hpp"
#include "vitals/log.hpp"

namespace vitals::alerts::receivers {

// Of who watches: what every message says.
struct Watcher {
    std::string service;
    std::string host;
    std::string version;
};

// The client's view of the policy of attempts. A test shortens it.
struct Pace {
    std::chrono::milliseconds repeat = std::chrono::minutes(1);     // to who copies the state
    std::chrono::milliseconds after_end = std::chrono::minutes(5);  // so long of what is over
    std::chrono::milliseconds longest = std::chrono::hours(1);      // deadline of an attempt
};

// Used on the loop's thread only. Environment and clock outlive it.
class Sender {
  public:
    Sender(net::Environment& environment, Clock& clock, Log log, Pace pace = {});
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    // Instead of those before. What is under way to one that is gone goes on to its end.
    void configure(std::vector<Configured> receivers, Watcher watcher);

    // One attempt. `ended` is called once, later, never from inside; not at all after destruction.
    // To a receiver that is not configured it is rejected.
    void send(const std::string& receiver, Alert alert, std::function<void(Attempt)> ended);

    // After a start: an incident that is open and was told. Receivers that copy the state forgot it
    // perhaps; others are told nothing.
    void remember(const std::string& receiver, Alert alert);

    // A person has the incident: one that keeps open incidents is told, by some attempts within ten
    // minutes. Others are told nothing.
    void acknowledge(const std::string& receiver, Alert alert);

    std::size_t under_way() const noexcept { return flights_.size(); }

  private:
    struct Flight;
    struct Kept {
        Alert first;  // its labels stay
        Alert latest;
        Steady until = Steady::max();  // repeated until then
    };
    using Ended = std::function<void(Attempt)>;
    enum class What : std::uint8_t { alert, alive, acknowledgement };
    struct Acknowledging {
        std::string receiver;
        Alert alert;
        std::size_t attempts = 0;
        net::Timer timer;
    };

    const Configured* find(std::string_view name) const;
    Envelope envelope_of(const Configured& to, Alert alert) const;
    void start(const Configured& to, Envelope envelope, What what, Ended ended);
    void try_to_acknowledge(const std::shared_ptr<Acknowledging>& one);
    void keep(const std::string& receiver, const Alert& alert);
    void repeat();
    void arm(Steady when);

    net::Environment& environment_;
    Clock& clock_;
    Log log_;
    Pace pace_;
    Watcher watcher_;
    std::vector<std::shared_ptr<const Configured>> receivers_;
    std::map<std::string, std::map<std::string, Kept>> kept_;  // by receiver, by incident
    std::set<std::shared_ptr<Flight>> flights_;
    std::set<std::shared_ptr<Acknowledging>> acknowledging_;
    net::Timer timer_;
    std::shared_ptr<const bool> here_ = std::make_shared<const bool>(true);  // as long as this is
};

}  // namespace vitals::alerts::receivers
