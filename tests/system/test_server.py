"""HTTP as load balancers, probes, browsers and attackers speak it."""
import contextlib
import http.client
import os
import re
import socket
import ssl
import time

import pytest

from daemon import SLOWER, UnixConnection, ask, eventually, free_port
from peers import make_certificate

MEMORY = {"components": {"memory": {"check": "memory", "degraded_above": "99%",
                                    "failed_above": "99.9%"}}}


@pytest.fixture
def daemon(vitals):
    made = vitals(MEMORY)
    assert made.becomes("memory", "ok")
    return made


def codes(received):
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def test_keep_alive(daemon):
    with contextlib.closing(daemon.connection()) as connection:
        for _ in range(100):
            assert ask(connection, "GET", "/svc_status.json").json["memory"]["state"] == "OK"


def test_pipelining_keeps_the_order(daemon):
    sent = b"".join(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path
                    for path in (b"/livez", b"/nothing", b"/readyz", b"/nothing"))
    sent += b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert codes(daemon.raw(sent)) == [200, 404, 200, 404, 200]


def test_head_has_the_length_and_no_body(daemon):
    full = daemon.get("/svc_status")
    received = daemon.raw(b"HEAD /svc_status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert received.endswith(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % len(full.body) in received


def test_http_1_0_without_host(daemon):
    received = daemon.raw(b"GET /livez HTTP/1.0\r\n\r\n")
    assert codes(received) == [200] and received.endswith(b"\r\n\r\nok")


def test_options_as_haproxy_sends_it(daemon):
    assert codes(daemon.raw(b"OPTIONS / HTTP/1.0\r\n\r\n")) == [200]
    answer = daemon.ask("OPTIONS", "/livez")
    assert answer.status == 200 and "GET" in answer.headers["Allow"]


def test_other_methods(daemon):
    answer = daemon.ask("DELETE", "/livez")
    assert answer.status == 405 and "GET" in answer.headers["Allow"]


def test_a_client_that_resets_in_mid_answer_is_nobodys_problem(daemon):
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", daemon.port)) as rude:
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            rude.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert daemon.get("/livez").status == 200


@pytest.mark.parametrize("sent, code", [
    (b"nonsense\r\n\r\n", 400),
    (b"GET /livez HTTP/1.1\r\n\r\n", 400),
    (b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    (b"GET /livez HTTP/1.1\nHost: x\n\n", 400),
    (b"GET /livez HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),
    (b"GET /livez HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", 400),
    (b"GET /li\0vez HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"POST /probe_status HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    (b"POST /probe_status HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /probe_status HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
    (b"POST /probe_status HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n", 400),
    (b"POST /probe_status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    (b"POST /probe_status HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n", 413),
    (b"GET /livez HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 9000 + b"\r\n\r\n", 431),
    (b"GET /" + b"l" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    (b"GET /livez HTTP/2.0\r\nHost: x\r\n\r\n", 505),
], ids=lambda value: value[:60].decode("latin-1") if isinstance(value, bytes) else str(value))
def test_invalid_requests_are_refused(daemon, sent, code):
    smuggled = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    received = daemon.raw(sent + smuggled)
    assert codes(received) == [code], "refused and closed: nothing after it is a request"


def test_a_slow_head_is_cut_off(daemon):
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as slow:
        slow.sendall(b"GET /livez HTTP/1.1\r\n")
        received = slow.recv(4096)
        assert received == b"" or codes(received) == [408]
    assert 3 < time.monotonic() - start < 10 * SLOWER


def test_the_percent_encoded_name_is_one_segment(daemon):
    assert daemon.control("PUT", "/v1/components/a%2Fb%20%C3%BC", {"status": "ok"}).status == 201
    assert daemon.becomes("a/b ü", "ok")
    assert daemon.control("GET", "/v1/components/a%2Fb%20%C3%BC").json["name"] == "a/b ü"
    assert daemon.control("GET", "/v1/components/a/b%20%C3%BC").status == 404
    assert daemon.control("DELETE", "/v1/components/a%2Fb%20%C3%BC").status == 204
    assert daemon.control("DELETE", "/v1/components/memory").status == 409


def test_pushes_run_and_expire(daemon):
    answer = daemon.control("PUT", "/v1/components/job",
                            {"status": "degraded", "detail": "slow", "ttl": "500ms",
                             "properties": {"queued": 7}})
    assert answer.status == 201
    assert daemon.becomes("job", "degraded")
    assert daemon.components()["job"]["properties"] == {"queued": 7}
    assert daemon.becomes("job", "failed", 3), "silent longer than its ttl"
    assert daemon.control("PUT", "/v1/components/memory", {"status": "ok"}).status == 409
    assert daemon.control("PUT", "/v1/components/job", {"status": "fine"}).status == 400
    assert daemon.control("PUT", "/v1/components/vitals%2Fengine", {"status": "ok"}).status == 400
    ran = daemon.control("POST", "/v1/components/memory/run")
    assert ran.status == 200 and ran.json["status"] == "ok"
    assert daemon.control("POST", "/v1/components/nobody/run").status == 404


def test_the_api_describes_itself(daemon):
    document = daemon.get("/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert "/v1/components/{name}/run" in document["paths"]
    open_to_all = ("/v1/openapi.json", "/v1/sessions")
    for path, methods in document["paths"].items():
        for method in methods:
            if method in ("get", "put", "post", "delete") and path not in open_to_all:
                answer = daemon.ask(method.upper(), path.replace("{name}", "memory"))
                assert (path, method, answer.status) == (path, method, 401), "needs a token"
                assert answer.headers["Content-Type"] == "application/problem+json"


def test_unix_socket(vitals):
    daemon = vitals(MEMORY)
    with contextlib.closing(UnixConnection(daemon.socket)) as connection:
        assert ask(connection, "GET", "/livez").status == 200
    daemon.kill()
    assert os.path.exists(daemon.socket), "a killed process leaves its socket"
    daemon.start()
    with contextlib.closing(UnixConnection(daemon.socket)) as connection:
        assert ask(connection, "GET", "/livez").status == 200
    assert daemon.stop() == 0
    assert not os.path.exists(daemon.socket)


def tls_connection(port, authority, certificate=None):
    context = ssl.create_default_context(cafile=authority)
    if certificate:
        context.load_cert_chain(*certificate)
    return http.client.HTTPSConnection("localhost", port, context=context, timeout=5)


def test_tls_mutual_and_rotated(vitals):
    daemon = vitals(serving=False)
    server = make_certificate(daemon.folder, "server")
    clients = make_certificate(daemon.folder, "clients", subject="clients",
                               extra=["-addext", "keyUsage=keyCertSign,digitalSignature"])
    client = make_certificate(daemon.folder, "client", ca="clients", subject="client")
    stranger = make_certificate(daemon.folder, "stranger", subject="stranger")
    plain, mutual = free_port(), free_port()
    files = {"certificate": str(server[0]), "key": str(server[1])}
    daemon.configure({**MEMORY, "listeners": [
        {"address": f"127.0.0.1:{daemon.port}"},
        {"address": f"127.0.0.1:{plain}", "tls": files},
        {"address": f"127.0.0.1:{mutual}", "tls": {**files, "client_ca": str(clients[0])}}]})
    daemon.start()

    def reached(port, certificate=None, authority=server[0]):
        with contextlib.closing(tls_connection(port, authority, certificate)) as connection:
            return ask(connection, "GET", "/livez").status

    assert reached(plain) == 200
    assert reached(mutual, client) == 200
    for certificate in (None, stranger):
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            reached(mutual, certificate)
    old = ssl.create_default_context(cafile=server[0])
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with contextlib.closing(http.client.HTTPSConnection("localhost", plain, context=old)) as each:
            ask(each, "GET", "/livez")

    make_certificate(daemon.folder, "server")    # another one under the same name

    def new_one():
        with contextlib.suppress(ssl.SSLError):
            return reached(plain) == 200

    assert eventually(new_one, 15), "a rotated certificate takes effect without a restart"


def test_tokens_and_what_they_open(vitals):
    daemon = vitals({
        "components": {"broken": {"check": "tcp", "url": f"tcp://127.0.0.1:{free_port()}"}},
        "tokens": {"reader": {"secret": "read-me", "allow": ["read"]},
                   "pusher": {"secret": "push-me", "allow": ["push"]},
                   "operator": {"secret": "all-of-it", "allow": ["read", "push", "control"]}},
        "endpoints": [{"dialect": "health_json"},
                      {"dialect": "kubernetes"},
                      {"dialect": "metrics", "tokens": ["reader"]}]})
    assert daemon.becomes("broken", "failed")

    def status(method, path, token=None, body=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return daemon.ask(method, path, body=body, headers=headers).status

    for token, expected in {None: 401, "wrong": 401, "push-me": 403, "read-me": 200,
                            "all-of-it": 200}.items():
        assert (token, status("GET", "/v1/components", token)) == (token, expected)
    for token, expected in {None: 401, "read-me": 403, "push-me": 201, "all-of-it": 204}.items():
        assert (token, status("PUT", "/v1/components/job", token, b'{"status": "ok"}')) == (token, expected)
    for token, expected in {None: 401, "read-me": 403, "push-me": 403, "all-of-it": 200}.items():
        assert (token, status("PUT", "/v1/drain", token, b'{"text": "OK"}')) == (token, expected)
    for token, expected in {None: 401, "wrong": 401, "all-of-it": 403, "read-me": 200}.items():
        assert (token, status("GET", "/metrics", token)) == (token, expected)

    public = daemon.get("/health").text
    told = daemon.get("/health", {"Authorization": "Bearer read-me"}).text
    assert "127.0.0.1" not in public, "an address is not for everyone"
    assert "127.0.0.1" in told
    assert "read-me" not in daemon.log()


def test_ten_thousand_connections_are_not_needed_to_be_polite(daemon):
    """Many idle clients cost little and delay nobody."""
    idle = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(800)]
    try:
        start = time.perf_counter()
        assert daemon.get("/livez").status == 200
        assert time.perf_counter() - start < 0.5 * SLOWER
    finally:
        for each in idle:
            each.close()
    assert eventually(lambda: daemon.figure("process_open_fds") < 100)
