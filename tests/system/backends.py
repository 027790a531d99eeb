"""Servers for the tests of object stores, secrets and cloud services. Swift with s3api and
ClickHouse are the real ones. Vault and AWS are stand-ins, because no real server can be had.
Independent implementations verify what the stand-ins are asked: python3-hvac talks to the same
stand-in, botocore computes every signature again. Their answers follow the documents."""
import contextlib
import datetime
import hashlib
import hmac
import http.server
import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

from brokers import PATH, Server, answers, unprivileged
from daemon import free_port

LAUNCHER = """
import eventlet
eventlet.patcher.monkey_patch(all=False, socket=True, select=True, thread=True)
import logging, os, sys
from eventlet import listen, wsgi
from swift.common import utils
from swift.common.http_protocol import SwiftHttpProtocol
from swift.common.wsgi import loadapp
folder, ports = sys.argv[1], dict(each.split("=") for each in sys.argv[2:])
utils.set_swift_dir(folder)
threads = [
    eventlet.spawn(wsgi.server, listen(("127.0.0.1", int(port))),
                   loadapp(f"{folder}/{kind}-server.conf", global_conf={"log_name": kind}),
                   logging.getLogger("swift"), protocol=SwiftHttpProtocol, log_output=False)
    for kind, port in ports.items()]
for thread in threads:
    thread.wait()
"""

RINGS = """
import sys
from swift.common.ring import RingBuilder
for kind, port in (each.split("=") for each in sys.argv[2:]):
    ring = RingBuilder(4, 1, 0)
    ring.add_dev(dict(region=1, zone=1, ip="127.0.0.1", port=int(port), device="sda", weight=1.0,
                      replication_ip="127.0.0.1", replication_port=int(port)))
    ring.rebalance()
    ring.get_ring().save(f"{sys.argv[1]}/{kind}.ring.gz")
"""

PROXY = """
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth copy container_quotas slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
node_timeout = 1
conn_timeout = 0.5
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
storage_domain = 0.0.1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = s3cret .admin
user_test_reader = s3cret
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
"""


# The proxy's quota needs tokens, and tokens need a memcached. So the container server gets the
# quota.
QUOTA = """
import sys
from swift.common import direct_client, utils
utils.set_swift_dir(sys.argv[1])
from swift.common.ring import Ring
from swift.common.utils import Timestamp
utils.validate_hash_conf()
part, nodes = Ring(sys.argv[1], ring_name="container").get_nodes(*sys.argv[2:4])
direct_client.direct_put_container(
    nodes[0], part, *sys.argv[2:4],
    headers={"X-Container-Meta-Quota-Bytes": "1", "X-Timestamp": Timestamp.now().internal})
"""


class Swift(Server):
    """OpenStack Swift with its S3 API. The container server is a separate process, so that it can
    die alone. Keys: test:tester (owner), test:reader (no rights). Under the name 0.0.1 it takes the
    bucket from the host: `127.0.0.1` is a bucket's name that resolves everywhere."""

    KEY, SECRET, BUCKET = "test:tester", "s3cret", "media"

    def __init__(self):
        super().__init__("swift")
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        back = {kind: free_port() for kind in ("account", "container", "object")}
        for name in ("etc", "node", "node/sda", "cache"):
            self.make(name)
        common = f"""[DEFAULT]
bind_ip = 127.0.0.1
workers = 0
swift_dir = {self.folder}/etc
log_level = WARNING
devices = {self.folder}/node
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
"""
        self.write("etc/swift.conf", "[swift-hash]\nswift_hash_path_suffix = a\n"
                   "swift_hash_path_prefix = b\n[storage-policy:0]\nname = p\ndefault = yes\n")
        for kind, port in back.items():
            self.write(f"etc/{kind}-server.conf", common + f"""bind_port = {port}
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
recon_cache_path = {self.folder}/cache
""")
        simple = "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in (
            "catch_errors", "gatekeeper", "healthcheck", "listing_formats", "copy", "container_quotas",
            "slo", "dlo"))
        self.write("etc/proxy-server.conf", common + f"bind_port = {self.port}\n" + PROXY + simple)
        ports = {kind: f"{kind}={port}" for kind, port in back.items()}
        subprocess.run(["/usr/bin/python3", "-c", RINGS, str(self.folder / "etc"), *ports.values()],
                       check=True, env={"PATH": PATH, "HOME": str(self.folder)}, **unprivileged())
        launch = ["/usr/bin/python3", "-c", LAUNCHER, self.folder / "etc"]
        self.container = self.spawn(*launch, ports["container"])
        self.spawn(*launch, ports["account"], ports["object"], f"proxy={self.port}")

    def ready(self):
        import botocore.exceptions
        self.wait(lambda: answers(self.port, b"GET /healthcheck HTTP/1.0\r\n\r\n", b"200 OK"))
        with contextlib.suppress(botocore.exceptions.ClientError):  # the container may need a moment
            self.client().create_bucket(Bucket=self.BUCKET)
        self.wait(lambda: self.has_bucket())
        return self

    def make_full(self, bucket):
        """A bucket whose quota is one byte."""
        self.client().create_bucket(Bucket=bucket)
        subprocess.run(["/usr/bin/python3", "-c", QUOTA, str(self.folder / "etc"), "AUTH_test",
                        bucket], check=True, capture_output=True, text=True,
                       env={"PATH": PATH, "HOME": str(self.folder)}, **unprivileged())

    def has_bucket(self):
        import botocore.exceptions
        try:
            self.client().create_bucket(Bucket=self.BUCKET)
        except botocore.exceptions.ClientError as error:
            return "BucketAlready" in str(error)
        return True

    def client(self):
        import boto3
        from botocore.config import Config
        return boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id=self.KEY, aws_secret_access_key=self.SECRET,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}))

    def objects(self):
        listed = self.client().list_objects_v2(Bucket=self.BUCKET)
        return [each["Key"] for each in listed.get("Contents", [])]

    def options(self, **more):
        return {"url": self.url, "bucket": self.BUCKET,
                "access_key": self.KEY, "secret_key": self.SECRET, **more}


class ClickHouse(Server):
    """Users: test (password s3cret, may only read), full (the same, and its quota is one query a
    year), default (no password)."""

    def __init__(self):
        super().__init__("clickhouse")
        self.port, tcp, internal = (free_port() for _ in range(3))
        self.tcp_port = tcp
        for name in ("data", "tmp", "files", "schemas"):
            self.make(name)
        folder = self.folder
        digest = hashlib.sha256(b"s3cret").hexdigest()
        everyone = "<networks><ip>127.0.0.1</ip></networks>"
        password = f"<password_sha256_hex>{digest}</password_sha256_hex><profile>reading</profile>"
        zero = "".join(f"<{each}>0</{each}>" for each in (
            "queries", "errors", "result_rows", "read_rows", "execution_time"))
        self.write("users.xml", f"""<yandex>
<profiles><default/><reading><readonly>1</readonly></reading></profiles>
<quotas><default><interval><duration>3600</duration>{zero}</interval></default>
<one><interval><duration>31536000</duration>{zero.replace("<queries>0", "<queries>1")}</interval></one>
</quotas>
<users>
<default><password></password><profile>default</profile><quota>default</quota>{everyone}</default>
<test>{password}<quota>default</quota>{everyone}</test>
<full>{password}<quota>one</quota>{everyone}</full>
</users></yandex>""")
        self.write("config.xml", f"""<yandex>
<logger><level>warning</level><console>1</console></logger>
<listen_host>127.0.0.1</listen_host><http_port>{self.port}</http_port><tcp_port>{tcp}</tcp_port>
<interserver_http_port>{internal}</interserver_http_port>
<interserver_http_host>127.0.0.1</interserver_http_host>
<max_connections>64</max_connections><max_concurrent_queries>10</max_concurrent_queries>
<uncompressed_cache_size>8388608</uncompressed_cache_size><mark_cache_size>8388608</mark_cache_size>
<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path>
<user_files_path>{folder}/files/</user_files_path>
<format_schema_path>{folder}/schemas/</format_schema_path>
<users_config>{folder}/users.xml</users_config><default_profile>default</default_profile>
<default_database>default</default_database><timezone>UTC</timezone></yandex>""")
        self.spawn("clickhouse-server", f"--config-file={folder}/config.xml")

    def ready(self):
        return self.wait(lambda: answers(self.port, b"GET /ping HTTP/1.0\r\n\r\n", b"Ok."))

    def options(self, **more):
        return {"url": f"http://127.0.0.1:{self.port}", "user": "test", "password": "s3cret",
                **more}


class Requests(http.server.BaseHTTPRequestHandler):
    """The common part of the stand-ins; `self.server.owner` is the stand-in."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.owner = self.server.owner

    def reply(self, status, answer=b"", content_type="application/json", **headers):
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def log_message(self, *ignored):
        pass


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class StandIn:
    """Serves a handler on a thread of its own."""

    handler = Requests

    def __init__(self, port=None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = Listener(("127.0.0.1", self.port), self.handler)
        self.server.handle_error = lambda *_: None    # clients that leave early are normal
        self.server.owner = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Vault(StandIn):
    """A stand-in, not Vault. Tokens: their seconds left, None for no limit, 0 for expired. `blind`
    may only look itself up, `many` has used its quota of requests. Secrets are listed by the path
    of the API; None is a deleted one."""

    class handler(Requests):  # noqa: N801
        def misbehave(self):
            how, owner = self.owner.misbehaviour, self.owner
            if how == "hang":
                owner.released.wait(60)
            elif how == "garbage":
                self.wfile.write(b"nonsense\r\n\r\n")
            elif how == "page":
                return self.reply(200, b"<html>s3cret</html>", "text/html")
            elif how == "redirect":
                return self.reply(307, b"", Location=f"http://127.0.0.1:{self.owner.port}/elsewhere")
            elif how == "echo":
                return self.reply(500, self.headers.get("X-Vault-Token", "").encode())
            elif how == "huge":
                with contextlib.suppress(OSError):
                    self.reply(200, b"{" + b" " * 9_000_000)
            self.close_connection = True
            return None

        def do_GET(self):
            url = urllib.parse.urlparse(self.path)
            owner, query = self.owner, dict(urllib.parse.parse_qsl(url.query))
            state = owner.state
            owner.asked += 1
            if owner.misbehaviour:
                return self.misbehave()
            if url.path == "/v1/sys/health":
                code = ("uninitcode", 501) if not state["initialized"] else (
                    "sealedcode", 503) if state["sealed"] else (
                    "standbycode", 429) if state["standby"] and "standbyok" not in query else (
                    "activecode", 200)
                return self.reply(int(query.get(code[0], code[1])), {
                    **state, "replication_performance_mode": "disabled", "version": "1.15.0",
                    "replication_dr_mode": "disabled", "server_time_utc": int(time.time())})
            if state["sealed"]:
                return self.reply(503, {"errors": ["Vault is sealed"]})
            if self.headers.get("X-Vault-Token") == "many":
                return self.reply(429, {"errors": ["rate limit quota exceeded"]})
            left = owner.tokens.get(self.headers.get("X-Vault-Token"), 0)
            if left == 0 or self.headers.get("X-Vault-Namespace", "") != owner.name_space:
                return self.reply(403, {"errors": ["permission denied"]})
            if url.path == "/v1/auth/token/lookup-self":
                expires = None if left is None else time.strftime(
                    "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + left))
                return self.reply(200, {"data": {"id": self.headers["X-Vault-Token"],
                                                 "ttl": left or 0, "expire_time": expires,
                                                 "renewable": True, "policies": ["default"]}})
            if self.headers.get("X-Vault-Token") == "blind":
                return self.reply(403, {"errors": ["permission denied"]})
            mounts = "/v1/sys/internal/ui/mounts/"
            if url.path.startswith(mounts):
                at = next((mount for mount in owner.mounts
                           if url.path.removeprefix(mounts).startswith(mount)), None)
                if at is None or not owner.tells_mounts:
                    return self.reply(403, {"errors": ["preflight capability check returned 403"]})
                version = owner.mounts[at]
                return self.reply(200, {"data": {
                    "path": at, "type": "kv" if version else "database",
                    "options": {"version": str(version)} if version else None}})
            versioned = any(version == 2 and url.path.startswith(f"/v1/{mount}data/")
                            for mount, version in owner.mounts.items())
            if url.path not in owner.secrets:
                return self.reply(404, {"errors": []})
            values = owner.secrets[url.path]
            if values is None:
                return self.reply(404, {"data": {"data": None, "metadata": {
                    "version": 2, "deletion_time": "2026-01-01T00:00:00Z", "destroyed": False}}})
            self.reply(200, {"data": {"data": values, "metadata": {"version": 1}}
                             if versioned else values})

        do_HEAD = do_GET

    def __init__(self, port=None):
        self.state = {"initialized": True, "sealed": False, "standby": False,
                      "performance_standby": False}
        self.tokens = {"root": None, "hour": 3600, "expired": 0, "blind": None}
        self.mounts = {"kv/": 2, "old/": 1, "teams/shop/kv/": 2, "database/": None}
        self.tells_mounts = True
        self.name_space = ""
        self.secrets = {"/v1/kv/data/health": {"password": "s3cret"},
                        "/v1/old/health": {"password": "s3cret"}}
        self.misbehaviour = None
        self.released = threading.Event()
        self.asked = 0
        super().__init__(port)

    def close(self):
        self.released.set()
        super().close()

    @contextlib.contextmanager
    def being(self, **changes):
        before = dict(self.state)
        self.state.update(changes)
        try:
            yield
        finally:
            self.state.update(before)


class Aws(StandIn):
    """A stand-in for EventBridge, STS and CloudFront's API, not AWS. botocore computes every
    signature again."""

    KEY, SECRET, REGION = "AKIDTEST", "s3cret", "eu-central-1"
    TEMPORARY, TOKEN = "ASIATEST", "of-an-hour"

    OPERATIONS = {"DescribeRule": ("rule", "State"),
                  "DescribeConnection": ("connection", "ConnectionState"),
                  "DescribeApiDestination": ("api_destination", "ApiDestinationState")}

    class handler(Requests):  # noqa: N801
        def refuse(self, code, message):
            if "Action=" in self.sent.decode():
                body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>" \
                       f"{message}</Message></Error></ErrorResponse>"
                return self.reply(403, body.encode(), "text/xml")
            self.reply(400, {"__type": f"com.amazon.coral.service#{code}", "message": message},
                       "application/x-amz-json-1.1")

        def problem(self, service):
            """What AWS would refuse in the request's signature: (code, message), or nothing."""
            import botocore.auth
            import botocore.awsrequest
            import botocore.credentials
            owner, mark = self.owner, self.headers.get("Authorization", "")
            parts = re.fullmatch(
                r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
                r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})", mark)
            if not parts:
                return "IncompleteSignatureException", "bad Authorization"
            key, day, region, scope, names, signature = parts.groups()
            if key not in (owner.KEY, owner.TEMPORARY):
                return "UnrecognizedClientException", "The security token is invalid."
            if (region, scope) != (
                    "us-east-1" if service == "cloudfront" else owner.REGION, service):
                return "InvalidSignatureException", "Credential should be scoped to a valid region."
            stamp = self.headers.get("X-Amz-Date", "")
            sent_at = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
            if not stamp.startswith(day) or abs(
                    (datetime.datetime.utcnow() - sent_at).total_seconds()) > 300:
                return "InvalidSignatureException", "Signature expired"
            if "host" not in names.split(";"):
                return "InvalidSignatureException", "host must be signed"
            if key == owner.TEMPORARY and (self.headers.get("X-Amz-Security-Token") != owner.TOKEN
                                           or "x-amz-security-token" not in names.split(";")):
                return "ExpiredTokenException", "The security token has expired"
            request = botocore.awsrequest.AWSRequest(
                method=self.command, url=f"http://{self.headers['Host']}{self.path}",
                data=self.sent)
            for name in names.split(";"):
                request.headers[name] = self.headers[name]
            request.context["timestamp"] = stamp
            signer = botocore.auth.SigV4Auth(
                botocore.credentials.Credentials(key, owner.SECRET), service, region)
            wanted = signer.signature(
                signer.string_to_sign(request, signer.canonical_request(request)), request)
            if not hmac.compare_digest(wanted, signature):
                return "InvalidSignatureException", "The signature we calculated does not match"
            return None

        def do_POST(self):
            self.sent = self.body()
            operation = self.headers.get("X-Amz-Target", "").removeprefix("AWSEvents.")
            if problem := self.problem("events" if operation else "sts"):
                return self.refuse(*problem)
            if not operation:
                assert b"Action=GetCallerIdentity" in self.sent
                return self.reply(200, b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>"
                                  b"arn:aws:iam::1:user/a</Arn></GetCallerIdentityResult>"
                                  b"</GetCallerIdentityResponse>", "text/xml")
            part, field = self.owner.OPERATIONS[operation]
            asked = json.loads(self.sent)
            if asked["Name"] == "throttled":
                return self.refuse("ThrottlingException", "Rate exceeded")
            known = ("orders", ("default", "shop")) if part == "rule" else ("sink", ("default",))
            if asked["Name"] != known[0] or asked.get("EventBusName", "default") not in known[1]:
                return self.refuse("ResourceNotFoundException", "does not exist")
            self.reply(200, {"Name": asked["Name"], field: self.owner.states[part]},
                       "application/x-amz-json-1.1")

        def do_GET(self):
            self.sent = b""
            if problem := self.problem("cloudfront"):
                return self.reply(403, b"<ErrorResponse><Error><Code>%s</Code></Error>"
                                  b"</ErrorResponse>" % problem[0].encode(), "text/xml")
            if self.path == "/2020-05-31/distribution/THROTTLED":
                return self.reply(400, b"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate "
                                  b"exceeded</Message></Error></ErrorResponse>", "text/xml")
            if self.path != "/2020-05-31/distribution/E1":
                return self.reply(404, b"<ErrorResponse><Error><Code>NoSuchDistribution</Code>"
                                  b"</Error></ErrorResponse>", "text/xml")
            self.reply(200, b"<Distribution><Status>Deployed</Status><DistributionConfig><Logging>"
                       b"<Enabled>false</Enabled></Logging><Enabled>true</Enabled>"
                       b"</DistributionConfig></Distribution>", "text/xml")

    def __init__(self, port=None):
        self.states = {"rule": "ENABLED", "connection": "AUTHORIZED", "api_destination": "ACTIVE"}
        super().__init__(port)

    @contextlib.contextmanager
    def being(self, part, state):
        before = self.states[part]
        self.states[part] = state
        try:
            yield
        finally:
            self.states[part] = before
