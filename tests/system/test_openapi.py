"""The control API keeps to its own description, checked by an independent reader of JSON Schema."""
import jsonschema
import pytest

COMPONENTS = {"components": {"memory": {"check": "memory", "degraded_above": "99%",
                                        "failed_above": "99.9%"},
                             "refused": {"check": "tcp", "url": "tcp://127.0.0.1:1"}},
              "workers": {"mail": {"source": "push"}}}


@pytest.fixture
def daemon(vitals):
    made = vitals(COMPONENTS)
    assert made.becomes("memory", "ok") and made.becomes("refused", "failed")
    return made


@pytest.fixture
def document(daemon):
    return daemon.get("/v1/openapi.json").json


def validator(document, schema):
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": document["components"]},
        format_checker=jsonschema.FormatChecker())


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def schema_of(content):
    (media,) = content["content"].items()
    return media[0], media[1]["schema"]["$ref"].rsplit("/", 1)[1]


def test_every_schema_is_one(document):
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        validator(document, name)
    identifiers = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(identifiers) == len(set(identifiers))


def test_every_answer_is_as_described(daemon, document):
    sent = {"pushComponent": {"status": "degraded", "detail": "slow", "ttl": 60,
                              "properties": {"queued": 7, "rate": 0.5, "on": True, "of": "x"}},
            "putHeartbeat": {"sent": 1420231198, "leaving": False},
            "putHeartbeats": {"workers": ["a", {"name": "b", "leaving": True}]},
            "startJob": {"run": "1"},
            "endJob": {"run": "1", "exit_code": 1, "how": "refused", "took": 2.5, "output": "x"},
            "logJob": {"output": "x"},
            "putDrain": {"text": "maintenance"},
            "announce": {"text": "release 2.6.1", "component": "memory"},
            "acknowledgeIncident": {"reason": "mine", "by": "ann"},
            "noteIncident": {"text": "a disk is full", "state": "identified", "public": True},
            "createSilence": {"match": "db/*", "duration": "1h", "reason": "why"},
            "createMaintenance": {"match": ["db/*"], "duration": 3600, "reason": "why"},
            "beginSession": {"token": "none"},
            "exchangeWithPeer": {"rank": 1},
            "putFleetDrain": {"text": "maintenance"}}
    for path, method, operation in operations(document):
        for name in ("memory", "refused", "job", "no such"):
            # A stream does not end.
            if operation["operationId"] in ("reload", "listEvents"):
                continue
            body = sent.get(operation["operationId"])
            if "requestBody" in operation:
                assert body is not None, f"`sent` in this test has no body for {operation['operationId']}"
                _, schema = schema_of(operation["requestBody"])
                validator(document, schema).validate(body)
            target = path.replace("{name}", name.replace(" ", "%20"))
            target = target.replace("{group}", "mail").replace("{worker}", "w").replace("{id}", "x-1")
            answer = daemon.control(method, target, body)
            described = operation["responses"].get(str(answer.status))
            assert described, f"{method} {target}: {answer.status} is not described: {answer.text}"
            if "content" not in described:
                assert answer.body == b""
                continue
            media, schema = schema_of(described)
            assert answer.headers["Content-Type"] == media
            validator(document, schema).validate(answer.json)


def test_refused_requests_are_described_as_wrong(daemon, document):
    for schema, path, bodies in [
            ("Push", "/v1/components/job",
             [{}, {"status": "OK"}, {"status": "ok", "more": 1}, {"status": "ok", "ttl": 0},
              {"status": "ok", "detail": 1}, {"status": "ok", "properties": []}]),
            ("DrainChange", "/v1/drain", [{}, {"text": ""}, {"text": 1}, {"text": "x", "y": 1}]),
            ("Heartbeat", "/v1/workers/mail/w/heartbeat",
             [{"sent": "now"}, {"leaving": 1}, {"x": 1}]),
            ("Heartbeats", "/v1/workers/mail/heartbeats",
             [{}, {"workers": 1}, {"workers": [1]}, {"workers": [{}]}])]:
        for body in bodies:
            assert not validator(document, schema).is_valid(body), (schema, body)
            answer = daemon.control("PUT", path, body)
            assert answer.status == 400, (schema, body, answer.text)
            validator(document, "Problem").validate(answer.json)
