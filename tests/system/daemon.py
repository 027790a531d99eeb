"""The real program, started and asked as its users do it. Every process is ended by its id."""
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = pathlib.Path(os.environ.get("VITALS_BINARY", ROOT / "build/release/vitals")).resolve()
# Under a sanitizer everything takes longer and needs more memory. This factor loosens only promises
# of speed and size.
SLOWER = 10 if re.search("asan|tsan", BINARY.parent.name) else 1
ALL = bool(os.environ.get("VITALS_TEST_ALL"))


given_ports = set()


def stop_listening(listener):
    """Closes it. Without shutdown() the kernel listens on while a thread waits in accept()."""
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def free_port():
    """A port of 127.0.0.1 that nothing listens on, outside of the range that the kernel gives to
    clients. In that range a connection to a closed port may connect to itself."""
    if len(given_ports) > 6000:
        given_ports.clear()
    for port in random.sample(range(20000, 32000), 400):
        if port in given_ports:  # it may be bound a little later
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                given_ports.add(port)
                return port
    raise RuntimeError("no free port between 20000 and 32000")


def eventually(condition, timeout=10.0, pause=0.02):
    """What `condition` returns as soon as it is true; its last answer when the time is over."""
    end = time.monotonic() + timeout * SLOWER
    while True:
        answer = condition()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(pause)


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=10):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None, headers=None):
    start = time.perf_counter()
    connection.request(method, path, body=body, headers=headers or {})
    reply = connection.getresponse()
    content = reply.read()
    return Answer(reply.status, reply.headers, content, time.perf_counter() - start)


def run_vitals(*arguments, environment=None, timeout=60, input=None, cwd=None):
    """One run of the command line; a CompletedProcess with texts."""
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **sanitizer_variables(),
                 **(environment or {})}
    return subprocess.run([BINARY, *map(str, arguments)], env=variables, text=True, timeout=timeout,
                          capture_output=True, input=input, cwd=cwd or ROOT)


def sanitizer_variables():
    return {name: value for name, value in os.environ.items()
            if name.endswith("SAN_OPTIONS") or name.endswith("_SYMBOLIZER_PATH")}


class Daemon:
    """`vitals serve` with a configuration: a dictionary (JSON is YAML). The class adds what the
    test does not give: one TCP listener, a control socket, a state directory, a quick end."""

    def __init__(self, configuration=None, environment=None, wrapper=()):
        # Short, because the path of a unix socket has at most 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vitals-"))
        self.port = free_port()
        self.control_by_variable = False    # whether the file names the control socket by a variable
        self.state = self.folder / "state"
        self.socket = str(self.folder / "control.sock")
        self.file = self.folder / "vitals.yaml"
        self.stderr = self.folder / "stderr"
        self.environment = environment or {}
        self.wrapper = list(wrapper)
        self.process = None
        self.configure(configuration or {})

    def configure(self, configuration):
        if isinstance(configuration, dict):
            defaults = {
                "listeners": [{"address": f"127.0.0.1:{self.port}"},
                              {"address": f"unix:{self.socket}", "control": True}],
                "state_dir": str(self.state),
                "drain": {"delay": "0ms", "timeout": "5s"},
                "defaults": {"interval": "200ms", "timeout": "1s"},
            }
            configuration = json.dumps({**defaults, **configuration}, indent=1)
        self.file.write_text(configuration)

    def start(self, wait=True):
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **sanitizer_variables(),
                     **self.environment}
        with open(self.stderr, "ab") as stderr:
            self.process = subprocess.Popen(
                [*self.wrapper, BINARY, "serve", "-c", self.file], env=variables, stderr=stderr,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=self.folder)
        if wait:
            self.wait_until_serving()
        return self

    def wait_until_serving(self, timeout=15):
        # Listeners are bound one after another.
        ports = re.findall(r'"address": "127\.0\.0\.1:(\d+)"', self.file.read_text()) or [self.port]

        def serving():
            assert self.process.poll() is None, (
                f"vitals ended with {self.process.returncode}:\n{self.log()}")
            try:
                for port in ports:
                    with socket.create_connection(("127.0.0.1", int(port)), timeout=1):
                        pass
                if self.socket in self.file.read_text() or self.control_by_variable:
                    with contextlib.closing(UnixConnection(self.socket, 1)) as control:
                        control.connect()
                return True
            except OSError:
                return False

        assert eventually(serving, timeout), f"nothing answers on {ports}:\n{self.log()}"

    def stop(self, timeout=10):
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout * SLOWER)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end in {timeout} s after SIGTERM:\n{self.log()}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        # The process that has the state directory ends right after it, and its sockets then, too.
        eventually(lambda: not self.listens(), 2)

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        """Ends it in any case; returns what a sanitizer found."""
        try:
            if self.process is not None and self.process.poll() is None:
                code = self.stop()
                assert code == 0, f"exit code {code} after SIGTERM:\n{self.log()}"
            # Tests kill by SIGKILL only.
            ended = self.process.poll() if self.process is not None else None
            assert ended is None or ended >= 0 or ended in (-signal.SIGKILL, -signal.SIGTERM), (
                f"ended by signal {-ended}:\n{self.log()}")
            log = self.log()
            assert "Sanitizer" not in log and "runtime error:" not in log, log
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return self.stderr.read_text(errors="replace") if self.stderr.exists() else ""

    def logs(self, text, timeout=5):
        return eventually(lambda: text in self.log(), timeout)

    def connection(self, timeout=10):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None):
        with contextlib.closing(self.connection()) as connection:
            return ask(connection, method, path, body, headers)

    def get(self, path, headers=None):
        return self.ask("GET", path, headers=headers)

    def control(self, method, path, body=None, headers=None):
        """Over the control socket; a body that is not bytes is sent as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        with contextlib.closing(UnixConnection(self.socket)) as connection:
            return ask(connection, method, path, body, headers)

    def raw(self, sent, timeout=5.0, shut=False):
        """Everything that comes back until the other side closes or sends nothing for a while."""
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(sent)
            if shut:
                connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                while piece := connection.recv(65536):
                    received += piece
        return received

    def components(self):
        return {each["name"]: each for each in self.control("GET", "/v1/components").json["components"]}

    def status(self, name):
        return self.components().get(name, {}).get("status")

    def becomes(self, name, status, timeout=10):
        return eventually(lambda: self.status(name) == status, timeout)

    def figure(self, metric):
        """The value of a metric without labels, such as process_open_fds."""
        for line in self.get("/metrics").text.splitlines():
            if line.split(" ")[0] == metric:
                return float(line.split(" ")[1])
        raise AssertionError(f"no {metric} in /metrics")
