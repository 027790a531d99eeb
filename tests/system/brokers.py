"""Real servers for the tests of brokers, workers and probes by connection: unprivileged, on free
ports of 127.0.0.1, with temporary data. Each has a process group, by which it is ended."""
import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from daemon import SLOWER, free_port

HERE = pathlib.Path(__file__).resolve().parent
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's own Python comes first
RABBITMQ = "/usr/lib/rabbitmq/bin"


def unprivileged():
    """How to start a server that refuses to be root, or need not be root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Server:
    """One process group with its own folder."""

    def __init__(self, name):
        self.name = name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"vitals-{name}-"))
        self.log = self.folder / "log"
        self.log.touch()
        self.own(self.folder, self.log)
        self.processes = []

    def own(self, *paths):
        if who := unprivileged():
            for path in paths:
                os.chown(path, who["user"], who["group"])

    def make(self, name):
        path = self.folder / name
        path.mkdir(exist_ok=True)
        self.own(path)
        return path

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        self.own(path)
        return path

    def spawn(self, *command, **environment):
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                [str(each) for each in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"PATH": PATH, "LANG": "C.UTF-8", "HOME": str(self.folder), **environment},
                cwd=self.folder, start_new_session=True, **unprivileged())
        self.processes.append(process)
        return process

    def wait(self, ready, seconds=60):
        end = time.monotonic() + seconds * SLOWER
        while time.monotonic() < end:
            assert self.processes[-1].poll() is None, f"{self.name} ended:\n{self.log.read_text()}"
            with contextlib.suppress(OSError):
                if ready():
                    return self
            time.sleep(0.05)
        raise AssertionError(f"{self.name} was not ready in {seconds} s:\n{self.log.read_text()}")

    def signal(self, number):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    @contextlib.contextmanager
    def stopped(self):
        """Hung: the kernel still accepts connections for it."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def kill(self):
        self.signal(signal.SIGKILL)
        for process in self.processes:
            process.wait()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def answers(port, sent=b"", wanted=b"", timeout=1):
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(sent)
        return not wanted or wanted in connection.recv(4096)


class RabbitMQ(Server):
    """With its own epmd. Users: test (all permissions), nothing (none at all)."""

    PASSWORD = "s3cret"

    def __init__(self, certificate):
        super().__init__("rabbitmq")
        for name in ("mnesia", "logs", "home", "schema"):
            self.make(name)
        for name in ("server.crt", "server.key", "ca.crt"):
            self.write(name, (certificate / name).read_text())
        self.begin()

    def begin(self):
        self.port, self.tls_port, epmd, distribution = (free_port() for _ in range(4))
        self.write("r.conf", f"""
listeners.tcp.1 = 127.0.0.1:{self.port}
listeners.ssl.1 = 127.0.0.1:{self.tls_port}
ssl_options.cacertfile = {self.folder}/ca.crt
ssl_options.certfile = {self.folder}/server.crt
ssl_options.keyfile = {self.folder}/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = EXTERNAL
ssl_cert_login_from = common_name
default_user = test
default_pass = {self.PASSWORD}
loopback_users = none
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 10MB
log.console = true
log.console.level = warning
log.file = false
""")
        self.write("plugins", "[rabbitmq_auth_mechanism_ssl].\n")
        folder = self.folder
        self.environment = {
            "HOME": f"{folder}/home", "RABBITMQ_NODENAME": f"vitals{self.port}@localhost",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null", "RABBITMQ_CONFIG_FILE": f"{folder}/r.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia", "RABBITMQ_LOG_BASE": f"{folder}/logs",
            "RABBITMQ_LOGS": "-", "RABBITMQ_SCHEMA_DIR": f"{folder}/schema",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/schema",
            "RABBITMQ_PID_FILE": f"{folder}/pid", "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(epmd), "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none "
                "+sbwtdio none",
        }
        self.spawn("epmd", "-address", "127.0.0.1", "-port", epmd)
        self.wait(lambda: answers(epmd))
        self.spawn(f"{RABBITMQ}/rabbitmq-server", **self.environment)

    def ready(self):
        try:
            self.wait_for_it()
        except AssertionError as error:
            if "eaddrinuse" not in str(error):
                raise
            # Seconds pass between finding free ports and taking them. Other tests look for ports
            # meanwhile.
            self.kill()
            self.processes.clear()
            self.log.write_text("")
            self.begin()
            self.wait_for_it()
        self.control("set_permissions", "nothing", "^$", "^$", "^$")
        return self

    def wait_for_it(self):
        self.wait(lambda: answers(self.port, b"AMQP\0\0\x09\x01", b"RabbitMQ"), 120)
        self.wait(self.has_begun)

    def has_begun(self):
        """It listens a little before it takes commands."""
        try:
            self.control("add_user", "nothing", self.PASSWORD)
        except AssertionError as error:
            if "requires the 'rabbit' app to be running" in str(error):
                return False
            raise
        return True

    def control(self, *command):
        done = subprocess.run([f"{RABBITMQ}/rabbitmqctl", "-q", *command], text=True, timeout=60,
                              env={"PATH": PATH, "LANG": "C.UTF-8", **self.environment},
                              capture_output=True, **unprivileged())
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def url(self, user="test", password=PASSWORD, vhost="", scheme="amqp", port=None):
        return f"{scheme}://{user}:{password}@127.0.0.1:{port or self.port}/{vhost}"

    def queues(self):
        return {line.split("\t")[0] for line in self.control("list_queues", "name").splitlines()[1:]}


class Redis(Server):
    PASSWORD = "pw"

    def __init__(self):
        super().__init__("redis")
        self.port = free_port()
        self.start()

    def start(self):
        self.spawn("redis-server", "--port", self.port, "--dir", self.folder, "--bind", "127.0.0.1",
                   "--save", "", "--requirepass", self.PASSWORD)

    def ready(self):
        return self.wait(lambda: b"PONG" in self.ask("PING"))

    def ask(self, *words):
        """One command after authentication; the raw answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            line = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
            connection.sendall(f"AUTH {self.PASSWORD}\r\n*{len(words)}\r\n{line}".encode())
            answer = b""
            with contextlib.suppress(TimeoutError):
                connection.settimeout(0.2)
                while piece := connection.recv(65536):
                    answer += piece
            return answer.removeprefix(b"+OK\r\n")

    @property
    def url(self):
        return f"redis://:{self.PASSWORD}@127.0.0.1:{self.port}/0"


class Sentinel(Redis):
    """Watches the master `shop`, and has a password of its own."""

    PASSWORD = "for-sentinels"

    def __init__(self, master_port, certificates=None):
        self.master_port = master_port
        self.certificates = certificates
        super().__init__()

    def start(self):
        listens = f"port {self.port}"
        if self.certificates is not None:
            for name in ("ca.crt", "server.crt", "server.key"):
                self.write(name, (self.certificates / name).read_text())
            listens = (f"port 0\ntls-port {self.port}\ntls-ca-cert-file {self.folder}/ca.crt\n"
                       f"tls-cert-file {self.folder}/server.crt\ntls-key-file {self.folder}/server.key\n"
                       "tls-auth-clients no")
        configuration = self.write("sentinel.conf", f"""
{listens}
bind 127.0.0.1
dir {self.folder}
requirepass {self.PASSWORD}
sentinel monitor shop 127.0.0.1 {self.master_port} 1
sentinel auth-pass shop {Redis.PASSWORD}
""")
        self.spawn("redis-sentinel", configuration)


class Worker(Server):
    """A Celery worker; `solo` runs tasks in the thread that also answers."""

    def __init__(self, broker, node, queues, pool="prefork", remote_control=True, heartbeat=True,
                 transport=None, settings=None, more=()):
        super().__init__("celery")
        self.node = node
        self.spawn("/usr/bin/celery", "-A", "celery_app", "worker", "-n", node, "-Q", queues,
                   "-c", "1", "-P", pool, "-l", "INFO", "--without-gossip", "--without-mingle",
                   *([] if heartbeat else ["--without-heartbeat"]), *more,
                   BROKER=broker, PYTHONPATH=str(HERE), PYTHONDONTWRITEBYTECODE="1",
                   PYTHONUNBUFFERED="1", REMOTE_CONTROL="yes" if remote_control else "",
                   SETTINGS=json.dumps(settings or {}),
                   **({"TRANSPORT": json.dumps(transport)} if transport else {}))

    def ready(self):
        return self.wait(lambda: f"{self.node} ready." in self.log.read_text(), 90)


def call_task(broker, queue, task, *arguments):
    """Sends a task, as any client of the application does."""
    code = ("import sys; from celery_app import app; "
            "app.send_task(sys.argv[2], args=[float(each) for each in sys.argv[3:]], "
            "queue=sys.argv[1])")
    subprocess.run(["/usr/bin/python3", "-c", code, queue, task, *map(str, arguments)], check=True,
                   timeout=60, env={"PATH": PATH, "PYTHONPATH": str(HERE), "BROKER": broker,
                                    "PYTHONDONTWRITEBYTECODE": "1"})


class Script(Server):
    """One of the small servers beside this file."""

    def __init__(self, file, *arguments, port=None):
        super().__init__(file.removesuffix(".py").replace("_", "-"))
        self.port = port or free_port()
        self.spawn("/usr/bin/python3", HERE / file, self.port, *arguments,
                   PYTHONDONTWRITEBYTECODE="1")

    def ready(self):
        return self.wait(lambda: answers(self.port))


def make_certificates(folder):
    """An authority, a server's certificate for localhost and 127.0.0.1, and certificates of the
    clients `test` and `nobody`."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    elliptic = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *elliptic, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2",
            "-subj", "/CN=vitals test authority")
    openssl("req", "-x509", *elliptic, "-keyout", "other.key", "-out", "other.crt", "-days", "2",
            "-subj", "/CN=another authority")
    openssl("req", *elliptic, "-keyout", "server.key", "-out", "server.csr", "-subj",
            "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.crt")
    for client in ("test", "nobody"):
        openssl("req", *elliptic, "-keyout", f"{client}.key", "-out", f"{client}.csr", "-subj", f"/CN={client}")
        openssl("x509", "-req", "-in", f"{client}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2",
                "-out", f"{client}.crt")
    return folder
