// Listeners that speak something other than HTTP, or begin with something else.
#include "server/listening.hpp"
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

TEST_F(AgentTest, sends_one_line_to_each_client) {
    start();
    EXPECT_EQ(said(), "ready up 100%\n");
    EXPECT_EQ(said("GET / HTTP/1.1\r\n\r\n"), "ready up 100%\n");
    EXPECT_EQ(said(std::string(300'000, 'x')), "ready up 100%\n");
    site.publish({{"db", Status::failed}});
    EXPECT_EQ(said(), "ready down # db\n");
    EXPECT_EQ(site.get("/probe").status, 200) << "HTTP is served beside it";
    EXPECT_EQ(site.get("/").status, 404) << "and has no such endpoint";
}

TEST_F(AgentTest, sends_nothing_when_its_endpoint_is_gone) {
    start(false);
    EXPECT_EQ(said(), "");
    Client client = site.client(1);
    EXPECT_TRUE(client.ended());
}

TEST_F(AgentTest, closes_a_client_that_stays) {
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

TEST_F(AgentTest, is_closed_when_there_are_too_many) {
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

class ProxyTest : public ::testing::Test {
  protected:
    void start(std::vector<std::string> trusted) {
        Listener listener = Site::tcp();
        listener.proxy_protocol = Listener::ProxyProtocol{std::move(trusted)};
        site.listeners = {listener};
        site.clock.run();
        site.publish({{"db", Status::ok}});
        site.start();
    }
    Got ask(std::string_view header, std::string_view request) {
        Client client = site.client();
        client.send(header);
        return client.ask(request);
    }
    static constexpr std::string_view line = "PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n";
    static constexpr std::string_view get = "GET /probe HTTP/1.1\r\nHost: h\r\n\r\n";
    static constexpr std::string_view post =
        "POST /probe?body=owned HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    Site site;
};

TEST_F(ProxyTest, serves_what_follows_the_header) {
    start({"127.0.0.0/8"});
    EXPECT_EQ(ask(line, get).status, 200);
    EXPECT_EQ(ask("PROXY UNKNOWN\r\n", get).status, 200);
    Client slow = site.client();
    for (const char byte : std::string(line) + std::string(get)) {
        slow.send(std::string_view(&byte, 1));
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(slow.receive().status, 200);
    EXPECT_EQ(slow.ask(get).status, 200) << "the connection goes on without another header";
    Client at_once = site.client();
    at_once.send(std::string(line) + std::string(get) + std::string(get));
    EXPECT_EQ(at_once.receive().status, 200);
    EXPECT_EQ(at_once.receive().status, 200);
}

TEST_F(ProxyTest, never_takes_a_forwarded_client_for_this_machine) {
    start({"127.0.0.1"});
    for (const std::string_view header :
         {line, std::string_view("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"),
          std::string_view("PROXY TCP6 ::1 ::1 1 2\r\n"), std::string_view("PROXY UNKNOWN\r\n")})
        EXPECT_EQ(ask(header, post).status, 403) << header;
    EXPECT_TRUE(site.decommissioned.empty());
}

TEST_F(ProxyTest, refuses_a_client_that_is_no_proxy) {
    start({"192.0.2.0/24", "2001:db8::/32"});
    Client client = site.client();
    client.send(line);
    client.send(get);
    EXPECT_EQ(all_of(client), "");
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(site.client().ended());
    ASSERT_EQ(site.log().size(), 1u) << "not one line for each";
    EXPECT_EQ(site.log()[0],
              "listener 127.0.0.1:0: a connection from 127.0.0.1 is refused: the address is not "
              "among those that 'proxy_protocol' trusts");
}

TEST_F(ProxyTest, refuses_a_connection_without_a_header) {
    start({"127.0.0.1"});
    EXPECT_EQ(ask("", get).status, 400);
    Client other = site.client();
    other.send("\x16\x03\x01");
    EXPECT_EQ(all_of(other), "");
    Client cut = site.client();
    cut.send(line.substr(0, 10));
    cut.shut();
    EXPECT_TRUE(cut.ended());
    ASSERT_EQ(site.log().size(), 1u);
    EXPECT_TRUE(
        site.log()[0].starts_with("listener 127.0.0.1:0: a connection from 127.0.0.1 is "
                                  "refused: it does not begin as the PROXY protocol does"))
        << site.log()[0];
}

TEST_F(ProxyTest, waits_for_a_header_only_as_long_as_for_a_head) {
    site.limits.head_time = 200ms;
    start({"127.0.0.1"});
    Client silent = site.client(), slow = site.client();
    slow.send(line.substr(0, 10));
    EXPECT_TRUE(silent.ended(3s));
    EXPECT_TRUE(slow.ended(3s));
}

TEST(Trusted, is_an_address_within_a_block) {
    Listener listener = Site::tcp();
    listener.proxy_protocol = Listener::ProxyProtocol{{"10.0.0.0/8", "2001:db8::/32"}};
    const ListeningSocket socket(listener);
    const auto trusts = [&socket](int family, const char* text) {
        sockaddr_storage peer{};
        peer.ss_family = static_cast<sa_family_t>(family);
        void* const address =
            family == AF_INET
                ? static_cast<void*>(&reinterpret_cast<sockaddr_in&>(peer).sin_addr)
                : static_cast<void*>(&reinterpret_cast<sockaddr_in6&>(peer).sin6_addr);
        if (family != AF_UNIX) EXPECT_EQ(::inet_pton(family, text, address), 1);
        return socket.trusts(peer);
    };
    EXPECT_TRUE(trusts(AF_INET, "10.1.2.3"));
    EXPECT_FALSE(trusts(AF_INET, "192.0.2.7"));
    EXPECT_TRUE(trusts(AF_INET6, "2001:db8::7"));
    EXPECT_TRUE(trusts(AF_INET6, "::ffff:10.1.2.3"));
    EXPECT_FALSE(trusts(AF_INET6, "::1"));
    EXPECT_TRUE(trusts(AF_UNIX, ""));
    listener.proxy_protocol->trusted = {"proxy.example.org"};
    EXPECT_THROW(ListeningSocket{listener}, std::runtime_error);
}

}  // namespace
}  // namespace vitals::server::testing
