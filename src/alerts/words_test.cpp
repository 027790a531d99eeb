// What a phone shows, letter by letter.
#include "alerts/words.hpp"

#include <gtest/gtest.h>

#include "alerts/alert_testing.hpp"
#include "text/utf8.hpp"

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view berlin = "Europe/Berlin";

std::string line(const Alert& alert) {
    return words_of(alert, berlin).line;
}
std::string subject(const Alert& alert) {
    return words_of(alert, berlin).subject;
}

Alert blind() {
    Alert alert = testing::problem();
    alert.cause = {"vitals/blind"};
    alert.level = Status::unknown;
    alert.affected_count = 12;
    alert.detail = "no file descriptors left";
    alert.error_class = ErrorClass::local;
    return alert;
}

Alert storm() {
    Alert alert = testing::problem();
    alert.cause = {"db/main", "cache/a", "queue", "d", "e", "f", "g", "h", "i"};
    alert.span = 30s;
    return alert;
}

TEST(WordsOfAlerts, say_each_kind_in_one_line) {
    EXPECT_EQ(line(testing::problem()),
              "FAILED db/main: connection refused (shop, web-1) since 03:12, 14 depend on it");
    EXPECT_EQ(line(testing::worse()),
              "WORSE db/main: degraded -> failed, no standby (shop) since 03:12");
    EXPECT_EQ(line(testing::reminder()),
              "STILL FAILED db/main 3 h 10 min: connection refused (shop)");
    EXPECT_EQ(line(testing::flapping()),
              "FLAPPING db/main: 6 changes in 12 min, about every 2 min; quiet until it ends");
    EXPECT_EQ(line(testing::steady()), "STEADY db/main: failing without change for 15 min");
    EXPECT_EQ(line(testing::resolved()), "OK db/main after 41 min (03:12-03:53) (shop)");
    EXPECT_EQ(line(testing::missed()),
              "MISSED db/main was failed 02:10-02:40; not told, mail server unreachable");
    EXPECT_EQ(line(blind()),
              "BLIND vitals on web-1 cannot look at 12 components: no file descriptors left");
    EXPECT_EQ(line(storm()),
              "STORM 9 components failed within 30 s: db/main, cache/a, queue … (shop)");
}

TEST(WordsOfAlerts, say_blindness_and_storms_in_later_messages_too) {
    Alert alert = blind();
    alert.kind = Kind::reminder;
    alert.at = alert.since + 2h;
    EXPECT_EQ(line(alert), "STILL BLIND vitals on web-1 2 h: cannot look at 12 components");
    alert.kind = Kind::resolved;
    alert.until = alert.at;
    EXPECT_EQ(line(alert), "OK vitals on web-1 can look again after 2 h (03:12-05:12) (shop)");
    alert = storm();
    alert.kind = Kind::reminder;
    alert.at = alert.since + 1h;
    EXPECT_EQ(line(alert), "STILL FAILED 9 components 1 h: db/main, cache/a, queue … (shop)");
    alert.kind = Kind::resolved;
    alert.until = alert.at;
    EXPECT_EQ(line(alert), "OK 9 components after 1 h (03:12-04:12) (shop)");
}

TEST(WordsOfAlerts, leave_the_time_out_of_the_subject) {
    EXPECT_EQ(subject(testing::problem()),
              "FAILED db/main: connection refused (shop, web-1), 14 depend on it");
    EXPECT_EQ(subject(testing::worse()), "WORSE db/main: degraded -> failed, no standby (shop)");
    EXPECT_EQ(subject(testing::resolved()), "OK db/main after 41 min (03:12-03:53) (shop)");
}

TEST(WordsOfAlerts, name_the_day_where_it_is_not_the_messages) {
    Alert alert = testing::resolved();
    alert.since = testing::at("2026-11-29T20:00:00Z");
    alert.until = testing::at("2026-11-30T02:00:00Z");
    EXPECT_EQ(line(alert), "OK db/main after 6 h (2026-11-29 21:00-03:00) (shop)");
}

TEST(WordsOfAlerts, use_the_receivers_clock) {
    EXPECT_EQ(words_of(testing::problem(), "UTC").line,
              "FAILED db/main: connection refused (shop, web-1) since 02:12, 14 depend on it");
    EXPECT_EQ(words_of(testing::problem(), "No/Such").line,
              words_of(testing::problem(), "UTC").line);
    EXPECT_EQ(time_in_words(testing::at("2026-07-01T00:00:00Z"), berlin),
              "2026-07-01 02:00:00 +02:00");
    EXPECT_EQ(time_in_words(testing::at("2026-07-01T00:00:00Z"), "America/St_Johns"),
              "2026-06-30 21:30:00 -02:30");
}

TEST(WordsOfAlerts, say_the_other_states) {
    Alert alert = testing::problem();
    alert.level = Status::degraded;
    alert.affected_count = 1;
    EXPECT_EQ(line(alert),
              "DEGRADED db/main: connection refused (shop, web-1) since 03:12, 1 depends on it");
    alert.level = Status::unknown;
    alert.detail.clear();
    alert.affected_count = 0;
    alert.service.clear();
    EXPECT_EQ(line(alert), "UNKNOWN db/main: connect (web-1) since 03:12");
    alert.kind = Kind::steady;
    alert.span = 15min;
    EXPECT_EQ(line(alert), "STEADY db/main: unknown without change for 15 min");
}

TEST(WordsOfAlerts, mark_a_test) {
    Alert alert = testing::problem();
    alert.test = true;
    EXPECT_EQ(line(alert), "TEST db/main: a test message, nothing is wrong (shop, web-1)");
}

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) text::take_code_point(text);
    return count;
}

TEST(WordsOfAlerts, keep_what_counts_within_the_first_120_characters) {
    Alert alert = testing::problem();
    alert.cause = {std::string(128, 'n')};
    alert.detail = std::string(500, 'd');
    alert.service = std::string(80, 's');
    alert.host = std::string(80, 'h');
    alert.since = testing::at("2026-11-28T02:12:07Z");
    for (const Kind kind : {Kind::problem, Kind::worse}) {
        alert.kind = kind;
        alert.level_was = Status::degraded;
        alert.level = Status::degraded;
        const std::string text = line(alert);
        const std::size_t end = text.find("since 2026-11-28 03:12");
        ASSERT_NE(end, std::string::npos) << text;
        EXPECT_LE(characters(text.substr(0, end)) + 22, 120U) << text;
        EXPECT_NE(text.find("dddd"), std::string::npos) << text;
    }
    alert = testing::problem();
    alert.detail = std::string(500, 'd');
    EXPECT_EQ(line(alert), "FAILED db/main: " + std::string(77, 'd') +
                               "… (shop, web-1) since 03:12, 14 depend on it");
}

TEST(WordsOfAlerts, put_everything_else_beneath_the_line) {
    Alert alert = testing::problem();
    alert.attempt = 2;
    alert.may_be_copy = true;
    EXPECT_EQ(plain_text(words_of(alert, berlin)),
              "FAILED db/main: connection refused (shop, web-1) since 03:12, 14 depend on it\n"
              "\n"
              "error class: connect, in phase connect\n"
              "the other side said: \"127.0.0.1:5432\"\n"
              "cause: db/main\n"
              "depend on it: shop/cart, shop/pay and 12 more (14)\n"
              "since: 2026-11-30 03:12:07 +01:00\n"
              "last ok: 2026-11-30 03:11:57 +01:00\n"
              "configuration changed: 2026-11-29 15:00:00 +01:00\n"
              "before it, 03:10: disk/data: ok -> degraded, 91% used\n"
              "component: https://status.example.org/c/db/main\n"
              "acknowledge or silence: https://status.example.org/a/TOKEN\n"
              "runbook: https://wiki.example.org/db\n"
              "\n"
              "vitals 0.1.0 on web-1 watches; message 7f3a-12-ops-1, attempt 2. "
              "A copy of this may follow.\n");
}

TEST(WordsOfAlerts, write_no_link_that_nobody_configured) {
    Alert alert = testing::problem();
    alert.link.clear();
    alert.act_link.clear();
    alert.runbook.clear();
    EXPECT_EQ(plain_text(words_of(alert, berlin)).find("http"), std::string::npos);
    EXPECT_EQ(html_text(words_of(alert, berlin)).find("href"), std::string::npos);
}

TEST(WordsOfAlerts, say_no_more_than_may_be_disclosed) {
    Alert alert = testing::problem();
    alert.error = "THEIRS";
    alert.detail = "OURS";
    const auto told = [&alert](Disclose disclose) {
        return plain_text(words_of(disclosed(alert, disclose), berlin));
    };
    EXPECT_NE(told(Disclose::full).find("THEIRS"), std::string::npos);
    EXPECT_EQ(told(Disclose::detail).find("THEIRS"), std::string::npos);
    EXPECT_NE(told(Disclose::detail).find("OURS"), std::string::npos);
    EXPECT_EQ(told(Disclose::status).find("OURS"), std::string::npos);
    EXPECT_EQ(words_of(disclosed(alert, Disclose::status), berlin).line,
              "FAILED db/main (shop, web-1) since 03:12, 14 depend on it");
}

TEST(WordsOfAlerts, survive_hostile_texts) {
    for (const auto& [name, text] : testing::hostile_texts()) {
        for (auto [kind, alert] : testing::each_kind()) {
            alert.cause = {text};
            alert.detail = text;
            alert.error = text;
            alert.not_told = text;
            const Words words = words_of(alert, berlin);
            EXPECT_TRUE(text::is_utf8(words.line)) << name;
            EXPECT_EQ(words.line.find_first_of("\r\n\t\x1b"), std::string::npos) << name;
            EXPECT_EQ(words.line.find("\xE2\x80\xAE"), std::string::npos) << name;
            EXPECT_LE(characters(words.line), 180U) << name;
            const std::string body = plain_text(words);
            EXPECT_TRUE(text::is_utf8(body)) << name;
            EXPECT_EQ(body.find('\r'), std::string::npos) << name;
            EXPECT_LT(body.size(), 6000U) << name;
            const std::string html = html_text(words);
            EXPECT_EQ(html.find("<b>"), std::string::npos) << name;
            EXPECT_EQ(html.find("</script>"), std::string::npos) << name;
            EXPECT_EQ(html.find("<!channel>"), std::string::npos) << name;
        }
    }
}

TEST(WordsOfAlerts, cut_at_a_characters_border) {
    EXPECT_EQ(fitting("äöü", 3), "äöü");
    EXPECT_EQ(fitting("äöüß", 3), "äö…");
    EXPECT_EQ(fitting("a\nb\xE2\x80\xAE\xFF", 9), "a b\uFFFD\uFFFD");
    EXPECT_EQ(cut_characters("äöüß", 3), "äö…");
    EXPECT_EQ(cut_characters("äö", 3), "äö");
    EXPECT_EQ(cut_bytes("äöüß", 8), "äöüß");
    EXPECT_EQ(cut_bytes("äöüß", 7), "äö…");
    EXPECT_EQ(cut_bytes("äöüß", 6), "ä…");
}

TEST(WordsOfAlerts, say_spans_in_two_units) {
    EXPECT_EQ(span_in_words(0s), "0 s");
    EXPECT_EQ(span_in_words(-5s), "0 s");
    EXPECT_EQ(span_in_words(59s + 900ms), "59 s");
    EXPECT_EQ(span_in_words(2min), "2 min");
    EXPECT_EQ(span_in_words(2min + 30s), "2 min 30 s");
    EXPECT_EQ(span_in_words(41min + 59s), "41 min");
    EXPECT_EQ(span_in_words(3h + 10min + 59s), "3 h 10 min");
    EXPECT_EQ(span_in_words(24h), "1 d");
    EXPECT_EQ(span_in_words(52h + 59min), "2 d 4 h");
}

}  // namespace
}  // namespace vitals::alerts
