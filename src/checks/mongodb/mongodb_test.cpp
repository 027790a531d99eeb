#include "mongodb.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <mutex>

#include "expect_failed.hpp"
#include "server_kinds.hpp"
#include "text/base64.hpp"
#include "tls_peer.hpp"
#include "url_of.hpp"
#include "wire/mongodb.hpp"
#include "wire/scram_client.hpp"

namespace vitals::checks::mongodb {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;
using wire::bson::Value;
using wire::bson::Writer;

Writer good() {
    Writer answer;
    answer.add("ok", 1);
    return answer;
}

Writer refusal(std::int32_t code, std::string_view text) {
    Writer answer;
    answer.add("ok", 0).add("errmsg", text).add("code", code).add("codeName", "Name");
    return answer;
}

Writer hello(std::string_view state, std::string_view set = "shop") {
    Writer answer = good();
    if (!state.empty()) answer.add(state, true);
    if (!set.empty()) answer.add("setName", set);
    return answer;
}

Writer of_user(const std::string& user) {
    Writer one;
    one.add("user", user).add("db", "admin");
    Writer users;
    users.add("0", one);
    Writer info;
    info.add_array("authenticatedUsers", users);
    Writer answer = good();
    answer.add("authInfo", info);
    return answer;
}

std::string keyed(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data(), &size);
    return {made.begin(), made.begin() + size};
}

// Asks for SCRAM-SHA-256 and answers commands as told. An empty document is silence.
class FakeMongo {
  public:
    std::map<std::string, std::string> answers;  // by command, as documents
    std::string password = "geheim";
    bool knows_password = true;  // can prove so to the client
    bool done_late = false;      // one exchange more, as without skipEmptyExchange

    FakeMongo() {
        set("hello", hello("isWritablePrimary"));
        set("connectionStatus", of_user("probe"));
    }
    void set(const std::string& command, const Writer& answer) {
        answers[command] = answer.document();
    }
    Peer::Handler handler() {
        return [this](int descriptor) { serve(descriptor); };
    }
    std::string said() {
        const std::lock_guard lock(mutex_);
        return std::exchange(said_, {});
    }

  private:
    void serve(int descriptor) {
        std::string buffer;
        while (testing::receive_more(descriptor, buffer)) {
            for (;;) {
                const std::string request = buffer.substr(0, 8);
                const auto taken = wire::mongodb::take_message(buffer);
                if (!taken || !*taken) break;
                const std::string body = answer_to((*taken)->document);
                if (body.empty()) break;
                std::string answer = std::string(8, '\0') + request.substr(4) +
                                     std::string("\xdd\x07\0\0\0\0\0\0\0", 9) + body;
                for (std::size_t i = 0; i < 4; ++i)
                    answer[i] = static_cast<char>(answer.size() >> (8 * i) & 0xff);
                testing::send_all(descriptor, answer);
            }
        }
    }

    std::string answer_to(const Value& asked) {
        const std::string command = asked.items.front().name;
        {
            const std::lock_guard lock(mutex_);
            said_ += command + ' ';
        }
        const Value* payload = asked.find("payload");
        const auto set_up = answers.find(command);
        if (set_up != answers.end()) return set_up->second;
        if (command == "saslStart") return begin(payload->text).document();
        if (command == "saslContinue") return go_on(payload->text).document();
        return refusal(59, "no such command").document();
    }

    static Writer step(const std::string& payload, bool done) {
        Writer answer = good();
        answer.add("conversationId", 1).add("done", done).add_binary("payload", payload);
        return answer;
    }
    Writer begin(const std::string& first) {
        bare_ = first.substr(3);
        challenge_ = "r=" + bare_.substr(bare_.find(",r=") + 3) + "more,s=c2FsdA==,i=16";
        return step(challenge_, false);
    }
    Writer go_on(const std::string& final) {
        if (final.empty()) return step("", true);
        const std::string all = bare_ + "," + challenge_ + "," + final.substr(0, final.find(",p="));
        std::string key(32, '\0');
        PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                          reinterpret_cast<const unsigned char*>("salt"), 4, 16, EVP_sha256(), 32,
                          reinterpret_cast<unsigned char*>(key.data()));
        // This test does not need a valid proof: python's stand-in does.
        const std::string signature = keyed(keyed(key, "Server Key"), all);
        return step("v=" + text::base64(knows_password ? signature : "nonsense"), !done_late);
    }

    std::mutex mutex_;
    std::string said_;
    std::string bare_;
    std::string challenge_;
};

class Mongodb : public ::testing::Test {
  protected:
    Outcome run(std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(server_.handler());
        options_.url = "mongodb://probe:geheim@" + peer.address() + "/" + path_;
        return testing::run_discreetly(kind, options_, timeout);
    }
    void expect_degraded(const std::string& detail) { testing::expect_degraded(run(), detail); }

    FakeMongo server_;
    Options options_;
    std::string path_ = "?authMechanism=SCRAM-SHA-256";
};

TEST_F(Mongodb, logs_in_and_the_server_confirms_it) {
    Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "answers, primary");
    EXPECT_EQ(server_.said(), "hello saslStart saslContinue connectionStatus ");
    EXPECT_EQ(testing::phases(outcome),
              (std::vector<std::string>{"connect", "hello", "auth", "status"}));
    server_.done_late = true;
    EXPECT_EQ(run().status, Status::ok);
    EXPECT_EQ(server_.said(), "hello saslStart saslContinue saslContinue connectionStatus ");
}

// A server answers hello and ping to anybody.
TEST_F(Mongodb, only_a_log_in_that_the_server_knows_of_counts) {
    server_.set("connectionStatus", of_user("other"));
    expect_failed(run(), ErrorClass::auth, "status", "does not take this user for logged in");
    server_.set("connectionStatus", of_user("probe"));
    server_.knows_password = false;
    expect_failed(run(), ErrorClass::auth, "auth",
                  "does not know the password itself: another server?");
}

TEST_F(Mongodb, refusals_are_told_apart_by_their_code) {
    server_.set("saslStart", refusal(18, "Authentication failed."));
    const Outcome outcome = run();
    expect_failed(outcome, ErrorClass::auth, "auth", "wrong user or password");
    EXPECT_TRUE(outcome.error.contains("Authentication failed.")) << outcome.error;
    server_.answers.erase("saslStart");
    server_.set("connectionStatus", refusal(13, "no"));
    expect_failed(run(), ErrorClass::auth, "status", "user may not run a command that is needed");
    server_.set("connectionStatus", refusal(91, "no"));
    expect_failed(run(), ErrorClass::assertion, "status", "shuts down");
    server_.set("connectionStatus", refusal(9999, "no"));
    expect_failed(run(), ErrorClass::assertion, "status", "answered with error 9999");
}

TEST_F(Mongodb, a_challenge_that_costs_too_much_is_refused) {
    Writer challenge = good();
    challenge.add("conversationId", 1).add_binary("payload", "r=x,s=c2FsdA==,i=900000");
    server_.set("saslStart", challenge);
    expect_failed(run(), ErrorClass::protocol, "auth", "a challenge that is not for us");
}

TEST_F(Mongodb, a_server_older_than_4_4_is_asked_in_its_words) {
    server_.set("hello", refusal(59, "no such command: 'hello'"));
    server_.set("isMaster", hello("ismaster"));
    EXPECT_EQ(run().detail, "answers, primary");
}

TEST_F(Mongodb, the_role_is_judged) {
    const auto with = [&](const Writer& answer) {
        server_.set("hello", answer);
        return run();
    };
    EXPECT_EQ(with(hello("secondary")).detail, "answers, secondary");
    EXPECT_EQ(with(hello("isWritablePrimary", "")).detail, "answers, standalone");
    Writer router = hello("isWritablePrimary", "");
    router.add("msg", "isdbgrid");
    EXPECT_EQ(with(router).detail, "answers, router");
    expect_failed(with(hello("")), ErrorClass::assertion, "status",
                  "is neither primary nor secondary: starting, or recovering");
    expect_failed(with(hello("isreplicaset", "")), ErrorClass::assertion, "status",
                  "its replica set is not initiated");
    options_.role = "primary";
    EXPECT_EQ(with(router).status, Status::ok);
    expect_failed(with(hello("secondary")), ErrorClass::assertion, "status",
                  "is a secondary, expected a primary");
    options_.role = "secondary";
    expect_failed(with(hello("isWritablePrimary")), ErrorClass::assertion, "status",
                  "is a primary, expected a secondary");
    path_ = "?replicaSet=other&authMechanism=SCRAM-SHA-256";
    expect_failed(run(), ErrorClass::assertion, "status",
                  "is in another replica set than expected");
}

// As applications write the URL of a set: they write to the primary.
TEST_F(Mongodb, of_several_hosts_the_one_with_the_role_is_checked) {
    FakeMongo secondary;
    secondary.set("hello", hello("secondary"));
    const Peer first(secondary.handler());
    const Peer second(server_.handler());
    const std::string closed = "127.0.0.1:" + std::to_string(testing::closed_port());
    const auto of = [&](const std::string& hosts) {
        options_.url = "mongodb://probe:geheim@" + hosts + "/?authMechanism=SCRAM-SHA-256";
        return testing::run_discreetly(kind, options_, 2s);
    };
    Outcome outcome = of(first.address() + "," + second.address());
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "answers, primary");
    outcome = of(closed + "," + second.address());
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "answers, primary; 1 of 2 hosts cannot be reached");
    EXPECT_EQ(outcome.error, closed + ": connection refused");
    const Peer hung(Peer::hang());
    outcome = of(hung.address() + "," + second.address());
    EXPECT_EQ(outcome.detail, "answers, primary; 1 of 2 hosts cannot be reached");
    expect_failed(of(first.address() + "," + closed), ErrorClass::assertion, "hello",
                  "no primary at any of 2 servers; the first: is a secondary");
    options_.role = "secondary";
    outcome = of(second.address() + "," + first.address());
    EXPECT_EQ(outcome.detail, "answers, secondary") << outcome.error;
}

TEST_F(Mongodb, a_collection_is_read) {
    options_.collection = "shop.orders";
    server_.set("find", good());
    EXPECT_EQ(run().status, Status::ok);
    EXPECT_TRUE(server_.said().ends_with("find "));
    server_.set("find", refusal(13, "not authorized on shop"));
    expect_failed(run(), ErrorClass::auth, "read", "user may not run a command that is needed");
    server_.set("find", refusal(50, "operation exceeded time limit"));
    expect_failed(run(), ErrorClass::timeout, "read",
                  "the server ran out of the time that it was given");
    server_.answers["find"] = "";
    expect_failed(run(300ms), ErrorClass::timeout, "read", "stopped answering (timeout in read)");
}

TEST_F(Mongodb, lag_needs_the_right_to_see_the_set) {
    options_.degraded_above = 10s;
    EXPECT_EQ(run().status, Status::ok) << "a primary has none";
    server_.set("hello", hello("secondary"));
    server_.set("replSetGetStatus", refusal(13, "not authorized"));
    expect_failed(run(), ErrorClass::auth, "lag",
                  "user may not see the replica set: grant it the role clusterMonitor");
    server_.set("replSetGetStatus", good());
    expect_degraded("knows no primary: how far it is behind is not known");
}

TEST_F(Mongodb, without_a_user_nobody_logs_in) {
    const Peer peer(server_.handler());
    options_.url = "mongodb://" + peer.address();
    const Outcome outcome = testing::run_in_time(kind, options_);
    EXPECT_EQ(outcome.detail, "answers, primary, nobody logs in") << outcome.error;
    EXPECT_EQ(server_.said(), "hello connectionStatus ");
}

TEST_F(Mongodb, nothing_is_said_in_the_clear_where_tls_is_wanted) {
    const testing::Authority authority;
    const Peer peer(testing::tls(authority.issue(), [](testing::TlsStream&) {}));
    options_.url = "mongodb://probe:geheim@127.0.0.1:" + std::to_string(peer.port()) + "/?tls=true";
    expect_failed(testing::run_in_time(kind, options_), ErrorClass::tls, "tls",
                  "certificate not trusted");
    const Peer plain(server_.handler());
    options_.url = "mongodb://probe:geheim@" + plain.address() + "/?tls=true";
    EXPECT_EQ(testing::run_in_time(kind, options_, 500ms).failed_phase, "tls");
    EXPECT_EQ(server_.said(), "");
}

TEST_F(Mongodb, garbage_hangs_and_ends_fail) {
    const auto on = [&](const Peer& peer, std::chrono::milliseconds timeout = 2000ms) {
        Options options;
        options.url = "mongodb://" + peer.address();
        return testing::run_in_time(kind, options, timeout);
    };
    expect_failed(on(Peer(Peer::answer("HTTP/1.1 400 Bad Request\r\n\r\n")), 300ms),
                  ErrorClass::timeout, "hello",
                  "accepts connections and does not answer (timeout in hello)");
    expect_failed(on(Peer(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"))), ErrorClass::protocol,
                  "hello", "not a message of MongoDB");
    expect_failed(on(Peer(Peer::hang()), 300ms), ErrorClass::timeout, "hello",
                  "accepts connections and does not answer (timeout in hello)");
    expect_failed(on(Peer(Peer::drip(std::string(100, '\x30'), 50ms)), 300ms), ErrorClass::protocol,
                  "hello", "not a message of MongoDB");
    expect_failed(on(Peer(Peer::reset("\x40"))), ErrorClass::protocol, "hello", "connection reset");
    server_.answers["connectionStatus"] = "";
    expect_failed(run(300ms), ErrorClass::timeout, "status",
                  "stopped answering (timeout in status)");
    testing::expect_refused<Options>(kind, "mongodb://");
}

TEST_F(Mongodb, keeps_no_descriptor) {
    const Peer hanging(Peer::hang());
    const Peer peer(server_.handler());
    Options to_hanging;
    to_hanging.url = "mongodb://" + hanging.address();
    options_.url = "mongodb://probe:geheim@" + peer.address() + "/" + path_;
    testing::expect_nothing_left_open(kind, to_hanging, options_);
}

TEST(MongodbOptions, are_checked) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "mongodb://h"}), "");
    EXPECT_EQ(problem({.url = "mongodb://u:p@h:27018/db?authSource=admin&tls=true"}), "");
    EXPECT_EQ(problem({.url = "mongodb://u:p@a,b:27018/?replicaSet=shop"}), "");
    EXPECT_EQ(problem({.url = "mongodb+srv://u:p@h/"}),
              "url: names a whole cluster by SRV records, which are not looked up here; write its "
              "hosts: mongodb://host1,host2/?replicaSet=...");
    EXPECT_EQ(problem({.url = "mongodb://h/?w=majority"}),
              "url: has a parameter that vitals does not know; expected authSource, replicaSet, "
              "tls, directConnection or authMechanism");
    EXPECT_EQ(problem({.url = "mongodb://h/?authMechanism=GSSAPI"}),
              "url: has an unknown authMechanism");
    EXPECT_EQ(problem({.url = "mongodb://u@h"}), "a log-in needs both user and password");
    EXPECT_EQ(problem({.url = "mongodb://h", .collection = "orders"}),
              "collection: is no collection; expected database.collection");
    Options contradiction{.url = "mongodb://h/?tls=false"};
    contradiction.tls.verify = false;
    EXPECT_EQ(problem(contradiction), "tls contradicts tls=false");
    EXPECT_EQ(testing::url_of<Options>(kind, "mongodb://h/"), "mongodb://h/");
}

}  // namespace
}  // namespace vitals::checks::mongodb
