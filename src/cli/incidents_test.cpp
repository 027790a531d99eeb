#include "cli/incidents.hpp"

#include <gtest/gtest.h>

namespace vitals::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view body = R"({"incidents":[
 {"id":"0badcafe-2","opened":"2026-11-30T03:13:01Z","closed":null,"cause":"db","causes":["db"],
  "title":"connection refused","level":"failed","waiting":false,"flapping":false,"muted":false,
  "acknowledged":{"at":"2026-11-30T03:14:00Z","by":"jonas","reason":"on it"},
  "members":[{"component":"shop","since":"x","ended":null,"worst":"failed"},
             {"component":"old","since":"x","ended":"2026-11-30T03:13:01Z","worst":"failed"}],
  "deliveries":[
   {"receiver":"chat","kind":"problem","at":"2026-11-30T03:13:11Z","tries":1,"state":"delivered",
    "problem":""},
   {"receiver":"mail","kind":"problem","at":"2026-11-30T03:13:11Z","tries":3,"state":"in_doubt",
    "problem":"time-out \u001b[31m"}]},
 {"id":"0badcafe-1","opened":"2026-11-29T03:13:01Z","closed":"2026-11-29T04:00:00Z",
  "causes":["cache"],"title":"x","level":"ok"}]})";

TEST(Incidents, are_found_by_id_cause_and_consequence) {
    const auto all = read_incidents(body);
    ASSERT_TRUE(all);
    EXPECT_EQ(find_incident(*all, "0badcafe-1")->id, "0badcafe-1");
    EXPECT_EQ(find_incident(*all, "db")->id, "0badcafe-2");
    EXPECT_EQ(find_incident(*all, "shop")->id, "0badcafe-2");
    EXPECT_EQ(find_incident(*all, "old"), nullptr) << "it is well again";
    EXPECT_EQ(find_incident(*all, "cache"), nullptr) << "it is over";
}

TEST(Incidents, are_shown_with_who_has_them_and_who_was_told) {
    const auto all = read_incidents(body);
    ASSERT_TRUE(all);
    EXPECT_EQ(incidents_text(*all, all->front().opened + 41min, Terminal{}),
              "0badcafe-2  db failed: connection refused\n"
              "    for 41 min, 1 component not ok because of it\n"
              "    acknowledged by jonas: on it\n"
              "    told chat (problem) 2026-11-30T03:13:11Z\n"
              "    is being told: mail (problem), 3 attempts: time-out ?[31m\n");
}

TEST(Incidents, refuse_an_answer_that_is_no_list_of_incidents) {
    for (const char* wrong :
         {"", "[]", "{}", R"({"incidents":{}})", R"({"incidents":[1]})", R"({"incidents":[{}]})"})
        EXPECT_FALSE(read_incidents(wrong)) << wrong;
    EXPECT_EQ(incidents_text({}, {}, Terminal{}), "no open incident\n");
}

}  // namespace
}  // namespace vitals::cli
