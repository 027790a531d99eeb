"""A login to the page, as a browser and as an attacker do it."""
import contextlib
import http.client
import re
import ssl
import urllib.parse

import pytest

from daemon import ask, eventually, free_port
from peers import make_certificate

TOKENS = {"reader": {"secret": "r3ad", "allow": ["read"]},
          "operator": {"secret": "0per", "allow": ["read", "control"]}}
CONFIGURATION = {"components": {"shop/web": {"check": "push", "ttl": "1h"}}, "tokens": TOKENS}


@pytest.fixture
def daemon(vitals):
    made = vitals(CONFIGURATION)
    answer = made.control("PUT", "/v1/components/shop%2Fweb",
                          {"status": "failed", "detail": "down", "properties": {}})
    assert answer.status == 204
    return made


def post(daemon, path, fields, headers=None):
    return daemon.ask("POST", path, urllib.parse.urlencode(fields),
                      {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})


def log_in(daemon, secret):
    answer = post(daemon, "/login", {"token": secret, "next": "/"})
    assert answer.status == 303, answer.text
    return {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}


def form_token(daemon, cookie):
    found = re.search(r'name=form_token value="([0-9a-f]{64})"', daemon.get("/", cookie).text)
    return found[1] if found else None


def test_a_person_logs_in_acts_and_logs_out(daemon):
    cookie = log_in(daemon, "0per")
    token = form_token(daemon, cookie)
    assert token
    answer = post(daemon, "/silence", {"match": "shop/*", "duration": "1h", "reason": "<b>why</b>",
                                       "next": "/c/shop/web", "form_token": token}, cookie)
    assert answer.status == 303 and answer.headers["Location"] == "/c/shop/web"
    silences = daemon.control("GET", "/v1/silences").json["silences"]
    assert [(each["match"], each["by"], each["reason"]) for each in silences] == \
        [(["shop/*"], "operator", "<b>why</b>")]
    assert "<b>why</b>" not in daemon.get("/", cookie).text
    assert post(daemon, "/logout", {"form_token": token}, cookie).status == 303
    assert form_token(daemon, cookie) is None


def test_a_form_of_another_site_does_nothing(daemon):
    cookie = log_in(daemon, "0per")
    token = form_token(daemon, cookie)
    fields = {"match": "*", "duration": "1h", "form_token": token}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"},
                    {"Origin": "null"}):
        assert post(daemon, "/silence", fields, {**cookie, **headers}).status == 403
    assert post(daemon, "/silence", {**fields, "form_token": ""}, cookie).status == 403
    other = form_token(daemon, log_in(daemon, "0per"))
    assert post(daemon, "/silence", {**fields, "form_token": other}, cookie).status == 403
    assert post(daemon, "/silence", fields, log_in(daemon, "r3ad")).status == 403
    assert post(daemon, "/silence", fields).status == 401
    assert daemon.control("GET", "/v1/silences").json["silences"] == []
    assert daemon.ask("POST", "/v1/reload", None, cookie).status == 401


def test_a_session_ends_when_its_token_changes(daemon):
    cookie = log_in(daemon, "0per")
    assert form_token(daemon, cookie)
    daemon.configure({**CONFIGURATION, "tokens": {
        **TOKENS, "operator": {"secret": "other", "allow": ["read", "control"]}}})
    assert daemon.control("POST", "/v1/reload").status == 200
    assert eventually(lambda: form_token(daemon, cookie) is None)
    reader = log_in(daemon, "r3ad")
    daemon.configure({**CONFIGURATION, "tokens": {"operator": TOKENS["operator"]}})
    assert daemon.control("POST", "/v1/reload").status == 200
    assert eventually(lambda: form_token(daemon, reader) is None)


def test_guesses_are_slowed_and_the_right_token_is_not(daemon):
    codes = [post(daemon, "/login", {"token": f"guess{number}"}).status for number in range(15)]
    assert codes == [403] * 10 + [429] * 5
    log_in(daemon, "0per")
    assert "guess" not in daemon.log() and "0per" not in daemon.log()


def test_the_cookie_over_tls_is_bound_to_this_host(vitals, tmp_path):
    certificate, key = make_certificate(tmp_path, "page")
    port = free_port()
    daemon = vitals({**CONFIGURATION, "listeners": [
        {"address": f"127.0.0.1:{port}", "tls": {"certificate": str(certificate), "key": str(key)}}]})
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", port,
                                                        context=context)) as connection:
        answer = ask(connection, "POST", "/login", "token=0per",
                     {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-vitals-{port}=")
    for wanted in ("; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/;", "; Max-Age=43200"):
        assert wanted in cookie
    assert "Domain" not in cookie


def test_without_tokens_the_page_says_how_to_add_one(vitals):
    daemon = vitals({"components": CONFIGURATION["components"]})
    answer = post(daemon, "/login", {"token": "x"})
    assert answer.status == 403 and "tokens:" in answer.text and "allow:" in answer.text


def test_hostile_forms_are_refused(daemon):
    cookie = log_in(daemon, "0per")
    token = form_token(daemon, cookie)
    raw = {"Content-Type": "application/x-www-form-urlencoded", **cookie}
    for body in (b"\xff\xfe%", b"match=%00", b"&" * 60_000, b"match=a&" * 5_000, b"=" * 1000):
        answer = daemon.ask("POST", "/silence", body, raw)
        assert answer.status in (400, 403), body[:20]
    assert daemon.ask("POST", "/silence", b"x" * 70_000, raw).status == 413
    bad = {"match": "\u202e\n", "duration": "1h", "form_token": token}
    assert post(daemon, "/silence", bad, cookie).status == 400
    assert daemon.control("GET", "/v1/silences").json["silences"] == []
