"""The manual pages: they exist for every command, each reader can read them, and they have no mistake."""
import re
import subprocess

import pytest

from daemon import run_vitals


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    made = run_vitals("man", folder, environment={"SOURCE_DATE_EPOCH": "1795000000"})
    assert made.returncode == 0 and not made.stdout, made.stderr
    return folder


def commands():
    listed = run_vitals("--help").stdout.split("\nCommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+)", listed, re.MULTILINE)


def tool(*words):
    return subprocess.run(list(map(str, words)), text=True, capture_output=True, timeout=60,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                               "MANWIDTH": "100", "MAN_KEEP_FORMATTING": "", "TERM": "dumb"})


def test_there_is_one_for_the_program_each_command_and_the_configuration(pages):
    assert {page.name for page in pages.iterdir()} == {
        "vitals.1", "vitals.yaml.5", *(f"vitals-{command}.1" for command in commands())}
    assert len(commands()) >= 16


def test_groff_and_mandoc_find_no_mistake(pages):
    for page in sorted(pages.iterdir()):
        answer = tool("groff", "-man", "-ww", "-z", "-Kutf8", page)
        assert (answer.returncode, answer.stderr) == (0, ""), page.name
        answer = tool("mandoc", "-Tlint", "-Wstyle", page)
        # Pages that are not installed on this machine cannot be followed. The line of NAME, the
        # fourth, is long if the sentence is: apropos needs it in one piece.
        said = [line for line in (answer.stdout + answer.stderr).splitlines()
                if "referenced manual not found" not in line and "mandoc: outdated mandoc.db" not in line
                and not (":4:" in line and "longer than 80 bytes" in line)]
        assert not said, said[:10]


def test_man_shows_them_and_apropos_knows_what_they_are_for(pages):
    for page in sorted(pages.iterdir()):
        shown = tool("man", "-l", page)
        assert shown.returncode == 0 and "NAME" in shown.stdout, (page.name, shown.stderr)
        named = tool("lexgrog", page)
        assert named.returncode == 0, (page.name, named.stdout)
        assert re.search(rf'"{re.escape(page.name.rsplit(".", 1)[0])} - .{{10,}}"', named.stdout), named.stdout


def test_they_agree_with_the_help(pages):
    for command in commands():
        page = (pages / f"vitals-{command}.1").read_text().replace("\\-", "-")
        for option in re.findall(r"(--[a-z-]+)", run_vitals(command, "--help").stdout.split("\nOptions:\n")[1].split("\n\n")[0]):
            assert option in page, (command, option)
    configuration = tool("man", "-l", pages / "vitals.yaml.5").stdout
    for word in ("depends_on", "expect_status", "Kinds of check".upper(), "vitals-validate(1)"):
        assert word in configuration, word


def test_a_directory_that_cannot_be_made_is_told():
    answer = run_vitals("man", "/proc/nowhere/man")
    assert answer.returncode == 74 and answer.stderr.startswith("vitals man: /proc/nowhere/man: "), answer.stderr
