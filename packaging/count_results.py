"""Counts what JUnit files (GoogleTest's and pytest's) say.

usage: count_results.py NAME PATH...    prints `NAME passed failed skipped`, names each failure on
stderr. A PATH that does not exist counts as one failure: its program died before it could write.
"""
import os
import sys
import xml.etree.ElementTree as ElementTree


def count(path):
    """(passed, failed, skipped) of one file."""
    passed = failed = skipped = 0
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        name = os.path.splitext(os.path.basename(path))[0]
        print(f"FAILED {name}: left no results ({error})", file=sys.stderr)
        return 0, 1, 0
    for case in root.iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            print(f"FAILED {name}", file=sys.stderr)
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
            reason = case.find("skipped")
            text = (reason.get("message") or "").splitlines() if reason is not None else []
            print(f"skipped {name}: {text[0] if text else 'disabled'}", file=sys.stderr)
        else:
            passed += 1
    return passed, failed, skipped


def main():
    totals = [sum(column) for column in zip(*(count(path) for path in sys.argv[2:]), (0, 0, 0))]
    print(sys.argv[1], *totals)


main()
