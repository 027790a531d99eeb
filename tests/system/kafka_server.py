"""kafka_server.py PORT [WORD...]: a stand-in for one Kafka broker, not Kafka. It authenticates user
`test` (password `s3cret`) by PLAIN and SCRAM, describes a few topics and groups, and keeps no
messages. librdkafka (kcat) and kafka-python speak to it in test_kafka.py.

Words: `open`: without authentication; `cert=FILE`: TLS with FILE.crt and FILE.key; `behind`: a
partition is under-replicated; `lost`: a partition has no leader; `headless`: there is no
controller; `extra=PORT`: a second broker is advertised there; `dead`: the second broker leads a
partition; `growing`: a message comes with each question for the end."""
import socketserver
import ssl
import struct
import sys

import scram_server

USER, PASSWORD = "test", "s3cret"
LIST_OFFSETS, METADATA, OFFSET_FETCH, FIND_COORDINATOR = 2, 3, 9, 10
DESCRIBE_GROUPS, LIST_GROUPS, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 15, 16, 17, 18, 36
VERSIONS = {LIST_OFFSETS: (1, 2), METADATA: (0, 4), OFFSET_FETCH: (1, 2), FIND_COORDINATOR: (0, 0),
            DESCRIBE_GROUPS: (0, 0), LIST_GROUPS: (0, 0), SASL_HANDSHAKE: (0, 1), API_VERSIONS: (0, 0),
            SASL_AUTHENTICATE: (0, 0)}
MECHANISMS = {"PLAIN": None, "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
# The end of each partition, what groups have read of it, and a group's state and members.
ENDS = {("orders", 0): 10, ("orders", 1): 10}
GROUPS = {
    "billing": ("Stable", 2, {("orders", 0): 7, ("orders", 1): 10}),
    "idle": ("Empty", 0, {("orders", 0): 10, ("orders", 1): 10}),
    "left": ("Empty", 0, {("orders", 0): 4}),
    "fresh": ("Stable", 1, {("orders", 0): -1, ("orders", 1): -1}),
    "modern": ("Dead", 0, {("orders", 0): 9}),
}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(">" + form)
        return values[0]

    def raw(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def text(self):
        size = self.take("h")
        return None if size < 0 else self.raw(size).decode()

    def bytes(self):
        return self.raw(self.take("i"))

    def array(self, read):
        count = self.take("i")
        return None if count < 0 else [read() for _ in range(count)]


def text(value):
    return struct.pack(">h", -1) if value is None else struct.pack(">h", len(value.encode())) + value.encode()


def array(items):
    items = list(items)
    return struct.pack(">i", len(items)) + b"".join(items)


class Refused(Exception):
    """The connection ends, as Kafka ends it."""


class Handler(scram_server.Handler):
    def handle(self):
        self.mechanism = self.scram = None
        self.ready = "open" in WORDS
        try:
            if CONTEXT:
                self.request = CONTEXT.wrap_socket(self.request, server_side=True)
            while True:
                size, = struct.unpack(">i", self.exactly(4))
                if not 0 < size <= 104857600:    # socket.request.max.bytes
                    return
                request = Reader(self.exactly(size))
                key, version, number = request.take("h"), request.take("h"), request.take("i")
                request.text()
                answer = self.answer(key, version, request)
                self.request.sendall(struct.pack(">ii", len(answer) + 4, number) + answer)
        except (EOFError, OSError, struct.error, UnicodeDecodeError, Refused):
            pass

    def answer(self, key, version, request):
        if key == API_VERSIONS:    # without authentication, in any version
            known = version <= VERSIONS[key][1]
            all_of_them = array(struct.pack(">hhh", each, *of) for each, of in VERSIONS.items())
            return struct.pack(">h", 0 if known else 35) + all_of_them
        least, most = VERSIONS.get(key, (0, -1))
        if not least <= version <= most:
            raise Refused
        if key == SASL_HANDSHAKE:
            self.mechanism = request.text()
            error = 34 if "open" in WORDS else 0 if self.mechanism in MECHANISMS else 33
            return struct.pack(">h", error) + array(map(text, MECHANISMS))
        if key == SASL_AUTHENTICATE:
            return self.log_in(request.bytes())
        if not self.ready:
            raise Refused
        return {METADATA: self.metadata, FIND_COORDINATOR: self.coordinator, DESCRIBE_GROUPS: self.describe,
                LIST_GROUPS: self.groups, OFFSET_FETCH: self.committed,
                LIST_OFFSETS: self.ends}[key](version, request)

    def log_in(self, token):
        if digest := MECHANISMS[self.mechanism]:
            if not self.scram:
                self.scram = scram_server.Scram(digest, token.decode(), USER, PASSWORD.encode())
                said = self.scram.challenge
            else:
                said = self.scram.finish(token.decode())
                self.ready = said is not None
        else:
            self.ready = token == f"\0{USER}\0{PASSWORD}".encode()
            said = "" if self.ready else None
        if said is None:
            return struct.pack(">h", 58) + text("Authentication failed") + struct.pack(">i", 0)
        return struct.pack(">h", 0) + text(None) + struct.pack(">i", len(said)) + said.encode()

    def metadata(self, version, request):
        asked = request.array(request.text)
        everything = asked is None or (version == 0 and not asked)
        there = {"orders": 2, **({"behind": 1} if "behind" in WORDS else {}),
                 **({"lost": 1} if "lost" in WORDS else {})}
        brokers = [(1, PORT), *([(2, int(EXTRA))] if EXTRA else [])]
        rack = text(None) if version >= 1 else b""

        def partition(topic, number):
            leader = -1 if topic == "lost" else 2 if "dead" in WORDS and number == 1 else 1
            replicas = [1, 2] if topic == "behind" else [leader if leader > 0 else 1]
            return (struct.pack(">hii", 5 if leader < 0 else 0, number, leader)
                    + array(struct.pack(">i", each) for each in replicas)
                    + array(struct.pack(">i", each) for each in replicas[:1] if leader > 0))

        def topic(name):
            error = 29 if name == "private" else 0 if name in there else 3
            internal = b"\0" if version >= 1 else b""
            return (struct.pack(">h", error) + text(name) + internal
                    + array(partition(name, each) for each in range(there.get(name, 0))))

        return ((struct.pack(">i", 0) if version >= 3 else b"")
                + array(struct.pack(">i", each) + text("127.0.0.1") + struct.pack(">i", port) + rack
                        for each, port in brokers)
                + (text("a stand-in") if version >= 2 else b"")
                + (struct.pack(">i", -1 if "headless" in WORDS else 1) if version >= 1 else b"")
                + array(map(topic, there if everything else asked)))

    @staticmethod
    def coordinator(_, request):
        error = 30 if request.text() == "private" else 0
        return struct.pack(">hi", error, 1) + text("127.0.0.1") + struct.pack(">i", PORT)

    @staticmethod
    def describe(_, request):
        def group(name):
            state, members, _ = GROUPS.get(name, ("Dead", 0, {}))
            member = text("m-1") + text("app") + text("/127.0.0.1") + struct.pack(">ii", 0, 0)
            return (struct.pack(">h", 0) + text(name) + text(state)
                    + text("" if state == "Dead" else "consumer") + text("")
                    + array([member] * members))
        return array(map(group, request.array(request.text)))

    @staticmethod
    def groups(_, __):
        return struct.pack(">h", 0) + array(text(name) + text("consumer") for name in GROUPS)

    @staticmethod
    def committed(version, request):
        read = GROUPS.get(request.text(), ("", 0, {}))[2]
        asked = request.array(lambda: (request.text(), request.array(lambda: request.take("i"))))
        if asked is not None:
            read = {(topic, each): read.get((topic, each), -1) for topic, ids in asked for each in ids}

        def partition(number, offset):
            return struct.pack(">iq", number, offset) + text("") + struct.pack(">h", 0)
        topics = sorted({topic for topic, _ in read})
        made = array(text(topic) + array(partition(each, at) for (name, each), at in read.items()
                                         if name == topic) for topic in topics)
        return made + (struct.pack(">h", 0) if version >= 2 else b"")

    @staticmethod
    def ends(version, request):
        request.take("i")
        if version >= 2:
            request.take("b")
        asked = request.array(lambda: (request.text(), request.array(
            lambda: (request.take("i"), request.take("q")))))
        if "growing" in WORDS:
            ENDS["orders", 0] += 1

        def partition(topic, number, when):
            end = ENDS.get((topic, number))
            if end is None:
                return struct.pack(">ihqq", number, 3, -1, -1)
            return struct.pack(">ihqq", number, 0, -1, 0 if when == -2 else end)
        return ((struct.pack(">i", 0) if version >= 2 else b"")
                + array(text(topic) + array(partition(topic, *each) for each in ids)
                        for topic, ids in asked))


class Broker(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 256


PORT, WORDS = int(sys.argv[1]), sys.argv[2:]
EXTRA = next((word.removeprefix("extra=") for word in WORDS if word.startswith("extra=")), None)
CERTIFICATE = next((word.removeprefix("cert=") for word in WORDS if word.startswith("cert=")), None)
CONTEXT = None
if CERTIFICATE:
    CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CONTEXT.load_cert_chain(CERTIFICATE + ".crt", CERTIFICATE + ".key")
with Broker(("127.0.0.1", PORT), Handler) as broker:
    broker.serve_forever()
