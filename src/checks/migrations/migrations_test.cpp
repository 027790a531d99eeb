#include "migrations.hpp"

#include <gtest/gtest.h>

#include "check_testing.hpp"
#include "fake_postgres.hpp"

namespace vitals::checks::migrations {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;
using namespace testing::postgres;

class MigrationsCheck : public ::testing::Test {
  protected:
    MigrationsCheck() {
        directory_.write("1_users.rb", "");
        server_.answers["SELECT attname"] = result({"version"}, "SELECT 1");
        server_.answers["FETCH"] = result({"1"}, "FETCH 1");
        options_.framework = "rails";
        options_.path = {directory_.path()};
    }
    Outcome run(std::chrono::milliseconds timeout = 10s) {
        const Peer peer(server_.handler());
        options_.url = "postgresql://probe:s3cret@" + peer.address() + "/shop";
        Runner runner;
        return runner.run(kind, options_, timeout);
    }

    TemporaryDirectory directory_;
    FakePostgres server_;
    Options options_;
};

TEST_F(MigrationsCheck, only_reads) {
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "all applied: 1");
    EXPECT_EQ(server_.statements(), "BEGIN SET SET SELECT DECLARE FETCH COMMIT ");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("applied")), 1);
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("pending")), 0);
}

TEST_F(MigrationsCheck, nothing_there_is_nothing_applied) {
    server_.answers["SELECT attname"] = result({}, "SELECT 0");
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, ErrorClass::assertion);
    EXPECT_EQ(outcome.detail, "the table schema_migrations is missing; 1 unapplied: 1_users");
}

TEST_F(MigrationsCheck, names_are_made_fit_to_be_shown) {
    directory_.write("3_" + std::string(100, 'x') + ".rb", "");
    const Outcome outcome = run();
    EXPECT_EQ(outcome.detail.rfind("1 unapplied: 3_xxx", 0), 0u) << outcome.detail;
    EXPECT_LE(outcome.detail.size(), 110u);
}

TEST_F(MigrationsCheck, faults_of_the_server) {
    server_.answers["FETCH"] = silence;
    const Outcome hung = run(300ms);
    EXPECT_EQ(hung.error_class, ErrorClass::timeout);
    EXPECT_EQ(hung.failed_phase, "table");
    server_.answers["FETCH"] = error("42501", "permission denied for table schema_migrations");
    const Outcome refused = run();
    EXPECT_EQ(refused.error_class, ErrorClass::auth);
    EXPECT_EQ(refused.detail.rfind("user may not read the table schema_migrations: GRANT", 0), 0u);
    server_.answers["FETCH"] = testing::postgres::reset;
    EXPECT_EQ(run().status, Status::failed);
}

TEST_F(MigrationsCheck, what_cannot_be_read_is_unknown) {
    options_.path = {directory_.file("missing")};
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
    EXPECT_EQ(outcome.failed_phase, "files");
    EXPECT_EQ(outcome.detail, "`path` does not exist");
}

TEST_F(MigrationsCheck, a_kept_session_serves_the_next_run) {
    const Peer peer(server_.handler());
    options_.url = "postgresql://probe:s3cret@" + peer.address() + "/shop";
    options_.auth_every = 1h;
    Runner runner;
    runner.keep_connections();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(runner.run(kind, options_, 10s).status, Status::ok);
    EXPECT_EQ(peer.accepted(), 1);
}

TEST(MigrationsOptions, are_refused_when_they_contradict_each_other) {
    Options options;
    options.url = "postgresql://a@b/c";
    options.framework = "rails";
    options.path = {"/srv/shop"};
    EXPECT_EQ(problem_of(kind, &options), "");
    options.apps = {"shop"};
    EXPECT_EQ(problem_of(kind, &options), "apps is for framework: django");
    options.framework = "django";
    EXPECT_EQ(problem_of(kind, &options), "");
    options.contexts = {"prod"};
    EXPECT_EQ(problem_of(kind, &options), "contexts is for framework: liquibase");
    options.contexts.clear();
    options.path = {""};
    EXPECT_EQ(problem_of(kind, &options), "path: expected the path of a directory or file");
    options.path = {"/srv/shop"};
    options.table = "a.b.c";
    EXPECT_EQ(problem_of(kind, &options),
              "table: is no name of a table; expected table or schema.table");
}

std::string problem_of_url(const std::string& url, Options& options) {
    Verified good = kind.from_url(ObjectRef(options), url);
    if (good) good = kind.description.verify(ObjectRef(options));
    return good ? std::string() : good.error();
}

TEST(MigrationsOptions, come_from_a_url) {
    Options options;
    EXPECT_EQ(problem_of_url("migrations+postgresql://a:b@c:1/d?path=/x%20y&sslmode=require&"
                             "framework=flyway&path=/z",
                             options),
              "");
    EXPECT_EQ(options.url.text, "postgresql://a:b@c:1/d?sslmode=require");
    EXPECT_EQ(options.framework, "flyway");
    EXPECT_EQ(options.path, (std::vector<std::string>{"/x y", "/z"}));
    for (const char* bad :
         {"migrations+postgresql://a@c/d", "migrations+postgresql://a@c/d?path=/x",
          "migrations+postgresql://a@c/d?framework=flyway",
          "migrations+postgresql://a@c/d?framework=x&path=/x",
          "migrations+postgresql://a@c/d?framework=flyway&path=/x&more=1",
          "migrations+postgresql://c/d?framework=flyway&path=/x"}) {
        Options other;
        EXPECT_NE(problem_of_url(bad, other), "") << bad;
    }
}

}  // namespace
}  // namespace vitals::checks::migrations
