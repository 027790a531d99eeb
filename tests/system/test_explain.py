"""Why a component has its status: over /v1, in a terminal, and without a daemon."""
import datetime
import json
import re
import time

from daemon import free_port, run_vitals


def refusing(port):
    return {"components": {
        "shop/web": {"check": "tcp", "url": f"tcp://127.0.0.1:{port}", "interval": "200ms", "timeout": "150ms",
                     "runbook": "https://wiki.example/shop"},
        "shop/push": {"check": "push"}},
        "tokens": {"reader": {"secret": "reader's secret", "allow": ["read"]}}}


def test_the_latest_run_is_told_phase_by_phase(vitals):
    daemon = vitals(refusing(free_port()))
    assert daemon.becomes("shop/web", "failed")
    answer = daemon.control("GET", "/v1/components/shop%2Fweb/explain")
    assert answer.status == 200, answer.text
    told = answer.json
    assert told["component"] == "shop/web" and told["status"] == "failed"
    failed = [phase for phase in told["phases"] if phase["failed"]]
    assert [phase["name"] for phase in failed] == ["connect"]
    assert "nothing listens there" in told["means"]
    assert "make it failed" in told["rule"] or "1 makes it failed" in told["rule"]
    assert told["runbook"] == "https://wiki.example/shop"
    assert daemon.control("GET", "/v1/components/nothing/explain").status == 404


def test_a_client_without_the_right_to_read_is_told_nothing(vitals):
    daemon = vitals(refusing(free_port()))
    assert daemon.get("/v1/components/shop%2Fweb/explain").status == 401


def test_a_terminal_shows_it_in_80_columns(vitals):
    daemon = vitals(refusing(free_port()))
    assert daemon.becomes("shop/web", "failed")
    shown = run_vitals("explain", "shop/web", "-c", str(daemon.file))
    assert shown.returncode == 2, shown.stderr
    for words in ("shop/web  failed", "connect", "Means", "Rule", "https://wiki.example/shop"):
        assert words in shown.stdout
    assert all(len(line) <= 80 for line in shown.stdout.splitlines())
    pushed = run_vitals("explain", "shop/push", "-c", str(daemon.file))
    assert pushed.returncode == 3 and "Nobody has reported it yet." in pushed.stdout
    missing = run_vitals("explain", "shop/none", "-c", str(daemon.file))
    assert missing.returncode == 64


def test_without_a_daemon_the_check_runs_once(tmp_path):
    port, listening = free_port(), free_port()
    configuration = refusing(port) | {"listeners": [{"address": f"127.0.0.1:{listening}"}]}
    file = tmp_path / "vitals.yaml"
    file.write_text(json.dumps(configuration))
    shown = run_vitals("explain", "shop/web", "-c", str(file))
    assert shown.returncode == 2, shown.stderr
    assert "note: no daemon answers at" in shown.stderr
    assert "connect" in shown.stdout
    assert "nothing listens there" in " ".join(shown.stdout.split())
    as_json = run_vitals("explain", "shop/web", "-c", str(file), "-f", "json")
    assert json.loads(as_json.stdout)["status"] == "failed"
    assert run_vitals("explain", "shop/none", "-c", str(file)).returncode == 64


def test_a_daemon_that_is_named_must_answer():
    shown = run_vitals("explain", "shop/web", "--url", f"http://127.0.0.1:{free_port()}")
    assert shown.returncode == 69


def test_a_past_moment_is_explained_from_the_history(vitals):
    daemon = vitals({"components": {"db": {"check": "push"}, "web": {"check": "push", "critical": True}}})
    moments = {}
    for status in ("ok", "failed", "ok"):
        for name, detail in (("db", f"db is {status}"), ("web", f"web is {status}")):
            assert daemon.control("PUT", f"/v1/components/{name}", {"status": status, "detail": detail}).status == 204
            time.sleep(0.3)
        moments[status] = moments.get(status) or datetime.datetime.now(datetime.timezone.utc)
        time.sleep(1.2)

    def explained(at, *more):
        return run_vitals("explain", "web", "-c", str(daemon.file), "--at", at, *more)

    def written(status):
        return moments[status].isoformat(timespec="milliseconds").replace("+00:00", "Z")

    then = explained(written("failed"))
    assert then.returncode == 2, then.stderr
    for line in (r"web  failed", r"Until +20.*Z, after \d s", r"Before that  ok, for \d s", r"Saw +web is failed",
                 r"Incident +\S+: ", r"Just before +20.*Z db failed: db is failed"):
        assert re.search(line, then.stdout), (line, then.stdout)
    assert all(len(line) <= 80 for line in then.stdout.splitlines())
    first = explained(written("ok"))
    assert first.returncode == 0 and "web is ok" in first.stdout and "Incident" not in first.stdout
    now = explained("1ms", "--format", "json")
    assert now.returncode == 0
    told = json.loads(now.stdout)
    assert told["component"] == "web" and told["status"] == "ok" and told["before_that"] == "failed"
    assert "until" not in told and [each["component"] for each in told["before"]] == ["db"] * len(told["before"])
    assert explained("2000-01-01T00:00:00Z").returncode == 64
    assert "nothing is known of 'web' at 2000-01-01T00:00:00Z" in explained("2000-01-01T00:00:00Z").stderr
    for wrong in ("25:00", "tomorrow", "2999-01-01T00:00:00Z"):
        answer = explained(wrong)
        assert answer.returncode == 64 and "--at: expected a time that has passed" in answer.stderr
