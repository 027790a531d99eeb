"""What strangers can do to a public server: nothing that others notice."""
import contextlib
import json
import os
import pathlib
import resource
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from daemon import ALL, SLOWER, eventually, free_port
from peers import make_certificate
from test_server import codes

GET = b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n"


def connect(port, receive_buffer=None):
    made = socket.socket()
    made.settimeout(5)
    if receive_buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.connect(("127.0.0.1", port))
    return made


def reset(connections):
    """Ends them at once, and leaves none of their ports waiting."""
    for each in connections:
        with contextlib.suppress(OSError):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        each.close()


def served(daemon, times=20):
    count = 0
    for _ in range(times):
        with contextlib.suppress(OSError):
            count += daemon.get("/livez").status == 200
    return count


def test_clients_come_and_go_while_children_start(vitals):
    """A child holds every socket between fork and exec: a closed socket must send no more events."""
    daemon = vitals({"components": {
        f"exec/{number}": {"check": "exec", "command": ["/bin/true"], "interval": "20ms"}
        for number in range(30)}})
    end = time.monotonic() + 4
    count = [0]

    def churn():
        while time.monotonic() < end and daemon.process.poll() is None:
            with contextlib.suppress(OSError), contextlib.closing(connect(daemon.port)) as client:
                client.sendall(GET % (b"/livez", b"Connection: close\r\n"))
                count[0] += client.recv(4096).startswith(b"HTTP/1.1 200")

    threads = [threading.Thread(target=churn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert daemon.process.poll() is None, daemon.log()
    assert count[0] > 100 / SLOWER


def test_children_inherit_nothing(vitals):
    daemon = vitals(serving=False)
    certificate = [str(path) for path in make_certificate(daemon.folder, "server")]
    daemon.configure({
        "listeners": [{"address": f"127.0.0.1:{daemon.port}", "control": True},
                      {"address": f"unix:{daemon.socket}", "control": True},
                      {"address": f"127.0.0.1:{free_port()}",
                       "tls": {"certificate": certificate[0], "key": certificate[1]}}],
        "components": {
            "sqlite": {"check": "sqlite", "path": str(daemon.folder / "db"), "create": True},
            "disk": {"check": "disk", "path": "/"},
            "dns": {"check": "dns", "name": "localhost", "via": "system"},
            "exec": {"check": "exec", "command": ["/bin/sleep", "0.2"]},
            "http": {"check": "http", "url": f"http://127.0.0.1:{daemon.port}/livez"},
            "postgres": {"check": "postgres", "url": f"postgresql://u@127.0.0.1:{daemon.port}/d"},
            "redis": {"check": "redis", "url": f"redis://127.0.0.1:{daemon.port}"}}})
    daemon.start()
    folder = pathlib.Path(f"/proc/{daemon.process.pid}")
    # libpq marks a socket right after it made it; its thread may have to wait for a core in between.
    leaked, since = set(), {}
    end = time.monotonic() + 1.5
    with contextlib.closing(daemon.connection()) as connection:
        connection.request("GET", "/livez")
        while (now := time.monotonic()) < end:
            unmarked = set()
            for entry in os.listdir(folder / "fdinfo"):
                with contextlib.suppress(OSError):
                    what = os.readlink(folder / "fd" / entry)
                    flags = int((folder / "fdinfo" / entry).read_text().split("flags:")[1].split()[0], 8)
                    if int(entry) > 2 and not flags & os.O_CLOEXEC:
                        unmarked.add(what)
            since = {what: since.get(what, now) for what in unmarked}
            leaked |= {what for what, first in since.items() if now - first > 0.05}
    assert not leaked


def test_limits_of_the_configuration(vitals):
    daemon = vitals({"limits": {"headers": "1KiB", "body": "1KiB", "connections": 10},
                     "components": {"memory": {"check": "memory"}}})
    assert codes(daemon.raw(GET % (b"/livez", b"A: " + b"b" * 1000 + b"\r\n"))) == [431]
    assert daemon.control("PUT", "/v1/components/a", {"status": "ok", "detail": "x" * 1000}).status == 413
    assert daemon.control("PUT", "/v1/components/a", {"status": "ok", "detail": "x" * 900}).status == 201
    held = [connect(daemon.port) for _ in range(20)]
    assert served(daemon) == 20
    assert held[0].recv(1) == b"", "the oldest made room"
    held[19].sendall(GET % (b"/livez", b""))
    reset(held)

    changed = json.loads(daemon.file.read_text())
    changed["limits"]["body"] = "2KiB"
    daemon.configure(json.dumps(changed))
    assert daemon.control("POST", "/v1/reload").status == 200
    assert daemon.logs("limits changed in the configuration; restart for it to take effect")


def test_a_refusal_is_read_before_the_end(vitals):
    """By a client that reads only after it has sent everything: no reset may overtake the answer."""
    daemon = vitals({"components": {}})
    for request, code in ((b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n", 413),
                          (b"GET /livez HTTP/1.1\r\n\r\n", 400)):
        for _ in range(5):
            with contextlib.closing(connect(daemon.port)) as client:
                client.sendall(request + b"x" * 900_000)
                assert codes(client.recv(4096)) == [code]


def test_tls_says_why_it_refuses(vitals):
    daemon = vitals(serving=False)
    server = make_certificate(daemon.folder, "server")
    clients = make_certificate(daemon.folder, "clients", subject="clients")
    port = free_port()
    daemon.configure({"components": {}, "listeners": [
        {"address": f"127.0.0.1:{daemon.port}"},
        {"address": f"127.0.0.1:{port}", "tls": {"certificate": str(server[0]), "key": str(server[1]),
                                                 "client_ca": str(clients[0])}}]})
    daemon.start()
    with contextlib.closing(connect(port)) as plain:
        plain.sendall(GET % (b"/livez", b""))
        answer = plain.recv(4096)
        assert codes(answer) == [400] and b"this port speaks TLS" in answer
    context = ssl.create_default_context(cafile=server[0])
    with pytest.raises(ssl.SSLError, match="(?i)certificate.required"):
        with context.wrap_socket(connect(port), server_hostname="localhost") as client:
            client.sendall(GET % (b"/livez", b""))
            time.sleep(0.1)
            client.recv(100)


def test_tls_1_2_without_forward_secrecy_is_refused(vitals):
    daemon = vitals(serving=False)
    certificate, key = daemon.folder / "rsa.crt", daemon.folder / "rsa.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                    "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    port = free_port()
    daemon.configure({"components": {}, "listeners": [
        {"address": f"127.0.0.1:{daemon.port}"},
        {"address": f"127.0.0.1:{port}", "tls": {"certificate": str(certificate), "key": str(key)}}]})
    daemon.start()

    def connected(suites):
        context = ssl.create_default_context(cafile=certificate)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suites)
        with context.wrap_socket(connect(port), server_hostname="localhost") as client:
            return client.cipher()[0]

    assert connected("DEFAULT").startswith("ECDHE-")
    with pytest.raises(ssl.SSLError, match="(?i)handshake.failure"):
        connected("kRSA")


# ---- ten thousand of each sort in 128 MiB -------------------------------------------------------

class ControlGroup:
    """A control group with a limit of memory, of either version; skips where none can be made."""

    def __init__(self, limit):
        name = f"vitals-test-{os.getpid()}"
        one, two = pathlib.Path("/sys/fs/cgroup/memory"), pathlib.Path("/sys/fs/cgroup")
        if (one / "memory.limit_in_bytes").exists():
            self.folder, setting, self.peak = one / name, "memory.limit_in_bytes", "memory.max_usage_in_bytes"
        else:
            self.folder, setting, self.peak = two / name, "memory.max", "memory.peak"
        try:
            self.folder.mkdir()
            (self.folder / setting).write_text(str(limit))
        except OSError as error:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
            pytest.skip(f"no control group with a limit of memory can be made: {error}")

    def wrapper(self):
        return ["/bin/sh", "-c", f'echo $$ > {self.folder}/cgroup.procs && exec "$@"', "sh"]

    def remove(self):
        eventually(lambda: not (self.folder / "cgroup.procs").read_text())
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def resident(daemon):
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) >> 10


def hello(port):
    """The first message of a TLS handshake, as a client sends it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        handshake.do_handshake()
    return outgoing.read()


LONG_QUERY = b"?" + b"&a" * 3900
SORTS = {
    "silent": lambda number: b"",
    "idle": lambda number: GET % (b"/livez", b""),
    "half a head": lambda number: (GET % (b"/livez" + LONG_QUERY, b""))[:-2],
    "no body": lambda number: GET % (b"/health" + LONG_QUERY, b"Content-Length: 65536\r\n") + b"x",
    "no body to an action":
        lambda number: b"POST /probe_status" + LONG_QUERY +
        b" HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n" + b"x" * 6000,
    "slow readers": lambda number: GET % (b"/metrics", b""),
    "slow readers of a last answer": lambda number: GET % (b"/metrics", b"Connection: close\r\n"),
    "slow readers of answers of their own": lambda number: GET % (b"/metrics?%d" % (number % 1000), b""),
    "pipelines": lambda number: (GET % (b"/livez", b"")) * 100,
}


@pytest.mark.skipif(not ALL, reason="takes long: VITALS_TEST_ALL=1")
@pytest.mark.skipif(SLOWER > 1, reason="a sanitizer needs more memory than that")
def test_ten_thousand_strangers_of_each_sort_in_128_mib(vitals):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 11_000:
        pytest.skip(f"a process may open only {hard} files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    group = ControlGroup(128 << 20)
    try:
        daemon = vitals(serving=False, wrapper=group.wrapper())
        certificate = make_certificate(daemon.folder, "server")
        port = free_port()
        daemon.configure({
            "listeners": [{"address": f"127.0.0.1:{daemon.port}"},
                          {"address": f"127.0.0.1:{port}",
                           "tls": {"certificate": str(certificate[0]), "key": str(certificate[1])}}],
            "components": {f"part/{number}": {"check": "push", "ttl": "1h", "critical": False}
                           for number in range(1000)}})
        daemon.start()
        before = resident(daemon)

        def storm(sort, open_one):
            kept = []
            try:
                for number in range(10_000):
                    with contextlib.suppress(OSError):
                        kept.append(open_one(number))
                    if number % 1000 == 999:
                        time.sleep(0.05)  # no faster than the server accepts them
                assert daemon.process.poll() is None, f"{sort}: {daemon.log()[-2000:]}"
                # Their requests come first: ten thousand different questions take a while.
                assert eventually(lambda: served(daemon, 1) == 1, 30), sort
                assert served(daemon) == 20, sort
                print(f"{sort}: {resident(daemon)} MiB", flush=True)
            finally:
                reset(kept)
            assert eventually(lambda: resident(daemon) < before + 40, 20), (
                f"{sort}: {before} MiB before, {resident(daemon)} MiB after they left")

        def send(number, request):
            made = connect(daemon.port, 4096)
            made.sendall(request(number))
            return made

        first = hello(port)

        def half_a_handshake(_):
            made = connect(port)
            made.sendall(first)
            return made

        context = ssl.create_default_context(cafile=certificate[0])

        def idle_tls(_):
            return context.wrap_socket(connect(port), server_hostname="localhost")

        for sort, request in SORTS.items():
            storm(sort, lambda number, request=request: send(number, request))
        storm("half a TLS handshake", half_a_handshake)
        storm("idle TLS", idle_tls)
    finally:
        if "daemon" in locals() and daemon.process is not None:
            daemon.stop(20)
        group.remove()
