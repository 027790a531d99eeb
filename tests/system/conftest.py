"""Fixtures of the system tests: run them with Debian's own Python, as ./test does:

    /usr/bin/python3 -m pytest tests/system            (build/release/vitals)
    VITALS_BINARY=build/asan/vitals /usr/bin/python3 -m pytest tests/system
"""
import ctypes
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import daemon as daemons  # noqa: E402
import dead_mount as dead_mounts  # noqa: E402
import peers  # noqa: E402
import webhooks  # noqa: E402


CLONE_NEWNET = 0x40000000
# Tests that take minutes begin first, so that no worker is left alone with them at the end.
SLOW = ("test_brokers.py", "test_jobs.py", "test_matrix.py", "test_fleet.py", "test_peer.py", "test_library.py",
        "test_backends.py", "test_history.py", "test_alerts.py", "test_life.py", "test_migrations.py")


def pytest_configure(config):
    """Each worker of pytest-xdist has its own network, so workers do not take each other's ports."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        pytest.exit("no network namespace: run without -n", returncode=3)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def pytest_collection_modifyitems(items):
    order = {name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: order.get(item.path.name, len(SLOW)))


def pytest_sessionstart(session):
    if not os.access(daemons.BINARY, os.X_OK):
        pytest.exit(f"{daemons.BINARY} is not there: build it first (./test does)", returncode=3)


@pytest.fixture
def vitals():
    """vitals(configuration, ...) starts a daemon. At the end, all daemons are ended and examined."""
    started = []

    def start(configuration=None, *, serving=True, **more):
        made = daemons.Daemon(configuration, **more)
        started.append(made)
        return made.start() if serving else made

    yield start
    problems = []
    for each in started:
        try:
            each.close()
        except AssertionError as error:
            problems.append(str(error))
    assert not problems, "\n".join(problems)


@pytest.fixture
def silence():
    peer = peers.Silence()
    yield peer
    peer.close()


def mounted(request, make):
    """A user who may not mount runs the test again in a new user namespace."""
    try:
        return make()
    except peers.CannotMount as error:
        if "VITALS_TEST_IN_NAMESPACE" in os.environ:
            pytest.fail(f"cannot mount in a user namespace either: {error}")
        if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0:
            pytest.skip(f"needs a mount, but mount says {error} and `unshare -rm` does not work")
        again = subprocess.run(
            ["unshare", "-rm", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             f"{request.node.fspath}::{request.node.name}"],
            env={**os.environ, "VITALS_TEST_IN_NAMESPACE": "1"})
        assert again.returncode == 0, "failed in a user namespace, see above"
        pytest.skip("passed in a user namespace, where it may mount")


@pytest.fixture
def receiver():
    """Takes the webhooks of alerts."""
    made = webhooks.Receiver()
    yield made
    made.close()


@pytest.fixture
def small_disk(request):
    """A disk of 2 MiB."""
    disk = mounted(request, peers.SmallDisk)
    yield disk
    disk.close()


@pytest.fixture
def dead_mount(request):
    """A mount that stops answering on command."""
    if not os.access("/dev/fuse", os.W_OK):
        pytest.skip("needs /dev/fuse")
    mount = mounted(request, dead_mounts.DeadMount)
    yield mount
    mount.close()
