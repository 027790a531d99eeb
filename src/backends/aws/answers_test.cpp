#include "answers.hpp"

#include <gtest/gtest.h>

#include "service.hpp"

namespace vitals::backends::aws {
namespace {

const std::string wrong_region =
    "<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>AuthorizationHeaderMalformed</Code>"
    "<Message>The authorization header is malformed; the region 'a' is wrong; expecting "
    "&apos;eu-central-1&apos;</Message><Region>eu-central-1</Region></Error>";

TEST(Aws, reads_refusals_in_xml_as_far_as_they_came) {
    for (std::size_t cut = 0; cut < wrong_region.size(); ++cut)
        EXPECT_EQ(refusal_of_xml(wrong_region.substr(0, cut)).region,
                  cut < wrong_region.size() - 8 ? "" : "eu-central-1");
}

TEST(Aws, reads_refusals_of_services_that_wrap_them) {
    const Refusal read = refusal_of_xml(
        "\n<ErrorResponse xmlns='https://sts.amazonaws.com/doc/'><Error><Type>Sender</Type>"
        "<Code>InvalidClientTokenId</Code><Message>a &lt;&amp;lt; b</Message></Error>"
        "<RequestId>1</RequestId></ErrorResponse>");
    EXPECT_EQ(read.code, "InvalidClientTokenId");
    EXPECT_EQ(read.message, "a <&lt; b");
    for (const char* body : {"", "no XML", "<html><body>502<br></body></html>", "<Code>", "<a/>"})
        EXPECT_EQ(refusal_of_xml(body).code, "") << body;
}

TEST(Aws, reads_refusals_in_json) {
    Refusal read =
        refusal_of_json(R"({"__type":"com.amazon.x#ResourceNotFoundException","message":"no"})");
    EXPECT_EQ(read.code, "ResourceNotFoundException");
    EXPECT_EQ(read.message, "no");
    read = refusal_of_json(R"({"__type":"AccessDeniedException","Message":"no"})");
    EXPECT_EQ(read.code + read.message, "AccessDeniedExceptionno");
    for (const std::string body : {"", "[]", "{", "{\"__type\":1}", "<Error>"})
        EXPECT_EQ(refusal_of_json(body).code, "") << body;
    EXPECT_EQ(refusal_of_json(std::string(100'000, '[')).code, "");
}

TEST(Aws, translates_refusals_into_words_of_vitals) {
    CheckError error = meaning_of(refusal_of_xml(wrong_region), 400, "to create an object");
    EXPECT_EQ(error.detail, "wrong region, the server expects eu-central-1");
    EXPECT_EQ(error.error_class, ErrorClass::auth);
    EXPECT_NE(error.error.find("AuthorizationHeaderMalformed"), std::string::npos);
    error = meaning_of({.code = "AccessDenied", .message = "no", .region = {}}, 403, "to look");
    EXPECT_EQ(error.detail, "not allowed to look");
    EXPECT_EQ(error.error_class, ErrorClass::auth);
    error = meaning_of({.code = "NoSuchBucket", .message = "no", .region = {}}, 404, "to look");
    EXPECT_EQ(error.detail, "bucket does not exist");
    EXPECT_EQ(error.error_class, ErrorClass::assertion);
    error = meaning_of({.code = "Odd", .message = "a\nb", .region = {}}, 500, "to look");
    EXPECT_EQ(error.detail, "status 500 when asked to look");
    EXPECT_EQ(error.error, R"("Odd": "a\nb")");
    error = meaning_of({.code = "InvalidSignatureException",
                        .message = "Credential should be scoped to a valid region. ",
                        .region = {}},
                       400, "to look");
    EXPECT_EQ(error.detail, "region refused");
    error = meaning_of({}, 503, "to look");
    EXPECT_EQ(error.error_class, ErrorClass::assertion);
    error = meaning_of({}, 403, "to look");
    EXPECT_EQ(error.error_class, ErrorClass::auth);
}

// What is repeated in public is ours, whatever they say.
TEST(Aws, repeats_only_what_looks_like_a_region) {
    const Refusal read = refusal_of_xml(
        "<Error><Code>PermanentRedirect</Code><Region>&lt;script&gt;</Region></Error>");
    EXPECT_EQ(read.region, "");
    EXPECT_EQ(meaning_of(read, 301, "to look").detail, "bucket is served at another address");
}

// All but S3 say it by the code of a wrong secret.
TEST(Aws, a_clock_that_is_wrong_is_no_wrong_secret) {
    for (const char* message :
         {"Signature expired: 20261121T120000Z is now earlier than 20261121T121500Z",
          "Signature not yet current: 20261121T120000Z is still later than 20261121T115500Z"}) {
        const Refusal refusal{
            .code = "InvalidSignatureException", .message = message, .region = ""};
        EXPECT_EQ(meaning_of(refusal, 400, "to look").detail,
                  "clock differs too much from the server's");
    }
}

TEST(Aws, makes_the_host_header) {
    EXPECT_EQ(host_header("https", "a.example", 443), "a.example");
    EXPECT_EQ(host_header("http", "a.example", 443), "a.example:443");
    EXPECT_EQ(host_header("http", "a.example", std::nullopt), "a.example");
    EXPECT_EQ(host_header("http", "::1", 8080), "[::1]:8080");
}

}  // namespace
}  // namespace vitals::backends::aws
