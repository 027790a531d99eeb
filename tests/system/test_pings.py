"""Pings: what Healthchecks and Uptime Kuma take, sent by curl, and by a script that does what
runitor does (its own requests: a start, then the exit code with the command's output)."""
import json
import re
import subprocess
import urllib.error
import urllib.request
import uuid

import pytest

from daemon import eventually, run_vitals
from test_backends import need

BACKUP = "3f2b6a1e-5c0d-4c4b-9a54-3e7a6b1f0c11"
SHARED = "kq0Yw3mXJ8vT2bLzR5nHcA"
KUMA = "JSHs372KL8"
PINGED = {"tokens": {"reader": {"secret": "may-read", "allow": ["read"]}},
          "components": {"backup": {"check": "job", "run_max": "1h", "ping_key": BACKUP},
                         "nightly/db main": {"check": "job", "ping_key": SHARED},
                         "nightly/files": {"check": "job", "ping_key": SHARED},
                         "importer": {"check": "push", "ttl": "1h", "ping_key": KUMA},
                         "other": {"check": "push", "ttl": "1h"}}}


@pytest.fixture
def daemon(vitals):
    return vitals(PINGED)


def curl(daemon, path, *options):
    """The form that lines of cron have; the body, or the exit code of a failure."""
    need("curl", "curl")
    done = subprocess.run(["curl", "-fsS", "-m", "10", *options,
                           f"http://127.0.0.1:{daemon.port}{path}"], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else done.returncode


def detail(daemon, name):
    return daemon.components()[name].get("detail", "")


def private(daemon, name):
    name = name.replace("/", "%2F").replace(" ", "%20")
    return daemon.get(f"/v1/components/{name}", {"Authorization": "Bearer may-read"}).json


def runitor(daemon, key, code, output, base="/ping"):
    """The requests of a run: POST KEY/start, then POST KEY/CODE with the end of the output, cut to
    what the answer allows."""
    run = uuid.uuid4()

    def post(what, body):
        url = f"http://127.0.0.1:{daemon.port}{base}/{key}/{what}?rid={run}"
        asked = urllib.request.Request(url, body, {"Content-Type": "text/plain"}, method="POST")
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert (answer.status, answer.read()) == (200, b"OK")
            return int(answer.headers["Ping-Body-Limit"])

    limit = post("start", b"")
    post(str(code), output[-limit:])


def test_a_line_of_a_crontab(daemon):
    assert daemon.status("backup") == "unknown"
    assert curl(daemon, f"/ping/{BACKUP}", "--retry", "5") == "OK"
    assert daemon.status("backup") == "ok"
    assert curl(daemon, f"/ping/{BACKUP}/fail") == "OK"
    assert (daemon.status("backup"), detail(daemon, "backup")) == ("failed", "reported as failed")
    assert curl(daemon, f"/ping/{BACKUP}/0") == "OK"
    assert daemon.status("backup") == "ok"
    assert curl(daemon, f"/ping/{BACKUP}/7", "--data-binary", "disk full\n") == "OK"
    assert (daemon.status("backup"), detail(daemon, "backup")) == ("failed", "exited with 7")
    assert private(daemon, "backup")["error"] == "disk full"
    assert curl(daemon, f"/ping/{BACKUP}/", "--head").startswith("HTTP/1.1 200 OK")
    assert daemon.status("backup") == "ok"


def test_a_start_changes_no_status_and_runs_are_told_apart(daemon):
    run = uuid.uuid4()
    assert curl(daemon, f"/ping/{BACKUP}/start?rid={run}") == "OK"
    assert daemon.status("backup") == "unknown"
    assert private(daemon, "backup")["properties"]["running"] == 1
    assert curl(daemon, f"/ping/{BACKUP}/log?rid={run}", "--data-binary", "12 GB so far") == "OK"
    assert curl(daemon, f"/ping/{BACKUP}?rid={run}") == "OK"
    assert daemon.status("backup") == "ok"
    assert detail(daemon, "backup").startswith("took ")
    assert private(daemon, "backup")["properties"]["output"] == "12 GB so far"


def test_the_requests_of_a_wrapper(daemon):
    runitor(daemon, BACKUP, 3, b"x" * 100_000 + b"\nlast line\n")
    assert (daemon.status("backup"), detail(daemon, "backup")) == ("failed", "exited with 3")
    assert private(daemon, "backup")["error"].endswith("last line")
    runitor(daemon, BACKUP, 0, b"")
    assert daemon.status("backup") == "ok"
    assert "running" not in private(daemon, "backup")["properties"]


def test_only_the_host_changes(daemon):
    """hc-ping.com has the key at the root, others below /ping."""
    assert curl(daemon, f"/{BACKUP}/start") == "OK"
    assert curl(daemon, f"/{BACKUP}") == "OK"
    assert daemon.status("backup") == "ok"
    runitor(daemon, BACKUP, 9, b"no", base="")
    assert detail(daemon, "backup") == "exited with 9"
    assert daemon.get(f"/{uuid.uuid4()}").status == 404


def test_output_of_any_length_is_taken(daemon, tmp_path):
    """A client that sends all output of a job is not refused: vitals keeps the end of it."""
    big = tmp_path / "output"
    big.write_bytes(b"line\n" * 1_000_000 + b"the very last\n")
    for how in ([], ["-H", "Transfer-Encoding: chunked"]):
        assert curl(daemon, f"/ping/{BACKUP}/1", "--data-binary", f"@{big}", *how) == "OK"
        error = private(daemon, "backup")["error"]
        assert error.endswith("line\nthe very last") and len(error) <= 4096


def test_one_key_for_several_jobs(daemon):
    assert curl(daemon, f"/ping/{SHARED}/nightly-db-main") == "OK"
    assert (daemon.status("nightly/db main"), daemon.status("nightly/files")) == ("ok", "unknown")
    assert curl(daemon, f"/ping/{SHARED}/nightly-files/fail") == "OK"
    assert (daemon.status("nightly/db main"), daemon.status("nightly/files")) == ("ok", "failed")
    answer = daemon.get(f"/ping/{SHARED}")
    assert (answer.status, answer.text) == (409, "ambiguous slug")
    assert daemon.get(f"/ping/{SHARED}/elsewhere?create=1").status == 404
    assert daemon.get(f"/ping/{SHARED}/backup").status == 404, "another key's"


def test_uptime_kumas_push(daemon):
    answer = daemon.get(f"/api/push/{KUMA}?status=up&msg=OK&ping=12")
    assert (answer.status, answer.json) == (200, {"ok": True})
    assert (daemon.status("importer"), detail(daemon, "importer")) == ("ok", "OK")
    assert private(daemon, "importer")["properties"]["ping_ms"] == 12
    assert daemon.get(f"/api/push/{KUMA}?status=down&msg=no+rows%0Aat+all").json == {"ok": True}
    assert daemon.status("importer") == "failed"
    assert detail(daemon, "importer") == "no rows at all"
    assert daemon.get(f"/api/push/{KUMA}?status=up&msg=&ping=").json == {"ok": True}
    assert daemon.status("importer") == "ok"
    assert daemon.ask("POST", f"/api/push/{KUMA}?status=down").json == {"ok": True}
    assert (daemon.status("importer"), detail(daemon, "importer")) == ("failed", "reported as down")
    refused = daemon.get(f"/api/push/{KUMA}?ping=soon")
    assert (refused.status, refused.json["ok"]) == (400, False)
    unknown = daemon.get("/api/push/JSHs372KL9?status=up")
    assert (unknown.status, unknown.json) == (404, {"ok": False,
                                                    "msg": "Monitor not found or not active."})
    # A job takes it, too, and a pushed component takes a ping.
    assert daemon.get(f"/api/push/{BACKUP}?status=down&msg=full").json == {"ok": True}
    assert (daemon.status("backup"), detail(daemon, "backup")) == ("failed", "full")
    assert daemon.get(f"/api/push/{BACKUP}?status=up&ping=12").json == {"ok": True}
    assert daemon.status("backup") == "ok"
    assert "took" not in detail(daemon, "backup"), "a ping of 12 ms does not count as the duration of a job"
    assert curl(daemon, f"/ping/{KUMA}") == "OK"
    assert daemon.status("importer") == "ok"
    assert curl(daemon, f"/ping/{KUMA}/start") == "OK"
    assert curl(daemon, f"/ping/{KUMA}/2", "--data-binary", "no space") == "OK"
    assert detail(daemon, "importer") == "exited with 2"
    assert private(daemon, "importer")["error"] == "no space"


def test_invalid_pings_are_refused(daemon):
    def said(path, method="GET"):
        answer = daemon.ask(method, path)
        return answer.status, answer.text

    assert said(f"/ping/{BACKUP}/256") == (400, "invalid url format")
    assert said(f"/ping/{BACKUP}?rid=7") == (400, "invalid uuid format")
    assert said(f"/ping/{BACKUP[:-1]}2") == (404, "not found")
    assert said(f"/ping/{BACKUP[:-1]}") == (404, "not found")
    assert said(f"/ping/{BACKUP}/start/again") == (404, "not found")
    assert daemon.ask("PUT", f"/ping/{BACKUP}").headers["Allow"] == "GET, HEAD, POST"
    assert daemon.status("backup") == "unknown", "none of these told anything"


def test_a_key_is_a_secret(daemon):
    """Neither the log nor an answer has a key, and the log line of a guess does not contain the guess."""
    curl(daemon, f"/ping/{BACKUP}/1", "--data-binary", "x")
    curl(daemon, f"/api/push/{KUMA}?status=down")
    guessed = "guessed-0123456789"
    answer = daemon.raw(f"GET /ping/{guessed} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * 2)
    assert answer.count(b"404 Not Found") == 1, "each guess uses a new connection"
    assert daemon.logs("with a ping key that is not known, refused")
    reader = {"Authorization": "Bearer may-read"}
    shown = [daemon.log(), daemon.get("/metrics").text, daemon.get("/").text,
             daemon.get("/v1/components", reader).text, daemon.get("/health").text,
             daemon.get("/v1/definitions", reader).text, run_vitals("validate", "-c", daemon.file).stdout]
    for text in shown:
        for key in (BACKUP, KUMA, SHARED, guessed):
            assert key not in text
    assert 'endpoint="/ping/"' in daemon.get("/metrics").text


def test_a_key_in_a_file_may_be_replaced(vitals, tmp_path):
    key = tmp_path / "key"
    key.write_text("the-first-key-1\n")
    key.chmod(0o600)
    daemon = vitals({"components": {"backup": {"check": "job", "ping_key": {"file": str(key)}}}})
    assert curl(daemon, "/ping/the-first-key-1") == "OK"
    key.write_text("the-second-key-2\n")
    assert eventually(lambda: curl(daemon, "/ping/the-second-key-2") == "OK")
    assert curl(daemon, "/ping/the-first-key-1/fail") == "OK", "for a minute"


def test_without_keys_the_paths_are_free(vitals):
    daemon = vitals({"components": {"disk": {"check": "disk"}},
                     "endpoints": [{"dialect": "badge", "path": "/ping/badge"}]})
    assert daemon.get("/ping/badge.json").status == 200
    assert daemon.get(f"/ping/{BACKUP}").status == 404


@pytest.mark.parametrize("key", ["short", "has space inside it", "slash/in/the/middle", "x" * 129])
def test_a_key_that_is_none_is_refused_and_not_shown(tmp_path, key):
    file = tmp_path / "vitals.yaml"
    file.write_text(json.dumps({"components": {"backup": {"check": "job", "ping_key": key}}}))
    file.chmod(0o600)
    answer = run_vitals("validate", "-c", file)
    assert answer.returncode == 78
    assert re.search(r"ping_key.* must be 10 to 128 letters, digits", answer.stderr)
    assert key not in answer.stderr
