"""Receivers of alerts against real peers: a mail server, Alertmanager 0.25, and HTTP servers that
misbehave. alert_send makes one attempt with the daemon's own parts."""
import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.request

import pytest

from daemon import BINARY, free_port

SEND = BINARY.parent / "alert_send"
SECRET = "GEHEIM-7f3a"


def send(tmp_path, receiver, kind="problem", key=None):
    """One attempt; the fate and its reason. Neither of them contains the secret, nor does the log."""
    file = tmp_path / "vitals.yaml"
    file.write_text('components: {db/main: {check: tcp, url: "tcp://127.0.0.1:5432"}}\n'
                    f"alerts: {{receivers: {{it: {json.dumps(receiver)}}}}}\n")
    words = [str(SEND), str(file), "it", kind] + ([key] if key else [])
    run = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert SECRET not in run.stdout + run.stderr
    fate, _, why = run.stdout.strip().partition(" ")
    return fate, why


class Server:
    """Answers each POST by a function (path, body) -> (code, headers, body); None: a reset."""

    def __init__(self, answer):
        self.got = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.got.append((self.path, dict(self.headers), body))
                made = answer(self.path, body)
                if made is None:
                    self.connection.setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # SO_LINGER: a reset
                    self.connection.close()
                    return
                code, headers, text = made
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{SECRET}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize("code, headers, fate", [
    (204, {}, "delivered"), (500, {}, "refused"), (429, {"Retry-After": "9"}, "refused"),
    (404, {}, "rejected"), (410, {}, "rejected"), (504, {}, "doubtful"),
    (302, {"Location": "http://127.0.0.1:1/"}, "rejected"),
])
def test_a_code_is_a_fate(tmp_path, code, headers, fate):
    server = Server(lambda path, body: (code, headers, f"at {SECRET}".encode()))
    try:
        assert send(tmp_path, {"webhook": {"url": server.url}})[0] == fate
        assert len(server.got) == 1
        assert json.loads(server.got[0][2])["type"] == "incident.problem"
    finally:
        server.close()


def test_a_lost_answer_is_perhaps(tmp_path):
    server = Server(lambda path, body: None)
    try:
        assert send(tmp_path, {"webhook": {"url": server.url}})[0] == "doubtful"
    finally:
        server.close()
    fate, why = send(tmp_path, {"webhook": {"url": f"http://127.0.0.1:{free_port()}/{SECRET}"}})
    assert (fate, why) == ("refused", "127.0.0.1: connection refused (in phase connect)")


class Inbox:
    def __init__(self):
        self.mails = []
        self.greylisted = False

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        if address.startswith("grey@") and not self.greylisted:
            self.greylisted = True
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.rcpt_tos, envelope.content))
        return "250 queued"


@pytest.fixture
def mail_server():
    controllers = pytest.importorskip("aiosmtpd.controller")
    inbox = Inbox()
    controller = controllers.Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield inbox, controller.port
    controller.stop()


def test_mail(tmp_path, mail_server):
    inbox, port = mail_server
    options = {"to": "ops@example.org", "from": "vitals@example.org",
               "server": f"smtp://127.0.0.1:{port}"}
    assert send(tmp_path, {"email": options}) == ("delivered", "")
    (recipients, content), = inbox.mails
    assert recipients == ["ops@example.org"]
    import email
    import email.policy
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert mail["Subject"] == "FAILED db/main: connection refused (shop, web-1), 14 depend on it"
    assert mail["Message-ID"] == "<7f3a-12-ops-1@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().startswith("FAILED db/main: connection refused")
    assert "<table" in mail.get_body(("html",)).get_content()
    options["to"] = "nobody@example.org"
    assert send(tmp_path, {"email": options})[0] == "rejected"
    options["to"] = "grey@example.org"
    assert send(tmp_path, {"email": options})[0] == "refused"
    assert send(tmp_path, {"email": options}) == ("delivered", "")


@pytest.fixture
def alertmanager(tmp_path):
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        pytest.skip("prometheus-alertmanager is not installed")
    told = Server(lambda path, body: (200, {}, b""))
    file = tmp_path / "am.yml"
    file.write_text("route: {receiver: hook, group_wait: 0s, group_interval: 1s}\n"
                    f"receivers: [{{name: hook, webhook_configs: [{{url: '{told.url}'}}]}}]\n")
    port = free_port()
    process = subprocess.Popen(
        [program, f"--config.file={file}", f"--storage.path={tmp_path}/am",
         f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=1).close()
            break
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
    yield port, told
    process.kill()
    process.wait()
    told.close()


def alerts_at(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/alerts") as answer:
        return {a["labels"]["alertname"]: a for a in json.load(answer)}


def test_alertmanager(tmp_path, alertmanager):
    port, told = alertmanager
    receiver = {"alertmanager": {"url": f"http://127.0.0.1:{port}", "labels": {"team": "shop"}}}
    assert send(tmp_path, receiver, "problem", "7f3a-12") == ("delivered", "")
    alert = alerts_at(port)["vitals"]
    assert alert["labels"] == {"alertname": "vitals", "service": "shop", "component": "db/main",
                               "severity": "critical", "incident": "7f3a-12", "team": "shop"}
    until = time.monotonic() + 40
    while not any(json.loads(body)["status"] == "firing" for _, _, body in told.got):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert send(tmp_path, receiver, "resolved", "7f3a-12") == ("delivered", "")
    until = time.monotonic() + 40
    # The group remains while the watchdog's alert is in it.
    while not any(each["labels"]["alertname"] == "vitals" and each["status"] == "resolved"
                  for _, _, body in told.got for each in json.loads(body)["alerts"]):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert "vitals" not in alerts_at(port)
