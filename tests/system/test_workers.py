"""Worker groups that get heartbeats over HTTP, and Pulp's status made of them."""
import time

from daemon import eventually

CONFIGURATION = {
    "service": {"name": "pulp", "version": "2.6.0"},
    "components": {"database": {"check": "disk", "path": "/", "degraded_above": "100%",
                                "failed_above": "100%"},
                   "broker": {"check": "push", "ttl": "1h"}},
    "workers": {"pulp": {"timeout": "1500ms",
                         "expect": {"scheduler": "1", "resource_manager": "1",
                                    "reserved_resource_worker": ">=1"}}},
    "endpoints": [{"dialect": "pulp", "path": "/v2/status/", "database": "database",
                   "messaging": "broker", "workers": "pulp"},
                  {"dialect": "metrics", "path": "/metrics"}],
}
NAMES = ["resource_manager@host", "reserved_resource_worker-0@host", "scheduler@host"]


def beat(daemon, names):
    answer = daemon.control("PUT", "/v1/workers/pulp/heartbeats",
                            {"workers": [{"name": name, "sent": 1420231198} for name in names]})
    assert answer.status == 204, answer.text


def known(daemon):
    return [worker["name"] for worker in daemon.get("/v2/status/").json["known_workers"]]


def test_pulps_status_follows_the_heartbeats(vitals):
    daemon = vitals(CONFIGURATION)
    assert daemon.status("workers/pulp") == "unknown", "its workers had no time to be heard"
    assert daemon.control("PUT", "/v1/components/broker", {"status": "ok"}).status in (201, 204)
    beat(daemon, NAMES)
    assert eventually(lambda: len(known(daemon)) == 3)
    answer = daemon.get("/v2/status/")
    assert answer.status == 200
    assert answer.json == {
        "api_version": "2",
        "database_connection": {"connected": True},
        "known_workers": [{"_id": name, "_ns": "workers",
                           "last_heartbeat": "2015-01-02T20:39:58Z", "name": name}
                          for name in sorted(NAMES)],
        "messaging_connection": {"connected": True},
        "versions": {"platform_version": "2.6.0"}}
    assert eventually(lambda: daemon.status("workers/pulp") == "ok")

    # The scheduler falls silent; the others continue.
    end = time.monotonic() + 10
    while daemon.status("workers/pulp") != "failed" and time.monotonic() < end:
        beat(daemon, NAMES[:2])
        time.sleep(0.2)
    component = daemon.components()["workers/pulp"]
    assert component["status"] == "failed"
    assert "scheduler: 0 of 1, scheduler@host silent since 2015-01-02T20:39:58Z" in component["detail"]
    beat(daemon, NAMES[:2])
    assert known(daemon) == sorted(NAMES[:2])
    assert daemon.get("/v2/status/").status == 200

    # One comes back, one leaves.
    assert daemon.control("PUT", "/v1/workers/pulp/scheduler%40host/heartbeat").status == 204
    beat(daemon, NAMES)
    assert eventually(lambda: daemon.status("workers/pulp") == "ok", timeout=1.4)
    assert daemon.control("PUT", "/v1/workers/pulp/resource_manager%40host/heartbeat",
                          {"leaving": True}).status == 204
    assert eventually(lambda: "resource_manager@host" not in known(daemon), timeout=1.4)


def test_a_group_that_is_not_configured_is_refused(vitals):
    daemon = vitals(CONFIGURATION)
    answer = daemon.control("PUT", "/v1/workers/celery/w/heartbeat")
    assert answer.status == 422
    assert "no group of workers 'celery'" in answer.json["detail"]


def test_workers_do_not_outlive_the_daemon(vitals):
    daemon = vitals(CONFIGURATION)
    beat(daemon, NAMES)
    assert eventually(lambda: len(known(daemon)) == 3)
    daemon.kill()
    daemon.start()
    assert known(daemon) == [], "no worker is alive that was not heard"
    assert daemon.status("workers/pulp") == "unknown"
    beat(daemon, NAMES)
    assert eventually(lambda: daemon.status("workers/pulp") == "ok")


def test_a_worker_missing_after_a_restart_is_named(vitals):
    daemon = vitals(CONFIGURATION)
    beat(daemon, NAMES)
    assert eventually(lambda: len(known(daemon)) == 3)
    daemon.stop()
    daemon.start()
    assert known(daemon) == [], "no worker is alive before it is heard"
    silent = "scheduler: 0 of 1, scheduler@host silent since 2015-01-02T20:39:58Z"

    def detail():
        beat(daemon, NAMES[:2])
        assert "scheduler@host" not in known(daemon), "no worker is alive before it is heard"
        component = daemon.components()["workers/pulp"]
        return component["detail"] if component["status"] == "failed" else ""

    assert eventually(lambda: detail() == silent, 20, 0.2), daemon.components()["workers/pulp"]
    daemon.kill()
    daemon.start()
    assert known(daemon) == []
    assert eventually(lambda: detail() == silent, 20, 0.2)
    beat(daemon, NAMES)
    assert eventually(lambda: len(known(daemon)) == 3)


def test_stale_workers_are_listed_where_that_is_wanted(vitals):
    endpoints = [{**CONFIGURATION["endpoints"][0], "path": path, "stale_workers": stale}
                 for path, stale in (("/v2/status/", False), ("/stale/", True))]
    daemon = vitals({**CONFIGURATION, "endpoints": endpoints})
    beat(daemon, NAMES)
    assert eventually(lambda: len(known(daemon)) == 3)
    assert eventually(lambda: known(daemon) == [])
    stale = daemon.get("/stale/").json["known_workers"]
    assert [each["name"] for each in stale] == sorted(NAMES)
    assert daemon.control("PUT", "/v1/workers/pulp/scheduler%40host/heartbeat",
                          {"leaving": True}).status == 204
    assert eventually(lambda: len(daemon.get("/stale/").json["known_workers"]) == 2)
