"""The rules for Prometheus and the dashboard for Grafana use only names that `/metrics` has, and
the alerts fire when they should."""
import json
import re
import shutil
import subprocess

import pytest
import yaml

from daemon import ROOT, Daemon, eventually
from nats_fleet import Nats

RULES = ROOT / "packaging/prometheus/vitals.rules.yaml"
DASHBOARD = ROOT / "packaging/grafana/vitals.json"
INCIDENTS = ROOT / "tests/prometheus/incidents.yaml"
# What Prometheus itself adds to every series, and the one metric that it makes of a scrape.
ADDED = {"job", "instance", "le", "__name__"}
ITS_OWN = {"up"}


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels():
    return json.loads(DASHBOARD.read_text())["panels"]


def expressions():
    for rule in rules():
        yield pytest.param(rule["expr"], id=rule["alert"])
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield pytest.param(target["expr"], id=f"panel {panel['title']}")
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield pytest.param(variable["definition"], id=f"variable {variable['name']}")
    for annotation in dashboard["annotations"]["list"]:
        yield pytest.param(annotation["expr"], id=f"annotation {annotation['name']}")


@pytest.fixture(scope="module")
def answered():
    """The metrics of a daemon that has everything: the labels of each metric, with their values."""
    nats = Nats(1)
    daemon = Daemon({
        "fleet": {"name": "shop", "node": "web-1", "servers": nats.urls, "interval": "500ms"},
        "components": {"databases/main": {"check": "file", "path": "/etc/hostname", "tags": ["a", "b"]},
                       "disk": {"check": "disk", "path": "/", "critical": False},
                       "web": {"check": "tcp", "url": "tcp://127.0.0.1:1"}},
        "workers": {"mail": {"timeout": "30s"}}}).start()
    assert daemon.becomes("web", "failed")
    daemon.get("/livez")
    found = {}

    def all_there():
        for name, labels in re.findall(r"^([a-z_]+)(?:\{(.*)\})? ", daemon.get("/metrics").text, re.M):
            known = found.setdefault(name, {})
            for label, value in re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels):
                known.setdefault(label, set()).add(value)
        return {"vitals_http_requests_total", "vitals_fleet_contact_age_seconds"} <= found.keys()
    assert eventually(all_there)
    yield found
    daemon.close()
    nats.close()


@pytest.mark.parametrize("expression", expressions())
def test_names_and_labels_are_those_of_the_metrics(expression, answered):
    plain = re.sub(r'"[^"]*"', '""', expression)
    plain = re.sub(r"\[[^\]]*\]", "", plain)
    metrics = set(re.findall(r"\b(?:vitals|process)_[a-z_]+", plain)) | ITS_OWN & set(plain.split("{"))
    assert metrics or "up{" in plain, "it names no metric"
    assert metrics - ITS_OWN <= answered.keys()
    known = {label for name in metrics - ITS_OWN for label in answered[name]} | ADDED
    for chosen in re.findall(r"\{([^}]*)\}", plain):
        assert set(re.findall(r"([a-z_]+)\s*(?:=|!)", chosen)) <= known
    for joined in re.findall(r"\b(?:on|by|group_left)\s*\(([^)]*)\)", plain):
        assert {each.strip() for each in joined.split(",")} <= known
    # A selector with an impossible value never selects anything.
    for name, chosen in re.findall(r"\b(vitals_[a-z_]+)\{([^}]*)\}", expression):
        for label, value in re.findall(r'([a-z_]+)="([^"$]*)"', chosen):
            if label in answered[name]:
                assert value in answered[name][label]


def test_what_a_texts_names_is_a_label(answered):
    """The labels of the expression and of the join, and no others."""
    for rule in rules():
        labels = set(ADDED)
        for name in re.findall(r"\bvitals_[a-z_]+", rule["expr"]):
            labels |= answered[name].keys()
        for text in rule["annotations"].values():
            assert set(re.findall(r"\$labels\.(\w+)", text)) <= labels, rule["alert"]


def test_each_alert_has_a_description_and_only_critical_ones_page():
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]
        assert len(rule["annotations"]["description"]) > 80, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        if rule["labels"]["severity"] == "page":
            assert 'critical="true"' in rule["expr"] or rule["alert"] == "VitalsAway"


def test_the_metrics_of_a_component_are_all_shown(answered):
    """A new metric needs a place on the dashboard, or a reason here."""
    left_out = {"vitals_component_state"}    # the same as vitals_component_status, in another form
    text = DASHBOARD.read_text()
    for name in answered:
        if name.startswith("vitals_") and name not in left_out:
            assert re.search(rf"\b{name}\b", text), f"{name} is on no panel"


def promtool(*arguments):
    return subprocess.run([shutil.which("promtool"), *map(str, arguments)], capture_output=True, text=True)


def test_promtool_accepts_the_rules():
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules())} rules found" in done.stdout


def test_every_alert_happens_when_it_should(tmp_path):
    incidents = yaml.safe_load(INCIDENTS.read_text())
    assert len(incidents["tests"]) >= 10
    expected = {each["alertname"] for test in incidents["tests"] for each in test["alert_rule_test"]
                if each.get("exp_alerts")}
    assert expected == {rule["alert"] for rule in rules()}, "each alert has an incident"
    stripped = yaml.safe_load(RULES.read_text())
    for group in stripped["groups"]:
        for rule in group["rules"]:
            del rule["annotations"]
    (tmp_path / "vitals.rules.yaml").write_text(yaml.safe_dump(stripped))
    file = tmp_path / "incidents.yaml"
    file.write_text(INCIDENTS.read_text())
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr
    file.write_text(INCIDENTS.read_text().replace("2x390", "0x390"))
    assert promtool("test", "rules", file).returncode != 0, "the judge must be able to object"


def test_the_dashboard_is_whole():
    identifiers = [panel["id"] for panel in panels()]
    assert len(set(identifiers)) == len(identifiers)
    places = set()
    for panel in panels():
        assert panel["description"] and panel["targets"]
        where = panel["gridPos"]
        assert where["x"] + where["w"] <= 24
        cells = {(x, y) for x in range(where["x"], where["x"] + where["w"])
                 for y in range(where["y"], where["y"] + where["h"])}
        assert not cells & places, f"{panel['title']} lies upon another"
        places |= cells
