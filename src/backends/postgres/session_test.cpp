#include "session.hpp"

#include <gtest/gtest.h>

namespace vitals::backends::postgres {
namespace {

TEST(PostgresNames, are_quoted) {
    EXPECT_EQ(quoted_name("vitals_probe"), R"("vitals_probe")");
    EXPECT_EQ(quoted_name("own.vitals_probe"), R"("own"."vitals_probe")");
    EXPECT_EQ(quoted_name(R"(a"; DROP TABLE b)"), R"("a""; DROP TABLE b")");
}

}  // namespace
}  // namespace vitals::backends::postgres
