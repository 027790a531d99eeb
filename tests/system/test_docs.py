"""The documents tell the truth: every configuration in them is valid, every answer in
docs/dialects.md is the program's, every link inside the tree has a target.

Answers are compared without times. After a change of the program, VITALS_WRITE_DOCS=1 writes its
present answers into docs/dialects.md. Read the difference before you commit it.
"""
import os
import pathlib
import re
import subprocess

import pytest

from daemon import BINARY, ROOT, eventually, run_vitals
from nats_fleet import Nats, Nodes

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
DIALECTS = ROOT / "docs/dialects.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named(path):
    return str(path.relative_to(ROOT))


def configurations():
    for document in DOCUMENTS:
        text = document.read_text()
        for block in BLOCK.finditer(text):
            if block[1] == "yaml" and block[2].startswith("# vitals.yaml\n"):
                line = text.count("\n", 0, block.start()) + 1
                yield pytest.param(block[2], id=f"{named(document)}:{line}")


@pytest.mark.parametrize("configuration", configurations())
def test_configurations_in_documents_are_valid(configuration, tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text(configuration)
    answer = run_vitals("validate", "--no-secrets", "-c", file)
    assert answer.returncode == 0, answer.stderr


def test_there_are_configurations():
    assert len(list(configurations())) > 10


def test_the_readme_counts_the_receivers():
    page = (ROOT / "docs/configuration.md").read_text()
    receivers = re.findall(r"^### `\w+` receiver$", page, re.MULTILINE)
    counts = re.findall(r"(\d+) kinds of receivers", (ROOT / "README.md").read_text())
    assert counts and {int(count) for count in counts} == {len(receivers)}, "README.md counts them"


def test_yaml_in_documents_says_what_it_is():
    """A block that is no whole configuration says so, so that the tests forget none."""
    for document in DOCUMENTS:
        for block in BLOCK.finditer(document.read_text()):
            if block[1] == "yaml":
                assert block[2].startswith(("# vitals.yaml\n", "# not vitals.yaml")), (
                    f"{named(document)}:\n{block[2]}")


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_somewhere(document):
    text = document.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = document.parent / path if path else document
        assert linked.exists(), f"{named(document)} links to {target}"
        if anchor and linked.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
            anchors |= set(re.findall(r'<a id="([\w-]+)">', linked.read_text()))
            assert anchor in anchors, f"{named(document)} links to {target}"


def existing_tests():
    for source in ROOT.glob("src/**/*_test.cpp"):
        for suite, name in re.findall(r"^TEST\w*\((\w+),\s*(\w+)\)", source.read_text(), re.MULTILINE):
            yield f"{suite}.{name}"
    for source in ROOT.glob("tests/system/test_*.py"):
        for name in re.findall(r"^def (test_\w+)", source.read_text(), re.MULTILINE):
            yield f"{source.stem}::{name}"


def test_every_row_of_compatibility_has_a_test():
    known, rows = set(existing_tests()), 0
    for table in (ROOT / "docs/compatibility.md").read_text().split("\n| what |")[1:]:
        for row in table.split("\n\n")[0].splitlines()[2:]:
            cells = row[1:-1].split("|")
            assert len(cells) == 5, row
            named = re.findall(r"`([^`]+)`", cells[-1])
            assert named and set(named) <= known, f"{row}\nnot there: {set(named) - known}"
            rows += 1
    assert rows > 150


def test_documents_name_commands_that_exist():
    """`vitals WORD` in a code span is a subcommand."""
    known = set(re.findall(r"^  ([a-z]+) ", run_vitals("--help").stdout, re.MULTILINE)) | {"help"}
    for document in DOCUMENTS:
        for word in re.findall(r"(?:`|^\$ |build/release/)vitals ([a-z]+)", document.read_text(),
                               re.MULTILINE):
            assert word in known, f"{named(document)}: vitals {word}"


def test_documents_name_options_that_exist():
    """`--option` in a line with `vitals COMMAND` is an option of that command."""
    for document in DOCUMENTS:
        for command, rest in re.findall(r"(?:`|^\$ |^)(?:build/release/)?vitals ([a-z]+)([^`\n|]*)",
                                        document.read_text(), re.MULTILINE):
            own = rest.split(" -- ")[0]
            text = run_vitals(command, "--help").stdout
            for option in re.findall(r"(?<!\S)(--[a-z-]+)", own):
                assert option in text, f"{named(document)}: vitals {command} {option}"


def test_documents_name_metrics_that_exist(demo):
    known = demo("curl -s 127.0.0.1:8080/metrics")
    nats = Nats(1)
    try:
        nodes = Nodes(nats, 1).complete()
        known += nodes["n1"].get("/metrics").text
        nodes.close()
    finally:
        nats.close()
    interface = (ROOT / "include/vitals/vitals.h").read_text()
    for document in DOCUMENTS:
        for name in re.findall(r"\bvitals_[a-z_]+\b", document.read_text()):
            if name in ("vitals_probe", "vitals_check", "vitals_testing") or name in interface:
                continue
            assert f"# TYPE {name} " in known or name.endswith("_test"), f"{named(document)}: {name}"


def test_programs_in_documents_compile(tmp_path):
    """With the compiler and the language version that users of the library have."""
    programs = [block[2] for document in DOCUMENTS for block in BLOCK.finditer(document.read_text())
                if block[1] == "cpp"]
    assert programs
    for number, text in enumerate(programs):
        file = tmp_path / f"{number}.cpp"
        file.write_text(text)
        done = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra",
                               f"-I{ROOT}/include", file], capture_output=True, text=True)
        assert done.returncode == 0, text + done.stderr


# ---- the examples of docs/dialects.md -----------------------------------------------------------

def without_times(text):
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
    text = re.sub(r"(?<=\s)\d\d:\d\d:\d\d(?=\s)", "CLOCK", text)
    text = re.sub(r"\b\d\d:\d\d:\d\d\b", "CLOCK", text)
    text = re.sub(r"\d+\.\d+(e-?\d+)?|\d+e-\d+", "NUMBER", text)
    text = re.sub(r"\b\d+ s\b|max-age=\d+", "AGE", text)
    text = re.sub(r"\b(\d+|NUMBER) ms\b", "TOOK", text)
    return re.sub(" +", " ", text)    # columns are as wide as their content


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """docs/demo.yaml, served; run(command) returns what a shell prints."""
    import daemon as daemons

    configuration = (ROOT / "docs/demo.yaml").read_text()
    made = daemons.Daemon(configuration)
    made.environment = {"VITALS_ADDRESS": f"127.0.0.1:{made.port}", "VITALS_CONTROL": made.socket,
                        "VITALS_STATE": str(made.state)}
    made.start()
    assert eventually(lambda: made.get("/readyz?verbose").text.count("caches/default") == 1)
    assert eventually(lambda: all(each["kind"] in ("push", "store") or "observed_at" in each
                                  for each in made.components().values()))

    # The document does this as well. Here it comes before the first command.
    made.control("PUT", "/v1/workers/pulp/scheduler@shop/heartbeat")
    assert made.becomes("workers/pulp", "ok")

    # The shell function that the document defines.
    function = re.search(r"^```sh\n(.*?)^```$", DIALECTS.read_text(), re.MULTILINE | re.DOTALL)[1]

    def run(command):
        command = function + command.replace("127.0.0.1:8080", f"127.0.0.1:{made.port}")
        command = command.replace("control.sock", made.socket)
        done = subprocess.run(["bash", "-c", command], text=True, capture_output=True, timeout=30,
                              cwd=ROOT, env={"PATH": f"{BINARY.parent}:/usr/bin:/bin", "LANG": "C.UTF-8"})
        output = done.stdout + done.stderr
        output = output.replace(f"127.0.0.1:{made.port}", "127.0.0.1:8080")
        output = output.replace(made.socket, "control.sock")
        if output and not output.endswith("\n"):
            output += "\n"
        return output

    yield run
    made.close()


def test_answers_in_the_documents_are_those_of_the_program(demo):
    text = DIALECTS.read_text()
    written, wrong = [], []
    end = 0
    for block in BLOCK.finditer(text):
        if block[1] != "console":
            continue
        made = ""
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block[2], re.MULTILINE):
            answer = demo(command)
            made += f"$ {command}\n{answer}"
            if without_times(answer) != without_times(shown):
                wrong.append(f"$ {command}\n--- the document says\n{shown}--- the program says\n{answer}")
        written.append(text[end:block.start()] + f"```console\n{made}```")
        end = block.end()
    assert written, "there are no examples"
    if os.environ.get("VITALS_WRITE_DOCS"):
        DIALECTS.write_text("".join(written) + text[end:])
        return
    assert not wrong, "if the program is right, VITALS_WRITE_DOCS=1 and this test write its answers\n" + "\n".join(wrong)
