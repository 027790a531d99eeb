// What a client of the server sees: requests and answers byte by byte.
#include <random>

#include "server/server_testing.hpp"

namespace vitals::server::testing {
namespace {

class ServerTest : public ::testing::Test {
  protected:
    void start() {
        site.publish({{"db", Status::ok}});
        site.start();
    }
    Site site;
};

const std::string get_probe = "GET /probe HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(ServerTest, answers_with_exactly_these_bytes) {
    start();
    Client client = site.client();
    Got got = client.ask(get_probe);
    EXPECT_EQ(got.head,
              "HTTP/1.1 200 OK\r\n"
              "Date: Sat, 21 Nov 2026 01:02:03 GMT\r\n"
              "Content-Type: text/plain\r\n"
              "Content-Length: 6\r\n"
              "Cache-Control: no-store\r\n"
              "X-Content-Type-Options: nosniff\r\n"
              "\r\n");
    EXPECT_EQ(got.body, "db ok\n");
}

TEST_F(ServerTest, keeps_the_connection_and_sees_every_change_at_once) {
    start();
    Client client = site.client();
    for (int i = 0; i < 50; ++i) {
        Status status = i % 2 == 0 ? Status::failed : Status::ok;
        site.publish({{"db", status}});
        EXPECT_EQ(client.ask(get_probe).body, "db " + std::string(to_string(status)) + "\n");
        EXPECT_EQ(client.ask(get_probe).body, "db " + std::string(to_string(status)) + "\n");
    }
}

TEST_F(ServerTest, renders_once_for_many_clients) {
    start();
    int before = renders();
    Client one = site.client(), two = site.client();
    for (int i = 0; i < 20; ++i) {
        one.ask(get_probe);
        two.ask(get_probe);
    }
    EXPECT_EQ(renders() - before, 1);
}

TEST_F(ServerTest, sees_staleness_without_anything_being_published) {
    site.publish({{"db", Status::ok, 500ms}, {"cache", Status::ok, 900ms}});
    site.start();
    Client client = site.client();
    EXPECT_EQ(client.ask(get_probe).body, "db ok\ncache ok\n");
    site.clock.step(500ms);  // valid until then
    EXPECT_EQ(client.ask(get_probe).body, "db ok\ncache ok\n");
    site.clock.step(1ns);
    EXPECT_EQ(client.ask(get_probe).body, "db unknown\ncache ok\n");
    site.clock.step(400ms);
    EXPECT_EQ(client.ask(get_probe).body, "db unknown\ncache unknown\n");
}

TEST_F(ServerTest, repeats_no_longer_than_the_dialect_allows) {
    start();
    Client client = site.client();
    std::string never = "GET /probe/never HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::string soon = "GET /probe/soon HTTP/1.1\r\nHost: localhost\r\n\r\n";
    int before = renders();
    for (int i = 0; i < 3; ++i) client.ask(never);
    EXPECT_EQ(renders() - before, 3);
    before = renders();
    for (int i = 0; i < 3; ++i) client.ask(soon);
    EXPECT_EQ(renders() - before, 1);
    site.clock.step(50ms);
    client.ask(soon);
    EXPECT_EQ(renders() - before, 2);
}

TEST_F(ServerTest, date_follows_the_clock_on_kept_answers) {
    start();
    Client client = site.client();
    EXPECT_EQ(client.ask(get_probe).fields["date"], "Sat, 21 Nov 2026 01:02:03 GMT");
    int before = renders();
    site.clock.step_system(58s);
    site.clock.step(20ms);
    EXPECT_EQ(client.ask(get_probe).fields["date"], "Sat, 21 Nov 2026 01:03:01 GMT");
    EXPECT_EQ(renders(), before);
}

TEST_F(ServerTest, answers_pipelined_requests_in_order) {
    start();
    Client client = site.client();
    std::string requests;
    for (int i = 0; i < 40; ++i)
        requests +=
            "GET /probe/facts?n=" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.send(requests);
    for (int i = 0; i < 40; ++i)
        EXPECT_NE(client.receive().body.find(" n=" + std::to_string(i) + " "), std::string::npos);
    // The same request many times, split at every possible place.
    for (std::size_t split = 1; split < get_probe.size(); ++split) {
        client.send(get_probe + get_probe.substr(0, split));
        EXPECT_EQ(client.receive().body, "db ok\n");
        client.send(get_probe.substr(split));
        EXPECT_EQ(client.receive().body, "db ok\n");
    }
}

TEST_F(ServerTest, where_requests_are_cut_makes_no_difference) {
    start();
    Client client = site.client();
    client.ask(get_probe);
    // Long beginnings before short ones, with and without the empty line that may come first.
    for (std::string first : {get_probe, "\r\n" + get_probe, "\r\n\r\n" + get_probe})
        for (std::size_t one = first.size() - 1; one > 0; --one)
            for (std::size_t two : {std::size_t{1}, std::size_t{9}}) {
                client.send(first.substr(0, one));
                std::this_thread::sleep_for(100us);
                client.send(first.substr(one) + get_probe.substr(0, two));
                EXPECT_EQ(client.receive().body, "db ok\n");
                client.send(get_probe.substr(two));
                EXPECT_EQ(client.receive().body, "db ok\n");
            }
}

// Requests of every shape in any order, cut anywhere: the answers come in order, none is lost, none
// is invented.
TEST_F(ServerTest, any_requests_cut_anywhere_are_answered_in_order) {
    start();
    struct Case {
        std::string request;
        int status;
        bool head_only = false;
    };
    const std::vector<Case> cases = {
        {get_probe, 200},
        {get_probe, 200},
        {"HEAD /probe HTTP/1.1\r\nHost: h\r\n\r\n", 200, true},
        {"\r\nGET /nothing HTTP/1.1\r\nHost: h\r\n\r\n", 404},
        {"GET /probe HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200},
        {"POST /probe?body=OK HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 30\r\n\r\n" +
             get_probe.substr(0, 30),
         200},
        {"GET /probe HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
         "4;x\r\nGET \r\n2\r\n\r\n\r\n0\r\nA: b\r\n\r\n",
         200},
        {"OPTIONS /probe HTTP/1.1\r\nHost: h\r\n\r\n", 200},
        {"GET /probe/facts?x HTTP/1.1\r\nHost: h\r\nX-Wanted: " + std::string(2000, 'w') +
             "\r\n\r\n",
         200}};
    std::minstd_rand random(7);
    auto below = [&](std::size_t most) { return static_cast<std::size_t>(random()) % most; };
    for (int round = 0; round < 40; ++round) {
        std::string bytes;
        std::vector<const Case*> asked;
        for (int i = 0; i < 50; ++i) {
            asked.push_back(&cases[below(cases.size())]);
            bytes += asked.back()->request;
        }
        Client client = site.client();
        std::thread sender([&] {
            std::size_t longest = 1 + below(round % 2 == 0 ? 60 : 5000);
            while (!bytes.empty()) {
                std::size_t size = std::min(bytes.size(), 1 + below(longest));
                client.send(bytes.substr(0, size));
                bytes.erase(0, size);
                if (below(4) == 0) std::this_thread::sleep_for(20us);
            }
            client.shut();
        });
        for (const Case* each : asked) {
            Got got = client.receive(each->head_only);
            EXPECT_EQ(got.status, each->status) << each->request;
        }
        sender.join();
        EXPECT_TRUE(client.ended());
    }
}

TEST_F(ServerTest, answers_a_large_pipeline_to_a_slow_reader) {
    start();
    Client client = site.client();
    std::string large = "GET /probe/large HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::string requests;
    for (int i = 0; i < 20; ++i) requests += large;
    std::thread sender([&] { client.send(requests); });
    std::this_thread::sleep_for(100ms);
    for (int i = 0; i < 20; ++i) {
        Got got = client.receive();
        ASSERT_TRUE(got.whole) << i;
        EXPECT_EQ(got.body.size(), (1u << 20) + 6);
    }
    sender.join();
}

TEST_F(ServerTest, head_has_the_length_and_no_body) {
    start();
    Client client = site.client();
    std::string head = "HEAD /probe HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (int i = 0; i < 3; ++i) {
        Got got = client.ask(head, true);
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.fields["content-length"], "6");
        EXPECT_EQ(client.rest(), "");
        EXPECT_EQ(client.ask(get_probe).body, "db ok\n");
    }
    Got missing = client.ask("HEAD /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
    EXPECT_EQ(missing.status, 404);
    EXPECT_NE(missing.fields["content-length"], "0");
    EXPECT_EQ(client.ask(get_probe).body, "db ok\n");
}

TEST_F(ServerTest, answers_options_and_refuses_other_methods) {
    start();
    Client client = site.client();
    Got refused = client.ask("DELETE /probe HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.fields["allow"], "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(client.ask("BREW /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 404);
    EXPECT_EQ(client.ask("GET /probes HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 404);
}

std::string options(const std::string& target, const std::string& fields = {}) {
    return "OPTIONS " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

TEST_F(ServerTest, options_is_answered_with_the_code_of_get_and_without_a_body) {
    start();
    Client client = site.client();
    for (const std::string target : {"/probe", "/probe/throw", "/nothing", "/"}) {
        const int code = site.get(target).status;
        for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(options(target)).status, code) << target;
    }
    Got got = client.ask(options("/probe/cached"));
    EXPECT_EQ(got.fields["allow"], "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(got.fields["content-length"], "0");
    EXPECT_EQ(got.fields["cache-control"], "max-age=7");
    EXPECT_FALSE(got.fields.contains("content-type"));
    EXPECT_EQ(client.ask(get_probe).body, "db ok\n") << "the two are kept apart";
}

TEST_F(ServerTest, options_follows_what_changes) {
    auto routes = std::make_shared<endpoints::Routes>();
    routes->endpoints.push_back(Site::endpoint("/readyz", *dialects::find("kubernetes")));
    site.routes = routes;
    start();
    Client client = site.client();
    EXPECT_EQ(client.ask(options("/readyz")).status, 200);
    site.publish({{.name = "db", .status = Status::failed}});
    EXPECT_EQ(client.ask(options("/readyz")).status, 500);
    EXPECT_EQ(site.ask("OPTIONS /readyz HTTP/1.0\r\n\r\n").status, 500);
    // No endpoint is named: it is told whether this instance is ready.
    EXPECT_EQ(client.ask(options("*")).status, 503);
    site.publish({{.name = "db", .status = Status::ok}});
    EXPECT_EQ(client.ask(options("*")).status, 200);
    auto out = std::make_shared<Snapshot>(*site.hub.current());
    out->version = ++site.version;
    out->decommission.text = "away";
    site.hub.publish(out);
    EXPECT_EQ(client.ask(options("*")).status, 503);
}

TEST_F(ServerTest, only_a_preflight_gets_204) {
    start();
    const std::string origin = "Origin: http://elsewhere\r\n";
    const std::string asked = "Access-Control-Request-Method: GET\r\n";
    Got got = site.ask(options("/probe/throw", origin + asked));
    EXPECT_EQ(got.status, 204);
    EXPECT_EQ(got.fields["allow"], "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(site.ask(options("/probe/throw", origin)).status, 500);
    EXPECT_EQ(site.ask(options("/probe/throw", asked)).status, 500);
    EXPECT_EQ(site.ask(options("/nothing", origin + asked)).status, 404);
}

TEST_F(ServerTest, haproxys_checks_are_answered) {
    start();
    Got got_options = site.ask("OPTIONS /probe HTTP/1.0\r\n\r\n");
    EXPECT_EQ(got_options.status, 200);
    EXPECT_EQ(got_options.fields["connection"], "close");
    Client client = site.client();
    Got got = client.ask("GET /probe HTTP/1.0\r\n\r\n");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.fields["connection"], "close");
    EXPECT_EQ(got.body, "db ok\n");
    EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, resets_after_the_status_line_are_quiet) {
    start();
    for (int i = 0; i < 50; ++i) {
        Client client = site.client();
        client.send("GET /probe/large HTTP/1.0\r\n\r\n");
        client.more();
        client.reset();
    }
    EXPECT_EQ(site.get("/probe").status, 200);
    EXPECT_TRUE(site.log().empty()) << site.log().front();
}

TEST_F(ServerTest, connection_field_and_version_decide_whether_it_stays) {
    start();
    struct Case {
        std::string version, fields, expected;
    };
    for (const Case& each :
         {Case{"1.1", "", "stays"}, Case{"1.1", "Connection: close\r\n", "close"},
          Case{"1.1", "Connection: foo, CLOSE\r\n", "close"},
          Case{"1.1", "Connection: keep-alive\r\n", "stays"},
          Case{"1.1", "Connection: keep-alive, close\r\n", "close"}, Case{"1.0", "", "close"},
          Case{"1.0", "Connection: Keep-Alive\r\n", "keep-alive"},
          Case{"1.0", "Connection: close\r\n", "close"}}) {
        Client client = site.client();
        std::string request =
            "GET /probe HTTP/" + each.version + "\r\nHost: localhost\r\n" + each.fields + "\r\n";
        Got got = client.ask(request);
        EXPECT_EQ(got.body, "db ok\n");
        std::string field = got.fields.contains("connection") ? got.fields["connection"] : "stays";
        EXPECT_EQ(field, each.expected) << request;
        if (each.expected == "close")
            EXPECT_TRUE(client.ended()) << request;
        else
            EXPECT_EQ(client.ask(request).body, "db ok\n") << request;
    }
}

TEST_F(ServerTest, a_client_that_stops_sending_still_gets_its_answer) {
    start();
    Client client = site.client();
    client.send(get_probe + get_probe);
    client.shut();
    EXPECT_EQ(client.receive().body, "db ok\n");
    EXPECT_EQ(client.receive().body, "db ok\n");
    EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, bodies_of_reads_are_read_and_ignored) {
    start();
    Client client = site.client();
    EXPECT_EQ(
        client.ask("GET /probe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello").body,
        "db ok\n");
    EXPECT_EQ(
        client
            .ask("GET /probe HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n0\r\n\r\n")
            .body,
        "db ok\n");
    // Bytewise, so that every split is met.
    std::string request =
        "GET /probe HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;x=y\r\nabc\r\n0\r\nTrailer: t\r\n\r\n";
    for (char c : request) client.send(std::string_view(&c, 1));
    EXPECT_EQ(client.receive().body, "db ok\n");
    EXPECT_EQ(client.ask(get_probe).body, "db ok\n");
}

TEST_F(ServerTest, expectation_is_met_before_the_body_is_sent) {
    start();
    Client client = site.client();
    client.send(
        "POST /probe?body=OK HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: "
        "100-continue\r\n"
        "\r\n");
    EXPECT_EQ(client.receive(true).head, "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(client.ask("ok").status, 200);
    Client refused = site.client();
    Got got = refused.ask(
        "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: "
        "100-continue\r\n\r\n");
    EXPECT_EQ(got.status, 404);
    EXPECT_TRUE(refused.ended());
    EXPECT_EQ(site.ask("GET /probe HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\n\r\n").status,
              417);
}

TEST_F(ServerTest, dialects_get_the_facts_of_the_request_decoded) {
    start();
    Got got = site.get("/prob%65/facts?a=1+2&b=%26&a=&c",
                       "Accept: text/a\r\nX-Wanted: w\r\nX-Not: "
                       "n\r\naccept: text/b\r\n");
    EXPECT_EQ(got.body,
              "db ok\nrest=/facts path=/probe/facts accept=text/a, text/b a=1 2 b=& a= c= "
              "x-wanted:w disclose=1");
    Got absolute = site.get("http://other:80/probe/facts?x=y");
    EXPECT_NE(absolute.body.find("path=/probe/facts accept= x=y"), std::string::npos);
}

TEST_F(ServerTest, headers_of_dialects_cannot_split_the_answer) {
    start();
    Got got = site.get("/probe/inject");
    EXPECT_EQ(got.status, 200);
    EXPECT_FALSE(got.fields.contains("x-evil"));
    EXPECT_EQ(site.get("/probe/cached").fields["cache-control"], "max-age=7");
}

TEST_F(ServerTest, a_dialect_that_throws_gives_500_and_a_log_line) {
    start();
    EXPECT_EQ(site.get("/probe/throw").status, 500);
    ASSERT_EQ(site.log().size(), 1u);
    EXPECT_EQ(site.log()[0], "endpoint /probe cannot be rendered: broken dialect");
    EXPECT_EQ(site.get("/probe").status, 200);
}

TEST_F(ServerTest, counts_answers_and_shows_the_process) {
    auto routes = std::make_shared<endpoints::Routes>();
    routes->endpoints.push_back(Site::endpoint("/probe"));
    routes->endpoints.push_back(Site::endpoint("/process", process_dialect()));
    site.routes = routes;
    site.threads = 2;
    start();
    for (int i = 0; i < 7; ++i) site.get("/probe");
    site.get("/nothing");
    site.ask("DELETE /probe HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Got got = site.get("/process/facts");
    EXPECT_NE(got.body.find(" process\n/probe 200 7\n/probe 405 1\nother 404 1"), std::string::npos)
        << got.body;
    got = site.get("/process/facts");
    EXPECT_NE(got.body.find("/process 200 1"), std::string::npos) << got.body;
}

TEST_F(ServerTest, endpoints_of_other_listeners_are_not_served) {
    auto routes = std::make_shared<endpoints::Routes>();
    routes->endpoints.push_back(Site::endpoint("/here"));
    routes->endpoints.push_back(Site::endpoint("/there"));
    routes->endpoints[1].listeners = {"second"};
    site.routes = routes;
    site.listeners = {Site::tcp(), Site::tcp()};
    site.listeners[1].text = "second";
    start();
    EXPECT_EQ(site.get("/there").status, 404);
    EXPECT_EQ(site.get("/there", "", 1).status, 200);
    EXPECT_EQ(site.get("/here", "", 1).status, 200);
}

TEST_F(ServerTest, the_endpoint_with_the_longest_path_answers) {
    auto routes = std::make_shared<endpoints::Routes>();
    routes->endpoints.push_back(Site::endpoint("/a"));
    routes->endpoints.push_back(Site::endpoint("/a/b"));
    site.routes = routes;
    start();
    EXPECT_NE(site.get("/a/b/facts").body.find("rest=/facts "), std::string::npos);
    EXPECT_NE(site.get("/a/facts").body.find("rest=/facts "), std::string::npos);
}

TEST_F(ServerTest, replaced_routes_hold_for_open_connections) {
    start();
    Client client = site.client();
    EXPECT_EQ(client.ask(get_probe).status, 200);
    auto routes = std::make_shared<endpoints::Routes>();
    routes->endpoints.push_back(Site::endpoint("/other"));
    site.server->replace_routes(routes);
    EXPECT_EQ(client.ask(get_probe).status, 404);
    EXPECT_EQ(client.ask("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
}

TEST_F(ServerTest, many_variants_are_forgotten_and_answered_again) {
    start();
    Client client = site.client();
    auto target = [](int i) {
        return "GET /probe/facts?n=" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    };
    Client faithful = site.client();
    for (int i = 0; i < 1000; ++i) {
        EXPECT_NE(client.ask(target(i)).body.find(" n=" + std::to_string(i) + " "),
                  std::string::npos);
        if (i % 100 == 0) {
            EXPECT_EQ(faithful.ask(get_probe).body, "db ok\n");
        }
    }
}

TEST_F(ServerTest, decommission_is_carried_out_before_it_is_answered) {
    start();
    Got got =
        site.ask("POST /probe?body=away HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "away");
    EXPECT_FALSE(got.fields.contains("warning"));
    EXPECT_EQ(site.decommissioned, std::vector<std::string>{"away"});
    site.durable = false;
    got = site.ask("POST /probe HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(got.fields["warning"], "199 vitals \"not saved, will not survive a restart\"");
}

endpoints::MountedEndpoint probe_status(const std::string& control_from) {
    const dialects::Dialect& dialect = *dialects::find("probe_status");
    EndpointSettings settings{.path = "/probe_status"};
    auto options = dialect.description.make();
    for (const Field& field : dialect.description.fields)
        if (field.name == "control_from")
            *std::get<std::string*>(field.reach(options.ref())) = control_from;
    settings.options = options;
    return endpoints::mounted(dialect, settings);
}

TEST_F(ServerTest, only_operators_may_decommission) {
    site.listeners = {Site::tcp(), Site::tcp()};
    site.listeners[1].control = true;
    auto routes = std::make_shared<endpoints::Routes>();
    routes->endpoints.push_back(probe_status("operator"));
    routes->tokens.push_back(token("op", "s3cret", false, false, true));
    routes->tokens.push_back(token("reader", "r3ader", true, false, false));
    site.routes = routes;
    start();
    auto post = [&](const std::string& fields, std::size_t listener = 0) {
        return site
            .ask("POST /probe_status?body=x HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n",
                 listener)
            .status;
    };
    EXPECT_EQ(post(""), 403) << "a loopback peer is anybody: a proxy, any user of the machine";
    EXPECT_EQ(post("Authorization: Bearer s3cret\r\n"), 200);
    EXPECT_EQ(post("Authorization: Bearer r3ader\r\n"), 403);
    EXPECT_EQ(post("Via: 1.1 p\r\nAuthorization: Bearer s3cret\r\n"), 200);
    EXPECT_EQ(site.deciders, (std::vector<std::string>{"token op", "token op"}));
    site.deciders.clear();
    EXPECT_EQ(post("Via: 1.1 p\r\n", 1), 200);  // the control listener
    EXPECT_EQ(post("Origin: http://evil\r\n", 1), 403);
    EXPECT_EQ(post("Sec-Fetch-Site: cross-site\r\n", 1), 403);
    EXPECT_EQ(post("Origin: http://localhost\r\n", 1), 200);  // its own page
    EXPECT_EQ(site.deciders, (std::vector<std::string>{"127.0.0.1", "127.0.0.1"}));
}

// `control_from: loopback`: this machine, without a sign that the request only passes through it.
TEST_F(ServerTest, a_loopback_peer_is_one_with_a_local_name_and_no_proxy_or_browser) {
    auto routes = std::make_shared<endpoints::Routes>();
    routes->endpoints.push_back(probe_status("loopback"));
    site.routes = routes;
    start();
    auto post = [&](const std::string& fields) {
        return site.ask("POST /probe_status?body=x HTTP/1.0\r\n" + fields + "\r\n").status;
    };
    for (std::string host : {"localhost", "LOCALHOST.", "vitals.localhost:80", "127.0.0.1:8080",
                             "127.1.2.3", "[::1]:8080"})
        EXPECT_EQ(post("Host: " + host + "\r\n"), 200) << host;
    for (std::string host : {"health.example.org", "127.0.0.1.example.org", "localhost.example.org",
                             "notlocalhost", "192.0.2.1", "[2001:db8::1]", "0.0.0.0", "127.0.0.x"})
        EXPECT_EQ(post("Host: " + host + "\r\n"), 403) << host;
    EXPECT_EQ(post(""), 403) << "a proxy may pass on a request without Host";
    for (std::string field :
         {"Forwarded: for=1.2.3.4", "X-Forwarded-For: 1.2.3.4", "x-forwarded-proto: https",
          "X-FORWARDED-HOST: a", "X-Real-IP: 1.2.3.4", "Via: 1.1 p", "X-Client-IP: 1.2.3.4",
          "True-Client-IP: 1.2.3.4", "CF-Connecting-IP: 1.2.3.4",
          "X-Envoy-External-Address: 1.2.3.4", "Origin: http://localhost",
          "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Referer: http://localhost/"})
        EXPECT_EQ(post("Host: localhost\r\n" + field + "\r\n"), 403) << field;
}

// The dialects that are there, on their usual paths, through real sockets.
TEST_F(ServerTest, serves_every_dialect_that_needs_no_mapping) {
    auto routes = std::make_shared<endpoints::Routes>();
    for (const dialects::Dialect* dialect : dialects::all()) {
        if (!dialect->mounted_by_default || dialect->match == nullptr) continue;
        EndpointSettings settings{.path = std::string(dialect->usual_path)};
        if (dialect->description.make != nullptr) settings.options = dialect->description.make();
        auto endpoint = endpoints::mounted(*dialect, settings);
        routes->endpoints.push_back(endpoint);
    }
    ASSERT_GE(routes->endpoints.size(), 5u);
    site.routes = routes;
    start();
    Client client = site.client();
    for (std::string path :
         {"/svc_status", "/svc_status.json", "/svc_status.prometheus", "/probe_status", "/healthz/",
          "/livez", "/readyz?verbose", "/startupz", "/health", "/metrics", "/"}) {
        std::string rest = " " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
        Got first = client.ask("GET" + rest);
        EXPECT_EQ(first.status, 200) << path;
        EXPECT_FALSE(first.body.empty()) << path;
        EXPECT_TRUE(first.fields.contains("cache-control")) << path;
        EXPECT_EQ(first.fields["x-content-type-options"], "nosniff") << path;
        EXPECT_FALSE(first.fields.contains("server")) << path;
        EXPECT_EQ(client.ask("HEAD" + rest, true).status, 200) << path;
        Got options = client.ask("OPTIONS" + rest);
        EXPECT_EQ(options.status, 200) << path;
        EXPECT_EQ(options.fields["content-length"], "0") << path;
        EXPECT_TRUE(options.fields["allow"].starts_with("GET, HEAD")) << path;
        Got refused = client.ask("BREW" + rest);
        EXPECT_EQ(refused.status, 405) << path;
        EXPECT_EQ(refused.fields["allow"], options.fields["allow"]) << path;
    }
}

}  // namespace
}  // namespace vitals::server::testing
