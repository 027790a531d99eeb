"""What ./run serves: the health of this machine, as a page and as JSON. And what README.md shows:
its configuration and commands as they are printed there."""
import re
import signal
import subprocess

import yaml

from daemon import BINARY, ROOT, eventually, free_port, run_vitals

QUICKSTART = (ROOT / "examples/quickstart.yaml").read_text()
COMPONENTS = {"disk", "memory", "load", "sqlite", "dns", "http"}


def start(vitals):
    made = vitals(serving=False)
    made.environment = {"VITALS_ADDRESS": f"127.0.0.1:{made.port}", "VITALS_STATE": str(made.state)}
    made.configure(QUICKSTART)
    return made.start()


def test_everything_about_this_machine_is_known_soon(vitals):
    daemon = start(vitals)

    def known():
        checks = daemon.get("/health").json["checks"]
        names = {entries[0]["componentId"] for entries in checks.values()}
        statuses = {entries[0]["componentId"]: entries[0]["status"] for entries in checks.values()}
        # This machine may be full or busy. vitals' own components must be ok.
        own = all(statuses.get(name) == "pass" for name in ("sqlite", "dns", "http"))
        return names >= COMPONENTS and own and "fail" not in statuses.values()

    assert eventually(known, 20), daemon.get("/health").text
    assert (daemon.state / "quickstart.db").exists()


def test_the_page_shows_it(vitals):
    daemon = start(vitals)
    page = daemon.get("/")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    for name in COMPONENTS:
        assert name in page.text
    assert "default-src" in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text.replace("http://www.w3.org/2000/svg", "")


def test_every_dialect_that_needs_no_mapping_is_there(vitals):
    daemon = start(vitals)
    eventually(lambda: daemon.get("/startupz").status == 200)
    for path, content_type in {
            "/svc_status": "text/csv; charset=UTF-8",
            "/svc_status.json": "application/json",
            "/svc_status.prometheus": "text/plain; version=0.0.4; charset=UTF-8",
            "/probe_status": "text/plain; charset=UTF-8",
            "/livez": "text/plain; charset=utf-8",
            "/readyz": "text/plain; charset=utf-8",
            "/startupz": "text/plain; charset=utf-8",
            "/health": "application/health+json",
            "/metrics": "text/plain; version=0.0.4; charset=utf-8",
    }.items():
        answer = daemon.get(path)
        assert (path, answer.status, answer.headers["Content-Type"]) == (path, 200, content_type)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert daemon.get("/healthz/").status == 404, "it has a switch of its own"


def test_healthz_obeys_its_switch(vitals):
    made = vitals(serving=False)
    made.environment = {"VITALS_ADDRESS": f"127.0.0.1:{made.port}", "VITALS_STATE": str(made.state),
                        "ENABLE_HEALTHZ_ENDPOINT": "TRUE"}
    made.configure(QUICKSTART)
    made.start()
    assert made.get("/healthz/").status in (200, 503)
    assert made.get("/healthz/ping/").text == "pong"


def test_init_adds_what_runs_here(tmp_path):
    """As ./run does."""
    file = tmp_path / "quickstart.yaml"
    file.write_text(QUICKSTART)
    answer = run_vitals("init", "--output", file)
    assert answer.returncode == 0, answer.stderr
    text = file.read_text()
    assert text.startswith(QUICKSTART.rstrip("\n")), "no line changes"
    assert set(yaml.safe_load(text)["components"]) >= COMPONENTS
    assert run_vitals("validate", "-c", file).returncode == 0


def test_it_validates_without_any_variable():
    answer = run_vitals("validate", "-c", ROOT / "examples/quickstart.yaml")
    assert answer.returncode == 0, answer.stderr


def test_the_two_commands_explain_themselves():
    for command in ("run", "test"):
        help_text = subprocess.run([ROOT / command, "--help"], capture_output=True, text=True)
        assert help_text.returncode == 0 and "Example:" in help_text.stdout
        wrong = subprocess.run([ROOT / command, "--nonsense"], capture_output=True, text=True)
        assert wrong.returncode == 64 and "unknown argument: --nonsense" in wrong.stderr


# ---- README.md ----------------------------------------------------------------------------------

def readme(language, containing):
    text = (ROOT / "README.md").read_text()
    return next(block for block in re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
                if containing in block)


class Shell:
    """A folder with README's configuration, at a port of its own, and a shell there."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        text = readme("yaml", "# vitals.yaml")
        assert text.count("127.0.0.1:8080") == 1
        (folder / "vitals.yaml").write_text(text.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}"))
        job = folder / "import"    # the reader's own part
        job.write_text("#!/bin/sh\nexit 0\n")
        job.chmod(0o755)
        self.environment = {"PATH": f"{BINARY.parent}:/usr/bin:/bin", "LANG": "C.UTF-8"}

    def start(self, command):
        return subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=self.folder, text=True,
                                env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def run(self, command):
        done = self.start(command)
        return done.communicate(timeout=60)[0], done.returncode


def stop(process):
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=30)[0]


def test_the_readmes_first_check_works_as_printed(tmp_path):
    """Somebody may listen there or not: the document describes both."""
    command = re.findall(r"^\$ (.*)$", readme("console", "vitals check postgresql"), re.M)[0]
    output, code = Shell(tmp_path).run(command)
    assert code in range(4) and "postgresql://" in output and "redis://" in output, output
    assert "is not" not in output, output


def test_the_readmes_commands_work_as_printed(tmp_path):
    shell = Shell(tmp_path)
    commands = re.findall(r"^\$ (.*)$", readme("console", "vitals serve"), re.M)
    output, code = shell.run(commands.pop(0))
    assert code == 0 and "./vitals.yaml is valid: 5 components" in output, output
    output, code = shell.run(commands.pop(0))
    assert code in range(4) and "website" in output and "1 pushed component" in output, output
    serving = shell.start(commands.pop(0))
    try:
        assert eventually(lambda: (tmp_path / "vitals.sock").exists() and
                          shell.run("vitals status")[1] in range(4)), "it serves"
        for command in commands:
            if "--watch" in command:
                output, code = shell.run(f"timeout 2 {command}")
                assert code == 124 and "website" in output, output
                continue
            output, code = shell.run(command)
            assert code == 0, f"$ {command}\n{output}"
            if "heartbeat" in command:
                assert "ok" in shell.run("vitals status import")[0]
                assert not output, output
            if "decommission" in command:
                assert "kernel update until 14:00" in shell.run("vitals status")[0]
    finally:
        output = stop(serving)
    assert serving.returncode == 0, output
