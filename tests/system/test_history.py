"""The past of a component is known: as steps, as uptime, as changes; across a restart, and without
inventions."""
import contextlib
import csv
import io
import itertools
import os
import random
import sqlite3
import time
from datetime import datetime

from daemon import eventually, run_vitals

PUSHED = {"components": {"shop/web": {"check": "push", "ttl": "1h"}},
          "tokens": {"reader": {"secret": "reader's secret", "allow": ["read"]},
                     "pusher": {"secret": "pusher's secret", "allow": ["push"]}}}
NAME = "shop%2Fweb"


def push(daemon, status, detail=""):
    answer = daemon.control("PUT", f"/v1/components/{NAME}", {"status": status, "detail": detail})
    assert answer.status == 204, answer.text


def read(daemon, path):
    answer = daemon.control("GET", path)
    assert answer.status == 200, answer.text
    return answer.json


def changes(daemon, query=""):
    return read(daemon, f"/v1/transitions?component={NAME}{query}")["transitions"]


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def failed_for_a_second(vitals):
    daemon = vitals(PUSHED)
    push(daemon, "ok")
    time.sleep(1)
    push(daemon, "failed", "disk full, \"really\"")
    time.sleep(1)
    push(daemon, "ok")
    return daemon


def test_changes_are_told_newest_first(vitals):
    daemon = failed_for_a_second(vitals)
    assert eventually(lambda: len(changes(daemon)) == 3)
    recovered, fell, first = changes(daemon)
    assert (recovered["from"], recovered["to"]) == ("failed", "ok")
    assert (fell["from"], fell["to"], fell["why"]) == ("ok", "failed", 'disk full, "really"')
    assert (first["from"], first["to"]) == ("unwatched", "ok") and "lasted_seconds" not in first
    assert 0.9 < recovered["lasted_seconds"] < 3
    assert moment(first["first"]) < moment(fell["first"]) < moment(recovered["first"])
    assert changes(daemon, "&limit=1") == [recovered]
    assert changes(daemon, f"&before={recovered['first']}&limit=1") == [fell]
    everything = read(daemon, "/v1/transitions?limit=1000")["transitions"]
    assert {each["component"] for each in everything} > {"shop/web"}, "vitals' own, too"


def test_steps_and_uptime_agree(vitals):
    daemon = failed_for_a_second(vitals)
    assert eventually(lambda: len(changes(daemon)) == 3)
    down = changes(daemon)[0]["lasted_seconds"]
    history = read(daemon, f"/v1/history/{NAME}?range=90m")
    assert (history["component"], history["steps"], history["step"]) == ("shop/web", 90, 60)
    assert abs(sum(each.get("failed", 0) for each in history["buckets"]) - down) < 0.01
    assert history["buckets"][0]["worst"] == "unwatched", "nobody looked before it was watched"
    assert history["buckets"][-1]["worst"] in ("failed", "unwatched")
    day = read(daemon, f"/v1/uptime/{NAME}")["windows"][0]
    assert day["window"] == "24h" and abs(day["down_seconds"] - down) < 0.01
    assert 0 < day["uptime"] < 1 and day["coverage"] == 1
    assert day["shown"].endswith(" %") and day["shown"] != "100 %"


def test_a_killed_daemon_looked_at_nothing_and_loses_nothing(vitals):
    daemon = failed_for_a_second(vitals)
    assert eventually(lambda: len(changes(daemon)) == 3)
    before = changes(daemon)
    time.sleep(1.5)    # a kill may lose the last second of what was pushed
    killed = time.time()
    daemon.kill()
    time.sleep(2)
    daemon.start()
    away = time.time() - killed
    assert daemon.becomes("shop/web", "ok")
    assert changes(daemon) == before, "nothing is told twice, nothing is lost"
    day = read(daemon, f"/v1/uptime/{NAME}")["windows"][0]
    assert 1.9 < day["unaccounted_seconds"] < away + 6, "every few seconds it records that it lives"
    blind = [each for each in read(daemon, f"/v1/history/{NAME}?range=90m")["buckets"]
             if each.get("blind")]
    assert blind


def test_a_component_that_is_gone_is_no_longer_counted(vitals):
    daemon = vitals(PUSHED)
    assert daemon.control("PUT", "/v1/components/job", {"status": "failed"}).status == 201
    assert daemon.control("DELETE", "/v1/components/job").status == 204
    told = lambda: read(daemon, "/v1/transitions?component=job")["transitions"]  # noqa: E731
    assert eventually(lambda: [each["to"] for each in told()] == ["unwatched", "failed"])
    down = read(daemon, "/v1/uptime/job")["windows"][0]["down_seconds"]
    time.sleep(1)
    assert read(daemon, "/v1/uptime/job")["windows"][0]["down_seconds"] == down


def test_invalid_questions_are_refused(vitals):
    daemon = vitals(PUSHED)
    push(daemon, "ok")
    for query, said in [("range=1x", "range: expected a duration"), ("range=401d", "400 days"),
                        ("from=yesterday", "from: expected a time"), ("to=2026-01-01T00:00:00Z", "`from`"),
                        ("from=2020-01-01T00:00:00Z", "400 days"), ("range=90d&step=1m", "at most 1000"),
                        ("from=2199-01-01T00:00:00Z", "in the future")]:
        answer = daemon.control("GET", f"/v1/history/{NAME}?{query}")
        assert answer.status == 400 and said in answer.json["detail"], (query, answer.text)
    for query in ("limit=0", "limit=1001", "limit=x", "before=now"):
        assert daemon.control("GET", f"/v1/transitions?{query}").status == 400, query
    for path in ("/v1/history/nobody", "/v1/uptime/nobody"):
        assert daemon.control("GET", path).status == 404
    assert daemon.control("OPTIONS", f"/v1/history/{NAME}").status == 200
    assert daemon.control("HEAD", f"/v1/history/{NAME}").body == b""


def test_it_takes_the_right_to_read(vitals):
    daemon = vitals(PUSHED)
    push(daemon, "ok")
    for path in (f"/v1/history/{NAME}", f"/v1/uptime/{NAME}", "/v1/transitions"):
        assert daemon.get(path).status == 401
        asked = lambda who: daemon.get(path, {"Authorization": f"Bearer {who}'s secret"})  # noqa: E731
        assert (asked("pusher").status, asked("stranger").status) == (403, 401)
        assert eventually(lambda: asked("reader").status == 200)


def test_a_person_reads_it(vitals):
    daemon = failed_for_a_second(vitals)
    assert eventually(lambda: len(changes(daemon)) == 3)
    url = ("--url", f"unix:{daemon.socket}")
    shown = run_vitals("history", "shop/web", "--range", "90m", *url)
    assert shown.returncode == 0, shown.stderr
    assert "shop/web" in shown.stdout and "failed for 1 s" in shown.stdout, shown.stdout
    assert " failed  " in shown.stdout and 'disk full, "really"' in shown.stdout, shown.stdout
    rows = list(csv.DictReader(io.StringIO(run_vitals("history", "shop/web", "--format", "csv",
                                                      *url).stdout)))
    assert [each["to"] for each in rows] == ["ok", "failed", "ok"], "oldest first"
    assert rows[1]["why"] == 'disk full, "really"'
    unknown = run_vitals("history", "shop/wep", *url)
    assert unknown.returncode != 0 and "Nothing is kept" in unknown.stderr or "no component" in unknown.stderr


def responses(daemon, query):
    return read(daemon, f"/v1/history/memory?{query}&response=1")["responses"]


def test_response_times_are_kept_over_a_restart(vitals):
    daemon = vitals({"components": {"memory": {"check": "memory", "failed_above": "99.9%",
                                               "degraded_above": "99%"}}})
    assert daemon.becomes("memory", "ok")
    runs = lambda: sum(each["runs"] for each in responses(daemon, "range=90m"))  # noqa: E731
    assert eventually(lambda: runs() >= 5, 20)
    for each in responses(daemon, "range=90m"):
        assert 0 < each["min"] <= each["p50"] <= each["p95"] <= each["max"] < 1, each
        assert each["min"] <= each["avg"] <= each["max"]
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 30))
    assert len(responses(daemon, f"from={began}&step=1s")) >= 2, "single runs, second by second"
    before = runs()
    assert daemon.stop() == 0
    daemon.start()
    assert daemon.becomes("memory", "ok")
    assert runs() >= before
    assert "responses" not in read(daemon, "/v1/history/memory?range=90m")
    shown = run_vitals("history", "memory", "--range", "90m", "--url", f"unix:{daemon.socket}")
    assert shown.returncode == 0 and "response times: median " in shown.stdout, shown.stdout + shown.stderr
    assert daemon.control("GET", "/v1/history/memory?response=yes").status == 400


def test_tables_for_spreadsheets_run_nothing(vitals):
    daemon = vitals({**PUSHED, "components": {**PUSHED["components"], "=1+1": {"check": "push"}}})
    push(daemon, "ok")
    path = "/v1/components/%3D1%2B1"
    assert daemon.control("PUT", path, {"status": "failed", "detail": "=HYPERLINK(\"x\")\n+1"}).status == 204
    table = lambda path: list(csv.DictReader(io.StringIO(  # noqa: E731
        daemon.control("GET", path).text, newline="")))
    assert eventually(lambda: len(table("/v1/transitions?component=%3D1%2B1&format=csv")) == 1)
    row = table("/v1/transitions?component=%3D1%2B1&format=csv")[0]
    assert row["component"] == "'=1+1" and row["why"].startswith("'=HYPERLINK"), row
    answer = daemon.control("GET", f"/v1/history/{NAME}?range=90m&format=csv&response=1")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = table(f"/v1/history/{NAME}?range=90m&format=csv&response=1")
    assert len(rows) == 90 and rows[0]["worst"] == "unwatched" and rows[0]["runs"] == "0"
    assert float(rows[0]["unwatched"]) == 60
    assert [each["window"] for each in table(f"/v1/uptime/{NAME}?format=csv")] == ["24h", "7d", "30d", "90d"]
    for path in (f"/v1/history/{NAME}", f"/v1/uptime/{NAME}", "/v1/transitions"):
        assert daemon.control("GET", f"{path}?format=xml").status == 400
        assert daemon.control("GET", f"{path}?format=json").json


def test_a_component_that_has_not_run_is_unknown(vitals):
    daemon = vitals(PUSHED)
    worst = lambda: {each["to"] for each in changes(daemon)}  # noqa: E731
    assert eventually(lambda: worst() == {"unknown"}, 30)
    push(daemon, "ok")
    assert eventually(lambda: len(changes(daemon)) == 2)
    day = read(daemon, f"/v1/uptime/{NAME}")["windows"][0]
    assert day["unaccounted_seconds"] > 4 and day["coverage"] < 1 and day["uptime"] == 1


OBJECTIVE = {**PUSHED, "objectives": {"checkout": {"components": "shop/*", "target": "99.9%",
                                                   "window": "1d"}}}


def objective(daemon):
    return read(daemon, "/v1/objectives")["objectives"][0]


def test_an_objective_burns_and_says_so(vitals):
    daemon = vitals(OBJECTIVE)
    assert objective(daemon)["status"] == "unknown", "nobody has looked yet"
    assert objective(daemon)["uptime"] is None
    push(daemon, "ok")
    time.sleep(0.5)
    push(daemon, "failed")
    assert eventually(lambda: len(changes(daemon)) == 2)
    assert daemon.stop() == 0
    # As if it had been so for longer: it was ok two hours ago, and failed for three minutes.
    with sqlite3.connect(daemon.state / "vitals.db") as database:
        for state, seconds in ((0, 7200), (2, 180)):
            database.execute("UPDATE span SET start = start - ? WHERE state = ? AND component ="
                             " (SELECT id FROM component WHERE name = 'shop/web')",
                             (seconds * 1000, state))
        database.execute("UPDATE life SET start = start - 7300000")
    database.close()
    daemon.start()
    assert daemon.becomes("objectives/checkout", "failed", 30), daemon.components()
    stands = objective(daemon)
    assert stands["name"] == "checkout" and stands["target"] == 0.999 and stands["components"] == 1
    assert stands["burn"]["1h"] > 14.4 and stands["burn"]["5m"] > 14.4
    assert 170 < stands["spent_s"] < 220 and stands["left"] < 0 and stands["left_at_worst"] <= stands["left"]
    assert 0.9 < stands["uptime"] < 0.999 and stands["status"] == "failed"
    assert "times too fast over 1 h and 5 min" in stands["detail"]
    assert "checkout" not in daemon.get("/svc_status.json").text, "it says nothing about this moment"
    assert daemon.get("/v1/objectives").status == 401
    # A reload that drops it.
    daemon.configure(PUSHED)
    assert daemon.control("POST", "/v1/reload").json["removed"] == ["objectives/checkout"]
    assert read(daemon, "/v1/objectives")["objectives"] == []
    assert eventually(lambda: daemon.status("objectives/checkout") is None)


class OwnAccount:
    """What the script itself knows of the seconds in each state: at least, and at most."""

    # A push that was answered shortly before a kill may not be on the disk.
    LOST = 0.25

    def __init__(self):
        self.least = {"ok": 0.0, "failed": 0.0}
        self.most = {"ok": 0.0, "failed": 0.0}

    def add(self, pushes, killed):
        """`pushes`: (asked, answered, status). Each change is on the disk, with the statement that
        vitals lives, and that statement also every few seconds. The time after the last one may
        count as not observed."""
        seen = max((asked for (_, _, before), (asked, answered, status) in itertools.pairwise(pushes)
                    if status != before and answered < killed - self.LOST), default=0)
        for number, (asked, answered, status) in enumerate(pushes):
            last = number + 1 == len(pushes)
            until_least, until_most = (killed, killed) if last else pushes[number + 1][:2]
            self.most[status] += until_most - asked
            self.least[status] += max(0, min(until_least, seen) - answered)

    def unsure(self, seconds):
        for status in self.most:
            self.most[status] += seconds


def test_killed_at_random_moments_the_history_is_whole(vitals):
    moments = 200 if os.environ.get("VITALS_TEST_ALL") else 20
    chance = random.Random(12)
    own = OwnAccount()
    daemon = vitals(PUSHED)
    started = time.monotonic()
    for _ in range(moments):
        pushes = []
        ends = time.monotonic() + chance.uniform(0.1, 4.5)
        while (now := time.monotonic()) < ends:
            status = chance.choice(("ok", "failed"))
            push(daemon, status)
            pushes.append((now, time.monotonic(), status))
            time.sleep(min(chance.uniform(0.02, 0.9), max(0, ends - time.monotonic())))
        own.unsure(pushes[0][1] - started)    # its former status is restored
        daemon.kill()
        own.add(pushes, time.monotonic())
        with contextlib.closing(sqlite3.connect(daemon.state / "vitals.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        started = time.monotonic()
        daemon.start()
        assert eventually(lambda: daemon.status("vitals/store") == "ok")
    assert not list(daemon.state.glob("*damaged*"))
    push(daemon, "ok")
    own.unsure(time.monotonic() - started)
    account = {"ok": 0.0, "failed": 0.0}
    for bucket in csv.DictReader(io.StringIO(daemon.control(
            "GET", f"/v1/history/{NAME}?range=90m&format=csv").text, newline="")):
        for status in account:
            account[status] += float(bucket[status])
    for status, seconds in account.items():
        assert own.least[status] - 1 <= seconds <= own.most[status] + 1, (status, account, own.least, own.most)
    assert sum(own.least.values()) > moments * 0.5, "enough is known for certain"
    print(f"{moments} kills: {account}, at least {own.least}, at most {own.most}")
