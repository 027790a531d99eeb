#include "postgres.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "expect_failed.hpp"
#include "fake_postgres.hpp"
#include "net/environment.hpp"
#include "url_of.hpp"

namespace vitals::checks::postgres {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;
using namespace testing::postgres;

class Postgres : public PostgresTest {
  protected:
    using PostgresTest::run;
    using PostgresTest::run_on;
    Outcome run_on(const Peer& peer, std::chrono::milliseconds timeout = 2000ms) {
        return run_on(peer, kind, options_, timeout);
    }
    Outcome run(std::chrono::milliseconds timeout = 2000ms) { return run(kind, options_, timeout); }

    Options options_;
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
    // A configured query runs in its own transaction.
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
    server_.greeting = message('R', number(0)) + message('Z', "I");
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
    server_.greeting = message('R', number(0)) + message('Z', "I");
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
    options.url = "postgresql://u:p@127.0.0.1:" + std::to_string(testing::closed_port());
    expect_failed(testing::run_once(kind, options), ErrorClass::connect, "connect",
                  "connection refused");
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
    testing::expect_no_descriptor_kept(round);
}

TEST_F(Postgres, a_session_serves_the_next_run) {
    EXPECT_EQ(connections_of_two_runs(kind, Options()), 1);
    EXPECT_EQ(server_.statements(), "SELECT SELECT ");
}

TEST_F(Postgres, what_a_query_left_in_the_session_is_not_kept) {
    Options options;
    options.query = "SELECT 1";
    EXPECT_EQ(connections_of_two_runs(kind, options), 1);
    EXPECT_EQ(server_.statements(),
              "BEGIN SET SELECT COMMIT DISCARD BEGIN SET SELECT COMMIT DISCARD ");
}

TEST_F(Postgres, a_stale_session_is_no_fault) {
    for (const std::string& what :
         {reset, silence, error("57P01", "terminating connection"), error("25006", "read-only")}) {
        SCOPED_TRACE(what);
        server_.stale = what;
        EXPECT_EQ(connections_of_two_runs(kind, Options()), 2);
    }
}

TEST_F(Postgres, a_session_that_was_ended_meanwhile_is_not_used) {
    server_.last_words = error("57P05", "terminating connection due to idle-session timeout");
    EXPECT_EQ(connections_of_two_runs(kind, Options()), 2);
}

// The server decides how much is hashed for a log-in: neither the loop nor other runs wait for it.
TEST_F(Postgres, the_computation_for_a_log_in_delays_nothing_else) {
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
                      "log-in needs more hashing than there is time for");
        EXPECT_EQ(outcome.error, "the password is to be hashed 2147483647 times");
        EXPECT_TRUE(runner.finished());
    }
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
}

TEST(PostgresOptions, come_from_a_url) {
    EXPECT_EQ(testing::url_of<Options>(kind, "postgresql://a:b+c@d"), "postgresql://a:b+c@d");
}

}  // namespace
}  // namespace vitals::checks::postgres
