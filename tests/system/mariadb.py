"""MariaDB for tests, as databases.py has its servers; and a stand-in for what only MySQL does."""
import contextlib
import hashlib
import pathlib
import signal
import socketserver
import ssl
import struct
import threading

from brokers import Server, answers
from daemon import free_port
from databases import PASSWORD, run

GALERA = pathlib.Path("/usr/lib/galera/libgalera_smm.so")


class Template(Server):
    """The result of mariadb-install-db, made once; every server begins with a copy."""

    def __init__(self):
        super().__init__("mariadb-template")
        made = run("mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data",
                   "--auth-root-authentication-method=normal", "--skip-test-db", "--basedir=/usr",
                   "--innodb-log-file-size=4M", environment={"HOME": str(self.folder)})
        assert made.returncode == 0, made.stdout + made.stderr


class MariaDb(Server):
    """Users from 127.0.0.1: test, password PASSWORD, with all rights; app, same password, may only
    read the database shop. It writes binary logs if it has a number."""

    def __init__(self, template, *settings, number=None, tls=None, data=None):
        super().__init__("mariadb")
        self.port = free_port()
        self.socket = self.folder / "socket"
        self.settings = list(settings)
        if number is not None:
            self.settings += [f"--server-id={number}", f"--log-bin={self.folder}/data/bin"]
        if tls is not None:
            folder, name = tls
            for end in ("crt", "key"):
                path = self.write(f"{name}.{end}", (folder / f"{name}.{end}").read_text())
                self.settings.append(f"--ssl-{'cert' if end == 'crt' else 'key'}={path}")
        made = run("cp", "-a", data or template.folder / "data", self.folder / "data")
        assert made.returncode == 0, made.stderr
        self.fresh = data is None

    def start(self):
        self.spawn("mariadbd", "--no-defaults", f"--datadir={self.folder}/data",
                   f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
                   "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M",
                   "--performance-schema=off", f"--pid-file={self.folder}/pid",
                   "--innodb-flush-log-at-trx-commit=0", *self.settings)
        self.wait(lambda: self.socket.exists() and answers(self.port, b"", b"MariaDB"))
        if self.fresh:
            self.fresh = False
            self.sql("SET sql_log_bin = 0",
                     f"CREATE USER test@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
                     "GRANT ALL ON *.* TO test@'127.0.0.1' WITH GRANT OPTION",
                     f"CREATE USER app@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
                     "CREATE DATABASE shop", "GRANT SELECT ON shop.* TO app@'127.0.0.1'",
                     "CREATE TABLE shop.orders (id INT PRIMARY KEY)")
        return self

    def end(self):
        self.signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(30)
        self.processes.clear()

    def restart(self):
        self.end()
        return self.start()

    def sql(self, *statements):
        """As root through the socket; the answer's values, one row per line."""
        made = run("mariadb", "--no-defaults", "-uroot", f"--socket={self.socket}", "-BN",
                   "-e", ";".join(statements))
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def url(self, user="test", password=PASSWORD, scheme="mysql", database=""):
        return f"{scheme}://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def status(self, name):
        return int(self.sql(f"SHOW GLOBAL STATUS LIKE '{name}'").split()[1])


def galera(port, incremental, first):
    """Settings of a node; without a first one it begins a cluster."""
    return ["--wsrep-on=ON", f"--wsrep-provider={GALERA}", "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2", "--wsrep-sst-method=skip",
            f"--wsrep-cluster-address=gcomm://{f'127.0.0.1:{first}' if first else ''}",
            f"--wsrep-node-address=127.0.0.1:{port}",
            "--wsrep-provider-options="
            f"base_port={port};gmcast.listen_addr=tcp://127.0.0.1:{port};gcache.size=8M;"
            f"ist.recv_addr=127.0.0.1:{incremental}",
            *([] if first else ["--wsrep-new-cluster"])]


class Mysql8:
    """A stand-in for MySQL 8, not MySQL: verifies passwords by caching_sha2_password and knows only
    the statements of the check. User app, password PASSWORD. MariaDB's client authenticates to it."""

    SALT = b"abcdefghijklmnopqrst"

    def __init__(self, certificates, cached):
        self.port, self.cached = free_port(), cached
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates / "good.crt", certificates / "good.key")
        stand_in = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError, EOFError):
                    stand_in.serve(self.request)

        class Threads(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Threads(("127.0.0.1", self.port), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,)).start()
        return self

    def __exit__(self, *ignored):
        self.server.shutdown()
        self.server.server_close()

    def send(self, connection, payload):
        connection.sendall(struct.pack("<I", len(payload))[:3] + bytes([self.sequence]) + payload)
        self.sequence = (self.sequence + 1) % 256

    def read(self, connection):
        def exactly(size):
            data = b""
            while len(data) < size:
                if not (piece := connection.recv(size - len(data))):
                    raise EOFError
                data += piece
            return data

        head = exactly(4)
        self.sequence = (head[3] + 1) % 256
        return exactly(int.from_bytes(head[:3], "little"))

    def table(self, connection, columns, rows):
        def text(value):
            return bytes([len(value)]) + value.encode()

        self.send(connection, bytes([len(columns)]))
        for name in columns:
            self.send(connection, text("def") + text("") * 3 + text(name) * 2 + b"\x0c\x21\0"
                      + struct.pack("<IBHB", 255, 253, 0, 0) + b"\0\0")
        self.send(connection, b"\xfe\0\0\x02\0")
        for row in rows:
            self.send(connection, b"".join(map(text, row)))
        self.send(connection, b"\xfe\0\0\x02\0")

    def serve(self, connection):
        self.sequence = 0
        plugin, ok = b"caching_sha2_password\0", b"\0\0\0\x02\0\0\0"
        self.send(connection, b"\x0a8.0.36\0\x01\0\0\0" + self.SALT[:8] + b"\0" + b"\xff\xff\xff\x02\0"
                  + b"\xff\xdf\x15" + b"\0" * 10 + self.SALT[8:] + b"\0" + plugin)
        said = self.read(connection)
        secure = len(said) == 32
        if secure:
            connection = self.context.wrap_socket(connection, server_side=True)
            said = self.read(connection)
        user, _, rest = said[32:].partition(b"\0")
        proof = rest[1:1 + rest[0]]
        once = hashlib.sha256(PASSWORD.encode()).digest()
        other = hashlib.sha256(hashlib.sha256(once).digest() + self.SALT).digest()
        right = user == b"app" and proof == bytes(a ^ b for a, b in zip(once, other))
        if right and self.cached:
            self.send(connection, b"\x01\x03")
        elif not self.cached:
            self.send(connection, b"\x01\x04")
            right = self.read(connection) == PASSWORD.encode() + b"\0" and secure
        if not right:
            return self.send(connection, b"\xff\x15\x04#28000Access denied for user")
        self.send(connection, ok)
        while (said := self.read(connection))[:1] == b"\x03":
            if said[1:] == b"SELECT 1":
                self.table(connection, ["1"], [["1"]])
            elif b"SHOW GLOBAL VARIABLES" in said:
                self.table(connection, ["Variable_name", "Value"], [["read_only", "OFF"]])
            else:
                self.send(connection, ok)
        return None
