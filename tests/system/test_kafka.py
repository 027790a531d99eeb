"""Kafka. Debian has no server. librdkafka's mock cluster (kafka_mock.py) gives independent brokers.
A stand-in (kafka_server.py), to which librdkafka and kafka-python speak as well, does what the mock
cannot do: authentication, under-replication, members of groups."""
import contextlib
import pathlib
import subprocess
import tempfile

import pytest

import brokers
from daemon import SLOWER, eventually, free_port, run_vitals
from databases import PASSWORD
from test_backends import certificates, check, is_failed, is_ok, need  # noqa: F401

WELL = "all partitions are in sync"


class Mock:
    """librdkafka's mock cluster."""

    def __init__(self, count=3):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", brokers.HERE / "kafka_mock.py", str(count)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.servers = self.process.stdout.readline().strip()
        self.url = f"kafka://{self.servers}"

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n", command

    def close(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def mock():
    need("kcat", "kcat")
    with contextlib.closing(Mock()) as made:
        yield made


@pytest.fixture
def stand_in():
    with contextlib.ExitStack() as stack:
        def start(*words):
            made = brokers.Script("kafka_server.py", *words)
            stack.callback(made.close)
            return made.ready()
        yield start


def kcat(servers, *arguments, text=None):
    return subprocess.run(["kcat", "-b", servers, *arguments], input=text, capture_output=True, text=True,
                          timeout=60 * SLOWER, check=False)


def log_in(mechanism, password=PASSWORD, protocol="SASL_PLAINTEXT"):
    return ("-X", f"security.protocol={protocol}", "-X", f"sasl.mechanism={mechanism}", "-X",
            "sasl.username=test", "-X", f"sasl.password={password}")


@pytest.fixture
def readable():
    """Copies a folder to a place where servers without privileges may read it."""
    with contextlib.ExitStack() as stack:
        def copy(folder):
            made = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vitals-kafka-")))
            made.chmod(0o755)
            for path in folder.iterdir():
                (made / path.name).write_bytes(path.read_bytes())
                (made / path.name).chmod(0o644)
            return made
        yield copy


def url(of, password=PASSWORD, user="test", scheme="kafka"):
    return f"{scheme}://{user}:{password}@127.0.0.1:{of.port}"


# ---- independent brokers ------------------------------------------------------------------------

def test_a_cluster_of_others(check, mock):  # noqa: F811
    found = is_ok(check("kafka", url=mock.url, brokers=3))
    assert found["detail"] == f"3 brokers, 0 topics: {WELL}"
    mock.tell("topic orders 4")
    found = is_ok(check("kafka", url=mock.url, topics=["orders"]))
    assert found["detail"] == f"3 brokers, 1 topic: {WELL}"
    # The mock makes each topic that a client asks for. The check's question must not make one.
    is_failed(check("kafka", url=mock.url, topics=["orders", "payments"]), "assertion", "1 of 2 topics missing")
    assert "payments" not in kcat(mock.servers, "-L").stdout
    found = check("kafka", url=mock.url, brokers=4)
    assert (found["status"], found["detail"]) == ("degraded", "3 brokers, expected 4")


def test_a_broker_that_is_down(check, mock):  # noqa: F811
    mock.tell("topic orders 9")
    mock.tell("down 1")
    found = check("kafka", url=mock.url)
    assert (found["status"], found["failed_phase"]) == ("failed", "brokers"), found
    assert "1 of 3 brokers cannot be reached" in found["detail"], found
    mock.tell("down 2")
    mock.tell("down 3")
    found = check("kafka", url=mock.url)
    assert found["status"] == "failed" and found["failed_phase"] in ("connect", "versions"), found
    for number in (1, 2, 3):
        mock.tell(f"up {number}")
    assert eventually(lambda: check("kafka", url=mock.url)["status"] == "ok")


def test_a_group_of_others(check, mock):  # noqa: F811
    mock.tell("topic orders 1")
    assert kcat(mock.servers, "-P", "-t", "orders", text="a\nb\nc\n").returncode == 0
    read = kcat(mock.servers, "-G", "billing", "orders", "-X", "auto.offset.reset=earliest", "-c", "3")
    assert read.stdout == "a\nb\nc\n", read.stderr
    assert kcat(mock.servers, "-P", "-t", "orders", text="d\n").returncode == 0
    found = is_ok(check("kafka", url=mock.url, group="billing", topics=["orders"]))
    assert found["detail"] == f"3 brokers, 1 topic: {WELL}; group: 1 message behind"
    assert kcat(mock.servers, "-P", "-t", "orders", text="e\nf\n").returncode == 0
    found = check("kafka", url=mock.url, group="billing", topics=["orders"], lag_above=2)
    assert (found["status"], found["detail"]) == ("degraded", "the group is 3 messages behind"), found


# ---- the stand-in -------------------------------------------------------------------------------

@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_log_in(check, stand_in, mechanism):  # noqa: F811
    need("kcat", "kcat")
    own = stand_in()
    servers = f"127.0.0.1:{own.port}"
    assert 'topic "orders" with 2 partitions' in kcat(servers, *log_in(mechanism), "-L").stdout
    refused = kcat(servers, *log_in(mechanism, "wrong"), "-L", "-m", "2")
    assert "Authentication failed" in refused.stderr
    found = is_ok(check("kafka", url=url(own), mechanism=mechanism))
    assert found["detail"] == f"1 broker, 1 topic: {WELL}"
    is_failed(check("kafka", url=url(own, "wrong"), mechanism=mechanism), "auth", "wrong user or password")
    is_failed(check("kafka", url=url(own, user="nobody"), mechanism=mechanism), "auth",
              "wrong user or password")


def test_listeners_of_another_kind(check, stand_in):  # noqa: F811
    own, free = stand_in(), stand_in("open")
    is_failed(check("kafka", url=f"kafka://127.0.0.1:{own.port}"), "auth",
              "closed at the first request: perhaps it wants a log-in")
    is_failed(check("kafka", url=url(free)), "auth",
              "takes no log-in here: its listener knows no users")
    found = check("kafka", url=f"kafkas://127.0.0.1:{free.port}")
    assert (found["status"], found["error_class"]) == ("failed", "tls"), found


def test_tls(check, stand_in, certificates, readable):  # noqa: F811
    need("kcat", "kcat")
    folder = readable(certificates)
    own = stand_in(f"cert={folder}/good")
    trust = ("-X", f"ssl.ca.location={certificates}/ca.crt")
    assert "orders" in kcat(f"localhost:{own.port}", *log_in("PLAIN", protocol="SASL_SSL"), *trust, "-L").stdout
    secure = url(own, scheme="kafkas")
    is_ok(check("kafka", url=secure, tls={"ca": str(certificates / "ca.crt")}))
    is_failed(check("kafka", url=secure), "tls", "certificate not trusted")
    found = check("kafka", url=url(own))
    assert (found["status"], found["error_class"]) == ("failed", "protocol"), found


def test_what_is_found_as_others_see_it(check, stand_in):  # noqa: F811
    kafka = pytest.importorskip("kafka", reason="needs python3-kafka")
    need("kcat", "kcat")
    own = stand_in("open", "behind", "lost")
    servers = f"127.0.0.1:{own.port}"
    seen = kcat(servers, "-L").stdout
    assert "replicas: 1,2, isrs: 1" in seen and "leader -1" in seen, seen
    at = f"kafka://{servers}"
    is_failed(check("kafka", url=at), "assertion",
              "1 of 4 partitions without a leader; 1 of 4 partitions under-replicated")
    found = check("kafka", url=at, topics=["orders", "behind"])
    assert (found["status"], found["detail"]) == ("degraded", "1 of 3 partitions under-replicated")
    is_failed(check("kafka", url=at, topics=["behind"], min_isr=2), "assertion",
              "1 of 1 partition with too few replicas in sync: writes are refused")
    is_failed(check("kafka", url=at, topics=["private"]), "auth",
              "1 of 1 topic may not be looked at by this user")
    is_failed(check("kafka", url=at, topics=["nothing"]), "assertion", "1 of 1 topic missing")
    with contextlib.closing(kafka.KafkaAdminClient(bootstrap_servers=servers)) as client:
        (billing,) = client.describe_consumer_groups(["billing"])
        assert (billing.state, len(billing.members)) == ("Stable", 2)
        assert client.list_consumer_group_offsets("billing")[kafka.TopicPartition("orders", 0)].offset == 7
    assert "orders [0] offset 10" in kcat(servers, "-Q", "-t", "orders:0:-1").stdout
    group = lambda name, **more: check("kafka", url=at, topics=["orders"], group=name, **more)  # noqa: E731
    assert is_ok(group("billing"))["detail"].endswith("; group: 2 members, 3 messages behind")
    assert is_ok(group("idle"))["detail"].endswith("; group: 0 members, 0 messages behind")
    assert is_ok(group("fresh"))["detail"].endswith("; group: 1 member, 0 messages behind")
    is_failed(group("idle", members=1), "assertion", "the group has 0 members, expected 1")
    is_failed(group("nobody"), "assertion", "the group does not exist")
    is_failed(group("private"), "auth", "the group may not be looked at by this user")


def test_what_a_group_has_committed_names_its_topics(check, stand_in):  # noqa: F811
    own = stand_in()
    assert is_ok(check("kafka", url=url(own), group="billing"))["detail"].endswith("2 members, 3 messages behind")


def test_the_cluster(check, stand_in):  # noqa: F811
    is_failed(check("kafka", url=url(stand_in("headless"))), "assertion",
              "has no controller: no leader is elected")
    nobody = free_port()
    found = check("kafka", url=url(stand_in(f"extra={nobody}")))
    assert (found["status"], found["detail"]) == (
        "degraded", "1 of 2 brokers cannot be reached: connection refused"), found
    dead = stand_in(f"extra={nobody}", "dead")
    is_failed(check("kafka", url=url(dead)), "connect",
              "1 of 2 brokers cannot be reached: connection refused; 1 partition cannot be used")
    is_ok(check("kafka", url=url(dead), all_brokers=False))


def test_a_group_that_nobody_reads_for(vitals, stand_in):
    own = stand_in("growing")
    daemon = vitals({"components": {"it": {"check": "kafka", "url": url(own), "group": "left", "topics": ["orders"],
                                           "interval": "200ms", "timeout": "2s"}}})
    assert daemon.becomes("it", "failed"), daemon.components()
    assert daemon.components()["it"]["detail"].startswith("nobody reads, and it grows: the group is ")


def test_hung_and_restarted(vitals, check, stand_in):  # noqa: F811
    own = stand_in()
    with own.stopped():
        found = check("kafka", url=url(own))
        assert (found["error_class"], found["failed_phase"]) == ("timeout", "versions"), found
        # One hung broker of several is not the whole cluster.
        other = stand_in()
        found = check("kafka", url=f"kafka://test:{PASSWORD}@127.0.0.1:{own.port},127.0.0.1:{other.port}",
                      seconds=3)
        assert (found["status"], found["detail"]) == (
            "degraded", "1 of 2 bootstrap servers cannot be used"), found
    daemon = vitals({"components": {"it": {"check": "kafka", "url": url(own), "interval": "1h"}}})
    assert daemon.becomes("it", "ok"), daemon.components()
    own.kill()
    assert eventually(lambda: daemon.control("POST", "/v1/components/it/run").json["status"] == "failed")


def test_wrong_configurations_say_why(tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text("components: {it: {check: kafka, url: 'kafka://h/orders'}}\n")
    answer = run_vitals("validate", "-c", file)
    assert answer.returncode == 78 and "topics are named by `topics`" in answer.stderr, answer.stderr


