#include "replication.hpp"

#include <gtest/gtest.h>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "fake_postgres.hpp"
#include "url_of.hpp"

namespace vitals::checks::replication {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;
using namespace testing::postgres;

class Replication : public PostgresTest {};

TEST_F(Replication, judges_role_and_lag) {
    Options options;
    const auto outcome = [&] { return run(kind, options); };
    const auto text = [](const Outcome& of, const char* name) {
        return std::get<std::string>(*of.property(name));
    };
    server_.answers["SELECT pg_is_in"] = result({"f"}, "SELECT 1");
    server_.answers["SELECT pg_current"] =
        result({"0/3000D48", "1", "1", "192.168.33.13", "4096", "0.5", "t", "0"}, "SELECT 1");
    Outcome found = outcome();
    EXPECT_EQ(found.status, Status::ok) << found.detail << found.error;
    EXPECT_EQ(text(found, "role"), "primary");
    EXPECT_EQ(text(found, "standby_address"), "192.168.33.13");
    EXPECT_EQ(text(found, "current_location"), "0/3000D48");
    EXPECT_TRUE(std::get<bool>(*found.property("replication")));
    options.degraded_above = {"4095"};
    EXPECT_EQ(outcome().status, Status::degraded);
    EXPECT_EQ(outcome().detail, "standby lags by 4 KiB");
    options.failed_above = {"400ms"};
    EXPECT_EQ(outcome().status, Status::failed);
    // A primary that has lost its standby stays a primary.
    server_.answers["SELECT pg_current"] =
        result({"0/3000D48", "0", "0", "", "", "", "t", "1"}, "SELECT 1");
    found = outcome();
    EXPECT_EQ(found.status, Status::degraded);
    EXPECT_EQ(found.detail, "no standby is streaming");
    EXPECT_EQ(text(found, "role"), "primary");
    EXPECT_FALSE(std::get<bool>(*found.property("replication")));
    // One that was just started is given time to find its primary.
    server_.answers["SELECT pg_is_in"] = result({"t"}, "SELECT 1");
    server_.answers["SELECT greatest"] = result({"0/3000D48", "f", "0", "0", "2"}, "SELECT 1");
    found = outcome();
    EXPECT_EQ(found.status, Status::ok);
    EXPECT_EQ(text(found, "role"), "standby");
    EXPECT_EQ(text(found, "receive_location"), "0/3000D48");
    server_.answers["SELECT greatest"] = result({"0/3000D48", "f", "0", "0", "60"}, "SELECT 1");
    EXPECT_EQ(outcome().detail, "standby receives nothing from its primary");
    // Everything that came is replayed; it is unknown how much has not come.
    EXPECT_EQ(outcome().property("lag_bytes"), nullptr);
    EXPECT_EQ(outcome().property("lag_seconds"), nullptr);
    options.role = "primary";
    expect_failed(outcome(), ErrorClass::assertion, "positions",
                  "is a standby, expected a primary");
}

TEST_F(Replication, an_old_commit_is_no_lag_when_all_that_came_is_replayed_at_once) {
    Options options;
    options.failed_above = {"1m"};
    const auto outcome = [&] { return run(kind, options); };
    server_.answers["SELECT pg_is_in"] = result({"t"}, "SELECT 1");
    server_.answers["SELECT greatest"] =
        result({"0/2", "t", "4096", "600", "3600", "f", "0/3"}, "SELECT 1");
    server_.answers["SELECT pg_xlog_location_diff"] = result({"t"}, "SELECT 1");
    Outcome found = outcome();
    EXPECT_EQ(found.status, Status::ok) << found.detail << found.error;
    EXPECT_LT(std::get<double>(*found.property("lag_seconds")), 60);
    server_.answers["SELECT pg_xlog_location_diff"] = result({"f"}, "SELECT 1");
    found = outcome();
    EXPECT_EQ(found.status, Status::failed);
    EXPECT_EQ(found.detail, "standby lags by 4 KiB, 10 min");
    // Paused: nothing is waited for.
    options.failed_above.clear();
    server_.answers["SELECT greatest"] =
        result({"0/2", "t", "4096", "600", "3600", "t", "0/3"}, "SELECT 1");
    server_.answers["SELECT pg_xlog_location_diff"] = silence;
    found = outcome();
    EXPECT_EQ(found.status, Status::degraded);
    EXPECT_EQ(found.detail, "standby receives, but its replay is paused");
}

TEST_F(Replication, ends_its_transaction) {
    server_.answers["SELECT pg_is_in"] = result({"f"}, "SELECT 1");
    server_.answers["SELECT pg_current"] =
        result({"0/1", "0", "0", "", "0", "0", "f", "0"}, "SELECT 1");
    EXPECT_EQ(connections_of_two_runs(kind, Options()), 1);
}

TEST(ReplicationStatements, call_things_as_their_server_does) {
    EXPECT_NE(primary_statement(150000).find("pg_current_wal_lsn()"), std::string::npos);
    EXPECT_EQ(primary_statement(150000).find("xlog"), std::string::npos);
    EXPECT_NE(primary_statement(90624).find("pg_current_xlog_location()"), std::string::npos);
    EXPECT_NE(primary_statement(90624).find("r.replay_location"), std::string::npos);
    EXPECT_EQ(primary_statement(90624).find("_lsn()"), std::string::npos);
    EXPECT_NE(standby_statement(90500).find("pg_last_xlog_receive_location()"), std::string::npos);
    EXPECT_NE(replayed_statement(90500).find("pg_last_xlog_replay_location()"), std::string::npos);
    EXPECT_EQ(standby_statement(90500).find("pg_stat_wal_receiver"), std::string::npos);
    EXPECT_NE(standby_statement(100000).find("pg_stat_wal_receiver"), std::string::npos);
}

TEST(ReplicationOptions, are_checked) {
    Options options;
    options.url = "postgresql://u@h";
    options.degraded_above = {"16MiB", "30s"};
    EXPECT_EQ(problem_of(kind, &options), "");
    options.degraded_above = {"much"};
    EXPECT_EQ(problem_of(kind, &options),
              "degraded_above: is neither a size nor a duration; expected 16MiB, 30s or both");
}

TEST(ReplicationOptions, come_from_a_url_that_names_the_kind_before_a_plus) {
    EXPECT_EQ(testing::url_of<Options>(kind, "replication+postgresql://a:b+c@d:1/e"),
              "postgresql://a:b+c@d:1/e");
}

}  // namespace
}  // namespace vitals::checks::replication
