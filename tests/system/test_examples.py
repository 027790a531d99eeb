"""The examples do what they say. Each is valid. The real program runs each of the original systems'
configurations. It answers on its original's URL in its original's words, with all backends away,
and, where real servers or a stand-in exist, with healthy ones.

The tests change only the pace of an example (and, where a test says so, one word). Addresses and
secrets come from the environment, as users give them.
"""
import base64
import contextlib
import hashlib
import http.server
import json
import re
import signal
import socket
import threading

import jsonschema
import pytest
import yaml

import databases
from daemon import ROOT, eventually, free_port, run_vitals, stop_listening
from test_backends import need

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
SYSTEMS = {"pulp", "delivery-standalone", "delivery-primary", "delivery-standby", "lovely",
           "token-health", "caluma"}
SECRET = "a secret of the tests"


def test_editors_are_told_the_schema():
    """The place where `cmake --install` puts it. The comment is yaml-language-server's own."""
    for example in EXAMPLES:
        assert example.read_text().splitlines()[0] == (
            "# yaml-language-server: $schema=/usr/share/vitals/vitals.schema.json"), example.name


def text_of(name):
    return (ROOT / f"examples/{name}.yaml").read_text()


def secrets_of(text):
    text = re.sub("#.*", "", text)
    return {name: SECRET + " " + name for name in re.findall(r"\{env: (\w+)\}", text)}


@pytest.fixture(scope="module")
def schema():
    return json.loads(run_vitals("schema").stdout)


def test_the_unit_can_give_the_variables_that_they_name():
    unit = (ROOT / "packaging/vitals.service").read_text()
    assert re.search("^EnvironmentFile=-/etc/vitals/environment$", unit, re.M)
    assert "/etc/vitals/environment" in (ROOT / "docs/operating.md").read_text()


def test_there_is_one_for_every_system():
    assert SYSTEMS <= {file.stem for file in EXAMPLES}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_is_valid(file, schema, tmp_path):
    text = file.read_text()
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(text))
    answer = run_vitals("validate", "--no-secrets", "-c", file, cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    answer = run_vitals("validate", "-c", file, cwd=tmp_path, environment=secrets_of(text))
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_says_which_secret_is_missing(file, tmp_path):
    wanted = secrets_of(file.read_text())
    answer = run_vitals("validate", "-c", file, cwd=tmp_path)
    assert answer.returncode == (78 if wanted else 0)
    for name in wanted:
        assert name in answer.stderr


# ---- running them -----------------------------------------------------------------------------

@pytest.fixture
def example(vitals, tmp_path):
    """example(name, VARIABLE=value, ...) is the daemon that runs it. Variables that are not set
    lead to a port that nothing listens on."""
    def start(name, replace=(), **environment):
        text = text_of(name)
        for old, new in [(r"interval: \d+s", "interval: 300ms"), *replace]:
            text, number = re.subn(old, new, text)
            assert number, f"{old} is not in {name}"
        made = vitals(text + "\ndrain: {delay: 0s}\n", serving=False)
        away = f"127.0.0.1:{free_port()}"
        defaults = re.findall(r"\$\{(\w+):-(\w+://)(?:(\w+)@)?127\.0\.0\.1:\d+([^}]*)\}", text)
        made.environment = {
            **{variable: f"{scheme}{user + '@' if user else ''}{away}{rest}"
               for variable, scheme, user, rest in defaults},
            **secrets_of(text), "VITALS_ADDRESS": f"127.0.0.1:{made.port}",
            "STATE_DIRECTORY": str(made.state), "DELIVERY_LSYNCD_PID": str(tmp_path / "pid"),
            "DELIVERY_LSYNCD_STATUS": str(tmp_path / "status"), "CALUMA_HOME": str(tmp_path),
            "SHOP_EVENTS": f"http://{away}", "SHOP_STS": f"http://{away}",
            **{key: str(value) for key, value in environment.items()}}
        made.control_by_variable = "unix:${" in text
        made.start()
        return made

    return start


def becomes(daemon, path, wanted, headers=None, timeout=15):
    """Waits for an answer with that code and body (a JSON value or a text); the answer."""
    def same():
        nonlocal answer
        answer = daemon.get(path, headers)
        body = answer.text if isinstance(wanted[1], str) else answer.json
        return (answer.status, body) == wanted

    answer = None
    assert eventually(same, timeout), f"{answer.status}\n{answer.text}\nnot\n{wanted}\n{daemon.log()}"
    return answer


class Web:
    """A stand-in for servers that speak HTTP: one body for every path, at once or when started."""

    def __init__(self, body):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.port = free_port()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def web():
    with contextlib.ExitStack() as stack:
        yield lambda body: stack.enter_context(contextlib.closing(Web(body)))


@pytest.fixture(scope="module")
def postgres():
    need("postgresql-15", databases.POSTGRES / "postgres")
    with contextlib.closing(databases.Template()) as template, \
            contextlib.closing(databases.Postgres(template)) as made:
        made.start().sql(f"CREATE ROLE app LOGIN PASSWORD '{databases.PASSWORD}'")
        yield made


def at(server, user):
    """The address of a database without the password, because another variable has that."""
    return server.url(user).replace(":" + databases.PASSWORD, "")


# ---- Pulp -----------------------------------------------------------------------------------------

def pulp(database, messaging, workers=()):
    return {"api_version": "2", "database_connection": {"connected": database},
            "known_workers": [{"_id": name, "_ns": "workers",
                               "last_heartbeat": "2015-01-02T20:39:58Z", "name": name}
                              for name in workers],
            "messaging_connection": {"connected": messaging},
            "versions": {"platform_version": "2.6.0"}}


def test_pulp(example, web):
    names = ["reserved_resource_worker-0@web1", "resource_manager@web1", "scheduler@web1"]
    mongo = web("It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n")
    for database in (False, True):
        daemon = example("pulp", **({"PULP_MONGODB": mongo.url + "/"} if database else {}))
        assert eventually(lambda: daemon.status("messaging") == "failed")
        answer = daemon.control("PUT", "/v1/workers/pulp/heartbeats",
                                {"workers": [{"name": name, "sent": 1420231198} for name in names]})
        assert answer.status == 204, answer.text
        for path in ("/v2/status/", "/pulp/api/v2/status/"):
            answer = becomes(daemon, path, (200, pulp(database, False, names if database else ())))
            assert list(answer.json) == sorted(answer.json)
            assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        # The broker is away: what is pushed counts, but no other worker can be heard.
        assert daemon.becomes("workers/pulp", "unknown")
        assert "blind since 20" in daemon.components()["workers/pulp"]["detail"]


def test_pulps_database_is_not_whatever_answers(example, web):
    daemon = example("pulp", PULP_MONGODB=web("another server").url)
    assert daemon.becomes("database", "failed")


# ---- Delivery -------------------------------------------------------------------------------------

def delivery(mode, postgres, lsyncd):
    well = postgres["status"] == "pong" and lsyncd["status"] in ("pong", "not_running")
    return (200 if well else 500,
            {"status": "pong" if well else "fail", "configuration mode": mode,
             "upstreams": [{"postgres": postgres, "lsyncd": lsyncd}]})


@pytest.mark.parametrize("name, mode, lsyncd", [
    ("delivery-standalone", "standalone", "not_running"),
    ("delivery-primary", "primary", "fail"),
    ("delivery-standby", "cold_standby", "not_running"),
])
def test_delivery_with_everything_away(example, name, mode, lsyncd):
    daemon = example(name)
    answer = becomes(daemon, "/_status", delivery(mode, {"status": "fail"}, {"status": lsyncd}))
    assert answer.headers["Content-Type"] == "application/json"
    assert daemon.ask("POST", "/_status").status == 405


def test_delivery_standalone(example, postgres):
    daemon = example("delivery-standalone", DELIVERY_POSTGRES=at(postgres, "app"),
                     DELIVERY_POSTGRES_PASSWORD=databases.PASSWORD)
    becomes(daemon, "/_status",
            delivery("standalone", {"status": "pong"}, {"status": "not_running"}))


def test_delivery_pair(example, postgres):
    need("lsyncd", "lsyncd")
    with contextlib.closing(databases.Lsyncd()) as lsyncd:
        lsyncd.start_rsync()
        lsyncd.start()
        primary = example("delivery-primary", DELIVERY_POSTGRES=at(postgres, "test"),
                          DELIVERY_POSTGRES_PASSWORD=databases.PASSWORD,
                          DELIVERY_LSYNCD_PID=lsyncd.pid_file,
                          DELIVERY_LSYNCD_STATUS=lsyncd.status_file)
        running = {"status": "pong", "latency": "0"}
        alone = {"status": "degraded", "replication": "fail",
                 "description": "Replication is not running. Check your configuration."}
        becomes(primary, "/_status", delivery("primary", alone, running))
        with contextlib.closing(databases.Postgres(of=postgres)) as second:
            second.start()
            standby = example("delivery-standby", DELIVERY_POSTGRES=at(second, "test"),
                              DELIVERY_POSTGRES_PASSWORD=databases.PASSWORD)

            def both():
                found = [each.get("/_status") for each in (primary, standby)]
                return found if [each.status for each in found] == [200, 200] else None

            found = eventually(both, timeout=20)
            assert found, primary.get("/_status").text + standby.get("/_status").text
            first, other = (each.json["upstreams"][0] for each in found)
            assert found[0].json["configuration mode"] == "primary"
            assert found[1].json["configuration mode"] == "cold_standby"
            assert first["lsyncd"] == running
            assert other["lsyncd"] == {"status": "not_running"}
            assert sorted(first["postgres"]) == ["pg_current_xlog_location", "standby_ip_address",
                                                 "status"]
            assert first["postgres"]["standby_ip_address"] == "127.0.0.1"
            assert sorted(other["postgres"]) == ["pg_last_xlog_receive_location", "status"]
            assert re.fullmatch(r"[0-9A-F]+/[0-9A-F]+",
                                other["postgres"]["pg_last_xlog_receive_location"])
            def lsyncd_is(wanted, code):
                def same():
                    answer = primary.get("/_status")
                    return (answer.status, answer.json["upstreams"][0]["lsyncd"]) == (code, wanted)
                assert eventually(same, 20), primary.get("/_status").text

            # Paused: both continue, and their positions show it.
            second.sql("SELECT pg_wal_replay_pause()")
            assert both(), primary.get("/_status").text + standby.get("/_status").text
            second.sql("SELECT pg_wal_replay_resume()")
            lsyncd.end(signal.SIGKILL)
            lsyncd_is({"status": "fail"}, 500)
            lsyncd.pid_file.unlink()
            lsyncd.start()
            lsyncd_is(running, 200)
            # Promoted: it is no standby any more for either of them.
            second.sql("SELECT pg_promote()")
            becomes(primary, "/_status", delivery("primary", alone, running), timeout=20)
            becomes(standby, "/_status",
                    delivery("cold_standby", {"status": "fail"}, {"status": "not_running"}))
        becomes(primary, "/_status", delivery("primary", alone, running))
        becomes(standby, "/_status",
                delivery("cold_standby", {"status": "fail"}, {"status": "not_running"}))


# ---- lovely-ws-status -----------------------------------------------------------------------------

def lovely_states(daemon):
    return {name: each["state"] for name, each in daemon.get("/svc_status.json").json.items()}


def test_lovely_with_everything_away(example):
    daemon = example("lovely")
    red = {"DatabaseConnection": "RED", "UserService": "RED", "myHandler": "RED"}
    assert eventually(lambda: daemon.status("UserService") == "failed" ==
                      daemon.status("DatabaseConnection"))
    assert lovely_states(daemon) == red
    answer = becomes(daemon, "/svc_status", (200, "DatabaseConnection\tRED\tconnection refused\n"
                                                  "UserService\tRED\tconnection refused\n"
                                                  "myHandler\tRED\tnot run yet"))
    assert answer.headers["Content-Type"] == "text/csv; charset=UTF-8"
    answer = daemon.get("/svc_status.prometheus")
    assert answer.text.startswith("# HELP svc_status Status 0->OK, 1->YELLOW, 2->RED\n"
                                  "# TYPE svc_status untyped\n"
                                  'svc_status{name="DatabaseConnection"} 2\n'
                                  'svc_status{name="UserService"} 2\n'
                                  'svc_status{name="myHandler"} 2\n')
    becomes(daemon, "/probe_status", (200, "OK"))
    assert daemon.ask("POST", "/probe_status?body=x").status == 403
    assert daemon.control("POST", "/probe_status?body=kernel%20update").text == "kernel update"
    becomes(daemon, "/probe_status", (503, "kernel update"))
    assert daemon.control("POST", "/probe_status").text == "OK"
    becomes(daemon, "/probe_status", (200, "OK"))


def test_lovely(example, postgres, web):
    daemon = example("lovely", LOVELY_DATABASE=at(postgres, "app"),
                     LOVELY_DATABASE_PASSWORD=databases.PASSWORD, LOVELY_USERS=web("fine").url)
    answer = daemon.control("PUT", "/v1/components/myHandler", {
        "status": "ok", "detail": "running", "properties": {"labels": {"jobs": 7}}})
    assert answer.status == 204, answer.text
    assert eventually(lambda: set(lovely_states(daemon).values()) == {"OK"}), daemon.log()
    answer = daemon.get("/svc_status", {"Accept": "application/json"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["myHandler"] == {"state": "OK", "detail": "running", "labels": {"jobs": 7}}
    assert 'svc_status{name="myHandler_jobs"} 7\n' in daemon.get("/svc_status.prometheus").text
    assert daemon.control("PUT", "/v1/components/myHandler", {"status": "degraded"}).status == 204
    assert eventually(lambda: lovely_states(daemon)["myHandler"] == "YELLOW")


# ---- the token health API -------------------------------------------------------------------------

# The document's sample: every component, with its JSON made valid.
DOCUMENTED = {
    "cache": {"data", "pages", "task_lock", "task_queue"},
    "celery": {"ping", "queues.high_priority", "queues.medium_priority", "queues.low_priority"},
    "cloud_front": {"custom_component"},
    "history": {"clickhouse", "e2e", "event_bridge.api_destination", "event_bridge.connection",
                "event_bridge.credentials", "event_bridge.rule", "api", "files"},
    "s3": {"custom_component"},
    "postgres": None, "rabbit": None, "redis2": None, "redis": None, "vault": None,
    "websocket": None,
}
PUSHED = ("history/e2e",)


def url_of(variable, more=""):
    return f"/api/health/{SECRET} {variable}/{more}".replace(" ", "%20")


def leaves(answer):
    for name, value in answer.items():
        if "status" in value:
            yield name, value
        else:
            yield from ((f"{name}/{member}", leaf) for member, leaf in value.items())


def test_token_health_with_everything_away(example):
    daemon = example("token-health")
    path = url_of("HEALTH_TOKEN_PRODUCTION")

    def looked():
        statuses = {name: leaf["status"] for name, leaf in leaves(daemon.get(path).json)}
        return all(each.startswith("unavailable: ") for name, each in statuses.items()
                   if name not in PUSHED)

    assert eventually(looked, timeout=20), daemon.get(path).text
    answer = daemon.get(path + "?format=json")
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    shape = {name: None if "status" in value else set(value) for name, value in answer.json.items()}
    assert shape == DOCUMENTED
    for name, leaf in leaves(answer.json):
        assert sorted(leaf) == ["response_time", "status"], name
        assert re.fullmatch(r"\d+\.\d+", leaf["response_time"]), name
        assert leaf["status"] != "working"
        assert SECRET not in leaf["status"]
        if name in PUSHED:
            assert leaf["status"] == "unknown error: not run yet", name

    assert set(daemon.get(url_of("HEALTH_TOKEN_STATUS")).json) == {"cache", "postgres", "redis",
                                                                   "redis2"}
    for wrong, status, body in (
            (url_of("WRONG"), 405, {"detail": 'Method "GET" not allowed.'}),
            (url_of("WRONG", "?format=xml"), 404, {"detail": "Not found."}),
            (path + "?format=xml", 404, {"detail": "Not found."})):
        answer = daemon.get(wrong)
        assert (answer.status, answer.json) == (status, body)
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert daemon.get("/api/health/").status == 404
    assert daemon.get(path.rstrip("/")).status == 404
    assert daemon.get(path, {"Accept": "text/csv"}).status == 406
    assert daemon.get(path, {"Accept": "text/html"}).headers["Content-Type"].startswith("text/html")


class WebSocket:
    """A server of websockets: its handshake and the answer to a ping. With `right` false it
    computes a wrong answer to the key."""

    MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"    # RFC 6455, section 1.3

    def __init__(self, right):
        self.right = right
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}/live"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    self.speak(connection)

    def speak(self, connection):
        asked = b""
        while b"\r\n\r\n" not in asked and (piece := connection.recv(4096)):
            asked += piece
        key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", asked)[1]
        answer = hashlib.sha1(key + self.MAGIC if self.right else key).digest()
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\nSec-WebSocket-Accept: "
                           + base64.b64encode(answer) + b"\r\n\r\n")
        while len(head := connection.recv(2, socket.MSG_WAITALL)) == 2:
            length = head[1] & 0x7F
            mask = connection.recv(4, socket.MSG_WAITALL)
            content = connection.recv(length, socket.MSG_WAITALL) if length else b""
            content = bytes(byte ^ mask[at % 4] for at, byte in enumerate(content))
            opcode = head[0] & 0x0F
            connection.sendall(bytes([0x80 | (0xA if opcode == 9 else opcode), length]) + content)

    def close(self):
        stop_listening(self.listener)


@pytest.mark.parametrize("well", [True, False], ids=["well", "troubled"])
def test_token_health_sees_vault_and_websocket(example, web, well):
    sealed = "false" if well else "true"
    vault = web(f'{{"initialized": true, "sealed": {sealed}, "standby": false}}')
    with contextlib.closing(WebSocket(right=well)) as websocket:
        daemon = example("token-health", SHOP_VAULT=vault.url, SHOP_WEBSOCKET=websocket.url)
        for name in ("vault", "websocket"):
            assert daemon.becomes(name, "ok" if well else "failed"), daemon.components()[name]
        found = daemon.get(url_of("HEALTH_TOKEN_PRODUCTION")).json
        for name in ("vault", "websocket"):
            assert found[name]["status"].startswith("working" if well else "unavailable: "), found[name]


# ---- Caluma ---------------------------------------------------------------------------------------

def caluma(works):
    sections = ("databases", "caches", "database models", "database migrations")
    shown = {name: [{"default": {"ok": name in works}}] for name in sections}
    shown["media storage service (not configured)"] = {"ok": True}
    return (200 if set(sections) <= set(works) else 503, shown)


def test_caluma_with_everything_away(example):
    daemon = example("caluma")
    answer = becomes(daemon, "/healthz/", caluma([]))
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json) == list(caluma([])[1])
    assert daemon.get("/healthz").status == 503
    assert daemon.get("/healthz/?check=watchman.checks.storage").status == 404
    answer = daemon.get("/healthz/?check=watchman.checks.caches")
    assert (answer.status, answer.json) == (503, {"caches": [{"default": {"ok": False}}]})


def test_caluma_reports_a_media_store_that_is_away(example):
    daemon = example("caluma", MEDIA_STORAGE_SERVICE_URL=f"http://127.0.0.1:{free_port()}",
                     MINIO_STORAGE_ACCESS_KEY="minio", MINIO_STORAGE_SECRET_KEY="minio123")
    answer = becomes(daemon, "/healthz/?check=media%20storage%20service",
                     (503, {"media storage service": {"ok": False}}))
    assert answer.headers["Content-Type"] == "application/json"


def test_caluma_is_off_where_its_original_would_be(example):
    daemon = example("caluma", ENABLE_HEALTHZ_ENDPOINT="false")
    assert daemon.get("/healthz/").status == 404


def test_caluma(example, postgres, tmp_path):
    need("memcached", "memcached")
    for file in ("manage.py", "form/migrations/__init__.py", "form/migrations/0001_initial.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    postgres.sql("CREATE TABLE IF NOT EXISTS django_migrations (app text, name text)",
                 "INSERT INTO django_migrations VALUES ('form', '0001_initial')")
    with contextlib.closing(databases.Memcached()) as memcached:
        memcached.start()
        daemon = example("caluma", CALUMA_DATABASE=at(postgres, "test"), DATABASE_PASSWORD=databases.PASSWORD,
                         CALUMA_CACHE=f"memcached://127.0.0.1:{memcached.port}")
        everything = ["databases", "caches", "database models", "database migrations"]
        becomes(daemon, "/healthz/", caluma(everything))
        (tmp_path / "form/migrations/0002_more.py").touch()
        answer = becomes(daemon, "/healthz/", caluma(everything[:3]))
        assert "0002" not in answer.text and "unapplied" not in answer.text


# ---- what docs/compatibility.md says of paths, methods and headers ---------------------------------

READ, ALSO_POST = "GET, HEAD, OPTIONS", "GET, HEAD, POST, OPTIONS"
ANY = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
TOKEN = url_of("HEALTH_TOKEN_PRODUCTION")
ROWS = [
    ("pulp", "GET", "/v2/status", {}, 200, None),
    ("pulp", "HEAD", "/v2/status/", {}, 200, None),
    ("pulp", "OPTIONS", "/v2/status/", {}, 200, READ),
    ("pulp", "POST", "/v2/status/", {}, 405, READ),
    ("pulp", "GET", "/v2/status/?any=thing", {}, 200, None),
    ("delivery-standalone", "HEAD", "/_status", {}, 500, None),
    ("delivery-standalone", "GET", "/_status/", {}, 500, None),
    ("delivery-standalone", "POST", "/_status", {}, 405, READ),
    ("lovely", "POST", "/svc_status", {}, 405, READ),
    ("lovely", "GET", "/svc_status/", {}, 404, None),
    ("lovely", "PUT", "/probe_status", {}, 405, ALSO_POST),
    ("lovely", "OPTIONS", "/probe_status", {}, 200, ALSO_POST),
    ("lovely", "POST", "/probe_status?body=x", {}, 403, None),
    ("token-health", "OPTIONS", TOKEN, {}, 500, READ),
    ("token-health", "OPTIONS", url_of("WRONG"), {}, 405, READ),
    ("token-health", "POST", TOKEN, {}, 405, READ),
    ("token-health", "POST", url_of("WRONG"), {}, 405, READ),
    ("token-health", "TRACE", TOKEN, {}, 405, READ),
    ("token-health", "GET", TOKEN + "?format=", {}, 500, READ),
    ("token-health", "POST", TOKEN + "?format=xml", {}, 404, READ),
    ("token-health", "GET", TOKEN, {"Authorization": "JWT something else"}, 500, READ),
    ("caluma", "POST", "/healthz/", {}, 503, None),
    ("caluma", "TRACE", "/healthz/", {}, 405, ANY),
    ("caluma", "OPTIONS", "/healthz/", {}, 503, ANY),
    ("caluma", "GET", "/healthz/ping/", {}, 200, None),
    ("caluma", "GET", "/healthz/ping", {}, 301, None),
    ("caluma", "GET", "/healthz/bare/", {}, 503, None),
    ("caluma", "GET", "/healthz/bare/?check=nothing", {}, 200, None),
    ("caluma", "GET", "/healthz/?check=nothing", {}, 404, None),
    ("caluma", "GET", "/healthz/dashboard/", {}, 200, None),
    ("caluma", "GET", "/another/healthz/", {}, 404, None),
]


@pytest.mark.parametrize("name", sorted({row[0] for row in ROWS}))
def test_paths_methods_and_headers(example, name):
    daemon = example(name)
    for _, method, path, headers, status, allow in (row for row in ROWS if row[0] == name):
        answer = daemon.ask(method, path, headers=headers)
        where = f"{method} {path} {headers}"
        assert (answer.status, answer.headers["Allow"]) == (status, allow), where
        assert answer.headers["Cache-Control"] == "no-store", where
        assert answer.headers["X-Content-Type-Options"] == "nosniff", where
        assert "Content-Length" in answer.headers, where
        if method in ("HEAD", "OPTIONS"):
            assert answer.body == b"", where


def test_lovelys_forms(example):
    """The header beats the extension, .prometheus beats both, and a quality of 0 is a refusal."""
    for compat in (False, True):
        replace = [(r"\{dialect: svc_status, ", "{dialect: svc_status, compat: true, ")] if compat else []
        daemon = example("lovely", replace=replace)
        for path, accept, form in (
                ("", "*/*", "text/csv"), (".csv", "*/*", "text/csv"), (".json", "*/*", "application/json"),
                (".csv", "application/json", "application/json"), (".json", "text/csv", "text/csv"),
                (".prometheus", "application/json", "text/plain"), ("", "text/html", "text/csv"),
                ("", "application/json;q=0, text/csv", "application/json" if compat else "text/csv")):
            answer = daemon.get("/svc_status" + path, {"Accept": accept})
            found = answer.headers["Content-Type"].split(";")[0]
            assert (answer.status, found) == (200, form), (compat, path, accept)
        lines = daemon.get("/svc_status.prometheus").text.splitlines()
        assert lines.count("# TYPE svc_status untyped") == (3 if compat else 1)


def test_probe_status_survives_a_restart(example):
    daemon = example("lovely")
    assert daemon.control("POST", "/probe_status?body=").status == 200
    becomes(daemon, "/probe_status", (503, ""))
    daemon.stop()
    daemon.start()
    becomes(daemon, "/probe_status", (503, ""))
