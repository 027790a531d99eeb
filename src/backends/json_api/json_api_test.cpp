#include "json_api.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace vitals::backends::json_api {
namespace {

TEST(JsonApiBase, is_http_with_the_usual_port) {
    EXPECT_EQ(base_of("etcd://h", "etcd", 2379), "http://h:2379");
    EXPECT_EQ(base_of("etcds://u:p@h:1/a/b/", "etcd", 2379), "https://h:1/a/b");
    EXPECT_EQ(base_of("https://[::1]", "etcd", 2379), "https://[::1]:2379");
    EXPECT_EQ(base_of("http://h/a%20b", "etcd", 2379), "http://h:2379/a%20b");
}

TEST(JsonApiBase, has_no_parameters) {
    EXPECT_TRUE(verify_base("etcd://h/a", {"etcd", "etcds"}));
    for (const char* wrong : {"etcd://h/?a=b", "etcd://h#a", "ftp://h", "etcd://", ""})
        EXPECT_FALSE(verify_base(wrong, {"etcd", "etcds"})) << wrong;
}

TEST(JsonApiValues, are_found_or_not) {
    const auto document =
        boost::json::parse(R"({"a":{"b":"x"},"n":7,"s":"8.5","t":true,"l":[1],"w":"8a"})");
    EXPECT_EQ(text_at(document, "/a/b"), "x");
    EXPECT_EQ(text_at(document, "/a"), "");
    EXPECT_EQ(text_at(document, "/none/b"), "");
    EXPECT_EQ(number_at(document, "/n"), 7);
    EXPECT_EQ(number_at(document, "/s"), 8.5);
    EXPECT_EQ(number_at(document, "/w"), std::nullopt);
    EXPECT_EQ(number_at(document, "/l/0"), 1);
    EXPECT_EQ(number_at(document, "/l/1"), std::nullopt);
    EXPECT_EQ(flag_at(document, "/t"), true);
    EXPECT_EQ(flag_at(document, "/n"), std::nullopt);
    EXPECT_EQ(find(boost::json::value(), "/a"), nullptr);
}

TEST(JsonApiValues, are_numbers_that_can_be_counted_with) {
    const auto document =
        boost::json::parse(R"({"a":1e300,"b":-1e300,"c":"nan","d":"inf","e":2.9,"f":"-7"})");
    EXPECT_EQ(whole_at(document, "/a"), 9'007'199'254'740'992);
    EXPECT_EQ(whole_at(document, "/b"), -9'007'199'254'740'992);
    EXPECT_EQ(whole_at(document, "/c"), std::nullopt);
    EXPECT_EQ(number_at(document, "/c"), std::nullopt);
    EXPECT_EQ(number_at(document, "/d"), std::nullopt);
    EXPECT_EQ(whole_at(document, "/e"), 2);
    EXPECT_EQ(whole_at(document, "/f"), -7);
    EXPECT_EQ(whole_at(document, "/g"), std::nullopt);
}

TEST(JsonApiRefusal, goes_by_the_status) {
    const auto of = [](int status, const char* body) {
        boost::json::error_code error;
        return refusal({status, boost::json::parse(body, error), "said"}, "etcd's");
    };
    EXPECT_EQ(of(401, "").error_class, ErrorClass::auth);
    EXPECT_EQ(of(403, "{}").error_class, ErrorClass::auth);
    EXPECT_EQ(of(429, "").error_class, ErrorClass::assertion);
    EXPECT_EQ(of(503, "<html>").detail, "status 503");
    EXPECT_EQ(of(200, "<html>").detail, "not etcd's answer");
    EXPECT_EQ(of(200, "{}").error_class, ErrorClass::protocol);
    EXPECT_EQ(of(404, "<html>").error_class, ErrorClass::protocol);
    EXPECT_EQ(of(400, "{}").detail, "status 400");
    EXPECT_EQ(of(400, "{}").error, "got said");
}

}  // namespace
}  // namespace vitals::backends::json_api
