#include "tcp.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "net/connection.hpp"
#include "unix_listener.hpp"
#include "url_of.hpp"

namespace vitals::checks::tcp {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

Options to(const std::string& address) {
    return {.url = "tcp://" + address};
}

std::string problem(const Options& options) {
    return testing::problem_of(kind, &options);
}

Outcome run(Options options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_in_time(kind, std::move(options), timeout);
}

TEST(Tcp, is_ok_when_it_connects) {
    const Peer peer(Peer::hang());
    const Outcome outcome = run(to(peer.address()));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "connected");
    EXPECT_EQ(phases(outcome), std::vector<std::string>{"connect"});
}

TEST(Tcp, connects_by_name) {
    const Peer peer(Peer::hang());
    const Outcome outcome = run(to("localhost:" + std::to_string(peer.port())));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(phases(outcome), (std::vector<std::string>{"resolve", "connect"}));
}

TEST(Tcp, connects_to_a_unix_socket) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("socket");
    const int listener = testing::bound_to(path);
    expect_failed(run({.url = "unix:" + path}), ErrorClass::connect, "connect",
                  "connection refused");
    ASSERT_EQ(::listen(listener, 4), 0);
    EXPECT_EQ(run({.url = "unix:" + path}).status, Status::ok);
    ::close(listener);
    ::unlink(path.c_str());
    expect_failed(run({.url = "unix:" + path}), ErrorClass::connect, "connect",
                  "socket does not exist");
}

TEST(Tcp, reads_a_banner) {
    const Peer peer(Peer::say("220 mail.example.org ESMTP\r\n"));
    Options options = to(peer.address());
    options.expect = "/^220 /";
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "answered as expected");
    EXPECT_EQ(phases(outcome), (std::vector<std::string>{"connect", "answer"}));
}

TEST(Tcp, says_something_and_waits_for_the_whole_answer) {
    const Peer peer([](int descriptor) {
        if (testing::read_until(descriptor, "\n") != "PING\n") return;
        testing::send_all(descriptor, "+PO");
        std::this_thread::sleep_for(50ms);
        testing::send_all(descriptor, "NG\r\n");
        testing::read_until(descriptor, "\n");
    });
    Options options = to(peer.address());
    options.send = "PING\n";
    options.expect = "+PONG";
    EXPECT_EQ(run(options).status, Status::ok);
}

TEST(Tcp, an_answer_of_another_kind_fails) {
    const Peer peer(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"));
    Options options = to(peer.address());
    options.expect = "+PONG";
    const Outcome outcome = run(options);
    expect_failed(outcome, ErrorClass::assertion, "answer",
                  "answer does not hold the expected text");
    EXPECT_EQ(outcome.error, R"(got "HTTP/1.1 400 Bad Request\r\n\r\n", then the end)");
}

TEST(Tcp, silence_and_then_the_end_fails) {
    const Peer peer(Peer::say(""));
    Options options = to(peer.address());
    options.expect = "/./";
    expect_failed(run(options), ErrorClass::protocol, "answer", "closed without an answer");
}

TEST(Tcp, an_endless_answer_fails) {
    const Peer peer([](int descriptor) {
        while (testing::send_all(descriptor, std::string(4096, 'x'))) {
        }
    });
    Options options = to(peer.address());
    options.expect = "+PONG";
    expect_failed(run(options), ErrorClass::assertion, "answer",
                  "answer does not hold the expected text");
}

TEST(Tcp, a_closed_port_refuses) {
    expect_failed(run(to("127.0.0.1:" + std::to_string(testing::closed_port()))),
                  ErrorClass::connect, "connect", "connection refused");
}

TEST(Tcp, a_full_queue_times_out_in_connect) {
    const testing::FullPeer peer;
    const Outcome outcome = run(to(peer.address()), 300ms);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_EQ(outcome.failed_phase, "connect");
}

TEST(Tcp, a_server_that_hangs_times_out_while_its_answer_is_awaited) {
    const Peer peer(Peer::hang());
    Options options = to(peer.address());
    options.expect = "+PONG";
    expect_failed(run(options, 300ms), ErrorClass::timeout, "answer",
                  "accepts connections and does not answer (timeout in answer)");
}

TEST(Tcp, a_server_that_drips_times_out) {
    const Peer peer(Peer::drip(std::string(10'000, 'x'), 10ms));
    Options options = to(peer.address());
    options.expect = "+PONG";
    expect_failed(run(options, 300ms), ErrorClass::timeout, "answer",
                  "accepts connections and does not answer (timeout in answer)");
}

TEST(Tcp, a_reset_fails) {
    const Peer peer(Peer::reset("+PO"));
    Options options = to(peer.address());
    options.send = "PING\n";
    options.expect = "+PONG";
    expect_failed(run(options), ErrorClass::protocol, "answer", "connection reset");
}

TEST(Tcp, a_name_that_does_not_exist_fails) {
    const Outcome outcome = run(to("nonexistent.invalid:80"), 3000ms);
    // Without a reachable resolver vitals is blind; it never says more than it knows.
    if (outcome.status == Status::unknown) {
        EXPECT_EQ(outcome.error_class, ErrorClass::local);
    } else {
        EXPECT_EQ(outcome.status, Status::failed);
    }
    EXPECT_EQ(outcome.failed_phase, "resolve");
}

// A closed port in the ephemeral range: sooner or later the kernel gives the probe the very port
// that it connects to, and it connects to itself. No attempt may count that as up.
TEST(Tcp, a_connection_to_itself_is_not_up) {
    int low = 32'768;
    int high = 60'999;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> low >> high;
    const auto port = static_cast<std::uint16_t>(low + (high - low) / 2 + 1);
    int tries = 0;
    int up = 0;
    int others = 0;
    const checks::Run many = [&, port](net::Context& context) -> net::awaitable<Outcome> {
        return [](net::Context& inner, std::uint16_t target, int& tries_, int& up_,
                  int& others_) -> net::awaitable<Outcome> {
            net::Endpoint endpoint;
            endpoint.host = "127.0.0.1";
            endpoint.port = target;
            for (tries_ = 0; tries_ < 100'000 && inner.left() > 200ms; ++tries_) {
                try {
                    const auto connection = co_await net::dial(inner, endpoint);
                    ++up_;
                } catch (const CheckError& error) {
                    if (error.error_class != ErrorClass::connect) ++others_;
                }
            }
            co_return ok();
        }(context, port, tries, up, others);
    };
    Runner runner;
    EXPECT_EQ(runner.run(many, 20s).status, Status::ok);
    EXPECT_GE(tries, 3'000);
    EXPECT_EQ(up, 0);
    EXPECT_EQ(others, 0);
}

TEST(Tcp, keeps_no_descriptor) {
    Runner runner;
    const Peer hanging(Peer::hang());
    const Peer resetting(Peer::reset());
    const testing::FullPeer full;
    Options hang = to(hanging.address());
    hang.expect = "x";
    Options reset = to(resetting.address());
    reset.send = "x";
    reset.expect = "x";
    const auto round = [&] {
        EXPECT_EQ(runner.run(kind, hang, 5ms).error_class, ErrorClass::timeout);
        EXPECT_EQ(runner.run(kind, to(full.address()), 5ms).error_class, ErrorClass::timeout);
        EXPECT_EQ(runner.run(kind, reset, 2s).error_class, ErrorClass::protocol);
        EXPECT_EQ(runner.run(kind, to("127.0.0.1:1"), 2s).error_class, ErrorClass::connect);
    };
    testing::expect_no_descriptor_kept(round);
}

TEST(TcpOptions, are_checked) {
    EXPECT_EQ(problem({.url = "tcp://127.0.0.1:80"}), "");
    EXPECT_EQ(problem({.url = "tcp://[::1]:80/"}), "");
    EXPECT_EQ(problem({.url = "unix:/run/x"}), "");
    EXPECT_EQ(problem({.url = "tcp://127.0.0.1"}),
              "url: names no host and port; expected tcp://host:port");
    EXPECT_EQ(problem({.url = "tcp://:80"}),
              "url: names no host and port; expected tcp://host:port");
    EXPECT_EQ(problem({.url = "tcp://h:80/x"}), "url: has a path; expected tcp://host:port");
    EXPECT_EQ(problem({.url = "tcp://u:p@h:80"}), "url: holds a user, which tcp cannot be");
    EXPECT_EQ(problem({.url = "unix:run/x"}), "url: names no path; expected unix:/path/to/socket");
    EXPECT_EQ(problem({.url = "unix://host/run/x"}),
              "url: names no path; expected unix:/path/to/socket");
    EXPECT_EQ(problem({.url = "udp://h:1"}), "url: has the scheme udp; expected tcp or unix");
}

TEST(TcpOptions, come_from_a_url) {
    EXPECT_EQ(testing::url_of<Options>(kind, "tcp://127.0.0.1:5432"), "tcp://127.0.0.1:5432");
    EXPECT_EQ(testing::url_of<Options>(kind, "tcp://127.0.0.1"),
              "names no host and port; expected tcp://host:port");
}

}  // namespace
}  // namespace vitals::checks::tcp
