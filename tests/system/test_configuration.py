"""Every wrong configuration, with its exact message; the schema against independent validators."""
import json
import os
import pathlib
import re

import jsonschema
import pytest
import yaml

from daemon import ROOT, run_vitals

FOLDER = ROOT / "tests/config"
INVALID = sorted(FOLDER.glob("invalid-*.yaml"))
EXAMPLES = sorted((ROOT / "examples").glob("**/*.yaml"))


@pytest.fixture(scope="module")
def schema():
    answer = run_vitals("schema")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_there_are_many():
    assert len(INVALID) >= 40


@pytest.mark.parametrize("file", INVALID, ids=lambda file: file.stem)
def test_wrong_configuration(file):
    # The name that a user in its folder would give, so that messages hold no path of a machine.
    answer = run_vitals("validate", "-c", file.name, cwd=FOLDER)
    expected = file.with_suffix(".expected")
    shown = expected.read_text() if expected.exists() else ""
    if os.environ.get("VITALS_WRITE_GOLDEN") and answer.stderr != shown:
        expected.write_text(answer.stderr)
        pytest.fail(f"wrote {expected.name}; read the difference, then run again without VITALS_WRITE_GOLDEN")
    assert answer.stderr == shown, "if the messages are right, write the file with VITALS_WRITE_GOLDEN=1"
    assert answer.returncode == 78
    assert answer.stdout == ""
    for line in answer.stderr.splitlines():
        assert re.match(rf"({re.escape(file.name)}|parts/[\w-]+\.yaml):\d+:\d+: .", line), line


@pytest.mark.parametrize("file", INVALID[:3], ids=lambda file: file.stem)
def test_serve_and_check_refuse_it_alike(file):
    expected = file.with_suffix(".expected").read_text()
    for command in ("serve", "check"):
        answer = run_vitals(command, "-c", file.name, cwd=FOLDER)
        assert (answer.returncode, answer.stderr) == (78, expected)


def test_celery_s_fanout_prefix_has_one_rule_for_checks_and_for_workers(tmp_path):
    (tmp_path / "vitals.yaml").write_text(
        "components:\n"
        "  queue: {check: celery, url: 'redis://127.0.0.1/0', fanout_prefix: shop.}\n"
        "workers:\n"
        "  pulp: {source: celery, url: 'redis://127.0.0.1/0', fanout_prefix: shop.}\n")
    answer = run_vitals("validate", "-c", "vitals.yaml", cwd=tmp_path)
    problem = ("'fanout_prefix' is no prefix that kombu can read again; expected one such as /{db}. with "
               "a slash before it and its only dot behind it, or false\n")
    assert answer.stderr == f"vitals.yaml:2:69: {problem}vitals.yaml:4:69: {problem}"
    assert answer.returncode == 78


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        ('http, url: "http://h/"', "expect_body"),
        ('tcp, url: "tcp://h:1"', "expect"),
        ('websocket, url: "ws://h/"', "expect"),
        ("file, path: /a", "contains"),
    ],
)
def test_a_pattern_that_is_none_is_refused(kind, option, tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text(f'components: {{a: {{check: {kind}, {option}: "/(/"}}}}\n')
    answer = run_vitals("validate", "-c", file)
    assert answer.returncode == 78
    assert f"'{option}' is not a regular expression of RE2: missing ): (" in answer.stderr


def test_a_file_that_is_not_there():
    answer = run_vitals("validate", "-c", "/nonexistent/vitals.yaml")
    assert answer.returncode == 78
    assert "/nonexistent/vitals.yaml" in answer.stderr and "No such file" in answer.stderr


def test_the_schema_is_one(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: str(file.relative_to(ROOT)))
def test_examples_are_valid_by_the_schema_and_by_vitals(schema, file):
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(file.read_text()))
    answer = run_vitals("validate", "--no-secrets", "-c", file)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("text", [
    "componets: {}",
    "components: {a: {check: memory, intervall: 5s}}",
    "components: {a: {check: nonsense}}",
    "components: {a: {check: http}}",
    "listeners: [{adress: '127.0.0.1:1'}]",
    "defaults: {failures: 0}",
])
def test_the_schema_refuses_each_file_that_vitals_refuses(schema, text, tmp_path):
    assert not jsonschema.Draft202012Validator(schema).is_valid(yaml.safe_load(text))
    file = tmp_path / "vitals.yaml"
    file.write_text(text)
    assert run_vitals("validate", "-c", file).returncode == 78


def documented_configurations():
    """The YAML blocks of the documentation that are whole configurations."""
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        if page.exists():
            for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S)):
                if re.search(r"^components:", block, re.M) and not block.startswith("# not vitals.yaml"):
                    yield pytest.param(block, id=f"{page.name}-{number}")


@pytest.mark.parametrize("block", documented_configurations())
def test_documented_configurations_are_valid(block, tmp_path):
    file = pathlib.Path(tmp_path / "vitals.yaml")
    file.write_text(block)
    answer = run_vitals("validate", "--no-secrets", "-c", file)
    assert answer.returncode == 0, answer.stderr
