// The world around the policy of alerts, in whole seconds: receivers that are up, refuse, or take
// messages and lose the answer; crashes between deciding, saving and sending; a wall clock that is
// set. Stands in for the outbox and its senders.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/policy.hpp"

namespace vitals::testing {

alerts::Components shared(const std::vector<Component>& components);

struct SentMessage {
    int t = 0;
    alerts::Message message;
    std::string key;     // `1/mail/1`
    bool lost = false;   // its answer was lost
    bool muted = false;  // all its causes were muted, by the world's own account
};

class AlertWorld {
  public:
    enum class Mode { up, down, lossy };
    enum class Crash { none, decide, persist, send };  // nothing saved; saved, not sent; no answer

    // `epoch`: the wall clock at second 0, in seconds since 1970.
    AlertWorld(alerts::Settings settings, std::vector<Component> components, long epoch = 0);

    // Each call happens at second t, after everything that is due until then.
    void advance(int t);
    void status(int t, const std::string& component, Status status,
                ErrorClass error_class = ErrorClass::none);
    void mute(int t, alerts::Mute mute);
    void end_mute(int t, const std::string& id);
    void acknowledge(int t, const std::string& component);
    void set_receiver(int t, const std::string& name, Mode mode);
    void set_clock(int t, long offset);  // moves the wall clock
    void crash(int t, Crash at);         // at the next such point
    void start(int t);                   // a new process, also if the old one lives
    void tick(int t);                    // a reader looks

    bool alive() const { return alive_; }
    System wall() const;
    Incidents& incidents() { return *incidents_; }
    alerts::Policy& policy() { return *policy_; }
    const std::vector<SentMessage>& sent() const { return sent_; }
    // Second `at` of the wall clock.
    static System wall_second(long at) { return System{} + std::chrono::seconds(at); }

  private:
    struct Disk {
        SavedIncidents incidents;
        std::vector<alerts::Case> cases;
        std::vector<alerts::Mute> mutes;
    };
    Disk save() const;
    static bool same_decisions(const Disk& a, const Disk& b);
    void make_process();
    void settle();
    bool all_muted(const std::vector<std::string>& names) const;
    void die(Disk disk);
    Steady now() const { return Steady{} + std::chrono::seconds(t_); }

    alerts::Settings settings_;
    std::vector<Component> components_;
    long offset_;
    int t_ = 0;
    bool alive_ = true;
    Crash crash_ = Crash::none;
    Disk disk_;
    std::unique_ptr<Incidents> incidents_;
    std::unique_ptr<alerts::Policy> policy_;
    std::map<std::string, Mode> modes_;
    std::map<std::string, alerts::Mute> accepted_;  // a living process was told of these
    std::vector<SentMessage> sent_;
};

}  // namespace vitals::testing
