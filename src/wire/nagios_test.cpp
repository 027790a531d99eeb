#include "wire/nagios.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace vitals::wire {
namespace {

NagiosRange range(std::string_view text) {
    const auto parsed = parse_nagios_range(text);
    EXPECT_TRUE(parsed.has_value()) << text;
    return parsed.value_or(NagiosRange{});
}

TEST(NagiosRange, a_bare_number_is_zero_to_that) {
    EXPECT_FALSE(range("10").alerts(0));
    EXPECT_FALSE(range("10").alerts(10));
    EXPECT_TRUE(range("10").alerts(10.001));
    EXPECT_TRUE(range("10").alerts(-0.001));
}

TEST(NagiosRange, an_open_end_has_no_upper_bound) {
    EXPECT_TRUE(range("10:").alerts(9.9));
    EXPECT_FALSE(range("10:").alerts(1e300));
}

TEST(NagiosRange, a_tilde_has_no_lower_bound) {
    EXPECT_FALSE(range("~:10").alerts(-1e300));
    EXPECT_TRUE(range("~:10").alerts(11));
    EXPECT_FALSE(range("~:").alerts(3));
}

TEST(NagiosRange, both_ends_belong_to_it) {
    EXPECT_FALSE(range("10:20").alerts(10));
    EXPECT_FALSE(range("10:20").alerts(20));
    EXPECT_TRUE(range("10:20").alerts(20.5));
    EXPECT_FALSE(range(":20").alerts(0));
    EXPECT_TRUE(range(":20").alerts(-1));
    EXPECT_TRUE(range("-5:-1").alerts(0));
}

TEST(NagiosRange, an_at_sign_turns_it_round) {
    EXPECT_TRUE(range("@10:20").alerts(10));
    EXPECT_TRUE(range("@10:20").alerts(20));
    EXPECT_FALSE(range("@10:20").alerts(21));
    EXPECT_TRUE(range("@0").alerts(0));
}

TEST(NagiosRange, what_is_no_range_is_nothing) {
    for (const char* text : {"", "@", ":", "20:10", "abc", "1:2:3", "1;2", "nan", "inf", "10:~",
                             "1 :2", "--1", "0x10", "1e999"}) {
        EXPECT_FALSE(parse_nagios_range(text).has_value()) << text;
    }
}

TEST(PluginOutput, reads_a_line_of_check_load) {
    const PluginOutput output = parse_plugin_output(
        "OK - load average: 0.50, 0.40, 0.30|load1=0.500;15.000;30.000;0; load5=0.400;10;25;0;8\n");
    EXPECT_EQ(output.text, "OK - load average: 0.50, 0.40, 0.30");
    EXPECT_EQ(output.long_text, "");
    ASSERT_EQ(output.perfdata.size(), 2u);
    const PerfDatum& first = output.perfdata[0];
    EXPECT_EQ(first.label, "load1");
    EXPECT_DOUBLE_EQ(first.value, 0.5);
    EXPECT_EQ(first.unit, "");
    EXPECT_EQ(first.warning, range("15"));
    EXPECT_EQ(first.critical, range("30"));
    EXPECT_EQ(first.least, 0.0);
    EXPECT_FALSE(first.most.has_value());
    EXPECT_EQ(output.perfdata[1].most, 8.0);
    EXPECT_EQ(output.skipped, 0u);
}

TEST(PluginOutput, reads_quoted_labels_and_units) {
    const PluginOutput output =
        parse_plugin_output("x | 'it''s = /var lib'=2643MB;5948;5958;0;5968 /=12% t=-1.5e-3s n=7c");
    ASSERT_EQ(output.perfdata.size(), 4u);
    EXPECT_EQ(output.perfdata[0].label, "it's = /var lib");
    EXPECT_EQ(output.perfdata[0].unit, "MB");
    EXPECT_EQ(output.perfdata[1].label, "/");
    EXPECT_EQ(output.perfdata[1].unit, "%");
    EXPECT_DOUBLE_EQ(output.perfdata[2].value, -0.0015);
    EXPECT_EQ(output.perfdata[2].unit, "s");
    EXPECT_EQ(output.perfdata[3].unit, "c");
}

TEST(PluginOutput, joins_performance_data_of_later_lines) {
    const PluginOutput output = parse_plugin_output(
        "DISK OK|/=2643MB\n/ 15272 MB (77%);\n/boot 68 MB (69%);\n| /boot=68MB;88;93\n/home=1MB\n");
    EXPECT_EQ(output.text, "DISK OK");
    EXPECT_EQ(output.long_text, "/ 15272 MB (77%);\n/boot 68 MB (69%);");
    ASSERT_EQ(output.perfdata.size(), 3u);
    EXPECT_EQ(output.perfdata[1].label, "/boot");
    EXPECT_EQ(output.perfdata[2].label, "/home");
}

TEST(PluginOutput, skips_what_is_no_measurement_and_reads_on) {
    const PluginOutput output = parse_plugin_output(
        "x|a=U b=1,5s time 12 =3 '=4 c= d=nan 'open=1 e=1e999 clock=12:30 version=1.2.3 dots=1.. "
        "ok=1");
    ASSERT_EQ(output.perfdata.size(), 1u);
    EXPECT_EQ(output.perfdata[0].label, "ok");
    EXPECT_EQ(output.skipped, 13u);
}

TEST(PluginOutput, a_threshold_that_is_none_does_not_lose_the_value) {
    const PluginOutput output = parse_plugin_output("x|a=1;warm;9:1;;");
    ASSERT_EQ(output.perfdata.size(), 1u);
    EXPECT_FALSE(output.perfdata[0].warning.has_value());
    EXPECT_FALSE(output.perfdata[0].critical.has_value());
}

TEST(PluginOutput, takes_no_more_than_the_limit) {
    const PluginOutput output = parse_plugin_output("x|a=1 b=2 c=3", 2);
    EXPECT_EQ(output.perfdata.size(), 2u);
    EXPECT_EQ(output.skipped, 1u);
}

TEST(PluginOutput, is_empty_without_output) {
    for (const char* text : {"", "\n", "|", "|\n|", " | \n"}) {
        const PluginOutput output = parse_plugin_output(text);
        EXPECT_EQ(output.text, "") << text;
        EXPECT_TRUE(output.perfdata.empty()) << text;
    }
}

TEST(Printable, leaves_text_alone_and_trims_its_ends) {
    EXPECT_EQ(printable("  Größe 42 € 🙂\r\n", 100), "Größe 42 € 🙂");
}

TEST(Printable, makes_control_characters_blanks) {
    EXPECT_EQ(printable("a\x1b[31mb\tc\nd\x7f"
                        "e",
                        100),
              "ab c d e");
    // Colours, a title, a character set, an unfinished one.
    EXPECT_EQ(printable("\x1b[1;32mOK\x1b[0m - fine \x1b[0m", 100), "OK - fine");
    EXPECT_EQ(printable("\x1b]0;title\aOK\x1b]2;t\x1b\\ on\x1b(B\x1b", 100), "OK on");
    EXPECT_EQ(printable("OK \x1b[38;5", 100), "OK");
    EXPECT_EQ(printable("a\xc2\x9b"
                        "b\xe2\x80\xae"
                        "c",
                        100),
              "a b c");
}

TEST(Printable, replaces_what_is_no_utf8) {
    EXPECT_EQ(printable("a\xff"
                        "b\xc3",
                        100),
              "a\xef\xbf\xbd"
              "b\xef\xbf\xbd");
    EXPECT_EQ(printable("\xed\xa0\x80", 100), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(printable("\xc0\xaf", 100), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Printable, cuts_between_characters) {
    EXPECT_EQ(printable("ab€", 4), "ab…");
    EXPECT_EQ(printable("ab€", 5), "ab€");
}

}  // namespace
}  // namespace vitals::wire
