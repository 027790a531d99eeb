"""What clients of the original systems and of other formats ask, with the same requests."""
import http.client
import json
import urllib.parse

import pytest

import daemon as daemons

COMPONENTS = ["app", "app_db", "databases/a", "databases/b", "h", "pg", "ls", "mq"]
WATCHMAN_TOKENS = "one,two-2"


@pytest.fixture(scope="module")
def daemon():
    made = daemons.Daemon({
        "components": {**{name: {"check": "push", "ttl": "1h"} for name in COMPONENTS},
                       "here": {"check": "file", "path": "/etc/passwd", "interval": "1s"},
                       "nightly": {"check": "push", "ttl": "25h", "critical": False}},
        "workers": {"pulp": {"timeout": "10m"}},
        "endpoints": [
            {"dialect": "kubernetes"}, {"dialect": "actuator"}, {"dialect": "statuspage"},
            {"dialect": "svc_status"}, {"dialect": "metrics"},
            {"dialect": "probe_status", "compat": True, "control_from": "anyone"},
            {"dialect": "healthz", "path": "/w/", "watchman_tokens": WATCHMAN_TOKENS,
             "components": ["databases/b"]},
            {"dialect": "delivery", "path": "/api/_status", "postgres": "pg", "lsyncd": "ls",
             "rabbitmq": "mq", "mode": "standalone"}]})
    made.start()
    try:
        push(made, "app", "ok", properties={"labels": {"db": 0}})
        push(made, "app_db", "failed")
        push(made, "databases/a", "failed")
        push(made, "databases/b", "ok")
        push(made, "pg", "ok", properties={"role": "primary"})
        push(made, "ls", "ok", properties={"running": False})
        push(made, "mq", "ok")
        yield made
    finally:
        made.close()


def push(made, name, status, **more):
    answer = made.control("PUT", "/v1/components/" + urllib.parse.quote(name, safe=""),
                          {"status": status, **more})
    assert answer.status in (200, 204), answer.text
    assert daemons.eventually(lambda: made.status(name) == status)


def test_start_up_does_not_wait_for_pushed_components(daemon):
    assert daemons.eventually(lambda: daemon.get("/startupz").status == 200)
    assert "nightly" not in daemon.get("/startupz?verbose").text


def test_lovelys_labels_hide_no_component(daemon):
    lines = daemon.get("/svc_status.prometheus").text.splitlines()
    assert 'svc_status{name="app_db"} 2' in lines
    assert 'svc_status{name="app_db",component="app",label="db"} 0' in lines


@pytest.mark.parametrize("properties", [
    {"labels": {"errors": 7, "good": 42}}, {"queue": [1, "two", None]}, {"last": None},
    {"db": {"name": "x", "replica": {"ok": True}}}], ids=json.dumps)
def test_lovelys_properties(daemon, properties):
    push(daemon, "h", "failed", properties=properties)
    shown = {"state": "RED", **properties}
    assert daemons.eventually(lambda: daemon.get("/svc_status.json").json["h"] == shown)
    assert daemon.components()["h"]["properties"] == properties


def test_lovelys_probe(daemon):
    for method, path, expected in (
            ("POST", "/probe_status?body=disk%20100%", (200, "disk 100%")),
            ("GET", "/probe_status", (503, "disk 100%")),
            ("POST", "/probe_status?body=OK&body=off", (200, "off")),
            ("OPTIONS", "/probe_status", (503, "off")), ("PUT", "/probe_status", (503, "off")),
            ("DELETE", "/probe_status", (503, "off")), ("POST", "/probe_status", (200, "OK"))):
        answer = daemon.ask(method, path)
        assert (answer.status, answer.text) == expected, (method, path)


def test_watchmans_tokens(daemon):
    for status, header, query in (
            (403, 'WATCHMAN-TOKEN Token="one,two-2"', ""), (403, 'WATCHMAN-TOKEN Token="one", x=1', ""),
            (200, 'WATCHMAN-TOKEN Token=""one""', ""), (200, 'WATCHMAN-TOKEN Token="one"', ""),
            (403, "Bearer one", ""), (200, None, "?watchman-token=two-2"),
            (200, None, "?watchman-token=bad&watchman-token=one"),
            (403, None, "?watchman-token=one&watchman-token=bad")):
        answer = daemon.get("/w/" + query, {"Authorization": header} if header else {})
        assert answer.status == status, (header, query)
        if status == 403:
            assert (answer.body, answer.headers["Content-Type"]) == (b"", "text/html; charset=utf-8")
    answer = daemon.get("/w/dashboard?watchman-token=one")
    assert (answer.status, answer.headers["Location"]) == (301, "/w/dashboard/?watchman-token=one")


def test_groups_and_healthz_of_kubernetes(daemon):
    excluded = "&".join(f"exclude={name}" for name in ("databases", "app_db", "h", "nightly"))
    answer = daemon.get(f"/readyz?verbose&{excluded}")
    assert "[+]databases/a excluded with databases: ok\n" in answer.text
    assert "warn:" not in answer.text
    answer = daemon.get("/healthz")
    assert answer.status == 500
    assert "[-]databases/a failed: reason withheld\n" in answer.text
    assert "healthz check failed\n" in answer.text
    assert daemon.get("/healthz/databases/b").text == "ok"
    assert daemon.get("/healthz/").status == 404, "Caluma's path, which this endpoint does not serve"


@pytest.mark.parametrize("listed", [["kubernetes", "healthz"], ["healthz", "kubernetes"]],
                         ids="-".join)
def test_calumas_path_is_calumas(vitals, listed):
    made = vitals({"components": {"a": {"check": "push"}},
                   "endpoints": [{"dialect": dialect} for dialect in listed]})
    assert made.get("/healthz").headers["Content-Type"] == "application/json"
    assert made.get("/healthz/ping/").text == "pong"


def test_actuators_groups_and_index(daemon):
    for path, expected in (("readiness/databases/b", (200, "UP")), ("readiness/databases", (503, "DOWN")),
                           ("readiness/databases/a", (503, "DOWN"))):
        answer = daemon.get("/actuator/health/" + path)
        assert (answer.status, answer.json["status"]) == expected, path
    links = daemon.get("/actuator").json["_links"]
    assert sorted(links) == ["health", "health-path", "info", "self"]
    for name in ("self", "health", "info"):
        found = urllib.parse.urlsplit(links[name]["href"])
        assert (found.hostname, found.port) == ("127.0.0.1", daemon.port)
        assert daemon.get(found.path).status in (200, 503), name


def test_documents_of_a_hosted_page(daemon):
    for path, name in (
            ("components", "components"), ("incidents", "incidents"), ("incidents/unresolved", "incidents"),
            ("scheduled-maintenances", "scheduled_maintenances"),
            ("scheduled-maintenances/upcoming", "scheduled_maintenances"),
            ("scheduled-maintenances/active", "scheduled_maintenances")):
        answer = daemon.get(f"/api/v2/{path}.json")
        assert (answer.status, sorted(answer.json)) == (200, sorted(["page", name])), path
    summary = daemon.get("/api/v2/summary.json").json
    assert summary["page"]["url"] == f"http://127.0.0.1:{daemon.port}"
    found = {each["name"]: each for each in summary["components"]}
    group = found["databases"]
    assert group["group"] and group["status"] == "major_outage"
    assert group["components"] == [found[name]["id"] for name in ("databases/a", "databases/b")]
    assert found["databases/a"]["group_id"] == group["id"]
    assert found["app"]["group_id"] is None
    assert len({each["id"] for each in summary["components"]}) == len(summary["components"])


def test_delivery_cli(daemon):
    """Its structure: configuration_mode, status, upstreams[0].{lsyncd,postgres,rabbitmq}.status."""
    for path in ("/api/_status", "/api/_status/"):
        answer = daemon.get(path)
        assert answer.status == 200, answer.text
        upstreams = answer.json["upstreams"][0]
        assert {name: each["status"] for name, each in upstreams.items()} == {
            "postgres": "pong", "lsyncd": "not_running", "rabbitmq": "pong"}


# ---- the frameworks of the originals, where Debian has them
# ------------------------------------------

QUERIES = ["body=disk%20100%", "body=OK&body=off", "body=%zz", "body=a+b", "body=a%2Bb", "body", "body=",
           "body=%C3%A9", "body=50%25", "bod=1", "body=a&&x"]


def test_queries_are_read_as_webob_reads_them(daemon):
    """Pyramid's requests are WebOb's."""
    import webob
    for query in QUERIES:
        expected = webob.Request.blank("/probe_status?" + query).params.get("body", "OK")
        answer = daemon.ask("POST", "/probe_status?" + query)
        assert (answer.status, answer.text) == (200, expected), query
    daemon.ask("POST", "/probe_status")


@pytest.fixture(scope="module")
def framework():
    """The token health API as Django REST Framework makes it: ask(method, path, accept)."""
    import django
    from django.conf import settings
    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x", INSTALLED_APPS=[
        "django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": [],
                        "UNAUTHENTICATED_USER": None})
    django.setup()
    from django.test import Client
    from django.urls import path
    from rest_framework import exceptions, renderers, response, views

    class Page(renderers.StaticHTMLRenderer):
        def render(self, data, media_type=None, context=None):
            return b"<page>"

    class Health(views.APIView):
        renderer_classes = [renderers.JSONRenderer, Page]

        def get(self, request, token):
            if token != "t0ken":
                raise exceptions.MethodNotAllowed(request.method)
            return response.Response({})

    globals()["urlpatterns"] = [path("api/health/<str:token>/", Health.as_view())]
    client = Client()

    def ask(method, path, accept):
        return client.generic(method, path, **({} if accept is None else {"HTTP_ACCEPT": accept}))

    return ask


@pytest.fixture(scope="module")
def guarded():
    made = daemons.Daemon({"components": {}, "endpoints": [
        {"dialect": "token_health", "failed_code": 200,
         "namespaces": {"all": {"token": "t0ken"}}}]})
    made.start()
    yield made
    made.close()


ACCEPTS = [None, "*/*", "*/*;q=0", "application/json", "application/json;q=0.5, text/html", "text/html",
           "text/*", "text/html;q=0, */*", "text/csv", "text/csv, */*;q=0.1", "application/*, text/*",
           "text/html, application/json", "application/json;version=2, text/html",
           "text/html;level=1, application/json", "application/xml, text/html;q=0.1",
           "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"]


def asked(made, method, path, accept):
    """Without an Accept header where there must be none."""
    connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=10)
    try:
        connection.request(method, path, headers={} if accept is None else {"Accept": accept})
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"].split(";")[0], answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("query", ["", "?format=json", "?format=", "?format=xml",
                                   "?format=xml&format=json", "?format=json&format=xml"])
def test_accept_and_format_as_the_rest_framework(framework, guarded, query):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for token in ("t0ken", "wrong"):
            for accept in ACCEPTS:
                path = f"/api/health/{token}/{query}"
                expected = framework(method, path, accept)
                status, form, body = asked(guarded, method, path, accept)
                where = f"{method} {path} Accept: {accept}"
                assert status == expected.status_code, where
                if status == 200:
                    assert form == expected["Content-Type"].split(";")[0], where
                elif expected["Content-Type"] == "application/json":
                    assert (form, body) == ("application/json", expected.content), where
