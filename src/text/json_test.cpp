// JSON as a client would read it.
#include "text/json.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace vitals::text {
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

TEST(JsonWriter, writes_compact_by_default) {
    EXPECT_EQ(sample(compact_json),
              "{\"list\":[1,\"two\",true,[],{\"a\":0.1},null],"
              "\"caf\xc3\xa9\":\"\xf0\x9f\x92\x93\x7f\"}");
}

TEST(JsonWriter, writes_as_python_does) {
    EXPECT_EQ(sample(python_json), R"({"list": [1, "two", true, [], {"a": 0.1}, null], )"
                                   R"("caf\u00e9": "\ud83d\udc93\u007f"})");
}

std::string text(std::string_view value) {
    std::string out;
    JsonWriter(out).value(value);
    return out;
}

TEST(JsonWriter, escapes_what_json_forbids) {
    EXPECT_EQ(text("\"\\\b\f\n\r\t\x01\x1f"), R"("\"\\\b\f\n\r\t\u0001\u001f")");
    EXPECT_EQ(text("</script>"), "\"</script>\"");
}

TEST(JsonWriter, replaces_what_is_not_utf8) {
    EXPECT_EQ(text("a\xff\x62"), "\"a\xef\xbf\xbd\x62\"");
    EXPECT_EQ(text("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // overlong
    EXPECT_EQ(text("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // surrogate
    EXPECT_EQ(text("\xe2\x82"), "\"\xef\xbf\xbd\"");                              // cut short
    EXPECT_EQ(text("\xf4\x90\x80\x80").substr(0, 4), "\"\xef\xbf\xbd");           // beyond U+10FFFF
    EXPECT_EQ(text("\xe2\x82\xac"), "\"\xe2\x82\xac\"");
}

TEST(JsonWriter, writes_finite_numbers_only) {
    std::string out;
    JsonWriter writer(out);
    writer.array().value(std::numeric_limits<double>::quiet_NaN());
    writer.value(std::numeric_limits<double>::infinity()).value(1e300).value(-3);
    writer.value(std::numeric_limits<std::uint64_t>::max()).end_array();
    EXPECT_EQ(out, "[null,null,1e+300,-3,18446744073709551615]");
}

TEST(JsonWriter, writes_plain_numbers) {
    EXPECT_EQ(plain_number(10), "10");
    EXPECT_EQ(plain_number(0.0004), "0.0004");
    EXPECT_EQ(plain_number(100000), "100000");
    EXPECT_EQ(plain_number(-0.1), "-0.1");
    EXPECT_EQ(plain_number(0), "0");
    EXPECT_EQ(plain_number(1e-7), "1e-07");
    EXPECT_EQ(plain_number(1e15), "1e+15");
}

TEST(JsonWriter, writes_durations_in_seconds_of_at_most_six_places) {
    std::string out;
    JsonWriter(out).array().value(10s).value(1500us).value(1234567891ns).value(-2ms).end_array();
    EXPECT_EQ(out, "[10,0.0015,1.234568,-0.002]");
}

TEST(JsonWriter, indents_when_asked_to) {
    std::string out;
    JsonWriter json(out, indented_json);
    json.object().member("a", 1).key("b").array().value("x").object().end_object().end_array();
    json.key("c").array().end_array().end_object();
    EXPECT_EQ(out, "{\n  \"a\": 1,\n  \"b\": [\n    \"x\",\n    {}\n  ],\n  \"c\": []\n}");
}

}  // namespace
}  // namespace vitals::text
