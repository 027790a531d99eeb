"""What a new thing touches: its own folder or file, and one line of one catalog. HACKING.md has the
table. Each row is counted on an existing thing: everything in src/ that mentions it by name."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"

# name of the row: (its own files, what mentions it, the catalog)
POINTS = {
    "kind of check": (
        r"^checks/websocket/",
        r"checks/websocket/|checks::websocket\b|\bkind\(websocket\)",
        "app/catalog.cpp",
    ),
    "dialect": (
        r"^dialects/badge(_test)?\.cpp$",
        r"\bdialect\(badge\)|dialects::badge\b|extern const Dialect badge\b",
        "dialects/catalog.cpp",
    ),
    "source of heartbeats": (
        r"^workers/celery/",
        r"workers/celery/|\bcelery::source\b",
        "workers/source.cpp",
    ),
    "receiver of alerts": (
        r"^alerts/receivers/gotify/",
        r"alerts/receivers/gotify/|\breceiver\(gotify\)",
        "alerts/receivers/catalog.cpp",
    ),
    "subcommand": (
        r"^cli/remove\.cpp$",
        r"\bnamed\(remove\)|subcommand::remove\b|const Subcommand remove\b",
        "cli/subcommands.cpp",
    ),
    "operation of /v1": (
        r"^endpoints/operations/reload\.cpp$",
        r"\boperation\(reload\)|const Operation reload\b",
        "endpoints/operations/catalog.cpp",
    ),
    "discovery": (
        r"^discover/backups\.cpp$",
        r"\bdiscovery\(backups\)",
        "discover/catalog.cpp",
    ),
    "option type": (r"^wire/pattern\.[ch]pp$", r"OptionText<wire::Pattern>", None),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_new_thing_is_its_own_files_and_one_catalog(point):
    own, mention, catalog = POINTS[point]
    touched, has_own = set(), False
    for path in SOURCE.rglob("*"):
        if path.suffix not in {".cpp", ".hpp"}:
            continue
        name = str(path.relative_to(SOURCE))
        if re.search(own, name):
            has_own = True
        elif not name.endswith("_test.cpp") and re.search(mention, path.read_text()):
            touched.add(name)
    assert has_own, "the sample is gone: take another one"
    assert touched == ({catalog} if catalog else set())
