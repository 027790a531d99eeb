#include "text/percent.hpp"

#include <gtest/gtest.h>

namespace vitals::text {
namespace {

TEST(PercentEncoding, encodes_all_that_a_path_or_query_would_interpret) {
    EXPECT_EQ(percent_encoded("databases/default"), "databases%2Fdefault");
    EXPECT_EQ(percent_encoded("a b&c=d?e#f%+"), "a%20b%26c%3Dd%3Fe%23f%25%2B");
    EXPECT_EQ(percent_encoded("grün~-._"), "gr%C3%BCn~-._");
    EXPECT_EQ(percent_encoded("a/b c", "/"), "a/b%20c");
}

TEST(PercentEncoding, is_decoded_or_refused) {
    EXPECT_EQ(percent_decoded("gr%C3%BCn%2f"), "grün/");
    EXPECT_EQ(percent_decoded("a%00b"), std::string("a\0b", 3));
    for (const char* bad : {"%", "%4", "%zz", "a%4g", "%%41"})
        EXPECT_FALSE(percent_decoded(bad)) << bad;
}

TEST(PercentEncoding, can_leave_an_invalid_escape_as_it_is) {
    EXPECT_EQ(percent_decoded_where_valid("unknown%20service%"), "unknown service%");
    EXPECT_EQ(percent_decoded_where_valid("%zz%4"), "%zz%4");
}

}  // namespace
}  // namespace vitals::text
