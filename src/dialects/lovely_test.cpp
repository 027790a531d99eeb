// svc_status and probe_status, byte for byte.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

const Dialect& svc = *find("svc_status");
const Dialect& probe = *find("probe_status");

using Members = std::vector<Property>;

// The document's two handlers.
Snapshot documented() {
    return snapshot_of(
        {{.name = "DatabaseConnection", .kind = "handler"},
         {.name = "UserService", .outcome = failed("Service not available"), .kind = "handler"}});
}

std::string type_for(std::string rest, std::string accept, bool compat) {
    Request request = request_of(std::move(rest));
    request.accept = std::move(accept);
    const Chosen options = Chosen(svc).set("compat", compat);
    return svc.render(documented(), request, options.get()).content_type;
}

const std::string csv_type = "text/csv; charset=UTF-8";
const std::string json_type = "application/json";
const std::string text_type = "text/plain; version=0.0.4; charset=UTF-8";

TEST(SvcStatus, answers_the_documented_forms) {
    expect_golden("svc_status/documented.csv", render("svc_status", documented(), request_of()));
    expect_golden("svc_status/documented.json",
                  render("svc_status", documented(), request_of(".json")));
    expect_golden("svc_status/documented.prometheus",
                  render("svc_status", documented(), request_of(".prometheus")));
    const Chosen compat = Chosen(svc).set("compat", true);
    expect_golden("svc_status/compat.prometheus",
                  svc.render(documented(), request_of(".prometheus"), compat.get()));
}

TEST(SvcStatus, shows_failures_in_every_form) {
    expect_golden("svc_status/troubled.csv", render("svc_status", troubled(), request_of(".csv")));
    expect_golden("svc_status/troubled.json",
                  render("svc_status", troubled(), request_of(".json")));
    expect_golden("svc_status/troubled.prometheus",
                  render("svc_status", troubled(), request_of(".prometheus")));
}

TEST(SvcStatus, keeps_its_forms_whatever_names_and_details_hold) {
    expect_golden("svc_status/hostile.csv", render("svc_status", hostile(), request_of(".csv")));
    expect_golden("svc_status/hostile.json", render("svc_status", hostile(), request_of(".json")));
    expect_golden("svc_status/hostile.prometheus",
                  render("svc_status", hostile(), request_of(".prometheus")));
}

TEST(SvcStatus, answers_nothing_when_nothing_is_watched) {
    const Snapshot empty = snapshot_of({own("vitals/engine")});
    expect_golden("svc_status/row-empty.csv", render("svc_status", empty, request_of()));
    EXPECT_EQ(render("svc_status", empty, request_of()).body, "");
    EXPECT_EQ(render("svc_status", empty, request_of(".json")).body, "{}");
    EXPECT_EQ(render("svc_status", empty, request_of(".prometheus")).body, "");
}

TEST(SvcStatus, shows_labels_as_the_original_does) {
    const Snapshot snapshot = snapshot_of(
        {{.name = "status2", .outcome = degraded(""), .kind = "handler"},
         {.name = "status3",
          .outcome =
              failed("")
                  .with(
                      "labels",
                      Members{{"errors", 7}, {"good", 42.5}, {"word", "no number"}, {"good", 1.0}})
                  .with("host", "a"),
          .kind = "handler"}});
    expect_golden("svc_status/labels.json", render("svc_status", snapshot, request_of(".json")));
    expect_golden("svc_status/labels.prometheus",
                  render("svc_status", snapshot, request_of(".prometheus")));
    Request request = request_of(".prometheus");
    request.disclose = Disclosure::status;
    EXPECT_EQ(render("svc_status", snapshot, request).body.find("errors"), std::string::npos);
}

// The original's own example, and what else a dict may hold.
TEST(SvcStatus, shows_properties_of_any_form_as_they_were_handed_in) {
    const Snapshot snapshot =
        snapshot_of({{.name = "h",
                      .outcome = failed("")
                                     .with("labels", Members{{"errors", 7}, {"good", 42}})
                                     .with("queue", std::vector<Value>{1, "two", nullptr})
                                     .with("last", nullptr)
                                     .with("db", Members{{"name", "caf\u00e9"}, {"ok", true}}),
                      .kind = "push"}});
    EXPECT_EQ(render("svc_status", snapshot, request_of(".json")).body,
              R"({"h":{"state":"RED","labels":{"errors":7,"good":42},"queue":[1,"two",null],)"
              R"("last":null,"db":{"name":"caf\u00e9","ok":true}}})");
    EXPECT_EQ(render("svc_status", snapshot, request_of(".prometheus")).body,
              "# HELP svc_status Status 0->OK, 1->YELLOW, 2->RED\n# TYPE svc_status untyped\n"
              "svc_status{name=\"h\"} 2\nsvc_status{name=\"h_errors\"} 7\n"
              "svc_status{name=\"h_good\"} 42\n");
    for (const char* kind : {"handler", "state", "heartbeat"}) {
        Snapshot told = snapshot_of({{.name = "h", .outcome = ok().with("x", 1), .kind = kind}});
        EXPECT_EQ(render("svc_status", told, request_of(".json")).body,
                  R"({"h":{"state":"OK","x":1}})")
            << kind;
    }
}

// Prometheus keeps the first of two samples of one series.
TEST(SvcStatus, no_label_takes_a_components_name) {
    const auto with_label = [](std::string name, std::string label) {
        return Given{.name = std::move(name),
                     .outcome = ok().with("labels", Members{{std::move(label), 0}}),
                     .kind = "push"};
    };
    const Snapshot snapshot = snapshot_of({with_label("app", "db"),
                                           {.name = "app_db", .outcome = failed("no")},
                                           with_label("a", "b_c"),
                                           with_label("a_b", "c")});
    const std::string body = render("svc_status", snapshot, request_of(".prometheus")).body;
    EXPECT_EQ(body.substr(body.find("svc_status{")),
              "svc_status{name=\"a\"} 0\nsvc_status{name=\"a_b_c\"} 0\n"
              "svc_status{name=\"a_b\"} 0\n"
              "svc_status{name=\"a_b_c\",component=\"a_b\",label=\"c\"} 0\n"
              "svc_status{name=\"app\"} 0\n"
              "svc_status{name=\"app_db\",component=\"app\",label=\"db\"} 0\n"
              "svc_status{name=\"app_db\"} 2\n");
}

TEST(SvcStatus, the_applications_own_metrics_follow) {
    Request request = request_of(".prometheus");
    request.application_metrics =
        "# HELP orders_total Orders.\r\n# TYPE orders_total counter\n# a comment\n\n"
        "orders_total{shop=\"a b\"} 3\nsvc_status{name=\"UserService\"} 0\n"
        "# TYPE process_open_fds gauge\nprocess_open_fds 1\nvitals_status 0\nlast 1";
    const std::string body = render("svc_status", documented(), request).body;
    EXPECT_EQ(body.substr(body.find("# HELP orders")),
              "# HELP orders_total Orders.\n# TYPE orders_total counter\n"
              "orders_total{shop=\"a b\"} 3\nlast 1\n");
}

TEST(SvcStatus, ends_the_metrics_with_the_process) {
    const ProcessFigures process{.cpu_seconds = 1.5,
                                 .start_time = 1795222923,
                                 .resident_bytes = 1,
                                 .virtual_bytes = 2,
                                 .open_descriptors = 3,
                                 .max_descriptors = 4};
    Request request = request_of(".prometheus");
    request.process = &process;
    const Response response = render("svc_status", documented(), request);
    EXPECT_TRUE(response.body.ends_with("process_max_fds 4\n")) << response.body;
    EXPECT_EQ(response.repeat_for, 1s);
}

// What is asked for by the path and by Accept, and what then comes.
struct Row {
    const char *rest, *accept;
    const std::string& type;
};

TEST(SvcStatus, negotiates_as_the_original_when_compatible) {
    const Row rows[] = {
        {"", "", csv_type},
        {"", "*/*", csv_type},
        {".csv", "", csv_type},
        {".json", "", json_type},
        {".json", "*/*", json_type},
        {".json", "text/csv", csv_type},
        {".csv", "application/json", json_type},
        {"", "text/csv, application/json", json_type},
        {".csv", "application/json;q=0, text/csv", json_type},
        {".prometheus", "application/json", text_type},
    };
    for (const Row& row : rows)
        EXPECT_EQ(type_for(row.rest, row.accept, true), row.type) << row.rest << ' ' << row.accept;
    Request both = request_of(".csv");
    both.accept = "text/csv, application/json";
    const Chosen compat = Chosen(svc).set("compat", true);
    expect_golden("svc_status/row-header-beats-extension.json",
                  svc.render(documented(), both, compat.get()));
    both.rest = ".prometheus";
    expect_golden("svc_status/row-extension-prometheus-wins.prometheus",
                  svc.render(documented(), both, compat.get()));
}

TEST(SvcStatus, answers_any_method_when_compatible) {
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
        Request request = request_of(".json");
        request.method = method;
        const Chosen compat = Chosen(svc).set("compat", true);
        const Response reading = svc.render(documented(), request_of(".json"), compat.get());
        EXPECT_EQ(whole(svc.render(documented(), request, compat.get())), whole(reading)) << method;
        EXPECT_EQ(reading.status, 200);
        const Response refused = render("svc_status", documented(), request);
        EXPECT_EQ(refused.status, 405) << method;
        EXPECT_EQ(refused.headers, (Pairs{{"Allow", "GET, HEAD, OPTIONS"}}));
    }
}

TEST(SvcStatus, negotiates_by_quality_otherwise) {
    const Row rows[] = {
        {"", "", csv_type},
        {"", "*/*", csv_type},
        {".csv", "", csv_type},
        {".json", "", json_type},
        {".json", "*/*", json_type},
        {".json", "text/html,application/xhtml+xml,*/*;q=0.8", json_type},
        {".json", "text/csv", csv_type},
        {".csv", "application/json", json_type},
        {"", "text/csv, application/json", json_type},
        {".csv", "text/csv, application/json", csv_type},
        {"", "application/json;q=0.4, text/csv;q=0.5", csv_type},
        {".csv", "application/json;q=0, text/csv", csv_type},
        {"", "application/json;q=0", csv_type},
        {"", "application/*", json_type},
        {"", "image/png", csv_type},
        {".json", "garbage", json_type},
        {".prometheus", "application/json", text_type},
        {".prometheus", "application/openmetrics-text;version=1.0.0,*/*;q=0.1", text_type},
    };
    for (const Row& row : rows)
        EXPECT_EQ(type_for(row.rest, row.accept, false), row.type) << row.rest << ' ' << row.accept;
}

TEST(SvcStatus, matches_its_four_paths) {
    EXPECT_EQ(svc.match("/svc_status", "/svc_status"), "");
    EXPECT_EQ(svc.match("/svc_status", "/svc_status.prometheus"), ".prometheus");
    EXPECT_EQ(svc.match("/svc_status", "/svc_status.xml"), std::nullopt);
    EXPECT_EQ(svc.match("/svc_status", "/svc_status/"), std::nullopt);
    EXPECT_EQ(svc.match("/svc_status", "/svc_statusx"), std::nullopt);
    EXPECT_EQ(svc.match("/a/s", "/a/s.json"), ".json");
}

TEST(SvcStatus, has_one_truth_in_all_forms_and_no_false_green) {
    for (const auto& [name, word] : {std::pair("search", "RED"), {"importer", "RED"}}) {
        const std::string csv = render("svc_status", troubled(), request_of()).body;
        EXPECT_NE(csv.find(std::string(name) + "\t" + word), std::string::npos) << csv;
    }
}

Response probe_with(const Snapshot& snapshot, std::string method, Pairs query, bool allowed,
                    std::string control_from = "operator") {
    Request request = request_of({}, std::move(query));
    request.method = std::move(method);
    request.sender = allowed ? Sender::operator_ : Sender::loopback;
    const Chosen options = Chosen(probe).set("control_from", std::move(control_from));
    return probe.render(snapshot, request, options.get());
}

TEST(ProbeStatus, answers_ok_until_decommissioned) {
    Snapshot snapshot = healthy();
    expect_golden("probe_status/ok", probe_with(snapshot, "GET", {}, false));
    snapshot.decommission.text = "moving to another host";
    expect_golden("probe_status/decommissioned", probe_with(snapshot, "GET", {}, false));
    snapshot.decommission.text = "";
    EXPECT_EQ(whole(probe_with(snapshot, "GET", {}, false)),
              "503\nContent-Type: text/plain; charset=UTF-8\n\n");
    snapshot.decommission.text = "ok";  // only exactly OK takes part
    EXPECT_EQ(probe_with(snapshot, "GET", {}, false).status, 503);
}

TEST(ProbeStatus, says_so_while_shutting_down) {
    Snapshot snapshot = healthy();
    snapshot.decommission.draining = true;
    const Response response = probe_with(snapshot, "GET", {}, false);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "shutting down");
    snapshot.decommission.text = "moved";
    EXPECT_EQ(probe_with(snapshot, "GET", {}, false).body, "moved");
}

TEST(ProbeStatus, is_not_moved_by_failing_components) {
    EXPECT_EQ(probe_with(troubled(), "GET", {}, false).status, 200);
}

TEST(ProbeStatus, sets_the_text_for_an_operator) {
    const Response set = probe_with(healthy(), "POST", {{"body", "gone"}}, true);
    expect_golden("probe_status/row-post", set);
    expect_golden("probe_status/row-post-without-text", probe_with(healthy(), "POST", {}, true));
    expect_golden("probe_status/row-post-empty-text",
                  probe_with(healthy(), "POST", {{"body", ""}}, true));
    EXPECT_EQ(set.decommission, "gone");
    EXPECT_EQ(whole(set), "200\nContent-Type: text/plain; charset=UTF-8\n\ngone");
    EXPECT_EQ(set.repeat_for, 0ms);
    EXPECT_EQ(probe_with(healthy(), "POST", {}, true).decommission, "OK");
    EXPECT_EQ(probe_with(healthy(), "POST", {{"body", ""}}, true).decommission, "");
    EXPECT_EQ(probe_with(healthy(), "POST", {{"body", "a\x1b\xff"}}, true).decommission,
              "a\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(ProbeStatus, refuses_others_and_says_what_to_do) {
    const Response refused = probe_with(healthy(), "POST", {{"body", "gone"}}, false);
    EXPECT_FALSE(refused.decommission.has_value());
    expect_golden("probe_status/forbidden", refused);
    EXPECT_EQ(refused.repeat_for, 0ms);
    for (const char* wider : {"loopback", "anyone"})
        EXPECT_EQ(probe_with(healthy(), "POST", {{"body", "gone"}}, false, wider).decommission,
                  "gone");
    Request stranger = request_of({}, {{"body", "gone"}});
    stranger.method = "POST";
    for (const auto& [from, status] :
         {std::pair("operator", 403), {"loopback", 403}, {"anyone", 200}})
        EXPECT_EQ(probe
                      .render(healthy(), stranger,
                              Chosen(probe).set("control_from", std::string(from)).get())
                      .status,
                  status)
            << from;
}

TEST(ProbeStatus, of_several_texts_the_last_counts) {
    EXPECT_EQ(probe_with(healthy(), "POST", {{"body", "OK"}, {"body", "off"}}, true).decommission,
              "off");
}

TEST(ProbeStatus, other_methods_read_when_compatible) {
    Snapshot snapshot = healthy();
    snapshot.decommission.text = "off";
    const Chosen compat = Chosen(probe).set("compat", true);
    for (const char* method : {"PUT", "PATCH", "DELETE"}) {
        Request request = request_of();
        request.method = method;
        const Response read = probe.render(snapshot, request, compat.get());
        EXPECT_EQ(whole(read), "503\nContent-Type: text/plain; charset=UTF-8\n\noff") << method;
        EXPECT_FALSE(read.decommission);
        const Response refused = probe_with(snapshot, method, {}, true);
        EXPECT_EQ(refused.status, 405) << method;
        EXPECT_EQ(refused.headers, (Pairs{{"Allow", "GET, HEAD, POST, OPTIONS"}}));
    }
    EXPECT_TRUE(probe.render(snapshot, request_of(), compat.get()).options_with_body);
    EXPECT_FALSE(probe_with(snapshot, "GET", {}, false).options_with_body);
}

TEST(ProbeStatus, takes_the_endpoints_code) {
    Snapshot snapshot = healthy();
    snapshot.decommission.text = "x";
    Request request = request_of();
    request.failed_code = 404;
    EXPECT_EQ(render("probe_status", snapshot, request).status, 404);
}

}  // namespace
}  // namespace vitals::dialects::testing
