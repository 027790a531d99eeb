"""Alerts across the nodes of a fleet. What several nodes see is told once, whichever node dies,
stands still or is cut off. What one node sees alone, that node tells at once. Real servers, daemons
and a receiver that remembers who told it what, and when."""
import collections
import datetime
import http.server
import json
import os
import signal
import threading
import time

import pytest

from daemon import eventually, free_port, run_vitals
from nats_fleet import Nats, Nodes
from test_peer import Relay

FULL = os.environ.get("VITALS_TEST_ALL") == "1"
Told = collections.namedtuple("Told", "at node key kind cause incident data")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code):
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Listening(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler):
        super().__init__(("127.0.0.1", free_port()), handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A node was killed, or does not wait for an answer."""

    def close(self):
        self.shutdown()
        self.server_close()


class Receiver(Listening):
    """Takes the webhooks of all nodes; each has a path of its own."""

    def __init__(self):
        self.got, outer = [], self

        class Taking(Handler):
            def do_POST(self):
                data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
                outer.got.append(Told(time.time(), self.path[1:], self.headers["webhook-id"], data["kind"],
                                      data["cause"][0], data["incident"], data))
                self.answer(200)

        super().__init__(Taking)

    def about(self, cause, kind=None):
        return [each for each in list(self.got) if each.cause == cause and kind in (None, each.kind)]


class Target(Listening):
    """What the nodes check: /NAME works unless it is in `broken`."""

    def __init__(self):
        self.broken, outer = set(), self

        class Answering(Handler):
            def do_GET(self):
                self.answer(500 if self.path[1:] in outer.broken else 200)

        super().__init__(Answering)


class CutNats(Nats):
    """Servers whose routes go through relays, so that one of them can be cut off from the others."""

    def cluster(self, i, routes):
        if i == 0:
            self.relays = {}
        for j in range(i + 1, len(routes)):
            self.relays[i, j] = Relay(routes[j])
        ways = [self.relays[i, j].port for j in range(i + 1, len(routes))]
        # The servers find no way around the relays.
        return self.cluster_text(routes[i], ways, f'advertise: "127.0.0.1:{free_port()}"')

    def cut(self, i, cut=True):
        for pair, relay in self.relays.items():
            if i in pair:
                relay.stalled = cut

    def close(self):
        for relay in self.relays.values():
            relay.stalled = False
            relay.close()
        super().close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def target():
    made = Target()
    yield made
    made.close()


@pytest.fixture
def nats():
    made = CutNats(3)
    yield made
    made.close()


@pytest.fixture
def fleet(nats, receiver, target):
    made = []

    def start(names=("n1", "n2", "n3"), shared=("web",), rules=None, servers=None, own=(), **alerts):
        nodes = Nodes(nats, 0, {"components": {**{each: {"check": "push", "ttl": "1h"} for each in own}, **{
            each: {"check": "http", "url": f"http://127.0.0.1:{target.server_port}/{each}", "interval": "400ms",
                   "timeout": "300ms", "valid_for": "8s", "vantage": {"count": 1}} for each in shared}}})
        made.append(nodes)
        nodes.telling = lambda name, **more: {"alerts": {
            "wait": "0s", "hold": "1s", "flapping": {"changes": 50}, "storm": {"count": 90},
            "receivers": {"hook": {"webhook": {"url": f"http://127.0.0.1:{receiver.server_port}/{name}"}}},
            **({"rules": rules} if rules else {}), **alerts, **more}}
        for name in names:
            nodes.add(name, **nodes.telling(name), fleet={"servers": servers[name]} if servers else {})
        nodes.complete()
        return nodes

    yield start
    for nodes in made:
        nodes.close()


ONLY = [{"match": ["web*", "t/*"], "to": "hook"}]


def all_become(nodes, component, status, timeout=15):
    for name, daemon in nodes.daemons.items():
        if daemon.process.poll() is None:
            assert daemon.becomes(component, status, timeout), (name, daemon.components()[component])


def kinds(messages):
    return [each.kind for each in messages]


def test_what_all_see_is_told_once_and_what_one_sees_by_that_one(fleet, receiver, target):
    nodes = fleet(shared=["web", "web2"], own=["own"], rules=[{"match": ["web*", "own"], "to": "hook"}])
    all_become(nodes, "web", "ok")
    time.sleep(2)
    for _ in range(2):
        begun = time.time()
        target.broken = {"web", "web2"}
        assert eventually(lambda: receiver.about("web") and receiver.about("web2"), 8)
        assert time.time() - begun < 5
        time.sleep(5)
        for cause in ("web", "web2"):
            assert kinds(receiver.about(cause)) == ["problem"], receiver.got
        target.broken = set()
        assert eventually(lambda: receiver.about("web", "resolved") and receiver.about("web2", "resolved"), 10)
        time.sleep(4)
        for cause in ("web", "web2"):
            told = receiver.about(cause)
            assert kinds(told) == ["problem", "resolved"], told
            assert len({each.incident for each in told}) == 1 and told[0].incident.startswith("fleet")
            assert "alone" not in told[0].data
        first = {each.key for each in receiver.got}
        receiver.got.clear()
    assert not first & {each.key for each in receiver.got}
    # Two nodes that see the same of their own both tell it.
    for name in ("n1", "n2"):
        assert nodes[name].control("PUT", "/v1/components/own", {"status": "failed"}).status == 204
    assert eventually(lambda: len(receiver.about("own")) == 2, 3)
    time.sleep(1)
    for told in receiver.about("own"):
        assert told.key.startswith(told.node + "-")
    assert sorted(each.node for each in receiver.about("own")) == ["n1", "n2"]


def only_incident(daemon):
    listed = daemon.control("GET", "/v1/incidents?open=1").json["incidents"]
    return listed[0] if len(listed) == 1 else {"acknowledged": None}


def test_what_a_person_has_on_one_node_is_known_on_all(fleet, receiver, target):
    nodes = fleet(rules=ONLY)
    all_become(nodes, "web", "ok")
    time.sleep(2)
    target.broken = {"web"}
    assert eventually(lambda: receiver.about("web"), 8)
    teller = receiver.about("web")[0].node
    asked = next(each for each in nodes.daemons if each != teller)
    assert eventually(lambda: "id" in only_incident(nodes[asked]))
    path = f"/v1/incidents/{only_incident(nodes[asked])['id']}/ack"
    assert nodes[asked].control("POST", path, {"reason": "on it", "by": "jonas"}).status == 204
    for daemon in nodes:
        assert eventually(lambda: only_incident(daemon)["acknowledged"], 3)
        assert only_incident(daemon)["acknowledged"]["by"] == "jonas"
        assert only_incident(daemon)["acknowledged"]["reason"] == "on it"
    # Also on a node that was not there, though the one that was asked is gone.
    nodes[asked].kill()
    late = nodes.add("n4", **nodes.telling("n4"))
    assert late.becomes("web", "failed", 15)
    assert eventually(lambda: only_incident(late)["acknowledged"], 10)
    # A node that saw it later than it was told had nothing to leave to others.
    alive = [each for each in nodes if each is not nodes[asked]]
    figures = [daemon.control("GET", "/v1/fleet").json["alerts"] for daemon in alive]
    assert sum(each["told"] for each in figures) == 1
    assert sum(each["left_to_others"] for each in figures) <= 2
    assert f"{figures[0]['told']} told by this node" in run_vitals("fleet", "--url", f"unix:{alive[0].socket}").stdout


def test_the_end_is_told_though_who_told_the_problem_is_dead(fleet, receiver, target):
    nodes = fleet(rules=[*ONLY, {"match": "nodes/*", "to": "hook"}])
    all_become(nodes, "web", "ok")
    time.sleep(2)
    target.broken = {"web"}
    assert eventually(lambda: receiver.about("web"), 8)
    first = receiver.about("web")[0]
    time.sleep(1)
    nodes[first.node].kill()
    # Its death is an incident, too.
    assert eventually(lambda: receiver.about("nodes/" + first.node), 15)
    target.broken = set()
    assert eventually(lambda: receiver.about("web", "resolved"), 15)
    # A node that joins now, and the dead one that returns, repeat nothing.
    target.broken = {"web"}
    assert eventually(lambda: len(receiver.about("web", "problem")) == 2, 15)
    nodes[first.node].start()
    nodes.add("n4", **nodes.telling("n4"))
    nodes.complete()
    all_become(nodes, "web", "failed")
    time.sleep(8)
    told = receiver.about("web")
    assert kinds(told) == ["problem", "resolved", "problem"], [(t.at, t.node, t.key, t.kind) for t in told]
    assert told[1].node != first.node
    assert [each.incident.rsplit("-", 1)[1] for each in told] == ["1", "1", "2"]
    target.broken = set()
    assert eventually(lambda: len(receiver.about("web", "resolved")) == 2, 10)
    time.sleep(4)
    assert len(receiver.about("web")) == 4
    assert kinds(receiver.about("nodes/" + first.node)) == ["problem", "resolved"]
    assert len({each.key for each in receiver.got}) == len(receiver.got)


def test_without_servers_each_node_says_once_that_it_cannot_look(fleet, receiver, target):
    nodes = fleet(shared=["web", "web2"], wait="4s")  # until each node knows what the others found
    all_become(nodes, "web", "ok")
    time.sleep(2)
    target.broken = {"web2"}
    assert eventually(lambda: receiver.about("web2"), 15)
    time.sleep(1)
    for i in range(3):
        nodes.nats.kill(i)
    assert eventually(lambda: len(receiver.about("vitals/blind")) == 3, 25), receiver.got
    target.broken = {"web"}
    time.sleep(4)
    told = receiver.about("vitals/blind")
    assert sorted(each.node for each in told) == ["n1", "n2", "n3"], receiver.got
    assert len({each.key for each in told}) == 1, "the same thing"
    for each in told:
        assert each.data["alone"] is True
        assert "no contact with the fleet since 20" in each.data["line"], each.data["line"]
    # Nothing else is told, because nobody can look: no end, no storm.
    assert len(receiver.got) == 4, [(each.node, each.key, each.kind, each.cause) for each in receiver.got]
    target.broken = set()
    for i in range(3):
        nodes.nats.start(i)
    nodes.complete(30)
    for cause in ("web2", "vitals/blind"):
        assert eventually(lambda: receiver.about(cause, "resolved"), 20), cause
    time.sleep(6)
    assert kinds(receiver.about("web2")) == ["problem", "resolved"]
    assert kinds(receiver.about("vitals/blind")) == ["problem"] * 3 + ["resolved"]
    assert not receiver.about("web")


def test_many_at_once_are_one_message_of_the_fleet(fleet, receiver, target):
    names = [f"web{i}" for i in range(8)]
    nodes = fleet(shared=names, rules=ONLY, wait="2s", storm={"count": 5})
    all_become(nodes, "web7", "ok")
    time.sleep(2)
    target.broken = set(names)
    assert eventually(lambda: receiver.got, 10)
    time.sleep(8)
    assert [each.data["cause_count"] for each in receiver.got] == [8], receiver.got
    target.broken = set()
    assert eventually(lambda: len(receiver.got) == 2, 10)
    time.sleep(5)
    assert kinds(receiver.got) == ["problem", "resolved"]


class Course:
    """Incidents one after the other, while things happen; then what was told about them."""

    lasts = 10  # seconds, each

    def __init__(self, nodes, receiver, target, components, count, every):
        self.nodes, self.receiver, self.target = nodes, receiver, target
        self.components, self.count, self.every = components, count, every
        self.begun = {}    # incident -> when it began
        self.cut = []      # (from, to): copies are expected

    def component(self, incident):
        return self.components[incident % len(self.components)]

    def run(self, happenings):
        """`happenings`: (second, function) by time."""
        start, due = time.time(), list(happenings)
        todo = [(i * self.every, "add", i) for i in range(self.count)]
        todo += [(i * self.every + self.lasts, "discard", i) for i in range(self.count)]
        for second, what, incident in sorted(todo):
            while due and due[0][0] <= second:
                time.sleep(max(0, start + due[0][0] - time.time()))
                due.pop(0)[1]()
            time.sleep(max(0, start + second - time.time()))
            getattr(self.target.broken, what)(self.component(incident))
            if what == "add":
                self.begun[incident] = time.time()
        assert not due

    def found(self):
        """The time when any node first knew each incident."""
        known = collections.defaultdict(list)
        for daemon in self.nodes:
            for component in self.components:
                path = "/v1/transitions?limit=1000&component=" + component.replace("/", "%2F")
                for each in daemon.control("GET", path).json["transitions"]:
                    if each["to"] == "failed":
                        known[component].append(datetime.datetime.fromisoformat(
                            each["at"].replace("Z", "+00:00")).timestamp())
        return known

    def messages(self, incident, kind):
        component, begun = self.component(incident), self.begun[incident]
        following = self.begun.get(incident + len(self.components), float("inf"))
        return [each for each in self.receiver.about(component, kind) if begun <= each.at < following]

    def may_repeat(self, at):
        return any(start <= at <= end + 10 for start, end in self.cut)

    def judge(self):
        lost, wrong, late, copies = [], [], [], 0
        for incident in range(self.count):
            for kind in ("problem", "resolved"):
                told = self.messages(incident, kind)
                if not told:
                    lost.append((incident, kind, self.begun[incident]))
                    continue
                copies += len(told) - 1
                if len({each.key for each in told}) > 1 or any(
                        not self.may_repeat(each.at) for each in told[1:]):
                    wrong.append([(each.at, each.node, each.key, kind) for each in told])
                if kind == "problem":
                    late.append((told[0].at - self.first_known(incident), incident))
        late.sort()
        print(f"{self.count} incidents, {len(lost)} messages lost, {copies} copies; latest {late[-1][0]:.1f} s, "
              f"mean {sum(each for each, _ in late) / len(late):.2f} s")
        assert not lost, lost
        assert not wrong, (wrong, self.cut)
        assert late[-1][0] < 5, late[-5:]

    def first_known(self, incident):
        # The times in the answer are rounded down to a second.
        begun = self.begun[incident]
        return max(begun, min(each for each in self.known[self.component(incident)] if each > begun - 1))

    def settle(self):
        time.sleep(12)
        self.known = self.found()


def connected_to(daemon, nats):
    """The server that a node uses."""
    lines = [line for line in daemon.log().splitlines() if "fleet: connected to" in line]
    return next(i for i, port in enumerate(nats.ports) if str(port) in lines[-1])


def test_incidents_under_faults(fleet, nats, receiver, target):
    components = [f"t/{i:02}" for i in range(24)]
    urls = nats.urls
    nodes = fleet(shared=components, rules=[{"match": "t/*", "from": "failed", "to": "hook"}],
                  servers={"n1": urls[:1], "n2": urls[1:], "n3": urls[1:]})
    all_become(nodes, "t/23", "ok")
    time.sleep(3)
    course = Course(nodes, receiver, target, components, *((65, 2) if FULL else (7, 1.5)))
    began = {}

    def pause(name):
        nodes[name].process.send_signal(signal.SIGSTOP)

    def resume(name):
        nodes[name].process.send_signal(signal.SIGCONT)

    def cut(begins):
        nats.cut(0, begins)
        if begins:
            began["cut"] = time.time()
        else:
            course.cut.append((began["cut"], time.time()))

    def pause_server():
        began["server"] = connected_to(nodes["n3"], nats)
        nats.pause(began["server"])
        began["pause"] = time.time()

    def resume_server():
        nats.resume(began["server"])
        course.cut.append((began["pause"], time.time()))

    if FULL:
        course.run([(9, lambda: pause("n3")), (15, lambda: resume("n3")),
                    (29, lambda: nats.kill(connected_to(nodes["n2"], nats))),
                    (39, lambda: [nats.start(i) for i in range(3) if i not in nats.processes]),
                    (51, lambda: cut(True)), (65, lambda: cut(False)),
                    (85, lambda: nodes["n2"].kill()), (100, lambda: nodes["n2"].start(wait=False)),
                    (111, pause_server), (119, resume_server)])
    else:
        course.run([(2, lambda: pause("n3")), (6, lambda: resume("n3")), (8, lambda: nodes["n2"].kill()),
                    (14, lambda: nodes["n2"].start(wait=False))])
    course.settle()
    course.judge()
