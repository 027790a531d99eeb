#include "cli/explain.hpp"
#include "cli/explain_past.hpp"

#include <gtest/gtest.h>

#include "cli/screen_text.hpp"
#include "model/clock.hpp"

namespace vitals::cli {
namespace {

constexpr std::string_view answer = R"({"component":"payments/node","status":"failed",
"since":"2026-11-29T02:13:01.000Z","observed":"2026-11-29T02:17:00.000Z","seconds":0.0007,
"timeout_seconds":2,"usual_seconds":0.012,"phases":[
{"name":"resolve","came_to":"ok","failed":false,"seconds":0.0002,"usual_seconds":0.0002},
{"name":"connect","came_to":"failed","failed":true,"seconds":0.0005,"usual_seconds":0.0005},
{"name":"tls","came_to":"not reached","failed":false,"usual_seconds":0.004}],
"saw":"connection refused","error":"10.4.3.13:8443: refused \u001b[31m","means":"The machine answered at once, so it is up and reachable: nothing listens there.",
"rule":"26 runs in a row that failed; 3 make it failed, 1 ok run brings it back.",
"last_ok":"2026-11-29T02:12:51Z","before":[{"at":"2026-11-29T02:12:33Z","what":"payments 4.18.2 deployed"}]})";

const System now = *parse_rfc3339("2026-11-29T02:17:04Z");

TEST(ExplainCommand, shows_each_phase_and_what_it_means) {
    const auto explained = read_explanation(answer);
    ASSERT_TRUE(explained);
    const std::string text = explanation_text(*explained, {}, now);
    for (const char* words :
         {"x payments/node  failed\n", "Since        2026-11-29T02:13:01Z (4 min ago)",
          "  PHASE    CAME TO", "  connect  failed          0.5 ms     0.5 ms\n",
          "  tls      not reached          -     4.0 ms\n", "Saw          connection refused",
          "Just before  2026-11-29T02:12:33Z payments 4.18.2 deployed"})
        EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(ExplainCommand, stays_within_80_columns) {
    auto explained = read_explanation(answer);
    ASSERT_TRUE(explained);
    explained->told.error.assign(500, 'x');
    explained->told.phases[0].name.assign(200, 'p');
    const std::string text = explanation_text(*explained, {}, now);
    std::size_t from = 0;
    while (from < text.size()) {
        const std::size_t end = text.find('\n', from);
        EXPECT_LE(columns(text.substr(from, end - from)), 80u);
        from = end + 1;
    }
}

TEST(ExplainCommand, refuses_what_is_no_explanation) {
    for (const char* body : {"", "[]", "{}", R"({"status":"fine"})", R"({"status":1})"})
        EXPECT_FALSE(read_explanation(body)) << body;
    const auto odd = read_explanation(
        R"({"status":"ok","phases":[1,{"name":2}],"before":{},"seconds":-1,"usual_seconds":1e300})");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->told.phases.size(), 1u);
    EXPECT_EQ(odd->told.took.count(), 0);
}

TEST(MomentOf, is_a_time_in_the_past) {
    const System noon = parse_rfc3339("2026-11-30T12:00:00Z").value();
    EXPECT_EQ(moment_of("2026-11-30T03:12:00+01:00", noon), parse_rfc3339("2026-11-30T02:12:00Z"));
    EXPECT_EQ(moment_of("90m", noon), noon - std::chrono::minutes(90));
    for (const char* clock : {"00:00", "03:12", "23:59:59"}) {
        const auto at = moment_of(clock, noon);
        ASSERT_TRUE(at) << clock;
        EXPECT_LE(*at, noon);
        EXPECT_GT(*at, noon - std::chrono::hours(26)) << "the latest such time";
    }
    for (const char* wrong : {"", "24:00", "3:12", "03:60", "03:12:60", "03:12x", "soon",
                              "2026-11-30T12:00:01Z", "-5m"})
        EXPECT_FALSE(moment_of(wrong, noon)) << wrong;
}

TEST(ReadTransitions, refuses_any_other_answer) {
    for (const char* wrong : {"", "[]", "{}", R"({"transitions":1})", R"({"transitions":[1]})",
                              R"({"transitions":[{"first":"x","at":"y"}]})"})
        EXPECT_FALSE(read_transitions(wrong)) << wrong;
    EXPECT_TRUE(read_transitions(R"({"transitions":[]})"));
}

}  // namespace
}  // namespace vitals::cli
