"""Servers with an interface of HTTP and JSON. etcd and Prometheus are the real ones. Debian has no
Elasticsearch, so a stand-in gives answers that follow its documents; Elastic's own client
(python3-elasticsearch) talks to it. A stand-in gives the answers of Docker 20.10 on machines that
cannot run a container engine."""
import base64
import json
import os
import urllib.request

from backends import Requests, StandIn
from brokers import Server, answers
from daemon import free_port

PASSWORD = "s3cret"


class Etcd(Server):
    """One member. With `users`: root, and app, which may read /shop, and /nothing, which does not exist."""

    def __init__(self, quota=None, users=False):
        super().__init__("etcd")
        self.port, self.peer, self.users = free_port(), free_port(), users
        self.url = f"etcd://127.0.0.1:{self.port}"
        self.begin("one", f"one=http://127.0.0.1:{self.peer}", quota)

    def begin(self, name, cluster, quota=None):
        self.make("data")
        more = ["--quota-backend-bytes", quota] if quota else []
        self.spawn("etcd", "--name", name, "--data-dir", self.folder / "data",
                   "--listen-client-urls", f"http://127.0.0.1:{self.port}",
                   "--advertise-client-urls", f"http://127.0.0.1:{self.port}",
                   "--listen-peer-urls", f"http://127.0.0.1:{self.peer}",
                   "--initial-advertise-peer-urls", f"http://127.0.0.1:{self.peer}",
                   "--initial-cluster", cluster, *more)

    def ready(self):
        self.wait(lambda: answers(self.port, b"GET /health HTTP/1.0\r\n\r\n", b'"true"'))
        self.put("/shop", b"1")
        if self.users:
            self.add_users()
        return self

    def call(self, path, **body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v3/{path}",
                                         json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def put(self, key, value):
        return self.call("kv/put", key=base64.b64encode(key.encode()).decode(),
                         value=base64.b64encode(value).decode())

    def add_users(self):
        self.call("auth/role/add", name="app")
        for key in (b"/shop", b"/nothing"):
            self.call("auth/role/grant", name="app", perm={
                "permType": "READ", "key": base64.b64encode(key).decode()})
        for user, role in (("root", "root"), ("app", "app")):
            self.call("auth/user/add", name=user, password=PASSWORD)
            self.call("auth/user/grant", user=user, role=role)
        self.call("auth/enable")

    def fill(self):
        """Exceeds a quota of 2 MB: a member raises an alarm that stays."""
        for number in range(4):
            try:
                self.put(f"/fill/{number}", os.urandom(1_000_000))
            except urllib.error.HTTPError as error:
                assert error.code == 429, error.read()
                return
        raise AssertionError("etcd took all")


class Cluster:
    """Three members of etcd."""

    def __init__(self):
        self.members = []
        for _ in range(3):
            member = object.__new__(Etcd)
            Server.__init__(member, "etcd")
            member.port, member.peer, member.users = free_port(), free_port(), False
            member.url = f"etcd://127.0.0.1:{member.port}"
            self.members.append(member)
        cluster = ",".join(f"m{index}=http://127.0.0.1:{member.peer}"
                           for index, member in enumerate(self.members))
        for index, member in enumerate(self.members):
            member.begin(f"m{index}", cluster)

    def ready(self):
        for member in self.members:
            member.wait(lambda member=member: answers(
                member.port, b"GET /health HTTP/1.0\r\n\r\n", b'"true"'))
        return self

    def close(self):
        for member in self.members:
            member.close()


class Prometheus(Server):
    """Scrapes itself every second, and a target that does not exist."""

    def __init__(self):
        super().__init__("prometheus")
        self.port = free_port()
        self.url = f"prometheus://127.0.0.1:{self.port}"
        self.make("data")
        self.write("prometheus.yml", f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - {{job_name: self, static_configs: [{{targets: ["127.0.0.1:{self.port}"]}}]}}
  - {{job_name: gone, static_configs: [{{targets: ["127.0.0.1:1"]}}]}}
""")
        self.spawn("prometheus", f"--config.file={self.folder}/prometheus.yml",
                   f"--storage.tsdb.path={self.folder}/data",
                   f"--web.listen-address=127.0.0.1:{self.port}")

    def has(self, query):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/api/v1/query?query={query}", timeout=5) as answer:
            return len(json.load(answer)["data"]["result"])

    def ready(self):
        return self.wait(lambda: self.has("up") == 2)


class Elasticsearch(StandIn):
    """A stand-in, not Elasticsearch. Users: test, and blind, which has no rights. Indices: orders;
    full, whose disk is full; `many`, whose requests are refused."""

    class handler(Requests):  # noqa: N801
        def refuse(self, status, kind):
            self.reply(status, {"error": {"type": kind, "reason": "so it is"}, "status": status},
                       X_elastic_product="Elasticsearch")

        def do_GET(self):
            owner, path = self.owner, self.path.partition("?")[0]
            given = self.headers.get("Authorization", "")
            user, _, password = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
            if password != PASSWORD:
                return self.refuse(401, "security_exception")
            if user == "many":
                return self.refuse(429, "es_rejected_execution_exception")
            if path == "/":
                return self.reply(200, {"version": {"number": "7.17.6", "build_flavor": "default"},
                                        "tagline": "You Know, for Search"},
                                  X_elastic_product="Elasticsearch")
            if user == "blind":
                return self.refuse(403, "security_exception")
            if not owner.master:
                return self.refuse(503, "master_not_discovered_exception")
            parts = path.strip("/").split("/")
            index = parts[-1] if parts[-1] in ("orders", "full") else None
            if len(parts) == (3 if parts[1] == "health" else 4) and index is None:
                return self.refuse(404, "index_not_found_exception")
            if parts[1] == "health":
                return self.reply(200, {
                    "cluster_name": "test", "status": owner.status, "timed_out": owner.late,
                    "number_of_nodes": owner.nodes, "number_of_data_nodes": owner.nodes,
                    "active_primary_shards": 3, "active_shards": 6, "relocating_shards": 0,
                    "initializing_shards": 0, "unassigned_shards": 0 if owner.status == "green" else 1,
                    "delayed_unassigned_shards": 0, "number_of_pending_tasks": 0,
                    "number_of_in_flight_fetch": 0, "task_max_waiting_in_queue_millis": 0,
                    "active_shards_percent_as_number": 100.0}, X_elastic_product="Elasticsearch")
            blocked = {"full": {"12": {
                "description": "disk usage exceeded flood-stage watermark, index has "
                               "read-only-allow-delete block", "retryable": False,
                "levels": ["metadata_write", "write"]}}} if index == "full" else {}
            return self.reply(200, {"cluster_name": "test", "cluster_uuid": "u", "blocks":
                                    {"indices": blocked} if blocked else {}},
                              X_elastic_product="Elasticsearch")

    def __init__(self, port=None):
        self.status, self.nodes, self.late, self.master = "green", 3, False, True
        super().__init__(port)


class Engine(StandIn):
    """A stand-in for a container engine: `shop` runs, `dead` has exited, `lost` does not exist."""

    class handler(Requests):  # noqa: N801
        def do_GET(self):
            name = self.path.strip("/").split("/")[1]
            if name not in ("shop", "dead"):
                return self.reply(404, {"message": f"No such container: {name}"})
            runs = name == "shop"
            return self.reply(200, {
                "Id": name * 16, "Name": f"/{name}", "RestartCount": 0, "State": {
                    "Status": "running" if runs else "exited", "Running": runs, "Paused": False,
                    "Restarting": False, "OOMKilled": not runs, "Dead": False,
                    "Pid": 19775 if runs else 0, "ExitCode": 0 if runs else 137, "Error": "",
                    "StartedAt": "2026-11-30T14:50:41.981205227Z",
                    "FinishedAt": "0001-01-01T00:00:00Z"}})
