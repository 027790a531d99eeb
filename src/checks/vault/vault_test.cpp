#include "vault.hpp"
#include "expect_failed.hpp"

#include <gtest/gtest.h>

#include <map>

#include "answers.hpp"
#include "http_peer.hpp"

namespace vitals::checks::vault {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

const std::string active =
    R"({"initialized":true,"sealed":false,"standby":false,"performance_standby":false,)"
    R"("replication_performance_mode":"disabled","replication_dr_mode":"disabled",)"
    R"("version":"1.15.0"})";
const std::string no_secret = http_answer("404 Not Found", R"({"errors":[]})");
const std::string denied = http_answer("403 Forbidden", R"({"errors":["permission denied"]})");

std::string token(int ttl, const std::string& expires = "null") {
    return http_answer("200 OK", R"({"data":{"id":"hvs.geheim","ttl":)" + std::to_string(ttl) +
                                     R"(,"expire_time":)" + expires + "}}");
}

// Answers by path; other paths do not exist.
class FakeVault {
  public:
    explicit FakeVault(std::map<std::string, std::string> answers = {})
        : answers_(std::move(answers)), peer_([this](const testing::HttpRequest& request) {
              const auto found = answers_.find(request.path());
              return found == answers_.end() ? no_secret : found->second;
          }) {
        answers_.try_emplace("/v1/sys/health", http_answer("299 Health", active));
        answers_.try_emplace("/v1/auth/token/lookup-self", token(0));
    }
    Options options() const { return {.url = peer_.url(), .token = Secret("hvs.geheim")}; }
    std::vector<std::string> requests() { return peer_.requests(); }

  private:
    std::map<std::string, std::string> answers_;
    testing::HttpPeer peer_;
};

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome against(const std::string& url, std::chrono::milliseconds timeout) {
    return run({.url = url, .token = Secret("geheim")}, timeout);
}

std::string health_problem(const std::string& body, bool standby_ok = false,
                           bool dr_secondary_ok = false) {
    try {
        return "(" + judge_health(body, standby_ok, dr_secondary_ok) + ")";
    } catch (const CheckError& error) {
        return error.detail;
    }
}

TEST(VaultHealth, is_judged_by_its_fields) {
    EXPECT_EQ(health_problem(active), "(active)");
    EXPECT_EQ(health_problem(R"({"initialized":false,"sealed":true})"), "is not initialised");
    EXPECT_EQ(health_problem(R"({"initialized":true,"sealed":true,"standby":true})", true),
              "is sealed");
    const std::string base = R"({"initialized":true,"sealed":false,)";
    const std::string standby = base + R"("standby":true})";
    EXPECT_EQ(health_problem(standby), "is a standby, expected the active node");
    EXPECT_EQ(health_problem(standby, true), "(standby)");
    const std::string performance = base + R"("standby":true,"performance_standby":true})";
    EXPECT_EQ(health_problem(performance), "is a performance standby, expected the active node");
    EXPECT_EQ(health_problem(performance, true), "(performance standby)");
    EXPECT_EQ(health_problem(base + R"("standby":true,"ha_connection_healthy":false})", true),
              "is a standby that does not reach the active node");
    EXPECT_EQ(health_problem(base + R"("removed_from_cluster":true})", true),
              "was removed from its cluster");
    EXPECT_EQ(health_problem(base + R"("replication_dr_mode":"secondary"})", true),
              "is a secondary for disaster recovery, which serves nobody");
    EXPECT_EQ(health_problem(base + R"("replication_dr_mode":"secondary"})", false, true),
              "(secondary for disaster recovery)");
    EXPECT_EQ(health_problem(active, false, true), "(active)");
    for (const std::string odd : {"", "<html>", "[]", R"({"sealed":false})",
                                  R"({"initialized":true,"sealed":"no"})", R"({"errors":[]})"})
        EXPECT_EQ(health_problem(odd), "not Vault's answer") << odd;
    for (std::size_t cut = 0; cut < active.size(); ++cut)
        EXPECT_EQ(health_problem(active.substr(0, cut)), "not Vault's answer");
    EXPECT_EQ(health_problem(std::string(100'000, '[')), "not Vault's answer");
}

TEST(VaultRecovery, a_secondary_follows_its_primary_or_fails) {
    const auto judged = [](const std::string& data) {
        try {
            const Outcome outcome = judge_recovery("{\"data\":{" + data + "}}");
            return (outcome.status == Status::ok ? "ok: " : "degraded: ") + outcome.detail;
        } catch (const CheckError& error) {
            return error.detail;
        }
    };
    EXPECT_EQ(judged(R"("mode":"secondary","state":"stream-wals","connection_state":"ready")"),
              "ok: secondary for disaster recovery, follows its primary");
    EXPECT_EQ(judged(R"("mode":"secondary","state":"merkle-sync")"),
              "degraded: secondary for disaster recovery, is catching up with its primary");
    EXPECT_EQ(judged(R"("mode":"secondary","state":"idle")"),
              "secondary for disaster recovery that does not follow its primary");
    EXPECT_EQ(judged(R"("mode":"secondary","state":"stream-wals",)"
                     R"("connection_state":"transient_failure")"),
              "secondary for disaster recovery that does not reach its primary");
    EXPECT_EQ(judged(R"("mode":"primary","state":"running")"),
              "is no secondary for disaster recovery any more");
    EXPECT_EQ(judged(""), "not Vault's answer");
}

TEST(Vault, a_secondary_for_disaster_recovery_is_ok_when_configured) {
    const std::string health =
        R"({"initialized":true,"sealed":false,"standby":false,"replication_dr_mode":"secondary"})";
    FakeVault server(
        {{"/v1/sys/health", http_answer("299 Health", health)},
         {"/v1/sys/replication/dr/status", http_answer("200 OK", R"({"data":{"mode":"secondary",)"
                                                                 R"("state":"stream-wals"}})")}});
    Options options = server.options();
    expect_failed(run(options), ErrorClass::assertion, "health",
                  "is a secondary for disaster recovery, which serves nobody");
    options.dr_secondary_ok = true;
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "secondary for disaster recovery, follows its primary");
    // The token is shown to no server that cannot know it.
    for (const std::string& request : server.requests())
        EXPECT_EQ(request.find("hvs.geheim"), std::string::npos);
    FakeVault silent({{"/v1/sys/health", http_answer("299 Health", health)}});
    options = silent.options();
    options.dr_secondary_ok = true;
    expect_failed(run(options), ErrorClass::assertion, "replication", "replication: status 404");
}

TEST(VaultToken, has_time_left_or_never_ends) {
    const auto left = [](const std::string& data) {
        return seconds_left("{\"data\":" + data + "}");
    };
    EXPECT_EQ(left(R"({"ttl":90,"expire_time":"2026-01-01T00:00:00Z"})"), 90);
    EXPECT_EQ(left(R"({"ttl":0,"expire_time":null})"), std::nullopt);
    EXPECT_EQ(left(R"({"ttl":0,"expire_time":"2026-01-01T00:00:00Z"})"), 0);
    for (const std::string odd : {"{}", R"({"ttl":"1h"})", R"({"ttl":-1})", "[]"})
        EXPECT_THROW(left(odd), CheckError) << odd;
}

TEST(Vault, without_a_token_the_server_is_judged) {
    FakeVault server;
    Options options = server.options();
    options.token = Secret();
    options.name_space = "shop";
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "active");
    ASSERT_EQ(server.requests().size(), 1U);
    EXPECT_NE(server.requests()[0].find("sealedcode=299"), std::string::npos);
    EXPECT_EQ(server.requests()[0].find("X-Vault-Namespace"), std::string::npos);
}

TEST(Vault, a_token_is_looked_up_in_its_namespace) {
    FakeVault server;
    Options options = server.options();
    options.name_space = "shop";
    EXPECT_EQ(run(options).detail, "active, token valid");
    ASSERT_EQ(server.requests().size(), 2U);
    EXPECT_EQ(server.requests()[0].find("X-Vault-Token"), std::string::npos);
    EXPECT_NE(server.requests()[1].find("X-Vault-Token: hvs.geheim\r\n"), std::string::npos);
    EXPECT_NE(server.requests()[1].find("X-Vault-Namespace: shop\r\n"), std::string::npos);
}

TEST(Vault, a_token_that_is_not_valid_fails) {
    FakeVault server({{"/v1/auth/token/lookup-self", denied}});
    expect_failed(run(server.options()), ErrorClass::auth, "token", "token is not valid");
}

// A token without the policy `default` still does its work.
TEST(Vault, a_token_that_may_not_look_itself_up_but_read_is_valid) {
    const std::string secret = http_answer("200 OK", R"({"data":{"password":"geheim"}})");
    FakeVault server({{"/v1/auth/token/lookup-self", denied}, {"/v1/old/health", secret}});
    Options options = server.options();
    options.path = "old/health";
    EXPECT_EQ(run(options).detail, "active, secret readable");
    options.ttl_above = 1h;
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "secret readable, but the token may not look up when it ends");
    FakeVault neither({{"/v1/auth/token/lookup-self", denied},
                       {"/v1/old/data/health", denied},
                       {"/v1/old/health", denied}});
    options.url = neither.options().url;
    expect_failed(run(options), ErrorClass::auth, "token", "token is not valid");
}

// Vault's own clients also follow it.
TEST(Vault, a_standby_that_does_not_forward_is_followed) {
    FakeVault leader;
    const auto to = [](const std::string& place) {
        return "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + place +
               "\r\nContent-Length: 0\r\n\r\n";
    };
    FakeVault standby({{"/v1/auth/token/lookup-self",
                        to(leader.options().url.text + "/v1/auth/token/lookup-self")}});
    EXPECT_EQ(run(standby.options()).detail, "active, token valid");
    ASSERT_EQ(leader.requests().size(), 1U);
    EXPECT_NE(leader.requests()[0].find("X-Vault-Token: hvs.geheim\r\n"), std::string::npos);
    for (const std::string nowhere : {"/login", "ftp://x/", ""}) {
        FakeVault lost({{"/v1/auth/token/lookup-self", to(nowhere)}});
        expect_failed(run(lost.options()), ErrorClass::assertion, "token", "token: status 307");
    }
}

TEST(Vault, a_secret_is_found_below_a_mount_of_several_segments) {
    const std::string mount = http_answer(
        "200 OK", R"({"data":{"path":"teams/shop/","type":"kv","options":{"version":"2"}}})");
    const std::string secret = http_answer(
        "200 OK", R"({"data":{"data":{"password":"geheim"},"metadata":{"version":1}}})");
    for (const std::string& other : {no_secret, denied}) {
        FakeVault server({{"/v1/teams/data/shop/health", other},
                          {"/v1/teams/shop/health", other},
                          {"/v1/sys/internal/ui/mounts/teams/shop/health", mount},
                          {"/v1/teams/shop/data/health", secret}});
        Options options = server.options();
        options.path = "teams/shop/health#password";
        EXPECT_EQ(run(options).detail, "active, secret readable");
    }
}

TEST(Vault, a_token_about_to_end_degrades) {
    FakeVault server({{"/v1/auth/token/lookup-self", token(3000, "\"2026-01-01T00:00:00Z\"")}});
    Options options = server.options();
    EXPECT_EQ(run(options).status, Status::ok) << "not judged";
    options.ttl_above = 1h;
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "token ends in 50m");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("token_seconds_left")), 3000);
    options.ttl_above = 49min;
    EXPECT_EQ(run(options).status, Status::ok);
    FakeVault root;
    options.url = root.options().url;
    options.ttl_above = 1000h;
    EXPECT_EQ(run(options).status, Status::ok) << "a root token never ends";
}

TEST(Vault, a_secret_is_read_from_either_version) {
    const std::string second = http_answer(
        "200 OK", R"({"data":{"data":{"password":"geheim"},"metadata":{"version":1}}})");
    const std::string first = http_answer("200 OK", R"({"data":{"password":"geheim"}})");
    std::vector<std::map<std::string, std::string>> servers{{{"/v1/kv/data/health", second}}};
    for (const std::string& other : {no_secret, denied})
        servers.push_back({{"/v1/kv/data/health", other}, {"/v1/kv/health", first}});
    for (const auto& answers : servers) {
        FakeVault server(answers);
        Options options = server.options();
        options.path = "kv/health#password";
        EXPECT_EQ(run(options).detail, "active, secret readable");
        options.path = "kv/health#key";
        expect_failed(run(options), ErrorClass::assertion, "secret", "secret has no key");
    }
}

TEST(Vault, a_secret_that_cannot_be_read_fails) {
    const std::string deleted = http_answer(
        "404 Not Found", R"({"data":{"data":null,"metadata":{"deletion_time":"x","version":1}}})");
    struct Case {
        std::string version_2, version_1, detail;
        ErrorClass error_class;
    };
    const std::vector<Case> cases{
        {no_secret, no_secret, "secret does not exist", ErrorClass::assertion},
        {no_secret, denied, "secret does not exist", ErrorClass::assertion},
        {denied, no_secret, "secret does not exist", ErrorClass::assertion},
        {denied, denied, "token may not read the secret", ErrorClass::auth},
        {deleted, denied, "secret is deleted", ErrorClass::assertion},
        {http_answer("200 OK", R"({"data":{"data":{},"metadata":{}}})"), denied, "secret is empty",
         ErrorClass::assertion},
        {http_answer("200 OK", "geheim"), denied, "not Vault's answer", ErrorClass::protocol},
        {http_answer("500 Error", "{\"errors\":[\"1 error\"]}"), denied, "secret: status 500",
         ErrorClass::assertion},
    };
    for (const Case& each : cases) {
        FakeVault server(
            {{"/v1/kv/data/health", each.version_2}, {"/v1/kv/health", each.version_1}});
        Options options = server.options();
        options.path = "kv/health";
        expect_failed(run(options), each.error_class, "secret", each.detail);
    }
}

TEST(Vault, what_stands_before_it_is_not_it) {
    FakeVault gateway({{"/v1/sys/health", http_answer("502 Bad Gateway", "<html>")}});
    expect_failed(run(gateway.options()), ErrorClass::assertion, "health", "status 502");
    FakeVault page({{"/v1/sys/health", http_answer("200 OK", "<html>")}});
    expect_failed(run(page.options()), ErrorClass::protocol, "health", "not Vault's answer");
    // A server that does not know the parameters answers with its usual status.
    FakeVault sealed(
        {{"/v1/sys/health", http_answer("503 Sealed", R"({"initialized":true,"sealed":true})")}});
    expect_failed(run(sealed.options()), ErrorClass::assertion, "health", "is sealed");
}

TEST(Vault, a_peer_that_misbehaves_fails) {
    testing::expect_http_faults(against, "health", "256KiB");
}

TEST(Vault, tls_is_verified) {
    testing::expect_tls_verified(against);
}

TEST(Vault, a_missing_secret_is_blindness) {
    FakeVault server;
    Options options = server.options();
    options.token = Secret::pending();
    EXPECT_EQ(run(options).status, Status::unknown);
    EXPECT_EQ(server.requests().size(), 0U);
}

TEST(VaultOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    const Secret token("x");
    EXPECT_EQ(problem({.url = "https://vault:8200/", .token = token, .path = "kv/a#b"}), "");
    EXPECT_NE(problem({.url = "https://vault:8200/v1"}), "");
    EXPECT_NE(problem({.url = "https://a:b@vault:8200"}), "");
    EXPECT_NE(problem({.url = "vault:8200"}), "");
    EXPECT_NE(problem({.url = "https://vault", .path = "kv/a"}), "");
    EXPECT_NE(problem({.url = "https://vault", .ttl_above = 1h}), "");
    for (const char* path : {"kv", "/kv/a", "kv/a/", "#x"})
        EXPECT_NE(problem({.url = "https://vault", .token = token, .path = path}), "") << path;
}

TEST(VaultOptions, come_from_a_url) {
    ASSERT_EQ(::unsetenv("VAULT_TOKEN"), 0);
    Options options;
    EXPECT_TRUE(kind.from_url(
        ObjectRef(options), "vault://:s%2Fx@[::1]:8201/kv/health?namespace=shop&tls=off#password"));
    EXPECT_EQ(options.url.text, "http://[::1]:8201");
    EXPECT_EQ(options.path, "kv/health#password");
    EXPECT_EQ(options.name_space, "shop");
    EXPECT_EQ(options.token.reveal(), "s/x");
    EXPECT_EQ(testing::problem_of(kind, &options), "");
    Options server;
    EXPECT_TRUE(kind.from_url(ObjectRef(server), "vault://vault?standby_ok=true"));
    EXPECT_EQ(server.url.text, "https://vault:8200");
    EXPECT_TRUE(server.standby_ok);
    EXPECT_FALSE(server.token.configured());
    for (const char* url : {"vault:", "vault://token@vault", "vault://vault/kv/health",
                            "vault://:t@vault/kv", "vault://vault?color=red"}) {
        Options none;
        EXPECT_FALSE(kind.from_url(ObjectRef(none), url)) << url;
    }
    ASSERT_EQ(::setenv("VAULT_TOKEN", "mine", 1), 0);
    EXPECT_TRUE(kind.from_url(ObjectRef(server), "vault://vault/kv/health"));
    EXPECT_EQ(server.token.reveal(), "mine");
    ASSERT_EQ(::unsetenv("VAULT_TOKEN"), 0);
}

}  // namespace
}  // namespace vitals::checks::vault
