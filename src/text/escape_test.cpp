// Text made safe for its place.
#include "text/escape.hpp"

#include <gtest/gtest.h>

namespace vitals::text {
namespace {

TEST(Escape, leaves_no_way_out_of_html) {
    EXPECT_EQ(html("<a href='x' on=\"y\">&\x01\xff\n"),
              "&lt;a href=&#39;x&#39; on=&quot;y&quot;&gt;&amp;\xef\xbf\xbd\xef\xbf\xbd\n");
}

TEST(Escape, leaves_no_way_out_of_a_label_or_a_line) {
    std::string label;
    append_label(label, "a\"b\\c\nd\re");
    EXPECT_EQ(label, "a\\\"b\\\\c\\nd\xef\xbf\xbd\x65");
    EXPECT_EQ(one_line("a\tb\r\nc\x7f"), "a b  c ");
    EXPECT_EQ(plain_text("a\nb\x1b"), "a\nb\xef\xbf\xbd");
}

}  // namespace
}  // namespace vitals::text
