#include "session.hpp"

#include <gtest/gtest.h>

#include "diagnosis.hpp"

namespace vitals::backends::postgres {
namespace {

TEST(Sentence, is_that_of_the_server) {
    EXPECT_EQ(sentence_of("connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: "
                          "password authentication failed for user \"app\"\n"
                          "LOCATION:  auth_failed, auth.c:335\n"),
              "password authentication failed for user \"app\"");
    EXPECT_EQ(sentence_of("ERROR:  42P01: relation \"x\" does not exist\nLINE 1: SELECT 1 FROM x\n"
                          "LOCATION:  parserOpenTable, parse_relation.c:1384\n"),
              "relation \"x\" does not exist");
    EXPECT_EQ(sentence_of("connection to server on socket \"/run/.s.PGSQL.5432\" failed: No such "
                          "file or directory\n\tIs the server running locally and accepting "
                          "connections on that socket?\n"),
              "No such file or directory");
    EXPECT_EQ(sentence_of("server closed the connection unexpectedly\n\tThis probably means"),
              "server closed the connection unexpectedly");
    EXPECT_EQ(sqlstate_in("FATAL:  28P01: password"), "28P01");
    EXPECT_EQ(sqlstate_in("no code: at all"), "");
}

TEST(PostgresNames, are_quoted) {
    EXPECT_EQ(quoted_name("vitals_probe"), R"("vitals_probe")");
    EXPECT_EQ(quoted_name("own.vitals_probe"), R"("own"."vitals_probe")");
    EXPECT_EQ(quoted_name(R"(a"; DROP TABLE b)"), R"("a""; DROP TABLE b")");
}

}  // namespace
}  // namespace vitals::backends::postgres
