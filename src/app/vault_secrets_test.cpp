// Reading secrets from a vault: what is asked, and what comes of answers and of peers that
// misbehave.
#include "secrets/vault_secrets.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "app/assemble.hpp"
#include "app/catalog.hpp"
#include "check_testing.hpp"

namespace vitals::app {
namespace {

using secrets::read_vault;
using secrets::VaultTrouble;

using testing::Peer;

std::string answer(const std::string& status, const std::string& body) {
    return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

const std::string denied = answer("403 Forbidden", R"({"errors":["permission denied"]})");
const std::string absent = answer("404 Not Found", R"({"errors":[]})");
const std::string self = answer("200 OK", R"({"data":{"ttl":0}})");
const std::string second =
    answer("200 OK", R"({"data":{"data":{"key":"geheim"},"metadata":{"version":1}}})");
const std::string first = answer("200 OK", R"({"data":{"key":"geheim"}})");

std::string mount(const std::string& path, int version) {
    return answer("200 OK", fmt::format(R"({{"data":{{"path":"{}","type":"kv",)"
                                        R"("options":{{"version":"{}"}}}}}})",
                                        path, version));
}

// Answers by path, what is not named is refused; notes the heads.
class FakeVault {
  public:
    explicit FakeVault(std::map<std::string, std::string> answers)
        : answers_(std::move(answers)), peer_([this](int descriptor) { serve(descriptor); }) {}
    std::string address() const { return peer_.address(); }
    std::vector<std::string> paths() {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> paths;
        for (const std::string& head : heads_)
            paths.push_back(head.substr(4, head.find(' ', 4) - 4));
        return paths;
    }
    bool each_has(const std::string& line) {
        const std::lock_guard lock(mutex_);
        return std::ranges::all_of(heads_, [&](const std::string& head) {
            return head.find(line + "\r\n") != std::string::npos;
        });
    }

  private:
    void serve(int descriptor) {
        const std::string head = testing::read_until(descriptor, "\r\n\r\n");
        if (head.empty()) return;
        const std::lock_guard lock(mutex_);
        heads_.push_back(head);
        const auto found = answers_.find(head.substr(4, head.find(' ', 4) - 4));
        testing::send_all(descriptor, found == answers_.end() ? denied : found->second);
        testing::close_in_order(descriptor);
    }
    std::map<std::string, std::string> answers_;
    std::vector<std::string> heads_;
    std::mutex mutex_;
    Peer peer_;
};

config::Config configured(const std::string& address, const std::string& references,
                          const std::string& timeout = "20s") {
    auto config = config::parse(fmt::format(R"(
vault: {{url: "http://{}", token: hvs.token, namespace: "shop", timeout: {}}}
components:
  c: {{check: http, url: "http://127.0.0.1:1/", headers: {{{}}}}}
)",
                                            address, timeout, references),
                                "vitals.yaml", catalog());
    if (!config) throw std::runtime_error(config.error().front().text());
    return std::move(*config);
}

const std::string one = R"(A: {vault: "kv/shop/a b#key"})";

// What reading says; no text holds the token or a value.
std::vector<VaultTrouble> troubles(const config::Config& config) {
    std::vector<VaultTrouble> found = read_vault(config);
    for (const VaultTrouble& trouble : found) {
        EXPECT_EQ(trouble.text.find("hvs.token"), std::string::npos) << trouble.text;
        EXPECT_EQ(trouble.text.find("geheim"), std::string::npos) << trouble.text;
    }
    return found;
}

TEST(VaultReading, asks_for_the_mount_and_then_for_the_secret) {
    FakeVault vault({{"/v1/sys/internal/ui/mounts/kv/shop/a%20b", mount("kv/shop/", 2)},
                     {"/v1/kv/shop/data/a%20b", second}});
    const config::Config config = configured(vault.address(), one);
    EXPECT_TRUE(waits_for_secret(config.components.at(0)));
    EXPECT_TRUE(troubles(config).empty());
    EXPECT_EQ(vault.paths(), (std::vector<std::string>{"/v1/sys/internal/ui/mounts/kv/shop/a%20b",
                                                       "/v1/kv/shop/data/a%20b"}));
    EXPECT_TRUE(vault.each_has("X-Vault-Token: hvs.token"));
    EXPECT_TRUE(vault.each_has("X-Vault-Namespace: shop"));
    EXPECT_FALSE(waits_for_secret(config.components.at(0)));
    EXPECT_TRUE(config.secrets.vault_secrets().at(0).secret.equals("geheim"));
}

TEST(VaultReading, tries_both_versions_when_it_is_not_told_the_mount) {
    FakeVault old({{"/v1/kv/shop/a%20b", first}, {"/v1/kv/data/shop/a%20b", absent}});
    EXPECT_TRUE(troubles(configured(old.address(), one)).empty());
    FakeVault other({{"/v1/kv/data/shop/a%20b", second}});
    EXPECT_TRUE(troubles(configured(other.address(), one)).empty());
}

TEST(VaultReading, reads_a_path_once_for_all_its_keys) {
    FakeVault vault({{"/v1/sys/internal/ui/mounts/kv/a", mount("kv/", 1)}, {"/v1/kv/a", first}});
    const auto found = troubles(
        configured(vault.address(), R"(A: {vault: "kv/a#key"}, B: {vault: "kv/a#other"})"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].text, "secret kv/a#other has no key \"other\"");
    EXPECT_TRUE(found[0].definite);
    EXPECT_EQ(found[0].position, (config::Position{4, 93}));
    EXPECT_EQ(vault.paths().size(), 2u);
}

TEST(VaultReading, says_what_is_wrong_with_a_secret) {
    const std::string deleted =
        answer("404 Not Found", R"({"data":{"data":null,"metadata":{"version":1}}})");
    struct Case {
        std::string secret, text;
    };
    const Case cases[] = {
        {absent, "does not exist"},
        {deleted, "is deleted"},
        {denied, "may not be read with the vault's token"},
        {answer("400 Bad Request", "geheim is not repeated: hvs.token"),
         "was answered with status 400"},
        {answer("200 OK", "geheim"), "was answered with something that is no secret"}};
    for (const Case& each : cases) {
        FakeVault vault({{"/v1/sys/internal/ui/mounts/kv/a", mount("kv/", 1)},
                         {"/v1/auth/token/lookup-self", self},
                         {"/v1/kv/a", each.secret}});
        const config::Config config = configured(vault.address(), R"(A: {vault: "kv/a#key"})");
        const auto found = troubles(config);
        ASSERT_EQ(found.size(), 1u) << each.text;
        EXPECT_EQ(found[0].text, "secret kv/a#key " + each.text);
        EXPECT_TRUE(found[0].definite);
        EXPECT_EQ(config.secrets.vault_secrets().at(0).secret.why_unavailable(), found[0].text);
    }
}

TEST(VaultReading, a_vault_that_does_not_answer_is_asked_once_in_a_round) {
    struct Case {
        Peer::Handler handler;
        std::string text;
    };
    const Case cases[] = {
        {Peer::hang(),
         "accepts connections and does not answer (timeout in mount) (no end within 1000 ms)"},
        {Peer::reset(), "connection reset"},
        {Peer::answer("nonsense\r\n\r\n"), "not HTTP"},
        {Peer::drip(answer("200 OK", std::string(9999, 'x')), std::chrono::milliseconds(5)),
         "accepts connections and does not answer (timeout in mount) (no end within 1000 ms)"},
        {Peer::answer(answer("200 OK", std::string(1 << 21, ' '))), "answer larger than 1MiB"},
        {Peer::answer(answer("503 Sealed", R"({"errors":["Vault is sealed"]})")), "it is sealed"},
        {Peer::answer(answer("500 Oops", "hvs.token")), "status 500"},
        {Peer::answer(answer("429 Slow", R"({"errors":["quota"]})")),
         R"(status 429 ("[\"quota\"]"))"},
        {Peer::answer(denied), "its token is not valid"}};
    for (const Case& each : cases) {
        const Peer peer(each.handler);
        const bool hangs = each.text.find("timeout in") != std::string::npos;
        const config::Config config =
            configured(peer.address(), R"(A: {vault: "kv/a#key"}, B: {vault: "kv/b#key"})",
                       hangs ? "1s" : "20s");
        const auto found = troubles(config);
        ASSERT_EQ(found.size(), 1u) << each.text;
        const std::string text =
            fmt::format("vault http://{} cannot be read: {}", peer.address(), each.text);
        EXPECT_EQ(found[0].text.substr(0, text.size()), text);
        EXPECT_FALSE(found[0].definite);
        for (const config::VaultSecret& secret : config.secrets.vault_secrets())
            EXPECT_EQ(secret.secret.why_unavailable(), found[0].text);
        if (each.text != "its token is not valid") EXPECT_EQ(peer.accepted(), 1) << each.text;
    }
}

}  // namespace
}  // namespace vitals::app
