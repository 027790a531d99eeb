#include "mqtt.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <mutex>
#include <tuple>

#include "expect_failed.hpp"
#include "server_kinds.hpp"
#include "tls_peer.hpp"
#include "url_of.hpp"
#include "wire/mqtt.hpp"

namespace vitals::checks::mqtt {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace vitals::testing;
using wire::mqtt::Packet;
using wire::mqtt::Type;

// A broker with one client; what it answers with can be changed. An empty text is silence.
struct Script {
    std::string connack = "\x20\x02\0\0"s;
    std::string suback = "\x90\x03\0\x01\x01"s;
    std::string puback = "\x40\x02\0\x02"s;
    std::string pingresp = "\xd0\0"s;
    bool delivers = true;
    bool first_delivers = false;  // and acknowledges behind it
    std::string delivered;        // instead of the payload that came
};

class Mqtt : public ::testing::Test {
  protected:
    static std::string packet(char first, const std::string& body) {
        return first + std::string(1, static_cast<char>(body.size())) + body;
    }

    Peer::Handler serve() {
        return [this, script = script_](int descriptor) {
            std::string buffer;
            for (;;) {
                std::string piece(1024, '\0');
                const auto count = ::recv(descriptor, piece.data(), piece.size(), 0);
                if (count <= 0) return;
                buffer.append(piece, 0, static_cast<std::size_t>(count));
                for (;;) {
                    const auto taken = wire::mqtt::take_packet(buffer);
                    if (!taken || !*taken) break;
                    note(**taken);
                    testing::send_all(descriptor, answer_to(script, **taken));
                }
            }
        };
    }

    std::string answer_to(const Script& script, const Packet& asked) {
        switch (asked.type) {
            case Type::connect:
                return script.connack;
            case Type::subscribe:
                return script.suback;
            case Type::pingreq:
                return script.pingresp;
            case Type::publish: {
                const auto message = wire::mqtt::read_publish(asked, wire::mqtt::Level::v3_1_1);
                const std::string& payload =
                    script.delivered.empty() ? message->payload : script.delivered;
                const std::string topic =
                    "\0"s + static_cast<char>(message->topic.size()) + message->topic;
                const std::string sent =
                    script.delivers ? packet('\x32', topic + "\0\x09"s + payload) : std::string();
                return script.first_delivers ? sent + script.puback : script.puback + sent;
            }
            default:
                return {};
        }
    }

    void note(const Packet& packet) {
        const std::lock_guard lock(mutex_);
        said_ += std::to_string(static_cast<int>(packet.type)) + ' ';
        if (packet.type == Type::connect) connect_ = packet.body;
    }
    std::string said() {
        const std::lock_guard lock(mutex_);
        return std::exchange(said_, {});
    }

    Outcome run(const std::string& path = "/vitals", std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(serve());
        options_.url = "mqtt://probe:geheim@" + peer.address() + path;
        return testing::run_discreetly(kind, options_, timeout);
    }

    Script script_;
    Options options_;
    std::mutex mutex_;
    std::string said_;
    std::string connect_;
};

TEST_F(Mqtt, a_message_comes_back_and_nothing_stays) {
    Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "a message came back");
    EXPECT_EQ(testing::phases(outcome),
              (std::vector<std::string>{"connect", "auth", "subscribe", "message"}));
    EXPECT_EQ(said(), "1 8 3 4 14 ");
    EXPECT_EQ(connect_[7], '\xc2') << "a clean session, no will";
    const std::string first = connect_;
    script_.first_delivers = true;
    EXPECT_EQ(run().status, Status::ok);
    EXPECT_NE(connect_, first) << "a broker throws out whoever has the name of one who comes";
}

TEST_F(Mqtt, without_a_topic_a_ping_must_do) {
    const Outcome outcome = run("");
    EXPECT_EQ(outcome.detail, "lets this client in and answers") << outcome.error;
    EXPECT_EQ(said(), "1 12 14 ");
}

TEST_F(Mqtt, an_acknowledgement_is_no_delivery) {
    script_.delivers = false;
    expect_failed(run("/vitals", 500ms), ErrorClass::assertion, "message",
                  "acknowledged a message and did not deliver it: an ACL or a limit of size may "
                  "forbid it");
    EXPECT_EQ(said(), "1 8 3 14 ") << "it takes leave";
    script_.puback.clear();
    expect_failed(run("/vitals", 300ms), ErrorClass::timeout, "message",
                  "stopped answering (timeout in message)");
}

TEST_F(Mqtt, another_message_is_no_delivery) {
    script_.delivered = "left by somebody";
    expect_failed(run(), ErrorClass::assertion, "message", "another message came than was sent");
}

TEST_F(Mqtt, refusals_are_told_apart) {
    const std::tuple<char, ErrorClass, std::string> old[] = {
        {1, ErrorClass::assertion, "does not speak this version of MQTT: see `version`"},
        {2, ErrorClass::assertion, "refuses the name that this client gave itself"},
        {3, ErrorClass::assertion, "not available"},
        {4, ErrorClass::auth, "wrong user or password"},
        {5, ErrorClass::auth, "log-in refused"},
        {9, ErrorClass::assertion, "log-in refused (0x09)"},
    };
    for (const auto& [code, error_class, detail] : old) {
        script_.connack = "\x20\x02\0"s + code;
        expect_failed(run(), error_class, "auth", detail);
    }
    script_ = {};
    script_.suback = "\x90\x03\0\x01\x80"s;
    expect_failed(run(), ErrorClass::auth, "subscribe", "subscription refused");
}

TEST_F(Mqtt, refusals_of_version_5_have_reasons) {
    options_.version = 5;
    const std::tuple<std::string, ErrorClass, std::string> reasons[] = {
        {"\x84", ErrorClass::assertion, "does not speak this version of MQTT: see `version`"},
        {"\x86", ErrorClass::auth, "wrong user or password"},
        {"\x87", ErrorClass::auth, "log-in refused"},
        {"\x89", ErrorClass::assertion, "busy"},
        {"\x97", ErrorClass::assertion, "quota used up"},
    };
    for (const auto& [code, error_class, detail] : reasons) {
        script_.connack = "\x20\x03\0"s + code + "\0"s;
        expect_failed(run(), error_class, "auth", detail);
    }
    script_.connack = "\x20\x03\0\0\0"s;
    script_.suback = "\x90\x04\0\x01\0\x87"s;
    expect_failed(run(), ErrorClass::auth, "subscribe", "subscription refused");
    script_.suback = "\x90\x04\0\x01\0\x01"s;
    script_.puback = "\x40\x03\0\x02\x87"s;
    expect_failed(run(), ErrorClass::auth, "message", "message refused");
    script_.puback = "\xe0\x01\x8b";
    expect_failed(run(), ErrorClass::assertion, "message", "shuts down");
}

TEST_F(Mqtt, one_without_room_just_closes) {
    const Peer closes([](int descriptor) {
        testing::read_until(descriptor, "MQTT");
        testing::close_in_order(descriptor);
    });
    options_.url = "mqtt://" + closes.address();
    expect_failed(testing::run_in_time(kind, options_), ErrorClass::assertion, "auth",
                  "closed at the log-in: perhaps no connections left, or it wants TLS");
}

TEST_F(Mqtt, speaks_tls_where_it_is_wanted) {
    const testing::Authority authority;
    const Peer peer(testing::tls(authority.issue(), [](testing::TlsStream& stream) {
        stream.read_until("vitals-");
        stream.send_all("\x20\x02\0\0"s);
        stream.read_until("\xc0"s);
        stream.send_all("\xd0\0"s);
        stream.read_until("\xe0"s);
    }));
    options_.url = "mqtts://127.0.0.1:" + std::to_string(peer.port());
    testing::expect_certificate_judged(kind, options_, authority);
}

TEST_F(Mqtt, garbage_fails) {
    script_.connack = "\x00\x00"s;
    expect_failed(run(), ErrorClass::protocol, "auth", "not an MQTT packet");
    script_.connack = "\x20\x01\0"s;
    expect_failed(run(), ErrorClass::protocol, "auth", "not an answer to a log-in");
    script_.connack = "\xd0\0"s;
    expect_failed(run(), ErrorClass::protocol, "auth", "unexpected answer");
    script_ = {};
    script_.suback = "\x90\x03\0\x02\x01"s;
    expect_failed(run(), ErrorClass::protocol, "subscribe", "not an answer to a subscription");
    script_.suback = "\x90\xff\xff\xff\x7f";
    expect_failed(run(), ErrorClass::protocol, "subscribe",
                  "not MQTT, or a packet that is too long");
    script_ = {};
    script_.puback = "\x40\x02\0\x03"s;
    expect_failed(run(), ErrorClass::protocol, "message", "not an acknowledgement");
}

TEST_F(Mqtt, a_broker_that_hangs_ends_or_resets_fails) {
    script_.connack.clear();
    expect_failed(run("", 300ms), ErrorClass::timeout, "auth",
                  "accepts connections and does not answer (timeout in auth)");
    script_ = {};
    script_.pingresp.clear();
    expect_failed(run("", 300ms), ErrorClass::timeout, "ping",
                  "stopped answering (timeout in ping)");
    const Peer resets(Peer::reset("\x20\x02"));
    options_.url = "mqtt://" + resets.address();
    expect_failed(testing::run_in_time(kind, options_), ErrorClass::protocol, "auth",
                  "connection reset");
    testing::expect_refused(kind, "mqtt://", options_);
    const Peer drip(Peer::drip("\x20\x02\0\0"s, 200ms));
    options_.url = "mqtt://" + drip.address();
    expect_failed(testing::run_in_time(kind, options_, 300ms), ErrorClass::timeout, "auth",
                  "accepts connections and does not answer (timeout in auth)");
}

TEST_F(Mqtt, keeps_no_descriptor) {
    const Peer hanging(Peer::hang());
    const Peer peer(serve());
    Options to_hanging;
    to_hanging.url = "mqtt://" + hanging.address();
    options_.url = "mqtt://" + peer.address() + "/vitals";
    testing::expect_nothing_left_open(kind, to_hanging, options_);
}

TEST(MqttOptions, are_checked) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "mqtt://h"}), "");
    EXPECT_EQ(problem({.url = "mqtts://u:p@h/a/b"}), "");
    EXPECT_EQ(problem({.url = "mqtt://h/a/%23"}),
              "url: names a topic with a wildcard: a message goes to one topic");
    EXPECT_EQ(problem({.url = "mqtt://h/$SYS/uptime"}),
              "url: names a topic of the broker's own ($)");
    EXPECT_EQ(problem({.url = "mqtt://h?a=b"}),
              "url: has a query; expected mqtt://host:port/topic");
    EXPECT_EQ(problem({.url = "mqtt://h", .password = Secret("geheim")}),
              "a password without a user");
    EXPECT_EQ(testing::url_of<Options>(kind, "mqtt://h/t"), "mqtt://h/t");
}

}  // namespace
}  // namespace vitals::checks::mqtt
