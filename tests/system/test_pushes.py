"""What was acknowledged is in every later answer, and outlives the daemon."""
import os
import signal
import sqlite3
import time

from daemon import SLOWER, eventually

PUSHED = {"components": {"web": {"check": "push", "ttl": "1h"}},
          "endpoints": [{"dialect": "svc_status"}, {"dialect": "kubernetes"}]}


def push(daemon, name, status="ok", **more):
    answer = daemon.control("PUT", f"/v1/components/{name}", {"status": status, **more})
    assert answer.status in (201, 204), answer.text
    return answer.status


def test_a_push_is_in_the_next_answer(vitals):
    daemon = vitals(PUSHED)
    for i in range(50):
        push(daemon, "web", ("ok", "failed")[i % 2], detail=str(i))
        assert daemon.get("/svc_status.json").json["web"]["detail"] == str(i)
        assert push(daemon, f"new-{i}") == 201
        assert daemon.get(f"/readyz/new-{i}").status == 200
        assert daemon.control("DELETE", f"/v1/components/new-{i}").status == 204
        assert daemon.get(f"/readyz/new-{i}").status == 404
        assert push(daemon, f"new-{i}") == 201, "it is gone, and the push makes it again"


def test_a_heartbeat_is_in_the_next_answer(vitals):
    daemon = vitals({
        "components": {"it": {"check": "push", "ttl": "1h"}},
        "workers": {"pulp": {"timeout": "30s", "expect": {"w": ">=1"}}},
        "endpoints": [{"dialect": "pulp", "path": "/v2/status/", "database": "it",
                       "messaging": "it", "workers": "pulp"}, {"dialect": "metrics"}]})
    push(daemon, "it")

    def known():
        return [(each["name"], each["last_heartbeat"])
                for each in daemon.get("/v2/status/").json["known_workers"]]

    for i in range(1, 20):
        assert daemon.control("PUT", "/v1/workers/pulp/w/heartbeat", {"sent": i}).status == 204
        assert known() == [("w", f"1970-01-01T00:00:{i:02}Z")]
        component = daemon.components()["workers/pulp"]
        assert (component["status"], component["properties"]["workers"]) == ("ok", 1)
        assert daemon.control("PUT", "/v1/workers/pulp/w/heartbeat",
                              {"leaving": True}).status == 204
        assert known() == [] and 'vitals_workers{group="pulp"} 0' in daemon.get("/metrics").text
        assert daemon.components()["workers/pulp"]["properties"]["workers"] == 0


def test_list_and_group_never_disagree(vitals):
    daemon = vitals({"workers": {"mail": {"timeout": "700ms"}}})
    assert daemon.control("PUT", "/v1/workers/mail/w/heartbeat").status == 204
    seen = set()
    end = time.monotonic() + 3 * SLOWER
    while len(seen) < 2 and time.monotonic() < end:
        lines = daemon.get("/metrics").text.splitlines()
        listed = next(line for line in lines if line.startswith('vitals_workers{group="mail"}'))[-1]
        status = next(line for line in lines
                      if line.startswith('vitals_component_status{component="workers/mail"'))[-1]
        seen.add((listed, status))
    assert seen == {("1", "0"), ("0", "2")}, "it is known and ok, or neither"


def test_a_component_that_was_configured_since_is_not_deleted(vitals):
    daemon = vitals(PUSHED)
    push(daemon, "db")
    daemon.configure({**PUSHED, "components": {
        **PUSHED["components"], "db": {"check": "tcp", "url": "tcp://127.0.0.1:1"}}})
    assert daemon.control("POST", "/v1/reload").status == 200
    assert daemon.becomes("db", "failed")
    answer = daemon.control("DELETE", "/v1/components/db")
    assert answer.status == 409 and "stands in the configuration" in answer.json["detail"]
    assert daemon.status("db") == "failed"
    assert daemon.control("DELETE", "/v1/components/vitals%2Fengine").status == 409


def test_created_components_are_critical_only_on_demand(vitals):
    daemon = vitals({"components": {"web": {"check": "push", "ttl": "1h"}}})
    push(daemon, "web")
    push(daemon, "soft", "failed")
    assert daemon.control("GET", "/v1/components").json["status"] == "degraded"
    push(daemon, "hard", "failed", critical=True)
    assert daemon.control("GET", "/v1/components").json["status"] == "failed"
    answer = daemon.control("PUT", "/v1/components/wbe", {"status": "ok", "create": False})
    assert answer.status == 404 and "did you mean 'web'?" in answer.json["detail"]


def test_pushed_states_survive_a_restart(vitals):
    configuration = {"components": {
        "nightly": {"check": "push", "ttl": "25h"}, "brief": {"check": "push", "ttl": "1s"},
        "never": {"check": "push", "ttl": "25h"}, "disk": {"check": "file", "path": "/"}}}
    daemon = vitals(configuration)
    push(daemon, "nightly", "degraded", detail="42 GB", properties={"files": 7, "dry": False})
    push(daemon, "brief")
    push(daemon, "made", ttl="2h", critical=True)
    assert daemon.becomes("disk", "ok")
    before = daemon.components()
    assert daemon.stop() == 0
    time.sleep(1.1)
    daemon.start()
    assert daemon.becomes("disk", "ok")
    after = daemon.components()
    for name in ("nightly", "made"):
        for member in ("status", "detail", "since", "properties", "critical"):
            assert after[name][member] == before[name][member], (name, member)
    assert after["disk"]["since"] == before["disk"]["since"]
    assert after["nightly"]["observed_at"] == before["nightly"]["observed_at"]
    assert after["made"]["created_by_push"] is True
    assert after["brief"]["status"] in ("unknown", "failed"), "nobody could be heard"
    assert after["never"]["status"] == "unknown"


def test_a_kill_loses_no_more_than_the_last_second(vitals):
    daemon = vitals(PUSHED)
    push(daemon, "web", "failed", detail="disk full")
    push(daemon, "made")
    push(daemon, "gone")
    assert daemon.control("DELETE", "/v1/components/gone").status == 204

    def written():
        with sqlite3.connect(f"file:{daemon.state}/vitals.db?mode=ro", uri=True) as file:
            names = {row[0] for row in file.execute("SELECT name FROM state")}
            return names >= {"web", "made"} and "gone" not in names

    start = time.monotonic()
    assert eventually(written, 5)
    assert time.monotonic() - start < 1.5 * SLOWER
    before = daemon.components()
    daemon.kill()
    daemon.start()
    after = daemon.components()
    for name in ("web", "made"):
        for member in ("status", "detail", "since", "observed_at"):
            assert after[name][member] == before[name][member], (name, member)
    assert "gone" not in after


def test_a_reload_forgets_no_push(vitals):
    daemon = vitals(PUSHED)
    push(daemon, "web", detail="done")
    push(daemon, "job", detail="made", ttl="1h")
    daemon.configure({"components": {"web": {"check": "push", "ttl": "2h", "critical": False},
                                     "job": {"check": "push", "ttl": "3h"}}})
    assert daemon.control("POST", "/v1/reload").status == 200
    components = daemon.components()
    assert [components[name]["detail"] for name in ("web", "job")] == ["done", "made"]
    assert components["job"]["critical"] is True and "created_by_push" not in components["job"]


def test_a_pause_of_the_daemon_fails_nobody(vitals):
    daemon = vitals({"components": {"web": {"check": "push", "ttl": "3s"}}})
    push(daemon, "web")
    os.kill(daemon.process.pid, signal.SIGSTOP)
    time.sleep(3.5)
    os.kill(daemon.process.pid, signal.SIGCONT)
    end = time.monotonic() + 1
    while time.monotonic() < end:
        assert daemon.status("web") != "failed"
    push(daemon, "web")
    assert "web: ok -> failed" not in daemon.log()
    assert daemon.becomes("web", "failed", 4), "silence counts again"
