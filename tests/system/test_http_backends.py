"""s3, clickhouse, vault, event_bridge and cloudfront, by the real binary: against the real Swift
and ClickHouse, and against stand-ins for Vault and AWS (see backends.py)."""
import contextlib
import json

import pytest

import backends
import peers
from daemon import eventually, free_port, run_vitals
from one_check import checker, expect


@pytest.fixture(scope="module")
def servers():
    """All at once, because starting them is mostly waiting."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(contextlib.closing(each()))
                for each in (backends.Swift, backends.ClickHouse)]
        yield [each.ready() for each in made]


@pytest.fixture(scope="module")
def swift(servers):
    return servers[0]


@pytest.fixture(scope="module")
def clickhouse(servers):
    return servers[1]


@pytest.fixture
def check(tmp_path):
    return checker(tmp_path, ("s3cret", "wrong-secret"))


# s3: real Swift, which verifies signatures


def test_s3_healthy(swift, check):
    found = check("s3", **swift.options())
    expect(found, "ok", detail="created, read and deleted an object")
    assert [phase["name"] for phase in found["phases"]] == [
        "resolve", "connect", "create", "stat", "download", "delete", "gone"]
    assert swift.objects() == []


def test_s3_behind_a_prefix(swift, check):
    expect(check("s3", **swift.options(prefix="health checks/+ü/")), "ok")
    assert swift.objects() == []


def test_s3_by_virtual_host(swift, check):
    there = {"url": f"http://0.0.1:{swift.port}", "style": "virtual"}
    found = check("s3", **swift.options(bucket="127", **there))
    expect(found, "failed", "assertion", "create", "bucket does not exist")
    swift.client().create_bucket(Bucket="127")
    expect(check("s3", **swift.options(bucket="127", **there)), "ok")


def test_s3_bucket_alone(swift, check):
    expect(check("s3", **swift.options(mode="bucket")), "ok", detail="bucket is there")
    found = check("s3", **swift.options(mode="bucket", bucket="nothing"))
    expect(found, "failed", "assertion", "bucket", "bucket does not exist")


@pytest.mark.parametrize("mode", ["object", "bucket"])
def test_s3_wrong_secret(swift, check, mode):
    found = check("s3", **swift.options(secret_key="wrong-secret", mode=mode))
    expect(found, "failed", "auth", "create" if mode == "object" else "bucket",
           "secret key refused")


def test_s3_unknown_key(swift, check):
    found = check("s3", **swift.options(access_key="test:nobody"))
    expect(found, "failed", "auth", "create")


@pytest.mark.parametrize("mode", ["object", "bucket"])
def test_s3_wrong_region(swift, check, mode):
    found = check("s3", **swift.options(region="eu-west-3", mode=mode))
    expect(found, "failed", "auth", detail="wrong region, the server expects us-east-1")


def test_s3_missing_bucket(swift, check):
    found = check("s3", **swift.options(bucket="nothing"))
    expect(found, "failed", "assertion", "create", "bucket does not exist")


def test_s3_user_without_permission(swift, check):
    found = check("s3", **swift.options(access_key="test:reader"))
    expect(found, "failed", "auth", "create", "not allowed to create an object")


def test_s3_hung(swift, check):
    with swift.stopped():
        found = check("s3", **swift.options())
    expect(found, "failed", "timeout", "create")
    expect(check("s3", **swift.options()), "ok")


def test_s3_not_configured(check):
    found = check("s3", url="", bucket="media")
    expect(found, "ok", detail="not configured")
    assert found["properties"]["configured"] is False


def test_s3_not_configured_in_healthz(vitals):
    daemon = vitals({"components": {"media storage service": {"check": "s3", "url": ""}},
                     "endpoints": [{"dialect": "healthz", "path": "/healthz/"}]})
    assert eventually(lambda: daemon.get("/healthz/").status == 200)
    answer = daemon.get("/healthz/")
    assert list(answer.json) == ["media storage service (not configured)"]


def test_s3_by_hand(swift):
    url = f"s3://test%3Atester:s3cret@localhost:{swift.port}/media?tls=off"
    answer = run_vitals("check", url)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "created, read and deleted an object" in answer.stdout
    assert "s3cret" not in answer.stdout


def test_s3_of_a_web_page(check):
    """Any web server answers a HEAD with 200."""
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n"
    with contextlib.closing(peers.WebServer(page + b"<html>")) as server:
        found = check("s3", url=f"http://127.0.0.1:{server.port}", bucket="media", mode="bucket",
                      access_key="key", secret_key="s3cret")
    expect(found, "failed", "protocol", "bucket")


def test_s3_container_server_dead_and_all_dead(check):
    """Its health page still says ok then."""
    own = backends.Swift()
    try:
        own.ready()
        own.container.kill()
        own.container.wait()
        assert backends.answers(own.port, b"GET /healthcheck HTTP/1.0\r\n\r\n", b"200 OK")
        found = check("s3", timeout="5s", **own.options())
        expect(found, "failed")
        assert found["error_class"] in ("assertion", "timeout"), found
        own.kill()
        expect(check("s3", **own.options()), "failed", "connect", "connect", "connection refused")
    finally:
        own.close()


# clickhouse: the real one


def test_clickhouse_healthy(clickhouse, check):
    found = check("clickhouse", **clickhouse.options())
    expect(found, "ok", detail="answers queries")
    assert [phase["name"] for phase in found["phases"]] == ["connect", "ping", "query"]
    expect(check("clickhouse", url=f"http://127.0.0.1:{clickhouse.port}"), "ok")
    expect(check("clickhouse", **clickhouse.options(replicas=True)), "degraded",
           detail="no replicated table is there or may be seen")


def test_clickhouse_wrong_password_and_user(clickhouse, check):
    """Its ping says ok then."""
    for wrong in ({"password": "wrong-secret"}, {"user": "nobody"}):
        found = check("clickhouse", **clickhouse.options(**wrong))
        expect(found, "failed", "auth", "query", "wrong user or password")


def test_clickhouse_port_of_the_native_protocol(clickhouse, check):
    found = check("clickhouse", url=f"http://127.0.0.1:{clickhouse.tcp_port}")
    expect(found, "failed", "protocol", "ping")


def test_clickhouse_hung(clickhouse, check):
    with clickhouse.stopped():
        found = check("clickhouse", **clickhouse.options())
    expect(found, "failed", "timeout", "ping")
    expect(check("clickhouse", **clickhouse.options()), "ok")


def test_clickhouse_killed(check):
    own = backends.ClickHouse()
    try:
        own.ready()
        expect(check("clickhouse", **own.options()), "ok")
        own.kill()
        found = check("clickhouse", **own.options())
        expect(found, "failed", "connect", "connect", "connection refused")
    finally:
        own.close()


def test_clickhouse_by_hand(clickhouse):
    answer = run_vitals("check", f"clickhouse://test:s3cret@127.0.0.1:{clickhouse.port}")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "answers queries" in answer.stdout


# vault: a stand-in that python3-hvac, an independent client, talks to as well


@pytest.fixture(scope="module")
def vault():
    with contextlib.closing(backends.Vault()) as made:
        yield made


def test_the_vault_stand_in_is_one_for_an_independent_client(vault):
    import hvac
    client = hvac.Client(url=vault.url, token="hour")
    assert client.is_authenticated()
    assert client.auth.token.lookup_self()["data"]["ttl"] == 3600
    read = client.secrets.kv.v2.read_secret_version(path="health", mount_point="kv")
    assert read["data"]["data"] == {"password": "s3cret"}
    read = client.secrets.kv.v1.read_secret(path="health", mount_point="old")
    assert read["data"] == {"password": "s3cret"}
    assert client.sys.read_health_status(method="GET")["sealed"] is False
    with vault.being(sealed=True):
        assert client.sys.read_health_status(method="GET").status_code == 503
    with pytest.raises(hvac.exceptions.Forbidden):
        hvac.Client(url=vault.url, token="expired").auth.token.lookup_self()


def test_vault_healthy(vault, check):
    expect(check("vault", url=vault.url), "ok", detail="active")
    for path in ("kv/health#password", "old/health"):
        found = check("vault", url=vault.url, token="hour", path=path, ttl_above="30m")
        expect(found, "ok", detail="active, secret readable")
        assert [phase["name"] for phase in found["phases"]] == [
            "connect", "health", "token", "secret"]


def test_vault_sealed_standby_and_not_initialised(vault, check):
    for change, detail in ({"sealed": True}, "is sealed"), ({"initialized": False}, "initialised"):
        with vault.being(**change):
            expect(check("vault", url=vault.url, token="root"), "failed", "assertion", "health",
                   detail)
    with vault.being(standby=True):
        expect(check("vault", url=vault.url), "failed", "assertion", "health", "is a standby")
        expect(check("vault", url=vault.url, standby_ok=True), "ok", detail="standby")


def test_vault_tokens(vault, check):
    for token in ("expired", "wrong-secret"):
        expect(check("vault", url=vault.url, token=token), "failed", "auth", "token",
               "token is not valid")
    found = check("vault", url=vault.url, token="hour", ttl_above="2h")
    expect(found, "degraded", detail="token ends in 1h")
    expect(check("vault", url=vault.url, token="root", ttl_above="2h"), "ok")


def test_vault_missing_secret(vault, check):
    found = check("vault", url=vault.url, token="root", path="kv/nothing")
    expect(found, "failed", "assertion", "secret", "secret does not exist")
    found = check("vault", url=vault.url, token="root", path="kv/health#nothing")
    expect(found, "failed", "assertion", "secret", "secret has no nothing")


def test_vault_by_hand(vault):
    at = f"127.0.0.1:{vault.port}/kv/health?tls=off#password"
    answer = run_vitals("check", f"vault://:hour@{at}")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "active, secret readable" in answer.stdout
    answer = run_vitals("check", f"vault://:no/hour@{at}")
    assert answer.returncode == 64
    assert "percent-encoded" in answer.stderr and "hour" not in answer.stderr


def test_vault_nested_mount(vault, check):
    vault.secrets["/v1/teams/shop/kv/data/health"] = {"password": "s3cret"}
    found = check("vault", url=vault.url, token="root", path="teams/shop/kv/health#password")
    expect(found, "ok", detail="active, secret readable")


# event_bridge: a stand-in that has botocore compute every signature again


@pytest.fixture(scope="module")
def aws():
    with contextlib.closing(backends.Aws()) as made:
        yield made


def event_bridge(aws, **more):
    return {"region": "eu-central-1", "endpoint": aws.url, "access_key": aws.KEY,
            "secret_key": aws.SECRET, **more}


PARTS = [{"part": "credentials"}, {"part": "rule", "name": "orders"},
         {"part": "rule", "name": "orders", "bus": "shop"},
         {"part": "connection", "name": "sink"}, {"part": "api_destination", "name": "sink"}]


@pytest.mark.parametrize("part", PARTS)
def test_event_bridge_healthy(aws, check, part):
    expect(check("event_bridge", **event_bridge(aws, **part)), "ok")
    temporary = event_bridge(aws, **part, session_token=aws.TOKEN)
    expect(check("event_bridge", **{**temporary, "access_key": aws.TEMPORARY}), "ok")


@pytest.mark.parametrize("part", PARTS)
def test_event_bridge_refusals(aws, check, part):
    for wrong, detail in (({"secret_key": "wrong-secret"}, "secret key refused"),
                          ({"access_key": "nobody"}, "access key unknown"),
                          ({"region": "eu-west-3"}, "region refused"),
                          ({"access_key": aws.TEMPORARY, "session_token": "old"}, "token expired")):
        found = check("event_bridge", **{**event_bridge(aws, **part), **wrong})
        expect(found, "failed", "auth", part["part"], detail)


def test_event_bridge_states(aws, check):
    for part, state, status in (("rule", "DISABLED", "failed"),
                                ("connection", "DEAUTHORIZED", "failed"),
                                ("connection", "AUTHORIZING", "degraded"),
                                ("api_destination", "INACTIVE", "failed")):
        with aws.being(part, state):
            name = "orders" if part == "rule" else "sink"
            found = check("event_bridge", **event_bridge(aws, part=part, name=name))
        expect(found, status, detail=state)
        assert found["properties"]["state"] == state
    found = check("event_bridge", **event_bridge(aws, part="rule", name="nothing"))
    expect(found, "failed", "assertion", "rule", "rule does not exist")
    found = check("event_bridge", **event_bridge(aws, part="rule", name="orders", bus="other"))
    expect(found, "failed", "assertion", "rule", "rule does not exist")


class Bus(backends.Aws):
    """The stand-in with events: `way(id)` is what the rule's target does with an event."""

    class handler(backends.Aws.handler):  # noqa: N801
        def do_POST(self):
            if self.headers.get("X-Amz-Target") != "AWSEvents.PutEvents":
                return super().do_POST()
            self.sent = self.body()
            if problem := self.problem("events"):
                return self.refuse(*problem)
            (entry,) = json.loads(self.sent)["Entries"]
            assert entry["Source"] == "vitals" and entry["DetailType"] == "vitals.probe", entry
            if entry.get("EventBusName", "default") not in ("default", "shop"):
                return self.refuse("ResourceNotFoundException", "Event bus does not exist.")
            if self.owner.refused:
                return self.reply(200, {"FailedEntryCount": 1, "Entries": [
                    {"ErrorCode": "InternalFailure", "ErrorMessage": "s"}]})
            self.owner.way(json.loads(entry["Detail"])["id"])
            self.reply(200, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})

    refused = False


def test_event_bridge_end_to_end(check, clickhouse):
    """The sink is a real ClickHouse."""
    from urllib.parse import quote
    from urllib.request import Request, urlopen

    def ask(statement, data=b""):
        url = f"http://127.0.0.1:{clickhouse.port}/?query={quote(statement)}"
        with urlopen(Request(url, data), timeout=10) as answer:
            return answer.read().decode()

    ask("CREATE TABLE probes (id String) ENGINE = Memory")
    with contextlib.closing(Bus()) as bus:
        bus.way = lambda id: ask("INSERT INTO probes (id) FORMAT TabSeparated", id.encode() + b"\n")
        options = event_bridge(
            bus, part="e2e", sink=f"http://127.0.0.1:{clickhouse.port}/?query=" + quote("SELECT id FROM probes WHERE id = '")
            + "{id}%27", sink_headers={"X-ClickHouse-User": "test", "X-ClickHouse-Key": "s3cret"})
        expect(check("event_bridge", timeout="10s", **options), "ok", detail="came out at the sink")
        expect(check("event_bridge", timeout="10s", bus="shop", **options), "ok")
        assert ask("SELECT count() FROM probes WHERE startsWith(id, 'vitals-')").strip() == "2"
        expect(check("event_bridge", bus="nobodys", **options), "failed", "assertion", "put",
               "bus does not exist")
        wrong = {**options, "sink_headers": {"X-ClickHouse-User": "test", "X-ClickHouse-Key": "wrong"}}
        expect(check("event_bridge", **wrong), "failed", "assertion", "sink", "the sink answers with")
        bus.refused = True
        expect(check("event_bridge", **options), "failed", "assertion", "put", "the event was not taken")
        bus.refused, bus.way = False, lambda id: None
        expect(check("event_bridge", **options), "failed", "timeout", "sink", "did not come out")


def test_event_bridge_hung_and_gone(check, silence):
    where = {"region": "eu-central-1", "access_key": "a", "secret_key": "s3cret",
             "part": "rule", "name": "orders"}
    found = check("event_bridge", endpoint=f"http://127.0.0.1:{silence.port}", **where)
    expect(found, "failed", "timeout", "rule")
    found = check("event_bridge", endpoint=f"http://127.0.0.1:{free_port()}", **where)
    expect(found, "failed", "connect", "connect", "connection refused")


# cloudfront: the same stand-in for its API


def test_cloudfront_distribution(aws, check):
    where = {"endpoint": aws.url, "access_key": aws.KEY, "secret_key": aws.SECRET,
             "distribution": "E1"}
    expect(check("cloudfront", **where), "ok", detail="deployed")
    found = check("cloudfront", **{**where, "distribution": "E2"})
    expect(found, "failed", "assertion", "distribution", "distribution does not exist")
    found = check("cloudfront", **{**where, "secret_key": "wrong-secret"})
    expect(found, "failed", "auth", "distribution", "secret key refused")
