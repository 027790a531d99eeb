"""`vitals replay`: what another configuration would have told about the runs in the history."""
import json
import os
import socket
import sqlite3
import time

import pytest

from daemon import eventually, free_port, run_vitals
from webhooks import telling


def watching(receiver, port, **policy):
    made = telling(receiver, components=(), wait="300ms", hold="1s")
    made["components"] = {"db": {"check": "tcp", "url": f"tcp://127.0.0.1:{port}", "timeout": "500ms",
                                 "interval": "200ms", "retry_interval": "200ms", "critical": True, **policy}}
    return made


@pytest.fixture
def night(vitals, receiver):
    """A daemon that saw a failure of two seconds, told it, and has ended."""
    port = free_port()
    listener = socket.create_server(("127.0.0.1", port))
    daemon = vitals(serving=False)
    daemon.configure(watching(receiver, port))
    daemon.start()
    assert daemon.becomes("db", "ok")
    time.sleep(1)
    listener.close()
    assert eventually(lambda: len(receiver.got) == 1)
    time.sleep(2)
    with socket.create_server(("127.0.0.1", port)):
        assert eventually(lambda: len(receiver.got) == 2, 15)
        time.sleep(1)
        daemon.stop()
    daemon.watched = port
    return daemon


def replayed(daemon, configuration, *more):
    file = daemon.folder / "other.yaml"
    file.write_text(json.dumps({**configuration, "state_dir": str(daemon.state)}))
    file.chmod(0o600)
    return run_vitals("replay", "-c", file, *more)


def messages(answer):
    assert answer.returncode == 0, answer.stderr
    return [(each["kind"], each["told"], each["would_be_told"]) for each in json.loads(answer.stdout)["messages"]]


def test_the_same_configuration_would_have_told_the_same(night, receiver):
    answer = replayed(night, watching(receiver, night.watched), "--format", "json")
    assert messages(answer) == [("problem", True, True), ("resolved", True, True)]
    report = json.loads(answer.stdout)
    assert report["runs"] > 10 and report["without_runs"] == report["unknown"] == []
    assert len(receiver.got) == 2, "a replay tells nobody"


def test_a_more_patient_one_would_have_told_nothing(night, receiver):
    answer = replayed(night, watching(receiver, night.watched, failures=60), "--format", "json")
    assert messages(answer) == [("problem", True, False), ("resolved", True, False)]
    answer = replayed(night, watching(receiver, night.watched, failures=60))
    assert "- " in answer.stdout and "0 messages would have come as it came ( ), 0 more (+), 2 not (-)" in answer.stdout
    assert "s of the 7 d asked for; 'history: {raw: ...}' says how long single runs are kept" in answer.stdout


def test_one_that_tells_more_people_would_have_told_more(night, receiver):
    more = watching(receiver, night.watched)
    more["alerts"]["receivers"]["pager"] = more["alerts"]["receivers"]["hook"]
    answer = replayed(night, more)
    assert "2 messages would have come as it came ( ), 2 more (+), 0 not (-)" in answer.stdout
    assert [line.split()[2:4] for line in answer.stdout.splitlines() if line.startswith("+ ")] == [
        ["problem", "pager"], ["resolved", "pager"]]


def test_it_names_the_limits_of_its_answer(night, receiver):
    other = watching(receiver, night.watched)
    other["components"]["new"] = other["components"].pop("db")
    answer = replayed(night, other)
    assert "no run is kept of: new\n" in answer.stdout and "not in this configuration: db\n" in answer.stdout


def test_without_a_history(tmp_path, receiver):
    file = tmp_path / "vitals.yaml"
    file.write_text(json.dumps({**watching(receiver, 1), "state_dir": str(tmp_path / "none")}))
    file.chmod(0o600)
    answer = run_vitals("replay", "-c", file)
    assert answer.returncode == 69 and "the history cannot be read" in answer.stderr
    os.mkdir(tmp_path / "none")
    sqlite3.connect(tmp_path / "none/vitals.db").close()
    answer = run_vitals("replay", "-c", file)
    assert answer.returncode == 69 and "no such table" in answer.stderr
    (tmp_path / "none/vitals.db").write_bytes(b"x" * 8192)
    answer = run_vitals("replay", "-c", file)
    assert answer.returncode == 69 and "not a database" in answer.stderr
