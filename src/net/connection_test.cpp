#include "net/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "check_testing.hpp"
#include "net/detail/connect.hpp"
#include "net/net_testing.hpp"
#include "net/readiness.hpp"

namespace vitals::net {
namespace {

using namespace std::chrono_literals;
using vitals::testing::closed_port;
using vitals::testing::open_descriptors;
using vitals::testing::Peer;

awaitable<std::string> say_and_hear(Context& context, Endpoint endpoint, std::string bytes) {
    const auto connection = co_await dial(context, endpoint);
    context.enter("talk");
    co_await connection->write(bytes);
    std::string heard;
    for (;;) {
        char buffer[7];
        const std::size_t got = co_await connection->read_some(buffer);
        if (got == 0) co_return heard;
        heard.append(buffer, got);
    }
}

Work<std::string> talking(Endpoint endpoint, std::string bytes = "hello\r\n\r\n") {
    return [=](Context& context) { return say_and_hear(context, endpoint, bytes); };
}

Endpoint local(std::uint16_t port) {
    return Endpoint{"127.0.0.1", port, {}};
}

// The addresses that a name is said to have.
struct NamesAs : Environment {
    NamesAs(Loop& loop, std::vector<std::string> addresses)
        : Environment(loop), addresses(std::move(addresses)) {}
    std::vector<std::string> addresses;
    awaitable<std::vector<std::string>> resolve(Context&, std::string) override {
        co_return addresses;
    }
};

// A path for a unix socket, gone with the test.
struct SocketPath {
    std::filesystem::path directory =
        std::filesystem::temp_directory_path() / ("vitals-net-" + std::to_string(::getpid()));
    SocketPath() { std::filesystem::create_directories(directory); }
    ~SocketPath() { std::filesystem::remove_all(directory); }
    std::string path() const { return (directory / "socket").string(); }
    sockaddr_un address() const {
        sockaddr_un made{};
        made.sun_family = AF_UNIX;
        path().copy(made.sun_path, sizeof made.sun_path - 1);
        return made;
    }
};

TEST(Endpoint, text_is_what_a_person_would_write) {
    EXPECT_EQ((Endpoint{"db.example", 5432, {}}).text(), "db.example:5432");
    EXPECT_EQ((Endpoint{"::1", 80, {}}).text(), "[::1]:80");
    EXPECT_EQ((Endpoint{"", 0, "/run/x.sock"}).text(), "unix:/run/x.sock");
}

TEST(Dial, sends_and_receives_bytes) {
    Peer peer(Peer::answer("HTTP/1.0 200 OK\r\n\r\nbody"));
    const auto ran = drive<std::string>(talking(local(peer.port())));
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_EQ(*ran.value, "HTTP/1.0 200 OK\r\n\r\nbody");
    ASSERT_EQ(ran.phases.size(), 2u);
    EXPECT_EQ(ran.phases[0].name, "connect");
}

TEST(Dial, a_name_is_resolved_in_its_own_phase) {
    Peer peer(Peer::say("x"));
    const auto ran = drive<std::string>(talking(Endpoint{"localhost", peer.port(), {}}));
    ASSERT_TRUE(ran.value) << ran.detail();
    ASSERT_EQ(ran.phases.size(), 3u);
    EXPECT_EQ(ran.phases[0].name, "resolve");
    EXPECT_EQ(ran.phases[1].name, "connect");
}

TEST(Dial, a_port_without_a_listener_refuses) {
    const auto port = closed_port();
    const auto ran = drive<std::string>(talking(local(port)));
    EXPECT_EQ(ran.detail(), "connection refused");
    EXPECT_EQ(ran.error_class(), ErrorClass::connect);
    EXPECT_EQ(ran.phase, "connect");
    EXPECT_NE(ran.error->error.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

TEST(Dial, next_address_is_tried_when_one_is_dead) {
    Loop loop;
    Peer peer(Peer::say("here"));
    NamesAs environment(loop, {"::1", "127.0.0.2", "127.0.0.1"});
    const auto ran = drive<std::string>(loop, environment, talking({"name", peer.port(), {}}));
    EXPECT_EQ(ran.value, "here");
}

TEST(Dial, when_all_addresses_fail_all_are_reported) {
    Loop loop;
    const auto port = closed_port();
    NamesAs environment(loop, {"127.0.0.1", "127.0.0.2"});
    const auto ran = drive<std::string>(loop, environment, talking({"name", port, {}}));
    EXPECT_EQ(ran.detail(), "connection refused");
    EXPECT_NE(ran.error->error.find("127.0.0.1:"), std::string::npos);
    EXPECT_NE(ran.error->error.find("127.0.0.2:"), std::string::npos);
}

// A listener whose backlog is full: a further connect hangs, as on a host that drops packets.
class FullBacklog {
  public:
    FullBacklog() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (port_ = closed_port();; port_ = closed_port()) {
            address.sin_port = htons(port_);
            if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
                break;
        }
        ::listen(listener_, 0);
        for (int i = 0; i < 3; ++i) {
            const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            ::connect(filler, reinterpret_cast<sockaddr*>(&address), sizeof address);
            fillers_.push_back(filler);
        }
        std::this_thread::sleep_for(20ms);
    }
    ~FullBacklog() {
        for (const int filler : fillers_) ::close(filler);
        ::close(listener_);
    }
    FullBacklog(const FullBacklog&) = delete;
    FullBacklog& operator=(const FullBacklog&) = delete;
    std::uint16_t port() const { return port_; }

  private:
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::vector<int> fillers_;
};

TEST(Dial, a_connect_that_hangs_ends_with_the_run) {
    FullBacklog nobody;
    const auto ran = drive<std::string>(talking(local(nobody.port())), 100ms);
    EXPECT_TRUE(ran.cancelled);
    EXPECT_EQ(ran.phase, "connect");
    EXPECT_LT(ran.took, 200ms);
}

TEST(Dial, a_dead_first_address_leaves_the_others_their_share) {
    Loop loop;
    FullBacklog dead;  // on 127.0.0.1 only
    const int alive = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(dead.port());
    ASSERT_EQ(::inet_pton(AF_INET, "127.0.0.3", &address.sin_addr), 1);
    ASSERT_EQ(::bind(alive, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(alive, 4), 0);
    std::jthread server([alive] {
        const int accepted = ::accept(alive, nullptr, nullptr);
        (void)::send(accepted, "alive", 5, MSG_NOSIGNAL);
        ::close(accepted);
    });
    NamesAs environment(loop, {"127.0.0.1", "127.0.0.3"});
    const auto ran =
        drive<std::string>(loop, environment, talking({"name", dead.port(), {}}, ""), 1s);
    EXPECT_EQ(ran.value, "alive") << ran.detail();
    EXPECT_GE(ran.took, 400ms);
    EXPECT_LT(ran.took, 900ms);
    ::shutdown(alive, SHUT_RDWR);
    server.join();
    ::close(alive);
}

// A socket that is bound to a port and connects to it, meets itself.
int connect_to_itself(int family) {
    const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage address{};
    socklen_t size = sizeof(sockaddr_in);
    if (family == AF_INET6) {
        auto& six = reinterpret_cast<sockaddr_in6&>(address);
        six.sin6_family = AF_INET6;
        six.sin6_addr = in6addr_loopback;
        six.sin6_port = htons(closed_port());
        size = sizeof six;
    } else {
        auto& four = reinterpret_cast<sockaddr_in&>(address);
        four.sin_family = AF_INET;
        four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        four.sin_port = htons(closed_port());
    }
    if (::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0)
        return descriptor;
    ::close(descriptor);
    return -1;
}

TEST(Dial, knows_a_socket_that_is_connected_to_itself) {
    const int itself = connect_to_itself(AF_INET);
    ASSERT_GE(itself, 0);
    EXPECT_EQ(::send(itself, "x", 1, 0), 1);  // and looks like a server that echoes
    EXPECT_TRUE(connected_to_itself(itself));
    ::close(itself);
    if (const int six = connect_to_itself(AF_INET6); six >= 0) {
        EXPECT_TRUE(connected_to_itself(six));
        ::close(six);
    }
}

TEST(Dial, other_connections_do_not_count_as_connected_to_themselves) {
    Peer peer(Peer::hang());
    const auto ran = drive<std::string>(talking(local(peer.port())), 50ms);
    EXPECT_TRUE(ran.cancelled);
    EXPECT_EQ(ran.phase, "talk");
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    EXPECT_FALSE(connected_to_itself(ends[0]));
    ::close(ends[0]);
    ::close(ends[1]);
}

awaitable<int> count_connects(Context& context, Endpoint endpoint, int times, int until_in_a_row) {
    int connected = 0;
    for (int i = 0; i < times && connected < until_in_a_row; ++i) {
        try {
            co_await dial(context, endpoint);
            ++connected;
        } catch (const CheckError& error) {
            if (error.detail != "connection refused") throw;
        }
    }
    co_return connected;
}

// connect(2) hands out local ports of the range's first parity; within a sweep over all of them a
// try meets itself. It may not look like a server.
TEST(Dial, a_sweep_over_the_ephemeral_ports_finds_no_server_where_none_is) {
    std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
    int first = 0;
    int last = 0;
    range >> first >> last;
    ASSERT_GT(last, first);
    const int tries = last - first + 1;
    const Endpoint nobody = local(static_cast<std::uint16_t>(first + (last - first) / 4 * 2));
    const Work<int> work = [=](Context& context) {
        return count_connects(context, nobody, tries, 1);
    };
    const auto ran = drive<int>(work, 60s);
    EXPECT_EQ(ran.value, 0) << ran.detail();
}

TEST(Dial, without_descriptors_the_result_is_blindness) {
    Peer peer(Peer::say("x"));
    Loop loop;
    Environment environment(loop);
    EXPECT_TRUE(drive<std::string>(loop, environment, talking(local(peer.port()))).value);
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const int lowest = ::dup(0);
    ::close(lowest);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(lowest);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
    const auto ran = drive<std::string>(loop, environment, talking(local(peer.port())));
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(ran.detail(), "no descriptors left");
    EXPECT_EQ(ran.error_class(), ErrorClass::local);
}

TEST(Dial, a_reset_is_reported_as_such) {
    Peer peer(Peer::reset("some"));
    const auto ran = drive<std::string>(talking(local(peer.port())));
    EXPECT_EQ(ran.detail(), "connection reset");
    EXPECT_EQ(ran.error_class(), ErrorClass::protocol);
}

TEST(Dial, writing_to_a_peer_that_left_is_an_error_and_no_signal) {
    Peer peer(Peer::reset());
    auto write_on = [](Context& context, Endpoint endpoint) -> awaitable<int> {
        const auto connection = co_await dial(context, endpoint);
        const std::string much(1 << 20, 'x');
        for (int i = 0; i < 100; ++i) co_await connection->write(much);
        co_return 0;
    };
    const Endpoint endpoint = local(peer.port());
    const auto ran = drive<int>([=](Context& context) { return write_on(context, endpoint); });
    EXPECT_EQ(ran.detail(), "connection reset");
}

TEST(Dial, a_peer_that_takes_nothing_ends_with_the_run) {
    Peer peer([](int) { std::this_thread::sleep_for(300ms); });
    auto write_on = [](Context& context, Endpoint endpoint) -> awaitable<int> {
        const auto connection = co_await dial(context, endpoint);
        context.enter("send");
        const std::string much(1 << 20, 'x');
        for (;;) co_await connection->write(much);
    };
    const Endpoint endpoint = local(peer.port());
    const auto ran =
        drive<int>([=](Context& context) { return write_on(context, endpoint); }, 100ms);
    EXPECT_TRUE(ran.cancelled);
    EXPECT_EQ(ran.phase, "send");
    EXPECT_LT(ran.took, 200ms);
}

// Whether a connection can be used again, at three moments: bytes that nobody asked for would be
// taken for the next answer.
TEST(Dial, a_connection_knows_whether_it_is_quiet) {
    Peer peer([](int descriptor) {
        while (!testing::read_until(descriptor, ".").empty()) testing::send_all(descriptor, "ab");
    });
    auto look = [](Context& context, Endpoint endpoint) -> awaitable<std::string> {
        const auto connection = co_await dial(context, endpoint);
        std::string seen = connection->quiet() ? "quiet " : "loud ";
        co_await connection->write(".");
        char byte[1];
        co_await connection->read_some(byte);
        seen += connection->quiet() ? "quiet " : "loud ";
        co_await connection->read_some(byte);
        seen += connection->quiet() ? "quiet" : "loud";
        co_return seen;
    };
    const Endpoint endpoint = local(peer.port());
    const auto ran = drive<std::string>([=](Context& context) { return look(context, endpoint); });
    EXPECT_EQ(ran.value, "quiet loud quiet");
}

TEST(Dial, a_connection_that_ended_is_not_quiet) {
    Peer peer([](int) {});
    auto look = [](Context& context, Endpoint endpoint) -> awaitable<std::string> {
        const auto connection = co_await dial(context, endpoint);
        const bool told = co_await connection->readable(std::chrono::steady_clock::now() + 5s);
        const bool quiet = connection->quiet();
        co_return !told ? "nothing came" : quiet ? "quiet" : "ended";
    };
    const Endpoint endpoint = local(peer.port());
    const auto ran = drive<std::string>([=](Context& context) { return look(context, endpoint); });
    EXPECT_EQ(ran.value, "ended");
}

TEST(Dial, an_answer_can_be_given_less_time_than_the_run) {
    Peer peer(Peer::hang());
    auto ask = [](Context& context, Endpoint endpoint) -> awaitable<std::string> {
        const auto connection = co_await dial(context, endpoint);
        connection->answer_by(std::chrono::steady_clock::now() + 50ms);
        char byte[1];
        std::string seen = "came";
        try {
            co_await connection->read_some(byte);
        } catch (const CheckError& error) {
            seen = error.detail;
        }
        co_return seen + (connection->quiet() ? " quiet" : " broken");
    };
    const Endpoint endpoint = local(peer.port());
    const auto ran = drive<std::string>([=](Context& context) { return ask(context, endpoint); });
    EXPECT_EQ(ran.value, "no answer broken");
    EXPECT_FALSE(ran.cancelled);
}

// Of all descriptors but the standard ones, those that a started program would inherit.
std::set<int> inherited() {
    std::set<int> found;
    for (int descriptor = 3; descriptor < 1024; ++descriptor) {
        const int flags = ::fcntl(descriptor, F_GETFD);
        if (flags >= 0 && (flags & FD_CLOEXEC) == 0) found.insert(descriptor);
    }
    return found;
}

TEST(Dial, programs_that_are_started_inherit_no_connection) {
    const std::set<int> before = inherited();
    Peer peer(Peer::say("x"));
    auto look = [](Context& context, Endpoint endpoint) -> awaitable<std::set<int>> {
        const auto connection = co_await dial(context, endpoint);
        co_return inherited();
    };
    const Endpoint endpoint = local(peer.port());
    const auto ran =
        drive<std::set<int>>([=](Context& context) { return look(context, endpoint); });
    EXPECT_EQ(ran.value, before);
}

TEST(DialUnix, sends_and_receives_bytes) {
    const SocketPath at;
    const sockaddr_un address = at.address();
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    std::jthread server([listener] {
        const int accepted = ::accept(listener, nullptr, nullptr);
        (void)::send(accepted, "unix", 4, MSG_NOSIGNAL);
        ::close(accepted);
    });
    const auto ran = drive<std::string>(talking({"", 0, at.path()}, ""));
    EXPECT_EQ(ran.value, "unix") << ran.detail();
    server.join();
    ::close(listener);
}

TEST(DialUnix, each_failure_has_its_name) {
    const SocketPath at;
    EXPECT_EQ(drive<std::string>(talking({"", 0, at.path()})).detail(), "socket does not exist");
    const sockaddr_un address = at.address();
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const auto refused = drive<std::string>(talking({"", 0, at.path()}));
    EXPECT_EQ(refused.detail(), "connection refused");  // bound, not listening
    EXPECT_EQ(refused.error_class(), ErrorClass::connect);
    ::close(listener);
    const auto left_over = drive<std::string>(talking({"", 0, at.path()}));
    EXPECT_EQ(left_over.detail(), "connection refused");  // the file of a server that died
    const auto too_long = drive<std::string>(talking({"", 0, std::string(200, 'x')}));
    EXPECT_EQ(too_long.detail(), "socket path too long");
    EXPECT_EQ(too_long.error_class(), ErrorClass::local);
}

// connect(2) gives EAGAIN then, and a socket that was polled all the same looks connected.
TEST(DialUnix, a_full_backlog_is_a_server_that_hangs) {
    const SocketPath at;
    const sockaddr_un address = at.address();
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener, 0), 0);
    const int filler = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(filler, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const auto ran = drive<std::string>(talking({"", 0, at.path()}), 100ms);
    EXPECT_TRUE(ran.cancelled);
    EXPECT_EQ(ran.phase, "connect");
    // When it accepts again, the one who waits gets in.
    std::jthread server([listener] {
        std::this_thread::sleep_for(50ms);
        for (int i = 0; i < 2; ++i) {
            const int accepted = ::accept(listener, nullptr, nullptr);
            (void)::send(accepted, "late", 4, MSG_NOSIGNAL);
            ::close(accepted);
        }
    });
    EXPECT_EQ(drive<std::string>(talking({"", 0, at.path()}, "")).value, "late");
    server.join();
    ::close(filler);
    ::close(listener);
}

TEST(Dial, a_thousand_cancelled_ones_leave_no_descriptor_behind) {
    Peer peer(Peer::hang());
    FullBacklog nobody;
    Loop loop;
    Environment environment(loop);
    const Work<std::string> works[] = {talking(local(peer.port())), talking(local(nobody.port()))};
    for (const auto& work : works) drive<std::string>(loop, environment, work, 1ms);
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 1000; ++i)
        drive<std::string>(loop, environment, works[i % 2], milliseconds(i % 3));
    drive<int>(loop, environment, [](Context& context) -> awaitable<int> {
        co_await context.sleep(50ms);
        co_return 1;
    });
    // The peer's own side of the last one may still be open.
    EXPECT_LE(open_descriptors(), before + 1);
}

TEST(Readiness, waits_for_a_borrowed_descriptor_and_leaves_it_open) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    auto wait = [](Context& context, int reads, int writes) -> awaitable<int> {
        co_await wait_writable(context, writes);
        co_await context.sleep(10ms);
        (void)::write(writes, "x", 1);
        co_await wait_readable(context, reads);
        co_await wait_readable(context, reads);  // still there, still readable
        co_return 1;
    };
    const auto ran = drive<int>([&](Context& context) { return wait(context, ends[0], ends[1]); });
    EXPECT_EQ(ran.value, 1) << ran.detail();
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    auto hang = [](Context& context, int reads) -> awaitable<int> {
        co_await wait_readable(context, reads);
        co_return 1;
    };
    const auto hung = drive<int>([&](Context& context) { return hang(context, ends[0]); }, 50ms);
    EXPECT_TRUE(hung.cancelled);
    EXPECT_LT(hung.took, 150ms);
    EXPECT_EQ(::write(ends[1], "y", 1), 1);
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    ::close(ends[0]);
    ::close(ends[1]);
}

}  // namespace
}  // namespace vitals::net
