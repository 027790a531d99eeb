"""etcd and prometheus against the real ones, elasticsearch against a stand-in that Elastic's own
client accepts (see apis.py), all by the real binary."""
import contextlib

import pytest

import apis
import peers
from daemon import eventually, run_vitals
from one_check import checker, expect


@pytest.fixture
def check(tmp_path):
    return checker(tmp_path, (apis.PASSWORD, "wrong-secret"))


@pytest.fixture(scope="module")
def etcd():
    with contextlib.closing(apis.Etcd()) as made:
        yield made.ready()


@pytest.fixture(scope="module")
def private_etcd():
    with contextlib.closing(apis.Etcd(users=True)) as made:
        yield made.ready()


@pytest.fixture(scope="module")
def prometheus():
    with contextlib.closing(apis.Prometheus()) as made:
        yield made.ready()


@pytest.fixture
def elastic():
    with contextlib.closing(apis.Elasticsearch()) as made:
        yield made


# etcd

def test_etcd_healthy(etcd, check):
    found = check("etcd", url=etcd.url)
    expect(found, "ok", detail="healthy")
    assert [phase["name"] for phase in found["phases"]] == ["connect", "health", "status", "judge"]
    assert found["properties"]["database_bytes"] > 0
    expect(check("etcd", url=etcd.url, key="/shop"), "ok")
    expect(check("etcd", url=etcd.url, key="/nothing"), "failed", "assertion", "read",
           "key does not exist")
    expect(check("etcd", url=etcd.url, user="app", password=apis.PASSWORD), "degraded",
           detail="authentication is not enabled")


def test_etcd_log_in(private_etcd, check):
    url = private_etcd.url
    expect(check("etcd", url=url), "ok")
    expect(check("etcd", url=url, key="/shop"), "failed", "auth", "read", "not allowed")
    app = {"url": url, "user": "app", "password": apis.PASSWORD}
    expect(check("etcd", **app, key="/shop"), "ok", detail="healthy")
    expect(check("etcd", **app, key="/other"), "failed", "auth", "read", "not allowed")
    expect(check("etcd", **{**app, "password": "wrong-secret"}), "failed", "auth", "auth",
           "wrong user or password")
    expect(check("etcd", **{**app, "user": "nobody"}), "failed", "auth", "auth",
           "wrong user or password")


def test_etcd_full(check):
    with contextlib.closing(apis.Etcd(quota=2_000_000)) as own:
        own.ready()
        expect(check("etcd", url=own.url, quota="2000000"), "ok")
        own.fill()
        found = check("etcd", url=own.url, key="/shop", quota="2000000")
        expect(found, "failed", "assertion", "health", "takes no writes: database space exceeded")


def test_etcd_without_a_quorum(check):
    with contextlib.closing(apis.Cluster()) as cluster:
        cluster.ready()
        last = cluster.members[2]
        expect(check("etcd", url=last.url), "ok")
        for member in cluster.members[:2]:
            member.kill()
        assert eventually(lambda: check("etcd", url=last.url, timeout="3s")["status"] == "failed", 10)
        found = check("etcd", url=last.url, timeout="4s")
        expect(found, "failed", "assertion", "health", "unhealthy")
        expect(check("etcd", url=cluster.members[0].url), "failed", "connect", "connect")


def test_etcd_hung(etcd, check):
    with etcd.stopped():
        expect(check("etcd", url=etcd.url), "failed", "timeout", "health")
    expect(check("etcd", url=etcd.url), "ok")


# prometheus

def test_prometheus_values(prometheus, check):
    url = prometheus.url
    found = check("prometheus", url=url, query='up{job="self"}', failed_below=1)
    expect(found, "ok", detail="1")
    assert [phase["name"] for phase in found["phases"]] == ["connect", "query", "judge"]
    expect(check("prometheus", url=url, query="up", failed_below=1), "failed", "assertion", "judge",
           "1 of 2 series are outside: 0, below 1")
    expect(check("prometheus", url=url, query="up", failed_below=1, series="any"), "ok")
    expect(check("prometheus", url=url, query="up", series="one"), "failed", "assertion")
    expect(check("prometheus", url=url, query="scalar(sum(up))", failed_above=0), "failed",
           "assertion", "judge", "1, above 0")


def test_prometheus_traps(prometheus, check):
    url = prometheus.url
    for nothing in ("ups", "sum(ups)", "up > 1", "vector(0) > 1"):
        expect(check("prometheus", url=url, query=nothing, failed_above=1), "failed", "assertion",
               "judge", "no series")
    expect(check("prometheus", url=url, query="ups", empty="ok"), "ok", detail="no series")
    for odd in ("vector(0) / 0", "scalar(up)"):
        expect(check("prometheus", url=url, query=odd, failed_above=1), "failed", "assertion",
               "judge", "no number")
    expect(check("prometheus", url=url, query="up[1m]"), "unknown", "local")
    expect(check("prometheus", url=url, query='"a"'), "unknown", "local")
    expect(check("prometheus", url=url, query="sum(up"), "unknown", "local", detail="query is wrong")


def test_prometheus_age(prometheus, check):
    query = {"url": prometheus.url, "query": 'up{job="self"}'}
    expect(check("prometheus", **query, max_age="30s"), "ok")
    expect(check("prometheus", **query, max_age="1ms"), "failed", "assertion", "age", "the sample is")


def test_prometheus_hung(prometheus, check):
    with prometheus.stopped():
        expect(check("prometheus", url=prometheus.url, query="up"), "failed", "timeout", "query")


def test_prometheus_by_hand(prometheus):
    answer = run_vitals("check", f"{prometheus.url}/?query=up%7Bjob%3D%22self%22%7D")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "1 (no bounds are set)" in answer.stdout


# elasticsearch: the stand-in

def test_the_stand_in_is_taken_for_elasticsearch(elastic):
    client = pytest.importorskip("elasticsearch")
    asked = client.Elasticsearch(f"http://127.0.0.1:{elastic.port}",
                                 http_auth=("test", apis.PASSWORD))
    assert asked.cluster.health(index="orders")["status"] == "green"
    assert "full" in asked.cluster.state(metric="blocks", index="full")["blocks"]["indices"]
    with pytest.raises(client.NotFoundError):
        asked.cluster.health(index="nothing")
    with pytest.raises(client.AuthenticationException):
        client.Elasticsearch(f"http://127.0.0.1:{elastic.port}",
                             http_auth=("test", "wrong-secret")).cluster.health()


def options(elastic, **more):
    return {"url": f"elasticsearch://127.0.0.1:{elastic.port}", "user": "test",
            "password": apis.PASSWORD, **more}


def test_elasticsearch_colours(elastic, check):
    expect(check("elasticsearch", **options(elastic)), "ok", detail="green")
    expect(check("elasticsearch", **options(elastic, nodes=4)), "degraded", detail="3 of 4 data nodes")
    elastic.status = "yellow"
    expect(check("elasticsearch", **options(elastic)), "degraded", detail="1 shard not assigned")
    elastic.nodes = 1
    expect(check("elasticsearch", **options(elastic)), "ok", detail="yellow")
    elastic.status = "red"
    expect(check("elasticsearch", **options(elastic)), "failed", "assertion", "judge", "red")
    elastic.status, elastic.late = "green", True
    expect(check("elasticsearch", **options(elastic)), "failed", "assertion", "judge",
           "does not keep up")
    elastic.master = False
    expect(check("elasticsearch", **options(elastic)), "failed", "assertion", "health",
           "no master is elected")


def test_elasticsearch_refusals(elastic, check):
    expect(check("elasticsearch", **options(elastic, password="wrong-secret")), "failed", "auth",
           "health", "wrong user or password")
    expect(check("elasticsearch", **options(elastic, user="blind")), "failed", "auth", "health",
           "not allowed")
    expect(check("elasticsearch", **options(elastic, index="nothing")), "failed", "assertion",
           "health", "no such index")
    expect(check("elasticsearch", **options(elastic, index="orders", writable=True)), "ok")
    expect(check("elasticsearch", **options(elastic, index="full")), "ok")
    expect(check("elasticsearch", **options(elastic, index="full", writable=True)), "failed",
           "assertion", "blocks", "1 index takes no writes")


@pytest.mark.parametrize("kind, more", [
    ("etcd", {}), ("prometheus", {"query": "up"}), ("elasticsearch", {})])
def test_a_web_page_is_none_of_them(check, kind, more):
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"
    with contextlib.closing(peers.WebServer(page)) as server:
        found = check(kind, url=f"http://127.0.0.1:{server.port}", **more)
    expect(found, "failed", "protocol")
