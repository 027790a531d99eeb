#include "wire/celery.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace vitals::wire::celery {
namespace {

TEST(CeleryRequest, has_all_required_members) {
    EXPECT_EQ(write_request({.method = "ping", .ticket = "t", .reply_key = "inbox"}),
              R"({"method":"ping","arguments":{},"destination":null,"pattern":null,)"
              R"("matcher":null,"ticket":"t","reply_to":{"exchange":"","routing_key":"inbox"}})");
    const std::vector<std::string> nodes{"w1@lab", "w\"2@lab"};
    EXPECT_NE(write_request({.method = "active_queues", .destination = nodes})
                  .find(R"("destination":["w1@lab","w\"2@lab"])"),
              std::string::npos);
}

// Each key counts: a worker dies of an envelope without delivery_tag.
TEST(CeleryEnvelope, has_all_required_members) {
    const std::string text = write_envelope(
        {.body = "{\"a\":1}", .exchange = "celery.pidbox", .delivery_tag = "tag", .expires = 12.5});
    const auto value = boost::json::parse(text);
    EXPECT_EQ(value.at("body").as_string(), "eyJhIjoxfQ==");
    EXPECT_EQ(value.at("content-encoding").as_string(), "utf-8");
    EXPECT_EQ(value.at("content-type").as_string(), "application/json");
    EXPECT_EQ(value.at("headers").at("clock").as_int64(), 1);
    EXPECT_EQ(value.at("headers").at("expires").as_double(), 12.5);
    const auto& properties = value.at("properties");
    EXPECT_EQ(properties.at("delivery_tag").as_string(), "tag");
    EXPECT_EQ(properties.at("body_encoding").as_string(), "base64");
    EXPECT_EQ(properties.at("delivery_mode").as_int64(), 2);
    EXPECT_EQ(properties.at("priority").as_int64(), 0);
    EXPECT_EQ(properties.at("delivery_info").at("exchange").as_string(), "celery.pidbox");
    EXPECT_EQ(properties.at("delivery_info").at("routing_key").as_string(), "");
    EXPECT_EQ(read_envelope(text)->body, "{\"a\":1}");
}

TEST(CeleryEnvelope, is_read_within_limits) {
    const auto opened = read_envelope(
        R"({"body":"eyJ3MUBsYWIiOnsib2siOiJwb25nIn19","headers":{"ticket":"t1","clock":7},)"
        R"("properties":{"body_encoding":"base64"}})");
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(opened->ticket, "t1");
    EXPECT_EQ(opened->body, R"({"w1@lab":{"ok":"pong"}})");
    EXPECT_EQ(read_envelope(R"({"body":"plain"})")->body, "plain");
    for (const char* bad : {"", "x", "[]", "1", "{\"body\":", "[[[[[[[[[[[[[[[[[[[[]]]]"})
        EXPECT_EQ(read_envelope(bad).error(), "is no envelope of kombu") << bad;
    EXPECT_FALSE(read_envelope(R"({"body":"abc","properties":{"body_encoding":"base64"}})"));
    EXPECT_FALSE(read_envelope(R"({"body":"a*==","properties":{"body_encoding":"base64"}})"));
    EXPECT_FALSE(read_envelope("{\"body\":\"" + std::string(largest_text, 'x') + "\"}"));
}

TEST(CeleryReplies, are_read) {
    auto replies = read_replies(R"({"w1@lab":{"ok":"pong"}})");
    ASSERT_TRUE(replies && replies->size() == 1);
    EXPECT_EQ((*replies)[0].node, "w1@lab");
    EXPECT_TRUE((*replies)[0].pong);
    replies = read_replies(R"x({"w1@lab":{"ok":"peng"},"w2@lab":{"error":"KeyError('x')"}})x");
    ASSERT_TRUE(replies && replies->size() == 2);
    EXPECT_FALSE((*replies)[0].pong);
    EXPECT_EQ((*replies)[1].error, "KeyError('x')");
    replies = read_replies(
        R"({"w1@lab":[{"name":"celery","exchange":{"name":"x"}},{"name":"high"},{},7]})");
    ASSERT_TRUE(replies && replies->size() == 1);
    EXPECT_EQ((*replies)[0].queues, (std::vector<std::string>{"celery", "high"}));
    for (const char* bad : {"", "[]", "null", "{\"w\":"})
        EXPECT_EQ(read_replies(bad).error(), "is no reply of a worker") << bad;
}

TEST(CeleryEvents, are_read_alone_and_together) {
    auto events = read_events(R"({"hostname":"w1@lab","type":"worker-heartbeat","freq":2.0})");
    ASSERT_TRUE(events && events->size() == 1);
    EXPECT_EQ((*events)[0].node, "w1@lab");
    EXPECT_EQ((*events)[0].type, "worker-heartbeat");
    events = read_events(R"([{"hostname":"a@h","type":"worker-offline"},{"type":"task-sent"}])");
    ASSERT_TRUE(events && events->size() == 2);
    EXPECT_EQ((*events)[1].node, "");
    events = read_events(R"([7,{"hostname":"a@h","type":"worker-heartbeat","pid":227,)"
                         R"("timestamp":1795218908.5},[],{"timestamp":1e300,"pid":"x"}])");
    ASSERT_TRUE(events && events->size() == 2);
    EXPECT_EQ((*events)[0].timestamp, 1795218908.5);
    EXPECT_EQ((*events)[0].process, 227);
    EXPECT_EQ((*events)[1].timestamp, 0);
    EXPECT_EQ((*events)[1].process, 0);
    for (const char* bad : {"", "7", "[7]", "[]"}) EXPECT_FALSE(read_events(bad)) << bad;
}

}  // namespace
}  // namespace vitals::wire::celery
