// Listeners that speak something other than HTTP, or begin with something else.
#include "server/server_testing.hpp"

namespace vitals::server::testing {
namespace {

std::string all_of(Client& client, std::chrono::milliseconds time = 5s) {
    while (client.more(time)) {
    }
    return client.rest();
}

class AgentTest : public ::testing::Test {
  protected:
    void start(bool with_endpoint = true) {
        auto routes = std::make_shared<endpoints::Routes>(*site.routes);
        const dialects::Dialect& dialect = *dialects::find("agent");
        EndpointSettings settings{.options = dialect.description.make(),
                                  .listeners = {"agent 127.0.0.1:0"}};
        if (with_endpoint) routes->endpoints.push_back(endpoints::mounted(dialect, settings));
        site.routes = routes;
        Listener own = Site::tcp();
        own.text = "agent 127.0.0.1:0";
        own.protocol = Protocol::agent;
        site.listeners = {Site::tcp(), own};
        site.clock.run();
        site.publish({{"db", Status::ok}});
        site.start();
    }
    std::string said(std::string_view sent = {}) {
        Client client = site.client(1);
        client.send(sent);
        return all_of(client);
    }
    Site site;
};

TEST_F(AgentTest, says_one_line_to_whoever_connects) {
    start();
    EXPECT_EQ(said(), "ready up 100%\n");
    EXPECT_EQ(said("GET / HTTP/1.1\r\n\r\n"), "ready up 100%\n");
    EXPECT_EQ(said(std::string(300'000, 'x')), "ready up 100%\n");
    site.publish({{"db", Status::failed}});
    EXPECT_EQ(said(), "ready down # db\n");
    EXPECT_EQ(site.get("/probe").status, 200) << "HTTP is served beside it";
    EXPECT_EQ(site.get("/").status, 404) << "and has no such endpoint";
}

TEST_F(AgentTest, says_nothing_where_its_endpoint_is_gone) {
    start(false);
    EXPECT_EQ(said(), "");
    Client client = site.client(1);
    EXPECT_TRUE(client.ended());
}

TEST_F(AgentTest, keeps_nobody_who_stays) {
    start();
    std::vector<Client> many;
    for (int i = 0; i < 200; ++i) many.push_back(site.client(1));
    for (Client& each : many) EXPECT_TRUE(each.more());
    // They never close: after a moment the server does, and a write then fails.
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    std::size_t closed = 0;
    while (closed < many.size() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(100ms);
        closed = 0;
        for (Client& each : many) closed += each.send("x") ? 0 : 1;
    }
    EXPECT_EQ(closed, many.size());
    EXPECT_EQ(said(), "ready up 100%\n");
}

TEST_F(AgentTest, gives_way_when_there_are_too_many) {
    site.limits.connections = 4;
    start();
    std::vector<Client> many;
    for (int i = 0; i < 50; ++i) many.push_back(site.client(1));
    for (Client& each : many) EXPECT_TRUE(each.more()) << "the line is sent before anybody waits";
    EXPECT_EQ(site.get("/probe").status, 200);
}

TEST_F(AgentTest, is_served_while_the_server_ends) {
    start();
    Client idle = site.client(0);
    EXPECT_EQ(said(), "ready up 100%\n");
    site.server->drain(2s);
    EXPECT_FALSE(site.client(1).more(100ms));
}

}  // namespace
}  // namespace vitals::server::testing
