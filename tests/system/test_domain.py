"""The registration of domains. The test asks no registry: a stand-in serves the list of registries
(as IANA's RFC 9224 file) and is the registry, over HTTP."""
import contextlib
import datetime
import http.server
import json
import threading

import pytest

from daemon import eventually, free_port, run_vitals
from drills import Drill

NAME = "example.org"


def registration(days, name=NAME, statuses=("active",)):
    ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days, hours=1)
    return {"objectClassName": "domain", "ldhName": name.upper(), "status": list(statuses),
            "rdapConformance": ["rdap_level_0"],
            "events": [{"eventAction": "registration", "eventDate": "1995-08-31T04:00:00Z"},
                       {"eventAction": "expiration", "eventDate": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}]}


class Registry:
    """Counts who asks for what; `answers` is (status, headers, body) by path."""

    def __init__(self, server=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.asked, self.answers = [], {}
        self.answer("/dns.json", {"version": "1.0", "services": [[["org"], [server or f"{self.url}/rdap/"]]]})
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):    # noqa: N802
                outer.asked.append(self.path)
                status, headers, body = outer.answers.get(self.path, (404, {}, b"{}"))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": len(body)}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def answer(self, path, body, status=200, **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)

    def domain(self, body, status=200, name=NAME, **headers):
        self.answer(f"/rdap/domain/{name}", body, status, **headers)

    def times(self):
        return sum(path.startswith("/rdap/") for path in self.asked)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def registry():
    with contextlib.closing(Registry()) as made:
        made.domain(registration(45))
        yield made


def component(registry, **more):
    return {"check": "domain", "name": NAME, "bootstrap": f"{registry.url}/dns.json", **more}


def saves(daemon, text):
    """What a run remembers is on the disk within a second."""
    return eventually(lambda: text in b"".join(path.read_bytes() for path in daemon.state.glob("vitals.db*")))


def asked_again(daemon):
    return daemon.control("POST", "/v1/components/site/run").json


def test_one_answer_serves_a_day_also_over_restarts(vitals, registry):
    daemon = vitals({"components": {"site": component(registry)}})
    assert daemon.becomes("site", "ok"), daemon.components()
    assert daemon.components()["site"]["detail"] == "registration ends in 45 days"
    asked_again(daemon)
    assert registry.times() == 1
    assert saves(daemon, b"/rdap/")
    for end in (daemon.stop, daemon.kill):
        end()
        daemon.start()
        assert daemon.becomes("site", "ok"), daemon.components()
        assert asked_again(daemon)["status"] == "ok"
    assert registry.times() == 1 and registry.asked.count("/dns.json") == 1, registry.asked
    # Also while the registry is away.
    registry.domain({}, 503)
    daemon.stop()
    daemon.start()
    assert daemon.becomes("site", "ok"), daemon.components()
    # Another question is asked at once. What is no longer configured is forgotten.
    registry.domain(registration(3, "example.com"), name="example.com")
    daemon.configure({"components": {"site": component(registry, name="example.com",
                                                       server=f"{registry.url}/rdap")}})
    assert daemon.control("POST", "/v1/reload").status in (200, 204), daemon.log()
    assert daemon.becomes("site", "failed"), daemon.components()
    assert daemon.components()["site"]["detail"] == "registration ends in 3 days"
    daemon.configure({"components": {"other": {"check": "push", "ttl": "1h"}}})
    assert daemon.control("POST", "/v1/reload").status in (200, 204), daemon.log()
    registry.domain(registration(45))
    daemon.configure({"components": {"site": component(registry)}})
    before = registry.times()
    assert daemon.control("POST", "/v1/reload").status in (200, 204), daemon.log()
    assert daemon.becomes("site", "ok"), daemon.components()
    assert registry.times() == before + 1


def test_a_registry_that_does_not_want_to_be_asked_is_left_alone(vitals, registry):
    registry.domain({}, 429, Retry_After="3600")
    daemon = vitals({"components": {"site": component(registry)}})
    assert eventually(lambda: registry.times() == 1)
    shown = asked_again(daemon)
    assert shown["status"] == "unknown", shown
    assert shown["detail"] == "not known yet when it ends: the registry does not want to be asked now"
    assert saves(daemon, b'"problem":"the registry does not want to be asked')
    daemon.kill()
    daemon.start()
    assert eventually(lambda: "detail" in daemon.components()["site"])
    asked_again(daemon)
    assert registry.times() == 1


@pytest.mark.parametrize("days,statuses,status,detail", [
    (45, ["client transfer prohibited"], "ok", "registration ends in 45 days"),
    (20, [], "degraded", "registration ends in 20 days"),
    (3, [], "failed", "registration ends in 3 days"),
    (-5, [], "failed", "registration ended"),
    (45, ["pending delete", "redemption period"], "failed",
     "pending delete, redemption period; registration ends in 45 days"),
    (45, ["clientHold"], "failed", "client hold; registration ends in 45 days")])
def test_answers_of_a_registry_are_understood(check_once, registry, days, statuses, status, detail):
    registry.domain(registration(days, statuses=statuses))
    found = check_once(component(registry))
    assert (found["status"], found["detail"]) == (status, detail), found


@pytest.fixture
def check_once(tmp_path):
    def run(component, seconds=5):
        file = tmp_path / "vitals.yaml"
        file.write_text(json.dumps({"components": {"site": {**component, "timeout": f"{seconds}s"}},
                                    "state_dir": str(tmp_path / "state")}))
        answer = run_vitals("check", "-c", file, "--format", "json", timeout=60)
        (found,) = json.loads(answer.stdout)["components"]
        return found
    return run


def test_no_fault_between_here_and_the_registry_is_one_of_the_domain(check_once, registry):
    """The faults of the fault matrix for this kind: with none of them is it ok, and with none is it
    failed."""
    faults = {"hung": "hang", "cut off": "truncate 60", "drip": "drip", "garbage": "garble",
              "reset": "reset 60", "another protocol": "another-protocol", "100 MB": "flood 100MiB"}
    drill = Drill()
    for fault, behaviour in {"healthy": "none", **faults}.items():
        drill.route(fault.replace(" ", "-"), registry.port, behaviour)
    drill.pick_ports()
    with drill.start():
        for fault in ("healthy", *faults):
            server = f"http://127.0.0.1:{drill.port(fault.replace(' ', '-'))}/rdap/"
            found = check_once(component(registry, server=server), seconds=3)
            assert found["status"] == ("ok" if fault == "healthy" else "unknown"), (fault, found)
            assert found["duration_seconds"] < 3.1, (fault, found)
    found = check_once(component(registry, server=f"http://127.0.0.1:{free_port()}/"))
    assert (found["status"], found["detail"]) == (
        "unknown", "not known yet when it ends: the registry: connection refused"), found


def test_whois_is_refused(tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text("components: {site: {check: domain, name: example.io, server: 'whois://whois.nic.io'}}\n")
    answer = run_vitals("validate", "-c", file)
    assert answer.returncode == 78 and "is WHOIS, free text" in answer.stderr, answer.stderr
