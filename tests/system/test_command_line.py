"""The command line: exit codes, formats, and that every command explains itself."""
import fcntl
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import termios
import time

import pytest

from daemon import BINARY, ROOT, free_port, run_vitals
from peers import WebServer

CODES = {"ok": 0, "degraded": 1, "failed": 2, "unknown": 3}


def plugin(code):
    return {"check": "exec", "command": ["/bin/sh", "-c", f"echo said {code}; exit {code}"]}


@pytest.fixture
def configuration(tmp_path):
    def write(components):
        file = tmp_path / "vitals.yaml"
        file.write_text(json.dumps({"components": components, "state_dir": str(tmp_path / "state")}))
        return file
    return write


@pytest.mark.parametrize("status", CODES)
def test_check_exits_with_the_worst(configuration, status):
    file = configuration({"well": plugin(0), "other": plugin(CODES[status])})
    answer = run_vitals("check", "-c", file)
    assert answer.returncode == CODES[status], answer.stdout + answer.stderr
    assert "other" in answer.stdout and f"said {CODES[status]}" in answer.stdout
    assert "\x1b[" not in answer.stdout, "colours only on a terminal"


def test_a_failed_component_that_is_not_critical_only_degrades(configuration):
    file = configuration({"well": plugin(0), "other": {**plugin(2), "critical": False}})
    assert run_vitals("check", "-c", file).returncode == 1
    assert run_vitals("check", "-c", file, "well").returncode == 0
    assert run_vitals("check", "-c", file, "other").returncode == 2, "the user asked for it by name"


def test_check_as_json_and_as_a_plugin(configuration):
    file = configuration({"well": plugin(0), "other": plugin(2)})
    answer = run_vitals("check", "-c", file, "--format", "json")
    assert answer.returncode == 2
    assert {each["name"]: each["status"] for each in json.loads(answer.stdout)["components"]} == {
        "well": "ok", "other": "failed"}
    answer = run_vitals("check", "-c", file, "--format", "nagios")
    assert answer.returncode == 2
    first = answer.stdout.splitlines()[0]
    assert first.startswith("VITALS CRITICAL - 1/2 failing: other")


LISTS = ("celery+amqp://app:first-pw@127.0.0.1:1//;amqp://app:second-pw@127.0.0.1:2//",
         "amqp://app:first-pw@127.0.0.1:1;amqp://app:second-pw@127.0.0.1:2",
         "redis://:first-pw@127.0.0.1:1,redis://:second-pw@127.0.0.1:2",
         "postgresql://app:first-pw@127.0.0.1:1,app:second-pw@127.0.0.1:2/db",
         "mysql://app:first-pw@h1,app:second-pw@h2/db", "postgresql://h/db?user=a&password=second-pw",
         "redis://:first-pw second-pw@h", "postgresql+psycopg2://app:first-pw@h/db")


@pytest.mark.parametrize("url", LISTS)
def test_no_password_of_a_list_of_urls_is_shown(configuration, url):
    for words in (["check", url], ["check", url, "--format", "json"], ["check", url, "--format", "nagios"],
                  ["validate", "-c", configuration({"it": {"check": "redis", "url": url}})],
                  ["validate", "-c", configuration({url: {"check": url, "tags": [url], url: url}})],
                  ["status", "--url", url], ["drill", "proxy", url], [url]):
        answer = run_vitals(*words)
        assert answer.returncode != 0, words
        assert "-pw" not in answer.stdout + answer.stderr, (words, answer.stdout, answer.stderr)


def test_a_driver_in_a_scheme_is_told_what_to_write():
    answer = run_vitals("check", "postgresql+psycopg2://app@127.0.0.1/db")
    assert answer.returncode == 64 and "write postgresql://" in answer.stderr, answer.stderr


def test_urls_as_they_stand(tmp_path):
    server = WebServer()
    closed = free_port()
    try:
        web = f"http://127.0.0.1:{server.port}/"
        answer = run_vitals("check", web, f"tcp://127.0.0.1:{server.port}", f"file:{tmp_path}")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        answer = run_vitals("check", web, f"tcp://127.0.0.1:{closed}")
        assert answer.returncode == 2
        assert "refused" in answer.stdout
        assert run_vitals("check", "gopher://127.0.0.1/").returncode == 64
    finally:
        server.close()


def test_a_self_connection_is_not_up():
    """In the range that the kernel gives to clients, a client that connects to a closed port often
    enough connects to itself."""
    low = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(20):
        answer = run_vitals("check", f"tcp://127.0.0.1:{low + 7}")
        assert answer.returncode == 2, answer.stdout


def test_status_asks_a_daemon(vitals):
    daemon = vitals({"components": {"well": plugin(0), "other": {**plugin(0), "interval": "1h"}}})
    assert daemon.becomes("other", "ok")
    answer = run_vitals("status", "--url", f"unix:{daemon.socket}")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "well" in answer.stdout and "other" in answer.stdout
    assert run_vitals("status", "-c", daemon.file).returncode == 0
    public = f"http://127.0.0.1:{daemon.port}"
    answer = run_vitals("status", "--url", public)
    assert answer.returncode == 0 and "the public answer" in answer.stdout, "no token was given"
    wrong = run_vitals("status", "--url", public, environment={"VITALS_TOKEN": "wrong"})
    assert wrong.returncode == 77 and "token" in wrong.stderr and not wrong.stdout
    for status, code in (("degraded", 1), ("failed", 2)):
        daemon.control("PUT", "/v1/components/job", {"status": status, "detail": "so it is"})
        assert daemon.becomes("job", status)
        answer = run_vitals("status", "-c", daemon.file, "job", "--nagios")
        assert answer.returncode == code and "so it is" in answer.stdout
    daemon.stop()
    answer = run_vitals("status", "-c", daemon.file)
    assert answer.returncode == 69 and len(answer.stderr.splitlines()) == 1, answer.stderr


def test_heartbeats(vitals):
    daemon = vitals({"components": {"backup": {"check": "push", "ttl": "1h"}}})
    assert run_vitals("heartbeat", "backup", "-c", daemon.file).returncode == 0
    assert daemon.becomes("backup", "ok")
    done = run_vitals("heartbeat", "backup", "-c", daemon.file, "--", "/bin/sh", "-c", "exit 7")
    assert done.returncode == 7, "the command's own exit code"
    assert daemon.becomes("backup", "failed")
    daemon.stop()
    assert run_vitals("heartbeat", "backup", "-c", daemon.file).returncode == 69


def test_a_port_that_is_taken(vitals):
    daemon = vitals()
    second = vitals(serving=False)
    second.configure({"listeners": [{"address": f"127.0.0.1:{daemon.port}"}]})
    second.start(wait=False)
    assert second.process.wait(20) == 71
    assert f"127.0.0.1:{daemon.port}" in second.log() and "in use" in second.log()
    second.process = None


def test_help_shows_an_example():
    overview = run_vitals("--help")
    assert overview.returncode == 0
    page = (ROOT / "docs/operating.md").read_text()
    commands = re.findall(r"^  ([a-z]+)  ", overview.stdout.split("Commands:")[1].split("\n\n")[0], re.MULTILINE)
    assert len(commands) > 20, overview.stdout
    for command in commands:
        answer = run_vitals(command, "--help")
        assert answer.returncode == 0 and f"vitals {command}" in answer.stdout.split("Examples:")[1]
        assert f"vitals {command}" in page, f"docs/operating.md does not name vitals {command}"


def test_wrong_usage():
    assert run_vitals().returncode == 64
    answer = run_vitals("chekc")
    assert answer.returncode == 64 and "check" in answer.stderr
    assert run_vitals("check", "--nonsense").returncode == 64
    version = run_vitals("--version")
    assert version.returncode == 0 and version.stdout.startswith("vitals 0.")


def test_kinds_from_the_code():
    listed = run_vitals("kinds")
    assert listed.returncode == 0
    for kind in ("http", "tcp", "tls", "dns", "disk", "memory", "load", "process", "file", "exec",
                 "sqlite", "push"):
        assert kind in listed.stdout
        one = run_vitals("kinds", kind)
        assert one.returncode == 0 and one.stdout.strip()
    assert run_vitals("kinds", "nonsense").returncode == 64


@pytest.mark.parametrize("shell", ("bash", "zsh", "fish"))
def test_completion(shell):
    answer = run_vitals("completion", shell)
    assert answer.returncode == 0 and "decommission" in answer.stdout
    if shell == "bash":
        assert subprocess.run(["bash", "-n"], input=answer.stdout, text=True).returncode == 0


def test_output_that_cannot_be_written(configuration):
    file = configuration({"well": plugin(0)})
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, "check", "-c", file], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 74, "a user who reads the exit code must not take silence for health"


def test_reload_tells_the_changes(vitals):
    daemon = vitals({"components": {"kept": plugin(0), "gone": plugin(0), "other": plugin(0)}})
    before = json.loads(daemon.file.read_text())
    after = {**before, "components": {"kept": plugin(0), "other": plugin(1), "new": plugin(0)},
             "log": {"level": "debug"}}
    daemon.file.write_text(json.dumps(after))
    answer = run_vitals("reload", "--url", f"unix:{daemon.socket}")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == (f"unix:{daemon.socket}: reloaded\n  + new\n  ~ other\n  - gone\n"
                             "  'log' has changed: restart the daemon for it to take effect\n")
    daemon.file.write_text(json.dumps({**after, "log": before.get("log", {"level": "info"})}))
    answer = run_vitals("reload", "-c", daemon.file)
    assert answer.stdout.endswith(": reloaded\n  no component has changed\n"), answer.stdout
    assert daemon.logs("1 new and 1 changed; 1 removed")


def test_reload_tells_the_errors(vitals):
    daemon = vitals({"components": {"kept": plugin(0)}})
    daemon.file.write_text("components: {kept: {check: rabbitmq}, other: {check: exec}}")
    answer = run_vitals("reload", "--url", f"unix:{daemon.socket}")
    assert answer.returncode == 78 and not answer.stdout
    assert answer.stderr.splitlines() == [
        f"{daemon.file}:1:28: 'rabbitmq' is written 'amqp' here",
        f"{daemon.file}:1:39: component 'other' of kind exec has no 'command', which is required",
        f"unix:{daemon.socket}: nothing was changed"]
    assert daemon.components()["kept"]["status"] == "ok"


def test_run_runs_a_check_now(vitals, tmp_path):
    file = tmp_path / "code"
    file.write_text("0")
    daemon = vitals({"components": {"it": {
        "check": "exec", "interval": "1h", "command": ["/bin/sh", "-c", f"exit $(cat {file})"]}}})
    assert daemon.becomes("it", "ok")
    file.write_text("2")
    answer = run_vitals("run", "it", "--url", f"unix:{daemon.socket}")
    assert answer.returncode == 2 and "failed" in answer.stdout and "it" in answer.stdout, answer
    answer = run_vitals("run", "it", "--format", "json", "--url", f"unix:{daemon.socket}")
    assert json.loads(answer.stdout)["status"] == "failed"
    answer = run_vitals("run", "that", "--url", f"unix:{daemon.socket}")
    assert answer.returncode == 64 and "no component of this name" in answer.stderr
    assert run_vitals("run", "it", "--url", f"http://127.0.0.1:{free_port()}").returncode == 69


def test_version_tells_how_it_was_built():
    answer = run_vitals("version")
    assert answer.returncode == 0
    assert answer.stdout == run_vitals("--version").stdout
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("vitals ") and [line.split(":")[0] for line in lines[1:]] == [
        "build", "compiler", "libraries"]
    for library in ("Boost 1.", "OpenSSL 3.", "SQLite 3.", "libpq "):
        assert library in lines[3], lines[3]


def test_kinds_for_a_program():
    kinds = {each["kind"]: each for each in json.loads(run_vitals("kinds", "--format", "json").stdout)}
    assert "http" in kinds and "postgres" in kinds
    url = next(key for key in kinds["http"]["keys"] if key["name"] == "url")
    assert url["required"] is True and url["description"]
    assert json.loads(run_vitals("kinds", "http", "-f", "json").stdout) == kinds["http"]
    answer = run_vitals("kinds", "rabbitmq")
    assert answer.returncode == 64
    assert answer.stderr == "vitals kinds: 'rabbitmq' is written 'amqp' here\n"


@pytest.mark.parametrize("word, said", {
    "example.org": "'example.org' is not a URL; did you mean https://example.org or tcp://example.org:PORT?",
    "127.0.0.1:5432": "'127.0.0.1:5432' has no scheme; did you mean postgresql://127.0.0.1:5432 or "
                      "tcp://127.0.0.1:5432?",
    "htp://x": "htp://x: did you mean http://x?",
    "ftp://h/db": "'ftp' is not a kind of check yet; meanwhile 'tcp' with tcp://HOST:21 proves that "
                  "the port answers, 'exec' runs a command of yours",
    "dns://example.org": "'dns://example.org': asks for no name; did you mean dns:example.org?",
}.items())
def test_the_message_about_a_foreign_url_says_what_to_write(tmp_path, word, said):
    answer = run_vitals("check", word, cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (64, f"vitals check: {said}\n")


def test_files_of_other_programs_are_answered_with_what_works_here(tmp_path):
    for name in ("gatus", "blackbox"):
        answer = run_vitals("validate", "-c", ROOT / f"tests/config/invalid-{name}.yaml")
        assert answer.returncode == 78
        lines = [line.split(": ", 1)[1] for line in answer.stderr.splitlines() if "{check:" in line]
        assert len(lines) >= 3
        file = tmp_path / f"{name}.yaml"
        file.write_text("components:\n" + "".join("  " + line.split("  (")[0] + "\n" for line in lines)
                        .replace("TARGET:PORT", "127.0.0.1:80").replace("TARGET", "127.0.0.1"))
        answer = run_vitals("validate", "-c", file)
        assert answer.returncode == 0, answer.stderr + file.read_text()


def test_watching_keeps_the_last_table_while_the_daemon_is_away(vitals):
    """On a terminal of 80 columns."""
    daemon = vitals({"components": {"well": plugin(0), "other": plugin(2)}})
    assert daemon.becomes("other", "failed")
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    watching = subprocess.Popen(
        [BINARY, "status", "--watch", "--every", "100ms", "--url", f"unix:{daemon.socket}"],
        stdin=slave, stdout=slave, stderr=slave, close_fds=True,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm"})
    os.close(slave)
    seen = ""

    def screens(wanted):
        """The last whole screen that holds it."""
        nonlocal seen
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for screen in reversed(seen.split("\x1b[H")[1:-1]):
                if wanted in screen:
                    return screen
            seen += os.read(master, 65536).decode(errors="replace")
        raise AssertionError(seen[-2000:])

    try:
        screen = screens("said 2")
        plain = re.sub("\x1b\\[[0-9;]*[mKJ]", "", screen)
        lines = plain.replace("\r", "").splitlines()
        assert re.match(r"\d\d:\d\d:\d\d  unix:", lines[0]), lines
        assert lines[1].split() == ["STATUS", "NAME", "SINCE", "AGE", "DETAIL"]
        assert "other" in lines[2], "what is wrong comes first"
        assert all(len(line) <= 80 for line in lines), lines
        daemon.stop()
        old = screens("no daemon at")
        assert "this is what was" in old and " ago:" in old and "said 2" in old
        assert "\x1b[31m" in old and "\x1b[31m\u2717" not in old, "outdated statuses have no colour"
    finally:
        watching.kill()
        watching.wait()
        os.close(master)
