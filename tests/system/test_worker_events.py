"""Groups of workers that vitals listens to, on real brokers: Celery's own workers under Pulp's
names, and fleets of simulated ones while brokers come and go."""
import contextlib
import signal
import time

import pytest

from brokers import RABBITMQ, RabbitMQ, Redis, Worker, make_certificates
from daemon import SLOWER, eventually
from fleet import Fleet, event
from test_backends import need
from test_examples import example, web  # noqa: F401 (fixtures)

NAMES = ["reserved_resource_worker-0@pulp", "resource_manager@pulp", "scheduler@pulp"]
EXPECT = {"scheduler": "1", "resource_manager": "1", "reserved_resource_worker": ">=1"}
TIMEOUT = 4
PATIENCE = 30  # seconds, of which an idle machine needs few


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory):
    need("rabbitmq-server", f"{RABBITMQ}/rabbitmq-server")
    with contextlib.closing(RabbitMQ(make_certificates(tmp_path_factory.mktemp("tls")))) as server:
        yield server.ready()


@pytest.fixture(scope="module")
def redis():
    need("redis-server", "redis-server")
    with contextlib.closing(Redis()) as server:
        yield server.ready()


@pytest.fixture
def fleet():
    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **more: stack.enter_context(
            contextlib.closing(Fleet(*arguments, **more)))


def configuration(groups):
    """One group and one Pulp status for each broker's URL."""
    return {
        "components": {"it": {"check": "disk", "path": "/", "degraded_above": "100%",
                              "failed_above": "100%"}},
        "workers": {name: {"source": "celery", "url": url, "timeout": f"{TIMEOUT}s",
                           "expect": EXPECT, **more}
                    for name, (url, more) in groups.items()},
        "endpoints": [{"dialect": "pulp", "path": f"/{name}/v2/status/", "database": "it",
                       "messaging": "it", "workers": name} for name in groups]
        + [{"dialect": "metrics", "path": "/metrics"}],
    }


def known(daemon, group):
    return [each["name"] for each in daemon.get(f"/{group}/v2/status/").json["known_workers"]]


def knows(daemon, group, names):
    assert eventually(lambda: known(daemon, group) == sorted(names), PATIENCE), (
        f"{known(daemon, group)}, not {names}\n{daemon.log()}")


def detail(daemon, group):
    return daemon.components()[f"workers/{group}"]["detail"]


def says(daemon, group, text):
    assert eventually(lambda: text in detail(daemon, group), PATIENCE), (
        f"{detail(daemon, group)}, not {text}\n{daemon.log()}")


def transitions(daemon, group):
    return sum(float(line.split(" ")[1]) for line in daemon.get("/metrics").text.splitlines()
               if line.startswith("vitals_component_transitions_total")
               and f'component="workers/{group}"' in line)


# ---- Celery's own workers -------------------------------------------------------------------

def test_celerys_workers_come_and_go(vitals, rabbitmq, redis):
    """Started, stopped politely, killed, paused and resumed, on both brokers; vitals was there
    first, and what it does on a broker keeps no worker from starting."""
    need("celery", "celery")
    brokers = {"rabbit": rabbitmq.url(), "redis": redis.url}
    daemon = vitals(configuration({name: (url, {}) for name, url in brokers.items()}))
    for group in brokers:
        assert eventually(lambda: daemon.status(f"workers/{group}") == "unknown")
    says(daemon, "rabbit", "")
    with contextlib.ExitStack() as stack:
        workers = {group: [stack.enter_context(contextlib.closing(Worker(
            url, name, f"q{number}", pool="solo", more=("--heartbeat-interval", "1"))))
            for number, name in enumerate(NAMES)] for group, url in brokers.items()}
        for group in brokers:
            for worker in workers[group]:
                worker.ready()
        for group in brokers:
            knows(daemon, group, NAMES)
            assert daemon.becomes(f"workers/{group}", "ok", PATIENCE), detail(daemon, group)
        for group in brokers:
            killed, stopped, paused = workers[group]
            killed.kill()
            stopped.signal(signal.SIGTERM)
            paused.signal(signal.SIGSTOP)
        for group in brokers:
            knows(daemon, group, [])
            assert daemon.becomes(f"workers/{group}", "failed", PATIENCE)
            # A goodbye is told from silence.
            says(daemon, group, "scheduler: 0 of 1, scheduler@pulp silent since 20")
            says(daemon, group, "resource_manager: 0 of 1, resource_manager@pulp left at 20")
            says(daemon, group, "worker: 0 of at least 1, reserved_resource_worker-0@pulp silent since 20")
            workers[group][2].signal(signal.SIGCONT)
            knows(daemon, group, NAMES[2:])
            (answer,) = daemon.get(f"/{group}/v2/status/").json["known_workers"]
            assert list(answer) == ["last_heartbeat", "name"]


def test_the_example_of_pulp(example, web, rabbitmq, fleet):
    """Its scheduler is pushed, everybody else is heard."""
    mongo = web("It looks like you are trying to access MongoDB over HTTP on the native driver port.")
    daemon = example("pulp", PULP_MONGODB=mongo.url + "/", PULP_BROKER_USER="test",
                     PULP_BROKER=f"amqp://127.0.0.1:{rabbitmq.port}/",
                     PULP_BROKER_PASSWORD=rabbitmq.PASSWORD)
    fleet(rabbitmq.url(), NAMES[:2])

    def answer():
        daemon.control("PUT", "/v1/workers/pulp/scheduler%40pulp/heartbeat")
        return daemon.get("/pulp/api/v2/status/").json

    assert eventually(lambda: len(answer()["known_workers"]) == 3, PATIENCE), daemon.log()
    assert [each["name"] for each in answer()["known_workers"]] == sorted(NAMES)
    assert eventually(lambda: answer()["messaging_connection"] == {"connected": True}, PATIENCE)
    assert eventually(lambda: answer() and daemon.status("workers/pulp") == "ok", PATIENCE)


# ---- what is on the broker --------------------------------------------------------------------

def test_nothing_is_left_on_the_broker_and_nothing_made_there(vitals, rabbitmq, fleet):
    before = rabbitmq.queues()
    # As much as it needs, and no leave to publish.
    rabbitmq.control("add_user", "listener", rabbitmq.PASSWORD)
    rabbitmq.control("set_permissions", "listener", r"^amq\.gen.*$", r"^amq\.gen.*$",
                     r"^(amq\.gen.*|celeryev)$")
    fleet(rabbitmq.url(), NAMES)
    daemon = vitals(configuration({
        "pulp": (rabbitmq.url(), {"event_exchange": "other"}),
        "limited": (rabbitmq.url("listener"), {}),
        "nobody": (rabbitmq.url("nothing"), {}),
        "stranger": (rabbitmq.url("test", "wrong"), {})}))
    knows(daemon, "limited", NAMES)
    assert daemon.becomes("workers/limited", "ok", PATIENCE), detail(daemon, "limited")
    says(daemon, "pulp", "the broker has no exchange 'other': no worker ever sent events to it")
    assert daemon.becomes("workers/pulp", "failed", PATIENCE)
    says(daemon, "nobody", "blind since")
    says(daemon, "stranger", "user or password refused (auth)")
    assert daemon.status("workers/nobody") == daemon.status("workers/stranger") == "unknown"
    assert rabbitmq.PASSWORD not in daemon.log() and "wrong" not in daemon.log()
    assert "other" not in rabbitmq.control("list_exchanges", "name")
    daemon.stop()
    assert eventually(lambda: rabbitmq.queues() == before, PATIENCE)


def test_events_of_every_shape(vitals, redis, rabbitmq, fleet):
    """Lists of events, a sender whose clock is years away, and what is no event at all."""
    brokers = {"rabbit": rabbitmq.url(), "redis": redis.url}
    daemon = vitals(configuration({name: (url, {"timeout": "60s"}) for name, url in brokers.items()}))
    for group, url in brokers.items():
        workers = fleet(url, NAMES[:1])
        knows(daemon, group, NAMES[:1])
        for garbage in ("no JSON", "7", "[[]]", {"hostname": "x" * 300, "type": "worker-heartbeat"},
                        {"hostname": "a\nb", "type": "worker-heartbeat"}, {"type": "worker-online"}):
            workers.say("heartbeat", garbage)
        workers.say("heartbeat", [event("online", NAMES[1], 1420231198),
                                  event("heartbeat", NAMES[2], 4_000_000_000.5), "garbage"])
        knows(daemon, group, NAMES)
        shown = {each["name"]: each["last_heartbeat"]
                 for each in daemon.get(f"/{group}/v2/status/").json["known_workers"]}
        assert shown[NAMES[1]] == "2015-01-02T20:39:58Z"
        assert shown[NAMES[2]] == "2096-10-02T07:06:40Z"
        workers.say("offline", event("offline", NAMES[1], time.time()))
        knows(daemon, group, [NAMES[0], NAMES[2]])
        assert daemon.log().count(f"workers/{group}: ignored ") == 1
        # The same name from two hosts: one says goodbye, the other goes on.
        for _ in range(2):
            for process in (7, 8):
                workers.say("heartbeat", event("heartbeat", NAMES[1], time.time(), process))
        workers.say("offline", [event("offline", NAMES[1], time.time(), 8),
                                event("offline", NAMES[2], time.time())])
        knows(daemon, group, NAMES[:2])


# ---- brokers that come and go -------------------------------------------------------------------

@contextlib.contextmanager
def watched(daemon, group, names):
    """Nobody who lives may be missing from the answer while the broker is away, and the group is
    never failed."""
    def look():
        assert known(daemon, group) == sorted(names), daemon.log()
        assert daemon.status(f"workers/{group}") != "failed", detail(daemon, group)

    yield look
    assert eventually(lambda: look() or daemon.status(f"workers/{group}") == "ok", PATIENCE), (
        detail(daemon, group) + daemon.log())


def crowd():
    return NAMES[1:] + [f"reserved_resource_worker-{number}@host{number % 7}" for number in range(200)]


def stays(look, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        look()
        time.sleep(0.1)


@pytest.mark.parametrize("broker", ["rabbit", "redis"])
def test_a_broker_restarted_under_load_kills_nobody(vitals, request, fleet, broker):
    server = request.getfixturevalue("rabbitmq" if broker == "rabbit" else "redis")
    url = server.url() if broker == "rabbit" else server.url
    names = crowd()
    workers = fleet(url, names)
    daemon = vitals(configuration({broker: (url, {})}))
    knows(daemon, broker, names)
    assert daemon.becomes(f"workers/{broker}", "ok", PATIENCE)
    before = transitions(daemon, broker)
    with watched(daemon, broker, names) as look:
        server.control("stop_app") if broker == "rabbit" else server.kill()
        assert daemon.becomes(f"workers/{broker}", "unknown", PATIENCE)
        says(daemon, broker, "blind since 20")
        stays(look, TIMEOUT + 1)
        server.control("start_app") if broker == "rabbit" else server.start()
        rounds = workers.rounds
        assert eventually(lambda: look() or workers.rounds > rounds, PATIENCE)
    stays(look, TIMEOUT + 1)
    assert transitions(daemon, broker) - before <= 4, "unknown and back, a blink allowed"
    assert daemon.log().count("heartbeats cannot be heard") < 10
    # And it still hears: who now falls silent is missed.
    workers.names.remove(NAMES[2])
    names.remove(NAMES[2])
    knows(daemon, broker, names)
    says(daemon, broker, f"scheduler: 0 of 1, {NAMES[2]} silent since 20")


def test_a_broker_that_takes_no_messages_is_not_the_workers_silence(vitals, rabbitmq, fleet):
    names = crowd()[:20]
    fleet(rabbitmq.url(), names)
    daemon = vitals(configuration({"pulp": (rabbitmq.url(), {})}))
    knows(daemon, "pulp", names)
    assert daemon.becomes("workers/pulp", "ok", PATIENCE)
    rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1")
    try:
        with watched(daemon, "pulp", names) as look:
            says(daemon, "pulp", "the broker takes no messages, and so no heartbeats")
            stays(look, TIMEOUT + 2)
            assert daemon.status("workers/pulp") == "unknown"
            rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1GB")
    finally:
        rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1GB")


def test_a_broker_that_hangs_is_noticed(vitals, redis, fleet):
    names = crowd()[:5]
    workers = fleet(redis.url, names)
    daemon = vitals(configuration({"pulp": (redis.url, {})}))
    knows(daemon, "pulp", names)
    assert daemon.becomes("workers/pulp", "ok", PATIENCE)
    with watched(daemon, "pulp", names) as look:
        with redis.stopped():
            says(daemon, "pulp", "no sign of life for 3000 ms")
            stays(look, TIMEOUT)
        rounds = workers.rounds
        assert eventually(lambda: look() or workers.rounds > rounds, PATIENCE * SLOWER)
