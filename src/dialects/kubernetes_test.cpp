// livez, readyz and startupz, byte for byte.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

const Dialect& kubernetes = *find("kubernetes");

Response ask(const Snapshot& snapshot, std::string rest, Pairs query = {}) {
    return render("kubernetes", snapshot, request_of(std::move(rest), std::move(query)));
}

TEST(Kubernetes, answers_only_ok_when_all_is_well) {
    for (const std::string probe : {"livez", "readyz", "startupz"})
        EXPECT_EQ(whole(ask(healthy(), probe)),
                  "200\nContent-Type: text/plain; charset=utf-8\n\nok");
}

TEST(Kubernetes, answers_verbosely_on_request_and_on_failure) {
    expect_golden("kubernetes/readyz-verbose", ask(healthy(), "readyz", {{"verbose", ""}}));
    expect_golden("kubernetes/livez-verbose", ask(troubled(), "livez", {{"verbose", "1"}}));
    expect_golden("kubernetes/readyz-failed", ask(troubled(), "readyz"));
    Snapshot starting = troubled();
    starting.components.push_back(state_of({.name = "zz late", .ran = false}));
    expect_golden("kubernetes/startupz-failed", ask(starting, "startupz"));
    expect_golden("kubernetes/hostile", ask(hostile(), "readyz"));
    expect_golden("kubernetes/excluded", ask(troubled(), "readyz",
                                             {{"exclude", "databases/reports"},
                                              {"exclude", "reports"},
                                              {"exclude", "search"},
                                              {"exclude", "importer"},
                                              {"exclude", "zz \"top\""},
                                              {"exclude", "livez"},
                                              {"verbose", ""}}));
}

TEST(Kubernetes, excludes_what_fails) {
    const Snapshot snapshot = snapshot_of({{.name = "a"}, {.name = "b", .outcome = failed("no")}});
    EXPECT_EQ(ask(snapshot, "readyz").status, 500);
    EXPECT_EQ(whole(ask(snapshot, "readyz", {{"exclude", "b"}})),
              "200\nContent-Type: text/plain; charset=utf-8\n\nok");
}

TEST(Kubernetes, excludes_groups) {
    const Snapshot snapshot = snapshot_of({{.name = "databases/a", .outcome = failed("no")},
                                           {.name = "databases/b"},
                                           {.name = "web"}});
    EXPECT_EQ(ask(snapshot, "readyz",
                  {{"exclude", "databases"}, {"exclude", "databases/b"}, {"verbose", ""}})
                  .body,
              "[+]databases/a excluded with databases: ok\n[+]databases/b excluded: ok\n"
              "[+]web ok\nreadyz check passed\n");
    EXPECT_EQ(ask(snapshot, "readyz", {{"exclude", "data"}}).status, 500);
}

TEST(Kubernetes, healthz_is_everything) {
    EXPECT_EQ(ask(healthy(), "healthz").body, "ok");
    const Snapshot snapshot =
        snapshot_of({own("vitals/engine"), {.name = "db", .outcome = failed("no")}});
    EXPECT_EQ(ask(snapshot, "healthz").body,
              "[-]db failed: reason withheld\n[+]vitals/engine ok\nhealthz check failed\n");
}

TEST(Kubernetes, no_component_hides_the_line_of_its_name) {
    Snapshot snapshot = snapshot_of({{.name = "decommission"}});
    snapshot.decommission.text = "moving";
    EXPECT_EQ(ask(snapshot, "readyz/decommission").status, 500);
}

TEST(Kubernetes, quotes_as_go_does) {
    struct Row {
        std::string name, quoted;
    };
    const Row rows[] = {
        {"a b", R"("a b")"},
        {"\"\\", R"("\"\\")"},
        {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
        {"\x01\x1f\x7f", R"("\x01\x1f\x7f")"},
        {"\u00a0\u00ad\u0085", R"("\u00a0\u00ad\u0085")"},
        {"\u200b\u2028\ufeff", R"("\u200b\u2028\ufeff")"},
        {"caf\u00e9 \u5065\U0001F600 \ufffd", "\"caf\u00e9 \u5065\U0001F600 \ufffd\""},
        {"\U000E0001", R"("\U000e0001")"},
        {"\xff\xc3(\xe2\x82", R"("\xff\xc3(\xe2\x82")"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(
            ask(snapshot_of({{.name = "x"}}), "readyz", {{"exclude", row.name}, {"verbose", ""}})
                .body,
            "[+]x ok\nwarn: some health checks cannot be excluded: no matches for " + row.quoted +
                "\nreadyz check passed\n");
}

TEST(Kubernetes, liveness_ignores_dependencies) {
    EXPECT_EQ(ask(troubled(), "livez").status, 200);
    EXPECT_EQ(ask(troubled(), "readyz").status, 500);
}

TEST(Kubernetes, liveness_fails_with_the_engine_itself) {
    const auto code = [](Given engine) {
        return ask(snapshot_of({std::move(engine)}), "livez").status;
    };
    Given engine = own("vitals/engine");
    EXPECT_EQ(code(engine), 200);
    engine.outcome = degraded("woke 300 ms late");
    EXPECT_EQ(code(engine), 200);
    engine.outcome = failed("has not run for 30 s");
    EXPECT_EQ(code(engine), 500);
    engine = own("vitals/engine");
    engine.age = 26s;  // stale: nobody runs the engine any more
    EXPECT_EQ(code(engine), 500);
    engine = own("vitals/engine");
    engine.ran = false;  // has just started
    EXPECT_EQ(code(engine), 200);
}

TEST(Kubernetes, no_filter_hides_the_engine_from_liveness) {
    Given engine = own("vitals/engine");
    engine.outcome = failed("stuck");
    const Selector selector({"databases/*"});
    Request request = request_of("livez");
    request.components = &selector;
    const Response response = render("kubernetes", snapshot_of({engine, {"queue"}}), request);
    EXPECT_EQ(response.body, "[-]vitals/engine failed: reason withheld\nlivez check failed\n");
}

TEST(Kubernetes, liveness_takes_components_that_ask_for_it) {
    Given loop{.name = "event loop", .outcome = failed("stuck"), .probes = {"live"}};
    EXPECT_EQ(ask(snapshot_of({own("vitals/engine"), loop}), "livez").status, 500);
    EXPECT_EQ(ask(snapshot_of({own("vitals/engine"), loop}), "readyz").status, 500);
    loop.ran = false;  // startupz is for that
    EXPECT_EQ(ask(snapshot_of({own("vitals/engine"), loop}), "livez").status, 200);
    EXPECT_EQ(ask(snapshot_of({own("vitals/engine"), loop}), "startupz").status, 500);
    loop.ran = true;
    loop.outcome = ok();
    loop.age = 26s;
    EXPECT_EQ(ask(snapshot_of({own("vitals/engine"), loop}), "livez").status, 500);
}

TEST(Kubernetes, readiness_fails_when_decommissioned_liveness_does_not) {
    Snapshot snapshot = healthy();
    snapshot.decommission.text = "moving";
    expect_golden("kubernetes/decommissioned", ask(snapshot, "readyz"));
    EXPECT_EQ(ask(snapshot, "livez").status, 200);
    EXPECT_EQ(ask(snapshot, "startupz").status, 200);
    EXPECT_EQ(ask(snapshot, "readyz/decommission").status, 500);
    snapshot.decommission = {"OK", true};
    const Response draining = ask(snapshot, "readyz");
    EXPECT_EQ(draining.status, 500);
    EXPECT_NE(draining.body.find("[-]shutdown failed: reason withheld\n"), std::string::npos);
}

TEST(Kubernetes, a_component_that_is_not_critical_fails_alone) {
    const Snapshot snapshot =
        snapshot_of({{.name = "cdn", .outcome = failed("no"), .critical = false}, {.name = "db"}});
    EXPECT_EQ(whole(ask(snapshot, "readyz", {{"verbose", ""}})),
              "200\nContent-Type: text/plain; charset=utf-8\n\n"
              "[-]cdn failed (not critical): reason withheld\n[+]db ok\nreadyz check passed\n");
    EXPECT_EQ(ask(snapshot, "readyz/cdn").status, 500);
}

TEST(Kubernetes, has_a_path_per_check) {
    EXPECT_EQ(whole(ask(troubled(), "readyz/databases/default")),
              "200\nContent-Type: text/plain; charset=utf-8\n\nok");
    EXPECT_EQ(whole(ask(troubled(), "readyz/databases/reports")),
              "500\nContent-Type: text/plain; charset=utf-8\n\n"
              "internal server error: connection refused\n");
    EXPECT_EQ(ask(troubled(), "readyz/search").body, "internal server error: stale\n");
    EXPECT_EQ(ask(troubled(), "livez/vitals/engine").body, "ok");
    EXPECT_EQ(ask(troubled(), "livez/databases/default").status, 404);
    EXPECT_EQ(ask(troubled(), "readyz/nothing").status, 404);
    Request request = request_of("readyz/databases/reports");
    request.disclose = Disclosure::status;
    EXPECT_EQ(render("kubernetes", troubled(), request).body,
              "internal server error: reason withheld\n");
}

TEST(Kubernetes, starts_once_everything_has_had_a_result) {
    const Snapshot snapshot =
        snapshot_of({{.name = "a", .outcome = failed("no")}, {.name = "b", .age = 1h}});
    EXPECT_EQ(ask(snapshot, "startupz").status, 200);
    EXPECT_EQ(ask(snapshot_of({{.name = "a"}, {.name = "b", .ran = false}}), "startupz").status,
              500);
}

TEST(Kubernetes, does_not_wait_for_what_others_push) {
    for (const char* kind : {"push", "job", "workers"}) {
        Given late{.name = "nightly", .kind = kind, .ran = false};
        const auto code = [&] {
            return ask(snapshot_of({{.name = "app"}, late}), "startupz").status;
        };
        EXPECT_EQ(code(), 200) << kind;
        EXPECT_EQ(
            render("microprofile", snapshot_of({{.name = "app"}, late}), request_of("started"))
                .status,
            200);
        late.probes = {"startup"};
        EXPECT_EQ(code(), 500) << kind;
        late.ran = true;
        EXPECT_EQ(code(), 200) << kind;
    }
}

TEST(Kubernetes, pings_when_there_is_nothing_to_ask) {
    EXPECT_EQ(ask(snapshot_of({}), "startupz", {{"verbose", ""}}).body,
              "[+]ping ok\nstartupz check passed\n");
}

TEST(Kubernetes, takes_the_endpoints_codes) {
    Request request = request_of("readyz");
    request.failed_code = 503;
    request.degraded_code = 299;
    EXPECT_EQ(render("kubernetes", troubled(), request).status, 503);
    EXPECT_EQ(
        render("kubernetes", snapshot_of({{.name = "a", .outcome = degraded("")}}), request).status,
        299);
}

TEST(Kubernetes, is_mounted_on_a_folder_or_on_one_probe) {
    EXPECT_EQ(kubernetes.match("/", "/livez"), "livez");
    EXPECT_EQ(kubernetes.match("/", "/readyz/databases/default"), "readyz/databases/default");
    EXPECT_EQ(kubernetes.match("/", "/startupz/"), "startupz/");
    EXPECT_EQ(kubernetes.match("/", "/healthz"), "healthz");
    EXPECT_EQ(kubernetes.match("/", "/healthz/databases/default"), "healthz/databases/default");
    EXPECT_EQ(kubernetes.match("/", "/healthz/"), std::nullopt) << "Caluma's path";
    EXPECT_EQ(kubernetes.match("/", "/"), std::nullopt);
    EXPECT_EQ(kubernetes.match("/", "/livezz"), std::nullopt);
    EXPECT_EQ(kubernetes.match("/k8s/", "/k8s/livez"), "livez");
    EXPECT_EQ(kubernetes.match("/k8s", "/livez"), std::nullopt);
    EXPECT_EQ(kubernetes.match("/readyz", "/readyz/x"), "readyz/x");
    EXPECT_EQ(kubernetes.match("/readyz", "/livez"), std::nullopt);
    EXPECT_EQ(kubernetes.match("/a/healthz", "/a/healthz"), "healthz");
    EXPECT_EQ(kubernetes.match("", "/livez"), "livez");
    EXPECT_EQ(ask(troubled(), "startupz/").body, ask(troubled(), "startupz").body);
}

}  // namespace
}  // namespace vitals::dialects::testing
