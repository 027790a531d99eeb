"""PostgreSQL as it is in the field: other encodings and languages, poolers, standbys in every
state; and what a check must not do to a server."""
import json
import os
import re
import subprocess
import time
import urllib.parse

import pytest

import databases
import peers
from daemon import eventually, free_port, run_vitals
from databases import PASSWORD
from test_backends import certificates, check, is_failed, is_ok, need, server, state, template  # noqa: F401

SECONDS = 5.0


@pytest.fixture
def own(server, template):  # noqa: F811
    return server(databases.Postgres, template)


def quoted(text):
    return urllib.parse.quote(text, safe="")


# --- ways in ---------------------------------------------------------------------------------------

def test_every_way_in(check, server, template):  # noqa: F811
    made = databases.Postgres(template)
    sockets = made.make("sockets")
    with open(made.data / "postgresql.conf", "a") as file:
        file.write(f"listen_addresses = '127.0.0.1,::1'\nunix_socket_directories = '{sockets}'\n")
    with open(made.data / "pg_hba.conf", "a") as file:
        file.write("host all all ::1/128 scram-sha-256\nlocal all all scram-sha-256\n")
    try:
        made.start()
        password = "p@s:s/w?r#d%41 'ü\\\""
        made.sql(f"CREATE ROLE \"o@d/d u\" LOGIN PASSWORD $q${password}$q$", "CREATE DATABASE \"a b/c=d'\"",
                 "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
                 "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
        user, name = quoted("o@d/d u"), quoted("a b/c=d'")
        is_ok(check("postgres", url=f"postgresql://{user}:{quoted(password)}@127.0.0.1:{made.port}/{name}"))
        is_ok(check("postgres", url=f"postgresql://{user}@127.0.0.1:{made.port}/{name}", password=password))
        is_ok(check("postgres", url=f"postgresql://test:{PASSWORD}@[::1]:{made.port}/postgres"))
        is_ok(check("postgres_crud", url=f"postgresql://test:{PASSWORD}@:{made.port}/postgres?host={sockets}"))
        is_ok(check("postgres_crud", url=f"postgresql://test:{PASSWORD}@{quoted(str(sockets))}:{made.port}/postgres"))
        for database in ("latin", "ascii"):
            for kind in ("postgres", "postgres_crud", "replication"):
                is_ok(check(kind, url=made.url(database=database)))
    finally:
        made.close()


def test_the_url_of_an_application_is_taken_as_it_stands(check, own):  # noqa: F811
    own.sql("CREATE TABLE seen (name text, setting text)")
    parameters = {"sslmode": "prefer", "connect_timeout": "3", "application_name": "shop web", "channel_binding": "prefer",
                  "options": "-c search_path=pg_catalog -c statement_timeout=9s", "target_session_attrs": "read-write",
                  "keepalives_idle": "30", "fallback_application_name": "x"}
    url = own.url() + "?" + urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
    is_ok(check("postgres", url=url, query="SELECT current_setting('application_name') || ' ' || "
                                           "current_setting('search_path')", expect="shop web pg_catalog"))
    for wrong, problem in {
            "connect_timeout=soon": "has a connect_timeout that is no number of seconds",
            "channel_binding=maybe": "has an unknown channel_binding; expected disable, prefer or require",
            "target_session_attrs=master": "has an unknown target_session_attrs; expected any, read-write, read-only, "
                                           "primary, standby or prefer-standby",
            "sslkey=/k": "sslkey without sslcert in the URL",
            "gssencmode=prefer": "has a parameter that vitals does not know; expected sslmode, "}.items():
        answer = run_vitals("check", own.url() + "?" + wrong)
        assert (answer.returncode, PASSWORD in answer.stderr) == (64, False), answer
        assert problem in answer.stderr, answer


def test_channel_binding_needs_tls(check, own):  # noqa: F811
    is_failed(check("postgres", url=own.url() + "?channel_binding=require"), "auth",
              "channel binding is required and not available")


def test_of_several_hosts_the_first_that_serves_counts(check, server, own, template):  # noqa: F811
    dead = free_port()

    def url(*ports, more=""):
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        return f"postgresql://test:{PASSWORD}@{hosts}/postgres{more}"
    is_ok(check("postgres", url=url(dead, own.port)))
    is_ok(check("postgres", url=url(own.port, dead)))
    found = is_failed(check("postgres", url=url(dead, dead)), "connect",
                      "no session at any of 2 servers; the first: connection refused")
    assert str(dead) in found["error"], found
    # A refused authentication does not concern the address: vitals does not try the next server.
    is_failed(check("postgres", url=url(own.port, own.port).replace(PASSWORD, "wrong")), "auth",
              "wrong user or password")
    is_failed(check("postgres", url=url(dead, own.port, more="?target_session_attrs=standby")), "connect",
              "no session at any of 2 servers; the first: connection refused")
    is_failed(check("postgres", url=url(own.port, own.port, more="?target_session_attrs=standby")), "assertion",
              "no session at any of 2 servers; the first: is no standby")
    is_failed(check("postgres", url=url(own.port, more="?target_session_attrs=standby")), "assertion", "is no standby")
    is_ok(check("postgres", url=url(own.port, dead, more="?target_session_attrs=prefer-standby")))
    own.sql("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    assert eventually(lambda: own.sql("SHOW default_transaction_read_only") == "on")
    is_failed(check("postgres", url=url(own.port, more="?target_session_attrs=read-write")), "assertion", "is read-only")


def test_a_hung_host_gives_way_after_its_connect_timeout(check, server, own, template):  # noqa: F811
    hung = server(databases.Postgres, template)
    hosts = f"127.0.0.1:{hung.port},127.0.0.1:{own.port}"
    with hung.stopped():
        is_ok(check("postgres", url=f"postgresql://test:{PASSWORD}@{hosts}/postgres?connect_timeout=2", seconds=5))
        # Without it, libpq waits without a limit, and so does the application.
        is_failed(check("postgres", url=f"postgresql://test:{PASSWORD}@{hosts}/postgres", seconds=3), "timeout",
                  "accepts connections and does not answer (timeout in tls)")


def test_a_server_that_speaks_german(check, server, template):  # noqa: F811
    if not os.path.exists("/usr/share/locale/de/LC_MESSAGES/postgres-15.mo"):
        pytest.skip("the server's translations are not installed")
    made = databases.Postgres(template, settings="lc_messages = 'de_DE'")
    try:
        locales = made.make("locales")
        source = made.write("de", 'LC_MESSAGES\nyesexpr "^[jJ]"\nnoexpr "^[nN]"\nEND LC_MESSAGES\n')
        # The smallest possible locale: it warns of all that is missing in it.
        subprocess.run(["localedef", "-c", "-i", source, locales / "de_DE"], capture_output=True)
        assert (locales / "de_DE/LC_MESSAGES").is_dir()
        made.spawn(databases.POSTGRES / "postgres", "-D", made.data, LOCPATH=locales)
        made.wait(lambda: databases.run(databases.POSTGRES / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                                        made.port).returncode == 0)
        found = is_failed(check("postgres", url=made.url(password="wrong")), "auth", "wrong user or password")
        assert "Passwort-Authentifizierung" in found["error"], found
        is_failed(check("postgres", url=made.url(database="missing")), "assertion", "database does not exist")
        found = is_failed(check("postgres", url=made.url(), query="SELECT * FROM missing"), "assertion",
                          "table does not exist")
        assert "existiert nicht" in found["error"], found
        made.sql("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        assert eventually(lambda: made.sql("SHOW default_transaction_read_only") == "on")
        is_failed(check("postgres_crud", url=made.url()), "assertion", "refuses writes: read-only")
    finally:
        made.close()


def test_functions_earlier_in_the_search_path_are_not_called(check, own):  # noqa: F811
    own.sql(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'", "CREATE SCHEMA odd", "GRANT USAGE ON SCHEMA odd TO app",
            "CREATE FUNCTION odd.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "ALTER ROLE app SET search_path = odd, pg_catalog")
    is_ok(check("postgres", url=own.url(user="app"), writable=True))
    found = is_ok(check("replication", url=own.url(user="app")))
    assert found["properties"]["role"] == "standalone", found


@pytest.mark.parametrize("mode", ["session", "transaction", "statement"])
def test_poolers_of_every_mode(check, server, own, mode):  # noqa: F811
    need("pgbouncer", "pgbouncer")
    pooler = databases.PgBouncer(own)
    configuration = pooler.folder / "pgbouncer.ini"
    configuration.write_text(configuration.read_text().replace("pool_mode = transaction", f"pool_mode = {mode}"))
    try:
        pooler.start()
        url = f"postgresql://test:{PASSWORD}@127.0.0.1:{pooler.port}/postgres"
        is_ok(check("postgres", url=url, writable=True))
        found = check("postgres_crud", url=url)
        if mode == "statement":
            is_failed(found, "assertion", "pooler in statement mode takes no transactions: ask past it")
        else:
            is_ok(found)
            is_ok(check("replication", url=url))
    finally:
        pooler.close()


def test_the_other_kinds_by_hand(own):
    kinds = {"": "answers", "crud+": "deleted", "replication+": "standalone"}
    found = json.loads(run_vitals("check", "--format", "json",
                                  *(kind + own.url() for kind in kinds)).stdout)["components"]
    for kind, detail in kinds.items():
        (each,) = [each for each in found if each["name"].startswith(kind + "postgresql:")]
        assert each["status"] == "ok" and detail in each["detail"], each


# --- what a server can do to a check, and a check to a server --------------------------------------

@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
def test_no_more_is_computed_for_a_log_in_than_there_is_time_for(check, server, template, certificates,  # noqa: F811
                                                                 encrypted):
    made = databases.Postgres(template, settings="ssl = on" if encrypted else "", hba="hostssl" if encrypted else "host")
    try:
        for end in ("crt", "key"):
            made.write(f"data/server.{end}", (certificates / f"good.{end}").read_text()).chmod(0o600)
        made.start()
        verifier = made.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'test'")
        # CREATE ROLE does not set it, because it hashes as often itself, to see that the password
        # is not empty.
        made.sql("CREATE ROLE slow LOGIN", "UPDATE pg_authid SET rolpassword = "
                 f"'{verifier.replace('$4096:', '$2147483647:')}' WHERE rolname = 'slow'")
        url = made.url(user="slow", more="" if encrypted else "?sslmode=disable")
        found = is_failed(check("postgres", seconds=SECONDS, url=url), "auth",
                          "log-in needs more hashing than there is time for")
        assert found["duration_seconds"] < SECONDS, found
        assert is_ok(check("postgres", url=made.url()))["properties"]["tls"] == encrypted
    finally:
        made.close()


def test_commits_that_wait_for_a_standby(check, own):  # noqa: F811
    """Statements continue to wait when their client has left. The checks must not use up connections."""
    is_ok(check("postgres_crud", url=own.url()))
    own.sql("ALTER SYSTEM SET synchronous_commit = on", "ALTER SYSTEM SET synchronous_standby_names = '*'",
            "SELECT pg_reload_conf()")
    assert eventually(lambda: own.sql("SHOW synchronous_standby_names") == "*")
    for table in ("vitals_probe", "another"):
        found = is_failed(check("postgres_crud", seconds=3, url=own.url(), table=table), "timeout",
                          "the commit waits for a synchronous standby")
        assert found["phases"][-1]["name"] in ("commit", "create"), found
    assert eventually(lambda: own.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vitals'")
                      == "0", 30)
    assert own.sql("SELECT count(*) FROM vitals_probe") == "0"
    is_ok(check("postgres", url=own.url(), writable=True))
    own.sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    assert eventually(lambda: check("postgres_crud", seconds=3, url=own.url())["status"] == "ok", 30)


def test_a_full_disk(check, own):  # noqa: F811
    try:
        disk = peers.SmallDisk()
    except peers.CannotMount as error:
        pytest.skip(f"needs a small disk, but mount says {error}")
    try:
        own.own(disk.path)
        own.sql(f"CREATE TABLESPACE small LOCATION '{disk.path}'",
                "CREATE TABLE vitals_probe (id text PRIMARY KEY, value text NOT NULL) TABLESPACE small")
        disk.fill()
        is_failed(check("postgres_crud", url=own.url()), "assertion", "refuses writes: disk is full")
        disk.free()
        is_ok(check("postgres_crud", url=own.url()))
    finally:
        own.kill()
        disk.close()


# --- standbys --------------------------------------------------------------------------------------

def receives(standby):
    return lambda: standby.sql("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'") == "1"


def test_a_cascade_and_its_promotion(check, server, template):  # noqa: F811
    first = server(databases.Postgres, template, settings="full_page_writes = on")
    second = server(databases.Postgres, of=first)
    third = server(databases.Postgres, of=second)
    assert eventually(receives(second), 30) and eventually(receives(third), 30)
    bounds = {"degraded_above": ["16MiB", "1m"]}
    for each, role in ((first, "primary"), (second, "standby"), (third, "standby")):
        assert eventually(lambda: check("replication", url=each.url(), role=role, **bounds)["status"] == "ok", 30)  # noqa: B023

    # Paused: the data there grow old, however small the lag.
    third.sql("SELECT pg_wal_replay_pause()")
    assert eventually(lambda: check("replication", url=third.url())["detail"]
                      == "standby receives, but its replay is paused", 30)
    assert check("replication", url=third.url())["status"] == "degraded"
    third.sql("SELECT pg_wal_replay_resume()")
    assert eventually(lambda: check("replication", url=third.url())["status"] == "ok", 30)

    # The primary is gone: nobody knows how far the standbys are behind.
    first.kill()
    assert eventually(lambda: check("replication", url=second.url())["detail"]
                      in ("standby receives nothing from its primary", "standby, just started"), 30)
    found = check("replication", url=second.url())
    assert "lag_bytes" not in found["properties"] and "lag_seconds" not in found["properties"], found

    # Promoted: a new timeline, which the third follows.
    second.sql("SELECT pg_promote()")
    second.sql("CREATE TABLE later (a int)")
    is_ok(check("postgres", url=second.url(), writable=True))
    assert eventually(lambda: third.sql("SELECT to_regclass('later')") == "later", 60)
    found = check("replication", url=second.url(), role="primary")
    assert found["status"] == "ok" and found["detail"] == "primary, 1 standby streaming", found
    is_ok(check("replication", url=third.url(), role="standby", **bounds))
    is_failed(check("replication", url=second.url(), role="standby"), "assertion", "is a primary, expected a standby")


def test_slots_that_are_lost_or_that_nobody_uses(check, server, template):  # noqa: F811
    first = server(databases.Postgres, template, settings="wal_level = logical\nmax_replication_slots = 5\n"
                   "wal_keep_size = 0\nmin_wal_size = 32MB\nmax_wal_size = 32MB")
    look = lambda **options: check("replication", url=first.url(), **options)  # noqa: E731

    def fill(standbys="0"):
        first.sql("CREATE TABLE IF NOT EXISTS filled (a text)", "SELECT pg_switch_wal()",
                  "INSERT INTO filled SELECT repeat('x', 100) FROM generate_series(1, 20000)",
                  "SELECT pg_switch_wal()")
        # The slot does not keep the log that a standby still has to receive, either.
        assert eventually(lambda: first.sql("SELECT count(*) FROM pg_stat_replication WHERE "
                                            "write_lsn >= pg_current_wal_lsn()") == standbys, 30)
        first.sql("CHECKPOINT", "CHECKPOINT")

    def allow(limit):
        first.sql(f"ALTER SYSTEM SET max_slot_wal_keep_size = '{limit}'", "SELECT pg_reload_conf()")
        assert eventually(lambda: first.sql("SHOW max_slot_wal_keep_size") == limit)

    # Of a consumer that does not come, and then cannot come any more.
    first.sql("SELECT pg_create_logical_replication_slot('cdc', 'test_decoding')")
    fill()
    found = look()
    assert found["status"] == "degraded" and found["properties"]["role"] == "standalone", found
    assert re.fullmatch("replication slot cdc is not in use: .* MiB of log is kept for nobody", found["detail"]), found
    assert is_ok(look(ignore_slots="c*"))["detail"] == "standalone: nothing is set up for replication"
    allow("1MB")
    fill()
    assert first.sql("SELECT wal_status FROM pg_replication_slots") == "lost"
    found = look()
    assert found["status"] == "degraded", found
    assert found["detail"] == ("replication slot cdc is lost, its log is gone: drop it, and set up anew what was "
                               "fed from it"), found

    # The slot of a standby, beside a standby that streams without one. The limit would end the base
    # backup's slot, too.
    first.sql("SELECT pg_drop_replication_slot('cdc')")
    allow("-1")
    second = server(databases.Postgres, of=first)
    assert eventually(receives(second), 30)
    first.sql("SELECT pg_create_physical_replication_slot('old', true)")
    allow("1MB")
    fill(standbys="1")
    assert eventually(lambda: first.sql("SELECT wal_status FROM pg_replication_slots") == "lost")
    found = look()
    assert found["status"] == "degraded" and found["detail"] == (
        "replication slot old is lost, its log is gone: drop it, and set up anew the standby that used it"), found
    assert eventually(lambda: look(ignore_slots=["old"])["detail"] == "primary, 1 standby streaming")

    # A standby that receives nothing new.
    assert eventually(lambda: check("replication", url=second.url())["status"] == "ok", 30)
    time.sleep(1.1)
    found = check("replication", url=second.url(), fresh_within="1s")
    assert found["status"] == "degraded", found
    assert found["detail"] == "standby receives, but nothing new is committed: is there a primary?", found
    first.sql("CREATE TABLE news (a int)")
    assert eventually(lambda: check("replication", url=second.url(), fresh_within="5s")["status"] == "ok")


def test_a_receiver_of_the_log_does_not_count_as_standby(check, server, template):  # noqa: F811
    """As Barman's: standalone, as soon as its slot is configured."""
    first = server(databases.Postgres, template)
    first.sql("SELECT pg_create_physical_replication_slot('barman')")
    folder = first.make("received")
    first.spawn(databases.POSTGRES / "pg_receivewal", "-D", folder, "-S", "barman", "-d",
                first.url() + "?application_name=barman_receive_wal")
    # A connected client may be a standby until it reports its position. These report it at once.
    assert eventually(lambda: first.sql("SELECT write_lsn IS NOT NULL FROM pg_stat_replication") == "t")
    found = check("replication", url=first.url())
    assert found["status"] == "degraded" and found["properties"]["role"] == "primary", found
    assert found["detail"] == "no standby is streaming" and found["properties"]["standbys"] == 0, found
    found = is_ok(check("replication", url=first.url(), ignore_slots=["barman"]))
    assert found["properties"]["role"] == "standalone", found


@pytest.mark.skipif("VITALS_TEST_ALL" not in os.environ, reason="takes long: VITALS_TEST_ALL=1")
def test_a_standby_that_cannot_catch_up(check, server, template):  # noqa: F811
    """Its log is gone: it connects every few seconds, and the server refuses it."""
    first = server(databases.Postgres, template, settings="wal_keep_size = 0\nmax_replication_slots = 5\n"
                   "min_wal_size = 32MB\nmax_wal_size = 32MB")
    second = server(databases.Postgres, of=first, settings="wal_retrieve_retry_interval = 1s")
    assert eventually(receives(second), 30)
    second.kill()
    second.processes.clear()
    for _ in range(6):
        first.sql("SELECT pg_switch_wal()", "CREATE TABLE IF NOT EXISTS t (a int)", "INSERT INTO t VALUES (1)", "CHECKPOINT")
    second.start()
    sent_away = "requested WAL segment .* has already been removed"
    assert eventually(lambda: len(re.findall(sent_away, second.log.read_text())) > 1, 60), second.log.read_text()
    second.sql("SELECT 1")
    ends = []
    for _ in range(20):
        for each, options in ((first, {"role": "primary"}), (second, {})):
            found = check("replication", url=each.url(), **options)
            ends.append((found["status"], found["detail"]))
    assert {status for status, detail in ends if detail != "standby, just started"} == {"degraded"}, ends


@pytest.mark.skipif("VITALS_TEST_ALL" not in os.environ, reason="takes long: VITALS_TEST_ALL=1")
def test_a_bulk_load_does_not_count_as_lag(check, server, template):  # noqa: F811
    """Nothing commits for seconds, and something is always under way: all of it is replayed at once."""
    first = server(databases.Postgres, template)
    second = server(databases.Postgres, of=first)
    assert eventually(receives(second), 30)
    first.sql("CREATE TABLE filled (a text)")
    load = ("DO $$ BEGIN FOR i IN 1..500 LOOP INSERT INTO filled SELECT repeat('x', 100) FROM "
            "generate_series(1, 1000); PERFORM pg_sleep(0.02); END LOOP; END $$")
    loading = subprocess.Popen([databases.POSTGRES / "psql", "-XAtq", first.url(), "-c", load],
                               env={"PATH": "/usr/bin"})
    try:
        found = []
        while loading.poll() is None:
            found.append(check("replication", seconds=SECONDS, url=second.url(), failed_above="4s"))
        assert len(found) > 5 and loading.returncode == 0
        assert {each["status"] for each in found} == {"ok"}, [each["detail"] for each in found]
    finally:
        loading.kill()
        loading.wait()
