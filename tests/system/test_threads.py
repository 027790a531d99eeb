"""Several threads that answer, and several that run checks."""
import json
import os
import signal
import socket
import threading
import time

import pytest

from daemon import SLOWER, eventually, free_port, stop_listening


def threads(daemon, name):
    count = 0
    for task in os.listdir(f"/proc/{daemon.process.pid}/task"):
        with open(f"/proc/{daemon.process.pid}/task/{task}/comm") as file:
            count += file.read().strip() == name
    return count


class Peer:
    """Accepts, and answers a line, unless it is told to hang."""

    def __init__(self):
        self.port = free_port()
        self.hanging = False
        self.held = []
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                taken = self.listener.accept()[0]
            except OSError:
                return
            if self.hanging:
                self.held.append(taken)
                continue
            taken.sendall(b"hello\n")
            taken.close()


@pytest.fixture
def peers():
    made = [Peer(), Peer()]
    yield made
    for peer in made:
        stop_listening(peer.listener)
        for each in peer.held:
            each.close()


def components(peers, count=20):
    return {f"{'ab'[which]}/{n:02}": {"check": "tcp", "url": f"tcp://127.0.0.1:{peer.port}",
                                      "expect": "hello", "interval": "200ms", "timeout": "150ms"}
            for which, peer in enumerate(peers) for n in range(count)}


def statuses(daemon, group):
    return {each["status"] for name, each in daemon.components().items() if name.startswith(group)}


def test_checks_and_answers_on_several_threads(vitals, peers):
    daemon = vitals({"server": {"threads": 3}, "engine": {"threads": 2},
                     "drain": {"delay": "0s", "timeout": "5s"}, "components": components(peers)})
    assert eventually(lambda: threads(daemon, "vitals-http") == 3)
    assert threads(daemon, "vitals-checks") == 2
    assert eventually(lambda: statuses(daemon, "a/") == statuses(daemon, "b/") == {"ok"})

    # One backend hangs: its components fail, on each thread, and nothing else does.
    peers[0].hanging = True
    assert eventually(lambda: statuses(daemon, "a/") == {"failed"})
    assert statuses(daemon, "b/") == {"ok"}
    assert daemon.status("vitals/engine") == "ok"
    peers[0].hanging = False
    assert eventually(lambda: statuses(daemon, "a/") == {"ok"})

    # A run on request goes to its thread and comes back.
    answer = daemon.control("POST", "/v1/components/b%2F03/run")
    assert answer.status == 200 and answer.json["status"] == "ok"

    # Some go, some come, some change; all run.
    changed = json.loads(daemon.file.read_text())
    for n in range(10):
        del changed["components"][f"a/{n:02}"]
        changed["components"][f"b/{n:02}"]["interval"] = "100ms"
        changed["components"][f"b/new{n}"] = dict(changed["components"]["b/15"])
    daemon.configure(json.dumps(changed))
    assert daemon.control("POST", "/v1/reload").status == 200
    assert eventually(lambda: statuses(daemon, "b/") == {"ok"} == statuses(daemon, "a/"))
    names = [name for name in daemon.components() if not name.startswith("vitals/")]
    assert len(names) == 40

    # The end comes in time though runs are under way.
    for peer in peers:
        peer.hanging = True
    began = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(10) == 0
    assert time.monotonic() - began < 3 * SLOWER


def test_another_number_of_threads_waits_for_a_restart(vitals):
    daemon = vitals({"components": {"memory": {"check": "memory"}}})
    assert eventually(lambda: threads(daemon, "vitals-http") == 1)
    assert threads(daemon, "vitals-checks") == 0
    changed = json.loads(daemon.file.read_text())
    changed["server"] = changed["engine"] = {"threads": 2}
    daemon.configure(json.dumps(changed))
    assert daemon.control("POST", "/v1/reload").status == 200
    assert daemon.logs("server changed in the configuration; restart for it to take effect")
    assert daemon.logs("engine changed in the configuration; restart for it to take effect")
    assert threads(daemon, "vitals-http") == 1 and threads(daemon, "vitals-checks") == 0
