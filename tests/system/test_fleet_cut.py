"""A fleet whose network is cut: three servers and five nodes in three network namespaces around a
bridge. Needs root."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

from daemon import Daemon, UnixConnection, eventually, free_port

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces, which needs root")


def ip(*arguments, check=True):
    return subprocess.run(["ip", *map(str, arguments)], check=check, capture_output=True, text=True)


class Places:
    """Namespaces a, b and c, each with a server that clients reach at 127.0.0.1:PORT."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="places-"))
        self.port, self.route = free_port(), free_port()
        self.prefix = f"vt{os.getpid()}"
        self.bridge = self.prefix + "z"
        self.servers = []
        try:
            self.make()
        except subprocess.CalledProcessError:
            self.close()
            raise

    def make(self):
        ip("netns", "add", self.bridge)
        ip("-n", self.bridge, "link", "add", "name", "hub", "type", "bridge")
        ip("-n", self.bridge, "link", "set", "dev", "hub", "up")
        routes = ", ".join(f"nats://10.77.0.{i}:{self.route}" for i in (1, 2, 3))
        for i, place in enumerate("abc", 1):
            name = self.prefix + place
            ip("netns", "add", name)
            ip("link", "add", "name", f"v{place}", "netns", name, "type", "veth", "peer", "name", f"p{place}",
               "netns", self.bridge)
            ip("-n", name, "address", "add", f"10.77.0.{i}/24", "dev", f"v{place}")
            for device in ("lo", f"v{place}"):
                ip("-n", name, "link", "set", "dev", device, "up")
            ip("-n", self.bridge, "link", "set", "dev", f"p{place}", "master", "hub")
            ip("-n", self.bridge, "link", "set", "dev", f"p{place}", "up")
            file = self.folder / f"{place}.conf"
            file.write_text(f"""
server_name: {place}
listen: "127.0.0.1:{self.port}"
log_file: "{self.folder}/{place}.log"
ping_interval: "2s"
ping_max: 2
cluster {{ name: vt, listen: "10.77.0.{i}:{self.route}", routes: [{routes}] }}
""")
            self.servers.append(subprocess.Popen([*self.inside(place), "nats-server", "-c", file],
                                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def inside(self, place):
        return ["ip", "netns", "exec", self.prefix + place]

    def cut(self, place):
        ip("-n", self.bridge, "link", "set", "dev", f"p{place}", "nomaster")

    def heal(self, place):
        ip("-n", self.bridge, "link", "set", "dev", f"p{place}", "master", "hub")

    def close(self):
        for server in self.servers:
            server.kill()
            server.wait()
        for place in "abcz":
            ip("netns", "delete", self.prefix + place, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def places():
    try:
        made = Places()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"network namespaces cannot be made here: {error.stderr}")
    yield made
    made.close()


def start(places, place, name):
    daemon = Daemon(wrapper=places.inside(place))
    daemon.configure({
        "service": {"name": "shop"},
        "fleet": {"name": "shop", "node": name, "servers": [f"nats://127.0.0.1:{places.port}"],
                  "interval": "1s"},
        "components": {"web": {"check": "exec", "command": ["true"], "interval": "1s", "timeout": "900ms",
                               "vantage": {"count": 3}}}})
    daemon.start(wait=False)

    def serving():
        with contextlib.suppress(OSError), contextlib.closing(UnixConnection(daemon.socket, 1)) as control:
            control.connect()
            return True
        return False

    assert eventually(serving, 15), daemon.log()
    return daemon


def test_each_side_of_a_cut_judges_the_components_it_sees(places):
    nodes = {}
    try:
        for name, place in {"n1": "a", "n2": "a", "n3": "b", "n4": "c", "n5": "c"}.items():
            nodes[name] = start(places, place, name)

        def all_well():
            return all(daemon.status(name) == "ok" for daemon in nodes.values()
                       for name in ("fleet", "web", *(f"nodes/{each}" for each in nodes)))

        assert eventually(all_well, 20), nodes["n1"].components()
        places.cut("a")
        # Two of five fell silent: each of them failed. Three of five: one event.
        for name in ("n3", "n4", "n5"):
            for silent in ("n1", "n2"):
                assert nodes[name].becomes(f"nodes/{silent}", "failed", 20)
            assert nodes[name].components()["fleet"]["detail"] == (
                "3 of 5 nodes are heard; silent: n1, n2")
        for name in ("n1", "n2"):
            assert nodes[name].becomes("fleet", "failed", 20)
            known = nodes[name].components()
            assert known["fleet"]["detail"] == "3 of 5 nodes are unheard"
            assert {known[f"nodes/{each}"]["status"] for each in ("n3", "n4", "n5")} == {"unknown"}
        # Each side has a majority of three here, because both can reach the backend.
        for daemon in nodes.values():
            assert daemon.becomes("web", "ok")
        assert nodes["n1"].control("PUT", "/v1/fleet/drain", {"text": "a side"}).status == 200
        time.sleep(3)
        assert "a side" not in nodes["n4"].control("GET", "/v1/drain").text

        places.heal("a")
        assert eventually(all_well, 60), {name: daemon.control("GET", "/v1/fleet").text
                                          for name, daemon in nodes.items()}
        for daemon in nodes.values():
            assert eventually(lambda: "a side" in daemon.control("GET", "/v1/drain").text, 40)
    finally:
        for daemon in nodes.values():
            daemon.close()
