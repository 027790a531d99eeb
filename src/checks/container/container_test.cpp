#include "container.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "expect_failed.hpp"
#include "http_peer.hpp"
#include "judge.hpp"
#include "model/clock.hpp"

namespace vitals::checks::container {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

const System now = *parse_rfc3339("2026-11-30T12:00:00Z");

// A container in the form of both engines; `state` and `more` are further members.
std::string told(const std::string& state, const std::string& more = {}) {
    return R"({"Id":"e131","Name":"/shop","State":{)" + state + R"(,"Error":""},"RestartCount":)" +
           (more.empty() ? "0" : more) + "}";
}

const std::string running =
    R"("Status":"running","Running":true,"Paused":false,"Restarting":false,"Dead":false,)"
    R"("OOMKilled":false,"Pid":7,"ExitCode":0,"StartedAt":"2026-11-30T11:00:00.123456789Z")";

std::string stopped(const std::string& status, const std::string& more = {}) {
    return R"("Status":")" + status + R"(","Running":false,"Pid":0,"ExitCode":137,)" + more +
           R"("StartedAt":"2026-11-30T11:00:00Z")";
}

Outcome verdict(const std::string& answer, const Options& options = {.name = "shop"}) {
    const auto state = state_of(boost::json::parse(answer));
    if (!state) return unknown("no state");
    Restarts restarts;
    restarts.note(state->restarts, state->started, now);
    return judge(options, *state, restarts, now);
}

std::string health(const std::string& status, const std::string& end = "2026-11-30T11:59:50Z") {
    return running + R"(,"Health":{"Status":")" + status +
           R"(","FailingStreak":2,"Log":[{"End":")" + end + R"(","Output":"geheim"}]})";
}

void expect(const Outcome& outcome, Status status, std::string_view detail) {
    EXPECT_EQ(outcome.status, status) << outcome.detail;
    EXPECT_EQ(outcome.detail, detail);
    EXPECT_FALSE(outcome.error.contains("geheim")) << "an application's own text";
}

TEST(ContainerVerdict, needs_more_than_running) {
    expect(verdict(told(running)), Status::ok, "running");
    const auto but = [](const std::string& old, const std::string& with) {
        std::string state = running;
        state.replace(state.find(old), old.size(), with);
        return told(state);
    };
    expect(verdict(but(R"("Paused":false)", R"("Paused":true)")), Status::failed, "paused");
    expect(verdict(but(R"("Restarting":false)", R"("Restarting":true)")), Status::failed,
           "died, waits to be restarted: exited with code 0");
    expect(verdict(but(R"("Dead":false)", R"("Dead":true)")), Status::failed, "dead");
    expect(verdict(but(R"("Pid":7)", R"("Pid":0)")), Status::failed, "has no process");
}

TEST(ContainerVerdict, says_how_it_ended) {
    expect(verdict(told(stopped("exited"))), Status::failed, "exited with code 137");
    expect(verdict(told(stopped("exited", R"("OOMKilled":true,)"))), Status::failed,
           "exited with code 137, out of memory");
    expect(verdict(told(stopped("removing"))), Status::failed, "is being removed");
    expect(
        verdict(told(R"("Status":"created","Running":false,"StartedAt":"0001-01-01T00:00:00Z")")),
        Status::failed, "never started");
}

TEST(ContainerVerdict, a_stopped_one_is_not_healthy_whatever_podman_says) {
    expect(verdict(told(stopped("exited", R"("Health":{"Status":"healthy"},)"))), Status::failed,
           "exited with code 137");
}

TEST(ContainerVerdict, goes_by_its_health_where_it_has_one) {
    expect(verdict(told(health("healthy"))), Status::ok, "running and healthy");
    expect(verdict(told(health("unhealthy"))), Status::failed, "unhealthy");
    expect(verdict(told(health("starting"))), Status::degraded, "not healthy yet, for 60 min");
    for (const char* none : {"", "none"}) {
        expect(verdict(told(health(none))), Status::ok, "running");
        expect(verdict(told(health(none)), {.name = "shop", .health = "required"}), Status::failed,
               "has no health check");
    }
    expect(verdict(told(running), {.name = "shop", .health = "required"}), Status::failed,
           "has no health check");
    expect(verdict(told(health("unhealthy")), {.name = "shop", .health = "ignore"}), Status::ok,
           "running");
}

TEST(ContainerVerdict, waits_for_a_health_check_that_asks_for_time) {
    const std::string slow = told(health("starting"), R"(0,"Config":{"Healthcheck":{)"
                                                      R"("StartPeriod":7200000000000}})");
    expect(verdict(slow), Status::ok, "not healthy yet, for 60 min");
    expect(verdict(slow, {.name = "shop", .starting_above = 5min}), Status::degraded,
           "not healthy yet, for 60 min");
}

TEST(ContainerVerdict, an_old_health_check_proves_nothing) {
    expect(verdict(told(health("healthy", "2026-11-30T11:55:00Z"))), Status::degraded,
           "its health was last checked 5 min ago");
    expect(verdict(told(health("healthy", "2026-11-30T11:55:00Z"),
                        R"(0,"Config":{"Healthcheck":{"Interval":120000000000}})")),
           Status::ok, "running and healthy");
}

TEST(ContainerVerdict, restarts_count_though_it_runs) {
    const auto look = [](Restarts& restarts, std::uint64_t count, System at) {
        auto state = state_of(boost::json::parse(told(running)));
        state->restarts = count;
        restarts.note(count, state->started, at);
        return judge({.name = "shop"}, *state, restarts, at);
    };
    Restarts restarts;
    expect(look(restarts, 0, now), Status::ok, "running");
    expect(look(restarts, 1, now + 10s), Status::degraded,
           "restarted 1 time by its engine in the last hour");
    expect(look(restarts, 4, now + 20s), Status::failed,
           "dies over and over: restarted 4 times by its engine in the last hour");
    expect(look(restarts, 4, now + 2h), Status::ok, "running");
    // A manual start resets the count.
    expect(look(restarts, 0, now + 3h), Status::ok, "running");
}

TEST(ContainerVerdict, needs_a_state) {
    for (const char* odd : {"{}", "[]", "null", R"({"Id":"a"})", R"({"Id":"a","State":{}})",
                            R"({"Id":"a","State":{"Status":"running","Running":"yes"}})"})
        EXPECT_FALSE(state_of(boost::json::parse(odd)).has_value()) << odd;
}

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome against(const std::string& url, std::chrono::milliseconds timeout) {
    return run({.url = url, .name = "shop"}, timeout);
}

TEST(Container, is_asked_for_by_name) {
    testing::HttpPeer engine([](const testing::HttpRequest& request) {
        return request.target == "/containers/shop/json"
                   ? http_answer("200 OK", told(running))
                   : http_answer("404 Not Found", R"({"message":"No such container: x"})");
    });
    const Outcome outcome = run({.url = engine.url(), .name = "shop"});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.error;
    EXPECT_EQ(testing::phases(outcome), (std::vector<std::string>{"connect", "inspect", "judge"}));
    EXPECT_TRUE(engine.requests()[0].starts_with("GET /containers/shop/json HTTP"));
    expect_failed(run({.url = engine.url(), .name = "other"}), ErrorClass::assertion, "inspect",
                  "no such container");
}

TEST(Container, all_with_a_label_are_judged) {
    std::string listed = R"([{"Id":"a"},{"Id":"b"}])";
    testing::HttpPeer engine([&](const testing::HttpRequest& request) {
        if (request.path() == "/containers/json") return http_answer("200 OK", listed);
        if (request.path() == "/containers/gone/json")
            return http_answer("404 Not Found", R"({"message":"No such container: gone"})");
        std::string answer =
            told(request.path() == "/containers/b/json" ? stopped("exited") : running);
        answer.replace(answer.find("e131"), 4, request.path().substr(12, 1));
        return http_answer("200 OK", answer);
    });
    Options options{.url = engine.url(), .label = "app=shop", .count = 2};
    expect_failed(run(options), ErrorClass::assertion, "judge",
                  "1 of 2 containers: exited with code 137");
    EXPECT_TRUE(engine.requests()[0].contains(
        "?all=true&filters=%7B%22label%22%3A%5B%22app%3Dshop%22%5D%7D"));
    listed = R"([{"Id":"a"},{"Id":"gone"}])";
    expect_failed(run(options), ErrorClass::assertion, "judge", "1 of 2 containers there");
    options.count = 1;
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.detail, "1 container: running");
    listed = "[]";
    expect_failed(run(options), ErrorClass::assertion, "judge", "0 of 1 container there");
}

TEST(Container, without_an_engine_the_result_is_unknown) {
    const testing::TemporaryDirectory folder;
    const Outcome none = run({.url = "unix:" + folder.file("none.sock"), .name = "shop"});
    EXPECT_EQ(none.status, Status::unknown);
    EXPECT_EQ(none.detail, "no container engine at this socket");
    EXPECT_EQ(none.error_class, ErrorClass::local);
}

TEST(Container, what_is_no_engine_fails) {
    std::string said = http_answer("200 OK", "<html>");
    testing::HttpPeer page([&](const testing::HttpRequest&) { return said; });
    expect_failed(run({.url = page.url(), .name = "shop"}), ErrorClass::protocol, "inspect",
                  "not a container engine's answer");
    said = http_answer("404 Not Found", "<html>");
    expect_failed(run({.url = page.url(), .name = "shop"}), ErrorClass::protocol, "inspect",
                  "not a container engine's answer");
    said = http_answer("500 Internal", R"({"message":"no room"})");
    expect_failed(run({.url = page.url(), .name = "shop"}), ErrorClass::assertion, "inspect",
                  "status 500");
    expect_failed(run({.url = page.url(), .label = "a"}), ErrorClass::assertion, "list",
                  "status 500");
}

TEST(Container, an_engine_that_misbehaves_fails) {
    testing::expect_tls_verified(against);
    const testing::Peer hanging(testing::Peer::hang());
    const Outcome hung = against("http://" + hanging.address(), 200ms);
    EXPECT_EQ(hung.error_class, ErrorClass::timeout);
    EXPECT_EQ(hung.failed_phase, "inspect");
    expect_failed(against("http://127.0.0.1:" + std::to_string(testing::closed_port()), 2s),
                  ErrorClass::connect, "connect", "connection refused");
    const testing::Peer flood(
        testing::Peer::answer(http_answer("200 OK", std::string(2'000'000, 'x'))));
    expect_failed(against("http://" + flood.address(), 2s), ErrorClass::protocol, "inspect",
                  "answer larger than 1MiB");
}

TEST(ContainerOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.name = "shop"}), "");
    EXPECT_EQ(problem({.url = "https://h:2376", .name = "shop_1.A-b"}), "");
    EXPECT_NE(problem({}), "");
    EXPECT_NE(problem({.name = "a", .label = "b"}), "");
    EXPECT_NE(problem({.name = "a/../b"}), "");
    EXPECT_NE(problem({.name = "a", .count = 2}), "");
    EXPECT_NE(problem({.url = "unix:", .name = "a"}), "");
    EXPECT_NE(problem({.url = "https://u:p@h", .name = "a"}), "");
    EXPECT_NE(problem({.url = "tcp://h:2375", .name = "a"}), "");
}

TEST(ContainerOptions, come_from_a_url) {
    const auto of = [](std::string_view url) {
        Options options;
        const Verified taken = kind.from_url(ObjectRef(options), url);
        return taken ? options.url.text + ' ' + options.name : taken.error();
    };
    EXPECT_EQ(of("docker://My_Shop"), "unix:/var/run/docker.sock My_Shop");
    EXPECT_TRUE(of("podman:shop").ends_with("/podman/podman.sock shop"));
    EXPECT_EQ(of("docker+unix:/run/p.sock?name=shop"), "unix:/run/p.sock shop");
    EXPECT_EQ(of("docker+unix:/run/p.sock"), "expected docker+unix:/path/of/socket?name=NAME");
    EXPECT_EQ(of("docker://"), "names no container");
    EXPECT_EQ(of("docker://a/b"), "is no name or id of a container");
}

}  // namespace
}  // namespace vitals::checks::container
