"""What the page and the badges tell about the past: uptime, response times, budgets, the cost of an
incident, the last failure of a component, and the time zone."""
import contextlib
import re
import socket
import sqlite3
import subprocess
import time
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from daemon import eventually, free_port, run_vitals

SHOP = {"components": {"shop/web": {"check": "push", "ttl": "1h"},
                       "shop/db": {"check": "push", "ttl": "1h"}},
        "tokens": {"operator": {"secret": "0per", "allow": ["read", "control"]}},
        "objectives": {"checkout": {"components": "shop/*", "target": "99.9%", "window": "1d"}}}
AS_OPERATOR = {"Authorization": "Bearer 0per"}


def push(daemon, name, status, detail=""):
    answer = daemon.control("PUT", "/v1/components/" + name.replace("/", "%2F"),
                            {"status": status, "detail": detail})
    assert answer.status == 204, answer.text


def badge(daemon, rest, headers=None):
    answer = daemon.get("/badge" + rest, headers)
    return answer.status, (answer.json["label"], answer.json["message"], answer.json["color"])


def aged(vitals, configuration=None, failed_seconds=180):
    """shop/web was ok for two hours, failed for three minutes, and still is; shop/db was ok."""
    daemon = vitals(configuration or SHOP)
    push(daemon, "shop/db", "ok")
    push(daemon, "shop/web", "ok")
    time.sleep(0.5)
    push(daemon, "shop/web", "failed", "connection refused")
    assert eventually(lambda: len(daemon.control("GET", "/v1/transitions?component=shop%2Fweb")
                                  .json["transitions"]) == 2)
    assert daemon.stop() == 0
    with contextlib.closing(sqlite3.connect(daemon.state / "vitals.db")) as database, database:
        for state, seconds in ((0, 7200), (2, failed_seconds)):
            database.execute("UPDATE span SET start = start - ? WHERE state = ? AND component IN"
                             " (SELECT id FROM component WHERE name LIKE 'shop/%')",
                             (seconds * 1000, state))
        database.execute("UPDATE life SET start = start - 7300000")
    daemon.start()
    assert eventually(lambda: daemon.status("shop/web") == "failed")
    return daemon


def test_a_badge_tells_uptime_and_not_more_than_is_known(vitals):
    daemon = aged(vitals)
    code, (label, message, colour) = badge(daemon, "/shop/web.json?show=uptime")
    assert (code, label, colour) == (200, "shop/web uptime 24h", "red")
    told = re.fullmatch(r"(9[67]\.\d+) % in 2(\.1)? h", message)
    assert told, message
    day = daemon.control("GET", "/v1/uptime/shop%2Fweb").json["windows"][0]
    assert abs(float(told[1]) / 100 - day["uptime"]) < 0.002, (message, day)
    code, (label, message, colour) = badge(daemon, "/shop/db.json?show=uptime&range=30d")
    assert (code, label, colour) == (200, "shop/db uptime 30d", "brightgreen")
    assert re.fullmatch(r"100 % in 2(\.1)? h", message), message
    code, (label, message, _) = badge(daemon, "/shop.json?show=uptime&range=1h")
    assert (code, label) == (200, "shop uptime 1h") and re.match(r"9[5-8]\.\d+ %$", message), message
    picture = daemon.get("/badge/shop/web.svg?show=uptime&range=7d")
    assert picture.headers["Content-Type"].startswith("image/svg+xml") and "uptime 7d: 9" in picture.text


def test_the_badge_of_an_unchecked_component_is_not_known(vitals):
    daemon = vitals(SHOP)
    for rest in ("/shop/web.json?show=uptime", "/shop/web.json?show=response",
                 "/shop.json?show=uptime&range=90d", ".json?show=uptime&range=30d"):
        code, (_, message, colour) = badge(daemon, rest)
        assert (code, message, colour) == (200, "not known", "lightgrey"), rest


def test_a_badge_that_is_asked_wrongly_says_so(vitals):
    daemon = vitals(SHOP)
    push(daemon, "shop/web", "ok")
    for rest, code, said in (("/shop/web.json?show=weather", 400, "show=status, uptime or response"),
                             ("/shop/web.json?show=uptime&range=5d", 400, "range=1h, 24h, 7d, 30d or 90d"),
                             ("/shop.json?show=response", 400, "name one component"),
                             ("/nobody.json?show=uptime", 404, "not found"),
                             ("/shop/web.json?show=status&x=y", 200, "ok")):
        assert badge(daemon, rest)[0] == code and badge(daemon, rest)[1][1] == said, rest


def test_a_badge_tells_response_times_where_details_may_be_told(vitals):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        configuration = {"components": {"web": {"check": "tcp", "url": f"tcp://127.0.0.1:{port}"}},
                         "tokens": SHOP["tokens"]}
        daemon = vitals(configuration)
        answer = lambda: badge(daemon, "/web.json?show=response")[1]  # noqa: E731
        assert eventually(lambda: re.fullmatch(r"[\d.]+ (us|ms)", answer()[1])), answer()
        assert answer()[0] == "web response 24h" and answer()[2] == "brightgreen"
        daemon.configure({**configuration, "endpoints": [
            {"dialect": "badge", "path": "/badge/", "disclose": "status"}]})
        assert daemon.control("POST", "/v1/reload").status == 200
        assert badge(daemon, "/web.json?show=response")[0] == 403
        assert badge(daemon, "/web.json?show=response", AS_OPERATOR)[0] == 200


def test_a_maintenance_is_left_out_of_a_badge_and_of_the_page(vitals):
    daemon = vitals(SHOP)
    push(daemon, "shop/web", "ok")
    time.sleep(1)
    made = daemon.control("POST", "/v1/maintenance", {"match": "shop/web", "duration": "1h",
                                                      "reason": "upgrade"})
    assert made.status == 201
    push(daemon, "shop/web", "failed")
    time.sleep(2)
    push(daemon, "shop/web", "ok")
    assert daemon.control("DELETE", "/v1/maintenance/" + made.json["id"]).status == 204
    message = badge(daemon, "/shop/web.json?show=uptime&range=1h")[1][1]
    assert message.startswith("100 %"), message
    page = daemon.get("/c/shop/web").text
    assert "<b>100 %</b><small>24 h, nothing lost" in page, "the maintenance is over, and still counts"


def test_the_page_tells_what_is_left_of_a_budget_and_what_an_incident_took(vitals):
    daemon = aged(vitals)
    incident = eventually(lambda: [each for each in daemon.control("GET", "/v1/incidents?open=1").json["incidents"]
                                   if each["cause"] == "shop/web"])[0]
    page = lambda: daemon.get("/c/shop/web", AS_OPERATOR).text  # noqa: E731
    assert eventually(lambda: "of the budget" in page() or "over the budget" in page(), 30)
    assert "checkout" in page() and "99.9 % in 24 h" in page() or "99.9 % in 1 d" in page(), page()
    assert re.search(r"Burns [\d.e+]+ times too fast", page())
    cost = lambda: daemon.get("/i/" + incident["id"], AS_OPERATOR).text  # noqa: E731
    assert eventually(lambda: "Cost so far" in cost()), cost()
    stands = daemon.control("GET", "/v1/objectives").json["objectives"][0]
    told = re.search(r"<dt>checkout</dt><dd>(\d+) % of the budget \((\d+) min (?:(\d+) s )?of", cost())
    assert told, cost()
    took = int(told[2]) * 60 + int(told[3] or 0)
    assert abs(took - stands["spent_s"]) < 5, (told[0], stands)
    assert "overspent" in cost()
    # A page of other components tells nothing about it.
    daemon.configure({**SHOP, "endpoints": [{"dialect": "page", "path": "/", "components": ["shop/db"]}]})
    assert daemon.control("POST", "/v1/reload").status == 200
    assert "checkout" not in daemon.get("/c/shop/db", AS_OPERATOR).text


def test_it_is_told_when_a_component_was_seen_failing_last(vitals):
    daemon = aged(vitals)
    never = daemon.get("/c/shop/db").text
    assert "never seen failing since vitals watches it (<time" in never
    assert "Last seen failing" not in daemon.get("/c/shop/web").text, "it is failing now"
    told = daemon.control("GET", "/v1/components/shop%2Fweb/explain").json
    assert set(told["last_failed"]) == {"from"}
    push(daemon, "shop/web", "ok")
    assert eventually(lambda: "Last seen failing" in daemon.get("/c/shop/web").text)
    told = daemon.control("GET", "/v1/components/shop%2Fweb/explain").json
    lasted = (datetime.fromisoformat(told["last_failed"]["to"].replace("Z", "+00:00"))
              - datetime.fromisoformat(told["last_failed"]["from"].replace("Z", "+00:00"))).total_seconds()
    assert 180 < lasted < 240, told
    said = run_vitals("explain", "shop/web", "--url", f"unix:{daemon.socket}").stdout
    assert re.search(r"Last failed +\S+ \(3 min ago\), for 3 min", said), said
    said = run_vitals("explain", "shop/db", "--url", f"unix:{daemon.socket}").stdout
    assert re.search(r"Last failed +never seen failing since vitals watches it\s+\(20\d\d-", said), said


def test_times_are_those_of_the_zone_without_scripts(vitals):
    daemon = vitals({**SHOP, "page": {"time_zone": "Asia/Kolkata"}})
    push(daemon, "shop/web", "failed", "it is 00:00:00 <time datetime=2026-11-29T02:17:04Z>")
    page = daemon.get("/", AS_OPERATOR).text
    assert "<span id=zone>Asia/Kolkata</span>" in page
    found = re.search(r"As of <time datetime=(\S+) data-d title=\"(\S+) (\S+) UTC\">(.*?)</time>", page)
    at = datetime.fromisoformat(found[1].replace("Z", "+00:00")).astimezone(ZoneInfo("Asia/Kolkata"))
    assert found[4] == at.strftime("%d %b %H:%M:%S")
    assert found[3] == at.astimezone(timezone.utc).strftime("%H:%M:%S")
    assert "it is 00:00:00 &lt;time datetime=2026" in page, "entries of other programs stay"
    daemon.configure({**SHOP, "page": {"time_zone": "UTC"}})
    assert daemon.control("POST", "/v1/reload").status == 200
    assert "<span id=zone>UTC</span>" in daemon.get("/").text


def test_a_zone_that_is_not_known_is_refused_with_its_place(tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text("components:\n  a: {check: tcp, url: 'tcp://127.0.0.1:1'}\npage: {time_zone: Europe/Atlantis}\n")
    told = run_vitals("validate", "-c", file)
    assert told.returncode == 78
    assert f"{file}:3:19: 'Europe/Atlantis' is not a known time zone" in told.stderr, told.stderr


def own_hosts(tmp_path):
    """A file that a daemon sees as /etc/hosts, and the command before its own."""
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n127.0.0.1 db.vitals.test\n")
    wrapper = ["unshare", "--mount", "--map-root-user", "sh", "-c",
               f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
    if subprocess.run([*wrapper, "true"], capture_output=True).returncode != 0:
        pytest.skip("takes a mount namespace of one's own (unshare --mount --map-root-user)")
    return hosts, wrapper


def test_another_address_of_a_host_stands_before_its_incident(vitals, tmp_path):
    hosts, wrapper = own_hosts(tmp_path)
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        daemon = vitals({"components": {"db": {"check": "tcp", "url": f"tcp://db.vitals.test:{port}"}}},
                        wrapper=wrapper)
        assert daemon.becomes("db", "ok")
        hosts.write_text("127.0.0.1 localhost\n127.0.0.2 db.vitals.test\n")
        assert daemon.becomes("db", "failed")
        incident = lambda: (daemon.control("GET", "/v1/incidents").json["incidents"] or [{}])[0]  # noqa: E731
        told = "db.vitals.test resolves to 127.0.0.2 (was 127.0.0.1)"
        assert eventually(lambda: told in [each.get("text") for each in incident().get("before", [])]), incident()
        assert told in daemon.control("GET", "/i/" + incident()["id"]).text
        assert told not in daemon.get("/i/" + incident()["id"]).text, "addresses need the right to read"
        explained = daemon.control("GET", "/v1/components/db/explain").json["before"]
        assert told in [each["what"] for each in explained]


def test_an_open_page_is_sent_only_the_changes_since_it_was_made(vitals):
    components = {f"group-{number % 40:02}/node-{number:04}": {"check": "push", "ttl": "1h"}
                  for number in range(1000)}
    daemon = vitals({"components": components})
    for name in list(components)[:40]:
        push(daemon, name, "ok")

    def first(query, seconds=2.0):
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=seconds) as connection:
            connection.sendall(f"GET /events/page?view=&h=24h{query} HTTP/1.0\r\n\r\n".encode())
            heard = b""
            with contextlib.suppress(TimeoutError):
                while b"event: beat" not in heard and (piece := connection.recv(1 << 20)):
                    heard += piece
                    if heard.count(b"\n\n") >= 2:
                        break
            return heard.decode()

    page = daemon.get("/").text
    shown = re.search(r'data-shown="([0-9a-f]+)"', page)[1]
    whole = first("")
    assert "event: part" in whole and len(whole) > 50_000
    little = first(f"&shown={shown}")
    assert len(little) < 5_000, little[:2000]
    push(daemon, "group-07/node-0007", "failed", "since then")
    changed = first(f"&shown={shown}")
    assert '"g-group-07":' in changed and '"verdict":' in changed and '"g-group-08":' not in changed
    for nonsense in ("zz" * 20, shown[:-12], "%2B", "0" * 8000):
        assert "event: part" in first(f"&shown={nonsense}", 1.0) or len(nonsense) > 5000


def test_a_page_of_very_many_lists_the_worst_and_the_server_filters(vitals):
    components = {f"group-{n // 50:02}/node-{n % 50:02}": {"check": "push", "ttl": "1h"}
                  for n in range(1200)}
    daemon = vitals({"components": components})
    for name in list(components)[:400]:
        push(daemon, name, "ok")
    assert eventually(lambda: daemon.get("/?s=unknown").text.count("<tr class=x") == 800)

    # All 800 that are not known, and 200 of the 400 that are ok.
    page = daemon.get("/").text
    assert page.count("<tr class=x") == 800 and page.count("<tr><th scope=row>") == 200
    assert "<b>1000 of 1200 are listed</b>, the worst first. The other 200 are ok." in page
    assert ">All 1200</a>" in page and "800 unknown</a>" in page
    push(daemon, "group-02/node-07", "failed")
    assert eventually(lambda: daemon.get("/").text.count("<tr class=x") == 801)
    assert ">node-07</a><td role=cell><b class=F>failed</b>" in daemon.get("/").text
    one = daemon.get("/?q=group-02%2Fnode-07").text
    assert one.count("<tr class=x") == 1 and "1 of 1200 components fit." in one
    assert "data-events" not in one and "data-events" in daemon.get("/").text
