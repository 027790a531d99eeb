"""What Prometheus reads, judged by its own tool and by its Python client's strict parser."""
import shutil
import subprocess

import pytest
from prometheus_client.openmetrics import parser as openmetrics

from daemon import eventually


@pytest.fixture
def daemon(vitals):
    made = vitals({"service": {"name": "shop", "version": '2.6 "rc"'}, "components": {
        "memory": {"check": "memory"},
        'databases/the "main" \\ one': {"check": "file", "path": "/nonexistent"},
        "größe": {"check": "push", "ttl": "1h"}}})
    assert eventually(lambda: made.get("/startupz").status in (200, 500))
    assert made.becomes('databases/the "main" \\ one', "failed")
    return made


def test_promtool_finds_nothing(daemon):
    answer = daemon.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    done = subprocess.run([shutil.which("promtool"), "check", "metrics"], input=answer.body,
                          capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_openmetrics(daemon):
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    answer = daemon.get("/metrics", {"Accept": accept})
    assert answer.headers["Content-Type"] == \
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.headers["Vary"] == "Accept"
    assert answer.text.endswith("# EOF\n")
    families = {family.name: family
                for family in openmetrics.text_string_to_metric_families(answer.text)}
    status = {sample.labels["component"]: sample.value
              for sample in families["vitals_component_status"].samples}
    assert status['databases/the "main" \\ one'] == 2
    assert status["größe"] == 3
    for name in ("vitals_component_state", "vitals_check_duration_seconds", "vitals_check_runs",
                 "vitals_component_age_seconds", "vitals_transitions", "vitals_engine_lag_seconds",
                 "vitals_http_requests", "vitals_build"):
        assert name in families or f"{name}_info" in families, sorted(families)


def test_svc_status_prometheus_is_read_by_promtool(daemon):
    answer = daemon.get("/svc_status.prometheus")
    done = subprocess.run([shutil.which("promtool"), "check", "metrics"], input=answer.body,
                          capture_output=True)
    assert done.returncode in (0, 3), done.stderr    # 3: its advice on names that lovely chose
