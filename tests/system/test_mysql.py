"""MySQL and MariaDB: every check of them against MariaDB, well and broken, alone, replicated and in
a Galera cluster; and against a stand-in for MySQL 8's own authentication."""
import pathlib
import subprocess
import time

import pytest

import databases
import mariadb
from daemon import eventually, free_port
from databases import PASSWORD
from drills import Drill
from test_backends import certificates, check, is_failed, is_ok, need, server, state  # noqa: F401
from test_reuse import Watch

PLUGINS = pathlib.Path("/usr/lib/mysql/plugin")


@pytest.fixture(scope="module")
def template():
    need("mariadb-server-core", "mariadbd")
    need("mariadb-client-core", "mariadb")
    made = mariadb.Template()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(template):
    """A folder that leaves no trace."""
    made = mariadb.MariaDb(template)
    try:
        yield made.start()
    finally:
        made.close()


def is_degraded(found, detail):
    assert (found["status"], found["detail"]) == ("degraded", detail), found


# --- log-in and statements -------------------------------------------------------------------------

def test_ways_in(check, shared):
    is_ok(check("mysql", url=shared.url()))
    is_ok(check("mysql", url=shared.url("app", scheme="mariadb", database="shop")))
    is_ok(check("mysql", url=f"mysql://127.0.0.1:{shared.port}", user="app", password=PASSWORD))
    shared.sql(f"CREATE OR REPLACE USER local@localhost IDENTIFIED BY '{PASSWORD}'",
               "CREATE OR REPLACE USER bare@'127.0.0.1'")
    is_ok(check("mysql", url=f"unix:{shared.socket}?db=information_schema", user="local",
                password=PASSWORD))
    is_ok(check("mysql", url=f"mysql://bare@127.0.0.1:{shared.port}/"))
    found = is_ok(check("mysql", url=shared.url(), query="SELECT count(*) FROM shop.orders", expect="0"))
    assert found["detail"] == "answers as expected"
    found = is_ok(check("mysql", url=shared.url(), writable=True))
    assert found["detail"] == "answers, not read-only"


def test_refusals(check, shared):
    shared.sql(f"CREATE OR REPLACE USER locked@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' ACCOUNT LOCK",
               f"CREATE OR REPLACE USER expired@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' PASSWORD EXPIRE",
               f"CREATE OR REPLACE USER few@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' WITH MAX_USER_CONNECTIONS 1")
    denied = "wrong user or password, or the account demands TLS"
    is_failed(check("mysql", url=shared.url(password="wrong")), "auth", denied)
    found = check("mysql", url=shared.url("nobody"))
    assert (found["status"], found["error_class"]) == ("failed", "auth"), found
    is_failed(check("mysql", url=shared.url("locked")), "auth", "account is locked")
    # The authentication succeeds, and COM_PING would be answered.
    is_failed(check("mysql", url=shared.url("expired")), "auth", "password expired")
    is_failed(check("mysql", url=shared.url(database="missing")), "assertion", "database does not exist")
    is_failed(check("mysql", url=shared.url("app", database="mysql")), "auth",
              "user may not use the database")
    is_failed(check("mysql", url=shared.url(), query="SELECT * FROM shop.missing"), "assertion",
              "table does not exist")
    is_failed(check("mysql", url=shared.url(), query="SELECT 1; SELECT 2"), "assertion",
              "answered with error 1064")
    is_failed(check("mysql", url=shared.url(), nodes=3), "assertion", "is no node of a Galera cluster")
    holder = subprocess.Popen(["mariadb", "--no-defaults", "-ufew", f"-p{PASSWORD}", "-h127.0.0.1",
                               f"-P{shared.port}"], stdin=subprocess.PIPE)
    try:
        assert eventually(lambda: check("mysql", url=shared.url("few"))["status"] == "failed")
        is_failed(check("mysql", url=shared.url("few")), "assertion", "the user's own limit is used up")
    finally:
        holder.kill()
        holder.communicate()


def test_ed25519(check, server, template):
    if not (PLUGINS / "auth_ed25519.so").exists():
        pytest.skip("needs the plugin auth_ed25519 of mariadb-server")
    own = server(mariadb.MariaDb, template)
    own.sql("INSTALL SONAME 'auth_ed25519'",
            f"CREATE USER ed@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}')")
    is_ok(check("mysql", url=own.url("ed")))
    assert check("mysql", url=own.url("ed", "wrong"))["error_class"] == "auth"


def test_tls(check, server, template, certificates):  # noqa: F811
    ca = {"ca": str(certificates / "ca.crt")}
    own = server(mariadb.MariaDb, template, tls=(certificates, "good"))
    own.sql(f"CREATE USER safe@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL")
    found = is_ok(check("mysql", url=own.url("safe", scheme="mysqls"), tls=ca))
    assert "tls" in [each["name"] for each in found["phases"]]
    is_ok(check("mysql", url=own.url("safe"), tls={"verify": False}))
    is_failed(check("mysql", url=own.url("safe")), "auth",
              "wrong user or password, or the account demands TLS")
    is_failed(check("mysql", url=own.url("safe", "wrong", "mysqls"), tls=ca), "auth",
              "wrong user or password")
    is_failed(check("mysql", url=own.url(scheme="mysqls")), "tls", "certificate not trusted")
    other = server(mariadb.MariaDb, template, tls=(certificates, "other"))
    is_failed(check("mysql", url=other.url(scheme="mysqls"), tls=ca), "tls",
              "certificate is for another name")
    expired = server(mariadb.MariaDb, template, tls=(certificates, "expired"))
    is_failed(check("mysql", url=expired.url(scheme="mysqls"), tls=ca), "tls", "certificate expired")


def test_no_tls_is_never_taken_for_tls(check, shared):
    found = is_failed(check("mysql", url=shared.url(scheme="mysqls")), "tls", "TLS is not offered")
    assert found["failed_phase"] == "tls"


@pytest.mark.parametrize("way", ["cached", "in full"])
def test_mysql_8_passwords(check, certificates, way):  # noqa: F811
    """caching_sha2_password, by a stand-in: the whole password goes only over TLS."""
    with mariadb.Mysql8(certificates, cached=way == "cached") as stand_in:
        plain, secure = (f"{scheme}://app:{PASSWORD}@127.0.0.1:{stand_in.port}/"
                         for scheme in ("mysql", "mysqls"))
        ca = {"ca": str(certificates / "ca.crt")}
        is_ok(check("mysql", url=secure, tls=ca))
        if way == "cached":
            is_ok(check("mysql", url=plain))
        else:
            is_failed(check("mysql", url=plain), "auth", "the account needs TLS: caching_sha2_password")
        is_failed(check("mysql", url=secure.replace(PASSWORD, "wrong"), tls=ca), "auth",
                  "wrong user or password")


# --- ok while users suffer, failed while they do not -----------------------------------------------

def test_a_read_only_server(check, server, template):
    own = server(mariadb.MariaDb, template)
    own.sql("SET GLOBAL read_only = ON")
    is_ok(check("mysql", url=own.url()))
    is_failed(check("mysql", url=own.url(), writable=True), "assertion",
              "refuses writes: read_only is on")
    own.sql("SET GLOBAL read_only = OFF", "SET GLOBAL tx_read_only = ON")
    is_failed(check("mysql", url=own.url(), writable=True), "assertion",
              "refuses writes: read-only by default")


def test_no_connections_are_left(check, server, template):
    own = server(mariadb.MariaDb, template, "--max-connections=10")
    holders = [subprocess.Popen(["mariadb", "--no-defaults", "-uapp", f"-p{PASSWORD}", "-h127.0.0.1",
                                 f"-P{own.port}"], stdin=subprocess.PIPE) for _ in range(9)]
    try:
        assert eventually(lambda: check("mysql", url=own.url("app"), connections_above="80%")["status"]
                          == "degraded")
        found = check("mysql", url=own.url("app"), connections_above="80%")
        assert found["detail"].endswith(" of its connections are in use"), found
        is_ok(check("mysql", url=own.url("app")))
        holders.append(subprocess.Popen(["mariadb", "--no-defaults", "-uapp", f"-p{PASSWORD}",
                                         "-h127.0.0.1", f"-P{own.port}"], stdin=subprocess.PIPE))
        assert eventually(lambda: check("mysql", url=own.url("app"))["status"] == "failed")
        is_failed(check("mysql", url=own.url("app")), "assertion", "no connections left")
    finally:
        for each in holders:
            each.kill()
            each.communicate()


def test_a_query_of_a_run_that_is_over_does_not_go_on(check, shared):
    found = check("mysql", url=shared.url(), query="SELECT SLEEP(30)")
    assert found["status"] == "failed" and found["error_class"] == "timeout", found
    assert eventually(lambda: "SLEEP" not in shared.sql("SHOW PROCESSLIST"), 5)


def test_it_leaves_as_one_leaves(check, server, template):
    """The server logs and counts a client that leaves without a goodbye."""
    own = server(mariadb.MariaDb, template)
    own.sql(f"CREATE USER expired@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' PASSWORD EXPIRE")
    before = own.status("Aborted_clients"), own.status("Aborted_connects")
    is_ok(check("mysql", url=own.url()))
    is_failed(check("mysql", url=own.url(), query="SELECT 2", expect="3"), "assertion",
              "the query gave something else than expected")
    is_failed(check("mysql", url=own.url("expired")), "auth", "password expired")
    assert (own.status("Aborted_clients"), own.status("Aborted_connects")) == before


def test_hung(check, shared):
    with shared.stopped():
        found = check("mysql", url=shared.url())
        assert (found["error_class"], found["failed_phase"]) == ("timeout", "greeting"), found


@pytest.mark.parametrize("kind", ["mysql", "mysql_crud", "replication"])
def test_restarts_and_cuts_between_runs_are_no_faults(vitals, server, template, kind):
    own = server(mariadb.MariaDb, template)
    watch = Watch(vitals, kind, own.url(database="shop"))
    assert watch.kept() and watch.kept()
    own.restart()
    assert not watch.kept(), "the connection of before the restart cannot be the same"
    assert watch.kept()
    for row in own.sql("SHOW PROCESSLIST").splitlines():
        if row.split("\t")[1] == "test":
            own.sql(f"KILL {row.split()[0]}")
    assert not watch.kept()
    own.kill()
    assert eventually(lambda: watch.run()["status"] == "failed")


# --- rows ------------------------------------------------------------------------------------------

def test_rows_come_and_go(check, server, template):
    own = server(mariadb.MariaDb, template)
    crud = lambda user="app", **more: check("mysql_crud", url=own.url(user, database="shop"), **more)  # noqa: E731
    found = is_failed(crud(), "auth", "user may not do that with a table")
    assert found["failed_phase"] == "create"
    own.sql("GRANT INSERT, UPDATE, DELETE ON shop.* TO app@'127.0.0.1'")
    found = crud()
    assert (found["status"], found["error_class"]) == ("failed", "assertion"), found
    assert found["detail"].startswith("table is missing and this user may not create it; run as a user who may: CREATE TABLE"), found
    own.sql("USE shop; " + found["detail"].partition(": ")[2])
    found = is_ok(crud())
    assert found["detail"] == "created, retrieved, updated, deleted"
    assert own.sql("SELECT count(*) FROM shop.vitals_probe") == "0"
    is_ok(crud("test", table="shop.another"))    # made by itself
    own.sql("CREATE TABLE shop.odd (id VARCHAR(64) PRIMARY KEY, other INT)")
    is_failed(crud("test", table="odd"), "assertion", "table has other columns than id and value, texts")
    own.sql("SET GLOBAL read_only = ON")
    is_failed(crud(), "assertion", "refuses writes: read-only")
    own.sql("SET GLOBAL read_only = OFF")
    is_ok(crud())


def test_writing_that_hangs_is_ended(check, server, template):
    """A hung statement continues when its client has left: each run would use up a connection for ever."""
    own = server(mariadb.MariaDb, template)
    url = own.url(database="shop")
    is_ok(check("mysql_crud", url=url))
    locker = subprocess.Popen(["mariadb", "--no-defaults", "-utest", f"-p{PASSWORD}", "-h127.0.0.1", f"-P{own.port}",
                               "-e", "FLUSH TABLES WITH READ LOCK; SELECT SLEEP(1000)"])
    try:
        assert eventually(lambda: "SLEEP" in own.sql("SHOW PROCESSLIST"))
        is_ok(check("mysql", url=url, writable=True))
        for _ in range(3):
            found = is_failed(check("mysql_crud", url=url, seconds=2), "timeout",
                              "writing hangs: a lock on tables, or no room on the disk")
            assert found["failed_phase"] == "create", found
        assert eventually(lambda: "vitals_probe" not in own.sql("SHOW FULL PROCESSLIST"), 5)
    finally:
        locker.kill()
        locker.wait()
    for row in own.sql("SHOW PROCESSLIST").splitlines():
        if "SLEEP" in row and "PROCESSLIST" not in row:
            own.sql(f"KILL {row.split()[0]}")
    assert eventually(lambda: check("mysql_crud", url=url)["status"] == "ok")
    assert own.sql("SELECT count(*) FROM shop.vitals_probe") == "0"


# --- replication -----------------------------------------------------------------------------------

@pytest.fixture
def pair(server, template):
    """A primary and its replica."""
    primary = server(mariadb.MariaDb, template, number=1)
    replica = server(mariadb.MariaDb, template, number=2)
    primary.sql(f"CREATE USER copy@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
                "GRANT REPLICATION SLAVE ON *.* TO copy@'127.0.0.1'")
    file, position = primary.sql("SHOW MASTER STATUS").split()[:2]
    replica.sql("CHANGE MASTER TO MASTER_HOST='127.0.0.1', "
                f"MASTER_PORT={primary.port}, MASTER_USER='copy', MASTER_PASSWORD='{PASSWORD}', "
                f"MASTER_LOG_FILE='{file}', MASTER_LOG_POS={position}, MASTER_CONNECT_RETRY=1, "
                "MASTER_USE_GTID=no", "START SLAVE")
    assert eventually(lambda: "Waiting for master to send event" in replica.sql("SHOW SLAVE STATUS"), 30)
    return primary, replica


def settled(check, url, wanted, **options):
    """The result as soon as it is the wanted one, or at the end."""
    found = {}

    def is_there():
        found.update(check("replication", url=url, **options))
        return (found["status"], found["detail"]) == wanted
    assert eventually(is_there, 20, 0.2), found
    return found


def test_replication(check, pair):
    primary, replica = pair
    found = is_ok(check("replication", url=replica.url()))
    assert found["detail"] == "replica, receiving and applying"
    assert found["properties"]["role"] == "standby" and found["properties"]["lag_seconds"] == 0, found
    assert is_ok(check("replication", url=primary.url()))["detail"] == "primary, 1 replica connected"
    is_ok(check("replication", url=replica.url(), role="standby"))
    is_failed(check("replication", url=replica.url(), role="primary"), "assertion",
              "is a standby, expected a primary")
    is_failed(check("replication", url=primary.url(), role="standby"), "assertion",
              "is a primary, expected a standby")
    found = is_failed(check("replication", url=replica.url("app")), "auth",
                      "user may not see the replication: grant it SLAVE MONITOR (MariaDB) or "
                      "REPLICATION CLIENT (MySQL)")
    replica.sql("SET sql_log_bin = 0", "GRANT SLAVE MONITOR ON *.* TO app@'127.0.0.1'")
    is_ok(check("replication", url=replica.url("app")))

    replica.sql("STOP SLAVE SQL_THREAD")
    is_degraded(check("replication", url=replica.url()), "replica receives, and its applying is stopped")
    replica.sql("START SLAVE SQL_THREAD", "STOP SLAVE IO_THREAD")
    is_degraded(check("replication", url=replica.url()),
                "replica receives nothing: its receiving is stopped")
    replica.sql("START SLAVE")
    settled(check, replica.url(), ("ok", "replica, receiving and applying"))

    replica.sql("SET sql_log_bin = 0", "INSERT INTO shop.orders VALUES (4711)")
    primary.sql("INSERT INTO shop.orders VALUES (4711)")
    found = settled(check, replica.url(),
                    ("failed", "replica cannot apply what it receives (error 1062)"))
    assert "4711" in found["error"] and "4711" not in found["detail"]
    replica.sql("SET GLOBAL sql_slave_skip_counter = 1", "START SLAVE")
    settled(check, replica.url(), ("ok", "replica, receiving and applying"))


def test_a_replica_behind_is_judged_by_its_bounds(check, pair):
    primary, replica = pair
    bounds = {"degraded_above": "1s", "failed_above": "2s"}
    holder = subprocess.Popen(["mariadb", "--no-defaults", "-uroot", f"--socket={replica.socket}", "-e",
                               "LOCK TABLES shop.orders WRITE; SELECT SLEEP(60)"])
    try:
        assert eventually(lambda: "SLEEP" in replica.sql("SHOW PROCESSLIST"))
        primary.sql("INSERT INTO shop.orders VALUES (1)")
        time.sleep(3.5)
        found = check("replication", url=replica.url(), **bounds)
        assert found["status"] == "failed" and found["detail"].startswith("replica lags by "), found
        is_ok(check("replication", url=replica.url()))
    finally:
        holder.kill()
        holder.wait()
    # An intended delay is no lag.
    replica.sql("STOP SLAVE", "CHANGE MASTER TO MASTER_DELAY=100", "START SLAVE")
    primary.sql("INSERT INTO shop.orders VALUES (2)")
    time.sleep(3)
    settled(check, replica.url(), ("ok", "replica, receiving and applying"), **bounds)


def test_a_primary_that_hangs_or_dies(check, pair):
    primary, replica = pair
    source = {"source": f"mysql://127.0.0.1:{primary.port}"}
    is_ok(check("replication", url=replica.url(), **source))
    primary.sql("INSERT INTO shop.orders VALUES (1)")
    is_ok(check("replication", url=replica.url(), **source))
    with primary.stopped():
        # The replica itself does not notice it for a minute.
        is_ok(check("replication", url=replica.url()))
        found = check("replication", url=replica.url(), **source)
        assert (found["status"], found["error_class"], found["failed_phase"]) == (
            "failed", "timeout", "source"), found
    primary.kill()
    settled(check, replica.url(), ("degraded", "replica has no connection to its source (error 2003)"))


def test_changes_of_the_source_that_the_replica_does_not_get(check, pair):
    """A connection that died silently: every thread says yes, and there is no lag."""
    primary, replica = pair
    other = {"source": f"mysql://127.0.0.1:{primary.port}"}
    with Drill().route("it", primary.port).start() as drill:
        replica.sql("STOP SLAVE", "CHANGE MASTER TO MASTER_HOST='127.0.0.1', "
                    f"MASTER_PORT={drill.port('it')}", "START SLAVE")
        settled(check, replica.url(), ("ok", "replica, receiving and applying"), **other)
        drill.tell("fault hang")
        primary.sql("INSERT INTO shop.orders VALUES (9)")
        is_ok(check("replication", url=replica.url()))
        settled(check, replica.url(), ("degraded", "replica does not get what its source has committed"),
                **other)
        replica.sql("STOP SLAVE")


# --- Galera ----------------------------------------------------------------------------------------

@pytest.fixture
def galera(server, template):
    if not mariadb.GALERA.exists():
        pytest.skip("needs galera-4: apt-get install galera-4")
    ports = []
    while len(ports) < 4:
        if (port := free_port()) not in ports:
            ports.append(port)
    first = server(mariadb.MariaDb, template, *mariadb.galera(ports[0], ports[1], None))
    first.end()
    second = mariadb.MariaDb(template, *mariadb.galera(ports[2], ports[3], ports[0]),
                             data=first.folder / "data")
    first.start()
    try:
        second.start()
        assert eventually(lambda: first.status("wsrep_cluster_size") == 2, 30)
        yield first, second
    finally:
        second.close()


def test_a_node_without_a_quorum_is_failed(check, galera):
    first, second = galera
    is_ok(check("mysql", url=first.url(), nodes=2, writable=True))
    # Its data were copied by hand. It waits for them, and answers SELECT 1 meanwhile.
    is_failed(check("mysql", url=second.url("app")), "assertion",
              "node joins its cluster, and takes no statements yet")
    is_degraded(check("mysql", url=first.url(), nodes=3), "2 nodes in the cluster, expected 3")
    second.kill()
    assert eventually(lambda: "non-Primary" in first.sql("SHOW STATUS LIKE 'wsrep_cluster_status'"), 40, 0.5)
    assert first.sql("SELECT 1", "SELECT @@read_only") == "1\n0", "as if all was well"
    found = is_failed(check("mysql", url=first.url()), "assertion",
                      "node has no quorum: its cluster is split")
    assert found["failed_phase"] == "cluster"
