// Fleets of up to 10,000 nodes, of which some listen.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "fleet/member.hpp"

namespace vitals::fleet {
namespace {

using namespace std::chrono_literals;

Heartbeat beat_of(std::uint64_t seq, bool listens = false) {
    Heartbeat beat;
    beat.incarnation = 7;
    beat.seq = seq;
    beat.interval_ms = 2'000;
    beat.listens = listens;
    beat.version = "0.1.0";
    return beat;
}

std::string numbered(std::size_t number) {
    return fmt::format("web-{:05}", number);
}

// Nodes that are heard every two seconds, but for those that do not speak.
struct Large {
    explicit Large(std::size_t count) : count(count) {}
    void run(Steady::duration time, std::size_t silent_from = SIZE_MAX) {
        for (const Steady end = now + time; now < end; now += 2s) {
            ++seq;
            for (std::size_t i = 0; i < std::min(count, silent_from); ++i)
                nodes.hear(numbered(i), beat_of(seq), now);
            for (int quarter = 0; quarter < 8; ++quarter) nodes.judge(false, now + quarter * 250ms);
        }
    }
    std::size_t silent() const {
        std::size_t found = 0;
        for (const auto& [name, node] : nodes.all()) found += node.silent ? 1 : 0;
        return found;
    }

    std::size_t count;
    Nodes nodes;
    Steady now{100h};
    std::uint64_t seq = 0;
};

TEST(LargeFleet, has_ten_thousand_nodes_and_no_more) {
    Large fleet(10'001);
    fleet.run(10s);
    EXPECT_EQ(fleet.nodes.all().size(), 10'000u);
    EXPECT_GT(fleet.nodes.refused(), 0u);
    EXPECT_EQ(fleet.silent(), 0u);
}

TEST(LargeFleet, has_a_thousand_nodes_that_listen_and_any_that_do_not) {
    Nodes nodes;
    const Steady now{100h};
    for (std::size_t i = 0; i < 1'000; ++i)
        EXPECT_EQ(nodes.hear(numbered(i), beat_of(1, true), now), Nodes::Taken::taken);
    EXPECT_EQ(nodes.hear("one-more", beat_of(1, true), now), Nodes::Taken::full);
    EXPECT_EQ(nodes.hear("tells", beat_of(1, false), now), Nodes::Taken::taken);
    EXPECT_EQ(nodes.listening(), 1'000u);
}

TEST(LargeFleet, that_is_remembered_leaves_room_for_those_that_listen) {
    Nodes nodes;
    const Steady now{100h};
    for (std::size_t i = 0; i < 5'000; ++i) nodes.restore(numbered(i), {}, "0.1.0", now);
    EXPECT_EQ(nodes.hear("new", beat_of(1, true), now), Nodes::Taken::taken);
}

// Three of ten at once are one thing; a few less are as many things, and cost little.
TEST(LargeFleet, tells_a_third_that_is_gone_as_one_thing) {
    Large fleet(10'000);
    fleet.run(20s);
    fleet.run(16s, 6'900);
    EXPECT_EQ(fleet.nodes.unheard_together(), 3'100u);
    fleet.run(10s);
    EXPECT_EQ(fleet.nodes.unheard_together(), 0u);
    EXPECT_EQ(fleet.silent(), 0u);
}

TEST(LargeFleet, names_each_of_a_quarter_that_is_gone) {
    Large fleet(10'000);
    fleet.run(20s);
    fleet.run(16s, 7'500);
    EXPECT_EQ(fleet.nodes.unheard_together(), 0u);
    std::size_t alone = 0;
    for (const auto& [name, node] : fleet.nodes.all())
        alone += node.verdict == Node::Verdict::alone ? 1 : 0;
    EXPECT_EQ(alone, 2'500u);
}

Member member_of(const std::string& name, bool listens) {
    Member::Settings settings;
    settings.fleet = "shop";
    settings.node = name;
    settings.labels = {"edge"};
    settings.incarnation = name == "tells" ? 2 : 3;
    settings.listens = listens;
    return Member(settings, {});
}

// Hands on what both send, as servers would.
void exchange(Member& one, Member& other, Steady now) {
    const auto takes = [](const std::set<std::string>& wanted, const std::string& subject) {
        for (const std::string& each : wanted) {
            // `vt.shop.KIND.ABOUT.NODE`, with stars
            std::string_view pattern = each, text = subject;
            bool good = true;
            while (good && !pattern.empty() && pattern != ">") {
                const auto p = pattern.substr(0, pattern.find('.')),
                           t = text.substr(0, text.find('.'));
                good = p == "*" || p == t;
                pattern.remove_prefix(std::min(pattern.size(), p.size() + 1));
                text.remove_prefix(std::min(text.size(), t.size() + 1));
            }
            if (good && (pattern == ">" || text.empty())) return true;
        }
        return false;
    };
    for (Member* from : {&one, &other})
        for (const Outgoing& message : from->take_outgoing())
            for (Member* to : {&one, &other})
                if (takes(to->subscriptions(), message.subject))
                    to->receive(message.subject, message.bytes, now);
}

// Whatever the wall clocks of nodes say, and whether they are set back meanwhile: nothing but the
// order of drains and pushes looks at them, and that never goes back.
TEST(WallClocks, that_are_set_decide_nothing) {
    Member behind = member_of("tells", true), ahead = member_of("listens", true);
    Steady now{100h};
    for (Member* each : {&behind, &ahead}) each->configure({}, {}, {"edge"}, now, {{"backup", 1}});
    const auto run = [&](int tenths) {
        for (int i = 0; i < tenths; ++i, now += 100ms) {
            behind.tick(now, 0ms, false);
            ahead.tick(now, 0ms, false);
            exchange(behind, ahead, now);
        }
    };
    run(100);
    constexpr std::uint64_t today = 1'700'000'000'000, year = 31'536'000'000;
    EXPECT_TRUE(ahead.drain("shop", "from the future", "mara", today + year, now));
    run(5);
    EXPECT_TRUE(behind.drain("shop", "OK", "mara", today, now));
    run(5);
    EXPECT_EQ(ahead.drains().find("shop")->text, "OK");
    // The clock that was ahead is set back by two years.
    EXPECT_TRUE(ahead.drain("shop", "in the past", "mara", today - year, now));
    run(5);
    EXPECT_EQ(behind.drains().find("shop")->text, "in the past");
    run(200);
    for (const Member* each : {&behind, &ahead}) {
        EXPECT_TRUE(each->in_contact(now));
        EXPECT_EQ(each->nodes().alive().size(), 2u);
    }
}

TEST(ListenFalse, is_heard_and_hears_itself_and_nobody_else) {
    Member tells = member_of("tells", false), listens = member_of("listens", true);
    Steady now{100h};
    const std::vector<SharedCheck> checks = {{"web", 1, {"edge"}, 2}};
    const std::vector<SharedGroup> groups = {{"pulp", 24s}};
    const std::vector<SharedPush> pushes = {{"backup", 1}};
    tells.configure(checks, groups, {"edge"}, now, pushes);
    listens.configure(checks, groups, {"edge"}, now, pushes);
    tells.beat("pulp", "worker-1", now);
    for (int i = 0; i < 100; ++i, now += 100ms) {
        tells.tick(now, 0ms, false);
        listens.tick(now, 0ms, false);
        exchange(tells, listens, now);
    }
    EXPECT_TRUE(tells.in_contact(now));
    EXPECT_EQ(tells.nodes().all().size(), 1u);
    EXPECT_EQ(listens.nodes().all().size(), 2u);
    EXPECT_FALSE(listens.nodes().find("tells")->last.listens);
    EXPECT_EQ(listens.vantages("web"), std::vector<std::string>{"listens"}) << "never a vantage";
    EXPECT_TRUE(tells.own_checks().empty());
    EXPECT_EQ(listens.workers()["tells"], 1u);
    EXPECT_EQ(tells.workers()["listens"], 0u);
    // It takes part in drains, both ways.
    EXPECT_TRUE(listens.drain("shop", "move", "mara", 1'700'000'000'000, now));
    exchange(tells, listens, now);
    ASSERT_NE(tells.drains().find("shop"), nullptr);
    EXPECT_EQ(tells.drains().find("shop")->text, "move");
    EXPECT_TRUE(tells.drain("shop", "OK", "mara", 1'600'000'000'000, now));
    exchange(tells, listens, now);
    EXPECT_EQ(listens.drains().find("shop")->text, "OK");
    for (const std::string& subject : tells.subscriptions())
        EXPECT_TRUE(subject.find(".hb.") == std::string::npos || subject.ends_with(".tells"))
            << subject;
}

}  // namespace
}  // namespace vitals::fleet
