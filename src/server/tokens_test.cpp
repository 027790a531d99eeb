// Which clients may see what: tokens, rights, disclosure.
#include "endpoints/tokens.hpp"

#include "server/server_testing.hpp"
#include "text/base64.hpp"

namespace vitals::server::testing {
namespace {

class TokenTest : public ::testing::Test {
  protected:
    void start() {
        auto routes = std::make_shared<endpoints::Routes>();
        routes->endpoints.push_back(Site::endpoint("/open"));
        routes->endpoints.push_back(Site::endpoint("/closed"));
        routes->endpoints[1].tokens = {"reader", "pusher"};
        routes->tokens = {token("reader", "r3ad", true, false, false),
                          token("pusher", "p0sh", false, true, false),
                          token("other", "0ther", true, true, true)};
        routes->tokens.push_back(Token{});
        routes->tokens.back().name = "waiting";
        routes->tokens.back().secret = Secret::pending();
        routes->tokens.back().allow.read = true;
        secret = routes->tokens[0].secret;
        site.routes = routes;
        site.publish({{"db", Status::ok}});
        site.start();
    }
    Got get(const std::string& path, const std::string& shown) {
        return site.get(path, shown.empty() ? "" : "Authorization: " + shown + "\r\n");
    }
    Site site;
    Secret secret;
};

TEST_F(TokenTest, a_closed_endpoint_asks_for_one_of_its_tokens) {
    start();
    Got got = get("/closed", "");
    EXPECT_EQ(got.status, 401);
    EXPECT_NE(got.head.find("WWW-Authenticate: Bearer\r\n"), std::string::npos) << got.head;
    EXPECT_NE(got.head.find("WWW-Authenticate: Basic realm=\"vitals\", charset=\"UTF-8\"\r\n"),
              std::string::npos)
        << got.head;
    EXPECT_EQ(got.fields["cache-control"], "no-store");
    got = get("/closed", "Bearer wrong");
    EXPECT_EQ(got.status, 401);
    EXPECT_NE(got.head.find("WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"),
              std::string::npos)
        << got.head;
    EXPECT_EQ(get("/closed", "Bearer 0ther").status, 403);
    EXPECT_EQ(get("/closed", "Bearer p0sh").status, 403);  // named, but may not read
    EXPECT_EQ(get("/closed", "Bearer r3ad").status, 200);
    EXPECT_EQ(get("/closed", "bearer  r3ad").status, 200);
    EXPECT_EQ(get("/closed", "Basic r3ad").status, 401);
    EXPECT_EQ(get("/closed", "Bearer").status, 401);
    EXPECT_EQ(get("/closed", "Bearer ").status, 401);
    EXPECT_EQ(get("/closed", "Bearer r3ad2").status, 401);
    EXPECT_EQ(get("/closed", "Bearer r3a").status, 401);
}

TEST_F(TokenTest, the_token_may_be_the_password_or_the_user_of_basic_authentication) {
    start();
    const auto basic = [&](const std::string& pair) {
        return get("/closed", "Basic " + text::base64(pair)).status;
    };
    EXPECT_EQ(basic("anybody:r3ad"), 200);
    EXPECT_EQ(basic(":r3ad"), 200);
    EXPECT_EQ(basic("r3ad:"), 200);
    EXPECT_EQ(basic("r3ad:x-oauth-basic"), 200);
    EXPECT_EQ(basic("r3ad"), 200);
    EXPECT_EQ(basic("anybody:p0sh"), 403) << "named, but may not read";
    for (const char* wrong : {"", ":", "anybody:r3ad ", "r3a:d", "anybody:r3ad:", "a:wrong"})
        EXPECT_EQ(basic(wrong), 401) << wrong;
    for (const char* wrong : {"Basic", "Basic ", "Basic !!!", "Basic OnIzYWQ", "Basic\tOnIzYWQ="})
        EXPECT_EQ(get("/closed", wrong).status, 401) << wrong;
    EXPECT_EQ(get("/closed", "basic OnIzYWQ=").status, 200);
}

TEST_F(TokenTest, a_password_that_a_browser_adds_changes_nothing_for_a_page_from_elsewhere) {
    start();
    const std::string shown = "Authorization: Basic " + text::base64("x:0ther") + "\r\n";
    const auto remove = [&](const std::string& fields) {
        return site
            .ask("DELETE /v1/components/x HTTP/1.1\r\nHost: localhost\r\n" + shown + fields +
                 "\r\n")
            .status;
    };
    EXPECT_EQ(remove("Origin: http://evil.example\r\n"), 403);
    EXPECT_EQ(remove("Sec-Fetch-Site: cross-site\r\n"), 403);
    EXPECT_NE(remove(""), 403);
    EXPECT_NE(remove("Origin: http://localhost\r\n"), 403);
}

TEST_F(TokenTest, a_script_is_not_asked_for_a_password) {
    start();
    const auto asked = [&](const std::string& fields) {
        return site.get("/closed", fields).head.find("Basic") != std::string::npos;
    };
    EXPECT_TRUE(asked(""));
    EXPECT_TRUE(asked("Sec-Fetch-Mode: navigate\r\n"));
    EXPECT_FALSE(asked("Sec-Fetch-Mode: cors\r\n")) << "the browser would open a window";
}

TEST_F(TokenTest, reading_lifts_what_is_disclosed) {
    start();
    auto facts = [&](const std::string& path, const std::string& shown) {
        std::string body = get(path + "/facts", shown).body;
        return body.substr(body.find(" disclose"));
    };
    EXPECT_EQ(facts("/open", ""), " disclose=1");
    EXPECT_EQ(facts("/open", "Bearer p0sh"), " disclose=1");
    EXPECT_EQ(facts("/open", "Bearer wrong"), " disclose=1");
    EXPECT_EQ(facts("/open", "Bearer r3ad"), " disclose=2");
    EXPECT_NE(get("/open/facts", "Bearer r3ad").body.find(" authorized"), std::string::npos);
    EXPECT_EQ(get("/open/facts", "").body.find(" authorized"), std::string::npos);
}

TEST_F(TokenTest, a_rotated_token_is_refused_on_an_open_connection_that_used_it) {
    start();
    Client client = site.client();
    std::string old = "GET /closed HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer r3ad\r\n\r\n";
    std::string fresh = "GET /closed HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer n3w!\r\n\r\n";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(old).status, 200);
    EXPECT_EQ(client.ask(fresh).status, 401);
    secret.replace("n3w!");
    EXPECT_EQ(client.ask(old).status, 401);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(fresh).status, 200);
    EXPECT_EQ(client.ask(old).status, 401);
    secret.replace("r3ad");
    EXPECT_EQ(client.ask(fresh).status, 401);
}

TEST_F(TokenTest, a_token_without_a_value_matches_nothing) {
    endpoints::Routes routes;
    routes.tokens.resize(2);
    routes.tokens[0].secret = Secret::pending();
    routes.tokens[0].allow.read = true;
    routes.tokens[1].secret = Secret("");
    routes.tokens[1].allow.read = true;
    EXPECT_EQ(endpoints::identify(routes, "", {}).token, -1);
    EXPECT_EQ(endpoints::identify(routes, "x", {}).token, -1);
    EXPECT_FALSE(endpoints::identify(routes, "", {}).may.read);
}

TEST_F(TokenTest, a_rotated_token_is_accepted_for_its_overlap) {
    endpoints::Routes routes;
    routes.tokens = {token("a", "0ld", true, false, false), token("b", "b", false, true, false)};
    routes.tokens[0].overlap = 60s;
    const Secret& secret = routes.tokens[0].secret;
    const Steady then{1h};
    secret.replace("n3w", then);
    for (const char* each : {"0ld", "n3w"}) {
        const endpoints::Identity identity = endpoints::identify(routes, each, then + 59s);
        EXPECT_EQ(identity.token, 0) << each;
        EXPECT_TRUE(identity.may.read) << each;
        EXPECT_FALSE(identity.may.push) << each;
    }
    EXPECT_EQ(endpoints::identify(routes, "0ld", then + 60s).token, -1);
    EXPECT_EQ(endpoints::identify(routes, "n3w", then + 60s).token, 0);
    routes.tokens[1].secret.replace("c", then);
    EXPECT_EQ(endpoints::identify(routes, "b", then).token, -1) << "without an overlap at once";
}

TEST_F(TokenTest, refusals_are_counted_and_logged_at_most_once_a_second) {
    start();
    for (int i = 0; i < 100; ++i) get("/closed", "Bearer guess" + std::to_string(i));
    ASSERT_EQ(site.log().size(), 1u);
    EXPECT_EQ(site.log()[0],
              "listener 127.0.0.1:0: 1 request with a token that is not known, refused");
    site.clock.step(1s);
    get("/closed", "Bearer guess");
    ASSERT_EQ(site.log().size(), 2u);
    EXPECT_EQ(site.log()[1],
              "listener 127.0.0.1:0: 100 requests with a token that is not known, refused");
    EXPECT_EQ(get("/closed", "Bearer r3ad").status, 200);  // never limited
    for (int i = 0; i < 100; ++i) get("/open", "Bearer of an application behind us");
    ASSERT_EQ(site.log().size(), 3u);
    EXPECT_NE(site.log()[2].find("answered as public"), std::string::npos);
    for (const std::string& line : site.log())
        EXPECT_EQ(line.find("guess"), std::string::npos) << "what was shown is never logged";
}

}  // namespace
}  // namespace vitals::server::testing
