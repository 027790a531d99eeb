"""Real databases and caches for tests, started as brokers.py starts its servers."""
import contextlib
import datetime
import ipaddress
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import brokers
from brokers import Server, answers, unprivileged
from daemon import free_port

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
PASSWORD = "s3cret"


def certificates(folder):
    """ca.crt, and <name>.crt with <name>.key for good, expired and other (another name)."""
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=folder)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=test authority")
    # The least that `openssl x509 -days` takes is one day from now. `ca` has a wider range.
    (folder / "ca.cnf").write_text("""[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
""")
    (folder / "index").touch()
    (folder / "serial").write_text("1000\n")
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp = "%Y%m%d%H%M%SZ"
    for name, alternative, days in (("good", "DNS:localhost,IP:127.0.0.1", 2),
                                    ("expired", "DNS:localhost,IP:127.0.0.1", -1),
                                    ("other", "DNS:other.example.org", 2)):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}", "-addext",
                f"subjectAltName={alternative}")
        openssl("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.crt", "-keyfile", "ca.key",
                "-in", f"{name}.csr", "-out", f"{name}.crt", "-notext",
                "-startdate", (now - datetime.timedelta(days=3)).strftime(stamp),
                "-enddate", (now + datetime.timedelta(days=days)).strftime(stamp))
    return folder


def run(*command, environment=None, folder="/", timeout=60):
    return subprocess.run([str(each) for each in command], capture_output=True, text=True,
                          timeout=timeout, cwd=folder, **unprivileged(),
                          env={"PATH": brokers.PATH, "LANG": "C.UTF-8", **(environment or {})})


class Postgres(Server):
    """A primary, or with `of` a standby of one. User test, password PASSWORD, is a superuser; user
    app is not and may not make tables."""

    def __init__(self, template=None, of=None, settings="", hba="host"):
        super().__init__("postgres")
        self.port = free_port()
        self.data = self.folder / "data"
        if of is not None:
            made = run(POSTGRES / "pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c",
                       "fast", "--no-sync", "-d", f"host=127.0.0.1 port={of.port} user=test",
                       environment={"PGPASSWORD": PASSWORD})
            assert made.returncode == 0, made.stderr
            self.data.chmod(0o700)
        else:
            made = run("cp", "-a", template.folder / "data", self.data)
            assert made.returncode == 0, made.stderr
            self.allow(hba)
        with open(self.data / "postgresql.conf", "a") as configuration:
            configuration.write(f"\nport = {self.port}\n{settings}\n")

    def allow(self, kind):
        (self.data / "pg_hba.conf").write_text(
            f"{kind} all all 127.0.0.1/32 scram-sha-256\n"
            "host replication all 127.0.0.1/32 scram-sha-256\n")

    def start(self):
        self.spawn(POSTGRES / "postgres", "-D", self.data)
        return self.wait(lambda: run(POSTGRES / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                                     self.port).returncode == 0)

    def restart(self):
        for process in self.processes:
            process.send_signal(signal.SIGINT)
            process.wait(20)
        self.processes.clear()
        return self.start()

    def sql(self, *statements, user="test", database="postgres"):
        made = run(POSTGRES / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
                   self.port, "-U", user, "-d", database,
                   *[word for each in statements for word in ("-c", each)],
                   environment={"PGPASSWORD": PASSWORD})
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def url(self, user="test", password=PASSWORD, database="postgres", more=""):
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}{more}"


class Template(Server):
    """The result of initdb, made once; every server begins with a copy."""

    def __init__(self):
        super().__init__("template")
        password = self.write("password", PASSWORD + "\n")
        made = run(POSTGRES / "initdb", "-D", self.folder / "data", "-U", "test", "--pwfile",
                   password, "-A", "scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        assert made.returncode == 0, made.stderr
        with open(self.folder / "data/postgresql.conf", "a") as configuration:
            configuration.write("""
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 16MB
max_connections = 20
wal_level = replica
max_wal_senders = 5
""")


class Redis(Server):
    def __init__(self, *settings, tls=None, sentinel=False):
        super().__init__("redis")
        self.port = free_port()
        self.settings = settings
        self.tls = tls
        self.sentinel = sentinel
        if tls is not None:
            for name in (f"{tls[1]}.crt", f"{tls[1]}.key", "ca.crt"):
                self.write(name, (tls[0] / name).read_text())

    def start(self):
        where = ["--port", self.port]
        if self.tls is not None:
            name = self.folder / self.tls[1]
            where = ["--port", "0", "--tls-port", self.port, "--tls-cert-file", f"{name}.crt",
                     "--tls-key-file", f"{name}.key", "--tls-ca-cert-file", self.folder / "ca.crt",
                     "--tls-auth-clients", "no"]
        if self.sentinel:
            configuration = self.write("sentinel.conf", "\n".join(
                [*([f"port {self.port}"] if self.tls is None else self.tls_lines(where)), "bind 127.0.0.1",
                 f"dir {self.folder}", *self.settings]) + "\n")
            self.spawn("redis-sentinel", configuration)
        else:
            self.spawn("redis-server", *where, "--bind", "127.0.0.1", "--dir", self.folder, "--save",
                       "", "--appendonly", "no", "--daemonize", "no", "--protected-mode", "no",
                       "--loglevel", "warning", "--repl-diskless-sync-delay", "0", *self.settings)
        return self.wait(lambda: self.tls is not None and answers(self.port)
                         or answers(self.port, b"PING\r\n", b"\r\n"))

    @staticmethod
    def tls_lines(where):
        return [f"{name.removeprefix('--')} {value}" for name, value in zip(where[::2], where[1::2])]

    def restart(self):
        self.kill()
        self.processes.clear()
        return self.start()

    def say(self, *words, password=None):
        """One command; the first bytes of its answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            for command in ([["AUTH", password]] if password else []) + [words]:
                connection.sendall(f"*{len(command)}\r\n".encode() + b"".join(
                    f"${len(str(word))}\r\n{word}\r\n".encode() for word in command))
                answer = connection.recv(65536).decode()
        return answer

    def url(self, user="", scheme="redis"):
        return f"{scheme}://{user}{'@' if user else ''}127.0.0.1:{self.port}"


class Memcached(Server):
    def __init__(self, *settings, tls=None, unix=False):
        super().__init__("memcached")
        self.port = free_port()
        self.settings = settings
        self.path = self.folder / "socket" if unix else None
        self.tls = tls
        if tls is not None:
            crt, key = (self.write(f"{tls[1]}.{end}", (tls[0] / f"{tls[1]}.{end}").read_text())
                        for end in ("crt", "key"))
            self.settings += ("-Z", "-o", f"ssl_chain_cert={crt},ssl_key={key}")

    def start(self):
        where = (["-l", "127.0.0.1", "-p", self.port, "-U", "0"] if self.path is None
                 else ["-s", self.path, "-a", "0777"])
        self.spawn("memcached", *where, "-m", "8", "-t", "1", "-c", "64", *self.settings)
        return self.wait(lambda: self.path.is_socket() if self.path is not None
                         else self.tls is not None and answers(self.port)
                         or answers(self.port, b"version\r\n", b"\r\n"))

    def restart(self):
        self.kill()
        self.processes.clear()
        return self.start()


class PgBouncer(Server):
    def __init__(self, postgres):
        super().__init__("pgbouncer")
        self.port = free_port()
        self.write("users.txt", f'"test" "{PASSWORD}"\n')
        self.write("pgbouncer.ini", f"""
[databases]
postgres = host=127.0.0.1 port={postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = plain
auth_file = {self.folder}/users.txt
pool_mode = transaction
query_wait_timeout = 1
server_login_retry = 1
""")

    def start(self):
        self.spawn("pgbouncer", self.folder / "pgbouncer.ini")
        return self.wait(lambda: answers(self.port))


class Lsyncd(Server):
    """Copies through an rsync daemon, so that the target can be taken away. When direct, it copies
    with cp and similar programs, which leave no trace of their failures."""

    def __init__(self, direct=False):
        super().__init__("lsyncd")
        self.source, self.target = self.make("source"), self.make("target")
        self.status_file, self.pid_file = self.folder / "status", self.folder / "pid"
        self.rsync_port = free_port()
        self.write("rsyncd.conf", f"""use chroot = no
address = 127.0.0.1
port = {self.rsync_port}
[m]
path = {self.target}
read only = no
""")
        how = (f'default.direct, source = "{self.source}", target = "{self.target}", delay = 1' if direct else
               f'default.rsync, source = "{self.source}", target = "rsync://127.0.0.1:{self.rsync_port}/m/", '
               'delay = 1, rsync = { _extra = { "--contimeout=2", "--timeout=2" } }')
        self.write("lsyncd.lua", f"""
settings {{ logfile = "{self.folder}/lsyncd.log", statusFile = "{self.status_file}",
  pidfile = "{self.pid_file}", statusInterval = 1, insist = true }}
sync {{ {how} }}
""")
        self.rsync = None

    def start_rsync(self):
        self.rsync = self.spawn("rsync", "--daemon", "--no-detach", "--config",
                                self.folder / "rsyncd.conf")
        return self.wait(lambda: answers(self.rsync_port))

    def stop_rsync(self):
        os.killpg(self.rsync.pid, signal.SIGKILL)
        self.rsync.wait()
        self.processes.remove(self.rsync)

    def start(self):
        """It goes into the background, as it does with a pid file. The number in that file ends it."""
        made = run("lsyncd", self.folder / "lsyncd.lua", folder=self.folder)
        assert made.returncode == 0, made.stdout + made.stderr
        end = time.monotonic() + 10
        while not (self.pid_file.exists() and self.status_file.exists()):
            assert time.monotonic() < end, "lsyncd did not write its files"
            time.sleep(0.05)
        return self

    @property
    def pid(self):
        return int(self.pid_file.read_text().split()[0])

    def end(self, number):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            pid = self.pid
            os.kill(pid, number)
            end = time.monotonic() + 10
            while time.monotonic() < end and pathlib.Path(f"/proc/{pid}").exists():
                if "Z" in pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]:
                    break
                time.sleep(0.02)

    def close(self):
        if self.pid_file.exists() and pathlib.Path(f"/proc/{self.pid}/comm").exists() and \
                "lsyncd" in pathlib.Path(f"/proc/{self.pid}/comm").read_text():
            self.end(signal.SIGKILL)
        super().close()
