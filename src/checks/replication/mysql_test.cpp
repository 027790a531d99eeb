#include "mysql.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "expect_failed.hpp"
#include "fake_mysql.hpp"

namespace vitals::checks::replication {
namespace {

using namespace std::chrono_literals;
using namespace testing::mysql;
using namespace vitals::testing;

const Cells of_mariadb{
    "Connection_name", "Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master",
    "SQL_Delay",       "Last_IO_Errno",    "Last_SQL_Errno",    "Last_IO_Error",
    "Last_SQL_Error",  "Master_Host"};
const Cells of_mysql{
    "Channel_Name",   "Replica_IO_Running", "Replica_SQL_Running", "Seconds_Behind_Source",
    "SQL_Delay",      "Last_IO_Errno",      "Last_SQL_Errno",      "Last_IO_Error",
    "Last_SQL_Error", "Source_Host"};

Cells row(const std::string& io, const std::string& sql, const std::string& seconds,
          const std::string& io_error = "0", const std::string& sql_error = "0",
          const std::string& delay = "0", const std::string& name = "") {
    return {name, io, sql, seconds, delay, io_error, sql_error, "", "", "10.0.0.1"};
}

class ReplicationOfMysql : public ::testing::Test {
  protected:
    Outcome run(std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(server_.handler());
        options_.url = "mysql://probe:geheim@" + peer.address();
        return testing::run_discreetly(kind, options_, timeout);
    }
    Outcome with(const std::vector<Cells>& rows) {
        server_.answers["SHOW ALL REPLICAS STATUS"] = table(of_mariadb, rows);
        return run();
    }
    void expect_degraded(const Outcome& outcome, const std::string& detail) {
        EXPECT_EQ(outcome.status, Status::degraded);
        EXPECT_EQ(outcome.detail, detail);
    }
    FakeMysql server_;
    Options options_;
};

TEST_F(ReplicationOfMysql, a_replica_is_well_when_all_of_it_is) {
    Outcome outcome = with({row("Yes", "Yes", "0")});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "replica, receiving and applying");
    EXPECT_EQ(std::get<std::string>(*outcome.property("role")), "standby");
    EXPECT_EQ(std::get<double>(*outcome.property("lag_seconds")), 0);
    EXPECT_TRUE(std::get<bool>(*outcome.property("replication")));
    expect_degraded(with({row("Yes", "No", null_cell)}),
                    "replica receives, and its applying is stopped");
    expect_failed(with({row("Yes", "No", null_cell, "0", "1146")}), ErrorClass::assertion,
                  "replica", "replica cannot apply what it receives (error 1146)");
    // MySQL 5.7 says 0 seconds there.
    expect_degraded(with({row("No", "Yes", "0")}),
                    "replica receives nothing: its receiving is stopped");
    expect_failed(with({row("No", "Yes", null_cell, "1236")}), ErrorClass::assertion, "replica",
                  "replica has given up its source (error 1236)");
    expect_degraded(with({row("Connecting", "Yes", null_cell, "2003")}),
                    "replica has no connection to its source (error 2003)");
    expect_degraded(with({row("No", "No", null_cell)}), "replica is stopped");
    expect_degraded(with({row("Yes", "Yes", null_cell)}),
                    "replica does not tell how far it is behind");
    EXPECT_FALSE(with({row("Connecting", "Yes", null_cell)}).property("lag_seconds"));
}

TEST_F(ReplicationOfMysql, the_worst_of_several_sources_counts) {
    const Outcome outcome = with({row("Yes", "Yes", "3", "0", "0", "0", "east"),
                                  row("Yes", "No", null_cell, "0", "1062", "0", "west")});
    expect_failed(outcome, ErrorClass::assertion, "replica",
                  "replica of west cannot apply what it receives (error 1062)");
    options_.degraded_above = {"2s"};
    expect_degraded(with({row("Yes", "Yes", "1", "0", "0", "0", "east"),
                          row("Yes", "Yes", "3", "0", "0", "0", "west")}),
                    "replica lags by 3 s");
}

TEST_F(ReplicationOfMysql, lag_is_judged_without_a_configured_delay) {
    options_.degraded_above = {"10s"};
    options_.failed_above = {"1m"};
    EXPECT_EQ(with({row("Yes", "Yes", "10")}).status, Status::ok);
    expect_degraded(with({row("Yes", "Yes", "11")}), "replica lags by 11 s");
    expect_failed(with({row("Yes", "Yes", "61")}), ErrorClass::assertion, "replica",
                  "replica lags by 61 s");
    EXPECT_EQ(with({row("Yes", "Yes", "3605", "0", "0", "3600")}).status, Status::ok);
}

// The server's text contains whole statements, with any secrets in them.
TEST_F(ReplicationOfMysql, what_the_server_says_is_private) {
    Cells broken = row("Yes", "No", null_cell, "0", "1396");
    broken[8] = "Error on query. Query: 'CREATE USER a IDENTIFIED BY ...'";
    const Outcome outcome = with({broken});
    EXPECT_EQ(outcome.detail, "replica cannot apply what it receives (error 1396)");
    EXPECT_TRUE(outcome.error.contains("CREATE USER"));
}

TEST_F(ReplicationOfMysql, each_version_has_its_own_words) {
    server_.greeting = {greeting("8.4.0")};
    server_.answers["SHOW REPLICA STATUS"] = table(of_mysql, {row("Yes", "Yes", "0")});
    EXPECT_EQ(run().detail, "replica, receiving and applying");
    server_.answers.erase("SHOW REPLICA STATUS");
    server_.greeting = {greeting("5.7.44")};
    server_.answers["SHOW SLAVE STATUS"] = table(of_mariadb, {row("Yes", "Yes", "0")});
    EXPECT_EQ(run().detail, "replica, receiving and applying");
    server_.answers["SHOW SLAVE STATUS"] = table({"Something_else"}, {{"Yes"}});
    expect_failed(run(), ErrorClass::protocol, "replica", "not a replica's status");
}

TEST_F(ReplicationOfMysql, a_server_without_a_source_is_a_primary_or_standalone) {
    server_.answers["SHOW GLOBAL STATUS LIKE 'Slaves"] = listing({{"Slaves_connected", "2"}});
    EXPECT_EQ(with({}).detail, "primary, 2 replicas connected");
    server_.answers["SHOW GLOBAL STATUS LIKE 'Slaves"] = listing({{"Slaves_connected", "0"}});
    const Outcome outcome = with({});
    EXPECT_EQ(outcome.detail, "standalone: no replica is connected");
    EXPECT_EQ(std::get<std::string>(*outcome.property("role")), "standalone");
    options_.role = "primary";
    expect_degraded(with({}), "no replica is connected");
    server_.answers["SHOW GLOBAL STATUS LIKE 'Slaves"] = listing({});
    server_.answers["SELECT count(*) FROM information_schema"] = table({"n"}, {{"0"}});
    EXPECT_EQ(with({}).detail, "copies nobody; its replicas are not shown to this user");
    options_.role = "standby";
    expect_failed(with({}), ErrorClass::assertion, "replica", "is a primary, expected a standby");
    options_.role = "primary";
    expect_failed(with({row("Yes", "Yes", "0")}), ErrorClass::assertion, "replica",
                  "is a standby, expected a primary");
}

TEST_F(ReplicationOfMysql, a_user_who_may_not_look_is_told_what_to_grant) {
    server_.answers["SHOW ALL REPLICAS STATUS"] = {error(1227, "42000", "Access denied")};
    expect_failed(run(), ErrorClass::auth, "replica",
                  "user may not see the replication: grant it SLAVE MONITOR (MariaDB) or "
                  "REPLICATION CLIENT (MySQL)");
}

TEST_F(ReplicationOfMysql, a_source_is_compared) {
    FakeMysql source;
    source.answers["SELECT @@GLOBAL.gtid_binlog_pos"] = table({"p"}, {{"0-1-42"}});
    const Peer peer(source.handler());
    options_.source = "mysql://" + peer.address();
    server_.answers["SELECT MASTER_GTID_WAIT('0-1-42'"] = table({"w"}, {{"0"}});
    EXPECT_EQ(with({row("Yes", "Yes", "0")}).status, Status::ok);
    EXPECT_TRUE(source.said().ends_with("quit;")) << source.said();
    server_.answers["SELECT MASTER_GTID_WAIT('0-1-42'"] = table({"w"}, {{"-1"}});
    expect_degraded(with({row("Yes", "Yes", "0")}),
                    "replica does not get what its source has committed");
    EXPECT_EQ(with({row("Yes", "Yes", "7")}).status, Status::ok) << "its lag has bounds of its own";
    EXPECT_EQ(with({row("Yes", "Yes", "0", "0", "0", "60")}).status, Status::ok) << "is wished";
    source.answers["SELECT @@GLOBAL.gtid_binlog_pos"] = table({"p"}, {{"'; DROP TABLE a"}});
    expect_failed(with({row("Yes", "Yes", "0")}), ErrorClass::protocol, "source",
                  "its source: not a position");
    source.answers["SELECT @@GLOBAL.gtid_binlog_pos"] = table({"p"}, {{""}});
    expect_failed(with({row("Yes", "Yes", "0")}), ErrorClass::assertion, "source",
                  "its source: keeps no GTIDs: it cannot be compared");
}

TEST_F(ReplicationOfMysql, a_source_that_hangs_or_is_gone_is_a_failure) {
    const Peer hanging(Peer::hang());
    options_.source = "mysql://" + hanging.address();
    server_.answers["SHOW ALL REPLICAS STATUS"] = table(of_mariadb, {row("Yes", "Yes", "0")});
    expect_failed(run(300ms), ErrorClass::timeout, "source",
                  "stopped answering (timeout in source)");
    options_.source = "mysql://127.0.0.1:" + std::to_string(testing::closed_port());
    expect_failed(run(), ErrorClass::connect, "source", "its source: connection refused");
}

TEST(ReplicationOptions, are_of_one_server_or_the_other) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "mysql://u@h", .degraded_above = {"10s"}}), "");
    EXPECT_EQ(problem({.url = "mysql://u@h", .degraded_above = {"16MiB"}}),
              "a bound of lag is a duration here: MySQL tells no bytes");
    EXPECT_EQ(problem({.url = "mysql://u@h", .ignore_slots = {"a"}}),
              "ignore_slots is for PostgreSQL");
    EXPECT_EQ(problem({.url = "mysql://u@h", .fresh_within = 1min}),
              "fresh_within is for PostgreSQL; see source");
    EXPECT_EQ(problem({.url = "postgresql://u@h/d", .source = "mysql://h"}),
              "source is for MySQL; see fresh_within");
    EXPECT_EQ(problem({.url = "postgresql://u@h/d"}), "");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "replication+mysqls://u@h"));
    EXPECT_EQ(options.url.text, "mysqls://u@h");
}

}  // namespace
}  // namespace vitals::checks::replication
