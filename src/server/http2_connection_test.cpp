// HTTP/2 over a real socket, frame by frame: who may wait for what, and for how long.
#include "http2_frames.hpp"
#include "server/server_testing.hpp"

namespace vitals::server::testing {
namespace {

using vitals::testing::frame;
using vitals::testing::header;
using vitals::testing::number;

const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string get(std::uint32_t stream, const std::string& path) {
    return frame(1, 5, stream,
                 header(":method", "GET") + header(":scheme", "http") + header(":path", path) +
                     header(":authority", "localhost"));
}

class Http2Test : public ::testing::Test {
  protected:
    void SetUp() override {
        site.listeners = {Site::tcp()};
        site.listeners[0].http2 = true;
        site.limits.send_time = 300ms;
        site.limits.body_time = 300ms;
        site.limits.head_time = 300ms;
        site.limits.idle_time = 600ms;
        site.clock.run();
        site.publish({{"db"}, {"web"}});
        site.start();
    }
    // Everything until the server ends the connection, or for so long.
    static std::string heard(Client& client, std::chrono::milliseconds time = 3s) {
        const auto end = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < end && client.more(time)) {
        }
        return client.rest();
    }
    static bool hears(Client& client, const std::string& text,
                      std::chrono::milliseconds time = 5s) {
        const auto end = std::chrono::steady_clock::now() + time;
        while (client.rest().find(text) == std::string::npos) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                end - std::chrono::steady_clock::now());
            if (left <= 0ms || !client.more(left))
                return client.rest().find(text) != std::string::npos;
        }
        return true;
    }

    // What follows its length, which differs with what it says.
    const std::string goaway = std::string("\x07\0\0\0\0\0", 6);
    Site site;
};

TEST_F(Http2Test, gives_the_same_answers_as_http1) {
    Client client = site.client();
    client.send(preface + frame(4, 0, 0, "") + get(1, "/probe/facts?a=1"));
    EXPECT_TRUE(hears(client, "rest=/facts path=/probe/facts accept= a=1"));
    // On the same listener.
    EXPECT_EQ(site.get("/probe").status, 200);
    EXPECT_EQ(site.get("/probe").body, "db ok\nweb ok\n");
}

TEST_F(Http2Test, another_listener_does_not_speak_it) {
    Site other;
    other.publish({});
    other.start();
    Client client = other.client();
    client.send(preface + frame(4, 0, 0, ""));
    EXPECT_GE(client.receive().status, 400);
}

TEST_F(Http2Test, windows_that_stay_closed_end_the_connection) {
    Client client = site.client();
    client.send(preface + frame(4, 0, 0, std::string("\0\x04", 2) + number(0)) +
                get(1, "/probe/large"));
    const auto begin = std::chrono::steady_clock::now();
    heard(client);
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took, 250ms);
    EXPECT_LT(took, 2500ms) << "ended by the server, not by the test";
}

TEST_F(Http2Test, a_body_that_does_not_come_ends_the_connection) {
    Client client = site.client();
    client.send(preface + frame(4, 0, 0, "") +
                frame(1, 4, 1,
                      header(":method", "POST") + header(":scheme", "http") +
                          header(":path", "/probe") + header(":authority", "localhost") +
                          header("content-length", "5")));
    const auto begin = std::chrono::steady_clock::now();
    heard(client);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2500ms);
}

TEST_F(Http2Test, a_quiet_connection_gets_a_goodbye) {
    Client client = site.client();
    client.send(preface + frame(4, 0, 0, "") + get(1, "/probe"));
    ASSERT_TRUE(hears(client, "web ok"));
    EXPECT_EQ(client.rest().find(goaway), std::string::npos);
    EXPECT_NE(heard(client).find(goaway), std::string::npos);
}

TEST_F(Http2Test, half_a_preface_ends_in_time) {
    Client client = site.client();
    client.send(preface.substr(0, 10));
    EXPECT_TRUE(client.ended(2500ms));
}

TEST_F(Http2Test, the_last_frames_reach_the_client) {
    Client client = site.client();
    client.send(preface + frame(4, 0, 0, "") + frame(9, 4, 1, "x"));  // CONTINUATION of nothing
    EXPECT_NE(heard(client).find(goaway), std::string::npos);
    EXPECT_EQ(site.get("/probe").status, 200);
}

TEST_F(Http2Test, draining_answers_open_requests) {
    site.control.decommission = {};
    Client idle = site.client();
    idle.send(preface + frame(4, 0, 0, "") + get(1, "/probe"));
    ASSERT_TRUE(hears(idle, "web ok"));
    site.server->drain(2s);
    EXPECT_NE(heard(idle).find(goaway), std::string::npos);
}

// A Watch of gRPC's health service, frame by frame.
TEST(GrpcServer, a_watch_is_told_that_a_result_becomes_stale) {
    Site site;
    Listener listener = Site::tcp();
    listener.protocol = Protocol::grpc;
    listener.text = "grpc 127.0.0.1:0";
    site.listeners = {listener};
    auto routes = std::make_shared<endpoints::Routes>();
    routes->endpoints.push_back(endpoints::mounted(
        *dialects::find("grpc"),
        {.options = dialects::find("grpc")->description.make(), .listeners = {listener.text}}));
    site.routes = routes;
    site.clock.run();
    site.publish({{"web", Status::ok, 700ms}});
    site.start();
    Client client = site.client();
    const std::string head = header(":method", "POST") + header(":scheme", "http") +
                             header(":path", "/grpc.health.v1.Health/Watch") +
                             header(":authority", "localhost") +
                             header("content-type", "application/grpc");
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "") + frame(1, 4, 1, head) +
                frame(0, 1, 1, std::string("\0\0\0\0\x05\x0a\x03web", 10)));
    const auto hears = [&client](const std::string& message) {
        const std::string wanted =
            frame(0, 0, 1,
                  number(static_cast<std::uint32_t>(message.size())).insert(0, 1, '\0') + message);
        while (client.rest().find(wanted) == std::string::npos)
            if (!client.more(3s)) return false;
        return true;
    };
    EXPECT_TRUE(hears("\x08\x01"));
    const auto begin = std::chrono::steady_clock::now();
    // Nothing is published: the clock tells.
    EXPECT_TRUE(hears(""));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

}  // namespace
}  // namespace vitals::server::testing
