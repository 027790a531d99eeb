"""What each kind of check finds with each fault: the servers, the kinds and the cells of the fault
matrix (test_matrix.py). The servers are the real ones, except the stand-ins that backends.py names
and small peers for mail and names. `vitals drill proxy` is between check and server."""
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import tempfile
import threading
import time

import apis
import backends
import brokers
import daemons
import databases
import mariadb
import messaging
import slapd
from daemon import SLOWER, eventually, free_port, run_vitals
from databases import PASSWORD
from drills import Drill

# The time that a busy machine may add to a deadline besides the promised 100 ms. VITALS_TEST_SLACK
# gives it in seconds. Otherwise it is measured: how late a thread wakes.
SLACK = float(os.environ.get("VITALS_TEST_SLACK", "0"))
PROMISED = 0.1

# Faults between the check and a healthy server, in the order of the tables; and the error classes
# that may result.
WIRE = {
    "refused": {"connect"},
    "stopped": {"timeout"},
    "hung": {"timeout"},
    "hung after log-in": {"timeout"},
    "reset mid-answer": {"protocol", "tls"},
    "cut off": {"protocol", "assertion", "tls"},
    "one byte a second": {"timeout"},
    "garbage": {"protocol", "tls", "timeout"},
    "another protocol": {"protocol", "assertion", "tls"},
    "100 MB of answer": {"protocol", "assertion", "tls"},
}
SERVER = {
    "wrong password": {"auth"},
    "missing": {"assertion"},
    "read-only": {"assertion", "auth"},
    "full": {"assertion", ""},
}
TLS = {
    "TLS wrong name": {"tls"},
    "TLS expired": {"tls"},
    "TLS untrusted": {"tls"},
}
FAULTS = {**WIRE, **SERVER, **TLS}
HEALTHY = ("healthy", "healthy over TLS")
SLOW = ("stopped", "hung", "hung after log-in")  # end with the deadline
# The deadline of these faults is always the same, so the same bytes come before it. Three bytes are
# enough for the answer to PostgreSQL's question for TLS (one byte), and for nothing else.
DRIP, DRIPS_FOR = "one byte a second", 4

# Bytes of the servers of Debian 12 until the authentication is complete.
MYSQL, NATS, KAFKA = 115, 354, 135
HTTP_FLOOD = "flood 100MiB text=HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n"


@dataclasses.dataclass
class Row:
    """A kind in use. `options(port, secure)` reaches its server through that port. `cells` are
    components of their own (a fault of the server's state), or the reason why there is none."""
    name: str
    kind: str
    port: int
    options: object
    greeted: int = 20            # bytes of the answer when the authentication, or what comes first, is over
    flood: str = "flood"
    plain: int = 0               # the server's port without TLS, if `port` is one with TLS
    slow: tuple = ()             # faults that end with the deadline for this kind
    tls: str = "tls"             # how the drill ends TLS; or the reason why it cannot
    datagrams: bool = False
    other: str = "another-protocol"    # the protocol that it speaks in place of the usual one
    cells: dict = dataclasses.field(default_factory=dict)

    def faults(self):
        """What the drill is told, by the name of the fault."""
        if self.datagrams:
            return {
                "hung": "hang", "cut off": f"truncate {self.greeted + 1}", "one byte a second": "drip",
                "garbage": "garble", "another protocol": self.other,
                "100 MB of answer": self.flood,
            }
        return {
            "hung": "hang",
            "hung after log-in": f"hang-after {self.greeted}",
            "reset mid-answer": f"reset {self.greeted + 1}",
            "cut off": f"truncate {self.greeted + 1}",
            "one byte a second": "drip", "garbage": "garble",
            "another protocol": self.other, "100 MB of answer": self.flood,
        }


class Lateness(threading.Thread):
    """The most by which a thread wakes too late on this machine."""

    def __init__(self):
        super().__init__(daemon=True)
        self.worst = 0.0
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            wished = time.monotonic() + 0.02
            time.sleep(0.02)
            self.worst = max(self.worst, time.monotonic() - wished)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *ignored):
        self.over.set()
        self.join()


def fill_memcached(port):
    """Each size of items has its own memory. Large items take the free memory, then items of the
    check's size take the rest."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for size in (100_000, 32):
            for index in range(100_000):
                connection.sendall(f"set {index:039} 0 0 {size}\r\n".encode() + b"x" * size + b"\r\n")
                if not connection.recv(100).startswith(b"STORED"):
                    break


class Nginx(brokers.Server):
    """Real pages: /, /private (401), /full (503), /edge (as CloudFront words it); the same over TLS."""

    def __init__(self, certificates):
        super().__init__("nginx")
        self.port, self.tls_port = free_port(), free_port()
        (self.folder / "page").write_text("all is well\n")
        self.write("nginx.conf", f"""
daemon off; pid {self.folder}/pid; error_log {self.folder}/log;
events {{}}
http {{
  access_log off; default_type text/plain;
  client_body_temp_path {self.folder}/a; proxy_temp_path {self.folder}/b;
  fastcgi_temp_path {self.folder}/c; uwsgi_temp_path {self.folder}/d; scgi_temp_path {self.folder}/e;
  server {{
    listen 127.0.0.1:{self.port} backlog=256;
    listen 127.0.0.1:{self.tls_port} ssl backlog=256;
    ssl_certificate {certificates}/good.crt;
    ssl_certificate_key {certificates}/good.key;
    location = / {{ return 200 "all is well\\n"; }}
    location = /private {{ return 401; }}
    location = /full {{ return 503; }}
    location = /edge/full {{ add_header X-Cache "Error from cloudfront" always; return 503; }}
    location = /edge {{ add_header X-Cache "Hit from cloudfront"; return 200 "all is well\\n"; }}
  }}
}}
""")
        self.spawn("nginx", "-c", self.folder / "nginx.conf", "-p", self.folder, "-e", "stderr")

    def ready(self):
        return self.wait(lambda: brokers.answers(self.port, b"GET / HTTP/1.0\r\n\r\n", b"200 OK"))


class Servers:
    """All servers, begun at once, because starting them is mostly waiting."""

    def __init__(self, folder):
        with contextlib.ExitStack() as self.stack:
            self.begin(folder)
            self.stack = self.stack.pop_all()

    def begin(self, folder):
        self.certificates = databases.certificates(folder)
        for path in folder.iterdir():    # servers without privileges read them
            path.chmod(0o644)
        names = folder / "broker"
        names.mkdir()
        self.rabbitmq = self.keep(brokers.RabbitMQ(brokers.make_certificates(names)))
        self.swift = self.keep(backends.Swift())
        self.clickhouse = self.keep(backends.ClickHouse())
        self.redis = self.keep(brokers.Redis())
        self.nginx = self.keep(Nginx(folder))
        self.websocket = self.keep(brokers.Script("websocket_server.py"))
        self.private = self.keep(brokers.Script("websocket_server.py", "auth"))
        self.grpc = self.keep(brokers.Script("grpc_server.py"))
        self.smtp = self.keep(brokers.Script("smtp_server.py"))
        self.full_smtp = self.keep(brokers.Script("smtp_server.py", "full"))
        self.vault = self.keep(brokers.Script("stand_in.py", "vault"))
        self.standby_vault = self.keep(brokers.Script("stand_in.py", "vault", "standby"))
        self.aws = self.keep(brokers.Script("stand_in.py", "aws"))
        self.elastic = self.keep(brokers.Script("stand_in.py", "elasticsearch"))
        self.engine = self.keep(brokers.Script("stand_in.py", "engine"))
        self.etcd = self.keep(apis.Etcd(users=True))
        self.full_etcd = self.keep(apis.Etcd(quota=2_000_000))
        self.prometheus = self.keep(apis.Prometheus())
        self.sshd = self.keep(daemons.Sshd())
        self.chrony = self.keep(daemons.Chrony())
        self.lost_chrony = self.keep(daemons.Chrony(synchronised=False))
        self.dovecot = self.keep(daemons.Dovecot(folder))
        self.nobody = self.stack.enter_context(closed_port())
        self.begin_databases()
        for each in (self.redis, self.swift, self.clickhouse, self.nginx, self.websocket,
                     self.private, self.grpc, self.smtp, self.full_smtp, self.vault,
                     self.standby_vault, self.aws, self.rabbitmq, self.elastic, self.engine,
                     self.etcd, self.full_etcd, self.prometheus, self.sshd, self.chrony,
                     self.lost_chrony, self.dovecot):
            each.ready()
        self.full_etcd.fill()
        self.swift.make_full("small")
        self.rabbitmq.control("add_user", "reader", self.rabbitmq.PASSWORD)
        self.rabbitmq.control("set_permissions", "reader", ".*", "^$", ".*")
        query = (b"GET /?query=SELECT+1 HTTP/1.0\r\n"
                 b"X-ClickHouse-User: full\r\nX-ClickHouse-Key: s3cret\r\n\r\n")
        assert eventually(lambda: brokers.answers(self.clickhouse.port, query, b"Quota"))
        self.begin_workers()

    def keep(self, server):
        self.stack.callback(server.close)
        return server

    def begin_databases(self):
        template = self.keep(databases.Template())
        self.postgres = self.keep(databases.Postgres(
            template, settings="max_connections = 100")).start()
        self.postgres.sql("CREATE TABLE vitals_probe (id text PRIMARY KEY, value text NOT NULL)")
        self.postgres.sql("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean "
                          "NOT NULL)", "INSERT INTO schema_migrations VALUES (1, false)")
        self.migrations, self.more_migrations = self.make_migrations("1"), self.make_migrations("12")
        self.read_only = self.keep(databases.Postgres(
            template, settings="default_transaction_read_only = on")).start()
        self.exhausted = self.keep(databases.Postgres(
            template, settings="max_connections = 3\nmax_wal_senders = 0\n"
            "superuser_reserved_connections = 2")).start()
        self.exhausted.sql(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'")
        # Takes the only slot that is not reserved for superusers, once it is free.
        held = f"{databases.POSTGRES}/psql -Xq {self.exhausted.url(user='app')} " \
               "-c 'SELECT pg_sleep(100000)'"
        self.exhausted.spawn("/bin/sh", "-c", f"until {held}; do sleep 0.1; done")
        assert eventually(lambda: self.exhausted.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'") == "1", 30, pause=0.5)
        self.begin_mariadb()
        self.begin_messaging()
        self.replica = self.keep(databases.Redis(
            "--replicaof", f"127.0.0.1 {self.nobody}")).start()
        self.full_redis = self.keep(databases.Redis("--maxmemory", "1")).start()
        self.memcached = self.keep(databases.Memcached("-c", "1000")).start()
        users = self.keep(brokers.Server("users")).write("users", f"probe:{PASSWORD}\n")
        users.parent.chmod(0o755)
        self.private_memcached = self.keep(databases.Memcached("-Y", users)).start()
        self.full_memcached = self.keep(databases.Memcached("-M", "-m", "2")).start()
        fill_memcached(self.full_memcached.port)

    def begin_mariadb(self):
        template = self.keep(mariadb.Template())
        self.mariadb = self.keep(mariadb.MariaDb(template)).start()
        self.read_only_mariadb = self.keep(mariadb.MariaDb(template)).start()
        self.read_only_mariadb.sql("GRANT ALL ON shop.* TO app@'127.0.0.1'", "SET GLOBAL read_only = ON")
        self.full_mariadb = self.keep(mariadb.MariaDb(template, "--max-connections=10")).start()
        # The question for the number of connections takes a connection for a moment, too.
        held = f"mariadb --no-defaults -h127.0.0.1 -uapp -p{PASSWORD} -P{self.full_mariadb.port} " \
               "-e 'SELECT SLEEP(100000)'"
        for _ in range(10):
            self.full_mariadb.spawn("/bin/sh", "-c", f"until {held}; do sleep 0.1; done")
        assert eventually(lambda: self.full_mariadb.status("Threads_connected") == 11, 30, pause=0.2)

    def begin_messaging(self):
        self.mosquitto = self.keep(messaging.Mosquitto()).start()
        self.full_mosquitto = self.keep(messaging.Mosquitto("max_connections 1")).start().fill()
        self.nats = self.keep(messaging.Nats(jetstream=True)).start()
        self.full_nats = self.keep(messaging.Nats("max_connections: 1")).start()
        self.stack.enter_context(self.full_nats.client())
        self.slapd = self.keep(slapd.Slapd()).start()
        self.mongo = self.keep(brokers.Script("mongo_server.py")).ready()
        self.secondary_mongo = self.keep(brokers.Script("mongo_server.py", "secondary")).ready()
        self.busy_mongo = self.keep(brokers.Script("mongo_server.py", "busy")).ready()
        self.kafka = self.keep(brokers.Script("kafka_server.py")).ready()
        self.lost_kafka = self.keep(brokers.Script("kafka_server.py", "behind", "lost")).ready()

    def make_migrations(self, numbers):
        """A directory of golang-migrate."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="vitals-migrations-"))
        self.stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for number in numbers:
            for way in ("up", "down"):
                (folder / f"00000{number}_step.{way}.sql").write_text("SELECT 1;\n")
        return str(folder)

    def begin_workers(self):
        self.workers = [self.keep(brokers.Worker(self.rabbitmq.url(), "one@lab", "default")),
                        self.keep(brokers.Worker(self.redis.url, "two@lab", "default"))]
        for each in self.workers:
            each.ready()

    def processes(self):
        """The servers that are stopped are the row's own."""
        return [self.rabbitmq, self.swift, self.clickhouse, self.redis, self.nginx, self.websocket,
                self.grpc, self.smtp, self.postgres, self.mariadb, self.memcached, self.mosquitto, self.nats,
                self.slapd, self.mongo, self.kafka, self.vault, self.aws, self.elastic, self.engine, self.etcd,
                self.prometheus, self.sshd, self.chrony, self.dovecot]

    def close(self):
        self.stack.close()


def rows(servers, dns_port):
    s, cloud, redis_password = servers, backends.Aws, brokers.Redis.PASSWORD
    postgres = lambda port, secure=None, user="test", password=PASSWORD, database="postgres": {  # noqa: E731
        "url": f"postgresql://{user}:{password}@127.0.0.1:{port}/{database}", **(secure or {})}
    migrations = lambda port, secure=None, path=s.migrations, **more: {  # noqa: E731
        **postgres(port, secure, **more), "framework": "golang-migrate", "path": [path]}
    mysql = lambda port, secure=None, user="test", password=PASSWORD, database="shop": {  # noqa: E731
        "url": f"mysql{'s' if secure else ''}://{user}:{password}@127.0.0.1:{port}/{database}",
        **(secure or {})}
    sql = {"port": s.postgres.port, "tls": "tls:postgres", "greeted": 620, "flood": "flood after=1"}
    web = {"flood": HTTP_FLOOD, "greeted": 60}
    amqp = lambda port, secure=None, user="test", password=s.rabbitmq.PASSWORD: {  # noqa: E731
        "url": f"amqp{'s' if secure else ''}://{user}:{password}@127.0.0.1:{port}/", **(secure or {})}
    redis = lambda port, secure=None, password=redis_password: {  # noqa: E731
        "url": f"redis{'s' if secure else ''}://:{password}@127.0.0.1:{port}/0", **(secure or {})}
    at = lambda scheme, path="": lambda port, secure=None, **more: {  # noqa: E731
        "url": f"{scheme}{'s' if secure else ''}://127.0.0.1:{port}{path}", **(secure or {}), **more}
    aws = lambda port, secure=None, **more: {  # noqa: E731
        "endpoint": at("http")(port, secure)["url"], **(secure or {}), "access_key": cloud.KEY,
        "secret_key": cloud.SECRET, **more}
    rule = lambda port, secure=None, **more: aws(  # noqa: E731
        port, secure, **{"region": cloud.REGION, "part": "rule", "name": "orders", **more})
    distribution = lambda port, secure=None, **more: aws(  # noqa: E731
        port, secure, **{"distribution": "E1", **more})
    name = lambda port, secure=None, name="www.example.org": {  # noqa: E731
        "name": name, "server": f"127.0.0.1:{port}"}
    clickhouse = lambda port, secure=None, user="test", password="s3cret": {  # noqa: E731
        **at("http")(port, secure), "user": user, "password": password}
    vault = lambda port, secure=None, **more: {  # noqa: E731
        **at("http")(port, secure), **{"token": "hour", "path": "kv/health#password", **more}}
    s3 = lambda port, secure=None, **more: {  # noqa: E731
        **s.swift.options(**more), **(secure or {}),
        "url": f"http{'s' if secure else ''}://localhost:{port}"}
    elastic = lambda port, secure=None, user="test", password=apis.PASSWORD, **more: {  # noqa: E731
        **at("elasticsearch")(port, secure), "user": user, "password": password, **more}
    etcd = lambda port, secure=None, password=apis.PASSWORD, **more: {  # noqa: E731
        **at("etcd")(port, secure), "user": "app", "password": password, "key": "/shop", **more}
    prometheus = lambda port, secure=None, query='up{job="self"}': {  # noqa: E731
        **at("prometheus")(port, secure), "query": query, "failed_below": 1}
    container = lambda port, secure=None, name="shop": {  # noqa: E731
        **at("http")(port, secure), "name": name}
    ssh = lambda port, secure=None, **more: {"url": f"ssh://127.0.0.1:{port}", **more}  # noqa: E731
    ntp = lambda port, secure=None: {"url": f"ntp://127.0.0.1:{port}"}  # noqa: E731
    mail = lambda kind: lambda port, secure=None, password=daemons.PASSWORD, **more: {  # noqa: E731
        **at(kind)(port, secure), "user": "app", "password": password, "starttls": "never", **more}
    mqtt = lambda port, secure=None, user="test", password=PASSWORD, topic="vitals": {  # noqa: E731
        "url": f"mqtt{'s' if secure else ''}://{user}:{password}@127.0.0.1:{port}/{topic}",
        **(secure or {})}
    nats = lambda port, secure=None, user="test", password=PASSWORD, **more: {  # noqa: E731
        "url": f"nats://{user}:{password}@127.0.0.1:{port}", **(secure or {}), **more}
    mongo = lambda port, secure=None, password=PASSWORD, **more: {  # noqa: E731
        "url": f"mongodb://test:{password}@127.0.0.1:{port}/{'?tls=true' if secure else ''}",
        "collection": "shop.orders", **(secure or {}), **more}
    # It advertises its port without TLS.
    kafka = lambda port, secure=None, password=PASSWORD, **more: {  # noqa: E731
        "url": f"kafka{'s' if secure else ''}://test:{password}@127.0.0.1:{port}", "mechanism": "PLAIN",
        **(secure or {}), "all_brokers": not secure, **more}
    ldap = lambda port, secure=None, base="dc=x", password=PASSWORD: {  # noqa: E731
        "url": f"ldap{'s' if secure else ''}://127.0.0.1:{port}/{base}", "user": s.slapd.USER,
        "password": password, **(secure or {})}
    none, nothing_to_log_in, holds_nothing = "no writing", "no log-in", "holds nothing"
    return [
        Row("http", "http", s.nginx.port, at("http", "/"), **web, cells={
            "wrong password": at("http", "/private")(s.nginx.port),
            "missing": at("http", "/missing")(s.nginx.port),
            "read-only": none, "full": at("http", "/full")(s.nginx.port)}),
        Row("tcp", "tcp", s.smtp.port, lambda port, secure=None: {
            "url": f"tcp://127.0.0.1:{port}", "send": "EHLO a\r\n", "expect": "/250 /"},
            greeted=40, slow=("garbage",), tls="no TLS of its own", cells={
            "wrong password": nothing_to_log_in, "missing": holds_nothing, "read-only": none,
            "full": {"url": f"tcp://127.0.0.1:{s.full_smtp.port}", "expect": "/^220 /"}}),
        Row("tls", "tls", s.nginx.tls_port, lambda port, secure=None: {
            "url": f"tls://127.0.0.1:{port}", **(secure or {})}, greeted=200, plain=s.nginx.port,
            cells={
            "wrong password": nothing_to_log_in, "missing": holds_nothing, "read-only": none,
            "full": holds_nothing}),
        # An answer with a foreign question belongs to somebody else. So the cut begins after the
        # question.
        Row("dns", "dns", dns_port, name, greeted=36, flood="flood after=36", tls="no TLS",
            slow=("garbage", "another protocol"), datagrams=True, cells={
            "wrong password": name(dns_port, name="private.example.org"),
            "missing": name(dns_port, name="nobody.example.org"),
            "read-only": none, "full": holds_nothing}),
        Row("dns over TCP", "dns", dns_port, name, greeted=8, flood="flood text=\\xff\\xff",
            tls="no TLS", slow=("garbage",), cells={
            "wrong password": "seen above", "missing": "seen above", "read-only": none,
            "full": holds_nothing}),
        Row("smtp", "smtp", s.smtp.port, lambda port, secure=None: {
            "url": f"smtp://127.0.0.1:{port}", **({"starttls": "required", **secure} if secure else {})},
            greeted=40, flood="flood text=220-", tls="tls:smtp", cells={
            "wrong password": nothing_to_log_in,
            "missing": {"url": f"smtp://127.0.0.1:{s.smtp.port}", "starttls": "required"},
            "read-only": "no mail is sent",
            "full": {"url": f"smtp://127.0.0.1:{s.full_smtp.port}"}}),
        Row("imap", "imap", s.dovecot.imap, mail("imap"), greeted=200, flood="flood text=* OK ",
            cells={
            "wrong password": mail("imap")(s.dovecot.imap, password="wrong"),
            "missing": mail("imap")(s.dovecot.imap, mailbox="nothing"), "read-only": none,
            "full": "seen by one user alone"}),
        Row("pop3", "pop3", s.dovecot.pop3, mail("pop3"), greeted=40, flood="flood text=+OK ",
            slow=("garbage",),
            cells={
            "wrong password": mail("pop3")(s.dovecot.pop3, password="wrong"),
            "missing": "a user alone, which it does not tell", "read-only": none,
            "full": "seen by one user alone"}),
        Row("ssh", "ssh", s.sshd.port, ssh, greeted=60, other="another-protocol redis",
            tls="no TLS", cells={
            "wrong password": ssh(s.sshd.port, fingerprint=["SHA256:" + "A" * 43]),
            "missing": ssh(s.sshd.port, key="ecdsa"), "read-only": none,
            "full": "held connections are for another test"}),
        Row("ntp", "ntp", s.chrony.port, ntp, greeted=20, tls="no TLS", datagrams=True,
            slow=("garbage", "another protocol", "cut off", "100 MB of answer"), cells={
            "wrong password": nothing_to_log_in, "missing": ntp(s.lost_chrony.port),
            "read-only": none, "full": holds_nothing}),
        Row("redis", "redis", s.redis.port, redis, greeted=300,
            flood="flood after=5 text=$104857600\\r\\n", cells={
            "wrong password": redis(s.redis.port, password="wrong"),
            "missing": {"url": f"redis://:{redis_password}@127.0.0.1:{s.redis.port}/99"},
            "read-only": {"url": s.replica.url()}, "full": {"url": s.full_redis.url()}}),
        Row("memcached", "memcached", s.memcached.port, lambda port, secure=None: {
            "url": f"memcached{'s' if secure else ''}://127.0.0.1:{port}", **(secure or {})}, greeted=50,
            flood="flood after=24 text=VALUE k 0 104857600\\r\\n", cells={
            "wrong password": {"url": f"memcached://127.0.0.1:{s.private_memcached.port}",
                               "user": "probe", "password": "wrong"},
            "missing": holds_nothing, "read-only": "knows no such state",
            "full": {"url": f"memcached://127.0.0.1:{s.full_memcached.port}"}}),
        Row("postgres", "postgres", options=postgres, **sql, cells={
            "wrong password": postgres(s.postgres.port, password="wrong"),
            "missing": postgres(s.postgres.port, database="missing"),
            "read-only": {**postgres(s.read_only.port), "writable": True},
            "full": postgres(s.exhausted.port, user="app")}),
        Row("postgres_crud", "postgres_crud", options=postgres, **sql, cells={
            "wrong password": postgres(s.postgres.port, password="wrong"),
            "missing": postgres(s.postgres.port, database="missing"),
            "read-only": postgres(s.read_only.port),
            "full": postgres(s.exhausted.port, user="app")}),
        Row("replication", "replication", options=postgres, **sql, cells={
            "wrong password": postgres(s.postgres.port, password="wrong"),
            "missing": {**postgres(s.postgres.port), "role": "standby"},
            "read-only": none,
            "full": postgres(s.exhausted.port, user="app")}),
        Row("migrations", "migrations", options=migrations, **sql, cells={
            "wrong password": migrations(s.postgres.port, password="wrong"),
            "missing": migrations(s.postgres.port, path=s.more_migrations),
            "read-only": none,
            "full": migrations(s.exhausted.port, user="app")}),
        Row("mysql", "mysql", s.mariadb.port, mysql, greeted=MYSQL, tls="tls:mysql", cells={
            "wrong password": mysql(s.mariadb.port, password="wrong"),
            "missing": mysql(s.mariadb.port, database="missing"),
            "read-only": {**mysql(s.read_only_mariadb.port), "writable": True},
            "full": mysql(s.full_mariadb.port, user="app")}),
        Row("mysql_crud", "mysql_crud", s.mariadb.port, mysql, greeted=MYSQL, tls="tls:mysql", cells={
            "wrong password": mysql(s.mariadb.port, password="wrong"),
            "missing": mysql(s.mariadb.port, database="missing"),
            "read-only": mysql(s.read_only_mariadb.port, user="app"),
            "full": mysql(s.full_mariadb.port, user="app")}),
        Row("replication of MySQL", "replication", s.mariadb.port, mysql, greeted=MYSQL,
            tls="tls:mysql", cells={
            "wrong password": mysql(s.mariadb.port, password="wrong"),
            "missing": {**mysql(s.mariadb.port), "role": "standby"},
            "read-only": none, "full": mysql(s.full_mariadb.port, user="app")}),
        Row("amqp", "amqp", s.rabbitmq.port, amqp, greeted=620,
            flood="flood text=\\x01\\x00\\x00\\x06\\x40\\x00\\x00", cells={
            "wrong password": amqp(s.rabbitmq.port, password="wrong"),
            "missing": {**amqp(s.rabbitmq.port), "queues": {"nobody": {}}},
            "read-only": "who may only look is not told", "full": amqp(s.rabbitmq.port)}),
        Row("celery over AMQP", "celery", s.rabbitmq.port, amqp, greeted=780,
            slow=("missing",),    # the check does not know how many workers must answer
            flood="flood text=\\x01\\x00\\x00\\x06\\x40\\x00\\x00", cells={
            "wrong password": amqp(s.rabbitmq.port, password="wrong"),
            "missing": {**amqp(s.rabbitmq.port), "part": "queue", "queue": "nobodys"},
            "read-only": amqp(s.rabbitmq.port, user="reader"), "full": amqp(s.rabbitmq.port)}),
        Row("celery over Redis", "celery", s.redis.port, redis, greeted=40,
            flood="flood after=5 text=$104857600\\r\\n", cells={
            "wrong password": redis(s.redis.port, password="wrong"),
            "missing": {**redis(s.redis.port), "part": "queue", "queue": "nobodys"},
            "read-only": {"url": s.replica.url()}, "full": {"url": s.full_redis.url()}}),
        Row("mqtt", "mqtt", s.mosquitto.port, mqtt, greeted=4, flood="flood text=\\x30\\xff\\xff\\xff\\x7f",
            slow=("garbage", "another protocol"),    # their first bytes may begin a long packet
            cells={
            "wrong password": mqtt(s.mosquitto.port, password="wrong"),
            "missing": holds_nothing,
            "read-only": mqtt(s.mosquitto.port, user="mute"),
            "full": mqtt(s.full_mosquitto.port)}),
        Row("nats", "nats", s.nats.port, nats, greeted=NATS, flood="flood text=INFO ", tls="tls:nats", cells={
            "wrong password": nats(s.nats.port, password="wrong"),
            "missing": nats(s.nats.port, stream="nobodys"),
            "read-only": nats(s.nats.port, user="narrow"),
            "full": nats(s.full_nats.port)}),
        Row("mongodb", "mongodb", s.mongo.port, mongo, greeted=850, cells={
            "wrong password": mongo(s.mongo.port, password="wrong"),
            "missing": mongo(s.mongo.port, url=f"mongodb://test:{PASSWORD}@127.0.0.1:{s.mongo.port}/?replicaSet=other"),
            "read-only": mongo(s.secondary_mongo.port, role="primary"),
            "full": mongo(s.busy_mongo.port)}),
        Row("kafka", "kafka", s.kafka.port, kafka, greeted=KAFKA, flood="flood text=\\x00\\x7f\\xff\\xff",
            cells={
            "wrong password": kafka(s.kafka.port, password="wrong"),
            "missing": kafka(s.kafka.port, topics=["nothing"]),
            "read-only": kafka(s.lost_kafka.port, topics=["behind"], min_isr=2),
            "full": kafka(s.lost_kafka.port)}),
        Row("ldap", "ldap", s.slapd.port, ldap, greeted=14, cells={
            "wrong password": ldap(s.slapd.port, password="wrong"),
            "missing": ldap(s.slapd.port, base="o=missing,dc=x"),
            "read-only": "writes nothing", "full": "knows no such state"}),
        Row("websocket", "websocket", s.websocket.port, lambda port, secure=None: {
            **at("ws")(port, secure), "send": "hello", "expect": "hello"}, greeted=222,
            flood="flood after=222 text=\\x82\\x7f\\x00\\x00\\x00\\x00\\x06\\x40\\x00\\x00", cells={
            "wrong password": {"url": f"ws://127.0.0.1:{s.private.port}/",
                               "headers": {"Authorization": "Bearer wrong"}},
            "missing": at("ws", "/missing")(s.websocket.port), "read-only": none,
            "full": at("ws", "/full")(s.websocket.port)}),
        Row("grpc", "grpc", s.grpc.port, at("grpc"), greeted=50, tls="tls:http2", cells={
            "wrong password": at("grpc")(s.grpc.port, service="private"),
            "missing": at("grpc")(s.grpc.port, service="nobody"),
            "read-only": none, "full": at("grpc")(s.grpc.port, service="full")}),
        Row("s3", "s3", s.swift.port, s3, **{**web, "greeted": 480}, cells={
            "wrong password": s3(s.swift.port, secret_key="wrong-secret"),
            "missing": s3(s.swift.port, bucket="nothing"),
            "read-only": s3(s.swift.port, access_key="test:reader"),
            "full": s3(s.swift.port, bucket="small")}),
        Row("clickhouse", "clickhouse", s.clickhouse.port, clickhouse, **{**web, "greeted": 180},
            cells={
            "wrong password": clickhouse(s.clickhouse.port, password="wrong"),
            "missing": "no table is asked for",
            "read-only": "of replicated tables only, which need a ZooKeeper",
            "full": clickhouse(s.clickhouse.port, user="full")}),
        Row("elasticsearch", "elasticsearch", s.elastic.port, elastic, **web, cells={
            "wrong password": elastic(s.elastic.port, password="wrong"),
            "missing": elastic(s.elastic.port, index="nothing"),
            "read-only": elastic(s.elastic.port, index="full", writable=True),
            "full": elastic(s.elastic.port, user="many")}),
        Row("etcd", "etcd", s.etcd.port, etcd, **{**web, "greeted": 320}, cells={
            "wrong password": etcd(s.etcd.port, password="wrong"),
            "missing": etcd(s.etcd.port, key="/nothing"), "read-only": none,
            "full": {"url": s.full_etcd.url}}),
        Row("prometheus", "prometheus", s.prometheus.port, prometheus, **web, cells={
            "wrong password": nothing_to_log_in,
            "missing": prometheus(s.prometheus.port, query="nothing"), "read-only": none,
            "full": "knows no such state"}),
        Row("container", "container", s.engine.port, container, **web, cells={
            "wrong password": nothing_to_log_in,
            "missing": container(s.engine.port, name="lost"), "read-only": none,
            "full": container(s.engine.port, name="dead")}),
        Row("vault", "vault", s.vault.port, vault, **web, cells={
            "wrong password": vault(s.vault.port, token="wrong"),
            "missing": vault(s.vault.port, path="kv/nothing"),
            "read-only": vault(s.standby_vault.port), "full": vault(s.vault.port, token="many")}),
        Row("event_bridge", "event_bridge", s.aws.port, rule, **web, cells={
            "wrong password": rule(s.aws.port, secret_key="wrong"),
            "missing": rule(s.aws.port, name="nothing"), "read-only": none,
            "full": rule(s.aws.port, name="throttled")}),
        Row("cloudfront", "cloudfront", s.nginx.port, at("http", "/edge"), **web, cells={
            "wrong password": nothing_to_log_in,
            "missing": at("http", "/missing")(s.nginx.port), "read-only": none,
            "full": at("http", "/edge/full")(s.nginx.port)}),
        Row("cloudfront's API", "cloudfront", s.aws.port, distribution, **web, cells={
            "wrong password": distribution(s.aws.port, secret_key="wrong"),
            "missing": distribution(s.aws.port, distribution="NOTHING"), "read-only": none,
            "full": distribution(s.aws.port, distribution="THROTTLED")}),
    ]


class Matrix:
    """Runs the cells; `found` is {(row, fault): component as `vitals check` shows it}."""

    def __init__(self):
        with contextlib.ExitStack() as self.stack:
            self.begin()
            self.stack = self.stack.pop_all()

    def begin(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vitals-matrix-"))
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        certificates = self.folder / "certificates"
        certificates.mkdir(mode=0o755)
        self.servers = Servers(certificates)
        self.stack.callback(self.servers.close)
        self.found, self.timeouts, self.reasons = {}, {}, {}
        self.late = 0.0
        dns_port = free_port()
        self.rows = rows(self.servers, dns_port)
        self.drill = self.make_drill()
        self.drill.pick_ports()
        ways = [self.drill.port(name) for name in self.drill.routes if name.startswith("dns-over-TCP:")]
        self.dns = brokers.Script("dns_server.py", *ways, port=dns_port)
        self.stack.callback(self.dns.close)
        self.dns.ready()
        self.stack.enter_context(self.drill.start())

    def close(self):
        self.stack.close()

    @staticmethod
    def way(row, fault):
        return f"{row.name}:{fault}".replace(" ", "-")

    def make_drill(self):
        drill = Drill()
        for row in self.rows:
            for fault, behaviour in {"healthy": "none", **row.faults()}.items():
                drill.route(self.way(row, fault), row.port,
                            f"udp {behaviour}" if row.datagrams else behaviour)
            if row.tls.startswith("tls"):
                for fault, behaviour in (("healthy over TLS", "none"), ("TLS expired", "expired"),
                                         ("TLS wrong name", "wrong-name"),
                                         ("TLS untrusted", "untrusted")):
                    drill.route(self.way(row, fault), row.plain or row.port, f"{row.tls} {behaviour}")
        return drill

    def component(self, row, fault):
        """The component of that cell, or the reason why there is none."""
        trust = {"tls": {"ca": self.drill.ca}}
        own = None
        if row.kind == "tls":    # faults reach the server's own TLS
            own = {"tls": {"ca": str(self.servers.certificates / "ca.crt")}, "degraded_below": 0,
                   "failed_below": 0}
        if fault in SERVER:
            options = row.cells[fault]
            return options if isinstance(options, str) else {"check": row.kind, **options}
        if fault in TLS or fault == "healthy over TLS":
            if not row.tls.startswith("tls"):
                return row.tls
            own = {**(own or {}), **trust}
        if fault == "refused":
            return {"check": row.kind, **row.options(self.closed, own)}
        if fault == "stopped":
            return {"check": row.kind, **row.options(row.port, own)}
        if fault in row.faults() or fault in TLS or fault in HEALTHY:
            return {"check": row.kind, **row.options(self.drill.port(self.way(row, fault)), own)}
        return "datagrams have no connection"

    def run(self, cells, timeout):
        """One `vitals check` with all these cells at once; timeout(row, fault) in seconds."""
        components = {}
        for row, fault in cells:
            made = self.component(row, fault)
            if isinstance(made, str):
                self.reasons[row.name, fault] = made
                continue
            limit = timeout(row, fault)
            self.timeouts[row.name, fault] = limit
            components[f"{row.name}/{fault}"] = {**made, "timeout": f"{int(limit * 1000)}ms"}
        if not components:
            return
        file = self.folder / "matrix.yaml"
        file.write_text(json.dumps({"components": components, "state_dir": str(self.folder / "state")}))
        with Lateness() as lateness:
            answer = run_vitals("check", "-c", file, "--format", "json", timeout=300)
        self.late = max(self.late, lateness.worst)
        assert answer.returncode in (0, 1, 2, 3), answer.stderr
        for secret in (PASSWORD, "wrong-secret"):
            assert secret not in answer.stdout + answer.stderr
        for each in json.loads(answer.stdout)["components"]:
            name, _, fault = each["name"].rpartition("/")
            self.found[name, fault] = each

    def run_all(self):
        patience = 30 * SLOWER
        with closed_port() as self.closed:
            self.run([(row, fault) for row in self.rows for fault in HEALTHY], lambda *_: patience)
            self.run([(row, DRIP) for row in self.rows], lambda *_: DRIPS_FOR)
            # Long enough to reach the fault on a machine that is as busy as this one.
            slowest = max(each["duration_seconds"] for (_, fault), each in self.found.items()
                          if fault != DRIP)
            deadline = min(max(2.0, 5 * slowest), 15) * SLOWER
            self.run([(row, fault) for row in self.rows for fault in FAULTS
                      if fault not in ("stopped", DRIP) and not alarmed(row, fault)],
                     lambda row, fault: deadline if fault in SLOW + row.slow else patience)
        with contextlib.ExitStack() as stack:
            for each in (*self.servers.processes(), self.dns):
                stack.enter_context(each.stopped())
            self.run([(row, "stopped") for row in self.rows], lambda *_: deadline)
        self.servers.rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1")
        try:
            time.sleep(0.5)
            self.run([(row, "full") for row in self.rows if alarmed(row, "full")],
                     lambda *_: deadline)
        finally:
            self.servers.rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1GB")
        return self

    def allowed(self, row, fault):
        """The longest time that the cell may take."""
        slack = max(SLACK, 2 * self.late) * SLOWER
        return self.timeouts[row.name, fault] + PROMISED + slack

    def verdict(self, row, fault):
        found = self.found.get((row.name, fault))
        if found is None:
            return "-"
        if found["status"] in ("ok", "degraded"):
            return found["status"]
        text = f"{found.get('error_class', 'no class')} `{found.get('failed_phase') or '?'}`"
        return text if found["status"] == "failed" else f"{found['status']} {text}"

    def table(self, faults):
        lines = ["| kind | " + " | ".join(faults) + " |", "|---" * (len(faults) + 1) + "|"]
        lines += [f"| {row.name} | " + " | ".join(self.verdict(row, fault) for fault in faults) + " |"
                  for row in self.rows]
        return "\n".join(lines) + "\n"


def alarmed(row, fault):
    """Whether that is RabbitMQ without memory, which blocks all its clients."""
    return fault == "full" and row.name in ("amqp", "celery over AMQP")


@contextlib.contextmanager
def closed_port():
    """Bound, so that nobody else takes it, and not listening."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", free_port()))
        yield held.getsockname()[1]
