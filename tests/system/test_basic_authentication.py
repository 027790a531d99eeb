"""A token in Basic authentication, for clients that know nothing else: curl, and browsers."""
import subprocess

from test_backends import need

SITE = {"tokens": {"reader": {"secret": "r3ad", "allow": ["read"]},
                   "operator": {"secret": "0per", "allow": ["read", "push", "control"]}},
        "components": {"it": {"check": "push", "ttl": "1h"}},
        "endpoints": [{"dialect": "health_json", "path": "/closed", "tokens": ["reader"]}]}


def code(daemon, path, *arguments):
    need("curl", "curl")
    return subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *arguments,
                           f"http://127.0.0.1:{daemon.port}{path}"], capture_output=True, text=True).stdout


def test_the_token_is_the_password_or_the_user(vitals):
    daemon = vitals(SITE)
    assert daemon.control("PUT", "/v1/components/it", {"status": "ok"}).status == 204
    for path in ("/closed", "/v1/components"):
        assert code(daemon, path) == "401"
        for pair in ("anybody:r3ad", ":r3ad", "r3ad:", "r3ad:x"):
            assert code(daemon, path, "-u", pair) == "200", pair
        for pair in ("anybody:wrong", "r3a:d", "anybody:", ":"):
            assert code(daemon, path, "-u", pair) == "401", pair
        assert code(daemon, path, "-H", "Authorization: Basic !!!") == "401"
        assert code(daemon, path, "-H", "Authorization: Bearer r3ad") == "200"
    assert code(daemon, "/closed", "--anyauth", "-u", "x:r3ad") == "200", "curl finds it by itself"
    assert code(daemon, "/v1/drain", "-u", "x:r3ad", "-X", "PUT", "-d", '{"text": "OK"}') == "403"
    assert code(daemon, "/v1/drain", "-u", "x:0per", "-X", "PUT", "-d", '{"text": "OK"}') in ("200", "204")


def test_what_a_browser_adds_by_itself_changes_nothing_for_others(vitals):
    daemon = vitals(SITE)
    push = ["-u", "x:0per", "-X", "PUT", "-d", '{"status": "ok"}']
    assert code(daemon, "/v1/components/it", *push, "-H", "Origin: http://evil.example") == "403"
    assert code(daemon, "/v1/components/it", *push, "-H", "Sec-Fetch-Site: cross-site") == "403"
    assert daemon.status("it") == "unknown"
    assert code(daemon, "/v1/components/it", *push) == "204" and daemon.status("it") == "ok"
    asked = daemon.get("/closed").headers.get_all("WWW-Authenticate")
    assert asked == ["Bearer", 'Basic realm="vitals", charset="UTF-8"']
    script = daemon.get("/closed", {"Sec-Fetch-Mode": "cors"}).headers.get_all("WWW-Authenticate")
    assert script == ["Bearer"], "the browser opens no window over the page"
