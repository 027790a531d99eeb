// The ladder, stepped: several nodes around one clock, and servers that lose and cut.
#include "fleet/ladder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <variant>

namespace vitals::fleet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view hook = "hook";

// Nodes that all see the same incidents and tell one receiver. What one says arrives 10 ms later.
struct ThreeNodes : testing::Test {
    struct One {
        std::unique_ptr<Ladder> ladder;
        bool runs = true, connected = true, has_receiver = true;
        bool wrong = false;  // it sees the incidents fail
        std::map<std::string, std::pair<std::uint64_t, Steady>> wishes;  // by incident
        std::map<std::string, Told::Entry> told;
        std::deque<std::tuple<Steady, std::string, Message>> arriving;
        std::uint64_t seq = 0;
        std::optional<Steady> sending_until;  // a receiver that answers late
        Steady due{};
    };
    struct Sent {
        std::string node, incident;
        std::uint64_t serial;
        Steady at;
    };

    Steady now{1'000h};
    std::map<std::string, One> nodes;
    std::vector<Sent> sent;
    Steady::duration receiver_takes{};
    std::uint64_t incarnations = 7;

    void SetUp() override {
        for (const char* name : {"n1", "n2", "n3"}) begin(name);
        pass(3s);
    }
    void begin(const std::string& name) {
        One one;
        one.ladder = std::make_unique<Ladder>(name, ++incarnations, now);
        nodes[name] = std::move(one);
        say(name, whole(name));
        for (auto& [other, each] : nodes) say(other, whole(other));
    }
    Told whole(const std::string& name) {
        One& one = nodes[name];
        Told told;
        told.incarnation = 1;
        told.seq = ++one.seq;
        told.whole = true;
        if (one.has_receiver) told.receivers = {std::string(hook)};
        for (const auto& [key, entry] : one.told) told.entries.push_back(entry);
        return told;
    }
    void say(const std::string& from, const Message& message) {
        if (!nodes[from].connected) return;
        for (auto& [name, one] : nodes)
            if (one.connected) one.arriving.emplace_back(now + 10ms, from, message);
    }
    // Each of them is to tell that message.
    void decide(const std::string& incident, std::uint64_t serial = 1,
                std::set<std::string> which = {"n1", "n2", "n3"}) {
        for (const std::string& name : which) nodes[name].wishes[incident] = {serial, now};
    }
    void step() {
        now += 10ms;
        std::vector<std::string> alive;
        for (const auto& [name, one] : nodes)
            if (one.runs && one.connected) alive.push_back(name);
        for (auto& [name, one] : nodes) {
            if (!one.runs) continue;
            one.ladder->set_contact(one.connected,
                                    one.connected ? alive : std::vector<std::string>(), now);
            while (!one.arriving.empty() && std::get<0>(one.arriving.front()) <= now) {
                const auto [at, from, message] = one.arriving.front();
                one.arriving.pop_front();
                if (const auto* told = std::get_if<Told>(&message))
                    one.ladder->hear(from, *told, now);
                else
                    one.ladder->hear(from, std::get<Claim>(message), now);
            }
            work(name, one);
        }
    }
    void work(const std::string& name, One& one) {
        if (now >= one.due) {
            one.ladder->turn(now);
            one.due = one.ladder->next(now);
        }
        for (auto at = one.wishes.begin(); at != one.wishes.end();) {
            const auto [serial, since] = at->second;
            const Ladder::Wish wish{at->first, std::string(hook), serial, serial == 2, since};
            const auto turn = one.ladder->ask(wish, now);
            one.due = std::min(one.due, one.ladder->next(now));
            if (turn == Ladder::Turn::told) {
                at = one.wishes.erase(at);
                continue;
            }
            if (turn == Ladder::Turn::go && !one.sending_until) {
                one.sending_until = now + receiver_takes;
                one.ladder->left(wish.incident, wish.receiver, now);
            }
            if (one.sending_until && now >= *one.sending_until) {
                one.sending_until.reset();
                sent.push_back({name, wish.incident, serial, now});
                one.ladder->ended(wish.incident, wish.receiver, true);
                const Told::Entry entry{
                    .incident = wish.incident,
                    .component = "db",
                    .receiver = wish.receiver,
                    .open = serial == 1,
                    .wrong = one.wrong,
                    .state = serial == 1 ? Told::State::problem : Told::State::resolved,
                    .level = Status::failed,
                    .serial = serial};
                one.told[wish.incident] = entry;
                say(name, Told{.incarnation = 1, .seq = ++one.seq, .entries = {entry}});
                at = one.wishes.erase(at);
                continue;
            }
            ++at;
        }
        for (const Claim& claim : one.ladder->take_claims()) say(name, claim);
    }
    void pass(Steady::duration time) {
        for (const Steady end = now + time; now < end;) step();
    }
    std::vector<std::string> order(const std::string& incident) {
        std::vector<std::string> names(3);
        for (const auto& [name, one] : nodes) names.at(one.ladder->rank(incident, hook)) = name;
        return names;
    }
    std::vector<std::string> tellers() {
        std::vector<std::string> names;
        for (const Sent& each : sent) names.push_back(each.node);
        return names;
    }
};

TEST_F(ThreeNodes, one_tells_and_all_come_to_the_same_one) {
    std::set<std::string> seen;
    for (int i = 0; i < 20; ++i) {
        const std::string incident = "fleet-" + std::to_string(i);
        const std::string best = order(incident).front();
        seen.insert(best);
        const Steady decided = now;
        decide(incident);
        pass(1s);
        ASSERT_THAT(sent, SizeIs(i + 1));
        EXPECT_EQ(sent.back().node, best);
        EXPECT_LE(sent.back().at - decided, 350ms);
    }
    EXPECT_THAT(seen, SizeIs(3)) << "each has its share";
    pass(30s);
    EXPECT_THAT(sent, SizeIs(20));
    std::uint64_t told = 0, left = 0;
    for (const auto& [name, one] : nodes) {
        told += one.ladder->figures().told;
        left += one.ladder->figures().left_to_others;
    }
    EXPECT_EQ(told, 20u);
    EXPECT_EQ(left, 40u) << "the two others of each";
}

TEST_F(ThreeNodes, who_sees_it_later_tells_nothing) {
    const auto ranks = order("x");
    decide("x", 1, {ranks[0]});
    pass(2s);
    decide("x", 1, {ranks[1], ranks[2]});
    pass(20s);
    EXPECT_THAT(tellers(), ElementsAre(ranks[0]));
}

TEST_F(ThreeNodes, who_alone_sees_it_tells_at_its_turn) {
    const auto ranks = order("x");
    const Steady decided = now;
    decide("x", 1, {ranks[2]});
    pass(10s);
    EXPECT_THAT(tellers(), ElementsAre(ranks[2]));
    EXPECT_GE(sent[0].at - decided, 2 * Ladder::step);
    EXPECT_LE(sent[0].at - decided, 2 * Ladder::step + 350ms);
}

TEST_F(ThreeNodes, who_is_known_to_be_dead_is_not_waited_for) {
    const auto ranks = order("x");
    nodes[ranks[0]].runs = false;
    pass(1s);
    const Steady decided = now;
    decide("x", 1, {ranks[1], ranks[2]});
    pass(10s);
    EXPECT_THAT(tellers(), ElementsAre(ranks[1]));
    EXPECT_LE(sent[0].at - decided, 350ms);
}

TEST_F(ThreeNodes, one_that_dies_after_its_claim_is_followed_within_five_seconds) {
    const auto ranks = order("x");
    decide("x");
    const Steady decided = now;
    pass(100ms);
    nodes[ranks[0]].runs = false;
    pass(10s);
    EXPECT_THAT(tellers(), ElementsAre(ranks[1]));
    EXPECT_LE(sent[0].at - decided, 5s);
}

TEST_F(ThreeNodes, a_slow_receiver_is_told_once) {
    receiver_takes = 10s;
    decide("x");
    pass(30s);
    EXPECT_THAT(sent, SizeIs(1));
}

TEST_F(ThreeNodes, without_contact_each_tells_at_its_turn) {
    const auto ranks = order("x");
    for (auto& [name, one] : nodes) one.connected = false;
    pass(1s);
    const Steady decided = now;
    decide("x");
    pass(10s);
    EXPECT_THAT(tellers(), ElementsAre(ranks[0], ranks[1], ranks[2]));
    for (std::size_t i = 0; i < 3; ++i) EXPECT_LE(sent[i].at - decided, i * Ladder::step + 350ms);
    EXPECT_TRUE(nodes["n1"].ladder->alone());
}

TEST_F(ThreeNodes, a_claim_that_nobody_heard_is_not_acted_on_at_once) {
    // Its server hangs: it thinks that it is in contact, and hears nothing.
    const auto ranks = order("x");
    nodes[ranks[0]].connected = false;
    const Steady decided = now;
    One& deaf = nodes[ranks[0]];
    deaf.wishes["x"] = {1, now};
    for (int i = 0; i < 400; ++i) {
        now += 10ms;
        deaf.ladder->set_contact(true, {"n1", "n2", "n3"}, now);
        work(ranks[0], deaf);
        if (!sent.empty()) break;
    }
    ASSERT_THAT(sent, SizeIs(1)) << "yet it is told";
    EXPECT_GE(sent[0].at - decided, Ladder::step);
    EXPECT_LE(sent[0].at - decided, Ladder::step + 400ms);
}

TEST_F(ThreeNodes, one_that_stood_still_listens_first) {
    const auto ranks = order("x");
    decide("x");
    nodes[ranks[0]].runs = false;
    pass(6s);
    EXPECT_THAT(tellers(), ElementsAre(ranks[1]));
    nodes[ranks[0]].runs = true;  // with a message that it wanted to tell before it stood still
    pass(10s);
    EXPECT_THAT(sent, SizeIs(1));
}

TEST_F(ThreeNodes, one_that_begins_hears_what_was_told_before_it_speaks) {
    decide("x");
    pass(2s);
    ASSERT_THAT(sent, SizeIs(1));
    const std::string late = order("x")[2];
    begin(late);
    nodes[late].wishes["x"] = {1, now};
    pass(20s);
    EXPECT_THAT(sent, SizeIs(1));
}

TEST_F(ThreeNodes, one_without_the_receiver_has_no_rank) {
    const auto ranks = order("x");
    nodes[ranks[0]].has_receiver = false;
    say(ranks[0], whole(ranks[0]));
    pass(1s);
    const Steady decided = now;
    decide("x", 1, {ranks[1], ranks[2]});
    pass(10s);
    EXPECT_THAT(tellers(), ElementsAre(ranks[1]));
    EXPECT_LE(sent[0].at - decided, 350ms);
}

TEST_F(ThreeNodes, an_end_waits_for_who_still_sees_it) {
    decide("x");
    pass(1s);
    const auto ranks = order("x");
    Told::Entry wrong{.incident = "x", .component = "db", .open = true, .wrong = true};
    say(ranks[2], Told{.incarnation = 1, .seq = ++nodes[ranks[2]].seq, .entries = {wrong}});
    pass(1s);
    decide("x", 2, {ranks[0], ranks[1]});
    pass(10s);
    EXPECT_THAT(sent, SizeIs(1));
    wrong.wrong = false;
    say(ranks[2], Told{.incarnation = 1, .seq = ++nodes[ranks[2]].seq, .entries = {wrong}});
    pass(1s);
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_EQ(sent[1].serial, 2u);
    // Or until that one is gone.
    decide("y");
    pass(1s);
    Told::Entry other{.incident = "y", .component = "web", .open = true, .wrong = true};
    say(ranks[2], Told{.incarnation = 1, .seq = ++nodes[ranks[2]].seq, .entries = {other}});
    pass(1s);
    decide("y", 2, {ranks[0], ranks[1]});
    pass(5s);
    EXPECT_THAT(sent, SizeIs(3));
    nodes[ranks[2]].runs = false;
    pass(4s);
    EXPECT_THAT(sent, SizeIs(4));
}

TEST_F(ThreeNodes, an_end_is_told_though_who_told_the_problem_died) {
    decide("x");
    pass(1s);
    const std::string first = sent.at(0).node;
    nodes[first].runs = false;
    pass(1s);
    std::set<std::string> left{"n1", "n2", "n3"};
    left.erase(first);
    decide("x", 2, left);
    pass(20s);
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_EQ(sent[1].serial, 2u);
}

TEST_F(ThreeNodes, what_did_not_arrive_is_for_the_next_one) {
    const auto ranks = order("x");
    One& first = nodes[ranks[0]];
    decide("x");
    pass(200ms);
    first.ladder->left("x", std::string(hook), now);
    first.ladder->ended("x", std::string(hook), false);
    first.wishes.clear();
    pass(4s);
    EXPECT_THAT(tellers(), ElementsAre(ranks[1]));
    EXPECT_LE(sent[0].at, now);
}

TEST_F(ThreeNodes, old_messages_and_those_of_nobody_change_nothing) {
    Ladder& one = *nodes["n1"].ladder;
    const Told old{.incarnation = 1, .seq = 1, .whole = true};
    EXPECT_FALSE(one.hear("n2", old, now));
    EXPECT_FALSE(one.hear("n1", Told{.incarnation = 9, .seq = 1}, now));
    for (int i = 0; i < 3'000; ++i) {
        const std::string name = "stranger" + std::to_string(i);
        one.hear(name, Told{.incarnation = 1, .seq = 1, .whole = true, .receivers = {"hook"}}, now);
        one.hear(name, Claim{1, name, "hook", Claim::Stage::leaves}, now);
    }
    EXPECT_LE(one.candidates(hook), Ladder::most_nodes + 1);
    // Strangers that nobody hears are dead: nobody waits for them.
    pass(10ms);
    const std::string best = order("x").front();
    const Steady decided = now;
    decide("x");
    pass(1s);
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_LE(sent[0].at - decided, 350ms);
}

// As long as nothing is cut, each message is told once, whatever dies or stands still.
TEST_F(ThreeNodes, random_deaths_and_pauses_lose_nothing_and_repeat_nothing) {
    std::mt19937 chance(3);
    std::map<std::string, Steady> decided;
    for (int i = 0; i < 200; ++i) {
        const std::string incident = "i" + std::to_string(i);
        decided[incident] = now;
        decide(incident);
        pass(std::chrono::milliseconds(chance() % 1'000));
        One& hit = nodes["n" + std::to_string(1 + chance() % 3)];
        hit.runs = false;
        pass(2s + std::chrono::milliseconds(chance() % 3'000));
        hit.runs = true;
        pass(4s);
    }
    std::map<std::string, int> copies;
    for (const Sent& each : sent) {
        ++copies[each.incident];
        EXPECT_LE(each.at - decided[each.incident], 5s);
    }
    EXPECT_THAT(copies, SizeIs(200));
    for (const auto& [incident, count] : copies) EXPECT_EQ(count, 1) << incident;
}

}  // namespace
}  // namespace vitals::fleet
