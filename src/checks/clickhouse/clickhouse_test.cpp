#include "clickhouse.hpp"
#include "expect_failed.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <mutex>

#include "tls_peer.hpp"

namespace vitals::checks::clickhouse {
namespace {

using vitals::testing::expect_failed;

using namespace std::chrono_literals;
using testing::Peer;
using testing::Runner;

std::string answer(const std::string& status, const std::string& body,
                   const std::string& headers = {}) {
    return "HTTP/1.1 " + status + "\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Answers as ClickHouse does, except where `wish` says otherwise for a path.
class FakeClickHouse {
  public:
    using Wish = std::function<std::string(const std::string& path)>;
    explicit FakeClickHouse(Wish wish = nullptr)
        : wish_(std::move(wish)), peer_([this](int descriptor) { serve(descriptor); }) {}
    Options options() const {
        return {.url = "http://" + peer_.address(), .user = "app", .password = Secret("geheim")};
    }
    std::vector<std::string> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    void serve(int descriptor) {
        const std::string head = testing::read_until(descriptor, "\r\n\r\n");
        if (head.empty()) return;
        const std::string path = head.substr(4, head.find(" HTTP") - 4);
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(head);
        }
        std::string said = wish_ ? wish_(path) : std::string();
        if (said.empty()) {
            if (!path.starts_with("/?query="))
                said = answer("200 OK", "Ok.\n");
            else
                said = answer("200 OK", path.find("replicas") == path.npos ? "1\n" : "2\t0\n");
        }
        testing::send_all(descriptor, said);
        testing::close_in_order(descriptor);
    }
    Wish wish_;
    std::vector<std::string> requests_;
    std::mutex mutex_;
    Peer peer_;
};

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    EXPECT_EQ(testing::problem_of(kind, &options), "");
    Runner runner;
    Outcome outcome = runner.run(kind, options, timeout);
    EXPECT_LE(runner.elapsed(), timeout + 100ms);
    EXPECT_TRUE(runner.finished());
    EXPECT_EQ((outcome.detail + outcome.error).find("geheim"), std::string::npos);
    return outcome;
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
        {answer("401 Unauthorized", "Code: 193, e.displayText() = DB::Exception: Wrong password"),
         "query: wrong user or password", ErrorClass::auth},
        {answer("403 Forbidden", "no", "X-ClickHouse-Exception-Code: 516\r\n"),
         "query: wrong user or password", ErrorClass::auth},
        {answer("403 Forbidden", "no"), "query: status 403", ErrorClass::auth},
        {answer("500 Internal", "Code: 202. DB::Exception: Too many simultaneous queries"),
         "query: too many queries at once", ErrorClass::assertion},
        {answer("500 Internal", "Code: 99999999999999999999"), "query: status 500",
         ErrorClass::assertion},
        {answer("200 OK", "Code: 241. DB::Exception: Memory limit"), "query: memory limit exceeded",
         ErrorClass::assertion},
        {answer("200 OK", "1\nCode: 241. DB::Exception"), "query: SELECT 1 is not 1",
         ErrorClass::protocol},
        {answer("200 OK", "1"), "query: SELECT 1 is not 1", ErrorClass::protocol},
        {answer("200 OK", ""), "query: SELECT 1 is not 1", ErrorClass::protocol},
    };
    for (const Case& each : cases) {
        FakeClickHouse server([&](const std::string& path) {
            return path.starts_with("/?query") ? each.query : std::string();
        });
        expect_failed(run(server.options()), each.error_class, "query", each.detail);
    }
}

TEST(ClickHouse, what_is_not_clickhouse_fails) {
    FakeClickHouse page([](const std::string&) { return answer("200 OK", "<html>"); });
    expect_failed(run(page.options()), ErrorClass::protocol, "ping",
                  "ping: not ClickHouse's answer");
    FakeClickHouse native([](const std::string&) {
        return answer("400 Bad Request", "Port 9000 is for clickhouse-client program.\r\n");
    });
    expect_failed(run(native.options()), ErrorClass::protocol, "ping",
                  "is not the port for HTTP, which is usually 8123");
}

TEST(ClickHouse, replicas_are_judged_when_asked) {
    FakeClickHouse lagging([](const std::string& path) {
        return path == "/replicas_status"
                   ? answer("503 Service Unavailable", "a.b:\tAbsolute delay: 900.\n")
                   : std::string();
    });
    EXPECT_EQ(run(lagging.options()).status, Status::ok);
    Options options = lagging.options();
    options.replicas = true;
    expect_failed(run(options), ErrorClass::assertion, "replicas", "replicas lag behind");
    std::string count = "5\t0\n";
    FakeClickHouse server([&](const std::string& path) {
        return path.find("system.replicas") != path.npos ? answer("200 OK", count) : std::string();
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
    // Whoever may not see a table gets no row of it, and no error.
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
    const auto to = [](std::uint16_t port) {
        return Options{.url = "http://app:geheim@127.0.0.1:" + std::to_string(port) + "/"};
    };
    expect_failed(run(to(testing::closed_port())), ErrorClass::connect, "connect",
                  "connection refused");
    const Peer hanging(Peer::hang());
    Outcome outcome = run(to(hanging.port()), 200ms);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_EQ(outcome.failed_phase, "ping");
    const Peer resetting(Peer::reset());
    expect_failed(run(to(resetting.port())), ErrorClass::protocol, "ping", "connection reset");
    const Peer garbage(Peer::answer("nonsense\r\n\r\n"));
    expect_failed(run(to(garbage.port())), ErrorClass::protocol, "ping", "not HTTP");
    const Peer flooding(Peer::answer(answer("200 OK", std::string(200'000, 'x'))));
    expect_failed(run(to(flooding.port())), ErrorClass::protocol, "ping",
                  "answer larger than 64KiB");
    const Peer dripping(Peer::drip(answer("200 OK", std::string(999, 'x')), 10ms));
    EXPECT_EQ(run(to(dripping.port()), 200ms).error_class, ErrorClass::timeout);
}

TEST(ClickHouse, hung_behind_its_ping_times_out_in_query) {
    const Peer peer([](int descriptor) {
        if (!testing::read_until(descriptor, "\r\n\r\n").starts_with("GET /ping"))
            return Peer::hang()(descriptor);
        testing::send_all(descriptor, answer("200 OK", "Ok.\n"));
        testing::close_in_order(descriptor);
    });
    const Outcome outcome = run({.url = "http://" + peer.address()}, 300ms);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_EQ(outcome.failed_phase, "query");
}

TEST(ClickHouse, tls_is_verified) {
    const Peer peer(testing::tls_answer(testing::make_certificate(testing::CertificateWish{}),
                                        answer("200 OK", "Ok.\n")));
    expect_failed(run({.url = "https://" + peer.address()}), ErrorClass::tls, "tls",
                  "certificate not trusted");
}

TEST(ClickHouse, a_secret_that_is_not_there_is_our_own_fault) {
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
