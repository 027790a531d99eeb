#include "migration_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "check_testing.hpp"
#include "migration_names.hpp"
#include "model/check_error.hpp"

namespace vitals::checks::migrations {
namespace {

using vitals::testing::TemporaryDirectory;
using Rows = std::vector<Row>;

class Migrations : public ::testing::Test {
  protected:
    void write(const std::string& file, const std::string& content = "") {
        std::filesystem::create_directories(
            std::filesystem::path(directory_.file(file)).parent_path());
        directory_.write(file, content);
    }
    // `2 applied; pending a b; broken c; ahead d; 1 gone; 1 unverified`, or what it cannot see.
    std::string found(const Rows& rows) {
        try {
            if (search_.paths.empty()) search_.paths = {directory_.path()};
            const MigrationFiles files = read_(search_);
            EXPECT_GT(files.count, 0u);
            return shown(files.compare(rows));
        } catch (const CheckError& error) {
            EXPECT_EQ(error.error_class, ErrorClass::local);
            EXPECT_EQ(error.detail.find(directory_.path()), std::string::npos) << error.detail;
            return "blind: " + error.detail;
        }
    }
    static std::string shown(const MigrationState& state) {
        std::string made = std::to_string(state.applied) + " applied";
        const auto add = [&made](const char* what, const std::vector<std::string>& names) {
            if (names.empty()) return;
            made += std::string("; ") + what;
            for (const std::string& name : names) made += " " + name;
        };
        add("pending", state.pending);
        add("broken", state.broken);
        add("ahead", state.ahead);
        if (state.not_on_disk > 0) made += "; " + std::to_string(state.not_on_disk) + " gone";
        if (state.unverified > 0) made += "; " + std::to_string(state.unverified) + " unverified";
        return made;
    }

    TemporaryDirectory directory_;
    MigrationSearch search_;
    MigrationFiles (*read_)(const MigrationSearch&) = nullptr;
};

// --- Django
// ----------------------------------------------------------------------------------------

class Django : public Migrations {
  protected:
    Django() { read_ = read_django; }
    void app(const std::string& folder) { write(folder + "/migrations/__init__.py"); }
    void migration(const std::string& file, const std::string& more = "pass") {
        write(file,
              "from django.db import migrations\n\nclass Migration(migrations.Migration):\n    " +
                  more + "\n");
    }
};

TEST_F(Django, compares_names) {
    app("shop");
    migration("shop/migrations/0001_initial.py");
    migration("shop/migrations/0002_2nd_step.py");
    migration("shop/migrations/_helpers.py");
    migration("shop/migrations/~0003_old.py");
    write("shop/migrations/0002_2nd_step.py.orig");
    write("shop/migrations/tools.py", "def f(): pass\n");
    EXPECT_EQ(found({{"shop", "0001_initial"}, {"shop", "0002_2nd_step"}}), "2 applied");
    EXPECT_EQ(found({{"shop", "0001_initial"}}), "1 applied; pending shop.0002_2nd_step");
    EXPECT_EQ(found({}), "0 applied; pending shop.0001_initial shop.0002_2nd_step");
    // Other apps' rows are theirs; rows of our own without a file are of squashed, deleted ones.
    EXPECT_EQ(found({{"shop", "0001_initial"},
                     {"shop", "0002_2nd_step"},
                     {"auth", "0001_initial"},
                     {"shop", "0001_old"}}),
              "2 applied; 1 gone");
}

TEST_F(Django, finds_apps_where_they_are) {
    app("src/project/apps/shop");
    migration("src/project/apps/shop/migrations/0001_initial.py");
    write("src/project/apps/shop/apps.py",
          "class ShopConfig(AppConfig):\n    name = 'project.apps.shop'\n    label = 'store'\n");
    // Not looked into: another environment's, a package that is none, a directory of Alembic's.
    app("venv/lib/site/other");
    migration("venv/lib/site/other/migrations/0001_initial.py");
    write("venv/pyvenv.cfg");
    app("lib/site-packages/other");
    migration("lib/site-packages/other/migrations/0001_initial.py");
    app(".tox/other");
    migration(".tox/other/migrations/0001_initial.py");
    migration("plain/migrations/0001_initial.py");
    EXPECT_EQ(found({{"store", "0001_initial"}}), "1 applied");
    search_.paths = {directory_.file("src"), directory_.file("lib/site-packages")};
    EXPECT_EQ(found({{"store", "0001_initial"}}), "1 applied; pending other.0001_initial");
    search_.paths = {directory_.file("src/project/apps/shop/migrations/")};
    EXPECT_EQ(found({}), "0 applied; pending store.0001_initial");
}

TEST_F(Django, asks_for_some_apps_only) {
    for (const std::string name : {"a", "b"}) {
        app(name);
        migration(name + "/migrations/0001_initial.py");
    }
    search_.apps = {"a"};
    EXPECT_EQ(found({{"a", "0001_initial"}}), "1 applied");
    search_.apps = {"!a"};
    EXPECT_EQ(found({{"b", "0001_initial"}}), "1 applied");
    search_.apps = {"a", "c"};
    EXPECT_EQ(found({}),
              "blind: no migrations of the app c found: `path` must be a directory that holds its "
              "own");
}

TEST_F(Django, squashed_ones_count_as_there) {
    app("shop");
    migration("shop/migrations/0001_initial.py");
    migration("shop/migrations/0002_more.py");
    migration("shop/migrations/0001_squashed_0002_more.py",
              "replaces = [\n        (\"shop\", \"0001_initial\"),\n        ('shop', "
              "'0002_more'),\n    ]");
    migration("shop/migrations/0003_next.py");
    // All of them done, before the squash came or with its row: done.
    EXPECT_EQ(found({{"shop", "0001_initial"}, {"shop", "0002_more"}, {"shop", "0003_next"}}),
              "2 applied");
    EXPECT_EQ(found({{"shop", "0001_initial"},
                     {"shop", "0002_more"},
                     {"shop", "0001_squashed_0002_more"},
                     {"shop", "0003_next"}}),
              "2 applied");
    // None: the squash is what will be applied, and its own row alone proves nothing.
    EXPECT_EQ(found({}), "0 applied; pending shop.0001_squashed_0002_more shop.0003_next");
    EXPECT_EQ(found({{"shop", "0001_squashed_0002_more"}, {"shop", "0003_next"}}),
              "1 applied; pending shop.0001_squashed_0002_more");
    // Some: the originals count.
    EXPECT_EQ(found({{"shop", "0001_initial"}, {"shop", "0003_next"}}),
              "2 applied; pending shop.0002_more");
    // The originals are deleted from disk; their rows stay.
    std::filesystem::remove(directory_.file("shop/migrations/0001_initial.py"));
    std::filesystem::remove(directory_.file("shop/migrations/0002_more.py"));
    EXPECT_EQ(found({{"shop", "0001_initial"}, {"shop", "0002_more"}, {"shop", "0003_next"}}),
              "2 applied");
}

TEST_F(Django, squashed_ones_may_be_squashed_again) {
    app("shop");
    migration("shop/migrations/0001_a.py");
    migration("shop/migrations/0002_b.py", "replaces = [('shop', '0001_a')]");
    migration("shop/migrations/0001_z.py", "replaces = [('shop', '0002_b')]");
    EXPECT_EQ(found({{"shop", "0001_a"}}), "1 applied");
    EXPECT_EQ(found({}), "0 applied; pending shop.0001_z");
}

TEST_F(Django, is_blind_rather_than_content) {
    const std::string nothing =
        "blind: no migrations of Django found: `path` must be the project's directory, or those of "
        "its apps";
    EXPECT_EQ(found({}), nothing);
    app("shop");
    EXPECT_EQ(found({}), nothing);
    migration("shop/migrations/0001_initial.py", "replaces = old()");
    EXPECT_EQ(
        found({}),
        "blind: `replaces` of shop.0001_initial is computed: write it as a list of (app, name)");
    search_.paths = {directory_.file("missing")};
    EXPECT_EQ(found({}), "blind: `path` does not exist");
    search_.paths = {directory_.file("shop/migrations/0001_initial.py")};
    EXPECT_EQ(found({}), "blind: `path` is no directory");
}

TEST_F(Django, is_blind_where_it_may_not_look) {
    if (::geteuid() == 0) ASSERT_EQ(::seteuid(65534), 0);
    TemporaryDirectory closed;
    std::filesystem::create_directories(closed.file("shop/migrations"));
    search_.paths = {closed.path()};
    ASSERT_EQ(::chmod(closed.file("shop").c_str(), 0), 0);
    const std::string seen = found({});
    ::chmod(closed.file("shop").c_str(), 0700);
    if (::getuid() == 0) ASSERT_EQ(::seteuid(0), 0);
    EXPECT_EQ(seen, "blind: not permitted to read the migrations: let vitals read `path`");
}

TEST_F(Django, a_link_in_a_circle_ends) {
    app("shop");
    migration("shop/migrations/0001_initial.py");
    std::filesystem::create_directory_symlink(directory_.path(), directory_.file("shop/again"));
    EXPECT_EQ(found({{"shop", "0001_initial"}}), "1 applied");
}

// --- Alembic
// ---------------------------------------------------------------------------------------

class Alembic : public Migrations {
  protected:
    Alembic() { read_ = read_alembic; }
    void revision(const std::string& id, const std::string& below, const std::string& more = "") {
        write("alembic/versions/" + id + "_x.py",
              "\"\"\"x\n\nRevision ID: " + id + "\n\"\"\"\nfrom alembic import op\n\nrevision = '" +
                  id + "'\ndown_revision = " + below + "\n" + more +
                  "\ndef upgrade():\n    pass\n");
    }
};

TEST_F(Alembic, all_below_a_head_is_applied) {
    write("alembic/env.py", "revision = compute()\n");
    write("setup.py", "print()\n");
    revision("a1", "None", "branch_labels = None\ndepends_on = None");
    revision("b2", "'a1'");
    revision("c3", "('b2')");
    EXPECT_EQ(found({{"c3"}}), "3 applied");
    EXPECT_EQ(found({{"b2"}}), "2 applied; pending c3");
    EXPECT_EQ(found({}), "0 applied; pending a1 b2 c3");
    for (const char* path : {"alembic", "alembic/versions"}) {
        search_.paths = {directory_.file(path)};
        EXPECT_EQ(found({{"c3"}}), "3 applied");
    }
}

TEST_F(Alembic, follows_branches_and_merges) {
    revision("a1", "None");
    revision("b2", "'a1'");
    revision("c3", "\"a1\"");
    EXPECT_EQ(found({{"b2"}, {"c3"}}), "3 applied");
    EXPECT_EQ(found({{"b2"}}), "2 applied; pending c3");
    revision("d4", "(\n    'b2',  # one\n    'c3',\n)");
    EXPECT_EQ(found({{"b2"}, {"c3"}}), "3 applied; pending d4");
    EXPECT_EQ(found({{"d4"}}), "4 applied");
}

TEST_F(Alembic, what_is_depended_upon_has_no_row) {
    revision("a1", "None", "branch_labels = ('core',)");
    revision("b2", "'a1'");
    revision("x1", "None", "depends_on = 'b2'");
    EXPECT_EQ(found({{"x1"}}), "3 applied");
    revision("y1", "None", "depends_on: Union[str, None] = ['core', 'x@b2']");
    EXPECT_EQ(found({{"y1"}}), "3 applied; pending x1");
}

TEST_F(Alembic, an_unknown_revision_tells_nothing_of_the_rest) {
    revision("a1", "None");
    revision("b2", "'a1'");
    EXPECT_EQ(found({{"f9"}}), "0 applied; ahead f9");
    EXPECT_EQ(found({{"a1"}, {"f9"}}), "1 applied; ahead f9");
}

TEST_F(Alembic, is_blind_rather_than_content) {
    EXPECT_EQ(found({}),
              "blind: no migrations of Alembic found: `path` must be the directory that holds "
              "`versions`, or that one");
    revision("b2", "'a1'");
    EXPECT_EQ(found({}),
              "blind: revision b2 stands on a1, which no file has: let `path` name all directories "
              "of versions");
    revision("b2", "last()");
    EXPECT_EQ(found({}), "blind: what revision b2 stands on is computed: write it as literals");
}

// --- Flyway
// ----------------------------------------------------------------------------------------

class Flyway : public Migrations {
  protected:
    Flyway() { read_ = read_flyway; }
    // version, description, type, checksum, success
    static Row row(const std::string& version, const std::string& type = "SQL",
                   const std::string& success = "t") {
        return {version, "x", type, "1", success};
    }
    static Row repeatable(const std::string& description, const std::string& content) {
        return {std::nullopt, description, "SQL", std::to_string(flyway_checksum(content)), "t"};
    }
};

TEST_F(Flyway, compares_versions) {
    write("db/migration/V1__x.sql");
    write("db/migration/sub/V1_2__x.sql");
    write("db/migration/V1.10__x.java");
    write("db/migration/U1.10__x.sql");
    EXPECT_EQ(found({row("1"), row("1.2"), row("1.10", "JDBC")}), "3 applied");
    EXPECT_EQ(found({row("1"), row("1.2")}), "2 applied; pending V1.10");
    EXPECT_EQ(found({row("1"), row("1.10")}), "2 applied; pending V1.2");
    EXPECT_EQ(found({row("1"), row("1.2"), row("1.10"), row("2.0")}), "3 applied; ahead V2");
    EXPECT_EQ(found({row("1"), row("1.2"), row("1.10", "SQL", "f")}),
              "2 applied; pending V1.10; broken 1.10");
    EXPECT_EQ(found({row("1"), row("1.2"), row("1.10"), row("1.10", "UNDO_SQL")}),
              "2 applied; pending V1.10");
    EXPECT_EQ(found({{std::nullopt, "schema", "SCHEMA", std::nullopt, "t"},
                     row("1"),
                     row("1.2"),
                     row("1.10")}),
              "3 applied");
}

TEST_F(Flyway, begins_at_baselines) {
    write("V1__x.sql");
    write("V2__x.sql");
    write("V3__x.sql");
    EXPECT_EQ(found({row("2", "BASELINE")}), "2 applied; pending V3");
    EXPECT_EQ(found({row("2", "BASELINE"), row("3")}), "3 applied");
    write("B2__x.sql");
    EXPECT_EQ(found({}), "0 applied; pending B2 V3");
    EXPECT_EQ(found({row("2", "SQL_BASELINE"), row("3")}), "3 applied");
    EXPECT_EQ(found({row("1")}), "1 applied; pending V2 V3");
}

TEST_F(Flyway, repeatable_ones_are_compared_by_checksum) {
    write("R__the_views.sql", "select 1;\nselect 2;\n");
    EXPECT_EQ(found({repeatable("the views", "select 1;\r\nselect 2;")}), "1 applied");
    EXPECT_EQ(found({repeatable("the views", "select 1;")}), "0 applied; pending R the views");
    EXPECT_EQ(
        found({repeatable("the views", "old"), repeatable("the views", "select 1;\nselect 2;")}),
        "1 applied");
    EXPECT_EQ(found({}), "0 applied; pending R the views");
    EXPECT_EQ(found({repeatable("the views", "select 1;select 2;"), repeatable("old", "x")}),
              "1 applied; 1 gone");
    write("R__the_views.sql", "select ${x};");
    EXPECT_EQ(found({repeatable("the views", "select 1;")}), "1 applied; 1 unverified");
    write("build/R__the_views.sql", "select 3;");
    EXPECT_EQ(found({}),
              "blind: R the views is there twice and differs: let `path` name Flyway's own "
              "locations");
}

TEST_F(Flyway, is_blind_rather_than_content) {
    write("V1.sql");
    EXPECT_EQ(found({}),
              "blind: no migrations of Flyway found: `path` must be a location of V1__name.sql and "
              "R__name.sql");
}

// --- Liquibase
// -------------------------------------------------------------------------------------

class Liquibase : public Migrations {
  protected:
    Liquibase() { read_ = read_liquibase; }
    static Row row(const std::string& id, const std::string& file,
                   const std::string& type = "EXECUTED") {
        return {id, "me", file, type};
    }
    static std::string log(const std::string& content, const std::string& attributes = "") {
        return "<databaseChangeLog " + attributes + ">" + content + "</databaseChangeLog>";
    }
};

TEST_F(Liquibase, reads_change_sets_of_included_logs) {
    write("app/db/changelog/db.changelog-master.yaml",
          "databaseChangeLog:\n  - changeSet: {id: 1, author: me}\n"
          "  - include: {file: db/changelog/two.xml}\n"
          "  - include: {file: sub/three.sql, relativeToChangelogFile: true}\n"
          "  - includeAll: {path: classpath:/db/changelog/all/}\n");
    write("app/db/changelog/two.xml",
          log("<changeSet id='2' author='me'/>"
              "<changeSet id='2b' author='me' dbms='oracle'/>"
              "<include file='db/changelog/db.changelog-master.yaml'/>"));
    write("app/db/changelog/sub/three.sql", "--liquibase formatted sql\n--changeset me:3\n");
    write("app/db/changelog/all/b.sql", "--liquibase formatted sql\n--changeset me:1\n");
    write("app/db/changelog/all/a.json",
          R"({"databaseChangeLog": [{"changeSet": {"id": 1, "author": "me"}}]})");
    write("app/db/changelog/all/readme.md");
    search_.paths = {directory_.file("app/db/changelog")};
    const std::string at = "db/changelog/";
    const Rows all = {row("1", at + "db.changelog-master.yaml"),
                      row("2", at + "two.xml", "MARK_RAN"),
                      row("3", "classpath:/" + at + "sub/three.sql", "RERAN"),
                      row("1", at + "all/b.sql"), row("1", at + "all/a.json")};
    EXPECT_EQ(found(all), "5 applied");
    for (std::size_t missing = 0; missing < all.size(); ++missing) {
        Rows rows = all;
        rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(missing));
        EXPECT_EQ(found(rows), "4 applied; pending me:" + *all[missing][0]);
    }
    Rows more = all;
    more.push_back(row("9", "other.xml"));
    EXPECT_EQ(found(more), "5 applied; 1 gone");
    more = all;
    more[1] = row("2", at + "two.xml", "FAILED");
    EXPECT_EQ(found(more), "4 applied; pending me:2; broken me:2");
    search_.paths = {directory_.file("app/db/changelog/two.xml")};
    EXPECT_EQ(found(all), "5 applied");
}

TEST_F(Liquibase, identifies_a_change_set_by_its_file_too) {
    write("master.xml", log("<includeAll path='.' relativeToChangelogFile='true' minDepth='2'/>"));
    write("a/log.xml", log("<changeSet id='1' author='me'/>"));
    write("b/log.xml", log("<changeSet id='1' author='me'/>"));
    EXPECT_EQ(found({row("1", "a/log.xml")}), "1 applied; pending me:1");
    EXPECT_EQ(found({row("1", "log.xml")}), "1 applied; pending me:1");
    EXPECT_EQ(found({row("1", "a/log.xml"), row("1", "b/log.xml")}), "2 applied");
    write("b/log.xml", log("<changeSet id='1' author='me'/>", "logicalFilePath='c.xml'"));
    EXPECT_EQ(found({row("1", "a/log.xml"), row("1", "b/log.xml")}),
              "1 applied; pending me:1; 1 gone");
    EXPECT_EQ(found({row("1", "a/log.xml"), row("1", "c.xml")}), "2 applied");
}

TEST_F(Liquibase, follows_contexts) {
    write("changelog.xml", log("<changeSet id='1' author='me' context='prod'/>"
                               "<changeSet id='2' author='me' context='test'/>"));
    EXPECT_EQ(found({row("1", "changelog.xml")}), "1 applied; pending me:2");
    search_.contexts = {"prod"};
    EXPECT_EQ(found({row("1", "changelog.xml")}), "1 applied");
    search_.contexts = {"other"};
    EXPECT_EQ(found({}),
              "blind: the change log holds no change set for PostgreSQL and these contexts");
}

TEST_F(Liquibase, is_blind_rather_than_content) {
    const std::string nothing =
        "blind: no migrations of Liquibase found: `path` must be the root change log, such as "
        "db.changelog-master.xml";
    EXPECT_EQ(found({}), nothing);
    write("changelog.xml", "<a/>");
    EXPECT_EQ(
        found({}),
        "blind: the change log changelog.xml is not understood: there is no databaseChangeLog");
    write("changelog.xml", log("<include file='x/missing.xml'/>"));
    EXPECT_EQ(found({}), "blind: a change log that is included is not there: missing.xml");
    write("changelog.xml", log("<includeAll path='x'/>"));
    EXPECT_EQ(found({}), "blind: a directory that is included is not there: x");
    write("changelog.xml", log("<include file='${x}.xml'/>"));
    EXPECT_EQ(found({}),
              "blind: a change log includes what is named by a property, which is not known");
}

// --- Rails, golang-migrate, Diesel
// -----------------------------------------------------------------

class Rails : public Migrations {
  protected:
    Rails() { read_ = read_rails; }
};

TEST_F(Rails, compares_numbers) {
    write("db/migrate/20240101000000_create_users.rb");
    write("db/migrate/sub/20240102000000_add_mail.rb");
    write("db/migrate/notes.rb");
    write("lib/20250101000000_other.rb");
    EXPECT_EQ(found({{"20240101000000"}, {"20240102000000"}}), "2 applied");
    EXPECT_EQ(found({{"20240101000000"}}), "1 applied; pending 20240102000000_add_mail");
    EXPECT_EQ(found({{"20240101000000"}, {"20240102000000"}, {"20231231000000"}}),
              "2 applied; 1 gone");
    EXPECT_EQ(found({{"20240101000000"}, {"20240102000000"}, {"20240103000000"}}),
              "2 applied; ahead 20240103000000");
    search_.paths = {directory_.file("db/migrate")};
    EXPECT_EQ(found({{"20240101000000"}, {"20240102000000"}}), "2 applied");
    search_.paths = {directory_.file("db/migrate/sub"), directory_.file("lib")};
    EXPECT_EQ(found({}), "0 applied; pending 20240102000000_add_mail 20250101000000_other");
}

class Golang : public Migrations {
  protected:
    Golang() { read_ = read_golang; }
};

TEST_F(Golang, compares_the_reached_version) {
    write("migrations/000001_users.up.sql");
    write("migrations/000001_users.down.sql");
    write("migrations/000010_mail.up.sql");
    EXPECT_EQ(found({{"10", "f"}}), "2 applied");
    EXPECT_EQ(found({{"1", "f"}}), "1 applied; pending 000010_mail");
    EXPECT_EQ(found({}), "0 applied; pending 000001_users 000010_mail");
    EXPECT_EQ(found({{"-1", "f"}}), "0 applied; pending 000001_users 000010_mail");
    EXPECT_EQ(found({{"10", "t"}}), "2 applied; broken 10 (dirty)");
    EXPECT_EQ(found({{"11", "f"}}), "2 applied; ahead 11");
    EXPECT_EQ(found({{"5", "f"}}), "1 applied; pending 000010_mail; ahead 5");
    write("other/1_x.up.sql");
    EXPECT_EQ(found({}),
              "blind: migrations stand in several directories: let `path` name one of them");
}

class Diesel : public Migrations {
  protected:
    Diesel() { read_ = read_diesel; }
};

TEST_F(Diesel, reads_directories) {
    write("migrations/00000000000000_diesel_initial_setup/up.sql");
    write("migrations/2024-01-01-000000_create_posts/up.sql");
    write("migrations/2024-01-01-000000_create_posts/down.sql");
    write("migrations/2024-01-02-000000_no/down.sql");
    EXPECT_EQ(found({{"00000000000000"}, {"20240101000000"}}), "2 applied");
    EXPECT_EQ(found({{"00000000000000"}}), "1 applied; pending 2024-01-01-000000_create_posts");
    EXPECT_EQ(found({{"00000000000000"}, {"20240101000000"}, {"20250101000000"}}),
              "2 applied; ahead 20250101000000");
    search_.paths = {directory_.file("migrations")};
    EXPECT_EQ(found({{"00000000000000"}, {"20240101000000"}}), "2 applied");
    search_.paths = {directory_.file("migrations/2024-01-02-000000_no")};
    EXPECT_EQ(found({}),
              "blind: no migrations of Diesel found: `path` must be the directory that holds "
              "`migrations`, or that one");
}

// --- Sqitch
// ----------------------------------------------------------------------------------------

class Sqitch : public Migrations {
  protected:
    Sqitch() { read_ = read_sqitch; }
};

TEST_F(Sqitch, compares_changes_of_the_plan) {
    write("db/sqitch.plan",
          "%syntax-version=1.0.0\n%project=shop\n\nusers 2024 A <a@b>\n@v1 2024 A <a@b>\n"
          "users [users@v1] 2024 A <a@b>\nmail [users] 2024 A <a@b>\n");
    EXPECT_EQ(found({{"users", "shop"}, {"users", "shop"}, {"mail", "shop"}, {"x", "other"}}),
              "3 applied");
    EXPECT_EQ(found({{"users", "shop"}}), "1 applied; pending users mail");
    EXPECT_EQ(found({{"users", "other"}}), "0 applied; pending users users mail");
    EXPECT_EQ(found({{"users", "shop"}, {"users", "shop"}, {"mail", "shop"}, {"x", "shop"}}),
              "3 applied; ahead x");
    search_.paths = {directory_.file("db/sqitch.plan")};
    EXPECT_EQ(found({{"users", "shop"}, {"users", "shop"}, {"mail", "shop"}}), "3 applied");
    write("db/sqitch.plan", "<<<<<<<\n");
    EXPECT_EQ(found({}), "blind: sqitch.plan is not understood: line 1 is no change");
}

TEST_F(Sqitch, is_blind_rather_than_content) {
    const std::string nothing =
        "blind: no migrations of Sqitch found: `path` must be the directory that holds "
        "sqitch.plan, "
        "or that file";
    EXPECT_EQ(found({}), nothing);
    write("sqitch.plan", "%project=shop\n");
    EXPECT_EQ(found({}), nothing);
    write("b/sqitch.plan", "%project=shop\n");
    EXPECT_EQ(found({}), "blind: there are several plans: let `path` name one of them");
}

}  // namespace
}  // namespace vitals::checks::migrations
