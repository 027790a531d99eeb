"""MQTT and NATS: every check of them against Mosquitto and nats-server, well and broken."""
import subprocess

import pytest

import messaging
from daemon import eventually
from databases import PASSWORD
from test_backends import certificates, check, is_failed, is_ok, need, server  # noqa: F401

VERSIONS = pytest.mark.parametrize("version", [4, 5])


# --- MQTT ------------------------------------------------------------------------------------------

@pytest.fixture
def mosquitto(server):  # noqa: F811
    need("mosquitto", "mosquitto")
    return lambda *settings, **more: server(messaging.Mosquitto, *settings, **more)


@VERSIONS
def test_a_message_comes_back(check, mosquitto, version):  # noqa: F811
    own = mosquitto()
    found = is_ok(check("mqtt", url=own.url(), version=version))
    assert found["detail"] == "a message came back"
    found = is_ok(check("mqtt", url=own.url(topic=""), version=version))
    assert found["detail"] == "lets this client in and answers"
    log = own.log.read_text()
    assert log.count("Received DISCONNECT from vitals-") == 2 and "Socket error" not in log, log


@VERSIONS
def test_refusals_of_mqtt(check, mosquitto, version):  # noqa: F811
    own = mosquitto()
    is_failed(check("mqtt", url=own.url(password="wrong"), version=version), "auth", "log-in refused")
    is_failed(check("mqtt", url=own.url("nobody"), version=version), "auth", "log-in refused")
    is_failed(check("mqtt", url=f"mqtt://127.0.0.1:{own.port}", version=version), "auth", "log-in refused")
    # Level 4 acknowledges what the ACL forbids.
    wanted = ("auth", "message refused") if version == 5 else (
        "assertion", "acknowledged a message and did not deliver it: an ACL or a limit of size may forbid it")
    is_failed(check("mqtt", url=own.url("mute"), version=version), *wanted)
    found = check("mqtt", url=own.url(topic="other"), version=version)
    assert found["status"] == "failed", found


def test_nothing_is_retained_and_nobody_is_thrown_out(check, mosquitto):  # noqa: F811
    need("mosquitto-clients", "mosquitto_sub")
    own = mosquitto()
    watcher = subprocess.Popen(["mosquitto_sub", "-p", str(own.port), "-u", "test", "-P", PASSWORD, "-t",
                                "vitals/#", "-v", "-i", "watcher"], stdout=subprocess.PIPE, text=True)
    try:
        assert eventually(lambda: "SUBACK to watcher" in own.log.read_text())
        is_ok(check("mqtt", url=own.url()))
        is_ok(check("mqtt", url=own.url()))
        topics = {watcher.stdout.readline().split()[0] for _ in range(2)}
        assert len(topics) == 2, "each run has a topic of its own"
        assert watcher.poll() is None
    finally:
        watcher.kill()
        watcher.communicate()
    late = subprocess.run(["mosquitto_sub", "-p", str(own.port), "-u", "test", "-P", PASSWORD, "-t", "vitals/#",
                           "-W", "1"], capture_output=True, text=True)
    assert late.stdout == ""


def test_a_broker_without_room(check, mosquitto):  # noqa: F811
    need("mosquitto-clients", "mosquitto_sub")
    own = mosquitto("max_connections 1").fill()
    found = check("mqtt", url=own.url())
    assert (found["status"], found["failed_phase"]) == ("failed", "auth"), found
    assert found["detail"] == "closed at the log-in: perhaps no connections left, or it wants TLS", found


def test_mqtt_over_tls(check, mosquitto, certificates):  # noqa: F811
    ca = {"ca": str(certificates / "ca.crt")}
    own = mosquitto(tls=(certificates, "good"))
    is_ok(check("mqtt", url=own.url(scheme="mqtts"), tls=ca))
    is_failed(check("mqtt", url=own.url(scheme="mqtts")), "tls", "certificate not trusted")
    found = check("mqtt", url=own.url())
    assert found["status"] == "failed", found
    expired = mosquitto(tls=(certificates, "expired"))
    is_failed(check("mqtt", url=expired.url(scheme="mqtts"), tls=ca), "tls", "certificate expired")


def test_mqtt_hung_and_restarted(vitals, check, mosquitto):  # noqa: F811
    own = mosquitto()
    with own.stopped():
        found = check("mqtt", url=own.url())
        assert (found["error_class"], found["failed_phase"]) == ("timeout", "auth"), found
    daemon = vitals({"components": {"it": {"check": "mqtt", "url": own.url(), "interval": "1h"}}})
    assert daemon.becomes("it", "ok"), daemon.components()
    own.restart()
    assert daemon.control("POST", "/v1/components/it/run").json["status"] == "ok"
    own.kill()
    assert daemon.control("POST", "/v1/components/it/run").json["status"] == "failed"


# --- NATS ------------------------------------------------------------------------------------------

@pytest.fixture
def nats(server):  # noqa: F811
    need("nats-server", "nats-server")
    return lambda *settings, **more: server(messaging.Nats, *settings, **more)


def test_nats_delivers(check, nats):  # noqa: F811
    own = nats()
    found = is_ok(check("nats", url=own.url()))
    assert found["detail"] == "a message came back" and found["properties"]["tls"] is False, found
    is_failed(check("nats", url=own.url(password="wrong")), "auth", "wrong user, password, token or key")
    is_failed(check("nats", url=f"nats://127.0.0.1:{own.port}"), "auth", "wrong user, password, token or key")
    # The server answers PING also to a user who may not send anything.
    found = is_failed(check("nats", url=own.url("narrow")), "auth", "user may not use a subject that is needed")
    assert found["failed_phase"] == "message"
    by_token = nats(token="a-token")
    is_ok(check("nats", url=f"nats://127.0.0.1:{by_token.port}", token="a-token"))
    is_failed(check("nats", url=f"nats://127.0.0.1:{by_token.port}", token="another"), "auth",
              "wrong user, password, token or key")


def test_nats_logs_in_by_keys(check, nats, tmp_path):  # noqa: F811
    keys = pytest.importorskip("nats_keys", reason="needs python3-cryptography")
    wrong = "wrong user, password, token or key"
    user, other = keys.Key(keys.USER), keys.Key(keys.USER)
    own = nats(f"authorization {{ users: [{{nkey: {user.public}}}] }}", anonymous=True)
    at = f"nats://127.0.0.1:{own.port}"
    is_ok(check("nats", url=at, credentials=user.seed))
    is_failed(check("nats", url=at, credentials=other.seed), "auth", wrong)
    found = check("nats", url=at, credentials=keys.Key(keys.ACCOUNT).seed)
    assert (found["status"], found["detail"]) == (
        "unknown", "credentials: the seed of no user; that one begins with SU"), found
    by_password = nats()
    is_failed(check("nats", url=f"nats://127.0.0.1:{by_password.port}", credentials=user.seed), "auth",
              "takes no keys: it sends no nonce")
    # A cluster with an operator knows its users by JWTs.
    operator, account = keys.Key(keys.OPERATOR), keys.Key(keys.ACCOUNT)
    limits = {name: -1 for name in ("subs", "conn", "leaf", "imports", "exports", "data", "payload")}
    known = operator.jwt(account, "account", limits={**limits, "wildcards": True})
    cluster = nats(f'operator: "{operator.jwt(operator, "operator")}"\nresolver: MEMORY\n'
                   f'resolver_preload: {{ {account.public}: "{known}" }}', anonymous=True)
    at = f"nats://127.0.0.1:{cluster.port}"
    file = tmp_path / "monitor.creds"
    jwt = account.jwt(user, "user", subs=-1, data=-1, payload=-1)
    file.write_text(keys.credentials(jwt, user))
    file.chmod(0o600)
    is_ok(check("nats", url=at, credentials={"file": str(file)}))
    for bad in (keys.credentials(jwt, other),                                   # signed by another key
                keys.credentials(other.jwt(user, "user"), user),                # signed by an unknown key
                keys.credentials(account.jwt(user, "user", ends_in=-60), user)):   # expired
        file.write_text(bad)
        is_failed(check("nats", url=at, credentials={"file": str(file)}), "auth", wrong)


def test_a_stream_and_its_consumer(check, nats):  # noqa: F811
    own = nats(jetstream=True)
    orders = {"stream": "orders"}
    is_failed(check("nats", url=own.url(), **orders), "assertion", "the stream does not exist")
    with own.client() as client:
        client.request("$JS.API.STREAM.CREATE.orders", name="orders", subjects=["orders.>"], storage="memory")
        for number in range(3):
            client.publish("orders.new", f"order {number}")
        found = is_ok(check("nats", url=own.url(), **orders))
        assert found["properties"]["messages"] == 3, found
        billing = {**orders, "consumer": "billing"}
        is_failed(check("nats", url=own.url(), **billing), "assertion", "the consumer does not exist")
        client.request("$JS.API.CONSUMER.DURABLE.CREATE.orders.billing", stream_name="orders",
                       config={"durable_name": "billing", "ack_policy": "explicit"})
        found = is_ok(check("nats", url=own.url(), **billing, pending_above=3))
        assert found["properties"]["pending"] == 3, found
        found = check("nats", url=own.url(), **billing, pending_above=2)
        assert (found["status"], found["detail"]) == ("degraded", "3 messages wait for the consumer"), found


def test_a_server_without_jetstream_has_none(check, nats):  # noqa: F811
    """Its own health page says yes."""
    is_failed(check("nats", url=nats().url(), stream="orders"), "assertion",
              "JetStream is not enabled for this user")


def test_nats_without_room(check, nats):  # noqa: F811
    own = nats("max_connections: 1")
    with own.client():
        found = check("nats", url=own.url())
        assert (found["status"], found["error_class"]) == ("failed", "assertion"), found
        assert "no connections left" in found["detail"], found
    assert eventually(lambda: check("nats", url=own.url())["status"] == "ok")


def test_nats_over_tls(check, nats, certificates):  # noqa: F811
    ca = {"ca": str(certificates / "ca.crt")}
    own = nats(tls=(certificates, "good"))
    found = is_ok(check("nats", url=own.url(), tls=ca))
    assert found["properties"]["tls"] is True, "the server demands TLS"
    is_ok(check("nats", url=own.url(scheme="nats+tls"), tls=ca))
    is_failed(check("nats", url=own.url()), "tls", "certificate not trusted")
    expired = nats(tls=(certificates, "expired"))
    is_failed(check("nats", url=expired.url(), tls=ca), "tls", "certificate expired")
    plain = nats()
    is_failed(check("nats", url=plain.url(scheme="nats+tls")), "tls", "TLS is not offered")


def test_nats_hung_and_restarted(vitals, check, nats):  # noqa: F811
    own = nats()
    with own.stopped():
        found = check("nats", url=own.url())
        assert (found["error_class"], found["failed_phase"]) == ("timeout", "greeting"), found
    daemon = vitals({"components": {"it": {"check": "nats", "url": own.url(), "interval": "1h"}}})
    assert daemon.becomes("it", "ok"), daemon.components()
    own.restart()
    assert daemon.control("POST", "/v1/components/it/run").json["status"] == "ok"
    own.kill()
    assert daemon.control("POST", "/v1/components/it/run").json["status"] == "failed"
