// The page over a real socket: log-in, rights, forms, the stream.
#include <boost/json.hpp>

#include "dialects/page.hpp"
#include "server/server_testing.hpp"

namespace vitals::server::testing {
namespace {

namespace json = boost::json;

class PageServingTest : public ::testing::Test {
  protected:
    static constexpr std::size_t open = 0, control = 1;

    void SetUp() override {
        site.listeners = {Site::tcp(), Site::tcp()};
        site.listeners[control].control = true;
        routes = std::make_shared<endpoints::Routes>();
        routes->tokens = {token("reader", "r3ad", true, false, false),
                          token("pusher", "pu5h", false, true, false),
                          token("operator", "0per", true, false, true)};
        routes->endpoints.push_back(Site::endpoint("/probe"));
        EndpointSettings settings{.path = "/"};
        settings.options = dialects::page.description.make();
        routes->endpoints.push_back(endpoints::mounted(dialects::page, settings));
        site.routes = routes;
        site.control.people.acknowledge = [this](std::string id, std::string by, std::string reason,
                                                 endpoints::People::Done done) {
            asked.push_back("ack " + id + " by " + by + ": " + reason);
            done(changed);
        };
        site.control.people.mute = [this](endpoints::People::NewMute mute,
                                          endpoints::People::Done done) {
            asked.push_back((mute.maintenance ? "maintenance " : "silence ") + mute.match[0] +
                            " by " + mute.by + ": " + mute.reason);
            done(changed);
        };
        site.control.people.note = [this](std::string id, std::string by, NoteState state,
                                          bool is_public, std::string text,
                                          endpoints::People::Done done) {
            asked.push_back("note " + id + " by " + by + " " + std::string(to_string(state)) +
                            (is_public ? " public: " : ": ") + text);
            done(changed);
        };
        site.control.run = [this](std::string name, auto done) {
            asked.push_back("run " + name);
            for (const auto& state : site.hub.current()->components)
                if (state->name() == name) return done(state);
            done(nullptr);
        };
        site.control.pasts = [this](std::vector<std::string> names, std::chrono::milliseconds,
                                    auto done) {
            ++histories;
            std::vector<Past> pasts(names.size());
            if (!slow_history) return done(std::move(pasts));
            waiting.emplace_back([done, pasts] { done(pasts); });
        };
        site.clock.run();
        site.publish({{"db/main", Status::failed, 1h, "said <script>"}, {"web"}});
        site.start();
    }

    Got post(const std::string& path, const std::string& body, const std::string& fields = {},
             std::size_t listener = open) {
        return site.ask("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
                            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body,
                        listener);
    }
    // The Cookie field of somebody who has logged in.
    std::string log_in(const std::string& secret) {
        const Got got = post("/login", "token=" + secret + "&next=/c/web");
        EXPECT_EQ(got.status, 303);
        const auto set = got.fields.find("set-cookie");
        if (set == got.fields.end()) return {};
        return "Cookie: other=1; " + set->second.substr(0, set->second.find(';')) + "\r\n";
    }
    // What the forms carry on a page that is shown with these fields.
    std::string form_token(const std::string& fields, std::size_t listener = open) {
        const Got got = site.get("/", fields, listener);
        const std::string_view mark = "name=form_token value=\"";
        const std::size_t at = got.body.find(mark);
        if (at == std::string::npos) return {};
        return got.body.substr(at + mark.size(), 64);
    }
    static bool hears(Client& client, const std::string& text,
                      std::chrono::milliseconds time = 5s) {
        const auto end = std::chrono::steady_clock::now() + time;
        while (client.rest().find(text) == std::string::npos)
            if (std::chrono::steady_clock::now() > end || !client.more(time))
                return client.rest().find(text) != std::string::npos;
        return true;
    }
    Client watch(const std::string& fields = {}, const std::string& view = {}) {
        Client client = site.client();
        client.send("GET /events/page?view=" + view + "&h=24h HTTP/1.1\r\nHost: localhost\r\n" +
                    fields + "\r\n");
        return client;
    }

    std::shared_ptr<endpoints::Routes> routes;
    endpoints::Changed changed;
    std::vector<std::string> asked;
    std::atomic<int> histories = 0;
    std::atomic<bool> slow_history = false;
    std::vector<std::function<void()>> waiting;
    Site site;
};

TEST_F(PageServingTest, serves_everything_below_its_path) {
    Got got = site.get("/");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.fields["content-type"], "text/html; charset=utf-8");
    EXPECT_NE(got.fields["content-security-policy"].find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(got.body.find("said"), std::string::npos) << "an error text without a right";
    EXPECT_EQ(site.get("/c/db/main").status, 200);
    EXPECT_EQ(site.get("/c/none").status, 404);
    EXPECT_EQ(site.get("/history").status, 200);
    EXPECT_EQ(site.get("/incidents.atom").status, 200);
    EXPECT_EQ(site.get("/login").status, 200);
    EXPECT_EQ(site.get("/page.js").fields["content-type"], "text/javascript; charset=utf-8");
    got = site.get("/no/such");
    EXPECT_EQ(got.status, 404);
    EXPECT_EQ(got.fields["content-type"], "text/html; charset=utf-8");
    EXPECT_EQ(site.get("/probe").body, "db/main failed\nweb ok\n") << "a longer path wins";
    EXPECT_EQ(site.get("/v1").fields["content-type"], "application/problem+json");
    EXPECT_EQ(post("/", "").status, 405);
    EXPECT_EQ(post("/", "").fields["allow"], "GET, HEAD, OPTIONS");
    Client head = site.client();
    got = head.ask("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
    EXPECT_EQ(got.status, 200);
    EXPECT_NE(got.fields["content-length"], "0");
    got = site.ask("OPTIONS /c/none HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(got.status, 404) << "the code of GET";
    EXPECT_EQ(got.fields["allow"], "GET, HEAD, OPTIONS");
    EXPECT_EQ(got.body, "");
}

TEST_F(PageServingTest, a_person_logs_in_with_a_token) {
    Got got = post("/login", "token=r3ad&next=/c/web");
    EXPECT_EQ(got.status, 303);
    EXPECT_EQ(got.fields["location"], "/c/web");
    const std::string set = got.fields["set-cookie"];
    EXPECT_NE(set.find("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"), std::string::npos);
    EXPECT_EQ(set.find("Secure"), std::string::npos) << "no TLS here";
    const std::string reader = log_in("r3ad"), boss = log_in("0per");
    EXPECT_NE(site.get("/c/db/main", reader).body.find("said &lt;script&gt;"), std::string::npos);
    EXPECT_NE(site.get("/c/db/main", boss).body.find("c/db/main/run"), std::string::npos);
    EXPECT_EQ(site.get("/c/db/main", reader).body.find("c/db/main/run"), std::string::npos);
    EXPECT_EQ(site.get("/v1/components", boss).status, 401) << "a cookie is nothing to /v1";
    for (const std::string next : {"//evil", "https://evil", "/\\\\evil", "/%0d", "/a b"}) {
        got = post("/login", "token=r3ad&next=" + next);
        EXPECT_EQ(got.fields["location"], next == "/%0d" ? "/" : "/") << next;
    }
    got = post("/login", "token=wrong");
    EXPECT_EQ(got.status, 403);
    EXPECT_NE(got.body.find("This token is not known."), std::string::npos);
    EXPECT_FALSE(got.fields.contains("set-cookie"));
    EXPECT_EQ(post("/login", "token=pu5h").status, 403);
    EXPECT_EQ(post("/login", "token=r3ad", "Sec-Fetch-Site: cross-site\r\n").status, 403);
    EXPECT_EQ(post("/login", "token=%00").status, 400);
}

TEST_F(PageServingTest, sessions_end_with_time_and_log_out) {
    const std::string cookie = log_in("0per");
    const std::string bound = form_token(cookie);
    ASSERT_EQ(bound.size(), 64u);
    EXPECT_EQ(post("/logout", "form_token=wrong", cookie).status, 403);
    Got got = post("/logout", "next=/c/web&form_token=" + bound, cookie);
    EXPECT_EQ(got.status, 303);
    EXPECT_NE(got.fields["set-cookie"].find("Max-Age=0"), std::string::npos);
    EXPECT_EQ(form_token(cookie), "") << "the cookie is worth nothing now";
    const std::string other = log_in("r3ad");
    routes->tokens[0].secret.replace("new", site.clock.steady());
    EXPECT_EQ(site.get("/c/db/main", other).body.find("said"), std::string::npos);
    const std::string third = log_in("0per");
    auto without = std::make_shared<endpoints::Routes>(*routes);
    without->tokens.pop_back();
    site.server->replace_routes(without);
    EXPECT_EQ(form_token(third), "");
}

TEST_F(PageServingTest, guesses_are_told_to_wait_and_the_right_token_never) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(post("/login", "token=guess").status, 403);
    Got got = post("/login", "token=guess");
    EXPECT_EQ(got.status, 429);
    EXPECT_EQ(got.fields["retry-after"], "1");
    EXPECT_EQ(post("/login", "token=guess").fields["retry-after"], "2");
    EXPECT_EQ(post("/login", "token=r3ad").status, 303);
    const std::string body = R"({"token":"guess"})";
    EXPECT_EQ(site.ask("POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body)
                  .status,
              429);
    EXPECT_FALSE(site.log().empty());
    for (const std::string& line : site.log())
        EXPECT_EQ(line.find("guess"), std::string::npos) << "what was shown stays out of the log";
}

TEST_F(PageServingTest, a_program_logs_in_by_json) {
    const auto ask = [&](const std::string& method, const std::string& body,
                         const std::string& fields = {}) {
        return site.ask(method + " /v1/sessions HTTP/1.1\r\nHost: localhost\r\n" + fields +
                        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    };
    Got got = ask("POST", R"({"token":"0per"})");
    EXPECT_EQ(got.status, 201);
    EXPECT_EQ(got.body,
              "{\"name\":\"operator\",\"allow\":[\"read\",\"control\"],\"seconds\":43200}\n");
    const std::string set = got.fields["set-cookie"];
    const std::string cookie = "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
    EXPECT_EQ(form_token(cookie).size(), 64u);
    EXPECT_EQ(ask("DELETE", "", cookie + "Origin: http://evil\r\n").status, 403);
    EXPECT_EQ(form_token(cookie).size(), 64u);
    EXPECT_EQ(ask("DELETE", "", cookie).status, 204);
    EXPECT_EQ(form_token(cookie), "");
    EXPECT_EQ(ask("POST", R"({"token":1})").status, 400);
    EXPECT_EQ(ask("POST", R"({"token":"no"})").status, 403);
}

TEST_F(PageServingTest, a_form_acts_only_with_its_own_token) {
    const std::string cookie = log_in("0per"), other = log_in("0per"), reader = log_in("r3ad");
    const std::string bound = form_token(cookie);
    const std::string body = "text=mine&next=/i/ab-1&form_token=";
    EXPECT_EQ(post("/i/ab-1/ack", body, cookie).status, 403);
    EXPECT_EQ(post("/i/ab-1/ack", body + std::string(64, '0'), cookie).status, 403);
    EXPECT_EQ(post("/i/ab-1/ack", body + form_token(other), cookie).status, 403);
    EXPECT_EQ(post("/i/ab-1/ack", body + bound, cookie + "Origin: http://evil\r\n").status, 403);
    EXPECT_EQ(post("/i/ab-1/ack", body + bound, cookie + "Sec-Fetch-Site: same-site\r\n").status,
              403);
    EXPECT_EQ(post("/i/ab-1/ack", body + form_token(reader), reader).status, 403);
    EXPECT_EQ(post("/i/ab-1/ack", body + bound).status, 401);
    EXPECT_TRUE(asked.empty());
    Got got = post("/i/ab-1/ack", body + bound, cookie + "Sec-Fetch-Site: same-origin\r\n");
    EXPECT_EQ(got.status, 303);
    EXPECT_EQ(got.fields["location"], "/i/ab-1");
    EXPECT_EQ(asked, std::vector<std::string>{"ack ab-1 by operator: mine"});
    got = post("/i/ab-1/ack", body + bound, cookie + "Accept: application/json\r\n");
    EXPECT_EQ(got.body, "{\"done\":\"Acknowledged\",\"detail\":\"Acknowledged by operator\"}\n");
    changed.problem = "the incident has closed";
    changed.over = true;
    got = post("/i/ab-1/ack", body + bound, cookie + "Accept: application/json\r\n");
    EXPECT_EQ(got.status, 409);
    EXPECT_EQ(json::parse(got.body).at("detail"), "the incident has closed");
    got = post("/i/ab-1/ack", body + bound, cookie);
    EXPECT_EQ(got.status, 409);
    EXPECT_NE(got.body.find("the incident has closed"), std::string::npos);
    EXPECT_EQ(post("/i/ab-1/ack", "text=mine", "Authorization: Bearer 0per\r\n").status, 409)
        << "no browser adds a bearer token by itself";
}

TEST_F(PageServingTest, a_control_listener_needs_no_log_in_but_its_own_forms) {
    const std::string bound = form_token({}, control);
    ASSERT_EQ(bound.size(), 64u);
    EXPECT_EQ(post("/c/web/run", "form_token=" + bound, {}, control).status, 303);
    EXPECT_EQ(post("/c/web/run", "form_token=", {}, control).status, 403);
    EXPECT_EQ(post("/c/web/run", "form_token=" + bound).status, 401) << "on the other listener";
    EXPECT_EQ(post("/c/none/run", "form_token=" + bound, {}, control).status, 404);
    EXPECT_EQ(asked, (std::vector<std::string>{"run web", "run none"}));
    const Got rebound = site.ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", control);
    EXPECT_EQ(rebound.body.find("form_token"), std::string::npos);
}

TEST_F(PageServingTest, hostile_forms_change_nothing) {
    const std::string cookie = log_in("0per");
    const std::string bound = "form_token=" + form_token(cookie);
    for (const std::string body :
         {"match=db/*&duration=", "match=db/*&duration=-1h", "match=db/*&duration=1h&reason=%0a",
          "duration=1h", "match=a/b/c&duration=1h", "match=%0a&duration=1h",
          "match=db/*&duration=99999999d", "match=db/*&duration=1h&reason=%00"})
        EXPECT_EQ(post("/silence", bound + "&" + body, cookie).status, 400) << body;
    EXPECT_EQ(post("/i/x/note", bound + "&text=", cookie).status, 400);
    EXPECT_EQ(post("/i/x/note", bound + "&text=a&state=done", cookie).status, 400);
    EXPECT_EQ(post("/drain", bound + "&text=OK", cookie).status, 400);
    std::string many = bound;
    for (int i = 0; i < 300; ++i) many += "&match=a";
    EXPECT_EQ(post("/silence", many + "&duration=1h", cookie).status, 400);
    EXPECT_EQ(post("/silence", std::string(70'000, 'x'), cookie).status, 413);
    EXPECT_TRUE(asked.empty());
    EXPECT_TRUE(site.decommissioned.empty());
    EXPECT_EQ(post("/silence", bound + "&match=db/*&duration=1h&reason=why", cookie).status, 303);
    EXPECT_EQ(
        post("/i/x/note", bound + "&text=a%0d%0a%3Cb%3E&public=on&state=monitoring", cookie).status,
        303);
    EXPECT_EQ(post("/drain", bound, cookie).status, 303);
    EXPECT_EQ(post("/recommission", bound, cookie).status, 303);
    EXPECT_EQ(asked, (std::vector<std::string>{"silence db/* by operator: why",
                                               "note x by operator monitoring public: a\n<b>"}));
    EXPECT_EQ(site.decommissioned, (std::vector<std::string>{"by operator", "OK"}));
}

TEST_F(PageServingTest, an_endpoint_with_tokens_shows_how_to_log_in) {
    auto closed = std::make_shared<endpoints::Routes>(*routes);
    closed->endpoints[1].tokens = {"reader"};
    site.server->replace_routes(closed);
    Got got = site.get("/");
    EXPECT_EQ(got.status, 401);
    EXPECT_NE(got.head.find("WWW-Authenticate: Bearer\r\n"), std::string::npos) << got.head;
    got = site.get("/", "Accept: text/html,*/*\r\n");
    EXPECT_EQ(got.head.find("Basic"), std::string::npos) << "the page asks, not the browser";
    EXPECT_EQ(got.status, 401);
    EXPECT_NE(got.body.find("name=token"), std::string::npos);
    EXPECT_EQ(site.get("/events/page?view=").status, 401);
    EXPECT_EQ(site.get("/login").status, 200);
    EXPECT_EQ(site.get("/page.css").status, 200);
    EXPECT_EQ(site.get("/", log_in("r3ad")).status, 200);
    EXPECT_EQ(site.get("/", log_in("0per")).status, 403);
    EXPECT_EQ(site.get("/", "Authorization: Bearer r3ad\r\n").status, 200);
}

TEST_F(PageServingTest, a_file_that_the_browser_has_is_not_sent_again) {
    Got got = site.get("/page.css");
    EXPECT_EQ(got.status, 200);
    const std::string tag = got.fields["etag"];
    ASSERT_GT(tag.size(), 4u);
    got = site.get("/page.css", "If-None-Match: " + tag + "\r\n");
    EXPECT_EQ(got.status, 304);
    EXPECT_EQ(got.body, "");
    EXPECT_EQ(site.get("/page.css", "If-None-Match: \"other\"\r\n").status, 200);
}

TEST_F(PageServingTest, a_crowd_is_shown_one_page) {
    const std::string first = site.get("/").body;
    const int before = histories;
    for (int i = 0; i < 20; ++i) EXPECT_EQ(site.get("/").body, first);
    EXPECT_EQ(histories, before);
    site.publish({{"db/main"}, {"web"}});
    EXPECT_NE(site.get("/").body, first) << "what changed is shown at once";
}

TEST_F(PageServingTest, a_page_waits_for_the_history_and_others_do_not) {
    slow_history = true;
    Client client = site.client();
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Client second = site.client();
    second.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_FALSE(client.more(100ms));
    EXPECT_EQ(site.get("/probe").status, 200);
    ASSERT_EQ(waiting.size(), 1u) << "both wait for the same";
    waiting[0]();
    EXPECT_EQ(client.receive().status, 200);
    EXPECT_EQ(second.receive().status, 200);
}

TEST_F(PageServingTest, the_stream_sends_the_parts_that_change) {
    Client client = watch();
    ASSERT_TRUE(hears(client, "\"verdict\":\"<"));
    EXPECT_EQ(client.rest().find("said"), std::string::npos);
    const std::size_t before = client.rest().size();
    const auto begin = std::chrono::steady_clock::now();
    site.publish({{"db/main", Status::failed, 1h, "said <script>"}, {"web", Status::failed}});
    while (client.rest().find("event: part", before) == std::string::npos && client.more(1s)) {
    }
    EXPECT_NE(client.rest().find("event: part", before), std::string::npos);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
    Client reader = watch(log_in("r3ad"), "c%2Fdb%2Fmain");
    EXPECT_TRUE(hears(reader, "said "));
    Client nobody = watch({}, "c%2Fdb%2Fmain");
    EXPECT_TRUE(hears(nobody, "event: part"));
    EXPECT_EQ(nobody.rest().find("said"), std::string::npos);
    EXPECT_EQ(site.get("/events/page?view=c/none").status, 404);
    EXPECT_EQ(site.get("/events/page?view=no/such/view").status, 404);
}

TEST_F(PageServingTest, the_stream_says_when_the_page_is_of_other_components) {
    Client client = watch();
    ASSERT_TRUE(hears(client, "event: part"));
    site.publish({{"db/main", Status::failed, 1h, "said <script>"}, {"web"}, {"web2"}});
    ASSERT_TRUE(hears(client, "event: reload"));
    while (client.more(1s)) {
    }
    Client old = watch("Last-Event-ID: 12345\r\n");
    EXPECT_TRUE(hears(old, "event: reload")) << "a page from before a restart";
}

TEST_F(PageServingTest, the_stream_of_a_session_ends_with_it) {
    const std::string cookie = log_in("r3ad");
    Client client = watch(cookie);
    ASSERT_TRUE(hears(client, "event: part"));
    routes->tokens[0].secret.replace("new", site.clock.steady());
    EXPECT_TRUE(hears(client, "event: reload", 7s));
}

}  // namespace
}  // namespace vitals::server::testing
