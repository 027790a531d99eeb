"""Who is told, when and how often, by the whole program. Each message leaves once, whatever happens
between the verdict and the receiver's answer."""
import random
import time

from daemon import ALL, eventually, run_vitals
from webhooks import PATH, SECRET, push, telling

KILLS = 200 if ALL else 10


def test_a_problem_and_its_end_are_told_once(vitals, receiver):
    daemon = vitals(telling(receiver))
    push(daemon, "db", "ok")
    began = time.monotonic()
    push(daemon, "db", "failed", "connection refused")
    assert eventually(lambda: receiver.told() == [("problem", "db")], 3)
    assert time.monotonic() - began < 2
    push(daemon, "db", "ok")
    assert eventually(lambda: receiver.told() == [("problem", "db"), ("resolved", "db")])
    time.sleep(2)
    assert len(receiver.got) == 2
    assert receiver.got[0][2]["line"].startswith("FAILED db: connection refused")
    assert receiver.got[1][2]["line"].startswith("OK db")


def test_one_cause_with_two_hundred_consequences_is_one_message(vitals, receiver):
    names = [f"shop/{number}" for number in range(200)]
    configuration = telling(receiver, wait="2s")
    configuration["components"] |= {name: {"check": "push", "ttl": "1h", "depends_on": ["db"]}
                                    for name in names}
    daemon = vitals(configuration)
    for name in ["db", *names]:
        push(daemon, name, "ok")
    for name in [*names, "db"]:
        push(daemon, name, "failed", "down")
    assert eventually(lambda: receiver.told() == [("problem", "db")], 10), receiver.told()
    assert receiver.got[0][2]["affected_count"] == 200
    for name in ["db", *names]:
        push(daemon, name, "ok")
    assert eventually(lambda: receiver.told() == [("problem", "db"), ("resolved", "db")], 10)
    time.sleep(2)
    assert len(receiver.got) == 2


def test_nothing_is_told_while_it_is_silenced_and_one_message_at_the_end(vitals, receiver):
    daemon = vitals(telling(receiver))
    push(daemon, "db", "ok")
    answer = daemon.control("POST", "/v1/silences", {"match": "db", "duration": "3s",
                                                     "reason": "disk swap"})
    assert answer.status == 201, answer.text
    push(daemon, "db", "failed")
    time.sleep(1.5)
    assert receiver.got == []
    assert eventually(lambda: receiver.told() == [("problem", "db")])
    time.sleep(1)
    assert len(receiver.got) == 1


def test_a_refused_message_is_tried_again_with_the_same_key(vitals, receiver):
    daemon = vitals(telling(receiver))
    receiver.codes = [500, 200]
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert eventually(lambda: len(receiver.got) == 2, 12)
    assert receiver.got[0][0] == receiver.got[1][0]
    told = daemon.control("GET", "/v1/incidents?open=1").json["incidents"][0]["deliveries"]
    assert eventually(lambda: daemon.control("GET", "/v1/incidents?open=1").json["incidents"][0]
                      ["deliveries"][0]["state"] == "delivered"), told


def test_a_receiver_that_refuses_for_good_is_a_fault_of_its_own(vitals, receiver):
    daemon = vitals(telling(receiver))
    receiver.codes = [404]
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert daemon.becomes("vitals/alerts", "degraded")
    error = daemon.control("GET", "/v1/components/vitals%2Falerts").json["error"]
    assert "hook" in error and PATH not in error


def test_a_restart_finishes_decided_messages_and_tells_nothing_twice(vitals, receiver):
    daemon = vitals(telling(receiver))
    push(daemon, "db", "ok")
    receiver.codes = [500]
    push(daemon, "db", "failed")
    assert eventually(lambda: receiver.got)
    time.sleep(1.5)    # a kill may lose the last second of what was pushed
    daemon.kill()
    receiver.codes = [200]
    daemon.start()
    assert eventually(lambda: len(receiver.got) >= 2, 15)
    time.sleep(2)
    assert {key for key, _, _ in receiver.got} == {receiver.got[0][0]}
    daemon.kill()
    daemon.start()
    time.sleep(3)
    before = len(receiver.got)
    push(daemon, "db", "ok")
    assert eventually(lambda: receiver.told() == [("problem", "db"), ("resolved", "db")])
    assert len(receiver.got) == before + 1


def test_kills_at_any_moment_lose_nothing_and_copy_once_at_most(vitals, receiver):
    """Failures and recoveries while the process is killed at random moments. At the end the
    receiver knows what is true, and no key came more often than the process was killed while it was
    under way."""
    chance = random.Random(11)
    never = {"changes": 100, "within": "2s", "quiet": "1s"}
    daemon = vitals(telling(receiver, hold="0s", flapping=never))
    push(daemon, "db", "ok")
    kills = 0
    status = "ok"
    for _ in range(KILLS):
        status = "failed" if status == "ok" else "ok"
        push(daemon, "db", status)
        time.sleep(chance.uniform(1.0, 1.6))    # what was pushed is on the disk by then
        daemon.kill()
        kills += 1
        daemon.start()
    push(daemon, "db", "ok")
    assert eventually(lambda: receiver.told() and receiver.told()[-1][0] in ("resolved", "steady",
                                                                              "missed"), 60)
    copies = {}
    for key, _, _ in receiver.got:
        copies[key] = copies.get(key, 0) + 1
    assert sum(count - 1 for count in copies.values()) <= kills


def test_the_command_line_tries_a_receiver(vitals, receiver):
    daemon = vitals(telling(receiver))
    url = f"unix:{daemon.socket}"
    tried = run_vitals("alerts", "test", "hook", "--url", url)
    assert tried.returncode == 0 and "a test message was delivered" in tried.stdout, tried.stderr
    assert receiver.got[0][2]["test"] is True
    receiver.codes = [410]
    tried = run_vitals("alerts", "test", "hook", "--url", url)
    assert tried.returncode != 0 and "410" in tried.stderr and PATH not in tried.stderr
    tried = run_vitals("alerts", "test", "nobody", "--url", url)
    assert tried.returncode != 0 and "there are: hook" in tried.stderr


def test_the_watchdog_hears_of_us_only_while_all_is_well(vitals, receiver):
    daemon = vitals(telling(receiver, watchdog={"url": receiver.url("/alive"), "every": "1s"}))
    assert eventually(lambda: len(receiver.asked) >= 3, 15)
    assert set(receiver.asked) == {"/alive"}
    receiver.codes = [404]
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert daemon.becomes("vitals/alerts", "degraded")
    time.sleep(1.5)
    before = len(receiver.asked)
    time.sleep(3)
    assert len(receiver.asked) == before, "a receiver refuses, which somebody must see"


def test_no_secret_is_written_anywhere(vitals, receiver):
    daemon = vitals(telling(receiver))
    receiver.codes = [500, 404]
    push(daemon, "db", "ok")
    push(daemon, "db", "failed", "down")
    assert eventually(lambda: len(receiver.got) >= 2, 15)
    time.sleep(1)
    texts = daemon.stderr.read_bytes()
    for file in daemon.state.iterdir():
        if file.is_file():
            texts += file.read_bytes()
    assert PATH.encode() not in texts
    assert SECRET.encode() not in texts and SECRET[6:].encode() not in texts


def test_a_link_in_a_message_acts_by_a_form_only(vitals, receiver):
    daemon = vitals(telling(receiver, url="https://status.example.org"))
    push(daemon, "db", "ok")
    push(daemon, "db", "failed", "<b>down</b>")
    assert eventually(lambda: receiver.got)
    link = receiver.got[0][2]["links"]["act"]
    assert link.startswith("https://status.example.org/a/")
    path = link.removeprefix("https://status.example.org")
    for _ in range(1000 if ALL else 50):
        shown = daemon.get(path)
        assert shown.status == 200 and "no-store" in shown.headers["Cache-Control"]
    assert "&lt;b&gt;down" in shown.text and "<b>down" not in shown.text
    assert "checked" not in shown.text, "no choice is made beforehand"

    def incident():
        return daemon.control("GET", "/v1/incidents?open=1").json["incidents"][0]

    assert incident()["acknowledged"] is None, "reading changes nothing"

    def post(where, body):
        return daemon.ask("POST", where, body.encode(),
                              {"Content-Type": "application/x-www-form-urlencoded"})

    for wrong in ("", "what=ack", "by=jonas", "what=all&by=jonas", "what=ack&by=" + "x" * 100):
        assert post(path, wrong).status == 400
    assert incident()["acknowledged"] is None
    assert post(path, "what=ack&by=jonas").status == 200
    assert incident()["acknowledged"]["by"] == "jonas, link of hook"
    assert post(path, "what=1h&by=jonas").status == 200
    silence = daemon.control("GET", "/v1/silences").json["silences"][0]
    assert silence["match"] == ["db"] and silence["by"] == "jonas, link of hook"
    for strange in (path[:-1] + ("A" if path[-1] != "A" else "B"), "/a/", "/a/x.y", "/a/" + "A" * 3000):
        assert daemon.get(strange).status == 410
        assert post(strange, "what=ack&by=jonas").status == 410
    push(daemon, "db", "ok")
    assert eventually(lambda: daemon.get(path).status == 410)
