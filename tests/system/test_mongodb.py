"""MongoDB. Debian has no server: the check talks to a stand-in that pymongo, MongoDB's own client,
authenticates to as well."""
import contextlib

import pytest

import brokers
from daemon import eventually
from databases import PASSWORD
from test_backends import check, is_failed, is_ok, need, server  # noqa: F401

pymongo = pytest.importorskip("pymongo", reason="needs python3-pymongo")


@pytest.fixture
def stand_in():
    with contextlib.ExitStack() as stack:
        def start(*words):
            made = brokers.Script("mongo_server.py", *words)
            stack.callback(made.close)
            return made.ready()
        yield start


def url(of, user="test", password=PASSWORD, more=""):
    return f"mongodb://{user}:{password}@127.0.0.1:{of.port}/{more}"


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1"])
def test_the_stand_in_is_one_to_mongodbs_own_client(stand_in, mechanism):
    own = stand_in()
    with pymongo.MongoClient("127.0.0.1", own.port, username="test", password=PASSWORD,
                             authMechanism=mechanism, replicaSet="shop") as client:
        client.shop.orders.insert_one({"a": 1})
        assert client.shop.orders.find_one()["a"] == 1
        assert client.primary == ("127.0.0.1", own.port)
    with pymongo.MongoClient("127.0.0.1", own.port, username="test", password="wrong",
                             authMechanism=mechanism) as client:
        with pytest.raises(pymongo.errors.OperationFailure) as refused:
            client.shop.orders.find_one()
        assert refused.value.code == 18


def test_log_in(check, stand_in):
    own = stand_in()
    for more in ("", "?authMechanism=SCRAM-SHA-1", "?authMechanism=SCRAM-SHA-256&replicaSet=shop",
                 "shop?authSource=admin"):
        found = is_ok(check("mongodb", url=url(own, more=more)))
        assert found["detail"] == "answers, primary"
        is_failed(check("mongodb", url=url(own, password="wrong", more=more)), "auth", "wrong user or password")
    is_failed(check("mongodb", url=url(own, "nobody")), "auth", "wrong user or password")
    is_ok(check("mongodb", url=url(own), collection="shop.orders"))
    is_failed(check("mongodb", url=url(own), collection="other.orders"), "auth",
              "user may not run a command that is needed")
    # A server that answers hello to every client does not let every client read.
    found = is_ok(check("mongodb", url=f"mongodb://127.0.0.1:{own.port}"))
    assert found["detail"] == "answers, primary, nobody logs in"
    is_failed(check("mongodb", url=f"mongodb://127.0.0.1:{own.port}", collection="shop.orders"), "auth",
              "user may not run a command that is needed")


def test_roles(check, stand_in):
    secondary, recovering = stand_in("secondary"), stand_in("recovering")
    is_ok(check("mongodb", url=url(secondary), role="secondary", collection="shop.orders"))
    is_failed(check("mongodb", url=url(secondary), role="primary"), "assertion",
              "is a secondary, expected a primary")
    is_failed(check("mongodb", url=url(secondary, more="?replicaSet=other")), "assertion",
              "is in another replica set than expected")
    is_failed(check("mongodb", url=url(recovering)), "assertion",
              "is neither primary nor secondary: starting, or recovering")
    found = check("mongodb", url=url(secondary), degraded_above="20s")
    assert (found["status"], found["detail"]) == ("degraded", "secondary lags by 30 s"), found
    found = check("mongodb", url=url(secondary), failed_above="20s")
    assert (found["status"], found["error_class"], found["failed_phase"]) == ("failed", "assertion", "lag"), found
    is_ok(check("mongodb", url=url(secondary), degraded_above="1m"))


def test_a_set_as_applications_name_it(check, stand_in):
    primary, secondary = stand_in(), stand_in("secondary")
    hosts = lambda *ports: f"mongodb://test:{PASSWORD}@" + ",".join(  # noqa: E731
        f"127.0.0.1:{port}" for port in ports) + "/?replicaSet=shop"
    found = is_ok(check("mongodb", url=hosts(secondary.port, primary.port)))
    assert found["detail"] == "answers, primary"
    found = is_ok(check("mongodb", url=hosts(primary.port, secondary.port), role="secondary"))
    assert found["detail"] == "answers, secondary"
    with secondary.stopped():
        found = check("mongodb", url=hosts(secondary.port, primary.port))
        assert (found["status"], found["detail"]) == (
            "degraded", "answers, primary; 1 of 2 hosts cannot be reached"), found
    primary.kill()
    found = check("mongodb", url=hosts(secondary.port, primary.port))
    assert found["detail"] == "no primary at any of 2 servers; the first: is a secondary", found


def test_hung_and_restarted(vitals, check, stand_in):
    own = stand_in()
    with own.stopped():
        found = check("mongodb", url=url(own))
        assert (found["error_class"], found["failed_phase"]) == ("timeout", "hello"), found
    daemon = vitals({"components": {"it": {"check": "mongodb", "url": url(own), "interval": "1h"}}})
    assert daemon.becomes("it", "ok"), daemon.components()
    own.kill()
    assert eventually(lambda: daemon.control("POST", "/v1/components/it/run").json["status"] == "failed")
