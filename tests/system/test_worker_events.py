"""Groups of workers that vitals listens to, on real brokers: Celery's own workers under Pulp's
names, and fleets of simulated ones while brokers come and go."""
import contextlib
import signal
import time

import pytest

from brokers import RABBITMQ, RabbitMQ, Redis, Worker, make_certificates
from daemon import ALL, eventually
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
    number = sum(float(line.split(" ")[1]) for line in daemon.get("/metrics").text.splitlines()
                 if line.startswith("vitals_transitions") and f'component="workers/{group}"' in line)
    assert number > 0, "it was ok once"
    return number


# ---- Celery's own workers -------------------------------------------------------------------

def test_celerys_workers_come_and_go(vitals, rabbitmq, redis):
    """Started, stopped politely, killed, paused and resumed, on both brokers. vitals was there
    first, and its objects on the broker stop no worker from starting."""
    need("celery", "celery")
    brokers = {"rabbit": rabbitmq.url(), "redis": redis.url}
    daemon = vitals(configuration({name: (url, {}) for name, url in brokers.items()}))
    for group in brokers:
        assert eventually(lambda: daemon.status(f"workers/{group}") == "unknown")
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
            # A goodbye is not taken for silence.
            says(daemon, group, "scheduler: 0 of 1, scheduler@pulp silent since 20")
            says(daemon, group, "resource_manager: 0 of 1, resource_manager@pulp left at 20")
            says(daemon, group, "worker: 0 of at least 1, reserved_resource_worker-0@pulp silent since 20")
            workers[group][2].signal(signal.SIGCONT)
            knows(daemon, group, NAMES[2:])
            (answer,) = daemon.get(f"/{group}/v2/status/").json["known_workers"]
            assert list(answer) == ["_id", "_ns", "last_heartbeat", "name"]


def test_the_example_of_pulp(example, web, rabbitmq, fleet):
    """Its scheduler is pushed; all others are heard."""
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

@pytest.mark.skipif(not ALL, reason="takes long; ./test --all")
def test_nothing_is_left_on_the_broker_and_nothing_made_there(vitals, rabbitmq, fleet):
    before = rabbitmq.queues()
    # The rights that it needs, without the right to publish.
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
    says(daemon, "stranger", "wrong user or password (auth)")
    assert daemon.status("workers/nobody") == daemon.status("workers/stranger") == "unknown"
    assert rabbitmq.PASSWORD not in daemon.log() and "wrong" not in daemon.log()
    assert "other" not in rabbitmq.control("list_exchanges", "name")
    daemon.stop()
    assert eventually(lambda: rabbitmq.queues() == before, PATIENCE)


def test_events_of_every_shape(vitals, redis, rabbitmq, fleet):
    """Lists of events, a sender whose clock is years away, and messages that are no events."""
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
        # The same name from two hosts: one says goodbye, the other continues.
        for _ in range(2):
            for process in (7, 8):
                workers.say("heartbeat", event("heartbeat", NAMES[1], time.time(), process))
        workers.say("offline", [event("offline", NAMES[1], time.time(), 8),
                                event("offline", NAMES[2], time.time())])
        knows(daemon, group, NAMES[:2])


# ---- brokers that come and go -------------------------------------------------------------------

def crowd(size):
    return NAMES[1:] + [f"reserved_resource_worker-{number}@host{number % 7}" for number in range(size)]


class Watch:
    """Groups whose workers all live. Whatever becomes of their broker, no worker may be missing
    from an answer, and the group never fails."""

    def __init__(self, daemon, fleets):
        self.daemon, self.fleets = daemon, fleets
        for group, fleet in fleets.items():
            knows(daemon, group, fleet.names)
            assert daemon.becomes(f"workers/{group}", "ok", PATIENCE), detail(daemon, group)

    def look(self):
        for group, fleet in self.fleets.items():
            assert known(self.daemon, group) == sorted(fleet.names), self.daemon.log()
            assert self.daemon.status(f"workers/{group}") != "failed", detail(self.daemon, group)

    def stays(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            time.sleep(0.1)

    def recovers(self):
        """All of them speak again, and are heard."""
        rounds = {group: fleet.rounds for group, fleet in self.fleets.items()}

        def well():
            self.look()
            return all(fleet.rounds > rounds[group] + 1 and
                       self.daemon.status(f"workers/{group}") == "ok"
                       for group, fleet in self.fleets.items())

        assert eventually(well, PATIENCE), self.daemon.log()


def again(start):
    """Another program may have taken the port for a while."""
    def started():
        with contextlib.suppress(AssertionError):
            start()
            return True

    assert eventually(started, 2 * PATIENCE, 0.5)


def test_brokers_restarted_under_load_kill_nobody(vitals, rabbitmq, redis, fleet):
    urls = {"rabbit": rabbitmq.url(), "redis": redis.url}
    daemon = vitals(configuration({group: (url, {}) for group, url in urls.items()}))
    watch = Watch(daemon, {group: fleet(url, crowd(200)) for group, url in urls.items()})
    before = {group: transitions(daemon, group) for group in urls}
    redis.kill()
    rabbitmq.control("stop_app")
    for group in urls:
        assert daemon.becomes(f"workers/{group}", "unknown", PATIENCE)
        says(daemon, group, "blind since 20")
    watch.stays(TIMEOUT + 1)
    again(lambda: redis.start() or redis.ready())
    again(lambda: rabbitmq.control("start_app"))
    watch.recovers()
    watch.stays(TIMEOUT + 1 if ALL else 1)
    for group in urls:
        assert transitions(daemon, group) - before[group] <= 4, "unknown and back, with one gap allowed"
        assert daemon.log().count(f"workers/{group}: heartbeats cannot be heard") < 10
    # They are still heard: a worker that falls silent now is missed.
    for workers in watch.fleets.values():
        workers.names.remove(NAMES[2])
    for group in urls:
        knows(daemon, group, watch.fleets[group].names)
        says(daemon, group, f"scheduler: 0 of 1, {NAMES[2]} silent since 20")


@pytest.mark.skipif(not ALL, reason="takes long; ./test --all")
def test_a_broker_that_takes_no_messages_is_not_the_workers_silence(vitals, rabbitmq, fleet):
    daemon = vitals(configuration({"pulp": (rabbitmq.url(), {})}))
    watch = Watch(daemon, {"pulp": fleet(rabbitmq.url(), crowd(20))})
    rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1")
    try:
        says(daemon, "pulp", "the broker takes no messages, and so no heartbeats")
        watch.stays(TIMEOUT + 2)
        assert daemon.status("workers/pulp") == "unknown"
    finally:
        rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1GB")
    watch.recovers()


@pytest.mark.skipif(not ALL, reason="takes long; ./test --all")
def test_a_broker_that_hangs_is_noticed(vitals, redis, fleet):
    daemon = vitals(configuration({"pulp": (redis.url, {})}))
    watch = Watch(daemon, {"pulp": fleet(redis.url, crowd(5))})
    with redis.stopped():
        says(daemon, "pulp", "no sign of life for 3000 ms")
        watch.stays(TIMEOUT)
    watch.recovers()
