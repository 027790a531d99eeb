"""amqp, celery, websocket and grpc against the real servers, through the real binary."""
import contextlib
import functools
import json
import re
import subprocess
import time

import pytest

from brokers import RabbitMQ, Redis, Script, Sentinel, Worker, call_task, make_certificates
from daemon import BINARY, eventually, free_port
from one_check import checker, expect


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def rabbitmq(certificates):
    server = RabbitMQ(certificates)
    try:
        yield server.ready()
    finally:
        server.close()


@pytest.fixture
def check(tmp_path):
    return checker(tmp_path)


@contextlib.contextmanager
def broker_connection(rabbitmq):
    import amqp
    connection = amqp.Connection(f"127.0.0.1:{rabbitmq.port}", "test", rabbitmq.PASSWORD)
    connection.connect()
    try:
        yield connection.channel()
    finally:
        connection.close()


@pytest.fixture
def queue(rabbitmq):
    """A durable queue with three messages and one consumer that takes none of them."""
    import amqp
    with broker_connection(rabbitmq) as channel:
        channel.queue_declare("orders", durable=True, auto_delete=False)
        for _ in range(3):
            channel.basic_publish(amqp.Message("x"), routing_key="orders")
        yield channel
        channel.queue_delete("orders")


def test_amqp_healthy(rabbitmq, check, queue):
    found = check("amqp", url=rabbitmq.url(), queues={"orders": {"failed_above": 3}})
    expect(found, "ok", detail="takes messages")
    assert [phase["name"] for phase in found["phases"]] == [
        "connect", "greeting", "auth", "vhost", "channel", "queues", "publish", "close"]


def test_amqp_secrets_apart_and_named_vhosts(rabbitmq, check):
    address = f"amqp://127.0.0.1:{rabbitmq.port}"
    for vhost in ("", "/", "//", "/%2F"):
        expect(check("amqp", url=address + vhost, user="test", password=rabbitmq.PASSWORD), "ok")


def test_amqp_wrong_password(rabbitmq, check):
    found = check("amqp", url=rabbitmq.url(password="wrong"))
    expect(found, "failed", "auth", "auth", "wrong user or password")


def test_amqp_wrong_virtual_host(rabbitmq, check):
    found = check("amqp", url=rabbitmq.url(vhost="nope"))
    expect(found, "failed", "assertion", "vhost", "virtual host does not exist")


def test_amqp_virtual_host_of_others(rabbitmq, check):
    rabbitmq.control("add_vhost", "theirs")
    try:
        found = check("amqp", url=rabbitmq.url(vhost="theirs"))
        expect(found, "failed", "auth", "vhost", "access to the virtual host refused")
    finally:
        rabbitmq.control("delete_vhost", "theirs")


def test_amqp_missing_queues_are_all_told(rabbitmq, check, queue):
    found = check("amqp", url=rabbitmq.url(), queues={"a": {}, "orders": {}, "b": {}})
    expect(found, "failed", "assertion", "queues")
    assert found["detail"] == "queue a does not exist; queue b does not exist"
    assert rabbitmq.queues() == {"orders"}, "looking at queues makes none"


def test_amqp_queue_without_consumer(rabbitmq, check, queue):
    wanted = {"orders": {"consumers": ">=1"}}
    found = check("amqp", url=rabbitmq.url(), queues=wanted)
    expect(found, "failed", "assertion", "queues", "queue orders has no consumer")
    queue.basic_qos(0, 1, False)
    consumer = queue.basic_consume("orders", callback=lambda message: None)
    expect(check("amqp", url=rabbitmq.url(), queues=wanted), "ok")
    queue.basic_cancel(consumer)


def test_amqp_long_queue(rabbitmq, check, queue):
    bounds = {"orders": {"degraded_above": 2, "failed_above": 10}}
    found = check("amqp", url=rabbitmq.url(), queues=bounds)
    expect(found, "degraded", detail="queue orders holds 3 messages")
    found = check("amqp", url=rabbitmq.url(), queues={"orders": {"failed_above": 2}})
    expect(found, "failed", "assertion", "queues", "queue orders holds 3 messages")


def test_amqp_queue_of_another_connection(rabbitmq, check):
    with broker_connection(rabbitmq) as channel:
        channel.queue_declare("mine", exclusive=True)
        found = check("amqp", url=rabbitmq.url(), queues={"mine": {}})
        expect(found, "failed", "assertion", "queues", "belongs to another connection alone")


def test_amqp_user_without_permissions(rabbitmq, check, queue):
    url = rabbitmq.url(user="nothing")
    expect(check("amqp", url=url), "ok", detail="may not publish, so a blocked broker is not seen")
    # RabbitMQ lets every user who may open the virtual host look at queues.
    found = check("amqp", url=url, queues={"orders": {}, "a": {}})
    expect(found, "failed", "assertion", "queues", "queue a does not exist")


def test_amqp_memory_alarm(rabbitmq, check, queue):
    rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1")
    try:
        time.sleep(0.5)
        found = check("amqp", url=rabbitmq.url(), queues={"orders": {}})
        expect(found, "degraded", detail="publishers are blocked: the broker is short of memory")
    finally:
        rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1GB")
    time.sleep(0.5)
    expect(check("amqp", url=rabbitmq.url(), queues={"orders": {}}), "ok")


def test_amqp_over_tls(rabbitmq, check, certificates):
    url = rabbitmq.url(scheme="amqps", port=rabbitmq.tls_port)
    expect(check("amqp", url=url, tls={"ca": str(certificates / "ca.crt")}), "ok")
    found = check("amqp", url=url, tls={"ca": str(certificates / "other.crt")})
    expect(found, "failed", "tls", "tls", "certificate not trusted")
    found = check("amqp", url=url,
                  tls={"ca": str(certificates / "ca.crt"), "server_name": "other.example"})
    expect(found, "failed", "tls", "tls", "certificate is for another name")
    found = check("amqp", url=rabbitmq.url(port=rabbitmq.tls_port))
    assert found["status"] == "failed", "plain text on a TLS port"


def test_amqp_log_in_by_certificate(rabbitmq, check, certificates):
    url = f"amqps://localhost:{rabbitmq.tls_port}"

    def tls(name):
        return {"ca": str(certificates / "ca.crt"), "certificate": str(certificates / f"{name}.crt"),
                "key": str(certificates / f"{name}.key")}
    expect(check("amqp", url=url, log_in="certificate", tls=tls("test")), "ok")
    expect(check("amqp", url=url, log_in="certificate", tls=tls("nobody")), "failed", "auth")


def test_amqp_hung(rabbitmq, check):
    with rabbitmq.stopped():
        found = check("amqp", url=rabbitmq.url())
    expect(found, "failed", "timeout", "greeting")
    expect(check("amqp", url=rabbitmq.url()), "ok")


def test_amqp_killed(rabbitmq, check, certificates):
    another = RabbitMQ(certificates)
    try:
        another.ready()
        expect(check("amqp", url=another.url()), "ok")
        another.kill()
        found = check("amqp", url=another.url())
        expect(found, "failed", "connect", "connect", "connection refused")
    finally:
        another.close()


def test_amqp_leaves_no_complaint_in_the_log(rabbitmq, check):
    before = rabbitmq.log.read_text().count("unexpectedly closed")
    for _ in range(3):
        expect(check("amqp", url=rabbitmq.url()), "ok")
    assert rabbitmq.log.read_text().count("unexpectedly closed") == before


def kept_amqp(rabbitmq, vitals, auth_every, interval):
    """A daemon's component `it`, and whether its next run, which must be ok, uses the connection of
    the run before."""
    daemon = vitals({"components": {"it": {"check": "amqp", "url": rabbitmq.url(), "interval": interval,
                                           "auth_every": auth_every, "timeout": "5s"}}})
    assert daemon.becomes("it", "ok"), daemon.components()

    def kept():
        found = daemon.control("POST", "/v1/components/it/run").json
        assert found["status"] == "ok", found
        return "connect" not in [each["name"] for each in found["phases"]]

    return daemon, kept


def test_amqp_restarted_between_two_runs_on_a_kept_connection(rabbitmq, vitals):
    daemon, kept = kept_amqp(rabbitmq, vitals, "2h", "1h")
    assert kept() and kept()
    rabbitmq.control("close_all_connections", "restarting")
    assert not kept(), "the broker has closed it"
    assert kept()
    rabbitmq.control("stop_app")
    rabbitmq.control("start_app")
    assert not kept(), "the broker was restarted"
    assert kept()
    assert daemon.stop() == 0
    assert eventually(lambda: not rabbitmq.control("list_connections", "pid").strip("pid\n"))


def test_amqp_logs_in_anew_without_a_complaint_in_the_log(rabbitmq, vitals):
    complaints = rabbitmq.log.read_text().count("unexpectedly closed")
    _, kept = kept_amqp(rabbitmq, vitals, "500ms", "100ms")
    for _ in range(2):
        assert eventually(kept), "kept while the authentication is young"
        assert eventually(lambda: not kept()), "no longer kept"
    assert rabbitmq.log.read_text().count("unexpectedly closed") == complaints


@pytest.fixture(scope="module")
def redis():
    server = Redis()
    try:
        yield server.ready()
    finally:
        server.close()


@pytest.fixture(scope="module", params=["amqp", "redis"])
def broker(request):
    return request.getfixturevalue("rabbitmq" if request.param == "amqp" else "redis")


def url_of(broker):
    return broker.url() if isinstance(broker, RabbitMQ) else broker.url


@contextlib.contextmanager
def workers(*made):
    try:
        for each in made:
            each.ready()
        yield made
    finally:
        for each in made:
            each.close()


@pytest.fixture(scope="module")
def pair(broker):
    """Two workers: one of the queues `default` and `high`, one of `low`, which runs tasks in the
    thread that also answers."""
    with workers(Worker(url_of(broker), "one@lab", "default,high"),
                 Worker(url_of(broker), "two@lab", "low", pool="solo")) as both:
        yield both


def reply_keys(redis):
    """What Redis holds for replies: seconds until its expiry, by name; -1: never."""
    names = re.findall(rb"\S+reply\S*", redis.ask("KEYS", "*reply*"))
    return {name: int(redis.ask("TTL", name.decode()).strip(b":\r\n")) for name in names}


def on_broker(broker):
    """Everything on the broker that may have been made for replies."""
    if isinstance(broker, Redis):
        return set(reply_keys(broker))
    return broker.queues()


def nothing_lasts(broker, before):
    """What is there now and was not there before expires by itself."""
    if isinstance(broker, Redis):
        return all(0 <= seconds <= 3600 for seconds in reply_keys(broker).values())
    return eventually(lambda: on_broker(broker) <= before, 30)


def test_celery_without_workers_is_told_at_once(check, certificates):
    server = Redis()
    try:
        server.ready()
        for part in ({}, {"part": "queue", "queue": "default"}):
            found = check("celery", url=server.url, **part)
            expect(found, "failed", "assertion", "workers", "there are no workers")
            assert found["duration_seconds"] < 0.5
        assert server.ask("KEYS", "*") == b"*0\r\n", "nothing is left behind"
    finally:
        server.close()


def test_celery_workers_at_any_broker_of_a_list_count(check, certificates, redis):
    """As Celery's own list: an application goes on to the next broker."""
    empty, dead = Redis(), free_port()
    try:
        empty.ready()
        with workers(Worker(redis.url, "list@lab", "default")):
            for before in (f"redis://127.0.0.1:{dead}/0", empty.url):
                expect(check("celery", url=f"{before};{redis.url}"), "ok")
            with empty.stopped():
                expect(check("celery", url=f"{empty.url};{redis.url}"), "ok")
        found = check("celery", url=f"redis://127.0.0.1:{dead}/0;{empty.url}")
        expect(found, "failed", "connect", "connect",
               "no workers at any of 2 servers; the first: connection refused")
        assert "there are no workers" in found["error"], found
    finally:
        empty.close()


def test_celery_workers_behind_sentinels(check, certificates, redis):
    sentinel, secure = Sentinel(redis.port), Sentinel(redis.port, certificates)
    dead = free_port()
    try:
        sentinel.ready()
        url = ";".join(f"sentinel://:{Redis.PASSWORD}@127.0.0.1:{port}/0" for port in (dead, sentinel.port))
        transport = {"master_name": "shop", "sentinel_kwargs": {"password": sentinel.PASSWORD}}
        with workers(Worker(url, "sentinel@lab", "default", transport=transport)):
            options = {"url": url, "master": "shop", "sentinel_password": sentinel.PASSWORD}
            for part in ({}, {"part": "queue", "queue": "default"}, {"part": "heartbeat", "timeout": "6s"}):
                expect(check("celery", **options, **part), "ok")
            found = check("celery", **(options | {"sentinel_password": "wrong"}))
            expect(found, "failed", "connect", "connect",
                   "no master from any of 2 servers; the first: at the sentinel: connection refused")
            assert "at the sentinel: wrong user or password" in found["error"], found
            expect(check("celery", **(options | {"master": "other"})), "failed")
            # The same master, which a sentinel names over TLS.
            options |= {"url": f"sentinel://:{Redis.PASSWORD}@127.0.0.1:{secure.port}/0"}
            trust = {"tls": {"ca": str(certificates / "ca.crt")}}
            assert eventually(lambda: check("celery", **options, **trust, sentinel_tls="on")["status"] == "ok")
            expect(check("celery", **options, sentinel_tls="on"), "failed", "tls", "tls",
                   "at the sentinel: certificate not trusted")
            assert check("celery", **options)["status"] == "failed"
            # With sentinels:// the master must speak TLS, too.
            options["url"] = options["url"].replace("sentinel:", "sentinels:")
            expect(check("celery", **options, **trust), "failed", phase="tls")
    finally:
        sentinel.close()
        secure.close()


def test_celery_without_workers_on_amqp(check, rabbitmq):
    rabbitmq.control("add_vhost", "empty")
    rabbitmq.control("set_permissions", "-p", "empty", "test", ".*", ".*", ".*")
    for part in ("ping", "heartbeat"):
        found = check("celery", url=rabbitmq.url(vhost="empty"), part=part)
        expect(found, "failed", "assertion", "workers", "there are no workers")
        assert found["duration_seconds"] < 0.5


def test_celery_ping(check, broker, pair):
    url = url_of(broker)
    expect(check("celery", url=url), "ok")
    expect(check("celery", url=url, workers="2"), "ok", detail="2 workers answered")
    found = check("celery", url=url, destination=["one@lab", "two@lab"])
    expect(found, "ok", detail="2 workers answered")
    assert found["duration_seconds"] < 1, "it ends as soon as both have answered"
    found = check("celery", url=url, destination=["one@lab", "three@lab"])
    expect(found, "failed", "timeout", "workers", "no answer of three@lab")
    expect(check("celery", url=url, workers=">=3"), "failed", detail="2 workers, expected >=3")


def test_celery_queues(check, broker, pair):
    url = url_of(broker)
    for queue in ("default", "high", "low"):
        found = check("celery", url=url, part="queue", queue=queue)
        expect(found, "ok", detail="1 worker consumes the queue")
        assert found["duration_seconds"] < 1
    found = check("celery", url=url, part="queue", queue="nobodys")
    expect(found, "failed", "assertion", "workers", "no worker consumes queue nobodys")


def test_celery_with_other_names_on_redis(check):
    """The options of kombu's transport. With each of them, workers do not hear the default names."""
    named = {"global_keyprefix": "shop:", "fanout_prefix": "/fan{db}.", "sep": "::"}
    server = Redis()
    try:
        server.ready()
        with workers(Worker(server.url, "named@lab", "default", transport=named)):
            expect(check("celery", url=server.url), "failed", detail="there are no workers")
            expect(check("celery", url=server.url, **named), "ok", detail="1 worker answered")
            expect(check("celery", url=server.url, part="queue", queue="default", **named), "ok")
            expect(check("celery", timeout="4s", url=server.url, part="heartbeat", **named), "ok")
            assert not reply_keys(server), "the only worker has answered"
        with workers(Worker(server.url, "named@lab", "default", transport={"fanout_prefix": False})):
            expect(check("celery", url=server.url, fanout_prefix="false"), "ok")
    finally:
        server.close()


def test_celery_heartbeats(check, broker, pair):
    found = check("celery", timeout="4s", url=url_of(broker), part="heartbeat",
                  destination=["one@lab", "two@lab"])
    expect(found, "ok", detail="2 workers alive")


def test_celery_worker_stopped(check, broker, pair):
    url = url_of(broker)
    with pair[1].stopped():
        found = check("celery", url=url, destination=["two@lab"])
        expect(found, "failed", "timeout", "workers", "no answer of two@lab")
        expect(check("celery", url=url, destination=["one@lab"]), "ok")
        found = check("celery", timeout="4s", url=url, part="heartbeat", destination=["two@lab"])
        expect(found, "failed", "timeout", "workers", "no heartbeat of two@lab")
    expect(check("celery", url=url, destination=["two@lab"]), "ok")


def test_celery_survives_many_checks(check, broker, pair):
    """An incomplete control message kills a worker or leaves it deaf."""
    before = on_broker(broker)
    complaints = broker.log.read_text().count("unexpectedly closed")
    for _ in range(5):
        expect(check("celery", url=url_of(broker), workers=">=2"), "ok")
    for worker in pair:
        assert worker.processes[-1].poll() is None
        assert "Traceback" not in worker.log.read_text()
    assert eventually(lambda: on_broker(broker) <= before), "all have answered"
    for _ in range(5):
        expect(check("celery", url=url_of(broker)), "ok")
    assert nothing_lasts(broker, before), "one of two may answer when the other has"
    assert broker.log.read_text().count("unexpectedly closed") == complaints


def test_celery_worker_that_answers_when_nobody_waits_any_more(check, broker, pair):
    url = url_of(broker)
    before = on_broker(broker)
    with pair[1].stopped():
        found = check("celery", url=url, destination=["two@lab"], timeout="1s")
        expect(found, "failed", "timeout", "workers", "no answer of two@lab")
    expect(check("celery", url=url, workers=">=2", timeout="15s"), "ok")  # it has answered both
    assert nothing_lasts(broker, before)
    if isinstance(broker, Redis):
        assert not [name for name in reply_keys(broker) if b"binding" in name]


def test_celery_check_that_is_killed_before_workers_answer(check, broker, pair, tmp_path):
    url = url_of(broker)
    before = on_broker(broker)
    file = tmp_path / "killed.yaml"
    file.write_text(json.dumps({"state_dir": str(tmp_path), "components": {"it": {
        "check": "celery", "url": url, "destination": ["two@lab"], "timeout": "60s"}}}))
    with pair[1].stopped():
        running = subprocess.Popen([BINARY, "check", "-c", file], stdout=subprocess.DEVNULL)
        try:
            assert eventually(lambda: on_broker(broker) - before, 30)
            expect(check("celery", url=url, destination=["one@lab"]), "ok")  # and it has asked, too
            assert running.poll() is None
        finally:
            running.kill()
            running.wait()
    expect(check("celery", url=url, destination=["two@lab"], timeout="15s"), "ok")
    assert nothing_lasts(broker, before)


class Kept:
    """A daemon's component `it`, which asks the workers on demand, on one connection."""

    def __init__(self, vitals, url, **more):
        self.daemon = vitals({"components": {"it": {
            "check": "celery", "url": url, "interval": "1h", "auth_every": "1d", "timeout": "5s",
            **more}}})
        assert self.daemon.becomes("it", "ok", 30), self.daemon.components()

    def run(self):
        found = self.daemon.control("POST", "/v1/components/it/run").json
        return found, "connect" not in [phase["name"] for phase in found["phases"]]

    def stays(self):
        found, kept = self.run()
        expect(found, "ok")
        return kept


@pytest.fixture
def own_broker(broker):
    """A broker that may be restarted: its URL, and how."""
    if isinstance(broker, RabbitMQ):
        broker.control("add_vhost", "own")
        broker.control("set_permissions", "-p", "own", "test", ".*", ".*", ".*")
        yield broker.url(vhost="own"), lambda: broker.control(
            "close_all_connections", "--vhost", "own", "restarting")
        broker.control("delete_vhost", "own")
    else:
        server = Redis()

        def restart():
            server.kill()
            server.start()
            server.ready()

        try:
            yield server.ready().url, restart
        finally:
            server.close()


def test_celery_on_a_kept_connection(check, vitals, own_broker):
    url, restart = own_broker
    one = Worker(url, "one@lab", "default")
    two = Worker(url, "two@lab", "default")
    with workers(one, two):
        watch = Kept(vitals, url)
        queue = Kept(vitals, url, part="queue", queue="default")
        heard = Kept(vitals, url, part="heartbeat")
        for _ in range(5):  # of two workers one answers when the run is over
            assert watch.stays() and queue.stays()
        assert not heard.stays(), "what was said before does not count"
        with one.stopped(), two.stopped():
            expect(watch.run()[0], "failed", "timeout")
        assert eventually(lambda: watch.run()[0]["status"] == "ok", 30)
        assert watch.stays()
        restart()
        assert eventually(lambda: check("celery", url=url, workers=">=2")["status"] == "ok", 60)
        assert not watch.stays() and not queue.stays(), "the broker has closed them"
        assert watch.stays() and queue.stays()
    expect(watch.run()[0], "failed", "assertion", "workers", "there are no workers")


def test_celery_of_several_applications_on_one_broker(check, redis):
    """Workers whose replies are long or have an unknown form, or that send all their messages on
    one channel."""
    queues = [f"a_queue_of_many_{number}" for number in range(300)]
    with workers(Worker(redis.url, "many@lab", ",".join(queues)),
                 Worker(redis.url, "pickle@lab", "pickled", settings={
                     "task_serializer": "pickle", "accept_content": ["json", "pickle"]}),
                 Worker(redis.url, "one-channel@lab", "q", transport={"fanout_patterns": False})):
        found = check("celery", url=redis.url, part="queue", queue=queues[-1])
        expect(found, "ok", detail="1 worker consumes the queue")
        expect(check("celery", url=redis.url, destination=["many@lab", "one-channel@lab"]), "ok")
        found = check("celery", url=redis.url, destination=["pickle@lab"])
        expect(found, "failed", "protocol", "workers", "1 worker answered, but not in JSON")
        found = check("celery", timeout="10s", url=redis.url, part="heartbeat",
                      destination=["one-channel@lab", "pickle@lab"])
        expect(found, "ok", detail="2 workers alive")


def test_celery_with_no_more_permissions_than_it_needs(check, broker, pair):
    """The options that docs/checks.md names."""
    if isinstance(broker, Redis):
        url = broker.url.replace("//:pw", "//asks:secret")
        broker.ask("ACL", "SETUSER", "asks", "on", ">secret", "~_kombu.binding.reply.vitals.*",
                   "~*.reply.vitals.pidbox", "&/0.celery.pidbox", "&/0.celeryev/worker.*",
                   *"+ping +select +multi +exec +sadd +srem +expire +del +rpush +lindex +publish "
                   "+psubscribe".split())
    else:
        url = broker.url("asks")
        broker.control("add_user", "asks", broker.PASSWORD)
        broker.control("set_permissions", "asks", r"^amq\.gen.*$", r"^(amq\.gen.*|celery\.pidbox)$",
                       r"^(amq\.gen.*|celeryev)$")
    expect(check("celery", url=url, workers=">=2"), "ok")
    expect(check("celery", url=url, part="queue", queue="high"), "ok")
    expect(check("celery", url=url, part="heartbeat", timeout="10s"), "ok")


def test_celery_without_remote_control(check, broker):
    url = url_of(broker)
    with workers(Worker(url, "deaf@lab", "deaf", remote_control=False)):
        found = check("celery", url=url, destination=["deaf@lab"])
        assert found["status"] == "failed"
        found = check("celery", timeout="4s", url=url, part="heartbeat", destination=["deaf@lab"])
        expect(found, "ok", detail="1 worker alive")


def test_celery_busy_workers(check, broker):
    """A worker with a pool is present while it works. A solo worker says nothing meanwhile: it
    needs a timeout longer than its tasks."""
    url = url_of(broker)
    pool = Worker(url, "pool@lab", "pool")
    busy = Worker(url, "busy@lab", "busy", pool="solo")

    def has_begun(worker):
        return worker.wait(lambda: "] received" in worker.log.read_text())

    with workers(pool, busy):
        call_task(url, "pool", "nap", 8)
        has_begun(pool)
        expect(check("celery", url=url, destination=["pool@lab"]), "ok")
        call_task(url, "busy", "nap", 6)
        has_begun(busy)
        found = check("celery", url=url, destination=["busy@lab"], timeout="1s")
        expect(found, "failed", "timeout", "workers", "no answer of busy@lab")
        found = check("celery", timeout="15s", url=url, part="heartbeat", destination=["busy@lab"])
        expect(found, "ok", detail="1 worker alive")


def test_celery_wrong_password(check, broker):
    url = url_of(broker).replace(broker.PASSWORD + "@", "wrong@")
    found = check("celery", url=url)
    expect(found, "failed", "auth", "auth", "wrong user or password")


def test_celery_broker_stopped(check, broker, pair):
    with broker.stopped():
        found = check("celery", url=url_of(broker))
    expect(found, "failed", "timeout")
    assert found["failed_phase"] in ("greeting", "auth")


@pytest.fixture
def tls_files(certificates):
    """A place where a server without privileges can read its key."""
    for path in [*certificates.parents][:3] + [certificates]:
        path.chmod(path.stat().st_mode | 0o055)
    for path in certificates.iterdir():
        path.chmod(0o644)
    return certificates


@contextlib.contextmanager
def script(name, *arguments):
    server = Script(name, *arguments)
    try:
        yield server.ready()
    finally:
        server.close()


websocket = functools.partial(script, "websocket_server.py")
grpc = functools.partial(script, "grpc_server.py")


def test_websocket_echoes(check):
    with websocket() as server:
        url = f"ws://127.0.0.1:{server.port}/live?x=1"
        expect(check("websocket", url=url), "ok", detail="answers pings")
        expect(check("websocket", url=url, send="hello", expect="/^hello$/"), "ok",
               detail="answers messages")
        expect(check("websocket", url=url, subprotocol="chat"), "ok")
        found = check("websocket", url=url, subprotocol="other")
        expect(found, "failed", "assertion", "handshake", "does not speak the wanted subprotocol")
        with server.stopped():
            expect(check("websocket", url=url), "failed", "timeout", "handshake")
        server.kill()
        expect(check("websocket", url=url), "failed", "connect", "connect", "connection refused")


def test_websocket_that_answers_pings_but_no_messages(check):
    with websocket("mute") as server:
        url = f"ws://127.0.0.1:{server.port}/"
        expect(check("websocket", url=url), "ok", detail="answers pings")
        found = check("websocket", url=url, send="hello", expect="hello")
        expect(found, "failed", "timeout", "message", "pings are answered, messages are not")


def test_websocket_with_a_secret_header(check):
    with websocket("auth") as server:
        url = f"ws://127.0.0.1:{server.port}/"
        found = check("websocket", url=url)
        expect(found, "failed", "auth", "handshake", "answered with status 401, expected 101")
        expect(check("websocket", url=url, headers={"Authorization": "Bearer t"}), "ok")


def test_websocket_over_tls(check, tls_files):
    with websocket("tls", tls_files / "server.crt", tls_files / "server.key") as server:
        url = f"wss://localhost:{server.port}/"
        expect(check("websocket", url=url, tls={"ca": str(tls_files / "ca.crt")}), "ok")
        found = check("websocket", url=url, tls={"ca": str(tls_files / "other.crt")})
        expect(found, "failed", "tls", "tls", "certificate not trusted")


def test_grpc(check):
    with grpc() as server:
        url = f"grpc://127.0.0.1:{server.port}"
        expect(check("grpc", url=url), "ok", detail="serving")
        found = check("grpc", url=url, service="down")
        expect(found, "failed", "assertion", "answer", "not serving")
        found = check("grpc", url=url, service="nobody")
        expect(found, "failed", "assertion", "answer", "service nobody is not known")
        expect(check("grpc", url=url, service="slow"), "failed", "timeout")
        with server.stopped():
            expect(check("grpc", url=url), "failed", "timeout")
        expect(check("grpc", url=url), "ok")
        server.kill()
        expect(check("grpc", url=url), "failed", "connect", "connect", "connection refused")


def test_grpc_of_a_server_that_ends_in_good_order(check):
    with grpc() as server:
        found = check("grpc", url=f"grpc://127.0.0.1:{server.port}", service="leaving")
        expect(found, "ok", detail="serving")


def test_grpc_of_a_server_that_speaks_something_else(check):
    with websocket() as server:
        found = check("grpc", url=f"grpc://127.0.0.1:{server.port}")
        expect(found, "failed", "protocol")


def test_grpc_over_tls(check, tls_files):
    with grpc("tls", tls_files / "server.crt", tls_files / "server.key") as server:
        url = f"grpcs://localhost:{server.port}"
        expect(check("grpc", url=url, tls={"ca": str(tls_files / "ca.crt")}), "ok")
        found = check("grpc", url=url, tls={"ca": str(tls_files / "other.crt")})
        expect(found, "failed", "tls", "tls", "certificate not trusted")
