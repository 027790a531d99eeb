#include "text/path_url.hpp"

#include <gtest/gtest.h>

namespace vitals::text {
namespace {

TEST(PathUrl, takes_the_path_behind_the_scheme) {
    EXPECT_EQ(path_of_url("file:/etc/hosts").value(), "/etc/hosts");
    EXPECT_EQ(path_of_url("file:///etc/hosts").value(), "/etc/hosts");
    EXPECT_EQ(path_of_url("file://localhost/etc/hosts").value(), "/etc/hosts");
    EXPECT_EQ(path_of_url("disk:/").value(), "/");
    EXPECT_EQ(path_of_url("file:backup.tar").value(), "backup.tar");
}

TEST(PathUrl, decodes_what_is_encoded) {
    EXPECT_EQ(path_of_url("file:/a%20b%25c").value(), "/a b%c");
    EXPECT_EQ(path_of_url("file:/a b").value(), "/a b");
}

TEST(PathUrl, says_what_is_wrong) {
    EXPECT_EQ(path_of_url("file://server/share").error(),
              "a path follows the scheme, not a host: write file:/path");
    EXPECT_EQ(path_of_url("file:").error(), "the path is missing");
    EXPECT_EQ(path_of_url("file:/a%2").error(),
              "% is followed by two hexadecimal digits: write %25 for itself");
    EXPECT_EQ(path_of_url("file:/a%zz").error(),
              "% is followed by two hexadecimal digits: write %25 for itself");
    EXPECT_EQ(path_of_url("file:/a%00b").error(), "a path holds no NUL");
    EXPECT_EQ(path_of_url("/etc/hosts").error(), "expected scheme:/path");
}

}  // namespace
}  // namespace vitals::text
