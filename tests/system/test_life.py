"""The daemon's life when its log, disks or threads hang or run out."""
import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import time

import pytest

from daemon import BINARY, SLOWER, eventually, run_vitals

PUSHED = {"components": {"p": {"check": "push", "ttl": "1h"}}}
ROOT = os.geteuid() == 0


def ends_within(process, seconds):
    start = time.monotonic()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds * SLOWER)
    taken = time.monotonic() - start
    assert process.poll() is not None, f"still there after {taken:.1f} s"
    return process.returncode


# ---- the log -----------------------------------------------------------------------------------

def with_an_unread_log(daemon):
    """Its standard error is a pipe of 4 KiB; the end that reads."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    daemon.process = subprocess.Popen([BINARY, "serve", "-c", daemon.file], stderr=writer,
                                      cwd=daemon.folder)
    os.close(writer)
    daemon.wait_until_serving()
    return reader


def test_a_log_that_nobody_reads_stops_nothing(vitals):
    daemon = vitals(PUSHED, serving=False)
    reader = with_an_unread_log(daemon)
    for number in range(1500):
        status = ("ok", "failed")[number % 2]
        body = {"status": status, "detail": "d" * 900}
        assert daemon.control("PUT", "/v1/components/p", body).status == 204
    assert daemon.get("/livez").status == 200
    assert eventually(lambda: daemon.get("/readyz").status == 500)
    received = b""
    while b"dropped" not in received:
        received += os.read(reader, 65536)
    daemon.control("PUT", "/v1/components/p", {"status": "ok"})
    assert b" lines of the log were dropped: standard error was not read" in received
    daemon.process.send_signal(signal.SIGTERM)
    assert ends_within(daemon.process, 8) == 0
    os.close(reader)


def test_a_log_that_nobody_reads_does_not_hold_the_end(vitals):
    daemon = vitals(PUSHED, serving=False)
    reader = with_an_unread_log(daemon)
    for number in range(60):
        status = ("ok", "failed")[number % 2]
        daemon.control("PUT", "/v1/components/p", {"status": status, "detail": "d" * 300})
    daemon.process.send_signal(signal.SIGTERM)
    assert ends_within(daemon.process, 5) == 0
    os.close(reader)


@pytest.mark.parametrize("arguments", [["kinds"], ["--help"], ["--version"]])
def test_output_that_cannot_be_written_is_told(arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (
        74, "vitals: standard output cannot be written: No space left on device\n")


# ---- signals -----------------------------------------------------------------------------------

def test_a_second_signal_does_not_wait_for_an_answer_under_way(vitals):
    daemon = vitals({**PUSHED, "drain": {"delay": "100ms", "timeout": "30s"}})
    with socket.create_connection(("127.0.0.1", daemon.port)) as client:
        client.sendall(b"PUT /v1/components/p HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.2)
        daemon.process.send_signal(signal.SIGTERM)
        time.sleep(0.6)
        assert daemon.process.poll() is None
        daemon.process.send_signal(signal.SIGTERM)
        assert ends_within(daemon.process, 2) == 0


def test_a_reload_that_is_asked_for_during_another_is_not_lost(vitals):
    many = {f"c{number}": {"check": "push", "ttl": "1h"} for number in range(1500)}
    daemon = vitals({"components": many})
    for number in range(5):
        daemon.configure({"components": {**many, "old": {"check": "push"}}})
        daemon.process.send_signal(signal.SIGHUP)
        time.sleep(0.01)
        daemon.configure({"components": {**many, f"new{number}": {"check": "push"}}})
        daemon.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: f"new{number}" in daemon.components(), 5)  # noqa: B023


@pytest.mark.skipif(not ROOT, reason="needs another user")
def test_without_a_thread_to_be_had_it_goes_on_and_ends(vitals, tmp_path_factory):
    daemon = vitals(PUSHED, serving=False, wrapper=[
        "setpriv", "--reuid", "65531", "--regid", "65531", "--clear-groups", "prlimit", "--nproc=4"])
    daemon.folder.chmod(0o777)
    daemon.start()
    assert daemon.control("POST", "/v1/reload").status == 422
    assert daemon.logs("no thread can be started")
    daemon.process.send_signal(signal.SIGHUP)
    assert daemon.control("PUT", "/v1/components/p", {"status": "ok"}).status == 204
    assert daemon.stop() == 0


# ---- disks that hang ---------------------------------------------------------------------------

CHECKS = {
    "disk": lambda mount: {"check": "disk", "path": mount.path},
    "file": lambda mount: {"check": "file", "path": mount.file},
    "sqlite": lambda mount: {"check": "sqlite", "path": mount.file},
    "lsyncd": lambda mount: {"check": "lsyncd", "pid_file": mount.file, "status_file": mount.file},
}


@pytest.mark.parametrize("kind", CHECKS)
def test_a_check_of_a_dead_mount_holds_neither_process_nor_output(tmp_path, dead_mount, kind):
    file = tmp_path / "vitals.yaml"
    file.write_text(json.dumps({"components": {"it": {**CHECKS[kind](dead_mount), "timeout": "1s"}}}))
    dead_mount.hanging.set()
    process = subprocess.Popen([BINARY, "check", "-c", file, "--format", "nagios"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, _ = process.communicate(timeout=5 * SLOWER)
    assert "(timeout in " in out.splitlines()[0]
    assert process.returncode == 2


def test_a_daemon_ends_although_a_mount_and_its_secrets_are_dead(vitals, dead_mount):
    configuration = {"tokens": {"t": {"secret": {"file": dead_mount.file}, "allow": "read"}},
                     "components": {"disk": CHECKS["disk"](dead_mount), **PUSHED["components"]}}
    daemon = vitals(configuration)
    assert daemon.becomes("disk", "ok")
    dead_mount.hanging.set()
    assert daemon.becomes("disk", "failed")
    assert daemon.logs("cannot be read: its disk does not answer", 12)
    assert daemon.get("/livez").status == 200
    daemon.process.send_signal(signal.SIGHUP)    # it hangs, and holds nothing
    time.sleep(0.2)
    daemon.process.send_signal(signal.SIGTERM)
    assert ends_within(daemon.process, 4) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", daemon.port))


# ---- the state directory -----------------------------------------------------------------------

def test_the_second_daemon_of_a_state_directory_refuses(vitals):
    first = vitals(PUSHED)
    second = vitals(PUSHED, serving=False)
    second.state = first.state
    second.configure(PUSHED)
    second.start(wait=False)
    assert ends_within(second.process, 6) == 75
    assert (f"the state directory {first.state} is used by another vitals, process "
            f"{first.process.pid}; stop that one, or give this one a state_dir of its own"
            ) in second.log()
    first.kill()
    second.start()
    assert second.get("/livez").status == 200


def decommission_file(daemon):
    return daemon.state / "decommission"


def test_a_decommission_survives_the_loss_of_the_database(vitals):
    daemon = vitals(PUSHED)
    assert daemon.control("PUT", "/v1/drain", {"text": "kernel"}).json["durable"] is True
    daemon.kill()
    for file in daemon.state.glob("vitals.db*"):
        file.write_bytes(b"")
    daemon.start()
    assert (daemon.get("/probe_status").status, daemon.get("/probe_status").text) == (503, "kernel")


def test_a_damaged_decommission_means_out_of_service(vitals):
    daemon = vitals(PUSHED)
    daemon.control("PUT", "/v1/components/p", {"status": "ok"})
    assert eventually(lambda: daemon.get("/probe_status").status == 200)
    daemon.kill()
    decommission_file(daemon).write_bytes(b"\0" * 40)
    for _ in range(2):
        daemon.start()
        answer = daemon.get("/probe_status")
        assert (answer.status, answer.text) == (
            503, "it is not known whether this node is in service (the log says why); "
                 "'vitals recommission' puts it back")
        assert daemon.logs(f"{decommission_file(daemon)} is damaged")
        daemon.kill()
    daemon.start()
    assert run_vitals("recommission", "--url", f"unix:{daemon.socket}").returncode == 0
    assert eventually(lambda: daemon.control("GET", "/v1/drain").json["active"] is False)
    daemon.kill()
    daemon.start()
    assert daemon.control("GET", "/v1/drain").json["active"] is False


@pytest.fixture
def frozen_disk(tmp_path):
    image, mount = tmp_path / "image", tmp_path / "mount"
    mount.mkdir()
    prepare = f"truncate -s 32M {image} && mkfs.ext4 -q {image} && mount -o loop {image} {mount}"
    if not ROOT or subprocess.run(prepare, shell=True, capture_output=True).returncode != 0:
        pytest.skip("needs a loop device")
    yield mount
    subprocess.run(["fsfreeze", "-u", mount], capture_output=True)
    subprocess.run(["umount", "-l", mount])


def test_a_frozen_state_directory_is_told_and_answered_honestly(vitals, frozen_disk):
    daemon = vitals(PUSHED, serving=False)
    daemon.state = frozen_disk / "state"
    daemon.configure(PUSHED)
    daemon.start()
    assert daemon.becomes("vitals/store", "ok")
    subprocess.run(["fsfreeze", "-f", frozen_disk], check=True)
    answer = daemon.control("PUT", "/v1/drain", {"text": "kernel"})
    assert (answer.status, answer.json["durable"]) == (200, False)
    assert answer.seconds < 2 * SLOWER
    assert daemon.get("/probe_status").text == "kernel"
    told = run_vitals("decommission", "again", "--url", f"unix:{daemon.socket}")
    assert told.returncode == 0 and "not saved" in told.stderr
    assert daemon.becomes("vitals/store", "degraded", 21)
    assert daemon.components()["vitals/store"]["detail"] == "the disk does not answer"
    daemon.process.send_signal(signal.SIGTERM)
    assert ends_within(daemon.process, 5) == 0, "its store hangs, which changes nothing"


def test_a_state_directory_that_never_answered_means_out_of_service(vitals, dead_mount):
    daemon = vitals(PUSHED, serving=False)
    daemon.state = dead_mount.path
    daemon.configure(PUSHED)
    dead_mount.hanging.set()
    daemon.start()
    assert daemon.get("/probe_status").status == 503
    assert daemon.logs(f"the disk under {dead_mount.path} does not answer")
    daemon.process.send_signal(signal.SIGTERM)
    assert ends_within(daemon.process, 5) == 0
