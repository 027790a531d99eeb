"""Taking a service out of rotation: who may do it, who sees it, and that it survives every restart."""
import contextlib
import os

from daemon import UnixConnection, ask, eventually, run_vitals

CONFIGURATION = {"components": {"disk": {"check": "disk", "path": "/", "degraded_above": "99%",
                                         "failed_above": "99.9%"}}}


def out_of_service(daemon, text):
    return eventually(lambda: daemon.get("/probe_status").status == 503) \
        and daemon.get("/probe_status").text == text


def test_out_and_in_again(vitals):
    daemon = vitals(CONFIGURATION)
    assert eventually(lambda: daemon.get("/readyz").status == 200)
    assert (daemon.get("/probe_status").status, daemon.get("/probe_status").text) == (200, "OK")

    answer = daemon.control("POST", "/probe_status?body=kernel%20update")
    assert (answer.status, answer.text) == (200, "kernel update")
    assert "Warning" not in answer.headers
    assert out_of_service(daemon, "kernel update")
    ready = daemon.get("/readyz")
    assert ready.status == 500 and "[-]decommission failed" in ready.text
    health = daemon.get("/health")
    assert (health.status, health.json["output"]) == (503, "out of service: kernel update")
    assert "Out of service" in daemon.get("/").text
    assert "Out of service: kernel update" in daemon.control("GET", "/").text
    assert daemon.get("/badge.json").json["message"] == "out of service"
    assert daemon.figure("vitals_out_of_service") == 1 and daemon.figure("vitals_status") == 0
    assert daemon.get("/livez").status == 200, "a service that is out of rotation must not be restarted"

    assert daemon.control("POST", "/probe_status?body=OK").status == 200
    assert eventually(lambda: daemon.get("/probe_status").status == 200)
    assert eventually(lambda: daemon.get("/readyz").status == 200)


def test_it_survives_kill_9(vitals):
    daemon = vitals(CONFIGURATION)
    assert daemon.control("POST", "/probe_status?body=gone").status == 200
    daemon.kill()    # the answer said that it is saved
    daemon.start()
    answer = daemon.get("/probe_status")
    assert (answer.status, answer.text) == (503, "gone"), "the first answer must already say so"
    assert daemon.get("/livez").status == 200

    assert daemon.control("POST", "/probe_status?body=OK").status == 200
    daemon.kill()
    daemon.start()
    assert daemon.get("/probe_status").status == 200


def probe_status(control_from):
    return {**CONFIGURATION,
            "endpoints": [{"dialect": "probe_status", "control_from": control_from}]}


def test_being_on_this_machine_grants_no_right(vitals):
    daemon = vitals(CONFIGURATION)
    answer = daemon.ask("POST", "/probe_status?body=gone")
    assert answer.status == 403 and "control listener" in answer.text
    assert daemon.get("/probe_status").status == 200


def test_this_machine_may_where_it_is_configured(vitals):
    daemon = vitals(probe_status("loopback"))
    for header in (("X-Forwarded-For", "203.0.113.9"), ("X-Real-IP", "203.0.113.9"),
                   ("Forwarded", "for=203.0.113.9"), ("Via", "1.1 proxy"),
                   ("Host", "health.example.org"), ("Origin", "http://evil.example"),
                   ("Sec-Fetch-Site", "cross-site")):
        answer = daemon.ask("POST", "/probe_status?body=gone", headers=dict([header]))
        assert answer.status == 403, header
    assert daemon.get("/probe_status").status == 200
    assert daemon.ask("POST", "/probe_status?body=gone").status == 200
    assert daemon.logs("decommissioned by 127.0.0.1: gone")


def test_by_token_and_by_control_socket(vitals):
    daemon = vitals({**CONFIGURATION, "tokens": {
        "operator": {"secret": "let-me-control", "allow": ["control"]},
        "reader": {"secret": "let-me-read", "allow": ["read"]}}})
    through_proxy = {"X-Forwarded-For": "203.0.113.9"}
    for token, status in {"let-me-read": 403, "wrong": 403, "let-me-control": 200}.items():
        answer = daemon.ask("POST", "/probe_status?body=gone",
                            headers={**through_proxy, "Authorization": f"Bearer {token}"})
        assert (token, answer.status) == (token, status)
    assert out_of_service(daemon, "gone")
    answer = daemon.control("PUT", "/v1/drain", {"text": "OK"})
    assert answer.json == {"text": "OK", "active": False, "draining": False, "durable": True}
    assert eventually(lambda: daemon.get("/probe_status").status == 200)
    # The answer also names who did it. The return to service is no warning.
    assert daemon.logs("decommissioned by token operator: gone")
    assert daemon.logs(f"recommissioned by uid {os.getuid()}")
    levels = {word: line.split()[1] for line in daemon.log().splitlines()
              for word in ("decommissioned", "recommissioned") if word in line}
    assert levels == {"decommissioned": "warning", "recommissioned": "info"}, daemon.log()


def test_from_the_command_line(vitals):
    daemon = vitals(CONFIGURATION)
    done = run_vitals("decommission", "moving", "-c", daemon.file)
    assert done.returncode == 0, done.stderr
    assert out_of_service(daemon, "moving")
    done = run_vitals("recommission", "--url", f"unix:{daemon.socket}")
    assert done.returncode == 0, done.stderr
    assert eventually(lambda: daemon.get("/probe_status").status == 200)


def test_anyone_may_where_it_is_configured(vitals):
    daemon = vitals(probe_status("anyone"))
    answer = daemon.ask("POST", "/probe_status?body=gone", headers={"Via": "1.1 proxy"})
    assert answer.status == 200
    assert out_of_service(daemon, "gone")


def test_an_answer_under_way_does_not_block_others(vitals):
    """The POST waits for the disk; readers on the same thread must not."""
    daemon = vitals(CONFIGURATION)
    with contextlib.closing(UnixConnection(daemon.socket)) as connection:
        for number in range(50):
            assert ask(connection, "POST", f"/probe_status?body=text{number}").status == 200
    assert out_of_service(daemon, "text49")
