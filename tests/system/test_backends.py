"""Databases and caches: every check of them against the real server, well and broken."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest

import databases
from daemon import SLOWER, eventually, free_port, run_vitals
from databases import PASSWORD

TIMEOUT = 1.0


def need(package, program):
    if not (shutil.which(str(program), path="/usr/sbin:/usr/bin:/sbin:/bin") or os.access(program, os.X_OK)):
        pytest.skip(f"needs {package}: apt-get install {package}")


class Check:
    """`vitals check` on one component; its result."""

    def __init__(self, folder):
        self.file = folder / "vitals.yaml"
        self.folder = folder

    def __call__(self, check, seconds=TIMEOUT, **options):
        deadline = seconds * SLOWER
        component = {"check": check, "timeout": f"{int(deadline * 1000)}ms", **options}
        self.file.write_text(json.dumps({"components": {"it": component},
                                         "state_dir": str(self.folder / "state")}))
        start = time.monotonic()
        answer = run_vitals("check", "-c", self.file, "it", "--format", "json")
        took = time.monotonic() - start
        assert answer.returncode in (0, 1, 2, 3), answer.stderr
        assert PASSWORD not in answer.stdout + answer.stderr
        (found,) = json.loads(answer.stdout)["components"]
        assert found["duration_seconds"] < deadline + 0.1, found
        # The start of the program is not part of the measured time.
        assert took < deadline + 5 * SLOWER, f"took {took:.2f} s"
        return found


@pytest.fixture
def check(tmp_path):
    return Check(tmp_path)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    need("openssl", "openssl")
    return databases.certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def template():
    need("postgresql-15", databases.POSTGRES / "postgres")
    made = databases.Template()
    yield made
    made.close()


@pytest.fixture
def server():
    """server(kind, ...) starts one; all are ended with the test."""
    with contextlib.ExitStack() as stack:
        def start(kind, *arguments, **more):
            made = kind(*arguments, **more)
            stack.callback(made.close)
            return made.start()
        yield start


@pytest.fixture(scope="module")
def primary(template):
    made = databases.Postgres(template, settings="max_replication_slots = 5")
    try:
        made.start().sql(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'",
                         "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        yield made
    finally:
        made.close()


def state(found):
    return found["status"], found.get("class", found.get("error_class", "")) or "", found.get("detail", "")


def is_ok(found):
    assert found["status"] == "ok", found
    return found


def is_failed(found, error_class, detail):
    assert state(found) == ("failed", error_class, detail), found
    return found


# --- PostgreSQL ------------------------------------------------------------------------------------

def test_postgres_answers(check, primary):
    is_ok(check("postgres", url=primary.url()))
    is_ok(check("postgres", url=primary.url(), writable=True))
    is_ok(check("postgres", url=primary.url(), query="SELECT 40 + 2", expect="42"))
    is_ok(check("postgres", url=primary.url().replace("127.0.0.1", "localhost")))
    is_failed(check("postgres", url=primary.url(), query="SELECT 40 + 2", expect="4"),
              "assertion", "the query gave something else than expected")
    is_failed(check("postgres", url=primary.url(), query="SELECT 1 WHERE false", expect="1"),
              "assertion", "the query gave no value")


def test_postgres_refuses(check, primary):
    is_failed(check("postgres", url=primary.url(password="wrong")), "auth", "wrong user or password")
    is_failed(check("postgres", url=primary.url(user="nobody")), "auth", "wrong user or password")
    is_failed(check("postgres", url=f"postgresql://test@127.0.0.1:{primary.port}/postgres"),
              "auth", "password required")
    is_failed(check("postgres", url=primary.url(database="missing")),
              "assertion", "database does not exist")
    is_failed(check("postgres", url=primary.url(), query="SELECT * FROM missing"),
              "assertion", "table does not exist")
    is_failed(check("postgres", url=f"postgresql://test:x@127.0.0.1:{free_port()}/postgres"),
              "connect", "connection refused")


def test_postgres_query_without_end(check, primary):
    found = check("postgres", url=primary.url(), query="SELECT pg_sleep(60)")
    assert found["status"] == "failed" and state(found)[1] == "timeout", found
    # The server does not continue with it either.
    assert eventually(lambda: primary.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    ) == "0", 5)
    is_failed(check("postgres", url=primary.url(), query="SELECT repeat('x', 10000000)"),
              "assertion", "an answer that is too long")
    is_failed(check("postgres", url=primary.url(), query="SELECT generate_series(1, 5000000)"),
              "assertion", "answer has more than 1000 rows")


def test_postgres_hung_killed_restarted(check, server, template):
    own = server(databases.Postgres, template)
    is_ok(check("postgres", url=own.url()))
    with own.stopped():
        found = check("postgres", url=own.url())
        assert found["status"] == "failed" and state(found)[1] == "timeout", found
    own.restart()
    is_ok(check("postgres", url=own.url()))
    own.kill()
    is_failed(check("postgres", url=own.url()), "connect", "connection refused")


def test_postgres_slots_exhausted(check, server, template):
    own = server(databases.Postgres, template, settings="max_connections = 5\nmax_wal_senders = 0\n"
                 "superuser_reserved_connections = 3")
    own.sql(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'")
    is_ok(check("postgres", url=own.url(user="app")))
    theirs = lambda: own.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'")  # noqa: E731
    assert eventually(lambda: theirs() == "0")
    with contextlib.ExitStack() as stack:
        # The look takes a slot for a moment, too. A client that came then got none.
        for _ in range(20):
            held = subprocess.Popen(
                [databases.POSTGRES / "psql", "-XAtq", "-h", "127.0.0.1", "-p", str(own.port), "-U",
                 "app", "-d", "postgres", "-c", "SELECT pg_sleep(30)"],
                env={"PGPASSWORD": PASSWORD, "PATH": "/usr/bin"}, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            stack.callback(held.wait)
            stack.callback(held.kill)
            time.sleep(0.2)
            if theirs() == "2":
                break
        is_failed(check("postgres", url=own.url(user="app")), "assertion", "no connection slots left")


def test_postgres_read_only(check, server, template):
    own = server(databases.Postgres, template)
    is_ok(check("postgres_crud", url=own.url()))
    own.sql("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    time.sleep(0.3)
    is_ok(check("postgres", url=own.url()))
    is_failed(check("postgres", url=own.url(), writable=True),
              "assertion", "refuses writes: read-only by default")
    is_failed(check("postgres_crud", url=own.url()), "assertion", "refuses writes: read-only")


def test_postgres_behind_a_pooler(check, server, template):
    need("pgbouncer", "pgbouncer")
    own = server(databases.Postgres, template)
    pooler = server(databases.PgBouncer, own)
    url = f"postgresql://test:{PASSWORD}@127.0.0.1:{pooler.port}/postgres"
    is_ok(check("postgres", url=url, writable=True))
    is_ok(check("postgres_crud", url=url))
    # A check's settings stay with its session, because pooled sessions are shared.
    assert own.sql("SHOW statement_timeout") == "0"
    shown = databases.run(databases.POSTGRES / "psql", "-XAtq", url, "-c", "SHOW statement_timeout")
    assert shown.stdout.strip() == "0", shown
    own.kill()
    # The pooler itself does TCP and authentication, and both still work.
    found = check("postgres", url=url, seconds=4)
    assert found["status"] == "failed", found
    assert state(found)[1:] == ("assertion", "pooler has no connection to the database"), found


@pytest.mark.parametrize("certificate, error_class, detail", [
    ("good", None, None),
    ("expired", "tls", "certificate expired"),
    ("other", "tls", "certificate is for another name"),
])
def test_postgres_tls(check, server, template, certificates, certificate, error_class, detail):
    own = databases.Postgres(template, settings="ssl = on", hba="hostssl")
    try:
        for end in ("crt", "key"):
            file = own.write(f"data/server.{end}", (certificates / f"{certificate}.{end}").read_text())
            file.chmod(0o600)
        own.start()
        ca = str(certificates / "ca.crt")
        found = check("postgres", url=own.url(), tls={"ca": ca})
        if error_class is None:
            is_ok(found)
            assert found["properties"]["tls"] is True
            is_ok(check("postgres", url=own.url()))
            is_failed(check("postgres", url=own.url(more="?sslmode=disable")), "auth",
                      "log-in refused by the server's rules")
            is_failed(check("postgres", url=own.url(more="?sslmode=verify-full")), "tls",
                      "certificate not trusted")
        else:
            is_failed(found, error_class, detail)
            is_ok(check("postgres", url=own.url(), tls={"verify": False}))
    finally:
        own.close()


def test_postgres_crud_leaves_nothing(check, primary):
    is_ok(check("postgres_crud", url=primary.url(), table="own probe"))
    assert primary.sql('SELECT count(*) FROM "own probe"') == "0"
    primary.sql("CREATE SCHEMA IF NOT EXISTS monitoring")
    is_ok(check("postgres_crud", url=primary.url(), table='monitoring.quo"ted; DROP'))
    assert primary.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'monitoring'") == "1"
    # A lock blocks it, and the check is cut there: the server rolls back.
    is_ok(check("postgres_crud", url=primary.url()))
    holder = subprocess.Popen(
        [databases.POSTGRES / "psql", "-XAtq", primary.url(), "-c",
         "BEGIN; LOCK TABLE vitals_probe IN SHARE MODE; SELECT pg_sleep(30)"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin"})
    try:
        assert eventually(lambda: primary.sql(
            "SELECT count(*) FROM pg_locks WHERE mode = 'ShareLock' AND granted "
            "AND relation = 'vitals_probe'::regclass") == "1")
        found = check("postgres_crud", url=primary.url())
        assert found["status"] == "failed" and state(found)[1] == "timeout", found
    finally:
        holder.kill()
        holder.wait()
    primary.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%' AND pid <> pg_backend_pid()")
    assert primary.sql("SELECT count(*) FROM vitals_probe") == "0"
    is_ok(check("postgres_crud", url=primary.url()))


def test_postgres_crud_without_the_right_to_make_a_table(check, primary):
    found = check("postgres_crud", url=primary.url(user="app"), table="not_there")
    is_failed(found, "assertion",
              "table is missing and this user may not create it; run as its future owner: CREATE TABLE IF NOT "
              'EXISTS "not_there" (id text PRIMARY KEY, value text NOT NULL)')
    primary.sql('CREATE TABLE "theirs" (id text PRIMARY KEY, value text NOT NULL)')
    is_failed(check("postgres_crud", url=primary.url(user="app"), table="theirs"), "auth",
              "user may not do what this check does")
    primary.sql('CREATE TABLE "odd" (a int)')
    is_failed(check("postgres_crud", url=primary.url(), table="odd"), "assertion",
              "table has other columns than id text and value text")


def test_postgres_still_recovering(check, server, template):
    first = server(databases.Postgres, template)
    second = databases.Postgres(of=first, settings="hot_standby = off")
    try:
        second.spawn(databases.POSTGRES / "postgres", "-D", second.data)
        second.wait(lambda: databases.run(databases.POSTGRES / "pg_isready", "-q", "-h", "127.0.0.1",
                                          "-p", second.port).returncode == 1)
        is_failed(check("postgres", url=second.url()), "assertion",
                  "starting up, shutting down or recovering")
    finally:
        second.close()


def test_replication(check, server, template):
    first = server(databases.Postgres, template)
    found = is_ok(check("replication", url=first.url()))
    assert found["properties"]["role"] == "standalone", found
    found = check("replication", url=first.url(), role="primary")
    assert found["status"] == "degraded" and found["detail"] == "no standby is streaming", found
    assert found["properties"]["role"] == "primary" and found["properties"]["replication"] is False

    second = server(databases.Postgres, of=first)
    streaming = lambda: first.sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1"  # noqa: E731
    assert eventually(streaming)
    found = is_ok(check("replication", url=first.url(), degraded_above=["64KiB", "5s"]))
    assert found["detail"] == "primary, 1 standby streaming", found
    properties = found["properties"]
    assert properties["standby_address"] == "127.0.0.1" and properties["replication"] is True
    assert "/" in properties["current_location"]
    found = is_ok(check("replication", url=second.url(), role="standby", degraded_above=["64KiB", "5s"]))
    assert found["properties"]["role"] == "standby" and "/" in found["properties"]["receive_location"]
    is_failed(check("replication", url=second.url(), role="primary"), "assertion",
              "is a standby, expected a primary")
    is_failed(check("replication", url=first.url(), role="standby"), "assertion",
              "is a primary, expected a standby")

    # SELECT 1 is ok, but nobody can write there.
    is_ok(check("postgres", url=second.url()))
    is_failed(check("postgres", url=second.url(), writable=True), "assertion", "is a standby: read-only")
    is_failed(check("postgres_crud", url=second.url()), "assertion", "refuses writes: read-only")

    # Idle for a while: that causes no lag.
    time.sleep(2)
    is_ok(check("replication", url=first.url(), degraded_above="1s"))
    is_ok(check("replication", url=second.url(), degraded_above="1s"))

    # A standby that was just restarted has no lag.
    second.restart()
    found = is_ok(check("replication", url=second.url(), role="standby", degraded_above=["16KiB", "1s"]))
    assert eventually(streaming)
    assert found["properties"]["lag_bytes"] < 16384, found

    # Replay is blocked: both sides see the lag grow.
    second.sql("SELECT pg_wal_replay_pause()")
    first.sql("CREATE TABLE grows AS SELECT generate_series(1, 20000) AS a")
    assert eventually(lambda: check("replication", url=first.url(), degraded_above="64KiB")["status"] == "degraded")
    assert eventually(lambda: check("replication", url=second.url(), failed_above="64KiB")["status"] == "failed")
    found = check("replication", url=first.url(), degraded_above="64KiB")
    assert found["properties"]["lag_bytes"] > 65536 and found["detail"].startswith("standby lags by ")
    second.sql("SELECT pg_wal_replay_resume()")
    assert eventually(lambda: check("replication", url=first.url(), degraded_above="64KiB")["status"] == "ok")

    # Ordinary users see that there is a standby, but not its lag.
    first.sql(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'")
    found = check("replication", url=first.url(user="app"))
    assert found["status"] == "degraded" and "pg_monitor" in found["detail"], found
    first.sql("GRANT pg_monitor TO app")
    is_ok(check("replication", url=first.url(user="app")))

    first.kill()
    is_failed(check("replication", url=first.url()), "connect", "connection refused")
    assert eventually(lambda: check("replication", url=second.url())["properties"]["replication"] is False)


# --- Redis -----------------------------------------------------------------------------------------

@pytest.fixture
def redis(server):
    need("redis-server", "redis-server")
    return lambda *settings, **more: server(databases.Redis, *settings, **more)


def test_redis_works(check, redis):
    own = redis()
    found = is_ok(check("redis", url=own.url()))
    assert found["properties"] == {"role": "master", "mode": "standalone"}, found
    is_ok(check("redis", url=own.url() + "/3", role="master"))
    assert own.say("DBSIZE") == ":0\r\n", "nothing is left behind"
    is_failed(check("redis", url=own.url() + "/99"), "assertion", "database does not exist")
    is_failed(check("redis", url=own.url(), role="replica"), "assertion", "is a master, expected a replica")
    is_failed(check("redis", url=own.url(), mode="cluster"), "assertion", "is no node of a cluster")
    is_failed(check("redis", url=own.url(), mode="sentinel"), "assertion", "is no sentinel")
    found = check("redis", url=own.url(":" + PASSWORD))
    assert found["status"] == "degraded" and "asks for no password" in found["detail"], found


def test_redis_without_info_is_judged_by_its_work(check, redis):
    own = redis("--rename-command", "INFO", "", "--rename-command", "CLUSTER", "")
    for mode in ("auto", "standalone", "cluster"):
        assert is_ok(check("redis", url=own.url(), mode=mode))["properties"]["mode"] in ("standalone", mode)
    is_failed(check("redis", url=own.url(), role="master"), "auth", "server does not show its role to this user")


def test_redis_checks_the_log_in(check, redis):
    own = redis("--requirepass", PASSWORD)
    is_failed(check("redis", url=own.url()), "auth", "password required")
    is_failed(check("redis", url=own.url(":wrong")), "auth", "wrong user or password")
    is_ok(check("redis", url=own.url(), password=PASSWORD))
    own.say("ACL", "SETUSER", "probe", "on", ">" + PASSWORD, "~vitals:*", "+set", "+get", "+del",
            password=PASSWORD)
    is_ok(check("redis", url=own.url(), user="probe", password=PASSWORD))
    own.say("ACL", "SETUSER", "reader", "on", ">" + PASSWORD, "~*", "+@read", password=PASSWORD)
    is_failed(check("redis", url=own.url(), user="reader", password=PASSWORD), "auth",
              "user may not run a command that is needed")


def test_redis_that_refuses_to_write_is_not_ok(check, redis):
    own = redis()
    own.say("CONFIG", "SET", "maxmemory", "1")
    assert own.say("PING") == "+PONG\r\n"
    is_failed(check("redis", url=own.url()), "assertion", "refuses writes: memory is full")
    own.say("CONFIG", "SET", "maxmemory", "0")
    own.say("CONFIG", "SET", "min-replicas-to-write", "1")
    is_failed(check("redis", url=own.url()), "assertion", "refuses writes: not enough replicas")
    own.say("CONFIG", "SET", "min-replicas-to-write", "0")
    is_ok(check("redis", url=own.url()))
    with contextlib.closing(socket.create_connection(("127.0.0.1", own.port))) as held:
        held.sendall(b"CONFIG SET maxclients 1\r\n")
        held.recv(100)
        is_failed(check("redis", url=own.url()), "assertion", "too many connections")
    is_ok(check("redis", url=own.url()))


def test_redis_that_cannot_save_is_not_ok(check, redis):
    own = redis("--save", "1 1")
    own.folder.chmod(0o555)
    own.say("SET", "a", "b")
    assert eventually(lambda: own.say("PING").startswith("-MISCONF"), 15)
    is_failed(check("redis", url=own.url()), "assertion", "refuses writes: it cannot save to disk")
    own.folder.chmod(0o755)
    assert eventually(lambda: check("redis", url=own.url())["status"] == "ok", 15)


def test_redis_replica(check, redis):
    first = redis()
    second = redis("--replicaof", f"127.0.0.1 {first.port}")
    linked = lambda: "master_link_status:up" in second.say("INFO", "replication")  # noqa: E731
    assert eventually(linked)
    is_failed(check("redis", url=second.url()), "assertion", "refuses writes: read-only replica")
    is_failed(check("redis", url=second.url(), role="master"), "assertion",
              "is a replica, expected a master")
    found = is_ok(check("redis", url=second.url(), mode="replica"))
    assert found["detail"] == "replica, linked to its master"
    first.kill()
    assert eventually(lambda: not linked())
    is_failed(check("redis", url=second.url(), mode="replica"), "assertion", "no link to its master")
    second.say("CONFIG", "SET", "replica-serve-stale-data", "no")
    second.say("CONFIG", "SET", "replica-read-only", "no")
    is_failed(check("redis", url=second.url()), "assertion",
              "replica has lost its master and serves nothing")


def test_redis_cluster_and_sentinel(check, redis):
    own = redis("--cluster-enabled", "yes", "--cluster-port", free_port())
    is_failed(check("redis", url=own.url()), "assertion", "cluster is down")
    own.say("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    assert eventually(lambda: "cluster_state:ok" in own.say("CLUSTER", "INFO"))
    found = is_ok(check("redis", url=own.url(), mode="cluster"))
    assert found["detail"] == "written, read back and deleted"
    # Keys that another node has are no fault. Without slots of its own there are no others.
    own.say("CONFIG", "SET", "cluster-require-full-coverage", "no")
    own.say("CLUSTER", "DELSLOTSRANGE", "0", "8191")
    assert eventually(lambda: "cluster_slots_assigned:8192" in own.say("CLUSTER", "INFO"))
    watched = redis()
    need("redis-sentinel", "redis-sentinel")
    sentinel = redis(f"sentinel monitor shop 127.0.0.1 {watched.port} 1",
                     "sentinel down-after-milliseconds shop 500", sentinel=True)
    assert eventually(lambda: check("redis", url=sentinel.url())["status"] == "ok")
    watched.kill()
    assert eventually(lambda: check("redis", url=sentinel.url())["status"] == "failed")
    is_failed(check("redis", url=sentinel.url(), mode="sentinel"), "assertion", "a master is down")


def test_redis_master_is_followed_through_a_sentinel(vitals, redis):
    need("redis-sentinel", "redis-sentinel")
    master = redis()
    replica = redis("--replicaof", "127.0.0.1", str(master.port))
    assert eventually(lambda: "master_link_status:up" in replica.say("INFO", "replication"))
    sentinel = redis(f"sentinel monitor shop 127.0.0.1 {master.port} 1",
                     "sentinel down-after-milliseconds shop 500",
                     "sentinel failover-timeout shop 3000", sentinel=True)
    assert eventually(lambda: str(replica.port) in sentinel.say("SENTINEL", "replicas", "shop"), 30)
    daemon = vitals({"components": {"shop": {"check": "redis", "url": sentinel.url(), "master": "shop",
                                             "auth_every": "1h"}}})
    assert daemon.becomes("shop", "ok"), daemon.components()
    master.kill()
    assert daemon.becomes("shop", "failed"), daemon.components()
    assert daemon.becomes("shop", "ok", 30), daemon.components()
    assert "role:master" in replica.say("INFO", "replication")


def test_redis_sentinels_have_a_password_of_their_own(check, redis):
    need("redis-sentinel", "redis-sentinel")
    master = redis("--requirepass", "for-the-master")
    sentinel = redis(f"sentinel monitor shop 127.0.0.1 {master.port} 1", "sentinel auth-pass shop for-the-master",
                     "requirepass for-sentinels", sentinel=True)
    dead = free_port()
    hosts = f"127.0.0.1:{dead},127.0.0.1:{sentinel.port}"
    options = {"url": f"redis://{hosts}/0", "master": "shop", "password": "for-the-master"}
    is_ok(check("redis", **options, sentinel_password="for-sentinels"))
    is_failed(check("redis", **(options | {"url": sentinel.url()})), "auth", "at the sentinel: wrong user or password")
    is_failed(check("redis", **(options | {"password": "wrong"}), sentinel_password="for-sentinels"), "auth",
              "wrong user or password")
    is_failed(check("redis", url=f"redis://127.0.0.1:{dead},127.0.0.1:{dead}", master="shop"), "connect",
              "no master from any of 2 servers; the first: at the sentinel: connection refused")


def test_redis_sentinels_speak_tls(check, redis, certificates):
    need("redis-sentinel", "redis-sentinel")
    secure, trust = {"tls": (certificates, "good")}, {"tls": {"ca": str(certificates / "ca.crt")}, "master": "shop"}
    plain_master, secure_master = redis(), redis(**secure)
    watch = lambda master: f"sentinel monitor shop 127.0.0.1 {master.port} 1"  # noqa: E731
    # A sentinel with TLS for the plain master, and one of each for the master with TLS.
    for master, sentinel, scheme, differs in (
            (plain_master, redis(watch(plain_master), sentinel=True, **secure), "redis", "on"),
            (secure_master, redis(watch(secure_master), "tls-replication yes", sentinel=True, **secure),
             "rediss", None),
            (secure_master, redis(watch(secure_master), "tls-replication yes", "port 0", sentinel=True, **secure),
             "rediss", "on")):
        options = {"url": sentinel.url(scheme=scheme), **trust}
        is_ok(check("redis", **options, **({"sentinel_tls": differs} if differs else {})))
        assert check("redis", **options, sentinel_tls="off")["status"] == "failed"
        found = check("redis", url=options["url"], master="shop", sentinel_tls="on")
        is_failed(found, "tls", "at the sentinel: certificate not trusted")
    plain_sentinel = redis(watch(secure_master), sentinel=True)
    is_ok(check("redis", url=plain_sentinel.url(scheme="rediss"), **trust, sentinel_tls="off"))
    assert check("redis", url=plain_sentinel.url(scheme="rediss"), **trust)["status"] == "failed"


def test_redis_hung_killed_restarted(check, redis):
    own = redis()
    is_ok(check("redis", url=own.url()))
    with own.stopped():
        found = check("redis", url=own.url())
        assert state(found)[:2] == ("failed", "timeout"), found
    own.restart()
    is_ok(check("redis", url=own.url()))
    own.kill()
    is_failed(check("redis", url=own.url()), "connect", "connection refused")


@pytest.mark.parametrize("certificate, detail", [
    ("good", None), ("expired", "certificate expired"), ("other", "certificate is for another name")])
def test_redis_tls(check, redis, certificates, certificate, detail):
    own = redis(tls=(certificates, certificate))
    found = check("redis", url=own.url(scheme="rediss"), tls={"ca": str(certificates / "ca.crt")})
    if detail is None:
        is_ok(found)
        is_failed(check("redis", url=own.url(scheme="rediss")), "tls", "certificate not trusted")
        assert check("redis", url=own.url())["status"] == "failed", "plain text on a TLS port"
    else:
        is_failed(found, "tls", detail)


# --- memcached -------------------------------------------------------------------------------------

@pytest.fixture
def memcached(server):
    need("memcached", "memcached")
    return lambda *settings, **more: server(databases.Memcached, *settings, **more)


def test_memcached(check, memcached):
    own = memcached()
    url = f"memcached://127.0.0.1:{own.port}"
    is_ok(check("memcached", url=url))
    with own.stopped():
        assert state(check("memcached", url=url))[:2] == ("failed", "timeout")
    with contextlib.ExitStack() as stack:
        for _ in range(70):
            held = stack.enter_context(socket.create_connection(("127.0.0.1", own.port)))
        held.settimeout(5)
        # The server counts connections when it accepts them.
        assert eventually(lambda: check("memcached", url=url)["status"] == "failed")
    assert eventually(lambda: check("memcached", url=url)["status"] == "ok")
    own.restart()
    is_ok(check("memcached", url=url))
    own.kill()
    is_failed(check("memcached", url=url), "connect", "connection refused")


@pytest.mark.parametrize("certificate, detail", [
    ("good", None), ("expired", "certificate expired"), ("other", "certificate is for another name")])
def test_memcached_tls(check, memcached, certificates, certificate, detail):
    own = memcached(tls=(certificates, certificate))
    url, ca = f"memcacheds://127.0.0.1:{own.port}", str(certificates / "ca.crt")
    found = check("memcached", url=url, tls={"ca": ca})
    if detail is None:
        is_ok(found)
        is_failed(check("memcached", url=url), "tls", "certificate not trusted")
        plain = check("memcached", url=f"memcached://127.0.0.1:{own.port}")
        assert plain["status"] == "failed", "plain text on a TLS port"
    else:
        is_failed(found, "tls", detail)


def test_caches_on_unix_sockets(check, memcached, redis):
    own = memcached(unix=True)
    is_ok(check("memcached", url=f"unix:{own.path}"))
    path = own.folder / "redis.sock"
    is_failed(check("redis", url=f"unix:{path}"), "connect", "socket does not exist")
    other = redis("--unixsocket", str(path), "--unixsocketperm", "777")
    assert eventually(path.is_socket)
    is_ok(check("redis", url=f"unix:{path}?db=3"))
    other.kill()
    is_failed(check("redis", url=f"unix:{path}"), "connect", "connection refused")
    own.kill()
    is_failed(check("memcached", url=f"unix:{own.path}"), "connect", "connection refused")


def test_memcached_with_the_binary_protocol_does_not_count_as_hung(check, memcached):
    own = memcached("-B", "binary", unix=True)
    is_failed(check("memcached", url=f"unix:{own.path}"), "protocol",
              "speaks the binary protocol only: start memcached without -B binary and without -S")
    with own.stopped():
        assert state(check("memcached", url=f"unix:{own.path}"))[:2] == ("failed", "timeout")


def test_memcached_full(check, memcached):
    own = memcached("-M", "-m", "2")
    with socket.create_connection(("127.0.0.1", own.port), timeout=5) as connection:
        # Each size of items has its own memory. Large items take the free memory, then items of the
        # check's size take the rest.
        for size in (100_000, 32):
            for index in range(100_000):
                connection.sendall(f"set {index:039} 0 0 {size}\r\n".encode() + b"x" * size + b"\r\n")
                if not connection.recv(100).startswith(b"STORED"):
                    break
    found = check("memcached", url=f"memcached://127.0.0.1:{own.port}")
    is_failed(found, "assertion", "refuses writes: memory is full")


def test_memcached_checks_the_log_in(check, memcached, tmp_path):
    file = tmp_path / "users"
    file.write_text(f"probe:{PASSWORD}\n")
    for folder in [tmp_path, *tmp_path.parents[:3]]:
        with contextlib.suppress(PermissionError):
            folder.chmod(folder.stat().st_mode | 0o055)
    own = memcached("-Y", str(file))
    url = f"memcached://127.0.0.1:{own.port}"
    is_ok(check("memcached", url=url, user="probe", password=PASSWORD))
    is_failed(check("memcached", url=url, user="probe", password="wrong"), "auth", "wrong user or password")
    is_failed(check("memcached", url=url), "auth", "user and password required")


# --- lsyncd ----------------------------------------------------------------------------------------

def test_lsyncd(check):
    need("lsyncd", "lsyncd")
    need("rsync", "rsync")
    own = databases.Lsyncd()
    try:
        own.start_rsync()
        own.start()
        options = {"status_file": str(own.status_file), "pid_file": str(own.pid_file)}
        assert eventually(lambda: check("lsyncd", **options)["properties"].get("queued_delays") == 0)
        # Idle: the file grows old, and that is no fault.
        os.utime(own.status_file, (time.time() - 3600, time.time() - 3600))
        found = is_ok(check("lsyncd", **options, stuck_after="60s", degraded_above=0))
        assert found["properties"] == {"running": True, "status_readable": True, "queued_delays": 0}
        # The target is gone: the queue stays.
        own.stop_rsync()
        (own.source / "file").write_text("x")
        assert eventually(lambda: check("lsyncd", **options, degraded_above=0)["status"] == "degraded", 15)
        found = check("lsyncd", **options, degraded_above=0)
        assert found["properties"]["queued_delays"] > 0, found
        own.start_rsync()
        assert eventually(lambda: check("lsyncd", **options, degraded_above=0)["status"] == "ok", 30)
        assert (own.target / "file").read_text() == "x"
        os.kill(own.pid, signal.SIGSTOP)
        is_failed(check("lsyncd", **options), "assertion", "process is stopped")
        os.kill(own.pid, signal.SIGCONT)
        is_failed(check("lsyncd", **options, expected="not_running"), "assertion",
                  "runs, though it should not")
        own.end(signal.SIGKILL)
        assert own.pid_file.exists(), "left behind"
        found = is_failed(check("lsyncd", **options), "assertion", "does not run")
        assert found["properties"]["running"] is False
        is_ok(check("lsyncd", **options, expected="not_running"))
    finally:
        own.close()


def test_lsyncd_that_writes_nothing(check):
    need("lsyncd", "lsyncd")
    need("rsync", "rsync")
    own = databases.Lsyncd(direct=True)
    canary, copy = own.source / ".vitals-canary", own.target / ".vitals-canary"
    options = {"status_file": str(own.status_file), "pid_file": str(own.pid_file), "canary": str(canary),
               "copy": str(copy), "arrives_within": "4s"}
    arrives = lambda: check("lsyncd", **options)["properties"].get("under_way_seconds") == 0  # noqa: E731
    try:
        own.start()
        assert check("lsyncd", **options)["status"] == "ok", "written for the first time"
        assert eventually(lambda: copy.exists() and arrives(), 30)
        # lsyncd's own status remains good.
        copy.chmod(0o444)
        own.target.chmod(0o555)
        assert eventually(lambda: check("lsyncd", **options)["status"] == "failed", 30)
        found = check("lsyncd", **options)
        assert state(found)[:2] == ("failed", "assertion"), found
        assert found["detail"].startswith("runs, but nothing has arrived for "), found
        plain = check("lsyncd", status_file=str(own.status_file), pid_file=str(own.pid_file))
        assert plain["status"] == "ok", plain
        copy.chmod(0o644)
        own.target.chmod(0o755)
        assert eventually(arrives, 30)
        is_ok(check("lsyncd", **options))
    finally:
        own.close()
