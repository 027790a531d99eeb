// Limits of size, number and time, and how a connection ends.
#include <sys/resource.h>

#include "server/server_testing.hpp"

namespace vitals::server::testing {
namespace {

class LimitsTest : public ::testing::Test {
  protected:
    void start() {
        site.clock.run();
        site.publish({{"db", Status::ok}});
        site.start();
    }
    static std::string head_of(std::size_t size) {
        std::string head = "GET /probe HTTP/1.1\r\nHost: localhost\r\nX-Fill: ";
        head += std::string(size - head.size() - 4, 'x') + "\r\n\r\n";
        return head;
    }
    Site site;
};

const std::string get_probe = "GET /probe HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(LimitsTest, ambiguous_framing_is_refused_and_the_connection_closed) {
    start();
    // Whatever follows must never be taken for a request of its own.
    std::string smuggled = "GET /probe/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (std::string request :
         {"POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\n",
          "POST /probe HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
          "POST /probe HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, "
          "gzip\r\n\r\n0\r\n\r\n",
          "POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: "
          "44\r\n\r\n",
          "POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Length : 44\r\n\r\n",
          "POST /probe HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "POST /probe HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",
          "GET /probe HTTP/1.1\r\nHost: localhost\r\nX: a\nContent-Length: 44\r\n\r\n",
          "GET /probe HTTP/1.1\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "POST /probe?body=OK HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
          "chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n"}) {
        Client client = site.client();
        Got got = client.ask(request + smuggled);
        EXPECT_EQ(got.status, 400) << request;
        EXPECT_EQ(got.fields["connection"], "close") << request;
        EXPECT_EQ(got.body.substr(0, 17), "400 Bad Request: ") << request;
        EXPECT_TRUE(client.ended()) << request;
    }
}

TEST_F(LimitsTest, heads_up_to_the_limit_and_no_further) {
    start();
    EXPECT_EQ(site.ask(head_of(8192)).status, 200);
    EXPECT_EQ(site.ask(head_of(8193)).status, 431);
    EXPECT_EQ(site.ask(std::string(9000, 'G')).status, 431);
    Client endless = site.client();
    std::string line = "GET /" + std::string(100'000, 'a');
    endless.send(line);
    EXPECT_EQ(endless.receive().status, 431);
    EXPECT_TRUE(endless.ended());
}

TEST_F(LimitsTest, bodies_up_to_the_limit_and_no_further) {
    start();
    auto post = [&](std::size_t size) {
        return site
            .ask("POST /probe?body=OK HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                 std::to_string(size) + "\r\n\r\n" + std::string(size, 'b'))
            .status;
    };
    EXPECT_EQ(post(65536), 200);
    EXPECT_EQ(post(65537), 413);
    std::string chunk = "4000\r\n" + std::string(0x4000, 'c') + "\r\n";
    std::string head =
        "POST /probe?body=OK HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(site.ask(head + chunk + chunk + chunk + chunk + "0\r\n\r\n").status, 200);
    EXPECT_EQ(site.ask(head + chunk + chunk + chunk + chunk + "1\r\nx\r\n0\r\n\r\n").status, 413);
}

TEST_F(LimitsTest, a_refusal_reaches_a_client_that_is_still_sending) {
    start();
    for (int i = 0; i < 20; ++i) {
        Client client = site.client();
        std::string request =
            "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n" +
            std::string(60'000, 'x');
        client.send(request);
        EXPECT_EQ(client.receive().status, 404);
    }
}

TEST_F(LimitsTest, a_slow_head_is_told_so_and_closed) {
    site.limits.head_time = 200ms;
    start();
    Client drip = site.client(), silent = site.client(), other = site.client();
    auto begin = std::chrono::steady_clock::now();
    for (char c : std::string("GET /probe HTTP/1.1\r\n")) {
        if (!drip.send(std::string_view(&c, 1))) break;
        EXPECT_EQ(other.ask(get_probe).status, 200);  // nobody else waits
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_EQ(drip.receive().status, 408);
    EXPECT_TRUE(drip.ended());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
    // One that says nothing has an idle connection's time.
    EXPECT_EQ(silent.ask(get_probe).status, 200);
}

TEST_F(LimitsTest, a_slow_body_is_told_so_and_closed) {
    site.limits.body_time = 200ms;
    start();
    Client client = site.client();
    client.send("POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
    EXPECT_EQ(client.receive().status, 408);
    EXPECT_TRUE(client.ended());
}

TEST_F(LimitsTest, an_idle_connection_is_closed_and_a_busy_one_is_not) {
    site.limits.idle_time = 800ms;
    start();
    Client idle = site.client(), fresh = site.client(), busy = site.client();
    idle.ask(get_probe);
    auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < 1500ms) {
        EXPECT_EQ(busy.ask(get_probe).status, 200);
        std::this_thread::sleep_for(50ms);
    }
    EXPECT_TRUE(idle.ended(0ms));
    EXPECT_TRUE(fresh.ended(0ms));
    EXPECT_EQ(busy.ask(get_probe).status, 200);
}

TEST_F(LimitsTest, a_client_that_does_not_take_its_answer_is_closed) {
    site.limits.send_time = 300ms;
    start();
    Client client = site.client();
    client.send("GET /probe/big HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::this_thread::sleep_for(1s);
    while (client.more(1s)) {
    }
    EXPECT_LT(client.rest().size(), 8u << 20);
}

TEST_F(LimitsTest, a_client_that_takes_its_answer_slowly_gets_all_of_it) {
    site.limits.send_time = 400ms;
    start();
    Client client = site.client();
    client.send("GET /probe/big HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // The time goes by more than twice; what the kernel holds is taken in pieces.
    for (int i = 0; i < 10; ++i) {
        std::this_thread::sleep_for(100ms);
        for (int j = 0; j < 10; ++j) ASSERT_TRUE(client.more(1s));
    }
    EXPECT_EQ(client.receive().body.size(), (8u << 20) + 6);
}

TEST_F(LimitsTest, a_client_that_sends_without_end_does_not_delay_others) {
    start();
    std::atomic<bool> stop{false};
    Client greedy = site.client();
    std::string many;
    for (int i = 0; i < 2000; ++i) many += "HEAD /probe HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::thread sender([&] {
        while (!stop && greedy.send(many)) {
        }
    });
    std::thread reader([&] {
        char buffer[65536];
        while (::recv(greedy.descriptor(), buffer, sizeof buffer, 0) > 0) {
        }
    });
    Client modest = site.client();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(modest.ask(get_probe).status, 200);
    stop = true;
    sender.join();
    greedy.shut();
    reader.join();  // everything was answered, and then it was closed
}

TEST_F(LimitsTest, the_oldest_idle_connection_makes_room) {
    site.limits.connections = 20;
    start();
    std::vector<Client> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(site.client());
        EXPECT_EQ(clients.back().ask(get_probe).status, 200);
    }
    clients[0].ask(get_probe);  // no longer the oldest
    Client more = site.client();
    EXPECT_EQ(more.ask(get_probe).status, 200);
    EXPECT_TRUE(clients[1].ended());
    EXPECT_EQ(clients[0].ask(get_probe).status, 200);
    for (std::size_t i = 2; i < 20; ++i) EXPECT_EQ(clients[i].ask(get_probe).status, 200) << i;
}

TEST_F(LimitsTest, thousands_of_idle_connections_are_held_and_served) {
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    std::size_t count = std::min<std::size_t>(9'000, (descriptors.rlim_cur - 500) / 2);
    start();
    std::vector<Client> clients;
    clients.reserve(count);
    for (std::size_t i = 0; i < count; ++i) clients.push_back(site.client());
    for (std::size_t i = 0; i < count; i += 97)
        EXPECT_EQ(clients[i].ask(get_probe).status, 200) << i;
    EXPECT_EQ(site.get("/probe").status, 200);
}

TEST_F(LimitsTest, without_descriptors_the_oldest_idle_makes_room_and_it_is_said_once) {
    start();
    std::vector<Client> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(site.client());
        clients.back().ask(get_probe);
    }
    // No further descriptor for this process but the one that each new client takes for itself.
    std::vector<int> spare;
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    int highest = ::dup(0);
    ::close(highest);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(highest) + 1;
    ::setrlimit(RLIMIT_NOFILE, &tight);
    {
        Client more(site.port());
        ASSERT_TRUE(more.connected());
        EXPECT_EQ(more.ask(get_probe).status, 200);
        EXPECT_TRUE(clients[0].ended());
        EXPECT_EQ(clients[1].ask(get_probe).status, 200);
    }
    ::setrlimit(RLIMIT_NOFILE, &before);
    ASSERT_EQ(site.log().size(), 1u);
    EXPECT_NE(site.log()[0].find("a connection cannot be accepted: Too many open files"),
              std::string::npos);
    EXPECT_EQ(site.get("/probe").status, 200);
}

TEST_F(LimitsTest, drain_lets_answers_finish_and_accepts_nobody) {
    std::function<void(endpoints::Control::Answer, std::string)> finish;
    std::mutex mutex;
    site.listeners = {Site::tcp()};
    site.listeners[0].control = true;
    site.control.remove = [&](std::string, std::string, auto done) {
        std::scoped_lock lock(mutex);
        finish = std::move(done);
    };
    start();
    Client idle = site.client(), working = site.client();
    idle.ask(get_probe);
    working.send("DELETE /v1/components/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for (bool there = false; !there; std::this_thread::sleep_for(1ms)) {
        std::scoped_lock lock(mutex);
        there = finish != nullptr;
    }
    std::thread drain([&] { site.server->drain(10s); });
    EXPECT_TRUE(idle.ended());
    for (int i = 0; i < 100 && Client(site.port()).connected(); ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(Client(site.port()).connected());
    finish(endpoints::Control::Answer::done, {});
    Got got = working.receive();
    EXPECT_EQ(got.status, 204);
    EXPECT_EQ(got.fields["connection"], "close");
    EXPECT_TRUE(working.ended());
    auto begin = std::chrono::steady_clock::now();
    drain.join();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST_F(LimitsTest, drain_ends_at_its_deadline_although_a_client_waits) {
    site.listeners = {Site::tcp()};
    site.listeners[0].control = true;
    site.control.remove = [](std::string, std::string, auto) {};
    start();
    Client working = site.client();
    working.send("DELETE /v1/components/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::this_thread::sleep_for(100ms);
    auto begin = std::chrono::steady_clock::now();
    site.server->drain(200ms);
    auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took, 200ms);
    EXPECT_LT(took, 2s);
}

TEST_F(LimitsTest, a_server_with_several_threads_serves_on_all) {
    site.threads = 3;
    start();
    std::vector<std::thread> askers;
    std::atomic<int> good{0};
    for (int i = 0; i < 6; ++i)
        askers.emplace_back([&] {
            for (int j = 0; j < 50; ++j) {
                Client client = site.client();
                for (int k = 0; k < 5; ++k)
                    if (client.ask(get_probe).body.starts_with("db ")) ++good;
            }
        });
    for (int i = 0; i < 100; ++i) {
        site.publish({{"db", i % 2 == 0 ? Status::failed : Status::ok}});
        site.server->replace_routes(site.routes);
        std::this_thread::sleep_for(1ms);
    }
    for (auto& asker : askers) asker.join();
    EXPECT_EQ(good, 6 * 50 * 5);
}

// A burst of connections is accepted by one thread, which wakes first. Alone it may hold 20.
TEST_F(LimitsTest, connections_are_shared_by_all_threads) {
    site.threads = 2;
    site.limits.connections = 40;
    start();
    std::vector<Client> clients;
    for (int i = 0; i < 40; ++i) clients.push_back(site.client());
    for (Client& client : clients) EXPECT_EQ(client.ask(get_probe).status, 200);
    for (Client& client : clients) EXPECT_EQ(client.ask(get_probe).status, 200);
}

TEST_F(LimitsTest, several_threads_serve_once_who_connected_before_the_end) {
    site.threads = 3;
    start();
    std::vector<Client> clients;
    for (int i = 0; i < 60; ++i) clients.push_back(site.client());
    std::thread drain([&] { site.server->drain(10s); });
    std::this_thread::sleep_for(50ms);
    for (Client& client : clients) EXPECT_EQ(client.ask(get_probe).status, 200);
    drain.join();
}

}  // namespace
}  // namespace vitals::server::testing
