"""The fault proxy, as a person uses it: every fault as a client sees it, changed while it runs, and
how it begins and ends."""
import contextlib
import json
import os
import re
import signal
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
import time
import xml.etree.ElementTree

import pytest

from daemon import BINARY, SLOWER, eventually, free_port, run_vitals, sanitizer_variables
from drills import Drill
from webhooks import Receiver

HELLO = b"hello, here is the backend, and this is what it says\n"


class Backend(socketserver.ThreadingTCPServer):
    """Greets, and repeats what it hears."""

    allow_reuse_address = True
    daemon_threads = True

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with contextlib.suppress(OSError):
                self.request.sendall(HELLO)
                while heard := self.request.recv(65536):
                    self.request.sendall(heard)

    def __init__(self):
        self.port = free_port()
        super().__init__(("127.0.0.1", self.port), self.Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, *ignored):
        pass

    def close(self):
        self.shutdown()
        self.server_close()


@pytest.fixture(scope="module")
def backend():
    made = Backend()
    yield made
    made.close()


@pytest.fixture
def drill(backend):
    made = Drill().route("it", backend.port)
    with made.start():
        yield made


def connect(drill, timeout=10):
    return socket.create_connection(("127.0.0.1", drill.port("it")), timeout=timeout)


def heard(connection, most=1 << 30):
    """(what came, how it ended)"""
    received = b""
    try:
        while len(received) < most:
            piece = connection.recv(65536)
            if not piece:
                return received, "end"
            received += piece
    except TimeoutError:
        return received, "silence"
    except ConnectionResetError:
        return received, "reset"
    return received, "more"


def silent_for(connection, seconds):
    connection.settimeout(seconds)
    try:
        return heard(connection)
    finally:
        connection.settimeout(10)


def test_passes_everything_on(drill):
    with connect(drill) as connection:
        assert heard(connection, len(HELLO))[0] == HELLO
        much = os.urandom(3_000_000)
        sender = threading.Thread(target=connection.sendall, args=(much,))
        sender.start()
        assert heard(connection, len(much))[0] == much
        sender.join()
        connection.shutdown(socket.SHUT_WR)
        assert heard(connection) == (b"", "end"), "the end of one side reaches the other"


@pytest.mark.parametrize("fault, received, ending", [
    ("truncate 5", HELLO[:5], "end"),
    ("reset", b"", "reset"),
    ("reset 5", HELLO[:5], "reset"),
    ("half-close 5", HELLO[:5], "end"),
    ("another-protocol", b"SSH-2.0-OpenSSH_9.2p1\r\n", "end"),
    ("flood 300000", b"x" * 300000, "end"),
    ("flood 20 text=$9\\r\\n", b"$9\r\n" + b"x" * 16, "end"),
    ("flood 7 after=5", HELLO[:5] + b"x" * 7, "end"),
])
def test_answers_that_end(drill, fault, received, ending):
    drill.tell(f"fault {fault}")
    with connect(drill) as connection:
        with contextlib.suppress(OSError):
            if "another" in fault:
                connection.sendall(b"hello\n")
        assert heard(connection) == (received, ending)
    assert eventually(lambda: drill.open() == 0)


@pytest.mark.parametrize("fault, received", [("hang", b""), ("hang-after 5", HELLO[:5])])
def test_silence(drill, fault, received):
    drill.tell(f"fault {fault}")
    with connect(drill) as connection:
        connection.sendall(b"is somebody there?\n")
        assert heard(connection, len(received))[0] == received
        assert silent_for(connection, 0.3) == (b"", "silence")
    assert eventually(lambda: drill.open() == 0), "a client that left is forgotten, though it hangs"


def test_garbage(drill):
    drill.tell("fault garble 5")
    with connect(drill) as connection:
        came, _ = heard(connection, len(HELLO))
        assert came[:5] == HELLO[:5] and len(came) == len(HELLO)
        assert all(a != b for a, b in zip(came[5:], HELLO[5:]))


def test_drip_and_delay(drill):
    drill.tell("fault drip 10")
    with connect(drill) as connection:
        start = time.monotonic()
        assert heard(connection, 5)[0] == HELLO[:5]
        assert 0.35 < time.monotonic() - start
    drill.tell("fault delay 300ms")
    with connect(drill) as connection:
        start = time.monotonic()
        assert heard(connection, len(HELLO))[0] == HELLO
        assert 0.25 < time.monotonic() - start


def test_half_close_still_accepts_data(drill):
    drill.tell("fault half-close 0")
    with connect(drill) as connection:
        assert heard(connection) == (b"", "end")
        for _ in range(10):
            connection.sendall(b"x" * 1000)
            time.sleep(0.01)


def test_refused_and_back_on_the_same_port(drill):
    port = drill.port("it")
    with connect(drill) as before:
        assert heard(before, len(HELLO))[0] == HELLO
        for _ in range(5):
            drill.tell("fault refuse")
            with pytest.raises(ConnectionRefusedError):
                connect(drill)
            drill.tell("fault none")
            assert drill.port("it") == port
            with connect(drill) as connection:
                assert heard(connection, len(HELLO))[0] == HELLO
        assert heard(before) == (b"", "reset"), "present clients are disconnected"


def test_connections_under_way_feel_it_and_go_on(drill):
    with connect(drill) as connection:
        assert heard(connection, len(HELLO))[0] == HELLO
        drill.tell("fault hang")
        connection.sendall(b"one\n")
        assert silent_for(connection, 0.2) == (b"", "silence")
        drill.tell("fault none")
        assert heard(connection, 4)[0] == b"one\n"
        drill.tell("fault garble")
        connection.sendall(b"two\n")
        assert heard(connection, 4)[0] == bytes(each ^ 0x55 for each in b"two\n")
        drill.tell("fault truncate 3")
        connection.sendall(b"three\n")
        assert heard(connection) == (b"thr", "end")


def test_a_backend_that_is_not_there():
    with Drill().route("it", free_port()).start() as drill:
        with contextlib.suppress(ConnectionResetError), connect(drill) as connection:
            assert heard(connection) == (b"", "reset")
        assert "1 times the backend could not be reached (Connection refused)" in drill.tell("status")


def test_unix_sockets(tmp_path, backend):
    path = f"{tmp_path}/s"
    process = subprocess.Popen(
        [BINARY, "drill", "proxy", "--listen", f"unix:{path}", "--to", f"127.0.0.1:{backend.port}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=sanitizer_variables())
    try:
        assert process.stdout.readline() == f"unix:{path} -> 127.0.0.1:{backend.port}, none, " \
                                            "0 accepted, 0 open\n"
        assert process.stdout.readline() == "ready\n"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(path)
            assert heard(connection, len(HELLO))[0] == HELLO
            process.stdin.write("fault refuse\n")
            process.stdin.flush()
            assert process.stdout.readline() == "ok\n"
            assert heard(connection)[1] in ("reset", "end")
        assert not os.path.exists(path)
    finally:
        process.stdin.close()
        assert process.wait(10) == 0
        process.stdout.close()


# ---- TLS ----------------------------------------------------------------------------------------

def verified(drill, name="localhost", starttls=False):
    """What Python's ssl finds in the certificate, with trust in the drill's authority."""
    context = ssl.create_default_context(cafile=drill.ca)
    with connect(drill) as connection:
        if starttls:
            connection.sendall(struct.pack(">II", 8, 80877104))
            assert heard(connection, 1)[0] == b"N"
            connection.sendall(struct.pack(">II", 8, 80877103))
            assert heard(connection, 1)[0] == b"S"
        try:
            with context.wrap_socket(connection, server_hostname=name) as wrapped:
                return wrapped.recv(5)
        except ssl.SSLCertVerificationError as error:
            return error.verify_message


@pytest.mark.parametrize("starttls", [False, True])
def test_certificates(backend, starttls):
    how = "tls:postgres" if starttls else "tls"
    with Drill().route("it", backend.port, how).start() as drill:
        assert verified(drill, starttls=starttls) == HELLO[:5]
        assert verified(drill, "127.0.0.1", starttls) == HELLO[:5]
        drill.tell("fault expired")
        assert verified(drill, starttls=starttls) == "certificate has expired"
        drill.tell("fault untrusted")
        assert "unable to get local issuer" in verified(drill, starttls=starttls)
        drill.tell("fault wrong-name")
        assert "Hostname mismatch" in verified(drill, starttls=starttls)
        drill.tell("fault truncate 2")
        assert verified(drill, starttls=starttls) == HELLO[:2], "other faults come behind TLS"
        drill.tell("fault none")
        assert verified(drill, starttls=starttls) == HELLO[:5]


def test_a_connection_without_tls_is_passed_on(backend):
    with Drill().route("it", backend.port, "tls:postgres").start() as drill:
        with connect(drill) as connection:
            connection.sendall(b"1234567890")
            assert heard(connection, len(HELLO) + 10)[0] == HELLO + b"1234567890"


class Mail(socketserver.ThreadingTCPServer):
    """Greets with `hello`, answers EHLO with `offer`, and repeats everything else."""

    allow_reuse_address = True
    daemon_threads = True
    offer = b"250-mail\r\n250 SIZE 1000\r\n"

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220-hello\r\n220 mail\r\n")
            for line in self.rfile:
                self.wfile.write(self.server.offer if line == b"EHLO me\r\n" else b"250 " + line)

    def __init__(self):
        self.port = free_port()
        super().__init__(("127.0.0.1", self.port), self.Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


@pytest.fixture
def mail():
    made = Mail()
    yield made
    made.close()


def reply(connection):
    """One whole reply."""
    received = b""
    while not re.search(rb"^[0-9]{3} .*\r\n\Z", received, re.MULTILINE):
        received += connection.recv(1)
    return received


@pytest.mark.parametrize("own, offered", [
    (b"250-mail\r\n250 SIZE 1000\r\n", b"250-mail\r\n250-STARTTLS\r\n250 SIZE 1000\r\n"),
    (b"250 mail\r\n", b"250-mail\r\n250 STARTTLS\r\n"),
    (b"250-mail\r\n250 STARTTLS\r\n", b"250-mail\r\n250 STARTTLS\r\n"),
])
def test_mail_is_offered_tls(mail, own, offered):
    mail.offer = own
    with Drill().route("it", mail.port, "tls:smtp").start() as drill:
        context = ssl.create_default_context(cafile=drill.ca)
        with connect(drill) as connection:
            assert reply(connection) == b"220-hello\r\n220 mail\r\n"
            connection.sendall(b"EHLO me\r\n")
            assert reply(connection) == offered
            connection.sendall(b"starttls\r\n")
            assert reply(connection) == b"220 go ahead\r\n"
            with context.wrap_socket(connection, server_hostname="localhost") as wrapped:
                wrapped.sendall(b"EHLO me\r\n")
                assert reply(wrapped) == own, "behind TLS the backend speaks for itself"
        with connect(drill) as connection:
            reply(connection)
            connection.sendall(b"NOOP\r\n")
            assert reply(connection) == b"250 NOOP\r\n", "clients without TLS are passed on"
        drill.tell("fault expired")
        assert run_vitals("check", f"smtp://localhost:{drill.port('it')}").returncode == 2
    assert mail.offer == own


# ---- datagrams ----------------------------------------------------------------------------------

@contextlib.contextmanager
def echo():
    """Repeats each datagram, twice as long."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", free_port()))

        def serve():
            while (came := own.recvfrom(65536))[0] != b"over":
                own.sendto(came[0] * 2, came[1])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield own.getsockname()[1]
        finally:
            own.sendto(b"over", own.getsockname())
            thread.join()


@pytest.mark.parametrize("fault, answers", [
    ("none", [b"abcabc"]),
    ("truncate 4", [b"abca"]),
    ("garble 4", [b"abca" + bytes(each ^ 0x55 for each in b"bc")]),
    ("another-protocol", [b"SSH-2.0-OpenSSH_9.2p1\r\n"]),
    ("flood 10 after=2 text=!", [b"ab!" + b"x" * 9]),
    ("flood 100000", [b"x" * 65507, b"x" * (100000 - 65507)]),
    ("hang-after 6", [b"abcabc", None]),
    ("hang", [None]),
    ("delay 200ms", [b"abcabc"]),
    ("drip 20", [b"abcabc"]),
])
def test_datagrams(fault, answers):
    with echo() as port, Drill().route("it", port, f"udp {fault}").start() as drill, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.settimeout(10)
        own.connect(("127.0.0.1", drill.port("it")))
        began = time.monotonic()
        own.send(b"abc")
        for answer in answers:
            if answer is None:
                own.settimeout(0.2)
                own.send(b"abc")
                with pytest.raises(TimeoutError):
                    own.recv(65536)
            else:
                assert own.recv(100000) == answer
        if fault.startswith(("delay", "drip")):
            assert time.monotonic() - began > 0.15
        assert f"1 accepted, {drill.open()} open" in drill.tell("status")
        drill.tell("fault none")
        own.settimeout(10)
        own.send(b"again")
        assert own.recv(65536) == b"againagain"


def test_datagrams_are_refused_and_clients_forgotten():
    with echo() as port, Drill().route("it", port, "udp").start() as drill, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.settimeout(10)
        own.connect(("127.0.0.1", drill.port("it")))
        own.send(b"a")
        assert own.recv(100) == b"aa"
        drill.tell("fault refuse")
        own.send(b"a")
        with pytest.raises(ConnectionRefusedError):
            own.recv(100)
        drill.tell("fault none")
        own.send(b"a")
        assert own.recv(100) == b"aa"
        with pytest.raises(AssertionError, match="reset is nothing that happens to datagrams"):
            drill.tell("fault reset")
        assert drill.open() == 1
        assert eventually(lambda: drill.open() == 0, 30), "a silent client has left"


# ---- many, and the end --------------------------------------------------------------------------

def descriptors(drill):
    return len(os.listdir(f"/proc/{drill.process.pid}/fd"))


def resident(drill):
    with open(f"/proc/{drill.process.pid}/statm") as figures:
        return int(figures.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_thousands_of_connections_leave_nothing(drill):
    faults = ["none", "hang", "hang-after 3", "reset 3", "truncate 3", "half-close 3", "garble",
              "drip", "delay 10ms", "another-protocol", "flood 1000"]
    drill.tell("status")    # by then it has opened what it needs itself
    before = descriptors(drill)

    def round():
        for fault in faults:
            drill.tell(f"fault {fault}")
            open_ones = [connect(drill) for _ in range(40)]
            for number, connection in enumerate(open_ones):
                with contextlib.suppress(OSError):
                    connection.sendall(b"x")
                    if number % 2:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                              struct.pack("ii", 1, 0))
                    connection.close()
        assert eventually(lambda: drill.open() == 0, 30), drill.tell("status")

    round()
    first = resident(drill)
    for _ in range(4):
        round()
    assert eventually(lambda: descriptors(drill) == before and drill.open() == 0), (
        before, descriptors(drill), drill.tell("status"))
    if SLOWER == 1:    # a sanitizer keeps freed memory for a while
        assert resident(drill) < first + 4_000_000


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "end of input", "quit"])
def test_ends_in_good_order(backend, how):
    drill = Drill().route("it", backend.port)
    with drill.start():
        with connect(drill) as connection:
            heard(connection, len(HELLO))
            if how == "quit":
                drill.say("quit")
            elif how == "end of input":
                drill.process.stdin.close()
            else:
                drill.process.send_signal(getattr(signal, how))
            assert drill.process.wait(10) == 0
            assert heard(connection) == (b"", "reset")


def test_control_socket(backend, tmp_path):
    path = f"{tmp_path}/c"
    with Drill("--control", f"unix:{path}").route("it", backend.port).start() as drill:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(path)
            control.sendall(b"fault nonsense\n")
            assert control.recv(1000).startswith(b"error: no fault 'nonsense'; there are none, ")
            control.sendall(b"at other status\nat it fault hang-after 5\nstatus\n")
            answer = b""
            while answer.count(b"\n") < 4:
                answer += control.recv(1000)
            lines = answer.decode().splitlines()
            assert lines[:2] == ["error: no proxy 'other'", "ok"] and lines[3] == "ok"
            assert "hang-after after=5, 0 accepted, 0 open" in lines[2]
        with connect(drill) as connection:
            assert heard(connection, 5)[0] == HELLO[:5]
    assert not os.path.exists(path)


@pytest.mark.parametrize("words, complaint", [
    (("--listen", "127.0.0.1:0", "--to", "127.0.0.1:1"), "belong to 'vitals drill proxy'"),
    (("proxy",), "no proxy: give --listen and --to, or --routes"),
    (("proxy", "--listen", "127.0.0.1:0"), "--listen needs --to"),
    (("proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", "--fault", "hung"),
     "no fault 'hung'; there are none, refuse"),
    (("proxy", "--listen", "127.0.0.1:0", "--to", "nowhere"), "'nowhere' is not an address"),
    (("proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:0"), "the backend's port is missing"),
    (("proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", "--udp", "--fault", "expired"),
     "expired is nothing that happens to datagrams"),
    (("proxy", "--listen", "127.0.0.1:0", "--to", "unix:/s", "--udp"),
     "datagrams go from HOST:PORT to HOST:PORT"),
    (("proxy", "--listen", "0.0.0.0:0", "--to", "127.0.0.1:1"), "or say --expose"),
    (("proxy", "--routes", "/nonexistent"), "/nonexistent cannot be read"),
])
def test_wrong_words(words, complaint):
    answer = run_vitals("drill", *words)
    assert answer.returncode == 64
    assert complaint in answer.stderr, answer.stderr


def test_wrong_files(tmp_path, backend):
    file = tmp_path / "routes"
    file.write_text(f"# comment\n\na 127.0.0.1:0 127.0.0.1:{backend.port} hang-after x\n")
    answer = run_vitals("drill", "proxy", "--routes", file)
    assert answer.returncode == 64
    assert answer.stderr == f"vitals drill: {file}:3: after: 'x' is no number of bytes\n"


def test_a_port_that_is_taken(backend):
    answer = run_vitals("drill", "proxy", "--listen", f"127.0.0.1:{backend.port}", "--to",
                        "127.0.0.1:1")
    assert answer.returncode == 69
    assert f"cannot listen on 127.0.0.1:{backend.port}: Address already in use" in answer.stderr


# ---- between the checks of a configuration and their backends ----------------------------------------

class Pages(socketserver.ThreadingTCPServer):
    """HTTP/1.1 with one page; remembers the requests."""

    allow_reuse_address = True
    daemon_threads = True

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            with contextlib.suppress(OSError):
                request = b""
                while (line := self.rfile.readline()) not in (b"\r\n", b""):
                    request += line
                self.server.asked.append(request)
                page = b"<html>here</html>" * 20
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(page) + page)

    def __init__(self):
        self.port, self.asked = free_port(), []
        super().__init__(("127.0.0.1", self.port), self.Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def pages():
    made = Pages()
    yield made
    made.shutdown()
    made.server_close()


def drilled(folder, components, *more, alerts=None):
    file = folder / "drilled.yaml"
    file.write_text(json.dumps({"components": components, "alerts": alerts or {}}))
    file.chmod(0o600)
    return run_vitals("drill", "-c", file, *more, timeout=120)


def web(pages, **more):
    return {"check": "http", "url": f"http://localhost:{pages.port}/page", "timeout": f"{int(800 * SLOWER)}ms", **more}


def test_every_fault_of_a_good_check_is_seen(pages, tmp_path):
    answer = drilled(tmp_path, {"web": web(pages)}, "--format", "json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    report = json.loads(answer.stdout)
    faults = {fault["fault"].split()[0]: fault for fault in report["components"][0]["faults"]}
    assert list(faults) == ["refuse", "hang", "hang-after", "reset", "truncate", "drip", "garble",
                            "another-protocol", "flood"]
    assert report["faults"] == report["seen"] == len(faults) and report["cannot_be_drilled"] == 0
    for fault in faults.values():
        assert fault["status"] == "failed" and fault["error_class"] in fault["expected"]
        assert fault["after_seconds"] <= 0.8 * SLOWER + 0.5
    # The backend got only the check's own request, with its own name and path.
    assert pages.asked
    for request in pages.asked:
        assert request.startswith(b"GET /page HTTP/1.1\r\n"), request
        assert f"Host: localhost:{pages.port}\r\n".encode() in request, request


def test_a_planted_check_that_cannot_fail_is_found(pages, tmp_path):
    answer = drilled(tmp_path, {"web": web(pages), "port": {"check": "tcp", "url": f"tcp://127.0.0.1:{pages.port}"}})
    assert answer.returncode == 1
    assert re.search(r"port \(tcp\)\n.*\n  . refuse .*connect.*\n  . hang .* ok .*cannot fail: it stays ok", answer.stdout)
    assert "10 of 11 faults on 2 components were seen" in answer.stdout


def test_components_without_a_drill_are_named_and_can_be_left_out(pages, tmp_path):
    components = {"web": web(pages), "disk": {"check": "disk", "path": "/"},
                  "down": {"check": "tcp", "url": f"tcp://127.0.0.1:{free_port()}"}, "told": {"check": "push"}}
    answer = drilled(tmp_path, components)
    assert answer.returncode == 1
    assert "cannot be drilled: it opens no connection" in answer.stdout
    assert "cannot be drilled: it is not well now: connection refused" in answer.stdout
    assert "pushed component is not checked" in answer.stderr
    answer = drilled(tmp_path, components, "*", "!disk", "!down", "!told")
    assert answer.returncode == 0, answer.stdout
    assert answer.stdout.endswith("9 of 9 faults on 1 component were seen\n")


def test_junit_and_a_dry_run(pages, tmp_path):
    components = {"<&web": web(pages), "disk": {"check": "disk", "path": "/"}}
    answer = drilled(tmp_path, components, "--format", "junit")
    suite = xml.etree.ElementTree.fromstring(answer.stdout)
    assert answer.returncode == 1 and suite.get("tests") == "10" and suite.get("failures") == "1"
    assert {case.get("classname") for case in suite} == {"<&web", "disk"}
    before = len(pages.asked)
    answer = drilled(tmp_path, components, "--dry-run")
    assert answer.returncode == 0 and "nothing was run" in answer.stdout
    assert len(pages.asked) == before


def test_a_drill_goes_on_to_the_receiver(pages, tmp_path):
    receiver = Receiver()
    try:
        alerts = {"receivers": {"hook": {"webhook": {"url": receiver.url()}}}}
        answer = drilled(tmp_path, {"web": web(pages)}, "--alerts", "hook", alerts=alerts)
        assert answer.returncode == 0, answer.stdout
        assert "hook: a test message was delivered" in answer.stdout
        (_, _, data), = receiver.got
        assert data["test"] is True and data["cause"] == ["web"] and "refuse" in json.dumps(data)
        answer = drilled(tmp_path, {"web": web(pages)}, "--alerts", "nobody", alerts=alerts)
        assert answer.returncode == 1 and "there is no receiver of this name; there are: hook" in answer.stdout
    finally:
        receiver.close()


def test_a_drill_of_nothing_is_refused(tmp_path):
    answer = drilled(tmp_path, {"told": {"check": "push"}})
    assert answer.returncode == 64 and "there is no check to drill" in answer.stderr
    answer = run_vitals("drill", "proxy", "more")
    assert answer.returncode == 64 and "behind 'proxy' come options alone" in answer.stderr
