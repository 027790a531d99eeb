"""HTTP/2 as a listener's option: the same answers as over HTTP/1, to curl, nghttp and h2load."""
import contextlib
import json
import re
import shutil
import socket
import struct
import subprocess
import time

import pytest

import peers
from daemon import SLOWER, eventually, free_port

PATHS = ("/healthz/", "/health", "/metrics", "/svc_status.json", "/readyz?verbose", "/v1/nothing",
         "/nowhere", "/")


def curl(url, *arguments, timeout=20, body=None):
    if body is not None:
        arguments += ("--data-binary", "@-")
    done = subprocess.run(["curl", "-sS", "-i", "--max-time", str(timeout), *arguments, url],
                          capture_output=True, timeout=timeout + 10, input=body)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        fields[name.lower()] = value
    first = lines[0].split(" ")
    return {"version": first[0], "status": int(first[1]) if len(first) > 1 else 0,
            "fields": fields, "body": body, "error": done.stderr.decode(), "code": done.returncode}


@pytest.fixture
def serving(vitals, tmp_path):
    peers.make_certificate(tmp_path, "web")

    def start(**more):
        secure, plain, usual = free_port(), free_port(), free_port()
        daemon = vitals({
            "components": {"web": {"check": "push", "ttl": "1h"}},
            "tokens": {"operator": {"secret": "0per", "allow": ["read", "push", "control"]}},
            "listeners": [
                {"address": f"127.0.0.1:{plain}", "http2": True},
                {"address": f"127.0.0.1:{secure}", "http2": True,
                 "tls": {"certificate": str(tmp_path / "web.crt"), "key": str(tmp_path / "web.key")}},
                {"address": f"127.0.0.1:{usual}"}],
            **more})
        daemon.plain, daemon.secure, daemon.usual = plain, secure, usual
        daemon.port = plain
        daemon.certificate = tmp_path / "web.crt"
        assert push(daemon, "ok")["status"] < 300
        return daemon
    return start


def push(daemon, status, *arguments):
    return curl(f"http://127.0.0.1:{daemon.plain}/v1/components/web", *arguments, "-X", "PUT",
                "-H", "Authorization: Bearer 0per", "-d", json.dumps({"status": status}))


def without_what_changes(fields):
    return {name: value for name, value in fields.items() if name not in ("date", "connection")}


def still(body):
    """The page says what time it is."""
    return re.sub(rb"\d\d:\d\d:\d\d", b"TIME", body)


def test_answers_are_the_same_as_over_http1(serving):
    daemon = serving()
    for path in PATHS:
        old = curl(f"http://127.0.0.1:{daemon.plain}{path}", "--http1.1")
        usual = curl(f"http://127.0.0.1:{daemon.usual}{path}", "--http1.1")
        new = curl(f"http://127.0.0.1:{daemon.plain}{path}", "--http2-prior-knowledge")
        tls = curl(f"https://localhost:{daemon.secure}{path}", "--http2", "--cacert",
                   daemon.certificate)
        assert (old["version"], new["version"], tls["version"]) == ("HTTP/1.1", "HTTP/2", "HTTP/2")
        for each in (usual, new, tls):
            assert each["status"] == old["status"], (path, each)
            assert each["fields"].keys() - {"date"} == old["fields"].keys() - {"date"}, path
        if path in ("/healthz/", "/nowhere", "/v1/nothing", "/readyz?verbose"):
            assert without_what_changes(new["fields"]) == without_what_changes(old["fields"])
            assert still(new["body"]) == still(old["body"]) == still(tls["body"])
    assert curl(f"https://localhost:{daemon.secure}/healthz/", "--http1.1", "--cacert",
                daemon.certificate)["version"] == "HTTP/1.1"


def test_a_listener_without_the_option_speaks_http1_alone(serving):
    daemon = serving()
    refused = curl(f"http://127.0.0.1:{daemon.usual}/healthz/", "--http2-prior-knowledge")
    assert refused["code"] != 0 and refused["status"] in (0, 400)
    assert curl(f"http://127.0.0.1:{daemon.usual}/health", "--http2")["version"] == "HTTP/1.1"


def test_methods_bodies_and_rights(serving):
    daemon = serving()
    prior = "--http2-prior-knowledge"
    url = f"http://127.0.0.1:{daemon.plain}"
    head = curl(f"{url}/health", prior, "-I")
    assert head["status"] == 200 and head["body"] == b"" and int(head["fields"]["content-length"])
    assert curl(f"{url}/health", prior, "-X", "OPTIONS")["fields"]["allow"]
    assert curl(f"{url}/v1/components", prior)["status"] == 401
    assert push(daemon, "failed", prior)["status"] < 300
    assert curl(f"{url}/health", prior)["status"] == 503
    large = curl(f"{url}/v1/components/web", prior, "-X", "PUT", "-H", "Authorization: Bearer 0per",
                 body=b"x" * 200_000)
    assert large["status"] == 413
    # A body that was not announced does not stop the answer.
    assert curl(f"{url}/nowhere", prior, body=b"x" * 200_000)["status"] == 405
    assert curl(f"{url}/health", prior, "-H", "X-Long: " + "y" * 20_000)["status"] == 431


def test_events_go_on_over_http2(serving):
    daemon = serving()
    url = f"http://127.0.0.1:{daemon.plain}/v1/events"
    process = subprocess.Popen(["curl", "-sN", "--http2-prior-knowledge", "-H",
                                "Authorization: Bearer 0per", url], stdout=subprocess.PIPE)
    try:
        heard = b""
        while b"event: beat" not in heard:
            heard += process.stdout.readline()
        assert push(daemon, "failed", "--http2-prior-knowledge")["status"] < 300
        end = time.monotonic() + 10 * SLOWER
        while b"event: transition" not in heard and time.monotonic() < end:
            heard += process.stdout.readline()
        assert b"event: transition" in heard
        # The end says that it is an end.
        daemon.process.send_signal(15)
        rest = process.stdout.read()
        assert b"event: end" in rest
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.skipif(shutil.which("h2load") is None, reason="needs nghttp2-client")
def test_nghttp_and_h2load(serving):
    daemon = serving()
    done = subprocess.run(["nghttp", "-nv", f"http://127.0.0.1:{daemon.plain}/health"],
                          capture_output=True, text=True, timeout=30)
    assert ":status: 200" in done.stdout, done
    done = subprocess.run(["h2load", "-n", "20000", "-c", "8", "-m", "50",
                           f"http://127.0.0.1:{daemon.plain}/health"],
                          capture_output=True, text=True, timeout=60 * SLOWER)
    assert re.search(r"20000 succeeded, 0 failed, 0 errored, 0 timeout", done.stdout), done
    counted = daemon.get("/metrics").text
    [count] = re.findall(r'vitals_http_requests_total\{endpoint="/health",code="200"\} (\d+)',
                         counted)
    assert int(count) >= 20000


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


def literal(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def get(path):
    return literal(b":method", b"GET") + literal(b":scheme", b"http") + \
        literal(b":path", path) + literal(b":authority", b"localhost")


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def test_readers_with_closed_windows_cost_little(serving):
    daemon = serving()
    # Without any window the answer is held back. Everybody who asked before shares it.
    settings = frame(4, 0, 0, struct.pack(">HI", 4, 0)) + frame(4, 1, 0)
    asked = b"".join(frame(1, 5, 2 * i + 1, get(b"/metrics")) for i in range(90))
    before = daemon.figure("process_resident_memory_bytes")
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            each = stack.enter_context(socket.create_connection(("127.0.0.1", daemon.plain), 10))
            each.sendall(PREFACE + settings + asked)
        time.sleep(1)
        assert curl(f"http://127.0.0.1:{daemon.plain}/health")["status"] == 200
        assert daemon.figure("process_resident_memory_bytes") < before + (40 << 20) * SLOWER


def test_bytes_that_come_one_by_one(serving):
    daemon = serving()
    with socket.create_connection(("127.0.0.1", daemon.plain), 10) as slow:
        for byte in PREFACE + frame(4, 0, 0) + frame(1, 5, 1, get(b"/health")):
            slow.sendall(bytes([byte]))
            time.sleep(0.001)
        heard = b""
        while b'"status":"ok"' not in heard.replace(b" ", b"") and b"pass" not in heard:
            piece = slow.recv(1 << 16)
            assert piece, heard
            heard += piece
    # The same of HTTP/1, on the same listener.
    with socket.create_connection(("127.0.0.1", daemon.plain), 10) as slow:
        for byte in b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n":
            slow.sendall(bytes([byte]))
        assert slow.recv(1 << 16).startswith(b"HTTP/1.1 405 ")


def test_the_end_is_a_goaway(serving):
    daemon = serving(drain={"delay": "0ms", "timeout": "5s"})
    with socket.create_connection(("127.0.0.1", daemon.plain), 10) as idle:
        idle.sendall(PREFACE + frame(4, 0, 0))
        assert eventually(lambda: idle.recv(1 << 16))
        daemon.process.send_signal(15)
        heard = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := idle.recv(1 << 16):
                heard += piece
        assert frame(7, 0, 0, struct.pack(">II", 0, 0)) in heard
    assert daemon.process.wait(10 * SLOWER) == 0
