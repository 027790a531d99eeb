"""Every kind of check that talks to a backend against every fault. Each cell has the right status,
class and phase within its deadline, and only the healthy one is ok.

docs/checks.md shows the results. After a change of a check, VITALS_WRITE_DOCS=1 writes its tables
anew. Read the difference before you commit it. VITALS_TEST_SLACK=SECONDS gives cells more time than
this machine's measured lateness."""
import difflib
import json
import os
import re

import pytest

import matrix
from daemon import ALL, ROOT, SLOWER, eventually, run_vitals

PAGE = ROOT / "docs/checks.md"
TABLES = {"healthy and wire": [*matrix.HEALTHY, *matrix.WIRE], "server": [*matrix.SERVER],
          "certificates": [*matrix.TLS]}


@pytest.fixture(scope="module")
def found():
    made = matrix.Matrix()
    try:
        yield made.run_all()
    finally:
        made.close()


def cells(found, faults):
    for row in found.rows:
        for fault in faults:
            if (row.name, fault) in found.found:
                yield row, fault, found.found[row.name, fault]


def test_the_healthy_are_ok(found):
    for row, fault, cell in cells(found, matrix.HEALTHY):
        assert cell["status"] == "ok", f"{row.name}, {fault}: {cell}"
    assert all((row.name, "healthy") in found.found for row in found.rows)


def test_nobody_else_is(found):
    wrong = [f"{row.name}, {fault}: {cell}" for row, fault, cell in cells(found, matrix.FAULTS)
             if cell["status"] != "failed" and (cell["status"], fault) != ("degraded", "full")]
    assert not wrong, "\n".join(wrong)


def test_each_fault_has_its_class_and_a_phase(found):
    wrong = [f"{row.name}, {fault}: {cell}" for row, fault, cell in cells(found, matrix.FAULTS)
             if cell.get("error_class", "") not in matrix.FAULTS[fault]
             or (cell["status"] == "failed" and not cell.get("failed_phase"))]
    assert not wrong, "\n".join(wrong)


def test_each_cell_ends_with_its_deadline(found):
    wrong = [f"{row.name}, {fault}: {cell['duration_seconds']} s of {found.allowed(row, fault)}"
             for row, fault, cell in cells(found, [*matrix.HEALTHY, *matrix.FAULTS])
             if cell["duration_seconds"] > found.allowed(row, fault)]
    assert not wrong, "\n".join(wrong)


def test_most_cells_are_there(found):
    """A cell without a result has a reason, and every row has its faults."""
    for row in found.rows:
        for fault in matrix.FAULTS:
            assert (row.name, fault) in found.found or found.reasons[row.name, fault]
        seen = [fault for fault in matrix.FAULTS if (row.name, fault) in found.found]
        assert len(seen) >= 9, f"{row.name}: only {seen}"


def written(found):
    """The page with the present tables."""
    text = PAGE.read_text()
    for name, faults in TABLES.items():
        text, replaced = re.subn(rf"(<!-- table: {name} -->\n).*?(<!-- end -->\n)",
                                 lambda match: match[1] + found.table(faults) + match[2],
                                 text, flags=re.DOTALL)
        assert replaced == 1, f"docs/checks.md has no table '{name}'"
    return text


def test_the_page_shows_what_is_found(found):
    for faults in TABLES.values():
        print(found.table(faults))
    text = written(found)
    if os.environ.get("VITALS_WRITE_DOCS"):
        PAGE.write_text(text)
        return
    here, there = PAGE.read_text().splitlines(), text.splitlines()
    different = list(difflib.unified_diff(here, there, "docs/checks.md", "found", lineterm="", n=0))
    assert not different, "see VITALS_WRITE_DOCS in this file\n" + "\n".join(different)


def test_the_page_has_a_section_for_each_kind(found):
    sections = set(re.findall(r"^### `(\w+)`$", PAGE.read_text(), re.MULTILINE))
    assert {row.kind for row in found.rows} <= sections


# ---- drilled ------------------------------------------------------------------------------------

def test_the_drill_sees_every_fault_of_every_kind(found):
    """`vitals drill` over a configuration with all kinds that talk to a backend."""
    components = {row.name: {**found.component(row, "stopped"), "timeout": f"{int(3000 * SLOWER)}ms"}
                  for row in found.rows}
    file = found.folder / "drill.yaml"
    file.write_text(json.dumps({"components": components, "state_dir": str(found.folder / "drilled")}))
    answer = run_vitals("drill", "-c", file, "--format", "json", timeout=280)
    for secret in (matrix.PASSWORD, "wrong-secret"):
        assert secret not in answer.stdout + answer.stderr
    report = json.loads(answer.stdout)
    cannot = {each["name"]: each["cannot_be_drilled"] for each in report["components"]
              if "cannot_be_drilled" in each}
    wrong = [f"{each['name']}, {fault['fault']}: {fault['verdict']} {fault['status']} {fault['error_class']}"
             f" {fault['detail']} {fault.get('after_the_fault', '')}"
             for each in report["components"] for fault in each["faults"] if fault["verdict"] != "seen"]
    assert not wrong, "\n".join(wrong)
    assert set(cannot) <= {"ping"}, cannot
    assert report["faults"] == report["seen"] >= 8 * (len(found.rows) - len(cannot))


# ---- in a daemon, for many rounds ---------------------------------------------------------------

def faulty(found):
    """The whole matrix except what is stopped or alarmed for a while."""
    components = {}
    for row in found.rows:
        for fault in (*matrix.HEALTHY, *matrix.FAULTS):
            made = found.component(row, fault)
            if fault not in ("refused", "stopped") and not matrix.alarmed(row, fault) and not isinstance(made, str):
                components[f"{row.name}/{fault}"] = {**made, "interval": "400ms", "timeout": "300ms"}
    return components


def rounds(daemon):
    """The number of checks of the component that was checked least."""
    runs = {}
    for line in daemon.get("/metrics").text.splitlines():
        if match := re.match(r'vitals_check_runs_total\{.*component="([^"]+)".*\} (\d+)', line):
            runs[match[1]] = runs.get(match[1], 0) + int(match[2])
    return min((count for name, count in runs.items() if "/" in name and "vitals/" not in name),
               default=0)


def figures(daemon):
    return (daemon.figure("process_open_fds"), daemon.figure("process_resident_memory_bytes"))


def test_rounds_leave_nothing_behind(found, vitals):
    nothing = {"components": {"it": {"check": "push", "ttl": "1h"}}}
    daemon = vitals(nothing)
    assert eventually(lambda: daemon.status("it"))
    at_rest = figures(daemon)[0]
    components = faulty(found)
    assert len(components) > 200

    def go_through(number):
        """Descriptors and memory meanwhile, in many measurements."""
        daemon.configure({"components": components})
        assert daemon.control("POST", "/v1/reload").status in (200, 204), daemon.log()
        seen = []

        def enough():
            seen.append(figures(daemon))
            return rounds(daemon) >= number

        assert eventually(enough, 30 + 10 * number, 0.2), rounds(daemon)
        daemon.configure(nothing)
        assert daemon.control("POST", "/v1/reload").status in (200, 204), daemon.log()
        assert eventually(lambda: figures(daemon)[0] <= at_rest + 2, 30), (
            f"{figures(daemon)[0]} descriptors, {at_rest} at rest")
        return seen

    early = go_through(4)
    late = go_through(1000 if ALL else 8)
    most = lambda samples, which: max(each[which] for each in samples)  # noqa: E731
    assert most(late, 0) < most(early, 0) + 200, (most(early, 0), most(late, 0))
    if SLOWER == 1:
        # The allocator's reserve depends on how many runs coincided; a leak of each run adds up.
        assert most(late, 1) < most(early, 1) + 64_000_000, (most(early, 1), most(late, 1))
        third = len(late) // 3
        assert not ALL or most(late[-third:], 1) < most(late[:third], 1) * 1.15 + 8_000_000, late
    assert eventually(lambda: found.drill.open() == 0, 30), (
        f"{figures(daemon)[0]} descriptors, {at_rest} at rest; {found.drill.left()}")
