"""A wall clock for one process, which a test sets while the process runs."""
import functools
import pathlib
import struct
import subprocess
import tempfile


@functools.cache
def library():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vitals-clock-"))
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", folder / "wall_clock.so",
                    pathlib.Path(__file__).with_name("wall_clock.c")], check=True)
    return folder / "wall_clock.so"


class WallClock:
    def __init__(self, folder):
        self.file = pathlib.Path(folder) / "wall-clock"
        self.seconds = 0
        self.file.write_bytes(struct.pack("q", 0))

    def environment(self):
        return {"LD_PRELOAD": str(library()), "WALL_CLOCK": str(self.file)}

    def step(self, seconds):
        """From its present value."""
        self.seconds += seconds
        with open(self.file, "r+b", buffering=0) as file:
            file.write(struct.pack("q", self.seconds))
