"""An operator on the command line: an empty folder, mistakes, a daemon that is away or hangs."""
import itertools
import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from daemon import BINARY, SLOWER, eventually, free_port, run_vitals
from peers import Silence

PUSHED = {"components": {"import": {"check": "push", "ttl": "1h"},
                         "backup": {"check": "push", "ttl": "1h", "critical": False}}}


def test_an_empty_folder_says_what_to_do(tmp_path):
    if pathlib.Path("/etc/vitals/vitals.yaml").exists():
        pytest.skip("this machine has a configuration")
    for command in ("serve", "check", "validate"):
        answer = run_vitals(command, cwd=tmp_path)
        assert answer.returncode == 78 and "-c FILE" in answer.stderr and not answer.stdout
        assert len(answer.stderr.splitlines()) == 1
    assert "https://" in run_vitals("check", cwd=tmp_path).stderr


def test_problems_are_one_line_each(tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text("components:\n  a: {check: dsk}\n  b: {check: disk, pth: /}\n")
    answer = run_vitals("validate", cwd=tmp_path)
    assert answer.returncode == 78 and not answer.stdout
    assert [re.match(r"\./vitals\.yaml:\d+:\d+: ", line) is not None
            for line in answer.stderr.splitlines()] == [True, True]
    plugin = run_vitals("check", "--format", "nagios", cwd=tmp_path)
    assert plugin.returncode == 3
    assert plugin.stdout.startswith("VITALS UNKNOWN - ./vitals.yaml:2:")
    first, second = plugin.stdout.splitlines()
    assert first.endswith("(and 1 more)") and second.startswith("./vitals.yaml:3:")
    assert not plugin.stderr


def test_secrets_that_are_not_at_hand(tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text("tokens: {a: {secret: {env: NOT_SET_ANYWHERE}, allow: read}}\n"
                    "components: {disk: {check: disk}}\n")
    assert run_vitals("validate", cwd=tmp_path).returncode == 78
    answer = run_vitals("validate", "--no-secrets", cwd=tmp_path)
    assert answer.returncode == 0 and "1 component," in answer.stdout
    # Finding the daemon needs no secret.
    assert run_vitals("status", cwd=tmp_path).returncode in (0, 1, 2, 3, 69)


def test_names_that_do_not_exist(tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text("components: {disk: {check: disk}, 'media storage service': {check: disk}}\n")
    answer = run_vitals("check", "dsk", cwd=tmp_path)
    assert answer.returncode == 64 and "did you mean 'disk'?" in answer.stderr
    answer = run_vitals("check", "--format", "nagios", "dsk", cwd=tmp_path)
    assert answer.returncode == 3 and answer.stdout.startswith("VITALS UNKNOWN - ")
    answer = run_vitals("check", "media storage service", "--format", "json", cwd=tmp_path)
    assert [each["name"] for each in json.loads(answer.stdout)["components"]] == [
        "media storage service"]


def test_check_ignores_pushed_components(vitals):
    daemon = vitals({"components": {**PUSHED["components"], "file": {"check": "file", "path": "/"}}})
    answer = run_vitals("check", "-c", daemon.file)
    assert answer.returncode == 0 and "2 pushed components are not checked" in answer.stderr
    assert run_vitals("check", "-c", daemon.file, "import").returncode == 3, "the user asked for it by name"
    assert run_vitals("check", "-c", daemon.file, "im*").returncode == 3, "an empty answer means that nothing is known"


def test_nothing_stands_before_a_plugins_headline(tmp_path):
    """Icinga 2 and NRPE read both streams as one."""
    (tmp_path / "vitals.yaml").write_text(
        "components:\n  import: {check: push}\n  file: {check: file, path: /}\n"
        "endpoints: [{dialect: health_json, components: [tag:nobody]}]\n")
    answer = subprocess.run([BINARY, "check", "--format", "nagios"], cwd=tmp_path, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = answer.stdout.splitlines()
    assert answer.returncode == 0 and lines[0].startswith("VITALS OK - 1/1 ok | file_time=")
    assert "'tag:nobody' matches no component" in lines[1]
    assert lines[2] == "note: 1 pushed component is not checked; 'vitals status' knows it"


@pytest.mark.parametrize("words", [
    ("check", "--format", "nagios", "--bogus"), ("status", "--nagios", "--bogus"),
    ("status", "--nagios", "--url"), ("check", "--format", "nagios", "--config"),
    ("check", "--format=nagios", "gopher://x"), ("check", "-f", "nagios", "--timeout", "soon"),
    ("check", "--format", "nagios", "-c", "/nowhere.yaml"),
    ("status", "--nagios", "--url", "http://127.0.0.1:9")], ids=" ".join)
def test_a_plugin_that_cannot_look_is_unknown(words):
    answer = run_vitals(*words)
    assert (answer.returncode, answer.stderr) == (3, "")
    assert answer.stdout.startswith("VITALS UNKNOWN - ")


def test_components_are_chosen_by_tag_and_kind(vitals):
    file = {"check": "file", "path": "/"}
    daemon = vitals({"components": {"a": {**file, "tags": ["storage"]}, "b": file,
                                    "c": {"check": "push", "ttl": "1h", "tags": ["storage"]}}})
    assert daemon.becomes("a", "ok") and daemon.becomes("b", "ok")

    def chosen(*words):
        answer = run_vitals(*words, "-c", daemon.file, "--format", "json")
        return [each["name"] for each in json.loads(answer.stdout)["components"]]

    assert chosen("status", "tag:storage") == ["a", "c"]
    assert chosen("status", "kind:file", "!tag:storage") == ["b"]
    assert chosen("check", "tag:storage") == ["a"]
    assert chosen("check", "kind:file") == ["a", "b"]
    answer = run_vitals("check", "-c", daemon.file, "tag:network")
    assert answer.returncode == 64 and "no component matches 'tag:network'" in answer.stderr
    answer = run_vitals("status", "--url", f"http://127.0.0.1:{daemon.port}", "tag:storage")
    assert answer.returncode == 77 and "neither tags nor kinds" in answer.stderr


STATUSES = ("ok", "degraded", "failed", "unknown")


def test_without_a_token_the_verdict_is_the_same(vitals):
    daemon = vitals({"components": {"db": {"check": "push", "ttl": "1h"},
                                    "minor": {"check": "push", "ttl": "1h", "critical": False}}})
    for db, minor in itertools.product(STATUSES, repeat=2):
        for name, status in (("db", db), ("minor", minor)):
            daemon.control("PUT", f"/v1/components/{name}", {"status": status})
            assert daemon.becomes(name, status)
        seen = []
        for url in (f"unix:{daemon.socket}", f"http://127.0.0.1:{daemon.port}"):
            answer = run_vitals("status", "--nagios", "--url", url)
            seen.append((answer.returncode, answer.stdout.split(" - ")[0]))
        assert seen[0] == seen[1], (db, minor)


def test_without_a_token_no_date_is_made_up(vitals):
    daemon = vitals({"components": {"web": {"check": "push", "ttl": "1h"}}})
    daemon.control("PUT", "/v1/components/web", {"status": "ok"})
    assert daemon.becomes("web", "ok")
    known = daemon.components()["web"]
    answer = run_vitals("status", "--format", "json", "--url", f"http://127.0.0.1:{daemon.port}")
    told = json.loads(answer.stdout)
    web = next(each for each in told["components"] if each["name"] == "web")
    assert web["observed_at"] == known["observed_at"]
    assert not set(web) & {"age_seconds", "kind", "phases", "properties"}
    assert told["checked_at"][:4] == known["observed_at"][:4]


def test_ready_is_yes_or_no(vitals):
    daemon = vitals({"components": {"db": {"check": "push", "ttl": "1h"}}})

    def ready(*words):
        return run_vitals("status", "--ready", "-c", daemon.file, *words).returncode

    for status, code in (("ok", 0), ("degraded", 0), ("failed", 1), ("unknown", 1)):
        daemon.control("PUT", "/v1/components/db", {"status": status})
        assert daemon.becomes("db", status)
        assert ready() == code, status
    daemon.control("PUT", "/v1/components/db", {"status": "ok"})
    assert daemon.becomes("db", "ok")
    daemon.control("PUT", "/v1/drain", {"text": "kernel update"})
    assert ready() == 1, "out of service"
    public = run_vitals("status", "--ready", "--url", f"http://127.0.0.1:{daemon.port}")
    assert public.returncode == 1 and "kernel update" in public.stdout, "nor without a token"
    assert ready("--bogus") == 64
    daemon.stop()
    assert ready() == 1


def test_validate_says_how_soon_a_failure_is_told(tmp_path):
    (tmp_path / "vitals.yaml").write_text("""
defaults: {interval: 10s, timeout: 2s}
components:
  databases/main: {check: tcp, url: "tcp://127.0.0.1:5432", failures: 3}
  disk: {check: disk, path: /, failures: 3, retry_interval: 5s}
  import: {check: push, ttl: 1h}
  website: {check: http, url: "http://127.0.0.1/", down_interval: 1m}
""")
    answer = run_vitals("validate", cwd=tmp_path)
    assert answer.returncode == 0 and answer.stdout.splitlines()[1:5] == [
        "  databases/main  told after at most 17 s, 3 runs",
        "  disk            told after at most 22 s, 3 runs",
        "  import          told after 1h of silence",
        "  website         told after at most 12 s, 1 run"]


def test_a_doubt_is_short(vitals):
    """Three failing runs within two retries, though the interval is an hour."""
    closed = free_port()
    daemon = vitals({"components": {"db": {"check": "tcp", "url": f"tcp://127.0.0.1:{closed}",
                                           "interval": "1h", "failures": 3, "retry_interval": "100ms"}}})
    assert daemon.becomes("db", "failed")
    assert daemon.components()["db"]["failing_runs"] == 3


def test_a_password_in_a_url_is_not_shown():
    for form in ("table", "json", "nagios"):
        answer = run_vitals("check", f"http://user:s3cret@127.0.0.1:{free_port()}/", "--format", form)
        assert answer.returncode == 2
        assert "s3cret" not in answer.stdout + answer.stderr
        assert "***" in answer.stdout


def test_colours_only_where_they_are_wanted(tmp_path):
    def output(*arguments, **environment):
        return run_vitals("check", *arguments, f"file:{tmp_path}", environment=environment).stdout

    assert "\x1b[" not in output()
    assert "\x1b[" not in output("--color", "never")
    assert "\x1b[32m" in output("--color", "always")
    # On a terminal, by default; not with NO_COLOR.
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        done = subprocess.run(["script", "-qec", f"'{BINARY}' check file:{tmp_path}", "/dev/null"],
                              env={"PATH": "/usr/bin:/bin", "TERM": "xterm", **environment},
                              capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
        assert (b"\x1b[" in done.stdout) == coloured, done.stdout


def test_a_daemon_that_hangs_is_not_waited_for_long():
    silence = Silence()
    try:
        start = time.monotonic()
        answer = run_vitals("status", "--url", f"http://127.0.0.1:{silence.port}")
        assert answer.returncode == 69 and "no answer within 5s" in answer.stderr
        assert time.monotonic() - start < 8 * SLOWER
        answer = run_vitals("status", "--nagios", "--url", f"http://127.0.0.1:{silence.port}")
        assert answer.returncode == 3 and answer.stdout.startswith("VITALS UNKNOWN - no daemon at")
    finally:
        silence.close()


def test_status_of_some_and_as_json(vitals):
    daemon = vitals(PUSHED)
    daemon.control("PUT", "/v1/components/backup", {"status": "failed", "detail": "disk full"})
    daemon.control("PUT", "/v1/components/import", {"status": "ok"})
    assert run_vitals("status", "-c", daemon.file).returncode == 1, "backup is not critical"
    assert run_vitals("status", "-c", daemon.file, "backup").returncode == 2, "but it was asked for"
    assert run_vitals("status", "-c", daemon.file, "b*").returncode == 1
    whole = json.loads(run_vitals("status", "-c", daemon.file, "--format", "json").stdout)
    assert {each["name"] for each in whole["components"]} >= {"backup", "import", "vitals/engine"}
    one = json.loads(run_vitals("status", "-c", daemon.file, "--format", "json", "backup").stdout)
    assert [each["name"] for each in one["components"]] == ["backup"] and one["status"] == "failed"


def test_the_public_answer_tells_unknown_from_failed(vitals):
    daemon = vitals(PUSHED)
    answer = run_vitals("status", "--url", f"127.0.0.1:{daemon.port}")
    assert answer.returncode == 3
    assert "? unknown   import" in answer.stdout and "the public answer" in answer.stdout


def test_watching(vitals):
    daemon = vitals(PUSHED)
    process = subprocess.Popen([BINARY, "status", "--watch", "--every", "100ms", "-c", daemon.file],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        seen = []

        def sees(text):
            while True:
                line = process.stdout.readline()
                seen.append(line)
                assert line, "".join(seen)
                if text in line:
                    return True

        assert sees("not run yet")
        daemon.control("PUT", "/v1/components/import", {"status": "degraded", "detail": "slowly"})
        assert sees("slowly")
        daemon.stop()
        assert sees("no daemon at"), "it continues to look"
        daemon.start()
        assert sees("not run yet")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_checked_components_cannot_be_pushed(vitals):
    daemon = vitals({"components": {"disk": {"check": "disk"}}})
    answer = run_vitals("heartbeat", "disk", "-c", daemon.file)
    assert answer.returncode == 77 and "cannot be pushed" in answer.stderr
    assert run_vitals("heartbeat", "a/b/c", "-c", daemon.file).returncode == 64


def test_out_of_service_and_back(vitals):
    daemon = vitals({**PUSHED, "tokens": {
        "operator": {"secret": "let-me-control", "allow": ["control"]}}})
    tcp = ("--url", f"http://127.0.0.1:{daemon.port}")
    answer = run_vitals("decommission", "until noon", *tcp)
    assert answer.returncode == 77 and "show one with --token-file" in answer.stderr
    assert '- {address: "unix:/run/vitals/control.sock", control: true}' in answer.stderr
    token = {"VITALS_TOKEN": "let-me-control"}
    for where, environment in ((("-c", daemon.file), {}), (tcp, token)):
        answer = run_vitals("decommission", "until noon", *where, environment=environment)
        assert answer.returncode == 0 and "out of service: until noon" in answer.stdout
        assert eventually(lambda: daemon.get("/probe_status").status == 503)
        assert daemon.get("/probe_status").text == "until noon"
        assert "decommissioned: until noon" in run_vitals("status", "-c", daemon.file).stdout
        assert run_vitals("recommission", *where, environment=environment).returncode == 0
        assert eventually(lambda: daemon.get("/probe_status").status == 200)
    assert run_vitals("decommission", "OK", "-c", daemon.file).returncode == 64


def test_completion_knows_the_components(tmp_path):
    (tmp_path / "vitals.yaml").write_text(
        "components: {disk: {check: disk}, 'media storage': {check: disk}}\n")
    script = run_vitals("completion", "bash").stdout
    done = subprocess.run(
        ["bash", "-c", script + "\ncompopt() { :; }\nCOMP_WORDS=(vitals check ''); COMP_CWORD=2; "
         "_vitals; printf '%s\\n' \"${COMPREPLY[@]}\""],
        cwd=tmp_path, env={"PATH": f"{BINARY.parent}:/usr/bin:/bin"}, text=True, capture_output=True)
    assert done.stdout.splitlines() == ["disk", "media\\ storage"], done.stderr
    os.unlink(tmp_path / "vitals.yaml")
    assert run_vitals("completion", "names", cwd=tmp_path).returncode == 0
