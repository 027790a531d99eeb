"""A fleet of real vitals around real NATS servers. What one node knows, all show, whatever is
killed, paused or away. A node that is merely unheard never counts as ok."""
import http.server
import json
import os
import signal
import subprocess
import threading
import time

import pytest

from daemon import BINARY, ROOT, SLOWER, eventually, free_port, run_vitals
from nats_fleet import Nats, Nodes, nkey


@pytest.fixture
def nats(request):
    made = Nats(getattr(request, "param", 3))
    yield made
    made.close()


@pytest.fixture
def fleet(nats):
    made = []

    def start(count, shared=None, servers=None, **settings):
        nodes = Nodes(servers or nats, count, shared, **settings)
        made.append(nodes)
        return nodes

    yield start
    for nodes in made:
        nodes.close()


class Target(http.server.ThreadingHTTPServer):
    """Counts who asks it; answers as it is told."""

    def __init__(self):
        outer = self
        self.code, self.asked = 200, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(time.monotonic())
                self.send_response(outer.code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        super().__init__(("127.0.0.1", free_port()), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def seen(self, seconds):
        return sum(at > time.monotonic() - seconds for at in self.asked)


@pytest.fixture
def target():
    made = Target()
    yield made
    made.shutdown()
    made.server_close()


def detail(daemon, name):
    return daemon.components()[name]["detail"]


def test_nodes_hear_each_other_and_notice_a_dead_one(fleet):
    nodes = fleet(5).complete()
    for daemon in nodes:
        assert daemon.becomes("fleet", "ok")
        assert detail(daemon, "fleet") == "5 of 5 nodes are heard"
        for i in range(1, 6):
            assert daemon.becomes(f"nodes/n{i}", "ok")
    # Like any other component, in any dialect.
    assert 'component="nodes/n3"' in nodes["n1"].get("/metrics").text

    died = time.monotonic()
    nodes["n3"].kill()
    for name in ("n1", "n2", "n4", "n5"):
        assert nodes[name].becomes("nodes/n3", "failed", 15), nodes.view(name)
    assert time.monotonic() - died < 12 * SLOWER
    assert detail(nodes["n1"], "nodes/n3").startswith("unheard since 20")
    assert detail(nodes["n1"], "fleet") == "4 of 5 nodes are heard; silent: n3"
    assert nodes["n1"].get("/healthz").status == 200  # no node is critical for another

    nodes["n3"].start()
    assert nodes["n1"].becomes("nodes/n3", "ok")
    # A node that says goodbye is not missed.
    assert nodes["n5"].stop() == 0
    assert eventually(lambda: "nodes/n5" not in nodes["n1"].components(), 15)
    assert nodes["n1"].status("fleet") == "ok"


def test_workers_are_known_on_all_nodes(fleet):
    shared = {"workers": {"pulp": {"timeout": "3s", "fleet": True, "expect": {"worker": "2"}}},
               "endpoints": [{"dialect": "pulp", "path": "/status/", "workers": "pulp",
                             "database": "fleet", "messaging": "fleet"}]}
    nodes = fleet(3, shared).complete()

    def beat(node, worker, leaving=False):
        answer = nodes[node].control("PUT", f"/v1/workers/pulp/{worker}/heartbeat", {"leaving": leaving})
        assert answer.status in (200, 204), answer.text

    def known(node):
        return sorted(each["name"] for each in nodes[node].get("/status/").json["known_workers"])

    def all_known():
        beat("n1", "worker-1")
        beat("n2", "worker-2")
        return all(known(node) == ["worker-1", "worker-2"] for node in ("n1", "n2", "n3"))

    assert eventually(all_known, 10, 0.3), [known(node) for node in ("n1", "n2", "n3")]
    for daemon in nodes:
        assert eventually(lambda: all_known() and daemon.status("workers/pulp") == "ok", 10, 0.3)
    # One leaves: all know it at once.
    beat("n2", "worker-2", leaving=True)
    assert eventually(lambda: known("n3") == ["worker-1"], 3)
    # One falls silent.
    assert eventually(lambda: known("n3") == [] and known("n1") == [], 10)
    assert nodes["n3"].becomes("workers/pulp", "failed")


def test_some_nodes_check_for_all(fleet, target):
    check = {"check": "http", "url": f"http://127.0.0.1:{target.server_port}/", "interval": "300ms",
             "timeout": "250ms", "valid_for": "2s"}
    shared = {"components": {"web": {**check, "vantage": {"count": 2, "labels": ["edge"]}},
                             "nowhere": {**check, "vantage": {"labels": ["mars"]}}}}
    nodes = fleet(0, shared)
    for i in range(1, 6):
        nodes.add(f"n{i}", fleet={"labels": ["edge"] if i <= 3 else []})
    nodes.complete()
    for daemon in nodes:
        assert daemon.becomes("web", "ok"), nodes.view("n1")
        assert daemon.status("nowhere") == "unknown"
        assert detail(daemon, "nowhere") == "no node that is heard checks it and has the labels mars"
    vantages = nodes.view("n5")["checks"][1]["vantages"]
    assert len(vantages) == 2 and set(vantages) <= {"n1", "n2", "n3"}
    assert all(node["checks"][1]["vantages"] == vantages for node in map(nodes.view, nodes.daemons))
    # At most two nodes ask in a while, not five.
    time.sleep(2)
    assert 6 <= target.seen(1.5) <= 12 * SLOWER

    target.code = 500
    for daemon in nodes:
        assert daemon.becomes("web", "failed")
    assert detail(nodes["n5"], "web").startswith("fails from 2 of 2 vantages: ")
    target.code = 200
    for daemon in nodes:
        assert daemon.becomes("web", "ok")
    # A vantage dies, another node takes its place, and all show only ok or unknown.
    nodes[vantages[0]].kill()
    left = next(name for name in ("n1", "n2", "n3") if name not in vantages)
    seen = set()

    def moved():
        seen.add(nodes["n5"].status("web"))
        return sorted(nodes.view("n5")["checks"][1]["vantages"]) == sorted([vantages[1], left])

    assert eventually(moved, 15)
    assert nodes["n5"].becomes("web", "ok")
    assert seen <= {"ok", "unknown"}


def test_a_drain_reaches_all_nodes_and_those_that_come_later(fleet):
    nodes = fleet(3).complete()
    assert nodes["n2"].control("PUT", "/v1/fleet/drain", {"text": "database moves"}).json == {
        "text": "database moves", "durable": True}

    def drained(daemon):
        return "database moves" in daemon.control("GET", "/v1/drain").text

    for daemon in nodes:
        assert eventually(lambda: drained(daemon))
        assert daemon.get("/readyz").status == 500
        assert daemon.get("/livez").status == 200
    assert drained(nodes.add("n4")) or eventually(lambda: drained(nodes["n4"]), 5)
    # It survives a restart, without any other node and without servers.
    for daemon in nodes:
        daemon.kill()
    for i in range(3):
        nodes.nats.kill(i)
    nodes["n1"].start()
    assert drained(nodes["n1"])
    for i in range(3):
        nodes.nats.start(i)
    for name in ("n2", "n3", "n4"):
        nodes[name].start()
    nodes.complete()
    assert nodes["n4"].control("PUT", "/v1/fleet/drain", {"text": "OK"}).status == 200
    for daemon in nodes:
        assert eventually(lambda: not drained(daemon)), daemon.log()
        assert daemon.get("/readyz").status == 200
    # A statement to one node about itself concerns only that node.
    assert nodes["n1"].control("PUT", "/v1/drain", {"text": "kernel"}).status == 200
    time.sleep(1.5)
    assert nodes["n2"].get("/readyz").status == 200
    assert eventually(lambda: any(node["out_of_service"] for node in nodes.view("n2")["nodes"]))


def test_without_servers_nothing_is_ok_and_nobody_failed(fleet, target):
    shared = {"components": {
        "web": {"check": "http", "url": f"http://127.0.0.1:{target.server_port}/",
                "interval": "300ms", "timeout": "250ms", "vantage": {"count": 3}},
        "own": {"check": "http", "url": f"http://127.0.0.1:{target.server_port}/"}},
        "workers": {"pulp": {"fleet": True, "expect": {"worker": "1"}}}}
    nodes = fleet(3, shared).complete()
    for daemon in nodes:
        assert daemon.becomes("web", "ok")
        assert daemon.control("PUT", "/v1/workers/pulp/worker-1/heartbeat", {}).status in (200, 204)
    for i in range(3):
        nodes.nats.kill(i)
    for daemon in nodes:
        for name in ("web", "fleet", "nodes/n1", "nodes/n2", "nodes/n3", "workers/pulp"):
            assert daemon.becomes(name, "unknown", 15), (name, daemon.components()[name])
        assert detail(daemon, "web").startswith("no contact with the fleet since 20")
        assert daemon.status("own") == "ok"
    time.sleep(5)
    for daemon in nodes:
        states = {name: each["status"] for name, each in daemon.components().items()}
        assert states["web"] == states["nodes/n2"] == states["fleet"] == "unknown"
        assert "failed" not in states.values(), states
    for i in range(3):
        nodes.nats.start(i)
    for daemon in nodes:
        for name in ("web", "fleet", "nodes/n1", "nodes/n2", "nodes/n3"):
            assert daemon.becomes(name, "ok", 20), (name, daemon.components()[name], daemon.log())


def test_a_server_that_is_killed_or_paused_disturbs_nobody(fleet):
    nodes = fleet(5, interval="1s").complete()
    worst, states, stop = {}, set(), threading.Event()

    def watch():
        while not stop.is_set():
            for name, daemon in nodes.daemons.items():
                states.update((name, each, known["status"])
                              for each, known in daemon.components().items()
                              if each.startswith("nodes/") and known["status"] == "failed")
                lag = daemon.control("GET", "/v1/components/vitals%2Fengine").json
                worst[name] = max(worst.get(name, 0), daemon.get("/healthz").seconds)
                assert lag["status"] in ("ok", "degraded")
            time.sleep(0.1)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        nodes.nats.kill(0)
        time.sleep(5)
        nodes.nats.start(0)
        nodes.nats.pause(1)
        time.sleep(8)
        nodes.nats.resume(1)
        time.sleep(5)
    finally:
        stop.set()
        watching.join()
    assert not states
    nodes.complete()
    for name, daemon in nodes.daemons.items():
        assert daemon.status("fleet") == "ok", detail(daemon, "fleet")
        # The loop itself: the most by which it was late, by its own account.
        lines = [line for line in daemon.get("/metrics").text.splitlines()
                 if line.startswith("vitals_engine_lag_seconds")]
        assert lines and float(lines[0].split()[1]) < 0.05 * SLOWER, lines
    assert max(worst.values()) < 0.25 * SLOWER, worst


def test_a_paused_node_comes_back_without_an_alarm(fleet):
    nodes = fleet(3).complete()
    nodes["n3"].process.send_signal(signal.SIGSTOP)
    assert nodes["n1"].becomes("nodes/n3", "failed", 15)
    nodes["n3"].process.send_signal(signal.SIGCONT)
    assert nodes["n1"].becomes("nodes/n3", "ok", 10)
    for _ in range(30):
        states = nodes["n3"].components()
        assert "failed" not in {states[f"nodes/n{i}"]["status"] for i in (1, 2, 3)}
        time.sleep(0.1)
    nodes.complete()


def test_many_that_fall_silent_at_once_are_one_thing(fleet):
    shared = {"workers": {"pulp": {"fleet": True, "timeout": "30s", "expect": {"worker": "1"}}}}
    nodes = fleet(8, shared).complete()
    assert nodes["n8"].control("PUT", "/v1/workers/pulp/worker-1/heartbeat", {}).status in (200, 204)
    assert nodes["n1"].becomes("workers/pulp", "ok", 40)
    for name in ("n5", "n6", "n7", "n8"):
        nodes[name].process.kill()
    assert nodes["n1"].becomes("fleet", "failed", 15)
    known = nodes["n1"].components()
    assert known["fleet"]["detail"] == "4 of 8 nodes are unheard"
    assert [known[f"nodes/n{i}"]["status"] for i in range(1, 9)] == ["ok"] * 4 + ["unknown"] * 4
    # Nobody knows what became of the workers of half a fleet.
    assert nodes["n1"].becomes("workers/pulp", "unknown")
    for name in ("n5", "n6", "n7", "n8"):
        nodes[name].process.wait()
        nodes[name].start()
    for name in ("fleet", "nodes/n5", "nodes/n8"):
        assert nodes["n1"].becomes(name, "ok", 20)


def test_a_reload_changes_the_shared_settings_and_names_those_that_wait(fleet, target):
    web = {"check": "http", "url": f"http://127.0.0.1:{target.server_port}/", "interval": "300ms",
           "timeout": "250ms", "vantage": {"count": 2}}
    nodes = fleet(2, {"components": {"web": web}}).complete()
    for daemon in nodes:
        assert daemon.becomes("web", "ok")
    for name, daemon in nodes.daemons.items():
        daemon.configure(nodes.configuration(name, components={"web": web, "more": web},
                                             fleet={"labels": ["new"]}))
        answer = daemon.control("POST", "/v1/reload").json
        assert answer["added"] == ["more"] and answer["waiting"] == ["fleet"]
    for daemon in nodes:
        assert daemon.becomes("more", "ok") and daemon.becomes("web", "ok")
        assert eventually(lambda: detail(daemon, "fleet") == "2 of 2 nodes are heard")


@pytest.mark.parametrize("nats", [1], indirect=True)
def test_it_begins_and_ends_in_time_beside_a_server_that_hangs(fleet, nats):
    nodes = fleet(2).complete()
    nats.pause(0)
    nodes["n1"].becomes("fleet", "unknown", 10)
    begun = time.monotonic()
    assert nodes["n1"].stop() == 0
    assert time.monotonic() - begun < 4 * SLOWER
    begun = time.monotonic()
    nodes["n1"].start()
    assert time.monotonic() - begun < 3 * SLOWER
    assert nodes["n1"].status("fleet") == "unknown"
    assert nodes["n1"].get("/healthz").seconds < 0.2 * SLOWER
    nats.resume(0)
    nodes.complete()


def test_two_nodes_with_one_name_are_both_named_and_neither_is_believed(fleet):
    nodes = fleet(3).complete()
    nodes.add("n3", process="other")
    for name in ("n1", "n2"):
        assert nodes[name].becomes("nodes/n3", "failed", 20), nodes.view(name)
        assert "two nodes have this name" in detail(nodes[name], "nodes/n3")
    for name in ("n3", "other"):
        assert nodes[name].becomes("fleet", "failed", 20)
        assert "another node calls itself n3" in detail(nodes[name], "fleet")
    nodes["other"].kill()
    for name in ("n1", "n2"):
        assert nodes[name].becomes("nodes/n3", "ok", 20), detail(nodes[name], "nodes/n3")
    assert nodes["n3"].becomes("fleet", "ok", 20)


def test_another_configuration_is_shown_and_not_obeyed(fleet, target):
    web = {"check": "http", "url": f"http://127.0.0.1:{target.server_port}/", "interval": "300ms",
           "timeout": "250ms", "vantage": {"count": 3}}
    nodes = fleet(3, {"components": {"web": web}}).complete()
    closed = free_port()
    nodes.add("n4", components={"web": {**web, "url": f"http://127.0.0.1:{closed}/"}})
    nodes.complete()
    assert nodes["n4"].becomes("web", "unknown") or nodes["n4"].status("web") == "failed"
    time.sleep(3)
    for name in ("n1", "n2", "n3"):
        assert nodes[name].status("web") == "ok", detail(nodes[name], "web")
        assert detail(nodes[name], "fleet") == "4 of 4 nodes are heard; another configuration: n4"


def test_tls_and_keys(fleet):
    users = {f"n{i}": nkey() for i in (1, 2, 3)}
    permitted = ", ".join(
        f'{{ nkey: {users[name][0]}, permissions: {{ publish: ["vt.shop.*.*.{name}", '
        f'"vt.shop.*.*.{name}.>"], subscribe: ["vt.shop.>"] }} }}' for name in ("n1", "n2"))
    nats = Nats(1, f"authorization {{ users: [{permitted}] }}", tls=True)
    try:
        seeds = {}
        for name, (_, seed) in users.items():
            seeds[name] = nats.folder / f"{name}.nk"
            seeds[name].write_text(seed + "\n")
        tls = {"ca": str(nats.folder / "ca.crt"), "name": "nats.example"}
        nodes = fleet(0, servers=nats)
        for name in ("n1", "n2"):
            nodes.add(name, fleet={"tls": tls, "nkey": str(seeds[name])})
        nodes.complete()
        # A key that the server does not know, a certificate for another name, a name of another
        # node.
        for name, settings, problem in (
                ("n3", {"tls": tls, "nkey": str(seeds["n3"])}, "Authorization Violation"),
                ("n4", {"tls": {**tls, "name": "other.example"}, "nkey": str(seeds["n1"])}, "mismatch"),
                ("n5", {"nkey": str(seeds["n1"])}, "SSL handshake"),
                ("n6", {"tls": tls, "nkey": str(seeds["n1"])}, "ermissions")):
            stranger = nodes.add(name, fleet=settings)
            assert eventually(
                lambda: problem in nodes.view(name)["problem"], 15), (problem, nodes.view(name)["problem"])
            assert stranger.status("fleet") == "unknown"
            assert users["n3"][1] not in stranger.log() and users["n1"][1] not in stranger.log()
            assert stranger.stop() == 0
        heard = [node["name"] for node in nodes.view("n1")["nodes"]]
        assert heard == ["n1", "n2"]
    finally:
        nats.close()


def test_without_the_section_nothing_of_it_is_there(vitals):
    daemon = vitals({"components": {}})
    assert daemon.control("GET", "/v1/fleet").status == 409
    assert daemon.control("PUT", "/v1/fleet/drain", {"text": "x"}).status == 409
    assert "fleet" not in daemon.components()
    without = len(os.listdir(f"/proc/{daemon.process.pid}/task"))
    nats = Nats(1)
    try:
        nodes = Nodes(nats, 1)
        nodes.complete()
        with_it = len(os.listdir(f"/proc/{nodes['n1'].process.pid}/task"))
        nodes.close()
    finally:
        nats.close()
    assert without < with_it


def test_the_example_starts_three_servers_and_five_nodes():
    port = free_port() // 100 * 100
    example = subprocess.Popen([ROOT / "examples/fleet/start", "--port", str(port)],
                               env={**os.environ, "VITALS": str(BINARY)}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        first, second = example.stdout.readline(), example.stdout.readline()
        assert first.startswith("five nodes: http://127.0.0.1:"), first + second
        command = second.split("fleet ")[1].split()

        def complete():
            shown = run_vitals("fleet", *command).stdout
            return shown if "5 nodes\n" in shown and "  page  ok, by n" in shown else ""

        shown = eventually(complete, 20, 0.3)
        assert shown.startswith("fleet shop, as node n1 knows it: in contact\n5 nodes\n"), shown
        assert "  n1    heard, vitals " in shown and "[edge], this node" in shown
        drained = run_vitals("fleet", "drain", "database moves", *command)
        assert drained.stdout == "the service is out of service on all nodes: database moves\n"
        assert eventually(
            lambda: "service shop is out of service on all nodes, by " in run_vitals(
                "fleet", "--url", command[1].replace("n1.sock", "n4.sock")).stdout, 5)
        assert run_vitals("fleet", "undrain", *command).returncode == 0
        assert json.loads(run_vitals("fleet", "--format", "json", *command).stdout)["drained"] == []
        assert run_vitals("fleet", "drain", *command).returncode == 64
    finally:
        example.send_signal(signal.SIGINT)
        assert example.wait(20) == 0
