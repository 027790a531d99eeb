"""How a server refuses a client, in each protocol: vitals names each refusal for what it is, in the
same words each time."""
import collections
import json
import os
import resource
import socket
import ssl
import struct
import subprocess
import sys
import threading

import pytest

import daemon as daemons
from daemon import run_vitals
from test_backends import certificates, need, server  # noqa: F401
import databases

RUNS = 10


class Peer:
    """Each connection in a thread of its own."""

    def __init__(self, speak):
        self.listener = socket.create_server(("127.0.0.1", daemons.free_port()), backlog=200)
        self.port = self.listener.getsockname()[1]
        self.speak = speak
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        try:
            with connection:
                self.speak(connection)
        except (OSError, ValueError):
            pass

    def close(self):
        daemons.stop_listening(self.listener)
        self.thread.join()


@pytest.fixture
def peer():
    made = []

    def start(speak):
        made.append(Peer(speak))
        return made[-1]

    yield start
    for each in made:
        each.close()


def many(folder, components, runs=RUNS):
    """The set of each component's results in that number of concurrent runs."""
    file = folder / "vitals.yaml"
    file.write_text(json.dumps({"components": {
        f"{name}/{run}": {"timeout": "8s", **component}
        for name, component in components.items() for run in range(runs)}}))
    answer = run_vitals("check", "-c", file, "--format", "json")
    found = collections.defaultdict(collections.Counter)
    for each in json.loads(answer.stdout)["components"]:
        found[each["name"].split("/")[0]][each["status"], each.get("error_class"), each["detail"]] += 1
    return {name: dict(ends) for name, ends in found.items()}


# One of each kind that speaks TLS, so that a new one is not forgotten.
TLS = {
    "tls": {"url": "tls://localhost:{}"},
    "http": {"url": "https://localhost:{}/"},
    "grpc": {"url": "grpcs://localhost:{}"},
    "vault": {"url": "https://localhost:{}"},
    "clickhouse": {"url": "https://localhost:{}"},
    "s3": {"url": "https://localhost:{}", "bucket": "media", "access_key": "a", "secret_key": "b"},
    "redis": {"url": "rediss://localhost:{}"},
    "memcached": {"url": "memcacheds://localhost:{}"},
    "websocket": {"url": "wss://localhost:{}/"},
    "amqp": {"url": "amqps://localhost:{}"},
    "celery": {"url": "rediss://:secret@localhost:{}/0"},
    "smtp": {"url": "smtps://localhost:{}"},
    "postgres": {"url": "postgresql://u:p@localhost:{}/db?sslmode=verify-full"},
}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
def test_want_of_a_client_certificate_is_told_alike_by_every_kind(tmp_path, peer, certificates, version):  # noqa: F811
    """With TLS 1.3 the server refuses only after the handshake, while the client already writes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "good.crt", certificates / "good.key")
    context.load_verify_locations(certificates / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])  # gRPC does not continue without it

    def speak(connection):
        if connection.recv(8, socket.MSG_PEEK) == b"\0\0\0\x08\x04\xd2\x16\x2f":  # PostgreSQL's SSLRequest
            connection.recv(8)
            connection.sendall(b"S")
        context.wrap_socket(connection, server_side=True)

    port = peer(speak).port
    found = many(tmp_path, {kind: {"check": kind, "tls": {"ca": str(certificates / "ca.crt")},
                                   **{key: value.format(port) for key, value in options.items()}}
                            for kind, options in TLS.items()})
    expected = {("failed", "tls", "client certificate refused"): RUNS}
    assert found == {kind: expected for kind in TLS}


def test_a_client_certificate_that_is_taken_is_ok_for_tls(tmp_path, peer, certificates):  # noqa: F811
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "good.crt", certificates / "good.key")
    context.load_verify_locations(certificates / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    port = peer(lambda connection: context.wrap_socket(connection, server_side=True).recv(1)).port
    options = {"check": "tls", "url": f"tls://localhost:{port}", "timeout": "900ms", "degraded_below": 1,
               "tls": {"ca": str(certificates / "ca.crt"), "certificate": str(certificates / "good.crt"),
                       "key": str(certificates / "good.key")}}
    assert many(tmp_path, {"it": options}) == {"it": {("ok", None, "certificate valid"): RUNS}}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
def test_a_server_that_must_refuse_strangers_is_well_as_long_as_it_does(tmp_path, peer, certificates, version):  # noqa: F811
    def port(mode):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "good.crt", certificates / "good.key")
        context.load_verify_locations(certificates / "ca.crt")
        context.verify_mode = mode
        context.minimum_version = context.maximum_version = version
        return peer(lambda connection: context.wrap_socket(connection, server_side=True).recv(1)).port

    def it(mode):
        return {"check": "tls", "url": f"tls://localhost:{port(mode)}", "client": "refused", "timeout": "900ms",
                "degraded_below": 1, "tls": {"ca": str(certificates / "ca.crt")}}
    assert many(tmp_path, {"it": it(ssl.CERT_REQUIRED)}) == {"it": {("ok", None, "refuses this client, as it must"): RUNS}}
    for mode in (ssl.CERT_OPTIONAL, ssl.CERT_NONE):
        assert many(tmp_path, {"it": it(mode)}) == {
            "it": {("failed", "assertion", "accepts a client that it must refuse"): RUNS}}
    trusts_nobody = it(ssl.CERT_REQUIRED) | {"tls": {}}
    assert many(tmp_path, {"it": trusts_nobody}) == {"it": {("failed", "tls", "certificate not trusted"): RUNS}}


def test_no_room_for_another_client_is_told_as_such(tmp_path, peer):
    """A greeting that ends the connection, while the client already writes."""
    def says(text):
        return peer(lambda connection: connection.sendall(text)).port

    def postgres(code, text):
        fields = b"SFATAL\0C" + code + b"\0M" + text + b"\0\0"

        def speak(connection):
            connection.recv(8)
            connection.sendall(b"N")
            connection.recv(1000)
            connection.sendall(b"E" + struct.pack(">I", len(fields) + 4) + fields)
        return f"postgresql://u:p@127.0.0.1:{peer(speak).port}/db"

    redis = b"-ERR max number of clients reached\r\n"
    cluster = b"-ERR max number of clients + cluster connections reached\r\n"
    memcached = b"ERROR Too many open connections\r\n"
    busy = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    found = many(tmp_path, {
        "redis": {"check": "redis", "url": f"redis://:pw@127.0.0.1:{says(redis)}"},
        "cluster": {"check": "redis", "url": f"redis://127.0.0.1:{says(cluster)}"},
        "memcached": {"check": "memcached", "url": f"memcached://127.0.0.1:{says(memcached)}"},
        "http": {"check": "http", "url": f"http://127.0.0.1:{says(busy)}/"},
        "smtp": {"check": "smtp", "url": f"smtp://127.0.0.1:{says(b'421 too many connections' + bytes([13, 10]))}"},
        "postgres": {"check": "postgres", "url": postgres(b"53300", b"sorry, too many clients already")},
        "pooler": {"check": "postgres", "url": postgres(b"08P01", b"no more connections allowed (max_client_conn)")},
    })
    details = {"redis": "too many connections", "cluster": "too many connections", "memcached": "too many connections",
               "http": "status 503, expected 2xx", "smtp": "service not available (421)",
               "postgres": "no connection slots left", "pooler": "no connection slots left"}
    assert found == {name: {("failed", "assertion", detail): RUNS} for name, detail in details.items()}


def endless(first, piece):
    """A server that begins correctly and then never ends its answer."""
    def speak(connection):
        connection.sendall(first)
        block = piece * (262144 // len(piece) + 1)
        while True:
            connection.sendall(block)
    return speak


def endless_postgres(connection):
    connection.recv(8)
    connection.sendall(b"N")
    connection.recv(1000)
    endless(b"E\x3f\xff\xff\xff", b"x")(connection)


def endless_row(connection):
    """Accepts every client; then a row of 1 GiB."""
    connection.recv(8)
    connection.sendall(b"N")
    connection.recv(1000)
    connection.sendall(b"R\0\0\0\x08\0\0\0\0" + b"Z\0\0\0\x05I")
    connection.recv(1000)
    endless(b"D\x3f\xff\xff\xff\0\x01\x3f\xff\xff\xf0", b"x")(connection)


LIARS = {
    "log-in": ("postgres", "postgresql://u:p@127.0.0.1:{}/db", endless_postgres),
    "row": ("postgres", "postgresql://u:p@127.0.0.1:{}/db", endless_row),
    "header": ("http", "http://127.0.0.1:{}/", endless(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n")),
    "line": ("http", "http://127.0.0.1:{}/", endless(b"HTTP/1.1 200 OK\r\na: ", b"x")),
    "body": ("http", "http://127.0.0.1:{}/", endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x")),
    "chunks": ("http", "http://127.0.0.1:{}/",
               endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")),
    "trailers": ("http", "http://127.0.0.1:{}/",
                 endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n")),
    "informational": ("http", "http://127.0.0.1:{}/", endless(b"", b"HTTP/1.1 103 E\r\na: b\r\n\r\n")),
    "grpc": ("grpc", "grpc://127.0.0.1:{}", endless(b"\0\0\0\x04\0\0\0\0\0", b"\0\0\x08\x06\0\0\0\0\0pingpong")),
    "vault": ("vault", "http://127.0.0.1:{}", endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x")),
    "clickhouse": ("clickhouse", "http://127.0.0.1:{}", endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x")),
    "bulk": ("redis", "redis://127.0.0.1:{}", endless(b"$1073741824\r\n", b"x")),
    "array": ("redis", "redis://127.0.0.1:{}", endless(b"*1073741824\r\n", b"*1\r\n")),
    "simple": ("redis", "redis://127.0.0.1:{}", endless(b"+", b"x")),
    "celery": ("celery", "redis://:pw@127.0.0.1:{}/0", endless(b"*1000\r\n", b"$1000000\r\n")),
    "memcached": ("memcached", "memcached://127.0.0.1:{}", endless(b"VERSION ", b"x")),
    "frame": ("amqp", "amqp://127.0.0.1:{}", endless(b"\x01\0\0\x3f\xff\xff\xff", b"x")),
    "table": ("amqp", "amqp://127.0.0.1:{}", endless(b"\x01\0\0\0\x01\xff\xff\0\x0a\0\x0a\0\x09\x00\x01\xff\xf0", b"\x01kF\0\0\0\0")),
    "head": ("websocket", "ws://127.0.0.1:{}/", endless(b"HTTP/1.1 101 S\r\n", b"a: b\r\n")),
    "smtp": ("smtp", "smtp://127.0.0.1:{}", endless(b"", b"220-\r\n")),
    "tls": ("tls", "tls://127.0.0.1:{}", endless(b"\x16\x03\x03\x40\0\x0b\xff\xff\xff", b"\x16\x03\x03\x40\0" + b"x" * 16384)),
    "tcp": ("tcp", "tcp://127.0.0.1:{}", endless(b"", b"x")),
}


def test_no_peer_makes_a_client_keep_all_that_it_says(tmp_path, peer):
    """vitals' own code and libraries': 1 GiB is announced, or no end at all, and sent as fast as it
    is read."""
    components = {name: {"check": kind, "url": url.format(peer(speak).port), "timeout": "3s"}
                  for name, (kind, url, speak) in LIARS.items()}
    components["tcp"]["expect"] = "never"
    file = tmp_path / "vitals.yaml"
    file.write_text(json.dumps({"components": components}))
    run = ("import os, resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=2); "
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)")
    answer = subprocess.run([sys.executable, "-c", run, daemons.BINARY, "check", "-c", file, "--format", "json"],
                            capture_output=True, text=True, timeout=60)
    found = {each["name"]: (each["status"], each["detail"]) for each in json.loads(answer.stderr)["components"]}
    assert {status for status, _ in found.values()} == {"failed"}, found
    assert int(answer.stdout) < 96, (answer.stdout, found)
