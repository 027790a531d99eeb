"""Jobs: `vitals heartbeat NAME -- COMMAND`, /v1/jobs, a real cron, and what remains after a restart."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from daemon import BINARY, SLOWER, eventually, run_vitals

JOBS = {"tokens": {"reader": {"secret": "may-read", "allow": ["read"]}},
        "components": {"backup": {"check": "job", "run_max": "1h"},
                       "short": {"check": "job", "run_max": "3s", "run_min": "1s"},
                       "web/import": {"check": "job"},
                       "pushed": {"check": "push", "ttl": "1h"}}}


def beat(daemon, *arguments, **how):
    return run_vitals("heartbeat", "-c", daemon.file, *arguments, **how)


def begin(daemon, *arguments, **how):
    return subprocess.Popen([BINARY, "heartbeat", "-c", daemon.file, *arguments], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)


def tell(daemon, name, what, body=None):
    return daemon.control("POST", f"/v1/jobs/{name}/{what}", body)


def detail(daemon, name):
    return daemon.components()[name].get("detail")


def private(daemon, name):
    answer = daemon.get(f"/v1/components/{name}", {"Authorization": "Bearer may-read"})
    assert answer.status == 200
    return answer.json


def test_a_wrapped_command_is_judged_by_its_end(vitals, tmp_path):
    daemon = vitals(JOBS)
    assert daemon.status("backup") == "unknown"
    done = beat(daemon, "backup", "--", "sh", "-c", "echo 42 GB; echo careful >&2; exit 3")
    assert (done.returncode, done.stdout, done.stderr) == (3, "42 GB\n", "careful\n")
    assert (daemon.status("backup"), detail(daemon, "backup")) == ("failed", "exited with 3")
    assert "GB" not in daemon.get("/health").text, "the last lines are private"
    assert sorted(private(daemon, "backup")["error"].split("\n")) == ["42 GB", "careful"]

    gate = tmp_path / "gate"
    run = begin(daemon, "backup", "--", "sh", "-c", f"while ! test -e {gate}; do sleep 0.05; done; cat",
                stdin=subprocess.PIPE)
    assert eventually(lambda: private(daemon, "backup")["properties"].get("running") == 1)
    assert daemon.status("backup") == "failed", "a start changes no status"
    gate.touch()
    out, err = run.communicate("from standard input\n", timeout=20 * SLOWER)
    assert (run.returncode, out, err) == (0, "from standard input\n", "")
    assert daemon.status("backup") == "ok"
    assert detail(daemon, "backup").startswith("took ")
    assert private(daemon, "backup")["properties"]["output"] == "from standard input"
    assert beat(daemon, "web/import", "--", "true").returncode == 0
    assert daemon.status("web/import") == "ok", "no group of workers has that name"


def test_signals_and_what_cannot_be_run(vitals):
    daemon = vitals(JOBS)
    run = begin(daemon, "backup", "--", "sleep", "60")
    assert eventually(lambda: "running" in private(daemon, "backup")["properties"])
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=20 * SLOWER)
    assert run.returncode == 143
    assert detail(daemon, "backup").startswith("killed by signal 15")
    assert beat(daemon, "backup", "--", "/nowhere/at/all").returncode == 127
    assert detail(daemon, "backup") == "could not be started"


def test_processes_left_behind_delay_nothing(vitals):
    daemon = vitals(JOBS)
    before = time.monotonic()
    done = beat(daemon, "backup", "--", "sh", "-c", "sleep 30 & echo begun")
    assert done.stdout == "begun\n" and time.monotonic() - before < 10 * SLOWER
    assert daemon.status("backup") == "ok"
    # The reader of the output leaves: the command notices it.
    run = subprocess.run(f"{BINARY} heartbeat -c {daemon.file} backup -- yes | head -1", shell=True,
                         capture_output=True, text=True, timeout=20 * SLOWER)
    assert run.stdout == "y\n"
    assert detail(daemon, "backup").startswith("killed by signal 13")


def test_much_output_passes_whole_and_its_end_is_kept(vitals):
    daemon = vitals(JOBS)
    done = beat(daemon, "backup", "--", "sh", "-c", "seq 1 200000; exit 1")
    assert done.stdout == "".join(f"{i}\n" for i in range(1, 200_001))
    error = private(daemon, "backup")["error"]
    assert error.endswith("\n199999\n200000") and len(error) <= 4096
    done = beat(daemon, "backup", "--no-output", "--", "sh", "-c", "echo secret; exit 1")
    assert done.stdout == "secret\n" and "error" not in private(daemon, "backup")


def test_a_run_that_hangs_or_does_nothing(vitals):
    daemon = vitals(JOBS)
    assert beat(daemon, "short", "--", "sleep", "1.2").returncode == 0
    assert daemon.status("short") == "ok"
    run = begin(daemon, "short", "--", "sleep", "60")
    try:
        time.sleep(1)
        assert daemon.status("short") == "ok"
        assert daemon.becomes("short", "failed", 6)
        assert detail(daemon, "short") == "has not ended within 3s"
    finally:
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=20 * SLOWER)
    assert beat(daemon, "short", "--", "true").returncode == 0
    assert daemon.status("short") == "failed" and "less than 1s" in detail(daemon, "short")


def test_starts_and_ends_from_a_script(vitals):
    daemon = vitals(JOBS)
    assert beat(daemon, "backup").returncode == 0 and daemon.status("backup") == "ok"
    assert beat(daemon, "backup", "--start", "--run", "a").returncode == 0
    assert beat(daemon, "backup", "--start", "--run", "b").returncode == 0
    assert (daemon.status("backup"), detail(daemon, "backup")) == ("degraded", "2 runs at once")
    assert beat(daemon, "backup", "--exit-code", "0", "--run", "b").returncode == 0
    assert daemon.status("backup") == "ok"
    assert beat(daemon, "backup", "--exit-code", "9", "--run", "a").returncode == 0
    assert (daemon.status("backup"), detail(daemon, "backup")) == ("failed", "exited with 9")
    for arguments, wrong in [(["pushed", "--start"], "'pushed' is no job"),
                             (["bakcup", "--start"], "is no job"),
                             (["backup", "--exit-code", "x"], "--exit-code is a number"),
                             (["backup", "--start", "--exit-code", "1"], "exclude each other"),
                             (["backup", "--start", "--", "true"], "neither with a command")]:
        answer = beat(daemon, *arguments)
        assert answer.returncode == 64 and wrong in answer.stderr, arguments
    assert beat(daemon, "pushed").returncode == 0 and daemon.status("pushed") == "ok"


def test_the_api(vitals):
    daemon = vitals(JOBS)
    assert tell(daemon, "backup", "start").status == 204
    assert tell(daemon, "backup", "log", {"output": "one"}).status == 204
    assert tell(daemon, "backup", "end", {"exit_code": 1, "took": 2.5}).status == 204
    assert daemon.status("backup") == "failed" and private(daemon, "backup")["error"] == "one"
    assert private(daemon, "backup")["properties"]["took"] == 2.5
    assert tell(daemon, "web%2Fimport", "end").status == 204 and daemon.status("web/import") == "ok"
    assert tell(daemon, "bakcup", "end").status == 404
    assert "did you mean 'backup'?" in tell(daemon, "bakcup", "end").json["detail"]
    assert tell(daemon, "pushed", "end").status == 409
    for body, wrong in [({"exit_code": 256}, "exit_code"), ({"exit_code": -1}, "exit_code"),
                        ({"run": ""}, "run"), ({"run": "x" * 129}, "run"), ({"took": -1}, "took"),
                        ({"output": "x" * 16385}, "output"), ({"code": 1}, "code"),
                        ({"how": "a\nb"}, "how")]:
        answer = tell(daemon, "backup", "end", body)
        assert answer.status == 400 and wrong in answer.json["detail"], body
    assert daemon.control("PUT", "/v1/components/backup", {"status": "ok"}).status == 409
    assert daemon.ask("POST", "/v1/jobs/backup/end").status == 401


def test_a_restart_forgets_nothing(vitals):
    daemon = vitals(JOBS)
    assert tell(daemon, "backup", "end", {"exit_code": 1, "took": 7200}).status == 204
    assert tell(daemon, "short", "end", {"took": 60}).status == 204
    assert tell(daemon, "web%2Fimport", "start", {"run": "7"}).status == 204
    since = daemon.components()["backup"]["since"]
    daemon.stop()
    daemon.start()
    assert (daemon.status("backup"), detail(daemon, "backup")) == ("failed", "exited with 1")
    assert daemon.components()["backup"]["since"] == since
    assert daemon.status("short") == "ok"
    assert tell(daemon, "web%2Fimport", "end", {"run": "7"}).status == 204
    assert detail(daemon, "web/import").startswith("took ")
    time.sleep(1)
    daemon.kill()
    daemon.start()
    assert daemon.status("web/import") == "ok", "also after a kill"


def test_a_run_that_began_before_an_absence_is_not_known_to_hang(vitals):
    daemon = vitals(JOBS)
    assert beat(daemon, "short", "--", "sleep", "1.2").returncode == 0
    assert beat(daemon, "short", "--start").returncode == 0
    daemon.stop()
    time.sleep(3)
    daemon.start()
    assert daemon.becomes("short", "unknown", 5)
    assert "not known whether it has ended" in detail(daemon, "short")


def test_a_daemon_that_is_away_or_hangs_stops_no_job(vitals, tmp_path):
    daemon = vitals(JOBS)
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        before = time.monotonic()
        done = beat(daemon, "backup", "--retry", "1ms", "--", "touch", tmp_path / "done")
        assert done.returncode == 0 and (tmp_path / "done").exists()
        assert time.monotonic() - before < 6 * SLOWER
    finally:
        daemon.process.send_signal(signal.SIGCONT)


def test_errors_of_a_job_name_its_line(vitals, tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text("components:\n"
                    "  a: {check: job, schedule: '0 25 * * *'}\n"
                    "  b: {check: job, schedule: '@daily', zone: Europe/Atlantis}\n"
                    "  c: {check: job, run_max: 1m, run_min: 2m}\n"
                    "  d: {check: job, zone: UTC}\n")
    errors = run_vitals("validate", "-c", file).stderr
    for wrong in ["2:29: ", "hour '25': expected 0 to 23", "3:45: ", "not a known time zone",
                  "run_min 2m is not less than run_max 1m", "there is no schedule"]:
        assert wrong in errors, errors


@pytest.mark.skipif(os.geteuid() != 0, reason="cron changes to the job's user, so it needs root")
@pytest.mark.skipif(not shutil.which("busybox"), reason="busybox is not installed")
def test_a_real_cron_and_one_that_is_gone(vitals, tmp_path):
    daemon = vitals({"components": {
        "tick": {"check": "job", "schedule": "* * * * *", "start_grace": "3s", "run_max": "10s"}}})
    tables = tmp_path / "crontabs"
    tables.mkdir()
    (tables / "root").write_text(f"* * * * * {BINARY} heartbeat -c {daemon.file} tick -- true\n")
    cron = subprocess.Popen(["busybox", "crond", "-f", "-c", tables], cwd=tmp_path,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert daemon.becomes("tick", "ok", 75), "nothing is missed before it was ever heard"
    finally:
        cron.kill()
        cron.wait()
    time.sleep(max(0, 61 - time.time() % 60))
    assert daemon.status("tick") == "ok", "there is some grace"
    assert daemon.becomes("tick", "failed", 6)
    assert detail(daemon, "tick").startswith("did not start; it was due ")
