#include "postgres_crud.hpp"

#include <gtest/gtest.h>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "fake_postgres.hpp"
#include "url_of.hpp"

namespace vitals::checks::postgres_crud {
namespace {

using namespace vitals::testing;

using namespace testing::postgres;

class PostgresCrud : public PostgresTest {};

TEST_F(PostgresCrud, a_row_that_does_not_come_back_fails) {
    Options options;
    const auto outcome = [&] { return run(kind, options); };
    server_.answers["INSERT"] = result({}, "INSERT 0 1");
    server_.answers["SELECT value"] = result({"another"}, "SELECT 1");
    expect_failed(outcome(), ErrorClass::assertion, "retrieve",
                  "the row holds something else than was written");
    server_.answers["SELECT value"] = result({}, "SELECT 0");
    expect_failed(outcome(), ErrorClass::assertion, "retrieve",
                  "the row that was written is not there");
    server_.answers["INSERT"] = result({}, "INSERT 0 0");
    expect_failed(outcome(), ErrorClass::assertion, "create", "the row was not created");
    server_.answers["INSERT"] = error("53100", "could not extend file");
    expect_failed(outcome(), ErrorClass::assertion, "create", "refuses writes: disk is full");
}

TEST(PostgresCrudOptions, are_checked) {
    Options options;
    options.url = "postgresql://u@h";
    options.table = "a.b.c";
    EXPECT_EQ(problem_of(kind, &options),
              "table: is no name of a table; expected table or schema.table");
}

TEST(PostgresCrudOptions, come_from_a_url_that_names_the_kind_before_a_plus) {
    EXPECT_EQ(testing::url_of<Options>(kind, "crud+postgres://a:b@d"), "postgres://a:b@d");
    Options options;
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "crud+http://d"));
}

}  // namespace
}  // namespace vitals::checks::postgres_crud
