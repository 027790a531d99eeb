#include "memcached.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "server_kinds.hpp"

namespace vitals::checks::memcached {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

constexpr const char* silence = "(silence)";

// A memcached; what it answers to a command instead can be said per command.
class FakeMemcached {
  public:
    std::map<std::string, std::string> answers;
    std::string credentials;         // not empty: asks for these
    int deletes_per_connection = 0;  // closes after these

    Peer::Handler handler() {
        return [this](int descriptor) {
            bool let_in = credentials.empty();
            int deleted = 0;
            for (;;) {
                const std::string line = testing::read_until(descriptor, "\r\n");
                if (line.empty()) return;
                const std::string name = line.substr(0, line.find_first_of(" \r"));
                std::string data;
                if (name == "set") data = testing::read_until(descriptor, "\r\n");
                const std::string answer = answer_to(name, line, data, let_in);
                if (answer == silence) {
                    while (!testing::read_until(descriptor, "\n").empty()) {
                    }
                    return;
                }
                if (!testing::send_all(descriptor, answer)) return;
                if (name == "delete" && ++deleted == deletes_per_connection) return;
            }
        };
    }
    std::string commands() {
        const std::lock_guard lock(mutex_);
        return commands_;
    }
    std::size_t values() {
        const std::lock_guard lock(mutex_);
        return values_.size();
    }

  private:
    std::string answer_to(const std::string& name, const std::string& line, std::string data,
                          bool& let_in) {
        const std::lock_guard lock(mutex_);
        commands_ += name + ' ';
        if (!let_in && name == "set") {
            let_in = data == credentials + "\r\n";
            return let_in ? "STORED\r\n" : "CLIENT_ERROR authentication failure\r\n";
        }
        if (!let_in) return "CLIENT_ERROR unauthenticated\r\n";
        if (const auto found = answers.find(name); found != answers.end()) return found->second;
        const std::size_t begin = line.find(' ') + 1;
        const std::string key = line.substr(begin, line.find_first_of(" \r", begin) - begin);
        if (name == "version") return "VERSION 1.6.18\r\n";
        if (name == "set") {
            values_[key] = data;
            return "STORED\r\n";
        }
        if (name == "get" && values_.contains(key)) {
            return "VALUE " + key + " 0 " + std::to_string(values_[key].size() - 2) + "\r\n" +
                   values_[key] + "END\r\n";
        }
        if (name == "get") return "END\r\n";
        return values_.erase(key) == 1 ? "DELETED\r\n" : "NOT_FOUND\r\n";
    }

    std::mutex mutex_;
    std::string commands_;
    std::map<std::string, std::string> values_;
};

class Memcached : public ::testing::Test {
  protected:
    Outcome run(std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(server_.handler());
        return run_on(peer, timeout);
    }
    Outcome run_on(const Peer& peer, std::chrono::milliseconds timeout = 2000ms) {
        Options options = options_;
        options.url = "memcached://" + peer.address();
        return testing::run_in_time(kind, options, timeout);
    }
    FakeMemcached server_;
    Options options_;
};

TEST_F(Memcached, a_value_goes_in_comes_back_and_is_gone) {
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "written, read back and deleted");
    EXPECT_EQ(server_.commands(), "version set get delete ");
    EXPECT_EQ(server_.values(), 0U);
}

TEST_F(Memcached, logs_in_only_where_asked_to) {
    server_.credentials = "probe p w";
    expect_failed(run(), ErrorClass::auth, "auth", "user and password required");
    options_.user = "probe";
    options_.password = Secret("wrong");
    expect_failed(run(), ErrorClass::auth, "auth", "wrong user or password");
    options_.password = Secret("p w");
    EXPECT_EQ(run().status, Status::ok);
    // Otherwise the password would become a value that everybody can read.
    FakeMemcached open;
    const Peer peer(open.handler());
    const Outcome outcome = run_on(peer);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(open.commands(), "version set get delete ");
}

TEST_F(Memcached, refusals_are_told_apart) {
    server_.answers["set"] = "SERVER_ERROR out of memory storing object\r\n";
    expect_failed(run(), ErrorClass::assertion, "write", "refuses writes: memory is full");
    server_.answers["set"] = "NOT_STORED\r\n";
    expect_failed(run(), ErrorClass::assertion, "write", "did not answer with STORED");
    server_.answers = {{"get", "END\r\n"}};
    expect_failed(run(), ErrorClass::assertion, "read", "what was written is gone at once");
    server_.answers = {{"get", "VALUE k 0 3\r\nold\r\nEND\r\n"}};
    expect_failed(run(), ErrorClass::assertion, "read", "read something else than was written");
    server_.answers = {{"version", "ERROR\r\n"}};
    expect_failed(run(), ErrorClass::protocol, "version", "does not know a command that is needed");
    const Peer busy(Peer::say("ERROR Too many open connections\r\n"));
    expect_failed(run_on(busy), ErrorClass::assertion, "version", "too many connections");
}

TEST_F(Memcached, misbehaviour_fails_in_its_phase) {
    for (const auto& [command, phase] : std::map<std::string, std::string>{
             {"version", "version"}, {"set", "write"}, {"get", "read"}, {"delete", "delete"}}) {
        server_.answers = {{command, silence}};
        expect_failed(run(200ms), ErrorClass::timeout, phase,
                      std::string(phase == "version" ? "accepts connections and does not answer"
                                                     : "stopped answering") +
                          " (timeout in " + phase + ")");
    }
    const Peer drip(Peer::drip("VERSION " + std::string(4000, 'x'), 10ms));
    expect_failed(run_on(drip, 300ms), ErrorClass::timeout, "version",
                  "accepts connections and does not answer (timeout in version)");
    const Peer other(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect_failed(run_on(other), ErrorClass::protocol, "version", "did not answer with VERSION");
    const Peer redis(Peer::say("-ERR unknown command\r\n"));
    expect_failed(run_on(redis), ErrorClass::protocol, "version", "not a memcached answer");
    const Peer ends(Peer::say("VERS"));
    expect_failed(run_on(ends), ErrorClass::protocol, "version",
                  "closed without a complete answer");
    const Peer flood(Peer::say(std::string(1 << 20, 'X')));
    expect_failed(run_on(flood), ErrorClass::protocol, "version", "an answer that is too long");
    testing::expect_refused<Options>(kind, "memcached://");
}

TEST(MemcachedOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "memcached://h"}), "");
    EXPECT_EQ(problem({.url = "unix:/run/memcached.sock"}), "");
    EXPECT_EQ(problem({.url = "memcached://h/0"}),
              "url: has a path; expected memcached://host:port");
    EXPECT_EQ(problem({.url = "memcached://u@h"}), "user and password belong together");
    EXPECT_EQ(problem({.url = "memcached://u:p@h", .user = "u", .password = Secret("p")}),
              "user stands both in the URL and apart from it");
    EXPECT_EQ(problem({.url = "memcached://h", .user = "a b", .password = Secret("p")}),
              "user: holds a blank, which memcached takes for the user's end");
}

TEST_F(Memcached, a_connection_can_be_kept_with_its_log_in) {
    server_.credentials = "probe p w";
    options_.user = "probe";
    options_.password = Secret("p w");
    options_.auth_every = 1h;
    const Peer peer(server_.handler());
    options_.url = "memcached://" + peer.address();
    EXPECT_EQ(testing::connections_of_runs(2, kind, options_, peer), 1);
    EXPECT_EQ(server_.commands(), "version set set get delete set get delete ");
}

TEST_F(Memcached, a_kept_connection_that_ended_is_no_fault) {
    options_.auth_every = 1h;
    server_.deletes_per_connection = 1;
    const Peer peer(server_.handler());
    options_.url = "memcached://" + peer.address();
    EXPECT_EQ(testing::connections_of_runs(3, kind, options_, peer), 3);
}

TEST_F(Memcached, a_user_that_nobody_asks_for_is_degraded_in_every_run) {
    options_.user = "probe";
    options_.password = Secret("p w");
    options_.auth_every = 1h;
    const Peer peer(server_.handler());
    options_.url = "memcached://" + peer.address();
    Runner runner;
    runner.keep_connections();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(runner.run(kind, options_, 5s).status, Status::degraded);
}

}  // namespace
}  // namespace vitals::checks::memcached
