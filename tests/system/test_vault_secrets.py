"""Secrets that are in a vault, and tokens that rotate, through the real daemon. Vault is a stand-in
that python3-hvac talks to as well (backends.py, test_http_backends.py)."""
import contextlib
import json
import os
import ssl
import threading

import pytest

import backends
import brokers
from daemon import ask, eventually, free_port, run_vitals

MASTER = "hvs.MASTER-of-all"
WAIT = 30


@pytest.fixture
def vault():
    with contextlib.closing(backends.Vault()) as made:
        made.tokens[MASTER] = None
        yield made


class Guarded(backends.StandIn):
    """200 for a request with the key."""

    class handler(backends.Requests):  # noqa: N801
        def do_GET(self):
            self.owner.asked += 1
            self.reply(200 if self.headers.get("X-Key") == self.owner.key else 401, b"{}")

    def __init__(self, key):
        self.key, self.asked = key, 0
        super().__init__()


@pytest.fixture
def guarded():
    with contextlib.closing(Guarded("s3cret-key")) as made:
        yield made


def section(vault, **more):
    url = vault if isinstance(vault, str) else vault.url
    return {"url": url, "token": MASTER, "interval": "200ms", "timeout": "1s", **more}


def keyed(guarded, place="kv/shop#key"):
    return {"check": "http", "url": guarded.url, "headers": {"X-Key": {"vault": place}}}


def component(daemon, name):
    return daemon.control("GET", "/v1/components/" + name.replace("/", "%2F")).json


def quiet(daemon):
    """The log and the answers for privileged readers hold no secret."""
    told = daemon.log() + daemon.control("GET", "/v1/components").text
    for secret in (MASTER, "s3cret"):
        assert secret not in told, told


def test_the_stand_in_tells_its_mounts_as_vault_does(vault):
    import hvac
    client = hvac.Client(url=vault.url, token=MASTER)
    told = client.read("sys/internal/ui/mounts/kv/shop")["data"]
    assert (told["path"], told["type"], told["options"]["version"]) == ("kv/", "kv", "2")
    vault.secrets["/v1/kv/data/gone"] = None
    with pytest.raises(hvac.exceptions.InvalidPath):
        client.secrets.kv.v2.read_secret_version(path="gone", mount_point="kv")
    with pytest.raises(hvac.exceptions.Forbidden):
        hvac.Client(url=vault.url, token="blind").read("kv/data/health")


@pytest.mark.parametrize("tells_mounts", [True, False])
def test_both_versions_of_the_engine(vitals, vault, guarded, tells_mounts):
    vault.tells_mounts = tells_mounts
    vault.name_space = "shop"
    vault.secrets["/v1/kv/data/a/b"] = {"key": "s3cret-key"}
    vault.secrets["/v1/old/a/b"] = {"key": "s3cret-key\n"}
    places = ["kv/a/b#key", "old/a/b#key"]
    if tells_mounts:  # only Vault knows where a mount ends in the path
        vault.secrets["/v1/teams/shop/kv/data/a"] = {"key": "s3cret-key"}
        places.append("teams/shop/kv/a#key")
    daemon = vitals({"vault": section(vault, namespace="shop"),
                     "components": {f"c{number}": keyed(guarded, place)
                                    for number, place in enumerate(places)}})
    for number in range(len(places)):
        assert daemon.becomes(f"c{number}", "ok", WAIT), daemon.log()
    assert daemon.becomes("vitals/secrets", "ok", WAIT)
    assert component(daemon, "vitals/secrets")["detail"] == f"{len(places)} secrets from the vault"
    quiet(daemon)


def test_a_vault_that_is_down_at_the_start_and_later(vitals, guarded):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    configuration = {
        "vault": section(url),
        "components": {"api": keyed(guarded), "free": {"check": "push"},
                       "other": {"check": "http", "url": guarded.url, "expect_status": "401"}},
        "endpoints": [{"dialect": "token_health", "namespaces": {
            "n": {"token": {"vault": "kv/shop#token"}, "components": ["other"]}}},
            {"dialect": "health_json"}]}
    daemon = vitals(configuration)
    # It serves. What needs the vault is unknown, and shows the reason to those who may know it.
    assert daemon.becomes("other", "ok", WAIT)
    why = f"X-Key: vault {url} cannot be read: connection refused"
    assert eventually(lambda: component(daemon, "api").get("error", "").startswith(why), WAIT), (
        component(daemon, "api"))
    found = component(daemon, "api")
    assert (found["status"], found["detail"]) == ("unknown", "a secret is not available")
    assert url not in daemon.get("/health").text
    assert guarded.key not in daemon.log()
    assert daemon.get("/api/health/t0ken/").status == 405
    assert daemon.becomes("vitals/secrets", "failed", WAIT)
    assert "2 of 2 secrets" in component(daemon, "vitals/secrets")["detail"]

    vault = backends.Vault(port)
    try:
        vault.tokens[MASTER] = None
        vault.secrets["/v1/kv/data/shop"] = {"key": "s3cret-key", "token": "t0ken"}
        assert daemon.becomes("api", "ok", WAIT), daemon.log()
        assert eventually(lambda: daemon.get("/api/health/t0ken/").status == 200, WAIT)
        assert daemon.becomes("vitals/secrets", "ok", WAIT)
        assert daemon.logs(f"vault {url} can be read again", WAIT)
    finally:
        vault.close()

    # Gone again: the last values stay in use, also through a reload.
    assert daemon.becomes("vitals/secrets", "degraded", WAIT)
    assert "the last values stay in use" in component(daemon, "vitals/secrets")["detail"]
    assert daemon.control("POST", "/v1/reload").status == 200
    before = guarded.asked
    assert eventually(lambda: guarded.asked > before + 4, WAIT)
    assert daemon.status("api") == "ok"
    assert daemon.get("/api/health/t0ken/").status == 200
    # Said once for each change, not in each round.
    assert daemon.log().count(f"warning vault {url} cannot be read") == 2, daemon.log()
    quiet(daemon)
    # A configuration without a vault has no such component.
    daemon.configure({"components": {"free": {"check": "push"}}})
    assert daemon.control("POST", "/v1/reload").status == 200
    assert eventually(lambda: "vitals/secrets" not in daemon.components(), WAIT)


def test_a_vault_that_misbehaves_changes_nothing(vitals, vault, guarded):
    vault.secrets["/v1/kv/data/shop"] = {"key": "s3cret-key"}
    daemon = vitals({"vault": section(vault, timeout="300ms"), "components": {"api": keyed(guarded)}})
    assert daemon.becomes("vitals/secrets", "ok", WAIT), daemon.log()
    assert daemon.becomes("api", "ok", WAIT)

    def trouble(text, end):
        assert daemon.logs(text, WAIT), daemon.log()
        assert daemon.becomes("vitals/secrets", "degraded", WAIT)
        before = guarded.asked
        assert eventually(lambda: guarded.asked > before + 2, WAIT)
        assert daemon.status("api") == "ok"
        end()
        assert daemon.becomes("vitals/secrets", "ok", WAIT), daemon.log()

    vault.state["sealed"] = True
    trouble("it is sealed", lambda: vault.state.update(sealed=False))
    for how, text in (("garbage", "not HTTP"), ("huge", "answer larger than 1MiB"),
                      ("echo", "status 500"), ("redirect", "status 307"), ("hang", "timeout in"),
                      ("page", "is no secret")):
        vault.misbehaviour = how
        trouble(text, lambda: setattr(vault, "misbehaviour", None))
    vault.tokens[MASTER] = 0
    trouble("its token is not valid", lambda: vault.tokens.update({MASTER: None}))
    quiet(daemon)


def test_an_error_of_a_secret_is_logged_once_and_recovers(vitals, vault, guarded):
    vault.secrets["/v1/kv/data/shop"] = {"other": "s3cret", "number": 1, "empty": ""}
    vault.secrets["/v1/kv/data/gone"] = None
    wrong = {"kv/shop#key": 'has no key "key"', "kv/shop#number": 'has no text as "number"',
             "kv/shop#empty": 'is empty at "empty"', "kv/nowhere#key": "does not exist",
             "kv/gone#key": "is deleted",
             "database/creds#key": "is in an engine of type database, expected kv"}
    daemon = vitals({"vault": section(vault), "components": {
        f"c{number}": keyed(guarded, place) for number, place in enumerate(wrong)}})
    for number, (place, text) in enumerate(wrong.items()):
        line = f"secret {place} {text}"
        assert daemon.logs(line + "; what needs it waits", WAIT), daemon.log()
        assert eventually(lambda n=number: line in component(daemon, f"c{n}").get("error", ""), WAIT)
        assert daemon.status(f"c{number}") == "unknown"
    asked = vault.asked
    assert eventually(lambda: vault.asked > asked + 20, WAIT)
    for place, text in wrong.items():
        assert daemon.log().count(f"warning secret {place} {text}") == 1, daemon.log()
    vault.secrets["/v1/kv/data/shop"] = dict.fromkeys(("key", "number", "empty"), "s3cret-key")
    vault.secrets["/v1/kv/data/gone"] = {"key": "s3cret-key"}
    vault.secrets["/v1/kv/data/nowhere"] = {"key": "s3cret-key"}
    for number in range(5):
        assert daemon.becomes(f"c{number}", "ok", WAIT), daemon.log()
    # Without the file, the secret keeps its last value.
    vault.secrets["/v1/kv/data/gone"] = None
    assert daemon.logs("secret kv/gone#key is deleted; its last value stays in use", WAIT)
    assert daemon.status("c4") == "ok"
    quiet(daemon)


def test_the_vaults_token_is_read_again_from_its_file(vitals, vault, guarded, tmp_path):
    vault.secrets["/v1/kv/data/shop"] = {"key": "s3cret-key"}
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text("blind\n")
    daemon = vitals({"vault": section(vault, token={"file": str(token)}),
                     "components": {"api": keyed(guarded)}})
    assert daemon.logs("secret kv/shop#key may not be read with the vault's token", WAIT)
    token.write_text(MASTER + "\n")
    assert daemon.becomes("api", "ok", WAIT), daemon.log()
    quiet(daemon)


def test_over_tls_with_an_authority_of_its_own(vitals, vault, guarded, tmp_path):
    brokers.make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    vault.server.socket = context.wrap_socket(vault.server.socket, server_side=True)
    vault.secrets["/v1/kv/data/shop"] = {"key": "s3cret-key"}
    url = f"https://localhost:{vault.port}"
    components = {"api": keyed(guarded)}
    daemon = vitals({"vault": section(url), "components": components})
    assert daemon.logs(f"vault {url} cannot be read: certificate not trusted", WAIT), daemon.log()
    daemon.configure({"vault": section(url, ca=str(tmp_path / "ca.crt")), "components": components})
    assert daemon.control("POST", "/v1/reload").status == 200
    assert daemon.becomes("api", "ok", WAIT), daemon.log()


class Clients:
    """Requests without a pause, each client over one connection, with the token that is `shown` now."""

    def __init__(self, daemon, ways, shown):
        self.daemon, self.shown, self.asked, self.refused = daemon, shown, dict.fromkeys(ways, 0), []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=each) for each in ways.items()]
        for thread in self.threads:
            thread.start()

    def run(self, name, way):
        with contextlib.closing(self.daemon.connection(WAIT)) as connection:
            while not self.over.is_set():
                token = self.shown[name]
                path, headers = way(token)
                answer = ask(connection, "GET", path, headers=headers)
                self.asked[name] += 1
                if answer.status != 200:
                    self.refused.append((name, token, answer.status, answer.body))

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def test_tokens_rotate_while_requests_run(vitals, vault, tmp_path):
    """A client that shows the old token until the new one is known, and then the new one, is never
    refused. After the overlap the old one is. From the vault and from a file, in the URL, in the
    header, and for the control API; through a reload in the middle."""
    def values(which):
        return {name: f"{which}-{name}" for name in ("url", "header", "operator")}

    file = tmp_path / "token"

    def rotate(which):
        vault.secrets["/v1/kv/data/health"] = values(which)
        fresh = tmp_path / "fresh"
        fresh.touch(mode=0o600)
        fresh.write_text(f"{which}-file\n")
        os.replace(fresh, file)

    rotate("old")
    daemon = vitals({
        "vault": section(vault), "components": {"root": {"check": "file", "path": "/"}},
        "tokens": {"operator": {"secret": {"vault": "kv/health#operator"}, "allow": ["read"],
                                "overlap": "6s"}},
        "endpoints": [
            {"dialect": "token_health", "token_overlap": "6s", "namespaces": {
                "a": {"token": {"vault": "kv/health#url"}}, "b": {"token": {"file": str(file)}}}},
            {"dialect": "token_health", "path": "/strict/", "require_authorization": True,
             "token_overlap": "6s", "namespaces": {"a": {"token": {"vault": "kv/health#header"}}}}]})
    ways = {
        "url": lambda token: (f"/api/health/{token}/?format=json", {}),
        "file": lambda token: (f"/api/health/{token}/?format=json", {}),
        "header": lambda token: (f"/strict/{token}/", {"Authorization": f"JWT {token}"}),
        "operator": lambda token: ("/v1/components", {"Authorization": f"Bearer {token}"})}

    def accepted(name, token):
        path, headers = ways[name](token)
        return daemon.get(path, headers).status == 200

    for name in ways:
        assert eventually(lambda n=name: accepted(n, f"old-{n}"), WAIT), daemon.log()
        assert not accepted(name, f"new-{name}")
    shown = {name: f"old-{name}" for name in ways}
    clients = Clients(daemon, ways, shown)
    try:
        rotate("new")
        for name in ("url", "header", "operator", "file"):
            assert eventually(lambda n=name: accepted(n, f"new-{n}"), WAIT), daemon.log()
            shown[name] = f"new-{name}"
        assert daemon.control("POST", "/v1/reload").status == 200
        for name in ways:
            assert eventually(lambda n=name: not accepted(n, f"old-{n}"), WAIT)
    finally:
        clients.stop()
    assert not clients.refused, clients.refused[:3]
    assert sum(clients.asked.values()) > 1000 and min(clients.asked.values()) > 50, clients.asked
    path, headers = ways["header"]("old-header")
    refusal = daemon.get(path, headers)
    assert (refusal.status, refusal.json) == (405, {"detail": 'Method "GET" not allowed.'})
    assert daemon.get(*ways["operator"]("old-operator")).status == 401
    log = daemon.log()
    assert "secret kv/health#url has changed in the vault, the new value is in use" in log
    for secret in [MASTER, *(f"{which}-{name}" for which in ("old", "new") for name in ways)]:
        assert secret not in log


def test_the_command_line_says_what_is_wrong(vault, guarded, tmp_path):
    vault.secrets["/v1/kv/data/shop"] = {"key": "s3cret-key"}
    file = tmp_path / "vitals.yaml"

    def run(command, place="kv/shop#key", url=vault.url, *more):
        file.write_text(json.dumps({
            "vault": section(url), "state_dir": str(tmp_path),
            "components": {"api": keyed(guarded, place), "lonely": {"check": "disk", "path": "/"}}}))
        answer = run_vitals(command, *more, "-c", file)
        assert MASTER not in answer.stdout + answer.stderr
        assert "s3cret" not in answer.stdout + answer.stderr
        return answer

    good = run("validate")
    assert (good.returncode, good.stderr) == (0, ""), good
    assert "is valid: 2 components" in good.stdout
    wrong = run("validate", "kv/shop#nothing")
    assert wrong.returncode == 78
    assert wrong.stderr.startswith(f"{file}:1:"), wrong.stderr
    assert wrong.stderr.endswith('secret kv/shop#nothing has no key "nothing"\n')
    # A vault that is away is no fault of the file, so it does not stop the daemon from starting.
    away = f"http://127.0.0.1:{free_port()}"
    down = run("validate", "kv/shop#key", away)
    assert down.returncode == 0
    assert f"warning: vault {away} cannot be read: connection refused" in down.stderr
    asked = vault.asked
    unread = run("validate", "kv/shop#nothing", vault.url, "--no-secrets")
    assert (unread.returncode, unread.stderr) == (0, ""), unread
    assert vault.asked == asked

    found = run("check")
    assert (found.returncode, found.stderr) == (0, ""), found
    found = run("check", "kv/shop#nothing")
    assert found.returncode == 3
    assert 'note: secret kv/shop#nothing has no key "nothing"' in found.stderr
    assert "a secret is not available" in found.stdout
    asked = vault.asked
    assert run("check", "kv/shop#key", away, "lonely").returncode in (0, 1, 2)
    assert run("check", "kv/shop#key", vault.url, "lonely").stderr == ""
    assert vault.asked == asked, "nothing was needed"
