"""A mount whose server stops answering on command. A call that begins afterwards hangs in the
kernel for ever, also against SIGKILL, as with a dead NFS server or a broken disk. The protocol is
FUSE's, from <linux/fuse.h>."""
import ctypes
import os
import select
import struct
import tempfile
import threading

import peers

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, INIT = 1, 2, 3, 14, 15, 17, 26
MODES = {1: 0o40755, 2: 0o100600}


class DeadMount:
    """`path` holds one file, `file`, with `content`."""

    def __init__(self, content=b"secretsecretsecret\n"):
        self.content = content
        self.hanging = threading.Event()
        self.held = threading.Event()  # something hangs
        self.path = tempfile.mkdtemp(prefix="vitals-dead-")
        self.file = f"{self.path}/file"
        try:
            self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise peers.CannotMount(str(error)) from error
        libc = ctypes.CDLL(None, use_errno=True)
        self.umount = libc.umount2
        options = f"fd={self.device},rootmode=40755,user_id=0,group_id=0,allow_other"
        if libc.mount(b"dead", self.path.encode(), b"fuse.dead", 0, options.encode()) != 0:
            raise peers.CannotMount(os.strerror(ctypes.get_errno()))
        self.stop, self.stopper = os.pipe()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def attributes(self, node):
        size = len(self.content) if node == 2 else 0
        return struct.pack("<6Q10I", node, size, 0, 0, 0, 0, 0, 0, 0, MODES[node], 1, 0, 0, 0, 4096, 0)

    def reply(self, operation, node, body):
        if operation == INIT:
            return struct.pack("<IIIIHHIIHHI", 7, 31, 0, 0, 10, 10, 4096, 1, 0, 0, 0) + bytes(28)
        if self.hanging.is_set():
            self.held.set()
            return None
        if operation == LOOKUP:
            if body != b"file\0":
                return 2
            return struct.pack("<QQQQII", 2, 0, 0, 0, 0, 0) + self.attributes(2)
        if operation == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self.attributes(node)
        if operation == OPEN:
            return struct.pack("<QII", 1, 1, 0)
        if operation == READ:
            offset, size = struct.unpack("<QQI", body[:20])[1:]
            return self.content[offset:offset + size]
        if operation == STATFS:
            return struct.pack("<5Q4I24x", 1000, 500, 500, 1000, 500, 4096, 255, 4096, 0)
        return b""

    def serve(self):
        while self.stop not in select.select([self.device, self.stop], [], [])[0]:
            request = os.read(self.device, 1 << 20)
            _, operation, unique, node = struct.unpack("<IIQQ", request[:24])
            answer = None if operation == FORGET else self.reply(operation, node, request[40:])
            if isinstance(answer, int):
                os.write(self.device, struct.pack("<IiQ", 16, -answer, unique))
            elif answer is not None:
                os.write(self.device, struct.pack("<IiQ", 16 + len(answer), 0, unique) + answer)

    def close(self):
        os.close(self.stopper)
        self.thread.join()
        self.umount(self.path.encode(), 2)
        os.close(self.device)    # ends every call that hangs
        os.close(self.stop)
        os.rmdir(self.path)
