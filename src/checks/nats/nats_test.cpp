#include "nats.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <map>
#include <mutex>
#include <tuple>

#include "expect_failed.hpp"
#include "server_kinds.hpp"
#include "tls_peer.hpp"
#include "url_of.hpp"

namespace vitals::checks::nats {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

const std::string silence = "(silence)";

// A server with one client, which routes what it publishes back to it, and answers as told.
class FakeNats {
  public:
    std::string info = R"({"server_id":"A","max_payload":1048576})";
    std::string log_in = "PONG\r\n";  // after CONNECT and PING
    std::string refuses;              // instead of a message, before PONG
    bool delivers = true;
    std::string delivered;                       // instead of what was published
    std::map<std::string, std::string> answers;  // of subjects of JetStream
    bool drops = false;                          // ends the connection instead of a log-in

    Peer::Handler handler() {
        return [this](int descriptor) { serve(descriptor); };
    }
    std::string said() {
        const std::lock_guard lock(mutex_);
        return std::exchange(said_, {});
    }

  private:
    static std::string message(const std::string& subject, const std::string& id,
                               const std::string& text) {
        return "MSG " + subject + " " + id + " " + std::to_string(text.size()) + "\r\n" + text +
               "\r\n";
    }

    void serve(int descriptor) {
        if (info == silence) return Peer::hang()(descriptor);
        testing::send_all(descriptor, "INFO " + info + "\r\n");
        bool in = false;
        std::string id;
        for (;;) {
            const std::string line = testing::read_until(descriptor, "\r\n");
            if (line.empty()) return;
            const std::string word = line.substr(0, line.find_first_of(" \r"));
            note(word);
            if (word == "CONNECT" && drops) return testing::close_in_order(descriptor);
            if (word == "SUB")
                id = line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 3);
            if (word == "PUB") {
                const std::string payload = testing::read_until(descriptor, "\r\n");
                testing::send_all(descriptor,
                                  answer_to(line, id, payload.substr(0, payload.size() - 2)));
            }
            if (word != "PING") continue;
            testing::send_all(descriptor, in ? "PONG\r\n" : log_in);
            in = true;
        }
    }

    std::string answer_to(const std::string& line, const std::string& id,
                          const std::string& payload) const {
        if (!refuses.empty()) return "-ERR '" + refuses + "'\r\n";
        const std::string rest = line.substr(4);
        const std::string subject = rest.substr(0, rest.find(' '));
        const auto found = answers.find(subject);
        if (found != answers.end()) {
            const std::string reply = rest.substr(subject.size() + 1);
            return message(reply.substr(0, reply.find(' ')), id, found->second);
        }
        if (subject.starts_with("$JS"))
            return "HMSG a " + id + " 16 16\r\nNATS/1.0 503\r\n\r\n\r\n";
        if (!delivers) return {};
        return message(subject, id, delivered.empty() ? payload : delivered);
    }

    void note(const std::string& word) {
        const std::lock_guard lock(mutex_);
        said_ += word + ' ';
    }

    std::mutex mutex_;
    std::string said_;
};

class Nats : public ::testing::Test {
  protected:
    Outcome run(std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(server_.handler());
        options_.url = "nats://probe:geheim@" + peer.address();
        return testing::run_discreetly(kind, options_, timeout);
    }
    void expect_degraded(const std::string& detail) { testing::expect_degraded(run(), detail); }
    FakeNats server_;
    Options options_;
};

TEST_F(Nats, a_message_comes_back) {
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "a message came back");
    EXPECT_EQ(testing::phases(outcome),
              (std::vector<std::string>{"connect", "greeting", "auth", "message"}));
    EXPECT_EQ(server_.said(), "CONNECT PING SUB PUB PING UNSUB ");
}

// PONG comes all the same.
TEST_F(Nats, what_the_user_may_not_do_is_told_before_the_answer) {
    server_.refuses = "Permissions Violation for Publish to \"_INBOX.x\"";
    expect_failed(run(), ErrorClass::auth, "message", "user may not use a subject that is needed");
    server_.refuses.clear();
    server_.delivers = false;
    expect_failed(run(500ms), ErrorClass::assertion, "message",
                  "accepted a message and did not deliver it");
    server_.delivers = true;
    server_.delivered = "another";
    expect_failed(run(), ErrorClass::assertion, "message", "another message came than was sent");
}

TEST_F(Nats, refusals_of_a_log_in_are_told_apart) {
    const std::tuple<std::string, ErrorClass, std::string> refusals[] = {
        {"'Authorization Violation'", ErrorClass::auth, "wrong user, password, token or key"},
        {"'User Authentication Expired'", ErrorClass::auth, "the user's credentials are expired"},
        {"'maximum connections exceeded'", ErrorClass::assertion, "no connections left"},
        {"'Something Else'", ErrorClass::assertion, "answered with an error"},
    };
    for (const auto& [said, error_class, detail] : refusals) {
        server_.log_in = "-ERR " + said + "\r\n";
        expect_failed(run(), error_class, "auth", detail);
    }
    server_.drops = true;
    expect_failed(run(), ErrorClass::assertion, "auth",
                  "closed at the log-in: perhaps no connections left");
}

TEST_F(Nats, a_server_that_sends_its_clients_away_is_degraded) {
    server_.info = R"({"ldm":true})";
    expect_degraded("shuts down soon: sends its clients away");
}

TEST_F(Nats, a_stream_must_be_there_and_have_a_leader) {
    options_.stream = "orders";
    expect_failed(run(), ErrorClass::assertion, "stream", "JetStream is not enabled for this user");
    std::string& answer = server_.answers["$JS.API.STREAM.INFO.orders"];
    answer = R"({"state":{"messages":7}})";
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("messages")), 7);
    answer = R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})";
    expect_failed(run(), ErrorClass::assertion, "stream", "the stream does not exist");
    answer = R"({"error":{"code":503,"description":"no suitable peers"}})";
    expect_failed(run(), ErrorClass::assertion, "stream", "JetStream answered with error 503");
    answer = R"({"cluster":{"name":"c","leader":"n1","replicas":[{"name":"n2","current":true}]}})";
    EXPECT_EQ(run().status, Status::ok);
    answer = R"({"cluster":{"name":"c","replicas":[{"name":"n2","current":false}]}})";
    expect_failed(run(), ErrorClass::assertion, "stream", "the stream has no leader: no quorum");
    answer =
        R"({"cluster":{"name":"c","leader":"n1","replicas":[{"name":"n2","current":true,"offline":true}]}})";
    expect_degraded("1 replica of the stream not up to date");
    answer = R"({"cluster":{"leader":"n1"}})";
    EXPECT_EQ(run().status, Status::ok);
    answer = "nonsense";
    expect_failed(run(), ErrorClass::protocol, "stream", "not an answer of JetStream");
}

TEST_F(Nats, messages_that_wait_for_a_consumer_degrade) {
    options_.stream = "orders";
    options_.consumer = "billing";
    options_.pending_above = 10;
    server_.answers["$JS.API.STREAM.INFO.orders"] = R"({"state":{"messages":7}})";
    std::string& answer = server_.answers["$JS.API.CONSUMER.INFO.orders.billing"];
    answer = R"({"num_pending":10,"num_ack_pending":2})";
    EXPECT_EQ(run().status, Status::ok);
    answer = R"({"num_pending":11})";
    expect_degraded("11 messages wait for the consumer");
    answer = R"({"error":{"code":404,"description":"consumer not found"}})";
    expect_failed(run(), ErrorClass::assertion, "consumer", "the consumer does not exist");
}

TEST_F(Nats, never_goes_on_without_tls_where_it_is_wanted) {
    options_.tls.verify = false;
    expect_failed(run(), ErrorClass::tls, "tls", "TLS is not offered");
    EXPECT_EQ(server_.said(), "");
    server_.info = "{\"tls_required\":true}\r\nPONG";
    expect_failed(run(), ErrorClass::protocol, "tls", "spoke before the handshake");
    EXPECT_EQ(server_.said(), "");
}

TEST_F(Nats, a_server_that_demands_tls_gets_it) {
    const testing::Authority authority;
    const Peer peer([&](int descriptor) {
        testing::send_all(descriptor, "INFO {\"tls_required\":true}\r\n");
        testing::serve_tls(descriptor, authority.issue(), [](testing::TlsStream& stream) {
            stream.read_until("PING\r\n");
            stream.send_all("-ERR 'Authorization Violation'\r\n");
        });
    });
    options_.url = "nats://probe:geheim@127.0.0.1:" + std::to_string(peer.port());
    expect_failed(testing::run_in_time(kind, options_), ErrorClass::tls, "tls",
                  "certificate not trusted");
    options_.tls.ca = authority.file();
    expect_failed(testing::run_in_time(kind, options_), ErrorClass::auth, "auth",
                  "wrong user, password, token or key");
}

TEST_F(Nats, garbage_hangs_and_ends_fail) {
    const auto on = [](const Peer& peer, std::chrono::milliseconds timeout = 2000ms) {
        Options options;
        options.url = "nats://" + peer.address();
        return testing::run_in_time(kind, options, timeout);
    };
    expect_failed(on(Peer(Peer::say("SSH-2.0-OpenSSH_9.2\r\n"))), ErrorClass::protocol, "greeting",
                  "not a word of NATS");
    expect_failed(on(Peer(Peer::say("PONG\r\n"))), ErrorClass::protocol, "greeting",
                  "not a greeting of NATS");
    expect_failed(on(Peer(Peer::say("INFO nonsense\r\n"))), ErrorClass::protocol, "greeting",
                  "not a greeting of NATS");
    expect_failed(on(Peer(Peer::drip("INFO {" + std::string(100, ' '), 50ms)), 300ms),
                  ErrorClass::timeout, "greeting",
                  "accepts connections and does not answer (timeout in greeting)");
    server_.log_in = "+OK\r\n";
    expect_failed(run(300ms), ErrorClass::timeout, "auth", "stopped answering (timeout in auth)");
    server_.info = silence;
    expect_failed(run(300ms), ErrorClass::timeout, "greeting",
                  "accepts connections and does not answer (timeout in greeting)");
    testing::expect_refused<Options>(kind, "nats://");
}

TEST_F(Nats, keeps_no_descriptor) {
    const Peer hanging(Peer::hang());
    const Peer peer(server_.handler());
    Options to_hanging;
    to_hanging.url = "nats://" + hanging.address();
    options_.url = "nats://probe:geheim@" + peer.address();
    testing::expect_nothing_left_open(kind, to_hanging, options_);
}

TEST(NatsOptions, are_checked) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "nats://h"}), "");
    EXPECT_EQ(problem({.url = "nats+tls://u:p@h:4223"}), "");
    EXPECT_EQ(problem({.url = "nats://h/orders"}), "url: has a path; expected nats://host:port");
    EXPECT_EQ(problem({.url = "nats://h", .password = Secret("geheim")}),
              "a password without a user");
    EXPECT_EQ(problem({.url = "nats://u@h", .token = Secret("geheim")}),
              "token and user: one of them logs in");
    EXPECT_EQ(problem({.url = "nats://h", .stream = "a.b"}),
              "stream: is no name that JetStream takes");
    EXPECT_EQ(problem({.url = "nats://h", .consumer = "a"}), "consumer without a stream");
    EXPECT_EQ(problem({.url = "nats://h", .stream = "a", .pending_above = 1}),
              "pending_above without a consumer");
    EXPECT_EQ(testing::url_of<Options>(kind, "nats+tls://h"), "nats+tls://h");
}

}  // namespace
}  // namespace vitals::checks::nats
