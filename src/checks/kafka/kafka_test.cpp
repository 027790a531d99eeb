#include "kafka.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "expect_failed.hpp"
#include "server_kinds.hpp"
#include "tls_peer.hpp"
#include "url_of.hpp"
#include "wire/kafka.hpp"

namespace vitals::checks::kafka {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace vitals::testing;
using wire::kafka::Key;

std::string number(std::int64_t value, int size) {
    std::string made;
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
        made += static_cast<char>(value >> shift & 0xff);
    return made;
}

std::string text(std::string_view value) {
    return number(static_cast<std::int64_t>(value.size()), 2) + std::string(value);
}

std::string list(const std::vector<std::string>& items) {
    std::string made = number(static_cast<std::int64_t>(items.size()), 4);
    for (const std::string& item : items) made += item;
    return made;
}

std::string versions(std::int16_t metadata, bool groups = true) {
    std::vector<std::pair<int, int>> all{{2, 2}, {3, metadata}, {9, 2}, {10, 0}, {17, 1}, {36, 0}};
    if (groups) all.emplace_back(15, 0);
    std::vector<std::string> items;
    for (const auto& [key, most] : all)
        items.push_back(number(key, 2) + number(0, 2) + number(most, 2));
    return number(0, 2) + list(items);
}

struct Part {
    int leader = 1;
    int in_sync = 2;
    int replicas = 2;
};

std::string topic(const std::string& name, const std::vector<Part>& parts, int error = 0) {
    std::vector<std::string> items;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto ids = [](int count) {
            return list(std::vector<std::string>(static_cast<std::size_t>(count), number(1, 4)));
        };
        items.push_back(number(parts[i].leader < 0 ? 5 : 0, 2) +
                        number(static_cast<std::int64_t>(i), 4) + number(parts[i].leader, 4) +
                        ids(parts[i].replicas) + ids(parts[i].in_sync));
    }
    return number(error, 2) + text(name) + "\0"s + list(items);
}

std::string broker(int id, int port) {
    return number(id, 4) + text("127.0.0.1") + number(port, 4) + "\xff\xff";
}

std::string cluster(const std::vector<std::string>& brokers, const std::vector<std::string>& topics,
                    int controller = 1) {
    return number(0, 4) + list(brokers) + text("c") + number(controller, 4) + list(topics);
}

std::string offsets(const std::map<int, int>& read) {
    std::vector<std::string> items;
    for (const auto& [id, at] : read)
        items.push_back(number(id, 4) + number(at, 8) + text("") + number(0, 2));
    return list({text("orders") + list(items)}) + number(0, 2);
}

std::string ends(const std::map<int, int>& at, int error = 0) {
    std::vector<std::string> items;
    for (const auto& [id, end] : at)
        items.push_back(number(id, 4) + number(error, 2) + number(-1, 8) + number(end, 8));
    return number(0, 4) + list({text("orders") + list(items)});
}

std::string group(const std::string& state, int members) {
    const std::string member = text("m") + text("c") + text("h") + number(0, 4) + number(0, 4);
    return list({number(0, 2) + text("billing") + text(state) + text("consumer") + text("range") +
                 list(std::vector<std::string>(static_cast<std::size_t>(members), member))});
}

// Answers by the key of the request, as told. A key without an answer gets silence; a key in `ends`
// gets the end of the connection.
class Kafka : public ::testing::Test {
  protected:
    Kafka() {
        options_.url = "kafka://" + peer_.address();
        describe({topic("orders", {{}, {}})});
        answers[Key::api_versions] = versions(4);
        answers[Key::find_coordinator] =
            number(0, 2) + number(1, 4) + text("127.0.0.1") + number(peer_.port(), 4);
        answers[Key::describe_groups] = group("Stable", 2);
        answers[Key::offset_fetch] = offsets({{0, 7}, {1, 10}});
        answers[Key::list_offsets] = ends({{0, 10}, {1, 10}});
    }

    void describe(const std::vector<std::string>& topics, int controller = 1,
                  std::vector<std::string> others = {}) {
        others.insert(others.begin(), broker(1, peer_.port()));
        set(Key::metadata, cluster(others, topics, controller));
    }
    void set(Key key, std::string answer) {
        const std::lock_guard lock(mutex_);
        answers[key] = std::move(answer);
    }
    Outcome run(std::chrono::milliseconds timeout = 2s) {
        return testing::run_discreetly(kind, options_, timeout);
    }
    void expect(Status status, std::string_view detail,
                std::source_location at = std::source_location::current()) {
        const ::testing::ScopedTrace trace(at.file_name(), static_cast<int>(at.line()), "here");
        const Outcome outcome = run();
        EXPECT_EQ(outcome.status, status) << outcome.detail << outcome.error;
        EXPECT_EQ(outcome.detail, detail) << outcome.error;
    }

    void serve(int descriptor) {
        std::string buffer;
        while (testing::receive_more(descriptor, buffer)) {
            // A request has the shape of an answer: what is its number there are key and version.
            for (;;) {
                const auto taken = wire::kafka::take_answer(buffer);
                if (!taken || !*taken) break;
                const auto key = static_cast<Key>((*taken)->number >> 16);
                const std::lock_guard lock(mutex_);
                asked_.insert(key);
                const auto found = answers.find(key);
                if (ending.contains(key)) return;
                if (found == answers.end()) continue;
                const std::string body = (*taken)->body.substr(0, 4) + found->second;
                testing::send_all(descriptor,
                                  number(static_cast<std::int64_t>(body.size()), 4) + body);
            }
        }
    }

    std::map<Key, std::string> answers;
    std::set<Key> ending;
    std::set<Key> asked_;
    std::mutex mutex_;
    Options options_;
    const Peer peer_{[this](int descriptor) { serve(descriptor); }};
};

TEST_F(Kafka, a_cluster_that_is_well_is_ok) {
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.error;
    EXPECT_EQ(outcome.detail, "1 broker, 1 topic: all partitions are in sync");
    EXPECT_EQ(testing::phases(outcome),
              (std::vector<std::string>{"connect", "versions", "metadata", "brokers"}));
    EXPECT_EQ(*outcome.property("partitions"), Value(std::int64_t{2}));
    EXPECT_EQ(*outcome.property("under_replicated"), Value(std::int64_t{0}));
}

TEST_F(Kafka, partitions_are_judged) {
    describe({topic("orders", {{}, {.in_sync = 1}})});
    expect(Status::degraded, "1 of 2 partitions under-replicated");
    options_.min_isr = 2;
    expect_failed(run(), ErrorClass::assertion, "metadata",
                  "1 of 2 partitions with too few replicas in sync: writes are refused");
    options_.min_isr = 1;
    expect(Status::degraded, "1 of 2 partitions under-replicated");
    describe({topic("orders", {{}, {.leader = -1, .in_sync = 0}})});
    expect_failed(run(), ErrorClass::assertion, "metadata", "1 of 2 partitions without a leader");
    // One that is made just now.
    describe({topic("orders", {}, 5)});
    expect_failed(run(), ErrorClass::assertion, "metadata", "1 of 1 partition without a leader");
    // An error in another topic does not count.
    describe({topic("orders", {{}}), topic("other", {{.leader = -1}})});
    expect_failed(run(), ErrorClass::assertion, "metadata", "1 of 2 partitions without a leader");
    options_.topics = {"orders"};
    expect(Status::ok, "1 broker, 1 topic: all partitions are in sync");
}

TEST_F(Kafka, topics_must_exist) {
    options_.topics = {"orders", "payments"};
    describe({topic("orders", {{}}), topic("payments", {}, 3)});
    const Outcome outcome = run();
    expect_failed(outcome, ErrorClass::assertion, "metadata", "1 of 2 topics missing");
    EXPECT_EQ(outcome.error, "\"payments\"");
    describe({topic("orders", {{}})});
    expect_failed(run(), ErrorClass::assertion, "metadata", "1 of 2 topics missing");
    describe({topic("orders", {{}}), topic("payments", {}, 29)});
    expect_failed(run(), ErrorClass::auth, "metadata",
                  "1 of 2 topics may not be looked at by this user");
    describe({topic("orders", {{}}), topic("payments", {}, 17)});
    expect_failed(run(), ErrorClass::assertion, "metadata", "1 of 2 topics cannot be looked at");
}

// A broker before 0.11 creates a topic that is asked for by name, so all topics are asked for.
TEST_F(Kafka, no_topic_comes_into_being) {
    set(Key::api_versions, versions(2));
    options_.topics = {"orders", "payments"};
    set(Key::metadata, list({broker(1, peer_.port())}) + number(1, 4) +
                           list({topic("orders", {{}}), topic("other", {{.leader = -1}})}));
    expect_failed(run(), ErrorClass::assertion, "metadata", "1 of 2 topics missing");
}

TEST_F(Kafka, the_cluster_is_judged) {
    options_.brokers = 3;
    expect(Status::degraded, "1 broker, expected 3");
    options_.brokers = 1;
    describe({topic("orders", {{}})}, -1);
    expect_failed(run(), ErrorClass::assertion, "metadata",
                  "has no controller: no leader is elected");
    set(Key::metadata, cluster({}, {}));
    expect_failed(run(), ErrorClass::assertion, "metadata", "knows no brokers");
}

TEST_F(Kafka, every_broker_is_reached_where_it_says_to_be) {
    const std::string lost = broker(2, testing::closed_port());
    describe({topic("orders", {{}})}, 1, {lost});
    expect(Status::degraded, "1 of 2 brokers cannot be reached: connection refused");
    describe({topic("orders", {{}, {.leader = 2}, {.leader = 2}})}, 1, {lost});
    expect_failed(run(), ErrorClass::connect, "brokers",
                  "1 of 2 brokers cannot be reached: connection refused; 2 partitions cannot be "
                  "used");
    const Peer hung(Peer::hang());
    describe({topic("orders", {{.leader = 2}})}, 1, {broker(2, hung.port())});
    expect_failed(run(300ms), ErrorClass::timeout, "brokers",
                  "1 of 2 brokers cannot be reached: does not answer; 1 partition cannot be used");
    options_.all_brokers = false;
    expect(Status::ok, "2 brokers, 1 topic: all partitions are in sync");
    options_.all_brokers = true;
    set(Key::metadata, cluster({lost}, {}));
    expect_failed(run(), ErrorClass::connect, "brokers",
                  "1 of 1 broker cannot be reached: connection refused");
}

TEST_F(Kafka, bootstrap_servers_are_asked_in_turn) {
    const std::string closed = "127.0.0.1:" + std::to_string(testing::closed_port());
    options_.url = "kafka://" + closed + "," + peer_.address();
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "1 of 2 bootstrap servers cannot be used");
    EXPECT_EQ(outcome.error, closed + ": connection refused");
    options_.url = "kafka://" + peer_.address() + "," + closed;
    expect(Status::ok, "1 broker, 1 topic: all partitions are in sync");
    const Peer hung(Peer::hang());
    options_.url = "kafka://" + hung.address() + "," + peer_.address();
    expect(Status::degraded, "1 of 2 bootstrap servers cannot be used");
    options_.url = "kafka://" + closed + "," + closed;
    expect_failed(run(), ErrorClass::connect, "connect", "connection refused");
}

TEST_F(Kafka, a_group_is_judged_by_what_it_has_not_read) {
    options_.group = "billing";
    expect(Status::ok,
           "1 broker, 1 topic: all partitions are in sync; group: 2 members, 3 messages behind");
    options_.lag_above = 3;
    EXPECT_EQ(run().status, Status::ok);
    options_.lag_above = 2;
    expect(Status::degraded, "the group is 3 messages behind");
    options_.lag_above.reset();
    // Positions that were never committed do not mean the whole log, and messages read meanwhile
    // give no negative lag.
    set(Key::offset_fetch, offsets({{0, -1}, {1, 12}}));
    expect(Status::ok,
           "1 broker, 1 topic: all partitions are in sync; group: 2 members, 0 messages behind");
    set(Key::offset_fetch, offsets({{0, 7}}));
    set(Key::list_offsets, ends({{0, -1}}, 6));
    expect(Status::degraded, "how far the group is behind is not known of 1 partition");
    options_.members = 3;
    set(Key::list_offsets, ends({{0, 10}}));
    expect_failed(run(), ErrorClass::assertion, "group", "the group has 2 members, expected 3");
}

TEST_F(Kafka, a_group_that_nobody_reads_for_is_failed_once_it_falls_behind) {
    options_.group = "billing";
    set(Key::describe_groups, group("Empty", 0));
    testing::Runner runner;
    const AnyOptions options = testing::erased(options_);
    const checks::Run look = kind.bind(options);
    const auto again = [&] { return runner.run(look, 2s); };
    EXPECT_EQ(again().detail,
              "1 broker, 1 topic: all partitions are in sync; group: 0 members, 3 messages behind");
    EXPECT_EQ(again().status, Status::ok);
    set(Key::list_offsets, ends({{0, 12}, {1, 10}}));
    const std::string grows = "nobody reads, and it grows: the group is 5 messages behind";
    expect_failed(again(), ErrorClass::assertion, "group", grows);
    expect_failed(again(), ErrorClass::assertion, "group", grows);
    set(Key::describe_groups, group("Stable", 1));
    EXPECT_EQ(again().status, Status::ok);
    set(Key::describe_groups, group("Empty", 0));
    EXPECT_EQ(again().status, Status::ok);
    set(Key::offset_fetch, offsets({{0, 12}, {1, 10}}));
    EXPECT_EQ(again().status, Status::ok);
}

TEST_F(Kafka, groups_that_cannot_be_looked_at) {
    options_.group = "billing";
    set(Key::describe_groups, group("Dead", 0));
    set(Key::offset_fetch, number(0, 4) + number(0, 2));
    expect_failed(run(), ErrorClass::assertion, "group", "the group does not exist");
    // One of the newer protocol says so, too, and has committed.
    set(Key::offset_fetch, offsets({{0, 9}}));
    expect(Status::ok, "1 broker, 1 topic: all partitions are in sync; group: 1 message behind");
    options_.members = 1;
    expect(Status::degraded, "the broker does not tell the members of such a group");
    options_.members.reset();
    set(Key::api_versions, versions(4, false));
    expect(Status::ok, "1 broker, 1 topic: all partitions are in sync; group: 1 message behind");
    set(Key::find_coordinator, number(15, 2) + number(-1, 4) + text("") + number(-1, 4));
    expect_failed(run(), ErrorClass::assertion, "group", "the group has no broker that keeps it");
    set(Key::find_coordinator, number(30, 2) + number(-1, 4) + text("") + number(-1, 4));
    expect_failed(run(), ErrorClass::auth, "group", "the group may not be looked at by this user");
    set(Key::find_coordinator,
        number(0, 2) + number(1, 4) + text("127.0.0.1") + number(testing::closed_port(), 4));
    expect_failed(run(), ErrorClass::connect, "group", "connection refused");
}

class KafkaLogIn : public Kafka {
  protected:
    KafkaLogIn() {
        options_.user = "probe";
        options_.password = Secret("geheim");
        options_.mechanism = "PLAIN";
        answers[Key::sasl_handshake] = number(0, 2) + list({text("PLAIN")});
        answers[Key::sasl_authenticate] = number(0, 2) + "\xff\xff" + number(0, 4);
    }
};

TEST_F(KafkaLogIn, by_plain) {
    EXPECT_EQ(run().status, Status::ok);
    set(Key::sasl_authenticate, number(58, 2) + text("no") + number(0, 4));
    expect_failed(run(), ErrorClass::auth, "auth", "wrong user or password");
}

TEST_F(KafkaLogIn, a_way_that_is_not_offered_sends_no_password) {
    options_.mechanism = "SCRAM-SHA-512";
    set(Key::sasl_handshake, number(33, 2) + list({text("PLAIN"), text("GSSAPI")}));
    const Outcome outcome = run();
    expect_failed(outcome, ErrorClass::auth, "auth",
                  "does not offer SCRAM-SHA-512: see `mechanism`");
    EXPECT_EQ(outcome.error, "offered: \"PLAIN, GSSAPI\"");
    EXPECT_FALSE(asked_.contains(Key::sasl_authenticate));
    set(Key::sasl_handshake, number(34, 2) + list({}));
    expect_failed(run(), ErrorClass::auth, "auth",
                  "takes no log-in here: its listener knows no users");
}

TEST_F(KafkaLogIn, a_server_that_does_not_know_the_password_is_refused) {
    options_.mechanism = "SCRAM-SHA-256";
    const std::string challenge = "r=x,s=QSXC,i=4096";
    set(Key::sasl_authenticate, number(0, 2) + "\xff\xff" +
                                    number(static_cast<std::int64_t>(challenge.size()), 4) +
                                    challenge);
    expect_failed(run(), ErrorClass::protocol, "auth", "a challenge that is not for us");
}

TEST_F(Kafka, a_listener_that_wants_more_says_so) {
    ending = {Key::metadata};
    expect_failed(run(), ErrorClass::auth, "metadata",
                  "closed at the first request: perhaps it wants a log-in");
    ending = {Key::api_versions};
    expect_failed(run(), ErrorClass::protocol, "versions",
                  "closed without an answer: perhaps it wants TLS");
    ending = {};
    set(Key::api_versions, number(0, 2) + list({}));
    expect_failed(run(), ErrorClass::protocol, "metadata",
                  "does not speak a version that is known here");
}

TEST_F(Kafka, garbage_fails) {
    set(Key::metadata, "nonsense");
    expect_failed(run(), ErrorClass::protocol, "metadata", "not an answer of Kafka");
    set(Key::api_versions, "");
    expect_failed(run(), ErrorClass::protocol, "versions", "not an answer of Kafka");
    const Peer http(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"));
    options_.url = "kafka://" + http.address();
    expect_failed(run(), ErrorClass::protocol, "versions",
                  "not Kafka, or an answer that is too long");
}

TEST_F(Kafka, a_broker_that_hangs_or_resets_fails) {
    answers.erase(Key::metadata);
    expect_failed(run(300ms), ErrorClass::timeout, "metadata",
                  "stopped answering (timeout in metadata)");
    answers.erase(Key::api_versions);
    expect_failed(run(300ms), ErrorClass::timeout, "versions",
                  "accepts connections and does not answer (timeout in versions)");
    const Peer resets(Peer::reset("\0\0"s));
    options_.url = "kafka://" + resets.address();
    expect_failed(run(), ErrorClass::protocol, "versions", "connection reset");
}

TEST(KafkaTls, is_from_the_first_byte) {
    const testing::Authority authority;
    const Peer peer(testing::tls(authority.issue(), [](testing::TlsStream& stream) {
        stream.read_until("vitals");
        const std::string body = number(1, 4) + versions(4);
        stream.send_all(number(static_cast<std::int64_t>(body.size()), 4) + body);
        stream.read_until("vitals");
        const std::string metadata =
            number(2, 4) + cluster({broker(1, 1)}, {topic("orders", {{}})});
        stream.send_all(number(static_cast<std::int64_t>(metadata.size()), 4) + metadata);
    }));
    Options options;
    options.url = "kafkas://127.0.0.1:" + std::to_string(peer.port());
    options.all_brokers = false;
    testing::expect_certificate_judged(kind, options, authority);
}

TEST_F(Kafka, keeps_no_descriptor) {
    const Peer hanging(Peer::hang());
    Options to_hanging;
    to_hanging.url = "kafka://" + hanging.address();
    describe({topic("orders", {{}})}, 1, {broker(2, testing::closed_port())});
    testing::expect_nothing_left_open(kind, to_hanging, options_, Status::degraded);
}

TEST(KafkaOptions, are_checked) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "kafka://h"}), "");
    EXPECT_EQ(problem({.url = "kafkas://u:p@h1,h2:9093"}), "");
    EXPECT_EQ(problem({.url = "kafka://h/orders"}),
              "url: has a path; topics are named by `topics`");
    EXPECT_EQ(problem({.url = "kafka://h?a=b"}), "url: has a query; expected kafka://h1,h2:9092");
    EXPECT_EQ(problem({.url = "kafka://h1;kafkas://h2"}),
              "url: names servers that are reached in different ways");
    EXPECT_EQ(problem({.url = "kafka://h", .user = "u"}), "a log-in needs both user and password");
    EXPECT_EQ(problem({.url = "kafka://h", .topics = {"a b"}}),
              "topics: names what is no topic; expected letters, digits, `.`, `_` and `-`");
    EXPECT_EQ(problem({.url = "kafka://h", .lag_above = 1}), "lag_above and members need a group");
    EXPECT_EQ(testing::url_of<Options>(kind, "kafka://h1,h2"), "kafka://h1,h2");
}

}  // namespace
}  // namespace vitals::checks::kafka
