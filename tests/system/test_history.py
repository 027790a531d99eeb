"""What a component was, is known afterwards: as steps, as uptime, as changes; over a restart, and
without inventing anything."""
import csv
import io
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
    assert 1.9 < day["unaccounted_seconds"] < away + 6, "it signs every few seconds that it lives"
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


def test_what_is_asked_wrongly_is_refused(vitals):
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
