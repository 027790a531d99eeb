"""ssh against a real sshd, ntp against a real chronyd, imap and pop3 against a real Dovecot, backup
against real restic and borg, ping in a separate network; all by the real binary."""
import contextlib
import json
import os
import shutil
import subprocess
import textwrap

import pytest

import brokers
import daemons
import databases
from daemon import BINARY, eventually, run_vitals
from one_check import checker, expect


def needs(*programs):
    for each in programs:
        if shutil.which(each, path=brokers.PATH) is None:
            pytest.skip(f"needs {each}")


@pytest.fixture
def check(tmp_path):
    return checker(tmp_path, (daemons.PASSWORD, "wrong-secret"))


# ssh

@pytest.fixture(scope="module")
def sshd():
    needs("sshd", "ssh-keygen")
    with contextlib.closing(daemons.Sshd()) as made:
        yield made.ready()


def test_ssh_host_key(sshd, check):
    url = f"ssh://127.0.0.1:{sshd.port}"
    found = check("ssh", url=url)
    expect(found, "ok", detail="proves to have its host key")
    assert [phase["name"] for phase in found["phases"]] == ["connect", "banner", "key"]
    assert found["properties"]["fingerprint"] == sshd.fingerprints["ed25519"]
    expect(check("ssh", url=url, fingerprint=[sshd.fingerprints["ed25519"]]), "ok",
           detail="expected host key")
    expect(check("ssh", url=url, key="rsa", fingerprint=[sshd.fingerprints["rsa"]]), "ok")
    wrong = "SHA256:" + "A" * 43
    expect(check("ssh", url=url, fingerprint=[wrong]), "failed", "auth", "key",
           "another host key than the expected")
    expect(check("ssh", url=url, fingerprint=[wrong, sshd.fingerprints["ed25519"]]), "ok")
    expect(check("ssh", url=url, key="ecdsa"), "failed", "assertion", "key", "has no ecdsa key")
    expect(check("ssh", url=url, banner="/^SSH-2.0-OpenSSH/"), "ok")
    expect(check("ssh", url=url, banner="Dropbear"), "failed", "assertion", "banner")
    assert "Received disconnect" in sshd.log.read_text(), "it says goodbye"


def test_ssh_ecdsa(check):
    needs("sshd", "ssh-keygen")
    with contextlib.closing(daemons.Sshd(keys=("ecdsa",))) as own:
        own.ready()
        url = f"ssh://127.0.0.1:{own.port}"
        expect(check("ssh", url=url), "ok")
        expect(check("ssh", url=url, key="ecdsa", fingerprint=[own.fingerprints["ecdsa"]]), "ok")
        expect(check("ssh", url=url, fingerprint=[own.fingerprints["ecdsa"]]), "failed",
               "assertion", "key", "has no ed25519 key")


def test_ssh_full_and_hung(check):
    needs("sshd", "ssh-keygen")
    import socket
    with contextlib.ExitStack() as stack:
        own = stack.enter_context(contextlib.closing(daemons.Sshd("MaxStartups 2:100:2")))
        own.ready()
        url = f"ssh://127.0.0.1:{own.port}"
        held = []

        def hold():
            """Two unfinished authentications; the one that found the server ready may still count."""
            made = stack.enter_context(socket.create_connection(("127.0.0.1", own.port)))
            held.extend([made] if made.recv(100).startswith(b"SSH-") else [])
            return len(held) == 2
        assert eventually(hold, 20)
        found = check("ssh", url=url)
        expect(found, "failed", "assertion", "banner", "too many log-ins at once")
        for each in held:
            each.close()
        with own.stopped():
            expect(check("ssh", url=url), "failed", "timeout", "banner")


# ntp

def test_ntp_of_a_real_server(check):
    needs("chronyd")
    with contextlib.closing(daemons.Chrony()) as own:
        own.ready()
        found = check("ntp", url=f"ntp://127.0.0.1:{own.port}")
        expect(found, "ok", detail="clock is")
        assert found["properties"]["stratum"] == 3
        assert abs(found["properties"]["offset_seconds"]) < 0.1
        with own.stopped():
            expect(check("ntp", url=f"ntp://127.0.0.1:{own.port}"), "failed", "timeout", "query",
                   "no answer")


def test_ntp_server_that_is_not_synchronised(check):
    """Its offset looks perfect."""
    needs("chronyd")
    with contextlib.closing(daemons.Chrony(synchronised=False)) as own:
        own.ready()
        expect(check("ntp", url=f"ntp://127.0.0.1:{own.port}"), "failed", "assertion", "query",
               "own clock is not synchronised")


@pytest.mark.parametrize("what, status, detail", [
    ({"ahead": 0.3}, "degraded", "clock is"),
    ({"ahead": -5}, "failed", "clock is 5"),
    ({"kiss": "RATE"}, "unknown", "asks for fewer questions"),
    ({"kiss": "DENY"}, "unknown", "refuses to serve"),
    ({"stratum": 16}, "failed", "not synchronised"),
])
def test_ntp_of_a_stand_in(check, what, status, detail):
    with contextlib.closing(daemons.TimeStandIn(**what)) as server:
        expect(check("ntp", url=f"ntp://127.0.0.1:{server.port}"), status, detail=detail)


def test_ntp_is_asked_seldom(vitals):
    with contextlib.closing(daemons.TimeStandIn()) as server:
        daemon = vitals({"components": {"it": {
            "check": "ntp", "url": f"ntp://127.0.0.1:{server.port}", "interval": "200ms"}}})
        runs = lambda: daemon.figure('vitals_check_runs_total{component="it"')  # noqa: E731
        assert eventually(lambda: daemon.status("it") == "ok")
        assert eventually(lambda: "it" in daemon.get("/metrics").text)
        import time
        time.sleep(2)
        assert daemon.status("it") == "ok"
        assert server.asked == 1, (server.asked, runs)


# imap and pop3

@pytest.fixture(scope="module")
def dovecot(tmp_path_factory):
    needs("dovecot")
    folder = databases.certificates(tmp_path_factory.mktemp("certificates"))
    with contextlib.closing(daemons.Dovecot(folder)) as made:
        made.ca = str(folder / "ca.crt")
        yield made.ready()


@pytest.mark.parametrize("kind", ["imap", "pop3"])
def test_mail_log_in(dovecot, check, kind):
    trust = {"tls": {"ca": dovecot.ca}}
    log_in = {"user": "app", "password": daemons.PASSWORD, **trust}
    plain, secure = getattr(dovecot, kind), getattr(dovecot, kind + "s")
    for url in (f"{kind}://localhost:{plain}", f"{kind}s://localhost:{secure}"):
        found = check(kind, "10s", url=url, **log_in)
        expect(found, "ok", detail="logged in, mailbox opened")
        assert found["properties"]["tls"] is True
        expect(check(kind, "10s", url=url, **trust), "ok", detail="ready")
    if kind == "imap":
        assert check(kind, url=f"imaps://localhost:{secure}", **log_in)["properties"]["messages"] == 1


@pytest.mark.parametrize("kind", ["imap", "pop3"])
def test_mail_wrong_password(dovecot, check, kind):
    found = check(kind, "10s", url=f"{kind}s://localhost:{getattr(dovecot, kind + 's')}", user="app",
                  password="wrong-secret", tls={"ca": dovecot.ca})
    expect(found, "failed", "auth", "auth", "wrong user or password")


@pytest.mark.parametrize("kind", ["imap", "pop3"])
def test_mail_tls(dovecot, check, kind):
    log_in = {"user": "app", "password": daemons.PASSWORD}
    plain = f"{kind}://localhost:{getattr(dovecot, kind)}"
    expect(check(kind, url=plain, **log_in), "failed", "tls", "tls", "certificate not trusted")
    found = check(kind, "10s", url=plain, starttls="never", **log_in)
    expect(found, "ok")
    assert found["properties"]["tls"] is False
    with dovecot.stopped():
        expect(check(kind, url=plain, **log_in), "failed", "timeout", "banner")


# backup

def test_backup_restic(tmp_path, check):
    needs("restic")
    repository = tmp_path / "restic"
    environment = {"PATH": brokers.PATH, "HOME": str(tmp_path), "RESTIC_PASSWORD": daemons.PASSWORD}
    run = lambda *words: subprocess.run(  # noqa: E731
        ["restic", "-q", "--no-cache", "-r", repository, *words], env=environment, check=True,
        capture_output=True, timeout=120)
    of = {"tool": "restic", "repository": str(repository), "password": daemons.PASSWORD}
    expect(check("backup", "20s", **of), "failed", "assertion", "judge", "no repository")
    run("init")
    expect(check("backup", "20s", **of), "failed", "assertion", "judge", "no backup in the repository")
    (tmp_path / "data").write_text("data")
    run("backup", "--host", "db1", "--tag", "nightly", str(tmp_path / "data"))
    expect(check("backup", "20s", **of), "ok", detail="the newest is")
    expect(check("backup", "20s", **of, host="db1", tags=["nightly"]), "ok")
    expect(check("backup", "20s", **of, host="other"), "failed", "assertion", detail="no backup")
    expect(check("backup", "20s", **of, degraded_after="1ms", failed_after="1h"), "degraded")
    expect(check("backup", "20s", **{**of, "password": "wrong-secret"}), "failed", "auth", "judge",
           "wrong password")
    assert list((repository / "locks").iterdir()) == [], "it writes nothing"


def test_backup_borg(tmp_path, check):
    needs("borg")
    repository = tmp_path / "borg"
    environment = {"PATH": brokers.PATH, "HOME": str(tmp_path), "BORG_PASSPHRASE": daemons.PASSWORD,
                   "BORG_BASE_DIR": str(tmp_path / "base")}
    run = lambda *words: subprocess.run(  # noqa: E731
        ["borg", *words], env=environment, check=True, capture_output=True, timeout=120)
    of = {"tool": "borg", "repository": str(repository), "password": daemons.PASSWORD}
    expect(check("backup", "20s", **of), "failed", "assertion", "judge", "no repository")
    run("init", "--encryption=repokey", str(repository))
    expect(check("backup", "20s", **of), "failed", "assertion", "judge", "no backup in the repository")
    (tmp_path / "data").write_text("data")
    run("create", f"{repository}::db-1", str(tmp_path / "data"))
    found = check("backup", "20s", **of, environment={"TZ": "America/New_York"})
    assert found["properties"]["age_seconds"] > 3600, "a configured zone is believed"
    found = check("backup", "20s", **of)
    expect(found, "ok", detail="the newest is")
    assert found["properties"]["age_seconds"] < 300
    expect(check("backup", "20s", **of, pattern="web-*"), "failed", "assertion", detail="no backup")
    expect(check("backup", "20s", **{**of, "password": "wrong-secret"}), "failed", "auth", "judge",
           "wrong password")


def test_backup_files(tmp_path, check):
    folder = tmp_path / "backups"
    folder.mkdir()
    expect(check("backup", path=str(folder)), "failed", "assertion", "judge", "no backup")
    import time
    for day in range(5):
        file = folder / f"db{day}.dump"
        file.write_bytes(b"x" * 1000)
        os.utime(file, (time.time() - 7200 - 86400 * day,) * 2)
    expect(check("backup", path=str(folder)), "ok", detail="the newest is")
    (folder / "db0.dump").write_bytes(b"x" * 100)
    os.utime(folder / "db0.dump", (time.time() - 3600,) * 2)
    expect(check("backup", path=f"{folder}/*.dump"), "degraded", detail="10% of the usual")
    answer = run_vitals("check", f"backup:{folder}/*.dump")
    assert answer.returncode == 1, answer.stdout


# ping

def in_a_network(tmp_path, script):
    """Runs a script where vitals may send echo requests, with a neighbour 10.9.9.2, which answers,
    and 10.9.9.3, which does not exist."""
    if os.geteuid() != 0:
        pytest.skip("needs root, for a network of its own")
    needs("ip", "unshare", "nsenter")
    whole = textwrap.dedent("""
        set -e
        ip link set lo up
        ip link add v0 type veth peer name v1
        ip addr add 10.9.9.1/24 dev v0
        ip link set v0 up
        unshare -n sleep 60 &
        other=$!
        trap 'kill $other' EXIT
        until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
        ip link set v1 netns $other
        nsenter -t $other -n ip addr add 10.9.9.2/24 dev v1
        nsenter -t $other -n ip link set v1 up
        """) + textwrap.dedent(script)
    return subprocess.run(["unshare", "-n", "bash", "-c", whole], capture_output=True, text=True,
                          timeout=60, env={"PATH": brokers.PATH})


def test_ping(tmp_path):
    allow = "echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range\n"
    file = tmp_path / "vitals.yaml"
    file.write_text(json.dumps({"state_dir": str(tmp_path / "state"), "components": {
        "there": {"check": "ping", "url": "ping://10.9.9.2", "timeout": "3s"},
        "large": {"check": "ping", "url": "ping://10.9.9.2", "timeout": "3s", "size": 1400},
        "silent": {"check": "ping", "url": "ping://10.9.9.3", "timeout": "4s"},
        "nowhere": {"check": "ping", "url": "ping://192.0.2.1", "timeout": "2s"},
        "own": {"check": "ping", "url": "ping://127.0.0.1", "timeout": "2s"},
        "six": {"check": "ping", "url": "ping://10.9.9.2", "family": "6", "timeout": "2s"}}}))
    answer = in_a_network(tmp_path, allow + f"{BINARY} check -c {file} --format json || true")
    assert answer.returncode == 0, answer.stderr
    found = {each["name"]: each for each in json.loads(answer.stdout)["components"]}
    expect(found["there"], "ok", detail="4 of 4 answered")
    expect(found["large"], "ok", detail="4 of 4 answered")
    expect(found["silent"], "failed", phase="echo")
    assert found["silent"]["error_class"] in ("connect", "timeout"), found["silent"]
    expect(found["nowhere"], "failed", "connect", "echo", "no route")
    expect(found["own"], "degraded", detail="this machine itself")
    expect(found["six"], "failed", "resolve", "resolve", "no IPv6 address")


def test_ping_without_the_right(tmp_path):
    answer = in_a_network(tmp_path, "echo '1 0' > /proc/sys/net/ipv4/ping_group_range\n"
                          f"setpriv --bounding-set=-net_raw {BINARY} check ping://10.9.9.2 --format json || true")
    (found,) = json.loads(answer.stdout)["components"]
    expect(found, "unknown", "local", detail="not permitted to send echo requests")
    assert "ping_group_range" in json.dumps(found)
