"""OTLP over HTTP: what a collector gets, read by OpenTelemetry's own JavaScript package. The
collector itself is a stand-in, because Debian has none."""
import base64
import contextlib
import http.server
import json
import shutil
import ssl
import subprocess
import threading
import time

import pytest

import peers
from daemon import ROOT, SLOWER, eventually, free_port, run_vitals

PACKAGE = ROOT / "tests/otlp"


def setup_module():
    if shutil.which("node") is None:
        pytest.skip("needs node (packaging/apt-browser.txt)", allow_module_level=True)
    if not (PACKAGE / "node_modules").exists():
        pytest.skip("needs `npm ci --prefix tests/otlp`", allow_module_level=True)


def decode(requests):
    lines = "".join(json.dumps({"signal": signal, "body": base64.b64encode(body).decode()}) + "\n"
                    for signal, body in requests)
    done = subprocess.run(["node", PACKAGE / "decode.js"], input=lines, text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Collector:
    """A stand-in for an OpenTelemetry collector: takes requests, and answers as it is told to."""

    def __init__(self, port=None, certificate=None):
        self.requests = []  # (signal, body)
        self.headers = []
        self.times = []
        self.answers = []  # (status, headers, body), one for each of the next requests
        self.only = ""     # of this signal
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, content = 200, {}, b""
                if outer.answers and self.path.endswith(outer.only):
                    status, headers, content = outer.answers.pop(0)
                outer.headers.append((self.path, dict(self.headers)))
                outer.times.append(time.monotonic())
                if status == 200:
                    outer.requests.append((self.path.rsplit("/", 1)[1], body))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.port = port or free_port()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def points(self):
        """All data points, oldest request first: (metric, attributes, value, request)."""
        found = []
        for index, request in enumerate(decode([r for r in list(self.requests)
                                                if r[0] == "metrics"])):
            for metric in scope_of(request, "Metrics")["metrics"]:
                data = metric.get("gauge") or metric.get("sum")
                for point in data["dataPoints"]:
                    value = point.get("asDouble", point.get("asInt"))
                    found.append((metric["name"], attributes(point), float(value), index))
        return found

    def value(self, metric, **wanted):
        """The newest value of a metric; None if the newest request has none."""
        points = self.points()
        newest = max((p[3] for p in points), default=-1)
        for name, labels, value, request in points:
            if name == metric and request == newest and wanted.items() <= labels.items():
                return value
        return None

    def records(self):
        return [record for request in decode([r for r in list(self.requests) if r[0] == "logs"])
                for record in scope_of(request, "Logs")["logRecords"]]


def scope_of(request, signal):
    assert not request["lost"], "it has a field that OpenTelemetry does not know"
    [resource] = request[f"resource{signal}"]
    [scope] = resource[f"scope{signal}"]
    assert scope["scope"]["name"] == "vitals"
    return scope


def attributes(holder):
    return {each["key"]: each["value"]["stringValue"] for each in holder.get("attributes", [])}


@contextlib.contextmanager
def collecting(**more):
    collector = Collector(**more)
    try:
        yield collector
    finally:
        collector.close()


def configuration(port, **more):
    return {"service": {"name": "shop", "version": "2.6"},
            "components": {"db/main": {"check": "push", "ttl": "1h"},
                           "web": {"check": "push", "ttl": "1h"}},
            "otlp": {"url": f"http://127.0.0.1:{port}", "interval": "1s", **more}}


def push(daemon, name, status, **more):
    assert daemon.control("PUT", f"/v1/components/{name}", {"status": status, **more}).status < 300


def test_metrics_and_log_records_arrive(vitals):
    with collecting() as collector:
        daemon = vitals(configuration(collector.port))
        push(daemon, "web", "ok")
        push(daemon, "db%2Fmain", "failed", detail="disk full")
        assert eventually(lambda: collector.value("vitals.component.status", component="web") == 0,
                          timeout=15, pause=0.3)
        assert collector.value("vitals.component.status", component="db/main", kind="push",
                               group="db") == 2
        assert collector.value("vitals.status") == 2
        assert collector.value("vitals.out_of_service") == 0
        assert collector.value("vitals.transitions", component="db/main", to="failed") == 1
        assert collector.value("vitals.check.runs", component="web", result="ok") >= 1
        assert eventually(lambda: len(collector.records()) >= 2, pause=0.3)
        [record] = [r for r in collector.records() if attributes(r).get("component") == "db/main"]
        assert record["body"]["stringValue"] == "db/main: unknown -> failed: disk full"
        assert record["severityText"] == "ERROR"
        assert record["severityNumber"] in ("SEVERITY_NUMBER_ERROR", 17)
        assert attributes(record)["to"] == "failed"
        assert abs(int(record["timeUnixNano"]) / 1e9 - time.time()) < 60 * SLOWER
        first = decode(collector.requests[:1])[0]
        resource = (first.get("resourceMetrics") or first.get("resourceLogs"))[0]["resource"]
        assert attributes(resource)["service.name"] == "shop"
        assert attributes(resource)["service.version"] == "2.6"
        assert daemon.becomes("vitals/otlp", "ok")


def test_unknown_values_are_absent(vitals):
    with collecting() as collector:
        settings = configuration(collector.port)
        settings["components"]["never"] = {"check": "push"}
        daemon = vitals(settings)
        push(daemon, "web", "ok")
        assert eventually(lambda: collector.value("vitals.component.status", component="web") == 0,
                          timeout=15, pause=0.3)
        push(daemon, "web", "unknown")
        seen = len(collector.requests)
        assert eventually(lambda: len(collector.requests) > seen + 1, timeout=15)
        assert collector.value("vitals.component.status", component="web") is None
        assert collector.value("vitals.check.duration", component="web") is None
        assert collector.value("vitals.component.status", component="never") is None
        assert collector.value("vitals.status") is None
        # Counts are not a present state: they grow further.
        assert collector.value("vitals.check.runs", component="web", result="ok") == 1


def test_a_collector_that_comes_back_gets_the_waiting_data(vitals):
    port = free_port()
    daemon = vitals(configuration(port))
    push(daemon, "web", "failed", detail="gone")
    assert daemon.becomes("vitals/otlp", "degraded", timeout=15)
    own = daemon.components()["vitals/otlp"]
    assert "cannot be reached" in own["detail"]
    # It delays nothing: the service comes first.
    assert daemon.status("web") == "failed"
    with collecting(port=port) as collector:
        assert eventually(lambda: [r for r in collector.records()
                                   if attributes(r)["component"] == "web"], timeout=90, pause=0.5)
        assert daemon.becomes("vitals/otlp", "ok", timeout=15)
        # Nothing was lost meanwhile, and each point has the time at which it was true.
        assert collector.value("vitals.otlp.dropped", signal="metrics") == 0


def test_retry_after_is_obeyed(vitals):
    with collecting() as collector:
        collector.answers = [(503, {"Retry-After": "4"}, b"busy")]
        daemon = vitals(configuration(collector.port))
        assert daemon.becomes("vitals/otlp", "degraded", timeout=15)
        assert "status 503" in daemon.components()["vitals/otlp"]["detail"]
        assert eventually(lambda: len(collector.times) >= 2, timeout=20)
        assert 3.9 <= collector.times[1] - collector.times[0] < 4 + 3 * SLOWER
        assert daemon.becomes("vitals/otlp", "ok", timeout=15)


def test_refused_data_is_counted_and_told(vitals):
    partial = bytes([0x0A, 0x09, 0x08, 0x03, 0x12, 0x05]) + b"quota"
    with collecting() as collector:
        collector.answers = [(400, {}, b"bad token s3cret-header")] * 2
        daemon = vitals(configuration(collector.port,
                                      headers={"X-Key": {"env": "OTLP_KEY"}}),
                        environment={"OTLP_KEY": "s3cret-header"})
        assert daemon.becomes("vitals/otlp", "degraded", timeout=15)
        own = json.dumps(daemon.components()["vitals/otlp"])
        assert "status 400" in own and "s3cret" not in own and "s3cret" not in daemon.log()
        assert eventually(lambda: (collector.value("vitals.otlp.dropped", signal="metrics") or 0) +
                          (collector.value("vitals.otlp.dropped", signal="logs") or 0) > 0,
                          timeout=20, pause=0.5)
        assert daemon.becomes("vitals/otlp", "ok", timeout=15)
        assert all(headers["X-Key"] == "s3cret-header" for _, headers in collector.headers)
        assert {headers["Content-Type"] for _, headers in collector.headers} == {
            "application/x-protobuf"}
        before = collector.value("vitals.otlp.dropped", signal="metrics")
        collector.only = "metrics"
        collector.answers = [(200, {"Content-Type": "application/x-protobuf"}, partial)]
        assert eventually(
            lambda: (collector.value("vitals.otlp.dropped", signal="metrics") or 0) == before + 3,
            timeout=20, pause=0.5)


def test_tls_and_the_end(vitals, tmp_path):
    peers.make_certificate(tmp_path, "collector")
    certificate = (tmp_path / "collector.crt", tmp_path / "collector.key")
    with collecting(certificate=certificate) as collector:
        settings = configuration(collector.port, interval="1h", ca=str(certificate[0]))
        settings["otlp"]["url"] = f"https://localhost:{collector.port}/in/"
        settings["drain"] = {"delay": "1s", "timeout": "5s"}
        daemon = vitals(settings)
        push(daemon, "web", "ok")
        assert eventually(lambda: collector.requests)
        assert {path for path, _ in collector.headers} == {"/in/v1/logs"}
        # The last of it leaves while the process ends.
        assert daemon.stop() == 0
        assert collector.value("vitals.out_of_service") == 1


@pytest.mark.parametrize("otlp, problem", [
    ({}, "'otlp' has no 'url', which is required"),
    ({"url": "collector:4318"}, "url"),
    ({"url": "http://h:4318/v1/metrics"}, "which vitals adds by itself"),
    ({"url": "http://u:p@h:4318"}, "they stand in 'headers'"),
    ({"url": "http://h:4318", "headers": {"a b": "x"}}, "is no name of a header"),
    ({"url": "http://h:4318", "interval": "1ms"}, "is too short, expected 1s to 1h"),
])
def test_what_is_wrong_is_told(otlp, problem, tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text(json.dumps({"components": {"a": {"check": "push"}}, "otlp": otlp}))
    done = run_vitals("validate", "-c", file)
    assert done.returncode != 0 and problem in done.stderr, done.stderr
