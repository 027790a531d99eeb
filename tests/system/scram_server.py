"""What the stand-ins kafka_server.py and mongo_server.py share: the server's side of SCRAM (RFC 5802 and
RFC 7677), and requests of a known size."""
import base64
import hashlib
import hmac
import os
import socketserver


class Scram:
    """`digest` such as sha256. A user whose salted password is that of `password`."""
    SALT, ROUNDS = b"a salt of 16 b..", 4096

    def __init__(self, digest, first, user, password):
        self.hash, self.known, self.password = digest, user, password
        self.bare = first.partition(",,")[2]
        fields = dict(part.split("=", 1) for part in self.bare.split(","))
        self.user = fields["n"]
        self.nonce = fields["r"] + base64.b64encode(os.urandom(18)).decode()
        self.challenge = f"r={self.nonce},s={base64.b64encode(self.SALT).decode()},i={self.ROUNDS}"

    def mac(self, key, data):
        return hmac.new(key, data.encode() if isinstance(data, str) else data, self.hash).digest()

    def finish(self, final):
        """The answer to a right proof; nothing to another. librdkafka 2.0 puts its own nonce in front of the
        whole once more, and Kafka looks only at its end."""
        salted = hashlib.pbkdf2_hmac(self.hash, self.password, self.SALT, self.ROUNDS)
        without, _, proof = final.rpartition(",p=")
        everything = f"{self.bare},{self.challenge},{without}"
        key = self.mac(salted, "Client Key")
        signature = self.mac(hashlib.new(self.hash, key).digest(), everything)
        wanted = bytes(a ^ b for a, b in zip(key, signature))
        if self.user != self.known or not without.endswith(self.nonce) or base64.b64decode(proof) != wanted:
            return None
        return "v=" + base64.b64encode(self.mac(self.mac(salted, "Server Key"), everything)).decode()


class Handler(socketserver.BaseRequestHandler):
    def exactly(self, size):
        data = b""
        while len(data) < size:
            if not (piece := self.request.recv(size - len(data))):
                raise EOFError
            data += piece
        return data
