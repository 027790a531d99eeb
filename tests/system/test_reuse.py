"""Connections that are kept between runs, on real servers: no false alarm after a restart of the
server, no ok for longer than `auth_every` when no new client gets in, nothing left behind. And the
cost of an authentication that a server demands."""
import os
import signal
import socket
import struct
import threading

import pytest

import databases
from daemon import eventually, free_port
from databases import PASSWORD
from test_backends import certificates, need, server, template  # noqa: F401

HOUR, DAY = "1h", "1d"


class Watch:
    """One component `it` of a daemon that runs it only on request."""

    def __init__(self, vitals, check, url, auth_every=DAY, **more):
        self.component = {"check": check, "url": url, "auth_every": auth_every, "interval": HOUR,
                          "timeout": "5s", **more}
        self.daemon = vitals({"components": {"it": self.component}})
        assert self.daemon.becomes("it", "ok"), self.daemon.components()

    def run(self):
        return self.daemon.control("POST", "/v1/components/it/run").json

    def kept(self):
        """A run that must be ok, on the connection of the run before."""
        found = self.run()
        assert found["status"] == "ok", found
        return "connect" not in [each["name"] for each in found["phases"]]

    def remove(self):
        self.daemon.configure({"components": {"other": {"check": "file", "path": "/bin/sh"}}})
        assert self.daemon.control("POST", "/v1/reload").status == 200


@pytest.fixture(params=["postgres", "postgres_crud", "replication", "redis", "memcached"])
def backend(request, server, template):
    """A server, the names of its clients there, and the options of a check of it."""
    kind = request.param
    if kind == "redis":
        need("redis-server", "redis-server")
        made = server(databases.Redis)
        return made, kind, made.url()
    if kind == "memcached":
        need("memcached", "memcached")
        made = server(databases.Memcached)
        return made, kind, f"memcached://127.0.0.1:{made.port}"
    made = server(databases.Postgres, template)
    return made, kind, made.url()


def test_a_backend_restart_between_two_runs_does_not_fail_it(vitals, backend):
    own, kind, url = backend
    watch = Watch(vitals, kind, url)
    assert watch.kept() and watch.kept()
    own.restart()
    assert not watch.kept(), "the connection of before the restart cannot be the same"
    assert watch.kept()
    own.kill()
    assert eventually(lambda: watch.run()["status"] == "failed")


def log_ins(redis, daemon, runs):
    """How many connections that number of further runs made. The daemon asks for nothing else there."""
    def made():
        return int(redis.say("INFO", "stats").split("total_connections_received:")[1].split()[0])

    before = made()
    for _ in range(runs):
        assert daemon.control("POST", "/v1/components/it/run").json["status"] == "ok"
    return made() - before - 1  # and the question itself


def test_each_run_logs_in_at_the_usual_pace_and_not_at_a_faster_one(vitals, server):
    need("redis-server", "redis-server")
    own = server(databases.Redis)
    component = {"check": "redis", "url": own.url(), "interval": "10s"}
    daemon = vitals({"components": {"it": component}})
    assert daemon.becomes("it", "ok")
    assert log_ins(own, daemon, 5) >= 5
    daemon.configure({"components": {"it": {**component, "interval": "5s"}}})
    assert daemon.control("POST", "/v1/reload").status == 200
    assert daemon.becomes("it", "ok")
    assert log_ins(own, daemon, 20) < 10
    daemon.configure({"components": {"it": {**component, "interval": "5s", "auth_every": "0s"}}})
    assert daemon.control("POST", "/v1/reload").status == 200
    assert daemon.becomes("it", "ok")
    assert log_ins(own, daemon, 5) >= 5


def test_a_changed_password_is_noticed(vitals, server, template):
    need("redis-server", "redis-server")
    redis = server(databases.Redis)
    postgres = server(databases.Postgres, template)
    postgres.sql(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'")
    watched = [Watch(vitals, "redis", redis.url(), auth_every="2s", interval="500ms"),
               Watch(vitals, "postgres", postgres.url("app"), auth_every="2s", interval="500ms")]
    redis.say("CONFIG", "SET", "requirepass", "another")
    postgres.sql("ALTER ROLE app PASSWORD 'another'")
    for watch in watched:
        found = eventually(lambda: (lambda each: each["status"] == "failed" and each)(watch.run()), 20)
        assert found and found["error_class"] == "auth", found


def test_a_server_that_lets_nobody_new_in_is_noticed(vitals, server, template):
    """The backend of a kept session still works while the postmaster is stopped."""
    own = server(databases.Postgres, template)
    watch = Watch(vitals, "postgres", own.url(), auth_every="2s", interval="500ms",
                  timeout="1s")
    (postmaster,) = own.processes
    os.kill(postmaster.pid, signal.SIGSTOP)
    try:
        found = eventually(lambda: (lambda each: each["status"] == "failed" and each)(watch.run()), 20)
        assert found and found["error_class"] == "timeout", found
    finally:
        os.kill(postmaster.pid, signal.SIGCONT)
    assert eventually(lambda: watch.run()["status"] == "ok", 20)


def test_nothing_is_left_on_the_backend(vitals, server, template):
    need("redis-server", "redis-server")
    postgres = server(databases.Postgres, template)
    redis = server(databases.Redis)

    def clients():
        listed = redis.say("CLIENT", "LIST")
        return (int(postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vitals'")),
                listed.count("id=") - 1)

    watched = [Watch(vitals, "postgres", postgres.url(), query="SELECT pg_advisory_lock(1)"),
               Watch(vitals, "redis", redis.url())]
    assert all(each.kept() for each in watched)
    assert clients() == (1, 1)
    idle = postgres.sql("SELECT state FROM pg_stat_activity WHERE application_name = 'vitals'")
    assert idle == "idle"
    assert postgres.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0"
    for each in watched:
        assert each.daemon.control("POST", "/v1/reload").status == 200
    assert eventually(lambda: clients() == (0, 0)), "an unchanged component after a reload"
    assert all(not each.kept() and each.kept() for each in watched)
    for each in watched:
        each.remove()
    assert eventually(lambda: clients() == (0, 0)), "components that are gone"
    again = [Watch(vitals, "postgres", postgres.url()), Watch(vitals, "redis", redis.url())]
    assert clients() == (1, 1)
    for each in again:
        assert each.daemon.stop() == 0
    assert eventually(lambda: clients() == (0, 0)), "the daemon has ended"


def ask_for_much_hashing(listener, rounds):
    """A PostgreSQL server that asks for SCRAM with that number of rounds. RFC 5802."""
    def message(code, body):
        return b"R" + struct.pack("!II", len(body) + 8, code) + body

    def serve(connection):
        with connection:
            while len(connection.recv(4096)) == 8:  # asks for encryption
                connection.sendall(b"N")
            connection.sendall(message(10, b"SCRAM-SHA-256\0\0"))
            nonce = connection.recv(4096).rpartition(b"r=")[2]
            connection.sendall(message(11, b"r=" + nonce + b"more,s=c2FsdA==,i=%d" % rounds))
            connection.recv(4096)

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def test_a_log_in_that_takes_long_to_compute(vitals):
    """vitals would not begin more rounds (test_postgres.py). This number could just be computed in
    time, and is not."""
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        threading.Thread(target=ask_for_much_hashing, args=(listener, 15_000_000),
                         daemon=True).start()
        url = f"postgresql://app:x@127.0.0.1:{listener.getsockname()[1]}/app"
        hostile = {"check": "postgres", "url": url, "timeout": "5s"}
        daemon = vitals({"components": {"hostile": hostile, "good": {"check": "file", "path": "/bin/sh"}}})
        assert daemon.becomes("hostile", "failed", 30), daemon.components()
        found = daemon.components()["hostile"]
        assert (found["error_class"], found["failed_phase"]) == ("timeout", "auth"), found
        seen = daemon.components()["good"]["observed_at"]
        assert eventually(lambda: daemon.components()["good"]["observed_at"] != seen)
        assert daemon.status("good") == "ok"
        assert daemon.status("hostile") == "failed"
        assert daemon.stop() == 0
        listener.shutdown(socket.SHUT_RDWR)    # else the kernel listens on while accept() waits


def test_hung_servers_hold_no_thread_that_a_healthy_one_needs(vitals, server, template, silence):
    own = server(databases.Postgres, template)
    url = f"postgresql://app:x@127.0.0.1:{silence.port}/app"
    components = {f"hung-{i}": {"check": "postgres", "url": url, "interval": "1s"} for i in range(100)}
    daemon = vitals({"components": {**components, "good": {
        "check": "postgres", "url": own.url(), "timeout": "10s"}}})

    def all_hung():
        found = daemon.components()
        return all(found[name]["status"] == "failed" for name in components)

    assert eventually(all_hung, 30), daemon.components()
    assert daemon.becomes("good", "ok", 30), daemon.components()["good"]
    seen = daemon.components()["good"]["observed_at"]
    assert eventually(lambda: daemon.components()["good"]["observed_at"] != seen)
    assert daemon.status("good") == "ok"
