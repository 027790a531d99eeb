#include "alerts/telling.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;

constexpr System now{1'800'000'000s};

std::shared_ptr<const ComponentState> state(std::string name, Status status, std::string detail,
                                            bool critical = true) {
    auto component = std::make_shared<Component>();
    component->name = std::move(name);
    component->critical = critical;
    component->runbook = "https://wiki.example.org/" + component->name;
    auto outcome = std::make_shared<Outcome>();
    outcome->status = status;
    outcome->detail = std::move(detail);
    outcome->error = "10.0.0.7: Connection refused";
    outcome->error_class = ErrorClass::connect;
    auto made = std::make_shared<ComponentState>();
    made->component = component;
    made->last = outcome;
    made->judged = status;
    return made;
}

struct Telling {
    Telling() {
        snapshot.components = {state("db/main", Status::failed, "connection refused"),
                               state("log", Status::failed, "full", false)};
        incident.number = 12;
        incident.id = "0badcafe-12";
        incident.roots = {"db/main"};
        incident.title = "status 500";
        incident.error = "as it was at first";
        incident.opened = now - 10s;
        incident.worst = Status::failed;
        message.incident = 12;
        message.receiver = "mail";
        message.serial = 3;
        message.level = Status::failed;
        message.cause = {"db/main"};
    }
    Alert alert(TellingAttempt attempt = {}) const {
        return alert_of(message, incident, snapshot, board, sender, attempt, now);
    }

    Snapshot snapshot;
    Board board;
    IncidentRecord incident;
    Message message;
    Sender sender{.store = "0badcafe",
                  .url = "https://status.example.org",
                  .service = "shop",
                  .host = "web-1",
                  .version = "1.0"};
};

TEST(AlertOf, says_what_is_so_now) {
    const Alert alert = Telling().alert();
    EXPECT_EQ(alert.detail, "connection refused");
    EXPECT_EQ(alert.error, "10.0.0.7: Connection refused");
    EXPECT_EQ(alert.error_class, ErrorClass::connect);
    EXPECT_EQ(alert.key, "0badcafe-12-mail-3");
    EXPECT_EQ(alert.thread, "0badcafe-12-mail-1");
    EXPECT_EQ(alert.incident, "0badcafe-12");
    EXPECT_EQ(alert.since, now - 10s);
    EXPECT_EQ(alert.link, "https://status.example.org/c/db/main");
    EXPECT_EQ(alert.runbook, "https://wiki.example.org/db/main");
    EXPECT_EQ(alert.severity, Severity::critical);
    EXPECT_FALSE(alert.until);
}

TEST(AlertOf, of_what_is_not_critical_is_a_warning) {
    Telling telling;
    telling.message.cause = {"log"};
    EXPECT_EQ(telling.alert().severity, Severity::warning);
    telling.message.cause = {"log", "db/main"};
    EXPECT_EQ(telling.alert().severity, Severity::critical);
    telling.message.cause = {"gone"};
    EXPECT_EQ(telling.alert().severity, Severity::critical) << "in doubt";
}

TEST(AlertOf, a_recovery_tells_what_it_was) {
    Telling telling;
    telling.snapshot.components[0] = state("db/main", Status::ok, "");
    telling.message.state = State::resolved;
    telling.message.kind = Kind::resolved;
    telling.message.level = Status::ok;
    telling.incident.closed = now;
    const Alert alert = telling.alert();
    EXPECT_EQ(alert.detail, "status 500");
    EXPECT_EQ(alert.level, Status::failed);
    EXPECT_EQ(alert.until, now);
}

TEST(AlertOf, names_the_first_consequences_and_counts_them) {
    Telling telling;
    for (int number = 0; number < 14; ++number)
        telling.incident.members.push_back({.component = "shop/" + std::to_string(number)});
    telling.incident.members[0].ended = now;
    const Alert alert = telling.alert();
    EXPECT_EQ(alert.affected.size(), 10u);
    EXPECT_EQ(alert.affected_count, 13u) << "one is well again";
    EXPECT_EQ(alert.affected[0], "shop/1");
}

TEST(AlertOf, links_are_encoded_and_need_an_address) {
    Telling telling;
    telling.snapshot.components[0] = state("a b/c?d#e", Status::failed, "x");
    telling.message.cause = {"a b/c?d#e"};
    EXPECT_EQ(telling.alert().link, "https://status.example.org/c/a%20b/c%3Fd%23e");
    telling.message.cause = {"vitals/blind"};
    EXPECT_EQ(telling.alert().link, "https://status.example.org/i/0badcafe-12");
    telling.sender.url.clear();
    EXPECT_EQ(telling.alert().link, "");
}

TEST(AlertOf, a_retry_says_so) {
    const Alert alert = Telling().alert({.number = 3, .may_be_copy = true});
    EXPECT_EQ(alert.attempt, 3u);
    EXPECT_TRUE(alert.may_be_copy);
}

TEST(TestAlert, says_that_nothing_is_wrong) {
    const Alert alert = test_alert("mail", Telling().sender, now);
    EXPECT_TRUE(alert.test);
    EXPECT_EQ(alert.key, "0badcafe-test-mail-1800000000");
    EXPECT_EQ(alert.severity, Severity::warning);
}

}  // namespace
}  // namespace vitals::alerts
