#include "alerts/alert_of.hpp"

#include <gtest/gtest.h>

#include "alerts/alert_testing.hpp"
#include "alerts/words.hpp"

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;

Snapshot snapshot_of(bool critical) {
    Snapshot snapshot;
    snapshot.service.name = "shop";
    auto component = std::make_shared<Component>();
    component->name = "db/main";
    component->critical = critical;
    component->runbook = "https://wiki.example.org/db";
    auto state = std::make_shared<ComponentState>();
    state->component = component;
    state->last = std::make_shared<Outcome>(failed("refused", ErrorClass::local));
    snapshot.components.push_back(state);
    return snapshot;
}

IncidentRecord record() {
    IncidentRecord record;
    record.number = 12;
    record.id = "7f3a-12";
    record.roots = {"db/main"};
    record.title = "connection refused";
    record.error = "127.0.0.1:5432";
    record.opened = testing::at("2026-11-30T02:12:07Z");
    record.due = record.opened + 10s;
    record.worst = Status::failed;
    record.error_class = ErrorClass::connect;
    for (int i = 0; i < 14; ++i)
        record.members.push_back({.component = "shop/" + std::to_string(i)});
    record.members[13].ended = record.opened + 1s;
    Happening reload;
    reload.what = Happening::What::reloaded;
    reload.at = record.opened - 1min;
    reload.by = "ops";
    record.before.push_back(reload);
    Happening change;
    change.at = record.opened - 30s;
    change.component = "disk";
    change.from = Status::ok;
    change.to = Status::degraded;
    change.text = "91% used";
    record.before.push_back(change);
    return record;
}

Message message(Kind kind) {
    return {.incident = 12,
            .receiver = "ops",
            .serial = 3,
            .kind = kind,
            .state = State::problem,
            .level = Status::failed,
            .cause = {"db/main"}};
}

Telling telling() {
    Telling telling;
    telling.store = "7f3a";
    telling.decided = testing::at("2026-11-30T02:12:17Z");
    telling.url = "https://status.example.org";
    telling.host = "web-1";
    telling.version = "0.1.0";
    return telling;
}

TEST(AlertOfADecision, says_what_the_record_and_the_snapshot_know) {
    const Snapshot snapshot = snapshot_of(true);
    const Alert alert = alert_of(message(Kind::problem), record(), &snapshot, telling());
    EXPECT_EQ(words_of(alert, "Europe/Berlin").line,
              "FAILED db/main: connection refused (shop, web-1) since 03:12, 13 depend on it");
    EXPECT_EQ(alert.key, "7f3a-12-ops-3");
    EXPECT_EQ(alert.thread, "7f3a-12-ops-1");
    EXPECT_EQ(alert.incident, "7f3a-12");
    EXPECT_EQ(alert.affected.size(), 10U);
    EXPECT_EQ(alert.severity, Severity::critical);
    EXPECT_EQ(alert.link, "https://status.example.org/c/db/main");
    EXPECT_EQ(alert.runbook, "https://wiki.example.org/db");
    ASSERT_EQ(alert.before.size(), 2U);
    EXPECT_EQ(alert.before[0].text, "reloaded by ops");
    EXPECT_EQ(alert.before[1].text, "disk: ok -> degraded, 91% used");
    EXPECT_EQ(alert.configured, record().opened - 1min);
}

TEST(AlertOfADecision, warns_of_what_is_not_critical) {
    const Snapshot snapshot = snapshot_of(false);
    EXPECT_EQ(alert_of(message(Kind::problem), record(), &snapshot, telling()).severity,
              Severity::warning);
    EXPECT_EQ(alert_of(message(Kind::problem), record(), nullptr, telling()).severity,
              Severity::critical);
}

TEST(AlertOfADecision, has_no_links_without_an_address) {
    Telling without = telling();
    without.url.clear();
    EXPECT_EQ(alert_of(message(Kind::problem), record(), nullptr, without).link, "");
}

TEST(AlertOfADecision, tells_the_end) {
    IncidentRecord over = record();
    over.closed = over.opened + 41min;
    Telling later = telling();
    later.decided = *over.closed + 1min;
    Message resolved = message(Kind::resolved);
    resolved.level = Status::ok;
    const Snapshot snapshot = snapshot_of(true);
    EXPECT_EQ(words_of(alert_of(resolved, over, &snapshot, later), "Europe/Berlin").line,
              "OK db/main after 41 min (03:12-03:53) (shop)");
    over.told.push_back({.receiver = "ops", .problem = "mx: connection refused"});
    EXPECT_EQ(
        words_of(alert_of(message(Kind::missed), over, &snapshot, later), "Europe/Berlin").line,
        "MISSED db/main was failed 03:12-03:53; not told, mx: connection refused");
}

TEST(AlertOfADecision, counts_what_cannot_be_looked_at) {
    const Snapshot snapshot = snapshot_of(true);
    Message blind = message(Kind::problem);
    blind.cause = {std::string(blind_component)};
    EXPECT_EQ(alert_of(blind, record(), &snapshot, telling()).affected_count, 1U);
}

}  // namespace
}  // namespace vitals::alerts
