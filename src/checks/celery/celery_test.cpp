#include "celery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "tally.hpp"
#include "wire/resp.hpp"

namespace vitals::checks::celery {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;
using wire::celery::Reply;

Outcome run(Options options, std::chrono::milliseconds timeout = 500ms) {
    return testing::run_in_time(kind, std::move(options), timeout);
}

using Words = std::vector<std::string>;

// A Redis that answers each command with what the function says of its words; an empty answer is
// none, "hang up" ends the connection.
Peer::Handler redis(std::function<std::string(const Words&)> answer) {
    return [answer](int descriptor) {
        std::string input;
        char bytes[4096];
        for (;;) {
            const auto value = wire::resp::take_value(input);
            if (!value) return;
            if (*value) {
                Words words;
                for (const auto& item : (*value)->items) words.push_back(item.text);
                const std::string said = answer(words);
                if (said == "hang up") return;
                testing::send_all(descriptor, said);
                continue;
            }
            const auto count = ::recv(descriptor, bytes, sizeof bytes, 0);
            if (count <= 0) return;
            input.append(bytes, static_cast<std::size_t>(count));
        }
    };
}

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string usual(const Words& words) {
    const std::string& command = words.at(0);
    if (command == "PING") return "+PONG\r\n";
    if (command == "SADD" || command == "SREM" || command == "EXPIRE") return ":1\r\n";
    if (command == "DEL") return ":0\r\n";
    if (command == "PUBLISH") return ":2\r\n";
    if (command == "LINDEX") return words.at(2) == "-1" ? bulk("vitals") : "$-1\r\n";
    if (command == "EXEC") return "*1\r\n:1\r\n";
    return "+OK\r\n";
}

// As a worker's reply stands in the inbox.
std::string reply(const std::string& ticket, const std::string& body) {
    std::string quoted;
    for (const char c : body) quoted += c == '"' ? "\\\"" : std::string(1, c);
    return R"({"body":")" + quoted +
           R"(","content-type":"application/json","headers":{"ticket":")" + ticket +
           R"("},"properties":{}})";
}

std::string ticket_of(const Words& publish) {
    const std::string& text = publish.at(2);
    const std::string before = R"("delivery_tag":")";
    const std::size_t begin = text.find(before) + before.size();
    return text.substr(begin, text.find('"', begin) - begin);
}

// A Redis whose workers answer each question with these bodies.
struct Answering {
    explicit Answering(Words said, std::string told_ticket = {})
        : bodies(std::move(said)), wrong_ticket(std::move(told_ticket)) {}

    std::string operator()(const Words& words) {
        commands.push_back(words);
        if (words[0] == "PUBLISH") {
            ticket = wrong_ticket.empty() ? ticket_of(words) : wrong_ticket;
            return ":" + std::to_string(bodies.size()) + "\r\n";
        }
        const auto index = words[0] == "LINDEX" ? std::stoul(words[2].substr(1)) : 0;
        if (index >= 2 && index < bodies.size() + 2) return bulk(reply(ticket, bodies[index - 2]));
        return usual(words);
    }

    Words bodies;
    std::string wrong_ticket;
    std::string ticket;
    std::vector<Words> commands;
};

Outcome ask(const std::shared_ptr<Answering>& server, Options options,
            std::chrono::milliseconds timeout = 5s) {
    const Peer peer(redis([server](const Words& words) { return (*server)(words); }));
    options.url = "redis://" + peer.address();
    return run(std::move(options), timeout);
}

const std::string pong_of_a = R"({"a@h":{"ok":"pong"}})";

TEST(Celery, without_subscribers_it_fails_at_once) {
    const auto server = std::make_shared<Answering>(Words{});
    expect_failed(ask(server, {}), ErrorClass::assertion, "workers", "there are no workers");
    EXPECT_EQ(server->commands.back()[0], "DEL") << "and nobody will fill the inbox";
}

TEST(Celery, what_a_late_worker_leaves_expires) {
    const auto server = std::make_shared<Answering>(Words{}, "another");
    const auto silent = [server](const Words& words) {
        const std::string said = (*server)(words);
        return words[0] == "PUBLISH" ? ":1\r\n" : said;
    };
    {
        const Peer peer(redis(silent));
        expect_failed(run({.url = "redis://" + peer.address()}), ErrorClass::timeout, "workers",
                      "no worker answered");
    }
    Words order;
    for (const Words& words : server->commands)
        if (words[0] != "LINDEX") order.push_back(words[0]);
    EXPECT_EQ(order, (Words{"PING", "SELECT", "MULTI", "SADD", "EXPIRE", "DEL", "RPUSH", "EXPIRE",
                            "EXEC", "PUBLISH", "SREM", "EXPIRE"}));
    const Words& bound = server->commands[3];
    EXPECT_THAT(bound[1], ::testing::MatchesRegex("_kombu.binding.reply.vitals.[0-5].pidbox"));
    EXPECT_EQ(server->commands[4][1], bound[1]);
    const Words& inbox = server->commands[7];
    EXPECT_TRUE(inbox[1].ends_with(".reply.vitals.pidbox"));
    EXPECT_GE(std::stoi(inbox[2]), std::stoi(server->commands[4][2]) + 1800);
    EXPECT_EQ(server->commands.back(), inbox) << "the list outlives the run";
}

TEST(Celery, nothing_stays_where_everybody_has_answered) {
    const auto server = std::make_shared<Answering>(Words{pong_of_a, R"({"b@h":{"ok":"pong"}})"});
    EXPECT_EQ(ask(server, {.workers = "2"}).detail, "2 workers answered");
    EXPECT_EQ(server->commands.back()[0], "DEL");
    server->commands.clear();
    EXPECT_EQ(ask(server, {}).detail, "1 worker answered");
    EXPECT_EQ(server->commands.back()[0], "EXPIRE") << "one may still be on its way";
}

TEST(Celery, replies_to_runs_before_do_not_count) {
    const auto server = std::make_shared<Answering>(Words{pong_of_a}, "of-before");
    expect_failed(ask(server, {}, 500ms), ErrorClass::timeout, "workers", "no worker answered");
}

TEST(Celery, a_worker_may_consume_many_queues) {
    std::string queues;
    for (int i = 0; i < 3000; ++i)
        queues += (queues.empty() ? "" : ",") + (R"({"name":"a_queue_)" + std::to_string(i)) +
                  R"(","exchange":{"durable":true}})";
    const auto server = std::make_shared<Answering>(Words{R"({"a@h":[)" + queues + "]}"});
    EXPECT_EQ(ask(server, {.part = "queue", .queue = "a_queue_2999"}).detail,
              "1 worker consumes the queue");
}

TEST(Celery, a_reply_in_another_form_spoils_none_that_can_be_read) {
    const auto both = std::make_shared<Answering>(Words{"pickled", pong_of_a});
    EXPECT_EQ(ask(both, {}).status, Status::ok);
    const auto alone = std::make_shared<Answering>(Words{"pickled"});
    expect_failed(ask(alone, {}), ErrorClass::protocol, "workers",
                  "1 worker answered, but not in JSON");
    expect_failed(ask(alone, {.destination = {"a@h"}}, 500ms), ErrorClass::protocol, "workers",
                  "no answer of a@h; 1 worker answered, but not in JSON");
}

TEST(Celery, a_connection_that_is_kept_serves_the_next_run) {
    const auto server = std::make_shared<Answering>(Words{pong_of_a});
    const auto hang_up = std::make_shared<std::atomic<bool>>(false);
    const auto peer = std::make_unique<Peer>(redis([=](const Words& words) {
        if (words[0] == "MULTI" && hang_up->exchange(false)) return std::string("hang up");
        return (*server)(words);
    }));
    const Options options{.url = "redis://" + peer->address()};
    const auto bound = kind.bind(AnyOptions(std::make_shared<Options>(options)));
    Runner runner;
    runner.keep_connections();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(runner.run(bound, 5s).status, Status::ok);
    EXPECT_EQ(peer->accepted(), 1);
    *hang_up = true;
    EXPECT_EQ(runner.run(bound, 5s).status, Status::ok) << "tried again on a new one";
    EXPECT_EQ(peer->accepted(), 2);
    server->bodies.clear();
    EXPECT_EQ(runner.run(bound, 5s).detail, "there are no workers");
    EXPECT_EQ(peer->accepted(), 3) << "only an ok is believed of a kept one";
}

TEST(Celery, faults_of_the_stream_have_a_class_and_a_phase) {
    for (const std::string scheme : {"redis://", "amqp://"}) {
        const std::string phase = scheme == "redis://" ? "auth" : "greeting";
        const auto at = [&](Peer::Handler handler, ErrorClass error_class,
                            const std::string& detail) {
            const Peer peer(std::move(handler));
            const Outcome outcome = run({.url = scheme + peer.address()});
            expect_failed(outcome, error_class, phase, detail.empty() ? outcome.detail : detail);
        };
        at(Peer::hang(), ErrorClass::timeout,
           "accepts connections and does not answer (timeout in " + phase + ")");
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

TEST(Celery, refusals_of_redis_are_reported) {
    const auto refusing = [](const std::string& refused, const std::string& text) {
        return redis([=](const Words& words) {
            return words[0] == refused ? "-" + text + "\r\n" : usual(words);
        });
    };
    const Peer password(refusing("AUTH", "WRONGPASS invalid username-password pair"));
    expect_failed(run({.url = "redis://:x@" + password.address()}), ErrorClass::auth, "auth",
                  "wrong user or password");
    const Peer read_only(refusing("SADD", "READONLY You can't write against a read only replica."));
    expect_failed(run({.url = "redis://" + read_only.address()}), ErrorClass::assertion, "inbox",
                  "refuses writes: read-only replica");
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
