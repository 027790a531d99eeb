"""SIGTERM: not ready first, still serving for a while, then gone, in time and with exit code 0."""
import contextlib
import pathlib
import signal
import socket
import time

from daemon import SLOWER, eventually

COMPONENT = {"components": {"memory": {"check": "memory", "degraded_above": "99%",
                                       "failed_above": "99.9%"}}}


def stopping(vitals, delay, timeout, more=None):
    daemon = vitals({**COMPONENT, "drain": {"delay": delay, "timeout": timeout}, **(more or {})})
    assert eventually(lambda: daemon.get("/readyz").status == 200)
    return daemon


def test_readiness_fails_first_then_the_listener_closes(vitals):
    daemon = stopping(vitals, "1500ms", "10s")
    kept = daemon.connection()
    kept.request("GET", "/livez")
    assert kept.getresponse().read() == b"ok"
    start = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    assert eventually(lambda: daemon.get("/readyz").status == 500, 1), "not ready at once"
    assert "[-]shutdown failed" in daemon.get("/readyz").text
    assert daemon.get("/probe_status").status == 503
    assert daemon.get("/livez").status == 200, "still served, on new connections"
    kept.request("GET", "/svc_status.json")
    answer = kept.getresponse()
    assert answer.status == 200 and "memory" in answer.read().decode()
    assert time.monotonic() - start < 1.5 * SLOWER, "this test was too slow to tell"
    assert daemon.process.wait(10 * SLOWER) == 0
    taken = time.monotonic() - start
    assert 1.4 < taken < 4 * SLOWER, f"gone after {taken:.1f} s, with an idle connection open"


def test_slow_clients_do_not_hold_it_beyond_the_timeout(vitals):
    daemon = stopping(vitals, "0ms", "2s")
    with socket.create_connection(("127.0.0.1", daemon.port)) as slow:
        slow.sendall(b"GET /livez HTTP/1.1\r\nHost: half")
        time.sleep(0.1)
        start = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - start < 3.5 * SLOWER


def test_hung_checks_do_not_hold_it(vitals, silence):
    components = {f"hung/{number}": {"check": "tcp", "url": f"tcp://127.0.0.1:{silence.port}",
                                     "expect": "/./", "timeout": "1m"} for number in range(50)}
    components["exec"] = {"check": "exec", "command": ["/bin/sleep", "1000"], "timeout": "1m"}
    daemon = vitals({"components": components})
    assert eventually(lambda: silence.accepted == 50)
    start = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - start < 3 * SLOWER


def test_a_second_signal_ends_it_at_once(vitals):
    daemon = stopping(vitals, "30s", "60s")
    daemon.process.send_signal(signal.SIGTERM)
    assert eventually(lambda: daemon.get("/readyz").status == 500)
    start = time.monotonic()
    daemon.process.send_signal(signal.SIGINT)
    assert daemon.process.wait(5 * SLOWER) == 0
    assert time.monotonic() - start < 3 * SLOWER


def test_drain_is_forgotten_by_the_next_start(vitals):
    daemon = stopping(vitals, "0ms", "5s")
    assert daemon.stop() == 0
    daemon.start()
    assert eventually(lambda: daemon.get("/readyz").status == 200)
    assert daemon.get("/probe_status").status == 200


def processes_with(marker):
    """The daemons that have it in their environment."""
    found = []
    for environment in pathlib.Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if marker.encode() in environment.read_bytes():
                found.append(environment.parent.name)
    return found


def test_no_check_leaves_a_process_behind(vitals, tmp_path):
    script = tmp_path / "stubborn"
    script.write_text("#!/bin/sh\ntrap '' TERM\nsleep 1000 &\nsleep 1000\n")
    script.chmod(0o755)
    marker = f"vitals-test-{time.monotonic_ns()}"
    daemon = vitals({"components": {"stubborn": {
        "check": "exec", "command": [str(script)], "environment": {"MARKER": marker},
        "interval": "300ms", "timeout": "200ms"}}})
    assert eventually(lambda: daemon.components()["stubborn"].get("error_class") == "timeout")
    time.sleep(1.0)
    assert len(processes_with(marker)) <= 3, "runs past their deadline pile up"
    assert daemon.stop() == 0
    assert eventually(lambda: not processes_with(marker), 3), processes_with(marker)


def test_systemd_is_told(vitals):
    daemon = vitals(serving=False)
    path = str(daemon.folder / "notify")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    manager.settimeout(15)
    daemon.environment = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"}
    daemon.configure(COMPONENT)
    daemon.start()
    assert manager.recv(4096).startswith(b"READY=1")
    start = time.monotonic()
    pings = 0
    while time.monotonic() - start < 1.0:
        pings += manager.recv(4096) == b"WATCHDOG=1"
    assert pings >= 3 / SLOWER, "twice per WATCHDOG_USEC"
    daemon.process.send_signal(signal.SIGHUP)
    seen = b""
    while b"READY=1" not in seen:
        seen += manager.recv(4096) + b"\n"
    assert b"RELOADING=1\nMONOTONIC_USEC=" in seen
    daemon.process.send_signal(signal.SIGTERM)
    while not manager.recv(4096).startswith(b"STOPPING=1"):
        pass
    assert daemon.stop() == 0
    manager.close()
