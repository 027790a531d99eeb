"""Reads never wait: the answers while a thousand components hang."""
import contextlib
import statistics
import time

import pytest

from daemon import ALL, SLOWER, ask, eventually

COUNT = 1000


@pytest.fixture
def hung(vitals, silence):
    components = {"disk": {"check": "disk", "path": "/", "degraded_above": "99%",
                           "failed_above": "99.9%", "interval": "1s", "timeout": "1s"}}
    for number in range(COUNT):
        check = {"check": "http", "url": f"http://127.0.0.1:{silence.port}/"} if number % 2 else \
                {"check": "tcp", "url": f"tcp://127.0.0.1:{silence.port}", "expect": "/./"}
        components[f"hung/{number}"] = {**check, "interval": "1s", "timeout": "1s"}
    return vitals({"components": components,
                   "endpoints": [{"dialect": dialect} for dialect in
                                 ("kubernetes", "healthz", "svc_status", "metrics")]})


def verdicts(daemon):
    components = daemon.components()
    timed_out = sum(1 for name, each in components.items() if name.startswith("hung/")
                    and (each["status"], each.get("error_class")) == ("failed", "timeout"))
    return timed_out, components["disk"]["status"]


def test_all_have_failed_after_one_deadline(hung):
    start = time.monotonic()
    assert eventually(lambda: verdicts(hung)[0] == COUNT, 10)
    # First runs begin within a second of the start, and last one second.
    assert time.monotonic() - start < 3.5 * SLOWER
    assert verdicts(hung) == (COUNT, "ok")
    assert all(each["failed_phase"] for name, each in hung.components().items()
               if name.startswith("hung/")), "the phase it hung in is named"


@pytest.mark.parametrize("path, status", [
    ("/readyz?verbose", 500), ("/healthz/", 503), ("/svc_status.json", 200)])
def test_answers_come_at_once(hung, path, status):
    assert eventually(lambda: verdicts(hung)[0] == COUNT, 10)
    times = []
    with contextlib.closing(hung.connection()) as connection:
        for _ in range(200):
            answer = ask(connection, "GET", path)
            assert answer.status == status
            times.append(answer.seconds)
            time.sleep(0.005)    # over several rounds of checks, not between two of them
    assert statistics.median(times) < 0.005 * SLOWER, f"median {statistics.median(times):.4f} s"
    # The jitter of a busy machine is not vitals' fault. A reader that waits for a check would wait
    # for a second.
    assert sorted(times)[-5] < 0.1 * SLOWER, sorted(times)[-5:]


def test_descriptors_and_memory_stay_level(hung):
    assert eventually(lambda: verdicts(hung)[0] == COUNT, 10)
    time.sleep(5)
    descriptors = [hung.figure("process_open_fds")]
    memory = [hung.figure("process_resident_memory_bytes")]
    for _ in range(200 if ALL and SLOWER == 1 else 12):
        time.sleep(1)
        descriptors.append(hung.figure("process_open_fds"))
        memory.append(hung.figure("process_resident_memory_bytes"))
    assert max(descriptors) <= COUNT + 200, "one connection a component, and few of our own"
    if SLOWER == 1:
        early, late = max(memory[: len(memory) // 3]), max(memory[-(len(memory) // 3):])
        assert late <= early * 1.02 + 1_000_000, f"resident memory: {memory}"
    assert verdicts(hung) == (COUNT, "ok")
