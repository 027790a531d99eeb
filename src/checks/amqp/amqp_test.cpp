#include "amqp.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <mutex>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "tls_peer.hpp"
#include "wire/amqp.hpp"

namespace vitals::checks::amqp {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;
using wire::amqp::Reader;
using wire::amqp::Table;
using wire::amqp::Writer;

std::string method(std::uint16_t channel, std::uint16_t class_id, std::uint16_t id,
                   const std::string& arguments = {}) {
    Writer writer;
    return wire::amqp::write_frame(
        wire::amqp::method_frame, channel,
        writer.short_number(class_id).short_number(id).take() + arguments);
}

std::string refusal(std::uint16_t code, std::string_view text) {
    Writer writer;
    return writer.short_number(code).short_text(text).short_number(0).short_number(0).take();
}

// A broker: one queue `orders` with three messages and one consumer. `hang_at` names the method (as
// class * 100 + id) that is never answered.
struct Broker {
    int hang_at = 0;
    bool blocked = false;
    std::string after_a_message;  // what follows the message that comes back
    std::function<void(int)> heard;

    void operator()(int descriptor) const {
        std::string input;
        char bytes[4096];
        const auto more = [&] {
            const auto count = ::recv(descriptor, bytes, sizeof bytes, 0);
            if (count > 0) input.append(bytes, static_cast<std::size_t>(count));
            return count > 0;
        };
        while (input.size() < 8)
            if (!more()) return;
        input.erase(0, 8);
        if (hang_at != 1010) testing::send_all(descriptor, greeting());
        for (;;) {
            const auto frame = wire::amqp::take_frame(input);
            if (!frame) return;
            if (!*frame) {
                if (!more()) return;
                continue;
            }
            if ((*frame)->type != wire::amqp::method_frame) continue;
            Reader reader((*frame)->payload);
            const int class_id = reader.short_number();
            const int asked = class_id * 100 + reader.short_number();
            if (heard) heard(asked);
            if (asked == hang_at) {
                while (more()) {
                }
                return;
            }
            testing::send_all(descriptor, answer(asked, (*frame)->channel, reader));
        }
    }

    static std::string greeting() {
        const Table able{{"authentication_failure_close", {true}}};
        const Table about{{"capabilities", {std::make_shared<const Table>(able)}}};
        Writer writer;
        writer.octet(0).octet(9).table(about).long_text("PLAIN").long_text("en_US");
        return method(0, 10, 10, writer.take());
    }

    std::string answer(int asked, std::uint16_t channel, Reader& reader) const {
        Writer writer;
        switch (asked) {
            case 1011: {
                (void)reader.table();
                (void)reader.short_text();
                if (reader.long_text() != std::string("\0guest\0guest", 12))
                    return method(0, 10, 50, refusal(403, "ACCESS_REFUSED - Login was refused"));
                return method(0, 10, 30,
                              writer.short_number(9).long_number(0).short_number(60).take());
            }
            case 1031:
                return {};
            case 1040:
                return method(0, 10, 41, std::string(1, '\0'));
            case 1050:
                return method(0, 10, 51);
            case 2010:
                return method(channel, 20, 11, std::string(4, '\0'));
            case 2041:
                return {};
            case 5010: {
                (void)reader.short_number();
                if (reader.short_text() != "orders")
                    return method(channel, 20, 40, refusal(404, "NOT_FOUND - no queue"));
                return method(channel, 50, 11,
                              writer.short_text("orders").long_number(3).long_number(1).take());
            }
            case 6040: {
                if (blocked) return method(0, 10, 60, "\x0blow on disk");
                writer.short_number(312).short_text("NO_ROUTE").short_text("").short_text("k");
                return method(channel, 60, 50, writer.take()) +
                       wire::amqp::write_frame(wire::amqp::header_frame, channel,
                                               wire::amqp::write_content_header({})) +
                       after_a_message;
            }
            default:
                return method(0, 10, 50, refusal(503, "COMMAND_INVALID"));
        }
    }
};

Options to(const std::string& address) {
    return {.url = "amqp://" + address};
}

Outcome run(Options options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_in_time(kind, std::move(options), timeout);
}

TEST(Amqp, is_ok_when_the_broker_takes_messages) {
    const Peer peer(Broker{});
    const Outcome outcome = run(to(peer.address()));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "takes messages");
    EXPECT_EQ(testing::phases(outcome),
              (std::vector<std::string>{"connect", "greeting", "auth", "vhost", "channel",
                                        "publish", "close"}));
}

TEST(Amqp, judges_queues) {
    const Peer peer(Broker{});
    Options options = to(peer.address());
    options.queues = {{"orders", {.failed_above = 3, .consumers = ">=1"}}};
    Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_EQ(*outcome.property("orders.messages"), Value(std::int64_t{3}));
    EXPECT_EQ(*outcome.property("orders.consumers"), Value(std::int64_t{1}));
    options.queues = {{"orders", {.degraded_above = 2}}};
    outcome = run(options);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "queue orders holds 3 messages");
    options.queues = {{"orders", {.failed_above = 2, .consumers = "2..4"}}, {"none", {}}};
    outcome = run(options);
    expect_failed(outcome, ErrorClass::assertion, "queues",
                  "queue orders holds 3 messages; queue orders has 1 consumer, expected 2..4; "
                  "queue none does not exist");
    EXPECT_EQ(outcome.error, "got \"NOT_FOUND - no queue\"");
}

TEST(Amqp, a_blocked_broker_is_degraded_and_not_waited_for) {
    const Peer peer(Broker{.hang_at = 1050, .blocked = true});
    const Outcome outcome = run(to(peer.address()));
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "publishers are blocked: the broker is short of disk");
    EXPECT_EQ(outcome.error, "got \"low on disk\"");
}

TEST(Amqp, a_wrong_password_is_failed) {
    const Peer peer(Broker{});
    Options options = to(peer.address());
    options.password = Secret("wrong");
    expect_failed(run(options), ErrorClass::auth, "auth", "wrong user or password");
}

TEST(Amqp, hangs_are_named_by_their_phase) {
    const std::vector<std::pair<int, std::string>> hangs{{1010, "greeting"}, {1011, "auth"},
                                                         {1040, "vhost"},    {2010, "channel"},
                                                         {5010, "queues"},   {6040, "publish"}};
    for (const auto& [at, phase] : hangs) {
        const Peer peer(Broker{.hang_at = at});
        Options options = to(peer.address());
        options.queues = {{"orders", {}}};
        expect_failed(run(options, 300ms), ErrorClass::timeout, phase,
                      std::string(phase == "greeting" ? "accepts connections and does not answer"
                                                      : "stopped answering") +
                          " (timeout in " + phase + ")");
    }
}

TEST(Amqp, a_goodbye_that_nobody_answers_is_no_fault_and_not_waited_for) {
    const Peer peer(Broker{.hang_at = 1050});
    Runner runner;
    const Outcome outcome = runner.run(kind, to(peer.address()), 4s);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_LT(runner.elapsed(), 3s);
}

TEST(Amqp, faults_of_the_stream_have_a_class_and_a_phase) {
    const auto at = [](Peer::Handler handler, ErrorClass error_class, const std::string& phase,
                       const std::string& detail) {
        const Peer peer(std::move(handler));
        expect_failed(run(to(peer.address()), 500ms), error_class, phase, detail);
    };
    at(Peer::hang(), ErrorClass::timeout, "greeting",
       "accepts connections and does not answer (timeout in greeting)");
    at(Peer::reset(), ErrorClass::protocol, "greeting", "connection reset");
    at(Peer::reset(Broker::greeting()), ErrorClass::protocol, "auth", "connection reset");
    at(Peer::drip(Broker::greeting(), 20ms), ErrorClass::timeout, "greeting",
       "accepts connections and does not answer (timeout in greeting)");
    at(Peer::say(""), ErrorClass::protocol, "greeting", "closed without an answer");
    at(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"), ErrorClass::protocol, "greeting",
       "not AMQP: is no AMQP");
    at(Peer::say(std::string("\x01\x00\x00\x7f\xff\xff\xff", 7) + std::string(300'000, 'x')),
       ErrorClass::protocol, "greeting", "not AMQP: frame larger than 128 KiB");
    at(Peer::say(Broker::greeting().substr(0, 30)), ErrorClass::protocol, "greeting",
       "closed without an answer");
    expect_failed(run(to("127.0.0.1:" + std::to_string(testing::closed_port()))),
                  ErrorClass::connect, "connect", "connection refused");
    const testing::FullPeer full;
    expect_failed(run(to(full.address()), 300ms), ErrorClass::timeout, "connect",
                  "does not accept connections (timeout in connect)");
}

TEST(Amqp, an_endless_stream_ends_with_the_deadline) {
    const Peer peer([](int descriptor) {
        const std::string heartbeat("\x08\x00\x00\x00\x00\x00\x00\xce", 8);
        std::string many;
        for (int i = 0; i < 1000; ++i) many += heartbeat;
        while (testing::send_all(descriptor, many)) {
        }
    });
    expect_failed(run(to(peer.address()), 300ms), ErrorClass::timeout, "greeting",
                  "accepts connections and does not answer (timeout in greeting)");
}

TEST(Amqp, speaks_tls) {
    const testing::Identity identity = testing::make_certificate({});
    const Peer peer(testing::tls(identity, [](testing::TlsStream& stream) {
        (void)stream.read_until("\x01");
        stream.send_all(method(0, 10, 50, refusal(320, "CONNECTION_FORCED - shutdown")));
    }));
    const testing::TemporaryDirectory directory;
    Options options{.url = "amqps://" + peer.address()};
    expect_failed(run(options), ErrorClass::tls, "tls", "certificate not trusted");
    options.tls.ca = directory.write("ca.pem", identity.certificate);
    expect_failed(run(options), ErrorClass::assertion, "greeting",
                  "the broker closed the connection (320)");
}

TEST(Amqp, keeps_no_descriptor) {
    Runner runner;
    const Peer well(Broker{});
    const Peer hanging(Broker{.hang_at = 5010});
    Options hang = to(hanging.address());
    hang.queues = {{"orders", {}}};
    const auto round = [&] {
        EXPECT_EQ(runner.run(kind, to(well.address()), 2s).status, Status::ok);
        EXPECT_EQ(runner.run(kind, hang, 10ms).error_class, ErrorClass::timeout);
        EXPECT_EQ(runner.run(kind, to("127.0.0.1:1"), 2s).error_class, ErrorClass::connect);
    };
    testing::expect_no_descriptor_kept(round, 100);
}

TEST(AmqpOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "amqp://127.0.0.1"}), "");
    EXPECT_EQ(problem({.url = "amqps://user:password@broker.example:5671/shop"}), "");
    EXPECT_NE(problem({.url = "http://127.0.0.1"}), "");
    EXPECT_NE(problem({.url = "amqp:///shop"}), "");
    EXPECT_EQ(problem({.url = "amqp://h/v?heartbeat=10"}),
              "url: has a query; expected amqp://host:port/vhost");
    EXPECT_EQ(problem({.url = "amqp://a@h", .user = "b"}),
              "user stands both in the URL and apart from it");
    EXPECT_EQ(problem({.url = "amqp://a:b@h", .password = Secret("c")}),
              "password stands both in the URL and apart from it");
    EXPECT_EQ(
        problem({.url = "amqp://h", .queues = {{"q", {.degraded_above = 5, .failed_above = 5}}}}),
        "queues: q: degraded_above must be less than failed_above");
    EXPECT_EQ(problem({.url = "amqp://h", .queues = {{"", {}}}}),
              "queues: a queue's name has 1 to 255 bytes");
}

// How many connections three runs take.
int connections_of_three_runs(const Broker& broker) {
    const Peer peer(broker);
    Options options = to(peer.address());
    options.auth_every = 1h;
    options.queues = {{"orders", {}}};
    return testing::connections_of_runs(3, kind, std::move(options), peer);
}

TEST(Amqp, a_connection_can_be_kept_with_its_channel) {
    EXPECT_EQ(connections_of_three_runs({}), 1);
}

TEST(Amqp, a_broker_that_ends_a_kept_connection_is_no_fault) {
    Broker broker;
    broker.after_a_message = method(0, 10, 50, refusal(320, "CONNECTION_FORCED - shutdown"));
    EXPECT_EQ(connections_of_three_runs(broker), 3);
}

TEST(Amqp, what_a_broker_says_unasked_is_not_taken_for_an_answer) {
    Broker broker;
    Writer writer;
    writer.short_number(312).short_text("NO_ROUTE").short_text("").short_text("k");
    broker.after_a_message =
        method(1, 60, 50, writer.take()) +
        wire::amqp::write_frame(wire::amqp::header_frame, 1, wire::amqp::write_content_header({}));
    EXPECT_EQ(connections_of_three_runs(broker), 3);
}

TEST(Amqp, a_connection_that_is_not_kept_is_left_with_a_word) {
    std::mutex mutex;
    std::string methods;
    Broker broker;
    broker.heard = [&](int asked) {
        const std::lock_guard lock(mutex);
        methods += std::to_string(asked) + ' ';
    };
    {
        const Peer peer(broker);
        Options options = to(peer.address());
        options.auth_every = 0ms;
        Runner runner;
        runner.keep_connections();
        EXPECT_EQ(runner.run(kind, options, 5s).status, Status::ok);
        EXPECT_EQ(runner.run(kind, options, 5s).status, Status::ok);
        EXPECT_EQ(peer.accepted(), 2);
    }
    EXPECT_EQ(methods, "1011 1031 1040 2010 6040 1050 1011 1031 1040 2010 6040 1050 ");
}

}  // namespace
}  // namespace vitals::checks::amqp
