"""A configuration of several files, of standard input, and what a reload of it would change."""
import contextlib
import json
import subprocess

import pytest
import yaml

import databases
from daemon import BINARY, ROOT, eventually, run_vitals
from test_backends import need
from test_reload import hup

DISK = {"check": "disk", "path": "/", "degraded_above": "99%", "failed_above": "99.9%"}


def split(vitals, **more):
    """A daemon whose components are in a folder beside its file."""
    daemon = vitals({"include": "conf.d/*.yaml", **more}, serving=False)
    (daemon.folder / "conf.d").mkdir()

    def part(name, text):
        (daemon.folder / "conf.d" / name).write_text(text)

    return daemon, part


def test_a_reload_reads_the_folder_again(vitals):
    daemon, part = split(vitals, components={"first": DISK})
    part("10-a.yaml", "components: {second: {check: memory, degraded_above: 99%, failed_above: 99.9%}}\n")
    daemon.start()
    assert daemon.becomes("second", "ok")
    before = daemon.components()["first"]["since"]
    part("20-b.yaml", "components: {third: {check: push}}\nworkers: {crew: {}}\n"
                      "endpoints: [{dialect: healthz, path: /third, components: third}]\n")
    hup(daemon)
    assert {"first", "second", "third", "workers/crew"} <= daemon.components().keys()
    assert eventually(lambda: daemon.get("/third").status == 503)
    assert daemon.components()["first"]["since"] == before
    (daemon.folder / "conf.d/10-a.yaml").unlink()
    assert daemon.control("POST", "/v1/reload").status == 200
    assert "second" not in daemon.components()
    part("30-c.yaml", "components: {first: {check: memory}}\n")
    answer = daemon.control("POST", "/v1/reload")
    assert answer.status == 422
    [problem] = answer.json["problems"]
    assert problem.startswith(f"{daemon.folder}/conf.d/30-c.yaml:1:14: 'first' stands here a second "
                              f"time, the first is in {daemon.file} on line ")
    assert daemon.components().keys() >= {"first", "third"}


def test_names_are_as_seen_from_the_including_file(tmp_path):
    (tmp_path / "etc/parts").mkdir(parents=True)
    (tmp_path / "etc/vitals.yaml").write_text("include: [parts/a.yaml, parts/*.yaml]\n")
    (tmp_path / "etc/parts/a.yaml").write_text("components: {a: {check: disk, path: 5, pth: 6}}\n")
    for cwd, file in ((tmp_path, "etc/vitals.yaml"), (tmp_path / "etc", "vitals.yaml")):
        answer = run_vitals("validate", file, cwd=cwd)
        assert answer.returncode == 78
        assert answer.stderr.splitlines()[-1].startswith(
            f"{file.replace('vitals.yaml', 'parts/a.yaml')}:1:40: unknown key 'pth'")


def test_where_a_configuration_comes_from(tmp_path):
    text = "components: {disk: {check: disk, path: /, degraded_above: 99%, failed_above: 99.9%}}\n"
    (tmp_path / "vitals.yml").write_text(text)
    answer = run_vitals("validate", cwd=tmp_path)
    assert answer.returncode == 78
    assert "; ./vitals.yml is there; name one with -c FILE or $VITALS_CONFIG" in answer.stderr
    answer = run_vitals("validate", "-c", "vitals.yaml", cwd=tmp_path)
    assert answer.stderr == ("vitals.yaml:1:1: cannot be read: No such file or directory; vitals.yml "
                             "is there\n")
    for words, more in ((["-c", "vitals.yml"], {}), (["vitals.yml"], {}),
                        ([], {"environment": {"VITALS_CONFIG": "vitals.yml"}})):
        answer = run_vitals("validate", *words, cwd=tmp_path, **more)
        assert answer.stdout.startswith("vitals.yml is valid: 1 component,"), answer.stderr
    answer = run_vitals("validate", "vitals.yml", "-c", "vitals.yml", cwd=tmp_path)
    assert answer.returncode == 64
    for command in (["validate", "-"], ["validate", "-c", "-"], ["check", "-c", "-"]):
        answer = run_vitals(*command, cwd=tmp_path, input=text)
        assert answer.returncode == 0, answer.stderr
    answer = run_vitals("validate", "-", input="components: {a: {check: 5}}", cwd=tmp_path)
    assert answer.stderr.startswith("<stdin>:1:25: unknown kind of check '5'")


def test_standard_input_is_read_once(vitals):
    daemon = vitals({"components": {"disk": DISK}}, serving=False)
    with open(daemon.file) as source, open(daemon.stderr, "ab") as stderr:
        daemon.process = subprocess.Popen([BINARY, "serve", "-c", "-"], stdin=source, stderr=stderr,
                                          env={"PATH": "/usr/bin:/bin"}, cwd=daemon.folder)
    daemon.wait_until_serving()
    assert daemon.becomes("disk", "ok")
    answer = daemon.control("POST", "/v1/reload")
    assert answer.status == 422
    assert answer.json["problems"] == ["<stdin>:1:1: the configuration came from standard input, which "
                                       "cannot be read again; restart vitals with the new one"]
    assert daemon.status("disk") == "ok"


# ---- what a reload would change -------------------------------------------------------------------

PACE = {"interval": "2s", "timeout": "1s"}


def differ(daemon, *more, **options):
    answer = run_vitals("validate", "--diff", "-c", daemon.file, *more, **options)
    first, *lines = answer.stdout.splitlines() or [""]
    return answer.returncode, first, lines, answer.stderr


def test_a_diff_tells_the_effect_of_a_reload(vitals):
    components = {"same": {**DISK, "tags": ["a"]}, "kept": {"check": "push"}, "goes": DISK,
                  "changes": {**DISK, "interval": "4s"}}
    daemon = vitals({"components": components, "workers": {"crew": {"timeout": "20s"}}, "defaults": PACE})
    assert daemon.control("PUT", "/v1/components/pushed", {"status": "ok"}).status == 201
    place = f"{daemon.file} against the daemon at unix:{daemon.socket}: "
    assert differ(daemon) == (0, place + "no component changes", [], "")
    file = daemon.file.read_text()
    new = {**components, "comes": {"check": "memory"}, "changes": {**DISK, "interval": "3s"}}
    del new["goes"]
    # Inherited values count the same as written ones.
    new["same"] = {"check": "disk", "path": "/", "tags": ["a"]}
    daemon.configure({"components": new, "workers": {"crew": {"timeout": "21s"}},
                      "defaults": {**PACE, "kinds": {
                          "disk": {"degraded_above": "99%", "failed_above": "99.9%"}}}})
    assert differ(daemon) == (1, place + "1 added, 2 changed, 1 dropped",
                              ["~ changes  disk", "+ comes  memory", "~ workers/crew  workers",
                               "- goes  disk"], "")
    assert daemon.components().keys() >= {"goes", "changes"}, "it changes nothing"
    hup(daemon)
    assert differ(daemon)[:2] == (0, place + "no component changes")
    daemon.file.write_text(file)
    assert differ(daemon)[0] == 1
    daemon.stop()
    assert differ(daemon)[0] == 69
    daemon.file.write_text("components: {}\nbogus: 1\n")
    assert differ(daemon)[0] == 78


def test_a_diff_needs_the_right_to_read_and_tells_no_secret(vitals):
    components = {"web": {"check": "http", "url": "http://app:s3cret@127.0.0.1:1/", "interval": "1h"},
                  "redis": {"check": "redis", "url": "redis://127.0.0.1:1", "password": "an0ther",
                            "interval": "1h"}}
    made = {"components": components, "defaults": PACE,
            "tokens": {"reader": {"secret": "r", "allow": "read"}, "pusher": {"secret": "p", "allow": "push"}}}
    daemon = vitals(made)
    url = ["--url", f"http://127.0.0.1:{daemon.port}"]
    assert differ(daemon, *url)[0] == 77
    assert differ(daemon, *url, environment={"VITALS_TOKEN": "p"})[0] == 77
    code, _, lines, stderr = differ(daemon, *url, environment={"VITALS_TOKEN": "r"})
    assert (code, lines, stderr) == (0, [], "note: secrets that are written out are not compared\n")
    before = daemon.control("GET", "/v1/definitions").text
    # Digests do not depend on values that somebody could guess.
    components["web"]["url"] = "http://app:0ther@127.0.0.1:1/"
    components["redis"]["password"] = "changed"
    daemon.configure(made)
    hup(daemon)
    assert daemon.control("GET", "/v1/definitions").text == before
    components["redis"]["password"] = {"env": "PASSWORD"}
    daemon.configure(made)
    code, _, lines, _ = differ(daemon, environment={"PASSWORD": "x"})
    assert (code, lines) == (1, ["~ redis  redis"])
    assert daemon.control("OPTIONS", "/v1/definitions").headers["Allow"] == "GET, HEAD, OPTIONS"


# ---- no value written twice -----------------------------------------------------------------------

def values_of(node):
    """Every scalar in the files, without the names of keys."""
    if isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from values_of(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from values_of(item)
    else:
        yield node.value


@pytest.mark.parametrize("name, components", [("websites", 20), ("databases", 5), ("hosts", 40)])
def test_examples_write_no_value_twice(name, components):
    file = ROOT / f"examples/{name}.yaml"
    answer = run_vitals("validate", "--no-secrets", file)
    assert f" is valid: {components} components," in answer.stdout
    values = [each for each in values_of(yaml.compose(file.read_text()))
              if each not in ("true", "false", "http", "tcp")]
    assert sorted(values) == sorted(set(values))


def test_five_databases_with_one_password(vitals):
    need("postgresql-15", databases.POSTGRES / "postgres")
    with contextlib.closing(databases.Template()) as template, \
            contextlib.closing(databases.Postgres(template)) as server:
        server.start().sql(f"CREATE ROLE app LOGIN PASSWORD '{databases.PASSWORD}'")
        for name in ("shop", "stock", "orders", "wiki", "reports"):
            server.sql(f"CREATE DATABASE {name}")
        text = (ROOT / "examples/databases.yaml").read_text().replace("interval: 10s", "interval: 300ms")
        port = server.url("app").split("@")[1].split("/")[0]
        daemon = vitals(text + "\ndrain: {delay: 0s}\n", serving=False)
        daemon.environment = {"VITALS_ADDRESS": f"127.0.0.1:{daemon.port}", "SHOP_DATABASES": port,
                              "STATE_DIRECTORY": str(daemon.state),
                              "SHOP_DATABASE_PASSWORD": databases.PASSWORD}
        daemon.start()

        def statuses():
            checks = daemon.get("/healthz/").json if daemon.get("/healthz/").status != 404 else None
            found = daemon.get("/svc_status.json").json
            return json.dumps(checks or found)

        for name in ("shop", "stock", "orders", "wiki"):
            path = f"/badge/databases%2F{name}.json"
            assert eventually(lambda path=path: daemon.get(path).json["message"] == "ok"), (
                daemon.get(path).text, statuses())
        # Nobody has made the table that the last one asks for.
        assert eventually(lambda: daemon.get("/badge/databases%2Freports.json").json["message"] == "failed")


def test_forty_hosts_are_called_by_their_names():
    answer = run_vitals("check", "-c", ROOT / "examples/hosts.yaml", "hosts/web0*", "--format", "json",
                        environment={"HOSTS_DOMAIN": "invalid"})
    found = {each["name"]: each for each in json.loads(answer.stdout)["components"]}
    assert list(found) == [f"hosts/web0{i}" for i in range(1, 10)]
    for name, each in found.items():
        assert name.removeprefix("hosts/") + ".invalid" in json.dumps(each)
