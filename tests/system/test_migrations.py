"""Migrations of eight tools, on disk and in a real PostgreSQL: with tables as the tools make them,
and with Django, Alembic, Rails and Sqitch themselves. Liquibase's table and rows come from its
version 4.28.0; those of Flyway, golang-migrate and Diesel follow their documentation."""
import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import textwrap
import zlib

import pytest

import databases
from daemon import eventually, run_vitals
from databases import PASSWORD
from test_backends import check, is_failed, is_ok, need, state, template  # noqa: F401

SECONDS = 5.0
REPEATABLE = "CREATE OR REPLACE VIEW v AS SELECT 1;\n"


@pytest.fixture(scope="module")
def server(template):  # noqa: F811
    made = databases.Postgres(template)
    try:
        made.start().sql(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'")
        yield made
    finally:
        made.close()


@pytest.fixture
def database(server, request):
    """A database for one test: sql(...) and a URL."""
    name = "t" + str(zlib.crc32(request.node.name.encode()))
    server.sql(f"CREATE DATABASE {name}")

    class Database:
        def sql(self, *statements):
            return server.sql(*statements, database=name)

        def url(self, user="test"):
            return server.url(user=user, database=name)
    return Database()


def put(folder, name, text=""):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))


# What each tool stores: files for two migrations, its table, the rows of the first and the second
# one, and the name of the second.
class Tool:
    def __init__(self, framework, table, tree, ddl, first, second, name):
        self.framework, self.table, self.tree, self.ddl = framework, table, tree, ddl
        self.first, self.second, self.name = first, second, name

    def write(self, folder):
        for file, text in self.tree.items():
            put(folder, file, text)


def checksum(text):
    """As Flyway: CRC-32 of the lines without their ends, signed."""
    value = zlib.crc32("".join(text.splitlines()).encode())
    return value - (1 << 32) if value >= 1 << 31 else value


DJANGO = """
    from django.db import migrations, models

    class Migration(migrations.Migration):
        dependencies = [{}]
        operations = []
    """
FLYWAY_ROW = ("INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, "
              "checksum, installed_by, execution_time, success) VALUES ({}, {}, '{}', 'SQL', '{}', {}, "
              "'test', 1, {})")
LIQUIBASE_ROW = ("INSERT INTO DATABASECHANGELOG VALUES ('{}', 'me', '{}', '2026-11-21 16:28:36.667207', {}, "
                 "'EXECUTED', '9:636bae2d3858aca467c19b1fd200f59a', 'createTable tableName=a', '', NULL, "
                 "'4.28.0', NULL, NULL, '5278516365')")
SQITCH_ROW = ("INSERT INTO sqitch.changes VALUES (encode(sha224('{0}'), 'hex'), encode(sha224('{0}'), 'hex'), "
              "'{0}', 'shop', 'note', DEFAULT, 'A', 'a@b', '2024-01-01T00:00:00Z', 'A', 'a@b')")

TOOLS = [
    Tool("django", "django_migrations",
         {"manage.py": "", "shop/migrations/__init__.py": "",
          "shop/migrations/0001_initial.py": DJANGO.format(""),
          "shop/migrations/0002_more.py": DJANGO.format("('shop', '0001_initial')")},
         ["CREATE TABLE django_migrations (id bigserial PRIMARY KEY, app varchar(255) NOT NULL, "
          "name varchar(255) NOT NULL, applied timestamptz NOT NULL DEFAULT now())"],
         ["INSERT INTO django_migrations (app, name) VALUES ('shop', '0001_initial'), ('auth', 'x')"],
         ["INSERT INTO django_migrations (app, name) VALUES ('shop', '0002_more')"],
         "shop.0002_more"),
    Tool("alembic", "alembic_version",
         {"alembic.ini": "", "alembic/env.py": "", "alembic/versions/a1_x.py":
          "revision = 'a1'\ndown_revision = None\n", "alembic/versions/b2_y.py":
          "revision = 'b2'\ndown_revision = (\n    'a1'\n)\n"},
         ["CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
          "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"],
         ["INSERT INTO alembic_version VALUES ('a1')"], ["UPDATE alembic_version SET version_num = 'b2'"],
         "b2"),
    Tool("flyway", "flyway_schema_history",
         {"db/migration/V1__users.sql": "", "db/migration/R__views.sql": REPEATABLE,
          "db/migration/V2__mail.sql": ""},
         ["CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL, version VARCHAR(50), "
          "description VARCHAR(200) NOT NULL, type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, "
          "checksum INTEGER, installed_by VARCHAR(100) NOT NULL, installed_on TIMESTAMP NOT NULL "
          "DEFAULT now(), execution_time INTEGER NOT NULL, success BOOLEAN NOT NULL)"],
         [FLYWAY_ROW.format(1, "'1'", "users", "V1__users.sql", 0, "true"),
          FLYWAY_ROW.format(2, "NULL", "views", "R__views.sql", checksum(REPEATABLE), "true")],
         [FLYWAY_ROW.format(3, "'2'", "mail", "V2__mail.sql", 0, "true")],
         "V2"),
    Tool("liquibase", "databasechangelog",
         {"db/changelog/db.changelog-master.xml": """\
          <databaseChangeLog><include file="one.yaml" relativeToChangelogFile="true"/>
          <changeSet id="2" author="me"/></databaseChangeLog>""",
          "db/changelog/one.yaml": "databaseChangeLog:\n- changeSet: {id: 1, author: me}\n"},
         ["CREATE TABLE DATABASECHANGELOG (ID VARCHAR(255) NOT NULL, AUTHOR VARCHAR(255) NOT NULL, "
          "FILENAME VARCHAR(255) NOT NULL, DATEEXECUTED TIMESTAMP WITHOUT TIME ZONE NOT NULL, "
          "ORDEREXECUTED INTEGER NOT NULL, EXECTYPE VARCHAR(10) NOT NULL, MD5SUM VARCHAR(35), "
          "DESCRIPTION VARCHAR(255), COMMENTS VARCHAR(255), TAG VARCHAR(255), LIQUIBASE VARCHAR(20), "
          "CONTEXTS VARCHAR(255), LABELS VARCHAR(255), DEPLOYMENT_ID VARCHAR(10))",
          "CREATE TABLE DATABASECHANGELOGLOCK (ID INTEGER NOT NULL PRIMARY KEY, LOCKED BOOLEAN NOT NULL, "
          "LOCKGRANTED TIMESTAMP WITHOUT TIME ZONE, LOCKEDBY VARCHAR(255))",
          "INSERT INTO DATABASECHANGELOGLOCK VALUES (1, false)"],
         [LIQUIBASE_ROW.format("1", "db/changelog/one.yaml", 1)],
         [LIQUIBASE_ROW.format("2", "db/changelog/db.changelog-master.xml", 2)], "me:2"),
    Tool("rails", "schema_migrations",
         {"db/migrate/20240101000000_create_users.rb": "", "db/migrate/20240102000000_add_mail.rb": ""},
         ["CREATE TABLE schema_migrations (version character varying NOT NULL PRIMARY KEY)",
          "CREATE TABLE ar_internal_metadata (key character varying NOT NULL PRIMARY KEY, value character "
          "varying, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL)"],
         ["INSERT INTO schema_migrations VALUES ('20240101000000')"],
         ["INSERT INTO schema_migrations VALUES ('20240102000000')"], "20240102000000_add_mail"),
    Tool("golang-migrate", "schema_migrations",
         {"migrations/000001_users.up.sql": "", "migrations/000001_users.down.sql": "",
          "migrations/000002_mail.up.sql": ""},
         ["CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)"],
         ["INSERT INTO schema_migrations VALUES (1, false)"],
         ["UPDATE schema_migrations SET version = 2"], "000002_mail"),
    Tool("diesel", "__diesel_schema_migrations",
         {"migrations/00000000000000_diesel_initial_setup/up.sql": "",
          "migrations/2024-01-02-000000_mail/up.sql": ""},
         ["CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, "
          "run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"],
         ["INSERT INTO __diesel_schema_migrations VALUES ('00000000000000')"],
         ["INSERT INTO __diesel_schema_migrations VALUES ('20240102000000')"], "2024-01-02-000000_mail"),
    Tool("sqitch", "sqitch.changes",
         {"sqitch.plan": "%project=shop\n\nusers 2024-01-01T00:00:00Z A <a@b>\n@v1 2024\n"
                         "mail [users] 2024-01-02T00:00:00Z A <a@b> # note\n"},
         ["CREATE SCHEMA sqitch",
          "CREATE TABLE sqitch.changes (change_id text PRIMARY KEY, script_hash text, change text NOT NULL, "
          "project text NOT NULL, note text NOT NULL DEFAULT '', committed_at timestamptz NOT NULL DEFAULT "
          "clock_timestamp(), committer_name text NOT NULL, committer_email text NOT NULL, planned_at "
          "timestamptz NOT NULL, planner_name text NOT NULL, planner_email text NOT NULL, "
          "UNIQUE (project, script_hash))"],
         [SQITCH_ROW.format("users")], [SQITCH_ROW.format("mail")], "mail"),
]
by_name = {tool.framework: tool for tool in TOOLS}


@pytest.fixture(params=TOOLS, ids=lambda tool: tool.framework)
def tool(request):
    return request.param


@pytest.fixture
def compare(check, database, tmp_path):  # noqa: F811
    """compare(framework, ...): one check of the test's own database."""
    def run(framework, seconds=SECONDS, **options):
        options = {"url": database.url(), "path": str(tmp_path / "code"), **options}
        found = check("migrations", seconds=seconds, framework=framework, **options)
        # Its detail is public.
        assert str(tmp_path) not in found.get("detail", ""), found
        return found
    return run


def counts(found):
    made = found.get("properties", {})
    return (made["applied"], made["pending"])


def test_applied_or_not(tool, compare, database, tmp_path):
    tool.write(tmp_path / "code")
    files_of = 3 if tool.framework == "flyway" else 2
    found = compare(tool.framework)
    assert state(found)[:2] == ("failed", "assertion"), found
    assert found["detail"].startswith(f"the table {tool.table} is missing; {files_of} unapplied: "), found
    database.sql(*tool.ddl)
    found = compare(tool.framework)
    assert found["detail"].startswith(f"{files_of} unapplied: "), found
    database.sql(*tool.first)
    found = is_failed(compare(tool.framework), "assertion", f"1 unapplied: {tool.name}")
    assert counts(found) == (files_of - 1, 1), found
    database.sql(*tool.second)
    found = is_ok(compare(tool.framework))
    assert (found["detail"], counts(found)) == (f"all applied: {files_of}", (files_of, 0)), found
    # A comparison with nothing is no reason for an ok.
    found = compare(tool.framework, path=str(tmp_path / "state"))
    assert state(found)[:2] == ("unknown", "local") and "does not exist" in found["detail"], found
    (tmp_path / "empty").mkdir()
    found = compare(tool.framework, path=str(tmp_path / "empty"))
    assert state(found)[:2] == ("unknown", "local"), found
    assert found["detail"].startswith("no migrations of "), found


@pytest.mark.parametrize("name", ["django", "liquibase", "sqitch"])
def test_not_permitted(name, compare, database, tmp_path):
    tool = by_name[name]
    tool.write(tmp_path / "code")
    database.sql(*tool.ddl, *tool.first, *tool.second)
    found = compare(tool.framework, url=database.url(user="app"))
    is_failed(found, "auth", f"user may not read the table {tool.table}: GRANT SELECT ON {tool.table} "
                             "to it (and USAGE on its schema)")
    if tool.framework == "sqitch":
        database.sql("GRANT USAGE ON SCHEMA sqitch TO app")
    database.sql(f"GRANT SELECT ON {tool.table} TO app")
    if tool.framework == "liquibase":
        database.sql("GRANT SELECT ON databasechangeloglock TO app")
    is_ok(compare(tool.framework, url=database.url(user="app")))


@pytest.mark.parametrize("name", ["django", "sqitch"])
def test_as_a_url(name, database, tmp_path):
    tool = by_name[name]
    tool.write(tmp_path / "code")
    database.sql(*tool.ddl, *tool.first)
    url = f"migrations+{database.url()}?framework={tool.framework}&sslmode=disable&path={tmp_path}/code"
    answer = run_vitals("check", url, "--timeout", "10s")
    assert (answer.returncode, PASSWORD in answer.stdout + answer.stderr) == (2, False), answer
    assert f"1 unapplied: {tool.name}" in answer.stdout, answer
    database.sql(*tool.second)
    answer = run_vitals("check", url, "--timeout", "10s")
    assert answer.returncode == 0, answer


def test_other_faults_of_the_server(compare, check, database, server, tmp_path):  # noqa: F811
    by_name["rails"].write(tmp_path / "code")
    found = compare("rails", url=database.url().rpartition("/")[0] + "/missing")
    is_failed(found, "assertion", "database does not exist")
    database.sql(*by_name["rails"].ddl, *by_name["rails"].first, *by_name["rails"].second)
    with server.stopped():
        found = compare("rails", seconds=1.0)
        assert state(found)[:2] == ("failed", "timeout"), found
    # A table that another session has locked.
    holder = subprocess.Popen(
        [databases.POSTGRES / "psql", "-XAtq", database.url(), "-c", "BEGIN", "-c",
         "LOCK TABLE schema_migrations", "-c", "SELECT 'locked'", "-c", "SELECT pg_sleep(60)"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={"PATH": "/usr/bin", "LANG": "C.UTF-8"})
    try:
        waiting = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND " \
                  "relation = 'schema_migrations'::regclass"
        assert eventually(lambda: database.sql(waiting) == "1", 30)
        found = compare("rails", seconds=1.0)
        assert state(found)[:2] == ("failed", "timeout"), found
    finally:
        holder.kill()
        holder.communicate()


def test_another_tools_table(compare, database, tmp_path):
    for name in ("rails", "golang-migrate", "alembic", "flyway"):
        by_name[name].write(tmp_path / "code")
    database.sql(*by_name["golang-migrate"].ddl)
    is_failed(compare("rails"), "assertion", "the table schema_migrations is not one of Rails: it has a "
              "column dirty, as golang-migrate's has")
    database.sql("DROP TABLE schema_migrations", *by_name["rails"].ddl, *by_name["alembic"].ddl)
    is_failed(compare("golang-migrate"), "assertion",
              "the table schema_migrations is not one of golang-migrate: it has no column dirty")
    found = compare("flyway")
    assert found["detail"].startswith(
        "the table flyway_schema_history is missing, but there is public.alembic_version, "
        "public.schema_migrations (see `framework` and `table`); 3 unapplied: "), found


def test_table_elsewhere(compare, database, tmp_path):
    flyway = by_name["flyway"]
    flyway.write(tmp_path / "code")
    database.sql(*flyway.ddl, *flyway.first, *flyway.second, "CREATE SCHEMA \"Shop\"",
                 "ALTER TABLE flyway_schema_history SET SCHEMA \"Shop\"")
    found = compare("flyway")
    assert found["detail"].startswith("the table flyway_schema_history is missing, but there is "
                                      "Shop.flyway_schema_history (see "), found
    is_ok(compare("flyway", table="Shop.flyway_schema_history"))
    database.sql("ALTER TABLE \"Shop\".flyway_schema_history RENAME TO schema_version",
                 "ALTER TABLE \"Shop\".schema_version SET SCHEMA public")
    is_ok(compare("flyway"))  # its name before version 5


def test_ahead_of_the_files(compare, database, tmp_path):
    rails = by_name["rails"]
    rails.write(tmp_path / "code")
    database.sql(*rails.ddl, *rails.first, *rails.second,
                 "INSERT INTO schema_migrations VALUES ('20250101000000'), ('20200101000000')")
    found = compare("rails")
    assert state(found) == ("degraded", "", "the database is ahead of the files, which do not have "
                            "20250101000000"), found
    assert found["properties"]["not_on_disk"] == 1, found
    is_ok(compare("rails", ahead="ok"))
    assert compare("rails", ahead="failed")["status"] == "failed"
    put(tmp_path / "code", "db/migrate/20250102000000_x.rb")
    is_failed(compare("rails", ahead="ok"), "assertion", "1 unapplied: 20250102000000_x")


def test_what_did_not_end_well(compare, database, tmp_path):
    golang, flyway, liquibase = (by_name[name] for name in ("golang-migrate", "flyway", "liquibase"))
    for tool in (golang, flyway, liquibase):  # noqa: F402
        tool.write(tmp_path / "code")
        database.sql(*tool.ddl, *tool.first, *tool.second)
        is_ok(compare(tool.framework))
    database.sql("UPDATE schema_migrations SET dirty = true")
    is_failed(compare("golang-migrate"), "assertion", "did not end well: 2 (dirty)")
    database.sql("UPDATE flyway_schema_history SET success = false WHERE version = '2'")
    is_failed(compare("flyway"), "assertion", "did not end well: 2; 1 unapplied: V2")
    put(tmp_path / "code", "db/migration/R__views.sql", "SELECT 2;")
    database.sql("UPDATE flyway_schema_history SET success = true")
    is_failed(compare("flyway"), "assertion", "1 unapplied: R views")
    database.sql("UPDATE databasechangeloglock SET locked = true")
    found = compare("liquibase")
    assert state(found) == ("degraded", "", "all applied, but the change log is locked: a tool "
                            "is using it, or was killed"), found


def test_many(compare, database, tmp_path):
    """More rows than one answer may hold; a detail stays short."""
    rails = by_name["rails"]
    for number in range(3000):
        put(tmp_path / "code", f"db/migrate/{20240101000000 + number}_x.rb")
    database.sql(*rails.ddl, "INSERT INTO schema_migrations SELECT generate_series(20240101000000, "
                             "20240101000000 + 2989)")
    found = compare("rails", seconds=10)
    assert state(found) == ("failed", "assertion", "10 unapplied: " + ", ".join(
        f"{20240101000000 + number}_x" for number in range(2990, 2995)) + " and 5 more"), found
    database.sql("INSERT INTO schema_migrations SELECT generate_series(20240101000000 + 2990, "
                 "20240101000000 + 2999)")
    assert counts(is_ok(compare("rails", seconds=10))) == (3000, 0)
    # An open rest of the transaction would be visible.
    assert database.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vitals' "
                        "AND state LIKE 'idle in transaction%'") == "0"


# --- the tools themselves --------------------------------------------------------------------------

DRIVER = """
import contextlib, importlib, io, json, sys
RUN
for line in sys.stdin:
    importlib.invalidate_caches()
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            run(json.loads(line))
        print(json.dumps([True, said.getvalue()]), flush=True)
    except BaseException as error:
        print(json.dumps([False, said.getvalue() + repr(error)]), flush=True)
"""
RAILS_DRIVER = """
require "active_record"
require "json"
ActiveRecord::Base.establish_connection(ENV["DATABASE_URL"])
ActiveRecord::Migration.verbose = false
$stdout.sync = true
$stdin.each_line do |line|
  _, command, argument = JSON.parse(line)
  context = ActiveRecord::MigrationContext.new("db/migrate", ActiveRecord::SchemaMigration)
  begin
    said = case command
           when "migrate" then context.migrate(argument && argument.to_i).to_s
           when "load" then ActiveRecord::Schema.define(version: argument.to_i) {}.to_s
           when "pending" then (context.migrations.map(&:version) - context.get_all_versions).join(" ")
           end
    puts [true, said].to_json
  rescue StandardError => error
    puts [false, error.message].to_json
  end
end
"""
DRIVER_OF = {
    "django": "from django.core.management import execute_from_command_line as run",
    "alembic": "from alembic.config import main\ndef run(words): main(argv=words[1:])",
}
COMMAND_OF = {tool: [sys.executable, "-c", DRIVER.replace("RUN", run)] for tool, run in DRIVER_OF.items()}
COMMAND_OF["rails"] = ["/usr/bin/ruby", "-e", RAILS_DRIVER]


class Program:
    """One process for many commands, because its start takes long."""

    def __init__(self, tool, folder, **environment):
        self.process = subprocess.Popen(
            COMMAND_OF[tool], cwd=folder, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(folder),
                 "PYTHONDONTWRITEBYTECODE": "1", **environment})

    def __call__(self, *arguments, succeeds=True):
        self.process.stdin.write(json.dumps(["program", *arguments]) + "\n")
        self.process.stdin.flush()
        well, said = json.loads(self.process.stdout.readline())
        assert well == succeeds, (arguments, said)
        return said

    def close(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def program():
    with contextlib.ExitStack() as stack:
        def start(*arguments, **environment):
            made = Program(*arguments, **environment)
            stack.callback(made.close)
            return made
        yield start


def need_module(package, *modules):
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"needs {package}: apt-get install {package}")


MIGRATION = """
    from django.db import migrations, models

    class Migration(migrations.Migration):
        dependencies = [{}]
        operations = [{}]
    """
FIELD = "migrations.AddField('item', '{}', models.IntegerField(null=True))"


def test_django_itself(program, compare, database, server, tmp_path):
    need_module("python3-django", "django")
    need_module("python3-psycopg2", "psycopg2")
    name = database.url().rpartition("/")[2]
    code = tmp_path / "code"
    put(code, "settings.py", f"""
        SECRET_KEY = "x"
        INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop", "stock"]
        USE_TZ = True
        DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": "{name}",
            "HOST": "127.0.0.1", "PORT": {server.port}, "USER": "test", "PASSWORD": "{PASSWORD}"}}}}
        """)
    for file in ("shop/__init__.py", "shop/migrations/__init__.py", "stock/__init__.py",
                 "stock/migrations/__init__.py"):
        put(code, file)
    put(code, "stock/apps.py", """
        from django.apps import AppConfig
        class StockConfig(AppConfig):
            name = "stock"
            label = "warehouse"
        """)
    key = "[('id', models.AutoField(primary_key=True))]"
    put(code, "shop/migrations/0001_initial.py",
        MIGRATION.format("", f"migrations.CreateModel('Item', {key})"))
    put(code, "stock/migrations/0001_initial.py",
        MIGRATION.format("('shop', '0001_initial')", f"migrations.CreateModel('Shelf', {key})"))
    django = program("django", code, DJANGO_SETTINGS_MODULE="settings")

    def agrees(**options):
        """What vitals finds unapplied, Django would apply."""
        found = compare("django", **options)
        plan = django("showmigrations", "--plan")
        theirs = [line.split("]", 1)[1].split()[0] for line in plan.splitlines() if line.startswith("[ ]")]
        ours = [name for name in theirs if name.startswith(("shop.", "warehouse."))]
        assert counts(found)[1] == len(ours), (found, plan)
        for name in ours:
            assert name in found["detail"], (found, plan)
        assert (found["status"] == "ok") == (not ours), (found, plan)
        return found

    assert agrees()["detail"] == "the table django_migrations is missing; 2 unapplied: " \
                                 "shop.0001_initial, warehouse.0001_initial"
    django("migrate")
    is_ok(agrees())
    put(code, "shop/migrations/0002_price.py",
        MIGRATION.format("('shop', '0001_initial')", FIELD.format("price")))
    put(code, "shop/migrations/0003_weight.py",
        MIGRATION.format("('shop', '0002_price')", FIELD.format("weight")))
    assert agrees()["detail"] == "2 unapplied: shop.0002_price, shop.0003_weight"
    django("migrate", "shop", "0002")
    assert agrees()["detail"] == "1 unapplied: shop.0003_weight"
    # Squashed while half of it is applied; then all of it; then none of it.
    django("squashmigrations", "--noinput", "shop", "0003")
    assert agrees()["detail"] == "1 unapplied: shop.0003_weight"
    django("migrate")
    is_ok(agrees())
    django("migrate", "shop", "zero")
    assert "shop.0001_squashed_0003_weight" in agrees()["detail"]
    django("migrate")
    assert counts(is_ok(agrees())) == (2, 0)
    # Django's own apps, if `path` names them. Not all of them are installed.
    contrib = os.path.join(os.path.dirname(importlib.util.find_spec("django").origin), "contrib")
    django("migrate", "auth", "0002")
    found = compare("django", path=[str(code), contrib], apps=["shop", "auth", "contenttypes"])
    assert found["status"] == "failed" and "auth.0003" in found["detail"], found
    django("migrate")
    is_ok(compare("django", path=[str(code), contrib], apps=["shop", "auth", "contenttypes"]))
    found = compare("django", path=[str(code), contrib])
    assert found["status"] == "failed" and "admin.0001_initial" in found["detail"], found


def test_alembic_itself(program, compare, database, tmp_path):
    need_module("python3-alembic", "alembic")
    need_module("python3-psycopg2", "psycopg2")
    code = tmp_path / "code"
    code.mkdir()
    alembic = program("alembic", code)
    alembic("init", "migrations")
    ini = code / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", database.url()))
    alembic("revision", "-m", "first", "--rev-id", "a1")
    found = compare("alembic")
    assert found["detail"] == "the table alembic_version is missing; 1 unapplied: a1", found
    alembic("upgrade", "head")
    is_ok(compare("alembic"))
    alembic("revision", "-m", "left", "--rev-id", "b1", "--head", "a1")
    alembic("revision", "-m", "right", "--rev-id", "b2", "--head", "a1", "--splice")
    alembic("revision", "-m", "far", "--rev-id", "c1", "--head", "base", "--branch-label", "far",
            "--depends-on", "b1")
    is_failed(compare("alembic"), "assertion", "3 unapplied: b1, b2, c1")
    alembic("upgrade", "b2")
    is_failed(compare("alembic"), "assertion", "2 unapplied: b1, c1")
    alembic("upgrade", "heads")
    is_ok(compare("alembic"))
    alembic("merge", "-m", "together", "--rev-id", "d1", "b1", "b2")
    is_failed(compare("alembic"), "assertion", "1 unapplied: d1")
    alembic("upgrade", "heads")
    assert counts(is_ok(compare("alembic"))) == (5, 0)
    database.sql("UPDATE alembic_version SET version_num = 'f9' WHERE version_num = 'd1'")
    assert state(compare("alembic"))[::2] == (
        "degraded", "the database is ahead of the files, which do not have f9")


RAILS = """
    class {} < ActiveRecord::Migration[6.1]
      def change
        {}
      end
    end
    """


def need_ruby():
    need("ruby-activerecord", "/usr/bin/ruby")
    if subprocess.run(["/usr/bin/ruby", "-e", 'gem "activerecord"; gem "pg"'], capture_output=True).returncode != 0:
        pytest.skip("needs ruby-activerecord and ruby-pg: apt-get install ruby-activerecord ruby-pg")


def test_rails_itself(program, compare, database, tmp_path):
    need_ruby()
    code = tmp_path / "code"
    migrations = code / "db/migrate"
    put(migrations, "20240101000000_create_users.rb", RAILS.format("CreateUsers", "create_table :users"))
    put(migrations, "20240103000000_add_mail.rb", RAILS.format("AddMail", "add_column :users, :mail, :string"))
    rails = program("rails", code, DATABASE_URL=database.url())

    def agrees():
        """What vitals finds unapplied, Rails would apply."""
        found = compare("rails")
        pending = rails("pending").split()
        assert counts(found)[1] == len(pending), (found, pending)
        assert all(version in found["detail"] for version in pending), (found, pending)
        assert (found["status"] == "failed") == bool(pending), (found, pending)
        return found

    assert agrees()["detail"] == "the table schema_migrations is missing; 2 unapplied: " \
                                 "20240101000000_create_users, 20240103000000_add_mail"
    rails("migrate", "20240101000000")
    assert agrees()["detail"] == "1 unapplied: 20240103000000_add_mail"
    rails("migrate")
    assert counts(is_ok(agrees())) == (2, 0)
    # Of a branch that was merged late, in a subfolder and in the style of an engine; one does not
    # succeed.
    put(migrations, "more/20240102000000_index.shop.rb", RAILS.format("Index", "add_index :users, :id"))
    put(migrations, "20240104000000_broken.rb", RAILS.format("Broken", "drop_table :nowhere"))
    assert agrees()["detail"] == "2 unapplied: 20240102000000_index.shop, 20240104000000_broken"
    rails("migrate", succeeds=False)
    assert agrees()["detail"] == "1 unapplied: 20240104000000_broken"
    database.sql("CREATE TABLE nowhere ()")
    rails("migrate")
    assert counts(is_ok(agrees())) == (4, 0)
    # Another name is no new migration. An old file may be missing, a new one may not.
    (migrations / "20240103000000_add_mail.rb").rename(migrations / "20240103000000_add_address.rb")
    (migrations / "20240101000000_create_users.rb").unlink()
    assert is_ok(agrees())["properties"]["not_on_disk"] == 1
    (migrations / "20240104000000_broken.rb").unlink()
    found = agrees()
    assert state(found)[::2] == ("degraded", "the database is ahead of the files, which do not have "
                                             "20240104000000"), found
    # From a schema instead of migrations: all of them count as applied.
    put(migrations, "20240105000000_last.rb", RAILS.format("Last", "drop_table :users"))
    assert agrees()["detail"] == "1 unapplied: 20240105000000_last"
    rails("load", "20240105000000")
    is_ok(agrees())


def test_sqitch_itself(compare, database, tmp_path):
    need("sqitch", "sqitch")
    need("postgresql-client", databases.POSTGRES / "psql")
    code = tmp_path / "code"
    code.mkdir()
    environment = {"PATH": f"{databases.POSTGRES}:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                   "HOME": str(tmp_path), "SQITCH_FULLNAME": "A", "SQITCH_EMAIL": "a@example.org"}

    def sqitch(*arguments, succeeds=True):
        made = subprocess.run(["sqitch", *arguments], cwd=code, env=environment, text=True,
                              capture_output=True, timeout=120)
        assert (made.returncode == 0) == succeeds, made.stdout + made.stderr

    sqitch("init", "shop", "--engine", "pg")
    for name in ("users", "mail"):
        sqitch("add", name, "-n", "note")
    found = compare("sqitch")
    assert found["detail"] == "the table sqitch.changes is missing; 2 unapplied: users, mail", found
    target = database.url().replace("postgresql://", "db:pg://")
    sqitch("deploy", target, "--to", "users")
    is_failed(compare("sqitch"), "assertion", "1 unapplied: mail")
    script = (code / "deploy/mail.sql").read_text()
    put(code, "deploy/mail.sql", "SELECT nonsense;")
    sqitch("deploy", target, succeeds=False)
    is_failed(compare("sqitch"), "assertion", "1 unapplied: mail")
    put(code, "deploy/mail.sql", script)
    sqitch("deploy", target)
    is_ok(compare("sqitch"))
    sqitch("tag", "v1", "-n", "one")
    is_ok(compare("sqitch"))
    sqitch("rework", "users", "-n", "again")
    put(code, "deploy/users.sql", "SELECT 2;")
    is_failed(compare("sqitch"), "assertion", "1 unapplied: users")
    sqitch("deploy", target)
    assert counts(is_ok(compare("sqitch"))) == (3, 0)
    # With another name it is another change.
    plan = (code / "sqitch.plan").read_text()
    put(code, "sqitch.plan", plan.replace("\nmail ", "\npost "))
    is_failed(compare("sqitch"), "assertion", "1 unapplied: post")
    put(code, "sqitch.plan", plan.replace("%project=shop", "%project=other"))
    is_failed(compare("sqitch"), "assertion", "3 unapplied: users, mail, users")
