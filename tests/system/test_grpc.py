"""gRPC's health service as its clients see it: Debian's grpcio (the C core that grpc++ has, too),
and vitals' own check. Messages are encoded by hand, because Debian has no grpc_health."""
import contextlib
import json
import queue
import signal
import socket
import struct
import subprocess
import threading
import time

import grpc
import pytest

import peers
from daemon import ALL, ROOT, SLOWER, eventually, free_port, run_vitals

UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN = range(4)
SERVICE = "/grpc.health.v1.Health/"


def request(service):
    name = service.encode()
    assert len(name) < 128
    return bytes([10, len(name)]) + name if name else b""


def status(message):
    if not message:
        return UNKNOWN
    assert message[0] == 8 and len(message) == 2, message
    return message[1]


def fields(message):
    """The fields of a message whose fields all have a length."""
    found = []
    while message:
        size = message[1]
        assert message[0] & 7 == 2 and size < 128
        found.append((message[0] >> 3, message[2:2 + size]))
        message = message[2 + size:]
    return found


def listed(message):
    entries = [dict(fields(entry)) for _, entry in fields(message)]
    return {entry[1].decode(): status(entry[2]) for entry in entries}


class Client:
    def __init__(self, port, credentials=None, options=()):
        make = grpc.insecure_channel if credentials is None else grpc.secure_channel
        more = () if credentials is None else (credentials,)
        self.channel = make(f"localhost:{port}", *more, options=options)
        call = self.channel.unary_unary
        self.check_call = call(SERVICE + "Check", request, status)
        self.list_call = call(SERVICE + "List", lambda _: b"", listed)
        self.watch_call = self.channel.unary_stream(SERVICE + "Watch", request, status)
        self.other_call = call("/shop.v1.Orders/Buy", request, bytes)
        self.raw_check = call(SERVICE + "Check", bytes, bytes)

    def check(self, service=""):
        return self.check_call(service, timeout=10 * SLOWER)

    def refused(self, call, *arguments, **more):
        with pytest.raises(grpc.RpcError) as refusal:
            call(*arguments, timeout=10 * SLOWER, **more)
        return refusal.value

    def close(self):
        self.channel.close()

    __enter__ = lambda self: self  # noqa: E731

    def __exit__(self, *_):
        self.close()


class Watching:
    def __init__(self, client, service=""):
        self.call = client.watch_call(service)
        self.heard = queue.Queue()
        self.error = None
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def listen(self):
        try:
            for each in self.call:
                self.heard.put(each)
        except grpc.RpcError as error:
            self.error = error

    def next(self, timeout=10):
        return self.heard.get(timeout=timeout * SLOWER)

    def close(self):
        self.call.cancel()
        self.thread.join()


@contextlib.contextmanager
def watching(client, service=""):
    watch = Watching(client, service)
    try:
        yield watch
    finally:
        watch.close()


@pytest.fixture
def serving(vitals):
    def start(endpoint=None, **more):
        port = free_port()
        settings = {"components": {name: {"check": "push", "ttl": "1h"}
                                   for name in ("db/main", "db/spare", "web", "new")},
                    "endpoints": [{"dialect": "grpc", "address": f"127.0.0.1:{port}",
                                   **(endpoint or {})}], **more}
        daemon = vitals(settings)
        daemon.grpc = port
        for name in ("db/main", "db/spare", "web"):
            push(daemon, name, "ok")
        return daemon
    return start


def push(daemon, name, status, **more):
    answer = daemon.control("PUT", f"/v1/components/{name.replace('/', '%2F')}",
                            {"status": status, **more})
    assert answer.status < 300, answer.text


def test_check_tells_the_health_of_the_service_asked_for(serving):
    daemon = serving({"services": {"shop.v1.Orders": "db/*"}})
    with Client(daemon.grpc) as client:
        assert client.check("web") == SERVING
        assert client.check("db") == SERVING
        assert client.check("d*") == SERVING
        assert client.check("shop.v1.Orders") == SERVING
        # Not run yet: never SERVING.
        assert client.check("new") == UNKNOWN
        assert client.check() == UNKNOWN
        push(daemon, "new", "degraded")
        assert client.check("new") == SERVING
        assert client.check() == SERVING
        push(daemon, "db/main", "failed")
        assert client.check("db/main") == NOT_SERVING
        assert client.check("db/spare") == SERVING
        assert client.check("db") == NOT_SERVING
        assert client.check("shop.v1.Orders") == NOT_SERVING
        assert client.check("kind:push") == NOT_SERVING
        assert client.check() == NOT_SERVING
        assert client.check("livez") == SERVING
        assert client.check("readyz") == NOT_SERVING
        missing = client.refused(client.check_call, "nobody")
        assert missing.code() == grpc.StatusCode.NOT_FOUND
        assert missing.details() == "unknown service"
        assert client.refused(client.check_call, "vitals/engine").code() == \
            grpc.StatusCode.NOT_FOUND


def test_list_has_everything_up_to_a_hundred(serving, vitals):
    daemon = serving({"services": {"shop.v1.Orders": "db/*"}})
    push(daemon, "web", "failed")
    with Client(daemon.grpc) as client:
        assert client.list_call("") == {
            "": NOT_SERVING, "shop.v1.Orders": SERVING, "db": SERVING, "db/main": SERVING,
            "db/spare": SERVING, "new": UNKNOWN, "web": NOT_SERVING}
    port = free_port()
    vitals({"components": {f"c{i}": {"check": "push"} for i in range(101)},
            "endpoints": [{"dialect": "grpc", "address": f"127.0.0.1:{port}"}]})
    with Client(port) as client:
        assert client.refused(client.list_call, "").code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert client.check("c7") == UNKNOWN


def test_watch_tells_each_change_at_once(serving):
    daemon = serving()
    with Client(daemon.grpc) as client, watching(client, "web") as web, \
            watching(client) as whole, watching(client, "nobody") as nobody:
        assert web.next() == SERVING
        assert whole.next() == UNKNOWN
        assert nobody.next() == SERVICE_UNKNOWN
        push(daemon, "new", "ok")
        assert whole.next() == SERVING
        begun = time.monotonic()
        push(daemon, "web", "failed")
        assert web.next() == NOT_SERVING
        assert time.monotonic() - begun < 1 * SLOWER
        assert whole.next() == NOT_SERVING
        # An unchanged status is not told again.
        push(daemon, "web", "failed", detail="still")
        push(daemon, "web", "ok")
        assert web.next() == SERVING
        # A component that comes later: the stream of the unknown name is still open.
        push(daemon, "nobody", "ok")
        assert nobody.next() == SERVING
        push(daemon, "web", "unknown")
        assert web.next() == UNKNOWN


def test_out_of_service_nothing_serves(serving):
    daemon = serving(drain={"delay": "2s", "timeout": "5s"})
    push(daemon, "new", "ok")
    with Client(daemon.grpc) as client, watching(client, "web") as web, watching(client) as whole:
        assert web.next() == SERVING and whole.next() == SERVING
        assert daemon.control("POST", "/probe_status?body=moving").status == 200
        assert whole.next() == NOT_SERVING and web.next() == NOT_SERVING
        assert client.check() == NOT_SERVING
        assert client.check("livez") == SERVING
        assert daemon.control("POST", "/probe_status?body=OK").status == 200
        assert whole.next() == SERVING and web.next() == SERVING
        daemon.process.send_signal(signal.SIGTERM)
        assert whole.next() == NOT_SERVING and web.next() == NOT_SERVING
        assert client.check() == NOT_SERVING
        assert daemon.process.wait(10 * SLOWER) == 0
        # The streams ended in an orderly way, with the advice to ask another server.
        assert eventually(lambda: whole.error is not None)
        assert whole.error.code() == grpc.StatusCode.UNAVAILABLE


def test_a_request_that_is_not_a_grpc_call_is_refused(serving):
    daemon = serving()
    with Client(daemon.grpc) as client:
        other = client.refused(client.other_call, "")
        assert other.code() == grpc.StatusCode.UNIMPLEMENTED
        assert client.refused(client.raw_check, b"\x0a\x05x").code() == grpc.StatusCode.INTERNAL
        long = client.refused(client.raw_check, b"\x0a\xe0\xa7\x12" + b"x" * 300_000)
        assert long.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        packed = client.refused(client.check_call, "web", compression=grpc.Compression.Gzip)
        assert packed.code() == grpc.StatusCode.UNIMPLEMENTED
        assert client.check("web") == SERVING
    with socket.create_connection(("127.0.0.1", daemon.grpc), 10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = plain.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ") and b"this port speaks gRPC" in answer
    for command, code in ((["-s"], "405"), (["-s", "-d", "x"], "415")):
        done = subprocess.run(["curl", *command, "-o", "/dev/null", "-w", "%{http_code}",
                               "--http2-prior-knowledge", f"http://127.0.0.1:{daemon.grpc}/"],
                              capture_output=True, text=True, timeout=20)
        assert done.stdout == code, done


def test_tls(serving, tmp_path):
    peers.make_certificate(tmp_path, "grpc")
    certificate, key = tmp_path / "grpc.crt", tmp_path / "grpc.key"
    daemon = serving({"tls": {"certificate": str(certificate), "key": str(key)}})
    trusted = grpc.ssl_channel_credentials(certificate.read_bytes())
    with Client(daemon.grpc, trusted) as client, watching(client, "web") as web:
        assert client.check("web") == SERVING
        assert web.next() == SERVING
    # A client that offers only HTTP/1 is refused in the TLS handshake.
    done = subprocess.run(["curl", "-sS", "--http1.1", "--cacert", certificate,
                           f"https://localhost:{daemon.grpc}/"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 35, done
    with socket.create_connection(("127.0.0.1", daemon.grpc), 10) as plain:
        plain.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert b"this port speaks TLS" in plain.makefile("rb").read()
    file = tmp_path / "check.yaml"
    file.write_text(json.dumps({"components": {"web": {
        "check": "grpc", "url": f"grpcs://localhost:{daemon.grpc}", "service": "web",
        "tls": {"ca": str(certificate)}}}}))
    done = run_vitals("check", "-c", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_vitals_checks_vitals(serving):
    daemon = serving()
    url = f"grpc://127.0.0.1:{daemon.grpc}"
    assert run_vitals("check", f"{url}/web").returncode == 0
    push(daemon, "web", "failed")
    done = run_vitals("check", f"{url}/web")
    assert done.returncode != 0 and "not serving" in done.stdout + done.stderr
    done = run_vitals("check", f"{url}/nobody")
    assert done.returncode != 0 and "not known" in done.stdout + done.stderr


def test_many_clients_are_bounded(serving):
    daemon = serving(limits={"streams": 5})
    with Client(daemon.grpc) as client, contextlib.ExitStack() as stack:
        watches = [stack.enter_context(watching(client, "web")) for _ in range(5)]
        for watch in watches:
            assert watch.next() == SERVING
        with watching(client, "web") as sixth:
            assert eventually(lambda: sixth.error is not None)
            assert sixth.error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert client.check("web") == SERVING
        watches[0].close()
        assert eventually(lambda: daemon.figure("vitals_http_streams") < 5
                          if "vitals_http_streams" in daemon.get("/metrics").text else True)

        def again():
            watch = Watching(client, "web")
            try:
                return watch.next(1) == SERVING
            except queue.Empty:
                return False
            finally:
                watch.close()
        assert eventually(again)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(4, 1, 0)


def test_floods_end_the_connection_and_nothing_else(serving):
    daemon = serving()
    literal = lambda name, value: b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value  # noqa: E731
    head = literal(b":method", b"POST") + literal(b":scheme", b"http") + \
        literal(b":path", b"/grpc.health.v1.Health/Watch") + literal(b":authority", b"x") + \
        literal(b"content-type", b"application/grpc")
    resets = b"".join(frame(1, 4, 2 * i + 1, head) + frame(3, 0, 2 * i + 1, struct.pack(">I", 8))
                      for i in range(20_000))
    pings = frame(6, 0, 0, b"12345678") * 50_000
    for flood in (resets, pings):
        before = daemon.figure("process_resident_memory_bytes")
        with socket.create_connection(("127.0.0.1", daemon.grpc), 10) as attacker:
            with contextlib.suppress(OSError):
                attacker.sendall(PREFACE + flood)
            said = b""
            with contextlib.suppress(OSError):
                while piece := attacker.recv(1 << 16):
                    said += piece
            assert b"\x07\x00\x00\x00\x00\x00" in said or not said
        with Client(daemon.grpc) as client:
            assert client.check("web") == SERVING
        assert daemon.figure("process_resident_memory_bytes") < before + (20 << 20) * SLOWER


def test_keepalive_pings_keep_a_quiet_watch(serving):
    daemon = serving()
    options = [("grpc.keepalive_time_ms", 1000), ("grpc.keepalive_timeout_ms", 2000),
               ("grpc.keepalive_permit_without_calls", 1),
               ("grpc.http2.max_pings_without_data", 0)]
    with Client(daemon.grpc, options=options) as client, watching(client, "web") as web:
        assert web.next() == SERVING
        time.sleep(4)
        assert web.error is None
        push(daemon, "web", "failed")
        assert web.next() == NOT_SERVING


@pytest.mark.parametrize("endpoint, problem", [
    ({"dialect": "grpc"}, "has no 'address', which is required"),
    ({"dialect": "grpc", "address": "127.0.0.1:50051", "path": "/x"}, "has no 'path'"),
    ({"dialect": "grpc", "address": "127.0.0.1:50051", "services": {"a": "!"}}, "services"),
])
def test_what_is_wrong_is_told(endpoint, problem, tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text(json.dumps({"components": {"a": {"check": "push"}}, "endpoints": [endpoint]}))
    done = run_vitals("validate", "-c", file)
    assert done.returncode != 0 and problem in done.stderr, done.stderr


def test_grpcpp_understands_it(serving, tmp_path):
    """Debian's grpc++, by a small program (grpc_client.cpp) that the test compiles."""
    if not ALL:
        pytest.skip("compiles a program against grpc++: ./test --all does")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "grpc++"], check=True, capture_output=True, text=True)
    program = tmp_path / "client"
    subprocess.run(["clang++-19", "-std=c++20", "-O0", ROOT / "tests/system/grpc_client.cpp", "-o", program,
                    *flags.stdout.split()], check=True)

    def asked(service):
        return subprocess.run([program, str(daemon.grpc), service], check=True, capture_output=True, text=True,
                              timeout=60 * SLOWER).stdout.strip()

    daemon = serving()
    push(daemon, "new", "ok")
    assert (asked(""), asked("web"), asked("nobody")) == (str(SERVING), str(SERVING), "code 5")
    push(daemon, "web", "failed")
    assert (asked(""), asked("web"), asked("db")) == (str(NOT_SERVING), str(NOT_SERVING), str(SERVING))
    assert daemon.control("PUT", "/v1/drain", {"text": "moving"}).status in (200, 204)
    assert asked("db") == str(NOT_SERVING)
