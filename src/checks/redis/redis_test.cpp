#include "redis.hpp"
#include "expect_failed.hpp"
#include "server_kinds.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>

#include "tls_peer.hpp"
#include "wire/resp.hpp"

namespace vitals::checks::redis {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;
using wire::resp::Value;

constexpr const char* silence = "(silence)";
constexpr const char* reset = "(reset)";

// A Redis that keeps keys; what it answers to a command instead can be said per command.
class FakeRedis {
  public:
    std::map<std::string, std::string> answers;
    // What the first connection gets from the second run on, whatever it asks; a connection made
    // later is served well.
    std::string stale;
    std::string unasked;  // what the first connection is sent behind its first DEL's answer

    Peer::Handler handler() {
        connections_ = 0;
        return [this](int descriptor) {
            serve([descriptor] { return testing::read_until(descriptor, "\n"); },
                  [descriptor](const std::string& bytes) {
                      return testing::send_all(descriptor, bytes);
                  },
                  descriptor);
        };
    }
    Peer::Handler tls_handler(testing::Identity identity) {
        return testing::tls(std::move(identity), [this](testing::TlsStream& stream) {
            serve([&] { return stream.read_until("\n"); },
                  [&](const std::string& bytes) { return stream.send_all(bytes); }, -1);
        });
    }
    std::string commands() {
        const std::lock_guard lock(mutex_);
        return commands_;
    }
    std::size_t keys() {
        const std::lock_guard lock(mutex_);
        return keys_.size();
    }
    void answer(const std::string& command, const std::string& said) {
        const std::lock_guard lock(mutex_);
        answers[command] = said;
    }
    void forget(const std::string& command) {
        const std::lock_guard lock(mutex_);
        answers.erase(command);
    }

  private:
    template <class ReadLine, class Send>
    void serve(ReadLine read_line, Send send, int descriptor) {
        const bool first = ++connections_ == 1;
        bool run_before = false;
        std::string buffer;
        for (;;) {
            const std::string line = read_line();
            if (line.empty()) return;
            buffer += line;
            const auto command = wire::resp::take_value(buffer);
            if (!command) return;
            if (!*command) continue;
            std::string answer = answer_to(**command);
            if (first && run_before && !stale.empty()) answer = stale;
            if ((*command)->items.at(0).text == "DEL") {
                if (first && !run_before) answer += unasked;
                run_before = true;
            }
            if (answer == reset) {
                send("$400\r\nhalf");
                std::this_thread::sleep_for(50ms);
                testing::reset_on_close(descriptor);
                return;
            }
            if (answer == silence) {
                while (!read_line().empty()) {
                }
                return;
            }
            if (!send(answer)) return;
        }
    }

    static std::string bulk(const std::string& text) {
        return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
    }

    std::string answer_to(const Value& command) {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> words;
        for (const Value& item : command.items) words.push_back(item.text);
        std::string name = words.at(0);
        if (name == "INFO" || name == "CLUSTER" || name == "SENTINEL") name += ' ' + words.at(1);
        commands_ += name + ' ';
        if (const auto found = answers.find(name); found != answers.end()) return found->second;
        if (name == "INFO server") return bulk("# Server\r\nredis_mode:standalone\r\n");
        if (name == "INFO replication") return bulk("role:master\r\nconnected_slaves:0\r\n");
        if (name == "SET") {
            keys_[words.at(1)] = words.at(2);
            return "+OK\r\n";
        }
        if (name == "GET") return keys_.contains(words[1]) ? bulk(keys_[words[1]]) : "$-1\r\n";
        if (name == "DEL") return ":" + std::to_string(keys_.erase(words.at(1))) + "\r\n";
        return "+OK\r\n";
    }

    std::mutex mutex_;
    std::atomic<int> connections_ = 0;
    std::string commands_;
    std::map<std::string, std::string> keys_;
};

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

class Redis : public ::testing::Test {
  protected:
    Outcome run(std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(server_.handler());
        return run_on(peer, timeout);
    }
    Outcome run_on(const Peer& peer, std::chrono::milliseconds timeout = 2000ms) {
        Options options = options_;
        options.url = "redis://" + peer.address() + path_;
        return testing::run_in_time(kind, options, timeout);
    }
    FakeRedis server_;
    Options options_;
    std::string path_;
};

TEST_F(Redis, a_value_goes_in_comes_back_and_is_gone) {
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "written, read back and deleted");
    EXPECT_EQ(std::get<std::string>(*outcome.property("role")), "master");
    EXPECT_EQ(server_.commands(), "INFO server INFO replication SET GET DEL ");
    EXPECT_EQ(server_.keys(), 0U);
}

TEST_F(Redis, logs_in_and_selects) {
    options_.user = "probe";
    options_.password = Secret("p w");
    path_ = "/3";
    EXPECT_EQ(run().status, Status::ok);
    EXPECT_EQ(server_.commands(), "AUTH SELECT INFO server INFO replication SET GET DEL ");
    server_.answers["SELECT"] = "-ERR DB index is out of range\r\n";
    expect_failed(run(), ErrorClass::assertion, "select", "database does not exist");
    server_.answers["AUTH"] = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
    expect_failed(run(), ErrorClass::auth, "auth", "wrong user or password");
}

TEST_F(Redis, a_password_that_nobody_asks_for_is_degraded_with_a_hint) {
    options_.password = Secret("x");
    for (const char* said :
         {"-ERR AUTH <password> called without any password configured for the default user. Are "
          "you sure your configuration is correct?\r\n",
          "-ERR Client sent AUTH, but no password is set\r\n"}) {
        server_.answers["AUTH"] = said;
        const Outcome outcome = run();
        EXPECT_EQ(outcome.status, Status::degraded);
        EXPECT_EQ(outcome.detail,
                  "works, but asks for no password though one is given: set requirepass, or leave "
                  "out the password");
    }
    server_.answers["SET"] = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
    expect_failed(run(), ErrorClass::assertion, "write", "refuses writes: memory is full");
}

TEST_F(Redis, each_refusal_has_its_own_words) {
    const std::tuple<std::string, ErrorClass, std::string> refusals[] = {
        {"NOAUTH Authentication required.", ErrorClass::auth, "password required"},
        {"NOPERM this user has no permissions to run the 'set' command", ErrorClass::auth,
         "user may not run a command that is needed"},
        {"READONLY You can't write against a read only replica.", ErrorClass::assertion,
         "refuses writes: read-only replica"},
        {"OOM command not allowed when used memory > 'maxmemory'.", ErrorClass::assertion,
         "refuses writes: memory is full"},
        {"MISCONF Redis is configured to save RDB snapshots", ErrorClass::assertion,
         "refuses writes: it cannot save to disk"},
        {"NOREPLICAS Not enough good replicas to write.", ErrorClass::assertion,
         "refuses writes: not enough replicas"},
        {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
         ErrorClass::assertion, "replica has lost its master and serves nothing"},
        {"LOADING Redis is loading the dataset in memory", ErrorClass::assertion,
         "still loading its data"},
        {"CLUSTERDOWN Hash slot not served", ErrorClass::assertion, "cluster is down"},
        {"BUSY Redis is busy running a script.", ErrorClass::assertion, "busy with a script"},
        {"ERR max number of clients reached", ErrorClass::assertion, "too many connections"},
        {"ERR something 10.0.0.1", ErrorClass::assertion, "answered with an error"},
    };
    for (const auto& [said, error_class, detail] : refusals) {
        server_.answers["SET"] = "-" + said + "\r\n";
        const Outcome outcome = run();
        expect_failed(outcome, error_class, "write", detail);
        EXPECT_NE(outcome.error.find(said.substr(0, 20)), std::string::npos) << outcome.error;
    }
}

TEST_F(Redis, another_value_than_the_one_written_fails) {
    server_.answers["GET"] = "$3\r\nold\r\n";
    expect_failed(run(), ErrorClass::assertion, "read", "read something else than was written");
    server_.answers["GET"] = "$-1\r\n";
    expect_failed(run(), ErrorClass::assertion, "read", "what was written is gone at once");
    server_.answers["SET"] = "$-1\r\n";
    expect_failed(run(), ErrorClass::assertion, "write", "SET was not answered with OK");
}

TEST_F(Redis, a_user_who_may_not_ask_info_can_still_prove_writing) {
    server_.answers["INFO server"] = "-NOPERM this user has no permissions\r\n";
    server_.answers["INFO replication"] = "-NOPERM this user has no permissions\r\n";
    EXPECT_EQ(run().status, Status::ok);
    options_.role = "master";
    expect_failed(run(), ErrorClass::auth, "info", "server does not show its role to this user");
}

TEST_F(Redis, the_role_is_judged) {
    server_.answers["INFO replication"] = bulk("role:slave\r\nmaster_link_status:up\r\n");
    options_.role = "master";
    expect_failed(run(), ErrorClass::assertion, "info", "is a replica, expected a master");
    EXPECT_EQ(server_.keys(), 0U);
    options_.role = "replica";
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_EQ(outcome.detail, "replica, linked to its master");
    server_.answers["INFO replication"] =
        bulk("role:slave\r\nmaster_link_status:down\r\nmaster_sync_in_progress:1\r\n");
    expect_failed(run(), ErrorClass::assertion, "info",
                  "no link to its master: copying all of its data");
    server_.answers["INFO replication"] = bulk("role:slave\r\nmaster_link_status:down\r\n");
    expect_failed(run(), ErrorClass::assertion, "info", "no link to its master");
    server_.answers.erase("INFO replication");
    expect_failed(run(), ErrorClass::assertion, "info", "is a master, expected a replica");
}

TEST_F(Redis, a_key_of_another_node_is_no_fault_of_a_cluster) {
    const std::string healthy =
        "cluster_state:ok\r\ncluster_slots_pfail:0\r\ncluster_slots_fail:0\r\n"
        "cluster_known_nodes:6\r\n";
    server_.answers["INFO server"] = bulk("redis_mode:cluster\r\n");
    server_.answers["CLUSTER INFO"] = bulk(healthy);
    Outcome outcome = run();
    EXPECT_EQ(outcome.detail, "written, read back and deleted") << outcome.error;
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("cluster_nodes")), 6);
    server_.answers["SET"] = "-MOVED 3999 127.0.0.1:6381\r\n";
    outcome = run();
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "answers; the keys tried are kept by other nodes");
    server_.answers["CLUSTER INFO"] = bulk("cluster_state:ok\r\ncluster_slots_pfail:12\r\n");
    outcome = run();
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "12 slots of the cluster are in doubt");
    server_.answers["CLUSTER INFO"] = bulk("cluster_state:fail\r\n");
    expect_failed(run(), ErrorClass::assertion, "info", "cluster is down");
    options_.mode = "cluster";
    server_.answers["CLUSTER INFO"] = "-ERR This instance has cluster support disabled\r\n";
    expect_failed(run(), ErrorClass::assertion, "info", "is no node of a cluster");
}

TEST_F(Redis, a_sentinel_is_asked_for_masters_and_quorum) {
    server_.answers["INFO server"] = bulk("redis_mode:sentinel\r\n");
    const std::string head = "# Sentinel\r\nsentinel_masters:1\r\n";
    server_.answers["INFO sentinel"] =
        bulk(head + "master0:name=mm,status=ok,address=127.0.0.1:6379,slaves=1,sentinels=3\r\n");
    server_.answers["SENTINEL CKQUORUM"] = "+OK 3 usable Sentinels.\r\n";
    EXPECT_EQ(run().detail, "sentinel: masters are up, with a quorum");
    server_.answers["SENTINEL CKQUORUM"] = "-NOQUORUM 1 usable Sentinels.\r\n";
    expect_failed(run(), ErrorClass::assertion, "quorum", "sentinels have no quorum");
    server_.answers["INFO sentinel"] = bulk(head + "master0:name=mm,status=odown\r\n");
    expect_failed(run(), ErrorClass::assertion, "info", "a master is down");
    server_.answers["INFO sentinel"] = bulk("# Sentinel\r\nsentinel_masters:0\r\n");
    expect_failed(run(), ErrorClass::assertion, "info", "sentinel watches no master");
    options_.mode = "sentinel";
    server_.answers["INFO sentinel"] = bulk("");
    expect_failed(run(), ErrorClass::assertion, "info", "is no sentinel");
}

TEST_F(Redis, hangs_time_out_wherever_they_are) {
    options_.password = Secret("x");
    for (const auto& [command, phase] : std::map<std::string, std::string>{{"AUTH", "auth"},
                                                                           {"INFO server", "info"},
                                                                           {"SET", "write"},
                                                                           {"GET", "read"},
                                                                           {"DEL", "delete"}}) {
        server_.answers = {{command, silence}};
        expect_failed(run(200ms), ErrorClass::timeout, phase,
                      std::string(phase == "auth" ? "accepts connections and does not answer"
                                                  : "stopped answering") +
                          " (timeout in " + phase + ")");
    }
    const Peer drip(Peer::drip("+" + std::string(4000, 'x'), 10ms));
    expect_failed(run_on(drip, 300ms), ErrorClass::timeout, "auth",
                  "accepts connections and does not answer (timeout in auth)");
}

TEST_F(Redis, what_is_no_redis_fails) {
    const Peer other(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect_failed(run_on(other), ErrorClass::protocol, "info", "not a Redis answer");
    server_.answers["GET"] = "$100000000\r\nxxxx";
    expect_failed(run(), ErrorClass::protocol, "read", "an answer that is too long");
    server_.answers["GET"] = reset;
    expect_failed(run(), ErrorClass::protocol, "read", "connection reset");
    const Peer ends(Peer::say("$5\r\nro"));
    expect_failed(run_on(ends), ErrorClass::protocol, "info", "closed without a complete answer");
    const Peer greeting(Peer::say("-ERR max number of clients reached\r\n"));
    expect_failed(run_on(greeting), ErrorClass::assertion, "info", "too many connections");
    testing::expect_refused<Options>(kind, "redis://");
}

TEST_F(Redis, rediss_is_tls) {
    const testing::TemporaryDirectory directory;
    const auto authority = testing::make_certificate(
        {.subject = "test authority", .names = {}, .addresses = {}, .authority = true});
    Options options;
    options.tls.ca = directory.write("ca.pem", authority.certificate);
    const auto outcome_with = [&](const testing::CertificateWish& wish) {
        const Peer peer(server_.tls_handler(testing::make_certificate(wish, authority)));
        options.url = "rediss://" + peer.address();
        return testing::run_once(kind, options);
    };
    EXPECT_EQ(outcome_with({}).detail, "written, read back and deleted");
    expect_failed(outcome_with({.from = -48h, .until = -24h}), ErrorClass::tls, "tls",
                  "certificate expired");
    expect_failed(outcome_with({.names = {"other.example.org"}, .addresses = {}}), ErrorClass::tls,
                  "tls", "certificate is for another name");
}

TEST_F(Redis, a_master_is_found_through_a_sentinel) {
    const Peer peer(server_.handler());
    FakeRedis sentinel;
    const std::string port = std::to_string(peer.port());
    const auto says = [&](const std::string& answer) {
        sentinel.answers["SENTINEL get-master-addr-by-name"] = answer;
        const Peer there(sentinel.handler());
        options_.url = "redis://" + there.address() + "/2";
        return testing::run_once(kind, options_);
    };
    options_.master = "shop";
    const Outcome outcome = says("*2\r\n" + bulk("127.0.0.1") + bulk(port));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "written, read back and deleted");
    EXPECT_EQ(server_.commands(), "SELECT INFO replication SET GET DEL ");
    expect_failed(says("*-1\r\n"), ErrorClass::assertion, "sentinel",
                  "the sentinel knows no master of that name");
    expect_failed(says("-ERR unknown command 'SENTINEL'\r\n"), ErrorClass::assertion, "sentinel",
                  "is no sentinel");
    for (const char* nonsense : {"*1\r\n$1\r\nx\r\n", "*2\r\n:1\r\n:2\r\n", "+OK\r\n",
                                 "*2\r\n$1\r\nx\r\n$5\r\n99999\r\n"}) {
        expect_failed(says(nonsense), ErrorClass::protocol, "sentinel", "not a sentinel's answer");
    }
    server_.answer("INFO replication", bulk("role:slave\r\n"));
    expect_failed(says("*2\r\n" + bulk("127.0.0.1") + bulk(port)), ErrorClass::assertion, "info",
                  "is a replica, expected a master");
}

TEST_F(Redis, sentinels_are_asked_in_turn) {
    const Peer peer(server_.handler());
    FakeRedis sentinel;
    sentinel.answers["SENTINEL get-master-addr-by-name"] =
        "*2\r\n" + bulk("127.0.0.1") + bulk(std::to_string(peer.port()));
    const Peer there(sentinel.handler());
    const Peer hung(Peer::hang());
    const std::string dead = "127.0.0.1:" + std::to_string(testing::closed_port());
    options_.master = "shop";
    for (const std::string& before : {dead + ",", hung.address() + ",", std::string()}) {
        options_.url = "redis://" + before + there.address() + "/0";
        const Outcome outcome = testing::run_in_time(kind, options_, 1s);
        EXPECT_EQ(outcome.status, Status::ok) << before << outcome.detail << outcome.error;
    }
    options_.url = "redis://" + dead + "," + dead;
    expect_failed(
        testing::run_once(kind, options_), ErrorClass::connect, "connect",
        "no master from any of 2 servers; the first: at the sentinel: connection refused");
}

TEST_F(Redis, sentinels_that_refuse_are_told_from_the_master) {
    FakeRedis sentinel;
    sentinel.answers["SENTINEL get-master-addr-by-name"] = "-NOAUTH Authentication required.\r\n";
    sentinel.answers["AUTH"] = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
    const Peer there(sentinel.handler());
    options_.master = "shop";
    options_.url = "redis://" + there.address() + "/0";
    options_.sentinel_password = Secret("wrong");
    expect_failed(testing::run_once(kind, options_), ErrorClass::auth, "auth",
                  "at the sentinel: wrong user or password");
}

TEST_F(Redis, keeps_no_descriptor) {
    Runner runner;
    const Peer hanging(Peer::hang());
    FakeRedis full;
    full.answers["SET"] = "-OOM full\r\n";
    const Peer refusing(full.handler());
    const auto round = [&] {
        Options options;
        options.url = "redis://" + hanging.address();
        EXPECT_EQ(runner.run(kind, options, 5ms).error_class, ErrorClass::timeout);
        options.url = "redis://" + refusing.address();
        EXPECT_EQ(runner.run(kind, options, 2s).error_class, ErrorClass::assertion);
    };
    testing::expect_no_descriptor_kept(round);
}

TEST(RedisOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "redis://h"}), "");
    EXPECT_EQ(problem({.url = "redis://:secret@h:1/5"}), "");
    EXPECT_EQ(problem({.url = "unix:/run/redis.sock?db=2"}), "");
    EXPECT_EQ(problem({.url = "http://h"}),
              "url: has the scheme http; expected redis or rediss or unix");
    EXPECT_EQ(problem({.url = "redis://h/x"}),
              "url: names no database by number; expected redis://host:port/0");
    EXPECT_EQ(problem({.url = "redis://u:p@h", .password = Secret("x")}),
              "password stands both in the URL and apart from it");
    EXPECT_EQ(problem({.url = "redis://h", .user = "u"}),
              "a user without a password cannot log in");
    EXPECT_EQ(problem({.url = "redis://u@h"}),
              "url: a user without a password cannot log in; a password alone is written "
              "redis://:password@host");
    EXPECT_EQ(problem({.url = "redis://u@h", .password = Secret("x")}), "");
    EXPECT_EQ(problem({.url = "redis://:p@h", .user = "u"}), "");
    EXPECT_EQ(problem({.url = "redis://h", .mode = "replica", .role = "master"}),
              "mode: replica contradicts role: master");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "rediss://h:7000"));
    EXPECT_EQ(options.url.text, "rediss://h:7000");
}

// Two runs of one component that keeps its connection, on a server that may treat the kept one
// badly.
class RedisReused : public Redis {
  protected:
    struct Two {
        Outcome first;
        Outcome second;
        int connections = 0;
    };
    Options on(const Peer& peer) const {
        Options options = options_;
        options.url = "redis://" + peer.address();
        return options;
    }
    Two run_twice(std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(server_.handler());
        Options options = on(peer);
        Runner runner;
        runner.keep_connections(interval_);
        Two two;
        two.first = runner.run(kind, options, timeout);
        if (between_) between_(options);
        two.second = runner.run(kind, options, timeout);
        two.connections = peer.accepted();
        return two;
    }
    // The first run is ok, and so is the second, whatever happens to the kept connection.
    void expect_no_false_alarm() {
        const Two two = run_twice();
        EXPECT_EQ(two.first.status, Status::ok) << two.first.detail;
        EXPECT_EQ(two.second.status, Status::ok) << two.second.detail << two.second.error;
        EXPECT_EQ(two.connections, 2);
        EXPECT_EQ(server_.keys(), 0U);
    }
    void SetUp() override { options_.auth_every = 1h; }

    std::function<void(Options&)> between_;
    std::chrono::milliseconds interval_{};
};

TEST_F(RedisReused, a_connection_serves_the_next_run_without_another_log_in) {
    options_.password = Secret("x");
    const Two two = run_twice();
    EXPECT_EQ(two.second.status, Status::ok) << two.second.detail;
    EXPECT_EQ(two.connections, 1);
    EXPECT_EQ(server_.commands(),
              "AUTH INFO server INFO replication SET GET DEL "
              "INFO server INFO replication SET GET DEL ");
}

TEST_F(RedisReused, runs_that_follow_each_other_faster_than_is_usual_share_a_connection) {
    options_.auth_every = Options().auth_every;
    interval_ = 1s;
    EXPECT_EQ(run_twice().connections, 1);
    interval_ = 10s;
    EXPECT_EQ(run_twice().connections, 2) << "too old by the next run";
}

TEST_F(RedisReused, each_run_may_be_told_to_log_in) {
    options_.auth_every = 0ms;
    EXPECT_EQ(run_twice().connections, 2);
}

TEST_F(RedisReused, a_log_in_that_is_too_old_is_proved_again) {
    options_.auth_every = 100ms;
    between_ = [](Options&) { std::this_thread::sleep_for(150ms); };
    EXPECT_EQ(run_twice().connections, 2);
}

TEST_F(RedisReused, another_password_is_tried_at_once) {
    options_.password = Secret("x");
    between_ = [](Options& options) { options.password = Secret("y"); };
    const Two two = run_twice();
    EXPECT_EQ(two.second.status, Status::ok) << two.second.detail;
    EXPECT_EQ(two.connections, 2);
}

TEST_F(RedisReused, a_stale_connection_is_no_fault) {
    for (const std::string& what :
         {std::string(reset), std::string("nonsense\r\n"), std::string("*-2147483648\r\n"),
          std::string("-READONLY You can't write against a read only replica.\r\n"),
          std::string("-NOAUTH Authentication required.\r\n"),
          std::string("-LOADING Redis is loading the dataset in memory\r\n")}) {
        SCOPED_TRACE(what);
        server_.stale = what;
        expect_no_false_alarm();
    }
}

TEST_F(RedisReused, a_peer_that_went_away_without_a_word_is_not_waited_for_until_the_deadline) {
    server_.stale = silence;
    expect_no_false_alarm();
}

TEST_F(RedisReused, what_comes_unasked_is_not_taken_for_an_answer) {
    server_.unasked = "+OK\r\n";
    expect_no_false_alarm();
}

TEST_F(RedisReused, what_ails_the_server_is_judged_on_a_fresh_connection) {
    server_.stale = "-ERR something\r\n";
    between_ = [this](Options&) {
        server_.answer("SET", "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    };
    const Two two = run_twice();
    EXPECT_EQ(two.first.status, Status::ok);
    expect_failed(two.second, ErrorClass::assertion, "write", "refuses writes: memory is full");
}

TEST_F(RedisReused, a_run_that_was_cut_leaves_nothing) {
    const Peer peer(server_.handler());
    const Options options = on(peer);
    Runner runner;
    runner.keep_connections();
    EXPECT_EQ(runner.run(kind, options, 5s).status, Status::ok);
    server_.answer("GET", silence);
    expect_failed(runner.run(kind, options, 500ms), ErrorClass::timeout, "read",
                  "does not answer (timeout in read)");
    server_.forget("GET");
    EXPECT_EQ(runner.run(kind, options, 5s).status, Status::ok);
    EXPECT_EQ(peer.accepted(), 2);
}

TEST_F(RedisReused, the_connection_goes_with_the_component) {
    const Peer peer(server_.handler());
    const Options options = on(peer);
    Runner runner;
    runner.keep_connections();
    EXPECT_EQ(runner.run(kind, options, 5s).status, Status::ok);
    runner.drop_connections();
    EXPECT_EQ(runner.run(kind, options, 5s).status, Status::ok);  // served: the first has ended
    EXPECT_EQ(peer.accepted(), 2);
}

TEST_F(RedisReused, tls_is_kept_too) {
    const Peer peer(server_.tls_handler(testing::make_certificate({})));
    Options options = options_;
    options.url = "rediss://" + peer.address();
    options.tls.verify = false;
    EXPECT_EQ(testing::connections_of_runs(3, kind, options, peer), 1);
}

}  // namespace
}  // namespace vitals::checks::redis
