"""Incidents: one cause with its consequences, what people say about it, and that a kill of the
process loses nothing of it."""
import random
import threading
import time

from daemon import ALL, eventually, run_vitals

KILLS = 200 if ALL else 12

SHOP = {"components": {"db": {"check": "push", "ttl": "1h"},
                       "shop/web": {"check": "push", "ttl": "1h", "depends_on": ["db"]},
                       "cache": {"check": "push", "ttl": "1h"}}}


def push(daemon, name, status, detail=""):
    path = "/v1/components/" + name.replace("/", "%2F")
    answer = daemon.control("PUT", path, {"status": status, "detail": detail})
    assert answer.status == 204, answer.text


def incidents(daemon, query=""):
    answer = daemon.control("GET", "/v1/incidents" + query)
    assert answer.status == 200, answer.text
    return answer.json["incidents"]


def only_open(daemon):
    listed = eventually(lambda: incidents(daemon, "?open=1"))
    assert len(listed) == 1, listed
    return listed[0]


def make(daemon, path, body):
    answer = daemon.control("POST", path, body)
    assert answer.status in (200, 201, 204), answer.text
    return answer


def well_then_down(vitals):
    daemon = vitals(SHOP)
    for name in ("db", "shop/web", "cache"):
        push(daemon, name, "ok")
    push(daemon, "shop/web", "failed", "status 503")
    push(daemon, "db", "failed", "connection refused")
    return daemon


def test_a_cause_and_its_consequence_are_one_incident(vitals):
    daemon = well_then_down(vitals)
    assert eventually(lambda: only_open(daemon)["members"])
    incident = only_open(daemon)
    assert (incident["cause"], incident["title"]) == ("db", "connection refused")
    assert [each["component"] for each in incident["members"]] == ["shop/web"]
    assert incident["closed"] is None and incident["acknowledged"] is None
    assert daemon.control("GET", "/v1/incidents/" + incident["id"]).json["id"] == incident["id"]


def test_notes_of_people_are_shown_and_survive_a_kill(vitals):
    daemon = well_then_down(vitals)
    eventually(lambda: only_open(daemon)["members"])
    path = "/v1/incidents/" + only_open(daemon)["id"]
    make(daemon, path + "/ack", {"reason": "on it", "by": "jonas"})
    make(daemon, path + "/notes", {"text": "a disk died", "state": "identified", "by": "mara"})
    make(daemon, "/v1/silences", {"match": "cache", "duration": "1h", "reason": "rebuilt"})
    time.sleep(1.5)    # a kill may lose the last second of what was pushed
    daemon.kill()
    daemon.start()
    incident = only_open(daemon)
    assert path.endswith(incident["id"])
    assert incident["acknowledged"]["by"] == "jonas" and incident["acknowledged"]["reason"] == "on it"
    assert [each["text"] for each in incident["notes"]] == ["a disk died"]
    assert incident["state"] == "identified"
    silences = daemon.control("GET", "/v1/silences").json["silences"]
    assert [each["match"] for each in silences] == [["cache"]]


def test_an_incident_shows_the_changes_before_it(vitals):
    daemon = vitals(SHOP)
    push(daemon, "db", "ok")
    make(daemon, "/v1/events", {"text": "payments 4.18.2 deployed", "component": "db"})
    push(daemon, "db", "failed", "connection refused")
    assert eventually(lambda: incidents(daemon))
    assert "payments 4.18.2 deployed" in [each["text"] for each in only_open(daemon)["before"]]


def test_the_command_line_shows_and_changes_them(vitals):
    daemon = well_then_down(vitals)
    eventually(lambda: only_open(daemon)["members"])
    url = f"unix:{daemon.socket}"
    shown = run_vitals("alerts", "--url", url)
    assert shown.returncode == 0 and "db failed: connection refused" in shown.stdout
    assert "not acknowledged" in shown.stdout
    done = run_vitals("ack", "shop/web", "restarting it", "--by", "jonas", "--url", url)
    assert done.returncode == 0, done.stderr
    done = run_vitals("note", "db", "a disk died", "--state", "identified", "--by", "mara",
                      "--url", url)
    assert done.returncode == 0, done.stderr
    done = run_vitals("silence", "cache", "2h", "rebuilt", "--url", url)
    assert done.returncode == 0, done.stderr
    assert "acknowledged by jonas: restarting it" in run_vitals("alerts", "--url", url).stdout
    assert only_open(daemon)["notes"][0]["by"] == "mara"
    silence = daemon.control("GET", "/v1/silences").json["silences"][0]
    done = run_vitals("silence", "--end", silence["id"], "--url", url)
    assert done.returncode == 0, done.stderr
    assert daemon.control("GET", "/v1/silences").json["silences"] == []


def test_what_is_wrong_on_the_command_line_is_told(vitals):
    daemon = vitals(SHOP)
    url = f"unix:{daemon.socket}"
    failed = run_vitals("ack", "nothing", "--url", url)
    assert failed.returncode == 64 and "'vitals alerts' lists them" in failed.stderr
    failed = run_vitals("silence", "db", "--url", url)
    assert failed.returncode == 64 and "vitals silence 'db/*' 2h 'disk swap'" in failed.stderr
    failed = run_vitals("silence", "db", "2 apples", "why", "--url", url)
    assert failed.returncode != 0 and "duration" in failed.stderr
    failed = run_vitals("silence", "--end", "s99", "--url", url)
    assert failed.returncode != 0 and "no silence" in failed.stderr
    assert run_vitals("alerts", "--url", url).stdout == "no open incident\n"


def test_a_maintenance_is_left_out_of_uptime(vitals):
    daemon = vitals(SHOP)
    push(daemon, "db", "ok")
    time.sleep(1)
    make(daemon, "/v1/maintenance", {"match": "db", "duration": "1h", "reason": "upgrade"})
    push(daemon, "db", "failed", "planned")
    time.sleep(1.5)

    def planned():
        buckets = daemon.control("GET", "/v1/history/db?range=90m").json["buckets"]
        return sum(each.get("maintenance", 0) for each in buckets)

    assert eventually(lambda: planned() > 1), planned()
    assert daemon.control("GET", "/v1/uptime/db").json["windows"][0]["down_seconds"] < 0.3


def test_no_acknowledged_word_is_lost_over_kills_at_any_moment(vitals):
    """Notes, silences and drains are made as fast as they are answered, while the process is killed
    at random moments. All that was answered is there at the end, and no incident opened twice."""
    daemon = well_then_down(vitals)
    eventually(lambda: only_open(daemon)["members"])
    identity = only_open(daemon)["id"]
    chance = random.Random(7)
    acknowledged = []
    silenced = []
    drained = []         # (asked, whether it was answered as durable): the last statement counts
    ended = threading.Event()

    def talk():
        number = 0
        while not ended.is_set():
            number += 1
            try:
                if number % 5 == 4:
                    drained.append([f"drain {number}", False])
                    answer = daemon.control("PUT", "/v1/drain", {"text": drained[-1][0]})
                    drained[-1][1] = answer.status in (200, 204) and "Warning" not in answer.headers
                elif number % 3:
                    text = f"note {number}"
                    answer = daemon.control("POST", f"/v1/incidents/{identity}/notes", {"text": text})
                    if answer.status in (200, 201, 204) and "Warning" not in answer.headers:
                        acknowledged.append(text)
                    elif answer.status == 400:      # as many notes as an incident takes
                        time.sleep(0.01)
                else:
                    reason = f"reason {number}"
                    answer = daemon.control("POST", "/v1/silences", {
                        "match": "cache", "duration": "1h", "reason": reason})
                    if answer.status == 201 and "Warning" not in answer.headers:
                        silenced.append(reason)
            except (OSError, ConnectionError, AssertionError, ValueError):
                time.sleep(0.005)
            except Exception as error:              # a reply that broke off
                assert "http" in type(error).__module__, error
            time.sleep(0.02)

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.02, 0.6))
            daemon.kill()
            daemon.start()
    finally:
        ended.set()
        talking.join()
    assert len(acknowledged) + len(silenced) >= KILLS / 20, "there was a note"
    incident = daemon.control("GET", f"/v1/incidents/{identity}").json
    assert set(acknowledged) <= {each["text"] for each in incident["notes"]}
    silences = daemon.control("GET", "/v1/silences").json["silences"]
    assert set(silenced) <= {each["reason"] for each in silences}
    assert [each["id"] for each in incidents(daemon)] == [identity], "it opened once"
    # What was asked after the last answer may have happened or not.
    last = max(place for place, (_, durable) in enumerate(drained) if durable)
    now = daemon.control("GET", "/v1/drain").json["text"]
    assert now in [text for text, _ in drained[last:]], (now, drained[last:])
    print(f"{KILLS} kills: {len(acknowledged)} notes, {len(silenced)} silences and "
          f"{sum(durable for _, durable in drained)} drains were answered, none is lost")
