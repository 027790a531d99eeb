#include "etcd.hpp"

#include <gtest/gtest.h>

#include <map>

#include "expect_failed.hpp"
#include "http_peer.hpp"

namespace vitals::checks::etcd {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

const std::string healthy = http_answer("200 OK", R"({"health":"true"})");
const std::string unhealthy = http_answer("503 Service Unavailable", R"({"health":"false"})");

std::string status(const std::string& more = R"(,"leader":"7")") {
    return http_answer("200 OK", R"({"header":{},"version":"3.4.23","dbSize":"20480",)"
                                 R"("raftIndex":"2005","raftAppliedIndex":"2005")" +
                                     more + "}");
}

// Answers as etcd 3.4 does, except where `answers` has something for a path.
class FakeEtcd {
  public:
    explicit FakeEtcd(std::map<std::string, std::string> answers = {})
        : answers_(std::move(answers)), peer_([this](const testing::HttpRequest& request) {
              asked_.push_back(request.path());
              bodies_.push_back(request.body);
              if (answers_.contains(request.path())) return answers_[request.path()];
              if (request.path() == "/health") return healthy;
              if (request.path() == "/v3/maintenance/status") return status();
              if (request.path() == "/v3/auth/authenticate")
                  return http_answer("200 OK", R"({"header":{},"token":"abc.1"})");
              return http_answer("200 OK", R"({"header":{},"kvs":[{}],"count":"1"})");
          }) {}
    Options options() const { return {.url = "etcd://" + peer_.address()}; }
    Options with_user() const {
        return {.url = "etcd://" + peer_.address(), .user = "app", .password = Secret("geheim")};
    }
    std::vector<std::string> heads() { return peer_.requests(); }
    const std::vector<std::string>& asked() const { return asked_; }
    const std::vector<std::string>& bodies() const { return bodies_; }

  private:
    std::map<std::string, std::string> answers_;
    std::vector<std::string> asked_;
    std::vector<std::string> bodies_;
    testing::HttpPeer peer_;
};

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome against(const std::string& url, std::chrono::milliseconds timeout) {
    return run({.url = url}, timeout);
}

Outcome of(std::map<std::string, std::string> answers) {
    FakeEtcd server(std::move(answers));
    return run(server.options());
}

TEST(Etcd, judges_health_and_state_without_a_user) {
    FakeEtcd server;
    const Outcome outcome = run(server.options());
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "healthy");
    EXPECT_EQ(server.asked(), (std::vector<std::string>{"/health", "/v3/maintenance/status"}));
}

TEST(Etcd, logs_in_and_reads_through_the_quorum) {
    FakeEtcd server;
    Options options = server.with_user();
    options.key = "/shop";
    EXPECT_EQ(run(options).status, Status::ok);
    EXPECT_EQ(server.asked(), (std::vector<std::string>{"/health", "/v3/auth/authenticate",
                                                        "/v3/maintenance/status", "/v3/kv/range"}));
    EXPECT_EQ(server.bodies()[1], R"({"name":"app","password":"geheim"})");
    EXPECT_EQ(server.bodies()[3], R"({"key":"L3Nob3A=","limit":1})") << "never serializable";
    EXPECT_FALSE(server.heads()[1].contains("Authorization"));
    EXPECT_TRUE(server.heads()[3].contains("Authorization: abc.1\r\n"));
}

TEST(Etcd, says_why_it_is_unhealthy) {
    const auto with = [](const std::string& more) {
        return of({{"/health", unhealthy}, {"/v3/maintenance/status", status(more)}});
    };
    expect_failed(with(R"(,"errors":["etcdserver: no leader"])"), ErrorClass::assertion, "health",
                  "unhealthy: no leader");
    expect_failed(with(R"(,"leader":"7","errors":["memberID:1 alarm:NOSPACE "])"),
                  ErrorClass::assertion, "health", "takes no writes: database space exceeded");
    expect_failed(with(R"(,"leader":"7","errors":["memberID:1 alarm:CORRUPT "])"),
                  ErrorClass::assertion, "health", "unhealthy: its data are corrupt");
    expect_failed(with(R"(,"leader":"7")"), ErrorClass::assertion, "health", "unhealthy");
    expect_failed(of({{"/health", unhealthy}, {"/v3/maintenance/status", http_answer("500", "")}}),
                  ErrorClass::assertion, "health", "unhealthy");
}

TEST(Etcd, health_alone_proves_little) {
    const auto with = [](const std::string& more) {
        return of({{"/v3/maintenance/status", status(more)}});
    };
    expect_failed(with(""), ErrorClass::assertion, "judge", "no leader");
    expect_failed(with(R"(,"leader":"7","errors":["alarm:NOSPACE"])"), ErrorClass::assertion,
                  "judge", "takes no writes: database space exceeded");
    EXPECT_EQ(with(R"(,"leader":"7","isLearner":true)").detail, "a learner, which has no vote");
    FakeEtcd nearly_full;
    Options options = nearly_full.options();
    options.quota.bytes = 22'000;
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "93.1% of its space is used");
    const Outcome behind =
        of({{"/v3/maintenance/status",
             http_answer("200 OK", R"({"version":"3.4.23","leader":"7",)"
                                   R"("raftIndex":"5000","raftAppliedIndex":"1"})")}});
    EXPECT_EQ(behind.detail, "4999 entries of its log are not applied");
}

TEST(Etcd, space_that_may_not_be_seen_is_no_alarm) {
    const Outcome outcome =
        of({{"/v3/maintenance/status",
             http_answer("400 Bad Request",
                         R"({"error":"etcdserver: user name is empty","code":3})")}});
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "healthy; its space may not be seen");
}

TEST(Etcd, refusals_have_their_class) {
    const auto logged_in = [](const std::string& path, const std::string& answer) {
        FakeEtcd server({{path, answer}});
        Options options = server.with_user();
        options.key = "/shop";
        return run(options);
    };
    const auto refused = [](const char* code, const std::string& text) {
        return http_answer(code, R"({"error":"etcdserver: )" + text + "}");
    };
    expect_failed(
        logged_in("/v3/auth/authenticate",
                  refused("400 Bad Request",
                          R"(authentication failed, invalid user ID or password","code":3)")),
        ErrorClass::auth, "auth", "wrong user or password");
    expect_failed(
        logged_in("/v3/kv/range", refused("403 Forbidden", R"(permission denied","code":7)")),
        ErrorClass::auth, "read", "not allowed");
    expect_failed(logged_in("/v3/kv/range", http_answer("200 OK", R"({"header":{}})")),
                  ErrorClass::assertion, "read", "key does not exist");
    expect_failed(logged_in("/v3/kv/range", http_answer("200 OK", "[]")), ErrorClass::protocol,
                  "read", "not etcd's answer");
    const Outcome open =
        logged_in("/v3/auth/authenticate",
                  refused("400 Bad Request", R"(authentication is not enabled","code":9)"));
    EXPECT_EQ(open.status, Status::degraded);
    EXPECT_EQ(open.detail, "accepts anybody: authentication is not enabled");
    expect_failed(of({{"/v3/maintenance/status", http_answer("404 Not Found", "404 page")}}),
                  ErrorClass::protocol, "status", "no interface /v3: not etcd, or one before 3.4");
}

TEST(Etcd, what_is_not_etcd_fails) {
    for (const std::string page : {"<html>", "{}", R"({"health":"maybe"})", R"("true")"})
        expect_failed(of({{"/health", http_answer("200 OK", page)}}), ErrorClass::protocol,
                      "health", "not etcd's answer");
    expect_failed(of({{"/health", http_answer("503 Busy", "<html>")}}), ErrorClass::assertion,
                  "health", "status 503");
}

TEST(Etcd, a_peer_that_misbehaves_fails) {
    testing::expect_http_faults(against, "health", "64KiB");
    testing::expect_tls_verified(against);
}

TEST(Etcd, a_missing_secret_is_blindness) {
    FakeEtcd server;
    Options options = server.with_user();
    options.password = Secret::pending();
    EXPECT_EQ(run(options).status, Status::unknown);
    EXPECT_TRUE(server.asked().empty());
}

TEST(EtcdOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "etcds://u:p@h"}), "");
    EXPECT_NE(problem({.url = "etcd://u@h"}), "");
    EXPECT_NE(problem({.url = "etcd://h", .password = Secret("x")}), "");
    EXPECT_NE(problem({.url = "redis://h"}), "");
    EXPECT_NE(problem({.url = "etcd://h?a=b"}), "");
}

}  // namespace
}  // namespace vitals::checks::etcd
