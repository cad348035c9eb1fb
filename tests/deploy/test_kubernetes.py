"""The manifests are what Kubernetes' own client takes, ask for no privilege, and have every setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from blocks.prefect_api.work_pool import KIND
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
NAMES = [f"{one['kind']}/{one['metadata']['name']}" for one in ALL]
RUNNING = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in ALL if one["kind"] in {"Deployment", "Job"}
}
SERVERS = ("prefect-migrate", "prefect-api", "prefect-services")
CLIENTS = ("register", "worker", "console")


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in ALL if one["kind"] == kind}


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
    assert container("worker")["args"][:7] == ["prefect", "worker", "start", "--pool", WORK_POOL, "--type", KIND]
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
    assert pod["automountServiceAccountToken"] is False
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
        assert {given["REKEY_CONFIG"], "/etc/rekey/catalog.toml"} <= mounted


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
            yield f"Service/{one['metadata']['name']}", spec["selector"]
        elif one["kind"] in {"Deployment", "PodDisruptionBudget"}:
            yield f"{one['kind']}/{one['metadata']['name']}", spec["selector"]["matchLabels"]
        elif one["kind"] == "NetworkPolicy" and spec["podSelector"]:
            yield f"NetworkPolicy/{one['metadata']['name']}", spec["podSelector"]["matchLabels"]


@pytest.mark.parametrize(("who", "labels"), list(selected()), ids=lambda one: one if isinstance(one, str) else "")
def test_whoever_selects_finds_a_pod_of_its_name(who: str, labels: dict[str, str]) -> None:
    found = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in ALL
        if one["kind"] in {"Deployment", "Job"} and one["metadata"]["name"] == who.split("/")[1]
    ]
    assert found
    assert [pod for pod in found if not labels.items() <= pod.items()] == []


def test_nobody_asks_what_is_not_named() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert set(policies) == {"nobody", *of_kind("Service")}


def test_no_secret_is_written_here() -> None:
    assert of_kind("Secret") == {}
    secret = re.compile(
        r"(PASSWORD|AUTH_STRING|ENCRYPTION_KEY|CONNECTION_URL|DOCKET_URL|MESSAGING_URL|QUEUE_URL|TOKEN)$"
    )
    assert {name for one in of_kind("ConfigMap").values() for name in one["data"] if secret.search(name)} == set()
