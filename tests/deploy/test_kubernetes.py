"""The manifests are what Kubernetes' own client takes, ask for no privilege, and have every setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from blocks.prefect_api.run_manifest import job_of
from blocks.prefect_api.work_pool import KIND, KIND_OF_PODS
from blocks.settings import ROOT, WORK_POOL
from deployments.setup.production_secrets import Site, files
from tests.deploy.dockerfile import instructions
from tests.deploy.named import CLIENT, SERVER, SEVERAL, wrong
from tests.deploy.strict import model_of, unknown
from tests.project.test_packaging import PROJECT

FOLDER = ROOT / "deploy" / "kubernetes"
ALL: list[dict[str, Any]] = [
    one for path in sorted(FOLDER.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())
]


def name_of(manifest: dict[str, Any]) -> str:
    """Its name; where the cluster makes that, what it begins with."""
    about = manifest["metadata"]
    return str(about["name"] if "name" in about else about["generateName"].removesuffix("-"))


NAMES = [f"{one['kind']}/{name_of(one)}" for one in ALL]
RUNNING = {name_of(one): one["spec"]["template"]["spec"] for one in ALL if one["kind"] in {"Deployment", "Job"}}
SERVERS = ("prefect-migrate", "prefect-api", "prefect-services")
# Its runs are in pods of their own, so it needs nothing but Prefect and the cluster.
OF_PODS = "worker-of-pods"
CLIENTS = ("register", "worker", "console", "run", OF_PODS)


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {name_of(one): one for one in ALL if one["kind"] == kind}


def container(name: str) -> dict[str, Any]:
    (only,) = RUNNING[name]["containers"]
    assert isinstance(only, dict)
    return only


def environment(name: str) -> dict[str, str]:
    """What its process gets: of the ConfigMap, and of the file that the entrypoint reads."""
    (source,) = container(name)["envFrom"]
    given: dict[str, str] = dict(of_kind("ConfigMap")[source["configMapRef"]["name"]]["data"])
    held = files(Site())[given["ENVIRONMENT_FILE"].removeprefix("/secrets/")]
    assert isinstance(held, str)
    return {**given, **dict(re.findall(r"^([A-Z_]+)='(.*)'$", held, re.MULTILINE))}


@pytest.mark.parametrize("manifest", ALL, ids=NAMES)
def test_the_client_knows_every_field(manifest: dict[str, Any]) -> None:
    assert list(unknown(manifest, model_of(manifest).__name__)) == []
    if manifest["kind"] != "Namespace":
        assert manifest["metadata"]["namespace"] == "rekey"


def test_a_field_that_there_is_not_would_be_found() -> None:
    broken = deepcopy(of_kind("Deployment")["worker"])
    pod = broken["spec"]["template"]["spec"]
    pod["containers"][0]["securityContext"]["readOnlyRootFileSystem"] = True
    pod["containers"][0]["ports"][0]["containerPort"] = "8080"
    del broken["spec"]["selector"]
    found = " ".join(unknown(broken, "V1Deployment"))
    assert "readOnlyRootFileSystem is no field" in found
    assert "containerPort is no int" in found
    assert "selector" in found


def test_all_that_is_asked_for_runs() -> None:
    assert set(RUNNING) == {*SERVERS, *CLIENTS}
    assert of_kind("Deployment")["prefect-api"]["spec"]["replicas"] == 2
    assert of_kind("Deployment")["worker"]["spec"]["replicas"] == 2
    # The work pool that `rekey register` makes takes no other kind of worker.
    for name, kind in (("worker", KIND), (OF_PODS, KIND_OF_PODS)):
        assert container(name)["args"][:7] == ["prefect", "worker", "start", "--pool", WORK_POOL, "--type", kind]
    assert container("run")["args"] == ["prefect", "flow-run", "execute"]
    assert container("prefect-api")["args"] == ["prefect", "server", "start", "--no-services"]
    assert container("prefect-services")["args"] == ["prefect", "server", "services", "start"]


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_has_every_setting(name: str) -> None:
    assert wrong(environment(name), {**SERVER, **SEVERAL}) == {}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_worker_has_every_setting_and_not_what_is_the_servers(name: str) -> None:
    assert wrong(environment(name), CLIENT) == {}
    secrets = {one["secret"]["secretName"] for one in RUNNING[name]["volumes"] if "secret" in one}
    assert secrets == {"rekey"} | ({"vendors"} if name == "register" else set())


@pytest.mark.parametrize("name", RUNNING)
def test_a_pod_has_no_privilege(name: str) -> None:
    pod, only = RUNNING[name], container(name)
    (user,) = (one.rest for one in instructions(ROOT / "deploy" / "Dockerfile") if one.name == "USER")
    outer = pod["securityContext"]
    assert f"{outer['runAsUser']}:{outer['runAsGroup']}" == user
    assert (outer["runAsNonRoot"], outer["seccompProfile"]) == (True, {"type": "RuntimeDefault"})
    assert pod["automountServiceAccountToken"] is (name == OF_PODS)
    assert ("serviceAccountName" in pod) == (name == OF_PODS)
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert only["image"] == f"rekey:{PROJECT['version']}"
    assert {"cpu", "memory"} <= set(only["resources"]["requests"])
    assert "memory" in only["resources"]["limits"]


@pytest.mark.parametrize("name", RUNNING)
def test_whatever_is_mounted_is_a_volume_that_nobody_but_it_reads(name: str) -> None:
    volumes = {one["name"]: one for one in RUNNING[name]["volumes"]}
    assert {one["name"] for one in container(name)["volumeMounts"]} == set(volumes)
    for one in volumes.values():
        if "secret" in one:
            assert one["secret"]["defaultMode"] == 0o440
    mounted = {one["mountPath"] for one in container(name)["volumeMounts"]}
    given = environment(name)
    assert str(given["ENVIRONMENT_FILE"]).rpartition("/")[0] in mounted
    assert given["PREFECT_HOME"].startswith("/var/lib/rekey/")
    if name in CLIENTS:
        assert ({given["REKEY_CONFIG"], "/etc/rekey/catalog.toml"} <= mounted) == (name != OF_PODS)


@pytest.mark.parametrize("name", of_kind("Deployment"))
def test_what_listens_is_asked(name: str) -> None:
    probes = {kind for kind in ("startupProbe", "livenessProbe", "readinessProbe") if kind in container(name)}
    listens = "ports" in container(name)
    assert ({"startupProbe", "livenessProbe"} <= probes) == listens
    assert ("readinessProbe" in probes) == (name in of_kind("Service"))


def selected() -> Iterator[tuple[str, dict[str, str]]]:
    for one in ALL:
        spec = one.get("spec", {})
        if one["kind"] == "Service":
            yield f"Service/{name_of(one)}", spec["selector"]
        elif one["kind"] in {"Deployment", "PodDisruptionBudget"}:
            yield f"{one['kind']}/{name_of(one)}", spec["selector"]["matchLabels"]
        elif one["kind"] == "NetworkPolicy" and spec["podSelector"]:
            yield f"NetworkPolicy/{name_of(one)}", spec["podSelector"]["matchLabels"]


@pytest.mark.parametrize(("who", "labels"), list(selected()), ids=lambda one: one if isinstance(one, str) else "")
def test_whoever_selects_finds_a_pod_of_its_name(who: str, labels: dict[str, str]) -> None:
    found = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in ALL
        if one["kind"] in {"Deployment", "Job"} and name_of(one) == who.split("/")[1]
    ]
    assert found
    assert [pod for pod in found if not labels.items() <= pod.items()] == []


def test_nobody_asks_what_is_not_named() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert set(policies) == {"nobody", *of_kind("Service")}


@pytest.mark.parametrize("name", CLIENTS)
def test_whoever_asks_prefect_is_let_in(name: str) -> None:
    """A run by a label of its own: Prefect's worker writes over app.kubernetes.io/name (prefect-kubernetes 0.8.0)."""
    (template,) = (
        one["spec"]["template"] for one in ALL if one["kind"] in {"Deployment", "Job"} and name_of(one) == name
    )
    labels = template["metadata"]["labels"]
    (rule,) = of_kind("NetworkPolicy")["prefect-api"]["spec"]["ingress"]
    named, of_runs, _ = (one.get("podSelector") for one in rule["from"])
    (values,) = (one["values"] for one in named["matchExpressions"])
    if name == "run":
        assert of_runs["matchLabels"].items() <= labels.items()
        assert [one for one in of_runs["matchLabels"] if "app.kubernetes.io/" in one] == []
    else:
        assert labels["app.kubernetes.io/name"] in values


def test_rekey_takes_the_manifest_of_a_run() -> None:
    found = job_of(FOLDER / "run.yaml")
    assert {"run", "catalog"} <= {one["name"] for one in found["spec"]["template"]["spec"]["volumes"]}
    assert found["metadata"]["namespace"] == "rekey"


def test_the_worker_of_pods_may_make_jobs_and_reads_no_secret() -> None:
    (rules,) = (one["rules"] for one in of_kind("Role").values())
    may = {(one, verb) for rule in rules for one in rule["resources"] for verb in rule["verbs"]}
    assert {one for one, _ in may} == {"jobs", "pods", "pods/log"}
    assert {verb for one, verb in may if one != "jobs"} == {"get", "list", "watch"}
    (bound,) = of_kind("RoleBinding").values()
    assert (bound["roleRef"]["name"], bound["subjects"][0]["name"]) == (OF_PODS, RUNNING[OF_PODS]["serviceAccountName"])
    given = {one["name"]: one["value"] for one in container(OF_PODS)["env"]}
    key = given["PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_KEY"]
    (secret,) = (one["secret"] for one in RUNNING[OF_PODS]["volumes"] if "secret" in one)
    assert [one["key"] for one in secret["items"]] == [key]


def test_no_secret_is_written_here() -> None:
    assert of_kind("Secret") == {}
    secret = re.compile(
        r"(PASSWORD|AUTH_STRING|ENCRYPTION_KEY|CONNECTION_URL|DOCKET_URL|MESSAGING_URL|QUEUE_URL|TOKEN)$"
    )
    assert {name for one in of_kind("ConfigMap").values() for name in one["data"] if secret.search(name)} == set()
