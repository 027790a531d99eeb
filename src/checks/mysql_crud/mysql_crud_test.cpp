#include "mysql_crud.hpp"

#include <gtest/gtest.h>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "fake_mysql.hpp"
#include "url_of.hpp"

namespace vitals::checks::mysql_crud {
namespace {

using namespace std::chrono_literals;
using namespace testing::mysql;
using namespace vitals::testing;

class MysqlCrud : public ::testing::Test {
  protected:
    MysqlCrud() {
        server_.answers["SELECT CONNECTION_ID"] = table({"id"}, {{"7"}});
        for (const char* good : {"START", "INSERT", "UPDATE", "DELETE", "COMMIT", "ROLLBACK"})
            server_.answers[good] = {ok_payload};
    }
    Outcome run(std::chrono::milliseconds timeout = 2s) {
        const Peer peer(server_.handler());
        Options options;
        options.url = "mysql://probe:geheim@" + peer.address() + "/shop";
        return testing::run_discreetly(kind, options, timeout);
    }
    FakeMysql server_;
};

TEST_F(MysqlCrud, a_row_that_does_not_come_back_fails) {
    server_.answers["SELECT value"] = table({"value"}, {{"another"}});
    expect_failed(run(), ErrorClass::assertion, "retrieve",
                  "the row holds something else than was written");
    server_.answers["SELECT value"] = table({"value"}, {});
    expect_failed(run(), ErrorClass::assertion, "retrieve",
                  "the row that was written is not there");
}

TEST_F(MysqlCrud, refusals_are_told) {
    server_.answers["INSERT"] = {error(1290, "HY000", "read-only")};
    expect_failed(run(), ErrorClass::assertion, "create", "refuses writes: read-only");
    server_.answers["INSERT"] = {error(1054, "42S22", "Unknown column")};
    expect_failed(run(), ErrorClass::assertion, "create",
                  "table has other columns than id and value, texts");
    server_.answers["INSERT"] = {error(1146, "42S02", "no table")};
    server_.answers["CREATE"] = {error(1142, "42000", "CREATE command denied")};
    expect_failed(run(), ErrorClass::assertion, "create",
                  "table is missing and this user may not create it; run as a user who may: CREATE "
                  "TABLE IF NOT EXISTS `vitals_probe` (id VARCHAR(64) NOT NULL PRIMARY KEY, value "
                  "VARCHAR(64) NOT NULL) ENGINE=InnoDB");
}

// The server would go on with it for ever.
TEST_F(MysqlCrud, a_statement_that_hangs_is_ended) {
    server_.answers["INSERT"] = {silence};
    server_.answers["KILL 7"] = {ok_payload};
    expect_failed(run(600ms), ErrorClass::timeout, "create",
                  "writing hangs: a lock on tables, or no room on the disk");
}

TEST(MysqlCrudOptions, are_checked) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "mysql://u@h/d"}), "");
    EXPECT_EQ(problem({.url = "mysql://u@h/", .table = "d.probe"}), "");
    EXPECT_EQ(problem({.url = "mysql://u@h/"}),
              "no database; name one in url, or write table as database.table");
    for (const char* wrong : {"a.b.c", "", "a`b", "a b", "."})
        EXPECT_EQ(problem({.url = "mysql://u@h/d", .table = wrong}),
                  "table: is no name of a table; expected table or database.table")
            << wrong;
    EXPECT_EQ(testing::url_of<Options>(kind, "crud+mysql://a:b@d/e"), "mysql://a:b@d/e");
    Options options;
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "crud+http://d"));
}

}  // namespace
}  // namespace vitals::checks::mysql_crud
