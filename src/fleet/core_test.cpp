// The small parts: who does what, verdicts of many, clocks, queues, keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fleet/drains.hpp"
#include "fleet/nkey.hpp"
#include "fleet/queue.hpp"
#include "fleet/quorum.hpp"
#include "fleet/rendezvous.hpp"

namespace vitals::fleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Candidate> candidates(const std::vector<std::string>& names) {
    std::vector<Candidate> made;
    for (const std::string& name : names) made.push_back({name, hash_of(name)});
    return made;
}

TEST(Rendezvous, moves_only_the_things_of_the_missing_node) {
    std::vector<std::string> names;
    for (int i = 0; i < 20; ++i) names.push_back("node-" + std::to_string(i));
    std::vector<std::string> fewer = names;
    fewer.erase(fewer.begin() + 7);
    std::map<std::string, int> share;
    int moved = 0;
    for (int i = 0; i < 2'000; ++i) {
        const std::string thing = "check-" + std::to_string(i);
        const auto before = first_of(thing, candidates(names), 3);
        const auto after = first_of(thing, candidates(fewer), 3);
        ASSERT_EQ(before.size(), 3u);
        ++share[before[0]];
        const bool had = std::find(before.begin(), before.end(), "node-7") != before.end();
        if (!had)
            EXPECT_EQ(before, after);
        else
            ++moved;
    }
    EXPECT_NEAR(moved, 300, 80);
    for (const auto& [name, count] : share) EXPECT_NEAR(count, 100, 50) << name;
}

TEST(Rendezvous, is_the_same_on_every_machine) {
    EXPECT_EQ(hash_of("web-1"), hash_of("web-1"));
    EXPECT_EQ(shard_of("web-1"), hash_of("web-1") % shards);
    EXPECT_EQ(first_of("x", candidates({"b", "a"}), 2), first_of("x", candidates({"a", "b"}), 2));
    EXPECT_TRUE(first_of("x", {}, 3).empty());
}

Vote vote(std::string node, Status status, std::string detail = {}) {
    return {std::move(node), status, std::move(detail), ErrorClass::none, {}};
}

TEST(Quorum, of_one_follows_that_one) {
    EXPECT_EQ(judge_votes(1, {vote("a", Status::ok, "fine")}).detail, "fine");
    EXPECT_EQ(judge_votes(1, {vote("a", Status::failed)}).status, Status::failed);
    EXPECT_EQ(judge_votes(1, {}).status, Status::unknown);
}

TEST(Quorum, follows_the_majority_of_the_configured_count) {
    using enum Status;
    EXPECT_EQ(judge_votes(3, {vote("a", ok), vote("b", ok), vote("c", ok)}).status, ok);
    EXPECT_EQ(judge_votes(3, {vote("a", ok), vote("b", ok)}).status, ok);
    EXPECT_EQ(judge_votes(3, {vote("a", failed), vote("b", failed)}).status, failed);
    EXPECT_EQ(judge_votes(3, {vote("a", failed), vote("b", failed), vote("c", ok)}).status, failed);
    EXPECT_EQ(judge_votes(3, {vote("a", ok)}).status, unknown);
    EXPECT_EQ(judge_votes(3, {vote("a", failed)}).status, unknown);
}

TEST(Quorum, names_nodes_that_differ) {
    const Outcome outcome = judge_votes(
        3, {vote("a", Status::ok), vote("b", Status::ok), vote("c", Status::failed, "timed out")});
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "fails from 1 of 3 vantages (c): timed out");
    const Outcome slow = judge_votes(2, {vote("a", Status::ok), vote("b", Status::degraded)});
    EXPECT_EQ(slow.status, Status::degraded);
    EXPECT_THAT(slow.detail, HasSubstr("(b)"));
}

TEST(Quorum, counts_no_vote_of_a_node_that_could_not_look) {
    const Outcome outcome = judge_votes(
        3, {vote("a", Status::ok), vote("b", Status::unknown), vote("c", Status::unknown)});
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.detail, "2 of 3 vantages told nothing that counts (b, c could not look)");
}

TEST(Drains, follow_the_latest_statement) {
    Drains here, there;
    EXPECT_TRUE(here.tell("shop", "kernel", "alice", "web-1", 1'000));
    EXPECT_TRUE(there.take("shop", *here.find("shop")));
    EXPECT_FALSE(there.take("shop", *here.find("shop")));
    // A clock that is an hour behind still speaks later than what it has heard.
    there.tell("shop", "OK", "bob", "web-2", 10);
    EXPECT_TRUE(here.take("shop", *there.find("shop")));
    EXPECT_EQ(here.find("shop")->text, "OK");
}

TEST(Drains, give_the_same_result_in_any_order) {
    const Drain one{{5, 0}, "a", "x", "alice"}, other{{5, 0}, "b", "y", "bob"};
    Drains first, second;
    first.take("s", one);
    first.take("s", other);
    second.take("s", other);
    second.take("s", one);
    EXPECT_EQ(first.find("s")->text, "y");
    EXPECT_EQ(second.find("s")->text, "y");
}

TEST(Queue, drops_the_oldest_that_may_be_dropped) {
    Queue<int> queue(3, 1'000);
    EXPECT_TRUE(queue.push(1, 1, true));
    EXPECT_TRUE(queue.push(2, 1, false));
    EXPECT_TRUE(queue.push(3, 1, true));
    EXPECT_TRUE(queue.push(4, 1, false));
    EXPECT_EQ(queue.dropped(), 1u);
    EXPECT_TRUE(queue.push(5, 1, false));
    EXPECT_FALSE(queue.push(6, 1, false));
    EXPECT_EQ(queue.lost(), 1u);
    EXPECT_THAT(queue.take(2), ElementsAre(2, 4));
    EXPECT_THAT(queue.take(9), ElementsAre(5));
}

TEST(Queue, counts_bytes) {
    Queue<int> queue(100, 10);
    EXPECT_TRUE(queue.push(1, 6, true));
    EXPECT_TRUE(queue.push(2, 6, true));
    EXPECT_THAT(queue.take(9), ElementsAre(2));
    EXPECT_TRUE(queue.push(3, 10, false));
    EXPECT_FALSE(queue.push(4, 11, false));
}

// The pair of NATS' documentation of nkeys.
TEST(Nkey, gives_the_user_of_a_seed) {
    EXPECT_EQ(user_of_seed("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"),
              "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
}

TEST(Nkey, refuses_any_other_text) {
    for (const char* bad :
         {"", "SU", "UABC", "SUAMK2FG4MI6UE3ACF3FK3OIQBCEIEZV7NSWFFEW63UXMRLFM2XLAXK4GX",
          "SA0000000000000000000000000000000000000000000000000000000"}) {
        const auto user = user_of_seed(bad);
        ASSERT_FALSE(user) << bad;
        EXPECT_THAT(user.error(), testing::Not(HasSubstr("MK2FG4MI6")));
    }
}

}  // namespace
}  // namespace vitals::fleet
