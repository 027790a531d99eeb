#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_testing.hpp"

namespace vitals::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string redirect(int status, const std::string& to) {
    return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + to +
           "\r\nContent-Length: 0\r\n\r\n";
}

TEST(HttpRedirect, is_an_answer_unless_asked_to_follow) {
    Server server({redirect(302, "/next"), fine});
    const auto ran = fetch(get(server.url()));
    ASSERT_TRUE(ran.value);
    EXPECT_EQ(ran.value->status, 302);
    EXPECT_EQ(server.requests(), 1u);
}

TEST(HttpRedirect, is_followed_as_often_as_asked_and_not_more) {
    Server server({redirect(302, "../two words?q=1"), redirect(301, "/three"), fine});
    HttpRequest request = get(server.url("/one/x"));
    request.redirects = 2;
    const auto ran = fetch(request);
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_EQ(ran.value->status, 200);
    EXPECT_THAT(server.request(2), ::testing::StartsWith("GET /three "));
    EXPECT_THAT(server.request(1), ::testing::StartsWith("GET /two%20words?q=1 "));
    Server endless({redirect(302, "/again")});
    request.url = endless.url();
    const auto never = fetch(request);
    EXPECT_EQ(never.detail(), "too many redirects");
    EXPECT_EQ(never.error_class(), ErrorClass::protocol);
    EXPECT_EQ(endless.requests(), 3u);
}

TEST(HttpRedirect, credentials_stay_with_their_origin) {
    Server other({fine});
    Server server({redirect(307, "/here"), redirect(307, other.url("/there"))});
    HttpRequest request = get(server.url());
    request.user = "user";
    request.headers = {{"Cookie", "secret"}, {"X-Plain", "1"}};
    request.redirects = 3;
    EXPECT_TRUE(fetch(request).value);
    EXPECT_THAT(server.request(1), HasSubstr("Authorization: Basic"));
    EXPECT_THAT(server.request(1), HasSubstr("Cookie: secret"));
    EXPECT_THAT(other.request(), Not(HasSubstr("Authorization")));
    EXPECT_THAT(other.request(), Not(HasSubstr("Cookie")));
    EXPECT_THAT(other.request(), HasSubstr("X-Plain: 1"));
}

TEST(HttpRedirect, a_post_becomes_a_get_only_where_all_clients_do_it) {
    for (const int status : {301, 302, 303, 307, 308}) {
        Server server({redirect(status, "/next"), fine});
        HttpRequest request = get(server.url());
        request.method = "POST";
        request.body = "payload";
        request.headers = {{"Content-Type", "text/plain"}};
        request.redirects = 1;
        EXPECT_TRUE(fetch(request).value);
        const bool kept = status >= 307;
        const std::string second = server.request(1);
        EXPECT_THAT(second, ::testing::StartsWith(kept ? "POST /next" : "GET /next"));
        EXPECT_EQ(second.find("payload") != std::string::npos, kept) << status;
        EXPECT_EQ(second.find("Content-Type") != std::string::npos, kept) << status;
    }
}

TEST(HttpRedirect, leads_only_to_http) {
    for (const char* to : {"file:///etc/passwd", "gopher://127.0.0.1/", "http://:80/"}) {
        Server server({redirect(302, to)});
        HttpRequest request = get(server.url());
        request.redirects = 1;
        const auto ran = fetch(request);
        EXPECT_EQ(ran.detail(), "redirect to an unusable address") << to;
        EXPECT_EQ(ran.error_class(), ErrorClass::protocol) << to;
    }
}

}  // namespace
}  // namespace vitals::net
