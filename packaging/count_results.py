"""Counts what JUnit files (GoogleTest's and pytest's) say.

usage: count_results.py NAME PATH...    prints `NAME passed failed skipped unstable`, names each
failure on stderr. A PATH that does not exist counts as one failure: its program died before it
could write.

What failed is run a second time, and that run's file lies in `again/` beside PATH. A test that
passes then is counted as passed and as unstable, and is named: on a busy machine some wait too
briefly, but it may also be a race in vitals, and somebody should look.
"""
import os
import sys
import xml.etree.ElementTree as ElementTree


def cases(path):
    """Yields (name, element) of each test case of one file."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        yield f"{case.get('classname', '')}.{case.get('name', '')}", case


def has_failed(case):
    return case.find("failure") is not None or case.find("error") is not None


def passed_again(path):
    """The names of the tests that passed when they were run a second time."""
    again = os.path.join(os.path.dirname(path), "again", os.path.basename(path))
    try:
        return {name for name, case in cases(again) if not has_failed(case)}
    except (OSError, ElementTree.ParseError):
        return set()


def count(path):
    """(passed, failed, skipped, unstable) of one file."""
    passed = failed = skipped = unstable = 0
    again = passed_again(path)
    try:
        found = list(cases(path))
    except (OSError, ElementTree.ParseError) as error:
        name = os.path.splitext(os.path.basename(path))[0]
        print(f"FAILED {name}: left no results ({error})", file=sys.stderr)
        return 0, 1, 0, 0
    for name, case in found:
        if has_failed(case) and name in again:
            passed += 1
            unstable += 1
            print(f"UNSTABLE {name}: failed, and passed when it was run again", file=sys.stderr)
        elif has_failed(case):
            failed += 1
            print(f"FAILED {name}", file=sys.stderr)
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
            reason = case.find("skipped")
            text = (reason.get("message") or "").splitlines() if reason is not None else []
            print(f"skipped {name}: {text[0] if text else 'disabled'}", file=sys.stderr)
        else:
            passed += 1
    return passed, failed, skipped, unstable


def main():
    totals = [sum(column) for column in zip(*(count(path) for path in sys.argv[2:]), (0, 0, 0, 0))]
    print(sys.argv[1], *totals)


main()
