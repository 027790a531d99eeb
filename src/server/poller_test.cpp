// The loop's numbers: an event reaches what it was registered for, or nobody.
#include "server/poller.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace vitals::server {
namespace {

struct Pair {
    Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0); }
    ~Pair() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    int ends[2] = {-1, -1};
};

struct Listening final : Poller::Watched {
    void ready(std::uint32_t) override {
        ++count;
        if (then) then();
    }
    int count = 0;
    std::function<void()> then;
};

struct PollerTest : ::testing::Test {
    PollerTest() {
        loop.before_batch = loop.after_batch = loop.on_tick = [] {};
        loop.ticking = [] { return false; };
        loop.on_failure = [this](const std::exception& error) {
            failures.emplace_back(error.what());
        };
    }
    Poller loop{std::chrono::milliseconds(100)};
    std::vector<std::string> failures;
};

TEST_F(PollerTest, a_descriptor_that_another_process_still_has_causes_no_events) {
    Pair pair;
    Listening closed;
    Poller::Ticket ticket = loop.watch(pair.ends[0], closed, EPOLLIN | EPOLLET);
    ASSERT_NE(ticket, 0u);
    int copy = ::dup(pair.ends[0]);  // as a child has it between fork and exec
    loop.unwatch(ticket);
    ::close(std::exchange(pair.ends[0], -1));
    EXPECT_EQ(::write(pair.ends[1], "x", 1), 1);
    loop.poll();
    EXPECT_EQ(closed.count, 0);
    ::close(copy);
}

TEST_F(PollerTest, an_event_of_a_former_registration_does_not_reach_its_successor) {
    Pair first, second, third;
    Listening one, two, successor;
    Poller::Ticket one_is = loop.watch(first.ends[0], one, EPOLLIN | EPOLLET);
    Poller::Ticket two_is = loop.watch(second.ends[0], two, EPOLLIN | EPOLLET);
    // Whichever comes first removes the other, whose event is in the same batch already.
    Poller::Ticket successor_is = 0;
    one.then = [&] {
        loop.unwatch(two_is);
        successor_is = loop.watch(third.ends[0], successor, EPOLLIN | EPOLLET);
    };
    two.then = [&] {
        loop.unwatch(one_is);
        successor_is = loop.watch(third.ends[0], successor, EPOLLIN | EPOLLET);
    };
    EXPECT_EQ(::write(first.ends[1], "x", 1), 1);
    EXPECT_EQ(::write(second.ends[1], "x", 1), 1);
    loop.poll();
    EXPECT_EQ(one.count + two.count, 1);
    EXPECT_EQ(successor.count, 0);
    EXPECT_NE(successor_is, one_is);
    EXPECT_NE(successor_is, two_is);
    EXPECT_EQ(::write(third.ends[1], "x", 1), 1);
    loop.poll();
    EXPECT_EQ(successor.count, 1);
}

TEST_F(PollerTest, a_ticket_that_is_gone_means_nothing) {
    Pair pair;
    Listening watched;
    Poller::Ticket ticket = loop.watch(pair.ends[0], watched, EPOLLIN | EPOLLET);
    loop.unwatch(ticket);
    loop.unwatch(ticket);
    loop.watch_again(ticket, EPOLLIN);
    loop.unwatch(0);
    EXPECT_EQ(loop.watch(-1, watched, EPOLLIN), 0u);
    EXPECT_NE(loop.watch(pair.ends[0], watched, EPOLLIN | EPOLLET), ticket);
    EXPECT_EQ(::write(pair.ends[1], "x", 1), 1);
    loop.poll();
    EXPECT_EQ(watched.count, 1);
}

TEST_F(PollerTest, an_exception_costs_only_its_handler) {
    Pair first, second;
    Listening thrower, other;
    thrower.then = [] { throw std::runtime_error("want of memory"); };
    loop.watch(first.ends[0], thrower, EPOLLIN | EPOLLET);
    loop.watch(second.ends[0], other, EPOLLIN | EPOLLET);
    EXPECT_EQ(::write(first.ends[1], "x", 1), 1);
    EXPECT_EQ(::write(second.ends[1], "x", 1), 1);
    bool ran = false;
    loop.mailbox()->post([] { throw std::runtime_error("in a function"); });
    loop.mailbox()->post([&] { ran = true; });
    loop.poll();
    EXPECT_EQ(thrower.count, 1);
    EXPECT_EQ(other.count, 1);
    EXPECT_TRUE(ran);
    EXPECT_EQ(failures.size(), 2u);
}

}  // namespace
}  // namespace vitals::server
