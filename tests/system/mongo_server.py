"""mongo_server.py PORT [ROLE]: a stand-in for MongoDB, not MongoDB. It authenticates user `test`
(password `s3cret`) by SCRAM-SHA-256 or SCRAM-SHA-1, plays a ROLE (primary, secondary, recovering,
busy) in the set `shop`, and keeps documents in memory. pymongo authenticates to it and writes
(test_mongodb.py)."""
import datetime
import hashlib
import socketserver
import struct
import sys

import bson

import scram_server

USER, PASSWORD = "test", "s3cret"
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013


DIGESTS = {"SCRAM-SHA-256": ("sha256", PASSWORD),
           "SCRAM-SHA-1": ("sha1", hashlib.md5(f"{USER}:mongo:{PASSWORD}".encode()).hexdigest())}


class Handler(scram_server.Handler):
    def handle(self):
        self.user = self.scram = None
        try:
            while True:
                size, number, _, operation = struct.unpack("<iiii", self.exactly(16))
                body = self.exactly(size - 16)
                if operation == OP_QUERY:    # drivers greet like this
                    command = bson.BSON(body[4 + body[4:].index(b"\0") + 1 + 8:]).decode()
                    document = bson.BSON.encode(self.answer(command))
                    rest = struct.pack("<iqii", 8, 0, 0, 1) + document
                    self.reply(number, OP_REPLY, rest)
                elif operation == OP_MSG:
                    document = bson.BSON.encode(self.answer(self.command_of(body[4:])))
                    self.reply(number, OP_MSG, b"\0\0\0\0\0" + document)
                else:
                    return
        except (EOFError, OSError):
            pass

    @staticmethod
    def command_of(sections):
        """The command with the documents that follow it."""
        command = {}
        while sections:
            kind, sections = sections[0], sections[1:]
            size = struct.unpack("<i", sections[:4])[0]
            part, sections = sections[:size], sections[size:]
            if kind == 0:
                command = {**bson.BSON(part).decode(), **command}
            else:
                name, _, documents = part[4:].partition(b"\0")
                command[name.decode()] = bson.decode_all(documents)
        return command

    def reply(self, number, operation, rest):
        self.request.sendall(struct.pack("<iiii", 16 + len(rest), 0, number, operation) + rest)

    def answer(self, command):
        name = next(iter(command))
        known = getattr(self, "do_" + name.lower(), None)
        if known is None:
            return self.refusal(59, "CommandNotFound", f"no such command: '{name}'")
        if self.user is None and name.lower() not in ("hello", "ismaster", "ping", "saslstart", "saslcontinue",
                                                      "connectionstatus"):
            return self.refusal(13, "Unauthorized", f"command {name} requires authentication")
        return known(command)

    @staticmethod
    def refusal(code, name, text):
        return {"ok": 0.0, "errmsg": text, "code": code, "codeName": name}

    def do_hello(self, command):
        role, now = self.server.role, datetime.datetime.utcnow()
        primary = role in ("primary", "busy")
        return {"ismaster": primary, "isWritablePrimary": primary, "secondary": role == "secondary",
                "setName": "shop", "setVersion": 1, "hosts": [f"127.0.0.1:{self.server.port}"],
                "me": f"127.0.0.1:{self.server.port}", "maxBsonObjectSize": 16777216,
                "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000, "minWireVersion": 0,
                "maxWireVersion": 13, "readOnly": False, "localTime": now,
                "lastWrite": {"lastWriteDate": now, "majorityWriteDate": now},
                **({"saslSupportedMechs": ["SCRAM-SHA-1", "SCRAM-SHA-256"]}
                   if command.get("saslSupportedMechs") == f"admin.{USER}" else {}), "ok": 1.0}

    do_ismaster = do_hello

    def do_ping(self, _):
        return {"ok": 1.0}

    def do_saslstart(self, command):
        digest, password = DIGESTS[command["mechanism"]]
        self.scram = scram_server.Scram(digest, command["payload"].decode(), USER, password.encode())
        return {"conversationId": 1, "done": False, "payload": self.scram.challenge.encode(), "ok": 1.0}

    def do_saslcontinue(self, command):
        if not command["payload"]:
            return {"conversationId": 1, "done": True, "payload": b"", "ok": 1.0}
        proven = self.scram.finish(command["payload"].decode())
        if proven is None:
            return self.refusal(18, "AuthenticationFailed", "Authentication failed.")
        self.user = USER
        return {"conversationId": 1, "done": False, "payload": proven.encode(), "ok": 1.0}

    def do_connectionstatus(self, _):
        users = [{"user": self.user, "db": "admin"}] if self.user else []
        return {"authInfo": {"authenticatedUsers": users, "authenticatedUserRoles": []}, "ok": 1.0}

    def do_find(self, command):
        if self.server.role == "busy":
            return self.refusal(202, "NetworkInterfaceExceededTimeLimit", "no room")
        if command["$db"] != "shop":
            return self.refusal(13, "Unauthorized", f"not authorized on {command['$db']}")
        return {"cursor": {"firstBatch": self.server.documents[:1], "id": 0, "ns": "shop.orders"}, "ok": 1.0}

    def do_insert(self, command):
        if self.server.role != "primary":
            return self.refusal(10107, "NotWritablePrimary", "not primary")
        self.server.documents += command["documents"]
        return {"n": len(command["documents"]), "ok": 1.0}

    def do_replsetgetstatus(self, _):
        now = datetime.datetime.utcnow()
        behind = now - datetime.timedelta(seconds=30)
        return {"set": "shop", "members": [
            {"_id": 0, "state": 1, "optimeDate": now},
            {"_id": 1, "state": 2, "optimeDate": behind, "self": True}], "ok": 1.0}

    def do_endsessions(self, _):
        return {"ok": 1.0}


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, role="primary"):
        super().__init__(("127.0.0.1", port), Handler)
        self.port, self.role, self.documents = port, role, []

    def handle_error(self, *_):
        pass


if __name__ == "__main__":
    Server(int(sys.argv[1]), *sys.argv[2:]).serve_forever()
