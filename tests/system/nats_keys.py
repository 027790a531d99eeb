"""Keys and JWTs of NATS, as nsc makes them (https://docs.nats.io): Ed25519 in base 32 with a prefix
and a checksum. python3-cryptography makes them, not the code under test."""
import base64
import binascii
import json
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

OPERATOR, ACCOUNT, USER, SEED = 14 << 3, 0, 20 << 3, 18 << 3


def text_of(data):
    whole = data + binascii.crc_hqx(data, 0).to_bytes(2, "little")
    return base64.b32encode(whole).decode().rstrip("=")


class Key:
    def __init__(self, kind):
        self.key = Ed25519PrivateKey.generate()
        raw = self.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        self.seed = text_of(bytes([SEED | kind >> 5, (kind & 31) << 3]) + raw)
        self.public = text_of(bytes([kind]) + self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def jwt(self, subject, kind, **claims):
        """For that subject, signed by this key."""
        def part(data):
            data = data if isinstance(data, bytes) else json.dumps(data).encode()
            return base64.urlsafe_b64encode(data).decode().rstrip("=")
        now = int(time.time())
        body = part({"typ": "JWT", "alg": "ed25519-nkey"}) + "." + part({
            "jti": "A", "iat": now, "iss": self.public, "name": kind, "sub": subject.public,
            **({"exp": now + claims.pop("ends_in")} if "ends_in" in claims else {}),
            "nats": {"type": kind, "version": 2, **claims}})
        return body + "." + part(self.key.sign(body.encode()))


def credentials(jwt, user):
    return (f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
            "************************* IMPORTANT *************************\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n")
