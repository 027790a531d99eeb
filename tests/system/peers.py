"""Peers that misbehave on command, and disks that are too small."""
import contextlib
import ctypes
import ctypes.util
import os
import pathlib
import resource
import selectors
import socket
import subprocess
import tempfile
import threading

from daemon import free_port


class Silence:
    """Accepts thousands of connections and sends nothing."""

    def __init__(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.port = free_port()
        self.accepted = 0
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=4096)
        self.listener.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.wake, waker = os.pipe()
        self.waker = waker
        self.selector.register(self.wake, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj == self.wake:
                    return
                if key.fileobj is self.listener:
                    with contextlib.suppress(BlockingIOError):
                        while True:
                            connection, _ = self.listener.accept()
                            connection.setblocking(False)
                            self.selector.register(connection, selectors.EVENT_READ)
                            self.accepted += 1
                    continue
                gone = True
                with contextlib.suppress(OSError):
                    gone = not key.fileobj.recv(65536)
                if gone:
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()

    def close(self):
        os.write(self.waker, b"x")
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            if hasattr(key.fileobj, "close"):
                key.fileobj.close()
        self.selector.close()
        os.close(self.wake)
        os.close(self.waker)


class WebServer:
    """Answers every request with the same bytes, and counts."""

    def __init__(self, answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"):
        self.answer = answer
        self.port = free_port()
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.closed = False
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            with connection, contextlib.suppress(OSError):
                if self.closed:
                    return
                connection.settimeout(2)
                head = b""
                while b"\r\n\r\n" not in head and (piece := connection.recv(65536)):
                    head += piece
                self.requests.append(head)
                connection.sendall(self.answer)

    def close(self):
        self.closed = True
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self.thread.join()
        self.listener.close()


class CannotMount(Exception):
    pass


class SmallDisk:
    """A file system in memory, mounted on its own folder."""

    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)

    def __init__(self, size="2m"):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="vitals-disk-"))
        done = self.libc.mount(b"tmpfs", bytes(self.path), b"tmpfs", 0, f"size={size}".encode())
        if done != 0:
            self.path.rmdir()
            raise CannotMount(os.strerror(ctypes.get_errno()))

    def fill(self):
        with contextlib.suppress(OSError), open(self.path / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)

    def free(self):
        (self.path / "filler").unlink()

    def close(self):
        self.libc.umount2(bytes(self.path), 2)
        self.path.rmdir()


def make_certificate(folder, name, *, ca=None, subject="localhost", days=2, extra=()):
    """name.crt and name.key in the folder, signed by `ca` (a name there) or by itself."""
    folder = pathlib.Path(folder)
    alternative = f"subjectAltName=DNS:{subject},IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt", "-days",
               str(days), "-subj", f"/CN={subject}", "-addext", alternative, *extra]
    if ca is not None:
        command += ["-CA", folder / f"{ca}.crt", "-CAkey", folder / f"{ca}.key"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / f"{name}.crt", folder / f"{name}.key"
