#include "liquibase.hpp"

#include <gtest/gtest.h>

namespace vitals::checks::migrations::liquibase {
namespace {

// `author:id`, those with more to say with it, and `+include`.
std::string shown(const std::expected<ChangeLog, std::string>& log) {
    if (!log) return "error: " + log.error();
    std::string made = log->logical_file.empty() ? "" : "<" + log->logical_file + "> ";
    for (const ChangeSet& set : log->sets) {
        made += set.author + ":" + set.id;
        if (!set.context.empty()) made += "{" + set.context + "}";
        if (!set.dbms.empty()) made += "[" + set.dbms + "]";
        if (!set.logical_file.empty()) made += "<" + set.logical_file + ">";
        if (set.ignored) made += "(ignored)";
        made += ' ';
    }
    for (const Include& include : log->includes)
        made += (include.all ? "*" : "+") + include.path + (include.relative ? " relative " : " ");
    return made;
}

TEST(LiquibaseChangeLog, is_read_from_xml) {
    EXPECT_EQ(
        shown(parse("a.xml", R"(<?xml version="1.0" encoding="UTF-8"?>
<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" logicalFilePath="l.xml">
  <!-- <changeSet id="no" author="me"/> -->
  <property name="x" value="y"/>
  <changeSet id="1" author="me"><createTable tableName="t"><column name="id"/></createTable></changeSet>
  <changeSet id="2" author="me" context="test and !prod" dbms="oracle" ignore="true"
    logicalFilePath="other.xml"/>
  <include file="b.xml" relativeToChangelogFile="true"/>
  <includeAll path="more/" minDepth="1" maxDepth="2" endsWithFilter=".sql" filter="com.example.F"/>
</databaseChangeLog>)")),
        "<l.xml> me:1 me:2{test and !prod}[oracle]<other.xml>(ignored) +b.xml relative *more/ ");
    const auto log = parse("a.xml", R"(<databaseChangeLog><includeAll path="more" maxDepth="2"
        endsWithFilter=".sql" filter="com.example.F" errorIfMissingOrEmpty="false"/></databaseChangeLog>)");
    ASSERT_TRUE(log);
    EXPECT_EQ(log->includes[0].most_depth, 2u);
    EXPECT_EQ(log->includes[0].ends_with, ".sql");
    EXPECT_TRUE(log->includes[0].filtered);
    EXPECT_TRUE(log->includes[0].may_be_missing);
    EXPECT_EQ(shown(parse("a.xml", "<project/>")), "error: there is no databaseChangeLog");
    EXPECT_EQ(shown(parse("a.xml", "<databaseChangeLog><changeSet/></databaseChangeLog>")),
              "error: a changeSet has no id");
}

constexpr std::string_view yaml = R"(databaseChangeLog:
  - logicalFilePath: l.yaml
  - property: {name: x, value: y}
  - changeSet:
      id: 1
      author: me
      runOnChange: true
      changes:
        - createTable:
            columns:
              - column: {name: id}
  - changeSet: {id: "2", author: me, contextFilter: test, dbms: "!oracle"}
  - include:
      file: b.yaml
      relativeToChangelogFile: true
  - includeAll: {path: more}
)";

TEST(LiquibaseChangeLog, is_read_from_yaml_and_json) {
    EXPECT_EQ(shown(parse("a.yaml", yaml)),
              "<l.yaml> me:1 me:2{test}[!oracle] +b.yaml relative *more ");
    EXPECT_EQ(shown(parse("a.json", R"({"databaseChangeLog": [
	{"changeSet": {"id": 1, "author": "me", "changes": [{"sql": {"sql": "select 1"}}]}},
	{"include": {"file": "b.json"}}]})")),
              "me:1 +b.json ");
    EXPECT_EQ(shown(parse("a.yml", "databaseChangeLog: [")), "error: is no YAML");
    EXPECT_EQ(shown(parse("a.yml", "")), "error: there is no databaseChangeLog");
    EXPECT_EQ(shown(parse("a.yml", "- a")), "error: there is no databaseChangeLog");
    EXPECT_EQ(shown(parse("a.yml", "a: &x [b]\nc: *x")), "error: has aliases");
    std::string deep = "databaseChangeLog: ";
    for (int i = 0; i < 200; ++i) deep += "[{a: ";
    EXPECT_TRUE(shown(parse("a.yml", deep)).starts_with("error: "));
}

TEST(LiquibaseChangeLog, is_read_from_sql) {
    EXPECT_EQ(shown(parse("a.sql", R"(
--liquibase formatted sql logicalFilePath:l.sql

--changeset me:1
create table t (id int);
--rollback drop table t;
-- changeset "two words":"id 2" runOnChange:true context:"test, prod" dbms:postgresql splitStatements:false
select '--changeset no:1';
--ignoreLines:start
--changeset no:2
--ignoreLines:end
--ignoreLines:1
--changeset no:3
--CHANGESET me:4 stripComments:false
)")),
              "<l.sql> me:1 two words:id 2{test, prod}[postgresql] me:4 ");
    EXPECT_EQ(shown(parse("a.sql", "create table t (id int);")), "includeAll:raw ");
    EXPECT_EQ(shown(parse("a.sql", "--liquibase formatted sql\n--changeset me")),
              "error: a changeset is not `author:id`");
    EXPECT_EQ(shown(parse("a.txt", "")), "error: is neither XML, YAML, JSON nor SQL");
}

bool allows(std::string_view expression, std::vector<std::string> contexts) {
    return context_allows(expression, contexts);
}

TEST(LiquibaseChangeLog, selects_by_contexts) {
    EXPECT_TRUE(allows("", {"prod"}));
    EXPECT_TRUE(allows("test", {}));
    EXPECT_TRUE(allows("test, prod", {"prod"}));
    EXPECT_TRUE(allows("Prod", {"pROD"}));
    EXPECT_FALSE(allows("test", {"prod"}));
    EXPECT_FALSE(allows("!prod", {"prod"}));
    EXPECT_FALSE(allows("test and prod", {"prod"}));
    EXPECT_TRUE(allows("not (test or dev) and prod", {"prod"}));
    EXPECT_FALSE(allows("not (test or dev) and prod", {"prod", "dev"}));
    for (const char* broken : {"(", "and", "prod )", "test test"})
        EXPECT_TRUE(allows(broken, {"prod"})) << broken;
    (void)allows(std::string(10'000, '!'), {"prod"});
    (void)allows(std::string(10'000, '('), {"prod"});
}

TEST(LiquibaseChangeLog, selects_by_databases) {
    for (const char* ours : {"", "oracle, PostgreSQL", "!oracle", "all"})
        EXPECT_TRUE(for_postgres(ours)) << ours;
    for (const char* other : {"oracle", "!postgresql", "none"})
        EXPECT_FALSE(for_postgres(other)) << other;
}

}  // namespace
}  // namespace vitals::checks::migrations::liquibase
