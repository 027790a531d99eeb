#include "wire/sigv4.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::sigv4 {
namespace {

using namespace std::chrono;

const Credentials s3_example{.access_key = "AKIAIOSFODNN7EXAMPLE",
                             .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                             .session_token = {}};
const Scope s3_scope{.region = "us-east-1", .service = "s3"};
constexpr system_clock::time_point s3_day = sys_days(2013y / May / 24);

const Credentials example{.access_key = "AKIDEXAMPLE",
                          .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                          .session_token = {}};
constexpr system_clock::time_point day = sys_days(2015y / August / 30) + 12h + 36min;

std::string header(const Signed& made, std::string_view name) {
    for (const auto& [known, value] : made.headers)
        if (known == name) return value;
    return "(none)";
}

std::string after(const Signed& made, std::string_view word) {
    const std::string text = header(made, "authorization");
    const std::size_t at = text.find(word);
    if (at == std::string::npos) return text;
    return text.substr(at + word.size(), text.find(',', at) - at - word.size());
}

std::string signature(const Signed& made) {
    return after(made, "Signature=");
}

// The four examples of AWS's page about S3's Authorization header.

TEST(SigV4, signs_a_get_of_a_range_as_published) {
    const Request request{.method = "GET",
                          .host = "examplebucket.s3.amazonaws.com",
                          .path = "/test.txt",
                          .query = {},
                          .headers = {{"range", "bytes=0-9"}},
                          .body = {}};
    const Signed made = sign(request, s3_example, s3_scope, s3_day);
    EXPECT_EQ(
        header(made, "authorization"),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    EXPECT_EQ(header(made, "x-amz-date"), "20130524T000000Z");
    EXPECT_EQ(header(made, "x-amz-content-sha256"),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(made.target, "/test.txt");
}

TEST(SigV4, signs_a_put_as_published) {
    const Request request{.method = "PUT",
                          .host = "examplebucket.s3.amazonaws.com",
                          .path = "/test$file.text",
                          .query = {},
                          .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                      {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                          .body = "Welcome to Amazon S3."};
    const Signed made = sign(request, s3_example, s3_scope, s3_day);
    EXPECT_EQ(made.target, "/test%24file.text");
    EXPECT_EQ(signature(made), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4, signs_queries_as_published) {
    Request request{.method = "GET",
                    .host = "examplebucket.s3.amazonaws.com",
                    .path = "/",
                    .query = {{"lifecycle", ""}},
                    .headers = {},
                    .body = {}};
    Signed made = sign(request, s3_example, s3_scope, s3_day);
    EXPECT_EQ(made.target, "/?lifecycle=");
    EXPECT_EQ(signature(made), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    request.query = {{"prefix", "J"}, {"max-keys", "2"}};  // in any order
    made = sign(request, s3_example, s3_scope, s3_day);
    EXPECT_EQ(made.target, "/?max-keys=2&prefix=J");
    EXPECT_EQ(signature(made), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// botocore, an independent implementation, computed these; the first is also `get-vanilla` of AWS's
// test suite.

TEST(SigV4, signs_for_other_services) {
    const Scope scope{.region = "us-east-1", .service = "service"};
    Request request{.method = "GET",
                    .host = "example.amazonaws.com",
                    .path = "/",
                    .query = {},
                    .headers = {},
                    .body = {}};
    EXPECT_EQ(signature(sign(request, example, scope, day)),
              "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    EXPECT_EQ(header(sign(request, example, scope, day), "x-amz-content-sha256"), "(none)");
    request.path = "/a/../b//c/";
    EXPECT_EQ(sign(request, example, scope, day).target, "/b/c/");
    EXPECT_EQ(signature(sign(request, example, scope, day)),
              "50179f98f844e58d84850869a9b8bb5bfae7471a0240138c0a946cc651946b53");
    request.path = "/a b/\u1234";
    EXPECT_EQ(sign(request, example, scope, day).target, "/a%20b/%E1%88%B4");
    EXPECT_EQ(signature(sign(request, example, scope, day)),
              "e9d8665373fed7762b3e2e661f671155634544940c97a67fd5efade7ceb8c358");
    request.path = "/";
    request.query = {{"b", "2"}, {"a", "/ x"}, {"a", ""}};
    EXPECT_EQ(sign(request, example, scope, day).target, "/?a=&a=%2F%20x&b=2");
    EXPECT_EQ(signature(sign(request, example, scope, day)),
              "ae98089ccaa4b7581acf6676db0640d03ab161b65436b8f03f5543262fea4c48");
}

// Blanks within a value count once; a name that begins another stands before it.
TEST(SigV4, signs_headers_in_order) {
    const Request request{.method = "GET",
                          .host = "example.amazonaws.com",
                          .path = "/",
                          .query = {},
                          .headers = {{"My-Header12", "x"}, {"My-Header1", "  a   b  c "}},
                          .body = {}};
    const Signed made = sign(request, example, {.region = "us-east-1", .service = "service"}, day);
    EXPECT_EQ(after(made, "SignedHeaders="), "host;my-header1;my-header12;x-amz-date");
    EXPECT_EQ(signature(made), "380fec7dcd320520693594b87df59c723683d61e84595ab52b8e927699b8d0df");
}

TEST(SigV4, signs_bodies_and_session_tokens) {
    Credentials temporary = example;
    temporary.session_token = "TOKEN";
    const Request request{.method = "POST",
                          .host = "example.amazonaws.com",
                          .path = "/",
                          .query = {},
                          .headers = {{"Content-Type", "application/x-amz-json-1.1"},
                                      {"X-Amz-Target", "AWSEvents.DescribeRule"}},
                          .body = R"({"Name":"n"})"};
    const Signed made = sign(request, temporary, {.region = "us-east-1", .service = "events"}, day);
    EXPECT_EQ(header(made, "x-amz-security-token"), "TOKEN");
    EXPECT_EQ(after(made, "SignedHeaders="),
              "content-type;host;x-amz-date;x-amz-security-token;x-amz-target");
    EXPECT_EQ(signature(made), "383d4690e47fd7d0036a107d043c535e221a1ea83921e14e45be482e55a559e3");
}

// Keys of S3 may contain what other services normalise.
TEST(SigV4, keeps_the_paths_of_s3) {
    Credentials temporary = example;
    temporary.session_token = "TOKEN";
    const Request request{.method = "GET",
                          .host = "example.com:8080",
                          .path = "/bkt/a//b/../c +@=",
                          .query = {},
                          .headers = {},
                          .body = {}};
    const Signed made = sign(request, temporary, s3_scope, day);
    EXPECT_EQ(made.target, "/bkt/a//b/../c%20%2B%40%3D");
    EXPECT_EQ(signature(made), "36d8872b163625fb2f165cf61a917dbc51c86f304d758468df59701555127c84");
}

TEST(SigV4, never_sends_the_secret) {
    const Request request{.method = "GET",
                          .host = "example.com",
                          .path = "/",
                          .query = {},
                          .headers = {},
                          .body = {}};
    const Signed made = sign(request, example, s3_scope, day);
    EXPECT_EQ(made.target.find(example.secret_key), std::string::npos);
    for (const auto& [name, value] : made.headers)
        EXPECT_EQ(value.find(example.secret_key), std::string::npos) << name;
}

}  // namespace
}  // namespace vitals::wire::sigv4
