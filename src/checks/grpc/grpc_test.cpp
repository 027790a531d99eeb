#include "grpc.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "check_testing.hpp"

namespace vitals::checks::grpc {
namespace {

using namespace std::chrono_literals;
using testing::Peer;
using testing::Runner;

// A frame of HTTP/2.
std::string frame(char type, char flags, std::uint32_t stream, const std::string& payload) {
    std::string bytes;
    for (const unsigned shift : {16U, 8U, 0U})
        bytes += static_cast<char>(payload.size() >> shift & 0xff);
    bytes += type;
    bytes += flags;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(stream >> shift);
    return bytes + payload;
}

// A header as HPACK's literal without indexing, new name.
std::string header(const std::string& name, const std::string& value) {
    return std::string(1, '\0') + static_cast<char>(name.size()) + name +
           static_cast<char>(value.size()) + value;
}

// A whole gRPC answer: settings, headers, one message, trailers.
std::string answer(const std::string& message, const std::string& status) {
    std::string data;
    if (!message.empty())
        data = frame(0, 0, 1, std::string(4, '\0') + static_cast<char>(message.size()) + message);
    return frame(4, 0, 0, "") + frame(4, 1, 0, "") +
           frame(1, 4, 1, header(":status", "200") + header("content-type", "application/grpc")) +
           data + frame(1, 5, 1, header("grpc-status", status) + header("grpc-message", "no%21"));
}

Options to(const std::string& address) {
    return {.url = "grpc://" + address};
}

Outcome run(Options options, std::chrono::milliseconds timeout = 500ms) {
    Runner runner;
    Outcome outcome = runner.run(kind, std::move(options), timeout);
    EXPECT_LE(runner.elapsed(), timeout + 100ms);
    EXPECT_TRUE(runner.finished());
    return outcome;
}

// The preface may come in a write of its own: an answer before the request is none.
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
    const std::string settings = frame(4, 0, 0, "") + frame(4, 1, 0, "");
    const std::string good = header(":status", "200") + header("content-type", "application/grpc");
    const std::string serving = std::string("\0\0\0\0\2\x08\x01", 7);
    // Nothing but trailers, which are headers then.
    expect_failed(told(settings + frame(1, 5, 1, good + header("grpc-status", "5"))),
                  ErrorClass::assertion, "the server does not know its own health");
    expect_failed(told(settings + frame(1, 5, 1, good + header("grpc-status", "0"))),
                  ErrorClass::protocol, "answered with no message");
    // A message that says SERVING, and no word on whether that was all.
    expect_failed(told(settings + frame(1, 4, 1, good) + frame(0, 1, 1, serving)),
                  ErrorClass::protocol, "not gRPC: an answer without its status");
    const std::string done = frame(1, 5, 1, header("grpc-status", "0"));
    const std::string squeezed = std::string("\1\0\0\0\2\x08\x01", 7);
    expect_failed(told(settings + frame(1, 4, 1, good) + frame(0, 0, 1, squeezed) + done),
                  ErrorClass::protocol,
                  "answered with compressed message, which was not asked for");
    expect_failed(told(settings + frame(1, 4, 1, good) + frame(0, 0, 1, serving + serving) + done),
                  ErrorClass::protocol, "answered with more than one message");
    expect_failed(told(settings + frame(1, 5, 1, header(":status", "503"))), ErrorClass::protocol,
                  "not gRPC: answered with HTTP status 503");
    const std::string zeros(4, '\0');
    EXPECT_EQ(told(settings + frame(7, 0, 0, zeros + zeros)).status, Status::failed) << "GOAWAY";
    const auto stopped = [&](char code) {
        return told(settings + frame(3, 0, 1, std::string(3, '\0') + code));
    };
    expect_failed(stopped(2), ErrorClass::protocol, "HTTP/2 error");
    EXPECT_EQ(stopped(7).status, Status::failed) << "refused";
}

TEST(Grpc, faults_of_the_stream) {
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

TEST(Grpc, a_secret_that_is_not_there_is_our_own_fault) {
    const Peer peer(Peer::hang());
    Options options = to(peer.address());
    options.metadata.emplace_back("authorization", Secret::pending());
    EXPECT_EQ(run(options).status, Status::unknown);
    EXPECT_EQ(peer.accepted(), 0);
}

TEST(GrpcOptions, come_from_a_url) {
    Options options;
    EXPECT_EQ(kind.from_url(&options, "grpcs://h:1/shop.v1.Orders"), "");
    EXPECT_EQ(options.url, "grpcs://h:1");
    EXPECT_EQ(options.service, "shop.v1.Orders");
    for (const char* url : {"grpc://h:1", "grpc://h:1/"}) {
        Options whole;
        EXPECT_EQ(kind.from_url(&whole, url), "") << url;
        EXPECT_EQ(whole.service, "");
    }
    for (const char* url : {"grpc://h", "grpc://h/x", "grpc:x/y", "grpc://u:p@h:1/x"})
        EXPECT_NE(kind.from_url(&options, url), "") << url;
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
