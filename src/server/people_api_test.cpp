// The control API: what people do and are shown. Incidents, notes, silences, maintenance, verdict.
#include <boost/json.hpp>

#include "model/board.hpp"
#include "server/server_testing.hpp"

namespace vitals::server::testing {
namespace {

namespace json = boost::json;

class PeopleApiTest : public ::testing::Test {
  protected:
    void SetUp() override {
        site.listeners = {Site::tcp(), Site::tcp()};
        site.listeners[0].control = true;
        auto routes = std::make_shared<endpoints::Routes>();
        routes->tokens = {token("reader", "r3ad", true, false, false),
                          token("pusher", "p0sh", false, true, false),
                          token("operator", "0per", false, false, true)};
        site.routes = routes;
        endpoints::People& people = site.control.people;
        people.acknowledge = [this](std::string id, std::string by, std::string reason, auto done) {
            asked.push_back("ack " + id + " " + by + " " + reason);
            done(changed);
        };
        people.note = [this](std::string id, std::string by, NoteState state, bool is_public,
                             std::string text, auto done) {
            asked.push_back("note " + id + " " + by + " " + std::string(to_string(state)) +
                            (is_public ? " public " : " ") + text);
            done(changed);
        };
        people.mute = [this](endpoints::People::NewMute mute, auto done) {
            mutes.push_back(std::move(mute));
            done(changed);
        };
        people.end_mute = [this](std::string id, std::string by, auto done) {
            asked.push_back("end " + id + " " + by);
            done(changed);
        };
        people.announce = [this](std::string component, std::string text, std::string by,
                                 auto done) {
            asked.push_back("announce " + component + " " + text + " " + by);
            done(changed);
        };
        people.incident = [this](std::string id, auto done) {
            if (!history) return done(std::nullopt);
            done(id == "ab-1" ? older : nullptr);
        };
        people.incidents = [this](std::string component, std::uint64_t before, std::size_t limit,
                                  auto done) {
            asked.push_back("incidents " + component + " " + std::to_string(before) + " " +
                            std::to_string(limit));
            if (!history) return done(std::nullopt);
            done(std::vector{older});
        };
        site.publish({{"db/main", Status::failed, 1h, "said"}, {"web", Status::failed}});
        publish_board();
        site.start();
    }

    void publish_board() {
        auto board = std::make_shared<Board>();
        auto open = std::make_shared<IncidentRecord>();
        open->number = 2;
        open->id = "ab-2";
        open->roots = {"db/main"};
        open->title = "refused <b>";
        open->opened = site.clock.system();
        open->level = open->worst = Status::failed;
        open->members.push_back({"web", site.clock.system(), {}, Status::failed});
        open->acknowledged = Acknowledgement{site.clock.system(), "ann", "on it"};
        open->notes.push_back({.id = 1,
                               .incident = 2,
                               .at = site.clock.system(),
                               .by = "ann",
                               .state = NoteState::identified,
                               .is_public = true,
                               .text = "a\nb"});
        open->told.push_back(
            {"mail", "problem", site.clock.system(), 2, Delivery::State::in_doubt, "timed out"});
        board->incidents.push_back(open);
        board->mutes.push_back(
            {.id = "s1", .match = {"db/*"}, .by = "ann", .reason = "why", .active = true});
        board->mutes.push_back({.id = "m1", .maintenance = true, .match = {"web"}, .by = "bob"});
        site.hub.publish(board);
        auto closed = std::make_shared<IncidentRecord>();
        closed->number = 1;
        closed->id = "ab-1";
        closed->roots = {"web"};
        closed->closed = site.clock.system();
        older = closed;
    }
    Got ask(const std::string& method, const std::string& path, const std::string& body = {},
            const std::string& fields = {}, std::size_t listener = 0) {
        std::string request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields;
        if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return site.ask(request + "\r\n" + body, listener);
    }
    int with(const std::string& secret, const std::string& method, const std::string& path,
             const std::string& body = {}) {
        return ask(method, path, body, "Authorization: Bearer " + secret + "\r\n", 1).status;
    }
    static json::object object(const Got& got) { return json::parse(got.body).as_object(); }

    endpoints::Changed changed{.id = "new"};
    std::vector<std::string> asked;
    std::vector<endpoints::People::NewMute> mutes;
    std::shared_ptr<const IncidentRecord> older;
    bool history = true;
    Site site;
};

TEST_F(PeopleApiTest, incidents_are_listed_the_open_ones_from_memory) {
    json::object open = object(ask("GET", "/v1/incidents?open=1"));
    ASSERT_EQ(open["incidents"].as_array().size(), 1u);
    EXPECT_TRUE(asked.empty()) << "the history is not needed for that";
    const json::object incident = open["incidents"].as_array()[0].as_object();
    EXPECT_EQ(incident.at("id"), "ab-2");
    EXPECT_EQ(incident.at("cause"), "db/main");
    EXPECT_TRUE(incident.at("closed").is_null());
    EXPECT_EQ(incident.at("opened"), "2026-11-21T01:02:03.000Z");
    EXPECT_EQ(incident.at("acknowledged").at("by"), "ann");
    EXPECT_EQ(incident.at("members").at(0).at("component"), "web");
    EXPECT_EQ(incident.at("notes").at(0).at("text"), "a\nb");
    EXPECT_EQ(incident.at("notes").at(0).at("state"), "identified");
    EXPECT_EQ(incident.at("deliveries").at(0).at("state"), "in_doubt");
    EXPECT_EQ(incident.at("state"), "identified");
    json::array all = object(ask("GET", "/v1/incidents"))["incidents"].as_array();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].at("id"), "ab-2");
    EXPECT_EQ(all[1].at("id"), "ab-1");
    EXPECT_EQ(object(ask("GET", "/v1/incidents?before=ab-2"))["incidents"].as_array().size(), 1u);
    EXPECT_EQ(object(ask("GET", "/v1/incidents?limit=1"))["incidents"].as_array().size(), 1u);
    EXPECT_EQ(object(ask("GET", "/v1/incidents?component=web"))["incidents"].as_array().size(), 2u)
        << "its own, and one that it was drawn into";
    EXPECT_EQ(asked.back(), "incidents web 18446744073709551615 50");
    history = false;
    Got got = ask("GET", "/v1/incidents");
    EXPECT_EQ(got.status, 200);
    EXPECT_TRUE(got.fields.contains("warning"));
    for (const std::string query : {"limit=0", "limit=501", "limit=x", "before=x", "open=yes"})
        EXPECT_EQ(ask("GET", "/v1/incidents?" + query).status, 400) << query;
}

TEST_F(PeopleApiTest, one_incident_is_read_from_memory_or_the_history) {
    EXPECT_EQ(object(ask("GET", "/v1/incidents/ab-2"))["title"], "refused <b>");
    EXPECT_EQ(object(ask("GET", "/v1/incidents/ab-1"))["cause"], "web");
    EXPECT_EQ(ask("GET", "/v1/incidents/ab-3").status, 404);
    history = false;
    EXPECT_EQ(ask("GET", "/v1/incidents/ab-1").status, 503);
    EXPECT_EQ(ask("GET", "/v1/incidents/ab-2").status, 200);
}

TEST_F(PeopleApiTest, an_incident_is_acknowledged_and_noted) {
    EXPECT_EQ(ask("POST", "/v1/incidents/ab-2/ack", R"({"reason":"mine","by":"cat"})").status, 204);
    EXPECT_EQ(ask("POST", "/v1/incidents/ab-2/ack").status, 204);
    EXPECT_EQ(with("0per", "POST", "/v1/incidents/ab-2/ack"), 204);
    EXPECT_EQ(asked, (std::vector<std::string>{"ack ab-2 cat mine", "ack ab-2 127.0.0.1 ",
                                               "ack ab-2 operator "}));
    Got got = ask("POST", "/v1/incidents/ab-2/notes", R"({"text":"a disk\nis full"})");
    EXPECT_EQ(got.status, 201);
    EXPECT_EQ(got.body, "{\"id\":\"new\",\"durable\":true}\n");
    EXPECT_EQ(asked.back(), "note ab-2 127.0.0.1 identified a disk\nis full") << "as it was";
    EXPECT_EQ(ask("POST", "/v1/incidents/ab-2/notes",
                  R"({"text":"x","state":"monitoring","public":true,"by":"cat"})")
                  .status,
              201);
    EXPECT_EQ(asked.back(), "note ab-2 cat monitoring public x");
    changed = {.problem = "it has closed", .over = true};
    EXPECT_EQ(ask("POST", "/v1/incidents/ab-1/ack").status, 409);
    changed = {.problem = "there is none", .unknown = true};
    EXPECT_EQ(ask("POST", "/v1/incidents/x/ack").status, 404);
    changed = {.durable = false, .id = "n"};
    got = ask("POST", "/v1/incidents/ab-2/notes", R"({"text":"x"})");
    EXPECT_TRUE(got.fields.contains("warning"));
    const std::size_t before = asked.size();
    for (const std::string body : {"{", R"({"text":""})", R"({"text":1})", R"({"text":" \n "})",
                                   R"({"text":"a\u0007"})", R"({"text":"a","state":"done"})",
                                   R"({"text":"a","by":""})", R"({"text":"a","x":1})", R"({})"})
        EXPECT_EQ(ask("POST", "/v1/incidents/ab-2/notes", body).status, 400) << body;
    for (const std::string body : {R"({"reason":"a\nb"})", R"({"by":"a\u007f"})", "[]"})
        EXPECT_EQ(ask("POST", "/v1/incidents/ab-2/ack", body).status, 400) << body;
    EXPECT_EQ(asked.size(), before);
}

TEST_F(PeopleApiTest, silences_need_an_end_and_a_reason) {
    json::object listed = object(ask("GET", "/v1/silences"));
    ASSERT_EQ(listed["silences"].as_array().size(), 1u);
    EXPECT_EQ(listed["silences"].at(0).at("reason"), "why");
    EXPECT_EQ(object(ask("GET", "/v1/maintenance"))["maintenance"].at(0).at("id"), "m1");
    Got got = ask("POST", "/v1/silences", R"({"match":"db/*","duration":"2h","reason":"why"})");
    EXPECT_EQ(got.status, 201);
    ASSERT_EQ(mutes.size(), 1u);
    EXPECT_EQ(mutes[0].match, std::vector<std::string>{"db/*"});
    EXPECT_EQ(mutes[0].until, site.clock.system() + 2h);
    EXPECT_FALSE(mutes[0].from || mutes[0].maintenance);
    got = ask("POST", "/v1/maintenance",
              R"({"match":["tag:a","!b"],"from":"2026-12-01T00:00:00Z",)"
              R"("until":"2026-12-01T02:00:00+01:00","reason":"move","by":"cat"})");
    EXPECT_EQ(got.status, 201);
    EXPECT_TRUE(mutes[1].maintenance);
    EXPECT_EQ(mutes[1].by, "cat");
    EXPECT_EQ(mutes[1].until - *mutes[1].from, 1h);
    EXPECT_EQ(ask("DELETE", "/v1/silences/s1").status, 204);
    EXPECT_EQ(ask("DELETE", "/v1/silences/m1").status, 404) << "that is a maintenance";
    EXPECT_EQ(ask("DELETE", "/v1/maintenance/m1").status, 204);
    for (
        const std::string body :
        {R"({"match":"a","duration":"1h"})", R"({"match":"a","reason":"x"})",
         R"({"match":"a","duration":"1h","until":"2026-12-01T00:00:00Z","reason":"x"})",
         R"({"match":"a","until":"2026-11-01T00:00:00Z","reason":"x"})",
         R"({"match":"a","until":"soon","reason":"x"})",
         R"({"match":[],"duration":1,"reason":"x"})",
         R"({"match":"a/b/c","duration":1,"reason":"x"})",
         R"({"match":"a\n","duration":1,"reason":"x"})",
         R"({"match":"a","duration":-1,"reason":"x"})",
         R"({"match":"a","duration":"99999d","reason":"x"})",
         R"({"match":"a","duration":1,"reason":" "})",
         R"({"match":"a","from":"2026-12-02T00:00:00Z","until":"2026-12-01T00:00:00Z","reason":"x"})"})
        EXPECT_EQ(ask("POST", "/v1/silences", body).status, 400) << body;
    EXPECT_EQ(mutes.size(), 2u);
}

TEST_F(PeopleApiTest, a_pipeline_announces_what_it_did) {
    EXPECT_EQ(
        ask("POST", "/v1/events", R"({"text":"2.6.1","what":"release","component":"web"})").status,
        204);
    EXPECT_EQ(asked.back(), "announce web release: 2.6.1 127.0.0.1");
    EXPECT_EQ(with("p0sh", "POST", "/v1/events", R"({"text":"x"})"), 204);
    EXPECT_EQ(with("r3ad", "POST", "/v1/events", R"({"text":"x"})"), 403);
    for (const std::string body : {R"({"text":""})", R"({"text":"a\nb"})", R"({"component":"web"})",
                                   R"({"text":"a","component":"a/b/c"})"})
        EXPECT_EQ(ask("POST", "/v1/events", body).status, 400) << body;
    EXPECT_EQ(ask("GET", "/v1/events").status, 501) << "nothing is kept here";
}

TEST_F(PeopleApiTest, the_verdict_leads_with_the_cause) {
    auto snapshot = std::make_shared<Snapshot>(*site.hub.current());
    snapshot->version = 100;
    snapshot->causes["web"] = "db/main";
    site.hub.publish(snapshot);
    const json::object verdict = object(ask("GET", "/v1/verdict"));
    EXPECT_EQ(verdict.at("status"), "failed");
    EXPECT_EQ(verdict.at("cause"), "db/main");
    EXPECT_EQ(verdict.at("consequences"), json::array{"web"});
    EXPECT_EQ(verdict.at("incident"), "ab-2");
    EXPECT_EQ(verdict.at("ack").at("text"), "on it");
    EXPECT_TRUE(verdict.at("others").as_array().empty());
}

TEST_F(PeopleApiTest, each_right_allows_its_operations_only) {
    struct Case {
        std::string method, path, body;
        bool read, control;
    };
    for (const Case& each :
         {Case{"GET", "/v1/incidents", "", true, false},
          Case{"GET", "/v1/incidents/ab-2", "", true, false},
          Case{"GET", "/v1/verdict", "", true, false}, Case{"GET", "/v1/silences", "", true, false},
          Case{"GET", "/v1/maintenance", "", true, false},
          Case{"POST", "/v1/incidents/ab-2/ack", "", false, true},
          Case{"POST", "/v1/incidents/ab-2/notes", R"({"text":"x"})", false, true},
          Case{"POST", "/v1/silences", R"({"match":"a","duration":1,"reason":"x"})", false, true},
          Case{"DELETE", "/v1/silences/s1", "", false, true},
          Case{"POST", "/v1/maintenance", R"({"match":"a","duration":1,"reason":"x"})", false,
               true},
          Case{"DELETE", "/v1/maintenance/m1", "", false, true}}) {
        EXPECT_EQ(with("r3ad", each.method, each.path, each.body) < 300, each.read) << each.path;
        EXPECT_EQ(with("0per", each.method, each.path, each.body) < 300, each.control) << each.path;
        EXPECT_EQ(with("p0sh", each.method, each.path, each.body), 403) << each.path;
        EXPECT_EQ(ask(each.method, each.path, each.body, {}, 1).status, 401) << each.path;
    }
}

}  // namespace
}  // namespace vitals::server::testing
