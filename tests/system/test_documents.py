"""The samples in the documents of the five original systems, made valid JSON and otherwise
unchanged, and the daemon's answers beside them, field by field. The test sets the components'
results, so that the answers hold exactly the documents' values; other tests cover the real checks.
At the end: the script of docs/migrating.md that compares an original with the daemon."""
import json
import os
import re
import signal
import subprocess
import threading

import pytest

from daemon import ROOT, eventually
from peers import WebServer

PULP = {
    "api_version": "2",
    "database_connection": {"connected": True},
    "known_workers": [
        {"last_heartbeat": "2015-01-02T20:39:58Z", "name": "scheduler@status-info-net0.default.virt"},
        {"last_heartbeat": "2015-01-02T20:40:34Z",
         "name": "reserved_resource_worker-0@status-info-net0.default.virt"},
        {"last_heartbeat": "2015-01-02T20:40:36Z",
         "name": "resource_manager@status-info-net0.default.virt"}],
    "messaging_connection": {"connected": True},
    "versions": {"platform_version": "2.6.0"}}
SENT = {"scheduler": 1420231198, "reserved_resource_worker-0": 1420231234,
        "resource_manager": 1420231236}

STANDALONE = {
    "status": "pong", "configuration mode": "standalone",
    "upstreams": [{"postgres": {"status": "pong"}, "lsyncd": {"status": "not_running"}}]}
PRIMARY = {
    "status": "pong", "configuration mode": "primary",
    "upstreams": [{
        "postgres": {"status": "pong", "standby_ip_address": "192.168.33.13",
                     "pg_current_xlog_location": "0/3000D48"},
        "lsyncd": {"status": "pong", "latency": "0"}}]}
COLD_STANDBY = {
    "status": "pong", "configuration mode": "cold_standby",
    "upstreams": [{
        "postgres": {"status": "pong", "pg_last_xlog_receive_location": "0/3000D48"},
        "lsyncd": {"status": "not_running"}}]}
FAILING = {
    "status": "fail", "configuration mode": "cold_standby",
    "upstreams": [{
        "postgres": {"status": "fail", "pg_last_xlog_receive_location": "0/3000D48"},
        "lsyncd": {"status": "not_running"}}]}

RUNNING = {"running": True, "status_readable": True, "queued_delays": 0}
STANDBY = {"role": "standby", "replication": True, "receive_location": "0/3000D48"}
# (mode, what the database said, what lsyncd said, the sample, its code)
DELIVERY = {
    "standalone": (("ok", {"role": "standalone"}), {"running": False}, STANDALONE, 200),
    "primary": (("ok", {"role": "primary", "replication": True, "standby_address": "192.168.33.13",
                        "current_location": "0/3000D48"}), RUNNING, PRIMARY, 200),
    "cold_standby": (("ok", STANDBY), {"running": False}, COLD_STANDBY, 200),
    "failing": (("failed", STANDBY), {"running": False}, FAILING, 500)}

# The document's JSON calls both OK. Its CSV and Prometheus forms show RED, as the handler returns.
LOVELY = {"DatabaseConnection": {"state": "OK"},
          "UserService": {"state": "RED", "detail": "Service not available"}}
LOVELY_CSV = [["DatabaseConnection", "OK"], ["UserService", "RED"]]
LOVELY_PROMETHEUS = """# HELP svc_status Status 0->OK, 1->YELLOW, 2->RED
# TYPE svc_status untyped
svc_status{name="DatabaseConnection"} 0
# HELP svc_status Status 0->OK, 1->YELLOW, 2->RED
# TYPE svc_status untyped
svc_status{name="UserService"} 2
"""

GROUPS = {
    "cache": ["data", "pages", "task_lock", "task_queue"],
    "celery": ["ping", "queues.high_priority", "queues.medium_priority", "queues.low_priority"],
    "cloud_front": ["custom_component"],
    "history": ["clickhouse", "e2e", "event_bridge.api_destination", "event_bridge.connection",
                "event_bridge.credentials", "event_bridge.rule", "api", "files"],
    "s3": ["custom_component"]}
FLAT = ["postgres", "rabbit", "redis2", "redis", "vault", "websocket"]

CALUMA = {
    "media storage service": {"ok": False}, "caches": [{"default": {"ok": True}}],
    "database migrations": [{"default": {"ok": True}}], "databases": [{"default": {"ok": True}}],
    "database models": [{"default": {"ok": True}}]}
WHERE = ["databases/default", "caches/default", "database models/default",
         "database migrations/default"]


@pytest.fixture(scope="module")
def daemon():
    import daemon as daemons
    names = [*(f"pg-{mode}" for mode in DELIVERY), *(f"ls-{mode}" for mode in DELIVERY), "db", "broker",
             *LOVELY, *FLAT, *(f"{group}/{name}" for group, all in GROUPS.items() for name in all),
             *WHERE, "media storage service"]
    health = [*FLAT, *(f"{group}/*" for group in GROUPS)]
    made = daemons.Daemon({
        "service": {"name": "documents", "version": "2.6.0"},
        "components": {name: {"check": "push", "ttl": "10m"} for name in names},
        "workers": {"pulp": {"timeout": "10m"}},
        "endpoints": [
            {"dialect": "pulp", "database": "db", "messaging": "broker", "workers": "pulp",
             "worker_style": "name"},
            *({"dialect": "delivery", "path": f"/{mode}/_status", "postgres": f"pg-{mode}",
               "lsyncd": f"ls-{mode}", "mode": "cold_standby" if mode == "failing" else mode}
              for mode in DELIVERY),
            {"dialect": "svc_status", "components": list(LOVELY)},
            {"dialect": "svc_status", "path": "/compat", "components": list(LOVELY), "compat": True},
            {"dialect": "probe_status"},
            {"dialect": "token_health",
             "namespaces": {"all": {"token": "t0ken", "components": health}}},
            {"dialect": "healthz", "components": [*WHERE, "media storage service"]}]})
    made.start()
    try:
        found = {name: {"status": "ok"} for name in names}
        for mode, ((status, properties), lsyncd, _, _) in DELIVERY.items():
            found[f"pg-{mode}"] = {"status": status, "properties": properties}
            found[f"ls-{mode}"] = {"status": "ok", "properties": lsyncd}
        found["UserService"] = {"status": "failed", "detail": "Service not available"}
        found["media storage service"] = {"status": "failed"}
        for name, body in found.items():
            path = "/v1/components/" + name.replace("/", "%2F").replace(" ", "%20")
            assert made.control("PUT", path, body).status in (200, 204), name
        for name, sent in SENT.items():
            assert made.control(
                "PUT", f"/v1/workers/pulp/{name}%40status-info-net0.default.virt/heartbeat",
                {"sent": sent}).status == 204
        assert eventually(lambda: len(made.get("/v2/status/").json["known_workers"]) == 3, 30)
        yield made
    finally:
        made.close()


def same(answer, sample, where="answer"):
    """Every field of the one is in the other, with the same type and value."""
    assert type(answer) is type(sample), where
    if isinstance(sample, dict):
        assert sorted(answer) == sorted(sample), where
        for name, value in sample.items():
            same(answer[name], value, f"{where}.{name}")
    elif isinstance(sample, list):
        assert len(answer) == len(sample), where
        for number, value in enumerate(sample):
            same(answer[number], value, f"{where}[{number}]")
    else:
        assert answer == sample, where


def test_pulp(daemon):
    answer = daemon.get("/v2/status/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    found = answer.json
    assert list(found) == list(PULP), "the document's order"
    # The document's workers are in no order.
    found["known_workers"].sort(key=lambda worker: worker["last_heartbeat"])
    same(found, PULP)
    same(daemon.get("/pulp/api/v2/status/").json["versions"], PULP["versions"])


@pytest.mark.parametrize("mode", DELIVERY)
def test_delivery(daemon, mode):
    _, _, sample, code = DELIVERY[mode]
    assert eventually(lambda: daemon.get(f"/{mode}/_status").json == sample, 30)
    answer = daemon.get(f"/{mode}/_status")
    same(answer.json, sample)
    assert (answer.status, answer.headers["Content-Type"]) == (code, "application/json")
    assert json.dumps(answer.json) == json.dumps(sample), "the document's order"


def test_lovely(daemon):
    assert eventually(lambda: daemon.get("/svc_status.json").json == LOVELY, 30)
    same(daemon.get("/svc_status", {"Accept": "application/json"}).json, LOVELY)
    answer = daemon.get("/svc_status")
    assert answer.status == 200
    assert [line.split()[:2] for line in answer.text.splitlines()] == LOVELY_CSV
    # The process's own figures follow.
    assert daemon.get("/compat.prometheus").text.startswith(LOVELY_PROMETHEUS)
    assert daemon.ask("POST", "/svc_status.json").status == 405
    answer = daemon.ask("POST", "/compat.json", body=b"anything")
    assert (answer.status, answer.json) == (200, LOVELY), "the original answers any method"
    answer = daemon.get("/probe_status")
    assert (answer.status, answer.text) == (200, "OK")


def test_token_health(daemon):
    def working():
        answer = daemon.get("/api/health/t0ken/?format=json")
        return answer if answer.status == 200 else None

    answer = eventually(working, 30)
    assert answer, daemon.get("/api/health/t0ken/?format=json").text
    # A component with a pushed state runs nothing, so it took no time. The dialect's own test
    # covers the notation of times.
    leaf = {"status": "working", "response_time": "0.0"}
    same(answer.json, {**{group: dict.fromkeys(all, leaf) for group, all in GROUPS.items()},
                       **dict.fromkeys(FLAT, leaf)})
    assert answer.headers["Content-Type"] == "application/json"
    wrong_format = daemon.get("/api/health/t0ken/?format=xml")
    assert (wrong_format.status, wrong_format.json) == (404, {"detail": "Not found."})
    assert daemon.get("/api/health/").status == 404
    wrong = daemon.get("/api/health/wrong/")
    assert (wrong.status, wrong.json) == (405, {"detail": 'Method "GET" not allowed.'})


def test_caluma(daemon):
    assert eventually(lambda: daemon.get("/healthz/").json == CALUMA, 30), daemon.get("/healthz/").text
    answer = daemon.get("/healthz/")
    same(answer.json, CALUMA)
    assert (answer.status, answer.headers["Content-Type"]) == (503, "application/json")


# ---- the script of docs/migrating.md ------------------------------------------------------------

def http(body, code="200 OK"):
    return (f"HTTP/1.1 {code}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}").encode()


class Comparison:
    """The script as it is printed, between two servers and with a shorter pause."""

    def __init__(self, old, new):
        text = (ROOT / "docs/migrating.md").read_text()
        script = next(block for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
                      if "diff <(" in block)
        for printed, real in ((r"^old=\S+$", f"old=http://127.0.0.1:{old.port}/"),
                              (r"^new=\S+$", f"new=http://127.0.0.1:{new.port}/"),
                              (r"\bsleep 10\b", "sleep 0.1")):
            script, replaced = re.subn(printed, real, script, flags=re.M)
            assert replaced == 1, printed
        self.lines = []
        self.process = subprocess.Popen(
            ["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, start_new_session=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def prints(self, *expected):
        """Each of the lines comes from now on."""
        begun = len(self.lines)
        found = eventually(lambda: set(expected) <= set(self.lines[begun:]), 40)
        assert found, f"{expected} is not in {self.lines[begun:]}"

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()
        self.reader.join()


@pytest.fixture
def sides():
    old = WebServer(http('{"status": "ok", "at": "2026-11-30T01:56:48Z", "response_time": "0.1"}'))
    new = WebServer(http('{"response_time":"0.2","at":"2026-11-30T01:57:00Z","status":"ok"}'))
    yield old, new
    for each in (old, new):
        each.close()


@pytest.fixture
def comparison(sides):
    made = Comparison(*sides)
    yield made
    made.close()


def test_the_comparison_survives_whatever_a_side_answers(sides, comparison):
    old, new = sides
    assert eventually(lambda: len(old.requests) > 3 and len(new.requests) > 3, 40)
    assert comparison.lines == [], "differences in order, spacing and time do not count"

    new.answer = http('{"status": "failed", "at": "2026-11-30T01:57:00Z", "response_time": "2"}',
                      "503 Service Unavailable")
    comparison.prints("< 200 {", "> 503 {", '<  "status": "ok"', '>  "status": "failed"')
    new.answer = http("<html>Bad Gateway</html>", "502 Bad Gateway")
    comparison.prints("> 502 not JSON: '<html>Bad Gateway</html>'")
    new.answer = http("", "503 Service Unavailable")
    comparison.prints("> 503 not JSON: ''")
    new.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\xff\x1b\x00"    # cut short, no text
    comparison.prints("> 200 not JSON: '\\ufffd\\x1b\\x00'")


@pytest.mark.parametrize("gone, mark, there", [("old", "<", ">"), ("new", ">", "<")])
def test_the_comparison_survives_a_side_that_goes_away(sides, comparison, gone, mark, there):
    old, new = sides
    assert eventually(lambda: len(old.requests) > 1 and len(new.requests) > 1, 40)
    (old if gone == "old" else new).close()
    comparison.prints(f"{mark} 000 no answer", f"{there} 200 {{")
    # It continues: it sees what the other side answers next.
    (new if gone == "old" else old).answer = http("maintenance")
    comparison.prints(f"{mark} 000 no answer", f"{there} 200 not JSON: 'maintenance'")
    assert comparison.process.poll() is None
