#include "elasticsearch.hpp"

#include <gtest/gtest.h>

#include "expect_failed.hpp"
#include "http_peer.hpp"

namespace vitals::checks::elasticsearch {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

std::string health(const std::string& colour, int data_nodes = 3, int missing = 0,
                   bool late = false) {
    return http_answer("200 OK", R"({"cluster_name":"a","status":")" + colour +
                                     R"(","timed_out":)" + (late ? "true" : "false") +
                                     R"(,"number_of_nodes":3,"number_of_data_nodes":)" +
                                     std::to_string(data_nodes) + R"(,"unassigned_shards":)" +
                                     std::to_string(missing) + "}");
}

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome against(const std::string& url, std::chrono::milliseconds timeout) {
    return run({.url = url}, timeout);
}

// A run with a server that reports this health, and these blocks.
Outcome of(const std::string& answer, Options options = {},
           const std::string& blocks = http_answer("200 OK", R"({"blocks":{}})")) {
    testing::HttpPeer server([&](const testing::HttpRequest& request) {
        return request.path().contains("/_cluster/state/") ? blocks : answer;
    });
    options.url = "elasticsearch://" + server.address();
    return run(options);
}

void expect(const Outcome& outcome, Status status, std::string_view detail) {
    EXPECT_EQ(outcome.status, status) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, detail);
}

TEST(Elasticsearch, asks_for_its_health_within_the_deadline) {
    testing::HttpPeer server([](const testing::HttpRequest&) { return health("green"); });
    const Outcome outcome = run({.url = "opensearch://" + server.address(),
                                 .user = "app",
                                 .password = Secret("geheim"),
                                 .index = "orders-*,shop"});
    expect(outcome, Status::ok, "green");
    const std::string asked = server.requests()[0];
    EXPECT_TRUE(asked.starts_with("GET /_cluster/health/orders-*,shop?timeout=1")) << asked;
    EXPECT_TRUE(asked.contains("ms&master_timeout=1")) << asked;
    EXPECT_TRUE(asked.contains("Authorization: Basic YXBwOmdlaGVpbQ=="));
    EXPECT_FALSE(asked.contains("wait_for")) << "it waits, and then says 408";
    EXPECT_FALSE(asked.contains("local")) << "a node that is cut off would call itself green";
}

TEST(Elasticsearch, shows_an_api_key) {
    testing::HttpPeer server([](const testing::HttpRequest&) { return health("green"); });
    EXPECT_EQ(run({.url = server.url(), .api_key = Secret("geheim")}).status, Status::ok);
    EXPECT_TRUE(server.requests()[0].contains("Authorization: ApiKey geheim\r\n"));
}

TEST(Elasticsearch, colours_are_judged) {
    expect_failed(of(health("red", 3, 2)), ErrorClass::assertion, "judge",
                  "red: 2 shards not assigned, some of them primary ones");
    expect(of(health("yellow", 3, 1)), Status::degraded, "yellow: 1 shard not assigned");
    expect(of(health("yellow", 1, 5)), Status::ok, "yellow: 5 shards not assigned");
    expect(of(health("yellow", 1, 5), {.yellow = "degraded"}), Status::degraded,
           "yellow: 5 shards not assigned");
    expect(of(health("yellow", 3, 5), {.yellow = "ok"}), Status::ok,
           "yellow: 5 shards not assigned");
    expect_failed(of(health("yellow", 3, 5), {.yellow = "failed"}), ErrorClass::assertion, "judge",
                  "yellow: 5 shards not assigned");
    expect(of(health("green", 2), {.nodes = 3}), Status::degraded, "green, 2 of 3 data nodes");
}

TEST(Elasticsearch, green_that_came_too_late_is_not_green) {
    expect_failed(of(health("green", 3, 0, true)), ErrorClass::assertion, "judge",
                  "the master does not keep up (green)");
    std::string late = health("green", 3, 0, true);
    late.replace(late.find("200 OK"), 6, "408 Request Timeout");
    expect_failed(of(late), ErrorClass::assertion, "judge", "the master does not keep up (green)");
}

TEST(Elasticsearch, refusals_have_their_class) {
    const auto error = [](const char* code, const std::string& type) {
        return http_answer(code, R"({"error":{"type":")" + type + R"("},"status":0})");
    };
    for (const char* type :
         {"master_not_discovered_exception", "cluster_manager_not_discovered_exception"})
        expect_failed(of(error("503 Unavailable", type)), ErrorClass::assertion, "health",
                      "no master is elected");
    expect_failed(of(error("404 Not Found", "index_not_found_exception")), ErrorClass::assertion,
                  "health", "no such index");
    expect_failed(of(error("401 Unauthorized", "security_exception")), ErrorClass::auth, "health",
                  "wrong user or password");
    expect_failed(of(error("403 Forbidden", "security_exception")), ErrorClass::auth, "health",
                  "not allowed");
    expect_failed(of(error("429 Too Many", "x")), ErrorClass::assertion, "health",
                  "too many requests");
    for (const char* page :
         {"<html>", "{}", R"({"status":"green"})", R"({"status":"blue","timed_out":false})"})
        expect_failed(of(http_answer("200 OK", page)), ErrorClass::protocol, "health",
                      "not Elasticsearch's answer");
}

TEST(Elasticsearch, green_takes_writes_only_where_nothing_blocks_them) {
    const std::string full = R"({"12":{"description":"d","levels":["metadata_write","write"]}})";
    const std::string chosen = R"({"8":{"description":"d","levels":["write"]}})";
    const auto blocks = [](const std::string& text) {
        return http_answer("200 OK", R"({"blocks":)" + text + "}");
    };
    const Options writable{.writable = true};
    expect(of(health("green"), writable), Status::ok, "green");
    expect_failed(of(health("green"), writable, blocks(R"({"indices":{"a":)" + full + "}}")),
                  ErrorClass::assertion, "blocks", "1 index takes no writes");
    expect_failed(of(health("green"), writable, blocks(R"({"global":)" + chosen + "}")),
                  ErrorClass::assertion, "blocks", "the whole cluster takes no writes");
    // Somebody has closed old indices for writes, which is normal.
    const std::string old = blocks(R"({"indices":{"a":)" + chosen + R"(,"b":)" + chosen + "}}");
    expect(of(health("green"), writable, old), Status::ok, "green");
    expect_failed(of(health("green"), {.index = "a,b", .writable = true}, old),
                  ErrorClass::assertion, "blocks", "2 indices take no writes");
    expect(of(health("green"), {}, blocks(R"({"indices":{"a":)" + full + "}}")), Status::ok,
           "green");
    expect_failed(of(health("green"), writable, http_answer("403 Forbidden", "{}")),
                  ErrorClass::auth, "blocks", "not allowed");
}

TEST(Elasticsearch, a_peer_that_misbehaves_fails) {
    testing::expect_tls_verified(against);
    const testing::Peer hanging(testing::Peer::hang());
    const Outcome hung = against("http://" + hanging.address(), 200ms);
    EXPECT_EQ(hung.error_class, ErrorClass::timeout);
    EXPECT_EQ(hung.failed_phase, "health");
    const testing::Peer flood(
        testing::Peer::answer(http_answer("200 OK", std::string(5'000'000, 'x'))));
    expect_failed(against("http://" + flood.address(), 2s), ErrorClass::protocol, "health",
                  "answer larger than 4MiB");
}

TEST(ElasticsearchOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "opensearchs://u:p@h/prefix"}), "");
    EXPECT_NE(problem({.url = "elasticsearch://u:p@h", .api_key = Secret("k")}), "");
    EXPECT_NE(problem({.url = "elasticsearch://h", .password = Secret("p")}), "");
    EXPECT_NE(problem({.url = "elasticsearch://h", .index = "a/b"}), "");
    EXPECT_NE(problem({.url = "elasticsearch://h", .index = "_all"}), "");
    EXPECT_NE(problem({.url = "elastic://h"}), "");
}

}  // namespace
}  // namespace vitals::checks::elasticsearch
