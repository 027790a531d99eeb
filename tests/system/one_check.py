"""One run of one check, by the real binary, and what the test expects of it."""
import json
import time

from daemon import SLOWER, run_vitals

DEADLINE = 2.0


def checker(folder, secrets=()):
    """check(kind, ...) runs one component once: its part of the JSON answer, which shows no secret."""
    def check(kind, timeout=f"{DEADLINE}s", **options):
        file = folder / "vitals.yaml"
        file.write_text(json.dumps({
            "state_dir": str(folder / "state"),
            "components": {"it": {"check": kind, "timeout": timeout, **options}}}))
        began = time.monotonic()
        answer = run_vitals("check", "-c", file, "--format", "json")
        took = time.monotonic() - began
        assert answer.returncode in (0, 1, 2, 3), answer.stdout + answer.stderr
        assert took < float(timeout.removesuffix("s")) + 0.5 * SLOWER
        for secret in secrets:
            assert secret not in answer.stdout + answer.stderr
        (component,) = json.loads(answer.stdout)["components"]
        return component
    return check


def expect(found, status, error_class=None, phase=None, detail=None):
    what = json.dumps(found, indent=1)
    assert found["status"] == status, what
    if error_class:
        assert found["error_class"] == error_class, what
    if phase:
        assert found["failed_phase"] == phase, what
    if detail:
        assert detail in found["detail"], what
