#include "event_bridge.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "expect_failed.hpp"
#include "http_peer.hpp"

namespace vitals::checks::event_bridge {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

Options of(const std::string& part, const std::string& endpoint) {
    return {.part = part,
            .region = "eu-central-1",
            .name = part == "credentials" ? "" : "orders",
            .endpoint = endpoint,
            .access_key = "key",
            .secret_key = Secret("geheim")};
}

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome against(const std::string& url, std::chrono::milliseconds timeout) {
    return run(of("rule", url), timeout);
}

TEST(EventBridge, judges_the_state_of_a_part) {
    struct Case {
        std::string part, body, detail;
        Status status;
    };
    const std::vector<Case> cases{
        {"rule", R"({"State":"ENABLED"})", "rule is ENABLED", Status::ok},
        {"rule", R"({"State":"ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"})",
         "rule is ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", Status::ok},
        {"rule", R"({"State":"DISABLED"})", "rule is DISABLED", Status::failed},
        {"connection", R"({"ConnectionState":"AUTHORIZED"})", "connection is AUTHORIZED",
         Status::ok},
        {"connection", R"({"ConnectionState":"AUTHORIZING"})", "connection is AUTHORIZING",
         Status::degraded},
        {"connection", R"({"ConnectionState":"DEAUTHORIZED","StateReason":"x"})",
         "connection is DEAUTHORIZED", Status::failed},
        {"api_destination", R"({"ApiDestinationState":"ACTIVE"})", "API destination is ACTIVE",
         Status::ok},
        {"api_destination", R"({"ApiDestinationState":"INACTIVE"})", "API destination is INACTIVE",
         Status::failed},
        {"rule", R"({"State":""})", "not the answer of EventBridge", Status::failed},
        {"rule", R"({"State":"<b>"})", "not the answer of EventBridge", Status::failed},
        {"rule", "<html>", "not the answer of EventBridge", Status::failed},
        {"rule", "{}", "not the answer of EventBridge", Status::failed},
    };
    for (const Case& each : cases) {
        const Peer peer(Peer::answer(http_answer("200 OK", each.body)));
        const Outcome outcome = run(of(each.part, "http://" + peer.address()));
        EXPECT_EQ(outcome.status, each.status) << each.body;
        EXPECT_EQ(outcome.detail, each.detail) << each.body;
        if (each.status == Status::failed) {
            EXPECT_EQ(outcome.failed_phase, each.part);
        }
    }
}

TEST(EventBridge, refusals_are_told_apart) {
    const auto refused = [](const std::string& code) {
        const Peer peer(Peer::answer(http_answer(
            "400 Bad Request", R"({"__type":"x#)" + code + R"(","message":"theirs"})")));
        return run(of("rule", "http://" + peer.address()));
    };
    expect_failed(refused("ResourceNotFoundException"), ErrorClass::assertion, "rule",
                  "rule does not exist");
    expect_failed(refused("AccessDeniedException"), ErrorClass::auth, "rule",
                  "not allowed for the rule");
    expect_failed(refused("InvalidSignatureException"), ErrorClass::auth, "rule",
                  "secret key refused");
    expect_failed(refused("ExpiredTokenException"), ErrorClass::auth, "rule",
                  "session token expired");
}

TEST(EventBridge, credentials_are_believed_only_by_the_answer) {
    const Peer good(Peer::answer(http_answer("200 OK", "<a><Arn>arn:aws:iam::1:user/a</Arn></a>")));
    EXPECT_EQ(run(of("credentials", "http://" + good.address())).detail, "credentials are valid");
    const Peer page(Peer::answer(http_answer("200 OK", "<html>")));
    expect_failed(run(of("credentials", "http://" + page.address())), ErrorClass::protocol,
                  "credentials", "not the answer of STS");
    const Peer bad(Peer::answer(
        http_answer("403 Forbidden", "<Error><Code>InvalidClientTokenId</Code></Error>")));
    expect_failed(run(of("credentials", "http://" + bad.address())), ErrorClass::auth,
                  "credentials", "access key unknown");
}

TEST(EventBridge, a_peer_that_misbehaves_fails) {
    testing::expect_http_faults(against, "rule", "256KiB");
    testing::expect_tls_verified(against);
}

TEST(EventBridgeOptions, are_checked) {
    const auto problem = [](const std::function<void(Options&)>& change) {
        Options options = of("rule", "http://127.0.0.1:1");
        change(options);
        return testing::problem_of(kind, &options);
    };
    EXPECT_EQ(problem([](Options&) {}), "");
    EXPECT_EQ(problem([](Options& o) { o.endpoint = {}; }), "");
    EXPECT_NE(problem([](Options& o) { o.name.clear(); }), "");
    EXPECT_NE(problem([](Options& o) { o.part = "credentials"; }), "");
    EXPECT_NE(problem([](Options& o) { o.region = "Frankfurt"; }), "");
    EXPECT_NE(problem([](Options& o) { o.endpoint = "https://h/x"; }), "");
    EXPECT_NE(problem([](Options& o) {
                  o.part = "connection";
                  o.bus = "b";
              }),
              "");
}

// A bus that takes events, and a sink that has each of them from the third question on.
TEST(EventBridge, an_event_must_come_out_at_the_sink) {
    std::string put;
    std::string taken = R"({"FailedEntryCount":0,"Entries":[{"EventId":"1"}]})";
    bool parrot = false;
    bool loses = false;
    int questions = 0;
    const Peer bus([&](int descriptor) {
        put = testing::read_until(descriptor, "}]}");
        testing::send_all(descriptor, http_answer("200 OK", taken));
    });
    const Peer sink([&](int descriptor) {
        const std::string head = testing::read_until(descriptor, "\r\n\r\n");
        const std::string id = head.substr(head.find("?id=") + 4, 39);
        const bool has = parrot || (!loses && ++questions > 2 && put.find(id) != std::string::npos);
        testing::send_all(descriptor, http_answer("200 OK", has ? "it is " + id : "nothing"));
    });
    Options options = of("e2e", "http://" + bus.address());
    options.name.clear();
    options.sink = "http://" + sink.address() + "/?id={id}";
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_NE(put.find(R"("Source":"vitals","DetailType":"vitals.probe")"), std::string::npos)
        << put;
    EXPECT_EQ(questions, 3);
    parrot = true;
    expect_failed(run(options), ErrorClass::assertion, "sink",
                  "the sink answers with the id of an event that was not sent yet");
    parrot = false;
    loses = true;
    expect_failed(run(options), ErrorClass::timeout, "sink",
                  "the event was taken and did not come out at the sink");
    taken = R"({"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure"}]})";
    expect_failed(run(options), ErrorClass::assertion, "put", "the event was not taken");
    for (const char* nonsense :
         {"", "[]", R"({"FailedEntryCount":0})", R"({"FailedEntryCount":0,"Entries":[]})",
          R"({"FailedEntryCount":"0","Entries":[{"EventId":"1"}]})"}) {
        taken = nonsense;
        expect_failed(run(options), ErrorClass::protocol, "put", "not the answer of EventBridge");
    }
    taken = R"({"FailedEntryCount":0,"Entries":[{"EventId":""}]})";
    expect_failed(run(options), ErrorClass::assertion, "put", "the event was not taken");
}

TEST(EventBridgeOptions, come_from_a_url) {
    ASSERT_EQ(::unsetenv("AWS_ACCESS_KEY_ID"), 0);
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "eventbridge://KEY:s%2Fx@eu-central-1"));
    EXPECT_EQ(options.part, "credentials");
    EXPECT_EQ(options.region, "eu-central-1");
    EXPECT_EQ(options.secret_key.reveal(), "s/x");
    EXPECT_EQ(testing::problem_of(kind, &options), "");
    EXPECT_TRUE(
        kind.from_url(ObjectRef(options), "eventbridge://K:s@eu-central-1/rule/a%2Fb?bus=shop"));
    EXPECT_EQ(options.part, "rule");
    EXPECT_EQ(options.name, "a/b");
    EXPECT_EQ(options.bus, "shop");
    EXPECT_EQ(testing::problem_of(kind, &options), "");
    for (const char* url :
         {"eventbridge:", "eventbridge://eu-central-1", "eventbridge://K:s@eu-central-1/rule",
          "eventbridge://K:s@eu-central-1/rule/", "eventbridge://K:s@eu-central-1/e2e/x",
          "eventbridge://K:s@eu-central-1?color=red", "eventbridge://K:s@a.b"}) {
        Options none;
        EXPECT_FALSE(kind.from_url(ObjectRef(none), url)) << url;
    }
}

TEST(EventBridge, what_belongs_to_the_sink_is_checked) {
    Options options = of("e2e", "http://127.0.0.1:1");
    EXPECT_NE(testing::problem_of(kind, &options), "") << "a name";
    options.name.clear();
    EXPECT_EQ(testing::problem_of(kind, &options), "part e2e needs a sink");
    options.sink = "http://sink/?id={id}";
    EXPECT_EQ(testing::problem_of(kind, &options), "");
    for (const char* wrong : {"http://sink/", "ftp://sink/{id}", "http://a:b@sink/{id}"}) {
        options.sink = wrong;
        EXPECT_NE(testing::problem_of(kind, &options), "") << wrong;
    }
    Options rule = of("rule", "http://127.0.0.1:1");
    rule.sink = "http://sink/{id}";
    EXPECT_EQ(testing::problem_of(kind, &rule), "only part e2e has a sink");
}

}  // namespace
}  // namespace vitals::checks::event_bridge
