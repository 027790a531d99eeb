"""LDAP: the check against slapd, well and broken."""
import pytest

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
