"""The kind container against a real Docker and a real Podman, in every state that can be made."""
import contextlib
import socket
import threading

import pytest

import containers
from daemon import eventually, run_vitals
from one_check import checker, expect


def engine_of(kind, name):
    if reason := containers.why_not(name):
        pytest.skip(f"{name}: {reason}")
    made = kind()
    if not made.ready() or not made.load() or not made.run("probe", "/bin/sleep", "1000"):
        log = made.log.read_text()[-2000:]
        made.close()
        pytest.skip(f"{name} does not run here: {log}")
    return made


@pytest.fixture(scope="module")
def docker():
    with contextlib.closing(engine_of(containers.Docker, "docker")) as made:
        yield made


@pytest.fixture(scope="module")
def podman():
    with contextlib.closing(engine_of(containers.Podman, "podman")) as made:
        yield made


@pytest.fixture
def check(tmp_path):
    run = checker(tmp_path)
    return lambda engine, timeout="5s", **options: run(
        "container", timeout, url=f"unix:{engine.socket}", **options)


def test_docker_running_paused_and_stopped(docker, check):
    assert docker.run("shop-1", "/bin/sleep", "1000")
    found = check(docker, name="shop-1")
    expect(found, "ok", detail="running")
    assert [phase["name"] for phase in found["phases"]] == ["connect", "inspect", "judge"]
    expect(check(docker, name="shop-1", health="required"), "failed", "assertion", "judge",
           "has no health check")
    assert docker.do("shop-1", "pause")
    assert docker.state("shop-1")["Running"] is True, "Docker also calls it running"
    expect(check(docker, name="shop-1"), "failed", "assertion", "judge", "paused")
    assert docker.do("shop-1", "unpause")
    expect(check(docker, name="shop-1"), "ok")
    assert docker.do("shop-1", "stop?t=0")
    expect(check(docker, name="shop-1"), "failed", "assertion", "judge", "exited with code 137")


def test_docker_missing_and_never_started(docker, check):
    expect(check(docker, name="nobody"), "failed", "assertion", "inspect", "no such container")
    docker.create("new", "/bin/sleep", "1000")
    expect(check(docker, name="new"), "failed", "assertion", "judge", "never started")


def test_docker_health(docker, check):
    assert docker.run("well", "/bin/sleep", "1000", health=["/bin/true"])
    assert docker.run("ill", "/bin/sleep", "1000", health=["/bin/false"])
    assert eventually(lambda: docker.state("well")["Health"]["Status"] == "healthy", 15)
    assert eventually(lambda: docker.state("ill")["Health"]["Status"] == "unhealthy", 15)
    expect(check(docker, name="well", health="required"), "ok", detail="running and healthy")
    expect(check(docker, name="ill"), "failed", "assertion", "judge", "unhealthy")
    expect(check(docker, name="ill", health="ignore"), "ok", detail="running")


def test_docker_crash_loop(docker, check):
    assert docker.run("loop", "/bin/sh", "-c", "exit 3", restart="always")
    assert eventually(lambda: docker.state("loop")["Restarting"], 15)
    assert docker.state("loop")["Running"] is True, "Docker also calls it running"
    # One look finds it while it waits, or by chance while it runs.
    for _ in range(5):
        found = check(docker, name="loop")
        assert found["status"] in ("failed", "degraded"), found


def test_docker_crash_loop_in_a_daemon(docker, vitals):
    if "loop" not in docker.names:
        assert docker.run("loop", "/bin/sh", "-c", "exit 3", restart="always")
    daemon = vitals({"components": {"it": {
        "check": "container", "url": f"unix:{docker.socket}", "name": "loop", "interval": "300ms"}}})
    assert eventually(lambda: daemon.status("it") == "failed", 20)


def test_docker_label(docker, check):
    assert docker.run("web-1", "/bin/sleep", "1000")
    assert docker.run("web-2", "/bin/sleep", "1000")
    expect(check(docker, label="app=web", count=2), "ok", detail="2 containers: running")
    expect(check(docker, label="app=web", count=3), "failed", "assertion",
           detail="2 of 3 containers there")
    assert docker.do("web-2", "stop?t=0")
    expect(check(docker, label="app=web", count=2), "failed", "assertion",
           detail="1 of 2 containers: exited with code 137")
    expect(check(docker, label="app=none"), "failed", "assertion",
           detail="0 of 1 container there")


def test_docker_by_hand(docker):
    answer = run_vitals("check", f"docker+unix:{docker.socket}?name=probe")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "running" in answer.stdout


def test_docker_is_found_by_init(docker, tmp_path):
    file = tmp_path / "vitals.yaml"
    answer = run_vitals("init", "-o", file, timeout=120)
    assert answer.returncode == 0, answer.stderr
    line, = (each for each in file.read_text().splitlines() if "containers/probe" in each)
    assert line.strip().startswith("containers/probe: {check: container, url: "), line
    assert str(docker.socket) in line


def test_podman_running_and_stopped(podman, check):
    assert podman.run("shop", "/bin/sleep", "1000")
    expect(check(podman, name="shop"), "ok", detail="running")
    expect(check(podman, name="shop", health="required"), "failed", "assertion", "judge",
           "has no health check")
    expect(check(podman, name="nobody"), "failed", "assertion", "inspect", "no such container")
    assert podman.podman("stop", "-t", "0", "shop").returncode == 0
    expect(check(podman, name="shop"), "failed", "assertion", "judge", "exited with code 137")


def test_podman_stopped_while_healthy(podman, check):
    assert podman.run("well", "/bin/sleep", "1000", health="true")
    assert podman.podman("healthcheck", "run", "well").returncode == 0
    expect(check(podman, name="well", health="required"), "ok", detail="running and healthy")
    assert podman.podman("stop", "-t", "0", "well").returncode == 0
    expect(check(podman, name="well"), "failed", "assertion", "judge", "exited with code 137")


def test_podman_unhealthy(podman, check):
    assert podman.run("ill", "/bin/sleep", "1000", health="false")
    for _ in range(3):
        podman.podman("healthcheck", "run", "ill")
    expect(check(podman, name="ill"), "failed", "assertion", "judge", "unhealthy")


# without any engine

def test_no_engine_and_no_right(tmp_path):
    check = checker(tmp_path)
    found = check("container", url=f"unix:{tmp_path}/none.sock", name="shop")
    expect(found, "unknown", "local", detail="no container engine at this socket")


@contextlib.contextmanager
def stub(path, answer):
    """Gives the same answer to every request, on a unix socket."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    with listener.accept()[0] as client:
                        client.recv(65536)
                        client.sendall(answer)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("answer, error_class", [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "protocol"),
    (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 7\r\n\r\ntoo old", "protocol"),
    (b"SSH-2.0-OpenSSH\r\n", "protocol"),
    (b"", "protocol"),
])
def test_a_socket_of_something_else(tmp_path, answer, error_class):
    path = tmp_path / "s.sock"
    with stub(path, answer):
        found = checker(tmp_path)("container", url=f"unix:{path}", name="shop")
    expect(found, "failed", error_class, "inspect")
