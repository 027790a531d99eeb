#include "cli/reported.hpp"

#include <gtest/gtest.h>

#include "cli/formats.hpp"
#include "cli/testing.hpp"

namespace vitals::cli {
namespace {

using namespace std::chrono_literals;
using testing::below;
using testing::now;

constexpr std::string_view components = R"({
  "service": {"name": "shop", "version": "2.6.0"}, "status": "failed", "version": 7,
  "decommission": {"text": "kernel update", "active": true, "draining": false},
  "components": [
    {"name": "shop", "kind": "http", "status": "failed", "detail": "status 500", "critical": true,
     "stale": false, "cause": "database", "age_seconds": 1.5, "found": "failed",
     "error_class": "assertion", "duration_seconds": 0.0123,
     "phases": [{"name": "connect", "seconds": 0.001}, {"name": "wait", "seconds": 0.011}],
     "properties": {}},
    {"name": "database", "kind": "tcp", "status": "failed", "detail": "connection refused",
     "critical": true, "stale": false, "age_seconds": 3, "found": "failed",
     "error_class": "connect", "error": "127.0.0.1:5432", "failed_phase": "connect",
     "duration_seconds": 0.0004, "phases": [], "properties": {}},
    {"name": "disk", "kind": "disk", "status": "unknown", "detail": "stale", "critical": false,
     "stale": true, "age_seconds": 4000, "found": "failed", "error": "yesterday's",
     "duration_seconds": 0.1, "phases": []},
    {"name": "new", "kind": "tcp", "status": "unknown", "detail": "not run yet", "critical": true,
     "stale": false}
  ]})";

TEST(Components, look_like_what_check_shows) {
    const auto snapshot = read_components(components, now);
    ASSERT_TRUE(snapshot) << snapshot.error();
    EXPECT_EQ(snapshot->service.name, "shop");
    EXPECT_EQ(below(as_table(*snapshot, now, {.unicode = true}, {.reported = true})), R"(
decommissioned: kernel update
STATUS      NAME         AGE  DETAIL
✗ failed    database     3 s  connection refused: 127.0.0.1:5432
✗ failed    └ shop       1 s  status 500  (connect 1.0 ms · wait 11 ms)
? unknown   disk      66 min  stale (not critical)
? unknown   new               not run yet
failed: 4 components: 2 failed, 2 unknown
)");
}

TEST(Components, are_selected_by_their_names) {
    auto snapshot = read_components(components, now);
    ASSERT_TRUE(snapshot);
    std::erase_if(snapshot->components, [](const auto& state) { return state->name() != "disk"; });
    const auto body = only_components(components, *snapshot, now);
    EXPECT_TRUE(body.contains(R"("status":"degraded")")) << body;
    EXPECT_TRUE(body.contains(R"("name":"disk")"));
    EXPECT_FALSE(body.contains(R"("name":"shop","kind")"));
    EXPECT_TRUE(body.contains(R"("service":{"name":"shop","version":"2.6.0"})"));
}

TEST(Components, of_vitals_alone_do_not_count) {
    const auto snapshot = read_components(R"({"components": [
        {"name": "vitals/engine", "status": "ok", "critical": true, "age_seconds": 1},
        {"name": "vitals/store", "status": "ok", "critical": true, "age_seconds": 1}]})",
                                          now);
    ASSERT_TRUE(snapshot) << snapshot.error();
    EXPECT_EQ(overall(*snapshot, now), Status::unknown);
    EXPECT_TRUE(as_table(*snapshot, now, {}, {.reported = true})
                    .ends_with("\nunknown: nothing is watched\n"));
    EXPECT_EQ(as_nagios(*snapshot, now), "VITALS UNKNOWN - nothing is watched\n");
}

TEST(Components, that_do_not_exist_are_an_error) {
    EXPECT_EQ(read_components("<html>", now).error(), "the answer is not JSON");
    EXPECT_EQ(read_components("[]", now).error(), "the answer is not a JSON object");
    EXPECT_EQ(read_components("{}", now).error(), "the answer lists no components");
    EXPECT_EQ(read_components(R"({"components":[{"name":"a"}]})", now).error(),
              "a component has no name or no status");
    EXPECT_EQ(read_components(R"({"components":[{"name":"a","status":"fine"}]})", now).error(),
              "a component has no name or no status");
    EXPECT_EQ(read_components(R"({"components":[7]})", now).error(),
              "a component has no name or no status");
}

TEST(Components, survive_absurd_numbers) {
    const auto snapshot = read_components(
        R"({"components":[{"name":"a","status":"ok","age_seconds":1e300,"duration_seconds":-1e300}]})",
        now);
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->components[0]->status(now), Status::ok);
}

TEST(HealthJson, is_read_for_those_without_a_token) {
    const auto snapshot = read_health_json(
        R"({"status":"fail","serviceId":"shop","checks":{
            "disk:responseTime":[{"componentId":"disk","status":"warn","output":"86 % used"}],
            "a%3Ab:responseTime":[{"componentId":"a:b","status":"pass","observedValue":12.5,
                                   "observedUnit":"ms"}],
            "new:responseTime":[{"componentId":"new","status":"fail","unknown":true,
                                 "output":"not run yet"}],
            "shop:responseTime":[{"componentId":"shop","status":"fail","output":"status 500",
                                  "cause":"disk"}]}})",
        now);
    ASSERT_TRUE(snapshot) << snapshot.error();
    EXPECT_EQ(below(as_table(*snapshot, now, {.unicode = true})), R"(
STATUS      NAME     TIME  DETAIL
! degraded  disk           86 % used
✗ failed    └ shop         status 500
? unknown   new            not run yet
✓ ok        a:b     12 ms
failed: 4 components: 1 failed, 1 unknown, 1 degraded, 1 ok
)");
    EXPECT_FALSE(read_health_json("{}", now));
    EXPECT_FALSE(read_health_json(R"({"checks":{"x":[{"status":"pass"}]}})", now));
}

TEST(HealthJson, is_judged_as_the_daemon_does) {
    auto snapshot = read_health_json(
        R"({"status":"warn","checks":{
            "minor:responseTime":[{"componentId":"minor","status":"fail","critical":false,
                                   "time":"2026-11-18T11:06:40.250Z","output":"gone"}],
            "web:responseTime":[{"componentId":"web","status":"pass","observedValue":12.5,
                                 "observedUnit":"ms","time":"1 o'clock"}]}})",
        now);
    ASSERT_TRUE(snapshot) << snapshot.error();
    EXPECT_EQ(overall(*snapshot, now), Status::degraded);
    snapshot->taken_at = System{1'795'000'003s};
    // What the public answer does not tell is not there.
    EXPECT_EQ(as_json(*snapshot, now),
              R"({"status":"degraded","checked_at":"2026-11-18T11:06:43.000Z","components":[)"
              R"({"name":"minor","status":"failed","critical":false,"detail":"gone",)"
              R"("observed_at":"2026-11-18T11:06:40.250Z"},)"
              R"({"name":"web","status":"ok","critical":true,"detail":"",)"
              R"("duration_seconds":0.0125}]})"
              "\n");
}

TEST(HealthJson, says_that_it_is_out_of_service) {
    const auto snapshot =
        read_health_json(R"({"output":"out of service: kernel update","checks":{}})", now);
    ASSERT_TRUE(snapshot) << snapshot.error();
    EXPECT_EQ(snapshot->decommission.text, "kernel update");
    EXPECT_FALSE(snapshot->decommission.draining);
}

TEST(HealthJson, of_an_unknown_word_is_not_healthy) {
    const auto snapshot =
        read_health_json(R"({"checks":{"x":[{"componentId":"x","status":"great"}]}})", now);
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(overall(*snapshot, now), Status::failed);
}

}  // namespace
}  // namespace vitals::cli
