// actuator, microprofile, consul, statuspage and badge, byte for byte.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

Response ask(std::string_view dialect, const Snapshot& snapshot, std::string rest,
             std::string accept = {}) {
    Request request = request_of(std::move(rest));
    request.accept = std::move(accept);
    return render(dialect, snapshot, request);
}

Snapshot one(Given given) {
    return snapshot_of({std::move(given)});
}

Snapshot starting() {
    Snapshot snapshot = troubled();
    snapshot.components.push_back(state_of({.name = "zz late", .ran = false}));
    return snapshot;
}

Snapshot decommissioned(Snapshot snapshot = healthy()) {
    snapshot.decommission.text = "moving";
    return snapshot;
}

const char* const v2 = "application/vnd.spring-boot.actuator.v2+json";

TEST(Actuator, answers_as_spring_boot_does) {
    expect_golden("actuator/healthy.json", ask("actuator", healthy(), ""));
    expect_golden("actuator/troubled.json", ask("actuator", troubled(), ""));
    expect_golden("actuator/troubled-v2.json", ask("actuator", troubled(), "", v2));
    expect_golden("actuator/hostile.json", ask("actuator", hostile(), ""));
    expect_golden("actuator/liveness.json", ask("actuator", troubled(), "liveness"));
    expect_golden("actuator/decommissioned.json", ask("actuator", decommissioned(), "readiness"));
}

TEST(Actuator, has_its_media_types) {
    EXPECT_EQ(ask("actuator", healthy(), "").content_type,
              "application/vnd.spring-boot.actuator.v3+json");
    EXPECT_EQ(ask("actuator", healthy(), "", "application/json").content_type, "application/json");
    EXPECT_EQ(ask("actuator", healthy(), "", v2).content_type, v2);
    EXPECT_EQ(ask("actuator", healthy(), "", "text/html").status, 200);
}

TEST(Actuator, has_a_path_per_component_and_group) {
    EXPECT_EQ(ask("actuator", troubled(), "databases/default").body, R"({"status":"UP"})");
    EXPECT_EQ(ask("actuator", troubled(), "reports").body,
              R"({"status":"DOWN","details":{"detail":"HTTP status 500, expected 200"}})");
    EXPECT_EQ(ask("actuator", troubled(), "reports").status, 503);
    EXPECT_EQ(ask("actuator", troubled(), "databases").body,
              R"({"status":"DOWN","components":{"default":{"status":"UP"},)"
              R"("reports":{"status":"DOWN","details":{"detail":"connection refused"}}}})");
    EXPECT_EQ(ask("actuator", troubled(), "nothing").status, 404);
    EXPECT_EQ(ask("actuator", troubled(), "nothing").body, "");
    EXPECT_EQ(ask("actuator", troubled(), "vitals/store").status, 404);
}

TEST(Actuator, has_components_below_its_groups) {
    EXPECT_EQ(ask("actuator", troubled(), "readiness/databases/default").body,
              R"({"status":"UP"})");
    EXPECT_EQ(whole(ask("actuator", troubled(), "readiness/databases")),
              whole(ask("actuator", troubled(), "databases")));
    EXPECT_EQ(ask("actuator", troubled(), "readiness/nothing").status, 404);
    Given loop{.name = "loops/main", .outcome = failed("stuck"), .probes = {"live"}};
    const Snapshot live = snapshot_of({own("vitals/engine"), loop, {.name = "db"}});
    EXPECT_EQ(ask("actuator", live, "liveness/loops/main").status, 503);
    EXPECT_EQ(ask("actuator", live, "liveness/loops").status, 503);
    EXPECT_EQ(ask("actuator", live, "liveness/db").status, 404);
    // A group of the configuration may have the name of one of Spring's.
    const Snapshot named = snapshot_of({{.name = "readiness/x", .outcome = failed("no")}});
    EXPECT_EQ(ask("actuator", named, "readiness/x").status, 503);
}

TEST(Actuator, has_an_index_and_info) {
    Request request = request_of("/");
    request.path = "/actuator/";
    request.site = "http://shop:8080";
    EXPECT_EQ(render("actuator", healthy(), request).body,
              R"({"_links":{"self":{"href":"http://shop:8080/actuator","templated":false},)"
              R"("health":{"href":"http://shop:8080/actuator/health","templated":false},)"
              R"("health-path":{"href":"http://shop:8080/actuator/health/{*path}",)"
              R"("templated":true},"info":{"href":"http://shop:8080/actuator/info",)"
              R"("templated":false}}})");
    EXPECT_EQ(ask("actuator", troubled(), "/info").status, 200);
    EXPECT_EQ(ask("actuator", troubled(), "/info").body,
              R"({"build":{"name":"shop","version":"2.6.0"}})");
}

TEST(Actuator, no_member_hides_another) {
    const Snapshot snapshot =
        snapshot_of({{.name = "db"}, {.name = "db/db", .outcome = failed("")}});
    EXPECT_EQ(ask("actuator", snapshot, "db").body,
              R"({"status":"DOWN","components":{"db":{"status":"UP"},)"
              R"--("db (2)":{"status":"DOWN"}}})--");
    Snapshot out = decommissioned(snapshot_of({{.name = "readinessState", .outcome = failed("")}}));
    EXPECT_EQ(
        ask("actuator", out, "").body,
        R"--({"status":"DOWN","components":{"readinessState (2)":{"status":"DOWN"},)--"
        R"("readinessState":{"status":"OUT_OF_SERVICE"}},"groups":["liveness","readiness"]})");
}

TEST(Actuator, maps_statuses_and_codes) {
    EXPECT_EQ(ask("actuator", one({.name = "a", .outcome = degraded("slow")}), "").body,
              R"({"status":"UP","components":{"a":{"status":"UP","details":{"status":"degraded",)"
              R"("detail":"slow"}}},"groups":["liveness","readiness"]})");
    const Response stale = ask("actuator", one({.name = "a", .age = 26s}), "");
    EXPECT_EQ(stale.status, 503);
    EXPECT_TRUE(stale.body.starts_with(R"({"status":"UNKNOWN")")) << stale.body;
    const Response soft =
        ask("actuator", one({.name = "a", .outcome = failed("no"), .critical = false}), "");
    EXPECT_EQ(soft.status, 200);
    EXPECT_TRUE(soft.body.starts_with(R"({"status":"UP","components":{"a":{"status":"DOWN")"));
}

TEST(Actuator, is_out_of_service_when_decommissioned_but_alive) {
    for (const std::string rest : {"", "readiness"}) {
        const Response response = ask("actuator", decommissioned(), rest);
        EXPECT_EQ(response.status, 503);
        EXPECT_TRUE(response.body.starts_with(R"({"status":"OUT_OF_SERVICE")"));
    }
    EXPECT_EQ(ask("actuator", decommissioned(), "liveness").status, 200);
    // DOWN is graver.
    EXPECT_TRUE(
        ask("actuator", decommissioned(troubled()), "").body.starts_with(R"({"status":"DOWN")"));
}

TEST(Actuator, matches_below_its_path) {
    const Dialect& actuator = *find("actuator");
    EXPECT_EQ(actuator.match("/actuator/health", "/actuator/health"), "");
    EXPECT_EQ(actuator.match("/actuator/health", "/actuator/health/"), "");
    EXPECT_EQ(actuator.match("/actuator/health", "/actuator/health/a/b"), "a/b");
    EXPECT_EQ(actuator.match("/actuator/health", "/actuator/healthy"), std::nullopt);
    EXPECT_EQ(actuator.match("/actuator/health", "/actuator"), "/");
    EXPECT_EQ(actuator.match("/actuator/health", "/actuator/"), "/");
    EXPECT_EQ(actuator.match("/actuator/health", "/actuator/info"), "/info");
    EXPECT_EQ(actuator.match("/actuator/health", "/actuator/env"), std::nullopt);
    EXPECT_EQ(actuator.match("/health", "/"), std::nullopt);
    EXPECT_EQ(actuator.match("/a", "/info"), std::nullopt);
}

TEST(MicroProfile, answers_its_four_paths) {
    expect_golden("microprofile/ready.json", ask("microprofile", troubled(), "ready"));
    expect_golden("microprofile/live.json", ask("microprofile", troubled(), "live"));
    expect_golden("microprofile/started.json", ask("microprofile", starting(), "started"));
    expect_golden("microprofile/hostile.json", ask("microprofile", hostile(), ""));
    EXPECT_EQ(whole(ask("microprofile", troubled(), "start")),
              whole(ask("microprofile", troubled(), "started")));
    EXPECT_EQ(whole(ask("microprofile", snapshot_of({}), "started")),
              "200\nContent-Type: application/json\n\n{\"status\":\"UP\",\"checks\":[]}");
}

TEST(MicroProfile, is_not_ready_but_alive_when_decommissioned) {
    const Response ready = ask("microprofile", decommissioned(one({.name = "a"})), "ready");
    EXPECT_EQ(ready.status, 503);
    EXPECT_EQ(ready.body, R"({"status":"DOWN","checks":[{"name":"a","status":"UP"},)"
                          R"({"name":"decommission","status":"DOWN",)"
                          R"("data":{"status":"failed"}}]})");
    EXPECT_EQ(ask("microprofile", decommissioned(), "live").status, 200);
}

TEST(MicroProfile, shares_health_with_health_json) {
    const Dialect& microprofile = *find("microprofile");
    EXPECT_EQ(microprofile.match("/health", "/health/live"), "live");
    EXPECT_EQ(microprofile.match("/health", "/health"), "");
    EXPECT_EQ(microprofile.match("/health", "/health/other"), std::nullopt);
    EXPECT_EQ(find("health_json")->match("/health", "/health/live"), std::nullopt);
    // The first that matches answers: the draft's at the path itself.
    const auto place = [](std::string_view name) {
        return std::ranges::find(all(), name,
                                 [](const Dialect* dialect) { return dialect->description.name; });
    };
    EXPECT_LT(place("health_json"), place("microprofile"));
}

TEST(Consul, reports_the_status_by_the_code) {
    const auto code = [](Given given) { return ask("consul", one(std::move(given)), "").status; };
    EXPECT_EQ(code({.name = "a"}), 200);
    EXPECT_EQ(code({.name = "a", .outcome = degraded("slow")}), 429);
    EXPECT_EQ(code({.name = "a", .outcome = failed("no"), .critical = false}), 429);
    EXPECT_EQ(code({.name = "a", .outcome = failed("no")}), 503);
    EXPECT_EQ(code({.name = "a", .age = 26s}), 503);
    EXPECT_EQ(code({.name = "a", .ran = false}), 503);
    expect_golden("consul/troubled", ask("consul", troubled(), ""));
    expect_golden("consul/hostile", ask("consul", hostile(), ""));
    expect_golden("consul/decommissioned", ask("consul", decommissioned(), ""));
}

TEST(Consul, has_a_path_per_component_and_group) {
    EXPECT_EQ(ask("consul", troubled(), "databases/default").status, 200);
    EXPECT_EQ(ask("consul", troubled(), "databases").status, 503);
    EXPECT_EQ(ask("consul", troubled(), "disk").status, 429);
    EXPECT_EQ(ask("consul", troubled(), "none").status, 404);
    EXPECT_EQ(
        ask("consul", one({.name = "a", .outcome = failed("no"), .critical = false}), "a").status,
        503);
}

TEST(Consul, keeps_within_what_consul_keeps) {
    std::vector<Given> given;
    for (int i = 0; i < 500; ++i)
        given.push_back({.name = "warm/" + std::to_string(i), .outcome = degraded("slow")});
    given.push_back({.name = "zz", .outcome = failed("this must be seen")});
    const std::string body = ask("consul", snapshot_of(std::move(given)), "").body;
    EXPECT_LE(body.size(), 4096u);
    EXPECT_NE(body.find("this must be seen"), std::string::npos);
    EXPECT_NE(body.find(" more\n"), std::string::npos);
}

TEST(Statuspage, publishes_as_hosted_pages_do) {
    expect_golden("statuspage/healthy-status.json", ask("statuspage", healthy(), "status.json"));
    expect_golden("statuspage/troubled-status.json", ask("statuspage", troubled(), "status.json"));
    expect_golden("statuspage/troubled-summary.json",
                  ask("statuspage", troubled(), "summary.json"));
    expect_golden("statuspage/hostile-summary.json", ask("statuspage", hostile(), "summary.json"));
}

TEST(Statuspage, has_all_documents_of_a_hosted_page) {
    const auto members = [](std::string document) {
        const std::string body = ask("statuspage", healthy(), std::move(document)).body;
        std::string found;
        for (const char* name :
             {"page", "components", "incidents", "scheduled_maintenances", "status"})
            if (body.find(
                    "\"" + std::string(name) + "\":" +
                    (name == std::string("page") || name == std::string("status") ? "{" : "[")) !=
                std::string::npos)
                found += std::string(name) + " ";
        return found;
    };
    EXPECT_EQ(members("status.json"), "page status ");
    EXPECT_EQ(members("summary.json"), "page components incidents scheduled_maintenances status ");
    EXPECT_EQ(members("components.json"), "page components ");
    for (const char* document : {"incidents.json", "incidents/unresolved.json"})
        EXPECT_EQ(members(document), "page incidents ");
    for (const char* document :
         {"scheduled-maintenances.json", "scheduled-maintenances/upcoming.json",
          "scheduled-maintenances/active.json"})
        EXPECT_EQ(members(document), "page scheduled_maintenances ");
    EXPECT_EQ(find("statuspage")->match("/api/v2/", "/api/v2/incidents/x.json"), std::nullopt);
    expect_golden("statuspage/troubled-components.json",
                  ask("statuspage", troubled(), "components.json"));
}

TEST(Statuspage, says_where_it_is) {
    Request request = request_of("status.json");
    request.site = "https://shop:8443";
    const std::string asked = R"("url":"https://shop:8443")";
    EXPECT_NE(render("statuspage", healthy(), request).body.find(asked), std::string::npos);
    const Chosen set = Chosen(*find("statuspage")).set("url", std::string("https://status.shop"));
    EXPECT_NE(find("statuspage")
                  ->render(healthy(), request, set.get())
                  .body.find(R"("url":"https://status.shop")"),
              std::string::npos);
}

TEST(Statuspage, has_four_indicators) {
    const auto indicator = [](std::vector<Given> given) {
        const std::string body =
            ask("statuspage", snapshot_of(std::move(given)), "status.json").body;
        const auto from = body.find("\"indicator\":\"") + 13;
        return body.substr(from, body.find('"', from) - from);
    };
    const Given fine{.name = "a"};
    const Given bad{.name = "b", .outcome = failed("no")};
    EXPECT_EQ(indicator({fine}), "none");
    EXPECT_EQ(indicator({fine, {.name = "c", .outcome = degraded("slow")}}), "minor");
    EXPECT_EQ(indicator({fine, bad}), "major");
    EXPECT_EQ(indicator({bad}), "critical");
    EXPECT_EQ(indicator({fine, {.name = "c", .age = 26s}}), "major");
}

TEST(Statuspage, lets_other_sites_read_when_told_to) {
    const Dialect& statuspage = *find("statuspage");
    Chosen options(statuspage);
    EXPECT_TRUE(
        statuspage.render(healthy(), request_of("status.json"), options.get()).headers.empty());
    options.set("allow_origin", std::string("*"));
    EXPECT_EQ(statuspage.render(healthy(), request_of("status.json"), options.get()).headers,
              (Pairs{{"Access-Control-Allow-Origin", "*"}}));
    options.set("allow_origin", std::string("a\r\nX: y"));
    EXPECT_FALSE(statuspage.description.verify(options.get().ref()));
    EXPECT_EQ(statuspage.match("/api/v2/", "/api/v2/status.json"), "status.json");
    EXPECT_EQ(statuspage.match("/api/v2/", "/api/v2/"), std::nullopt);
}

TEST(Badge, serves_shields_and_pictures) {
    expect_golden("badge/all.json", ask("badge", troubled(), ".json"));
    expect_golden("badge/failed.json", ask("badge", troubled(), "databases/reports.json"));
    expect_golden("badge/ok.svg", ask("badge", troubled(), "databases/default.svg"));
    expect_golden("badge/all.svg", ask("badge", healthy(), ".svg"));
    expect_golden("badge/hostile.svg",
                  ask("badge", hostile(), "\"quoted\\back\"/<script>alert(1)</script>.svg"));
}

TEST(Badge, knows_names_and_groups) {
    EXPECT_EQ(ask("badge", troubled(), "databases.json").body,
              R"({"schemaVersion":1,"label":"databases","message":"1/2 ok","color":"red",)"
              R"("isError":true})");
    EXPECT_EQ(ask("badge", troubled(), "search.json").body,
              R"({"schemaVersion":1,"label":"search","message":"unknown","color":"lightgrey"})");
    const Response none = ask("badge", troubled(), "none.json");
    EXPECT_EQ(none.status, 404);
    EXPECT_EQ(none.body,
              R"({"schemaVersion":1,"label":"none","message":"not found","color":"lightgrey"})");
    const Dialect& badge = *find("badge");
    EXPECT_EQ(badge.match("/badge/", "/badge/a/b.svg"), "a/b.svg");
    EXPECT_EQ(badge.match("/badge/", "/badge.json"), ".json");
    EXPECT_EQ(badge.match("/badge/", "/badge/a"), std::nullopt);
    EXPECT_EQ(badge.match("/badge/", "/badges.json"), std::nullopt);
}

struct Message {
    std::string label, message, color;
    int code = 0;
};

Message badge_of(const std::string& rest, Pairs query, const PastAnswer* past,
                 Disclosure disclose = Disclosure::detail) {
    Request request = request_of(rest, std::move(query));
    request.past = past;
    request.disclose = disclose;
    const Response response = render("badge", troubled(), request);
    const auto member = [&](const std::string& name) {
        const std::string before = '"' + name + "\":\"";
        const auto from = response.body.find(before) + before.size();
        return response.body.substr(from, response.body.find('"', from) - from);
    };
    return {member("label"), member("message"), member("color"), response.status};
}

Past past_of(std::vector<StateSpan> spans, std::chrono::hours back) {
    return {
        .from = wall - back, .now = wall, .spans = std::move(spans), .skipped = {}, .blind = {}};
}

TEST(Badge, asks_the_history_for_what_it_is_to_show) {
    const Dialect& badge = *find("badge");
    const auto asked = [&](const std::string& rest, Pairs query) {
        return badge.asks(troubled(), request_of(rest, std::move(query)));
    };
    EXPECT_FALSE(asked("databases.json", {}));
    EXPECT_FALSE(asked("databases.json", {{"show", "status"}, {"range", "30d"}}));
    EXPECT_FALSE(asked("none.json", {{"show", "uptime"}}));
    EXPECT_FALSE(asked("databases.json", {{"show", "uptime"}, {"range", "5d"}}));
    EXPECT_FALSE(asked("databases.json", {{"show", "response"}})) << "of one component only";
    const auto group = asked("databases.json", {{"show", "uptime"}, {"range", "30d"}});
    ASSERT_TRUE(group);
    EXPECT_EQ(group->names, (std::vector<std::string>{"databases/default", "databases/reports"}));
    EXPECT_EQ(group->back, std::chrono::days(30));
    const auto one = asked("databases/default.svg", {{"show", "response"}});
    ASSERT_TRUE(one);
    EXPECT_TRUE(one->responses);
    EXPECT_EQ(one->back, 24h);
}

TEST(Badge, tells_uptime_and_how_much_of_it_is_known) {
    const Pairs day{{"show", "uptime"}};
    PastAnswer past;
    past.pasts = {past_of(
        {{wall - 24h, Spent::ok}, {wall - 12h, Spent::failed}, {wall - 11h, Spent::ok}}, 24h)};
    Message told = badge_of("databases/default.json", day, &past);
    EXPECT_EQ(told.label, "databases/default uptime 24h");
    EXPECT_EQ(told.message, "95.83 %");
    EXPECT_EQ(told.color, "red");
    past.pasts = {past_of({{wall - 24h, Spent::ok}, {wall - 1h, Spent::unknown}}, 24h)};
    told = badge_of("databases/default.json", day, &past);
    EXPECT_EQ(told.message, "100 % of 95.83 %");
    EXPECT_EQ(told.color, "lightgrey") << "nobody knows enough for green";
    past.pasts = {past_of({{wall - 2h, Spent::ok}}, 24h)};
    told = badge_of("databases/default.json", day, &past);
    EXPECT_EQ(told.message, "100 % in 2 h");
    EXPECT_EQ(told.color, "brightgreen");
    past.pasts->front().planned = {{wall - 1h, wall}};
    past.pasts->front().spans.push_back({wall - 1h, Spent::failed});
    EXPECT_EQ(badge_of("databases/default.json", day, &past).message, "100 % in 2 h");
}

TEST(Badge, is_never_green_when_the_state_is_not_known) {
    PastAnswer nothing, unwatched;
    unwatched.pasts = {past_of({}, 24h)};
    unwatched.responses = {ResponseStep{}};
    for (const PastAnswer* past : {static_cast<const PastAnswer*>(nullptr), &std::as_const(nothing),
                                   &std::as_const(unwatched)})
        for (const char* show : {"uptime", "response"}) {
            const Message told = badge_of("databases/default.json", {{"show", show}}, past);
            EXPECT_EQ(told.message, "not known");
            EXPECT_EQ(told.color, "lightgrey");
            EXPECT_EQ(told.code, 200);
        }
}

TEST(Badge, tells_response_times_of_one_component) {
    PastAnswer past;
    past.responses = {ResponseStep{.runs = 9, .p50 = 12'400us, .p95 = 80ms}};
    const Pairs week{{"show", "response"}, {"range", "7d"}};
    const Message told = badge_of("databases/default.json", week, &past);
    EXPECT_EQ(told.label, "databases/default response 7d");
    EXPECT_EQ(told.message, "12 ms");
    EXPECT_EQ(badge_of("databases.json", week, &past).message, "name one component");
    EXPECT_EQ(badge_of("databases/default.json", week, &past, Disclosure::status).message,
              "not public");
}

TEST(Badge, says_which_questions_are_possible) {
    const Message show = badge_of("databases.json", {{"show", "<weather>"}}, nullptr);
    EXPECT_EQ(show.code, 400);
    EXPECT_EQ(show.message, "show=status, uptime or response");
    const Message range =
        badge_of("databases.json", {{"show", "uptime"}, {"range", "5d"}}, nullptr);
    EXPECT_EQ(range.code, 400);
    EXPECT_EQ(range.message, "range=1h, 24h, 7d, 30d or 90d");
}

}  // namespace
}  // namespace vitals::dialects::testing
