#include "postgres.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "crud.hpp"
#include "fake_server.hpp"
#include "net/environment.hpp"
#include "replication.hpp"
#include "session.hpp"

namespace vitals::checks::postgres {
namespace {

using namespace std::chrono_literals;
using testing::error;
using testing::FakePostgres;
using testing::reset;
using testing::result;
using testing::silence;
using vitals::testing::Peer;
using vitals::testing::problem_of;
using vitals::testing::Runner;

class Postgres : public ::testing::Test {
  protected:
    std::string url_of(const Peer& peer) const {
        return "postgresql://probe:s3cret@" + peer.address() + "/shop" + parameters_;
    }
    Outcome run_on(const Peer& peer, std::chrono::milliseconds timeout = 2000ms) {
        Options options = options_;
        options.url = url_of(peer);
        return run(kind, options, timeout);
    }
    template <class Any>
    Outcome run(const Kind& which, const Any& options, std::chrono::milliseconds timeout = 2000ms) {
        Runner runner;
        Outcome outcome = runner.run(which, options, timeout);
        EXPECT_LE(runner.elapsed(), timeout + 100ms);
        EXPECT_TRUE(runner.finished());
        EXPECT_EQ(outcome.error.find("s3cret"), std::string::npos) << outcome.error;
        return outcome;
    }
    Outcome run(std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(server_.handler());
        return run_on(peer, timeout);
    }
    static void expect_failed(const Outcome& outcome, ErrorClass error_class,
                              const std::string& phase, const std::string& detail) {
        EXPECT_EQ(outcome.status, Status::failed);
        EXPECT_EQ(outcome.error_class, error_class) << to_string(outcome.error_class);
        EXPECT_EQ(outcome.failed_phase, phase);
        EXPECT_EQ(outcome.detail, detail) << outcome.error;
    }

    FakePostgres server_;
    Options options_;
    std::string parameters_;
};

TEST_F(Postgres, logs_in_and_asks) {
    const auto phases_of = [](const Outcome& outcome) {
        std::string names;
        for (const Phase& phase : outcome.phases) names += phase.name + ' ';
        return names;
    };
    Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(server_.statements(), "SELECT ");
    EXPECT_EQ(phases_of(outcome), "connect tls auth query ");
    // What somebody else wrote is asked in a transaction of its own.
    options_.query = "SELECT 1";
    outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(server_.statements(), "SELECT BEGIN SET SELECT COMMIT ");
    EXPECT_EQ(phases_of(outcome), "connect tls auth query commit ");
}

TEST_F(Postgres, what_a_query_gives_is_compared_as_a_whole) {
    options_.query = "SELECT count(*) FROM queue";
    server_.answers["SELECT count"] = result({"12"}, "SELECT 1");
    options_.expect = "12";
    EXPECT_EQ(run().status, Status::ok);
    options_.expect = "1";
    expect_failed(run(), ErrorClass::assertion, "query",
                  "the query gave something else than expected");
    options_.expect = "/^1/";
    EXPECT_EQ(run().status, Status::ok);
    options_.writable = true;
    server_.answers["SELECT pg_catalog.pg_is_in"] = result({"f", "off"}, "SELECT 1");
    EXPECT_EQ(run().status, Status::ok);
    server_.answers["SELECT pg_catalog.pg_is_in"] = result({"t", "on"}, "SELECT 1");
    expect_failed(run(), ErrorClass::assertion, "writable", "is a standby: read-only");
    server_.answers["SELECT pg_catalog.pg_is_in"] = result({"f", "on"}, "SELECT 1");
    expect_failed(run(), ErrorClass::assertion, "writable", "refuses writes: read-only by default");
}

TEST_F(Postgres, refusals_are_told_apart_by_their_code_in_any_language) {
    const std::tuple<std::string, ErrorClass, std::string> refusals[] = {
        {"28P01", ErrorClass::auth, "wrong user or password"},
        {"28000", ErrorClass::auth, "log-in refused by the server's rules"},
        {"3D000", ErrorClass::assertion, "database does not exist"},
        {"53300", ErrorClass::assertion, "no connection slots left"},
        {"57P03", ErrorClass::assertion, "starting up, shutting down or recovering"},
        {"XX000", ErrorClass::assertion, "answered with an error (SQLSTATE XX000)"},
    };
    for (const auto& [code, error_class, detail] : refusals) {
        server_.greeting = error(code, "irgendetwas ging schief");
        expect_failed(run(), error_class, "auth", detail);
    }
    server_.greeting = testing::message('R', testing::number(0)) + testing::message('Z', "I");
    const std::tuple<std::string, ErrorClass, std::string> errors[] = {
        {"53100", ErrorClass::assertion, "refuses writes: disk is full"},
        {"25006", ErrorClass::assertion, "refuses writes: read-only"},
        {"42501", ErrorClass::auth, "user may not do what this check does"},
        {"57014", ErrorClass::timeout, "statement took too long"},
    };
    for (const auto& [code, error_class, detail] : errors) {
        server_.answers["SELECT 1"] = error(code, "something");
        expect_failed(run(), error_class, "query", detail);
    }
    server_.answers["SELECT 1"] = error("08P01", "pgbouncer cannot connect to server");
    expect_failed(run(), ErrorClass::assertion, "query",
                  "pooler has no connection to the database");
    server_.answers["SELECT 1"] =
        error("08P01", "transaction blocks not allowed in statement pooling mode");
    expect_failed(run(), ErrorClass::assertion, "query",
                  "pooler in statement mode takes no transactions: ask past it");
}

TEST_F(Postgres, tls_that_must_be_and_is_not_fails) {
    options_.tls.verify = false;
    expect_failed(run(), ErrorClass::tls, "tls", "server offers no TLS");
}

TEST_F(Postgres, hangs_time_out_wherever_they_are) {
    const Peer hanging(Peer::hang());
    expect_failed(run_on(hanging, 200ms), ErrorClass::timeout, "tls",
                  "accepts connections and does not answer (timeout in tls)");
    parameters_ = "?sslmode=disable";
    expect_failed(run_on(hanging, 200ms), ErrorClass::timeout, "auth",
                  "accepts connections and does not answer (timeout in auth)");
    server_.greeting = silence;
    expect_failed(run(200ms), ErrorClass::timeout, "auth",
                  "accepts connections and does not answer (timeout in auth)");
    server_.greeting = testing::message('R', testing::number(0)) + testing::message('Z', "I");
    server_.answers["SELECT 1"] = silence;
    expect_failed(run(200ms), ErrorClass::timeout, "query", "stopped answering (timeout in query)");
    server_.answers = {{"COMMIT", silence}};
    options_.query = "SELECT 1";
    expect_failed(run(200ms), ErrorClass::timeout, "commit",
                  "stopped answering (timeout in commit)");
    const Peer drip(Peer::drip(std::string(4000, 'R'), 10ms));
    EXPECT_EQ(run_on(drip, 300ms).status, Status::failed);
}

TEST_F(Postgres, what_is_no_postgres_fails) {
    Options options;
    options.url = "postgresql://u:p@127.0.0.1:" + std::to_string(vitals::testing::closed_port());
    expect_failed(run(kind, options), ErrorClass::connect, "connect", "connection refused");
    parameters_ = "?sslmode=disable";
    const Peer other(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"));
    EXPECT_EQ(run_on(other).error_class, ErrorClass::protocol);
    const Peer ends(Peer::say(""));
    expect_failed(run_on(ends), ErrorClass::protocol, "auth", "closed without a complete answer");
    server_.answers["SELECT 1"] = reset;
    EXPECT_EQ(run().error_class, ErrorClass::protocol);
    EXPECT_EQ(run().failed_phase, "query");
    server_.answers["SELECT 1"] = result({std::string(8 << 20, 'x')}, "SELECT 1");
    expect_failed(run(), ErrorClass::assertion, "query", "an answer that is too long");
    server_.answers["SELECT 1"] = result({"2"}, "SELECT 1");
    expect_failed(run(), ErrorClass::protocol, "query", "SELECT 1 gave something else");
}

TEST_F(Postgres, a_row_that_does_not_come_back_fails) {
    CrudOptions options;
    const auto outcome = [&] {
        const Peer peer(server_.handler());
        options.url = url_of(peer);
        return run(crud_kind, options);
    };
    server_.answers["INSERT"] = result({}, "INSERT 0 1");
    server_.answers["SELECT value"] = result({"another"}, "SELECT 1");
    expect_failed(outcome(), ErrorClass::assertion, "retrieve",
                  "the row holds something else than was written");
    server_.answers["SELECT value"] = result({}, "SELECT 0");
    expect_failed(outcome(), ErrorClass::assertion, "retrieve",
                  "the row that was written is not there");
    server_.answers["INSERT"] = result({}, "INSERT 0 0");
    expect_failed(outcome(), ErrorClass::assertion, "create", "the row was not created");
    server_.answers["INSERT"] = error("53100", "could not extend file");
    expect_failed(outcome(), ErrorClass::assertion, "create", "refuses writes: disk is full");
}

TEST_F(Postgres, replication_is_judged) {
    ReplicationOptions options;
    const auto outcome = [&] {
        const Peer peer(server_.handler());
        options.url = url_of(peer);
        return run(replication_kind, options);
    };
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
    // A primary that has lost its standby stays one.
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
    // All that came is replayed; how much has not come is not known.
    EXPECT_EQ(outcome().property("lag_bytes"), nullptr);
    EXPECT_EQ(outcome().property("lag_seconds"), nullptr);
    options.role = "primary";
    expect_failed(outcome(), ErrorClass::assertion, "positions",
                  "is a standby, expected a primary");
}

TEST_F(Postgres, keeps_no_descriptor) {
    Runner runner;
    const Peer hanging(Peer::hang());
    server_.answers["SELECT 1"] = error("25006", "no");
    const Peer refusing(server_.handler());
    const auto round = [&] {
        Options options;
        options.url = url_of(hanging);
        EXPECT_EQ(runner.run(kind, options, 5ms).error_class, ErrorClass::timeout);
        options.url = url_of(refusing);
        EXPECT_EQ(runner.run(kind, options, 2s).error_class, ErrorClass::assertion);
    };
    round();
    std::this_thread::sleep_for(50ms);
    const std::size_t before = vitals::testing::open_descriptors();
    for (int i = 0; i < 200; ++i) round();
    std::this_thread::sleep_for(50ms);
    EXPECT_LE(vitals::testing::open_descriptors(), before + 1);
}

// Two runs of one component that keeps its connection, on a server that may treat the kept one
// badly: both are ok. How many connections they made.
TEST_F(Postgres, an_old_commit_is_no_lag_when_all_that_came_is_replayed_at_once) {
    ReplicationOptions options;
    options.failed_above = {"1m"};
    const auto outcome = [&] {
        const Peer peer(server_.handler());
        options.url = url_of(peer);
        return run(replication_kind, options);
    };
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

class PostgresReused : public Postgres {
  protected:
    template <class Any>
    int connections_of_two_runs(const Kind& which, Any options) {
        const Peer peer(server_.handler());
        options.url = url_of(peer);
        options.auth_every = 1h;
        Runner runner;
        runner.keep_connections();
        for (int i = 0; i < 2; ++i) {
            const Outcome outcome = runner.run(which, options, 2s);
            EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
        }
        return peer.accepted();
    }
};

TEST_F(PostgresReused, a_session_serves_the_next_run) {
    EXPECT_EQ(connections_of_two_runs(kind, Options()), 1);
    EXPECT_EQ(server_.statements(), "SELECT SELECT ");
}

TEST_F(PostgresReused, what_a_query_left_in_the_session_is_not_kept) {
    Options options;
    options.query = "SELECT 1";
    EXPECT_EQ(connections_of_two_runs(kind, options), 1);
    EXPECT_EQ(server_.statements(),
              "BEGIN SET SELECT COMMIT DISCARD BEGIN SET SELECT COMMIT DISCARD ");
}

TEST_F(PostgresReused, replication_ends_its_transaction) {
    server_.answers["SELECT pg_is_in"] = result({"f"}, "SELECT 1");
    server_.answers["SELECT pg_current"] =
        result({"0/1", "0", "0", "", "0", "0", "f", "0"}, "SELECT 1");
    EXPECT_EQ(connections_of_two_runs(replication_kind, ReplicationOptions()), 1);
}

TEST_F(PostgresReused, a_stale_session_is_no_fault) {
    for (const std::string& what :
         {reset, silence, error("57P01", "terminating connection"), error("25006", "read-only")}) {
        SCOPED_TRACE(what);
        server_.stale = what;
        EXPECT_EQ(connections_of_two_runs(kind, Options()), 2);
    }
}

TEST_F(PostgresReused, a_session_that_was_ended_meanwhile_is_not_used) {
    server_.last_words = error("57P05", "terminating connection due to idle-session timeout");
    EXPECT_EQ(connections_of_two_runs(kind, Options()), 2);
}

// How much is hashed for a log-in is the server's word: neither the loop nor other runs wait for
// it.
TEST_F(Postgres, what_a_server_makes_us_compute_holds_up_nobody) {
    server_.scram_rounds = 4'000'000;  // seconds
    const Peer hostile(server_.handler());
    FakePostgres good;
    const Peer healthy(good.handler());
    Runner runner;
    Options options;
    options.url = url_of(hostile);
    const Outcome outcome = runner.run(kind, options, 1500ms);
    expect_failed(outcome, ErrorClass::timeout, "auth",
                  "accepts connections and does not answer (timeout in auth)");
    EXPECT_LT(runner.elapsed(), 2s);
    EXPECT_FALSE(runner.finished());  // so the engine begins no second one
    options.url = url_of(healthy);
    const Outcome other = runner.run(kind, options, 5s);
    EXPECT_EQ(other.status, Status::ok) << other.detail << other.error;
    EXPECT_TRUE(server_.left_without_proof());  // the run's socket is closed, whoever computes
    const auto computing = [&] {
        std::size_t running = 0;
        for (const net::LaneFigures& lane : runner.environment().lanes()) running += lane.running;
        return running > 0;
    };
    for (int i = 0; i < 6000 && computing(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(computing());
}

TEST_F(Postgres, what_cannot_be_computed_in_time_is_not_begun) {
    server_.scram_rounds = 2'147'483'647;  // half an hour
    const Peer hostile(server_.handler());
    Runner runner;
    Options options;
    options.url = url_of(hostile);
    for (int i = 0; i < 20; ++i) {  // more than a lane has threads
        const Outcome outcome = runner.run(kind, options, 5s);
        expect_failed(outcome, ErrorClass::auth, "auth",
                      "log-in asks for more hashing than there is time for");
        EXPECT_EQ(outcome.error, "the password is to be hashed 2147483647 times");
        EXPECT_TRUE(runner.finished());
    }
}

TEST(PostgresStatements, call_things_as_their_server_does) {
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

TEST(PostgresNames, are_quoted) {
    EXPECT_EQ(quoted_name("vitals_probe"), R"("vitals_probe")");
    EXPECT_EQ(quoted_name("own.vitals_probe"), R"("own"."vitals_probe")");
    EXPECT_EQ(quoted_name(R"(a"; DROP TABLE b)"), R"("a""; DROP TABLE b")");
}

TEST(PostgresOptions, are_checked) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "postgresql://u@h/d"}), "");
    EXPECT_EQ(problem({.url = "postgres://u@h"}), "");
    EXPECT_EQ(problem({.url = "postgresql://u@/d?host=/run/postgresql"}), "");
    EXPECT_EQ(problem({.url = "postgresql://h/d"}),
              "names no user; expected postgresql://user@host/database, or `user`");
    EXPECT_EQ(problem({.url = "postgresql://u:p@h", .password = Secret("x")}),
              "password stands both in the URL and apart from it");
    EXPECT_EQ(problem({.url = "postgresql://u@h", .expect = "1"}), "expect without a query");
    EXPECT_EQ(problem({.url = "postgresql://u@h?sslmode=disable", .tls = {.ca = "/a"}}),
              "tls contradicts sslmode=disable");
    EXPECT_NE(problem({.url = "postgresql://u@h?service=x"}), "");
    ReplicationOptions replication;
    replication.url = "postgresql://u@h";
    replication.degraded_above = {"16MiB", "30s"};
    EXPECT_EQ(problem_of(replication_kind, &replication), "");
    replication.degraded_above = {"much"};
    EXPECT_EQ(problem_of(replication_kind, &replication),
              "degraded_above: is neither a size nor a duration; expected 16MiB, 30s or both");
    CrudOptions crud;
    crud.url = "postgresql://u@h";
    crud.table = "a.b.c";
    EXPECT_EQ(problem_of(crud_kind, &crud),
              "table: is no name of a table; expected table or schema.table");
}

}  // namespace
}  // namespace vitals::checks::postgres
