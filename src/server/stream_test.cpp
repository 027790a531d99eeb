// Answers that go on: /v1/events over a real socket.
#include <future>

#include "server/server_testing.hpp"

namespace vitals::server::testing {
namespace {

class StreamTest : public ::testing::Test {
  protected:
    void SetUp() override {
        site.listeners = {Site::tcp(), Site::tcp()};
        site.listeners[0].control = true;
        auto routes = std::make_shared<endpoints::Routes>();
        routes->tokens = {token("reader", "r3ad", true, false, false),
                          token("pusher", "pu5h", false, true, false)};
        routes->endpoints.push_back(Site::endpoint("/probe"));
        site.routes = routes;
        site.control.happenings = &happenings;
        site.clock.run();
        site.publish({{"db/main"}, {"web"}});
    }
    void start() { site.start(); }

    std::uint64_t happen(const std::string& component, const std::string& text = {},
                         Status to = Status::failed) {
        Happening happening;
        happening.at = site.clock.system();
        happening.component = component;
        happening.from = Status::ok;
        happening.to = to;
        happening.text = text;
        const std::uint64_t id = happenings.add(happening)->id;
        site.publish({{"db/main"}, {"web"}});
        return id;
    }
    Client listen(const std::string& query = {}, const std::string& fields = {},
                  std::size_t listener = 0) {
        Client client = site.client(listener);
        client.send("GET /v1/events" + query + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
                    "\r\n");
        return client;
    }
    // Reads until the text is there.
    static bool hears(Client& client, const std::string& text,
                      std::chrono::milliseconds time = 5s) {
        const auto end = std::chrono::steady_clock::now() + time;
        while (client.rest().find(text) == std::string::npos) {
            if (std::chrono::steady_clock::now() > end || !client.more(time))
                return client.rest().find(text) != std::string::npos;
        }
        return true;
    }

    Happenings happenings{1'000};
    Site site;
};

TEST_F(StreamTest, tells_what_happens_as_it_happens) {
    start();
    Client client = listen();
    ASSERT_TRUE(hears(client, "event: beat"));
    const std::string& heard = client.rest();
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 200 OK\r\nConnection: close\r\n")) << heard;
    EXPECT_NE(heard.find("Content-Type: text/event-stream\r\n"), std::string::npos);
    EXPECT_NE(heard.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_NE(heard.find("Cache-Control: no-store\r\n"), std::string::npos);
    EXPECT_EQ(heard.find("Content-Length"), std::string::npos);
    EXPECT_NE(heard.find("retry: 2000\n\n"), std::string::npos);
    happen("db/main", "refused \"<b>\"\nand\xff more");
    ASSERT_TRUE(hears(client, "more\"}\n\n"));
    EXPECT_NE(client.rest().find("id: 1000\nevent: transition\ndata: {\"component\":\"db/main\","
                                 "\"from\":\"ok\",\"to\":\"failed\",\"at\":\"2026-11-21T01:02:03."
                                 "000Z\",\"text\":\"refused \\\"<b>\\\"\\nand\xef\xbf\xbd "
                                 "more\"}\n\n"),
              std::string::npos)
        << client.rest();
}

TEST_F(StreamTest, continues_after_the_last_event_of_the_client) {
    start();
    happen("web", "one");
    happen("web", "two");
    happen("web", "three");
    Client by_field = listen({}, "Last-Event-ID: 1000\r\n");
    ASSERT_TRUE(hears(by_field, "three"));
    EXPECT_EQ(by_field.rest().find("\"one\""), std::string::npos);
    EXPECT_NE(by_field.rest().find("\"two\""), std::string::npos);
    EXPECT_EQ(by_field.rest().find("event: lost"), std::string::npos);
    Client by_query = listen("?last_event_id=1001");
    ASSERT_TRUE(hears(by_query, "three"));
    EXPECT_EQ(by_query.rest().find("\"two\""), std::string::npos);
    Client none = listen();
    ASSERT_TRUE(hears(none, "event: beat"));
    EXPECT_EQ(none.rest().find("three"), std::string::npos) << "only what happens from now on";
}

TEST_F(StreamTest, says_that_events_are_not_kept_any_more) {
    start();
    for (int i = 0; i < 4100; ++i) {
        Happening happening;
        happening.text = "number " + std::to_string(i);
        happenings.add(happening);
    }
    Client client = listen({}, "Last-Event-ID: 1000\r\n");
    ASSERT_TRUE(hears(client, "number 4099"));
    const std::size_t lost = client.rest().find(
        "event: lost\ndata: {\"after\":1000,\"next\":1004,\"text\":\"what happened in between is "
        "not kept any more\"}\n\n");
    ASSERT_NE(lost, std::string::npos) << client.rest().substr(0, 600);
    EXPECT_LT(lost, client.rest().find("number 4\""));
    Client stranger = listen("?last_event_id=99999999");
    ASSERT_TRUE(hears(stranger, "event: lost")) << "an id of another process";
}

TEST_F(StreamTest, tells_only_of_chosen_components) {
    start();
    Client client = listen("?component=db/*");
    ASSERT_TRUE(hears(client, "event: beat"));
    happen("web", "not this");
    happen("db/main", "this");
    happen("db/gone", "and this");
    ASSERT_TRUE(hears(client, "and this"));
    EXPECT_EQ(client.rest().find("not this"), std::string::npos);
    EXPECT_NE(client.rest().find("\"this\""), std::string::npos);
}

TEST_F(StreamTest, needs_the_right_to_read) {
    start();
    EXPECT_EQ(site.get("/v1/events", {}, 1).status, 401);
    EXPECT_EQ(site.get("/v1/events", "Authorization: Bearer pu5h\r\n", 1).status, 403);
    Client reader = listen({}, "Authorization: Bearer r3ad\r\n", 1);
    EXPECT_TRUE(hears(reader, "event: beat"));
    EXPECT_EQ(site.get("/v1/events?component=a/b/c").status, 400);
    EXPECT_EQ(site.get("/v1/events", "Last-Event-ID: 12x\r\n").status, 400);
    EXPECT_EQ(site.get("/v1/events?last_event_id=-1").status, 400);
    EXPECT_EQ(site.ask("OPTIONS /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").fields["allow"],
              "GET, HEAD, POST, OPTIONS");
    Client head = site.client();
    EXPECT_EQ(head.ask("HEAD /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n", true).status, 200);
    EXPECT_EQ(head.ask("HEAD /probe HTTP/1.1\r\nHost: localhost\r\n\r\n", true).status, 200)
        << "the connection stays";
}

TEST_F(StreamTest, an_old_client_is_told_until_it_goes) {
    start();
    Client client = site.client();
    client.send("GET /v1/events HTTP/1.0\r\n\r\n");
    ASSERT_TRUE(hears(client, "event: beat"));
    EXPECT_EQ(client.rest().find("Transfer-Encoding"), std::string::npos);
    EXPECT_NE(client.rest().find("\r\n\r\nretry: 2000\n\n"), std::string::npos) << client.rest();
    site.server->replace_routes(site.routes);
    ASSERT_TRUE(hears(client, "event: end"));
    while (client.more()) {
    }
    EXPECT_TRUE(client.rest().ends_with("\n\n"));
}

TEST_F(StreamTest, ends_politely_with_the_server_and_with_a_reload) {
    start();
    Client reloaded = listen();
    ASSERT_TRUE(hears(reloaded, "event: beat"));
    site.server->replace_routes(site.routes);
    ASSERT_TRUE(hears(reloaded, "event: end"));
    ASSERT_TRUE(hears(reloaded, "\r\n0\r\n\r\n"));
    while (reloaded.more()) {
    }
    reloaded.close();
    Client client = listen();
    ASSERT_TRUE(hears(client, "event: beat"));
    const auto begin = std::chrono::steady_clock::now();
    std::future<void> end = std::async(std::launch::async, [&] { site.server->drain(5s); });
    ASSERT_TRUE(hears(client, "\r\n0\r\n\r\n"));
    client.close();
    end.get();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST_F(StreamTest, a_reader_that_does_not_read_is_dropped) {
    site.limits.send_time = 200ms;
    start();
    Client slow = listen();
    ASSERT_TRUE(hears(slow, "event: beat"));
    Client quick = listen();
    const std::string long_text(8'000, 'x');
    std::atomic<bool> stop = false;
    std::future<std::size_t> reading = std::async(std::launch::async, [&] {
        std::size_t most = 0;
        while (!stop && quick.more()) most = quick.rest().size();
        return most;
    });
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (site.log().empty() && std::chrono::steady_clock::now() < end) {
        for (int i = 0; i < 50; ++i) happen("web", long_text);
        std::this_thread::sleep_for(1ms);
    }
    stop = true;
    ASSERT_EQ(site.log().size(), 1u);
    EXPECT_NE(site.log()[0].find("1 stream's reader did not take what it was sent"),
              std::string::npos)
        << site.log()[0];
    happen("web", "the last");
    EXPECT_GT(reading.get(), 100'000u) << "the other one was told all the while";
    while (slow.more(1s)) {
    }
    EXPECT_LT(slow.rest().size(), 16u << 20) << "what it did not read was not kept for it";
}

TEST_F(StreamTest, streams_are_bounded) {
    site.limits.streams = 2;
    start();
    Client one = listen(), two = listen();
    ASSERT_TRUE(hears(one, "event: beat"));
    ASSERT_TRUE(hears(two, "event: beat"));
    Got refused = site.get("/v1/events");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.fields["retry-after"], "10");
    EXPECT_EQ(site.get("/probe").status, 200);
    one.close();
    const auto end = std::chrono::steady_clock::now() + 5s;
    bool again = false;
    while (!again && std::chrono::steady_clock::now() < end) {
        Client client = listen();
        again = hears(client, "event: beat", 200ms);
    }
    EXPECT_TRUE(again) << "the one that went has made room";
}

TEST_F(StreamTest, streams_leave_room_for_health_requests) {
    site.limits.connections = 20;
    site.limits.streams = 10;
    start();
    std::vector<Client> streams;
    for (int i = 0; i < 10; ++i) {
        streams.push_back(listen());
        ASSERT_TRUE(hears(streams.back(), "event: beat"));
    }
    std::vector<Client> asking;
    for (int i = 0; i < 40; ++i) {
        asking.push_back(site.client());
        EXPECT_EQ(asking.back().ask("GET /probe HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
    }
    happen("web", "still heard");
    for (Client& each : streams) EXPECT_TRUE(hears(each, "still heard"));
}

TEST_F(StreamTest, a_beat_comes_although_nothing_happens) {
    start();
    Client client = listen();
    ASSERT_TRUE(hears(client, "event: beat"));
    const std::size_t size = client.rest().size();
    ASSERT_TRUE(client.more(7s));
    EXPECT_NE(client.rest().find("event: beat", size), std::string::npos);
}

TEST_F(StreamTest, what_a_listener_sends_meanwhile_is_not_read) {
    start();
    Client client = listen();
    ASSERT_TRUE(hears(client, "event: beat"));
    client.send("GET /probe HTTP/1.1\r\nHost: localhost\r\n\r\n");
    happen("web", "after it");
    ASSERT_TRUE(hears(client, "after it"));
    EXPECT_EQ(client.rest().find("HTTP/1.1", 10), std::string::npos);
}

}  // namespace
}  // namespace vitals::server::testing
