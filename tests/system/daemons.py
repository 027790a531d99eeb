"""Real daemons of a host, for the tests of ssh, ntp, imap and pop3: unprivileged where possible, on
free ports of 127.0.0.1, with temporary data."""
import grp
import os
import pwd
import shutil
import socket
import struct
import subprocess
import threading
import time

from brokers import Server, answers, unprivileged
from daemon import free_port

PASSWORD = "s3cret"


class Sshd(Server):
    """Keys: ed25519 and rsa, unless told otherwise."""

    def __init__(self, *settings, keys=("ed25519", "rsa")):
        super().__init__("sshd")
        self.port = free_port()
        self.fingerprints = {}
        for kind in keys:
            file = self.folder / f"key_{kind}"
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", file], check=True)
            self.own(file)
            listed = subprocess.run(["ssh-keygen", "-lf", file], check=True, capture_output=True,
                                    text=True).stdout
            self.fingerprints[kind] = listed.split()[1]
        lines = [f"HostKey {self.folder}/key_{kind}" for kind in keys]
        self.write("config", "\n".join([
            f"Port {self.port}", "ListenAddress 127.0.0.1", "UsePAM no", "PidFile none", *lines,
            *settings, ""]))
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.spawn("/usr/sbin/sshd", "-D", "-e", "-f", self.folder / "config")

    def ready(self):
        return self.wait(lambda: answers(self.port, b"", b"SSH-2.0"))


class Chrony(Server):
    """A time server that says it is synchronised, or that says it is not."""

    def __init__(self, synchronised=True):
        super().__init__("chrony")
        self.port = free_port()
        local = "local stratum 3\n" if synchronised else ""
        self.write("chrony.conf", f"port {self.port}\n{local}allow 127.0.0.1\nbindaddress 127.0.0.1\n"
                   f"cmdport 0\nbindcmdaddress /\npidfile {self.folder}/pid\n")
        # -x: it sets no clock, so it needs no right to do that.
        self.spawn("/usr/sbin/chronyd", "-U", "-x", "-d", "-u", "nobody", "-f",
                   self.folder / "chrony.conf")

    def ready(self):
        def asks():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.settimeout(0.3)
                asking.sendto(b"\x23" + bytes(47), ("127.0.0.1", self.port))
                return len(asking.recv(100)) == 48
        return self.wait(asks)


class TimeStandIn:
    """A stand-in for a time server: it sends what the test chooses. `kiss` is a code such as RATE,
    which no real server of Debian sends on loopback; `ahead` is in seconds."""

    def __init__(self, kiss=None, ahead=0.0, stratum=2, leap=0):
        self.kiss, self.ahead, self.stratum, self.leap = kiss, ahead, stratum, leap
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port()
        self.socket.bind(("127.0.0.1", self.port))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                question, client = self.socket.recvfrom(200)
            except OSError:
                return
            if len(question) < 48:
                return
            self.asked += 1
            now = time.time() + self.ahead + 2_208_988_800
            stamp = struct.pack("!II", int(now), int((now % 1) * 2**32))
            stratum = 0 if self.kiss else self.stratum
            head = struct.pack("!BBBb", self.leap << 6 | 4 << 3 | 4, stratum, 6, -20)
            reference = self.kiss.encode() if self.kiss else b"\x7f\x7f\x01\x01"
            self.socket.sendto(head + struct.pack("!II", 0, 0) + reference + stamp + question[40:48] +
                               stamp + stamp, client)

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"end", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()


class Dovecot(Server):
    """IMAP and POP3, plain with STARTTLS and with TLS from the start. One user, app, whose mailbox
    holds one message. `certificates` has good.crt and good.key."""

    def __init__(self, certificates):
        super().__init__("dovecot")
        self.imap, self.imaps, self.pop3, self.pop3s = (free_port() for _ in range(4))
        for name in ("run", "state", "mail"):
            self.make(name)
        for name in ("good.crt", "good.key"):
            shutil.copy(certificates / name, self.folder / name)
            self.own(self.folder / name)
        self.write("users", f"app:{{PLAIN}}{PASSWORD}\n")
        who = unprivileged() or {"user": os.geteuid(), "group": os.getegid()}
        user, group = pwd.getpwuid(who["user"]).pw_name, grp.getgrgid(who["group"]).gr_name
        self.write("dovecot.conf", f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.log}
protocols = imap pop3
listen = 127.0.0.1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = mbox:{self.folder}/mail:INBOX={self.folder}/mailbox
disable_plaintext_auth = yes
auth_failure_delay = 0
ssl = yes
ssl_cert = <{self.folder}/good.crt
ssl_key = <{self.folder}/good.key
first_valid_uid = 0
first_valid_gid = 0
passdb {{
  driver = passwd-file
  args = {self.folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={self.folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.imap}
  }}
  inet_listener imaps {{
    port = {self.imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {self.pop3}
  }}
  inet_listener pop3s {{
    port = {self.pop3s}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  # Nobody waits because somebody else was refused.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
""")
        self.write("mailbox", "From a@example.org Mon Nov 30 12:00:00 2026\nSubject: one\n\nmessage\n")
        self.folder.chmod(0o755)
        self.spawn("/usr/sbin/dovecot", "-F", "-c", self.folder / "dovecot.conf")

    def ready(self):
        self.wait(lambda: answers(self.imap, b"", b"* OK"))
        return self.wait(lambda: answers(self.pop3, b"", b"+OK"))
