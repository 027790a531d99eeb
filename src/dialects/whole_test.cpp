// What every dialect says of the whole: of nothing watched, of an instance that is out of service.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

struct Expected {
    std::string_view dialect, rest;
    int status;
    std::string_view says;
};

void expect_answers(const Snapshot& snapshot, const Request& asked,
                    std::span<const Expected> expected) {
    for (const Expected& each : expected) {
        Request request = asked;
        request.rest = each.rest;
        request.path = "/" + request.rest + "/";
        const Response response = render(each.dialect, snapshot, request);
        EXPECT_EQ(response.status, each.status) << each.dialect << " " << each.rest;
        EXPECT_NE(response.body.find(each.says), std::string::npos)
            << each.dialect << " " << each.rest << "\n"
            << response.body;
    }
}

constexpr Expected nothing_watched[] = {
    {"page", "", 200, "<h1>Nothing is watched</h1>"},
    {"kubernetes", "readyz", 500, "[-]components failed: reason withheld\nreadyz check failed\n"},
    {"kubernetes", "readyz/components", 500, ""},
    {"kubernetes", "livez", 200, "ok"},
    {"kubernetes", "startupz", 200, "ok"},
    {"health_json", "", 503, R"("output":"nothing is watched")"},
    {"actuator", "", 503, R"({"status":"UNKNOWN")"},
    {"actuator", "readiness", 503, R"({"status":"UNKNOWN")"},
    {"actuator", "liveness", 200, R"({"status":"UP")"},
    {"microprofile", "", 503, R"({"status":"DOWN")"},
    {"microprofile", "ready", 503, R"({"name":"components","status":"DOWN")"},
    {"microprofile", "live", 200, R"({"status":"UP")"},
    {"consul", "", 503, "unknown: nothing is watched\n"},
    {"statuspage", "status.json", 200, R"({"indicator":"major","description":"Nothing Is)"},
    {"badge", ".json", 200, R"("message":"nothing is watched","color":"lightgrey")"},
    {"metrics", "", 200, "\nvitals_status 3\n"},
    {"healthz", "", 503, "No checks found"},
    {"healthz", "bare", 503, ""},
    {"healthz", "dashboard", 200, "System Status: WARNING"},
};

TEST(Whole, is_not_green_when_there_are_no_components) {
    expect_answers(snapshot_of({}), request_of(), nothing_watched);
    // What vitals says of itself does not count.
    const Snapshot own_only = snapshot_of({own("vitals/engine"), own("vitals/store")});
    expect_answers(own_only, request_of(), nothing_watched);
    const Selector selector({"no such/*"});
    Request request = request_of();
    request.components = &selector;
    expect_answers(healthy(), request, nothing_watched);
}

TEST(Whole, is_ready_where_the_service_itself_answers_and_has_registered_nothing) {
    constexpr Expected expected[] = {
        {"page", "", 200, "<div class=\"band ok\">"},
        {"kubernetes", "readyz", 200, "ok"},
        {"health_json", "", 200, R"("status":"pass")"},
        {"actuator", "", 200, R"({"status":"UP")"},
        {"microprofile", "ready", 200, R"({"status":"UP")"},
        {"consul", "", 200, "ok: nothing is watched\n"},
        {"statuspage", "status.json", 200, R"("indicator":"none")"},
        {"badge", ".json", 200, R"("color":"brightgreen")"},
        {"metrics", "", 200, "\nvitals_status 0\n"},
    };
    Request request = request_of();
    request.embedded = true;
    expect_answers(snapshot_of({own("vitals/engine")}), request, expected);
    // A selector that matches nothing of what is registered is no reason to be ready.
    const Selector selector({"no such/*"});
    request.components = &selector;
    expect_answers(healthy(), request, nothing_watched);
}

TEST(Whole, out_of_service_is_told_everywhere_and_liveness_stays_green) {
    constexpr Expected expected[] = {
        {"page", "", 200, "<title>Out of service: moved &lt;away&gt; - shop</title>"},
        {"page", "", 200, "<div class=\"band degraded\">"},
        {"page", "", 200, "<h1>Out of service: moved &lt;away&gt;</h1>"},
        {"kubernetes", "readyz", 500, "[-]decommission failed: reason withheld\n"},
        {"kubernetes", "livez", 200, "ok"},
        {"health_json", "", 503, R"("output":"out of service: moved <away>")"},
        {"health_json", "", 503, R"({"status":"fail")"},
        {"actuator", "", 503, R"({"status":"OUT_OF_SERVICE")"},
        {"actuator", "liveness", 200, R"({"status":"UP")"},
        {"microprofile", "ready", 503, R"({"status":"DOWN")"},
        {"microprofile", "live", 200, R"({"status":"UP")"},
        {"consul", "", 503, "out of service: moved <away>\n"},
        {"statuspage", "status.json", 200, R"({"indicator":"maintenance","description":"Service)"},
        {"badge", ".json", 200, R"("message":"out of service","color":"lightgrey")"},
        {"badge", "databases/default.json", 200, R"("message":"ok","color":"brightgreen")"},
        {"metrics", "", 200, "\nvitals_status 0\n"},
        {"metrics", "", 200, "\nvitals_out_of_service 1\n"},
        {"probe_status", "", 503, "moved <away>"},
    };
    Snapshot snapshot = healthy();
    snapshot.decommission.text = "moved <away>";
    expect_answers(snapshot, request_of(), expected);
}

TEST(Whole, shutting_down_is_out_of_service_too) {
    constexpr Expected expected[] = {
        {"page", "", 200, "<h1>Out of service: shutting down</h1>"},
        {"health_json", "", 503, R"("output":"out of service: shutting down")"},
        {"consul", "", 503, "out of service: shutting down\n"},
        {"badge", ".svg", 200, ">out of service</text>"},
        {"metrics", "", 200, "\nvitals_out_of_service 1\n"},
    };
    Snapshot snapshot = healthy();
    snapshot.decommission.draining = true;
    expect_answers(snapshot, request_of(), expected);
    snapshot.decommission = {};
    constexpr Expected in_service[] = {
        {"metrics", "", 200, "\nvitals_out_of_service 0\n"},
        {"page", "", 200, "<h1>Everything works</h1>"},
    };
    expect_answers(snapshot, request_of(), in_service);
}

TEST(Whole, what_fails_while_out_of_service_is_still_shown) {
    Snapshot snapshot = troubled();
    snapshot.decommission.text = "moved";
    const std::string page = render("page", snapshot, request_of()).body;
    EXPECT_NE(page.find("<div class=\"band failed\">"), std::string::npos);
    EXPECT_NE(page.find("<b>databases/reports</b>"), std::string::npos);
    EXPECT_NE(render("metrics", snapshot, request_of()).body.find("\nvitals_status 2\n"),
              std::string::npos);
}

}  // namespace
}  // namespace vitals::dialects::testing
