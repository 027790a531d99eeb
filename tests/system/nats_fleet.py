"""Real NATS servers and a fleet of vitals around them. Servers can be killed, paused and started
again, and keep their addresses."""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from daemon import Daemon, eventually, free_port


class Nats:
    """That number of servers on loopback, which know each other."""

    def __init__(self, count=3, settings="", tls=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nats-"))
        self.ports = [free_port() for _ in range(count)]
        routes = [free_port() for _ in range(count)]
        self.processes = {}
        if tls:
            certificates(self.folder)
        for i in range(count):
            secured = "" if not tls else (
                f'tls {{ cert_file: "{self.folder}/server.crt", key_file: "{self.folder}/server.key" }}')
            cluster = "" if count == 1 else self.cluster(i, routes)
            (self.folder / f"{i}.conf").write_text(f"""
server_name: n{i}
listen: "127.0.0.1:{self.ports[i]}"
log_file: "{self.folder}/{i}.log"
ping_interval: "2s"
ping_max: 2
{secured}
{settings}
{cluster}
""")
        for i in range(count):
            self.start(i)

    def cluster(self, i, routes):
        return self.cluster_text(routes[i], routes)

    def cluster_text(self, listens, routes, more=""):
        return f"""
cluster {{ name: vt, listen: "127.0.0.1:{listens}"
  {more}
  routes: [{", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)}] }}"""

    @property
    def urls(self):
        return [f"nats://127.0.0.1:{port}" for port in self.ports]

    def start(self, i):
        self.processes[i] = subprocess.Popen(["nats-server", "-c", self.folder / f"{i}.conf"],
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def answers():
            with contextlib.suppress(OSError), \
                    socket.create_connection(("127.0.0.1", self.ports[i]), 1) as probe:
                return probe.recv(4) == b"INFO"
            return False

        assert eventually(answers, 10), (self.folder / f"{i}.log").read_text()

    def kill(self, i):
        process = self.processes.pop(i)
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()

    def pause(self, i):
        self.processes[i].send_signal(signal.SIGSTOP)

    def resume(self, i):
        self.processes[i].send_signal(signal.SIGCONT)

    def close(self):
        for i in list(self.processes):
            self.kill(i)
        shutil.rmtree(self.folder, ignore_errors=True)


class Nodes:
    """Daemons n1, n2, ... of the fleet `shop`."""

    def __init__(self, nats, count, shared=None, **fleet):
        self.nats, self.shared, self.fleet = nats, shared or {}, fleet
        self.daemons = {}
        for i in range(1, count + 1):
            self.add(f"n{i}")

    def configuration(self, name, **more):
        fleet = {"name": "shop", "servers": self.nats.urls, "node": name, "interval": "500ms",
                 **self.fleet, **more.pop("fleet", {})}
        return {"service": {"name": "shop"}, "components": {}, **self.shared, **more, "fleet": fleet}

    def add(self, name, process=None, environment=None, **more):
        made = Daemon(self.configuration(name, **more), environment)
        self.daemons[process or name] = made
        made.start()
        return made

    def __getitem__(self, name):
        return self.daemons[name]

    def __iter__(self):
        return iter(self.daemons.values())

    def view(self, name):
        return self[name].control("GET", "/v1/fleet").json

    def complete(self, timeout=15):
        """Each node hears all."""
        names = sorted(self.daemons)

        def heard():
            for daemon in self:
                answer = daemon.control("GET", "/v1/fleet")
                if answer.status != 200:
                    return False
                view = answer.json
                if not view["in_contact"] or names != sorted(
                        node["name"] for node in view["nodes"] if node["state"] == "heard"):
                    return False
            return True

        assert eventually(heard, timeout, 0.1), json.dumps(self.view(names[0]), indent=1)
        return self

    def close(self):
        problems = []
        for daemon in self:
            try:
                if daemon.process.poll() is None:
                    daemon.process.send_signal(signal.SIGCONT)
                    daemon.close()
                else:
                    shutil.rmtree(daemon.folder, ignore_errors=True)
            except AssertionError as error:
                problems.append(str(error))
        assert not problems, "\n".join(problems)


def openssl(*arguments, input=None):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True,
                          input=input).stdout


def certificates(folder):
    """ca.crt, and server.crt, whose only name is nats.example."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            folder / "ca.key", "-out", folder / "ca.crt", "-days", 30, "-subj", "/CN=test authority")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            folder / "server.key", "-out", folder / "server.csr", "-subj", "/CN=nats.example")
    (folder / "names").write_text("subjectAltName=DNS:nats.example\n")
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.crt", "-CAkey",
            folder / "ca.key", "-CAcreateserial", "-out", folder / "server.crt", "-days", 30,
            "-extfile", folder / "names")


def crc16(content):
    crc = 0
    for byte in content:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xffff
    return crc.to_bytes(2, "little")


def nkey():
    """A user and its seed, as `nk -gen user -pubout` makes them."""
    secret = os.urandom(32)
    # RFC 8410: a private key of Ed25519.
    private = bytes.fromhex("302e020100300506032b657004220420") + secret
    public = openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", input=private)[-32:]
    seed = bytes([(18 << 3) | ((20 << 3) >> 5), ((20 << 3) & 31) << 3]) + secret
    user = bytes([20 << 3]) + public

    def text(content):
        return base64.b32encode(content + crc16(content)).decode().rstrip("=")

    return text(user), text(seed)
