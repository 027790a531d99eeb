"""slapd for tests, as brokers.py has its servers."""
from brokers import Server, answers
from daemon import free_port
from databases import PASSWORD, run

ENTRIES = """dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: o=hidden,dc=x
objectClass: organization
o: hidden

dn: cn=probe,dc=x
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: probe
userPassword: %s
""" % PASSWORD


class Slapd(Server):
    """dc=x, with cn=probe,dc=x (password PASSWORD), which does not see o=hidden,dc=x. It has TLS
    also at `tls_port`, if there is a certificate."""

    USER = "cn=probe,dc=x"

    def __init__(self, settings="", tls=None, overlay=""):
        super().__init__("slapd")
        self.port, self.tls_port = free_port(), free_port()
        self.addresses = f"ldap://127.0.0.1:{self.port}"
        self.make("data")
        secured = ""
        if tls is not None:
            folder, name = tls
            for end in ("crt", "key"):
                self.write(f"{name}.{end}", (folder / f"{name}.{end}").read_text())
            secured = f"TLSCertificateFile {self.folder}/{name}.crt\nTLSCertificateKeyFile {self.folder}/{name}.key\n"
            self.addresses += f" ldaps://127.0.0.1:{self.tls_port}"
        self.write("s.conf", f"""include /etc/ldap/schema/core.schema
pidfile {self.folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
{secured}{settings}
database mdb
suffix dc=x
directory {self.folder}/data
access to dn.subtree="o=hidden,dc=x" by * none
access to attrs=userPassword by anonymous auth
access to * by * read
{overlay}""")
        self.write("e.ldif", ENTRIES)
        made = run("slapadd", "-f", self.folder / "s.conf", "-l", self.folder / "e.ldif")
        assert made.returncode == 0, made.stderr

    def start(self):
        self.spawn("slapd", "-f", self.folder / "s.conf", "-h", self.addresses, "-d", "0")
        return self.wait(lambda: answers(self.port))

    def restart(self):
        self.kill()
        self.processes.clear()
        return self.start()

    def url(self, base="dc=x"):
        return f"ldap://127.0.0.1:{self.port}/{base}"

    def options(self, base="dc=x", user=USER, password=PASSWORD):
        return {"url": self.url(base), "user": user, "password": password}
