// The kinds that speak to PostgreSQL share its URLs.
#include <gtest/gtest.h>

#include "crud.hpp"
#include "postgres.hpp"
#include "replication.hpp"

namespace vitals::checks::postgres {
namespace {

TEST(PostgresUrl, names_the_kind_before_a_plus) {
    ReplicationOptions replication;
    EXPECT_EQ(replication_kind.from_url(&replication, "replication+postgresql://a:b+c@d:1/e"), "");
    EXPECT_EQ(replication.url, "postgresql://a:b+c@d:1/e");
    CrudOptions crud;
    EXPECT_EQ(crud_kind.from_url(&crud, "crud+postgres://a:b@d"), "");
    EXPECT_EQ(crud.url, "postgres://a:b@d");
    Options plain;
    EXPECT_EQ(kind.from_url(&plain, "postgresql://a:b+c@d"), "");
    EXPECT_EQ(plain.url, "postgresql://a:b+c@d");
    EXPECT_NE(crud_kind.from_url(&crud, "crud+http://d"), "");
}

}  // namespace
}  // namespace vitals::checks::postgres
