"""The policy of alerts tells the same as its model: traces with the model's expectations, compared
as sets of (t, receiver, kind, key).

The model's generator made tests/golden/alerts/traces.jsonl. VITALS_ALERT_MODEL names the model's
script, if it is at hand: then VITALS_ALERT_TRACES (1000) new traces of VITALS_ALERT_SEED (1) are
compared as well.
"""
import json
import os
import subprocess
import sys

import pytest

from daemon import BINARY, ROOT

ALERT_TRACE = BINARY.parent / "alert_trace"
GOLDEN = ROOT / "tests/golden/alerts/traces.jsonl"
MODEL = os.environ.get("VITALS_ALERT_MODEL")


def expected(trace):
    """Messages as the model writes them, or as the shorter lists of the golden file."""
    return {tuple(each) if isinstance(each, list) else
            (each["t"], each["receiver"], each["kind"], each["key"]) for each in trace["expected"]}


def replayed(file):
    """For each trace in the file, what alert_trace prints."""
    assert ALERT_TRACE.exists(), f"{ALERT_TRACE} is not there: build the target alert_trace"
    answer = subprocess.run([ALERT_TRACE, file], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    told = [[]]
    for line in answer.stdout.splitlines():
        if line:
            told[-1].append(json.loads(line))
        else:
            told.append([])
    return [{(each["t"], each["receiver"], each["kind"], each["key"]) for each in messages}
            for messages in told]


def compare(file):
    with open(file) as lines:
        traces = [json.loads(line) for line in lines]
    told = replayed(file)
    assert len(told) == len(traces)
    for number, (trace, messages) in enumerate(zip(traces, told), 1):
        want = expected(trace)
        assert messages == want, (f"trace {number}: not told {sorted(want - messages)[:5]}, "
                                  f"told in addition {sorted(messages - want)[:5]}")
    return sum(len(messages) for messages in told)


def test_stored_traces_are_told_as_the_model_tells_them():
    assert compare(GOLDEN) > 1000


@pytest.mark.skipif(not MODEL, reason="VITALS_ALERT_MODEL does not name the model's script")
def test_new_traces_are_told_as_the_model_tells_them(tmp_path):
    file = tmp_path / "traces.jsonl"
    with open(file, "w") as out:
        subprocess.run([sys.executable, MODEL, "--generate", os.environ.get("VITALS_ALERT_TRACES", "1000"),
                        os.environ.get("VITALS_ALERT_SEED", "1")], stdout=out, check=True,
                       env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert compare(file) > 1000


def test_an_invalid_trace_is_refused(tmp_path):
    file = tmp_path / "traces.jsonl"
    file.write_text('{"config": 1}\n')
    answer = subprocess.run([ALERT_TRACE, file], capture_output=True, text=True)
    assert answer.returncode == 65
    assert "line 1: not a trace" in answer.stderr
