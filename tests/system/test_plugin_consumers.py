"""Nagios 4 and Icinga 2 run the real commands as plugins: the state and the headline that they show."""
import json
import pathlib
import re
import shutil
import subprocess
import time

import pytest

import daemon as daemons

NAGIOS = """
log_file={d}/nagios.log
cfg_file={d}/objects.cfg
object_cache_file={d}/objects.cache
status_file={d}/status
status_update_interval=1
nagios_user={user}
nagios_group={group}
check_external_commands=0
command_file={d}/commands
lock_file={d}/lock
temp_file={d}/temporary
temp_path={d}
check_result_path={d}/spool
query_socket={d}/socket
service_inter_check_delay_method=n
host_inter_check_delay_method=n
service_interleave_factor=1
retain_state_information=0
interval_length=1
enable_notifications=0
"""

NAGIOS_BASE = """
define timeperiod {{
 timeperiod_name always
 alias always
 {days}
}}
define command {{
 command_name nothing
 command_line /bin/true
}}
define contact {{
 contact_name nobody
 service_notification_commands nothing
 host_notification_commands nothing
 service_notification_period always
 host_notification_period always
 service_notification_options n
 host_notification_options n
}}
define host {{
 host_name here
 address 127.0.0.1
 max_check_attempts 1
 check_period always
 contacts nobody
}}
"""

NAGIOS_SERVICE = """
define command {{
 command_name {name}
 command_line {line}
}}
define service {{
 host_name here
 service_description {name}
 check_command {name}
 check_period always
 check_interval 60
 retry_interval 60
 max_check_attempts 1
 contacts nobody
}}
"""

ICINGA = """
include <itl>
const NodeName = "here"
object CheckerComponent "checker" {{ }}
object PerfdataWriter "results" {{
  service_perfdata_path = "{d}/results"
  service_temp_path = "{d}/results.new"
  host_perfdata_path = "{d}/hosts"
  host_temp_path = "{d}/hosts.new"
  rotation_interval = 1s
  service_format_template = "@$service.name$ $service.state_id$ $service.output$"
}}
object Host "here" {{
  check_command = "dummy"
}}
"""

ICINGA_SERVICE = """
object CheckCommand "{name}" {{
  command = {command}
}}
object Service "{name}" {{
  host_name = "here"
  check_command = "{name}"
  check_interval = 1s
}}
"""


def owner():
    run = lambda what: subprocess.run(["id", what], capture_output=True, text=True).stdout.strip()
    return run("-un"), run("-gn")


def by_nagios(folder, commands):
    """What Nagios shows of each command: (state, first line, further lines)."""
    user, group = owner()
    (folder / "spool").mkdir()
    days = "\n ".join(f"{day} 00:00-24:00" for day in (
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
    (folder / "nagios.cfg").write_text(NAGIOS.format(d=folder, user=user, group=group))
    (folder / "objects.cfg").write_text(NAGIOS_BASE.format(days=days) + "".join(
        NAGIOS_SERVICE.format(name=name, line=" ".join(map(str, words)))
        for name, words in commands.items()))

    def shown():
        status = folder / "status"
        found = {}
        for block in re.findall(r"servicestatus \{(.*?)\n\t\}", status.read_text() if status.exists() else "", re.S):
            pairs = dict(line.strip().partition("=")[::2] for line in block.strip().splitlines())
            if pairs["has_been_checked"] == "1":
                found[pairs["service_description"]] = (
                    int(pairs["current_state"]), pairs["plugin_output"], pairs["long_plugin_output"])
        return found if len(found) == len(commands) else None
    return run_until(["nagios4", folder / "nagios.cfg"], shown, folder)


def by_icinga(folder, commands):
    user, group = owner()
    configuration = folder / "icinga2.conf"
    configuration.write_text(ICINGA.format(d=folder) + "".join(
        ICINGA_SERVICE.format(name=name, command=json.dumps([str(word) for word in words]))
        for name, words in commands.items()))
    places = [f"Configuration.{key}={folder}" for key in ("DataDir", "CacheDir", "InitRunDir", "LogDir", "SpoolDir")]
    places += [f"Configuration.PidPath={folder}/pid", f"Configuration.RunAsUser={user}",
               f"Configuration.RunAsGroup={group}"]

    def shown():
        text = "".join(each.read_text() for each in sorted(folder.glob("results.[0-9]*")))
        found = {}
        for part in text.split("@")[1:]:
            name, state, output = part.split(" ", 2)
            first, _, rest = output.strip().partition("\n")
            found[name] = (int(state), first, rest)
        return found if len(found) == len(commands) else None
    defines = [word for place in places for word in ("-D", place)]
    return run_until(["icinga2", "daemon", "-x", "warning", "-c", configuration, *defines], shown, folder)


def run_until(command, shown, folder):
    with open(folder / "output", "wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        found = daemons.eventually(lambda: shown() or server.poll() is not None, timeout=30, pause=0.2)
        assert isinstance(found, dict), (folder / "output").read_text()
        return found
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.parametrize("consumer, program", [(by_nagios, "nagios4"), (by_icinga, "icinga2")])
def test_states_and_headlines(vitals, tmp_path, consumer, program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    good, bad = {"check": "exec", "command": ["/bin/true"]}, {"check": "exec", "command": ["/bin/false"]}
    broken = {"check": "exec", "command": ["sh", "-c", "echo 'it | broke'; exit 2"]}
    files = {}
    for name, components in {"fine": {"one": good}, "slow": {"one": good, "two": bad},
                             "broken": {"one": broken, "two": bad, "three": {"check": "push"}}}.items():
        files[name] = tmp_path / f"{name}.yaml"
        files[name].write_text(json.dumps({"components": components}))
    daemon = vitals({"components": {"one": {**broken, "interval": "1s"}}})
    assert daemon.becomes("one", "failed")
    check = [daemons.BINARY, "check", "--format", "nagios", "-c"]
    status = [daemons.BINARY, "status", "--nagios", "--url"]
    folder = tmp_path / "consumer"
    folder.mkdir()
    found = consumer(folder, {
        "fine": [*check, files["fine"]], "slow": [*check, files["slow"]],
        "broken": [*check, files["broken"]], "usage": [*check, files["fine"], "--bogus"],
        "running": [*status, f"unix:{daemon.socket}"], "gone": [*status, "http://127.0.0.1:1"]})
    states = {name: (state, first.split(" - ")[0]) for name, (state, first, _) in found.items()}
    assert states == {
        "fine": (0, "VITALS OK"), "slow": (1, "VITALS WARNING"), "broken": (2, "VITALS CRITICAL"),
        "usage": (3, "VITALS UNKNOWN"), "running": (2, "VITALS CRITICAL"), "gone": (3, "VITALS UNKNOWN")}, found
    assert found["broken"][1].startswith("VITALS CRITICAL - 1/2 failing: one (it)"), found
    assert "--bogus" in found["usage"][1], found
