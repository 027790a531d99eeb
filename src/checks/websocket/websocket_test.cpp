#include "websocket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "wire/websocket.hpp"

namespace vitals::checks::websocket {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

// What a server answers a handshake with, and then with every frame of the client, by opcode.
struct Server {
    std::string extra;          // headers
    std::string pong = "echo";  // echo | none | other
    std::string message;        // frames sent for a text message
    std::string greeting;       // frames sent at once
    int status = 101;

    void operator()(int descriptor) const {
        const std::string head = testing::read_until(descriptor, "\r\n\r\n");
        const std::string name = "Sec-WebSocket-Key: ";
        const auto at = head.find(name);
        if (at == head.npos) return;
        const std::string key = head.substr(at + name.size(), 24);
        testing::send_all(descriptor, "HTTP/1.1 " + std::to_string(status) +
                                          " x\r\nupgrade: WebSocket\r\nConnection: a, Upgrade\r\n"
                                          "Sec-WebSocket-Accept: " +
                                          wire::websocket::accept_of(key) + "\r\n" + extra +
                                          "\r\n");
        if (status != 101) return;
        testing::send_all(descriptor, greeting);
        for (;;) {
            char bytes[2 + 4 + 125];
            if (::recv(descriptor, bytes, 6, MSG_WAITALL) != 6) return;
            const auto size = static_cast<std::size_t>(bytes[1] & 0x7f);
            if (size > 0 && ::recv(descriptor, bytes + 6, size, MSG_WAITALL) <= 0) return;
            std::string payload;
            for (std::size_t i = 0; i < size; ++i)
                payload += static_cast<char>(bytes[6 + i] ^ bytes[2 + i % 4]);
            const int opcode = bytes[0] & 0x0f;
            if (opcode == 9 && pong == "echo")
                testing::send_all(descriptor,
                                  "\x8a" + std::string(1, static_cast<char>(size)) + payload);
            if (opcode == 9 && pong == "other") testing::send_all(descriptor, "\x8a\x01x");
            if (opcode == 1) testing::send_all(descriptor, message);
            if (opcode == 8) return;
        }
    }
};

Options to(const std::string& address) {
    return {.url = "ws://" + address + "/live?x=%20"};
}

Outcome run(Options options, std::chrono::milliseconds timeout = 500ms) {
    return testing::run_in_time(kind, std::move(options), timeout);
}

TEST(Websocket, sends_a_ping_and_gets_its_answer) {
    const Peer peer(Server{});
    const Outcome outcome = run(to(peer.address()));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "answers pings");
}

TEST(Websocket, waits_for_the_expected_message) {
    // Another message, a ping, and the wanted one in two fragments with a pong between.
    const Peer peer(
        Server{.message = std::string("\x81\x02no\x89\x01p\x01\x02he\x8a\x00\x80\x03llo", 18)});
    Options options = to(peer.address());
    options.send = "x";
    EXPECT_EQ(run(options).detail, "answers messages");
    options.expect = "/^hello$/";
    EXPECT_EQ(run(options).detail, "answers messages");
    options.expect = "other";
    const Outcome outcome = run(options);
    expect_failed(outcome, ErrorClass::assertion, "message", "no message holds the expected text");
    EXPECT_EQ(outcome.error, "got \"hello\"");
}

// It came before the ping was answered, and none comes after it.
TEST(Websocket, a_greeting_is_a_message) {
    const Peer peer(Server{.greeting = "\x81\x05hello"});
    Options options = to(peer.address());
    options.expect = "hello";
    EXPECT_EQ(run(options).detail, "answers messages");
    options.send = "x";
    expect_failed(run(options), ErrorClass::timeout, "message",
                  "pings are answered, messages are not");
}

TEST(Websocket, a_missing_secret_is_blindness) {
    const Peer peer(Server{});
    Options options = to(peer.address());
    options.headers.emplace_back("Authorization", Secret::pending());
    EXPECT_EQ(run(options).status, Status::unknown);
}

TEST(Websocket, pings_answered_but_no_messages_fail) {
    const Peer peer(Server{});
    Options options = to(peer.address());
    options.send = "x";
    expect_failed(run(options), ErrorClass::timeout, "message",
                  "pings are answered, messages are not");
}

TEST(Websocket, faults_have_a_class_and_a_phase) {
    const auto at = [](Peer::Handler handler, ErrorClass error_class, const std::string& phase,
                       const std::string& detail) {
        const Peer peer(std::move(handler));
        expect_failed(run(to(peer.address())), error_class, phase, detail);
    };
    at(Server{.pong = "none"}, ErrorClass::timeout, "ping", "stopped answering (timeout in ping)");
    at(Server{.pong = "other"}, ErrorClass::timeout, "ping", "stopped answering (timeout in ping)");
    at(Server{.status = 401}, ErrorClass::auth, "handshake",
       "answered with status 401, expected 101");
    at(Server{.status = 426}, ErrorClass::assertion, "handshake",
       "answered with status 426, expected 101: another version of websocket is wanted");
    at(Server{.extra = "Sec-WebSocket-Extensions: permessage-deflate\r\n"}, ErrorClass::protocol,
       "handshake", "uses an extension that was not asked for");
    at(Server{.extra = "Sec-WebSocket-Protocol: chat\r\n"}, ErrorClass::assertion, "handshake",
       "does not speak the wanted subprotocol");
    at(Peer::answer("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
       ErrorClass::protocol, "handshake", "wrong Sec-WebSocket-Accept: no websocket server");
    at(Peer::hang(), ErrorClass::timeout, "handshake",
       "accepts connections and does not answer (timeout in handshake)");
    at(Peer::reset("HTTP/1.1 101"), ErrorClass::protocol, "handshake", "connection reset");
    at(Peer::drip("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n", 50ms), ErrorClass::timeout,
       "handshake", "accepts connections and does not answer (timeout in handshake)");
    at(Peer::answer("HTTP/1.0 404 Not Found\r\n\r\n"), ErrorClass::assertion, "handshake",
       "answered with status 404, expected 101");
    at(Peer::answer("+PONG\r\n"), ErrorClass::protocol, "handshake", "not HTTP");
    at(Peer::answer("HTTP/1.1 101 " + std::string(100'000, 'x')), ErrorClass::protocol, "handshake",
       "answer's head larger than 16 KiB");
    expect_failed(run(to("127.0.0.1:" + std::to_string(testing::closed_port()))),
                  ErrorClass::connect, "connect", "connection refused");
}

TEST(WebsocketOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "ws://127.0.0.1:80/x?y"}), "");
    EXPECT_EQ(problem({.url = "wss://h"}), "");
    EXPECT_NE(problem({.url = "http://h"}), "");
    EXPECT_NE(problem({.url = "ws://u:p@h"}), "");
    EXPECT_NE(problem({.url = "ws://h", .subprotocol = "a b"}), "");
    EXPECT_NE(problem({.url = "ws://h", .unix_socket = "x"}), "");
    EXPECT_NE(problem({.url = "ws://h", .headers = {{"a b", Secret("x")}}}), "");
}

}  // namespace
}  // namespace vitals::checks::websocket
