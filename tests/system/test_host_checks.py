"""Checks of the machine itself, by the real binary: memory in a control group, and plugins that
leave processes behind."""
import json
import os
import pathlib
import subprocess
import time

import pytest

import daemon as daemons
from daemon import eventually

MIB = 1 << 20


@pytest.fixture
def group():
    """group(MiB): a control group with that limit, of version 1 or 2; skipped where none can be made."""
    root = pathlib.Path("/sys/fs/cgroup")
    second = (root / "cgroup.controllers").exists()
    made = (root if second else root / "memory") / f"vitals-test-{os.getpid()}"

    def create(limit):
        try:
            made.mkdir()
            (made / ("memory.max" if second else "memory.limit_in_bytes")).write_text(str(limit * MIB))
        except OSError as error:
            pytest.skip(f"needs the right to make a control group of memory: {error}")
        return made
    yield create
    if made.exists():
        eventually(lambda: not (made / "cgroup.procs").read_text(), timeout=5)
        made.rmdir()


def test_a_control_group_full_of_page_cache_is_not_full(group, tmp_path):
    place = group(128)
    file = tmp_path / "often-read"
    # Processes of the group write and read it, so that the pages count as the group's.
    script = (f"echo $$ > {place}/cgroup.procs && dd if=/dev/zero of={file} bs=1M count=116 conv=fsync "
              f"2>/dev/null && cat {file} {file} {file} > /dev/null && "
              f"exec {daemons.BINARY} check memory: --format json")
    found = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60)
    (component,) = json.loads(found.stdout)["components"]
    assert component["properties"]["cgroup_limit_bytes"] == 128 * MIB, component
    assert component["properties"]["cgroup_used_percent"] < 60, component
    usage = [place / name for name in ("memory.current", "memory.usage_in_bytes")]
    (usage,) = [int(each.read_text()) for each in usage if each.exists()]
    assert usage > 0.8 * 128 * MIB  # the kernel has cached the file


def running(marker):
    found = []
    for each in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if each.read_bytes().startswith(marker.encode()):
                found.append(int(each.parent.name))
        except OSError:
            pass
    return found


def test_processes_detached_by_a_plugin_end_with_it_at_the_deadline(vitals, tmp_path):
    marker = f"vitals-orphan-{os.getpid()}"
    plugin = tmp_path / "plugin"
    plugin.write_text(f"#!/bin/bash\n( setsid bash -c 'exec -a {marker} sleep 60' </dev/null "
                      ">/dev/null 2>&1 & )\necho started\nsleep 50\n")
    plugin.chmod(0o755)
    daemon = vitals({"components": {
        "it": {"check": "exec", "command": [str(plugin)], "interval": "300ms", "timeout": "300ms"}}})

    assert eventually(lambda: daemon.components()["it"].get("failing_runs", 0) >= 3)
    assert daemon.components()["it"]["detail"] == "command does not end (timeout in run)"
    assert len(running(marker)) <= 1  # of the present run
    daemon.close()
    assert eventually(lambda: not running(marker), timeout=2)
