#include "otlp/messages.hpp"

#include <gtest/gtest.h>

#include "otlp/waiting.hpp"

namespace vitals::otlp {
namespace {

using namespace std::chrono_literals;

const Steady now{1h};
const System at{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)};

std::shared_ptr<const ComponentState> state_of(const std::string& name, Status status,
                                               Steady valid_until) {
    auto component = std::make_shared<Component>();
    component->name = name;
    component->kind = "tcp";
    auto outcome = std::make_shared<Outcome>();
    outcome->status = status;
    outcome->duration = 1500ms;
    auto state = std::make_shared<ComponentState>();
    state->component = component;
    state->last = outcome;
    state->judged = status;
    state->valid_until = valid_until;
    return state;
}

std::string metrics_of(const Snapshot& snapshot) {
    return metrics_message(snapshot, {.service = "shop", .host = "h"}, now, at, at - 1h, {}).bytes;
}

bool has(const std::string& bytes, std::string_view text) {
    return bytes.find(text) != std::string::npos;
}

TEST(OtlpMetrics, leave_out_what_is_not_known) {
    Snapshot snapshot;
    snapshot.components = {state_of("fresh", Status::failed, now + 1s),
                           state_of("stale", Status::ok, now - 1s)};
    const std::string both = metrics_of(snapshot);
    EXPECT_TRUE(has(both, "vitals.component.status") && has(both, "vitals.check.duration"));
    snapshot.components.erase(snapshot.components.begin());
    const std::string stale = metrics_of(snapshot);
    EXPECT_FALSE(has(stale, "vitals.component.status"));
    EXPECT_FALSE(has(stale, "vitals.check.duration"));
    EXPECT_FALSE(has(stale, "vitals.status"));
    // Counts are no present state.
    EXPECT_TRUE(has(stale, "vitals.check.runs"));
    EXPECT_TRUE(has(stale, "vitals.out_of_service"));
}

TEST(OtlpMetrics, count_their_points) {
    Snapshot snapshot;
    snapshot.components = {state_of("a", Status::ok, now + 1s)};
    // Status, duration, four results, four statuses reached, the whole, out of service, dropped.
    EXPECT_EQ(metrics_message(snapshot, {}, now, at, at, {}).count, 1u + 1 + 4 + 4 + 1 + 1 + 2);
}

TEST(OtlpLogs, tell_a_change_of_status) {
    const Record record{.at = at,
                        .component = "db/main",
                        .from = Status::ok,
                        .to = Status::failed,
                        .detail = "disk\nfull \xff"};
    const std::string bytes = logs_message(std::span(&record, 1), {.service = "shop"}).bytes;
    EXPECT_TRUE(has(bytes, "ERROR") && has(bytes, "vitals.transition"));
    EXPECT_TRUE(has(bytes, "db/main: ok -> failed: disk"));
    // A text that is not UTF-8 would cost the whole message.
    EXPECT_FALSE(has(bytes, "\xff"));
}

TEST(OtlpAnswer, tells_what_was_refused) {
    EXPECT_EQ(read_response("")->rejected, 0u);
    const auto partial = read_response(std::string("\x0a\x09\x08\x03\x12\x05quota", 11));
    ASSERT_TRUE(partial);
    EXPECT_EQ(partial->rejected, 3u);
    EXPECT_EQ(partial->why, "quota");
    EXPECT_TRUE(read_response("\x12\x01x"));  // of a later version
    for (const char* bad : {"\x0a\x05x", "{\"partialSuccess\":{}}", "\x0a\x02\x08\xff", "<html>"})
        EXPECT_FALSE(read_response(bad)) << bad;
}

Message message(std::size_t size, std::size_t count) {
    return {std::string(size, 'm'), count};
}

Record record(const std::string& component) {
    return {.at = at,
            .component = component,
            .from = Status::ok,
            .to = Status::failed,
            .detail = std::string(100, 'd')};
}

TEST(OtlpWaiting, drops_the_oldest_first_and_counts_it) {
    Waiting waiting({.metrics = 100, .records = 3 * record("a").held(), .records_at_once = 2});
    for (std::size_t i = 1; i <= 5; ++i) waiting.add(message(40, i));
    EXPECT_EQ(waiting.messages(), 2u);
    EXPECT_EQ(waiting.dropped().points, 1u + 2 + 3);
    EXPECT_EQ(waiting.take_metrics()->count, 4u);
    // A message larger than there is room is kept alone.
    waiting.add(message(1000, 6));
    EXPECT_EQ(waiting.messages(), 1u);
    for (const char* name : {"a", "b", "c", "d", "e"}) waiting.add(record(name));
    EXPECT_EQ(waiting.records(), 3u);
    EXPECT_EQ(waiting.dropped().records, 2u);
    auto taken = waiting.take_records();
    ASSERT_EQ(taken.size(), 2u);
    EXPECT_EQ(taken[0].component, "c");
    waiting.add(record("f"));
    // What comes back is older than what came since: it has no right to its room.
    waiting.give_back(std::move(taken));
    EXPECT_EQ(waiting.records(), 3u);
    EXPECT_EQ(waiting.dropped().records, 3u);
    EXPECT_EQ(waiting.take_records().front().component, "d");
    waiting.clear();
    EXPECT_TRUE(waiting.empty());
    EXPECT_EQ(waiting.held(), 0u);
    EXPECT_EQ(waiting.dropped().records, 4u);
}

}  // namespace
}  // namespace vitals::otlp
