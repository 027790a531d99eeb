"""Real load balancers in front of vitals: which answers they accept, and what passes through them."""
import contextlib
import csv
import http.client
import pathlib
import select
import socket
import ssl
import struct
import subprocess
import tempfile
import time

import pytest

from daemon import ask, eventually, free_port
from test_backends import need

FILE = {"check": "file", "path": "/nonexistent"}
PATHS = ("/", "/svc_status", "/probe_status", "/healthz/", "/healthz/bare", "/livez", "/readyz",
         "/startupz", "/health", "/health/ready", "/actuator/health", "/consul", "/metrics",
         "/api/v2/status.json", "/badge.json", "/nothing")


@pytest.fixture
def short_path():
    """A folder with a path that is short enough for HAProxy's socket."""
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        yield pathlib.Path(folder)


class Proxy:
    """A program with its own configuration, ended by its id."""

    def __init__(self, folder, name, text, command):
        self.file = folder / f"{name}.conf"
        self.file.write_text(text.rstrip() + "\n")
        self.process = subprocess.Popen([*command, self.file], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def haproxy(folder, text):
    need("haproxy", "haproxy")
    return contextlib.closing(Proxy(folder, "haproxy", f"""
        global
            stats socket {folder}/haproxy.sock mode 600
        defaults
            mode http
            timeout connect 1s
            timeout client 5s
            timeout server 5s
        {text}
        """, ["/usr/sbin/haproxy", "-db", "-f"]))


def states(folder):
    """What HAProxy calls its servers: {"backend": "UP"}."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{folder}/haproxy.sock")
        client.sendall(b"show stat\n")
        text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    rows = [line.split(",") for line in text.splitlines() if ",s1," in line]
    return {row[0]: row[17].split(" ")[0] for row in rows}


def figures(folder):
    """HAProxy's own words for each server: its line of `show stat`."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{folder}/haproxy.sock")
        client.sendall(b"show stat\n")
        text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    return {row["# pxname"]: row for row in csv.DictReader(text.splitlines())
            if row["svname"] == "s1"}


def test_haproxys_check_follows_readiness_and_decommission(vitals, short_path):
    """`option httpchk PATH` without a method asks with OPTIONS."""
    daemon = vitals({"components": {"db": {**FILE, "path": str(short_path / "there")}}})
    backends = "".join(f"""
        backend {name}
            option httpchk {path}
            server s1 127.0.0.1:{daemon.port} check inter 100ms fall 1 rise 1
        """ for name, path in {"ready": "/readyz", "probe": "/probe_status", "live": "/livez",
                               "health": "/health"}.items())

    def become(**expected):
        found = {}
        assert eventually(lambda: found.update(states(short_path)) or found == expected), found

    with haproxy(short_path, backends):
        assert eventually(lambda: (short_path / "haproxy.sock").exists())
        become(ready="DOWN", probe="UP", live="UP", health="DOWN")
        (short_path / "there").touch()
        become(ready="UP", probe="UP", live="UP", health="UP")
        assert daemon.control("POST", "/probe_status?body=kernel%20update").status == 200
        become(ready="DOWN", probe="DOWN", live="UP", health="DOWN")
        assert daemon.control("POST", "/probe_status").status == 200
        become(ready="UP", probe="UP", live="UP", health="UP")


def test_options_has_the_code_of_get_on_every_path(vitals):
    daemon = vitals({"components": {"db": FILE}}, environment={"ENABLE_HEALTHZ_ENDPOINT": "true"})
    assert daemon.becomes("db", "failed")
    for text in ("OK", "kernel update"):
        assert daemon.control("PUT", "/v1/drain", {"text": text}).status == 200
        assert eventually(lambda: daemon.get("/probe_status").text == text)
        for path in PATHS:
            get, options = daemon.get(path), daemon.ask("OPTIONS", path)
            assert (options.status, options.headers["Content-Length"]) == (get.status, "0"), path
            if path != "/nothing":
                assert options.headers["Allow"].startswith("GET, HEAD"), path
                assert options.body == b"" and "Content-Type" not in options.headers, path
            preflight = daemon.ask("OPTIONS", path, headers={
                "Origin": "http://elsewhere", "Access-Control-Request-Method": "GET"})
            assert preflight.status == 204, path
    # mod_proxy_hcheck of Apache, with hcmethod=OPTIONS.
    assert daemon.raw(b"OPTIONS * HTTP/1.0\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize("control_from", [None, "loopback"])
def test_nobody_decommissions_through_a_proxy_on_this_machine(vitals, short_path, control_from):
    """A proxy that adds no header and asks by the address looks like this machine. Only the default
    is safe from it."""
    need("nginx-light", "nginx")
    endpoint = {"dialect": "probe_status"}
    if control_from:
        endpoint["control_from"] = control_from
    daemon = vitals({"components": {"db": FILE}, "endpoints": [endpoint]})
    told, bare, balanced = free_port(), free_port(), free_port()
    folders = "".join(f"{kind}_temp_path {short_path}; "
                      for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    nginx = contextlib.closing(Proxy(short_path, "nginx", f"""
        daemon off; pid {short_path}/pid; error_log {short_path}/error; events {{}}
        http {{
            access_log off; {folders}
            server {{ listen 127.0.0.1:{told}; location / {{
                proxy_pass http://127.0.0.1:{daemon.port};
                proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; }} }}
            server {{ listen 127.0.0.1:{bare}; location / {{
                proxy_pass http://127.0.0.1:{daemon.port}; }} }}
        }}
        """, ["/usr/sbin/nginx", "-e", short_path / "error", "-c"]))
    expected = {told: 403, balanced: 403, bare: 200 if control_from else 403}
    with nginx, haproxy(short_path, f"""
        listen l
            bind 127.0.0.1:{balanced}
            server v 127.0.0.1:{daemon.port}
        """):
        for port, status in expected.items():
            def post(port=port):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                with contextlib.closing(connection), contextlib.suppress(OSError):
                    return ask(connection, "POST", "/probe_status?body=owned",
                               headers={"Host": "health.example.org"}).status
            assert eventually(lambda post=post: post() is not None)
            assert post() == status, port


# ---- HAProxy's agent-check ----------------------------------------------------------------------

def said(port, sent=b"", timeout=5):
    """What a client is told until the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as client:
        client.sendall(sent)
        return b"".join(iter(lambda: client.recv(4096), b""))


def agent(port, weight):
    return f"""
        backend b
            server s1 127.0.0.1:{free_port()} weight {weight} agent-check agent-addr 127.0.0.1 agent-port {port} agent-inter 100ms
        """


def test_haproxys_agent_check_follows_health_and_decommission(vitals, short_path):
    port, there, second = free_port(), short_path / "there", short_path / "second"
    there.touch()
    second.touch()
    configuration = {
        "components": {"db": {**FILE, "path": str(there)},
                       "cache": {**FILE, "path": str(second), "critical": False}},
        "endpoints": [{"dialect": "agent", "address": f"127.0.0.1:{port}", "weight": 100}]}
    daemon = vitals(configuration)
    found = {}

    def become(status, weight="100", told=None):
        def is_so():
            found.update(figures(short_path)["b"])
            return (found["status"].split(" ")[0] == status and found["weight"] == weight
                    and (told is None or told in found["last_agt"]))
        assert eventually(is_so), found

    with haproxy(short_path, agent(port, 100)):
        assert eventually(lambda: (short_path / "haproxy.sock").exists())
        become("no", told="up")    # "no check": none but the agent's
        second.unlink()
        become("no", weight="50", told="up (cache")
        there.unlink()
        become("DOWN", weight="50", told="down (db: ")
        second.touch()
        there.touch()
        become("no")
        assert daemon.control("POST", "/probe_status?body=kernel%20update").status == 200
        become("DRAIN", told="up (kernel update)")
        there.unlink()
        become("DOWN", told="down (kernel update)")
        there.touch()
        become("DRAIN")
        assert daemon.control("POST", "/probe_status").status == 200
        become("no")
        # A daemon that stops says so. While it is away, HAProxy keeps its last word.
        daemon.configure({**configuration, "drain": {"delay": "1s", "timeout": "5s"}})
        daemon.stop()
        daemon.start()
        become("no")
        daemon.process.terminate()
        become("DRAIN", told="up (shutting down)")
        assert daemon.stop() == 0
        daemon.start()
        become("no")


def test_an_operator_may_choose_maintenance(vitals, short_path):
    port = free_port()
    daemon = vitals({"components": {"d": {"check": "disk"}}, "endpoints": [
        {"dialect": "agent", "address": f"127.0.0.1:{port}", "decommissioned": "maint"}]})
    with haproxy(short_path, agent(port, 1)):
        assert eventually(lambda: (short_path / "haproxy.sock").exists())

        def becomes(status):
            return eventually(lambda: figures(short_path)["b"]["status"].split(" ")[0] == status)
        assert becomes("no")
        assert daemon.control("POST", "/probe_status?body=moved").status == 200
        assert becomes("MAINT")
        assert daemon.control("POST", "/probe_status").status == 200
        assert becomes("no")


def test_a_degraded_server_of_haproxys_usual_weight_stays(vitals, short_path):
    """HAProxy makes 0 of half of a weight of 1, and would take the server out."""
    port = free_port()
    daemon = vitals({"components": {"db": {**FILE, "critical": False}},
                     "endpoints": [{"dialect": "agent", "address": f"127.0.0.1:{port}"}]})
    assert eventually(lambda: said(port).startswith(b"ready up 100% # db"))
    with haproxy(short_path, agent(port, 1)):
        assert eventually(lambda: (short_path / "haproxy.sock").exists())
        assert eventually(lambda: "up (db" in figures(short_path)["b"]["last_agt"])
        assert figures(short_path)["b"]["weight"] == "1"
    assert daemon.status("db") == "failed"


def test_the_agents_line_needs_nothing_of_the_peer(vitals):
    port = free_port()
    daemon = vitals({"components": {"d": {"check": "disk"}},
                     "endpoints": [{"dialect": "agent", "address": f"127.0.0.1:{port}"}]})
    assert eventually(lambda: said(port) == b"ready up 100%\n")
    assert said(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == b"ready up 100%\n"
    assert said(port, b"x" * 200_000) == b"ready up 100%\n"
    assert daemon.get("/agent").status == 404, "HTTP has no such endpoint"
    # A client that stays gets the line at once, and the end a moment later.
    with socket.create_connection(("127.0.0.1", port)) as idle:
        assert idle.recv(100) == b"ready up 100%\n"
        began = time.monotonic()
        assert idle.recv(100) == b""
        poll = select.poll()
        poll.register(idle, select.POLLHUP)
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 10:
                idle.sendall(b"x")    # until the daemon has closed its end
                time.sleep(0.1)
        assert time.monotonic() - began < 8
    many = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
    for one in many:
        one.settimeout(10)
        assert one.recv(100) == b"ready up 100%\n"
        one.close()
    assert daemon.get("/livez").status == 200


def test_a_reload_takes_the_agents_endpoint_away_and_brings_it_back(vitals):
    """Without a line HAProxy keeps the state that it knows."""
    port = free_port()
    endpoint = {"dialect": "agent", "address": f"127.0.0.1:{port}"}
    configuration = {"components": {"d": {"check": "disk"}}, "endpoints": [endpoint]}
    daemon = vitals(configuration)
    assert eventually(lambda: said(port) == b"ready up 100%\n")
    daemon.configure({**configuration, "endpoints": []})
    answer = daemon.control("POST", "/v1/reload")
    assert answer.status == 200 and "listeners" in answer.text, "the socket stays until a restart"
    assert said(port) == b""
    daemon.configure(configuration)
    assert daemon.control("POST", "/v1/reload").status == 200
    assert said(port) == b"ready up 100%\n"


# ---- the PROXY protocol -------------------------------------------------------------------------

def proxied(vitals, trusted=("127.0.0.0/8",), **more):
    port = free_port()
    daemon = vitals({"components": {"d": {"check": "disk"}}, "listeners": [
        {"address": f"127.0.0.1:{port}", "proxy_protocol": {"trusted": list(trusted)}, **more}],
        "endpoints": [{"dialect": "probe_status", "control_from": "loopback"}]})
    return daemon, port


def through(port, header, request=b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            timeout=5, pieces=False):
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as client, \
            contextlib.suppress(ConnectionResetError, BrokenPipeError):
        for piece in ([bytes([byte]) for byte in header] if pieces else [header]):
            client.sendall(piece)
            if pieces:
                time.sleep(0.005)
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b""))
    return b""    # refused: the request is not even read


V1 = b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n"
V2 = b"\r\n\r\n\0\r\nQUIT\n"
V2_TCP4 = V2 + b"\x21\x11" + struct.pack("!H4s4sHH", 12, bytes([192, 0, 2, 7]), bytes([192, 0, 2, 1]),
                                         56324, 443)
V2_LOCAL = V2 + b"\x20\x00\x00\x00"
DECOMMISSION = (b"POST /probe_status?body=owned HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                b"Connection: close\r\n\r\n")


def test_a_proxied_connection_is_served(vitals):
    daemon, port = proxied(vitals)
    for header in (V1, V2_TCP4, V2_LOCAL, b"PROXY UNKNOWN\r\n"):
        assert through(port, header).startswith(b"HTTP/1.1 200 "), header
        assert through(port, header, pieces=True).startswith(b"HTTP/1.1 200 "), header
    for wrong in (b"", b"PROXY TCP9 a b\r\n", V2 + b"\x31\x11\x00\x0c" + b"x" * 12, b"\x16\x03\x01"):
        assert b" 200 " not in through(port, wrong), wrong
    assert through(port, b"").startswith(b"HTTP/1.1 400 ")
    assert daemon.logs("does not begin as the PROXY protocol does; is the PROXY protocol switched on")


def test_a_proxied_address_is_never_taken_for_this_machine(vitals):
    """`control_from: loopback` must not accept it, whatever the proxy says."""
    daemon, port = proxied(vitals)
    local = b"PROXY TCP4 127.0.0.1 127.0.0.1 56324 443\r\n"
    for header in (V1, V2_TCP4, V2_LOCAL, local, b"PROXY UNKNOWN\r\n"):
        assert through(port, header, DECOMMISSION).startswith(b"HTTP/1.1 403 "), header
    assert b"\r\nOK" not in through(port, V1, b"GET /v1/components HTTP/1.1\r\nHost: a\r\n"
                                    b"Connection: close\r\n\r\n")
    assert b" 200 " in through(port, V1, b"GET /probe_status HTTP/1.1\r\nHost: a\r\n"
                               b"Connection: close\r\n\r\n")


def test_the_log_names_the_client_of_the_proxy(vitals):
    port = free_port()
    daemon = vitals({"components": {"d": {"check": "disk"}}, "listeners": [
        {"address": f"127.0.0.1:{port}", "proxy_protocol": {"trusted": ["127.0.0.1"]}}],
        "endpoints": [{"dialect": "probe_status", "control_from": "anyone"}]})
    assert b" 200 " in through(port, V1, DECOMMISSION)
    assert daemon.logs("192.0.2.7"), daemon.log()


def test_others_than_the_proxies_are_refused(vitals):
    daemon, port = proxied(vitals, trusted=["192.0.2.0/24"])
    assert through(port, V1) == b""
    assert daemon.logs("a connection from 127.0.0.1 is refused: the address is not among those that "
                       "'proxy_protocol' trusts")


def test_a_header_that_does_not_come_is_not_waited_for(vitals):
    _, port = proxied(vitals)
    with socket.create_connection(("127.0.0.1", port), timeout=15) as idle:
        idle.sendall(V1[:20])
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert idle.recv(100) == b""
        assert 3 < time.monotonic() - began < 12


def test_tls_comes_after_the_header(vitals, tmp_path):
    need("openssl", "openssl")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", tmp_path / "key", "-out", tmp_path / "crt", "-days", "1",
                    "-subj", "/CN=localhost"], check=True, capture_output=True)
    (tmp_path / "key").chmod(0o600)
    _, port = proxied(vitals, tls={"certificate": str(tmp_path / "crt"), "key": str(tmp_path / "key")})
    context = ssl.create_default_context(cafile=tmp_path / "crt")
    context.check_hostname = False
    for header in (V1, V2_TCP4):
        raw = socket.create_connection(("127.0.0.1", port), timeout=5)
        raw.sendall(header)
        with context.wrap_socket(raw) as client:
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("how", ["send-proxy", "send-proxy-v2"])
def test_real_haproxy_tells_where_a_connection_comes_from(vitals, short_path, how):
    port, front = free_port(), free_port()
    daemon = vitals({"components": {"d": {"check": "disk"}}, "listeners": [
        {"address": f"127.0.0.1:{port}", "proxy_protocol": {"trusted": ["127.0.0.1"]}}],
        "endpoints": [{"dialect": "probe_status", "control_from": "anyone"}]})
    with haproxy(short_path, f"""
        listen l
            bind 127.0.0.1:{front}
            option httpchk GET /readyz
            server s1 127.0.0.1:{port} {how} check-send-proxy check inter 100ms
        """):
        assert eventually(lambda: (short_path / "haproxy.sock").exists())
        # Its own checks say LOCAL, or UNKNOWN.
        assert eventually(lambda: figures(short_path)["l"]["check_status"] == "L7OK")

        def ask_from(address):
            with contextlib.suppress(OSError), socket.create_connection(
                    ("127.0.0.1", front), timeout=5, source_address=(address, 0)) as client:
                client.sendall(DECOMMISSION)
                return b"".join(iter(lambda: client.recv(65536), b""))
            return b""
        assert eventually(lambda: b" 200 " in ask_from("127.7.7.7"))
        assert daemon.logs("127.7.7.7"), daemon.log()
