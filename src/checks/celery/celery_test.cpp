#include "celery.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "check_testing.hpp"
#include "tally.hpp"
#include "wire/resp.hpp"

namespace vitals::checks::celery {
namespace {

using namespace std::chrono_literals;
using testing::Peer;
using testing::Runner;
using wire::celery::Reply;

// Runs under a deadline that must be kept to 100 ms.
Outcome run(Options options, std::chrono::milliseconds timeout = 500ms) {
    Runner runner;
    Outcome outcome = runner.run(kind, std::move(options), timeout);
    EXPECT_LE(runner.elapsed(), timeout + 100ms);
    EXPECT_TRUE(runner.finished());
    return outcome;
}

void expect_failed(const Outcome& outcome, ErrorClass error_class, const std::string& phase,
                   const std::string& detail) {
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, error_class) << to_string(outcome.error_class);
    EXPECT_EQ(outcome.failed_phase, phase);
    EXPECT_EQ(outcome.detail, detail);
}

// A Redis that answers each command with what the function says of its first word; an empty answer
// is none.
Peer::Handler redis(std::function<std::string(const std::string&)> answer) {
    return [answer](int descriptor) {
        std::string input;
        char bytes[4096];
        for (;;) {
            const auto value = wire::resp::take_value(input);
            if (!value) return;
            if (*value) {
                testing::send_all(descriptor, answer((*value)->items.at(0).text));
                continue;
            }
            const auto count = ::recv(descriptor, bytes, sizeof bytes, 0);
            if (count <= 0) return;
            input.append(bytes, static_cast<std::size_t>(count));
        }
    };
}

std::string usual(const std::string& command) {
    if (command == "PING") return "+PONG\r\n";
    if (command == "SADD" || command == "SREM") return ":1\r\n";
    if (command == "DEL") return ":0\r\n";
    if (command == "PUBLISH") return ":2\r\n";
    if (command == "RPOP") return "$-1\r\n";
    return "+OK\r\n";
}

TEST(Celery, nobody_subscribed_is_told_at_once) {
    const Peer peer(redis([](const std::string& command) {
        return command == "PUBLISH" ? ":0\r\n" : usual(command);
    }));
    expect_failed(run({.url = "redis://" + peer.address()}, 5s), ErrorClass::assertion, "workers",
                  "there are no workers");
}

TEST(Celery, silent_workers_time_out_and_the_inbox_is_removed) {
    auto commands = std::make_shared<std::vector<std::string>>();
    {
        const Peer peer(redis([commands](const std::string& command) {
            commands->push_back(command);
            return usual(command);
        }));
        expect_failed(run({.url = "redis://" + peer.address()}), ErrorClass::timeout, "workers",
                      "no worker answered");
    }
    ASSERT_GE(commands->size(), 2u);
    EXPECT_EQ(commands->at(commands->size() - 2), "SREM");
    EXPECT_EQ(commands->back(), "DEL");
}

TEST(Celery, the_run_after_one_that_was_cut_tidies_up) {
    auto removed = std::make_shared<std::atomic<int>>(0);
    auto hang = std::make_shared<std::atomic<bool>>(true);
    const Peer peer(redis([=](const std::string& command) {
        if (command == "PUBLISH" && *hang) return std::string();
        if (command == "SREM") ++*removed;
        return command == "PUBLISH" ? std::string(":0\r\n") : usual(command);
    }));
    Runner runner;
    const Options options{.url = "redis://" + peer.address()};
    const auto bound = kind.bind(std::make_shared<Options>(options));
    EXPECT_EQ(runner.run(bound, 200ms).error_class, ErrorClass::timeout);
    EXPECT_EQ(*removed, 0);
    *hang = false;
    EXPECT_EQ(runner.run(bound, 2s).detail, "there are no workers");
    EXPECT_EQ(*removed, 2);  // the one before, and its own
}

TEST(Celery, faults_of_the_stream) {
    for (const std::string scheme : {"redis://", "amqp://"}) {
        const std::string phase = scheme == "redis://" ? "auth" : "greeting";
        const auto at = [&](Peer::Handler handler, ErrorClass error_class,
                            const std::string& detail) {
            const Peer peer(std::move(handler));
            const Outcome outcome = run({.url = scheme + peer.address()});
            expect_failed(outcome, error_class, phase, detail.empty() ? outcome.detail : detail);
        };
        at(Peer::hang(), ErrorClass::timeout, "timeout in " + phase);
        at(Peer::reset(), ErrorClass::protocol, "connection reset");
        at(Peer::drip(std::string(1000, '+'), 10ms),
           scheme == "redis://" ? ErrorClass::timeout : ErrorClass::protocol, "");
        at(Peer::say(""), ErrorClass::protocol, "closed without an answer");
        at(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"), ErrorClass::protocol, "");
        at(Peer::say("$99999999\r\n" + std::string(300'000, 'x')), ErrorClass::protocol, "");
        expect_failed(run({.url = scheme + "127.0.0.1:" + std::to_string(testing::closed_port())}),
                      ErrorClass::connect, "connect", "connection refused");
    }
}

TEST(Celery, refusals_of_redis) {
    const auto refusing = [](const std::string& refused, const std::string& text) {
        return redis([=](const std::string& command) {
            return command == refused ? "-" + text + "\r\n" : usual(command);
        });
    };
    const Peer password(refusing("AUTH", "WRONGPASS invalid username-password pair"));
    expect_failed(run({.url = "redis://:x@" + password.address()}), ErrorClass::auth, "auth",
                  "user or password refused");
    const Peer read_only(refusing("SADD", "READONLY You can't write against a read only replica."));
    expect_failed(run({.url = "redis://" + read_only.address()}), ErrorClass::assertion, "inbox",
                  "Redis refused (\"READONLY\")");
}

TEST(CeleryTally, ends_as_soon_as_nothing_can_change) {
    Options options{.destination = {"a@h", "b@h"}};
    Tally both(options);
    both.take(Reply{.node = "a@h", .pong = true});
    both.take(Reply{.node = "c@h", .pong = true});  // not asked
    EXPECT_FALSE(both.done());
    EXPECT_EQ(both.outcome().detail, "no answer of b@h");
    both.take(Reply{.node = "b@h", .pong = true});
    EXPECT_TRUE(both.done());
    EXPECT_EQ(both.outcome().detail, "2 workers answered");

    options = {.workers = "1"};
    Tally exact(options);
    exact.take(Reply{.node = "a@h", .pong = true});
    EXPECT_FALSE(exact.done());  // a second one may come
    exact.take(Reply{.node = "b@h", .pong = true});
    EXPECT_EQ(exact.outcome().detail, "2 workers, expected 1");

    options = {.part = "queue", .queue = "q"};
    Tally queue(options);
    queue.asked(2);
    queue.take(Reply{.node = "a@h", .queues = {"x"}});
    EXPECT_FALSE(queue.done());
    queue.take(Reply{.node = "b@h", .queues = {"y"}});
    EXPECT_TRUE(queue.done());
    EXPECT_EQ(queue.outcome().detail, "no worker consumes queue q");
}

TEST(CeleryTally, a_worker_that_says_goodbye_is_gone) {
    const Options options{.part = "heartbeat"};
    Tally tally(options);
    tally.take(wire::celery::WorkerEvent{"a@h", "worker-heartbeat"});
    EXPECT_TRUE(tally.done());
    tally.take(wire::celery::WorkerEvent{"a@h", "worker-offline"});
    EXPECT_FALSE(tally.done());
    EXPECT_EQ(tally.outcome().detail, "no heartbeat of a worker");
}

TEST(CeleryOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "amqp://127.0.0.1"}), "");
    EXPECT_EQ(problem({.url = "rediss://h:6379/3"}), "");
    EXPECT_NE(problem({.url = "http://h"}), "");
    EXPECT_NE(problem({.url = "redis://h/x"}), "");
    EXPECT_EQ(problem({.url = "redis://h", .part = "queue"}), "part queue needs a queue");
    EXPECT_EQ(problem({.url = "redis://h", .fanout_prefix = "/shop."}), "");
    EXPECT_EQ(problem({.url = "redis://h", .fanout_prefix = "false"}), "");
    for (const char* deadly : {"", "shop.", "/shop", "/shop.{db}."})
        EXPECT_NE(problem({.url = "redis://h", .fanout_prefix = deadly}), "") << deadly;
    EXPECT_EQ(problem({.url = "redis://h", .queue = "q"}), "queue needs part: queue");
    EXPECT_NE(problem({.url = "redis://h", .destination = {"w"}}), "");
    EXPECT_NE(problem({.url = "redis://h", .destination = {"w@h", "w@h"}}), "");
    EXPECT_EQ(problem({.url = "redis://h", .workers = "0..3"}),
              "workers: must ask for at least one worker");
}

}  // namespace
}  // namespace vitals::checks::celery
