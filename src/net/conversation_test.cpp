#include "net/conversation.hpp"

#include <gtest/gtest.h>

#include "check_testing.hpp"
#include "net/net_testing.hpp"
#include "wire/replies.hpp"

namespace vitals::net {
namespace {

using namespace std::chrono_literals;
using testing::Peer;

std::expected<std::optional<std::string>, std::string> take_line(std::string& buffer) {
    if (buffer.starts_with('!')) return std::unexpected("not a line");
    const std::size_t end = buffer.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = buffer.substr(0, end);
    buffer.erase(0, end + 1);
    return line;
}

using Lines = wire::Replies<decltype(&take_line)>;
using Read = std::vector<std::string>;

// So many lines, what is left of the buffer, and how often bytes came.
awaitable<Read> read_lines(Context& context, Endpoint endpoint, int count) {
    auto connection = co_await dial(context, endpoint);
    Conversation<Lines> conversation(std::move(connection), Lines(take_line));
    int arrivals = 0;
    conversation.on_arrival([&arrivals] { ++arrivals; });
    conversation.machine().send("go\n");
    Read read;
    for (int i = 0; i < count; ++i) {
        std::string line = co_await conversation.next();
        read.push_back(std::move(line));
    }
    read.push_back(conversation.machine().unread());
    read.push_back(arrivals > 0 ? "arrived" : "");
    co_return read;
}

Ran<Read> lines_of(Peer::Handler handler, int count) {
    Peer peer(std::move(handler));
    const Endpoint endpoint{"127.0.0.1", peer.port(), {}};
    const Work<Read> work = [=](Context& context) { return read_lines(context, endpoint, count); };
    return drive<Read>(work);
}

TEST(Conversation, keeps_what_follows_an_event) {
    const auto ran = lines_of(Peer::say("one\ntwo\nrest"), 2);
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_EQ(*ran.value, (Read{"one", "two", "rest", "arrived"}));
}

TEST(Conversation, reads_on_until_an_event_is_complete) {
    const auto ran = lines_of(Peer::drip("ab\nc\n", 2ms), 2);
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_EQ(*ran.value, (Read{"ab", "c", "", "arrived"}));
}

TEST(Conversation, throws_what_the_machine_makes_of_bytes_and_of_the_end) {
    EXPECT_EQ(lines_of(Peer::say("!"), 1).detail(), "not a line");
    EXPECT_EQ(lines_of(Peer::say("half"), 1).detail(), "closed without a complete answer");
    const auto ended = lines_of(Peer::say(""), 1);
    EXPECT_EQ(ended.detail(), "closed without an answer");
    EXPECT_EQ(ended.error_class(), ErrorClass::protocol);
}

awaitable<int> wait_for_a_line(Context& context, Endpoint endpoint) {
    auto connection = co_await dial(context, endpoint);
    Conversation<Lines> conversation(std::move(connection), Lines(take_line));
    const auto line = co_await conversation.next(context.clock().steady() + 50ms);
    co_return line ? 1 : 0;
}

TEST(Conversation, waits_until_the_time_it_is_given) {
    Peer peer(Peer::hang());
    const Endpoint endpoint{"127.0.0.1", peer.port(), {}};
    const Work<int> work = [=](Context& context) { return wait_for_a_line(context, endpoint); };
    const auto ran = drive<int>(work);
    EXPECT_EQ(ran.value, 0) << ran.detail();
}

}  // namespace
}  // namespace vitals::net
