"""The wall clock is set while vitals runs: by hand, by NTP, by an empty battery. No verdict depends
on it, no alert results from it, and nothing waits for it."""
import socket
import time

import pytest

from daemon import ALL, SLOWER, eventually, free_port
from wall_clock import WallClock
from webhooks import push, telling

# A sanitizer must be the first library of a process.
pytestmark = pytest.mark.skipif(SLOWER > 1, reason="a library cannot be preloaded before a sanitizer")

HOUR, DAY, YEAR = 3600, 86400, 365 * 86400


@pytest.fixture
def clock(tmp_path):
    return WallClock(tmp_path)


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", free_port())) as made:
        yield made.getsockname()[1]


def configuration(receiver, port):
    made = telling(receiver, flapping={"changes": 100, "within": "1m", "quiet": "1m"})
    made["components"] |= {
        "up": {"check": "tcp", "url": f"tcp://127.0.0.1:{port}"},
        "slow": {"check": "tcp", "url": f"tcp://127.0.0.1:{port}", "interval": "1h"},
        "down": {"check": "tcp", "url": f"tcp://127.0.0.1:{free_port()}"},
        "pushed": {"check": "push", "ttl": "10m"},
    }
    made["workers"] = {"crew": {"timeout": "10m", "expect": {"worker": ">=1"}}}
    return made


def told(receiver):
    """Without what was told at the first moment, when nothing was known yet."""
    return [message for message in receiver.told() if message[1] != "vitals/blind"]


STEPS = [HOUR, -2 * HOUR, 40 * DAY, -80 * DAY, 10 * YEAR, -40 * YEAR] if ALL else [40 * DAY, -40 * YEAR]


def test_nobody_is_judged_and_nobody_is_told(vitals, receiver, clock, server):
    daemon = vitals(configuration(receiver, server), environment=clock.environment())
    for name in ("db", "pushed"):
        push(daemon, name, "ok")
    answer = daemon.control("PUT", "/v1/workers/crew/heartbeats", {"workers": [{"name": "worker@one"}]})
    assert answer.status == 204, answer.text
    assert eventually(lambda: told(receiver) == [("problem", "down")], 10), (told(receiver), daemon.log())

    def seen():
        return {name: found["status"] for name, found in daemon.components().items()}

    wanted = {"db": "ok", "up": "ok", "slow": "ok", "down": "failed", "pushed": "ok", "workers/crew": "ok",
              "vitals/engine": "ok"}
    assert eventually(lambda: wanted.items() <= seen().items(), 10), seen()
    for step in STEPS:
        clock.step(step)
        end = time.monotonic() + 2
        while time.monotonic() < end:
            assert wanted.items() <= seen().items(), (step, seen(), daemon.log())
            for path in ("/healthz", "/metrics", "/health"):
                assert daemon.get(path).status in (200, 500, 503), (step, path)
            time.sleep(0.1)
        runs = daemon.components()["up"]["runs"]
        assert eventually(lambda: daemon.components()["up"]["runs"] != runs, 3), step
    assert told(receiver) == [("problem", "down")], (told(receiver), daemon.log())


SHORT = {"components": {"short": {"check": "push", "ttl": "3s"}, "pushed": {"check": "push", "ttl": "10m"}}}


def test_a_push_is_stale_after_its_time_and_not_before(vitals, clock):
    daemon = vitals(SHORT, environment=clock.environment())
    for step in STEPS:
        push(daemon, "short", "ok")
        pushed = time.monotonic()
        assert daemon.becomes("short", "ok", 2)
        clock.step(step)
        assert eventually(lambda: daemon.status("short") != "ok", 8), step
        assert 2.5 < time.monotonic() - pushed < 6, step


def test_failures_meanwhile_are_told_at_once(vitals, receiver, clock, server):
    daemon = vitals(configuration(receiver, server), environment=clock.environment())
    for name in ("db", "pushed"):
        push(daemon, name, "ok")
    assert eventually(lambda: told(receiver) == [("problem", "down")], 10), (told(receiver), daemon.log())
    for step in STEPS:
        before = len(told(receiver))
        clock.step(step)
        push(daemon, "db", "failed", "gone")
        assert eventually(lambda: ("problem", "db") in told(receiver)[before:], 5), (step, told(receiver))
        push(daemon, "db", "ok")
        assert eventually(lambda: ("resolved", "db") in told(receiver)[before:], 10), (step, told(receiver))
    assert len(told(receiver)) == 1 + 2 * len(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_a_restart_with_another_time_takes_no_old_push_for_a_new_one(vitals, clock, step):
    daemon = vitals(SHORT, environment=clock.environment())
    push(daemon, "short", "ok")
    push(daemon, "pushed", "ok")
    assert daemon.becomes("short", "ok", 2)
    assert daemon.becomes("pushed", "ok", 2)
    time.sleep(1)
    daemon.stop()
    time.sleep(3)
    clock.step(step)
    daemon.start()
    assert daemon.status("short") != "ok", daemon.components()["short"]
    assert daemon.status("pushed") == "ok", "its ten minutes are not over"
    assert daemon.get("/metrics").status == 200
    for path in ("/v1/history/pushed", "/v1/uptime/pushed", "/v1/incidents"):
        assert daemon.control("GET", path).status == 200, path
