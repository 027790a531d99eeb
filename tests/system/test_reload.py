"""SIGHUP and POST /v1/reload: what did not change keeps its state; a bad file changes nothing."""
import json
import signal

from daemon import eventually

MEMORY = {"check": "memory", "degraded_above": "99%", "failed_above": "99.9%"}
BROKEN = {"check": "file", "path": "/nonexistent", "interval": "300ms"}


def hup(daemon, text="configuration reloaded"):
    before = daemon.log().count(text)
    daemon.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: daemon.log().count(text) > before), daemon.log()


def test_unchanged_components_keep_their_state(vitals):
    daemon = vitals({"components": {"memory": MEMORY, "broken": BROKEN, "goes": MEMORY}})
    assert eventually(lambda: daemon.components()["broken"]["runs"]["failed"] >= 3)
    before = daemon.components()["broken"]
    daemon.configure({"components": {"memory": {**MEMORY, "critical": False}, "broken": BROKEN,
                                     "comes": MEMORY}})
    hup(daemon)
    assert daemon.components().keys() == {"memory", "broken", "comes", "vitals/engine",
                                          "vitals/store"}
    after = daemon.components()["broken"]
    assert after["since"] == before["since"]
    assert after["runs"]["failed"] >= before["runs"]["failed"]
    assert daemon.components()["memory"]["critical"] is False
    assert daemon.becomes("comes", "ok")


def test_a_selector_in_a_component_that_did_not_change_means_those_that_came(vitals):
    web = {**BROKEN, "depends_on": ["db/*"]}
    daemon = vitals({"components": {"db/one": MEMORY, "web": web}})
    assert daemon.becomes("web", "failed")
    before = daemon.components()["web"]
    daemon.configure({"components": {"db/one": MEMORY, "db/two": BROKEN, "web": web}})
    hup(daemon)
    assert daemon.becomes("db/two", "failed")
    assert eventually(lambda: daemon.components()["web"].get("cause") == "db/two")
    assert daemon.components()["web"]["since"] == before["since"]
    daemon.configure({"components": {"db/one": MEMORY, "web": web}})
    hup(daemon)
    assert eventually(lambda: "cause" not in daemon.components()["web"])


def test_pushed_components_stay(vitals):
    daemon = vitals({"components": {"memory": MEMORY}})
    assert daemon.control("PUT", "/v1/components/job", {"status": "ok", "ttl": "1h"}).status == 201
    hup(daemon)
    assert daemon.status("job") == "ok"


def test_endpoints_and_service_change(vitals):
    daemon = vitals({"components": {"memory": MEMORY}})
    assert daemon.get("/svc_status").status == 200
    daemon.configure({"service": {"name": "shop", "version": "2.6.0"},
                      "components": {"memory": MEMORY},
                      "endpoints": {"only": [{"dialect": "svc_status", "path": "/other"}]}})
    hup(daemon)
    assert eventually(lambda: daemon.get("/other").status == 200)
    assert daemon.get("/svc_status").status == 404
    assert daemon.control("GET", "/v1/components").json["service"] == {
        "name": "shop", "version": "2.6.0"}


def test_a_bad_file_changes_nothing_and_says_so(vitals):
    daemon = vitals({"components": {"memory": MEMORY}})
    assert daemon.becomes("memory", "ok")
    good = daemon.file.read_text()
    daemon.file.write_text(good.replace('"memory"', '"memroy"').replace('"timeout": "1s"',
                                                                          '"timeout": "1 parsec"'))
    hup(daemon, "the configuration was not reloaded")
    log = daemon.log()
    assert log.count(f"{daemon.file}:") >= 2, "every problem at once, with its place"
    assert "memroy" in log and "1 parsec" in log
    assert daemon.components()["memory"]["status"] == "ok"
    answer = daemon.control("POST", "/v1/reload")
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.json["problems"]) >= 2
    assert all(line.startswith(f"{daemon.file}:") for line in answer.json["problems"])
    daemon.file.write_text(good)
    assert daemon.control("POST", "/v1/reload").status == 200
    daemon.file.unlink()
    assert daemon.control("POST", "/v1/reload").status == 422
    assert daemon.get("/readyz").status == 200


def test_reload_names_the_settings_that_need_a_restart(vitals):
    daemon = vitals({"components": {"memory": MEMORY}})
    before = daemon.file.read_text()
    changed = json.loads(before)
    changed["listeners"][0]["address"] = "127.0.0.1:20001"
    daemon.configure(json.dumps(changed))
    hup(daemon)
    said = "listeners changed in the configuration; restart for it to take effect"
    assert daemon.logs(said)
    assert daemon.get("/livez").status == 200
    # It still waits. After the change is undone, there is nothing to wait for.
    assert daemon.control("POST", "/v1/reload").status == 200
    assert eventually(lambda: daemon.log().count(said) == 2)
    daemon.configure(before)
    for _ in range(2):
        assert daemon.control("POST", "/v1/reload").status == 200
    assert daemon.log().count(said) == 2


def test_many_reloads_leak_nothing(vitals):
    daemon = vitals({"components": {f"memory/{number}": MEMORY for number in range(20)}})
    for _ in range(5):
        assert daemon.control("POST", "/v1/reload").status == 200
    before = daemon.figure("process_open_fds")
    for _ in range(30):
        assert daemon.control("POST", "/v1/reload").status == 200
    assert daemon.figure("process_open_fds") <= before + 3
    assert daemon.becomes("memory/7", "ok")


def test_rotated_secrets_take_effect_without_a_restart(vitals):
    daemon = vitals(serving=False)
    secret = daemon.folder / "secret"
    secret.write_text("first\n")
    secret.chmod(0o600)
    daemon.configure({"tokens": {"operator": {
        "secret": {"file": str(secret)}, "allow": ["read"], "overlap": "0s"}}})
    daemon.start()
    read = lambda token: daemon.get(  # noqa: E731
        "/v1/components", {"Authorization": f"Bearer {token}"}).status
    assert (read("first"), read("second")) == (200, 401)
    secret.write_text("second\n")
    assert eventually(lambda: read("second") == 200, 12)
    assert read("first") == 401
    assert "second" not in daemon.log()
