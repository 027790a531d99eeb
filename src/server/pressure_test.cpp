// What one stranger may cost: memory, places, turns; and what want of memory costs.
#include <malloc.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <new>

#include "server/server_testing.hpp"

// Lets one allocation of a thread fail: the one after so many others. 0: none fails.
static thread_local long fail_after = 0;

void* operator new(std::size_t size) {
    if (fail_after > 0 && --fail_after == 0) throw std::bad_alloc();
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace vitals::server::testing {
namespace {

const std::string get_probe = "GET /probe HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string get(const std::string& path, const std::string& fields = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

// Bytes that this process has taken from the allocator.
std::size_t allocated() {
    struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

class PressureTest : public ::testing::Test {
  protected:
    void start() {
        site.clock.run();
        site.publish({{"db", Status::ok}});
        site.start();
    }
    Site site;
};

TEST_F(PressureTest, what_only_reads_is_answered_before_its_body) {
    start();
    Client client = site.client();
    EXPECT_EQ(client.ask(get("/probe", "Content-Length: 60000\r\n") + "x").body, "db ok\n");
    EXPECT_EQ(client.ask(std::string(59'999, 'x') + get_probe).body, "db ok\n");
    EXPECT_EQ(client.ask(get("/probe", "Transfer-Encoding: chunked\r\n")).body, "db ok\n");
    EXPECT_EQ(client.ask("2\r\nab\r\n0\r\n\r\n" + get_probe).body, "db ok\n");
    // What it promised does not come: nothing after it is a request.
    EXPECT_EQ(client.ask(get("/probe", "Transfer-Encoding: chunked\r\n")).status, 200);
    client.send("zz\r\n" + get_probe);
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(site.ask(get("/probe", "Content-Length: 70000\r\n")).status, 413);
    Got got = site.ask(get("/probe", "Expect: 100-continue\r\nContent-Length: 6\r\n"));
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.fields["connection"], "close");
}

TEST_F(PressureTest, the_connection_that_waited_longest_is_closed_in_any_phase) {
    site.limits.connections = 10;
    start();
    const std::string post = "POST /probe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n";
    for (const std::string& begun : {post, get("/probe", "Content-Length: 9\r\n"),
                                     std::string("GET /probe"), get("/probe/big")}) {
        std::vector<Client> strangers;
        for (int i = 0; i < 10; ++i) {
            strangers.push_back(site.client());
            strangers.back().send(begun);
        }
        std::this_thread::sleep_for(50ms);
        for (int i = 0; i < 5; ++i) EXPECT_EQ(site.get("/probe").status, 200) << begun << i;
        strangers[0].send("x");  // reset by now, or at its end
        while (strangers[0].more(1s)) {
        }
        EXPECT_LT(strangers[0].rest().size(), 8u << 20) << begun;
    }
}

// How many of one client's pipelined requests are answered in a turn of the loop, at most, while a
// modest one is answered soon.
std::size_t most_in_a_turn(Site& site, const std::string& requests, std::size_t count) {
    Client greedy = site.client(), modest = site.client();
    greedy.send(requests);
    modest.send(get_probe);
    std::size_t most = 0;
    std::string received;
    for (int turn = 0; turn < 700 && received.size() < count; ++turn) {
        site.server->poll();
        std::size_t before = received.size();
        pollfd poll{greedy.descriptor(), POLLIN, 0};
        while (::poll(&poll, 1, 0) == 1 && greedy.more()) {
        }
        while (greedy.rest().find("\r\n\r\n") != std::string::npos && greedy.receive().whole)
            received += '.';
        most = std::max(most, received.size() - before);
        if (turn == 3) EXPECT_EQ(modest.receive(false, 0ms).status, 200);
    }
    EXPECT_EQ(received.size(), count);
    return most;
}

TEST_F(PressureTest, a_client_that_pipelines_gets_few_answers_in_a_turn) {
    site.threads = 0;  // this test turns the loop
    start();
    std::string many;
    for (int i = 0; i < 300; ++i) many += get_probe;
    EXPECT_LE(most_in_a_turn(site, many, 300), 16u);
}

// Each is made anew, which costs as much as many that are kept.
TEST_F(PressureTest, a_client_with_different_questions_gets_one_answer_in_a_turn) {
    site.threads = 0;
    start();
    std::string many;
    for (int i = 0; i < 100; ++i) many += get("/probe?question=" + std::to_string(i));
    EXPECT_EQ(most_in_a_turn(site, many, 100), 1u);
}

TEST_F(PressureTest, readers_share_the_bytes_of_an_answer) {
    start();
    site.get("/probe/big");
    std::size_t before = allocated();
    std::vector<Client> readers;
    for (int i = 0; i < 20; ++i) {
        readers.push_back(site.client());
        readers.back().send(get("/probe/big", i % 2 == 0 ? "" : "Connection: close\r\n"));
        if (i % 5 == 4) site.clock.step_system(1s);  // the next ones get another date
        std::this_thread::sleep_for(2ms);
    }
    EXPECT_LT(allocated(), before + (6u << 20));
    for (Client& reader : readers) {
        while (!reader.rest().ends_with("bdb ok\n") && reader.more()) {
        }
        std::size_t head = reader.rest().find("\r\n\r\n") + 4;
        EXPECT_EQ(reader.rest().size() - head, (8u << 20) + 6);
    }
}

TEST_F(PressureTest, answers_that_only_slow_readers_keep_are_bounded) {
    site.limits.outgrown_answers = 20u << 20;
    start();
    std::size_t before = allocated();
    std::vector<Client> readers;
    for (int i = 0; i < 12; ++i) {
        readers.push_back(site.client());
        readers.back().send(get("/probe/big", i % 2 == 0 ? "" : "Connection: close\r\n"));
        ASSERT_TRUE(readers.back().more(5s));  // this version of the answer is under way
        site.publish({{"db", i % 2 == 0 ? Status::failed : Status::ok}});
    }
    EXPECT_LT(allocated(), before + (50u << 20));
    EXPECT_EQ(site.get("/probe").status, 200);
    EXPECT_EQ(readers[11].receive().body.size() / (8u << 20), 1u);
    while (readers[0].more(1s)) {
    }
    EXPECT_LT(readers[0].rest().size(), 8u << 20);
}

TEST_F(PressureTest, memory_of_connections_is_bounded_and_the_oldest_is_closed) {
    site.limits.connection_memory = 1u << 20;
    start();
    std::size_t before = allocated();
    const std::string half =
        "GET /probe HTTP/1.1\r\nHost: localhost\r\nX-Fill: " + std::string(7000, 'x');
    std::vector<Client> strangers;
    for (int i = 0; i < 400; ++i) {
        strangers.push_back(site.client());
        strangers.back().send(half);
    }
    EXPECT_EQ(site.get("/probe").status, 200);
    EXPECT_LT(allocated(), before + (2u << 20));
    EXPECT_TRUE(strangers[0].ended());
    EXPECT_EQ(strangers[399].ask("\r\n\r\n").status, 200);
}

TEST_F(PressureTest, questions_that_nobody_repeats_are_not_kept) {
    start();
    site.get("/probe");
    std::size_t before = allocated();
    std::string query;
    for (int i = 0; i < 3500; ++i) query += "&a";
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(site.get("/probe?" + std::to_string(i) + query).body, "db ok\n");
    EXPECT_LT(allocated(), before + (1u << 20));
}

// Whatever allocation fails on the way: that connection may be closed, the next one is served.
TEST_F(PressureTest, a_lack_of_memory_costs_one_connection) {
    site.threads = 0;  // what is counted happens on this thread
    auto made = std::make_shared<endpoints::Routes>(*site.routes);
    made->tokens.push_back(token("writer", "secret", true, true, true));
    site.routes = made;
    site.control.push = [](Push, const auto& done) {
        done(endpoints::Control::Answer::created, {});
    };
    start();
    const std::string push =
        "PUT /v1/components/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n"
        "Content-Length: 15\r\n\r\n{\"status\":\"ok\"}";
    const std::string queries = get("/probe/facts?one=two%20three", "Accept: text/plain\r\n");
    int served = 0, closed = 0;
    for (const std::string& request :
         {get_probe, push, queries, std::string("nonsense\n"), get("/probe/big"),
          get("/probe", "Connection: close\r\n"), get("/probe", "Content-Length: 1\r\n") + "x"})
        for (long n = 1; n < 150; ++n) {
            site.publish(
                {{"db", n % 2 == 0 ? Status::failed : Status::ok}});  // to be rendered anew
            Client client = site.client();
            client.send(request);
            for (int turn = 0; turn < 4; ++turn) {
                fail_after = n;
                site.server->poll();
                fail_after = 0;
            }
            pollfd poll{client.descriptor(), POLLIN, 0};
            bool answered = ::poll(&poll, 1, 0) == 1 && client.more();
            (answered ? served : closed) += 1;
            client.close();
            Client next = site.client();
            next.send(get_probe);
            for (int turn = 0; turn < 4; ++turn) site.server->poll();
            ASSERT_EQ(next.receive(false, 0ms).status, 200) << request << n;
        }
    EXPECT_GT(served, 100);
    EXPECT_GT(closed, 20);
}

// A host may fork while others speak to its server: the child holds a copy of every descriptor.
TEST_F(PressureTest, a_child_that_holds_the_sockets_changes_nothing) {
    start();
    for (int round = 0; round < 5; ++round) {
        std::vector<Client> clients;
        for (int i = 0; i < 50; ++i) {
            clients.push_back(site.client());
            clients.back().send(get_probe);
            EXPECT_EQ(clients.back().receive().status, 200);
        }
        pid_t child = ::fork();
        if (child == 0) {
            ::pause();
            ::_exit(0);
        }
        for (Client& client : clients) client.send(get("/probe", "Connection: close\r\n"));
        for (Client& client : clients) EXPECT_EQ(client.receive().status, 200);
        for (Client& client : clients) client.send(get_probe);
        for (Client& client : clients) client.reset();
        std::vector<Client> others;
        for (int i = 0; i < 50; ++i) others.push_back(site.client());
        for (Client& other : others) EXPECT_EQ(other.ask(get_probe).status, 200);
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    EXPECT_EQ(site.get("/probe").status, 200);
}

}  // namespace
}  // namespace vitals::server::testing
