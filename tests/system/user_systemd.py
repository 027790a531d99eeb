"""A real systemd for tests: a user manager in its own mount namespace, in which the machine looks
as if systemd had booted it. Only root can start one."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from daemon import eventually

SYSTEMD = pathlib.Path("/lib/systemd/systemd")
SCRIPT = """
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system &&
exec env -i PATH=/usr/bin:/bin LANG=C.UTF-8 XDG_RUNTIME_DIR="$1" HOME="$2" /lib/systemd/systemd --user
"""


class UserSystemd:
    """`units` maps the names of unit files to their texts."""

    def __init__(self, units):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vitals-systemd-"))
        self.runtime, home = self.folder / "run", self.folder / "home"
        self.runtime.mkdir(mode=0o700)
        self.files = home / ".config/systemd/user"
        self.files.mkdir(parents=True)
        for name, text in units.items():
            (self.files / name).write_text(text)
        self.process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", SCRIPT, "sh", self.runtime, home],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = self.runtime / "systemd/private"
        assert eventually(lambda: self.socket.exists() and
                          self.ctl("show", "basic.target", "-P", "ActiveState").stdout == "active\n", 60)

    def ctl(self, *words):
        return subprocess.run(["systemctl", "--user", *words], capture_output=True, text=True, timeout=30,
                              env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(self.runtime)})

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()    # ends its units, too
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def available():
    return os.geteuid() == 0 and SYSTEMD.exists() and shutil.which("systemctl") is not None
