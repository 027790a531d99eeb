"""What is pushed to one node of a fleet counts on all of them, the latest push wins, and a node
that is cut off never calls the component failed. With real vitals around real NATS servers."""
import time

import pytest

from daemon import SLOWER, eventually
from test_fleet import fleet, nats  # noqa: F401

SHARED = {"components": {"backup": {"check": "push", "ttl": "4s", "fleet": True},
                         "own": {"check": "push", "ttl": "1h"}}}


def push(daemon, status, detail="", name="backup", **more):
    answer = daemon.control("PUT", f"/v1/components/{name}",
                            {"status": status, "detail": detail, **more})
    assert answer.status in (200, 201, 204), answer.text


def shown(daemon, name="backup"):
    known = daemon.components().get(name, {})
    return known.get("status"), known.get("detail", "")


def becomes(daemon, status, detail, timeout=5):
    return eventually(lambda: shown(daemon) == (status, detail), timeout, 0.05)


def test_a_push_to_any_node_counts_on_all_and_the_latest_wins(fleet):
    nodes = fleet(3, SHARED).complete()
    push(nodes["n1"], "ok", "first")
    for daemon in nodes:
        assert becomes(daemon, "ok", "first"), shown(daemon)
    # From another node, immediately afterwards: no node's clock decides alone.
    for i in range(10):
        push(nodes["n2"], "ok", f"even {i}")
        push(nodes["n3"], "failed", f"odd {i}")
    for daemon in nodes:
        assert becomes(daemon, "failed", "odd 9"), shown(daemon)
    push(nodes["n1"], "ok", "again")
    for daemon in nodes:
        assert becomes(daemon, "ok", "again"), shown(daemon)
    # A node that joins later knows it at once. What is not shared stays where it was pushed.
    push(nodes["n1"], "ok", "mine", "own")
    push(nodes["n2"], "degraded", "half", ttl="1h")
    late = nodes.add("n4")
    assert becomes(late, "degraded", "half", 6), shown(late)
    assert shown(late, "own")[0] == shown(nodes["n2"], "own")[0] == "unknown"
    assert detail(nodes["n1"]) == "4 of 4 nodes are heard"


def detail(daemon):
    assert eventually(lambda: daemon.components()["fleet"]["detail"].startswith("4 of 4"), 10)
    return daemon.components()["fleet"]["detail"]


def test_silence_is_failed_on_all_nodes_and_a_push_in_time_holds_it(fleet):
    nodes = fleet(3, SHARED).complete()
    seen, end = {"n1": set(), "n2": set(), "n3": set()}, time.monotonic() + 9
    # The node that is told changes with each push, so each node is silent for longer than its ttl.
    turn = 0
    push(nodes["n1"], "ok", "beat")
    for daemon in nodes:
        assert becomes(daemon, "ok", "beat")
    while time.monotonic() < end:
        push(nodes[f"n{turn % 3 + 1}"], "ok", "beat")
        turn += 1
        for _ in range(10):
            time.sleep(0.2)
            for name in seen:
                seen[name].add(shown(nodes[name])[0])
    assert seen == {"n1": {"ok"}, "n2": {"ok"}, "n3": {"ok"}}
    for daemon in nodes:
        assert eventually(lambda: shown(daemon)[0] == "failed", 12 * SLOWER), shown(daemon)
        assert "silent for more than" in shown(daemon)[1]


@pytest.mark.parametrize("nats", [1], indirect=True)
def test_without_contact_it_is_unknown_after_its_validity_and_never_failed(fleet):
    nodes = fleet(2, SHARED).complete()
    push(nodes["n1"], "ok", "before")
    for daemon in nodes:
        assert becomes(daemon, "ok", "before")
    nodes.nats.kill(0)
    seen = set()

    def unknown():
        seen.add(shown(nodes["n2"])[0])
        push(nodes["n1"], "ok", "alone")  # what is told to a node itself counts there
        return shown(nodes["n2"])[0] == "unknown"

    assert eventually(unknown, 20, 0.2), shown(nodes["n2"])
    assert "no contact with the fleet since 20" in shown(nodes["n2"])[1]
    for _ in range(30):
        push(nodes["n1"], "ok", "alone")
        seen.add(shown(nodes["n2"])[0])
        assert shown(nodes["n1"]) == ("ok", "alone")
        time.sleep(0.2)
    assert seen == {"ok", "unknown"}
    nodes.nats.start(0)
    assert eventually(lambda: shown(nodes["n2"]) == ("ok", "alone"), 20), shown(nodes["n2"])


def test_a_server_that_hangs_makes_no_push_look_late(fleet):
    shared = {"components": {"backup": {"check": "push", "ttl": "3s", "fleet": True}}}
    nodes = fleet(3, shared, interval="1s").complete()
    seen = set()
    for second in range(14):
        push(nodes["n1"], "ok", "beat")
        if second == 3:
            nodes.nats.pause(0)
        if second == 8:
            nodes.nats.resume(0)
        for _ in range(5):
            time.sleep(0.2)
            if second > 1:
                seen.update(shown(daemon)[0] for daemon in nodes)
    assert seen == {"ok"}
