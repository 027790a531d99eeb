#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "cli/formats.hpp"
#include "cli/screen_text.hpp"
#include "cli/testing.hpp"

namespace vitals::cli {
namespace {

using namespace std::chrono_literals;
using namespace testing;

// Local time is UTC while this lives.
struct InUtc {
    InUtc() {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
    ~InUtc() {
        ::unsetenv("TZ");
        ::tzset();
    }
};

constexpr Terminal file{.unicode = true};

Outcome refused() {
    auto outcome =
        took(failed("connection refused", ErrorClass::connect, "127.0.0.1:6379"), 1200us);
    outcome.failed_phase = "connect";
    outcome.phases = {{"resolve", 100us}, {"connect", 1100us}};
    return outcome;
}

TEST(Table, shows_a_component_a_line) {
    const auto given = snapshot({state({"caches/default", refused()}),
                                 state({"disk", took(degraded("86 % used"), 300us), false}),
                                 state({"größe", took(ok("3 files"), 15ms)})});
    EXPECT_EQ(below(as_table(given, now, file)), R"(
STATUS      NAME              TIME  DETAIL
✗ failed    caches/default  1.2 ms  connection refused: 127.0.0.1:6379  (resolve 0.1 ms · connect 1.1 ms)
! degraded  disk            0.3 ms  86 % used (not critical)
✓ ok        größe            15 ms  3 files
failed: 3 components: 1 failed, 1 degraded, 1 ok
)");
}

TEST(Table, aligns_long_urls) {
    const auto given =
        snapshot({state({"postgresql://monitor:***@127.0.0.1:5432/app", took(ok("answers"), 15ms)}),
                  state({"redis://127.0.0.1:6379", took(ok("writes"), 1200us)})});
    EXPECT_EQ(below(as_table(given, now, file)), R"(
STATUS      NAME                                           TIME  DETAIL
✓ ok        postgresql://monitor:***@127.0.0.1:5432/app   15 ms  answers
✓ ok        redis://127.0.0.1:6379                       1.2 ms  writes
ok: 2 components: 2 ok
)");
}

TEST(Table, wraps_in_the_detail_column) {
    const auto given = snapshot({state({"caches/default", refused()})});
    const Terminal terminal{.interactive = true, .width = 64, .height = 24, .unicode = true};
    const auto text = as_table(given, now, terminal);
    EXPECT_EQ(below(text), R"(
STATUS      NAME              TIME  DETAIL
✗ failed    caches/default  1.2 ms  connection refused:
                                    127.0.0.1:6379
                                    (resolve 0.1 ms · connect
                                    1.1 ms)
)");
}

TEST(Table, puts_the_text_below_where_the_terminal_is_narrow) {
    const auto given = snapshot({state({"caches/default", refused()})});
    const Terminal terminal{.interactive = true, .width = 40, .height = 24};
    EXPECT_EQ(below(as_table(given, now, terminal)), R"(
STATUS      NAME              TIME
x failed    caches/default  1.2 ms
    connection refused: 127.0.0.1:6379
    (resolve 0.1 ms, connect 1.1 ms)
)");
}

TEST(Table, never_exceeds_the_terminal) {
    auto outcome = refused();
    outcome.error = "東京 " + std::string(300, 'x') + " 😀😀😀";
    const auto given = snapshot({state({"caches/default", outcome}), state({"b", ok("fine")})});
    for (std::size_t width = 40; width < 130; ++width) {
        const Terminal terminal{.interactive = true, .width = width, .height = 50, .unicode = true};
        const auto text = as_table(given, now, terminal, {.reported = true});
        std::size_t from = 0;
        for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
            const auto line = text.substr(from, end - from);
            // The summary is a sentence and wraps by itself.
            if (!line.starts_with("failed:")) {
                EXPECT_LE(columns(line), width) << line;
            }
            from = end + 1;
        }
    }
}

TEST(Table, names_the_phase_a_run_hung_in) {
    auto outcome = took(failed("timeout after 2 s", ErrorClass::timeout), 2s);
    outcome.failed_phase = "tls";
    const auto text = as_table(snapshot({state({"shop", outcome})}), now, file);
    EXPECT_TRUE(text.contains("timeout after 2 s in tls\n")) << text;
}

TEST(Table, shows_age_and_staleness) {
    auto given = snapshot({state({"fresh", ok("well")}), never_run("never"),
                           state({"old", ok("well"), true, 4000s})});
    given.taken_at = System{1'795'000'100s};
    const InUtc utc;
    EXPECT_EQ(below(as_table(given, now, file, {.reported = true})), R"(
STATUS      NAME      SINCE     AGE  DETAIL
? unknown   never                    not run yet
? unknown   old    11:06:40  66 min  stale
✓ ok        fresh  11:06:40     3 s  well
unknown: 3 components: 2 unknown, 1 ok
)");
}

TEST(Table, shows_failures_first_and_consequences_below_their_cause) {
    auto given =
        snapshot({state({"a", ok("fine")}), state({"b", degraded("slow")}),
                  state({"database", failed("connection refused")}),
                  state({"lost", unknown("blind")}), state({"other", failed("gone")}),
                  state({"shop", failed("status 500")}), state({"till", failed("status 502")})});
    given.causes["shop"] = "database";
    given.causes["till"] = "elsewhere";
    EXPECT_EQ(below(as_table(given, now, file)), R"(
STATUS      NAME      TIME  DETAIL
✗ failed    database        connection refused
✗ failed    └ shop          status 500
✗ failed    other           gone
✗ failed    till            status 502, because of elsewhere
? unknown   lost            blind
! degraded  b               slow
✓ ok        a               fine
failed: 7 components: 4 failed, 1 unknown, 1 degraded, 1 ok
)");
}

TEST(Table, shows_phases_of_what_is_ok_only_when_asked) {
    auto outcome = took(ok("fine"), 12ms);
    outcome.phases = {{"connect", 12ms}};
    const auto given = snapshot({state({"shop", outcome})});
    EXPECT_FALSE(as_table(given, now, file).contains("connect"));
    EXPECT_TRUE(as_table(given, now, file, {.verbose = true}).contains("(connect 12 ms)"));
    EXPECT_FALSE(as_table(given, now, file, {.reported = true}).contains("TIME"));
    EXPECT_TRUE(as_table(given, now, file, {.reported = true, .verbose = true}).contains("TIME"));
}

TEST(LocalTime, is_a_date_where_it_is_not_within_a_day) {
    const InUtc utc;
    const System then{1'795'000'000s};
    EXPECT_EQ(local_time(then, then + 1h), "11:06:40");
    EXPECT_EQ(local_time(then, then + 25h), "Nov 18");
    EXPECT_EQ(local_time(then, then + 24h * 301), "2026-11");
}

TEST(Table, says_that_the_daemon_is_decommissioned) {
    auto given = snapshot({state({"shop", ok()})});
    given.decommission.text = "moving\x1b[31m house";
    EXPECT_TRUE(as_table(given, now, file, {.reported = true})
                    .starts_with("decommissioned: moving?[31m house\n"));
    given.decommission = {.text = "OK", .draining = true};
    EXPECT_TRUE(
        as_table(given, now, file, {.reported = true}).starts_with("draining: about to stop\n"));
}

TEST(Table, does_not_let_foreign_text_drive_the_terminal) {
    auto outcome = failed("bad answer", ErrorClass::protocol, "\x1b]0;owned\x07\x1b[2J\nline two");
    const auto text = as_table(snapshot({state({"shop", outcome})}), now, file);
    EXPECT_FALSE(text.contains('\x1b'));
    EXPECT_FALSE(text.contains('\x07'));
    EXPECT_TRUE(text.contains("bad answer: ?]0;owned??[2J line two")) << text;
}

TEST(Table, colours_statuses_and_nothing_else) {
    const Terminal colourful{.colours = true, .unicode = true};
    const auto text = as_table(snapshot({state({"shop", failed("no")})}), now, colourful);
    EXPECT_TRUE(text.contains("\x1b[31m✗ failed  \x1b[0m")) << text;
    EXPECT_FALSE(as_table(snapshot({state({"shop", failed("no")})}), now, file).contains('\x1b'));
}

TEST(Table, leaves_out_ok_components_when_the_screen_is_too_low) {
    std::vector<std::shared_ptr<const ComponentState>> states;
    for (char name = 'a'; name <= 'z'; ++name) {
        states.push_back(state({std::string(1, name), name == 'y' ? failed("down") : ok("well")}));
    }
    const Terminal terminal{.interactive = true, .width = 80, .height = 15, .unicode = true};
    const auto text = as_table(snapshot(states), now, terminal, {.reported = true});
    EXPECT_TRUE(text.contains("✗ failed    y")) << text;
    EXPECT_TRUE(text.contains("  and 16 more that are ok\n")) << text;
    EXPECT_EQ(std::ranges::count(text, '\n'), 13);
    EXPECT_TRUE(text.contains("failed: 26 components: 1 failed, 25 ok\n")) << text;
}

TEST(Table, counts_the_lines_of_wrapped_rows) {
    std::vector<std::shared_ptr<const ComponentState>> states;
    for (char name = 'a'; name <= 'j'; ++name) {
        states.push_back(state({std::string(1, name), ok(std::string(100, 'x'))}));
    }
    const Terminal terminal{.interactive = true, .width = 80, .height = 15, .unicode = true};
    const auto text = as_table(snapshot(states), now, terminal, {.reported = true});
    EXPECT_LE(std::ranges::count(text, '\n'), 14) << text;
    EXPECT_TRUE(text.contains("ok        a")) << text;
}

TEST(Table, does_not_say_the_same_twice) {
    const auto given = snapshot({state({"shop", failed("connection refused", ErrorClass::connect,
                                                       "127.0.0.1:1: Connection refused")})});
    EXPECT_TRUE(as_table(given, now, file).contains("  connection refused: 127.0.0.1:1\n"));
}

TEST(Overall, is_unknown_without_components) {
    EXPECT_EQ(overall(snapshot({}), now), Status::unknown);
}

}  // namespace
}  // namespace vitals::cli
