#include "text/bare_host.hpp"

#include <gtest/gtest.h>

namespace vitals::text {
namespace {

TEST(BareHost, is_a_host_without_a_scheme) {
    for (const char* text : {"example.org", "example.org/health", "127.0.0.1:5432", "db:5432",
                             "localhost", "localhost:80/x", "[::1]:6379"})
        EXPECT_TRUE(bare_host(text)) << text;
    EXPECT_EQ(bare_host("127.0.0.1:5432")->port, 5432);
    EXPECT_EQ(bare_host("127.0.0.1:5432")->host, "127.0.0.1");
    EXPECT_EQ(bare_host("[::1]:6379")->host, "[::1]");
    EXPECT_TRUE(bare_host("[::1]:6379")->is_local);
    EXPECT_FALSE(bare_host("example.org")->is_local);
    EXPECT_EQ(bare_host("example.org")->port, std::nullopt);
}

TEST(BareHost, is_no_other_text) {
    for (const char* text :
         {"", "disk", "databases/default", "databases/*", "*.example.org", "user:pw@db:5432",
          "db:http", "db:0", "db:65536", "db:5432x", "tag:storage", "http://h", "a b.c", "h.x?p=1",
          "[::1", "end.", ".hidden.x", "-v.x", "/etc/x.y"})
        EXPECT_FALSE(bare_host(text)) << text;
}

}  // namespace
}  // namespace vitals::text
