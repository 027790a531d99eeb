"""A disk that is full, locked or gone degrades vitals/store and nothing else."""
import pathlib
import sqlite3

from daemon import eventually, run_vitals


def configuration(disk):
    return {"state_dir": str(disk / "state"),
            "components": {"memory": {"check": "memory", "failed_above": "99.9%",
                                      "degraded_above": "99%"},
                           "pushed": {"check": "push", "ttl": "1h"}}}


def store_is(daemon, status, detail=None):
    store = daemon.components().get("vitals/store", {})
    return store.get("status") == status and (detail is None or detail in store.get("detail", ""))


def everything_else_is_served(daemon):
    daemon.control("PUT", "/v1/components/pushed", {"status": "ok"})
    assert daemon.becomes("pushed", "ok") and daemon.becomes("memory", "ok")
    statuses = {name: each["status"] for name, each in daemon.components().items()}
    assert statuses["memory"] == "ok" and statuses["vitals/engine"] == "ok", statuses
    for path in ("/", "/livez", "/readyz", "/svc_status.json", "/probe_status", "/metrics"):
        assert (path, daemon.get(path).status) == (path, 200)


def test_a_full_disk_degrades_only_the_store(vitals, small_disk):
    daemon = vitals(configuration(small_disk.path))
    assert eventually(lambda: store_is(daemon, "ok"))
    small_disk.fill()
    assert eventually(lambda: store_is(daemon, "degraded", "disk full"), 15), daemon.components()
    for number in range(200):    # transitions that cannot be written
        daemon.control("PUT", "/v1/components/pushed", {"status": ("ok", "failed")[number % 2]})
    everything_else_is_served(daemon)
    assert daemon.get("/health").json["status"] == "warn"

    small_disk.free()
    assert eventually(lambda: store_is(daemon, "ok"), 15), daemon.components()
    rows = lambda: sqlite3.connect(small_disk.path / "state/vitals.db").execute(  # noqa: E731
        "SELECT count(*) FROM span JOIN component ON id = component"
        " WHERE name = 'pushed'").fetchone()[0]
    assert eventually(lambda: rows() > 1), "what happened meanwhile was kept"


def test_a_decommission_is_known_when_it_starts_on_a_full_disk(vitals, small_disk):
    daemon = vitals(configuration(small_disk.path))
    assert daemon.control("POST", "/probe_status?body=gone").status == 200
    daemon.kill()
    small_disk.fill()
    daemon.start()
    assert (daemon.get("/probe_status").status, daemon.get("/probe_status").text) == (503, "gone")
    assert eventually(lambda: store_is(daemon, "degraded", "disk full"), 15), daemon.components()
    assert daemon.get("/svc_status.json").status == 200


def test_a_decommission_on_a_full_disk_says_that_it_will_not_last(vitals, small_disk):
    small_disk.fill()
    daemon = vitals(configuration(small_disk.path))
    answer = daemon.control("POST", "/probe_status?body=gone")
    assert answer.status == 200 and "not saved" in answer.headers["Warning"]
    assert eventually(lambda: daemon.get("/probe_status").status == 503)
    assert daemon.control("PUT", "/v1/drain", {"text": "gone"}).json["durable"] is False


def test_a_locked_database_degrades_only_the_store(vitals):
    daemon = vitals()
    daemon.stop()
    daemon.configure({**configuration(daemon.folder)})
    daemon.start()
    assert eventually(lambda: store_is(daemon, "ok"))
    other = sqlite3.connect(daemon.folder / "state/vitals.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    daemon.control("PUT", "/v1/components/pushed", {"status": "ok"})
    assert eventually(lambda: store_is(daemon, "degraded", "database is locked"), 15)
    everything_else_is_served(daemon)
    other.execute("COMMIT")
    other.close()
    assert eventually(lambda: store_is(daemon, "ok"), 15)


def test_a_damaged_database_is_set_aside(vitals):
    daemon = vitals({"components": configuration(pathlib.Path())["components"]})
    daemon.stop()
    (daemon.folder / "state/vitals.db").write_bytes(b"not a database" * 1000)
    daemon.start()
    assert eventually(lambda: store_is(daemon, "degraded", "set aside as vitals.db.damaged-"), 15)
    everything_else_is_served(daemon)
    assert daemon.control("POST", "/probe_status?body=gone").headers["Warning"] is None
    assert len(list((daemon.folder / "state").glob("vitals.db.damaged-*"))) == 1


def test_check_leaves_the_state_alone(vitals):
    daemon = vitals(serving=False)
    daemon.configure(configuration(daemon.folder))
    run_vitals("check", "-c", daemon.file)
    assert not (daemon.folder / "state").exists()
