"""If nothing is watched, that is not ok: in no dialect, and not on the command line."""
from daemon import eventually, run_vitals


def test_a_daemon_that_watches_nothing_is_not_green(vitals):
    daemon = vitals({"components": {}}, environment={"ENABLE_HEALTHZ_ENDPOINT": "true"})
    assert eventually(lambda: daemon.status("vitals/engine") == "ok")
    codes = {path: daemon.get(path).status for path in (
        "/readyz", "/health", "/health/ready", "/actuator/health", "/consul", "/healthz/", "/livez")}
    assert codes == {"/readyz": 500, "/health": 503, "/health/ready": 503, "/actuator/health": 503,
                     "/consul": 503, "/healthz/": 503, "/livez": 200}
    assert "othing is watched" in daemon.get("/").text
    assert daemon.get("/badge.json").json["color"] == "lightgrey"
    assert daemon.get("/api/v2/status.json").json["status"]["indicator"] != "none"
    assert daemon.figure("vitals_status") == 3
    assert daemon.control("GET", "/v1/components").json["status"] == "unknown"
    assert "nothing is checked" in daemon.log()

    status = run_vitals("status", "-c", daemon.file)
    assert (status.returncode, status.stdout.splitlines()[-1]) == (3, "unknown: nothing is watched")
    assert run_vitals("status", "vitals/engine", "-c", daemon.file).returncode == 0, "asked for"
    assert run_vitals("check", "-c", daemon.file).returncode == 3
    valid = run_vitals("validate", "-c", daemon.file)
    assert valid.returncode == 0 and "nothing is checked" in valid.stderr


def test_a_selector_that_matches_nothing_is_not_green(vitals):
    chosen = {"components": ["databases/*", "!databases/main"]}
    daemon = vitals({"components": {"databases/main": {"check": "memory"}}, "endpoints": [
        {"dialect": dialect, "path": path, **chosen} for dialect, path in {
            "kubernetes": "/none", "health_json": "/none/health", "consul": "/none/consul"}.items()]})
    assert daemon.becomes("databases/main", "ok")
    assert [daemon.get(path).status for path in ("/readyz", "/health", "/consul")] == [200] * 3
    assert [daemon.get("/none" + path).status for path in ("/readyz", "/health", "/consul")] == [
        500, 503, 503]
    assert "the endpoint consul on /none/consul shows no component" in daemon.log()


def test_what_is_served_where_is_printed(tmp_path):
    (tmp_path / "vitals.yaml").write_text("""
listeners:
  - address: 127.0.0.1:8080
  - {address: "unix:control.sock", control: true}
tokens: {scraper: {secret: abc, allow: read}}
components: {memory: {check: memory}}
endpoints:
  only:
    - {dialect: kubernetes}
    - {dialect: metrics, tokens: [scraper]}
    - {dialect: page, path: /health/, listeners: ["unix:control.sock"]}
""")
    assert run_vitals("validate", cwd=tmp_path).stdout == """\
./vitals.yaml is valid: 1 component, 3 endpoints, 2 listeners
  memory  told after at most 15 s, 1 run
  /                    kubernetes    1 component
  /metrics             metrics       1 component, with a token: scraper
  /health/             page          1 component, on unix:control.sock
  /v1/                 control API   with a token, without on unix:control.sock
"""
