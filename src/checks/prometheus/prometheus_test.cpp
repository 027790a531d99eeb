#include "prometheus.hpp"

#include <gtest/gtest.h>

#include "expect_failed.hpp"
#include "http_peer.hpp"

namespace vitals::checks::prometheus {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

std::string answer(const std::string& type, const std::string& result,
                   const std::string& more = {}) {
    return http_answer("200 OK", R"({"status":"success","data":{"resultType":")" + type +
                                     R"(","result":)" + result + "}" + more + "}");
}

std::string vector(const std::vector<std::string>& values, const std::string& more = {}) {
    std::string result;
    for (const std::string& value : values)
        result +=
            (result.empty() ? "" : ",") + (R"({"metric":{},"value":[1.5,")" + value + R"("]})");
    return answer("vector", "[" + result + "]", more);
}

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome against(const std::string& url, std::chrono::milliseconds timeout) {
    return run({.url = url, .query = "up"}, timeout);
}

Outcome of(const std::string& said, Options options = {.failed_above = 10}) {
    testing::HttpPeer server([&](const testing::HttpRequest&) { return said; });
    options.url = "prometheus://" + server.address();
    options.query = "up";
    return run(options);
}

void expect(const Outcome& outcome, Status status, std::string_view detail) {
    EXPECT_EQ(outcome.status, status) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, detail);
}

TEST(Prometheus, asks_by_post_below_its_own_deadline) {
    std::string body;
    testing::HttpPeer server([&](const testing::HttpRequest& request) {
        body = request.body;
        return vector({"1"});
    });
    const Outcome outcome = run({.url = "prometheus://" + server.address() + "/prom",
                                 .token = Secret("geheim"),
                                 .query = R"(up{job="shop"})",
                                 .failed_below = 1});
    expect(outcome, Status::ok, "1");
    EXPECT_TRUE(server.requests()[0].starts_with("POST /prom/api/v1/query HTTP"));
    EXPECT_TRUE(server.requests()[0].contains("Authorization: Bearer geheim\r\n"));
    EXPECT_TRUE(body.starts_with("query=up%7Bjob%3D%22shop%22%7D&timeout=1")) << body;
}

TEST(Prometheus, bounds_decide) {
    const Options options{
        .degraded_above = 5, .failed_above = 10, .degraded_below = 2, .failed_below = 1};
    expect(of(vector({"3"}), options), Status::ok, "3");
    expect(of(vector({"5.5"}), options), Status::degraded, "5.5, above 5");
    expect_failed(of(vector({"11"}), options), ErrorClass::assertion, "judge", "11, above 10");
    expect_failed(of(vector({"+Inf"}), options), ErrorClass::assertion, "judge",
                  "infinite, above 10");
    expect(of(vector({"1.5"}), options), Status::degraded, "1.5, below 2");
    expect_failed(of(vector({"-1"}), options), ErrorClass::assertion, "judge", "-1, below 1");
    expect(of(answer("scalar", R"([1.5,"3"])"), options), Status::ok, "3");
    expect(of(vector({"3"}), {}), Status::ok, "3 (no bounds are set)");
}

TEST(Prometheus, nothing_and_no_number_are_never_well) {
    expect_failed(of(vector({})), ErrorClass::assertion, "judge", "no series");
    expect(of(vector({}), {.failed_above = 1, .empty = "ok"}), Status::ok, "no series");
    expect_failed(of(vector({"NaN"})), ErrorClass::assertion, "judge",
                  "the value is no number (NaN)");
    expect_failed(of(vector({"NaN"}), {}), ErrorClass::assertion, "judge",
                  "the value is no number (NaN)");
}

TEST(Prometheus, of_several_series_the_worst_counts) {
    const std::vector<std::string> values{"1", "20", "30"};
    expect_failed(of(vector(values)), ErrorClass::assertion, "judge",
                  "2 of 3 series are outside: 20, above 10");
    expect(of(vector({"1", "2"})), Status::ok, "2 series: 1");
    expect(of(vector(values), {.failed_above = 10, .series = "any"}), Status::ok,
           "2 of 3 series are outside: 1");
    expect_failed(of(vector(values), {.failed_above = 100, .series = "one"}), ErrorClass::assertion,
                  "judge", "3 series, expected one");
}

TEST(Prometheus, a_partial_answer_is_degraded) {
    expect(of(vector({"1"}, R"(,"warnings":["store is away"])")), Status::degraded,
           "1, and the answer may be partial");
    expect(of(vector({"1"}, R"(,"warnings":[])")), Status::ok, "1");
}

TEST(Prometheus, an_old_sample_is_found) {
    std::string age = "60.5";
    std::string asked;
    testing::HttpPeer server([&](const testing::HttpRequest& request) {
        if (!request.body.contains("timestamp")) return vector({"1"});
        asked = request.body;
        return vector({age});
    });
    const Options options{.url = server.url(), .query = "up", .failed_below = 1, .max_age = 2min};
    expect(run(options), Status::ok, "1");
    EXPECT_TRUE(asked.contains("time%28%29%20-%20min%28timestamp%28up%29%29")) << asked;
    age = "240";
    expect_failed(run(options), ErrorClass::assertion, "age", "the sample is 4 min old");
    age = "NaN";
    expect_failed(run(options), ErrorClass::assertion, "age", "has no sample");
}

TEST(Prometheus, refusals_have_their_class) {
    const auto error = [](const char* code, const std::string& type) {
        return http_answer(code, R"({"status":"error","errorType":")" + type + R"(","error":"e"})");
    };
    const Outcome wrong = of(error("400 Bad Request", "bad_data"));
    expect(wrong, Status::unknown, "the query is wrong");
    EXPECT_EQ(wrong.error_class, ErrorClass::local);
    expect_failed(of(error("503 Unavailable", "timeout")), ErrorClass::assertion, "query",
                  "the query takes too long");
    expect_failed(of(error("422 Unprocessable", "execution")), ErrorClass::assertion, "query",
                  "the query cannot be executed");
    expect_failed(of(http_answer("503 Unavailable", "Service Unavailable")), ErrorClass::assertion,
                  "query", "status 503");
    expect_failed(of(http_answer("401 Unauthorized", "")), ErrorClass::auth, "query",
                  "wrong user or password");
    expect(of(answer("matrix", "[]")), Status::unknown,
           "the query gives no numbers at one time: a matrix");
    for (const std::string& page :
         {http_answer("200 OK", "<html>"), http_answer("200 OK", R"({"status":"success"})"),
          answer("vector", "{}"), answer("vector", R"([{"value":[1,2]}])"), answer("scalar", "[1]"),
          answer("vector", R"([{"value":[1,"1x"]}])")})
        expect_failed(of(page), ErrorClass::protocol, "query", "not Prometheus' answer");
}

TEST(Prometheus, a_peer_that_misbehaves_fails) {
    testing::expect_tls_verified(against);
    const testing::Peer hanging(testing::Peer::hang());
    const Outcome hung = against("http://" + hanging.address(), 200ms);
    EXPECT_EQ(hung.error_class, ErrorClass::timeout);
    EXPECT_EQ(hung.failed_phase, "query");
}

TEST(PrometheusOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "prometheus://u:p@h/a?query=up"}), "");
    EXPECT_EQ(problem({.url = "prometheus://h", .query = "up"}), "");
    EXPECT_NE(problem({.url = "prometheus://h"}), "");
    EXPECT_NE(problem({.url = "prometheus://h?q=up"}), "");
    EXPECT_NE(problem({.url = "prometheus://u:p@h", .token = Secret("x"), .query = "up"}), "");
    EXPECT_NE(
        problem({.url = "prometheus://h", .query = "up", .degraded_above = 2, .failed_above = 1}),
        "");
    EXPECT_NE(
        problem({.url = "prometheus://h", .query = "up", .degraded_below = 1, .failed_below = 2}),
        "");
}

}  // namespace
}  // namespace vitals::checks::prometheus
