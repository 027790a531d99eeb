// The connection, with a real nats-server that is killed and paused.
#include "fleet/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace vitals::fleet {
namespace {

using namespace std::chrono_literals;

template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds time = 10s) {
    const Steady end = std::chrono::steady_clock::now() + time;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(10ms);
    }
    return true;
}

bool listens(int port) {
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool taken = ::connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    return taken;
}

class Server {
  public:
    Server() : port_(21'000 + static_cast<int>(::getpid() % 9'000)) {
        while (listens(port_)) ++port_;
        start();
    }
    ~Server() { stop(); }
    bool there() const { return process_ > 0; }
    void start() {
        const std::string port = std::to_string(port_);
        const char* arguments[] = {"nats-server", "-a", "127.0.0.1", "-p",
                                   port.c_str(),  "-l", "/dev/null", nullptr};
        if (::posix_spawnp(&process_, "nats-server", nullptr, nullptr,
                           const_cast<char**>(arguments), environ) != 0)
            process_ = 0;
        else
            eventually([this] { return listens(port_); });
    }
    void stop() {
        if (process_ <= 0) return;
        tell(SIGCONT);
        tell(SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = 0;
    }
    void tell(int number) const { ::kill(process_, number); }
    std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

  private:
    int port_;
    pid_t process_ = 0;
};

struct LinkToAServer : testing::Test {
    void SetUp() override {
        if (!server.there()) GTEST_SKIP() << "nats-server is not installed";
    }
    Link::Settings settings() const {
        Link::Settings made;
        made.servers = {server.url()};
        made.name = "test";
        return made;
    }
    Server server;
    std::atomic<int> woken{0};
};

TEST_F(LinkToAServer, carries_messages_and_connects_again) {
    Link link(settings(), [this] { ++woken; });
    link.subscribe({"vt.shop.hb.*.*"});
    ASSERT_TRUE(eventually([&] { return link.status().connected; }));
    std::size_t received = 0;
    const auto round = [&] {
        link.send({{"vt.shop.hb.1.web", "x", true}, {"vt.shop.res.1.web.a", "y", false}});
        std::this_thread::sleep_for(20ms);
        for (const auto& each : link.take(100)) {
            EXPECT_EQ(each.subject, "vt.shop.hb.1.web");
            EXPECT_EQ(each.bytes, "x");
            ++received;
        }
        return received > 0;
    };
    EXPECT_TRUE(eventually(round));
    EXPECT_GT(woken, 0);
    server.stop();
    EXPECT_TRUE(eventually([&] { return !link.status().connected; }));
    server.start();
    received = 0;
    EXPECT_TRUE(eventually(round, 20s));
    EXPECT_GE(link.status().reconnects, 1u);
}

TEST_F(LinkToAServer, waits_for_nothing_while_the_server_hangs) {
    Link link(settings(), [this] { ++woken; });
    link.subscribe({"vt.shop.>"});
    ASSERT_TRUE(eventually([&] { return link.status().connected; }));
    server.tell(SIGSTOP);
    Steady::duration longest{};
    const Steady end = std::chrono::steady_clock::now() + 5s;
    const std::string large(100'000, 'x');
    while (std::chrono::steady_clock::now() < end) {
        const Steady begun = std::chrono::steady_clock::now();
        link.send({{"vt.shop.hb.1.web", large, true}, {"vt.shop.drain.shop.web", "y", false}});
        link.take(10);
        link.subscribe({"vt.shop.>"});
        longest = std::max(longest, std::chrono::steady_clock::now() - begun);
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_LT(longest, 50ms);
    EXPECT_FALSE(link.status().connected);
    EXPECT_GT(link.status().dropped, 0u);
    server.tell(SIGCONT);
    EXPECT_TRUE(eventually([&] { return link.status().connected; }, 20s));
    // What may not be dropped arrives.
    std::size_t drains = 0;
    EXPECT_TRUE(eventually([&] {
        for (const auto& each : link.take(100'000)) drains += each.bytes == "y" ? 1 : 0;
        return drains > 100;
    }));
}

TEST_F(LinkToAServer, ends_in_time_whatever_the_server_does) {
    for (const bool hangs : {false, true}) {
        auto link = std::make_unique<Link>(settings(), [this] { ++woken; });
        ASSERT_TRUE(eventually([&] { return link->status().connected; }));
        if (hangs) server.tell(SIGSTOP);
        link->send({{"vt.shop.hb.1.web", "last word", false}});
        const Steady begun = std::chrono::steady_clock::now();
        link.reset();
        EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
        const int before = woken;
        std::this_thread::sleep_for(300ms);
        EXPECT_EQ(woken, before);
    }
}

TEST(Link, reports_problems) {
    Link::Settings settings;
    settings.servers = {"nats://127.0.0.1:1"};
    settings.nkey = "/nowhere/node.nk";
    Link link(settings, [] {});
    EXPECT_TRUE(
        eventually([&] { return link.status().problem == "/nowhere/node.nk cannot be read"; }));
    EXPECT_FALSE(link.status().connected);
}

}  // namespace
}  // namespace vitals::fleet
