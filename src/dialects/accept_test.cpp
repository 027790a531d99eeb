// Negotiation of the content type.
#include "dialects/accept.hpp"

#include <gtest/gtest.h>

#include <array>

namespace vitals::dialects {
namespace {

constexpr std::array<std::string_view, 2> offers{"text/plain; version=0.0.4; charset=utf-8",
                                                 "application/openmetrics-text; version=1.0.0"};

TEST(Accept, chooses_by_quality) {
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

TEST(Accept, reads_what_scrapers_send) {
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

TEST(Accept, survives_any_header) {
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

}  // namespace
}  // namespace vitals::dialects
