"""Echo requests: between two network namespaces, with and without the right to send them."""
import contextlib
import json
import os
import shutil
import subprocess

import pytest

from daemon import BINARY, SLOWER, eventually

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip", path="/usr/sbin:/usr/bin:/sbin:/bin"),
                                reason="needs root and iproute2")
HERE, THERE, SILENT = "10.9.9.1", "10.9.9.2", "10.9.9.3"
HERE_6, THERE_6 = "fd00:9::1", "fd00:9::2"


class Network:
    """A namespace for vitals, linked with another one, which answers."""

    def __init__(self):
        self.here, self.there = (subprocess.Popen(["unshare", "-n", "sleep", "100000"]) for _ in range(2))
        # Until each is in its own namespace.
        own = os.readlink("/proc/self/ns/net")
        for each in (self.here, self.there):
            assert eventually(lambda each=each: os.readlink(f"/proc/{each.pid}/ns/net") != own)
        self.run(self.here, "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns",
                 str(self.there.pid))
        for process, name, *addresses in ((self.here, "v0", HERE, HERE_6), (self.there, "v1", THERE, THERE_6)):
            for address in addresses:
                more = ("nodad",) if ":" in address else ()
                size = 64 if ":" in address else 24
                self.run(process, "ip", "addr", "add", f"{address}/{size}", "dev", name, *more)
            self.run(process, "ip", "link", "set", name, "up")
            self.run(process, "ip", "link", "set", "lo", "up")

    @staticmethod
    def run(process, *command, check=True, **more):
        return subprocess.run(["nsenter", "-t", str(process.pid), "-n", *command], check=check,
                              capture_output=True, text=True, timeout=60 * SLOWER,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, **more)

    def let(self, groups):
        self.run(self.here, "sh", "-c", f"echo '{groups}' > /proc/sys/net/ipv4/ping_group_range")

    def check(self, host, *wrapper, count=3, seconds=2):
        answer = self.run(self.here, *wrapper, BINARY, "check", "-c", self.file(host, count, seconds),
                          "--format", "json", check=False)
        (found,) = json.loads(answer.stdout)["components"]
        return found

    def close(self):
        for each in (self.here, self.there):
            each.kill()
            each.wait()


@pytest.fixture
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ping")
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0o755)

    def file(host, count, seconds):
        path = folder / "vitals.yaml"
        path.write_text(json.dumps({"components": {"it": {
            "check": "ping", "url": f"ping://{host}", "count": count, "every": "20ms",
            "timeout": f"{seconds}s"}}}))
        return path

    try:
        made = Network()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr}")
    made.file = file
    with contextlib.closing(made):
        yield made


UNPRIVILEGED = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all")
RAW = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "-all,+net_raw",
       "--ambient-caps", "-all,+net_raw", "--bounding-set", "-all,+net_raw")


@pytest.mark.parametrize("groups,wrapper", [("0 2147483647", UNPRIVILEGED), ("1 0", RAW), ("1 0", ())])
def test_a_host_that_answers_is_ok(network, groups, wrapper):
    network.let(groups)
    for host in (THERE, f"[{THERE_6}]"):
        found = network.check(host, *wrapper)
        assert found["status"] == "ok", (host, found)
        assert found["properties"]["loss_percent"] == 0, found
    found = network.check(HERE, *wrapper)
    assert (found["status"], found["detail"]) == (
        "degraded", "is this machine itself, which proves nothing"), found
    found = network.check(SILENT, *wrapper)
    assert (found["status"], found["failed_phase"]) == ("failed", "echo"), found


def test_runs_at_the_same_time_do_not_take_each_others_answers(network):
    network.let("1 0")
    path = network.file(THERE, 20, 5)
    several = {"components": {f"it/{number}": {"check": "ping", "url": f"ping://{host}", "count": 20,
                                               "every": "10ms", "timeout": "5s"}
                              for number, host in enumerate([THERE] * 8 + [SILENT] * 2)}}
    path.write_text(json.dumps(several))
    answer = network.run(network.here, *RAW, BINARY, "check", "-c", path, "--format", "json", check=False)
    for each in json.loads(answer.stdout)["components"]:
        silent = each["name"] in ("it/8", "it/9")
        assert each["status"] == ("failed" if silent else "ok"), each
        assert silent or each["properties"]["loss_percent"] == 0, each


def test_without_the_right_it_says_what_is_missing(network):
    network.let("1 0")
    found = network.check(THERE, *UNPRIVILEGED)
    assert (found["status"], found["error_class"], found["detail"]) == (
        "unknown", "local", "not permitted to send echo requests"), found
    assert "net.ipv4.ping_group_range" in found["error"] and "CAP_NET_RAW" in found["error"], found
