"""LDAP: the check against slapd, well and broken."""
import pytest

from daemon import eventually
from databases import run
from slapd import Slapd
from test_backends import certificates, check, is_failed, is_ok, need, server  # noqa: F401

@pytest.fixture
def slapd(server):  # noqa: F811
    need("slapd", "slapd")
    return lambda *settings, **more: server(Slapd, *settings, **more)


def test_log_in_and_look_up(check, slapd):  # noqa: F811
    own = slapd()
    found = is_ok(check("ldap", **own.options()))
    assert found["detail"] == "lets this user in and answers"
    assert is_ok(check("ldap", url=own.url()))["detail"] == "answers; nobody logs in"
    is_ok(check("ldap", url=own.url("")))
    is_failed(check("ldap", **own.options(password="wrong")), "auth", "wrong user or password")
    is_failed(check("ldap", **own.options(user="cn=nobody,dc=x")), "auth", "wrong user or password")
    for base in ("o=missing,dc=x", "o=hidden,dc=x"):
        is_failed(check("ldap", **own.options(base)), "assertion",
                  "the base does not exist, or is hidden from this user")
    found = check("ldap", **own.options(user="nonsense"))
    assert (found["status"], found["error_class"]) == ("unknown", "local"), found


def test_ldap_over_tls(check, slapd, certificates):  # noqa: F811
    ca = {"ca": str(certificates / "ca.crt")}
    own = slapd("security simple_bind=64", tls=(certificates, "good"))
    is_failed(check("ldap", **own.options()), "auth", "wants TLS before passwords")
    is_ok(check("ldap", **own.options(), starttls="required", tls=ca))
    is_ok(check("ldap", **{**own.options(), "url": f"ldaps://127.0.0.1:{own.tls_port}/dc=x"}, tls=ca))
    is_failed(check("ldap", **own.options(), starttls="required"), "tls", "certificate not trusted")
    expired = slapd(tls=(certificates, "expired"))
    is_failed(check("ldap", **expired.options(), starttls="required", tls=ca), "tls", "certificate expired")
    other = slapd(tls=(certificates, "other"))
    is_failed(check("ldap", **other.options(), starttls="required", tls=ca), "tls",
              "certificate is for another name")
    plain = slapd()
    found = is_failed(check("ldap", **plain.options(), starttls="required", tls=ca), "tls", "TLS is not offered")
    assert found["failed_phase"] == "starttls"


def test_a_replica_is_judged_by_its_source(vitals, check, slapd):  # noqa: F811
    need("ldap-utils", "ldapmodify")
    source = slapd(overlay="overlay syncprov\nrootdn cn=root,dc=x\nrootpw s3cret\n")
    replica = slapd(overlay=f"""rootdn cn=root,dc=x
syncrepl rid=001 provider=ldap://127.0.0.1:{source.port} type=refreshAndPersist retry="1 +"
  searchbase=dc=x bindmethod=simple binddn=cn=root,dc=x credentials=s3cret
overlay syncprov
""")

    def change(text):
        file = source.write("m.ldif", "dn: dc=x\nchangetype: modify\nreplace: description\n"
                                      f"description: {text}\n")
        made = run("ldapmodify", "-x", "-H", f"ldap://127.0.0.1:{source.port}", "-D", "cn=root,dc=x", "-w", "s3cret",
                   "-f", file)
        assert made.returncode == 0, made.stderr

    change("one")
    watched = {**replica.options(), "source": f"ldap://127.0.0.1:{source.port}"}
    bounds = {"degraded_above": "1s", "failed_above": "1h"}
    assert eventually(lambda: check("ldap", **watched, **bounds)["properties"].get("lag_seconds") == 0, 20)
    found = is_ok(check("ldap", **watched, **bounds))
    assert found["detail"] == "lets this user in and answers"
    daemon = vitals({"components": {"it": {"check": "ldap", **watched, **bounds, "interval": "200ms"}}})
    assert daemon.becomes("it", "ok"), daemon.components()
    # Its link to the source is cut: it still answers from its data.
    own = slapd(overlay="overlay syncprov\nrootdn cn=root,dc=x\nrootpw s3cret\n")
    change("two")
    behind = {**own.options(), "source": f"ldap://127.0.0.1:{source.port}", "failed_above": "1s"}
    assert eventually(lambda: check("ldap", **behind)["status"] == "failed")
    found = check("ldap", **behind)
    assert (found["status"], found["failed_phase"]) == ("failed", "source"), found
    assert found["detail"].endswith(" behind its source"), found
    # A server that has all its data, and more, is not behind.
    assert eventually(lambda: check("ldap", **watched, **bounds)["properties"].get("lag_seconds") == 0, 20)
    with source.stopped():
        found = check("ldap", **watched, **bounds)
        assert (found["status"], found["detail"]) == (
            "degraded", "how far it is behind is not known: the source does not answer"), found
    source.kill()
    assert daemon.becomes("it", "degraded"), daemon.components()
    assert "how far it is behind is not known: the source" in daemon.components()["it"]["detail"]
    plain = slapd()
    found = check("ldap", **{**own.options(), "source": f"ldap://127.0.0.1:{plain.port}"})
    assert found["detail"] == "how far it is behind is not known: the source shows no contextCSN to this user"


def test_ldap_hung_and_restarted(vitals, check, slapd):  # noqa: F811
    own = slapd()
    with own.stopped():
        found = check("ldap", **own.options())
        assert (found["error_class"], found["failed_phase"]) == ("timeout", "auth"), found
    daemon = vitals({"components": {"it": {"check": "ldap", **own.options(), "interval": "1h"}}})
    assert daemon.becomes("it", "ok"), daemon.components()
    own.restart()
    assert daemon.control("POST", "/v1/components/it/run").json["status"] == "ok"
    own.kill()
    assert daemon.control("POST", "/v1/components/it/run").json["status"] == "failed"
