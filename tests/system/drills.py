"""`vitals drill proxy` for tests: many faulty ways to backends in one process."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

from daemon import BINARY, SLOWER, free_port, sanitizer_variables


class Drill:
    """drill.route(name, backend's port, behaviour), then `with drill.start():`"""

    def __init__(self, *options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vitals-drill-"))
        self.ca = str(self.folder / "ca.crt")
        self.options = options
        self.routes = {}
        self.ports = {}
        self.process = None
        self.lock = threading.Lock()

    def route(self, name, port, behaviour=""):
        """`behaviour`: [udp|tls|tls:http2|tls:postgres|tls:smtp|tls:mysql|tls:nats] [FAULT ...]"""
        self.routes[name] = f"127.0.0.1:{port} {behaviour}"
        return self

    def pick_ports(self):
        """Free and different ports. Another program may take one of hundreds meanwhile."""
        taken = set()
        for name in self.routes:
            while (port := free_port()) in taken:
                pass
            taken.add(port)
            self.ports[name] = port

    def port(self, name):
        return self.ports[name]

    @contextlib.contextmanager
    def start(self):
        if not self.ports:
            self.pick_ports()
        file = self.folder / "routes"
        file.write_text("".join(f"{name} 127.0.0.1:{self.ports[name]} {rest}\n"
                                for name, rest in self.routes.items()))
        self.process = subprocess.Popen(
            [BINARY, "drill", "proxy", "--routes", file, "--ca", self.ca, *self.options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=sanitizer_variables())
        try:
            self.lines("ready")
            yield self
        finally:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
            try:
                assert self.process.wait(10 * SLOWER) == 0
            finally:
                self.process.kill()
                self.process.wait()
                self.process.stdout.close()
                shutil.rmtree(self.folder, ignore_errors=True)

    def lines(self, last):
        lines = []
        while True:
            line = self.process.stdout.readline()
            assert line, f"the drill has ended: {lines}"
            if line.startswith("error:"):
                raise AssertionError(line)
            if line.rstrip("\n") == last:
                return "".join(lines)
            lines.append(line)

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def tell(self, command):
        """Its answer, without the `ok`."""
        with self.lock:
            self.say(command)
            return self.lines("ok")

    def open(self, name=None):
        """Open connections."""
        answer = self.tell(f"at {name} status" if name else "status")
        return sum(int(line.split(", ")[3].split()[0]) for line in answer.splitlines())

    def left(self):
        """The proxies that have open connections, and the processes at their ends."""
        lines = [line for line in self.tell("status").splitlines() if " 0 open" not in line]
        return "; ".join(f"{line} by {clients_of(self.port(line.split()[0])) or 'nobody'}"
                         for line in lines)


def clients_of(port):
    """The processes with a connection to that port of this machine: {id: command}."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(f":{port:04X}")}
    found = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(os.readlink(each) in sockets for each in (process / "fd").iterdir()):
                found[process.name] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found
