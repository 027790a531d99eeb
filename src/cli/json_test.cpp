#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/formats.hpp"
#include "cli/testing.hpp"

namespace vitals::cli {
namespace {

using namespace std::chrono_literals;
using testing::never_run;
using testing::now;
using testing::snapshot;
using testing::state;
using testing::took;

TEST(Json, holds_what_a_run_found) {
    auto outcome =
        took(failed("connection refused", ErrorClass::connect, "127.0.0.1:6379"), 1200us);
    outcome.failed_phase = "connect";
    outcome.phases = {{"resolve", 100us}, {"connect", 1100us}};
    outcome.with("attempts", std::int64_t{2}).with("secure", false);
    auto given = snapshot({state({"caches/default", outcome, false})});
    given.taken_at = System{1'795'000'003s};
    EXPECT_EQ(
        as_json(given, now),
        R"({"status":"degraded","checked_at":"2026-11-18T11:06:43.000Z","components":[)"
        R"({"name":"caches/default","kind":"tcp","status":"failed","critical":false,)"
        R"("detail":"connection refused","observed_at":"2026-11-18T11:06:40.000Z",)"
        R"("age_seconds":3,"error_class":"connect","error":"127.0.0.1:6379",)"
        R"("failed_phase":"connect","duration_seconds":0.0012,)"
        R"("phases":[{"name":"resolve","seconds":0.0001},{"name":"connect","seconds":0.0011}],)"
        R"("properties":{"attempts":2,"secure":false}}]})"
        "\n");
}

TEST(Json, is_valid_whatever_the_other_side_said) {
    auto given =
        snapshot({state({"a\"b\x01", failed("\xff\xfe", ErrorClass::protocol, "\x1b[2J\n")})});
    const auto value = boost::json::parse(as_json(given, now));
    EXPECT_EQ(value.at("components").as_array().at(0).at("error").as_string(), "\x1b[2J\n");
}

TEST(Json, leaves_out_what_is_not_known) {
    auto given = snapshot({never_run("a"), state({"b", ok("well"), true, 900s})});
    given.causes["a"] = "b";
    const auto value = boost::json::parse(as_json(given, now));
    const auto& components = value.at("components").as_array();
    EXPECT_EQ(value.at("status").as_string(), "unknown");
    EXPECT_EQ(components[0].at("detail").as_string(), "not run yet");
    EXPECT_EQ(components[0].at("cause").as_string(), "b");
    EXPECT_FALSE(components[0].as_object().contains("observed_at"));
    EXPECT_EQ(components[1].at("status").as_string(), "unknown");
    EXPECT_EQ(components[1].at("detail").as_string(), "stale");
}

}  // namespace
}  // namespace vitals::cli
