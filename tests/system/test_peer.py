"""Two vitals that watch each other. One of them tells, whatever becomes of the other, and both use
the same key for the same incident. Real daemons and a real receiver; a relay that can stall is
between the two."""
import contextlib
import selectors
import signal
import socket
import threading
import time

import pytest

from daemon import eventually, free_port, stop_listening
from webhooks import push, telling

TOKEN = "a-token-of-the-pair-0123456789"


class Relay:
    """Passes connections on. While it is stalled, it takes connections and bytes, and passes nothing on."""

    def __init__(self, to):
        self.to, self.stalled, self.closed = to, False, False
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near):
        with contextlib.suppress(OSError), near:
            while self.stalled and not self.closed:
                time.sleep(0.02)
            with socket.create_connection(("127.0.0.1", self.to), 5) as far, \
                    selectors.DefaultSelector() as ready:
                ready.register(near, selectors.EVENT_READ, far)
                ready.register(far, selectors.EVENT_READ, near)
                while not self.closed:
                    for key, _ in ready.select(0.1):
                        while self.stalled and not self.closed:
                            time.sleep(0.02)
                        piece = key.fileobj.recv(65536)
                        if not piece:
                            return
                        key.data.sendall(piece)

    def close(self):
        self.closed = True
        stop_listening(self.listener)


class Pair:
    def __init__(self, vitals, receiver, **more):
        self.receiver = receiver
        self.nodes = [vitals(serving=False), vitals(serving=False)]
        self.relays = [Relay(node.port) for node in self.nodes]
        for rank, node in enumerate(self.nodes, 1):
            configuration = telling(receiver, **more)
            configuration["service"] = {"name": "shop"}
            configuration["tokens"] = {"peer": {"secret": TOKEN, "allow": ["control"]}}
            configuration["peer"] = {"url": f"http://127.0.0.1:{self.relays[2 - rank].port}",
                                     "token": TOKEN, "rank": rank, "wait": "2s"}
            node.configure(configuration)
            node.start()
        assert all(node.becomes("vitals/peer", "ok") for node in self.nodes)

    def push(self, status, nodes=(0, 1)):
        for node in nodes:
            push(self.nodes[node], "db", status)

    def copies(self):
        """How often each (kind, incident's key) came."""
        counts = {}
        for key, kind, data in self.receiver.got:
            if data["cause"][0] == "db":
                counts[kind, data["incident"]] = counts.get((kind, data["incident"]), 0) + 1
        return counts

    def kinds(self):
        return [kind for _, kind, data in self.receiver.got if data["cause"][0] == "db"]


@pytest.fixture
def pair(vitals, receiver):
    made = []

    def start(**more):
        made.append(Pair(vitals, receiver, **more))
        return made[0]

    yield start
    for each in made:
        for relay in each.relays:
            relay.close()


def test_of_two_one_tells(pair):
    both = pair()
    for _ in range(2):  # with a third it would be flapping
        both.push("ok")
        before = len(both.kinds())
        both.push("failed")
        assert eventually(lambda: len(both.kinds()) == before + 1)
        time.sleep(4)
        both.push("ok")
        assert eventually(lambda: len(both.kinds()) == before + 2)
        time.sleep(3)
    assert both.kinds() == ["problem", "resolved"] * 2
    assert len(both.copies()) == 4 and len({key for _, key in both.copies()}) == 2
    assert len({key for key, _, _ in both.receiver.got}) == 4


def test_what_a_person_has_on_one_is_known_on_both(pair):
    both = pair()
    both.push("ok")
    both.push("failed")
    assert eventually(lambda: both.kinds() == ["problem"])

    def incident(node):
        listed = node.control("GET", "/v1/incidents?open=1").json["incidents"]
        return next((each for each in listed if each["cause"] == "db"), {"acknowledged": None})

    for asked, other in (both.nodes, both.nodes[::-1]):
        assert eventually(lambda: "id" in incident(asked))
        answer = asked.control("POST", f"/v1/incidents/{incident(asked)['id']}/ack",
                               {"reason": f"on it, {asked.port}", "by": "jonas"})
        assert answer.status == 204
        assert eventually(lambda: (incident(other)["acknowledged"] or {}).get("reason") == f"on it, {asked.port}")
        assert incident(other)["acknowledged"]["by"] == "jonas"


def test_the_second_tells_when_the_first_is_killed(pair):
    both = pair()
    both.push("ok")
    both.push("failed")
    assert eventually(lambda: both.kinds() == ["problem"])
    time.sleep(2)
    both.nodes[0].kill()
    both.push("ok", [1])
    assert eventually(lambda: both.kinds() == ["problem", "resolved"], 15)
    both.push("failed", [1])
    assert eventually(lambda: both.kinds() == ["problem", "resolved", "problem"], 15)
    # Its loss is told, too.
    assert eventually(lambda: any(data["cause"][0] == "vitals/peer"
                                  for _, _, data in both.receiver.got), 25)
    both.nodes[0].start()
    both.push("failed", [0])
    time.sleep(6)
    assert both.kinds() == ["problem", "resolved", "problem"]
    assert all(count == 1 for count in both.copies().values())
    both.push("ok")
    assert eventually(lambda: both.kinds()[3:] == ["resolved"], 15)
    time.sleep(3)
    assert len(both.kinds()) == 4
    assert len({key for key, _, data in both.receiver.got if data["cause"][0] == "db"}) == 4


def test_failures_while_the_first_is_dead_are_told_by_the_second(pair):
    both = pair()
    both.push("ok")
    both.nodes[0].kill()
    both.push("failed", [1])
    assert eventually(lambda: both.kinds() == ["problem"], 10)


def test_one_that_stood_still_tells_nothing_again(pair):
    both = pair()
    both.push("ok")
    time.sleep(1.5)
    both.push("failed", [0])
    both.nodes[0].process.send_signal(signal.SIGSTOP)
    try:
        both.push("failed", [1])
        assert eventually(lambda: "problem" in both.kinds(), 10)
        time.sleep(3)
        both.push("ok", [1])
        assert eventually(lambda: both.kinds()[-1] == "resolved", 10)
        told = len(both.kinds())
    finally:
        both.nodes[0].process.send_signal(signal.SIGCONT)
    push(both.nodes[0], "db", "ok")
    time.sleep(5)
    assert len(both.kinds()) == told
    assert all(count <= 2 for count in both.copies().values())


def test_two_that_cannot_hear_each_other_tell_at_most_a_copy_each(pair):
    both = pair()
    both.push("ok")
    time.sleep(1.5)
    for relay in both.relays:
        relay.stalled = True
    both.push("failed")
    assert eventually(lambda: both.kinds().count("problem") == 2, 15)
    assert len({data["incident"] for _, _, data in both.receiver.got if data["cause"][0] == "db"}) == 1
    assert len({key for key, kind, data in both.receiver.got if data["cause"][0] == "db"}) == 1
    for relay in both.relays:
        relay.stalled = False
    time.sleep(4)
    both.push("ok")
    assert eventually(lambda: "resolved" in both.kinds())
    time.sleep(4)
    assert both.kinds().count("problem") == 2 and both.kinds().count("resolved") == 1


def test_an_end_is_told_when_both_see_it(pair):
    both = pair()
    both.push("ok")
    both.push("failed")
    assert eventually(lambda: both.kinds() == ["problem"])
    time.sleep(3)
    both.push("ok", [0])
    time.sleep(4)
    assert both.kinds() == ["problem"], "the second still sees it fail"
    both.push("ok", [1])
    assert eventually(lambda: both.kinds() == ["problem", "resolved"])
    time.sleep(3)
    assert both.kinds() == ["problem", "resolved"]


def test_a_failure_that_only_the_second_sees_is_told(pair):
    both = pair()
    both.push("ok")
    both.push("failed", [1])
    assert eventually(lambda: both.kinds() == ["problem"], 10)
    both.push("ok", [1])
    assert eventually(lambda: both.kinds() == ["problem", "resolved"], 10)


def test_a_stranger_is_told_nothing(pair):
    both = pair()
    answer = both.nodes[0].ask("POST", "/v1/peer", b'{"rank":2}', {"Content-Type": "application/json"})
    assert answer.status in (401, 403)
    for wrong in (b"", b"[]", b'{"rank":0}', b'{"rank":2,"told":1}', b'{"rank":2,"told":[{}]}',
                  b'{"rank":2,"claim":{}}', b'{"rank":2,"holds":[1]}'):
        assert both.nodes[0].control("POST", "/v1/peer", wrong).status == 400, wrong
