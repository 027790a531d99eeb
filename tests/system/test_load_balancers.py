"""Real load balancers in front of vitals: what they take for an answer, and what passes through them."""
import contextlib
import http.client
import pathlib
import socket
import subprocess
import tempfile

import pytest

from daemon import ask, eventually, free_port
from test_backends import need

FILE = {"check": "file", "path": "/nonexistent"}
PATHS = ("/", "/svc_status", "/probe_status", "/healthz/", "/healthz/bare", "/livez", "/readyz",
         "/startupz", "/health", "/health/ready", "/actuator/health", "/consul", "/metrics",
         "/api/v2/status.json", "/badge.json", "/nothing")


@pytest.fixture
def short_path():
    """A folder in which HAProxy's socket has a name that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        yield pathlib.Path(folder)


class Proxy:
    """A program with a configuration of its own, ended by its own id."""

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
    """One that adds no header and asks by the address cannot be told from this machine: only the
    default is safe from it."""
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
