"""Mosquitto and NATS for tests, as brokers.py has its servers."""
import json
import socket

from brokers import Server, answers
from daemon import eventually, free_port
from databases import PASSWORD, run


class Mosquitto(Server):
    """Users, password PASSWORD: test may write and read below `vitals/`, mute may only read there.
    Anonymous clients may do anything."""

    def __init__(self, *settings, tls=None, anonymous=False):
        super().__init__("mosquitto")
        self.port = free_port()
        passwords = self.write("passwords", f"test:{PASSWORD}\nmute:{PASSWORD}\n")
        made = run("mosquitto_passwd", "-U", passwords)
        assert made.returncode == 0, made.stderr
        self.write("acl", "user test\ntopic readwrite vitals/#\nuser mute\ntopic read vitals/#\n")
        users = ["allow_anonymous true"] if anonymous else [
            "allow_anonymous false", f"password_file {self.folder}/passwords",
            f"acl_file {self.folder}/acl"]
        lines = [f"listener {self.port} 127.0.0.1", *users, "persistence false", "log_dest stderr",
                 "log_type all", *settings]
        if tls is not None:
            folder, name = tls
            for end in ("crt", "key"):
                self.write(f"{name}.{end}", (folder / f"{name}.{end}").read_text())
            lines += [f"certfile {self.folder}/{name}.crt", f"keyfile {self.folder}/{name}.key"]
        self.write("m.conf", "\n".join(lines) + "\n")

    def start(self):
        self.spawn("mosquitto", "-c", self.folder / "m.conf")
        return self.wait(lambda: answers(self.port))

    def restart(self):
        self.kill()
        self.processes.clear()
        return self.start()

    def fill(self):
        """Takes all connections of a server with a limit of one: Mosquitto lets one more in."""
        for name in ("first", "second"):
            self.spawn("mosquitto_sub", "-p", self.port, "-u", "test", "-P", PASSWORD, "-t",
                       "vitals/held", "-i", name)
            assert eventually(lambda: f"SUBACK to {name}" in self.log.read_text(), 30)
        return self

    def url(self, user="test", password=PASSWORD, topic="vitals", scheme="mqtt"):
        return f"{scheme}://{user}:{password}@127.0.0.1:{self.port}/{topic}"


class Nats(Server):
    """Users, password PASSWORD: test may do everything, narrow may only use `orders`. Anonymous
    clients may do anything."""

    def __init__(self, settings="", jetstream=False, tls=None, token=None, anonymous=False):
        super().__init__("nats")
        self.port = free_port()
        self.make("store")
        users = f"""users: [
            {{user: test, password: "{PASSWORD}"}},
            {{user: narrow, password: "{PASSWORD}", permissions: {{publish: orders, subscribe: orders}}}}]"""
        known = f'token: "{token}"' if token else users
        secured = ""
        if tls is not None:
            folder, name = tls
            for end in ("crt", "key"):
                self.write(f"{name}.{end}", (folder / f"{name}.{end}").read_text())
            secured = f'tls {{cert_file: "{self.folder}/{name}.crt", key_file: "{self.folder}/{name}.key"}}'
        stored = f'jetstream {{store_dir: "{self.folder}/store", max_memory_store: 10MB, max_file_store: 10MB}}'
        self.write("n.conf", f"""
listen: "127.0.0.1:{self.port}"
{"" if anonymous else f"authorization {{ {known} }}"}
{stored if jetstream else ""}
{secured}
{settings}
""")

    def start(self):
        self.spawn("nats-server", "-c", self.folder / "n.conf")
        return self.wait(lambda: answers(self.port, b"", b"INFO"))

    def restart(self):
        self.kill()
        self.processes.clear()
        return self.start()

    def url(self, user="test", password=PASSWORD, scheme="nats"):
        return f"{scheme}://{user}:{password}@127.0.0.1:{self.port}"

    def client(self):
        return NatsClient(self.port)


class NatsClient:
    """The part of a client that sets up a stream."""

    def __init__(self, port):
        assert eventually(lambda: self.log_in(port), pause=0.1)

    def log_in(self, port):
        """The connection before may still be there when a place is free."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.socket.makefile("rb")
        assert self.file.readline().startswith(b"INFO")
        self.say(f'CONNECT {{"verbose":false,"user":"test","pass":"{PASSWORD}"}}\r\nSUB reply 1\r\nPING')
        return self.file.readline() == b"PONG\r\n"

    def say(self, text):
        self.socket.sendall(text.encode() + b"\r\n")

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.file.close()
        self.socket.close()

    def request(self, subject, **content):
        payload = json.dumps(content) if content else ""
        self.say(f"PUB {subject} reply {len(payload)}\r\n{payload}")
        head = self.file.readline().split()
        assert head[0] == b"MSG", head
        answer = json.loads(self.file.read(int(head[-1])))
        self.file.readline()
        assert "error" not in answer, answer
        return answer

    def publish(self, subject, payload):
        self.say(f"PUB {subject} {len(payload)}\r\n{payload}\r\nPING")
        assert self.file.readline() == b"PONG\r\n"
