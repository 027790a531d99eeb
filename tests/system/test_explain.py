"""Why a component is what it is: over /v1, in a terminal, and without a daemon."""
import json

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


def test_who_may_not_read_is_told_nothing(vitals):
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
