// Random traces against the policy: flaps, bursts, crashes, receivers that refuse or lose answers,
// silences, clocks that are set. Whatever happens, some things hold:
//
// - the last message of each receiver equals what it was told, and the truth;
// - no recovery, reminder or change without its problem, no problem twice;
// - one certain copy of each message;
// - nothing of a muted incident leaves, but a resolve to who keeps state;
// - a queue holds at most one message that was tried and one that was not;
// - looking at other times changes nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "alert_world.hpp"
#include "model/severity.hpp"

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;
using testing::AlertWorld;
using testing::SentMessage;

// One thing that happens at a second.
struct Happening {
    int t = 0;
    std::function<void(AlertWorld&, int)> play;
};

class Dice {
  public:
    explicit Dice(unsigned seed) : engine_(seed) {}
    int below(int count) { return static_cast<int>(engine_() % static_cast<unsigned>(count)); }
    bool chance(int percent) { return below(100) < percent; }
    template <class T>
    T one_of(std::initializer_list<T> all) {
        return *(all.begin() + below(static_cast<int>(all.size())));
    }
    template <class T>
    const T& one_of(const std::vector<T>& all) {
        return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
    }

  private:
    std::mt19937 engine_;
};

constexpr long spring = 1774746000;  // shortly before Europe/Berlin changes its clocks in 2026

struct Trace {
    Settings settings;
    std::vector<Component> components;
    std::vector<std::string> names;
    std::vector<Happening> happenings;
    std::map<std::string, Status> truth;  // at the end; of blind ones the last verdict
    std::set<std::string> blind;
    long epoch = 0;
    int end = 0;
};

Settings random_settings(Dice& dice, Trace& trace) {
    Settings settings;
    settings.receivers = {
        {.name = "chat"}, {.name = "mail"}, {.name = "pager", .keeps_state = true}};
    if (dice.chance(10)) {
        settings.receivers[1].hours =
            Hours::make({.zone = "Europe/Berlin", .from = 6 * 60 + 30, .to = 2 * 60 + 30}).value();
        trace.epoch = spring - dice.below(7200);
    }
    if (dice.chance(30)) settings.receivers[0].fallback = {"mail", dice.one_of({60s, 300s})};
    const std::vector<std::vector<std::string>> first = {
        {"chat"}, {"chat", "mail"}, {"pager"}, {"chat", "mail", "pager"}};
    Rule rule{.from = dice.one_of({Status::unknown, Status::failed, Status::degraded}),
              .steps = {{0s, dice.one_of(first)}}};
    if (dice.chance(50)) rule.steps.push_back({dice.one_of({120s, 900s}), {"pager"}});
    if (dice.chance(50)) rule.remind = dice.one_of({600s, 3600s});
    if (dice.chance(30))
        settings.rules.push_back({.match = Selector({"c0"}), .steps = {{0s, {"mail"}}}});
    settings.rules.push_back(std::move(rule));
    if (dice.chance(30)) {
        settings.incidents.wait = dice.one_of({0s, 5s, 30s});
        settings.incidents.hold = dice.one_of({0s, 30s, 120s});
        settings.incidents.storm.count = dice.one_of({2U, 3U, 100U});
    }
    return settings;
}

class Maker {
  public:
    explicit Maker(unsigned seed) : dice_(seed) {
        trace_.settings = random_settings(dice_, trace_);
        for (int number = 0, count = 1 + dice_.below(6); number < count; ++number) {
            Component& component = trace_.components.emplace_back();
            component.name = fmt::format("c{}", number);
            for (const std::string& above : trace_.names)
                if (dice_.chance(35)) component.depends_on.push_back(above);
            trace_.names.push_back(component.name);
        }
    }

    Trace make() {
        start();
        for (int count = 4 + dice_.below(36); count > 0; --count) {
            t_ += dice_.one_of(
                {0, 0, 1, 1, 3, 8, 10, 11, 20, 30, 59, 60, 61, 100, 300, 900, 1000, 3000});
            step(dice_.below(100));
        }
        ++t_;
        for (const char* name : {"chat", "mail", "pager"})
            then([name](AlertWorld& world, int t) {
                world.set_receiver(t, name, AlertWorld::Mode::up);
            });
        for (int number = 0; number < mutes_; ++number) end_mute(number);
        if (dead_) start();
        trace_.end = t_ + 90'000;  // enough for hours, hold, flapping, back-off and the ladder
        return std::move(trace_);
    }

  private:
    void then(std::function<void(AlertWorld&, int)> play) {
        trace_.happenings.push_back({t_, std::move(play)});
    }
    void status(const std::string& name, Status status, bool blind = false) {
        if (!blind) trace_.truth[name] = status;
        if (blind)
            trace_.blind.insert(name);
        else
            trace_.blind.erase(name);
        then([=](AlertWorld& world, int t) {
            world.status(t, name, status, blind ? ErrorClass::local : ErrorClass::none);
        });
    }
    void start() {
        then([](AlertWorld& world, int t) { world.start(t); });
        dead_ = false;
        for (const std::string& name : trace_.names) {
            t_ += dice_.one_of({0, 0, 1});
            const bool blind = trace_.blind.contains(name);
            status(name, trace_.truth.contains(name) ? trace_.truth[name] : Status::ok);
            if (blind) status(name, Status::unknown, true);
        }
    }
    void end_mute(int number) {
        then([number](AlertWorld& world, int t) { world.end_mute(t, fmt::format("m{}", number)); });
    }
    void step(int what) {
        const std::string& name = dice_.one_of(trace_.names);
        if (what < 55) {
            const int found = dice_.below(8);
            if (found == 7) return status(name, Status::unknown, true);
            constexpr Status all[] = {Status::ok,     Status::ok,     Status::ok,
                                      Status::failed, Status::failed, Status::degraded,
                                      Status::unknown};
            status(name, all[found]);
        } else if (what < 60) {
            for (const std::string& each : trace_.names)
                status(each, dice_.chance(50) ? Status::failed : Status::ok);
        } else if (what < 65) {
            const int half = dice_.one_of({3, 15, 30, 70});
            for (int change = 0, count = 4 + dice_.below(20); change < count; ++change) {
                t_ += half;
                status(name, change % 2 == 0 ? Status::failed : Status::ok);
            }
        } else if (what < 74) {
            Mute mute{.id = fmt::format("m{}", mutes_++)};
            mute.kind = dice_.chance(50) ? Mute::Kind::silence : Mute::Kind::maintenance;
            mute.match = Selector({dice_.chance(25)   ? "*"
                                   : dice_.chance(10) ? std::string(blind_component)
                                                      : name});
            mute.from = AlertWorld::wall_second(dice_.chance(20) ? trace_.epoch + t_ + 50 : 0);
            mute.until =
                AlertWorld::wall_second(trace_.epoch + t_ + dice_.one_of({5, 60, 600, 4000}));
            then([=](AlertWorld& world, int t) { world.mute(t, mute); });
        } else if (what < 77 && mutes_ > 0) {
            end_mute(dice_.below(mutes_));
        } else if (what < 81) {
            then([=](AlertWorld& world, int t) { world.acknowledge(t, name); });
        } else if (what < 90) {
            const std::string receiver = dice_.one_of({"chat", "mail", "pager"});
            const auto mode = dice_.one_of(
                {AlertWorld::Mode::up, AlertWorld::Mode::down, AlertWorld::Mode::lossy});
            then([=](AlertWorld& world, int t) { world.set_receiver(t, receiver, mode); });
        } else if (what < 92) {
            const long offset = trace_.epoch + dice_.one_of({-3600, -5, 0, 5, 3600});
            then([=](AlertWorld& world, int t) { world.set_clock(t, offset); });
        } else if (what < 97 && !dead_) {
            const auto at = dice_.one_of(
                {AlertWorld::Crash::decide, AlertWorld::Crash::persist, AlertWorld::Crash::send});
            then([=](AlertWorld& world, int t) { world.crash(t, at); });
            dead_ = true;
        } else if (dead_) {
            t_ += dice_.one_of({0, 1, 5000});
            start();
        }
    }

    Dice dice_;
    Trace trace_;
    int t_ = 0;
    int mutes_ = 0;
    bool dead_ = false;
};

// Plays a trace, with looks at further seconds.
void play(const Trace& trace, AlertWorld& world, const std::vector<int>& looks) {
    const auto expect_short_queues = [&world] {
        for (const auto& [number, known] : world.policy().cases())
            for (const Told& told : known.told) {
                ASSERT_LE(told.queue.size(), 2U);
                ASSERT_TRUE(told.queue.size() < 2 || !told.queue[1].tried);
            }
    };
    auto next_look = looks.begin();
    for (const Happening& each : trace.happenings) {
        for (; next_look != looks.end() && *next_look < each.t; ++next_look) world.tick(*next_look);
        each.play(world, each.t);
        if (world.alive()) ASSERT_NO_FATAL_FAILURE(expect_short_queues());
    }
    for (; next_look != looks.end(); ++next_look) world.tick(*next_look);
    world.advance(trace.end);
}

void expect_sequences(const AlertWorld& world) {
    std::map<std::pair<std::uint64_t, std::string>, State> knows;
    std::map<std::string, int> certain;
    std::set<std::string> seen;
    for (const SentMessage& sent : world.sent()) {
        certain[sent.key] += !sent.lost;
        if (sent.message.state != State::resolved || sent.message.receiver != "pager")
            ASSERT_FALSE(sent.muted) << sent.key << " at " << sent.t;
        if (!seen.insert(sent.key).second) continue;
        State& state = knows[{sent.message.incident, sent.message.receiver}];
        const bool knew = state == State::problem || state == State::flapping;
        const Kind kind = sent.message.kind;
        if (kind == Kind::problem || kind == Kind::missed)
            ASSERT_FALSE(knew) << sent.key;
        else if (kind != Kind::flapping)
            ASSERT_TRUE(knew) << sent.key << ' ' << to_string(kind);
        state = sent.message.state;
    }
    for (const auto& [key, count] : certain) ASSERT_EQ(count, 1) << key;
}

// The end: all receivers are up, nothing is muted, all is quiet.
void expect_truth(const Trace& trace, AlertWorld& world) {
    std::map<std::pair<std::uint64_t, std::string>, State> last;
    for (const SentMessage& sent : world.sent())
        last[{sent.message.incident, sent.message.receiver}] = sent.message.state;
    for (const auto& [who, state] : last) {
        const auto known = world.policy().cases().find(who.first);
        if (known == world.policy().cases().end()) {
            ASSERT_EQ(state, State::resolved) << who.first << ' ' << who.second;
            continue;
        }
        for (const Told& told : known->second.told) {
            if (told.receiver != who.second) continue;
            ASSERT_TRUE(told.queue.empty());
            ASSERT_EQ(told.state, state);
            ASSERT_EQ(told.sure, state);
        }
    }
    const auto rule_of = [&trace](const std::string& name) -> const Rule& {
        const bool first = trace.settings.rules.size() > 1 && name == "c0";
        return first ? trace.settings.rules.front() : trace.settings.rules.back();
    };
    const auto bad = [&](const std::string& name) {
        return severity(trace.truth.at(name)) >= severity(rule_of(name).from);
    };
    for (const auto& [number, incident] : world.incidents().all()) {
        ASSERT_TRUE(incident.wrong());
        ASSERT_FALSE(incident.closed);
    }
    for (const Component& component : trace.components) {
        const auto& above = component.depends_on;
        if (!bad(component.name) || std::any_of(above.begin(), above.end(), bad)) continue;
        const std::uint64_t number = world.incidents().incident_of_root(component.name);
        ASSERT_NE(number, 0U) << component.name;
        if (world.incidents().find(number)->acknowledged) continue;
        for (const std::string& to : rule_of(component.name).steps[0].to)
            ASSERT_EQ((last[{number, to}]), State::problem) << component.name << ' ' << to;
    }
}

TEST(RandomTraces, keep_every_invariant) {
    constexpr unsigned traces = 2000;
    std::size_t messages = 0;
    for (unsigned seed = 1; seed <= traces; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        const Trace trace = Maker(seed).make();
        AlertWorld world(trace.settings, trace.components, trace.epoch);
        ASSERT_NO_FATAL_FAILURE(play(trace, world, {}));
        ASSERT_NO_FATAL_FAILURE(expect_sequences(world));
        ASSERT_NO_FATAL_FAILURE(expect_truth(trace, world));
        messages += world.sent().size();
        if (seed % 4 != 0) continue;
        Dice dice(seed);
        std::vector<int> looks;
        for (int look = 0; look < 40; ++look)
            looks.push_back(dice.below(trace.happenings.back().t + 5000));
        std::sort(looks.begin(), looks.end());
        AlertWorld again(trace.settings, trace.components, trace.epoch);
        ASSERT_NO_FATAL_FAILURE(play(trace, again, looks));
        ASSERT_EQ(again.sent().size(), world.sent().size()) << "a look changes what is sent";
        for (std::size_t at = 0; at < world.sent().size(); ++at) {
            ASSERT_EQ(again.sent()[at].t, world.sent()[at].t);
            ASSERT_EQ(again.sent()[at].key, world.sent()[at].key);
        }
    }
    EXPECT_GT(messages, 20 * traces);  // the traces say something
}

}  // namespace
}  // namespace vitals::alerts
