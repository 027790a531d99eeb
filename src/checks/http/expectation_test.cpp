#include "expectation.hpp"

#include <gtest/gtest.h>

namespace vitals::checks::http {
namespace {

net::HttpResponse answer(int status, std::string body = {}) {
    net::HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

std::string detail(const Options& options, const net::HttpResponse& response) {
    const auto fault = Expectation(options).fault_of(response);
    return fault ? fault->detail : "good";
}

std::string json_detail(const std::string& pointer, const std::string& expected,
                        const std::string& body) {
    return detail({.expect_json = {{pointer, expected}}}, answer(200, body));
}

TEST(HttpStatus, may_be_a_code_a_class_or_a_range) {
    EXPECT_EQ(detail({}, answer(204)), "good");
    EXPECT_EQ(detail({}, answer(503)), "status 503, expected 2xx");
    EXPECT_EQ(detail({}, answer(301)), "status 301, expected 2xx");
    EXPECT_EQ(detail({}, answer(404)), "status 404, expected 2xx");
    EXPECT_EQ(detail({}, answer(199)), "status 199, expected 2xx");
    const Options options{.expect_status = {"200", "400-403", "5xx"}};
    for (const int good : {200, 400, 403, 500, 599})
        EXPECT_EQ(detail(options, answer(good)), "good");
    for (const int bad : {201, 399, 404, 600}) {
        EXPECT_EQ(detail(options, answer(bad)),
                  "status " + std::to_string(bad) + ", expected 200, 400-403, 5xx");
    }
    for (const char* wrong : {"", "20", "2000", "6xx", "2x", "2XX", "200-", "-200", "300-200",
                              "0xx", "200 ", "abc", "99"}) {
        EXPECT_FALSE(parse_status(wrong).has_value()) << wrong;
    }
}

TEST(HttpStatus, tells_refused_credentials_from_other_refusals) {
    EXPECT_EQ(Expectation({}).fault_of(answer(401))->error_class, ErrorClass::auth);
    EXPECT_EQ(Expectation({}).fault_of(answer(407))->error_class, ErrorClass::auth);
    EXPECT_EQ(Expectation({}).fault_of(answer(403))->error_class, ErrorClass::assertion);
    EXPECT_EQ(detail({.expect_status = {"401"}}, answer(401)), "good");
}

TEST(HttpStatus, keeps_what_a_failing_server_says) {
    EXPECT_EQ(Expectation({}).fault_of(answer(503, "database is down\n"))->error,
              R"(body: "database is down\n")");
}

TEST(HttpHeader, must_hold_the_text) {
    const Options options{
        .expect_header = {{"content-type", "application/json"}, {"X-Role", "/^primary$/"}}};
    net::HttpResponse response = answer(200);
    EXPECT_EQ(detail(options, response), "header content-type is missing");
    response.headers = {{"Content-Type", "application/json; charset=utf-8"}, {"x-role", "standby"}};
    EXPECT_EQ(detail(options, response), "header X-Role is not as expected");
    EXPECT_EQ(Expectation(options).fault_of(response)->error, R"(got "standby")");
    response.headers.emplace_back("X-Role", "primary");
    EXPECT_EQ(detail(options, response), "good");
}

TEST(HttpBody, must_hold_the_text) {
    const Options text{.expect_body = "all good"};
    EXPECT_EQ(detail(text, answer(200, "<p>all good</p>")), "good");
    const auto fault = Expectation(text).fault_of(answer(200, "<h1>Maintenance</h1>"));
    ASSERT_TRUE(fault.has_value());
    EXPECT_EQ(fault->detail, "body does not hold the expected text");
    EXPECT_EQ(fault->error, R"(got "<h1>Maintenance</h1>")");
    EXPECT_EQ(fault->error_class, ErrorClass::assertion);
    EXPECT_EQ(detail({.expect_body = "/^v[0-9]+$/"}, answer(200, "v17")), "good");
    EXPECT_EQ(detail({.expect_body = "/^v[0-9]+$/"}, answer(200, "v17\n<error>")),
              "body does not hold the expected text");
}

// Compressed bytes neither contain a text nor lack it.
TEST(HttpBody, compressed_is_judged_as_it_was_before) {
    // gzip of "all good"
    const std::string good(
        "\x1f\x8b\x08\0\0\0\0\0\x02\x03\x4b\xcc\xc9\x51\x48\xcf\xcf\x4f\x01\0\x76\x28\x42\xc6\x08"
        "\0\0\0",
        28);
    net::HttpResponse response = answer(200, good);
    for (const char* coding : {"gzip", "GZIP", "x-gzip", "identity, gzip"}) {
        response.headers = {{"content-encoding", coding}};
        EXPECT_EQ(detail({.expect_body = "all good"}, response), "good") << coding;
        EXPECT_EQ(detail({.expect_body = "bad"}, response), "body does not hold the expected text");
    }
    EXPECT_EQ(detail({.expect_body = "all", .max_body = {7}}, response),
              "body is compressed and cannot be judged");
}

TEST(HttpBody, what_cannot_be_decompressed_is_not_judged) {
    net::HttpResponse response = answer(200, "\x1f\x8b");
    response.headers = {{"content-encoding", "gzip"}};
    const auto fault = Expectation(Options{.expect_body = "x"}).fault_of(response);
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->detail, "body is compressed and cannot be judged");
    EXPECT_EQ(fault->error, R"(Content-Encoding: "gzip", is damaged or cut off)");
    EXPECT_EQ(detail({}, response), "good");
    for (const char* coding : {"deflate", "br", "zstd", "compress", "gzip, gzip", "utf-8 ,br"}) {
        response.headers = {{"Content-Encoding", coding}};
        EXPECT_EQ(detail({.expect_body = "x"}, response), "body is compressed and cannot be judged")
            << coding;
    }
    response.body = "x";
    for (const char* word : {"identity", "utf-8", "UTF-8", "none", "binary", "8bit", "", ","}) {
        response.headers = {{"Content-Encoding", word}};
        EXPECT_EQ(detail({.expect_body = "x"}, response), "good") << word;
    }
}

TEST(HttpJson, a_byte_order_mark_is_passed_over) {
    EXPECT_EQ(json_detail("/status", "up", "\xef\xbb\xbf{\"status\":\"up\"}"), "good");
    EXPECT_EQ(json_detail("/status", "up", "\xef\xbb\xbf"), "body is not JSON");
    // In the middle it is what it is, and can be seen.
    const auto fault = Expectation({.expect_json = {{"/status", "up"}}})
                           .fault_of(answer(200, "\xef\xbb\xbf\xef\xbb\xbf{\"status\":\"up\"}"));
    ASSERT_TRUE(fault);
    EXPECT_NE(fault->error.find(R"(got "\xef\xbb\xbf\xef\xbb\xbf{\"status)"), std::string::npos)
        << fault->error;
}

TEST(HttpJson, values_are_compared_as_values) {
    const std::string body =
        R"({"status":"up","count":3,"ratio":1.0,"ready":true,"none":null,"list":[1,{"a":"b"}],)"
        R"("a/b":{"~":"odd"},"text_true":"true"})";
    EXPECT_EQ(json_detail("/status", "up", body), "good");
    EXPECT_EQ(json_detail("/status", "\"up\"", body), "good");
    EXPECT_EQ(json_detail("/status", "/^u/", body), "good");
    EXPECT_EQ(json_detail("/status", "down", body), "body at /status is not as expected");
    EXPECT_EQ(json_detail("/status", "/^d/", body), "body at /status is not as expected");
    EXPECT_EQ(json_detail("/count", "3", body), "good");
    EXPECT_EQ(json_detail("/count", "3.0", body), "good");
    EXPECT_EQ(json_detail("/ratio", "1", body), "good");
    EXPECT_EQ(json_detail("/count", "4", body), "body at /count is not as expected");
    EXPECT_EQ(json_detail("/count", "\"3\"", body), "body at /count is not as expected");
    EXPECT_EQ(json_detail("/ready", "true", body), "good");
    EXPECT_EQ(json_detail("/ready", "false", body), "body at /ready is not as expected");
    EXPECT_EQ(json_detail("/text_true", "true", body), "good");
    EXPECT_EQ(json_detail("/none", "null", body), "good");
    EXPECT_EQ(json_detail("/list/1/a", "b", body), "good");
    EXPECT_EQ(json_detail("/list", R"([1, {"a": "b"}])", body), "good");
    EXPECT_EQ(json_detail("/list/2", "b", body), "body has nothing at /list/2");
    EXPECT_EQ(json_detail("/a~1b/~0", "odd", body), "good");
    EXPECT_EQ(json_detail("/missing", "null", body), "body has nothing at /missing");
    EXPECT_EQ(json_detail("", "[]", "[]"), "good");
    EXPECT_EQ(json_detail("", "[]", "{}"), "body at its root is not as expected");
}

TEST(HttpJson, what_is_no_json_is_a_fault_of_protocol) {
    for (const std::string& body : {std::string("<html>"), std::string(), std::string("{\"a\":1"),
                                    std::string("{} {}"), std::string(100'000, '[')}) {
        const auto fault = Expectation({.expect_json = {{"/a", "1"}}}).fault_of(answer(200, body));
        ASSERT_TRUE(fault.has_value());
        EXPECT_EQ(fault->detail, "body is not JSON");
        EXPECT_EQ(fault->error_class, ErrorClass::protocol);
    }
}

TEST(HttpJson, pointers_are_checked) {
    for (const char* good : {"/a/0/~0~1", ""}) EXPECT_EQ(pointer_problem(good), "");
    for (const char* wrong : {"a", "/~", "/~2"}) EXPECT_NE(pointer_problem(wrong), "") << wrong;
}

}  // namespace
}  // namespace vitals::checks::http
