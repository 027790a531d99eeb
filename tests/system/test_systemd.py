"""The kind systemd against a real systemd (a user manager, see user_systemd.py): services and
timers in every state that can be made, on the manager's own socket and on a bus."""
import json
import os
import signal
import time

import pytest

import user_systemd
from daemon import eventually, run_vitals

UNITS = {
    "good.service": "[Service]\nExecStart=/bin/sleep 1000\n",
    "bad.service": "[Service]\nType=oneshot\nExecStart=/bin/false\n",
    "job.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "job.timer": "[Timer]\nOnActiveSec=1ms\nOnUnitActiveSec=1h\nAccuracySec=1ms\n",
    "badjob.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'exit 7'\n",
    "badjob.timer": "[Timer]\nOnActiveSec=1ms\nOnUnitActiveSec=1h\nAccuracySec=1ms\n",
    "work.service": "[Service]\nType=oneshot\nExecStart=/bin/sleep 1000\n",
    "kept.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
    "loop.service": "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=100ms\n"
                    "[Unit]\nStartLimitIntervalSec=0\n",
    "killed.service": "[Service]\nExecStart=/bin/sh -c 'kill -9 $$$$'\n",
    "nobinary.service": "[Service]\nExecStart=/nowhere/at/all\n",
    "slow.service": "[Service]\nType=notify\nExecStart=/bin/sleep 1000\nTimeoutStartSec=infinity\n",
    "stopped.service": "[Service]\nExecStart=/bin/sleep 1000\n",
    "forgotten.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "with@.service": "[Service]\nExecStart=/bin/sleep 1000\n",
}
STARTED = ("good.service", "bad.service", "job.timer", "badjob.timer", "work.service", "kept.service",
           "loop.service", "killed.service", "nobinary.service", "slow.service", "with@a-1.service")


@pytest.fixture(scope="module")
def manager():
    if not user_systemd.available():
        pytest.skip("needs root and systemd, to start a manager of its own")
    made = user_systemd.UserSystemd(UNITS)
    try:
        (made.files / "hidden.service").symlink_to("/dev/null")
        made.ctl("daemon-reload")
        for unit in STARTED:
            made.ctl("start", "--no-block", unit)
        assert eventually(lambda: "failed" in made.ctl("is-failed", "killed.service").stdout and
                          "failed" in made.ctl("is-failed", "badjob.service").stdout and
                          made.ctl("show", "job.timer", "-P", "LastTriggerUSec").stdout.strip(), 20)
        yield made
    finally:
        made.close()


def check(manager, socket=None, **options):
    """What `vitals check` says of one component with these options."""
    configuration = manager.folder / "vitals.yaml"
    configuration.write_text(json.dumps({"components": {"it": {
        "check": "systemd", "socket": str(socket or manager.socket), "timeout": "5s", **options}}}))
    answer = run_vitals("check", "-c", configuration, "--format", "json")
    (component,) = json.loads(answer.stdout)["components"]
    return component["status"], component["detail"]


@pytest.mark.parametrize("unit, status, detail", [
    ("good", "ok", "running"),
    ("good.service", "ok", "running"),
    ("with@a-1.service", "ok", "running"),
    ("kept.service", "ok", "ended well"),
    ("job.service", "ok", "ended well"),
    ("bad.service", "failed", "failed: exit code 1"),
    ("killed.service", "failed", "failed: killed by signal 9"),
    ("nobinary.service", "failed", "failed: exit code 203"),
    ("stopped.service", "failed", "not running"),
    ("forgotten.service", "unknown", "systemd remembers no run of it"),
    ("none.service", "failed", "no such unit"),
    ("hidden.service", "failed", "masked"),
    ("badjob.timer", "failed", "its last run failed: exit code 7"),
    ("-.mount", "ok", "mounted"),
    ("dbus.socket", "ok", None),
    ("basic.target", "ok", "active"),
])
def test_a_unit(manager, unit, status, detail):
    found = check(manager, unit=unit)
    assert found == (status, detail if detail is not None else found[1])


def test_a_unit_that_works_or_starts(manager):
    status, detail = check(manager, unit="work.service")
    assert status == "ok" and detail.startswith("running for ")
    time.sleep(0.2)
    status, detail = check(manager, unit="slow.service", starting_above="100ms")
    assert status == "degraded" and detail.startswith("starting for ")


def test_a_service_that_dies_over_and_over(manager):
    assert eventually(lambda: int(manager.ctl("show", "loop.service", "-P", "NRestarts").stdout) > 3, 20)
    status, detail = check(manager, unit="loop.service")
    assert status in ("failed", "degraded")    # active by chance: the number of restarts tells
    assert "died, waits to be restarted" in detail or "by systemd in the last hour" in detail


def test_a_daemon_counts_restarts(manager, vitals):
    daemon = vitals({"components": {"it": {
        "check": "systemd", "unit": "loop.service", "socket": str(manager.socket), "interval": "1s"}}})
    assert eventually(lambda: daemon.components()["it"]["status"] == "failed", 20)
    daemon.close()


def test_a_timer(manager):
    status, detail = check(manager, unit="job.timer", ran_within="26h")
    assert status == "ok" and detail.startswith("ran ")
    assert check(manager, unit="job.timer", ran_within="1ms")[0] == "failed"


def test_failed_units_by_pattern(manager):
    status, detail = check(manager, units=["bad*.service", "killed*"])
    assert (status, detail) == ("failed", "3 units failed")
    assert check(manager, units=["bad*.service"], ignore=["bad*"]) == ("ok", "no unit has failed")
    assert check(manager, units=["good*"]) == ("ok", "no unit has failed")


def test_a_bus_answers_as_the_manager_does(manager):
    """$XDG_RUNTIME_DIR/bus starts a dbus-daemon, to which systemd connects."""
    bus = manager.runtime / "bus"
    assert bus.exists()
    assert eventually(lambda: check(manager, bus, unit="good") == ("ok", "running"), 10), \
        check(manager, bus, unit="good")
    assert check(manager, bus, unit="none")[1] == "no such unit"


def test_a_manager_that_hangs_is_a_timeout(manager):
    os.kill(manager.process.pid, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        status, detail = check(manager, unit="good", timeout="500ms")
        assert status == "failed" and "timeout" in detail, detail
        assert time.monotonic() - begin < 5
    finally:
        os.kill(manager.process.pid, signal.SIGCONT)
    assert eventually(lambda: check(manager, unit="good")[0] == "ok", 10)


def test_without_systemd_the_state_is_not_known():
    answer = run_vitals("check", "systemd:nginx.service?user=true", "--format", "json")
    (component,) = json.loads(answer.stdout)["components"]
    assert component["status"] == "unknown" and component["error_class"] == "local", component
