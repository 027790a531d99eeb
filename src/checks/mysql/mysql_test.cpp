#include "mysql.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <tuple>

#include "expect_failed.hpp"
#include "fake_mysql.hpp"
#include "server_kinds.hpp"
#include "tls_peer.hpp"
#include "url_of.hpp"
#include "wire/mysql_password.hpp"

namespace vitals::checks::mysql {
namespace {

using namespace std::chrono_literals;
using namespace testing::mysql;
using namespace vitals::testing;

class Mysql : public ::testing::Test {
  protected:
    Options to(const Peer& peer) const {
        Options options = options_;
        options.url = "mysql://probe:geheim@" + peer.address() + "/shop";
        return options;
    }
    Outcome run(std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(server_.handler());
        return testing::run_discreetly(kind, to(peer), timeout);
    }
    static Outcome run_on(const Peer& peer, std::chrono::milliseconds timeout = 2000ms) {
        Options options;
        options.url = "mysql://probe:geheim@" + peer.address();
        return testing::run_discreetly(kind, options, timeout);
    }
    void galera(const std::string& status, const std::string& state, const std::string& ready,
                const std::string& size = "3") {
        server_.answers["SHOW GLOBAL VARIABLES"] =
            listing({{"read_only", "OFF"}, {"wsrep_on", "ON"}});
        server_.answers["SHOW GLOBAL STATUS WHERE"] =
            listing({{"wsrep_cluster_size", size},
                     {"wsrep_cluster_status", status},
                     {"wsrep_local_state", state},
                     {"wsrep_local_state_comment", "Synced"},
                     {"wsrep_ready", ready}});
    }
    void expect_degraded(const std::string& detail) {
        const Outcome outcome = run();
        EXPECT_EQ(outcome.status, Status::degraded);
        EXPECT_EQ(outcome.detail, detail);
    }

    FakeMysql server_;
    Options options_;
};

TEST_F(Mysql, logs_in_asks_and_takes_leave) {
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "answers");
    EXPECT_EQ(testing::phases(outcome),
              (std::vector<std::string>{"connect", "greeting", "auth", "query", "variables"}));
    EXPECT_EQ(server_.said(), "SELECT 1;SHOW GLOBAL VARIABLE;quit;");
    EXPECT_TRUE(server_.proofs()[0].contains("probe"));
    EXPECT_TRUE(server_.proofs()[0].contains(wire::mysql::native_proof("geheim", salt)));
    EXPECT_TRUE(server_.proofs()[0].contains("shop"));
}

TEST_F(Mysql, what_a_query_gives_is_compared_as_a_whole) {
    options_.query = "SELECT count(*) FROM queue";
    server_.answers["SELECT count"] = table({"n"}, {{"12"}});
    server_.answers["SET SESSION max_statement_time"] = {ok_payload};
    options_.expect = "12";
    EXPECT_EQ(run().detail, "answers as expected");
    EXPECT_EQ(server_.said(),
              "SET SESSION max_stat;SELECT count(*) FROM;SHOW GLOBAL VARIABLE;quit;");
    options_.expect = "1";
    expect_failed(run(), ErrorClass::assertion, "query",
                  "the query gave something else than expected");
    options_.expect = "/^1/";
    EXPECT_EQ(run().status, Status::ok);
    server_.answers["SELECT count"] = table({"n"}, {{null_cell}});
    expect_failed(run(), ErrorClass::assertion, "query", "the query gave no value");
}

// A query that nobody waits for any more would continue in the server.
TEST_F(Mysql, the_server_ends_a_query_itself_whichever_it_is) {
    options_.query = "SELECT count(*) FROM queue";
    server_.answers["SELECT count"] = table({"n"}, {{"12"}});
    server_.answers["SET SESSION max_execution_time"] = {ok_payload};
    EXPECT_EQ(run().status, Status::ok);
    EXPECT_TRUE(server_.said().starts_with("SET SESSION max_stat;SET SESSION max_exec;SELECT"));
    server_.answers.erase("SET SESSION max_execution_time");
    EXPECT_EQ(run().status, Status::ok);
    server_.answers["SELECT count"] = table({"n"}, {});
    server_.answers["SELECT count"].back() = error(1969, "70100", "interrupted");
    expect_failed(run(), ErrorClass::timeout, "query", "the query took longer than the run has");
}

TEST_F(Mysql, a_read_only_server_fails_where_writing_is_wanted) {
    const auto with = [&](const std::vector<Cells>& variables) {
        server_.answers["SHOW GLOBAL VARIABLES"] = listing(variables);
        return run();
    };
    EXPECT_EQ(with({{"read_only", "ON"}}).status, Status::ok);
    options_.writable = true;
    EXPECT_EQ(
        with({{"read_only", "OFF"}, {"super_read_only", "OFF"}, {"tx_read_only", "OFF"}}).detail,
        "answers, not read-only");
    expect_failed(with({{"read_only", "ON"}}), ErrorClass::assertion, "writable",
                  "refuses writes: read_only is on");
    expect_failed(with({{"read_only", "NO_LOCK"}}), ErrorClass::assertion, "writable",
                  "refuses writes: read_only is on");
    expect_failed(with({{"read_only", "OFF"}, {"innodb_read_only", "ON"}}), ErrorClass::assertion,
                  "writable", "refuses writes: innodb_read_only is on");
    expect_failed(with({{"read_only", "OFF"}, {"transaction_read_only", "ON"}}),
                  ErrorClass::assertion, "writable", "refuses writes: read-only by default");
    expect_failed(with({}), ErrorClass::assertion, "writable",
                  "does not tell whether it is read-only");
}

TEST_F(Mysql, a_node_of_a_cluster_must_be_part_of_it) {
    galera("Primary", "4", "ON");
    EXPECT_EQ(run().status, Status::ok);
    galera("Primary", "2", "ON");
    expect_degraded("node is a donor for another one");
    galera("Primary", "1", "ON");
    expect_degraded("node is not synced with its cluster");
    galera("non-Primary", "0", "OFF");
    expect_failed(run(), ErrorClass::assertion, "cluster",
                  "node has no quorum: its cluster is split");
    galera("non-Primary", "1", "OFF", "0");
    expect_failed(run(), ErrorClass::assertion, "cluster",
                  "node joins its cluster, and takes no statements yet");
    galera("Primary", "4", "OFF");
    expect_failed(run(), ErrorClass::assertion, "cluster", "node takes no statements yet");
    galera("Primary", "4", "ON", "2");
    EXPECT_EQ(run().status, Status::ok);
    options_.nodes = 3;
    expect_degraded("2 nodes in the cluster, expected 3");
    server_.answers["SHOW GLOBAL VARIABLES"] = listing({{"wsrep_on", "OFF"}});
    expect_failed(run(), ErrorClass::assertion, "variables", "is no node of a Galera cluster");
}

// wsrep_on may be ON where no cluster is configured at all.
TEST_F(Mysql, a_server_without_a_cluster_is_none) {
    galera("", "", "");
    server_.answers["SHOW GLOBAL STATUS WHERE"] = listing({});
    EXPECT_EQ(run().status, Status::ok);
}

TEST_F(Mysql, many_connections_degrade) {
    options_.connections_above = Percentage{80};
    server_.answers["SHOW GLOBAL STATUS LIKE"] = listing({{"Threads_connected", "80"}});
    EXPECT_EQ(run().status, Status::ok);
    server_.answers["SHOW GLOBAL STATUS LIKE"] = listing({{"Threads_connected", "81"}});
    expect_degraded("81% of its connections are in use");
    server_.answers["SHOW GLOBAL STATUS LIKE"] = listing({});
    expect_failed(run(), ErrorClass::assertion, "connections",
                  "does not tell how many connections it has");
}

// Servers that are similar to MySQL, but are not MySQL.
TEST_F(Mysql, a_server_that_does_not_show_its_variables_is_ok) {
    server_.answers.erase("SHOW GLOBAL VARIABLES");
    EXPECT_EQ(run().status, Status::ok);
    server_.answers["SHOW GLOBAL VARIABLES"] = {error(1047, "08S01", "WSREP has not yet")};
    expect_failed(run(), ErrorClass::assertion, "variables",
                  "node is not part of a working cluster");
}

TEST_F(Mysql, refusals_of_a_log_in_are_told_apart) {
    const std::tuple<int, std::string, ErrorClass, std::string> refusals[] = {
        {1045, "28000", ErrorClass::auth, "wrong user or password, or the account demands TLS"},
        {1698, "28000", ErrorClass::auth, "wrong user, or the user may not connect from here"},
        {4151, "HY000", ErrorClass::auth, "account is locked"},
        {1044, "42000", ErrorClass::auth, "user may not use the database"},
        {1049, "42000", ErrorClass::assertion, "database does not exist"},
        {1040, "08004", ErrorClass::assertion, "no connections left"},
        {1226, "42000", ErrorClass::assertion, "the user's own limit is used up"},
        {9999, "HY000", ErrorClass::assertion, "answered with error 9999"},
    };
    for (const auto& [code, state, error_class, detail] : refusals) {
        server_.log_in = {error(code, state, "no, " + detail)};
        const Outcome outcome = run();
        expect_failed(outcome, error_class, "auth", detail);
        EXPECT_TRUE(outcome.error.contains(state)) << outcome.error;
    }
}

TEST_F(Mysql, a_server_may_refuse_before_it_greets) {
    server_.greeting = {std::string("\xff\x10\x04") + "Too many connections"};
    expect_failed(run(), ErrorClass::assertion, "auth", "no connections left");
    server_.greeting = {std::string("\xff\x69\x04") + "Host is blocked"};
    expect_failed(run(), ErrorClass::assertion, "greeting",
                  "blocks this host: too many broken connections from it");
}

// The log-in itself goes well.
TEST_F(Mysql, an_expired_password_is_no_success) {
    server_.answers["SELECT 1"] = {error(1820, "HY000", "You must SET PASSWORD")};
    expect_failed(run(), ErrorClass::auth, "query", "password expired");
    EXPECT_EQ(server_.said(), "SELECT 1;quit;");
}

const std::string switch_to_native =
    std::string("\xfemysql_native_password\0", 23) + "ABCDEFGHIJKLMNOPQRST" + '\0';

TEST_F(Mysql, proves_itself_as_the_account_needs_it) {
    server_.log_in = {switch_to_native, ok_payload};
    EXPECT_EQ(run().status, Status::ok);
    EXPECT_EQ(server_.proofs()[1], wire::mysql::native_proof("geheim", "ABCDEFGHIJKLMNOPQRST"));
    server_.log_in = {std::string("\xfe"
                                  "client_ed25519\0",
                                  16) +
                          salt + "uvwxyzABCDEF",
                      ok_payload};
    EXPECT_EQ(run().status, Status::ok);
    EXPECT_EQ(server_.proofs()[3], wire::mysql::ed25519_proof("geheim", salt + "uvwxyzABCDEF"));
    server_.log_in = {std::string("\xfe"
                                  "dialog\0",
                                  8) +
                      "Password: "};
    expect_failed(run(), ErrorClass::auth, "auth",
                  "vitals does not know the account's authentication plugin");
    server_.log_in = {
        std::string("\xfe"
                    "mysql_clear_password\0",
                    22)};
    expect_failed(run(), ErrorClass::auth, "auth",
                  "vitals does not know the account's authentication plugin");
    server_.log_in = {"\xfe"};
    expect_failed(run(), ErrorClass::auth, "auth", "the account's password is kept as before 4.1");
    server_.log_in = {switch_to_native, switch_to_native};
    expect_failed(run(), ErrorClass::protocol, "auth", "not an answer to a log-in");
}

TEST_F(Mysql, the_whole_password_is_not_sent_in_the_clear) {
    server_.greeting = {greeting("8.0.36", "caching_sha2_password")};
    server_.log_in = {std::string("\x01\x03", 2), ok_payload};
    EXPECT_EQ(run().status, Status::ok);
    EXPECT_TRUE(server_.proofs()[0].contains(wire::mysql::caching_sha2_proof("geheim", salt)));
    server_.log_in = {std::string("\x01\x04", 2), ok_payload};
    expect_failed(run(), ErrorClass::auth, "auth", "the account needs TLS: caching_sha2_password");
    for (const std::string& proof : server_.proofs()) EXPECT_FALSE(proof.contains("geheim"));
}

TEST_F(Mysql, never_goes_on_without_tls_where_it_is_wanted) {
    const Peer peer(server_.handler());
    Options options = to(peer);
    options.url = "mysqls" + options.url.text.substr(5);
    expect_failed(testing::run_in_time(kind, options), ErrorClass::tls, "tls",
                  "TLS is not offered");
    options = to(peer);
    options.tls.verify = false;
    expect_failed(testing::run_in_time(kind, options), ErrorClass::tls, "tls",
                  "TLS is not offered");
    EXPECT_TRUE(server_.proofs().empty());
}

// Bytes that are injected before the handshake would be taken for those after it.
TEST_F(Mysql, what_is_injected_before_the_handshake_is_refused) {
    server_.greeting = {greeting("8.0.36", "mysql_native_password", true), ok_payload};
    const Peer peer(server_.handler());
    Options options = to(peer);
    options.tls.verify = false;
    const Outcome outcome = testing::run_in_time(kind, options);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_NE(outcome.error_class, ErrorClass::none);
    EXPECT_EQ(outcome.failed_phase, "tls");
    for (const std::string& proof : server_.proofs()) EXPECT_FALSE(proof.contains("probe"));
}

TEST_F(Mysql, garbage_fails) {
    expect_failed(run_on(Peer(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"))), ErrorClass::protocol,
                  "greeting", "not MySQL, or a packet that is too long");
    expect_failed(run_on(Peer(Peer::say("SSH-2.0-OpenSSH_9.2\r\n"))), ErrorClass::protocol,
                  "greeting", "not MySQL, or a packet that is too long");
    server_.greeting = {"\x09"};
    expect_failed(run(), ErrorClass::protocol, "greeting", "not a MySQL greeting");
    server_.greeting = {greeting()};
    server_.log_in = {"what?"};
    expect_failed(run(), ErrorClass::protocol, "auth", "not an answer to a log-in");
    server_.log_in = {ok_payload};
    server_.answers["SELECT 1"] = {"\xfb/etc/passwd"};
    expect_failed(run(), ErrorClass::protocol, "query", "asks for a file of this machine");
    server_.answers["SELECT 1"] = table({"1"}, {{"2"}});
    expect_failed(run(), ErrorClass::protocol, "query", "SELECT 1 gave something else");
}

TEST_F(Mysql, a_server_that_hangs_times_out_wherever_it_does) {
    server_.greeting = {silence};
    expect_failed(run(300ms), ErrorClass::timeout, "greeting",
                  "accepts connections and does not answer (timeout in greeting)");
    server_.greeting = {greeting()};
    server_.log_in = {silence};
    expect_failed(run(300ms), ErrorClass::timeout, "auth", "stopped answering (timeout in auth)");
    server_.log_in = {ok_payload};
    server_.answers["SELECT 1"] = {silence};
    expect_failed(run(300ms), ErrorClass::timeout, "query", "stopped answering (timeout in query)");
    const Peer drip(Peer::drip(packet(0, greeting()), 20ms));
    expect_failed(run_on(drip, 300ms), ErrorClass::timeout, "greeting",
                  "accepts connections and does not answer (timeout in greeting)");
}

TEST_F(Mysql, the_end_or_a_reset_amid_an_answer_fails) {
    server_.answers["SELECT 1"] = {ends};
    expect_failed(run(), ErrorClass::protocol, "query", "closed without an answer");
    server_.answers["SELECT 1"] = {reset};
    expect_failed(run(), ErrorClass::protocol, "query", "connection reset");
    testing::expect_refused<Options>(kind, "mysql://probe@");
}

TEST_F(Mysql, an_idle_connection_that_was_cut_is_no_fault) {
    server_.cut_after_first_run = true;
    const Peer peer(server_.handler());
    Options options = to(peer);
    options.auth_every = 1h;
    EXPECT_EQ(testing::connections_of_runs(3, kind, options, peer), 2);
}

TEST_F(Mysql, a_kept_connection_is_as_it_was_after_somebodys_query) {
    server_.answers["SET"] = {ok_payload};
    server_.answers["SELECT 2"] = table({"2"}, {{"2"}});
    options_.query = "SELECT 2";
    options_.auth_every = 1h;
    const Peer peer(server_.handler());
    EXPECT_EQ(testing::connections_of_runs(2, kind, to(peer), peer), 1);
    EXPECT_TRUE(server_.said().contains("SHOW GLOBAL VARIABLE;reset;SET SESSION"))
        << server_.said();
}

TEST_F(Mysql, keeps_no_descriptor) {
    const Peer hanging(Peer::hang());
    const Peer peer(server_.handler());
    testing::expect_nothing_left_open(kind, to(hanging), to(peer));
}

TEST(MysqlOptions, are_checked) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "mysql://u@h"}), "");
    EXPECT_EQ(problem({.url = "mariadb://u@h:3307/shop"}), "");
    EXPECT_EQ(problem({.url = "unix:/run/mysqld/mysqld.sock?db=shop", .user = "u"}), "");
    EXPECT_EQ(problem({.url = "mysql://h"}),
              "names no user; expected mysql://user@host/database, or `user`");
    EXPECT_EQ(problem({.url = "mysql+pymysql://u@h"}),
              "url: has the scheme mysql+pymysql; write mysql://");
    EXPECT_EQ(problem({.url = "mysql://u@h/a?charset=utf8"}),
              "url: has a parameter that vitals does not know; TLS is mysqls:// or `tls`");
    EXPECT_EQ(problem({.url = "mysql://u@h/a/b"}),
              "url: names no database; expected mysql://user@host/database");
    EXPECT_EQ(problem({.url = "mysql://u@h", .expect = "1"}), "expect without a query");
    Options local{.url = "unix:/run/s", .user = "u"};
    local.tls.verify = false;
    EXPECT_EQ(problem(local), "tls: a unix socket has none");
    EXPECT_EQ(testing::url_of<Options>(kind, "mysqls://u@h/shop"), "mysqls://u@h/shop");
}

}  // namespace
}  // namespace vitals::checks::mysql
