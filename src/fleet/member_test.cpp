// Whole fleets in one process: members, and servers that lose, delay, cut and repeat.
#include "fleet/member.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <random>

namespace vitals::fleet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

bool takes(std::string_view pattern, std::string_view subject) {
    while (!pattern.empty()) {
        if (pattern == ">") return !subject.empty();
        const auto p = pattern.find('.'), s = subject.find('.');
        const auto word = pattern.substr(0, p);
        if (word != "*" && word != subject.substr(0, s)) return false;
        if ((p == std::string_view::npos) != (s == std::string_view::npos)) return false;
        if (p == std::string_view::npos) return true;
        pattern.remove_prefix(p + 1);
        subject.remove_prefix(s + 1);
    }
    return subject.empty();
}

// A fleet around one clock. Each node has a place; whoever is in another place hears nothing of it.
struct Fleet {
    struct One {
        std::unique_ptr<Member> member;
        int place = 0;
        bool runs = true;  // the process; a paused one keeps what arrives
        bool connected = true;
        Steady::duration delay{};
        std::deque<std::tuple<Steady, std::string, std::string>> arriving;
        std::vector<std::string> beats, left;
    };

    Steady now{1'000h};
    std::map<std::string, One> nodes;
    std::mt19937 chance{1};
    std::function<Status(const std::string& node, const std::string& check)> world =
        [](const auto&, const auto&) { return Status::ok; };
    std::vector<SharedCheck> checks;
    std::vector<SharedGroup> groups;
    std::map<std::string, std::map<std::string, Steady>> ran;
    std::uint64_t incarnations = 100;

    One& add(const std::string& name, std::vector<std::string> labels = {},
             const std::string& as = {}) {
        One& one = nodes[as.empty() ? name : as];
        Member::Settings settings;
        settings.fleet = "shop";
        settings.node = name;
        settings.host = "host-of-" + (as.empty() ? name : as);
        settings.version = "0.1.0";
        settings.labels = labels;
        settings.incarnation = ++incarnations;
        Member::Heard heard;
        heard.beat = [&one](const std::string& group, std::string_view worker) {
            one.beats.push_back(group + "/" + std::string(worker));
        };
        heard.left = [&one](const std::string& group, std::string_view worker) {
            one.left.push_back(group + "/" + std::string(worker));
        };
        one = One{};
        one.member = std::make_unique<Member>(settings, heard);
        one.member->configure(checks, groups, labels, now);
        return one;
    }
    Member& operator[](const std::string& name) { return *nodes.at(name).member; }

    void carry(One& from) {
        for (const Outgoing& message : from.member->take_outgoing()) {
            if (!from.connected) continue;
            for (auto& [name, to] : nodes) {
                if (!to.connected || to.place != from.place) continue;
                for (const std::string& wanted : to.member->subscriptions())
                    if (takes(wanted, message.subject)) {
                        to.arriving.emplace_back(now + from.delay + to.delay, message.subject,
                                                 message.bytes);
                        break;
                    }
            }
        }
    }
    void step() {
        now += 100ms;
        for (auto& [name, one] : nodes) {
            if (!one.runs) continue;
            while (!one.arriving.empty() && std::get<0>(one.arriving.front()) <= now) {
                const auto [at, subject, bytes] = one.arriving.front();
                one.arriving.pop_front();
                one.member->receive(subject, bytes, now);
            }
            one.member->tick(now, 0ms, false);
            for (const std::string& check : one.member->own_checks()) {
                Steady& last = ran[name][check];
                if (now - last < 2s) continue;
                last = now;
                Outcome outcome;
                outcome.detail = "from " + name;
                one.member->found(check, outcome, world(name, check), 7s, now);
            }
            carry(one);
        }
    }
    void pass(Steady::duration time) {
        for (const Steady end = now + time; now < end;) step();
    }
    std::vector<std::string> silent_for(const std::string& name) {
        std::vector<std::string> silent;
        for (const auto& [other, node] : (*this)[name].nodes().all())
            if (node.silent && node.verdict == Node::Verdict::alone) silent.push_back(other);
        return silent;
    }
    std::size_t alive_for(const std::string& name) { return (*this)[name].nodes().alive().size(); }
};

struct FiveNodes : testing::Test {
    void SetUp() override {
        fleet.checks = {{"shop", 1, {}, 3}, {"edge/cdn", 2, {"edge"}, 2}};
        fleet.groups = {{"pulp", 24s}};
        for (int i = 1; i <= 5; ++i)
            fleet.add("n" + std::to_string(i),
                      i <= 3 ? std::vector<std::string>{"edge"} : std::vector<std::string>{});
        fleet.pass(10s);
    }
    Outcome shop(const std::string& node) { return fleet[node].verdict("shop", fleet.now).outcome; }
    Fleet fleet;
};

TEST_F(FiveNodes, hear_each_other_and_agree_on_the_vantages) {
    for (const auto& [name, one] : fleet.nodes) {
        EXPECT_TRUE(one.member->in_contact(fleet.now));
        EXPECT_EQ(fleet.alive_for(name), 5u);
        EXPECT_EQ(one.member->vantages("shop"), fleet["n1"].vantages("shop"));
        EXPECT_THAT(one.member->vantages("shop"), SizeIs(3));
        EXPECT_EQ(one.member->verdict("shop", fleet.now).outcome.status, Status::ok);
        for (const std::string& vantage : one.member->vantages("edge/cdn"))
            EXPECT_LE(vantage, "n3");
    }
}

TEST_F(FiveNodes, follow_the_majority) {
    const auto vantages = fleet["n1"].vantages("shop");
    fleet.world = [&](const std::string& node, const std::string&) {
        return node == vantages[0] ? Status::failed : Status::ok;
    };
    fleet.pass(3s);
    EXPECT_EQ(shop("n4").status, Status::degraded);
    EXPECT_THAT(shop("n4").detail, HasSubstr("(" + vantages[0] + ")"));
    fleet.world = [&](const std::string& node, const std::string&) {
        return node == vantages[2] ? Status::ok : Status::failed;
    };
    fleet.pass(3s);
    for (const auto& [name, one] : fleet.nodes) EXPECT_EQ(shop(name).status, Status::failed);
}

TEST_F(FiveNodes, notice_that_one_died) {
    const std::string dead = fleet["n1"].vantages("shop")[0];
    fleet.nodes.at(dead).runs = fleet.nodes.at(dead).connected = false;
    const Steady died = fleet.now;
    const std::string other = dead == "n1" ? "n2" : "n1";
    while (fleet.silent_for(other).empty() && fleet.now - died < 20s) fleet.step();
    EXPECT_THAT(fleet.silent_for(other), ElementsAre(dead));
    EXPECT_LE(fleet.now - died, 10s);
    EXPECT_GE(fleet.now - died, 6s);
    fleet.pass(3s);
    EXPECT_THAT(fleet[other].vantages("shop"), testing::Not(testing::Contains(dead)));
    EXPECT_EQ(shop(other).status, Status::ok);
    EXPECT_THAT(fleet[other].verdict("shop", fleet.now).votes, SizeIs(3));
    // Back again.
    fleet.add(dead, {});
    fleet.pass(4s);
    EXPECT_THAT(fleet.silent_for(other), IsEmpty());
    EXPECT_EQ(fleet.alive_for(other), 5u);
}

TEST_F(FiveNodes, are_gone_after_their_last_message) {
    fleet["n5"].leave(fleet.now);
    fleet.carry(fleet.nodes.at("n5"));
    fleet.nodes.at("n5").runs = fleet.nodes.at("n5").connected = false;
    fleet.pass(1s);
    EXPECT_EQ(fleet.alive_for("n1"), 4u);
    fleet.pass(20s);
    EXPECT_THAT(fleet.silent_for("n1"), IsEmpty());
    EXPECT_EQ(fleet["n1"].nodes().find("n5"), nullptr);
}

TEST_F(FiveNodes, judge_no_node_without_servers) {
    for (auto& [name, one] : fleet.nodes) one.connected = false;
    fleet.pass(60s);
    for (auto& [name, one] : fleet.nodes) {
        EXPECT_FALSE(one.member->in_contact(fleet.now));
        EXPECT_THAT(fleet.silent_for(name), IsEmpty());
        EXPECT_EQ(one.member->nodes().unheard_together(), 0u);
        // Each goes on with its checks.
        EXPECT_EQ(one.member->own_checks().size() > 0,
                  fleet.ran.contains(name) && !fleet.ran[name].empty());
        EXPECT_LE(fleet.now - *one.member->contact(), 63s);
        EXPECT_GE(fleet.now - *one.member->contact(), 58s);
    }
    for (auto& [name, one] : fleet.nodes) one.connected = true;
    fleet.pass(5s);
    for (auto& [name, one] : fleet.nodes) {
        EXPECT_TRUE(one.member->in_contact(fleet.now));
        EXPECT_THAT(fleet.silent_for(name), IsEmpty());
        EXPECT_EQ(shop(name).status, Status::ok);
    }
}

TEST_F(FiveNodes, judge_on_both_sides_of_a_partition) {
    for (const char* name : {"n1", "n2"}) fleet.nodes.at(name).place = 1;
    fleet.pass(30s);
    // Three of five at once are one thing; two are two things.
    EXPECT_EQ(fleet["n1"].nodes().unheard_together(), 3u);
    EXPECT_THAT(fleet.silent_for("n1"), IsEmpty());
    EXPECT_THAT(fleet.silent_for("n4"), ElementsAre("n1", "n2"));
    EXPECT_EQ(shop("n4").status, Status::ok);
    EXPECT_THAT(fleet["n1"].verdict("shop", fleet.now).votes, SizeIs(2));
    fleet["n4"].drain("shop", "kernel", "alice", 5, fleet.now);
    fleet.carry(fleet.nodes.at("n4"));
    fleet.pass(2s);
    EXPECT_EQ(fleet["n1"].drains().find("shop"), nullptr);
    for (const char* name : {"n1", "n2"}) fleet.nodes.at(name).place = 0;
    fleet.pass(6s);
    EXPECT_EQ(fleet["n1"].nodes().unheard_together(), 0u);
    EXPECT_THAT(fleet.silent_for("n4"), IsEmpty());
    ASSERT_NE(fleet["n1"].drains().find("shop"), nullptr);
    EXPECT_EQ(fleet["n1"].drains().find("shop")->text, "kernel");
}

TEST_F(FiveNodes, treat_late_messages_as_late) {
    // Paused for half a minute; everything that was sent meanwhile comes at once.
    fleet.nodes.at("n2").runs = false;
    fleet.pass(30s);
    EXPECT_THAT(fleet.silent_for("n1"), ElementsAre("n2"));
    fleet.nodes.at("n2").runs = true;
    fleet.step();
    EXPECT_THAT(fleet.silent_for("n2"), IsEmpty());
    fleet.pass(5s);
    EXPECT_THAT(fleet.silent_for("n1"), IsEmpty());
    EXPECT_THAT(fleet.silent_for("n2"), IsEmpty());
    EXPECT_EQ(shop("n2").status, Status::ok);
}

TEST_F(FiveNodes, tolerate_a_connection_that_is_five_seconds_late) {
    fleet.nodes.at("n3").delay = 5s;
    fleet.pass(90s);
    for (const auto& [name, one] : fleet.nodes) EXPECT_THAT(fleet.silent_for(name), IsEmpty());
    EXPECT_EQ(fleet.alive_for("n1"), 5u);
}

TEST_F(FiveNodes, ignore_messages_that_come_twice_or_in_another_order) {
    auto& to = fleet.nodes.at("n1").arriving;
    for (int i = 0; i < 200; ++i) {
        fleet.step();
        if (to.size() < 2) continue;
        to.push_back(to.front());
        std::swap(std::get<1>(to[0]), std::get<1>(to[1]));
        std::swap(std::get<2>(to[0]), std::get<2>(to[1]));
    }
    EXPECT_EQ(fleet.alive_for("n1"), 5u);
    EXPECT_EQ(shop("n1").status, Status::ok);
    EXPECT_FALSE(fleet["n1"].namesake());
}

TEST_F(FiveNodes, believe_neither_of_two_with_one_name) {
    fleet.add("n5", {}, "imposter");
    const Steady began = fleet.now;
    const auto collides = [&] { return fleet["n1"].nodes().find("n5")->collides; };
    while (!collides() && fleet.now - began < 30s) fleet.step();
    EXPECT_LE(fleet.now - began, 15s);
    const Node* node = fleet["n1"].nodes().find("n5");
    ASSERT_TRUE(node->collides);
    EXPECT_THAT((std::vector{node->last.host, node->other_host}),
                UnorderedElementsAre("host-of-n5", "host-of-imposter"));
    EXPECT_EQ(fleet.alive_for("n1"), 4u);
    fleet.pass(5s);
    EXPECT_TRUE(fleet["n5"].namesake());
    EXPECT_TRUE(fleet["imposter"].namesake());
    EXPECT_THAT(fleet["n1"].vantages("shop"), testing::Not(testing::Contains("n5")));
    fleet.pass(30s);
    EXPECT_TRUE(collides());
    fleet.nodes.at("imposter").runs = fleet.nodes.at("imposter").connected = false;
    fleet.pass(20s);
    EXPECT_FALSE(collides());
    EXPECT_EQ(fleet.alive_for("n1"), 5u);
    EXPECT_FALSE(fleet["n5"].namesake());
}

TEST_F(FiveNodes, do_not_take_a_restart_for_a_collision) {
    for (int i = 0; i < 5; ++i) {
        fleet.add("n5");
        fleet.pass(3s);
        EXPECT_FALSE(fleet["n1"].nodes().find("n5")->collides);
    }
    EXPECT_EQ(fleet.alive_for("n1"), 5u);
}

TEST_F(FiveNodes, share_their_workers) {
    const auto beat = [&](int i) {
        fleet["n1"].beat("pulp", "worker-" + std::to_string(i), fleet.now);
    };
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < 3; ++i) beat(i);
        fleet.pass(4s);
    }
    auto& beats = fleet.nodes.at("n4").beats;
    EXPECT_THAT(beats, testing::Contains("pulp/worker-2"));
    // Each heartbeat is told once, however often the batches repeat it.
    EXPECT_GE(beats.size(), 27u);
    EXPECT_LE(beats.size(), 33u);
    EXPECT_THAT(fleet.nodes.at("n1").beats, IsEmpty());
    beats.clear();
    fleet.pass(30s);
    EXPECT_LE(beats.size(), 3u);
    fleet["n1"].beat("pulp", "worker-1", fleet.now);
    fleet.pass(1s);
    fleet["n1"].left("pulp", "worker-1", fleet.now);
    fleet.pass(1s);
    EXPECT_THAT(fleet.nodes.at("n4").left, ElementsAre("pulp/worker-1"));
}

TEST_F(FiveNodes, forget_the_workers_of_a_node_that_is_gone) {
    fleet["n5"].beat("pulp", "worker-1", fleet.now);
    fleet.pass(3s);
    EXPECT_EQ(fleet["n1"].other_workers().at("pulp").size(), 1u);
    fleet["n5"].leave(fleet.now);
    fleet.carry(fleet.nodes.at("n5"));
    fleet.nodes.at("n5").runs = fleet.nodes.at("n5").connected = false;
    fleet.pass(30s);
    EXPECT_EQ(fleet["n1"].nodes().find("n5"), nullptr);
    EXPECT_EQ(fleet["n1"].other_workers().at("pulp").size(), 0u);
}

TEST_F(FiveNodes, keep_the_results_of_a_process_that_has_ended) {
    const std::string vantage = fleet["n1"].vantages("shop")[0];
    fleet.add(vantage,
              vantage <= "n3" ? std::vector<std::string>{"edge"} : std::vector<std::string>{});
    for (int i = 0; i < 60; ++i) {
        fleet.step();
        EXPECT_EQ(fleet[vantage == "n1" ? "n2" : "n1"].verdict("shop", fleet.now).votes.size(), 3u);
    }
}

TEST_F(FiveNodes, tell_a_late_node_everything) {
    for (int i = 0; i < 250; ++i)
        fleet["n2"].beat("pulp", "worker-" + std::to_string(i), fleet.now);
    fleet["n3"].drain("shop", "kernel", "alice", 5, fleet.now);
    fleet.pass(3s);
    fleet.add("n6");
    fleet.pass(5s);
    EXPECT_EQ(fleet.alive_for("n6"), 6u);
    EXPECT_EQ(shop("n6").status, Status::ok);
    EXPECT_THAT(fleet.nodes.at("n6").beats, SizeIs(250));
    ASSERT_NE(fleet["n6"].drains().find("shop"), nullptr);
    EXPECT_EQ(fleet["n6"].drains().find("shop")->by, "alice");
}

TEST_F(FiveNodes, ignore_results_of_another_definition) {
    fleet.checks = {{"shop", 99, {}, 1}};
    fleet.add("n6");
    fleet.world = [](const std::string& node, const std::string&) {
        return node == "n6" ? Status::failed : Status::ok;
    };
    fleet.pass(20s);
    EXPECT_NE(fleet["n6"].configuration(), fleet["n1"].configuration());
    EXPECT_EQ(shop("n1").status, Status::ok);
    EXPECT_THAT(fleet["n1"].vantages("shop"), testing::Not(testing::Contains("n6")));
    EXPECT_THAT(fleet["n6"].vantages("shop"), ElementsAre("n6"));
    EXPECT_EQ(shop("n6").status, Status::failed);
}

TEST_F(FiveNodes, check_together_the_components_of_both_configurations) {
    // A rollout: n6 has one component more.
    fleet.checks.push_back({"new", 7, {}, 1});
    fleet.add("n6");
    fleet.pass(10s);
    EXPECT_EQ(fleet["n6"].vantages("shop"), fleet["n1"].vantages("shop"));
    EXPECT_EQ(shop("n6").status, Status::ok);
    EXPECT_THAT(fleet["n6"].vantages("new"), ElementsAre("n6"));
}

TEST_F(FiveNodes, survive_any_bytes) {
    std::mt19937 chance(3);
    std::vector<Message> messages = {Heartbeat(), Result(), Drain(), Profile(),
                                     Names(),     Batch(),  Ask()};
    const Subjects subjects("shop");
    for (int i = 0; i < 20'000; ++i) {
        const Message& message = messages[chance() % messages.size()];
        std::string bytes = encode(message);
        for (unsigned n = chance() % 4; n > 0; --n)
            bytes[3 + chance() % (bytes.size() - 3)] = static_cast<char>(chance());
        if (chance() % 3 == 0) bytes += std::string(chance() % 40, static_cast<char>(chance()));
        const std::string subject =
            subjects.of({.kind = std::string(kind_of(message)),
                         .about = chance() % 2 ? "pulp" : "17",
                         .node = chance() % 2 ? "n2" : "n" + std::to_string(chance() % 3'000),
                         .name = message.index() == 1 ? "shop" : ""});
        fleet["n1"].receive(subject, bytes, fleet.now);
    }
    EXPECT_LE(fleet["n1"].nodes().all().size(), Nodes::most);
    EXPECT_LE(fleet["n1"].drains().all().size(), Drains::most);
    fleet.pass(1s);
}

TEST(Member, judges_a_thousand_nodes_without_a_false_alarm) {
    Fleet fleet;
    for (int i = 0; i < 3; ++i) fleet.add("keeper-" + std::to_string(i));
    Member& keeper = fleet["keeper-0"];
    const Subjects subjects("shop");
    struct Simulated {
        std::string subject;
        Heartbeat beat;
        Steady due;
    };
    std::vector<Simulated> others;
    for (int i = 0; i < 997; ++i) {
        Heartbeat beat;
        beat.incarnation = 1'000'000 + static_cast<std::uint64_t>(i);
        beat.interval_ms = 2'000;
        beat.version = "0.1.0";
        beat.host = "h";
        const std::string name = "node-" + std::to_string(i);
        others.push_back({subjects.of({"hb", std::to_string(shard_of(name)), name, ""}), beat,
                          fleet.now + std::chrono::milliseconds(2 * i)});
    }
    std::size_t dead = 0;
    const auto pass = [&](Steady::duration time, bool paused) {
        for (const Steady end = fleet.now + time; fleet.now < end;) {
            fleet.step();
            for (std::size_t i = dead; i < others.size(); ++i) {
                Simulated& each = others[i];
                // A third of them is behind a server that hangs.
                if (paused && i % 3 == 0) continue;
                while (each.due <= fleet.now) {
                    ++each.beat.seq;
                    each.due += 2s;
                    keeper.receive(each.subject, encode(each.beat), fleet.now);
                }
            }
        }
    };
    pass(10s, false);
    EXPECT_EQ(fleet.alive_for("keeper-0"), 1'000u);
    // A server hangs for three seconds each minute: clients notice, and what waited comes late.
    for (int minute = 0; minute < 10; ++minute) {
        pass(3s, true);
        pass(57s, false);
        EXPECT_EQ(fleet.alive_for("keeper-0"), 1'000u) << minute;
        EXPECT_THAT(fleet.silent_for("keeper-0"), IsEmpty());
    }
    // More than three of ten fall silent: one thing.
    dead = 412;
    pass(30s, false);
    EXPECT_EQ(keeper.nodes().unheard_together(), 412u);
    EXPECT_THAT(fleet.silent_for("keeper-0"), IsEmpty());
    dead = 0;
    pass(30s, false);
    EXPECT_EQ(keeper.nodes().unheard_together(), 0u);
    EXPECT_EQ(fleet.alive_for("keeper-0"), 1'000u);
}

TEST(OtherWorkers, fit_a_million_into_100_megabytes) {
    OtherWorkers others;
    const Steady begin = Steady() + 1'000h;
    constexpr int nodes = 1'000, workers = 1'000;
    std::size_t heard = 0;
    const OtherWorkers::Heard count{[&](std::string_view, Steady) { ++heard; }, {}};
    std::vector<OwnWorkers> own(nodes, OwnWorkers(24s));
    for (int node = 0; node < nodes; ++node) {
        const std::string name = "node-" + std::to_string(node);
        for (int i = 0; i < workers; ++i)
            own[static_cast<std::size_t>(node)].beat(std::to_string(i) + "@worker-host-" + name,
                                                     begin);
        while (auto names = own[static_cast<std::size_t>(node)].untold()) others.take(name, *names);
        Batch batch = own[static_cast<std::size_t>(node)].batch(begin);
        batch.seq = 1;
        EXPECT_FALSE(others.take(name, batch, begin, count));
    }
    EXPECT_EQ(others.size(), 1'000'000u);
    EXPECT_EQ(heard, 1'000'000u);
    EXPECT_EQ(others.heard_within(24s, begin + 1s), 1'000'000u);
    EXPECT_EQ(others.heard_within(24s, begin + 60s), 0u);
    EXPECT_LT(others.bytes(), 100u << 20);
    // Names that others would not have sent are bounded, too.
    Names more;
    more.names.assign(Bounds::workers, "x");
    for (int i = 0; i < 5; ++i) others.take("hostile-" + std::to_string(i), more);
    EXPECT_LE(others.size(), OtherWorkers::most);
}

TEST(OwnWorkers, get_new_places_when_most_are_gone) {
    OwnWorkers own(24s);
    Steady now = Steady() + 1'000h;
    for (int i = 0; i < 200; ++i) own.beat("old-" + std::to_string(i), now);
    while (own.untold()) {
    }
    const auto epoch = own.batch(now).epoch;
    now += 60s;
    own.beat("new", now);
    const Batch batch = own.batch(now);
    EXPECT_GT(batch.epoch, epoch);
    EXPECT_THAT(batch.ages, SizeIs(1));
    const auto names = own.untold();
    ASSERT_TRUE(names);
    EXPECT_THAT(names->names, ElementsAre("new"));
}

}  // namespace
}  // namespace vitals::fleet
