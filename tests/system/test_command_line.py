"""The command line: exit codes, formats, and that every command explains itself."""
import json
import pathlib
import subprocess

import pytest

from daemon import BINARY, free_port, run_vitals
from peers import WebServer

CODES = {"ok": 0, "degraded": 1, "failed": 2, "unknown": 3}
COMMANDS = ("serve", "check", "status", "validate", "init", "kinds", "schema", "heartbeat", "remove",
            "decommission", "recommission", "drill", "completion")


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
    assert "\x1b[" not in answer.stdout, "no colours but on a terminal"


def test_what_is_not_critical_only_degrades(configuration):
    file = configuration({"well": plugin(0), "other": {**plugin(2), "critical": False}})
    assert run_vitals("check", "-c", file).returncode == 1
    assert run_vitals("check", "-c", file, "well").returncode == 0
    assert run_vitals("check", "-c", file, "other").returncode == 2, "it was asked for by name"


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
    """In the range that the kernel hands out to clients, connecting to a closed port long enough
    reaches oneself."""
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
    assert answer.returncode == 0 and "the public answer" in answer.stdout, "no token was shown"
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
    for command in COMMANDS:
        assert command in overview.stdout
        answer = run_vitals(command, "--help")
        assert answer.returncode == 0 and f"vitals {command}" in answer.stdout.split("Examples:")[1]


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
    assert done.returncode == 74, "who reads the exit code must not take silence for health"
