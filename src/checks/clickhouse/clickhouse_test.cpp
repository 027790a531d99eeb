#include "clickhouse.hpp"
#include "expect_failed.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "http_peer.hpp"

namespace vitals::checks::clickhouse {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

// Answers as ClickHouse does, except where `wish` says otherwise for a path.
class FakeClickHouse {
  public:
    using Wish = std::function<std::string(const std::string& path)>;
    explicit FakeClickHouse(Wish wish = nullptr)
        : wish_(std::move(wish)),
          peer_([this](const testing::HttpRequest& request) { return answer(request.target); }) {}
    Options options() const {
        return {.url = peer_.url(), .user = "app", .password = Secret("geheim")};
    }
    std::vector<std::string> requests() { return peer_.requests(); }

  private:
    std::string answer(const std::string& path) const {
        if (std::string wished = wish_ ? wish_(path) : std::string(); !wished.empty())
            return wished;
        if (!path.starts_with("/?query=")) return http_answer("200 OK", "Ok.\n");
        return http_answer("200 OK", path.find("replicas") == path.npos ? "1\n" : "2\t0\n");
    }
    Wish wish_;
    testing::HttpPeer peer_;
};

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome against(const std::string& url, std::chrono::milliseconds timeout) {
    return run({.url = url, .user = "app", .password = Secret("geheim")}, timeout);
}

TEST(ClickHouse, pings_and_asks_as_the_user) {
    FakeClickHouse server;
    const Outcome outcome = run(server.options());
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    const auto asked = server.requests();
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_TRUE(asked[0].starts_with("GET /ping HTTP"));
    EXPECT_EQ(asked[0].find("X-ClickHouse"), std::string::npos) << "ping needs no user";
    EXPECT_TRUE(asked[1].starts_with("GET /?query=SELECT%201%20FORMAT%20TabSeparated HTTP"));
    EXPECT_NE(asked[1].find("X-ClickHouse-User: app\r\n"), std::string::npos);
    EXPECT_NE(asked[1].find("X-ClickHouse-Key: geheim\r\n"), std::string::npos);
}

TEST(ClickHouse, a_ping_alone_proves_nothing) {
    struct Case {
        std::string query, detail;
        ErrorClass error_class;
    };
    const std::vector<Case> cases{
        {http_answer("401 Unauthorized",
                     "Code: 193, e.displayText() = DB::Exception: Wrong password"),
         "query: wrong user or password", ErrorClass::auth},
        {http_answer("403 Forbidden", "no", "X-ClickHouse-Exception-Code: 516\r\n"),
         "query: wrong user or password", ErrorClass::auth},
        {http_answer("403 Forbidden", "no"), "query: status 403", ErrorClass::auth},
        {http_answer("500 Internal", "Code: 202. DB::Exception: Too many simultaneous queries"),
         "query: too many queries at once", ErrorClass::assertion},
        {http_answer("500 Internal", "Code: 99999999999999999999"), "query: status 500",
         ErrorClass::assertion},
        {http_answer("200 OK", "Code: 241. DB::Exception: Memory limit"),
         "query: memory limit exceeded", ErrorClass::assertion},
        {http_answer("200 OK", "1\nCode: 241. DB::Exception"), "query: SELECT 1 is not 1",
         ErrorClass::protocol},
        {http_answer("200 OK", "1"), "query: SELECT 1 is not 1", ErrorClass::protocol},
        {http_answer("200 OK", ""), "query: SELECT 1 is not 1", ErrorClass::protocol},
    };
    for (const Case& each : cases) {
        FakeClickHouse server([&](const std::string& path) {
            return path.starts_with("/?query") ? each.query : std::string();
        });
        expect_failed(run(server.options()), each.error_class, "query", each.detail);
    }
}

TEST(ClickHouse, what_is_not_clickhouse_fails) {
    FakeClickHouse page([](const std::string&) { return http_answer("200 OK", "<html>"); });
    expect_failed(run(page.options()), ErrorClass::protocol, "ping",
                  "ping: not ClickHouse's answer");
    FakeClickHouse native([](const std::string&) {
        return http_answer("400 Bad Request", "Port 9000 is for clickhouse-client program.\r\n");
    });
    expect_failed(run(native.options()), ErrorClass::protocol, "ping",
                  "is not the port for HTTP, which is usually 8123");
}

TEST(ClickHouse, replicas_are_judged_when_asked) {
    FakeClickHouse lagging([](const std::string& path) {
        return path == "/replicas_status"
                   ? http_answer("503 Service Unavailable", "a.b:\tAbsolute delay: 900.\n")
                   : std::string();
    });
    EXPECT_EQ(run(lagging.options()).status, Status::ok);
    Options options = lagging.options();
    options.replicas = true;
    expect_failed(run(options), ErrorClass::assertion, "replicas", "replicas lag behind");
    std::string count = "5\t0\n";
    FakeClickHouse server([&](const std::string& path) {
        return path.find("system.replicas") != path.npos ? http_answer("200 OK", count)
                                                         : std::string();
    });
    options = server.options();
    options.replicas = true;
    EXPECT_EQ(run(options).detail, "answers queries, replicas follow");
    count = "5\t1\n";
    expect_failed(run(options), ErrorClass::assertion, "replicas",
                  "1 replicated table is read-only");
    count = "12\t12\n";
    expect_failed(run(options), ErrorClass::assertion, "replicas",
                  "12 replicated tables are read-only");
    // A user who may not see a table gets no row of it, and no error.
    count = "0\t0\n";
    const Outcome blind = run(options);
    EXPECT_EQ(blind.status, Status::degraded);
    EXPECT_EQ(blind.detail, "answers queries, but no replicated table is there or may be seen");
    for (const std::string odd : {"no", "5\n", "5\t", "5\t0", "5\t0\nCode: 241. DB::Exception"}) {
        count = odd;
        expect_failed(run(options), ErrorClass::protocol, "replicas", "replicas: not two numbers");
    }
}

TEST(ClickHouse, a_peer_that_misbehaves_fails) {
    testing::expect_http_faults(against, "ping", "64KiB");
}

TEST(ClickHouse, hung_behind_its_ping_times_out_in_query) {
    const Peer peer([](int descriptor) {
        if (!testing::read_until(descriptor, "\r\n\r\n").starts_with("GET /ping"))
            return Peer::hang()(descriptor);
        testing::send_all(descriptor, http_answer("200 OK", "Ok.\n"));
        testing::close_in_order(descriptor);
    });
    const Outcome outcome = run({.url = "http://" + peer.address()}, 300ms);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_EQ(outcome.failed_phase, "query");
}

TEST(ClickHouse, tls_is_verified) {
    testing::expect_tls_verified(against);
}

TEST(ClickHouse, a_missing_secret_is_blindness) {
    FakeClickHouse server;
    Options options = server.options();
    options.password = Secret::pending();
    EXPECT_EQ(run(options).status, Status::unknown);
    EXPECT_EQ(server.requests().size(), 0U);
}

TEST(ClickHouseOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_NE(problem({.url = "tcp://h:9000"}), "");
    EXPECT_NE(problem({.url = "http://h:8123/?user=x"}), "");
    EXPECT_NE(problem({.url = "http://a:b@h", .user = "c"}), "");
    EXPECT_NE(problem({.url = "http://h", .password = Secret("x")}), "");
    EXPECT_EQ(problem({.url = "https://h:8443/", .user = "u"}), "");
}

TEST(ClickHouseOptions, come_from_a_url) {
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "clickhouse://app:p%40@h"));
    EXPECT_EQ(options.url.text, "http://h:8123");
    EXPECT_EQ(options.user, "app");
    EXPECT_EQ(options.password.reveal(), "p@");
    Options tls;
    EXPECT_TRUE(kind.from_url(ObjectRef(tls), "clickhouses://[::1]:9443/"));
    EXPECT_EQ(tls.url.text, "https://[::1]:9443");
    EXPECT_FALSE(kind.from_url(ObjectRef(tls), "clickhouse://"));
    EXPECT_FALSE(kind.from_url(ObjectRef(tls), "clickhouse://h/db"));
}

}  // namespace
}  // namespace vitals::checks::clickhouse
