// Durations, sizes and percentages as they are written in files and shown to people.
#include "model/description.hpp"

#include <array>

#include <gtest/gtest.h>

namespace vitals {
namespace {

using std::chrono::milliseconds;

TEST(Durations, are_a_number_with_a_unit) {
    EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
    EXPECT_EQ(parse_duration("10s"), milliseconds(10'000));
    EXPECT_EQ(parse_duration("5m"), milliseconds(300'000));
    EXPECT_EQ(parse_duration("1h"), milliseconds(3'600'000));
    EXPECT_EQ(parse_duration("30d"), milliseconds(2'592'000'000));
    EXPECT_EQ(parse_duration("0.1s"), milliseconds(100));
    EXPECT_EQ(parse_duration("1.5m"), milliseconds(90'000));
    EXPECT_EQ(parse_duration("0s"), milliseconds(0));
}

TEST(Durations, refuse_what_is_ambiguous_or_too_small_or_too_large) {
    for (const char* text : {"", "10", "s", "-1s", "+1s", "1 s", "10S", "1h30m", "1.s", ".5s",
                             "1e3s", "infs", "nans", "0x10s", "0.1ms", "99999999999999999999s",
                             "9223372036854775808ms", "106751991168d", "10s "})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    EXPECT_EQ(parse_duration("9223372036854775807ms"), milliseconds::max());
}

TEST(Durations, are_shown_in_the_largest_unit_that_fits) {
    EXPECT_EQ(format_duration(milliseconds(0)), "0s");
    EXPECT_EQ(format_duration(milliseconds(250)), "250ms");
    EXPECT_EQ(format_duration(milliseconds(1'500)), "1500ms");
    EXPECT_EQ(format_duration(milliseconds(10'000)), "10s");
    EXPECT_EQ(format_duration(milliseconds(90'000)), "90s");
    EXPECT_EQ(format_duration(milliseconds(3'600'000)), "1h");
    EXPECT_EQ(format_duration(milliseconds(2'592'000'000)), "30d");
}

TEST(Sizes, take_binary_and_decimal_units_and_plain_bytes) {
    EXPECT_EQ(parse_size("512KiB"), Size{512 * 1024});
    EXPECT_EQ(parse_size("10GiB"), Size{10ull << 30});
    EXPECT_EQ(parse_size("1.5MiB"), Size{1'572'864});
    EXPECT_EQ(parse_size("2MB"), Size{2'000'000});
    EXPECT_EQ(parse_size("4096"), Size{4096});
    EXPECT_EQ(parse_size("4096B"), Size{4096});
    EXPECT_EQ(parse_size("18446744073709551615"), Size{18446744073709551615ull});
}

TEST(Sizes, refuse_any_other_text) {
    for (const char* text : {"", "KiB", "10G", "10gib", "-1", "1.5", "0.1B", "1 KiB", "inf",
                             "18446744073709551616", "16777216TiB"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(Sizes, are_shown_in_the_largest_binary_unit_that_fits) {
    EXPECT_EQ(format_size(Size{0}), "0B");
    EXPECT_EQ(format_size(Size{1000}), "1000B");
    EXPECT_EQ(format_size(Size{512 * 1024}), "512KiB");
    EXPECT_EQ(format_size(Size{1ull << 30}), "1GiB");
}

TEST(Percentages, lie_between_0_and_100) {
    EXPECT_EQ(parse_percentage("90%"), Percentage{90});
    EXPECT_EQ(parse_percentage("99.5%"), Percentage{99.5});
    EXPECT_EQ(parse_percentage("0%"), Percentage{0});
    EXPECT_EQ(parse_percentage("100%"), Percentage{100});
    for (const char* text : {"", "%", "90", "101%", "-1%", "90 %", "nan%", "1e1%"})
        EXPECT_EQ(parse_percentage(text), std::nullopt) << text;
}

struct Inner {
    std::string ca;
    bool verify = true;
};
constexpr std::array inner_fields = {
    field<&Inner::ca>("ca", "Which authorities to trust."),
    field<&Inner::verify>("verify", "Whether to look."),
};
struct Sample {
    std::string url = "tcp://x";
    std::vector<std::string> list = {"a", "b"};
    std::int64_t lines = 3;
    double load = 1.5;
    std::optional<milliseconds> every;
    Percentage above{90};
    Secret password;
    SecretMap headers;
    TextMap expect = {{"a", "1"}};
    Inner tls;
};
constexpr std::array sample_fields = {
    field<&Sample::url>("url", "Where."),
    field<&Sample::list>("list", "What."),
    field<&Sample::lines>("lines", "How many."),
    field<&Sample::load>("load", "How much."),
    field<&Sample::every>("every", "How often."),
    field<&Sample::above>("above", "From when."),
    field<&Sample::password>("password", "The secret."),
    field<&Sample::headers>("headers", "Headers."),
    field<&Sample::expect>("expect", "Expected."),
    field<&Sample::tls>("tls", "TLS.", {.members = inner_fields}),
};

std::string shown(Sample& sample, std::size_t at) {
    return format_value(sample_fields[at], sample_fields[at].peek(ObjectRef(sample)));
}

TEST(Values, are_shown_as_they_are_written) {
    Sample sample;
    EXPECT_EQ(shown(sample, 0), "tcp://x");
    EXPECT_EQ(shown(sample, 1), "[a, b]");
    EXPECT_EQ(shown(sample, 2), "3");
    EXPECT_EQ(shown(sample, 3), "1.5");
    EXPECT_EQ(shown(sample, 4), "");
    sample.every = milliseconds(5'000);
    EXPECT_EQ(shown(sample, 4), "5s");
    EXPECT_EQ(shown(sample, 5), "90%");
    EXPECT_EQ(shown(sample, 8), "{a: 1}");
    EXPECT_EQ(shown(sample, 9), "{verify: true}");
}

TEST(Values, never_reveal_a_secret) {
    Sample sample;
    EXPECT_EQ(shown(sample, 6), "");
    sample.password = Secret("hunter2");
    sample.headers.emplace_back("Authorization", Secret("hunter2"));
    EXPECT_EQ(shown(sample, 6), "***");
    EXPECT_EQ(shown(sample, 7), "{Authorization: ***}");
}

}  // namespace
}  // namespace vitals
