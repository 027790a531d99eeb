#include "wire/lsyncd.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::lsyncd {
namespace {

// As lsyncd 2.2.3 wrote it, with a second sync.
constexpr std::string_view written =
    "Lsyncd status report at Fri Nov 20 23:54:24 2026\n\n"
    "Sync1 source=/srv/a/\nThere are 4 delays\nwait   Create /a.txt\nwait   Modify /a.txt\n"
    "active Modify /a.txt\nwait   Create /There are 9 delays\nFiltering:\n  nothing.\n\n\n"
    "Sync2 source=/srv/b/\nThere are 1 delays\nwait   Create /b\nFiltering:\n  nothing.\n\n\n"
    "Inotify watching 3 directories\n  1: /srv/a/\n";

TEST(LsyncdStatus, delays_of_all_syncs_are_summed) {
    const auto report = parse_status(written);
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->syncs, 2);
    EXPECT_EQ(report->delays, 5);
}

TEST(LsyncdStatus, a_piece_of_it_is_never_taken_for_the_whole) {
    const std::size_t last_words = written.find("directories\n") + 12;
    for (std::size_t size = 0; size < last_words; ++size) {
        const auto report = parse_status(written.substr(0, size));
        ASSERT_FALSE(report.has_value()) << size;
        EXPECT_EQ(report.error(), Fault::incomplete) << size;
    }
    EXPECT_EQ(parse_status(written.substr(0, last_words))->delays, 5);
}

TEST(LsyncdStatus, another_file_is_refused) {
    for (const char* text : {"x", "lsyncd", "There are 2 delays\nInotify watching 1\n"}) {
        const auto report = parse_status(text);
        ASSERT_FALSE(report.has_value()) << text;
        EXPECT_EQ(report.error(), Fault::foreign) << text;
    }
}

TEST(LsyncdStatus, numbers_that_cannot_be_are_not_counted) {
    const std::string head = "Lsyncd status report at now\n";
    const std::string tail = "Inotify watching 1 directories\n";
    EXPECT_EQ(parse_status(head + "There are -1 delays\n" + tail)->syncs, 0);
    EXPECT_EQ(parse_status(head + "There are 99999999999999999999 delays\n" + tail)->syncs, 0);
    EXPECT_EQ(parse_status(head + "There are 1 delays of mine\n" + tail)->syncs, 0);
    const std::string most = "There are 9223372036854775807 delays\n";
    EXPECT_FALSE(parse_status(head + most + most + tail).has_value());
}

TEST(LsyncdCanary, is_read_as_it_was_written) {
    const std::string text = canary_text({.since = 1, .written = 1795278516365});
    EXPECT_EQ(text, "vitals canary 000000000000001 001795278516365\n");
    const auto canary = parse_canary(text);
    ASSERT_TRUE(canary);
    EXPECT_EQ(canary->since, 1);
    EXPECT_EQ(canary->written, 1795278516365);
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse_canary(text.substr(0, size))) << size;
    EXPECT_FALSE(parse_canary(text + "\n"));
    EXPECT_FALSE(parse_canary("vitals canary 00000000000-001 001795278516365\n"));
    EXPECT_FALSE(parse_canary(std::string(text.size(), '7')));
}

TEST(LsyncdCanary, waits_for_the_first_that_did_not_arrive) {
    const auto since = [](const std::optional<Canary>& mine, const std::optional<Canary>& copy,
                          std::int64_t started = 0) {
        const Canary next = next_canary(mine, copy, started, 1000);
        EXPECT_EQ(next.written, 1000);
        return next.since;
    };
    EXPECT_EQ(since({}, {}), 1000);                      // the first
    EXPECT_EQ(since({{100, 900}}, {}), 100);             // none ever arrived
    EXPECT_EQ(since({{100, 900}}, {{10, 90}}), 100);     // none since then
    EXPECT_EQ(since({{100, 900}}, {{100, 100}}), 1000);  // the first did, though not the last
    EXPECT_EQ(since({{100, 900}}, {{100, 900}}), 1000);
    EXPECT_EQ(since({{100, 900}}, {}, 700), 700);  // lsyncd did not run then
    EXPECT_EQ(since({{2000, 3000}}, {}), 1000);    // the clock was set back
    EXPECT_EQ(since({{100, 900}}, {}, 5000), 1000);
}

}  // namespace
}  // namespace vitals::wire::lsyncd
