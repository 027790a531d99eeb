"""What Prometheus reads, judged by its own tool and by the strict parser of its Python client."""
import gzip
import json
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest
from prometheus_client.openmetrics import parser as openmetrics

from daemon import eventually, free_port


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


def test_a_scraper_that_takes_gzip_gets_it(daemon):
    plain = daemon.get("/metrics")
    small = daemon.get("/metrics", {"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip" and plain.headers["Content-Encoding"] is None
    assert int(small.headers["Content-Length"]) == len(small.body) < len(plain.body) / 2

    def names(text):
        return {line.split(" ")[0] for line in text.decode().splitlines() if "http_requests" not in line}

    assert names(gzip.decompress(small.body)) == names(plain.body)
    assert daemon.get("/livez", {"Accept-Encoding": "gzip"}).headers["Content-Encoding"] is None


def test_openmetrics(daemon):
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    answer = daemon.get("/metrics", {"Accept": accept})
    assert answer.headers["Content-Type"] == \
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
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
    assert done.returncode in (0, 3), "3: its advice on lovely's own names"    # 3: its advice on names


@pytest.fixture
def prometheus(tmp_path):
    """prometheus(daemon, path): a server that scrapes it; returns how to ask it."""
    started = []

    def start(daemon, path):
        port = free_port()
        file = tmp_path / "prometheus.yml"
        file.write_text(json.dumps({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "vitals", "metrics_path": path, "static_configs": [
                {"targets": [f"127.0.0.1:{daemon.port}"]}]}]}))
        started.append(subprocess.Popen(
            [shutil.which("prometheus"), f"--config.file={file}",
             f"--storage.tsdb.path={tmp_path / 'data'}", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

        def ask(query):
            url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    return json.load(answer)["data"]["result"]
            except OSError:
                return []

        return ask

    yield start
    for each in started:
        each.kill()
        each.wait()


def test_prometheus_stores_red_as_red(vitals, prometheus):
    """Of two samples of one series Prometheus keeps the first. So a label must not take a
    component's name."""
    made = vitals({"components": {"app": {"check": "push"}, "app_db": {"check": "push"}}})
    made.control("PUT", "/v1/components/app", {"status": "ok", "properties": {"labels": {"db": 0}}})
    made.control("PUT", "/v1/components/app_db", {"status": "failed"})
    assert made.becomes("app_db", "failed")
    ask = prometheus(made, "/svc_status.prometheus")
    assert eventually(lambda: ask('svc_status{name="app_db",component=""}'), 30, 0.2)
    assert [each["value"][1] for each in ask('svc_status{name="app_db",component=""}')] == ["2"]
    assert [each["value"][1] for each in ask('svc_status{name="app_db",label="db"}')] == ["0"]
    # Nothing was dropped: there are as many samples as lines.
    lines = [line for line in made.get("/svc_status.prometheus").text.splitlines()
             if not line.startswith("#")]
    assert ask("scrape_samples_scraped")[0]["value"][1] == str(len(lines))
    assert ask("scrape_samples_post_metric_relabeling")[0]["value"][1] == str(len(lines))


def test_the_compressed_text_of_many_components_is_the_same(vitals):
    daemon = vitals({"components": {f"group-{n // 50:02}/node-{n * 7919 % 4096:x}":
                                    {"check": "push", "ttl": "1h", "tags": ["a", str(n % 7)]}
                                    for n in range(1000)}})

    def samples(answer):
        text = answer.body
        if answer.headers["Content-Encoding"]:
            text = gzip.decompress(text)
        lines = text.decode().splitlines()
        return [line for line in lines if not line.startswith(("process_", "vitals_http_requests",
                                                               "vitals_engine_lag"))
                and 'component="vitals/' not in line]
    plain = daemon.get("/metrics")
    small = daemon.get("/metrics", {"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept, Accept-Encoding"
    assert len(small.body) < len(plain.body) / 10
    assert samples(small) == samples(plain) and len(samples(plain)) > 14_000
    open_text = daemon.get("/metrics", {"Accept-Encoding": "gzip",
                                        "Accept": "application/openmetrics-text;version=1.0.0"})
    assert len(list(openmetrics.text_string_to_metric_families(
        gzip.decompress(open_text.body).decode()))) > 10
