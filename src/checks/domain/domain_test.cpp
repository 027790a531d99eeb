#include "domain.hpp"

#include <gtest/gtest.h>

#include <map>

#include "expect_failed.hpp"
#include "http_peer.hpp"
#include "knowledge.hpp"
#include "model/clock.hpp"
#include "net/environment.hpp"
#include "tls_peer.hpp"

namespace vitals::checks::domain {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using namespace vitals::testing;

const System now = parse_rfc3339("2026-11-30T12:00:00Z").value();

// ---- what is known, and for how long -----------------------------------------------------------

wire::rdap::Registration ends_in(System::duration time, std::vector<std::string> statuses = {}) {
    return {.ends = now + time, .statuses = std::move(statuses)};
}

Knowledge known(const wire::rdap::Registration& registration, System when = now) {
    Knowledge made;
    note_answer(made, registration, when, 0.5);
    return made;
}

void expect(const Outcome& outcome, Status status, std::string_view detail,
            std::source_location at = std::source_location::current()) {
    const ::testing::ScopedTrace trace(at.file_name(), static_cast<int>(at.line()), "here");
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.detail, detail);
}

TEST(DomainKnowledge, is_judged_by_the_end) {
    const Options options;
    expect(judge(known(ends_in(days(45))), options, now), Status::ok,
           "registration ends in 45 days");
    expect(judge(known(ends_in(days(30) - 1h)), options, now), Status::degraded,
           "registration ends in 29 days");
    expect(judge(known(ends_in(days(6))), options, now), Status::failed,
           "registration ends in 6 days");
    expect(judge(known(ends_in(5h)), options, now), Status::failed,
           "registration ends within a day");
    expect(judge(known(ends_in(-1h)), options, now), Status::failed, "registration ended");
    expect(judge(known({}), options, now), Status::unknown,
           "the registry does not tell when it ends");
    EXPECT_EQ(*judge(known(ends_in(days(45))), options, now).property("ends"),
              Value("2027-01-14T12:00:00Z"));
}

TEST(DomainKnowledge, is_judged_by_the_status) {
    const Options options;
    const auto status = [&](std::string text) {
        return judge(known(ends_in(days(45), {"client transfer prohibited", std::move(text)})),
                     options, now);
    };
    for (const char* bad : {"client hold", "server hold", "redemption period", "pending delete"})
        expect(status(bad), Status::failed, std::string(bad) + "; registration ends in 45 days");
    expect(status("auto renew period"), Status::ok, "registration ends in 45 days");
    EXPECT_EQ(*status("active").property("registry_status"),
              Value("client transfer prohibited, active"));
    expect(judge(known({.ends = {}, .statuses = {"pending delete"}}), options, now), Status::failed,
           "pending delete");
}

TEST(DomainKnowledge, counts_for_two_weeks_and_says_how_old_it_is) {
    const Options options;
    Knowledge knowledge = known(ends_in(days(45)), now - days(3));
    note_failure(knowledge,
                 {.detail = "the registry: connection refused", .error = {}, .retry_after = {}},
                 now, 0);
    expect(judge(knowledge, options, now), Status::ok,
           "registration ends in 45 days, as of 3 d ago: the registry: connection refused");
    expect(judge(knowledge, options, now + days(10)), Status::ok,
           "registration ends in 35 days, as of 13 d ago: the registry: connection refused");
    expect(judge(knowledge, options, now + days(12)), Status::unknown,
           "not known since 15 d: the registry: connection refused");
    // Nobody has asked: the process was away.
    expect(judge(known(ends_in(days(45)), now - days(2)), options, now), Status::ok,
           "registration ends in 45 days, as of 2 d ago");
    // A near end counts, however old the knowledge is.
    knowledge = known(ends_in(days(5)), now - days(3));
    note_failure(knowledge, {.detail = "x", .error = {}, .retry_after = {}}, now, 0);
    EXPECT_EQ(judge(knowledge, options, now).status, Status::failed);
    Knowledge nothing;
    note_failure(nothing, {.detail = "x", .error = "y", .retry_after = {}}, now, 0);
    expect(judge(nothing, options, now), Status::unknown, "not known yet when it ends: x");
}

TEST(DomainKnowledge, a_name_that_is_unknown_on_two_days_is_failed) {
    const Options options;
    Knowledge knowledge = known(ends_in(days(45)), now - days(1));
    note_absence(knowledge, "got status 404", now, 0);
    expect(judge(knowledge, options, now), Status::ok,
           "registration ends in 45 days, as of 24 h ago: the registry knows no such domain");
    note_failure(knowledge, {.detail = "x", .error = {}, .retry_after = {}}, now + 20h, 0);
    EXPECT_EQ(judge(knowledge, options, now + 20h).status, Status::ok);
    note_absence(knowledge, "got status 404", now + days(1), 0);
    expect(judge(knowledge, options, now + days(1)), Status::failed,
           "not registered: the registry has known no such domain for 24 h");
    note_answer(knowledge, ends_in(days(45)), now + days(2), 0);
    EXPECT_EQ(judge(knowledge, options, now + days(2)).status, Status::ok);
    Knowledge never;
    note_absence(never, "got status 404", now, 0);
    expect(judge(never, options, now), Status::unknown,
           "not known yet when it ends: the registry knows no such domain");
}

TEST(DomainKnowledge, the_registry_is_asked_once_in_a_day) {
    EXPECT_TRUE(is_due({}, now));
    for (const double jitter : {0., 0.5, 1.}) {
        Knowledge knowledge;
        note_answer(knowledge, ends_in(days(45)), now, jitter);
        EXPECT_EQ(knowledge.next, now + 24h + std::chrono::minutes(static_cast<int>(120 * jitter)));
        EXPECT_FALSE(is_due(knowledge, now + 23h + 59min));
        EXPECT_TRUE(is_due(knowledge, now + 26h));
        // A clock that went wrong for a while.
        EXPECT_TRUE(is_due(knowledge, now - days(30)));
    }
}

TEST(DomainKnowledge, failures_and_retry_after_lengthen_the_pause) {
    Knowledge knowledge;
    const auto pause = [&](std::optional<std::chrono::seconds> after = {}) {
        note_failure(knowledge, {.detail = "x", .error = {}, .retry_after = after}, now, 0);
        return knowledge.next - now;
    };
    EXPECT_EQ(pause(), 5min);
    EXPECT_EQ(pause(), 10min);
    EXPECT_EQ(pause(1s), 20min) << "what is less does not shorten it";
    EXPECT_EQ(pause(2h), 2h);
    EXPECT_EQ(pause(days(400)), days(7));
    for (int i = 0; i < 50; ++i) EXPECT_LE(pause(), 24h);
    EXPECT_GT(pause(), 20h);
    note_answer(knowledge, ends_in(days(45)), now, 0);
    EXPECT_EQ(pause(), 5min);
}

TEST(DomainKnowledge, is_saved_and_read_again) {
    Knowledge knowledge = known(ends_in(days(45), {"active", "\"odd\""}));
    knowledge.about = "example.org";
    knowledge.server = "https://rdap.example/";
    knowledge.server_known = now - 1h;
    note_absence(knowledge, "got status 404, \"\\n\"", now + days(1), 0.25);
    const auto again = knowledge_of(saved(knowledge));
    ASSERT_TRUE(again);
    EXPECT_EQ(saved(*again), saved(knowledge));
    EXPECT_EQ(again->statuses, knowledge.statuses);
    EXPECT_EQ(again->next, knowledge.next);
    EXPECT_EQ(judge(*again, {}, now + days(1)).detail, judge(knowledge, {}, now + days(1)).detail);
    for (const char* wrong : {"", "[]", "{}", "{\"about\":1}", "nonsense"})
        EXPECT_FALSE(knowledge_of(wrong)) << wrong;
}

// ---- asking ------------------------------------------------------------------------------------

class InMemory final : public net::Memory {
  public:
    std::optional<std::string> recall(std::string_view component) const override {
        const auto found = texts.find(component);
        return found == texts.end() ? std::nullopt : std::optional(found->second);
    }
    void remember(std::string_view component, std::string text) override {
        texts[std::string(component)] = std::move(text);
    }
    std::map<std::string, std::string, std::less<>> texts;
};

std::string registration(std::string_view name, System ends, const std::string& status = "active") {
    return R"({"objectClassName":"domain","ldhName":")" + std::string(name) + R"(","status":[")" +
           status + R"("],"events":[{"eventAction":"expiration","eventDate":")" + rfc3339(ends) +
           "\"}]}";
}

class Domain : public ::testing::Test {
  protected:
    Domain() {
        options_.name = "example.org";
        options_.bootstrap = peer_.url() + "/dns.json";
        answers["/dns.json"] =
            http_answer("200 OK", R"({"services":[[["org"],[")" + peer_.url() + R"(/rdap"]]]})");
        answers["/rdap/domain/example.org"] = http_answer(
            "200 OK", registration("example.org", real_clock().system() + days(45) + 1h));
        runner_.environment().remember_in(&memory_);
    }
    void set(const std::string& path, const std::string& answer) {
        peer_.between_requests([&] { answers[path] = answer; });
    }
    Outcome run(std::chrono::milliseconds timeout = 2s) {
        return runner_.run(kind, options_, timeout);
    }
    // As if the time had come.
    void forget_the_pause() {
        for (auto& [component, text] : memory_.texts) {
            auto knowledge = knowledge_of(text).value();
            knowledge.next = System{};
            text = saved(knowledge);
        }
    }

    std::map<std::string, std::string> answers;
    HttpPeer peer_{[this](const HttpRequest& request) {
        const auto found = answers.find(request.path());
        return found == answers.end() ? http_answer("404 Not Found") : found->second;
    }};
    InMemory memory_;
    Options options_;
    testing::Runner runner_;
};

TEST_F(Domain, the_registry_of_the_bootstrap_file_is_asked_once) {
    expect(run(), Status::ok, "registration ends in 45 days");
    const auto requests = peer_.requests();
    ASSERT_EQ(requests.size(), 2);
    EXPECT_TRUE(requests[1].contains("GET /rdap/domain/example.org "));
    EXPECT_TRUE(requests[1].contains("application/rdap+json"));
    expect(run(), Status::ok, "registration ends in 45 days");
    EXPECT_EQ(peer_.requests().size(), 2);
    // The list is asked less often still.
    forget_the_pause();
    expect(run(), Status::ok, "registration ends in 45 days");
    EXPECT_EQ(peer_.requests().size(), 3);
    // Another name is another question.
    options_.name = "example.com";
    options_.server = peer_.url() + "/rdap/";
    set("/rdap/domain/example.com",
        http_answer("200 OK", registration("example.com", real_clock().system() + days(20) + 1h)));
    expect(run(), Status::degraded, "registration ends in 20 days");
    EXPECT_EQ(peer_.requests().size(), 4);
}

TEST_F(Domain, without_a_memory_a_check_remembers_by_itself) {
    runner_.environment().remember_in(nullptr);
    const AnyOptions options = testing::erased(options_);
    const checks::Run again = kind.bind(options);
    EXPECT_EQ(runner_.run(again, 2s).status, Status::ok);
    EXPECT_EQ(runner_.run(again, 2s).status, Status::ok);
    EXPECT_EQ(peer_.requests().size(), 2);
}

TEST_F(Domain, a_process_that_dies_while_it_asks_does_not_ask_again_at_once) {
    set("/rdap/domain/example.org", std::string(testing::http_reset));
    testing::Runner other;
    other.environment().remember_in(&memory_);
    // Its deadline interrupted it before any result.
    const testing::Peer hung(testing::Peer::hang());
    options_.server = "http://" + hung.address() + "/";
    expect(run(1s), Status::unknown,
           "not known yet when it ends: the registry did not answer in time");
    expect(other.run(kind, options_, 1s), Status::unknown,
           "not known yet when it ends: the registry did not answer in time");
    EXPECT_EQ(hung.accepted(), 1);
}

TEST_F(Domain, what_cannot_be_asked_is_no_fault_of_the_domain) {
    const std::string path = "/rdap/domain/example.org";
    const auto after = [&](const std::string& answer) {
        set(path, answer);
        forget_the_pause();
        return run();
    };
    EXPECT_EQ(run().status, Status::ok);
    const auto why = [&](const Outcome& outcome) {
        EXPECT_EQ(outcome.status, Status::ok);
        return outcome.detail.substr(
            std::min(outcome.detail.rfind(" ago: ") + 6, outcome.detail.size()));
    };
    EXPECT_EQ(why(after(http_answer("429 Too Many Requests", "", "Retry-After: 7200\r\n"))),
              "the registry does not want to be asked now");
    const auto knowledge = knowledge_of(memory_.texts.begin()->second).value();
    EXPECT_GT(knowledge.next, real_clock().system() + 1h + 59min);
    EXPECT_LT(knowledge.next, real_clock().system() + 2h + 1min);
    EXPECT_EQ(why(after(http_answer("503 Unavailable"))), "the registry answers with status 503");
    EXPECT_EQ(why(after(http_answer("200 OK", "<html>"))),
              "the registry: not an answer of RDAP about a domain");
    EXPECT_EQ(why(after(http_answer("200 OK", registration("example.net", real_clock().system())))),
              "the registry: answers about another domain");
    EXPECT_EQ(why(after("nonsense\r\n\r\n")), "the registry: not HTTP");
    EXPECT_EQ(why(after(http_answer("404 Not Found"))), "the registry knows no such domain");
    EXPECT_EQ(why(after(std::string(testing::http_reset))), "the registry: connection reset");
}

TEST_F(Domain, is_unknown_while_nothing_is_known) {
    set("/dns.json", http_answer("503 Unavailable"));
    expect(run(), Status::unknown,
           "not known yet when it ends: the list of registries: status 503");
    forget_the_pause();
    set("/dns.json", http_answer("200 OK", "<html>"));
    expect(run(), Status::unknown,
           "not known yet when it ends: the list of registries: not a list of RDAP servers");
    forget_the_pause();
    set("/dns.json", http_answer("200 OK", R"({"services":[]})"));
    expect(run(), Status::unknown,
           "not known yet when it ends: no RDAP server is listed for .org: see `server`");
    options_.bootstrap = "http://127.0.0.1:" + std::to_string(testing::closed_port()) + "/";
    expect(run(), Status::unknown,
           "not known yet when it ends: the registry: the list of registries: connection refused");
}

TEST_F(Domain, a_list_that_is_away_does_not_matter_once_the_registry_is_known) {
    EXPECT_EQ(run().status, Status::ok);
    for (auto& [component, text] : memory_.texts) {
        auto knowledge = knowledge_of(text).value();
        knowledge.server_known = *knowledge.server_known - days(30);
        knowledge.next = System{};
        text = saved(knowledge);
    }
    set("/dns.json", std::string(testing::http_reset));
    expect(run(), Status::ok, "registration ends in 45 days");
}

TEST_F(Domain, tls_is_verified) {
    const testing::Authority authority;
    const testing::Peer peer(testing::tls_answer(
        authority.issue(),
        http_answer("200 OK", registration("example.org", real_clock().system() + days(45) + 1h))));
    options_.server = "https://" + peer.address() + "/";
    expect(run(), Status::unknown,
           "not known yet when it ends: the registry: certificate not trusted");
    forget_the_pause();
    options_.tls.ca = authority.file();
    expect(run(), Status::ok, "registration ends in 45 days");
}

TEST(DomainOptions, are_checked) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.name = "example.org"}), "");
    EXPECT_EQ(problem({.name = "xn--bcher-kva.example"}), "");
    EXPECT_EQ(problem({.name = "bücher.example"}),
              "name: is written with letters that names do not have; write it as registered, "
              "xn--...");
    EXPECT_EQ(problem({.name = "org"}),
              "name: is no registered name; expected such as example.org");
    EXPECT_EQ(problem({.name = "example.org."}), "name: ends in a dot");
    for (const char* wrong : {"", "a..b", "https://example.org/", "Example.org", "a b.org", ".org"})
        EXPECT_EQ(problem({.name = wrong}),
                  "name: is no domain; expected a registered name such as example.org, in lower "
                  "case")
            << wrong;
    EXPECT_TRUE(problem({.name = "a.org", .server = "whois://whois.example.org"})
                    .starts_with("server: is WHOIS, free text"));
    EXPECT_EQ(problem({.name = "a.org", .server = "https://h/?a=b"}),
              "server: has a user or parameters; expected the base of an RDAP server");
    EXPECT_EQ(problem({.name = "a.org", .degraded_below = days(1)}),
              "failed_below is above degraded_below: it would never be degraded");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "domain:example.org"));
    EXPECT_EQ(options.name, "example.org");
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "domain://example.org"));
}

}  // namespace
}  // namespace vitals::checks::domain
