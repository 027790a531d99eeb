"""Docker and Podman for the tests, as root and where control groups allow it: separate daemons in a
mount namespace, with an image that holds only busybox."""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import urllib.parse

from daemon import eventually

BUSYBOX = pathlib.Path("/bin/busybox")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("engine", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """The common part of both: a folder, a socket, an image, an end that leaves nothing behind."""

    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"vitals-{name}-"))
        self.socket = self.folder / "run" / "docker.sock"    # a path that init knows
        self.socket.parent.mkdir()
        self.log = self.folder / "log"
        self.image = self.folder / "image.tar"
        with tarfile.open(self.image, "w") as tar:
            tar.add(BUSYBOX, "bin/busybox")
            for each in ("sh", "sleep", "true", "false"):
                link = tarfile.TarInfo(f"bin/{each}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
        self.process = None

    def spawn(self, *command):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "-m", *map(str, command)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={"PATH": PATH, "HOME": str(self.folder)}, start_new_session=True)

    def ready(self):
        def answers():
            with contextlib.suppress(OSError):
                return self.ask("GET", "/_ping")[0] == 200
            return False
        return eventually(answers, 20)

    def ask(self, method, path, body=None, content_type="application/json"):
        connection = Unix(self.socket)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": content_type} if data else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def close(self):
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Docker(Engine):
    def __init__(self):
        super().__init__("docker")
        self.spawn("dockerd", "-H", f"unix://{self.socket}", "--data-root", self.folder / "data",
                   "--exec-root", self.folder / "exec", "-p", self.folder / "pid",
                   "--iptables=false", "--ip6tables=false", "--bridge=none",
                   "--storage-driver=vfs")
        self.names = []

    def load(self):
        status, said = self.ask("POST", "/images/create?fromSrc=-&repo=box",
                                self.image.read_bytes(), "application/x-tar")
        return status == 200 and b"error" not in said

    def create(self, name, *command, health=None, restart="no", memory=0):
        body = {"Image": "box", "Cmd": list(command), "Labels": {"app": name.split("-")[0]},
                "HostConfig": {"NetworkMode": "none", "RestartPolicy": {"Name": restart},
                               "Memory": memory}}
        if health:
            body["Healthcheck"] = {"Test": ["CMD", *health], "Interval": 10**9, "Timeout": 10**9,
                                   "Retries": 1}
        self.names.append(name)
        status, said = self.ask("POST", f"/containers/create?name={name}", body)
        assert status == 201, said

    def run(self, name, *command, **more):
        self.create(name, *command, **more)
        return self.do(name, "start")

    def do(self, name, what):
        return self.ask("POST", f"/containers/{urllib.parse.quote(name)}/{what}")[0] in (204, 304)

    def state(self, name):
        return json.loads(self.ask("GET", f"/containers/{name}/json")[1])["State"]

    def close(self):
        for name in self.names:
            with contextlib.suppress(OSError):
                self.ask("DELETE", f"/containers/{name}?force=true")
        super().close()


class Podman(Engine):
    def __init__(self):
        super().__init__("podman")
        self.options = ["--root", str(self.folder / "root"), "--runroot", str(self.folder / "run"),
                        "--tmpdir", str(self.folder / "tmp"), "--storage-driver=vfs",
                        "--runtime=/usr/sbin/runc", "--cgroup-manager=cgroupfs",
                        "--events-backend=file"]
        self.spawn("podman", *self.options, "system", "service", "-t", "0", f"unix://{self.socket}")

    def podman(self, *arguments):
        return subprocess.run(["podman", *self.options, *arguments], capture_output=True, text=True,
                              env={"PATH": PATH, "HOME": str(self.folder)}, timeout=60)

    def load(self):
        return self.podman("import", str(self.image), "box").returncode == 0

    def run(self, name, *command, health=None):
        checked = ["--health-cmd", health, "--health-interval", "disable"] if health else []
        return self.podman(
            "run", "-d", "--name", name, "--network=none", "--cgroupns=host", "--label",
            f"app={name.split('-')[0]}", "--ulimit", "nofile=1024:1024", "--ulimit",
            "nproc=1000:1000", "--security-opt", "seccomp=unconfined", *checked, "box",
            *command).returncode == 0

    def close(self):
        self.podman("rm", "-af", "-t", "0")
        super().close()


def why_not(engine):
    """The reason why an engine is not available here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    needed = {"docker": ("dockerd",), "podman": ("podman", "/usr/sbin/runc")}[engine]
    for each in (*needed, str(BUSYBOX)):
        if shutil.which(each, path=PATH) is None and not pathlib.Path(each).exists():
            return f"needs {each}"
    return None
