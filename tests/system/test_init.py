"""`vitals init` on a machine on which things run: it finds them, its file gives ok, and a second
time it changes nothing. The servers are real. The machine around them (/etc, /run, systemd, disks)
is a mount namespace of the test."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
import yaml

import brokers
import databases
import mariadb
import messaging
import slapd
import user_systemd
from daemon import BINARY, run_vitals
from matrix import Nginx

UNITS = {
    "backup.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "backup.timer": "[Timer]\nOnActiveSec=1ms\nOnUnitActiveSec=1h\nAccuracySec=1ms\n",
    "report.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "report.timer": "[Timer]\nOnActiveSec=1ms\nOnUnitActiveSec=24h\nAccuracySec=1ms\n",
    "shop.service": "[Service]\nExecStart=/bin/sleep 1000\n",
}

# Builds the machine around a command: a separate /etc, systemd's socket, two more disks.
AROUND = """
set -e
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/work" /etc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /media
mkdir -p /run/systemd/system
if [ -n "$2" ]; then touch /run/systemd/private; mount --bind "$2" /run/systemd/private; fi
for disk in a b; do
  if [ -e "$1/$disk.img" ]; then mkdir "/media/$disk"; mount -o loop "$1/$disk.img" "/media/$disk" || true; fi
done
cd "$1"
shift 2
exec "$@"
"""


class Machine:
    """Runs vitals as root in a namespace in which its folder's etc/ lies over /etc."""

    def __init__(self, folder, socket=""):
        self.folder, self.socket = folder, socket
        for name in ("etc", "work"):
            (folder / name).mkdir()

    def disks(self):
        for name in "ab":
            image = self.folder / f"{name}.img"
            with open(image, "wb") as file:
                file.truncate(16 << 20)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)

    def run(self, *words, timeout=60):
        return subprocess.run(
            ["unshare", "-m", "sh", "-c", AROUND, "sh", self.folder, str(self.socket), BINARY,
             *map(str, words)], capture_output=True, text=True, timeout=timeout,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})


@pytest.fixture
def machine(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, for a machine of its own")
    return Machine(tmp_path)


def certificate(path, days):
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", path.parent / "privkey.pem", "-out", path, "-days", str(days),
                    "-subj", "/CN=shop.example.org"], check=True, capture_output=True)


def components(text):
    return yaml.safe_load(text)["components"]


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """PostgreSQL, MariaDB, Redis, RabbitMQ, memcached, nginx, Mosquitto, NATS, slapd, two timers, three file systems, two certificates."""
    if os.geteuid() != 0 or not user_systemd.available():
        pytest.skip("needs root and systemd, for a machine of its own")
    folder = tmp_path_factory.mktemp("machine")
    readable = pathlib.Path(tempfile.mkdtemp(prefix="vitals-pages-"))    # to servers without privileges
    readable.chmod(0o755)
    made, manager = [], None
    try:
        secrets = folder / "certificates"
        secrets.mkdir()
        rabbitmq = brokers.RabbitMQ(brokers.make_certificates(secrets))    # takes the longest to start
        made.append(rabbitmq)
        template = databases.Template()
        made.append(template)
        postgres = databases.Postgres(template)
        made.append(postgres)
        (postgres.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")
        postgres.start()
        postgres.sql("CREATE ROLE vitals LOGIN")
        made.append(mariadb.Template())
        made.append(mariadb.MariaDb(made[-1]))
        made[-1].start().sql("CREATE USER vitals@'127.0.0.1'")
        for server in (messaging.Mosquitto(anonymous=True), messaging.Nats(anonymous=True), slapd.Slapd()):
            made.append(server)
            server.start()
        made.append(databases.Redis())
        made[-1].start()
        made.append(databases.Memcached())
        made[-1].start()
        pages = databases.certificates(readable)
        for path in pages.iterdir():
            path.chmod(0o644)
        made.append(Nginx(pages))
        made[-1].ready()
        rabbitmq.ready()
        # The state of a fresh RabbitMQ for users of the same machine.
        rabbitmq.control("add_user", "guest", "guest")
        rabbitmq.control("set_permissions", "guest", ".*", ".*", ".*")
        manager = user_systemd.UserSystemd(UNITS)
        for unit in ("backup.timer", "report.timer", "shop.service"):
            assert manager.ctl("start", unit).returncode == 0
        yield folder, manager, {each.__class__.__name__: each.port for each in made if hasattr(each, "port")}
    finally:
        if manager is not None:
            manager.close()
        for each in reversed(made):
            each.close()
        shutil.rmtree(readable)


def test_what_runs_is_found_and_green_and_stays_as_it_is(everything):
    folder, manager, ports = everything
    machine = Machine(folder, manager.socket)
    machine.disks()
    certificate(folder / "etc/letsencrypt/live/shop/fullchain.pem", 80)
    certificate(folder / "etc/ssl/shop.pem", 300)
    answer = machine.run("init")
    assert answer.returncode == 0, answer.stderr + answer.stdout
    file = folder / "vitals.yaml"
    text = file.read_text()
    found = components(text)
    urls = {each.get("url"): each["check"] for each in found.values()}
    wanted = {
        "postgres": ("postgres", f"postgresql://vitals@127.0.0.1:{ports['Postgres']}/postgres"),
        "mariadb": ("mysql", f"mysql://vitals@127.0.0.1:{ports['MariaDb']}/"),
        "mosquitto": ("mqtt", f"mqtt://127.0.0.1:{ports['Mosquitto']}"),
        "nats": ("nats", f"nats://127.0.0.1:{ports['Nats']}"),
        "slapd": ("ldap", f"ldap://127.0.0.1:{ports['Slapd']}"),
        "redis": ("redis", f"redis://127.0.0.1:{ports['Redis']}"),
        "rabbitmq": ("amqp", f"amqp://127.0.0.1:{ports['RabbitMQ']}"),
        "memcached": ("memcached", f"memcached://127.0.0.1:{ports['Memcached']}"),
        "nginx": ("http", f"http://127.0.0.1:{ports['Nginx']}/"),
    }
    missing = [name for name, (kind, url) in wanted.items() if urls.get(url) != kind]
    assert not missing, f"{missing}\n{text}"
    assert any(each["check"] == "amqp" and each["url"].startswith("amqps:") for each in found.values())
    assert any(each["check"] == "http" and each["url"].startswith("https:") for each in found.values())
    by_unit = {each.get("unit") for each in found.values()}
    assert {"backup.timer", "report.timer", "shop.service"} <= by_unit, text
    paths = {each["path"] for each in found.values() if each["check"] == "certificate"}
    assert {"/etc/letsencrypt/live", "/etc/ssl/shop.pem"} <= paths, text
    disks = {each["path"] for each in found.values() if each["check"] == "disk"}
    expected = {"/", "/media/a", "/media/b"}
    if "failed to setup loop device" in answer.stderr:
        expected = {"/"}    # no loop devices here
    assert expected <= disks, text
    assert "memory" in text and "load" in text

    # The present load of this machine is not part of the test.
    check = machine.run("check", "-c", "vitals.yaml", "*", *(["!load"] if "load" in found else []))
    assert check.returncode == 0, check.stdout + check.stderr + text
    validate = machine.run("validate", "-c", "vitals.yaml")
    assert validate.returncode == 0, validate.stderr

    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino)
    again = machine.run("init")
    assert (again.returncode, again.stdout) == (0, "vitals.yaml: nothing is new\n"), again
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before
    nothing = machine.run("init", "--diff")
    assert (nothing.returncode, nothing.stdout) == (0, "vitals.yaml: nothing is new or gone\n"), nothing
    print(answer.stdout, text)


def test_new_components_are_added_and_no_line_changes(everything, tmp_path):
    folder, manager, ports = everything
    machine = Machine(tmp_path, manager.socket)
    mine = (f"# mine\nservice: {{name: shop}}\ncomponents:\n    cache:\n        check: redis\n"
            f"        url: redis://localhost:{ports['Redis']}/3    # renamed\n    gone: {{check: tcp, url: "
            f"\"tcp://127.0.0.1:1\"}}\n\n# the end\ntokens: {{}}\n")
    file = tmp_path / "vitals.yaml"
    file.write_text(mine)
    file.chmod(0o640)
    told = machine.run("init", "--diff")
    assert told.returncode == 1, told
    assert re.search(r"^new   nginx: http, nginx listens on 127\.0\.0\.1", told.stdout, re.M), told.stdout
    assert "gone  gone: tcp, nothing listens on port 1\n" in told.stdout
    assert "redis" not in told.stdout, "it is there under another name"
    assert file.read_text() == mine
    assert machine.run("init").returncode == 0
    text = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640
    lines = iter(text.splitlines())
    assert all(line in lines for line in mine.splitlines()), "each line stands, in the same order"
    assert text.endswith("\n\n# the end\ntokens: {}\n")
    assert components(text)["nginx"]["check"] == "http"
    assert sum(each["check"] == "redis" for each in components(text).values()) == 1


def test_a_system_with_conf_d_gets_a_file_there(machine):
    """As the package installs it. Components in another file of conf.d are known."""
    folder = machine.folder / "etc/vitals/conf.d"
    folder.mkdir(parents=True)
    (machine.folder / "etc/vitals/vitals.yaml").write_text("include: conf.d/*.yaml\n")
    (folder / "50-mine.yaml").write_text("components:\n  root: {check: disk, path: /}\n")
    file = folder / "10-this-machine.yaml"
    answer = machine.run("init")
    assert answer.returncode == 0, answer
    assert answer.stdout.startswith("/etc/vitals/conf.d/10-this-machine.yaml: "), answer
    text = file.read_text()
    assert list(yaml.safe_load(text)) == ["components"] and "memory" in text
    assert "check: disk, path: /}" not in text, "50-mine.yaml has it"
    assert not (machine.folder / "vitals.yaml").exists()
    answer = machine.run("init")
    assert answer.stdout == "/etc/vitals/conf.d/10-this-machine.yaml: nothing is new\n", answer
    answer = machine.run("validate")
    assert answer.returncode == 0, answer.stderr


def test_a_check_that_does_not_pass_is_a_comment_with_the_reason(machine):
    password = databases.Redis("--requirepass", "s3cret")
    try:
        password.start()
        (machine.folder / "etc/ssl").mkdir(parents=True)
        made = machine.folder / "made"
        made.mkdir()
        shutil.copy(databases.certificates(made) / "expired.crt", machine.folder / "etc/ssl/old.pem")
        answer = machine.run("init", "--output", "conf.d/10-this-machine.yaml")
        assert answer.returncode == 74 and "cannot write conf.d/10-this-machine.yaml" in answer.stderr
        (machine.folder / "conf.d").mkdir()
        answer = machine.run("init", "--output", "conf.d/10-this-machine.yaml")
        assert answer.returncode == 0, answer
        text = (machine.folder / "conf.d/10-this-machine.yaml").read_text()
        assert list(yaml.safe_load(text)) == ["components"], "nothing that belongs to the whole"
        url = f"redis://127.0.0.1:{password.port}"
        assert (f"  # Did not pass: password required" in text and "  #     ACL SETUSER vitals on" in text
                and f': {{check: redis, url: "{url}"}}\n' in text
                and f': {{check: tcp, url: "tcp://127.0.0.1:{password.port}"}}\n' in text), text
        assert re.search(r"# Did not pass: certificate expired .*\n  # certificates/old: {check: "
                         r"certificate, path: /etc/ssl/old.pem, interval: 10m, critical: false}\n", text), text
        assert components(text)["memory"]
        assert "s3cret" not in text
        again = machine.run("init", "--output", "conf.d/10-this-machine.yaml")
        assert again.stdout == "conf.d/10-this-machine.yaml: nothing is new\n", (
            "comments count", text, (machine.folder / "conf.d/10-this-machine.yaml").read_text())
    finally:
        password.close()


def test_the_acl_that_is_named_is_enough(machine):
    """Does what init prints for Redis."""
    server = databases.Redis("--requirepass", "s3cret")
    try:
        server.start()
        machine.run("init")
        line = re.search(r"#     (ACL SETUSER vitals .*)", (machine.folder / "vitals.yaml").read_text())[1]
        words = line.replace(">PASSWORD", ">own").split()
        done = subprocess.run(["redis-cli", "-p", str(server.port), "-a", "s3cret", *words],
                              capture_output=True, text=True)
        assert done.stdout.strip() == "OK", done
        answer = run_vitals("check", f"redis://vitals:own@127.0.0.1:{server.port}")
        assert answer.returncode == 0, answer.stdout
    finally:
        server.close()


def test_checks_are_tried_as_the_user_who_will_run_them(machine):
    """A number without a user, as DynamicUser's is before the service has run."""
    secret = machine.folder / "etc/ssl/shop.pem"
    certificate(secret, 300)
    secret.chmod(0o600)
    for folder in (machine.folder / "etc", machine.folder / "etc/ssl"):
        folder.chmod(0o755)
    answer = machine.run("init", "--user", "64999")
    assert answer.returncode == 0, answer
    text = (machine.folder / "vitals.yaml").read_text()
    assert "once as uid 64999" in text
    assert "# Did not pass: not permitted to read the file" in text, text
    assert "\n  memory: {check: memory, critical: false}\n" in text
    assert machine.run("init", "--user", "nobody-here").returncode == 64


def test_without_root_checks_are_tried_as_the_present_user():
    answer = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BINARY, "init",
                             "--user", "root", "--diff"], capture_output=True, text=True, cwd="/tmp",
                            env={"PATH": "/usr/bin:/bin"}) if os.geteuid() == 0 else None
    if answer is None:
        pytest.skip("needs root, to be somebody else")
    assert answer.returncode == 64
    assert answer.stderr == "vitals init: --user: only root can try checks as another user\n"


def test_a_file_that_is_wrong_is_left_alone(tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text("components: {a: {check: nonsense}}\n")
    answer = run_vitals("init", cwd=tmp_path)
    assert answer.returncode == 78 and "vitals.yaml:1:" in answer.stderr, answer.stderr
    file.write_text("components: {a: {check: memory}}\n")
    answer = run_vitals("init", cwd=tmp_path)
    assert answer.returncode == 78
    assert "its components stand on the line of their key" in answer.stderr
    assert file.read_text() == "components: {a: {check: memory}}\n"
