"""`vitals heartbeat`: jobs judged by their end, workers that beat, names that are not configured."""
import signal
import subprocess
import time

from daemon import BINARY, SLOWER, free_port, run_vitals

PUSHED = {"components": {"import": {"check": "push", "ttl": "1h"},
                         "backup": {"check": "push", "ttl": "3s"}}}


def beat(daemon, *arguments, **how):
    return run_vitals("heartbeat", "-c", daemon.file, *arguments, **how)


def begin(daemon, *arguments):
    return subprocess.Popen([BINARY, "heartbeat", "-c", daemon.file, *arguments],
                            stderr=subprocess.PIPE, text=True)


def end(process):
    if process.poll() is None:
        process.kill()
        process.wait()
    process.stderr.close()


def test_a_job_is_judged_by_its_end(vitals, tmp_path):
    daemon = vitals(PUSHED)
    gate = tmp_path / "gate"
    wait = f"while ! test -e {gate}; do sleep 0.02; done"
    assert beat(daemon, "import", "--", "false").returncode == 1
    assert daemon.status("import") == "failed"
    since = daemon.components()["import"]["since"]
    job = begin(daemon, "import", "--every", "100ms", "--detail", "42 GB", "--", "/bin/sh", "-c", wait)
    try:
        time.sleep(0.5)
        assert daemon.status("import") == "failed", "a start is no success, and a running job neither"
        assert daemon.components()["import"]["since"] == since
        gate.touch()
        assert job.wait(10 * SLOWER) == 0
        assert daemon.status("import") == "ok" and job.stderr.read() == ""
        assert daemon.components()["import"]["detail"] == "42 GB"
    finally:
        end(job)


def test_a_job_that_hangs_is_failed_in_time(vitals):
    daemon = vitals(PUSHED)
    assert beat(daemon, "backup", "--", "true").returncode == 0
    assert daemon.status("backup") == "ok"
    job = begin(daemon, "backup", "--", "sleep", "60")
    try:
        time.sleep(1)
        assert daemon.status("backup") == "ok", "the last end counts"
        assert daemon.becomes("backup", "failed", 4), "only for its ttl"
        assert daemon.components()["backup"]["detail"] == "silent for more than 3 s"
        job.send_signal(signal.SIGTERM)
        assert job.wait(10 * SLOWER) == 143, "signals are passed on"
        assert daemon.components()["backup"]["detail"].startswith("killed by signal 15")
    finally:
        end(job)


def test_the_configured_ttl_stays(vitals):
    daemon = vitals({"components": {"nightly": {"check": "push", "ttl": "1h"}}})
    beats = begin(daemon, "nightly", "--every", "50ms")
    try:
        assert daemon.becomes("nightly", "ok")
    finally:
        end(beats)
    time.sleep(0.5)
    assert daemon.status("nightly") == "ok", "an hour has more than three missed beats"
    # A given one counts until the next heartbeat.
    assert beat(daemon, "nightly", "--ttl", "200ms").returncode == 0
    assert daemon.becomes("nightly", "failed", 2)
    assert beat(daemon, "nightly", "--", "true").returncode == 0
    time.sleep(0.4)
    assert daemon.status("nightly") == "ok"


def test_an_invalid_heartbeat_is_refused(vitals):
    daemon = vitals(PUSHED)
    answer = beat(daemon, "import", "--ttl", "9s", "--every", "5s")
    assert answer.returncode == 64
    assert "--ttl 9s does not fit --every 5s" in answer.stderr and "at least 10s" in answer.stderr
    answer = beat(daemon, "once", "--create", "--", "touch", daemon.folder / "ran")
    assert answer.returncode == 64 and "--create with a command needs --ttl" in answer.stderr
    assert not (daemon.folder / "ran").exists()


def test_a_slip_of_the_pen_makes_no_component(vitals):
    daemon = vitals({**PUSHED, "workers": {"mail": {"timeout": "1m"}}})
    answer = beat(daemon, "bakcup")
    assert answer.returncode == 77
    assert "there is no component 'bakcup', did you mean 'backup'?; --create" in answer.stderr
    answer = beat(daemon, "mial/sender-1")
    assert answer.returncode == 77 and "no group of workers 'mial'" in answer.stderr
    answer = beat(daemon, "bakcup", "--retry", "1ms", "--", "sh", "-c", "exit 3")
    assert answer.returncode == 3 and len(answer.stderr.splitlines()) == 1, "the job runs all the same"
    assert set(daemon.components()) >= {"backup", "import"} and "bakcup" not in daemon.components()


def test_components_that_are_created_and_removed(vitals):
    daemon = vitals(PUSHED)
    for name in PUSHED["components"]:
        assert beat(daemon, name).returncode == 0
    answer = beat(daemon, "stranger", "--create")
    assert answer.returncode == 0 and "silent for 60 s" in answer.stderr
    assert not beat(daemon, "stranger").stderr, "known by now"
    assert not beat(daemon, "a/b", "--create", "--ttl", "300ms").stderr
    assert daemon.becomes("a/b", "failed")
    made = daemon.components()["a/b"]
    assert made["created_by_push"] is True and made["critical"] is False
    assert "created_by_push" not in daemon.components()["import"]
    assert daemon.get("/readyz").status == 200, "an unconfigured job takes nothing out of service"
    assert run_vitals("remove", "a/b", "-c", daemon.file).stdout.endswith(": removed a/b\n")
    assert "a/b" not in daemon.components()
    answer = run_vitals("remove", "improt", "-c", daemon.file)
    assert answer.returncode == 77 and "did you mean 'import'?" in answer.stderr
    answer = run_vitals("remove", "import", "-c", daemon.file)
    assert answer.returncode == 77 and "stands in the configuration" in answer.stderr


def test_a_worker_of_a_group_is_heard_and_takes_its_leave(vitals):
    daemon = vitals({"workers": {"mail": {"timeout": "1500ms", "expect": {"sender": ">=1"}}}})
    assert daemon.becomes("workers/mail", "failed", 5), "nobody was heard in time"
    process = begin(daemon, "mail/sender-1", "--every", "200ms", "--", "/bin/sleep", "2.5")
    try:
        assert daemon.becomes("workers/mail", "ok", 5)
        time.sleep(1.8)
        assert daemon.status("workers/mail") == "ok", "it beats while its command runs"
        assert "mail/sender-1" not in daemon.components(), "a worker is no component"
        assert process.wait(20 * SLOWER) == 0 and process.stderr.read() == ""
        assert daemon.status("workers/mail") == "failed", "at once, not after the group's timeout"
    finally:
        end(process)
    assert beat(daemon, "mail/sender-2").returncode == 0
    assert daemon.status("workers/mail") == "ok"


def test_a_heart_that_stops_is_noticed(vitals):
    daemon = vitals(PUSHED)
    process = begin(daemon, "import", "--every", "100ms", "--ttl", "300ms")
    try:
        assert daemon.becomes("import", "ok")
        process.kill()
        process.wait()
        assert daemon.becomes("import", "failed", 3)
        assert "silent" in daemon.components()["import"]["detail"]
    finally:
        end(process)


def test_a_daemon_that_is_away_stops_no_command():
    for name in ("job", "mail/sender"):
        start = time.monotonic()
        answer = run_vitals("heartbeat", name, "--every", "50ms", "--retry", "1s", "--url",
                            f"http://127.0.0.1:{free_port()}", "--", "/bin/sh", "-c",
                            "cat; sleep 0.3; exit 5", input="")
        assert answer.returncode == 5
        assert time.monotonic() - start < 4 * SLOWER
        assert len(answer.stderr.splitlines()) == 1, answer.stderr
        assert "no daemon at" in answer.stderr
    assert run_vitals("heartbeat", "x", "--retry", "1ms", "--url", "http://127.0.0.1:1", "--",
                      "/nonexistent").returncode == 127


def test_the_end_is_told_to_a_daemon_that_comes_back(vitals):
    daemon = vitals(PUSHED)
    daemon.stop()
    job = begin(daemon, "import", "--", "/bin/sh", "-c", "exit 4")
    try:
        time.sleep(0.5)
        daemon.start()
        assert job.wait(15 * SLOWER) == 4 and job.stderr.read() == ""
        assert daemon.components()["import"]["detail"] == "exited with 4"
    finally:
        end(job)


def test_a_signal_ends_the_telling(vitals):
    daemon = vitals(PUSHED)
    daemon.stop()
    job = begin(daemon, "import", "--retry", "1h", "--", "true")
    try:
        time.sleep(0.5)
        assert job.poll() is None
        job.send_signal(signal.SIGTERM)
        assert job.wait(5 * SLOWER) == 0, "the command's own code"
        assert "no daemon at" in job.stderr.read()
    finally:
        end(job)
