// Carries alerts to their receivers: single attempts and their results. The policy decides when to
// try again, and what to say then.
//
// All attempts run as coroutines on one loop instead of a thread for each receiver. The network
// never blocks, each attempt has its own deadline, and programs and name lookups run on lanes. So a
// receiver that hangs costs a descriptor and delays no other (sender_test.cpp shows it).
//
// Each attempt makes a new connection and verifies TLS again; redirects are not followed; proxies
// of the environment are not used. The texts in a log or an Attempt::why name only the host and
// hold no secret.
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

// Facts about this vitals in every message.
struct Watcher {
    std::string service;
    std::string host;
    std::string version;
};

// The limits of attempts on this side. A test shortens them.
struct Pace {
    std::chrono::milliseconds repeat = std::chrono::minutes(1);  // to receivers that copy the state
    std::chrono::milliseconds after_end = std::chrono::minutes(5);  // for this long after the end
    std::chrono::milliseconds longest = std::chrono::hours(1);      // deadline of an attempt
};

// Used on the loop's thread only. Environment and clock outlive it.
class Sender {
  public:
    Sender(net::Environment& environment, Clock& clock, Log log, Pace pace = {});
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    // Replaces the receivers. An attempt for a removed one continues to its end.
    void configure(std::vector<Configured> receivers, Watcher watcher);

    // One attempt. `ended` is called once, later, never from inside; after destruction it is not
    // called. An attempt for an unknown receiver is rejected.
    void send(const std::string& receiver, Alert alert, std::function<void(Attempt)> ended);

    // After a start: an open incident that was told. Receivers that copy the state may have
    // forgotten it; others are told nothing.
    void remember(const std::string& receiver, Alert alert);

    // A person has acknowledged the incident: a receiver that keeps open incidents is told, by some
    // attempts within ten minutes. Others are told nothing.
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
