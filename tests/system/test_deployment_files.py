"""The files of packaging/ for Kubernetes, containers and Ansible: valid by the schemas of those
systems, and in agreement with what vitals answers."""
import os
import pathlib
import re
import subprocess

import kubernetes.client as models
import pytest
import yaml

from daemon import ALL, BINARY, ROOT, run_vitals

KUBERNETES = ROOT / "packaging/kubernetes"
ROLE = ROOT / "packaging/ansible/vitals"
MODELS = {("v1", "ConfigMap"): models.V1ConfigMap, ("v1", "Secret"): models.V1Secret,
          ("v1", "Service"): models.V1Service,
          ("v1", "PersistentVolumeClaim"): models.V1PersistentVolumeClaim,
          ("apps/v1", "Deployment"): models.V1Deployment,
          ("networking.k8s.io/v1", "NetworkPolicy"): models.V1NetworkPolicy}
MANIFESTS = {file.stem: yaml.safe_load(file.read_text()) for file in sorted(KUBERNETES.glob("*.yaml"))}


def problems(value, kind, where):
    """What Kubernetes would refuse or silently ignore in a manifest, by its own description."""
    if isinstance(kind, str):
        if kind.startswith("list["):
            if not isinstance(value, list):
                return [f"{where} is no list"]
            return [each for i, one in enumerate(value)
                    for each in problems(one, kind[5:-1], f"{where}[{i}]")]
        if kind.startswith("dict("):
            inner = kind[5:-1].split(",", 1)[1].strip()
            if not isinstance(value, dict):
                return [f"{where} is no mapping"]
            return [each for name, one in value.items() for each in problems(one, inner, f"{where}.{name}")]
        if kind in ("str", "int", "bool", "float"):
            fits = {"str": str, "int": int, "bool": bool, "float": (int, float)}[kind]
            wrong = not isinstance(value, fits) or (kind == "int" and isinstance(value, bool))
            return [f"{where} is {value!r}, no {kind}"] if wrong else []
        if kind == "object":
            return [] if isinstance(value, (str, int)) else [f"{where} is {value!r}"]
        kind = getattr(models, kind)
    if not isinstance(value, dict):
        return [f"{where} is no mapping"]
    names = {written: name for name, written in kind.attribute_map.items()}
    found = [f"{where}.{name} is no field of {kind.__name__}" for name in value if name not in names]
    for name, one in value.items():
        if name in names:
            found += problems(one, kind.openapi_types[names[name]], f"{where}.{name}")
    try:    # it states itself what it requires
        kind(**{names[name]: one for name, one in value.items() if name in names})
    except ValueError as error:
        found.append(f"{where}: {error}")
    return found


@pytest.mark.parametrize("name", sorted(set(MANIFESTS) - {"kustomization", "servicemonitor"}))
def test_kubernetes_takes_the_manifest(name):
    manifest = MANIFESTS[name]
    kind = MODELS[manifest["apiVersion"], manifest["kind"]]
    assert problems(manifest, kind, name) == []


def test_the_judge_of_manifests_objects():
    deployment = yaml.safe_load((KUBERNETES / "deployment.yaml").read_text())
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["livenessprobe"] = container.pop("livenessProbe")
    container["ports"][0]["containerPort"] = "8080"
    del deployment["spec"]["selector"]
    found = "\n".join(problems(deployment, models.V1Deployment, "it"))
    for each in ("livenessprobe is no field", "'8080', no int", "`selector`"):
        assert each in found


def test_the_kustomization_lists_every_manifest():
    listed = {pathlib.Path(each).stem for each in MANIFESTS["kustomization"]["resources"]}
    assert listed == set(MANIFESTS) - {"kustomization"}


def test_the_manifests_name_each_other():
    pod = MANIFESTS["deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert MANIFESTS["deployment"]["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert MANIFESTS["service"]["spec"]["selector"].items() <= labels.items()
    assert MANIFESTS["networkpolicy"]["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    monitor = MANIFESTS["servicemonitor"]["spec"]
    assert monitor["selector"]["matchLabels"].items() <= MANIFESTS["service"]["metadata"]["labels"].items()
    assert monitor["endpoints"][0]["port"] in [each["name"] for each in MANIFESTS["service"]["spec"]["ports"]]
    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    container = pod["spec"]["containers"][0]
    assert {each["name"] for each in container["volumeMounts"]} == set(volumes)
    assert volumes["configuration"]["configMap"]["name"] == MANIFESTS["configmap"]["metadata"]["name"]
    assert volumes["secrets"]["secret"]["secretName"] == MANIFESTS["secret"]["metadata"]["name"]
    assert volumes["state"]["persistentVolumeClaim"]["claimName"] == MANIFESTS["volume"]["metadata"]["name"]


def test_the_pod_drains_before_it_is_killed_and_is_confined():
    spec = MANIFESTS["deployment"]["spec"]["template"]["spec"]
    configuration = yaml.safe_load(MANIFESTS["configmap"]["data"]["vitals.yaml"])
    drain = {name: int(value.rstrip("s")) for name, value in configuration["drain"].items()}
    assert drain["delay"] < drain["timeout"] < spec["terminationGracePeriodSeconds"]
    assert spec["securityContext"]["runAsNonRoot"] and not spec["automountServiceAccountToken"]
    context = spec["containers"][0]["securityContext"]
    assert context["readOnlyRootFilesystem"] and context["capabilities"] == {"drop": ["ALL"]}
    assert not context["allowPrivilegeEscalation"]
    assert MANIFESTS["deployment"]["spec"]["strategy"]["type"] == "Recreate"


def test_the_configuration_of_the_pod_works_with_the_probes(vitals, tmp_path):
    """As it is printed, except where it listens and where it stores things."""
    text = MANIFESTS["configmap"]["data"]["vitals.yaml"]
    mounts = {each["name"]: each["mountPath"] for each in
              MANIFESTS["deployment"]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]}
    assert f"state_dir: {mounts['state']}\n" in text
    (tmp_path / "operator").write_text(MANIFESTS["secret"]["stringData"]["operator"])
    (tmp_path / "operator").chmod(0o440)
    daemon = vitals(serving=False)
    text = text.replace("0.0.0.0:8080", f"127.0.0.1:{daemon.port}").replace(
        f"unix:{mounts['run']}/control.sock", f"unix:{daemon.socket}").replace(
        mounts["secrets"], str(tmp_path)).replace(mounts["state"], str(daemon.state)).replace(
        "kubernetes.default.svc.cluster.local", "localhost").replace("delay: 10s", "delay: 0s")
    daemon.configure(text)
    daemon.state.mkdir()
    daemon.start()
    container = MANIFESTS["deployment"]["spec"]["template"]["spec"]["containers"][0]
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        path = container[probe]["httpGet"]["path"]
        for _ in range(50):
            answer = daemon.get(path)
            if answer.status == 200:
                break
        assert answer.status == 200 or probe != "livenessProbe", (path, answer.text)
    assert daemon.becomes("dns", "ok") and daemon.get("/readyz").status == 200
    assert daemon.get("/startupz").status == 200


# ---- the container ------------------------------------------------------------------------------------

def test_the_image_is_of_the_package_alone_and_confined():
    text = (ROOT / "Containerfile").read_text()
    version = re.search(r"project\(vitals VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert f"-t vitals:{version} " in text
    assert MANIFESTS["deployment"]["spec"]["template"]["spec"]["containers"][0]["image"] == f"vitals:{version}"
    assert re.findall(r"^COPY (.*)$", text, re.M) == ["vitals_*.deb /tmp/"]
    user = re.search(r"^USER (\d+):(\d+)$", text, re.M)
    pod = MANIFESTS["deployment"]["spec"]["template"]["spec"]["securityContext"]
    assert (pod["runAsUser"], pod["runAsGroup"]) == (int(user[1]), int(user[2]))
    health = re.search(r"^HEALTHCHECK .* CMD \[(.*)\]$", text, re.M)[1]
    words = [each.strip(' "') for each in health.split(",")]
    assert run_vitals(*words[1:-1], "http://127.0.0.1:9", timeout=20).returncode == 1
    assert words[:2] == ["vitals", "status"]


# ---- Ansible --------------------------------------------------------------------------------------------

def tasks():
    return yaml.safe_load((ROLE / "tasks/main.yaml").read_text())


def playbook(*arguments):
    return subprocess.run(["ansible-playbook", "-i", "localhost,", *map(str, arguments)], text=True,
                          capture_output=True, timeout=120,
                          env={**os.environ, "ANSIBLE_ROLES_PATH": str(ROLE.parent), "LC_ALL": "C.UTF-8",
                               "ANSIBLE_LOCALHOST_WARNING": "false"})


needs_ansible = pytest.mark.skipif(not pathlib.Path("/usr/bin/ansible-playbook").exists(),
                                   reason="ansible-core is not installed (packaging/apt-package.txt)")


@needs_ansible
def test_ansible_reads_the_role():
    done = playbook("--syntax-check", ROLE.parent / "example.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_ansible
@pytest.mark.skipif(not ALL, reason="takes half a minute: ./test --all")
def test_ansible_lets_no_wrong_configuration_through(tmp_path):
    """The task of the role itself, with another folder and the program under test."""
    (task,) = [each for each in tasks() if each["name"] == "Write the configuration"]
    copy = task["ansible.builtin.copy"]
    assert copy["validate"] == "vitals validate --no-secrets -c %s"
    copy["dest"] = copy["dest"].replace("/etc/vitals/conf.d", str(tmp_path))
    copy["validate"] = copy["validate"].replace("vitals ", f"{BINARY} ", 1)
    del task["notify"]
    file = tmp_path / "play.yaml"

    def play(configuration):
        file.write_text(yaml.safe_dump([{
            "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task],
            "vars": {"vitals_configuration": {"20-shop": configuration},
                     "vitals_environment": {"SHOP_PASSWORD": "hush"}}}]))
        return playbook(file)

    good = {"components": {"shop": {"check": "redis", "url": "redis://127.0.0.1/", "password": {
        "env": "SHOP_PASSWORD"}}}}
    done = play(good)
    assert done.returncode == 0, done.stdout + done.stderr
    written = tmp_path / "20-shop.yaml"
    assert yaml.safe_load(written.read_text()) == good
    done = play({"components": {"shop": {"check": "reddis"}}})
    assert done.returncode != 0 and "reddis" in done.stdout
    assert yaml.safe_load(written.read_text()) == good, "a wrong file must not replace a right one"
