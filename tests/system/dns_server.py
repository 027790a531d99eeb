"""dns_server.py PORT [MORE...]: knows only www.example.org (192.0.2.1), and refuses questions for
private.example.org. It answers on PORT. It answers datagrams on the other ports with "use TCP", so
that a proxy may be there."""
import socket
import socketserver
import struct
import sys
import threading

KNOWN, PRIVATE = (b"\x03www\x07example\x03org\0", b"\x07private\x07example\x03org\0")


def answer(question, truncated=False):
    number, = struct.unpack_from(">H", question)
    end = question.index(b"\0", 12) + 5
    name = question[12:end - 4].lower()
    code = {KNOWN: 0, PRIVATE: 5}.get(name, 3)
    found = code == 0 and not truncated
    flags = 0x8580 | (0x200 if truncated else 0) | code
    record = b"\xc0\x0c" + struct.pack(">HHIH4B", 1, 1, 60, 4, 192, 0, 2, 1) if found else b""
    return struct.pack(">6H", number, flags, 1, int(found), 0, 0) + question[12:end] + record


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while size := self.rfile.read(2):
            reply = answer(self.rfile.read(struct.unpack(">H", size)[0]))
            self.wfile.write(struct.pack(">H", len(reply)) + reply)


def datagrams(port, truncated):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", port))
        while True:
            question, sender = own.recvfrom(4096)
            own.sendto(answer(question, truncated), sender)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


ports = [int(each) for each in sys.argv[1:]]
for each in ports:
    threading.Thread(target=datagrams, args=(each, each != ports[0]), daemon=True).start()
Server(("127.0.0.1", ports[0]), Stream).serve_forever()
