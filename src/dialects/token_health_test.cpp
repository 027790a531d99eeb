// The token health API: its documented answer, and its errors in their order.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

const Dialect& token_health = *find("token_health");

// A namespace as configuration would make it: through the described fields.
void add_namespace(const ObjectRef& options, std::string name, Secret token,
                   std::vector<std::string> components = {}) {
    const Field& list = token_health.description.fields[0];
    const auto entries = std::get<NamedObjectsRef>(list.reach(options));
    const ObjectRef made = entries.append(entries.value, std::move(name));
    for (const Field& field : list.members) {
        if (field.name == "token") *std::get<Secret*>(field.reach(made)) = token;
        if (field.name == "components")
            *std::get<std::vector<std::string>*>(field.reach(made)) = components;
    }
}

const Secret production("prod-1"), staging("stage-2");

Chosen two_namespaces() {
    Chosen options(token_health);
    const ObjectRef& raw = options.get().ref();
    add_namespace(raw, "production", production);
    add_namespace(raw, "staging", staging, {"cache/*", "!cache/pages"});
    return options;
}

Request ask_for(std::string rest, Pairs query = {}, std::string accept = "*/*") {
    Request request = request_of(std::move(rest), std::move(query));
    request.path = "/api/health/" + request.rest;
    request.accept = std::move(accept);
    return request;
}

Response ask(const Snapshot& snapshot, const Request& request) {
    return token_health.render(snapshot, request, two_namespaces().get());
}

// The document's components.
Snapshot documented() {
    std::vector<Given> given;
    for (const char* name : {"cache/data",
                             "cache/pages",
                             "cache/task_lock",
                             "cache/task_queue",
                             "celery/ping",
                             "celery/queues.high_priority",
                             "celery/queues.medium_priority",
                             "celery/queues.low_priority",
                             "cloud_front/custom_component",
                             "history/clickhouse",
                             "history/e2e",
                             "history/event_bridge.api_destination",
                             "history/event_bridge.connection",
                             "history/event_bridge.credentials",
                             "history/event_bridge.rule",
                             "history/api",
                             "history/files",
                             "s3/custom_component",
                             "postgres",
                             "rabbit",
                             "redis2",
                             "redis",
                             "vault",
                             "websocket"})
        given.push_back({.name = name, .duration = 100ms});
    given.push_back(own("vitals/engine"));
    return snapshot_of(std::move(given));
}

TEST(TokenHealth, answers_as_documented) {
    const Response response = ask(documented(), ask_for("prod-1/", {{"format", "json"}}));
    expect_golden("token_health/documented.json", response);
    EXPECT_EQ(whole(ask(documented(), ask_for("prod-1/"))), whole(response));
    EXPECT_EQ(whole(ask(documented(), ask_for("prod-1/", {{"format", ""}}))), whole(response));
    EXPECT_EQ(response.repeat_for, 0ms);
}

TEST(TokenHealth, tells_its_readers_what_is_wrong) {
    expect_golden("token_health/troubled.json", ask(troubled(), ask_for("prod-1/")));
    expect_golden("token_health/hostile.json", ask(hostile(), ask_for("prod-1/")));
    expect_golden("token_health/troubled.html",
                  ask(troubled(), ask_for("prod-1/", {}, "text/html,*/*;q=0.8")));
    expect_golden("token_health/hostile.html",
                  ask(hostile(), ask_for("prod-1/", {}, "text/html,*/*;q=0.8")));
}

TEST(TokenHealth, shows_each_namespace_its_own) {
    EXPECT_EQ(ask(documented(), ask_for("stage-2/")).body,
              R"({"cache":{"data":{"status":"working","response_time":"0.1"},)"
              R"("task_lock":{"status":"working","response_time":"0.1"},)"
              R"("task_queue":{"status":"working","response_time":"0.1"}}})");
    // Trouble elsewhere is none of its business.
    Snapshot mixed = documented();
    mixed.components.push_back(state_of({.name = "zz", .outcome = failed("no")}));
    EXPECT_EQ(ask(mixed, ask_for("stage-2/")).status, 200);
    EXPECT_EQ(ask(mixed, ask_for("prod-1/")).status, 500);
    // Nothing of its own is watched: that is not well.
    EXPECT_EQ(ask(troubled(), ask_for("stage-2/")).status, 500);
    EXPECT_EQ(ask(troubled(), ask_for("prod-1/")).status, 500);
}

TEST(TokenHealth, writes_times_and_errors) {
    const auto leaf = [](Given given) {
        given.name = "x";
        const std::string body = ask(snapshot_of({std::move(given)}), ask_for("prod-1/")).body;
        return body.substr(5, body.size() - 6);
    };
    EXPECT_EQ(leaf({.duration = 0ns}), R"({"status":"working","response_time":"0.0"})");
    EXPECT_EQ(leaf({.duration = 1'234'567ns}),
              R"({"status":"working","response_time":"0.001235"})");
    EXPECT_EQ(leaf({.duration = 2s}), R"({"status":"working","response_time":"2.0"})");
    EXPECT_EQ(leaf({.outcome = degraded("slow"), .duration = 2s}),
              R"({"status":"warning: slow","response_time":"2.0"})");
    EXPECT_EQ(leaf({.outcome = failed("", ErrorClass::timeout), .duration = 5s}),
              R"({"status":"unavailable: timeout","response_time":"5.0"})");
    EXPECT_EQ(
        leaf({.outcome = failed("refused", ErrorClass::connect, "errno 111"), .duration = 1ms}),
        R"({"status":"unavailable: refused: errno 111","response_time":"0.001"})");
    EXPECT_EQ(leaf({.outcome = failed("refused", ErrorClass::connect, "old"),
                    .age = 26s,
                    .duration = 1ms}),
              R"({"status":"unknown error: stale","response_time":"0.001"})");
    EXPECT_EQ(leaf({.ran = false}),
              R"({"status":"unknown error: not run yet","response_time":"0.0"})");
}

struct Row {
    const char *method, *rest, *format, *accept;
    int status;
    const char* detail;  // null: no JSON
};

// One file for each row of the API's table of answers.
TEST(TokenHealth, answers_every_row_of_its_table) {
    const auto row = [](const std::string& name, const std::string& rest, Pairs query = {},
                        const std::string& accept = "*/*", const std::string& method = "GET") {
        Request request = ask_for(rest, std::move(query), accept);
        request.method = method;
        expect_golden("token_health/row-" + name, ask(documented(), request));
    };
    row("good", "prod-1/");
    row("good-json", "prod-1/", {{"format", "json"}});
    row("unsupported-format", "prod-1/", {{"format", "xml"}});
    row("unsupported-format-wrong-token", "wrong/", {{"format", "xml"}});
    row("wrong-token", "wrong/");
    row("missing-token", "");
    row("missing-slash", "prod-1");
    row("post", "prod-1/", {}, "*/*", "POST");
    row("unacceptable", "prod-1/", {}, "text/csv");
    row("browser", "prod-1/", {}, "text/html");
}

TEST(TokenHealth, finds_errors_in_their_order) {
    const char* const not_found = "Not found.";
    const char* const accept = "Could not satisfy the request Accept header.";
    const Row rows[] = {
        {"GET", "prod-1/", "json", "*/*", 200, nullptr},
        {"GET", "prod-1/", "xml", "*/*", 404, not_found},
        {"GET", "wrong/", "xml", "*/*", 404, not_found},
        {"GET", "wrong/", "api", "text/csv", 404, not_found},
        {"GET", "prod-1/", "JSON", "*/*", 404, not_found},
        {"GET", "wrong/", "json", "*/*", 405, "Method \\\"GET\\\" not allowed."},
        {"GET", "wrong/", nullptr, "text/html", 405, "Method \\\"GET\\\" not allowed."},
        {"GET", "prod/", nullptr, "*/*", 405, "Method \\\"GET\\\" not allowed."},
        {"POST", "prod-1/", nullptr, "*/*", 405, "Method \\\"POST\\\" not allowed."},
        {"DELETE", "wrong/", nullptr, "*/*", 405, "Method \\\"DELETE\\\" not allowed."},
        {"POST", "prod-1/", "xml", "*/*", 404, not_found},
        {"GET", "prod-1/", nullptr, "text/csv", 406, accept},
        {"GET", "wrong/", nullptr, "text/csv", 406, accept},
        {"GET", "prod-1/", "json", "text/html", 406, accept},
        {"GET", "", nullptr, "*/*", 404, nullptr},
        {"GET", "", "xml", "*/*", 404, nullptr},
        {"GET", "/", nullptr, "*/*", 404, nullptr},
        {"GET", "prod-1", nullptr, "*/*", 404, nullptr},
        {"GET", "prod-1/x/", nullptr, "*/*", 404, nullptr},
    };
    for (const Row& row : rows) {
        Request request = ask_for(row.rest, {}, row.accept);
        request.method = row.method;
        if (row.format != nullptr) request.query.emplace_back("format", row.format);
        const Response response = ask(documented(), request);
        const std::string where = std::string(row.method) + " " + row.rest;
        EXPECT_EQ(response.status, row.status) << where;
        if (row.detail != nullptr) {
            EXPECT_EQ(whole(response), std::to_string(row.status) +
                                           "\nContent-Type: application/json\n"
                                           "Allow: GET, HEAD, OPTIONS\nVary: Accept\n\n"
                                           "{\"detail\":\"" +
                                           row.detail + "\"}");
        } else if (row.status != 200) {
            EXPECT_EQ(response.content_type, "text/html; charset=utf-8") << where;
            EXPECT_EQ(response.body.find("detail\":"), std::string::npos);
        }
    }
}

TEST(TokenHealth, follows_a_rotated_token_and_accepts_the_former_for_an_overlap) {
    const Secret token = Secret::pending();
    Chosen options(token_health);
    options.set("token_overlap", std::chrono::milliseconds(10s));
    add_namespace(options.get().ref(), "n", token);
    const auto code = [&](const std::string& shown, Steady when, const char* header = nullptr) {
        Request request = ask_for(shown + "/");
        request.now = when;
        if (header != nullptr) request.headers.emplace_back("authorization", header);
        return token_health.render(documented(), request, options.get()).status;
    };
    const Steady then = ask_for("").now;
    EXPECT_EQ(code("old", then), 405);
    token.replace("old", then);
    EXPECT_EQ(code("old", then), 200);
    token.replace("new", then);
    EXPECT_EQ(code("new", then), 200);
    EXPECT_EQ(code("old", then), 200);
    EXPECT_EQ(code("old", then + 9s), 200);
    EXPECT_EQ(code("old", then + 10s), 405);
    EXPECT_EQ(code("new", then + 10s), 200);
    EXPECT_EQ(code("", then), 404);
    // The header follows, too: it must carry the token that the URL carries, old or new.
    options.set("require_authorization", true);
    EXPECT_EQ(code("old", then, "JWT old"), 200);
    EXPECT_EQ(code("new", then, "JWT new"), 200);
    EXPECT_EQ(code("old", then, "JWT new"), 405);
    EXPECT_EQ(code("old", then + 10s, "JWT old"), 405);
    options.set("token_overlap", std::chrono::milliseconds(0));
    EXPECT_EQ(code("old", then, "JWT old"), 405) << "revoked at once";
    EXPECT_EQ(code("new", then, "JWT new"), 200);
}

TEST(TokenHealth, can_also_require_the_header) {
    Chosen options = two_namespaces();
    options.set("require_authorization", true);
    const auto code = [&](const char* header) {
        Request request = ask_for("prod-1/");
        if (header != nullptr) request.headers.emplace_back("authorization", header);
        return token_health.render(documented(), request, options.get()).status;
    };
    EXPECT_EQ(code(nullptr), 405);
    EXPECT_EQ(code("JWT prod-1"), 200);
    EXPECT_EQ(code("jwt  prod-1"), 200);
    EXPECT_EQ(code("JWT stage-2"), 405);
    EXPECT_EQ(code("JWT"), 405);
    EXPECT_EQ(code("Bearer prod-1"), 405);
    Request request = ask_for("prod-1/");  // ignored unless demanded
    request.headers.emplace_back("authorization", "JWT nonsense");
    EXPECT_EQ(ask(documented(), request).status, 200);
}

TEST(TokenHealth, can_redirect_to_the_slash) {
    Chosen options = two_namespaces();
    options.set("append_slash", true);
    const Response response = token_health.render(documented(), ask_for("a b"), options.get());
    EXPECT_EQ(response.status, 301);
    EXPECT_EQ(response.headers, (Pairs{{"Location", "/api/health/a%20b/"}}));
    EXPECT_EQ(token_health.render(documented(), ask_for(""), options.get()).status, 404);
}

TEST(TokenHealth, the_query_survives_the_slash) {
    Chosen options = two_namespaces();
    options.set("append_slash", true);
    const Request request = ask_for("prod-1", {{"format", "json"}, {"a&b", "c d"}, {"x", ""}});
    EXPECT_EQ(token_health.render(documented(), request, options.get()).headers,
              (Pairs{{"Location", "/api/health/prod-1/?format=json&a%26b=c%20d&x"}}));
}

// Django REST Framework 3.14's choice: it knows no quality values.
TEST(TokenHealth, negotiates_as_the_framework_does) {
    struct Choice {
        const char* accept;
        const char* type;  // null: 406
    };
    const char* const json = "application/json";
    const char* const html = "text/html; charset=utf-8";
    const Choice rows[] = {
        {"", json},
        {"*/*", json},
        {"*/*;q=0", json},
        {"text/html", html},
        {"text/*", html},
        {"application/*, text/*", json},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", html},
        {"text/html;q=0, */*", html},
        {"application/json;q=0.5, text/html", json},
        {"text/html, application/json", json},
        {"application/json, text/html;level=1", html},
        {"application/json; indent=4", json},
        {"text/csv", nullptr},
        {"text/csv, */*;q=0.1", json},
        {"garbage", json},
    };
    for (const Choice& row : rows) {
        const Response response = ask(documented(), ask_for("prod-1/", {}, row.accept));
        EXPECT_EQ(response.status, row.type == nullptr ? 406 : 200) << row.accept;
        if (row.type != nullptr) EXPECT_EQ(response.content_type, row.type) << row.accept;
    }
}

TEST(TokenHealth, of_a_repeated_format_the_last_counts) {
    EXPECT_EQ(ask(documented(), ask_for("prod-1/", {{"format", "xml"}, {"format", "json"}})).status,
              200);
    EXPECT_EQ(ask(documented(), ask_for("prod-1/", {{"format", "json"}, {"format", "xml"}})).status,
              404);
}

TEST(TokenHealth, no_member_hides_another) {
    EXPECT_EQ(ask(snapshot_of({{.name = "cache", .duration = 0ns},
                               {.name = "cache/status",
                                .outcome = failed("", ErrorClass::connect),
                                .duration = 0ns}}),
                  ask_for("prod-1/"))
                  .body,
              R"({"cache":{"status":"working","response_time":"0.0",)"
              R"--("status (2)":{"status":"unavailable: connect","response_time":"0.0"}}})--");
}

TEST(TokenHealth, has_the_configured_codes) {
    Request request = ask_for("prod-1/");
    request.failed_code = 200;
    EXPECT_EQ(ask(troubled(), request).status, 200);
    request = ask_for("prod-1/");
    request.degraded_code = 500;
    EXPECT_EQ(ask(snapshot_of({{.name = "a", .outcome = degraded("")}}), request).status, 500);
    EXPECT_EQ(ask(snapshot_of({{.name = "a", .outcome = failed(""), .critical = false}}),
                  ask_for("prod-1/"))
                  .status,
              500);
}

TEST(TokenHealth, shows_only_kinds_of_errors_when_configured) {
    Request request = ask_for("prod-1/");
    request.disclose = Disclosure::status;
    const std::string body = ask(troubled(), request).body;
    EXPECT_NE(body.find(R"("status":"unavailable")"), std::string::npos);
    EXPECT_EQ(body.find("refused"), std::string::npos);
    EXPECT_EQ(body.find("PRIVATE"), std::string::npos);
}

TEST(TokenHealth, checks_its_options) {
    EXPECT_FALSE(token_health.description.verify(Chosen(token_health).get().ref()));
    EXPECT_TRUE(token_health.description.verify(two_namespaces().get().ref()));
    EXPECT_EQ(token_health.description.fields[0].members[1].refers, "components");
    const Field& token = token_health.description.fields[0].members[0];
    const auto good = [&token](const Secret& secret) {
        const auto options = two_namespaces();
        const ObjectRef& whole = options.get().ref();
        const auto entries =
            std::get<NamedObjectsRef>(token_health.description.fields[0].reach(whole));
        const ObjectRef made = entries.append(entries.value, "tried");
        *std::get<Secret*>(token.reach(made)) = secret;
        return token.verify(made).has_value();
    };
    for (const char* impossible : {"a/b", "/", ".", "..", "Zm9v/Zm8="})
        EXPECT_FALSE(good(Secret(impossible))) << impossible;
    for (const char* possible : {"a b", "...", "Zm9v+Zm8=", "a%2Fb"})
        EXPECT_TRUE(good(Secret(possible))) << possible;
    EXPECT_TRUE(good(Secret::pending()));
}

}  // namespace
}  // namespace vitals::dialects::testing
