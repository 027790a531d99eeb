"""The walls between the rooms (docs/architecture.md). With a room's own compile flags, the compiler
refuses a forbidden include, and accepts an allowed one."""
import functools
import json
import pathlib
import shlex
import subprocess

import pytest

from daemon import BINARY, ROOT

SOURCE = ROOT / "src"
COMMANDS = BINARY.parent / "compile_commands.json"

# What each room may see: the rooms that it names in CMakeLists.txt and what their headers show. A
# room that is not named is behind a wall.
SEES = {
    "text": "",
    "model": "text",
    "wire": "text model",
    "http": "text",
    "calendar": "text",
    "dialects": "text model wire http",
    "config": "text model",
    "net": "text model wire",
    "engine": "text model net",
    "backends/redis": "text model wire net",
    "checks/tcp": "text model wire net checks",
    "workers": "text model wire net backends/amqp backends/celery backends/redis",
    "history": "text model net",
    "page": "text model http dialects",
    "endpoints": "text model wire http dialects page",
    "server": "text model http dialects wire net endpoints",
    "secrets": "text model wire config net engine backends/vault",
    "jobs": "text model net calendar",
    "fleet": "text model",
    "alerts": "text model calendar",
    "alerts/receivers": "text model wire net calendar alerts backends/program",
    "otlp": "text model wire net config engine calendar alerts alerts/receivers",
    "drill": "text model net",
    "discover": "text model wire config net backends/json_api backends/systemd",
    "library": "text model http dialects net engine endpoints server",
    "app": "text model wire http dialects config net engine workers jobs fleet calendar checks secrets "
           "history alerts alerts/receivers endpoints server otlp drill backends/program",
}
# Headers behind walls within a room.
FURTHER = {"checks/redis": "checks/redis/redis.hpp", "net/detail": "net/detail/lanes.hpp"}
SHARED = {"checks": "checks/kind.hpp"}


def header_of(room):
    """A header that a room shows: the smallest."""
    if named := (FURTHER | SHARED).get(room):
        return named
    headers = sorted((SOURCE / room).glob("*.hpp"), key=lambda each: each.stat().st_size)
    shown = [each for each in headers if "testing" not in each.name]
    return str(shown[0].relative_to(SOURCE))


@functools.cache
def flags_of(room):
    """How a source of the room is compiled, without the options that name its input and its output."""
    for entry in json.loads(COMMANDS.read_text()):
        path = pathlib.Path(entry["file"])
        inside = path.is_relative_to(SOURCE / room) and "_test." not in path.name
        if inside and path.suffix == ".cpp" and path.name != "main.cpp":
            words = shlex.split(entry["command"])
            start = 1 if "ccache" in words[0] else 0
            end = words.index("-o")
            kept = [word for word in words[start:end] if word != "-MD"]
            while "-MT" in kept or "-MF" in kept:
                at = kept.index("-MT" if "-MT" in kept else "-MF")
                del kept[at:at + 2]
            return kept
    pytest.fail(f"no source of {room} is compiled")


def compiled(room, text):
    return subprocess.run([*flags_of(room), "-fsyntax-only", "-x", "c++", "-"], text=True,
                          input=text, capture_output=True)


def behind_walls(room):
    allowed = {room, f"{room}/detail", *SEES[room].split()}
    if "checks" in allowed and not room.startswith("checks"):
        allowed |= {"checks/redis", "checks/tcp", "backends/redis"}  # its kinds and what they show
    if room == "alerts":
        allowed.add("alerts/receivers")  # is within its folder
    return [each for each in [*SEES, *FURTHER, "cli"] if each not in allowed]


def test_every_room_has_its_walls():
    rooms = {each.name for each in SOURCE.iterdir() if each.is_dir()}
    walled = {room.split("/")[0] for room in SEES}
    assert rooms - walled == {"cli"}, "the highest floor sees all others"


@pytest.mark.parametrize("room", SEES)
def test_a_forbidden_include_does_not_compile(room):
    # Only the first is included, because a compiler stops at a missing header. For the others the
    # test asks whether the compiler finds them.
    first, *others = map(header_of, behind_walls(room))
    looks = [f'#if __has_include("{each}")\n#error may include {each}\n#endif' for each in others]
    tried = compiled(room, "\n".join([*looks, f'#include "{first}"', ""]))
    assert tried.returncode != 0
    assert "may include" not in tried.stderr, tried.stderr
    assert f"'{first}' file not found" in tried.stderr, tried.stderr


@pytest.mark.parametrize("room", SEES)
def test_an_allowed_include_compiles(room):
    # So that the test above does not pass without any include directory.
    seen = [header_of(each) for each in SEES[room].split()[-1:] or [room]]
    looks = [f'#if !__has_include("{header_of(each)}")\n#error may not include {each}\n#endif'
             for each in SEES[room].split()]
    tried = compiled(room, "\n".join([*looks, *(f'#include "{each}"' for each in seen), ""]))
    assert tried.returncode == 0, tried.stderr


def test_each_fuzz_target_has_seeds():
    targets = {each.name.removesuffix("_fuzz.cpp") for each in (ROOT / "fuzz").glob("*_fuzz.cpp")}
    seeds = {each.name for each in (ROOT / "fuzz/corpus").iterdir() if any(each.iterdir())}
    assert targets and seeds == targets
