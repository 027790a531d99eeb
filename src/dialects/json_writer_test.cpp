// JSON, escapes and negotiation: what a client would read.
#include "dialects/json_writer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "dialects/accept.hpp"
#include "dialects/escape.hpp"
#include "dialects/spoken.hpp"

namespace vitals::dialects {
namespace {

using namespace std::chrono_literals;

std::string sample(JsonStyle style) {
    std::string out;
    JsonWriter writer(out, style);
    writer.object();
    writer.key("list").array().value(1).value("two").value(true).array().end_array();
    writer.object().member("a", 0.1).end_object().null().end_array();
    writer.member("caf\xc3\xa9", "\xf0\x9f\x92\x93\x7f");
    writer.end_object();
    return out;
}

TEST(JsonWriter, WritesCompactByDefault) {
    EXPECT_EQ(sample(compact_json),
              "{\"list\":[1,\"two\",true,[],{\"a\":0.1},null],"
              "\"caf\xc3\xa9\":\"\xf0\x9f\x92\x93\x7f\"}");
}

TEST(JsonWriter, WritesAsPythonDoes) {
    EXPECT_EQ(sample(python_json), R"({"list": [1, "two", true, [], {"a": 0.1}, null], )"
                                   R"("caf\u00e9": "\ud83d\udc93\u007f"})");
}

std::string text(std::string_view value) {
    std::string out;
    JsonWriter(out).value(value);
    return out;
}

TEST(JsonWriter, EscapesWhatJsonForbids) {
    EXPECT_EQ(text("\"\\\b\f\n\r\t\x01\x1f"), R"("\"\\\b\f\n\r\t\u0001\u001f")");
    EXPECT_EQ(text("</script>"), "\"</script>\"");
}

TEST(JsonWriter, ReplacesWhatIsNotUtf8) {
    EXPECT_EQ(text("a\xff\x62"), "\"a\xef\xbf\xbd\x62\"");
    EXPECT_EQ(text("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // overlong
    EXPECT_EQ(text("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // surrogate
    EXPECT_EQ(text("\xe2\x82"), "\"\xef\xbf\xbd\"");                              // cut short
    EXPECT_EQ(text("\xf4\x90\x80\x80").substr(0, 4), "\"\xef\xbf\xbd");           // beyond U+10FFFF
    EXPECT_EQ(text("\xe2\x82\xac"), "\"\xe2\x82\xac\"");
}

TEST(JsonWriter, WritesFiniteNumbersOnly) {
    std::string out;
    JsonWriter writer(out);
    writer.array().value(std::numeric_limits<double>::quiet_NaN());
    writer.value(std::numeric_limits<double>::infinity()).value(1e300).value(-3);
    writer.value(std::numeric_limits<std::uint64_t>::max()).end_array();
    EXPECT_EQ(out, "[null,null,1e+300,-3,18446744073709551615]");
}

TEST(JsonWriter, WritesAnyProperty) {
    std::string out;
    JsonWriter writer(out);
    writer.array().value(Value(std::string("x"))).value(Value(true)).value(Value(std::int64_t{7}));
    writer.value(Value(2.5)).end_array();
    EXPECT_EQ(out, R"(["x",true,7,2.5])");
}

TEST(Escape, LeavesNoWayOutOfHtml) {
    EXPECT_EQ(html("<a href='x' on=\"y\">&\x01\xff\n"),
              "&lt;a href=&#39;x&#39; on=&quot;y&quot;&gt;&amp;\xef\xbf\xbd\xef\xbf\xbd\n");
}

TEST(Escape, LeavesNoWayOutOfALabelOrALine) {
    std::string label;
    append_label(label, "a\"b\\c\nd\re");
    EXPECT_EQ(label, "a\\\"b\\\\c\\nd\xef\xbf\xbd\x65");
    EXPECT_EQ(one_line("a\tb\r\nc\x7f"), "a b  c ");
    EXPECT_EQ(plain_text("a\nb\x1b"), "a\nb\xef\xbf\xbd");
    EXPECT_EQ(url_component("a b/\xc3\xa9"), "a%20b%2F%C3%A9");
}

constexpr std::array<std::string_view, 2> offers{"text/plain; version=0.0.4; charset=utf-8",
                                                 "application/openmetrics-text; version=1.0.0"};

TEST(Accept, ChoosesByQuality) {
    EXPECT_EQ(negotiate("", offers), 0u);
    EXPECT_EQ(negotiate("*/*", offers), 0u);
    EXPECT_EQ(negotiate("application/*", offers), 1u);
    EXPECT_EQ(negotiate("application/*;q=0.2, text/plain;q=0.1", offers), 1u);
    EXPECT_EQ(negotiate("APPLICATION/OpenMetrics-Text, text/plain", offers), 0u);
    EXPECT_EQ(negotiate("application/openmetrics-text;q=0, */*", offers), 0u);
    EXPECT_EQ(negotiate("text/plain;q=0, */*;q=0.1", offers), 1u);
    EXPECT_EQ(negotiate("image/png", offers), std::nullopt);
    EXPECT_EQ(negotiate("text/plain;q=0,application/openmetrics-text;q=0.000", offers),
              std::nullopt);
}

TEST(Accept, ReadsWhatScrapersSend) {
    EXPECT_EQ(negotiate("application/openmetrics-text;version=1.0.0;q=0.5,"
                        "application/openmetrics-text;version=0.0.1;q=0.4,"
                        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                        offers),
              1u);
    EXPECT_EQ(negotiate("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                        offers),
              1u);
    EXPECT_EQ(negotiate("application/openmetrics-text;version=0.0.1,text/plain;q=0.2", offers), 0u);
    EXPECT_EQ(negotiate("text/plain;version=\"0.0.4\"", offers), 0u);
}

TEST(Accept, SurvivesAnyHeader) {
    constexpr std::array<std::string_view, 2> pictures{"application/json", "image/gif"};
    EXPECT_EQ(negotiate("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", pictures), 1u);
    EXPECT_EQ(negotiate("*", pictures), 0u);
    EXPECT_EQ(negotiate("garbage", pictures), 0u);
    EXPECT_EQ(negotiate(",,;;=,/,a/,/b,\"", pictures), 0u);
    EXPECT_EQ(negotiate("image/gif;q=nan", pictures), 1u);
    EXPECT_EQ(negotiate("image/gif;q=9, application/json;q=-1", pictures), 0u);
    EXPECT_EQ(negotiate("application/json;x=\"a,b;q=0\", image/gif;q=0.9", pictures), 0u);
    EXPECT_EQ(negotiate("  image/gif ; q = 1 ", pictures), 1u);
}

TEST(Spoken, SaysFiguresAsPeopleDo) {
    EXPECT_EQ(spoken_age(-3s), "0 s");
    EXPECT_EQ(spoken_age(119s), "119 s");
    EXPECT_EQ(spoken_age(5min), "5 min");
    EXPECT_EQ(spoken_age(3h), "3 h");
    EXPECT_EQ(spoken_age(100h), "4 d");
    EXPECT_EQ(spoken_duration(380us), "0.4 ms");
    EXPECT_EQ(spoken_duration(12'340us), "12 ms");
    EXPECT_EQ(spoken_duration(1'200ms), "1.2 s");
    EXPECT_EQ(counted(1, "check"), "1 check");
    EXPECT_EQ(counted(0, "check"), "0 checks");
}

}  // namespace
}  // namespace vitals::dialects
