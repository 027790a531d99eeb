// What is heard, and what is made of it when nothing can be: against peers that misbehave on
// command. Real brokers and real workers are in tests/system/test_worker_events.py.
#include "workers/celery/celery_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>

#include "check_testing.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"
#include "wire/resp.hpp"

namespace vitals::workers::celery {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using vitals::testing::Peer;

std::string event_of(const std::string& type, const std::string& node) {
    return R"({"hostname":")" + node + R"(","timestamp":1420231198.5,"pid":7,"type":"worker-)" +
           type + "\"}";
}

std::string message(const std::string& text) {
    const std::string channel = "/0.celeryev/worker.heartbeat";
    const std::string pattern = "/0.celeryev/worker.*";
    std::string bytes = "*4\r\n$8\r\npmessage\r\n";
    for (const std::string& part : {pattern, channel, text})
        bytes += "$" + std::to_string(part.size()) + "\r\n" + part + "\r\n";
    return bytes;
}

std::string envelope(const std::string& body) {
    std::string quoted;
    for (const char c : body) {
        if (c == '"') quoted += '\\';
        quoted += c;
    }
    return R"({"body":")" + quoted + R"(","content-type":"application/json","properties":{}})";
}

constexpr const char* subscribed =
    "*3\r\n$10\r\npsubscribe\r\n$20\r\n/0.celeryev/worker.*\r\n:1\r\n";

// A Redis that answers each command with what the function says of its words, and lets nobody
// listen to the channel that all events may share.
Peer::Handler redis(std::function<std::string(const std::vector<wire::resp::Value>&)> answer) {
    return [answer](int descriptor) {
        std::string input;
        char bytes[4096];
        bool listens = false;
        for (;;) {
            const auto value = wire::resp::take_value(input);
            if (!value) return;
            if (*value) {
                const auto& words = (*value)->items;
                const bool subscribes = words.at(0).text == "PSUBSCRIBE";
                std::string said;
                if (!subscribes || words.at(1).text.ends_with('*'))
                    said = answer(words);
                else if (listens)
                    said = "-NOPERM this user has no permissions to access the channel\r\n";
                listens = listens || (subscribes && !said.empty());
                if (said == "hang up") return;
                vitals::testing::send_all(descriptor, said);
                continue;
            }
            const auto count = ::recv(descriptor, bytes, sizeof bytes, 0);
            if (count <= 0) return;
            input.append(bytes, static_cast<std::size_t>(count));
        }
    };
}

class CelerySourceTest : public ::testing::Test {
  protected:
    CelerySourceTest() : table(std::make_shared<Table>(real_clock())) {
        table->configure({{.name = "pulp", .timeout = 3s, .listened = true}});
        timing.connect = 600ms;
        timing.ask = 50ms;
        timing.dead = 400ms;
        timing.first_pause = 20ms;
        timing.longest_pause = 100ms;
    }

    void listen(const std::string& url, CeleryOptions options = {}) {
        options.url = url;
        source = std::make_unique<CelerySource>(
            SourceContext{
                environment, real_clock(),
                [this](LogLevel, std::string_view line) { log += std::string(line) + "\n"; }, table,
                "pulp", 3s},
            std::make_shared<const CeleryOptions>(options), timing);
    }

    // Turns the loop until the condition holds; false when it did not in time.
    bool becomes(const std::function<bool()>& condition, std::chrono::milliseconds within = 20s) {
        const auto end = std::chrono::steady_clock::now() + within;
        net::Timer timer(loop);
        bool held = false;
        std::function<void()> look = [&] {
            table->expire();
            held = condition();
            if (held || std::chrono::steady_clock::now() > end) return loop.stop();
            timer.arm(std::chrono::steady_clock::now() + 5ms, look);
        };
        look();
        loop.run();
        return held;
    }
    bool detail_becomes(const std::string& part) {
        return becomes([&] { return detail().find(part) != std::string::npos; });
    }
    bool ok() {
        return becomes([&] { return table->judge("pulp").status == Status::ok; });
    }
    std::string detail() { return table->judge("pulp").detail; }
    std::size_t known() {
        const auto workers = table->groups().at(0)->workers;
        return static_cast<std::size_t>(std::count_if(workers.begin(), workers.end(),
                                                      [](const Worker& w) { return !w.silent; }));
    }

    net::Loop loop;
    net::Environment environment{loop};
    std::shared_ptr<Table> table;
    Timing timing;
    std::string log;
    std::unique_ptr<CelerySource> source;
};

TEST_F(CelerySourceTest, hears_online_heartbeat_and_offline) {
    std::atomic<bool> leave = false;
    const Peer peer(redis([&](const auto& words) -> std::string {
        if (words[0].text == "PSUBSCRIBE") {
            EXPECT_EQ(words[1].text, "/0.celeryev/worker.*");
            return subscribed + message(envelope(event_of("online", "a@h"))) +
                   message(envelope("[" + event_of("heartbeat", "b@h") + ",7," +
                                    event_of("heartbeat", "c@h") + "]"));
        }
        const std::string pong = "*2\r\n$4\r\npong\r\n$0\r\n\r\n";
        return leave ? pong + message(envelope(event_of("offline", "b@h"))) : pong;
    }));
    listen("redis://" + peer.address());
    EXPECT_TRUE(becomes([&] { return known() == 3; }));
    EXPECT_EQ(table->groups()[0]->workers[0].last_heartbeat,
              System(std::chrono::milliseconds(1420231198500)));
    EXPECT_TRUE(ok());
    leave = true;
    EXPECT_TRUE(becomes([&] { return known() == 2; })) << detail();
    EXPECT_TRUE(becomes([&] { return log.find("heartbeats can be heard") != log.npos; }));
}

TEST_F(CelerySourceTest, ignores_garbage_and_tells_of_it_once) {
    const Peer peer(redis([&](const auto& words) -> std::string {
        if (words[0].text != "PSUBSCRIBE") return "*2\r\n$4\r\npong\r\n$0\r\n\r\n";
        return subscribed + message("no envelope") + message(envelope("no event")) +
               message(envelope("[]")) + message(envelope(R"({"type":"worker-heartbeat"})")) +
               message(envelope(event_of("heartbeat", std::string(300, 'x')))) +
               message(envelope(event_of("heartbeat", "a\\\\u0007b"))) +
               message(envelope(R"({"hostname":"t@h","type":"task-sent"})")) +
               message(std::string(100'000, '{')) + message(envelope(event_of("heartbeat", "a@h")));
    }));
    listen("redis://" + peer.address());
    EXPECT_TRUE(becomes([&] { return known() > 0; }));
    EXPECT_EQ(known(), 1u);
    EXPECT_TRUE(ok());
    EXPECT_THAT(log, HasSubstr("ignored 1 message so far; the last one is no envelope of kombu"));
    EXPECT_EQ(log.find("ignored 2"), std::string::npos);
}

TEST_F(CelerySourceTest, logs_in_and_says_what_is_refused) {
    const Peer peer(redis([&](const auto& words) -> std::string {
        if (words[0].text != "AUTH") return "-NOAUTH Authentication required.\r\n";
        return words.size() == 3 && words[1].text == "u" && words[2].text == "p"
                   ? "-WRONGPASS invalid username-password pair\r\n"
                   : "-ERR\r\n";
    }));
    listen("redis://u:p@" + peer.address());
    EXPECT_TRUE(detail_becomes("wrong user or password (auth)")) << detail();
    EXPECT_THAT(log, HasSubstr("workers/pulp: heartbeats cannot be heard: wrong user or password"));
    EXPECT_EQ(log.find(":p@"), std::string::npos);
    const auto lines = std::count(log.begin(), log.end(), '\n');
    becomes([] { return false; }, 500ms);
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), lines) << "the same is said once";
}

TEST_F(CelerySourceTest, dials_again_what_refuses_and_keeps_the_table) {
    std::atomic<int> connections = 0;
    std::atomic<bool> well = true;
    const Peer peer(redis([&](const auto& words) -> std::string {
        if (!well) return "hang up";
        if (words[0].text != "PSUBSCRIBE") return "*2\r\n$4\r\npong\r\n$0\r\n\r\n";
        ++connections;
        return subscribed + message(envelope(event_of("heartbeat", "a@h")));
    }));
    listen("redis://" + peer.address());
    ASSERT_TRUE(ok());
    well = false;
    EXPECT_TRUE(detail_becomes("blind since")) << detail();
    becomes([] { return false; }, 3500ms);  // longer than the timeout
    EXPECT_EQ(known(), 1u) << "nobody is shown dead whom we cannot hear";
    EXPECT_EQ(table->judge("pulp").status, Status::unknown);
    well = true;
    EXPECT_TRUE(ok()) << detail();
    EXPECT_EQ(connections, 2);
}

TEST_F(CelerySourceTest, a_connection_that_hangs_is_given_up) {
    std::atomic<bool> hang = false;
    std::atomic<int> connections = 0;
    const Peer peer(redis([&](const auto& words) -> std::string {
        if (words[0].text == "PSUBSCRIBE") {
            ++connections;
            return hang ? "" : subscribed + message(envelope(event_of("heartbeat", "a@h")));
        }
        return hang ? "" : "*2\r\n$4\r\npong\r\n$0\r\n\r\n";
    }));
    listen("redis://" + peer.address());
    ASSERT_TRUE(ok());
    hang = true;
    EXPECT_TRUE(detail_becomes("no sign of life for 400 ms (listen)")) << detail();
    EXPECT_TRUE(detail_becomes("not ready within 600 ms (subscribe)")) << detail();
    EXPECT_EQ(known(), 1u);
    hang = false;
    EXPECT_TRUE(ok());
}

TEST_F(CelerySourceTest, faults_of_the_stream_end_the_connection) {
    for (const std::string scheme : {"redis://", "amqp://"}) {
        const auto at = [&](Peer::Handler handler, const std::string& expected) {
            const Peer peer(std::move(handler));
            listen(scheme + peer.address());
            EXPECT_TRUE(detail_becomes(expected)) << scheme << " " << detail();
            EXPECT_EQ(table->judge("pulp").status, Status::unknown);
            source.reset();
        };
        at(Peer::say("SSH-2.0-OpenSSH\r\n"),
           scheme == "redis://" ? "not a Redis answer" : "not AMQP");
        at(Peer::hang(), "not ready within 600 ms");
        at(vitals::testing::close_in_order, "closed");
    }
    source.reset();
    listen("redis://127.0.0.1:" + std::to_string(vitals::testing::closed_port()));
    EXPECT_TRUE(detail_becomes("connection refused (connect)")) << detail();
    listen("redis://name.invalid");
    EXPECT_TRUE(detail_becomes("(resolve)")) << detail();
}

}  // namespace
}  // namespace vitals::workers::celery
