"""What people and programs see of a fleet: the page, metrics, what changed; and a node that only
tells. With real vitals around real NATS servers."""
import re
import shutil
import subprocess
import time

from daemon import SLOWER, eventually, free_port
from test_fleet import fleet, nats  # noqa: F401

PAGE = {"endpoints": [{"dialect": "page", "path": "/"}]}


def metrics(daemon):
    figures = {}
    for line in daemon.get("/metrics").text.splitlines():
        if line.startswith("vitals_fleet_"):
            name, value = line.rsplit(" ", 1)
            figures[name] = float(value)
    return figures


def workers(daemon):
    return next(int(line.split()[1]) for line in daemon.get("/metrics").text.splitlines()
                if line.startswith('vitals_workers{group="pulp"}'))


def changed(daemon, text):
    """Whether the page's list of changes has an entry with these words."""
    shown = re.sub("<[^>]*>", "", daemon.control("GET", "/events").text)
    return any(text in " ".join(line.split()) for line in shown.splitlines())


def test_metrics_count_by_state_and_promtool_finds_nothing(fleet):
    nodes = fleet(4).complete()
    nodes.add("n5", workers={"pulp": {"fleet": True}})
    nodes.complete()
    assert nodes["n5"].control("PUT", "/v1/drain", {"text": "kernel"}).status == 200
    assert eventually(lambda: metrics(nodes["n1"])["vitals_fleet_nodes_out_of_service"] == 1, 5)
    before = metrics(nodes["n1"])
    assert before['vitals_fleet_nodes{state="heard"}'] == 5
    assert before['vitals_fleet_nodes{state="unheard"}'] == 0
    assert before["vitals_fleet_in_contact"] == 1
    assert 0 <= before["vitals_fleet_contact_age_seconds"] < 3 * SLOWER
    assert before["vitals_fleet_loop_lag_seconds"] < 0.5 * SLOWER
    assert before["vitals_fleet_nodes_other_configuration"] == 1
    assert before["vitals_fleet_messages_received_total"] > 10
    assert before['vitals_fleet_messages_ignored_total{why="unreadable"}'] == 0
    checked = subprocess.run([shutil.which("promtool"), "check", "metrics"],
                             input=nodes["n1"].get("/metrics").body, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
    # None of them has a series per node: their number does not depend on the fleet's size.
    assert not any("n5" in name for name in before)

    nodes["n4"].kill()
    assert eventually(lambda: metrics(nodes["n1"])['vitals_fleet_nodes{state="unheard"}'] == 1, 15)
    for i in range(3):
        nodes.nats.kill(i)
    assert eventually(lambda: metrics(nodes["n1"])["vitals_fleet_in_contact"] == 0, 15)
    first = metrics(nodes["n1"])["vitals_fleet_contact_age_seconds"]
    assert eventually(lambda: metrics(nodes["n1"])["vitals_fleet_contact_age_seconds"] > first + 1, 5)
    for i in range(3):
        nodes.nats.start(i)
    assert eventually(lambda: metrics(nodes["n1"])["vitals_fleet_in_contact"] == 1, 15)
    assert metrics(nodes["n1"])["vitals_fleet_reconnects_total"] >= 1


def test_without_a_fleet_there_is_no_metric_and_no_page_of_one(vitals):
    daemon = vitals({"components": {}, **PAGE})
    assert metrics(daemon) == {}
    assert daemon.get("/fleet").status == 404
    assert "Fleet" not in daemon.get("/").text


def test_the_page_shows_the_same_as_the_command_and_hides_hosts_from_strangers(fleet):
    web = {"check": "http", "url": f"http://127.0.0.1:{free_port()}/", "interval": "300ms",
           "timeout": "250ms", "vantage": {"count": 2}}
    tokens = {"tokens": {"reader": {"secret": "a-token-of-a-reader-0123456789", "allow": ["read"]}}}
    nodes = fleet(3, {**PAGE, **tokens, "components": {"web": web}}).complete()
    assert nodes["n1"].becomes("web", "failed")
    nodes["n3"].kill()
    assert nodes["n1"].becomes("nodes/n3", "failed", 15)
    host = nodes.view("n1")["nodes"][0]["host"]
    version = nodes.view("n1")["nodes"][0]["version"]

    def page(rest, **headers):
        return nodes["n1"].get(rest, headers).text.split("<footer")[0]

    reader = {"Authorization": "Bearer a-token-of-a-reader-0123456789"}
    assert eventually(lambda: ">Unheard<" in page("/fleet"), 5)
    read, stranger = page("/fleet", **reader), page("/fleet")
    for text in (read, stranger):
        assert text.index(">Unheard<") < text.index(">Heard<")
        assert "hears the fleet" in text and "/c/nodes/n3" in text
    assert version in read and host in read
    assert f">{version}<" not in stranger and f"<td class=opt>{host}" not in stranger
    votes = page("/c/web", **reader)
    view = nodes.view("n1")["checks"][0]
    assert "Who checks it for all nodes" in votes
    for vote in view["votes"]:
        assert f"{vote['node']} {vote['status']}" in votes
    assert 'href="/fleet"' in page("/")


def test_what_changed_tells_who_came_and_went_and_what_is_drained(fleet):
    nodes = fleet(2, PAGE).complete()
    first = nodes["n1"]
    assert eventually(lambda: changed(first, "fleet: 2 nodes heard: n1, n2"), 15)
    nodes.add("n3")
    assert eventually(lambda: changed(first, "fleet: 1 node came: n3"), 15)
    assert nodes["n3"].stop() == 0
    assert eventually(lambda: changed(first, "fleet: 1 node ended: n3"), 15)
    assert nodes["n2"].control("PUT", "/v1/fleet/drain", {"text": "move"}).status == 200
    for daemon in (first, nodes["n2"]):
        assert eventually(lambda: changed(daemon, "Out of service on all nodes: move"), 5)
    assert first.control("PUT", "/v1/fleet/drain", {"text": "OK"}).status == 200
    for daemon in (first, nodes["n2"]):
        assert eventually(lambda: changed(daemon, "Back in service on all nodes"), 5)
    nodes["n2"].kill()
    assert eventually(lambda: changed(first, "nodes/n2 failed"), 15)
    for i in range(3):
        nodes.nats.kill(i)
    assert eventually(lambda: changed(first, "fleet unknown no contact with the fleet since"), 15)


def test_a_node_that_does_not_listen_is_heard_and_shows_nothing_of_others(fleet):
    shared = {"workers": {"pulp": {"timeout": "1m", "fleet": True}},
              "components": {"done": {"check": "push", "fleet": True, "ttl": "1h"}}}
    web = {"check": "http", "url": f"http://127.0.0.1:{free_port()}/", "interval": "300ms",
           "timeout": "250ms", "critical": False, "vantage": {"count": 9}}
    listening = {**shared, "components": {**shared["components"], "web": web}}
    nodes = fleet(0, shared)
    for name in ("n1", "n2"):
        nodes.add(name, **listening)
    teller = nodes.add("t1", fleet={"listen": False})
    assert eventually(lambda: sorted(node["name"] for node in nodes.view("n1")["nodes"]) == ["n1", "n2", "t1"], 15)
    assert nodes["n1"].becomes("nodes/t1", "ok")
    assert eventually(lambda: nodes.view("t1")["in_contact"], 10)
    time.sleep(2)
    assert [node["name"] for node in nodes.view("t1")["nodes"]] == ["t1"]
    assert [node["listens"] for node in nodes.view("n1")["nodes"]] == [True, True, False]
    assert teller.becomes("fleet", "ok") and "nodes/n1" not in teller.components()
    assert nodes["n1"].components()["fleet"]["detail"] == "3 of 3 nodes are heard"
    # It checks nothing for others.
    assert eventually(lambda: nodes.view("n1")["checks"][0]["vantages"] == ["n1", "n2"] or
                      sorted(nodes.view("n1")["checks"][0]["vantages"]) == ["n1", "n2"], 10)
    # Its workers and what is pushed to it count on those that listen. The reverse does not hold.
    assert teller.control("PUT", "/v1/workers/pulp/worker-t/heartbeat", {}).status in (200, 204)
    assert nodes["n1"].control("PUT", "/v1/workers/pulp/worker-1/heartbeat", {}).status in (200, 204)
    assert teller.control("PUT", "/v1/components/done", {"status": "degraded", "detail": "half"}).status in (200, 204)
    assert nodes["n2"].becomes("done", "degraded")
    assert eventually(lambda: workers(nodes["n2"]) == 2, 5), workers(nodes["n2"])
    assert workers(teller) == 1
    assert eventually(lambda: nodes.view("n2")["nodes"][2]["workers"] == 1, 5), nodes.view("n2")
    assert nodes["n1"].control("PUT", "/v1/components/done", {"status": "ok", "detail": "all"}).status in (200, 204)
    assert nodes["n2"].becomes("done", "ok")
    time.sleep(1)
    assert teller.status("done") == "degraded"
    # It is drained with its service, also if it joins later, and it tells drains.
    assert nodes["n1"].control("PUT", "/v1/fleet/drain", {"text": "move"}).status == 200
    assert eventually(lambda: teller.get("/readyz").status == 500, 5)
    late = nodes.add("t2", fleet={"listen": False})
    assert eventually(lambda: late.get("/readyz").status == 500, 8)
    assert late.control("PUT", "/v1/fleet/drain", {"text": "OK"}).status == 200
    assert eventually(lambda: nodes["n1"].get("/readyz").status == 200, 5)
    # A node that dies is missed. A node with the name of another one is named.
    teller.kill()
    assert nodes["n1"].becomes("nodes/t1", "failed", 15)
    nodes.add("t2", process="other", fleet={"listen": False})
    assert nodes["n1"].becomes("nodes/t2", "failed", 20)
    for name in ("t2", "other"):
        assert nodes[name].becomes("fleet", "failed", 20)


def answers(daemon, count):
    return sorted(daemon.get("/healthz").seconds for _ in range(count))


def test_answers_are_as_fast_while_a_server_is_paused(fleet):
    nodes = fleet(3, interval="1s").complete()
    daemon = nodes["n1"]
    before = answers(daemon, 200)
    for i in range(3):
        nodes.nats.pause(i)
    begun = time.monotonic()
    during, lags = [], []
    while time.monotonic() - begun < 8:
        during += answers(daemon, 40)
        lags += [float(line.split()[1]) for line in daemon.get("/metrics").text.splitlines()
                 if line.startswith("vitals_engine_lag_seconds")]
    for i in range(3):
        nodes.nats.resume(i)
    during.sort()
    assert len(during) >= 200
    p99 = during[len(during) * 99 // 100]
    # A loop that waits for a server would wait for seconds.
    assert p99 < max(5 * before[198], 0.1 * SLOWER), (p99, before[198])
    assert min(lags) < 0.05 and sorted(lags)[len(lags) // 2] < 0.05 * SLOWER, lags
    nodes.complete(30)
