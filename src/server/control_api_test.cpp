// The control API, /v1.
#include <boost/json.hpp>

#include "endpoints/openapi.hpp"
#include "endpoints/operation.hpp"
#include "model/json.hpp"
#include "server/server_testing.hpp"
#include "text/json.hpp"

namespace vitals::server::testing {
namespace {

namespace json = boost::json;

class ControlApiTest : public ::testing::Test {
  protected:
    void SetUp() override {
        site.listeners = {Site::tcp(), Site::tcp()};
        site.listeners[0].control = true;
        auto routes = std::make_shared<endpoints::Routes>();
        routes->tokens = {token("reader", "r3ad", true, false, false),
                          token("pusher", "p0sh", false, true, false),
                          token("operator", "0per", false, false, true)};
        site.routes = routes;
        site.control.push = [this](Push push, auto done) {
            pushed.push_back(std::move(push));
            done(answer, why);
        };
        site.control.remove = [this](std::string name, std::string, auto done) {
            removed.push_back(std::move(name));
            done(answer, why);
        };
        site.control.run = [this](std::string name, auto done) {
            SnapshotReader reader(site.hub);
            for (const auto& state : site.hub.current()->components)
                if (state->name() == name) return done(state);
            done(nullptr);
        };
        site.control.heartbeat = [this](Heartbeats beats, auto done) {
            heard.push_back(std::move(beats));
            done(why);
        };
        site.control.reload = [this](auto, auto done) {
            endpoints::ReloadResult result;
            result.problems = problems;
            if (problems.empty()) result.added = {"web"};
            done(result);
        };
        site.control.definitions = [](auto done) { done({{"db/main", "postgres", "abc"}}); };
        site.publish({{"db/main", Status::failed, 1h, "said \xff no"}, {"web"}});
        site.start();
    }

    Got ask(const std::string& method, const std::string& path, const std::string& body = {},
            const std::string& fields = {}, std::size_t listener = 0) {
        std::string request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields;
        if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return site.ask(request + "\r\n" + body, listener);
    }
    int status_with(const std::string& shown, const std::string& method, const std::string& path,
                    const std::string& body = {}) {
        return ask(method, path, body,
                   shown.empty() ? "" : "Authorization: Bearer " + shown + "\r\n", 1)
            .status;
    }
    static json::object object(const Got& got) { return json::parse(got.body).as_object(); }

    Site site;
    std::vector<Push> pushed;
    std::vector<std::string> removed;
    std::vector<Heartbeats> heard;
    std::vector<std::string> problems;
    endpoints::Control::Answer answer = endpoints::Control::Answer::done;
    std::string why;
};

TEST_F(ControlApiTest, lists_components_with_everything) {
    Got got = ask("GET", "/v1/components");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.fields["content-type"], "application/json");
    EXPECT_EQ(got.fields["cache-control"], "no-store");
    json::object list = object(got);
    EXPECT_EQ(list["status"], "failed");
    EXPECT_EQ(list["service"].at("name"), "shop");
    ASSERT_EQ(list["components"].as_array().size(), 2u);
    json::object first = list["components"].as_array()[0].as_object();
    EXPECT_EQ(first["name"], "db/main");
    EXPECT_EQ(first["status"], "failed");
    EXPECT_EQ(first["error"], "said \xef\xbf\xbd no");
    EXPECT_EQ(list["decommission"],
              (json::value{{"text", "OK"}, {"active", false}, {"draining", false}}));
}

TEST_F(ControlApiTest, gets_one_component_by_its_encoded_name) {
    Got got = ask("GET", "/v1/components/db%2Fmain");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(object(got)["name"], "db/main");
    site.clock.step(2h);
    EXPECT_EQ(object(ask("GET", "/v1/components/db%2fmain"))["status"], "unknown");
    got = ask("GET", "/v1/components/nothing");
    EXPECT_EQ(got.status, 404);
    EXPECT_EQ(got.fields["content-type"], "application/problem+json");
    EXPECT_EQ(got.body,
              "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"there "
              "is no component of this name\",\"instance\":\"/v1/components/nothing\"}\n");
    EXPECT_EQ(ask("GET", "/v1/components/db/main").status, 404);
    EXPECT_EQ(ask("GET", "/v1/components/").status, 404);
    EXPECT_EQ(ask("GET", "/v1/components/a%").status, 400);
    Got head = Client(site.port())
                   .ask("HEAD /v1/components/web HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
    EXPECT_EQ(head.status, 200);
}

TEST_F(ControlApiTest, methods_are_allowed_or_named) {
    Got got = ask("POST", "/v1/components/web");
    EXPECT_EQ(got.status, 405);
    EXPECT_EQ(got.fields["allow"], "GET, HEAD, PUT, DELETE, OPTIONS");
    EXPECT_EQ(object(got)["status"], 405);
    got = ask("OPTIONS", "/v1/components/web");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.fields["allow"], "GET, HEAD, PUT, DELETE, OPTIONS");
    EXPECT_EQ(got.body, "");
    got = ask("OPTIONS", "/v1/components/nothing");
    EXPECT_EQ(got.status, 404) << "the code of GET";
    EXPECT_EQ(got.fields["allow"], "GET, HEAD, PUT, DELETE, OPTIONS");
    EXPECT_EQ(got.body, "");
    got = ask("OPTIONS", "/v1/reload");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.fields["allow"], "POST, OPTIONS");
    EXPECT_EQ(ask("GET", "/v1").status, 404);
    EXPECT_EQ(ask("GET", "/v1/").status, 404);
    EXPECT_EQ(ask("GET", "/v2").fields["content-type"], "text/plain; charset=utf-8");
}

TEST_F(ControlApiTest, takes_a_push) {
    answer = endpoints::Control::Answer::created;
    Got got = ask("PUT", "/v1/components/jobs%2Fnightly",
                  R"({"status":"degraded","detail":"slow\nvery","ttl":"90s",
                     "properties":{"n":3,"f":1.5,"b":true,"t":"x"}})");
    EXPECT_EQ(got.status, 201);
    EXPECT_EQ(got.fields["location"], "/v1/components/jobs%2Fnightly");
    EXPECT_EQ(got.body, "");
    ASSERT_EQ(pushed.size(), 1u);
    EXPECT_EQ(pushed[0].component, "jobs/nightly");
    EXPECT_EQ(pushed[0].outcome.status, Status::degraded);
    EXPECT_EQ(pushed[0].outcome.detail, "slow very");
    EXPECT_EQ(pushed[0].ttl, 90s);
    EXPECT_EQ(pushed[0].outcome.properties,
              (std::vector<Property>{
                  {"n", std::int64_t{3}}, {"f", 1.5}, {"b", true}, {"t", std::string("x")}}));
    answer = endpoints::Control::Answer::done;
    EXPECT_EQ(ask("PUT", "/v1/components/a", R"({"status":"ok","ttl":1.5})").status, 204);
    EXPECT_EQ(pushed[1].ttl, 1500ms);
    EXPECT_EQ(ask("PUT", "/v1/components/a", R"({"status":"failed"})").status, 204);
    EXPECT_EQ(pushed[2].outcome.error_class, ErrorClass::assertion);
    EXPECT_TRUE(pushed[2].create);
    EXPECT_FALSE(pushed[2].critical);
    answer = endpoints::Control::Answer::unknown_component;
    EXPECT_EQ(
        ask("PUT", "/v1/components/a", R"({"status":"ok","create":false,"critical":true})").status,
        404);
    EXPECT_FALSE(pushed[3].create);
    EXPECT_TRUE(pushed[3].critical);
}

TEST_F(ControlApiTest, bodies_that_are_not_what_they_should_be_change_nothing) {
    std::string deep(50, '[');
    struct Case {
        std::string body, detail;
    };
    for (const Case& each :
         {Case{"", "the body is not JSON"},
          Case{"{", "the body is not JSON"},
          Case{"nonsense", "the body is not JSON"},
          Case{"[]", "the body must be a JSON object"},
          Case{"{} {}", "the body is not JSON"},
          Case{deep, "the body is not JSON"},
          Case{R"({"status":"ok","x":[[[[[[[[[[]]]]]]]]]]})", "the body is not JSON"},
          Case{R"({"status":"ok","properties":{"a":[[[[[[[[]]]]]]]]}})", "the body is not JSON"},
          Case{"{}", "`status` must be one of ok, degraded, failed, unknown"},
          Case{R"({"status":"OK"})", "`status` must be"},
          Case{R"({"status":1})", "`status` must"},
          Case{R"({"status":"ok","state":1})",
               "`state` is not known here; known are status, detail, properties, ttl"},
          Case{R"({"status":"ok","detail":1})", "`detail` must be a text"},
          Case{R"({"status":"ok","properties":[]})", "`properties` must be an object"},
          Case{R"({"status":"ok","ttl":"soon"})", "`ttl` must be a duration"},
          Case{R"({"status":"ok","ttl":0})", "`ttl` must be"},
          Case{R"({"status":"ok","ttl":"999999d"})", "at most 3650 days"},
          Case{R"({"status":"ok","ttl":999999999})", "at most 3650 days"},
          Case{R"({"status":"ok","ttl":-1})", "`ttl` must be"},
          Case{R"({"status":"ok","ttl":1e300})", "`ttl` must be"},
          Case{"{\"status\":\"ok\",\"detail\":\"\xff\"}", "the body is not JSON"}}) {
        Got got = ask("PUT", "/v1/components/a", each.body);
        EXPECT_EQ(got.status, 400) << each.body;
        EXPECT_NE(got.body.find(each.detail), std::string::npos) << got.body;
    }
    EXPECT_TRUE(pushed.empty());
    EXPECT_EQ(ask("PUT", "/v1/components/a", std::string(70'000, ' ')).status, 413);
}

TEST_F(ControlApiTest, properties_hold_whatever_json_holds) {
    const std::string properties =
        R"({"labels":{"errors":7,"good":42.5},"queue":[1,"two",null,[true]],"last":null,)"
        R"("db":{"name":"x","replica":{"lag":-1}}})";
    EXPECT_EQ(
        ask("PUT", "/v1/components/h", R"({"status":"failed","properties":)" + properties + "}")
            .status,
        204);
    ASSERT_EQ(pushed.size(), 1u);
    std::string shown;
    text::JsonWriter(shown).value(pushed[0].outcome.properties);
    EXPECT_EQ(shown, properties);
}

TEST_F(ControlApiTest, impossible_names_are_refused) {
    std::string ok = R"({"status":"ok"})";
    for (std::string name : {"a%2Fb%2Fc", "%2Fa", "a%2F", "a%0Ab", "%ff", "a%7F", "a%C2%80",
                             "a%E2%80%A8b", "vitals%2Fengine", "a%20"})
        EXPECT_EQ(ask("PUT", "/v1/components/" + name, ok).status, 400) << name;
    EXPECT_EQ(ask("PUT", "/v1/components/" + std::string(129, 'a'), ok).status, 400);
    EXPECT_TRUE(pushed.empty());
    EXPECT_EQ(ask("PUT", "/v1/components/media%20storage%20service", ok).status, 204);
    EXPECT_EQ(ask("PUT", "/v1/components/%C3%A9", ok).status, 204);
    EXPECT_EQ(pushed[0].component, "media storage service");
}

TEST_F(ControlApiTest, refusals_of_the_engine_are_told) {
    std::string ok = R"({"status":"ok"})";
    answer = endpoints::Control::Answer::not_pushed;
    why = "web is checked every 10s";
    Got got = ask("PUT", "/v1/components/web", ok);
    EXPECT_EQ(got.status, 409);
    EXPECT_EQ(object(got)["detail"], json::string(why));
    answer = endpoints::Control::Answer::refused;
    EXPECT_EQ(ask("PUT", "/v1/components/web", ok).status, 422);
    answer = endpoints::Control::Answer::configured;
    why.clear();
    EXPECT_EQ(ask("DELETE", "/v1/components/web").status, 409);
    answer = endpoints::Control::Answer::unknown_component;
    EXPECT_EQ(ask("DELETE", "/v1/components/web").status, 404);
    answer = endpoints::Control::Answer::done;
    EXPECT_EQ(ask("DELETE", "/v1/components/db%2Fmain").status, 204);
    EXPECT_EQ(removed.back(), "db/main");
}

TEST_F(ControlApiTest, run_answers_with_the_state_after_it) {
    Got got = ask("POST", "/v1/components/web/run");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(object(got)["name"], "web");
    EXPECT_EQ(object(got)["status"], "ok");
    EXPECT_EQ(ask("POST", "/v1/components/nothing/run").status, 404);
}

TEST_F(ControlApiTest, drain_is_read_and_set) {
    EXPECT_EQ(object(ask("GET", "/v1/drain"))["active"], false);
    Got got = ask("PUT", "/v1/drain", R"({"text":"maintenance"})");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(
        object(got),
        (json::object{
            {"text", "maintenance"}, {"active", true}, {"draining", false}, {"durable", true}}));
    EXPECT_EQ(site.decommissioned, std::vector<std::string>{"maintenance"});
    EXPECT_EQ(site.deciders, std::vector<std::string>{"127.0.0.1"});
    site.durable = false;
    got = ask("PUT", "/v1/drain", R"({"text":"OK"})");
    EXPECT_EQ(object(got)["active"], false);
    EXPECT_EQ(got.fields["warning"], "199 vitals \"not saved, will not survive a restart\"");
    for (std::string body :
         {R"({"text":""})", R"({"text":1})", "{}", R"({"text":"a\nb"})", R"({"text":"OK","x":1})"})
        EXPECT_EQ(ask("PUT", "/v1/drain", body).status, 400) << body;
    EXPECT_EQ(site.decommissioned.size(), 2u);
}

TEST_F(ControlApiTest, reload_tells_every_problem) {
    Got good = ask("POST", "/v1/reload");
    EXPECT_EQ(good.status, 200);
    EXPECT_EQ(good.body, R"({"added":["web"],"changed":[],"removed":[],"waiting":[]})"
                         "\n");
    problems = {"vitals.yaml:1:2: one", "vitals.yaml:3:4: two"};
    Got got = ask("POST", "/v1/reload");
    EXPECT_EQ(got.status, 422);
    EXPECT_EQ(got.fields["content-type"], "application/problem+json");
    EXPECT_EQ(object(got)["problems"],
              (json::array{"vitals.yaml:1:2: one", "vitals.yaml:3:4: two"}));
}

TEST_F(ControlApiTest, definitions_are_told_by_their_digests) {
    Got got = ask("GET", "/v1/definitions");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body,
              "{\"definitions\":{\"db/main\":{\"kind\":\"postgres\",\"digest\":\"abc\"}}}\n");
    got = ask("OPTIONS", "/v1/definitions");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.fields["allow"], "GET, HEAD, OPTIONS");
    EXPECT_EQ(got.body, "");
}

TEST_F(ControlApiTest, on_other_listeners_every_operation_needs_its_right) {
    std::string ok = R"({"status":"ok"})", text = R"({"text":"x"})";
    struct Case {
        std::string method, path, body, right;
    };
    for (const Case& each :
         {Case{"GET", "/v1/components", "", "r3ad"}, Case{"GET", "/v1/components/web", "", "r3ad"},
          Case{"GET", "/v1/drain", "", "r3ad"}, Case{"GET", "/v1/definitions", "", "r3ad"},
          Case{"PUT", "/v1/components/a", ok, "p0sh"},
          Case{"DELETE", "/v1/components/a", "", "p0sh"},
          Case{"POST", "/v1/components/web/run", "", "0per"},
          Case{"PUT", "/v1/drain", text, "0per"}, Case{"POST", "/v1/reload", "", "0per"}}) {
        std::string name = each.method + " " + each.path;
        EXPECT_EQ(status_with("", each.method, each.path, each.body), 401) << name;
        EXPECT_EQ(status_with("wrong", each.method, each.path, each.body), 401) << name;
        for (std::string shown : {"r3ad", "p0sh", "0per"}) {
            int status = status_with(shown, each.method, each.path, each.body);
            if (shown == each.right)
                EXPECT_LT(status, 300) << name << " " << shown;
            else
                EXPECT_EQ(status, 403) << name << " " << shown;
        }
    }
    EXPECT_EQ(status_with("", "GET", "/v1/openapi.json"), 200);
}

TEST_F(ControlApiTest, a_page_from_elsewhere_cannot_use_a_control_listener) {
    std::string body = R"({"text":"gone"})";
    EXPECT_EQ(ask("PUT", "/v1/drain", body, "Origin: http://evil.example\r\n").status, 401);
    EXPECT_EQ(ask("GET", "/v1/components", "", "Sec-Fetch-Site: cross-site\r\n").status, 401);
    EXPECT_EQ(ask("PUT", "/v1/drain", body, "Origin: null\r\n").status, 401);
    // A page whose name was made to point here is its own origin.
    for (std::string host :
         {"evil.example", "evil.example:80", "localhost.evil.example", "xlocalhost"})
        EXPECT_EQ(site.ask("GET /v1/components HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status, 401)
            << host;
    for (std::string host : {"127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1", "a.localhost", ""})
        EXPECT_EQ(site.ask("GET /v1/components HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status, 200)
            << host;
    EXPECT_TRUE(site.decommissioned.empty());
    EXPECT_EQ(ask("PUT", "/v1/drain", body, "Origin: http://localhost\r\n").status, 200);
    EXPECT_EQ(ask("GET", "/v1/components", "", "Sec-Fetch-Site: same-origin\r\n").status, 200);
}

TEST_F(ControlApiTest, a_client_that_goes_cancels_nothing) {
    std::mutex mutex;
    std::vector<std::function<void(std::shared_ptr<const ComponentState>)>> runs;
    Site slow;
    slow.listeners = {Site::tcp()};
    slow.listeners[0].control = true;
    slow.control.run = [&](std::string, auto done) {
        std::scoped_lock lock(mutex);
        runs.push_back(std::move(done));
    };
    slow.publish({{"web"}});
    slow.start();
    auto under_way = [&] {
        std::scoped_lock lock(mutex);
        return runs.size();
    };
    std::string run = "POST /v1/components/web/run HTTP/1.1\r\nHost: localhost\r\n\r\n";
    {
        Client gone = slow.client();
        gone.send(run);
        while (under_way() < 1) std::this_thread::sleep_for(1ms);
        gone.reset();
    }
    Client patient = slow.client();
    patient.send(run + "GET /v1/drain HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (under_way() < 2) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(slow.get("/v1/drain").status, 200);  // nobody else waits
    for (auto& done : runs) done(slow.hub.current()->components[0]);
    EXPECT_EQ(object(patient.receive())["name"], "web");
    EXPECT_EQ(object(patient.receive())["active"], false);  // in order
    // An answer after the server has gone is dropped.
    Client late = slow.client();
    late.send(run);
    while (under_way() < 3) std::this_thread::sleep_for(1ms);
    auto done = std::move(runs.back());
    slow.server.reset();
    done(slow.hub.current()->components[0]);
}

TEST_F(ControlApiTest, takes_the_heartbeat_of_one_worker) {
    EXPECT_EQ(ask("PUT", "/v1/workers/pulp/scheduler%40a%2Fb/heartbeat").status, 204);
    EXPECT_EQ(
        ask("PUT", "/v1/workers/pulp/w/heartbeat", R"({"sent":1420231198,"leaving":true})").status,
        204);
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_EQ(heard[0].group, "pulp");
    ASSERT_EQ(heard[0].beats.size(), 1u);
    EXPECT_EQ(heard[0].beats[0].worker, "scheduler@a/b");
    EXPECT_FALSE(heard[0].beats[0].sent);
    EXPECT_EQ(heard[1].beats[0].sent, System(std::chrono::seconds(1420231198)));
    EXPECT_TRUE(heard[1].beats[0].leaving);
}

TEST_F(ControlApiTest, takes_the_heartbeats_of_many_workers) {
    EXPECT_EQ(ask("PUT", "/v1/workers/pulp/heartbeats",
                  R"({"workers":["a",{"name":"b","sent":1},{"name":"c","leaving":true}]})")
                  .status,
              204);
    ASSERT_EQ(heard.size(), 1u);
    ASSERT_EQ(heard[0].beats.size(), 3u);
    EXPECT_EQ(heard[0].beats[0].worker, "a");
    EXPECT_EQ(heard[0].beats[1].sent, System(std::chrono::seconds(1)));
    EXPECT_TRUE(heard[0].beats[2].leaving);
}

TEST_F(ControlApiTest, refuses_a_body_that_is_no_heartbeat) {
    for (const char* body :
         {"[]", R"({"workers":1})", R"({"workers":[1]})", R"({"workers":[{}]})",
          R"({"workers":[{"name":"a","sent":"now"}]})", R"({"workers":[],"more":1})",
          R"({"workers":[{"name":"a","sent":-1}]})", R"({"workers":[{"name":"a","leaving":1}]})"})
        EXPECT_EQ(ask("PUT", "/v1/workers/pulp/heartbeats", body).status, 400) << body;
    EXPECT_EQ(ask("PUT", "/v1/workers/a%2Fb/w/heartbeat").status, 400);
    EXPECT_EQ(ask("PUT", "/v1/workers/pulp//heartbeat").status, 404);
    EXPECT_TRUE(heard.empty());
    why = "there is no group of workers 'nobody' in the configuration";
    const Got got = ask("PUT", "/v1/workers/nobody/w/heartbeat");
    EXPECT_EQ(got.status, 422);
    EXPECT_NE(got.body.find(why), std::string::npos);
    EXPECT_EQ(status_with("r3ad", "PUT", "/v1/workers/pulp/w/heartbeat"), 403);
    EXPECT_EQ(status_with("", "PUT", "/v1/workers/pulp/w/heartbeat"), 401);
}

// Every operation, every schema that is named, and nothing that is not.
TEST(OpenApi, describes_what_is_served) {
    json::value document = json::parse(endpoints::openapi_document());
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    EXPECT_EQ(document.at("info").at("version"), "1.0.0");
    std::size_t described = 0;
    for (const auto& [path, item] : document.at("paths").as_object())
        described += item.as_object().size();
    EXPECT_EQ(described, endpoints::operations().size());
    for (const endpoints::Operation* each : endpoints::operations()) {
        const endpoints::Operation& operation = *each;
        std::string method = operation.method == "GET"    ? "get"
                             : operation.method == "PUT"  ? "put"
                             : operation.method == "POST" ? "post"
                                                          : "delete";
        const json::value& one = document.at("paths").at(operation.path).at(method);
        EXPECT_EQ(one.at("operationId"), json::string(operation.id));
        EXPECT_FALSE(one.at("responses").as_object().empty());
        if (operation.right != endpoints::Right::none) {
            EXPECT_TRUE(one.at("responses").as_object().contains("401"));
        }
    }
    std::string text = json::serialize(document);
    const json::object& schemas = document.at("components").at("schemas").as_object();
    std::size_t at = 0;
    while ((at = text.find("#/components/schemas/", at)) != std::string::npos) {
        at += 21;
        std::string name = text.substr(at, text.find('"', at) - at);
        EXPECT_TRUE(schemas.contains(name)) << name;
    }
    for (const auto& [name, schema] : schemas)
        EXPECT_NE(text.find("#/components/schemas/" + std::string(name) + "\""), std::string::npos)
            << name;
}

}  // namespace
}  // namespace vitals::server::testing
