"""What vitals runs when a component has failed, and its brake: the whole program, with a program
that counts its runs."""
import os
import stat
import time

import pytest

from daemon import eventually


@pytest.fixture
def counter(tmp_path):
    """A program that writes a line for each run, and then does `then`."""

    class Counter:
        def __init__(self):
            self.file = tmp_path / "runs"
            self.program = tmp_path / "restart-it"
            self.then("exit 0")

        def then(self, what):
            self.program.write_text(f"#!/bin/sh\necho \"$VITALS_COMPONENT $#\" >> {self.file}\n{what}\n")
            self.program.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)

        def runs(self):
            return self.file.read_text().splitlines() if self.file.exists() else []

    tmp_path.chmod(0o755)
    return Counter()


def acting(counter, at_most="3 per 1h", components=None, wait="0s", **more):
    component = {"check": "push", "ttl": "1h",
                 "on_failed": {"run": [str(counter.program), "the-argument"], "at_most": at_most, **more}}
    return {"components": {"db": component, **(components or {})},
            "alerts": {"wait": wait, "hold": "0s", "flapping": {"quiet": "5m"}}}


def push(daemon, name, status):
    answer = daemon.control("PUT", "/v1/components/" + name.replace("/", "%2F"), {"status": status})
    assert answer.status == 204, answer.text


def action(daemon, name="db"):
    return daemon.control("GET", f"/v1/components/{name}/explain").json.get("action", "")


def incident(daemon):
    return daemon.control("GET", "/v1/incidents?limit=1").json["incidents"][0]


def test_a_program_is_run_once_when_it_failed(vitals, counter):
    daemon = vitals(acting(counter))
    push(daemon, "db", "ok")
    assert "at most 3 per 1h" in action(daemon)
    push(daemon, "db", "failed")
    assert eventually(lambda: counter.runs() == ["db 1"])
    assert eventually(lambda: "exit code 0" in action(daemon)), action(daemon)
    push(daemon, "db", "failed")
    time.sleep(1)
    assert len(counter.runs()) == 1
    texts = [each["text"] for each in incident(daemon)["actions"]]
    assert texts == ["restart-it is run", "restart-it: exit code 0"]
    page = daemon.get("/i/" + incident(daemon)["id"]).text
    assert "the-argument" not in page + daemon.log() + str(texts) + action(daemon)


def test_the_brake_holds_also_over_a_kill(vitals, counter):
    daemon = vitals(acting(counter, at_most="2 per 1h"))
    for expected in (1, 2, 2):
        push(daemon, "db", "ok")
        push(daemon, "db", "failed")
        assert eventually(lambda: len(counter.runs()) == expected)
        time.sleep(1.5)    # a kill may lose the last second of what was pushed
        daemon.kill()
        daemon.start()
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert eventually(lambda: "the brake holds until" in action(daemon)), action(daemon)
    time.sleep(1)
    assert len(counter.runs()) == 2
    held = [each for each in incident(daemon)["actions"] if "brake holds" in each["text"]]
    assert len(held) <= 1


def test_a_kill_during_the_run_causes_no_second_run(vitals, counter):
    counter.then("sleep 30")
    daemon = vitals(acting(counter))
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert eventually(lambda: len(counter.runs()) == 1)
    time.sleep(1.5)
    daemon.kill()
    daemon.start()
    assert eventually(lambda: "vitals ended before it did" in action(daemon)), action(daemon)
    push(daemon, "db", "failed")
    time.sleep(1.5)
    assert len(counter.runs()) == 1


def test_it_is_run_again_while_it_is_still_failed_and_then_braked(vitals, counter):
    daemon = vitals(acting(counter, at_most="3 per 1h", again_after="1s"))
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert eventually(lambda: len(counter.runs()) == 3, 6)
    assert eventually(lambda: "the brake holds" in action(daemon))
    time.sleep(2)
    assert len(counter.runs()) == 3
    texts = [each["text"] for each in incident(daemon)["actions"]]
    assert sum("brake holds" in text for text in texts) == 1


def test_nothing_is_run_for_a_consequence(vitals, counter):
    daemon = vitals(acting(counter, wait="1s", components={"disk": {"check": "push", "ttl": "1h"}}))
    configuration = acting(counter, wait="1s", components={"disk": {"check": "push", "ttl": "1h"}})
    configuration["components"]["db"]["depends_on"] = ["disk"]
    daemon.configure(configuration)
    daemon.control("POST", "/v1/reload")
    for name in ("db", "disk"):
        push(daemon, name, "ok")
    push(daemon, "db", "failed")
    push(daemon, "disk", "failed")
    time.sleep(3)
    assert counter.runs() == []


@pytest.mark.parametrize("status", ["unknown", "degraded"])
def test_nothing_is_run_unless_it_failed(vitals, counter, status):
    daemon = vitals(acting(counter))
    push(daemon, "db", "ok")
    push(daemon, "db", status)
    time.sleep(1)
    assert counter.runs() == []


def test_nothing_is_run_while_people_work_on_it(vitals, counter):
    daemon = vitals(acting(counter))
    push(daemon, "db", "ok")
    made = daemon.control("POST", "/v1/silences", {"match": "db", "duration": "2s", "reason": "swap"})
    assert made.status == 201
    push(daemon, "db", "failed")
    time.sleep(1)
    assert counter.runs() == []
    assert eventually(lambda: len(counter.runs()) == 1), "it still fails when the silence ends"


def test_nothing_is_run_out_of_service_or_acknowledged(vitals, counter):
    daemon = vitals(acting(counter, again_after="1s"))
    push(daemon, "db", "ok")
    assert daemon.control("PUT", "/v1/drain", {"text": "moving"}).status in (200, 204)
    push(daemon, "db", "failed")
    time.sleep(1)
    assert counter.runs() == []
    assert daemon.control("PUT", "/v1/drain", {"text": "OK"}).status in (200, 204)
    assert eventually(lambda: len(counter.runs()) == 1)
    daemon.control("POST", f"/v1/incidents/{incident(daemon)['id']}/ack", {"reason": "mine"})
    runs = len(counter.runs())
    time.sleep(2.5)
    assert len(counter.runs()) <= runs + 1 and len(counter.runs()) < 3


def test_a_program_that_hangs_is_killed_whole(vitals, counter, tmp_path):
    counter.then(f"sleep 300 & echo $! > {tmp_path}/child; wait")
    daemon = vitals(acting(counter, timeout="1s"))
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert eventually(lambda: "killed: it had not ended after 1s" in action(daemon)), action(daemon)
    child = int((tmp_path / "child").read_text())

    def gone():
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return True
        return False

    assert eventually(gone)


def test_a_program_that_is_not_there_or_refuses_is_told(vitals, counter):
    counter.then("echo no bus >&2; exit 3")
    daemon = vitals(acting(counter))
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert eventually(lambda: "exit code 3" in action(daemon))
    assert daemon.logs("no bus")
    counter.program.unlink()
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert eventually(lambda: "exit code 3" not in action(daemon) and "under way" not in action(daemon))
    assert "vitals" not in action(daemon).split(";")[-1]
