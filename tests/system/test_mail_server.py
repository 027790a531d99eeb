"""Mail by a real server, exim: TLS and then authentication; addresses that it knows, does not know,
and does not know yet; and a server that hangs."""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from daemon import eventually, free_port
from test_alert_receivers import send
from webhooks import push

EXIM = "/usr/sbin/exim4"
PASSWORD = "GEHEIM-7f3a-of-mail"

CONFIGURATION = """
primary_hostname = mx.example.org
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
keep_environment =
{tls}
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
queue_only = true
rfc1413_hosts =
host_lookup =
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  deny local_parts = nobody
       message = no such user
  defer local_parts = grey
       condition = ${{if exists{{{folder}/known}}{{no}}{{yes}}}}
       message = greylisted, come back
  accept authenticated = *
  accept local_parts = open : grey
  deny message = log in first
begin authenticators
{log_in}
"""
TLS = """tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem"""
LOG_IN = {
    "PLAIN": f"""plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{vitals}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
""",
    "LOGIN": f"""login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{vitals}}}}{{eq{{$auth2}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth1
"""}


class Exim:
    def __init__(self, log_in="PLAIN", tls=True):
        if os.geteuid() != 0:
            pytest.skip("exim changes its user: needs root")
        if not pathlib.Path(EXIM).exists():
            pytest.skip("needs exim4-daemon-light: apt-get install exim4-daemon-light")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vitals-exim-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        user = pwd.getpwnam("Debian-exim")
        for name in ("spool", "log"):
            (self.folder / name).mkdir()
        for name in ("spool", "log", "key.pem", "cert.pem"):
            os.chown(self.folder / name, user.pw_uid, user.pw_gid)
        configuration = self.folder / "exim.conf"
        configuration.write_text(CONFIGURATION.format(
            folder=self.folder, log_in=LOG_IN[log_in],
            tls=TLS.format(folder=self.folder) if tls else "tls_advertise_hosts ="))
        configuration.chmod(0o644)
        self.process = subprocess.Popen(
            [EXIM, "-C", configuration, "-bdf", "-oX", f"127.0.0.1.{self.port}", "-oP",
             self.folder / "spool/pid"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert eventually(lambda: "daemon started" in self.log(), 10), self.log()

    def log(self):
        file = self.folder / "log/mainlog"
        return file.read_text() if file.exists() else ""

    def mails(self):
        """The envelope and the header of each mail that it accepted."""
        taken = (self.folder / "spool").glob("input/*-H")
        return [each.read_text(errors="replace") for each in sorted(taken)]

    def options(self, to="ops@example.org", user=True, **more):
        server = f"smtp://{'vitals@' if user else ''}127.0.0.1:{self.port}"
        options = {"to": to, "from": "vitals@example.org", "server": server,
                   "tls": {"ca": str(self.folder / "cert.pem")}, **more}
        return options | ({"password": PASSWORD} if user and "password" not in more else {})

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def exim():
    made = []

    def start(*words, **more):
        made.append(Exim(*words, **more))
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.mark.parametrize("log_in", LOG_IN)
def test_the_log_in_comes_after_tls(tmp_path, exim, log_in):
    server = exim(log_in)
    assert send(tmp_path, {"email": server.options()}) == ("delivered", "")
    mail, = server.mails()
    assert "<vitals@example.org>" in mail and "ops@example.org" in mail
    assert "Subject: FAILED db/main: connection refused" in mail
    assert "P=esmtpsa" in server.log() and f"A={log_in.lower()}:vitals" in server.log()


def test_a_wrong_password_is_refused_for_good_and_shown_nowhere(tmp_path, exim):
    server = exim()
    fate, why = send(tmp_path, {"email": server.options(password="GEHEIM-7f3a-of-others")})
    assert fate == "rejected" and "535" in why
    assert server.mails() == []


def test_nobody_logs_in_without_tls(tmp_path, exim):
    server = exim(tls=False)
    fate, why = send(tmp_path, {"email": server.options()})
    assert fate == "rejected" and "STARTTLS is not offered" in why
    assert "vitals" not in server.log() and server.mails() == []
    # Without a user there is nothing to hide.
    assert send(tmp_path, {"email": server.options("open@example.org", user=False)}) == ("delivered", "")


def test_a_certificate_of_nobody_known_gets_no_password(tmp_path, exim):
    server = exim()
    options = server.options()
    del options["tls"]
    fate, why = send(tmp_path, {"email": options})
    assert fate == "refused" and "certificate" in why, why
    assert server.mails() == [] and "A=plain" not in server.log()


def test_an_unknown_address_stops_no_other(tmp_path, exim):
    server = exim()
    fate, why = send(tmp_path, {"email": server.options("nobody@example.org")})
    assert fate == "rejected" and "550" in why
    assert send(tmp_path, {"email": server.options("ops@example.org")})[0] == "delivered"


def test_a_server_that_hangs_is_given_up_in_time(tmp_path, exim):
    server = exim()
    server.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    fate, why = send(tmp_path, {"email": server.options()})
    assert fate == "refused" and "no answer in time" in why, why
    assert time.monotonic() - began < 30


def test_a_greylisted_recipient_is_told_once_by_a_later_attempt(vitals, exim):
    server = exim()
    configuration = {"components": {"db": {"check": "push", "ttl": "1h"}},
                     "alerts": {"wait": "0s", "hold": "1s", "flapping": {"quiet": "5m"}, "receivers": {
                         "mail": {"email": server.options(["grey@example.org", "ops@example.org",
                                                           "nobody@example.org"])}}}}
    daemon = vitals(configuration)
    push(daemon, "db", "ok")
    push(daemon, "db", "failed")
    assert eventually(lambda: len(server.mails()) == 1), "a good address does not wait for another one"
    assert "451" in server.log() or "greylisted" in server.log()

    def deliveries():
        told = daemon.control("GET", "/v1/incidents?open=1&limit=100").json["incidents"]
        about = [each for each in told if each["cause"] == "db"][0]["deliveries"]
        return {each["receiver"]: each for each in about}

    assert eventually(lambda: "mail/grey@example.org" in deliveries()
                      and "451" in deliveries()["mail/grey@example.org"]["problem"]), deliveries()
    (server.folder / "known").write_text("")
    assert eventually(lambda: deliveries()["mail/grey@example.org"]["state"] == "delivered", 25)
    assert deliveries()["mail/nobody@example.org"]["state"] == "refused"
    time.sleep(2)
    grey = [mail for mail in server.mails() if "grey@example.org" in mail and "FAILED db" in mail]
    assert len(grey) == 1
    assert PASSWORD not in daemon.log()
