"""Streams: /v1/events and the live parts of the page, read as raw bytes."""
import contextlib
import json
import re
import signal
import socket
import statistics
import time

import pytest

from daemon import ALL, SLOWER, ask, eventually

PUSHED = {"components": {f"shop/{name}": {"check": "push", "ttl": "1h"}
                         for name in ("one", "two", "three")}}
TOKENS = {"tokens": {"reader": {"secret": "r3ad", "allow": ["read"]},
                     "operator": {"secret": "0per", "allow": ["read", "control"]}}}


class Listener:
    """A client that reads a stream byte by byte, without the framing of chunks."""

    def __init__(self, target, path, fields="", receive_buffer=None):
        if isinstance(target, int):
            self.socket = socket.socket()
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.socket.connect(("127.0.0.1", target))
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(target)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode())
        self.raw = b""

    def more(self, timeout):
        self.socket.settimeout(max(timeout, 0.001))
        try:
            received = self.socket.recv(1 << 16)
        except TimeoutError:
            return False
        self.raw += received
        return bool(received)

    @property
    def text(self):
        head, _, body = self.raw.partition(b"\r\n\r\n")
        return re.sub(rb"(?:^|\r\n)[0-9a-f]+\r\n", b"", body).decode(errors="replace")

    def hears(self, wanted, timeout=10, after=0):
        end = time.monotonic() + timeout * SLOWER
        while wanted not in self.text[after:]:
            left = end - time.monotonic()
            if left <= 0 or not self.more(left):
                return wanted in self.text[after:]
        return True

    def events(self):
        found = []
        for block in self.text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            if "event" in fields:
                found.append((fields.get("id"), fields["event"], fields.get("data", "")))
        return found

    def close(self):
        self.socket.close()


def push(daemon, name, status, detail="told"):
    answer = daemon.control("PUT", f"/v1/components/{name.replace('/', '%2F')}",
                            {"status": status, "detail": detail})
    assert answer.status in (201, 204), answer.text


@pytest.fixture
def daemon(vitals):
    made = vitals({**PUSHED, **TOKENS})
    for name in PUSHED["components"]:
        push(made, name, "ok")
        assert made.becomes(name, "ok")
    return made


def test_a_transition_is_told_as_it_happens(daemon):
    with contextlib.closing(Listener(daemon.socket, "/v1/events")) as listener:
        assert listener.hears("event: beat")
        assert b"Content-Type: text/event-stream\r\n" in listener.raw
        push(daemon, "shop/one", "failed", "<script>\u202e")
        assert listener.hears('"shop/one"')
        told = [json.loads(data) for _, event, data in listener.events() if event == "transition"]
        assert told and told[0]["component"] == "shop/one"
        assert (told[0]["from"], told[0]["to"]) == ("ok", "failed") and "at" in told[0]


def test_a_client_that_was_away_hears_the_events_it_missed(daemon):
    with contextlib.closing(Listener(daemon.socket, "/v1/events")) as listener:
        push(daemon, "shop/one", "failed")
        assert listener.hears("event: transition")
        last = [number for number, event, _ in listener.events() if event == "transition"][-1]
    push(daemon, "shop/two", "failed")
    push(daemon, "shop/one", "ok")
    assert daemon.becomes("shop/one", "ok")
    with contextlib.closing(Listener(daemon.socket, "/v1/events",
                                     f"Last-Event-ID: {last}\r\n")) as again:
        assert again.hears('"to":"ok"')
        assert "event: lost" not in again.text
        components = [json.loads(data)["component"] for _, event, data in again.events()
                      if event == "transition"]
        assert "shop/two" in components
    with contextlib.closing(Listener(daemon.socket, "/v1/events?last_event_id=1")) as stranger:
        assert stranger.hears("event: lost")


def test_a_stream_asks_for_the_right_to_read(daemon):
    assert daemon.get("/v1/events").status == 401
    with contextlib.closing(Listener(daemon.port, "/v1/events",
                                     "Authorization: Bearer r3ad\r\n")) as listener:
        assert listener.hears("event: beat")


def test_a_pipeline_announces_a_deployment(daemon):
    with contextlib.closing(Listener(daemon.socket, "/v1/events")) as listener:
        assert listener.hears("event: beat")
        answer = daemon.control("POST", "/v1/events",
                                {"text": "release 2.6.1", "component": "shop/one"})
        assert answer.status == 204, answer.text
        assert listener.hears("release 2.6.1")
        assert "event: announced" in listener.text


def test_a_stopped_daemon_is_noticed_by_the_missing_beat(daemon):
    with contextlib.closing(Listener(daemon.port, "/events/page?view=&h=24h")) as listener:
        assert listener.hears("event: part")
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            while listener.more(0.2):
                pass
            assert not listener.more(6), "nothing comes, without a reason"
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        assert listener.hears("event: ", 10, len(listener.text))


def test_a_thousand_streams_stand_beside_a_health_answer(daemon):
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(contextlib.closing(Listener(daemon.port, "/events/page?view=&h=24h")))
                   for _ in range(1000)]
        assert streams[-1].hears("event: part", 30)
        push(daemon, "shop/two", "failed")
        times = []
        connection = stack.enter_context(contextlib.closing(daemon.connection()))
        for _ in range(200):
            answer = ask(connection, "GET", "/livez")
            assert answer.status == 200
            times.append(answer.seconds)
        assert statistics.median(times) < 0.05 * SLOWER
        for stream in (streams[0], streams[500], streams[-1]):
            assert stream.hears("shop", 20)
        memory = int(re.search(r"VmRSS:\s+(\d+)",
                               open(f"/proc/{daemon.process.pid}/status").read())[1])
        assert memory < 64_000 * SLOWER, "kB"


def test_a_reader_that_does_not_read_costs_little(daemon):
    with contextlib.closing(Listener(daemon.socket, "/v1/events")) as quick, \
            contextlib.closing(Listener(daemon.port, "/v1/events",
                                        "Authorization: Bearer r3ad\r\n", 4096)) as slow:
        assert quick.hears("event: beat")
        before = int(re.search(r"VmRSS:\s+(\d+)",
                               open(f"/proc/{daemon.process.pid}/status").read())[1])
        for number in range(300):
            push(daemon, "shop/one", "failed" if number % 2 else "ok", "x" * 4000)
        push(daemon, "shop/three", "failed", "the last")
        assert quick.hears("the last", 20)
        after = int(re.search(r"VmRSS:\s+(\d+)",
                              open(f"/proc/{daemon.process.pid}/status").read())[1])
        assert after - before < 30_000 * SLOWER, "kB"
        assert slow.socket is not None


def page_delays(daemon, changes):
    """The time until an open page has a change, in seconds."""
    delays = []
    with contextlib.closing(Listener(daemon.port, "/events/page?view=&h=24h")) as listener:
        assert listener.hears("event: part")
        for number in range(changes):
            name = ("shop/one", "shop/two", "shop/three")[number % 3]
            # A part that has just changed waits for those that follow.
            time.sleep(0.55)
            while listener.more(0.001):
                pass
            listener.raw = listener.raw[:listener.raw.index(b"\r\n\r\n") + 4]
            status = "failed" if (number // 3) % 2 == 0 else "ok"
            begin = time.perf_counter()
            push(daemon, name, status, f"change {number} .")
            assert listener.hears("event: part"), (number, name, status)
            delays.append(time.perf_counter() - begin)
    return delays


def test_a_failure_is_on_an_open_page_within_100_ms(daemon):
    delays = sorted(page_delays(daemon, 200 if ALL else 50))
    p99 = delays[int(len(delays) * 0.99) - 1]
    print(f"to an open page: median {statistics.median(delays) * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms")
    assert p99 < 0.1 * SLOWER


def test_streams_end_with_the_daemon_and_with_a_reload(daemon):
    with contextlib.closing(Listener(daemon.socket, "/v1/events")) as listener:
        assert listener.hears("event: beat")
        assert daemon.control("POST", "/v1/reload").status == 200
        assert listener.hears("event: end")
    with contextlib.closing(Listener(daemon.socket, "/v1/events")) as listener:
        assert listener.hears("event: beat")
        begin = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        while listener.more(5):
            pass
        assert listener.raw.endswith(b"0\r\n\r\n")
        listener.close()
        assert daemon.process.wait(10) == 0
        assert time.monotonic() - begin < 5 * SLOWER
