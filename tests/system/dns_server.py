"""dns_server.py PORT [MORE...]: knows www.example.org (192.0.2.1) and nothing else. Over TCP it
answers on PORT; datagrams, on all ports, are told to come by TCP, so that a proxy may stand there."""
import socket
import socketserver
import struct
import sys
import threading

NAME = b"\x03www\x07example\x03org\x00"


def answer(question, truncated=False):
    number, = struct.unpack_from(">H", question)
    asked = question[12:12 + len(NAME) + 4]
    known = asked[:-4].lower() == NAME
    flags = 0x8580 | (0x200 if truncated else 0) | (0 if known else 3)
    found = known and not truncated
    record = b"\xc0\x0c" + struct.pack(">HHIH4B", 1, 1, 60, 4, 192, 0, 2, 1) if found else b""
    end = question.index(b"\0", 12) + 5
    return struct.pack(">6H", number, flags, 1, int(found), 0, 0) + question[12:end] + record


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while size := self.rfile.read(2):
            reply = answer(self.rfile.read(struct.unpack(">H", size)[0]))
            self.wfile.write(struct.pack(">H", len(reply)) + reply)


def datagrams(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", port))
        while True:
            question, sender = own.recvfrom(4096)
            own.sendto(answer(question, truncated=True), sender)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


for each in sys.argv[1:]:
    threading.Thread(target=datagrams, args=(int(each),), daemon=True).start()
Server(("127.0.0.1", int(sys.argv[1])), Stream).serve_forever()
