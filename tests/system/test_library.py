"""The library as others get it: installed to a prefix, found by CMake and by pkg-config, built into
the examples outside of the tree with g++ and clang++, shared and static, and run; and its C
interface from another language."""
import concurrent.futures
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from daemon import ALL, BINARY, ROOT, ask, eventually, free_port

BUILD = pathlib.Path(os.environ.get("VITALS_LIBRARY_BUILD", BINARY.parent))
EXAMPLES = ROOT / "examples/library"
GCC, CLANG = ["g++-12", "-std=c++20"], ["clang++-19", "-std=c++20"]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]

pytestmark = pytest.mark.skipif(not (BUILD / "libvitals.so").exists(),
                                reason=f"the library is not built in {BUILD.name} (sanitizers leave it out)")


def run(*command, **more):
    """Its output; fails with the whole output."""
    answer = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            timeout=300, **more)
    assert answer.returncode == 0, f"{command}\n{answer.stdout}{answer.stderr}"
    return answer.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Installed, then moved: no file in it may name the place of the installation."""
    first = tmp_path_factory.mktemp("first") / "prefix"
    run("cmake", "--install", BUILD, "--component", "library", "--prefix", first)
    moved = tmp_path_factory.mktemp("moved") / "prefix"
    first.rename(moved)
    return moved


def library_folder(prefix):
    return next(prefix.rglob("libvitals.so")).parent


def pkg_config(prefix, *arguments):
    folder = library_folder(prefix) / "pkgconfig"
    return run("pkg-config", *arguments, env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).split()


def cmake_build(prefix, folder, compiler, targets=(), **definitions):
    values = {"CMAKE_PREFIX_PATH": prefix, "CMAKE_CXX_COMPILER": compiler, "CMAKE_C_COMPILER": "gcc",
              "CMAKE_CXX_FLAGS": "-Wall -Wextra -Werror", **definitions}
    run("cmake", "-S", EXAMPLES, "-B", folder, "-G", "Ninja",
        *(f"-D{name}={value}" for name, value in values.items()))
    run("cmake", "--build", folder, "-j2", *(["--target", *targets] if targets else []))
    return folder


def compile_one(prefix, compiler, package, source, out, *more):
    rpath = f"-Wl,-rpath,{library_folder(prefix)}"
    run(*compiler, *STRICT, source, *pkg_config(prefix, "--cflags", package), "-o", out, *more,
        *pkg_config(prefix, "--libs", package), rpath)
    return out


@pytest.mark.parametrize("document", ["README.md", "docs/library.md"])
def test_the_first_program_goes_on_serving(prefix, tmp_path, document):
    """As it is printed, except the port."""
    text = (ROOT / document).read_text()
    program = next(block for block in re.findall(r"^```cpp\n(.*?)^```$", text, re.M | re.S)
                   if "int main()" in block and "DatabaseConnection" in block)
    port = free_port()
    assert program.count("127.0.0.1:8080") == 1
    source = tmp_path / "first.cpp"
    source.write_text(program.replace("127.0.0.1:8080", f"127.0.0.1:{port}"))
    process = subprocess.Popen([compile_one(prefix, GCC, "vitals", source, tmp_path / "first")])

    def states():
        with contextlib.suppress(OSError), contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            answer = ask(connection, "GET", "/svc_status.json").json
            return {name: each["state"] for name, each in answer.items()}

    try:
        known = {"DatabaseConnection": "OK", "UserService": "RED"}
        assert eventually(lambda: states() == known), states()
        time.sleep(0.3)    # its first answers were there within milliseconds
        assert process.poll() is None and states() == known
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def built(prefix, tmp_path_factory):
    """Every example in each way of building that is worth the time: a folder for each way."""
    base = tmp_path_factory.mktemp("built")
    clang = base / "pkg-config-static-clang"
    gcc = base / "pkg-config-shared-gcc"
    for folder in (clang, gcc):
        folder.mkdir()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        # The large one first; the others use the remaining time.
        jobs = [pool.submit(cmake_build, prefix, base / "cmake-shared-gcc", "g++-12"),
                pool.submit(cmake_build, prefix, base / "cmake-static-clang", "clang++-19",
                            ["thread_pool", "watch", "checks"], EXAMPLES_STATIC="ON")]
        jobs += [pool.submit(compile_one, prefix, CLANG, "vitals-static", EXAMPLES / f"{name}.cpp",
                             clang / name) for name in ("worker", "epoll_service")]
        jobs += [pool.submit(compile_one, prefix, GCC, "vitals", EXAMPLES / "thread_pool.cpp",
                             gcc / "thread_pool"),
                 pool.submit(compile_one, prefix, GCC, "vitals-checks-static",
                             EXAMPLES / "checks.cpp", gcc / "checks"),
                 pool.submit(compile_one, prefix, ["gcc", "-std=c11", "-D_DEFAULT_SOURCE"],
                             "vitals", EXAMPLES / "watch.c", gcc / "watch"),
                 pool.submit(compile_one, prefix, GCC, "vitals",
                             ROOT / "tests/system/library/with_spdlog.cpp", gcc / "with_spdlog",
                             "-DSPDLOG_COMPILED_LIB", "-DSPDLOG_FMT_EXTERNAL", "-lspdlog", "-lfmt")]
        for job in jobs:
            job.result()
    return base


@contextlib.contextmanager
def running(*command, wrapper=()):
    """A service of the examples, as soon as it says that it is ready; its port. It ends by itself."""
    child = subprocess.Popen([*wrapper, *map(str, command)], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    try:
        line = child.stdout.readline()
        assert line.startswith("ready on port "), line + child.stderr.read()
        yield child, int(line.split()[-1])
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        child.stderr.close()


def get(port, path, method="GET", headers=None):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        return ask(connection, method, path, headers=headers)


# ---- what is installed ----------------------------------------------------------------------------

def test_only_names_of_vitals_can_be_linked_to(prefix):
    folder = library_folder(prefix)
    for name in ("vitals", "vitals-checks"):
        for options, file in ((["-D"], f"lib{name}.so"), (["--extern-only"], f"lib{name}.a")):
            lines = run("nm", *options, "--defined-only", folder / file).splitlines()
            symbols = [line.split()[-1] for line in lines if len(line.split()) >= 3]
            assert len(symbols) > 50
            strange = [each for each in symbols
                       if not re.match(r"_ZNK?[RO]?6vitals|_ZT[ISV]N6vitals|vitals_", each)]
            assert not strange, (file, strange[:10])


def test_the_shared_library_has_a_soname_and_needs_no_clients_of_backends(prefix):
    def needed(file):
        return run("readelf", "-d", library_folder(prefix) / file)

    assert "soname: [libvitals.so.0.1]" in needed("libvitals.so")
    for other in ("curl", "sqlite", "libpq", "expat", "yaml", "re2", "cares", "boost"):
        assert other not in needed("libvitals.so")
    assert "libpq" in needed("libvitals-checks.so")
    assert "boost" not in needed("libvitals-checks.so")


def test_every_header_stands_alone(prefix, tmp_path):
    headers = sorted((prefix / "include/vitals").iterdir())
    assert len(headers) <= 12, "authors of services read all of them"
    for header in headers:
        text = header.read_text()
        for word in ("boost", "co_await", "asio", "std::expected"):
            assert word not in text, (header.name, word)
        if header.suffix == ".hpp":
            assert "#define" not in text, header.name

    def alone(header, *compiler):
        # Twice, as happens if headers include each other.
        source = tmp_path / f"{header.stem}{header.suffix}-{compiler[0]}.{'c' if compiler[0] == 'gcc' else 'cpp'}"
        source.write_text(f"#include <vitals/{header.name}>\n#include <vitals/{header.name}>\n")
        run(*compiler, *STRICT, "-fsyntax-only", f"-I{prefix}/include", "-DSPDLOG_FMT_EXTERNAL", source)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(alone, header, *GCC) for header in headers]
        jobs.append(pool.submit(alone, prefix / "include/vitals/vitals.h", "gcc", "-std=c11"))
        for job in jobs:
            job.result()


def test_a_version_that_is_not_there_is_not_found(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(it LANGUAGES CXX)\n"
        "find_package(vitals ${WANTED} REQUIRED)\n"
        "if(TARGET vitals::checks)\n message(FATAL_ERROR \"checks unasked\")\nendif()\n")

    def configure(version):
        return subprocess.run(["cmake", "-S", tmp_path, "-B", tmp_path / version,
                               f"-DCMAKE_PREFIX_PATH={prefix}", f"-DWANTED={version}"],
                              capture_output=True, text=True)

    assert configure("0.1").returncode == 0
    wrong = configure("0.2")
    assert wrong.returncode != 0 and "0.1.0" in wrong.stderr


# ---- the examples ---------------------------------------------------------------------------------

@pytest.mark.parametrize("way", ["cmake-shared-gcc", "pkg-config-static-clang"])
def test_worker(built, way):
    with running(built / way / "worker", 0, 1) as (child, port):
        assert get(port, "/livez").status == 200
        status = get(port, "/svc_status.json").json
        assert status["importer"]["state"] in ("OK", "RED") and status["clock"]["state"] == "OK"
        assert '"1.0"' in get(port, "/health").text
        assert eventually(lambda: get(port, "/readyz").status == 500, 5), "drained at the end"
        out, log = child.communicate(timeout=10)
        assert child.returncode == 0, log
    assert 'state change: YELLOW -> OK "importing"' in log
    assert 'state change: OK -> RED "source unreachable"' in log


def test_the_service_of_the_guide(built):
    with running(built / "cmake-shared-gcc/shop", "127.0.0.1:0") as (child, port):
        assert eventually(lambda: get(port, "/startupz").status == 200)
        assert eventually(lambda: get(port, "/readyz").status == 200)
        child.send_signal(signal.SIGTERM)
        assert eventually(lambda: get(port, "/readyz").status == 500, 1)
        assert get(port, "/livez").status == 200, "still serving"
        out, log = child.communicate(timeout=15)
        assert child.returncode == 0
    assert '[importer] state change: YELLOW -> OK "importing"' in log
    assert get_or_none(port, "/livez") is None


def test_the_guide_shows_programs_that_compile(built, prefix, tmp_path):
    """Each is compiled unchanged; the whole service is examples/library/shop.cpp, word for word."""
    guide = (ROOT / "docs/library.md").read_text()
    programs = [block for block in re.findall(r"```cpp\n(.*?)```", guide, re.S) if "#include" in block]
    shop = (EXAMPLES / "shop.cpp").read_text()
    assert len(programs) >= 3 and sum(program in shop for program in programs) == 1
    for number, program in enumerate(programs):
        (tmp_path / f"{number}.cpp").write_text(program)
        run(*GCC, *STRICT, "-fsyntax-only", f"-I{prefix}/include", tmp_path / f"{number}.cpp")
    for file in re.findall(r"\]\(\.\./([^)]*)\)", guide):
        assert (ROOT / file).exists(), file


@pytest.mark.parametrize("way", ["cmake-shared-gcc", "cmake-static-clang", "pkg-config-shared-gcc"])
def test_thread_pool(built, way):
    assert run(built / way / "thread_pool") == "pool/2 hangs\npool/2 works again\n"


@pytest.mark.parametrize("way", ["cmake-shared-gcc", "pkg-config-static-clang"])
def test_inside_a_loop_of_epoll(built, way):
    with running(built / way / "epoll_service", 0, 1) as (child, port):
        assert eventually(lambda: get(port, "/readyz").text == "ok")
        assert get(port, "/svc_status").text.startswith("DatabaseConnection\tOK")
        assert child.wait(10) == 0


def test_inside_cpp_httplib(built):
    port = free_port()
    with running(built / "cmake-shared-gcc/httplib_service", port, 1) as (child, _):
        assert eventually(lambda: get_or_none(port, "/hello")) and get(port, "/hello").text == "hello\n"
        assert eventually(lambda: get(port, "/readyz").status == 200)
        answer = get(port, "/svc_status", headers={"Accept": "application/json"})
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json == {"DatabaseConnection": {"state": "OK"}}
        assert answer.headers["Cache-Control"] == "no-store"
        assert get(port, "/nowhere").status == 404
        head = get(port, "/readyz", "HEAD")
        assert head.status == 200 and head.body == b""
        assert child.wait(10) == 0


def get_or_none(port, path):
    with contextlib.suppress(OSError):
        return get(port, path)


def test_inside_boost_beast(built):
    port = free_port()
    with running(built / "cmake-shared-gcc/beast_service", port, 3) as (child, _):
        answer = get(port, "/svc_status.json")
        assert answer.json == {"queue": {"state": "YELLOW", "detail": "long"}}
        assert get(port, "/readyz", "DELETE").headers["Allow"] == "GET, HEAD, OPTIONS"
        assert get(port, "/").headers["Content-Type"].startswith("text/html")
        assert child.wait(10) == 0


@pytest.mark.parametrize("way", ["cmake-shared-gcc", "cmake-static-clang", "pkg-config-shared-gcc"])
def test_from_c(built, way):
    with running(built / way / "watch", 0, 1) as (child, port):
        assert get(port, "/svc_status").text == "disk\tOK\tthe disk is fine\nqueue\tYELLOW\tlong"
        out, error = child.communicate(timeout=10)
        assert child.returncode == 0 and error == ""
    assert json.loads(out)["status"] == "warn"


@pytest.mark.parametrize("way", ["cmake-shared-gcc", "cmake-static-clang", "pkg-config-shared-gcc"])
def test_kinds_of_checks(built, way):
    out = run(built / way / "checks", f"file://{ROOT}/LICENSE")
    assert "passwords\tOK" in out and "disk\t" in out and "asked/1\t" in out


def test_a_log_of_spdlog(built):
    out = run(built / "pkg-config-shared-gcc/with_spdlog").splitlines()
    assert out == ['shop info [importer] state change: UNKNOWN -> OK "{} braces are no format"',
                   'shop warning [importer] state change: OK -> RED "stopped"']


# ---- a host with another Boost --------------------------------------------------------------------

def boost_1_74(folder):
    """Debian's other Boost, which cannot be installed beside ours: unpacked. Without a mirror there
    is none."""
    kept = ROOT / "build/boost1.74"
    if not (kept / "usr/include/boost/asio.hpp").exists():
        answer = subprocess.run(["apt-get", "download", "-q", "libboost1.74-dev"], cwd=folder,
                                capture_output=True, text=True)
        packages = list(folder.glob("libboost1.74-dev*.deb"))
        if answer.returncode != 0 or not packages:
            pytest.skip(f"needs libboost1.74-dev, and apt-get download says: {answer.stderr[-200:]}")
        shutil.rmtree(kept, ignore_errors=True)
        run("dpkg", "-x", packages[0], kept)
    return kept / "usr/include"


def test_a_host_with_another_boost_is_safe(prefix, tmp_path):
    include = boost_1_74(tmp_path)
    compile_one(prefix, [*GCC, "-fsanitize=address,undefined", "-g1"], "vitals-static",
                ROOT / "tests/system/library/boost_host.cpp", tmp_path / "host", "-isystem", include)
    answer = subprocess.run([tmp_path / "host"], capture_output=True, text=True, timeout=60,
                            env={"ASAN_OPTIONS": "detect_odr_violation=2"})
    assert answer.returncode == 0 and answer.stderr == "", answer.stderr
    assert answer.stdout.splitlines() == ["1_74", "HTTP/1.1 200 OK", "50"]


# ---- from another language ------------------------------------------------------------------------

HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_char), ctypes.c_size_t)
OK, DEGRADED, FAILED, UNKNOWN = range(4)
SUCCESS, INVALID, NOT_FOUND, TIMEOUT, SYSTEM = range(5)


@pytest.fixture(scope="module")
def c(prefix):
    library = ctypes.CDLL(str(library_folder(prefix) / "libvitals.so"))
    p, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32
    library.vitals_last_error.restype = text
    library.vitals_registry_create.argtypes = [text, text, ctypes.POINTER(p)]
    library.vitals_registry_destroy.argtypes = [p]
    library.vitals_set_state.argtypes = [p, text, ctypes.c_int, text]
    library.vitals_add_handler.argtypes = [p, text, HANDLER, p, number, number]
    library.vitals_remove.argtypes = [p, text]
    library.vitals_get_status.argtypes = [p, text, ctypes.POINTER(ctypes.c_int)]
    library.vitals_wait_for.argtypes = [p, text, ctypes.c_int, number]
    library.vitals_snapshot_json.argtypes = [p, ctypes.POINTER(ctypes.c_void_p)]
    library.vitals_free.argtypes = [p]
    library.vitals_decommission.argtypes = [p, text]
    library.vitals_serve.argtypes = [p, text, ctypes.POINTER(p)]
    library.vitals_server_port.argtypes = [p]
    library.vitals_server_port.restype = ctypes.c_uint16
    library.vitals_server_destroy.argtypes = [p]
    return library


@pytest.fixture
def registry(c):
    handle = ctypes.c_void_p()
    assert c.vitals_registry_create(b"shop", b"2.6.0", ctypes.byref(handle)) == SUCCESS
    yield handle
    start = time.monotonic()
    c.vitals_registry_destroy(handle)
    assert time.monotonic() - start < 1


def snapshot(c, registry):
    text = ctypes.c_void_p()
    assert c.vitals_snapshot_json(registry, ctypes.byref(text)) == SUCCESS
    document = json.loads(ctypes.string_at(text))
    c.vitals_free(text)
    return document


def test_states_and_handlers_of_another_language(c, registry):
    calls = []

    @HANDLER
    def handler(user, detail, size):
        calls.append(user)
        ctypes.memmove(detail, b"from Python\0", 12)
        return DEGRADED

    assert c.vitals_add_handler(registry, b"asked", handler, 42, 50, 1000) == SUCCESS
    assert c.vitals_set_state(registry, b"queue", OK, None) == SUCCESS
    assert c.vitals_wait_for(registry, b"asked", DEGRADED, 5000) == SUCCESS
    assert calls[0] == 42
    status = ctypes.c_int(-1)
    assert c.vitals_get_status(registry, b"queue", ctypes.byref(status)) == SUCCESS
    assert status.value == OK
    assert c.vitals_set_state(registry, b"queue", FAILED, b"stopped") == SUCCESS
    assert c.vitals_get_status(registry, b"queue", ctypes.byref(status)) == SUCCESS
    assert status.value == FAILED, "seen at once"

    def shown():
        found = {entry["componentId"]: entry for entries in snapshot(c, registry)["checks"].values()
                 for entry in entries}
        return (found.get("queue", {}).get("status") == "fail"
                and found.get("asked", {}).get("status") == "warn" and "from Python" in str(found))

    assert eventually(shown, 5), snapshot(c, registry)
    assert snapshot(c, registry)["status"] == "fail"
    assert c.vitals_remove(registry, b"queue") == SUCCESS
    assert c.vitals_remove(registry, b"asked") == SUCCESS
    assert c.vitals_get_status(registry, b"queue", ctypes.byref(status)) == NOT_FOUND


def test_served_to_everybody(c, registry):
    server = ctypes.c_void_p()
    assert c.vitals_set_state(registry, b"queue", OK, b"short") == SUCCESS
    assert c.vitals_serve(registry, b"127.0.0.1:0", ctypes.byref(server)) == SUCCESS
    port = c.vitals_server_port(server)
    assert eventually(lambda: get(port, "/svc_status").text == "queue\tOK\tshort")
    assert c.vitals_decommission(registry, b"moving out") == SUCCESS
    assert eventually(lambda: get(port, "/probe_status").status == 503)
    assert get(port, "/probe_status").text == "moving out"
    assert c.vitals_decommission(registry, b"OK") == SUCCESS
    assert eventually(lambda: get(port, "/probe_status").status == 200)
    another = ctypes.c_void_p(1)
    assert c.vitals_serve(registry, f"127.0.0.1:{port}".encode(), ctypes.byref(another)) == SYSTEM
    assert str(port) in c.vitals_last_error().decode() and not another.value
    c.vitals_server_destroy(server)
    assert get_or_none(port, "/") is None


def test_errors_are_returned_and_nothing_is_thrown(c, registry):
    status = ctypes.c_int()
    for call, code, words in (
            (lambda: c.vitals_registry_create(None, None, None), INVALID, "registry"),
            (lambda: c.vitals_set_state(None, b"a", OK, None), INVALID, "registry"),
            (lambda: c.vitals_set_state(registry, None, OK, None), INVALID, "name"),
            (lambda: c.vitals_set_state(registry, b"a", 9, None), INVALID, "status"),
            (lambda: c.vitals_set_state(registry, b"a/b/c", OK, None), INVALID, "a/b/c"),
            (lambda: c.vitals_set_state(registry, b"bad \xff", OK, None), INVALID, "UTF-8"),
            (lambda: c.vitals_add_handler(registry, b"a", HANDLER(), None, 1, 1), INVALID, "handler"),
            (lambda: c.vitals_add_handler(registry, b"a", HANDLER(lambda *_: 0), None, 0, 1), INVALID,
             "interval"),
            (lambda: c.vitals_remove(registry, b"nobody"), NOT_FOUND, "nobody"),
            (lambda: c.vitals_get_status(registry, b"nobody", ctypes.byref(status)), NOT_FOUND, "nobody"),
            (lambda: c.vitals_get_status(registry, b"nobody", None), INVALID, "status"),
            (lambda: c.vitals_wait_for(registry, b"nobody", OK, 10), TIMEOUT, "nobody"),
            (lambda: c.vitals_snapshot_json(registry, None), INVALID, "json"),
            (lambda: c.vitals_decommission(registry, None), INVALID, "text"),
            (lambda: c.vitals_serve(registry, b"nonsense", ctypes.byref(ctypes.c_void_p())), INVALID,
             "nonsense")):
        assert call() == code, words
        assert words in c.vitals_last_error().decode()
    c.vitals_registry_destroy(None)
    c.vitals_server_destroy(None)
    c.vitals_free(None)
    assert c.vitals_server_port(None) == 0


def test_a_handler_in_another_language_that_hangs(c, registry):
    release = []

    @HANDLER
    def hangs(user, detail, size):
        while not release:
            time.sleep(0.01)
        return OK

    @HANDLER
    def nonsense(user, detail, size):
        return 77

    assert c.vitals_add_handler(registry, b"hangs", hangs, None, 50, 30) == SUCCESS
    assert c.vitals_add_handler(registry, b"nonsense", nonsense, None, 50, 1000) == SUCCESS
    assert c.vitals_wait_for(registry, b"hangs", FAILED, 5000) == SUCCESS
    assert c.vitals_wait_for(registry, b"nonsense", FAILED, 5000) == SUCCESS
    release.append(True)
    assert c.vitals_wait_for(registry, b"hangs", OK, 5000) == SUCCESS


# ---- leaks ----------------------------------------------------------------------------------------

@pytest.mark.skipif(not ALL, reason="slow: ./test --all")
@pytest.mark.parametrize("name", ["worker", "thread_pool", "epoll_service", "httplib_service",
                                  "beast_service", "watch", "checks", "shop"])
def test_no_example_leaks(built, name):
    program = built / "cmake-shared-gcc" / name
    wrapper = ["valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
               "--errors-for-leak-kinds=definite,indirect,possible", "--error-exitcode=9"]
    if name in ("thread_pool", "checks"):
        answer = subprocess.run([*wrapper, program], capture_output=True, text=True, timeout=120)
        assert answer.returncode != 9, answer.stderr
        return
    port = free_port()
    arguments = [f"127.0.0.1:{port}"] if name == "shop" else [port, 2]  # two seconds, or requests
    with running(program, *arguments, wrapper=wrapper) as (child, _):
        for path in ("/readyz", "/health"):
            eventually(lambda: get_or_none(port, path), 5)
        if name == "shop":
            child.send_signal(signal.SIGTERM)
        _, error = child.communicate(timeout=120)
        assert child.returncode == 0, error
