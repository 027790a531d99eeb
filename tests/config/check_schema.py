#!/usr/bin/python3
"""Checks the configuration's JSON Schema with an independent validator.

usage: check_schema.py SCHEMA.json GOOD.yaml...

The schema must be one, accept the files named, and refuse those of this folder whose shape is
wrong. What no schema can see (references, duplicates, secrets at hand) is not asked of it.
"""
import json
import pathlib
import sys

import jsonschema
import yaml

WRONG_SHAPE = """
bad-booleans bad-choices bad-durations bad-lists bad-names bad-numbers bad-percentages bad-sizes
bad-workers component-is-text empty-required endpoint-values many-at-once missing-required
misspelt-required-key no-kind not-a-mapping secret-forms section-of-wrong-shape
section-without-value token-without-secret unknown-dialect unknown-key unknown-key-far unknown-kind
unknown-kind-far unknown-nested-key unknown-section unknown-section-far value-missing
""".split()


def main(schema_file, *good):
    schema = json.loads(pathlib.Path(schema_file).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    complaints = []
    for name in good:
        document = yaml.safe_load(pathlib.Path(name).read_bytes())
        for error in validator.iter_errors(document):
            best = jsonschema.exceptions.best_match([error])
            complaints.append(f"{name}: {best.json_path}: {best.message}")
    folder = pathlib.Path(__file__).parent
    for name in WRONG_SHAPE:
        document = yaml.safe_load((folder / f"invalid-{name}.yaml").read_bytes())
        if validator.is_valid(document):
            complaints.append(f"invalid-{name}.yaml is accepted by the schema")
    print("\n".join(complaints) or f"schema: {len(good)} accepted, {len(WRONG_SHAPE)} refused")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
