#include "grpc.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "check_testing.hpp"
#include "http2_frames.hpp"
#include "tls_peer.hpp"

namespace vitals::checks::grpc {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

// A whole gRPC answer: settings, headers, one message, trailers.
std::string answer(const std::string& message, const std::string& status) {
    std::string data;
    if (!message.empty())
        data = frame(0, 0, 1, std::string(4, '\0') + static_cast<char>(message.size()) + message);
    return greeting() +
           frame(1, 4, 1, header(":status", "200") + header("content-type", "application/grpc")) +
           data + frame(1, 5, 1, header("grpc-status", status) + header("grpc-message", "no%21"));
}

Options to(const std::string& address) {
    return {.url = "grpc://" + address};
}

Outcome run(Options options, std::chrono::milliseconds timeout = 500ms) {
    return testing::run_in_time(kind, std::move(options), timeout);
}

// The preface may come in a separate write: an answer before the request is invalid.
void await_request(int descriptor) {
    (void)testing::read_until(descriptor, "\r\n\r\nSM\r\n\r\n");
    std::this_thread::sleep_for(60ms);
}

Outcome told(const std::string& bytes) {
    const Peer peer([bytes](int descriptor) {
        await_request(descriptor);
        testing::send_all(descriptor, bytes);
        (void)testing::read_until(descriptor, "never said");
    });
    return run(to(peer.address()));
}

void expect_failed(const Outcome& outcome, ErrorClass error_class, const std::string& detail) {
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, error_class) << to_string(outcome.error_class);
    EXPECT_EQ(outcome.detail, detail) << outcome.error;
}

TEST(Grpc, judges_what_the_server_says_of_itself) {
    const Outcome good = told(answer("\x08\x01", "0"));
    EXPECT_EQ(good.status, Status::ok) << good.detail << good.error;
    expect_failed(told(answer("\x08\x02", "0")), ErrorClass::assertion, "not serving");
    expect_failed(told(answer("\x08\x03", "0")), ErrorClass::assertion, "service is not known");
    expect_failed(told(answer("", "0")), ErrorClass::protocol, "answered with no message");
    const Outcome missing = told(answer("", "5"));
    expect_failed(missing, ErrorClass::assertion, "the server does not know its own health");
    EXPECT_EQ(missing.error, "got \"5 no!\"");
    expect_failed(told(answer("", "12")), ErrorClass::assertion,
                  "the server has no health service");
    expect_failed(told(answer("", "16")), ErrorClass::auth, "refused (gRPC status 16)");
    expect_failed(told(answer("", "14")), ErrorClass::assertion, "answered with gRPC status 14");
    expect_failed(told(answer("", "x")), ErrorClass::protocol, "malformed gRPC status");
}

TEST(Grpc, an_answer_may_end_in_other_ways) {
    const std::string settings = greeting();
    const std::string good = header(":status", "200") + header("content-type", "application/grpc");
    const std::string serving = std::string("\0\0\0\0\2\x08\x01", 7);
    // Nothing but trailers, which are headers then.
    expect_failed(told(settings + frame(1, 5, 1, good + header("grpc-status", "5"))),
                  ErrorClass::assertion, "the server does not know its own health");
    expect_failed(told(settings + frame(1, 5, 1, good + header("grpc-status", "0"))),
                  ErrorClass::protocol, "answered with no message");
    // A message that says SERVING, without a status at the end.
    expect_failed(told(settings + frame(1, 4, 1, good) + frame(0, 1, 1, serving)),
                  ErrorClass::protocol, "not gRPC: an answer without its status");
    const std::string done = frame(1, 5, 1, header("grpc-status", "0"));
    const std::string squeezed = std::string("\1\0\0\0\2\x08\x01", 7);
    expect_failed(told(settings + frame(1, 4, 1, good) + frame(0, 0, 1, squeezed) + done),
                  ErrorClass::protocol,
                  "answered with compressed message, which was not asked for");
    expect_failed(told(settings + frame(1, 4, 1, good) + frame(0, 0, 1, serving + serving) + done),
                  ErrorClass::protocol, "answered with more than one message");
    expect_failed(told(settings + frame(1, 5, 1, header(":status", "503"))), ErrorClass::assertion,
                  "turned away: answered with HTTP status 503");
    const Outcome broken = told(settings + reset_stream(1, 2));
    expect_failed(broken, ErrorClass::protocol, "HTTP/2 error");
    EXPECT_NE(broken.error.find("INTERNAL_ERROR"), std::string::npos) << broken.error;
    // Everything was sent before the stream was given up.
    EXPECT_EQ(told(answer("\x08\x01", "0") + reset_stream(1, 0)).status, Status::ok);
}

// The answers of one connection after another; the last one repeatedly.
Outcome told_in_turn(const std::vector<std::string>& answers, int& connections) {
    std::atomic<std::size_t> next{0};
    const Peer peer([&](int descriptor) {
        await_request(descriptor);
        testing::send_all(descriptor, answers[std::min(next++, answers.size() - 1)]);
        testing::close_in_order(descriptor);
    });
    Outcome outcome = run(to(peer.address()), 2s);
    connections = peer.accepted();
    return outcome;
}

TEST(Grpc, a_server_that_says_good_bye_still_answers) {
    constexpr std::uint32_t everything = 0x7fffffff;
    const std::string good = answer("\x08\x01", "0");
    const std::string bare = good.substr(greeting().size());
    const std::string answers[] = {
        greeting() + goaway(1, 0) + bare, good + goaway(1, 0),
        greeting() + goaway(everything, 0) + goaway(1, 0) + bare,
        greeting() + goaway(1, 11) + bare,  // ENHANCE_YOUR_CALM, after this request
    };
    for (const std::string& one : answers) {
        int connections = 0;
        const Outcome outcome = told_in_turn({one}, connections);
        EXPECT_EQ(outcome.detail, "serving") << outcome.error;
        EXPECT_EQ(connections, 1);
    }
    int connections = 0;
    const Outcome cut = told_in_turn({greeting() + goaway(1, 11)}, connections);
    expect_failed(cut, ErrorClass::protocol, "answer cut short");
    EXPECT_NE(cut.error.find("GOAWAY ENHANCE_YOUR_CALM"), std::string::npos) << cut.error;
}

TEST(Grpc, what_was_not_processed_is_asked_again_on_a_new_connection) {
    const std::string good = answer("\x08\x01", "0");
    for (const std::string& refusal :
         {greeting() + goaway(0, 0), greeting() + goaway(0, 11), greeting() + reset_stream(1, 7)}) {
        int connections = 0;
        EXPECT_EQ(told_in_turn({refusal, good}, connections).detail, "serving");
        EXPECT_EQ(connections, 2);
        expect_failed(told_in_turn({refusal}, connections), ErrorClass::protocol,
                      "takes no requests (HTTP/2)");
        EXPECT_EQ(connections, 3);
    }
}

TEST(Grpc, another_protocol_is_named) {
    const Outcome outcome = told("HTTP/1.1 400 Bad Request\r\n\r\n");
    expect_failed(outcome, ErrorClass::protocol, "does not speak HTTP/2");
    EXPECT_NE(outcome.error.find("got \"HTTP/1.1 400"), std::string::npos) << outcome.error;
}

// Whether a server with TLS takes a gRPC client that offers h2 and nothing else.
Outcome over_tls(const std::string& protocol) {
    const testing::Identity identity = testing::make_certificate({});
    const Peer peer(testing::tls(
        identity,
        [](testing::TlsStream& stream) {
            (void)stream.read_until("\r\n\r\nSM\r\n\r\n");
            std::this_thread::sleep_for(60ms);
            stream.send_all(answer("\x08\x01", "0"));
        },
        protocol));
    Options options{.url = "grpcs://" + peer.address()};
    options.tls.verify = false;
    return run(std::move(options), 2s);
}

TEST(Grpc, tls_must_agree_to_http2) {
    EXPECT_EQ(over_tls("h2").detail, "serving");
    const Outcome without = over_tls("");
    expect_failed(without, ErrorClass::tls, "did not agree to HTTP/2 (ALPN)");
    EXPECT_EQ(without.failed_phase, "tls");
    expect_failed(over_tls("http/1.1"), ErrorClass::tls, "did not agree to our protocol (ALPN)");
}

TEST(Grpc, faults_of_the_stream_have_a_class_and_a_phase) {
    const auto at = [](Peer::Handler handler) {
        const Peer peer(std::move(handler));
        const Outcome outcome = run(to(peer.address()));
        EXPECT_EQ(outcome.status, Status::failed) << outcome.detail;
        return outcome.error_class;
    };
    EXPECT_EQ(at(Peer::hang()), ErrorClass::timeout);
    EXPECT_EQ(at(Peer::reset()), ErrorClass::protocol);
    EXPECT_EQ(at(Peer::drip(answer("\x08\x01", "0"), 30ms)), ErrorClass::timeout);
    EXPECT_EQ(at(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n")), ErrorClass::protocol);
    EXPECT_EQ(at(Peer::say(std::string(300'000, 'x'))), ErrorClass::protocol);
    EXPECT_EQ(run(to("127.0.0.1:" + std::to_string(testing::closed_port()))).error_class,
              ErrorClass::connect);
}

TEST(Grpc, a_missing_secret_is_blindness) {
    const Peer peer(Peer::hang());
    Options options = to(peer.address());
    options.metadata.emplace_back("authorization", Secret::pending());
    EXPECT_EQ(run(options).status, Status::unknown);
    EXPECT_EQ(peer.accepted(), 0);
}

TEST(GrpcOptions, come_from_a_url) {
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "grpcs://h:1/shop.v1.Orders"));
    EXPECT_EQ(options.url.text, "grpcs://h:1");
    EXPECT_EQ(options.service, "shop.v1.Orders");
    for (const char* url : {"grpc://h:1", "grpc://h:1/"}) {
        Options whole;
        EXPECT_TRUE(kind.from_url(ObjectRef(whole), url)) << url;
        EXPECT_EQ(whole.service, "");
    }
    for (const char* url : {"grpc://h", "grpc://h/x", "grpc:x/y", "grpc://u:p@h:1/x"})
        EXPECT_FALSE(kind.from_url(ObjectRef(options), url)) << url;
}

TEST(GrpcOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "grpc://h:1"}), "");
    EXPECT_EQ(problem({.url = "grpcs://[::1]:50051", .service = "a.b"}), "");
    EXPECT_NE(problem({.url = "grpc://h"}), "");
    EXPECT_NE(problem({.url = "grpc://h:1/x"}), "");
    EXPECT_NE(problem({.url = "http://h:1"}), "");
    EXPECT_NE(problem({.url = "grpc://h:1", .metadata = {{"Upper", Secret("x")}}}), "");
    EXPECT_NE(problem({.url = "grpc://h:1", .metadata = {{"grpc-timeout", Secret("x")}}}), "");
}

}  // namespace
}  // namespace vitals::checks::grpc
