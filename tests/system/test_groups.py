"""Components of kind `group`: they follow their members, in the same snapshot and in one incident."""
import contextlib
import socket
import threading
import time

from daemon import eventually, free_port, run_vitals


@contextlib.contextmanager
def listening(port):
    with socket.create_server(("127.0.0.1", port), backlog=64):
        yield


def caches(ports, **more):
    members = {f"caches/{name}": {"check": "tcp", "url": f"tcp://127.0.0.1:{port}", "interval": "100ms",
                                  "timeout": "1s", "critical": False}
               for name, port in zip("abc", ports)}
    return {"components": {**members, "caches": {"check": "group", "of": "caches/*", "need": "2 of 3",
                                                 **more}}}


def test_a_group_follows_its_members(vitals):
    ports = [free_port() for _ in range(3)]
    with contextlib.ExitStack() as all_of_them:
        first, second, third = [all_of_them.enter_context(contextlib.closing(
            socket.create_server(("127.0.0.1", port), backlog=64))) for port in ports]
        daemon = vitals(caches(ports))
        assert daemon.becomes("caches", "ok")
        first.close()
        assert daemon.becomes("caches", "degraded")
        assert daemon.components()["caches"]["detail"] == "2 of 3 well; 2 needed"
        assert daemon.get("/readyz").status == 200
        second.close()
        assert daemon.becomes("caches", "failed")
        assert daemon.components()["caches"]["detail"] == "1 of 3 well; 2 needed"
        assert daemon.get("/readyz").status == 500
        with listening(ports[0]), listening(ports[1]):
            assert daemon.becomes("caches", "ok")


def test_no_answer_shows_a_group_that_contradicts_its_members(vitals):
    """Members are pushed back and forth. Readers never see them disagree."""
    names = ["a", "b", "c"]
    daemon = vitals({"components": {**{f"m/{name}": {"check": "push", "ttl": "1h"} for name in names},
                                    "all": {"check": "group", "of": "m/*"}}})
    stop = threading.Event()

    def push():
        turn = 0
        while not stop.is_set():
            turn += 1
            status = "ok" if turn % 2 else "failed"
            assert daemon.control("PUT", f"/v1/components/m%2F{names[turn % 3]}",
                                  {"status": status}).status == 204

    pusher = threading.Thread(target=push)
    pusher.start()
    try:
        end = time.monotonic() + 3
        seen = set()
        while time.monotonic() < end:
            known = daemon.components()
            members = [known[f"m/{name}"]["status"] for name in names]
            if "unknown" in members:
                continue
            expected = "ok" if members == ["ok"] * 3 else "failed"
            assert known["all"]["status"] == expected, known
            seen.add(expected)
        assert seen == {"failed"} or seen == {"failed", "ok"}
    finally:
        stop.set()
        pusher.join()
    # What was acknowledged is in every answer that begins afterwards, with its consequences.
    for status in ["ok", "failed", "ok"]:
        for name in names:
            assert daemon.control("PUT", f"/v1/components/m%2F{name}", {"status": status}).status == 204
        assert daemon.status("all") == status


def test_unknown_members_count_as_nothing(vitals):
    daemon = vitals({"components": {"m/a": {"check": "push", "ttl": "1h"},
                                    "m/b": {"check": "push", "ttl": "1h"},
                                    "one": {"check": "group", "of": "m/*", "need": 1},
                                    "both": {"check": "group", "of": ["m/a", "m/b"]},
                                    "none": {"check": "group", "of": "tag:nobody"},
                                    "upper": {"check": "group", "of": ["one", "both"], "need": "50%"}}})
    assert daemon.status("none") == "unknown"
    assert daemon.status("one") == "unknown"
    assert daemon.control("PUT", "/v1/components/m%2Fa", {"status": "ok"}).status == 204
    assert daemon.status("one") == "unknown", "the other had no result yet"
    assert daemon.control("PUT", "/v1/components/m%2Fb", {"status": "unknown"}).status == 204
    assert (daemon.status("one"), daemon.status("both")) == ("degraded", "unknown")
    assert daemon.status("upper") == "degraded"
    assert daemon.control("PUT", "/v1/components/m%2Fb", {"status": "failed"}).status == 204
    assert (daemon.status("one"), daemon.status("both")) == ("degraded", "failed")
    assert daemon.control("PUT", "/v1/components/m%2Fb", {"status": "ok"}).status == 204
    assert [daemon.status(each) for each in ("one", "both", "upper")] == ["ok"] * 3


def test_a_pushed_member_that_falls_silent_takes_its_group_along(vitals):
    daemon = vitals({"components": {"m": {"check": "push", "ttl": "500ms"},
                                    "all": {"check": "group", "of": "m"}}})
    assert daemon.control("PUT", "/v1/components/m", {"status": "ok"}).status == 204
    assert daemon.status("all") == "ok"
    assert daemon.becomes("all", "failed", 3)


def test_what_fails_with_its_members_is_one_incident(vitals):
    ports = [free_port() for _ in range(3)]
    with contextlib.ExitStack() as all_of_them:
        for port in ports:
            all_of_them.enter_context(listening(port))
        daemon = vitals(caches(ports, need="all"))
        assert daemon.becomes("caches", "ok")
        all_of_them.close()
        assert daemon.becomes("caches", "failed")
        component = daemon.components()["caches"]
        assert component["cause"].startswith("caches/"), component

        def incidents():
            return daemon.control("GET", "/v1/incidents?open=1").json["incidents"]

        assert eventually(lambda: incidents())
        time.sleep(0.5)
        assert all("caches" not in [each["cause"]] for each in incidents()), incidents()
        assert any("caches" in str(each["members"]) for each in incidents()), incidents()


def test_workers_that_are_alive(vitals):
    daemon = vitals({"workers": {"mail": {"timeout": "1s"}},
                     "components": {"senders": {"check": "group", "workers": "mail", "need": "2 of 3"}}})
    assert daemon.status("senders") == "unknown", "the workers had no time to beat"

    def beat(*names):
        assert daemon.control("PUT", "/v1/workers/mail/heartbeats", {"workers": list(names)}).status == 204

    def kept(*names):
        end = time.monotonic() + 1.6
        while time.monotonic() < end:
            beat(*names)
            time.sleep(0.1)
        return daemon.status("senders")

    assert kept("a", "b", "c") == "ok"
    assert kept("a", "b") == "degraded"
    assert kept("a") == "failed"
    assert kept("a", "b", "c") == "ok"


def test_errors_of_a_group_name_its_line(tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text("workers: {mail: {}}\n"
                    "components:\n"
                    "  a: {check: group, of: b, need: 4 of 3}\n"
                    "  b: {check: group, of: c}\n"
                    "  c: {check: group, of: b}\n"
                    "  d: {check: group}\n"
                    "  e: {check: group, workers: mail, need: 50%}\n"
                    "  f: {check: group, of: reids}\n"
                    "  redis: {check: push}\n")
    errors = run_vitals("validate", file).stderr
    for wrong in ["3:34: ", "4 of 3 can never be", "dependencies go in a circle: b -> c -> b",
                  "either 'of', its components, or 'workers'", "need must be a number",
                  "did you mean 'redis'?"]:
        assert wrong in errors, errors
    file.write_text("components:\n  a: {check: group, of: 'nobody/*'}\n")
    done = run_vitals("validate", file)
    assert done.returncode == 0 and "'nobody/*' matches no component" in done.stderr
