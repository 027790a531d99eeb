// health_json by the rules of the draft.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

Response ask(const Snapshot& snapshot, Disclosure disclose = Disclosure::detail) {
    Request request = request_of();
    request.disclose = disclose;
    return render("health_json", snapshot, request);
}

TEST(HealthJson, answers_as_the_draft_says) {
    expect_golden("health_json/healthy.json", ask(healthy()));
    expect_golden("health_json/troubled.json", ask(troubled()));
    expect_golden("health_json/troubled-status.json", ask(troubled(), Disclosure::status));
    expect_golden("health_json/troubled-full.json", ask(troubled(), Disclosure::full));
    expect_golden("health_json/hostile.json", ask(hostile()));
}

TEST(HealthJson, no_member_hides_another) {
    const std::string body =
        ask(snapshot_of({{.name = "a%3A"}, {.name = "a:", .outcome = failed("no")}})).body;
    EXPECT_NE(body.find(R"("a%253A:responseTime")"), std::string::npos) << body;
    EXPECT_NE(body.find(R"("a%3A:responseTime")"), std::string::npos) << body;
}

TEST(HealthJson, warns_with_a_code_that_passes) {
    const Response response =
        ask(snapshot_of({{.name = "disk", .outcome = degraded("91 % used")}}));
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.body.starts_with("{\"status\":\"warn\"")) << response.body;
    const Response soft =
        ask(snapshot_of({{.name = "cdn", .outcome = failed("no"), .critical = false}}));
    EXPECT_EQ(soft.status, 200);
    EXPECT_TRUE(soft.body.starts_with("{\"status\":\"warn\"")) << soft.body;
}

TEST(HealthJson, tells_what_its_verdict_rests_on) {
    const Response soft =
        ask(snapshot_of({{.name = "cdn", .outcome = failed("no"), .critical = false}}));
    EXPECT_NE(soft.body.find("\"critical\":false"), std::string::npos) << soft.body;
    EXPECT_EQ(soft.body.find("\"unknown\""), std::string::npos) << soft.body;
    const Response blind = ask(snapshot_of({{.name = "db", .outcome = unknown("no descriptors")}}));
    EXPECT_TRUE(blind.body.starts_with("{\"status\":\"fail\",\"unknown\":true,")) << blind.body;
    EXPECT_EQ(blind.body.find("critical"), std::string::npos) << blind.body;
}

std::string max_age(std::vector<Given> given) {
    for (const auto& [name, value] : ask(snapshot_of(std::move(given))).headers)
        if (name == "Cache-Control") return value;
    return {};
}

TEST(HealthJson, may_be_kept_as_long_as_the_oldest_result_holds) {
    EXPECT_EQ(max_age({{.name = "a", .age = 3s}}), "max-age=22");
    EXPECT_EQ(max_age({{.name = "a", .age = 3s}, {.name = "b", .age = 20'001ms}}), "max-age=4");
    EXPECT_EQ(max_age({{.name = "a"}, {.name = "b", .age = 26s}}), "max-age=0");
    EXPECT_EQ(max_age({{.name = "a"}, {.name = "b", .ran = false}}), "max-age=0");
    EXPECT_EQ(max_age({}), "max-age=0");
    EXPECT_EQ(ask(healthy()).repeat_for, 1s);
}

TEST(HealthJson, has_one_colon_in_a_key) {
    const std::string body = ask(snapshot_of({{.name = "a:b"}})).body;
    EXPECT_NE(body.find("\"a%3Ab:responseTime\":[{\"componentId\":\"a:b\""), std::string::npos)
        << body;
}

TEST(HealthJson, does_not_name_a_cause_that_it_does_not_show) {
    const Selector selector({"reports"});
    Request request = request_of();
    request.components = &selector;
    const std::string body = render("health_json", troubled(), request).body;
    EXPECT_EQ(body.find("cause"), std::string::npos) << body;
}

}  // namespace
}  // namespace vitals::dialects::testing
