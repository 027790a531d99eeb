"""The files for packages and systemd agree with each other and with the tree. packaging/try-package
builds and tries the packages themselves; ./test --all runs it."""
import re
import subprocess

import pytest
import yaml

from daemon import BINARY, ROOT

UNIT = ROOT / "packaging/vitals.service"
# A part of Debian's build-essential need not be named, and ccache only makes the build faster.
NOT_IN_CONTROL = {"build-essential", "ccache"}


def listed(name):
    lines = (ROOT / "packaging" / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def paragraphs():
    """debian/control: a dictionary for each paragraph."""
    for text in (ROOT / "debian/control").read_text().strip().split("\n\n"):
        yield {name: value.strip() for name, value in re.findall(
            r"^(\S+):((?:.*)(?:\n .*)*)$", text, re.M)}


def test_the_build_dependencies_are_those_of_apt_build():
    source = next(paragraphs())
    needed = {each.strip() for each in source["Build-Depends"].split(",") if each.strip()}
    assert needed == set(listed("apt-build.txt")) - NOT_IN_CONTROL | {"debhelper-compat (= 13)"}


@pytest.mark.parametrize("name", ["apt-build.txt", "apt-test.txt", "apt-bench.txt", "apt-package.txt"])
def test_lists_of_packages_are_sorted_and_name_each_once(name):
    assert listed(name) == sorted(set(listed(name)))


def test_versions_and_names_agree():
    version = re.search(r"project\(vitals VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    changes = (ROOT / "debian/changelog").read_text()
    assert re.match(r"vitals \(([\d.]+)", changes)[1] == version
    major, minor, _ = version.split(".")
    name = f"libvitals{major}.{minor}" if major == "0" else f"libvitals{major}"
    assert [each["Package"] for each in list(paragraphs())[1:]] == ["vitals", name, "libvitals-dev"]
    assert (ROOT / f"debian/{name}.install").exists()


def test_the_package_has_a_configuration_that_only_includes():
    assert yaml.safe_load((ROOT / "packaging/vitals.yaml").read_text()) == {"include": "conf.d/*.yaml"}


@pytest.mark.parametrize("name", ["postinst", "postrm"])
def test_maintainer_scripts_are_valid(name):
    script = ROOT / f"debian/vitals.{name}"
    assert subprocess.run(["dash", "-n", script]).returncode == 0
    assert "\n#DEBHELPER#\n" in script.read_text()


# ---- the unit -----------------------------------------------------------------------------------------

def systemd_analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True)


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    unit = tmp_path / "vitals.service"
    unit.write_text(UNIT.read_text().replace("/usr/bin/vitals", str(BINARY)))
    found = systemd_analyze("verify", unit)
    assert (found.returncode, found.stderr) == (0, "")
    unit.write_text(unit.read_text().replace("WatchdogSec=20s", "WatchdogSec=often"))
    assert "Failed to parse" in systemd_analyze("verify", unit).stderr, "the judge must be able to object"


def test_the_unit_is_confined():
    threshold = re.search(r"^EXPOSURE = (\d+)", (ROOT / "packaging/try-package").read_text(), re.M)[1]
    options = ("--offline=true", "--no-pager")
    judged = systemd_analyze("security", *options, f"--threshold={threshold}", UNIT)
    assert judged.returncode == 0, judged.stdout
    assert systemd_analyze("security", *options, "--threshold=5", UNIT).returncode != 0


def test_the_check_before_the_start_has_the_secrets_and_forbids_nothing():
    """A vault that refuses one secret must not stop the daemon from starting."""
    unit = UNIT.read_text()
    assert re.findall(r"^ExecStartPre=(.*)$", unit, re.M) == \
        ["-/usr/bin/vitals validate -c /etc/vitals/vitals.yaml"]
    assert re.findall(r"^EnvironmentFile=(.*)$", unit, re.M) == ["-/etc/vitals/environment"]
    assert "DynamicUser=yes" in unit


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_package_brings_completion_for(shell):
    rules = (ROOT / "debian/rules").read_text()
    file = re.search(rf"completion {shell} > (\S+)", rules)[1].replace("$(built)", "build/debian")
    assert re.search(rf"^{re.escape(file)} usr/share/{shell}", (ROOT / "debian/vitals.install").read_text(),
                     re.M)
