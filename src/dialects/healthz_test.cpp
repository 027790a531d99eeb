// healthz: watchman's and Caluma's answers, byte for byte.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

const Dialect& healthz = *find("healthz");

Response ask(const Snapshot& snapshot, std::string rest = {}, Pairs query = {}) {
    return render("healthz", snapshot, request_of(std::move(rest), std::move(query)));
}

// The document's example: all is well but the media storage.
Snapshot documented() {
    return snapshot_of(
        {{"media storage service",
          failed("object cannot be read back", ErrorClass::assertion, private_error), "s3"},
         {"caches/default", ok(), "redis"},
         {"database migrations/default", ok(), "migrations"},
         {"databases/default", ok(), "postgres"},
         {"database models/default", ok(), "postgres_crud"},
         own("vitals/engine")});
}

TEST(Healthz, answers_as_documented) {
    expect_golden("healthz/documented.json", ask(documented()));
    expect_golden("healthz/healthy.json", ask(healthy()));
    expect_golden("healthz/troubled.json", ask(troubled()));
    expect_golden("healthz/hostile.json", ask(hostile()));
    expect_golden("healthz/dashboard.html", ask(documented(), "dashboard"));
    expect_golden("healthz/dashboard-hostile.html", ask(hostile(), "dashboard"));
}

// One file for each row of watchman's and Caluma's behaviour.
TEST(Healthz, answers_every_row_of_the_originals) {
    const auto row = [](const std::string& name, const Snapshot& snapshot, std::string rest = {},
                        Pairs query = {}) {
        expect_golden("healthz/row-" + name, ask(snapshot, std::move(rest), std::move(query)));
    };
    row("check", documented(), {}, {{"check", "watchman.checks.caches"}});
    row("skip", documented(), {}, {{"skip", "media storage service"}});
    row("check-and-skip", documented(), {},
        {{"check", "watchman.checks.caches"},
         {"check", "watchman.checks.databases"},
         {"skip", "watchman.checks.caches"}});
    row("no-checks-found", documented(), {}, {{"check", "watchman.checks.nothing"}});
    row("ping", documented(), "ping");
    row("bare", healthy(), "bare");
    row("bare-failing", documented(), "bare");
    row("dashboard-well.html", healthy(), "dashboard");
    const Chosen guarded = Chosen(healthz).set("watchman_tokens", Secret("one,two-2"));
    expect_golden("healthz/row-token-missing",
                  healthz.render(healthy(), request_of(), guarded.get()));
    const Chosen versioned = Chosen(healthz).set("expose_version", true);
    expect_golden("healthz/row-version.json",
                  healthz.render(healthy(), request_of(), versioned.get()));
}

TEST(Healthz, knows_its_sub_paths_with_and_without_a_slash) {
    for (const std::string mount : {"/healthz/", "/healthz"}) {
        EXPECT_EQ(healthz.match(mount, "/healthz"), "");
        EXPECT_EQ(healthz.match(mount, "/healthz/"), "");
        EXPECT_EQ(healthz.match(mount, "/healthz/ping"), "ping");
        EXPECT_EQ(healthz.match(mount, "/healthz/bare/"), "bare");
        EXPECT_EQ(healthz.match(mount, "/healthz/dashboard/"), "dashboard");
        EXPECT_EQ(healthz.match(mount, "/healthz/other"), std::nullopt);
        EXPECT_EQ(healthz.match(mount, "/healthz//"), std::nullopt);
        EXPECT_EQ(healthz.match(mount, "/healthzz"), std::nullopt);
        EXPECT_EQ(healthz.match(mount, "/x/healthz/"), std::nullopt);
    }
    EXPECT_EQ(healthz.match("/", "/ping"), "ping");
}

TEST(Healthz, a_dashboard_without_its_slash_is_elsewhere) {
    for (const std::string rest : {"ping", "bare", "dashboard"}) {
        Request request = request_of(rest, {{"watchman-token", "a b"}});
        request.path = "/healthz/" + rest;
        EXPECT_EQ(whole(render("healthz", documented(), request)),
                  "301\nContent-Type: text/html; charset=utf-8\nLocation: /healthz/" + rest +
                      "/?watchman-token=a%20b\n\n");
    }
}

TEST(Healthz, any_method_reads) {
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
        Request request = request_of();
        request.method = method;
        EXPECT_EQ(whole(render("healthz", documented(), request)), whole(ask(documented())))
            << method;
        EXPECT_NE(healthz.methods.find(method), std::string_view::npos);
    }
}

TEST(Healthz, no_member_hides_another) {
    EXPECT_EQ(
        ask(snapshot_of({{.name = "s3", .outcome = ok().with("configured", false)},
                         {.name = "s3 (not configured)", .outcome = failed("no")}}))
            .body,
        R"--({"s3 (not configured)": {"ok": true}, "s3 (not configured) (2)": {"ok": false}})--");
}

TEST(Healthz, answers_ping_and_bare) {
    EXPECT_EQ(whole(ask(documented(), "ping")), "200\nContent-Type: text/plain\n\npong");
    EXPECT_EQ(whole(ask(documented(), "bare")), "503\nContent-Type: text/plain\n\n");
    EXPECT_EQ(whole(ask(healthy(), "bare")), "200\nContent-Type: text/plain\n\n");
    EXPECT_EQ(ask(documented(), "bare", {{"check", "nothing"}}).status, 200);
}

constexpr std::string_view none_found = R"({"error": 404, "message": "No checks found"})";

TEST(Healthz, selects_by_python_paths_and_by_names_of_vitals) {
    struct Row {
        Pairs query;
        std::string body;
        int status = 200;
    };
    const std::string databases = R"("databases": [{"default": {"ok": true}}])";
    const std::string caches = R"("caches": [{"default": {"ok": true}}])";
    const std::string storage = R"("media storage service": {"ok": false})";
    const std::string caluma = "caluma.caluma_core.health_checks.";
    const Row rows[] = {
        {{{"check", "watchman.checks.databases"}}, "{" + databases + "}"},
        {{{"check", "databases"}}, "{" + databases + "}"},
        {{{"check", "databases/default"}}, "{" + databases + "}"},
        {{{"check", "watchman.checks.caches"}, {"check", "databases"}},
         "{" + databases + ", " + caches + "}"},
        {{{"check", "caches"}, {"check", "databases"}, {"skip", "watchman.checks.databases"}},
         "{" + caches + "}"},
        {{{"check", "media storage service"}}, "{" + storage + "}", 503},
        {{{"check", caluma + "check_media_storage_service"}}, "{" + storage + "}", 503},
        {{{"skip", "media storage service"},
          {"skip", caluma + "check_models"},
          {"skip", caluma + "check_migrations"}},
         "{" + databases + ", " + caches + "}"},
        {{{"check", "caches"}, {"check", "nonsense"}}, "{" + caches + "}"},
        {{{"other", "databases"}, {"check", "caches"}}, "{" + caches + "}"},
        {{{"check", "nonsense"}}, std::string(none_found), 404},
        {{{"check", ""}}, std::string(none_found), 404},
        {{{"check", "watchman.checks"}}, std::string(none_found), 404},
        {{{"check", "caches"}, {"skip", "caches"}}, std::string(none_found), 404},
        {{{"check", "vitals/engine"}}, std::string(none_found), 404},
    };
    for (const Row& row : rows) {
        const Response response = ask(documented(), {}, row.query);
        EXPECT_EQ(response.body, row.body);
        EXPECT_EQ(response.status, row.status) << row.body;
        EXPECT_EQ(response.content_type, "application/json");
    }
}

TEST(Healthz, finds_no_checks_when_there_are_none) {
    const Response response = ask(snapshot_of({own("vitals/engine")}));
    EXPECT_EQ(response.status, 503) << "nothing watched is not well";
    EXPECT_EQ(response.body, R"({"error": 503, "message": "No checks found"})");
}

TEST(Healthz, lists_a_group_once_when_a_component_has_its_name) {
    const Snapshot snapshot =
        snapshot_of({{.name = "caches"}, {.name = "caches-b"}, {.name = "caches/a"}});
    EXPECT_EQ(ask(snapshot).body, R"({"caches": [{"caches": {"ok": true}}, {"a": {"ok": true}}], )"
                                  R"("caches-b": {"ok": true}})");
}

TEST(Healthz, counts_degraded_as_working_and_stale_or_never_run_as_not) {
    const auto code = [](Given given) { return ask(snapshot_of({std::move(given)})).status; };
    EXPECT_EQ(code({.name = "a", .outcome = degraded("slow")}), 200);
    EXPECT_EQ(code({.name = "a", .age = 26s}), 503);
    EXPECT_EQ(code({.name = "a", .ran = false}), 503);
    EXPECT_EQ(code({.name = "a", .outcome = failed("x"), .critical = false}), 503);
}

TEST(Healthz, takes_the_endpoints_codes) {
    Request request = request_of();
    request.failed_code = 500;
    request.degraded_code = 207;
    EXPECT_EQ(render("healthz", documented(), request).status, 500);
    EXPECT_EQ(
        render("healthz", snapshot_of({{.name = "a", .outcome = degraded("")}}), request).status,
        207);
}

struct Shown {
    const char *header, *parameter;
    int status;
};

TEST(Healthz, needs_a_token_as_watchman_does) {
    const Chosen options = Chosen(healthz).set("watchman_tokens", Secret("one,two-2"));
    const Shown rows[] = {
        {nullptr, nullptr, 403},
        {"WATCHMAN-TOKEN Token=\"one\"", nullptr, 200},
        {"WATCHMAN-TOKEN Token=two-2", nullptr, 200},
        {"Anything, Token=\"one\"", nullptr, 200},
        {"WATCHMAN-TOKEN Token=\"one,two-2\"", nullptr, 403},
        {"WATCHMAN-TOKEN Token=\"one\", x=1", nullptr, 403},
        {"WATCHMAN-TOKEN Token=\"\"one\"\"", nullptr, 200},
        {"WATCHMAN-TOKEN Token=bad\tToken=one", nullptr, 200},
        {"Bearer one", nullptr, 403},
        {"WATCHMAN-TOKEN Token=\"three\"", nullptr, 403},
        {"WATCHMAN-TOKEN Token=\"\"", nullptr, 403},
        {nullptr, "one", 200},
        {nullptr, "one,two-2", 403},
        {nullptr, "", 403},
        {nullptr, "on", 403},
        {"Basic abc", "one", 200},                       // no Token in it: the query counts
        {"WATCHMAN-TOKEN Token=\"three\"", "one", 403},  // the header is decisive
        {"WATCHMAN-TOKEN Token=\"one\"", "three", 200},
    };
    for (const Shown& row : rows) {
        Request request = request_of();
        if (row.header != nullptr) request.headers.emplace_back("authorization", row.header);
        if (row.parameter != nullptr) request.query.emplace_back("watchman-token", row.parameter);
        const Response response = healthz.render(healthy(), request, options.get());
        EXPECT_EQ(response.status, row.status) << (row.header ? row.header : "-");
        EXPECT_EQ(response.body.empty(), row.status == 403);
        EXPECT_EQ(response.content_type,
                  row.status == 403 ? "text/html; charset=utf-8" : "application/json");
        EXPECT_EQ(response.repeat_for, 0ms);
        request.rest = "dashboard";
        EXPECT_EQ(healthz.render(healthy(), request, options.get()).status, row.status);
        request.rest = "ping";
        EXPECT_EQ(healthz.render(healthy(), request, options.get()).status, 200);
        request.rest = "bare";
        EXPECT_EQ(healthz.render(healthy(), request, options.get()).status, 200);
    }
}

TEST(Healthz, of_a_repeated_token_the_last_counts) {
    const Chosen options = Chosen(healthz).set("watchman_tokens", Secret("one,two-2"));
    const auto code = [&](Pairs query) {
        return healthz.render(healthy(), request_of({}, std::move(query)), options.get()).status;
    };
    EXPECT_EQ(code({{"watchman-token", "bad"}, {"watchman-token", "one"}}), 200);
    EXPECT_EQ(code({{"watchman-token", "one"}, {"watchman-token", "bad"}}), 403);
}

TEST(Healthz, admits_nobody_while_its_tokens_have_no_values) {
    const Secret secret = Secret::pending();
    Chosen options = Chosen(healthz).set("watchman_tokens", secret);
    options.set("token_name", std::string("key"));
    Request request = request_of({}, {{"key", ""}});
    EXPECT_EQ(healthz.render(healthy(), request, options.get()).status, 403);
    secret.replace("late");
    EXPECT_EQ(healthz.render(healthy(), request, options.get()).status, 403);
    request.query = {{"key", "late"}};
    EXPECT_EQ(healthz.render(healthy(), request, options.get()).status, 200);
}

TEST(Healthz, tells_its_version_when_told_to) {
    const Chosen options = Chosen(healthz).set("expose_version", true);
    const Response response = healthz.render(healthy(), request_of(), options.get());
    EXPECT_EQ(response.headers, (Pairs{{"X-Watchman-Version", "1.5.0"}}));
    EXPECT_TRUE(healthz.render(healthy(), request_of("ping"), options.get()).headers.empty());
}

}  // namespace
}  // namespace vitals::dialects::testing
